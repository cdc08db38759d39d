"""Date-times as text: what schema adapters and the core share.

DynamoDB compares strings, so two date-times have to be written alike to be compared as instants: in UTC, and from the
year down with a fixed number of digits. An adapter passes each date-time through :func:`in_utc` before its library
writes it. It tells with :func:`sorts` whether the texts of a format sort as the date-times do.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from dynamorm.exceptions import DynaModelException, InvalidValue

#: A ``stored_form``: text as the schema library writes it, with the offset that was given.
AS_GIVEN: Final = "as_given"
#: The other forms that have a name, as formats of ``strftime``.
NAMED_FORMS: Final = {"pynamodb": "%Y-%m-%dT%H:%M:%S.%f%z"}

#: A whole date-time in ISO 8601's extended format. Patterns are compiled when they are first used.
_WHOLE: Final = (
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?"
    r"(?P<offset>[Zz]|[+-]\d\d(?::?\d\d)*)?"
)
#: The beginning of one, down to the hour.
_BEGINNING: Final = r"\d{1,4}(-(\d{1,2}(-(\d{1,2}([Tt ]\d{0,2}:?)?)?)?)?)?"
#: The directives of a format whose texts sort, each more significant than the next.
_DESCENDING: Final = "YmdHMSf"
#: Short forms of several directives.
_COMPOSED: Final = {"%F": "%Y-%m-%d", "%T": "%H:%M:%S"}


def in_utc(value: datetime) -> datetime:
    """Return a date-time *value* with an offset in UTC, and a naive one as it is.

    Raises:
        InvalidValue: In UTC it would be before the year 1 or after the year 9999.
    """
    if value.tzinfo is UTC or value.utcoffset() is None:
        return value
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise InvalidValue(
            "A date-time is converted to UTC before it is stored, and this one would be before the year 1 or after "
            "the year 9999. Give it in UTC."
        ) from None


def utc_text(value: datetime) -> str:
    """Return a date-time *value* as ISO text that sorts: in UTC, with six digits for microseconds, and with ``Z``.

    A naive one has its own ISO form.

    Raises:
        InvalidValue: In UTC it would be before the year 1 or after the year 9999.
    """
    if value.utcoffset() is None:
        return value.isoformat()
    # Without the offset, which is +00:00.
    return in_utc(value).isoformat(timespec="microseconds")[:26] + "Z"


def all_in_utc(value: Any) -> Any:
    """Return a *value* with each date-time in it in UTC: also those in lists, tuples, sets and maps, and their keys."""
    if isinstance(value, datetime):
        return in_utc(value)
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        return kind(map(all_in_utc, value))
    if kind is dict:
        return {all_in_utc(key): all_in_utc(entry) for key, entry in value.items()}
    return value


def sorts(format_: str, *, first: str = "Y") -> bool:
    """Return whether the texts of a ``strftime`` format sort as what they stand for.

    They do if the format goes down from the year (or the directive *first*, such as ``"H"`` for times of day) without
    a gap, and if each part has a fixed width. A UTC offset may stand at the end, because it is always the same.
    """
    for short, directives in _COMPOSED.items():
        format_ = format_.replace(short, directives)
    found = "".join(re.findall(r"%(.?)", format_))
    if found[-1:] in ("z", "Z"):
        found = found[:-1]
    return bool(found) and _DESCENDING[_DESCENDING.index(first) :].startswith(found)


def is_whole(text: object) -> bool:
    """Return whether a *text* is a whole ISO date-time: a date, hours and minutes, and more or not."""
    return isinstance(text, str) and re.fullmatch(_WHOLE, text, re.ASCII) is not None


def has_offset(text: str) -> bool:
    """Return whether a *text* is a whole ISO date-time with a UTC offset."""
    found = re.fullmatch(_WHOLE, text, re.ASCII)
    return found is not None and found["offset"] is not None


def is_beginning(text: str, stored_form: object = None) -> bool:
    """Return whether a *text* may begin a date-time in ISO form, which lacks its minutes, or in a *stored_form*."""
    if re.fullmatch(_BEGINNING, text, re.ASCII):
        return True
    if not isinstance(stored_form, str) or stored_form == AS_GIVEN or is_whole(text):
        return False
    whole = datetime(2033, 5, 18, tzinfo=UTC).strftime(NAMED_FORMS.get(stored_form, stored_form))
    return 0 < len(text) < len(whole) and re.sub("[0-9]", "0", whole).startswith(re.sub("[0-9]", "0", text))


def refuse_nested_form(model_name: str, label: str) -> NoReturn:
    """Refuse a ``stored_form`` of what is no field of the model *model_name* itself: *label* names it in the message.

    Raises:
        DynaModelException: Always.
    """
    raise DynaModelException(
        f"{label} of {model_name} has a stored_form, which only a date-time field of the model itself can have. Leave "
        "it out: date-times in lists, maps and nested schemas are stored as the schema library writes UTC."
    )
