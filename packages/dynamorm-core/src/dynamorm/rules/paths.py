"""Values at the end of a document path, paths that can't be used together, and values that can't be stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import combinations
from typing import Final, TypeAlias

from dynamorm.data import AttributeValue, Item, Path, limits, size_of
from dynamorm.data.values import too_deep
from dynamorm.exceptions import InvalidValue


class Missing(Enum):
    """The result of a path that leads nowhere, which is not NULL."""

    MISSING = "missing"


#: The result of a path that leads nowhere.
MISSING: Final = Missing.MISSING
#: A value, or :data:`MISSING`.
Found: TypeAlias = AttributeValue | Missing

#: The types of values that contain values.
NESTED_TYPES: Final[frozenset[type]] = frozenset({dict, list})
_LARGE: Final = 10**limits.NUMBER_DIGITS


def value_at(item: Item, path: Path) -> Found:
    """Return the value of *item* at *path*, or :data:`MISSING`."""
    value: AttributeValue = item
    for element in path.elements:
        if isinstance(element, str):
            if not isinstance(value, dict) or element not in value:
                return MISSING
            value = value[element]
        else:
            if not isinstance(value, list) or not 0 <= element < len(value):
                return MISSING
            value = value[element]
    return value


def overlapping_paths(paths: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Yield each pair of *paths* that can't be used together.

    One of them leads into the other, or one expects a map where the other expects a list.
    """
    for path, other in combinations(paths, 2):
        for element, opposite in zip(path.elements, other.elements, strict=False):
            if element != opposite:
                if type(element) is not type(opposite):
                    yield path, other
                break
        else:
            yield path, other


def check_value(value: AttributeValue) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidValue` for a *value* that DynamoDB refuses, canonical or not."""
    if (type(value) is str and value.isascii()) or (type(value) is int and -_LARGE < value < _LARGE):
        return
    size_of(value)
    if isinstance(value, (dict, list)):
        check_nesting(value, None)


def check_nesting(value: AttributeValue, name: str | None) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidValue` if a value is nested too deeply, or has an empty name.

    A scalar is one level, and each list or map around it is one more. *name* is the value's attribute, for messages.
    """
    if isinstance(value, list):
        if NESTED_TYPES.isdisjoint(map(type, value)):
            return
    elif not isinstance(value, dict) or ("" not in value and NESTED_TYPES.isdisjoint(map(type, value.values()))):
        return
    if _levels(value, "A value in an operation" if name is None else f"Attribute '{name}'") > limits.NESTING_LEVELS:
        raise too_deep(name)


def _levels(container: dict[str, AttributeValue] | list[AttributeValue], subject: str) -> int:
    if isinstance(container, dict):
        if "" in container:
            raise InvalidValue(f"{subject} has a map with an empty name. DynamoDB's names have at least one character.")
        container = [*container.values()]
    if NESTED_TYPES.isdisjoint(map(type, container)):
        return 2
    return 1 + max([_levels(element, subject) for element in container if isinstance(element, (dict, list))])
