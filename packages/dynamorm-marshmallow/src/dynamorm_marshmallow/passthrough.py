"""Which values a Marshmallow field returns unchanged, and date-times whose text needs no library.

Decided once for each field, from its class and its options: a ``String`` without validators loads and dumps every
``str`` as it is. Whatever all schema libraries share is in :mod:`dynamorm.ports.passthrough`, which also says
when values pass through and what that saves.
"""

from __future__ import annotations

import datetime
import math
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from marshmallow import fields

from dynamorm.ports.date_times import AS_GIVEN, in_utc
from dynamorm.ports.passthrough import (
    NEEDS_CONVERSION,
    NO_PASSTHROUGH,
    Passthrough,
    PassthroughCopy,
    list_passthrough,
    map_passthrough,
    replaces_methods,
)
from dynamorm_marshmallow.date_times import stored_form

#: By class of field, the type whose values it returns unchanged unless its options say otherwise.
_EXACT_TYPES: Mapping[type, type] = {
    fields.String: str,
    fields.Email: str,
    fields.Url: str,
    fields.Integer: int,
    fields.Boolean: bool,
}
#: The names of ISO 8601 as a format.
_ISO = ("iso", "iso8601")
#: By class of field, the type of the finite numbers that it returns unchanged.
_FINITE_TYPES: Mapping[type, tuple[type, Callable[[Any], bool]]] = {
    fields.Float: (float, math.isfinite),
    fields.Decimal: (Decimal, Decimal.is_finite),
}


def passthrough_of(field: Any, *, loading: bool) -> Passthrough:
    """Return which values a *field* returns unchanged: from ``deserialize`` when *loading*, else from ``serialize``."""
    if has_hooks(field) or (field.validators if loading else getattr(field, "as_string", False)):
        return NO_PASSTHROUGH
    kind = type(field)
    if kind is fields.List:
        return list_passthrough(passthrough_of(field.inner, loading=loading))
    if kind is fields.Dict:
        return _map_passthrough(field, loading=loading)
    if kind in _FINITE_TYPES:
        finite = getattr(field, "places", None) is None
        return Passthrough(None, _finite_copy(*_FINITE_TYPES[kind])) if finite else NO_PASSTHROUGH
    if kind is fields.DateTime and not loading:
        is_iso = field.format in _ISO and stored_form(field) != AS_GIVEN
        return Passthrough(None, _date_time_text) if is_iso else NO_PASSTHROUGH
    if kind is fields.Boolean and not _has_both_booleans(field):
        return NO_PASSTHROUGH
    return Passthrough(_EXACT_TYPES.get(kind), None)


def has_hooks(field: Any) -> bool:
    """Return whether a *field* has hooks of its own, as in Marshmallow 4.3, or a method that is not its class's."""
    return bool(getattr(field, "pre_load", ()) or getattr(field, "post_load", ())) or replaces_methods(field)


def _has_both_booleans(field: Any) -> bool:
    return True in field.truthy and True not in field.falsy and False in field.falsy and False not in field.truthy


def _finite_copy(number_type: type, is_finite: Callable[[Any], bool]) -> PassthroughCopy:
    def copy_finite(value: Any) -> Any:
        return value if type(value) is number_type and is_finite(value) else NEEDS_CONVERSION

    return copy_finite


def _date_time_text(value: Any) -> Any:
    return in_utc(value).isoformat() if type(value) is datetime.datetime else NEEDS_CONVERSION


def _map_passthrough(field: Any, *, loading: bool) -> Passthrough:
    if field.value_field is None:
        return NO_PASSTHROUGH
    key_type = None
    if field.key_field is not None:
        key_type = passthrough_of(field.key_field, loading=loading).exact_type
        if key_type is None:
            return NO_PASSTHROUGH
    return map_passthrough(passthrough_of(field.value_field, loading=loading), key_type=key_type)


def lossless_check_of(field: Any) -> Callable[[Any], bool] | None:
    """Return a check for native values that the *field* reads back the same from the text it writes; else ``None``.

    A value that passes the check is native: the field need not serialise and deserialise it to find that out. Strings
    are never native values of these fields.
    """
    if has_hooks(field):
        return None
    if type(field) is fields.UUID:
        return _is_uuid
    if getattr(field, "format", None) not in _ISO:
        return None
    return _is_date if type(field) is fields.Date else None


def _is_uuid(value: Any) -> bool:
    return type(value) is uuid.UUID


def _is_date(value: Any) -> bool:
    return type(value) is datetime.date
