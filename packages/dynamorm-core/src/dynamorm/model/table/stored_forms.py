"""Stored forms: date-times that are stored as another program writes them, and not as the schema library does.

A field says so with ``stored_form``. The adapter of this module wraps the schema's own one: it writes the text of these
fields, and gives the schema library what that can read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.model.table.replaced_fields import WrappingAdapter
from dynamorm.ports.date_times import AS_GIVEN, NAMED_FORMS, in_utc, is_whole, sorts
from dynamorm.ports.schemas import SchemaAdapter, SchemaField, Shape

_PROBE = datetime(2033, 5, 18, 3, 33, 20, tzinfo=UTC)


def with_stored_forms(model_name: str, adapter: SchemaAdapter) -> SchemaAdapter:
    """Return an *adapter* that stores date-times in the form that their fields name; itself if none does.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for a form that does not fit its field, or does not sort.
    """
    found = {}
    for name, field in adapter.fields.items():
        if field.stored_form is not None:
            label = f"The stored_form of the field '{name}' of {model_name}"
            if not field.date_times:
                raise DynaModelException(
                    f"{label} says how date-times are stored, but this field stores no date-times as strings."
                )
            if field.stored_form != AS_GIVEN:
                found[name] = StoredFormField(adapter, name, label)
    return StoredFormAdapter(model_name, adapter, found) if found else adapter


class StoredFormField(SchemaField):
    """A date-time field whose stored form is written here. *label* names its setting in errors."""

    shape = Shape.SCALAR
    key_type = "S"
    date_times = True

    def __init__(self, adapter: SchemaAdapter, name: str, label: str) -> None:
        field = adapter.fields[name]
        self.name = name
        self.attribute = field.attribute
        self.required = field.required
        self.stored_form = field.stored_form
        self._adapter = adapter
        self._format = NAMED_FORMS.get(str(field.stored_form), str(field.stored_form))
        if not sorts(self._format):
            raise DynaModelException(
                f"{label} is neither 'pynamodb' nor 'as_given' nor a format that goes down from the year without a "
                "gap, such as '%Y%m%d%H%M%S': texts in any other order don't sort as the date-times do."
            )
        self._is_naive = _takes_naive_only(field)
        if self._is_naive and self._format.endswith("%z"):
            raise DynaModelException(
                f"{label} has an offset, but the schema takes date-times without one only. Use a format without %z."
            )

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """Return the stored form of one *value*; see :meth:`SchemaField.dump`."""
        value = self.native(value)
        stored = self._inner.dump(value, validate=validate)
        return stored if stored is None else self.text(stored, value)

    def native(self, value: Any) -> Any:
        """Return the date-time of a string in the stored form; any other *value* as it is."""
        if not isinstance(value, str):
            return value
        try:
            read = datetime.strptime(value, self._format)
        except ValueError:
            return value
        # A shorter text is not a date-time, although strptime finds a month of one digit in "2026111112", for example.
        if not value.startswith(_written(read, re.split("%[fzZ]", self._format)[0])):
            return value
        return read if self._is_naive else in_utc(read if read.tzinfo is not None else read.replace(tzinfo=UTC))

    def text(self, stored: Any, given: Any) -> str:
        """Return the stored form of a value that the schema stores as *stored*, and that was *given*.

        Raises :class:`~dynamorm.exceptions.ValidationError` for a date-time without an offset, which is not an instant.
        """
        value = _date_time_of(stored, given)
        if value is None or (value.utcoffset() is None) != self._is_naive:
            message = f"With stored_form, this is a date-time {'without' if self._is_naive else 'with'} a UTC offset."
            raise ValidationError(given, self._adapter.schema.__name__, {self.name: [message]})
        return _written(in_utc(value), self._format)

    def to_schema_stored(self, stored: Any) -> Any:
        """Return a *stored* text in the form that the schema library reads; one in another form as it is."""
        native = self.native(stored)
        return self._inner.dump(native) if isinstance(native, datetime) else stored

    @property
    def _inner(self) -> SchemaField:
        return self._adapter.fields[self.name]


class StoredFormAdapter(WrappingAdapter):
    """An adapter some of whose date-times are stored in another form; ``inner`` is the schema's own adapter."""

    def __init__(self, model_name: str, inner: SchemaAdapter, fields: Mapping[str, StoredFormField]) -> None:
        super().__init__(inner, fields)
        self._model_name = model_name
        self._replaced = fields

    def complete(self) -> SchemaAdapter:
        """Return the complete adapter of the schema, with the same forms."""
        return with_stored_forms(self._model_name, self.inner.complete())

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a user's *values*, validated by the schema, if each form can hold its date-time."""
        given = {name: field.native(values[name]) for name, field in self._replaced.items() if name in values}
        native = self.inner.validate({**values, **given}, partial=partial)
        for name, field in self._replaced.items():
            if native.get(name) is not None:
                field.dump(native[name])
        return native

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return the native values of a stored *item*."""
        return self.inner.load(self._readable(item), partial=partial)

    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the native values of a stored *item* of which parts were read."""
        return self.inner.load_part(self._readable(item))

    def _readable(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored *item* as the schema reads it."""
        changed = dict(item)
        for field in self._replaced.values():
            if changed.get(field.attribute) is not None:
                changed[field.attribute] = field.to_schema_stored(changed[field.attribute])
        return changed

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return *values* as the schema serialises them, with its date-times in their forms."""
        stored = self.inner.dump(values, partial=partial)
        changed = dict(stored)
        for name, field in self._replaced.items():
            if stored.get(field.attribute) is not None:
                changed[field.attribute] = field.text(stored[field.attribute], values.get(name))
        return changed


def _date_time_of(stored: Any, given: Any) -> datetime | None:
    """Return the date-time of a *stored* text, or of the value that was *given* if the text is the schema's own."""
    if is_whole(stored):
        return datetime.fromisoformat(stored)
    return given if isinstance(given, datetime) else None


def _written(value: datetime, format_: str) -> str:
    # C libraries differ in how many digits they write for early years.
    return value.strftime(format_.replace("%Y", f"{value.year:04}"))


def _takes_naive_only(field: SchemaField) -> bool:
    try:
        found = _date_time_of(field.dump(_PROBE), _PROBE)
    except Exception:  # noqa: BLE001 - a validator of the user's may raise anything
        return True
    return found is None or found.utcoffset() is None
