"""The form of a field in a key, as far as the schema tells: by what it stores of a few probes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from dynamorm.data.limits import NUMBER_DIGITS
from dynamorm.exceptions import InvalidKey, InvalidSchemaField
from dynamorm.model.key_templates.forms import (
    DIGIT,
    HEX_DIGIT,
    BooleanForm,
    Form,
    KeyField,
    NumberForm,
    ShapedForm,
    text_form,
)
from dynamorm.model.key_templates.syntax import Placeholder
from dynamorm.model.query.fields import suggestion
from dynamorm.model.query.update_operands import stored_types
from dynamorm.ports.date_times import AS_GIVEN
from dynamorm.ports.schemas import SchemaField, Shape

_DATES: Final = (date(2033, 5, 18), date(1970, 1, 1))
_TIMES: Final = (time(3, 33, 20), time(3, 33, 20, 250_001))
#: Libraries write a fraction of a second with all six digits, or none.
_MOMENTS: Final = (datetime(2033, 5, 18, 3, 33, 20), datetime(2033, 5, 18, 3, 33, 20, 250_001))
_UUID: Final = UUID("0123abcd-4567-89ef-0123-456789abcdef")
_UUID_SHAPE: Final = re.sub("[0-9a-f]", HEX_DIGIT, str(_UUID))
#: What is stored as its own text, with the shapes of this text.
_SHAPED: Final[tuple[tuple[tuple[object, ...], tuple[str, ...], str], ...]] = (
    (_DATES, (re.sub("[0-9]", DIGIT, str(_DATES[0])),), "a date, YYYY-MM-DD, and its stored value is not one"),
    ((_UUID,), (_UUID_SHAPE,), "a UUID, and its stored value is not one"),
    (
        _TIMES,
        tuple(re.sub("[0-9]", DIGIT, str(each)) for each in _TIMES),
        "a time of day without a UTC offset, and its stored value is not one",
    ),
)
_WIDTH: Final = r"0([1-9]\d?)d"
#: The offset of UTC, which is the same in all date-times.
_OFFSET: Final = r"([+-]00:?00)?$"


def field_of(fields: Mapping[str, SchemaField], placeholder: Placeholder, model_name: str, label: str) -> SchemaField:
    """Return the field that a *placeholder* names, or the one below it.

    Raises :class:`~dynamorm.exceptions.InvalidSchemaField` when there is no such field, or its type is not known yet.
    """
    name, *below = placeholder.name.split(".")
    field = fields.get(name)
    if field is None:
        raise InvalidSchemaField(f"The template of {label} names '{name}'. {_no_field(model_name, name, fields)}")
    _refuse_unresolved(field, name, label)
    above = name
    for each in below:
        known = field.child_names()
        described = field.shape in (Shape.MAP, Shape.ANY) and (known is None or each in known)
        child = field.child(each) if described else None
        if child is None:
            meant = f" There are {', '.join(sorted(known))}." if known else ""
            raise InvalidSchemaField(
                f"The template of {label} names '{placeholder.name}', but the schema of {model_name} describes no "
                f"'{each}' below '{above}'.{meant}"
            )
        _refuse_unresolved(child, each, label)
        field, above = child, f"{above}.{each}"
    return field


def form_of(
    schema_field: SchemaField, placeholder: Placeholder, field: KeyField, separator: str, *, escape: bool, label: str
) -> Form:
    """Return the form of a field in a key, from what its *schema_field* stores.

    Raises :class:`~dynamorm.exceptions.InvalidKey` for a type that can't be part of a key or needs another
    placeholder.
    """
    spec, name = placeholder.spec, placeholder.name
    if schema_field.key_type == "N":
        return _number_form(schema_field, placeholder, field, label)
    if stored_types(schema_field)[0] == {"BOOL"}:
        _refuse_spec(spec, (), placeholder, label)
        return BooleanForm(field)
    if schema_field.key_type != "S":
        raise InvalidKey(
            f"'{name}' in the template of {label} is stored as {_stored_kind(schema_field)}, which can't be part of a "
            "template: strings, whole numbers, booleans, dates, date-times and UUIDs can."
        )
    if schema_field.date_times:
        return _date_time_form(schema_field, placeholder, field, label)
    for probes, shapes, what in _SHAPED:
        if all(_stored(schema_field, probe) == str(probe) for probe in probes) and _stored(schema_field, "x") is None:
            _refuse_spec(spec, (), placeholder, label)
            return ShapedForm(field, shapes, what)
    _refuse_spec(spec, ("casefold",), placeholder, label)
    return text_form(field, placeholder, separator, escape=escape)


def _number_form(schema_field: SchemaField, placeholder: Placeholder, field: KeyField, label: str) -> Form:
    name = placeholder.name
    for probe in (Decimal("3.5"), 3.5):
        stored = _stored(schema_field, probe)
        if isinstance(stored, (float, Decimal)) and stored != int(stored):
            raise InvalidKey(
                f"'{name}' in the template of {label} is stored as a number with a fraction, which can't be part of a "
                "template: such numbers don't sort as strings do. Use a field of whole numbers, such as cents."
            )
    width = re.fullmatch(_WIDTH, placeholder.spec)
    if width is None or int(width[1]) > NUMBER_DIGITS:
        raise InvalidKey(
            f"'{name}' in the template of {label} is a whole number, which needs a width: write {{{name}:010d}} for "
            f"numbers of up to ten digits. Without it, 10 sorts before 9. The width is at most {NUMBER_DIGITS}."
        )
    return NumberForm(field, int(width[1]))


def _date_time_form(schema_field: SchemaField, placeholder: Placeholder, field: KeyField, label: str) -> Form:
    name = placeholder.name
    _refuse_spec(placeholder.spec, ("naive",), placeholder, label)
    if schema_field.stored_form == AS_GIVEN or not schema_field.ordered:
        raise InvalidKey(
            f"'{name}' in the template of {label} is stored in a form that does not sort as date-times do. Store it in "
            "UTC, from the year down."
        )
    naive = placeholder.spec == "naive"
    stored = [_stored(schema_field, probe if naive else probe.replace(tzinfo=UTC)) for probe in _MOMENTS]
    if not all(isinstance(each, str) and each for each in stored):
        if naive:
            raise InvalidKey(
                f"'{name}' in the template of {label} takes only date-times with a UTC offset. Write {{{name}}}."
            )
        raise InvalidKey(
            f"'{name}' in the template of {label} takes only date-times without a UTC offset, whose order is not that "
            f"of instants. Use a field that takes date-times with one, or write {{{name}:naive}} for the order of "
            "what is stored."
        )
    shapes = tuple(dict.fromkeys(map(_date_time_shape, stored)))
    if naive:
        what = (
            f"a date-time without a UTC offset, {{{name}:naive}}, and was given one with an offset, or in another form "
            "than the schema writes"
        )
    else:
        what = (
            "a date-time with a UTC offset, and was given one without, or in another form than the schema writes. "
            f"Give it a time zone, or write {{{name}:naive}} in the template for date-times without one"
        )
    return ShapedForm(field, shapes, what)


def _date_time_shape(stored: str) -> str:
    offset = re.search(_OFFSET, stored)
    end = len(stored) if offset is None else offset.start()
    return re.sub("[0-9]", DIGIT, stored[:end]) + stored[end:]


def _stored(field: SchemaField, probe: Any) -> Any:
    """Return what a *field* stores of a *probe*; ``None`` if it refuses it."""
    try:
        return field.dump(probe)
    except Exception:  # noqa: BLE001 - a validator of the program's may raise anything
        return None


def _stored_kind(field: SchemaField) -> str:
    if field.key_type == "B":
        return "bytes"
    return stored_types(field)[1] or "values of several types"


def _refuse_spec(spec: str, known: tuple[str, ...], placeholder: Placeholder, label: str) -> None:
    if spec and spec not in known:
        allowed = " or ".join(["without a form", *(f"as {{{placeholder.name}:{each}}}" for each in known)])
        raise InvalidKey(
            f"'{placeholder.name}' in the template of {label} has the form '{spec}', which its type does not have. "
            f"Write it {allowed}."
        )


def _refuse_unresolved(field: SchemaField, name: str, label: str) -> None:
    if field.unresolved is not None:
        raise InvalidSchemaField(
            f"'{name}' in the template of {label} has a type that needs '{field.unresolved}', which is not defined "
            "yet. Define it before the model: a table needs the types of its keys."
        )


def _no_field(model_name: str, name: str, fields: Mapping[str, SchemaField]) -> str:
    return f"{model_name} has no field '{name}'.{suggestion(name, fields)}"
