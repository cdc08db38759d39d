"""Single values: what each type takes for one, and its stored form.

A value has the type of its annotation, or is that type's stored form, or the text of a number. Nothing else is
converted: attrs takes annotations for what they say, and a converter of the user's is there for the rest.
"""

from __future__ import annotations

import datetime
import ipaddress
import pathlib
import re
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from dynamorm.data.values import KeyType
from dynamorm.ports.date_times import utc_text

#: Returns the native value of a value; raises a ``ValueError`` or a ``TypeError`` whose text says what is wrong.
Read: TypeAlias = Callable[[Any], Any]
#: Returns the stored form of a native value.
Write: TypeAlias = Callable[[Any], Any]


class WrongType(TypeError):
    """A value that is neither of the type nor its stored form. Its text holds no value."""


class Scalar(NamedTuple):
    """A type of single values."""

    #: What a message calls it.
    noun: str
    key_type: KeyType | None
    read: Read
    #: ``None`` when native values are stored as they are.
    write: Write | None = None
    ordered: bool = True
    json_schema: Mapping[str, Any] | None = None


def _read_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise WrongType("Not a string.")


def _read_integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, (Decimal, float)) or _is_number(value):
        # DynamoDB has one type of numbers, so a whole number may be read as another type of them.
        number = Decimal(value) if isinstance(value, str) else value
        try:
            whole = int(number)
        except (OverflowError, ValueError):
            raise WrongType("Not a whole number.") from None
        if whole == number:
            return whole
    raise WrongType("Not a whole number.")


def _read_float(value: Any) -> float:
    if isinstance(value, float):
        return value
    if (isinstance(value, (int, Decimal)) and not isinstance(value, bool)) or _is_number(value):
        try:
            return float(value)
        except OverflowError:
            raise WrongType("Too great for a float.") from None
    raise WrongType("Not a number.")


def _read_decimal(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if (isinstance(value, (int, float)) and not isinstance(value, bool)) or _is_number(value):
        return Decimal(str(value))
    raise WrongType("Not a number.")


def _is_number(value: Any) -> bool:
    """Return whether a *value* is the text of a number, as keys in addresses and decimals in JSON are."""
    return isinstance(value, str) and re.fullmatch(_NUMBER, value, re.ASCII) is not None


def _read_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise WrongType("Neither true nor false.")


def _read_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    raise WrongType("Not bytes.")


def _read_bytearray(value: Any) -> bytearray:
    return bytearray(_read_bytes(value))


def _read_date(value: Any) -> Any:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    if isinstance(value, str):
        return _from_text(datetime.date.fromisoformat, value, "Not a date in ISO form.")
    raise WrongType("Not a date.")


def _read_date_time(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, str):
        return _from_text(datetime.datetime.fromisoformat, value, "Not a date-time in ISO form.")
    raise WrongType("Not a date-time.")


def _read_time(value: Any) -> Any:
    if isinstance(value, datetime.time):
        return value
    if isinstance(value, str):
        return _from_text(datetime.time.fromisoformat, value, "Not a time in ISO form.")
    raise WrongType("Not a time.")


def _read_duration(value: Any) -> datetime.timedelta:
    if isinstance(value, datetime.timedelta):
        return value
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        try:
            return datetime.timedelta(microseconds=int(Decimal(str(value)) * _MICROSECONDS))
        except (ArithmeticError, ValueError):
            pass
    raise WrongType("Not a duration, nor a number of seconds.")


def _reader_of_text(kind: type, noun: str) -> Read:
    """Return the reader of a *kind* that is made of its text, and that ``str`` makes a text of."""

    def read(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        if isinstance(value, str):
            return _from_text(kind, value, f"Not the text of {noun}.")
        raise WrongType(f"Not {noun}.")

    return read


def _from_text(make: Callable[[str], Any], text: str, refusal: str) -> Any:
    try:
        return make(text)
    except ValueError:
        raise WrongType(refusal) from None


def date_time_text(value: datetime.datetime) -> str:
    """Return the stored form of a date-time: in UTC with six digits for the microseconds, unless it is naive.

    Raises:
        WrongType: The value is no date-time.
        InvalidValue: In UTC it would be before the year 1 or after the year 9999.
    """
    _check(value, datetime.datetime, "a date-time")
    return utc_text(value)


def date_time_as_given(value: datetime.datetime) -> str:
    """Return a date-time as text with the offset that it has. Raises as :func:`date_time_text` does."""
    _check(value, datetime.datetime, "a date-time")
    return value.isoformat()


def _write_date(value: Any) -> str:
    _check(value, datetime.date, "a date")
    return str(value.isoformat())


def _write_time(value: Any) -> str:
    _check(value, datetime.time, "a time")
    return str(value.isoformat())


def _write_duration(value: Any) -> Decimal:
    _check(value, datetime.timedelta, "a duration")
    return Decimal(value // datetime.timedelta(microseconds=1)) / _MICROSECONDS


def _check(value: Any, kind: type, noun: str) -> None:
    if not isinstance(value, kind):
        raise WrongType(f"Not {noun}.")


_MICROSECONDS = 1_000_000
_NUMBER = r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?"
_TEXT: Mapping[str, Any] = {"type": "string"}


def _as_text(kind: type, noun: str, *, ordered: bool = True, format_: str | None = None) -> Scalar:
    json_schema = _TEXT if format_ is None else {**_TEXT, "format": format_}
    return Scalar(noun, "S", _reader_of_text(kind, noun), str, ordered, json_schema)


#: The types of single values. Subclasses of the first six are taken too, and so are enums and literals.
SCALARS: Mapping[type, Scalar] = {
    bool: Scalar("a boolean", None, _read_boolean, json_schema={"type": "boolean"}),
    str: Scalar("a string", "S", _read_text, json_schema=_TEXT),
    int: Scalar("a whole number", "N", _read_integer, json_schema={"type": "integer"}),
    float: Scalar("a number", "N", _read_float, json_schema={"type": "number"}),
    Decimal: Scalar("a number", "N", _read_decimal, json_schema={"type": "number"}),
    bytes: Scalar("bytes", "B", _read_bytes),
    bytearray: Scalar("bytes", "B", _read_bytearray, bytes),
    datetime.datetime: Scalar(
        "a date-time", "S", _read_date_time, date_time_text, json_schema={**_TEXT, "format": "date-time"}
    ),
    datetime.date: Scalar("a date", "S", _read_date, _write_date, json_schema={**_TEXT, "format": "date"}),
    datetime.time: Scalar("a time", "S", _read_time, _write_time, json_schema={**_TEXT, "format": "time"}),
    datetime.timedelta: Scalar("a duration", "N", _read_duration, _write_duration, json_schema={"type": "number"}),
    uuid.UUID: _as_text(uuid.UUID, "a UUID", format_="uuid"),
    ipaddress.IPv4Address: _as_text(ipaddress.IPv4Address, "an IPv4 address", ordered=False, format_="ipv4"),
    ipaddress.IPv6Address: _as_text(ipaddress.IPv6Address, "an IPv6 address", ordered=False, format_="ipv6"),
    ipaddress.IPv4Network: _as_text(ipaddress.IPv4Network, "an IPv4 network", ordered=False),
    ipaddress.IPv6Network: _as_text(ipaddress.IPv6Network, "an IPv6 network", ordered=False),
    pathlib.Path: _as_text(pathlib.Path, "a path"),
    pathlib.PurePath: _as_text(pathlib.PurePath, "a path"),
    pathlib.PurePosixPath: _as_text(pathlib.PurePosixPath, "a path"),
}
#: Types whose subclasses are made of their values: ``class Isbn(str)``.
BASES: tuple[type, ...] = (str, int, float, Decimal, bytes)
