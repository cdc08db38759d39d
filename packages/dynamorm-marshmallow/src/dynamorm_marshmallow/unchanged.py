"""Values of which is known what a Marshmallow field makes of them, so that it need not be asked.

Most values of most items are loaded and dumped as they are: text of a ``String``, whole numbers of an ``Integer``. What a
field takes so is decided once, from its class and its options. Any other value is Marshmallow's, and any value of a field
that has validators or hooks, or is of a class of the program's own.
"""

from __future__ import annotations

import datetime
import math
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from marshmallow import fields, missing

#: What a field makes of a value that it takes as it is: the value, or a copy of a list or a map; else ``missing``.
Copy = Callable[[Any], Any]

#: Fields that take each value of exactly this type as it is, when their options don't say otherwise.
TYPES: Mapping[type, type] = {
    fields.String: str,
    fields.Email: str,
    fields.Url: str,
    fields.Integer: int,
    fields.Float: float,
    fields.Boolean: bool,
}
#: Fields that take finite numbers of exactly this type as they are.
_FINITE: Mapping[type, tuple[type, Callable[[Any], bool]]] = {
    fields.Float: (float, math.isfinite),
    fields.Decimal: (Decimal, Decimal.is_finite),
}


def unchanged_type(field: Any, *, loading: bool) -> type | None:
    """The type whose values, and not those of its subclasses, a *field* loads or dumps as they are, if there is one."""
    if not _is_plain(field, loading=loading):
        return None
    if type(field) in _FINITE or (type(field) is fields.Boolean and not _knows_both(field)):
        return None
    return TYPES.get(type(field))


def unchanged_copy(field: Any, *, loading: bool) -> Copy | None:
    """What a *field* makes of values that it loads or dumps as they are, where that does not hang on their type alone."""
    if not _is_plain(field, loading=loading):
        return None
    if type(field) is fields.List:
        return _of_list(field, loading=loading)
    if type(field) is fields.Dict:
        return _of_map(field, loading=loading)
    if type(field) in _FINITE and getattr(field, "places", None) is None:
        return _of_number(*_FINITE[type(field)])
    return None


def _is_plain(field: Any, *, loading: bool) -> bool:
    """Whether nothing but its class decides what a *field* does."""
    if is_altered(field):
        return False
    return not field.validators if loading else not getattr(field, "as_string", False)


def is_altered(field: Any) -> bool:
    """Whether a *field* has hooks of its own, as Marshmallow 4.3 gives them, or a method that is not its class's."""
    if getattr(field, "pre_load", ()) or getattr(field, "post_load", ()):
        return True
    return not _methods_of(field.__class__).isdisjoint(vars(field))


@cache
def _methods_of(kind: type) -> frozenset[str]:
    return frozenset(name for name in dir(kind) if callable(getattr(kind, name, None)))


def _knows_both(field: Any) -> bool:
    return True in field.truthy and True not in field.falsy and False in field.falsy and False not in field.truthy


def _of_number(kind: type, is_finite: Callable[[Any], bool]) -> Copy:
    def copied(value: Any) -> Any:
        return value if type(value) is kind and is_finite(value) else missing

    return copied


def _of_list(field: Any, *, loading: bool) -> Copy | None:
    kind, copy = unchanged_type(field.inner, loading=loading), unchanged_copy(field.inner, loading=loading)
    if kind is None and copy is None:
        return None
    copy = copy or _unknown

    def copied(value: Any) -> Any:
        if type(value) is not list:
            return missing
        elements = []
        for element in value:
            own = element if type(element) is kind else copy(element)
            if own is missing:
                return missing
            elements.append(own)
        return elements

    return copied


def _of_map(field: Any, *, loading: bool) -> Copy | None:
    key_field, value_field = field.key_field, field.value_field
    key_kind = None if key_field is None else unchanged_type(key_field, loading=loading)
    if value_field is None or (key_field is not None and key_kind is None):
        return None
    kind, copy = unchanged_type(value_field, loading=loading), unchanged_copy(value_field, loading=loading)
    if kind is None and copy is None:
        return None
    copy = copy or _unknown

    def copied(value: Any) -> Any:
        if type(value) is not dict:
            return missing
        entries = {}
        for name, entry in value.items():
            own = entry if type(entry) is kind else copy(entry)
            if own is missing or (key_kind is not None and type(name) is not key_kind):
                return missing
            entries[name] = own
        return entries

    return copied


def _unknown(value: Any) -> Any:
    return missing


def reversible(field: Any) -> Callable[[Any], bool] | None:
    """Tells the native values of a *field* that come back the same from the text that it makes of them.

    Such a value need not be taken there and back to know that it is native. Text never is to these fields.
    """
    if is_altered(field):
        return None
    if type(field) is fields.UUID:
        return _is_uuid
    if getattr(field, "format", None) not in ("iso", "iso8601"):
        return None
    if type(field) is fields.Date:
        return _is_date
    return _is_plain_moment if type(field) is fields.DateTime else None


def _is_uuid(value: Any) -> bool:
    return type(value) is uuid.UUID


def _is_date(value: Any) -> bool:
    return type(value) is datetime.date


def _is_plain_moment(value: Any) -> bool:
    # Marshmallow 3 does not read each offset from UTC that it writes.
    return type(value) is datetime.datetime and (value.tzinfo is None or value.tzinfo is datetime.UTC)
