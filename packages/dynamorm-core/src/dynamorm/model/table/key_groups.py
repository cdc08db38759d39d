"""The keys of indexes as updates of parts of an item see them: what they depend on, and what is written for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from dynamorm.data.conditions import Condition, paths
from dynamorm.data.paths import Path
from dynamorm.data.values import AttributeValue, Item
from dynamorm.model.key_templates.templates import Template


class IndexKey(Protocol):
    """The composed key of an index."""

    label: str

    @property
    def templates(self) -> Iterator[Template]:
        """The templates of its parts."""

    def needed_paths(self) -> Sequence[Path]:
        """Return the paths without which an item has no such key."""

    def condition(self) -> Condition | None:
        """Return the condition under which an item is in the index."""

    def of(self, item: Mapping[str, AttributeValue]) -> Item | None:
        """Return the attributes of the key of an *item*; ``None`` if it has no such key."""


class KeyGroup:
    """The composed keys of indexes that have an attribute in common: mostly those of one index.

    Whether an item has an attribute of the group is decided by all keys that have it.
    """

    def __init__(self, keys: Sequence[IndexKey], names: Mapping[str, str], primary: frozenset[str]) -> None:
        self.keys = tuple(keys)
        #: The attributes that are computed for the group. Those of the primary key never change.
        self.attributes = tuple(
            dict.fromkeys(
                template.attribute for key in keys for template in key.templates if template.attribute not in primary
            )
        )
        #: The paths that each key is composed of, and those in its ``only_if``.
        self.fields = tuple(tuple(map(_of_names, key.needed_paths())) for key in keys)
        self.conditions = tuple(_paths_of_condition(key) for key in keys)
        found = [path for each in (*self.fields, *self.conditions) for path in each]
        outer = (path for path in found if not any(other.leads_into(path) for other in found))
        #: The names of all of them, by path: those in a template, or of the fields. None of them leads into another.
        self.names = {path: _name_of(path, names) for path in outer}

    @property
    def label(self) -> str:
        """What errors call it."""
        return self.keys[0].label

    def of(self, item: Mapping[str, AttributeValue]) -> Item:
        """Return the attributes of the group that an *item* has.

        Raises :class:`~dynamorm.exceptions.InvalidKey` for a value that a template can't hold.
        """
        found: Item = {}
        for key in self.keys:
            found.update(key.of(item) or {})
        return {name: found[name] for name in self.attributes if name in found}


def key_groups(indexes: Sequence[IndexKey], names: Mapping[str, str], primary: frozenset[str]) -> tuple[KeyGroup, ...]:
    """Return the groups of the keys of *indexes*. *names* are those of fields by attribute."""
    groups: list[tuple[set[str], list[IndexKey]]] = []
    for key in indexes:
        attributes = {template.attribute for template in key.templates} - primary
        together = [each for each in groups if each[0] & attributes]
        groups = [each for each in groups if each not in together]
        keys = [key for _, others in together for key in others]
        groups.append((attributes.union(*(each for each, _ in together)), [*keys, key]))
    return tuple(KeyGroup(keys, names, primary) for _, keys in groups)


def _paths_of_condition(key: IndexKey) -> tuple[Path, ...]:
    condition = key.condition()
    return () if condition is None else tuple(dict.fromkeys(map(_of_names, paths(condition))))


def _of_names(path: Path) -> Path:
    """Return a *path*, or the beginning of it that leads to the first list: an element may move within it."""
    for length, element in enumerate(path.elements):
        if isinstance(element, int):
            return Path(path.elements[:length])
    return path


def _name_of(path: Path, names: Mapping[str, str]) -> str:
    first, *below = path.elements
    return ".".join((names.get(str(first), str(first)), *map(str, below)))
