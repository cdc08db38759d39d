"""Values that a schema library would return unchanged: what the fast paths of schema adapters share.

Most values of most items need no conversion: a ``str`` in a text field, an ``int`` in a number field. An adapter can
find out once, when a model is defined, which values of a field its library returns unchanged, and never call the
library for them.

When it is taken: for values of exactly the type that the field's :class:`Passthrough` names, and for lists and maps
whose contents all pass through. The adapter makes no :class:`Passthrough` for a field with validators, hooks, limits or
replaced methods, nor for a field class of the program's own; the library converts all values of those.

What it saves: one call of the library's conversion for each value of each item.

``DYNAMORM_SCHEMA_FAST_PATH=0`` in the environment switches it off; see :func:`fast_path_enabled`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias

from dynamorm.exceptions import DynaModelException

#: The environment variable that switches the fast paths of schema adapters off when it is ``0``.
FAST_PATH_VARIABLE: Final = "DYNAMORM_SCHEMA_FAST_PATH"


class _NeedsConversion:
    """The class of :data:`NEEDS_CONVERSION`."""

    def __repr__(self) -> str:
        return "NEEDS_CONVERSION"


#: What a :data:`PassthroughCopy` returns for a value that the library has to convert.
NEEDS_CONVERSION: Final[Any] = _NeedsConversion()

#: Returns a value, or a copy of a list or a map, that the library would return unchanged; else ``NEEDS_CONVERSION``.
PassthroughCopy: TypeAlias = Callable[[Any], Any]


class Passthrough(NamedTuple):
    """Which values of one field pass through unchanged."""

    #: Values of exactly this type pass through, and those of its subclasses do not.
    exact_type: type | None
    #: Decides about values of other types, for instance about each element of a list.
    copy: PassthroughCopy | None


#: No value passes through: the library converts each.
NO_PASSTHROUGH: Final = Passthrough(None, None)


def fast_path_enabled() -> bool:
    """Return whether adapters may use their fast paths: unless ``DYNAMORM_SCHEMA_FAST_PATH`` is ``0``.

    An adapter asks when it is made, which is when the model is defined. With the fast paths off, results are the same
    and every value goes through the schema library's own methods: for debugging, and for tests of the fast paths.

    Raises:
        DynaModelException: The variable is neither ``0`` nor ``1``.
    """
    setting = os.environ.get(FAST_PATH_VARIABLE, "1")
    if setting not in {"0", "1"}:
        raise DynaModelException(
            f"The environment variable {FAST_PATH_VARIABLE} is {setting!r}. Set it to 0, which has the schema library "
            "convert every value, or to 1, the default."
        )
    return setting == "1"


def replaces_methods(field: Any) -> bool:
    """Return whether this one *field* has an attribute that replaces a method of its class."""
    return not _method_names(field.__class__).isdisjoint(vars(field))


@cache
def _method_names(field_class: type) -> frozenset[str]:
    return frozenset(name for name in dir(field_class) if callable(getattr(field_class, name, None)))


def list_passthrough(elements: Passthrough) -> Passthrough:
    """Return the passthrough of a field that holds lists; *elements* is that of its elements."""
    if elements == NO_PASSTHROUGH:
        return NO_PASSTHROUGH
    exact_type, copy = elements.exact_type, elements.copy or _needs_conversion

    def copy_list(value: Any) -> Any:
        if type(value) is not list:
            return NEEDS_CONVERSION
        for element in value:
            if type(element) is not exact_type:
                return copy_elements(value)
        return value[:]

    def copy_elements(value: list[Any]) -> Any:
        copied = []
        for element in value:
            own = element if type(element) is exact_type else copy(element)
            if own is NEEDS_CONVERSION:
                return NEEDS_CONVERSION
            copied.append(own)
        return copied

    return Passthrough(None, copy_list)


def map_passthrough(values: Passthrough, *, key_type: type | None = None) -> Passthrough:
    """Return the passthrough of a field that holds maps; *values* is that of its values.

    Args:
        values: The passthrough of the field's values.
        key_type: The type that each key has to have exactly; ``None`` when the library returns any key unchanged.
    """
    if values == NO_PASSTHROUGH:
        return NO_PASSTHROUGH
    exact_type, copy = values.exact_type, values.copy or _needs_conversion

    def copy_map(value: Any) -> Any:
        if type(value) is not dict:
            return NEEDS_CONVERSION
        if key_type is not None:
            for key in value:
                if type(key) is not key_type:
                    return NEEDS_CONVERSION
        for entry in value.values():
            if type(entry) is not exact_type:
                return copy_entries(value)
        return value.copy()

    def copy_entries(value: dict[Any, Any]) -> Any:
        copied = {}
        for key, entry in value.items():
            own = entry if type(entry) is exact_type else copy(entry)
            if own is NEEDS_CONVERSION:
                return NEEDS_CONVERSION
            copied[key] = own
        return copied

    return Passthrough(None, copy_map)


def _needs_conversion(value: Any) -> Any:
    return NEEDS_CONVERSION
