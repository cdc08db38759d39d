"""Projections: the part of an item that a read returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from dynamorm.data import AttributeValue, Item, Path, PathElement
from dynamorm.exceptions import RequestRejected
from dynamorm.rules.paths import MISSING, overlapping_paths, value_at


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
        """Return the part of *item* that the paths lead to, which may be empty. It shares values with *item*."""
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
