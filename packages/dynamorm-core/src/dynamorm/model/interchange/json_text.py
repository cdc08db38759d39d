"""The text of JSON, in which numbers have all their digits."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from dynamorm.exceptions import DynaModelException

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def text_of(value: Any) -> str:
    """Return a JSON *value* as text. A ``Decimal`` is a number with its digits, which ``json`` itself can't write."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_encode(name)}:{text_of(entry)}" for name, entry in value.items()) + "}"
    return "[" + ",".join(map(text_of, value)) + "]" if isinstance(value, list) else _encode(value)


def parse(text: str | bytes | bytearray, model_name: str) -> dict[str, Any]:
    """Return the JSON object in a *text*, with a ``Decimal`` for each number that is not whole.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for anything else than a JSON object.
    """
    if not isinstance(text, (str, bytes, bytearray)):
        raise DynaModelException(
            f"from_json of {model_name} takes a string or bytes, not {type(text).__name__}. Pass values of a dict to "
            f"the constructor: {model_name}(**values)."
        )
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise DynaModelException(f"from_json of {model_name} got a string that is not valid JSON{where}.") from None
    if not isinstance(data, dict):
        raise DynaModelException(
            f"from_json of {model_name} takes a JSON object, not {_KINDS.get(type(data), 'a number')}. For several, "
            "parse the string with json.loads, and make an instance of each."
        )
    return data


_KINDS = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)
