"""Values of which is known what a type of Schematics makes of them, so that it need not be asked.

Most values of most items are imported and stored as they are: text of a ``StringType``, whole numbers of an ``IntType``. What
a type takes so is decided once, from its class and its options. Any other value is the type's to judge, and any value of a
type that has validators or limits, or is of a class of the program's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

from schematics.common import DROP, NONEMPTY
from schematics.types import BooleanType, DecimalType, DictType, FloatType, IntType, ListType, StringType
from schematics.undefined import Undefined

from dynamorm_schematics.schemas import FieldType
from dynamorm_schematics.storing import storing_context

#: What a type makes of a list or a map that it takes as it is: a copy; else ``Undefined``.
Copy: TypeAlias = Callable[[Any], Any]

#: Types that take each value of exactly this type as it is, when their options don't say otherwise.
TYPES: Mapping[type, type] = {
    StringType: str,
    IntType: int,
    FloatType: float,
    BooleanType: bool,
    DecimalType: Decimal,
}
#: The options that limit what these types, and lists of them, take.
_LIMITS = ("choices", "regex", "min_length", "max_length", "min_value", "max_value", "min_size", "max_size")


def unchanged_type(field: FieldType, *, importing: bool) -> type | None:
    """The type whose values, and not those of its subclasses, a *field* imports or stores as they are, if there is one."""
    kind = TYPES.get(type(field))
    return kind if kind is not None and not _is_special(field, importing=importing) else None


def unchanged_copy(field: FieldType, *, importing: bool) -> Copy | None:
    """What a *field* makes of the lists or maps that it imports or stores as they are, if there are any."""
    if type(field) not in (ListType, DictType) or _is_special(field, importing=importing):
        return None
    kind, copy = unchanged_type(field.field, importing=importing), unchanged_copy(field.field, importing=importing)
    if (kind is None and copy is None) or (not importing and _leaves_out_elements(field.field)):
        return None
    if type(field) is ListType:
        return _of_list(kind, copy or _unknown)
    return _of_map(kind, copy or _unknown) if field.coerce_key is str else None


def _is_special(field: FieldType, *, importing: bool) -> bool:
    """Whether something else than its class decides what a *field* does."""
    methods, validators = _of_class(field.__class__)
    if not methods.isdisjoint(vars(field)):
        return True  # a method was replaced in this one field
    limited = any(getattr(field, limit, None) is not None for limit in _LIMITS)
    return importing and (limited or len(field.validators) != validators)


@cache
def _of_class(kind: type) -> tuple[frozenset[str], int]:
    """The names of the methods of a *kind* of types, and how many validators one has when it was given none."""
    ordinary: FieldType = kind(StringType) if kind in (ListType, DictType) else kind()
    return frozenset(name for name in dir(kind) if callable(getattr(kind, name, None))), len(ordinary.validators)


def _leaves_out_elements(field: FieldType) -> bool:
    """Whether the export level of the elements of a list, or the entries of a map, leaves some of them out."""
    level = field.get_export_level(storing_context())
    return bool(level <= (NONEMPTY if field.is_compound else DROP))


def _of_list(kind: type | None, copy: Copy) -> Copy:
    def copied(value: Any) -> Any:
        if type(value) is not list:
            return Undefined
        elements = []
        for element in value:
            own = element if type(element) is kind else copy(element)
            if own is Undefined:
                return Undefined
            elements.append(own)
        return elements

    return copied


def _of_map(kind: type | None, copy: Copy) -> Copy:
    def copied(value: Any) -> Any:
        if type(value) is not dict:
            return Undefined
        entries = {}
        for name, entry in value.items():
            own = entry if type(entry) is kind else copy(entry)
            if own is Undefined or type(name) is not str:
                return Undefined
            entries[name] = own
        return entries

    return copied


def _unknown(value: Any) -> Any:
    return Undefined
