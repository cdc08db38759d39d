"""The one call of msgspec that converts and validates values, and what its errors say."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import inspect

from dynamorm.ports.date_times import is_whole
from dynamorm_msgspec.nodes import Node

#: Makes a value of a type that msgspec does not know, as ``dec_hook`` does.
DecHook: TypeAlias = Callable[[type, Any], Any]
#: Messages, or messages by name or index of what they are about.
Messages: TypeAlias = "list[str] | dict[str | int, Messages]"
#: With these, msgspec does not take a string for bytes: DynamoDB has bytes.
BINARY: Final = (bytes, bytearray, memoryview)

#: What msgspec writes behind a message, and values in a message, which may be secret.
_PLACE = re.compile(r" - at `.*$", re.DOTALL)
_VALUE = re.compile(r"^(Invalid (?:enum )?value) .*$", re.DOTALL)


class Refused(Exception):
    """A value is refused, with messages in msgspec's words."""

    def __init__(self, messages: Messages) -> None:
        super().__init__("refused")
        self.messages = messages


def convert(value: Any, kind: Any, dec_hook: DecHook | None = None) -> Any:
    """Return a *value* as one of a *kind*.

    Values may be native or as JSON would have them, except that bytes are bytes. Keys of maps are strings in DynamoDB,
    whatever their type.

    Raises:
        msgspec.ValidationError: It is of another type, or its constraints or ``__post_init__`` refuse it.
    """
    return msgspec.convert(value, kind, builtin_types=BINARY, str_keys=True, dec_hook=dec_hook)


def options_for(places: Iterable[Node], dec_hook: DecHook | None) -> dict[str, Any]:
    """Return those options of :func:`convert` that a schema with these *places* needs: each takes its time."""
    options: dict[str, Any] = {} if dec_hook is None else {"dec_hook": dec_hook}
    for place in places:
        if place.key_type == "B":
            options["builtin_types"] = BINARY
        if isinstance(place.info, inspect.DictType) and not isinstance(place.info.key_type, inspect.StrType):
            options["str_keys"] = True
    return options


def converted(value: Any, kind: Any, dec_hook: DecHook | None = None) -> Any:
    """Return what :func:`convert` does, also for values that msgspec refuses for their Python class alone.

    These are instances of subclasses, a ``Decimal`` without a fraction where an ``int`` is expected, and date-times in
    other forms of ISO 8601.

    Raises:
        Refused: As :func:`convert` does, for other values.
    """
    try:
        return convert(value, kind, dec_hook)
    except msgspec.ValidationError as error:
        plain = _plain(value)
        if plain is not value:
            try:
                return convert(plain, kind, dec_hook)
            except msgspec.ValidationError:
                # The first error is about what was given.
                pass
        raise Refused(message_of(error)) from error


def message_of(error: Exception) -> list[str]:
    """Return the message of an error, without the place, which names it, and without values."""
    return [_VALUE.sub(r"\1", _PLACE.sub("", str(error)))]


def _plain(value: Any) -> Any:
    """Return a *value* of Python's own class in place of one of a subclass; itself if it has none."""
    if isinstance(value, str):
        return _date_time_of(value)
    if isinstance(value, datetime.datetime):
        return datetime.datetime.combine(value.date(), value.timetz())
    if isinstance(value, datetime.date):
        return datetime.date(value.year, value.month, value.day)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    for kind in (float, Decimal):
        if isinstance(value, kind) and type(value) is not kind:
            return kind(value)
    return value


def _date_time_of(text: str) -> Any:
    if not is_whole(text):
        return text
    try:
        return datetime.datetime.fromisoformat(text.upper().replace(",", "."))
    except ValueError:
        return text
