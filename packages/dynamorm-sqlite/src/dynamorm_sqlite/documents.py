"""Reading items by document paths: single values, projections, and how deep values are nested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import combinations
from typing import Final, TypeAlias

from dynamorm.data import AttributeValue, Item, Path, PathElement, limits
from dynamorm.exceptions import InvalidValue, RequestRejected
from dynamorm_sqlite.encoding import may_have_empty_name, nesting_upper_bound


class Missing(Enum):
    """The result of a path that leads nowhere, which is not NULL."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
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


class Projection:
    """The paths that a read returns. The rest of an item is left out.

    The selected elements of a list become a shorter list, in the same order: see "Using projection expressions in
    DynamoDB" in the developer guide.
    """

    __slots__ = ("_top_level", "attributes", "paths")

    def __init__(self, paths: Sequence[Path]) -> None:
        """Raise :class:`~dynamorm.exceptions.RequestRejected` for *paths* that can't be read together."""
        if not paths:
            raise RequestRejected("The projection asks for no attributes. Ask for at least one, or leave it out.")
        for path, other in overlapping_paths(paths):
            raise RequestRejected(
                f"The projection asks for both '{path}' and '{other}', which overlap. Ask for the outer one only."
            )
        self.paths: Final = tuple(paths)
        self._top_level = all(len(path.elements) == 1 for path in paths)
        #: The names of the top-level attributes that the paths lead into.
        self.attributes = frozenset(path.attribute for path in paths)

    def apply(self, item: Item) -> Item:
        """Return the part of *item* that the paths lead to, which may be empty."""
        if self._top_level:
            return {name: item[name] for name in self.attributes if name in item}
        tree: _Tree = {}
        for path in self.paths:
            if value_at(item, path) is not MISSING:
                branch = tree
                for element in path.elements:
                    branch = branch.setdefault(element, {})
        return {name: _part(item[name], branch) for name, branch in tree.items() if isinstance(name, str)}


_Tree: TypeAlias = dict[PathElement, "_Tree"]


def _part(value: AttributeValue, tree: _Tree) -> AttributeValue:
    if not tree:
        return value
    if isinstance(value, dict):
        return {name: _part(value[name], branch) for name, branch in tree.items() if isinstance(name, str)}
    if isinstance(value, list):
        indexes = sorted(index for index in tree if isinstance(index, int))
        return [_part(value[index], tree[index]) for index in indexes]
    return value


def check_structure(item: Item, text: str, table: str) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidValue` if an *item* is nested too deeply or has an empty name.

    *text* is the encoded item. A scalar is one level, and each list or map around it is one more.
    """
    # For most items, the text shows that nothing is wrong.
    if nesting_upper_bound(text) <= limits.NESTING_LEVELS and not may_have_empty_name(text):
        return
    for name, value in item.items():
        if not name:
            raise InvalidValue(f"The item for '{table}' has an attribute with an empty name. Give it a name.")
        if _levels(value, name) > limits.NESTING_LEVELS:
            raise InvalidValue(
                f"Attribute '{name}' is nested deeper than the {limits.NESTING_LEVELS} levels that DynamoDB allows. "
                "Flatten it, or store the inner part as a JSON string."
            )


def _levels(value: AttributeValue, name: str) -> int:
    if isinstance(value, dict):
        if "" in value:
            raise InvalidValue(f"A map in the attribute '{name}' has an entry with an empty name. Give it a name.")
        value = list(value.values())
    elif not isinstance(value, list):
        return 1
    return 1 + max((_levels(element, name) for element in value), default=1)
