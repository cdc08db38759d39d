"""Time to live: a field that DynamoDB reads as the second at which an item expires, whatever the schema makes of it.

DynamoDB takes an attribute for that only when it is a number, and counts in seconds since 1970: "Using time to live (TTL) in
DynamoDB". A schema may rather have a date-time there. The adapter of this module stands between the schema's own one and the
model: what it stores is always the whole number of seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeGuard

from dynamorm.data.values import KEY_TYPE_NAMES
from dynamorm.exceptions import DynaModelException, InvalidSchemaField, ValidationError
from dynamorm.ports.schemas import SchemaAdapter, SchemaField, Shape

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: From here on, in the year 5138, a number is taken for milliseconds, which it would be since 1973.
FIRST_MILLISECONDS = 100_000_000_000
#: Three moments that no two of are alike for a date-time, as two are for a date, for a time of the day, and for a number.
PROBES = (datetime(2033, 5, 18, 3, 33, 20), datetime(2033, 5, 18, 14, 25, 36), datetime(2034, 6, 19, 3, 33, 20))


def with_time_to_live(adapter: SchemaAdapter, name: object, place: str) -> SchemaAdapter:
    """An *adapter* whose field of this *name* is stored as seconds since 1970; *place* names the ``Table`` in errors.

    Raises :class:`~dynamorm.exceptions.InvalidSchemaField` when the schema has no such field, and
    :class:`~dynamorm.exceptions.DynaModelException` when it is neither a number nor a date-time.
    """
    field = adapter.fields.get(name) if isinstance(name, str) else None
    if field is None:
        raise InvalidSchemaField(
            f"The ttl '{name}' of {place} is not in the schema, whose fields are "
            f"{', '.join(sorted(adapter.fields)) or 'none'}."
        )
    if field.key_type != "N" and _zones_of(field) is None:
        stored = "something else" if field.key_type is None else KEY_TYPE_NAMES[field.key_type]
        raise DynaModelException(
            f"The ttl '{name}' of {place} is stored as {stored}. Name a field that is stored as a number, or a date-time: DynamoDB "
            "takes it for the second since 1970 at which the item expires, and ignores everything else."
        )
    return TimeToLiveAdapter(adapter, field.name)


def own_adapter(adapter: SchemaAdapter) -> SchemaAdapter:
    """The schema's own adapter behind an *adapter*."""
    return adapter.inner if isinstance(adapter, TimeToLiveAdapter) else adapter


class TimeToLiveField(SchemaField):
    """The field that holds when an item expires. A number given for a date-time counts as seconds since 1970."""

    shape = Shape.SCALAR
    key_type = "N"

    def __init__(self, adapter: SchemaAdapter, name: str) -> None:
        field = adapter.fields[name]
        self.name = name
        self.attribute = field.attribute
        self.required = field.required
        self._adapter = adapter
        self._probed: tuple[SchemaField, bool | None] = (field, _zones_of(field))

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """The seconds of one *value*: native, serialised, or seconds already. See :meth:`SchemaField.dump`."""
        if not self._is_moment:
            stored = self._inner.dump(value, validate=validate)
            return self._whole(stored, value) if _is_number(stored) else stored
        if _is_number(value) and not validate:
            return self._whole(value, value)
        native = self.given(value)
        dumped = self._inner.dump(native, validate=validate)
        return None if dumped is None else self._seconds(self._native_of(dumped, native), value)

    def given(self, value: Any) -> Any:
        """What a user gave for the field as the schema takes it: a number of seconds as the date-time that it stands for."""
        if not (self._is_moment and _is_number(value)):
            return value
        return self._moment(self._whole(value, value), value)

    def seconds(self, native: Any) -> Any:
        """The whole seconds of a *native* value of the field. Raises :class:`~dynamorm.exceptions.ValidationError`."""
        if self._is_moment:
            return self._seconds(native, native)
        return self._whole(native, native) if _is_number(native) else native

    def loadable(self, stored: Any) -> Any:
        """What a table holds for the field, as the schema stores it itself. A text was written before it was a time to live."""
        if not (self._is_moment and _is_number(stored)):
            return stored
        return self._inner.dump(self._moment(math.floor(stored), stored))

    @property
    def _inner(self) -> SchemaField:
        return self._adapter.fields[self.name]

    @property
    def _zones(self) -> bool | None:
        # An adapter may make its fields anew.
        field = self._inner
        if self._probed[0] is not field:
            self._probed = (field, _zones_of(field))
        return self._probed[1]

    @property
    def _is_moment(self) -> bool:
        return self._zones is not None

    def _moment(self, seconds: int, value: object) -> datetime:
        try:
            moment = EPOCH + timedelta(seconds=seconds)
        except OverflowError:
            raise self._refused(value, f"This number of seconds is beyond the year 9999. {_HINT}") from None
        return moment if self._zones else moment.replace(tzinfo=None)

    def _native_of(self, dumped: Any, given: Any) -> Any:
        """The date-time that the schema stores in the form of *dumped*."""
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
        raise self._refused(value, "Not a date-time, which a time to live is here.")

    def _whole(self, number: float | Decimal, value: object) -> Any:
        if not math.isfinite(number):
            return number  # which nothing can be stored of, and which is refused by its name
        if number >= FIRST_MILLISECONDS:
            raise self._refused(
                value, f"A time to live counts seconds since 1970, and this is beyond the year 5138. {_HINT}"
            )
        return math.floor(number)

    def _refused(self, value: object, message: str) -> ValidationError:
        return ValidationError(value, self._adapter.schema.__name__, {self.name: [message]})


class TimeToLiveAdapter(SchemaAdapter):
    """An adapter with a field that is stored as seconds; ``inner`` is the schema's own one, which does all the rest."""

    def __init__(self, inner: SchemaAdapter, name: str) -> None:
        self.inner = inner
        self.schema = inner.schema
        self.copies_on_load = inner.copies_on_load
        self._field = TimeToLiveField(inner, name)
        self.fields: Mapping[str, SchemaField] = _Fields(inner, self._field)

    def defaults(self) -> dict[str, Any]:
        """Those of the schema."""
        return self.inner.defaults()

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What the schema makes of a user's *values*, once the time to live can be one."""
        field = self._field
        if values.get(field.name) is not None:
            values = {**values, field.name: field.given(values[field.name])}
        native = self.inner.validate(values, partial=partial)
        if native.get(field.name) is not None:
            field.seconds(native[field.name])
        return native

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What the schema makes of a stored *item*."""
        stored = item.get(self._field.attribute)
        if stored is not None:
            item = {**item, self._field.attribute: self._field.loadable(stored)}
        return self.inner.load(item, partial=partial)

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What the schema stores of *values*, with the time to live in seconds."""
        field = self._field
        if values.get(field.name) is not None:
            values = {**values, field.name: field.given(values[field.name])}
        stored = self.inner.dump(values, partial=partial)
        dumped = stored.get(field.attribute)
        if dumped is None:
            return stored
        native = values.get(field.name)
        if native is None:
            # The schema has made it up while it was serialising.
            native = self.inner.load({field.attribute: dumped}, partial=True)[field.name]
        return {**stored, field.attribute: field.seconds(native)}


class _Fields(Mapping[str, SchemaField]):
    """The fields of a schema, and one in place of its own of that name."""

    def __init__(self, adapter: SchemaAdapter, field: TimeToLiveField) -> None:
        self._adapter = adapter
        self._field = field

    def __getitem__(self, name: str) -> SchemaField:
        return self._field if name == self._field.name else self._adapter.fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._adapter.fields)

    def __len__(self) -> int:
        return len(self._adapter.fields)


_HINT = "It seems to be in milliseconds: divide it by 1000."


def _is_number(value: object) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _zones_of(field: SchemaField) -> bool | None:
    """Whether a *field* takes date-times with a zone; ``None`` for a field that is no date-time."""
    if field.shape is not Shape.SCALAR:
        return None
    # Whether a zone has to be there, or must not, may be a matter of validators; others may refuse any of the probes.
    for validate in (True, False):
        for zones in (True, False):
            try:
                stored = {
                    field.dump(probe.replace(tzinfo=UTC) if zones else probe, validate=validate) for probe in PROBES
                }
            except Exception:  # noqa: BLE001 - a user's validator may raise anything
                continue
            if len(stored) == len(PROBES) and all(isinstance(value, str) or _is_number(value) for value in stored):
                return zones
    return None
