"""Values at the end of a document path, and paths that can't be used together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import combinations
from typing import Final, TypeAlias

from dynamorm.data import AttributeValue, Item, Path


class Missing(Enum):
    """The result of a path that leads nowhere, which is not NULL."""

    MISSING = "missing"


#: The result of a path that leads nowhere.
MISSING: Final = Missing.MISSING
#: A value, or :data:`MISSING`.
Found: TypeAlias = AttributeValue | Missing


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
