"""Time to live: a field that DynamoDB reads as the second at which an item expires, whatever its type in the schema.

DynamoDB accepts only a number of seconds since 1970 for that: "Using time to live (TTL) in DynamoDB". A schema may have
a date-time instead. The adapter of this module wraps the schema's own adapter and always stores the whole number of
seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeGuard

from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.model.table.keys import setting_field, stored_type
from dynamorm.model.table.replaced_fields import WrappingAdapter
from dynamorm.ports.schemas import SchemaAdapter, SchemaField, Shape

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: A number from here on, the year 5138 in seconds, is taken for milliseconds, for which it would be the year 1973.
FIRST_MILLISECONDS = 100_000_000_000
#: Three date-times of which a date-time field stores three different values; a date, a time of day or a number only
#: two.
PROBES = (datetime(2033, 5, 18, 3, 33, 20), datetime(2033, 5, 18, 14, 25, 36), datetime(2034, 6, 19, 3, 33, 20))


def with_time_to_live(adapter: SchemaAdapter, name: object, label: str) -> SchemaAdapter:
    """Return an *adapter* that stores its field of this *name* as seconds since 1970.

    *label* names the ``Table`` in errors. Raises :class:`~dynamorm.exceptions.InvalidSchemaField` when the schema has
    no such field, and :class:`~dynamorm.exceptions.DynaModelException` when it is neither a number nor a date-time.
    """
    field = setting_field(adapter, name, f"the ttl '{name}' of {label}")
    if field.key_type != "N" and _zone_awareness(field) is None:
        raise DynaModelException(
            f"The ttl '{name}' of {label} is stored as {stored_type(field)}. Use a field that is stored as a number, "
            "or a date-time: DynamoDB reads it as the second since 1970 at which the item expires, and ignores "
            "everything else."
        )
    return TimeToLiveAdapter(adapter, field.name)


class TimeToLiveField(SchemaField):
    """The field that says when an item expires. A number given for a date-time counts as seconds since 1970."""

    shape = Shape.SCALAR
    key_type = "N"

    def __init__(self, adapter: SchemaAdapter, name: str) -> None:
        field = adapter.fields[name]
        self.name = name
        self.attribute = field.attribute
        self.required = field.required
        self.nullable = field.nullable
        self._adapter = adapter
        self._probed: tuple[SchemaField, bool | None] = (field, _zone_awareness(field))

    @property
    def has_default(self) -> bool:
        """Whether the schema has a default for it."""
        return self._inner.has_default

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """Return the seconds of one *value*: native, serialised, or seconds already. See :meth:`SchemaField.dump`."""
        if not self._is_datetime:
            stored = self._inner.dump(value, validate=validate)
            return self._whole_seconds(stored, value) if _is_number(stored) else stored
        if _is_number(value) and not validate:
            return self._whole_seconds(value, value)
        native = self.to_schema_value(value)
        dumped = self._inner.dump(native, validate=validate)
        return None if dumped is None else self._seconds(self._native_of(dumped, native), value)

    def to_schema_value(self, value: Any) -> Any:
        """Return a user's *value* as the schema accepts it: for a date-time field, a number of seconds is converted."""
        if not (self._is_datetime and _is_number(value)):
            return value
        return self._datetime(self._whole_seconds(value, value), value)

    def to_seconds(self, native: Any) -> Any:
        """Return the whole seconds of a *native* value of the field.

        Raises :class:`~dynamorm.exceptions.ValidationError` when it is not a date-time, or beyond the year 5138.
        """
        if self._is_datetime:
            return self._seconds(native, native)
        return self._whole_seconds(native, native) if _is_number(native) else native

    def to_schema_stored(self, stored: Any) -> Any:
        """Return the *stored* value in the form that the schema itself stores.

        A string was written before the field was the time to live, and is returned as it is.
        """
        if not (self._is_datetime and _is_number(stored)):
            return stored
        return self._inner.dump(self._datetime(math.floor(stored), stored))

    @property
    def _inner(self) -> SchemaField:
        return self._adapter.fields[self.name]

    @property
    def _is_aware(self) -> bool | None:
        # An adapter may create its fields again.
        field = self._inner
        if self._probed[0] is not field:
            self._probed = (field, _zone_awareness(field))
        return self._probed[1]

    @property
    def _is_datetime(self) -> bool:
        return self._is_aware is not None

    def _datetime(self, seconds: int, value: object) -> datetime:
        try:
            result = EPOCH + timedelta(seconds=seconds)
        except OverflowError:
            raise self._refusal(value, f"This number of seconds is beyond the year 9999. {_HINT}") from None
        return result if self._is_aware else result.replace(tzinfo=None)

    def _native_of(self, dumped: Any, given: Any) -> Any:
        """Return the date-time that the schema serialised as *dumped*."""
        if isinstance(dumped, str):
            try:
                return datetime.fromisoformat(dumped)
            except ValueError:
                pass
        if isinstance(given, datetime):
            return given
        return self._adapter.load({self.attribute: dumped}, partial=True)[self.name]

    def _seconds(self, native: Any, value: object) -> int:
        if isinstance(native, datetime):
            aware = native if native.tzinfo is not None else native.replace(tzinfo=UTC)
            return (aware - EPOCH) // timedelta(seconds=1)
        raise self._refusal(value, "Not a date-time, which this time to live must be.")

    def _whole_seconds(self, number: float | Decimal, value: object) -> Any:
        if not math.isfinite(number):
            return number  # NaN and infinity can't be stored: they are refused later, with the name of the attribute
        if number >= FIRST_MILLISECONDS:
            raise self._refusal(
                value, f"A time to live counts seconds since 1970, and this is beyond the year 5138. {_HINT}"
            )
        return math.floor(number)

    def _refusal(self, value: object, message: str) -> ValidationError:
        return ValidationError(value, self._adapter.schema.__name__, {self.name: [message]})


class TimeToLiveAdapter(WrappingAdapter):
    """An adapter with a field that is stored as seconds; ``inner`` is the schema's own adapter, which does the rest."""

    def __init__(self, inner: SchemaAdapter, name: str) -> None:
        self._field = TimeToLiveField(inner, name)
        super().__init__(inner, {name: self._field})

    def complete(self) -> SchemaAdapter:
        """Return the complete adapter of the schema, with the same time to live."""
        return TimeToLiveAdapter(self.inner.complete(), self._field.name)

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a user's *values*, validated by the schema, if the time to live is one that DynamoDB can use."""
        field = self._field
        if values.get(field.name) is not None:
            values = {**values, field.name: field.to_schema_value(values[field.name])}
        native = self.inner.validate(values, partial=partial)
        if native.get(field.name) is not None:
            field.to_seconds(native[field.name])
        return native

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return the native values of a stored *item*."""
        return self.inner.load(self._readable(item), partial=partial)

    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the native values of a stored *item* of which parts were read."""
        return self.inner.load_part(self._readable(item))

    def _readable(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a stored *item* as the schema reads it."""
        stored = item.get(self._field.attribute)
        if stored is None:
            return item
        return {**item, self._field.attribute: self._field.to_schema_stored(stored)}

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return *values* as the schema serialises them, with the time to live in seconds."""
        field = self._field
        if values.get(field.name) is not None:
            values = {**values, field.name: field.to_schema_value(values[field.name])}
        stored = self.inner.dump(values, partial=partial)
        dumped = stored.get(field.attribute)
        if dumped is None:
            return stored
        native = values.get(field.name)
        if native is None:
            # The schema computed it during serialisation.
            native = self.inner.load({field.attribute: dumped}, partial=True)[field.name]
        return {**stored, field.attribute: field.to_seconds(native)}


_HINT = "It seems to be in milliseconds: divide it by 1000."


def _is_number(value: object) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _zone_awareness(field: SchemaField) -> bool | None:
    """Return whether a *field* takes date-times with a time zone; ``None`` for a field that is not a date-time."""
    if field.shape is not Shape.SCALAR:
        return None
    # A validator may require or forbid a time zone. Other validators may refuse any of the probes, so try without them
    # too.
    for validate in (True, False):
        for aware in (True, False):
            try:
                stored = {
                    field.dump(probe.replace(tzinfo=UTC) if aware else probe, validate=validate) for probe in PROBES
                }
            except Exception:  # noqa: BLE001 - a user's validator may raise anything
                continue
            if len(stored) == len(PROBES) and all(isinstance(value, str) or _is_number(value) for value in stored):
                return aware
    return None
