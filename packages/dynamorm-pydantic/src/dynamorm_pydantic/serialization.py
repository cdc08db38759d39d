"""Turning what Pydantic serialises into stored values.

Pydantic serialises to Python values or to JSON. DynamoDB stores more than JSON does: so numbers, bytes and sets stay as
Python has them, and everything else, such as dates and UUIDs, is stored as JSON has it.

Date-times with a UTC offset are an exception: Pydantic's text does not sort like them. They are stored in UTC, always
with six digits for the microseconds, and with ``Z``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, TypeAlias

from pydantic_core import PydanticSerializationError, to_jsonable_python

from dynamorm.data.records import record
from dynamorm.exceptions import DynaModelException
from dynamorm.ports.date_times import utc_text

#: Serialises the fields of these names, or all, in one of Pydantic's modes. Returns them by attribute name.
Serialise: TypeAlias = Callable[[Literal["python", "json"], "set[str] | None"], dict[str, Any]]

#: The types of single values that are stored as they are.
SCALARS = frozenset({str, int, float, bool, type(None), Decimal, bytes})
_TEXT = frozenset({str})
_STORABLE = (str, int, float, Decimal, bytes, bytearray)


@record
class DateTimeAttributes:
    """The attributes that are date-times: *plain* ones, for which no serialiser is called, and those *as_given*."""

    plain: frozenset[str] = frozenset()
    as_given: frozenset[str] = frozenset()


def stored_values(
    serialise: Serialise, include: set[str] | None, names: Mapping[str, str], date_times: DateTimeAttributes
) -> dict[str, Any]:
    """Return the stored values of fields by attribute name.

    Args:
        serialise: Pydantic's serialiser.
        include: The names of the fields to return; ``None`` for all.
        names: The fields' names by attribute name.
        date_times: The attributes that are date-times.

    Raises:
        pydantic_core.PydanticSerializationError: Pydantic, or a serialiser of the user's, could not serialise a value.
    """
    values = serialise("python", include)
    pending = [attribute for attribute, value in values.items() if type(value) not in SCALARS and not _is_stored(value)]
    if date_times.plain and pending:
        pending = [attribute for attribute in pending if not _store_plain(values, attribute, date_times.plain)]
    if pending:
        fields = {names[attribute] for attribute in pending if attribute in names}
        in_json = _json_values(serialise, fields if len(fields) == len(pending) else include, values, pending)
        for attribute in pending:
            value, json_value = values[attribute], in_json[attribute]
            values[attribute] = json_value if attribute in date_times.as_given else _merge(value, json_value, attribute)
    return values


def _store_plain(values: dict[str, Any], attribute: str, plain: frozenset[str]) -> bool:
    """Store a date-time without the serialiser, if it is a plain one; return whether it is."""
    value = values[attribute]
    if attribute not in plain or type(value) is not datetime:
        return False
    values[attribute] = utc_text(value)
    return True


def _json_values(
    serialise: Serialise, include: set[str] | None, values: Mapping[str, Any], pending: Iterable[str]
) -> Mapping[str, Any]:
    try:
        return serialise("json", include)
    except (PydanticSerializationError, UnicodeDecodeError):
        # There are bytes that are not UTF-8, or a value of a type that the core will refuse with its name.
        return {attribute: _json_value(values[attribute]) for attribute in pending}


def _json_value(value: Any) -> Any:
    try:
        return to_jsonable_python(value, bytes_mode="base64")
    except PydanticSerializationError:
        return value


def _is_stored(value: Any) -> bool:
    """Return whether a *value*, with everything inside it, can be stored as it is."""
    kind = type(value)
    if kind in SCALARS:
        return True
    if kind is list:
        return _are_stored(value)
    if isinstance(value, Enum):
        return False
    if kind is dict or isinstance(value, Mapping):
        return _TEXT.issuperset(map(type, value)) and _are_stored(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return _are_stored(value)
    return isinstance(value, _STORABLE)


def _are_stored(values: Collection[Any]) -> bool:
    return SCALARS.issuperset(map(type, values)) or all(map(_is_stored, values))


def _merge_date_time(value: datetime, in_json: Any) -> Any:
    """Return the stored form of a date-time, unless a serialiser of the user's made something else of it."""
    return utc_text(value) if in_json == to_jsonable_python(value) else in_json


def _merge(value: Any, in_json: Any, attribute: str) -> Any:
    """Return a *value* with every part that can't be stored replaced by its JSON form, which is in *in_json*."""
    if _is_stored(value):
        return value
    if isinstance(value, Enum):
        return value.value if _is_stored(value.value) else in_json
    if isinstance(value, datetime):
        return _merge_date_time(value, in_json)
    if isinstance(value, Mapping) and isinstance(in_json, Mapping) and len(value) == len(in_json):
        keys = (
            _merge_date_time(key, in_json_key) if isinstance(key, datetime) else in_json_key
            for key, in_json_key in zip(value, in_json, strict=True)
        )
        pairs = zip(keys, value.values(), in_json.values(), strict=True)
        return {key: _merge(entry, json_entry, attribute) for key, entry, json_entry in pairs}
    if isinstance(value, (list, tuple)) and isinstance(in_json, list) and len(value) == len(in_json):
        return [_merge(element, json_element, attribute) for element, json_element in zip(value, in_json, strict=True)]
    if isinstance(value, (set, frozenset)) and isinstance(in_json, list):
        if all(isinstance(element, Enum) and _is_stored(element.value) for element in value):
            return {element.value for element in value}
        texts = {to_jsonable_python(element): element for element in value if isinstance(element, datetime)}
        if value and texts.keys() == set(map(str, in_json)):
            return set(map(utc_text, texts.values()))
        return in_json if any(isinstance(element, (list, dict)) for element in in_json) else set(in_json)
    if hasattr(value, "get_secret_value"):
        raise DynaModelException(
            f"The attribute '{attribute}' is a secret, which Pydantic serialises as asterisks. Give its field a "
            "serializer that returns what to store."
        )
    return in_json
