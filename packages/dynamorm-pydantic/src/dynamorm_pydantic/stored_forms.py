"""The stored form of what Pydantic serialises.

Pydantic serialises to Python values or to JSON. DynamoDB stores more than JSON does: numbers, bytes and sets are kept
as Python has them, and everything else, dates and identifiers say, as JSON has it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, TypeAlias

from pydantic_core import PydanticSerializationError, to_jsonable_python

from dynamorm.exceptions import DynaModelException

#: Serialises these fields, or all, in one of Pydantic's modes, by attribute name.
Serialise: TypeAlias = Callable[[Literal["python", "json"], "set[str] | None"], dict[str, Any]]

#: The types of single values that are stored as they are.
SCALARS = frozenset({str, int, float, bool, type(None), Decimal, bytes})
_TEXT = frozenset({str})
_STORABLE = (str, int, float, Decimal, bytes, bytearray)


def stored_forms(serialise: Serialise, include: set[str] | None, names: Mapping[str, str]) -> dict[str, Any]:
    """The stored forms of the fields to *include*, by attribute; *names* are those of the fields by attribute.

    Raises ``pydantic_core.PydanticSerializationError``.
    """
    values = serialise("python", include)
    pending = [attribute for attribute, value in values.items() if type(value) not in SCALARS and not _is_stored(value)]
    if pending:
        fields = {names[attribute] for attribute in pending if attribute in names}
        texts = _texts(serialise, fields if len(fields) == len(pending) else include, values, pending)
        for attribute in pending:
            values[attribute] = _merged(values[attribute], texts[attribute], attribute)
    return values


def _texts(
    serialise: Serialise, include: set[str] | None, values: Mapping[str, Any], pending: Iterable[str]
) -> Mapping[str, Any]:
    try:
        return serialise("json", include)
    except (PydanticSerializationError, UnicodeDecodeError):
        # Bytes that are no UTF-8, beside values that are to be JSON; or a type that only the core can refuse, by name.
        return {attribute: _text(values[attribute]) for attribute in pending}


def _text(value: Any) -> Any:
    try:
        return to_jsonable_python(value, bytes_mode="base64")
    except PydanticSerializationError:
        return value


def _is_stored(value: Any) -> bool:
    """Whether a *value* can be stored as it is, all that is inside it included."""
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


def _merged(value: Any, text: Any, attribute: str) -> Any:
    """A *value* with all that can't be stored in it as in the *text*, which is its JSON form."""
    if _is_stored(value):
        return value
    if isinstance(value, Enum):
        return value.value if _is_stored(value.value) else text
    if isinstance(value, Mapping) and isinstance(text, Mapping) and len(value) == len(text):
        pairs = zip(value.values(), text.items(), strict=True)
        return {name: _merged(entry, entry_text, attribute) for entry, (name, entry_text) in pairs}
    if isinstance(value, (list, tuple)) and isinstance(text, list) and len(value) == len(text):
        return [_merged(entry, entry_text, attribute) for entry, entry_text in zip(value, text, strict=True)]
    if isinstance(value, (set, frozenset)) and isinstance(text, list):
        if all(isinstance(entry, Enum) and _is_stored(entry.value) for entry in value):
            return {entry.value for entry in value}
        return text if any(isinstance(entry, (list, dict)) for entry in text) else set(text)
    if hasattr(value, "get_secret_value"):
        raise DynaModelException(
            f"The attribute '{attribute}' is a secret, which Pydantic serialises as asterisks. Give its field a serializer, which says "
            "what is to be stored."
        )
    return text
