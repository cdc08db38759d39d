"""The differences between a stored value and one that was changed in place, as actions of an update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dynamorm.data.conditions import Value
from dynamorm.data.paths import Path, PathElement
from dynamorm.data.updates import Remove, Set, UpdateAction
from dynamorm.data.values import AttributeValue, identical


def part_actions(
    path: Path, before: AttributeValue, now: AttributeValue, as_read: AttributeValue
) -> Iterator[UpdateAction]:
    """Return the actions that change the value at a *path* from *before* to *now*: one for each changed part.

    *as_read* is the value before as the schema loaded it: an entry of a map that the schema left out is kept, and one
    that it filled in is not a change. A list is written as a whole when elements were inserted, or removed from its
    middle; a set is always written as a whole.
    """
    if identical(before, now):
        return
    if isinstance(before, dict) and isinstance(now, dict):
        yield from _entries(path, before, now, as_read if isinstance(as_read, dict) else before)
        return
    if isinstance(before, list) and isinstance(now, list):
        elements = as_read if isinstance(as_read, list) else before
        if len(elements) == len(before) and _kept_positions(elements, now):
            yield from _elements(path, before, now, elements)
            return
    yield Set(path, Value(now))


def _entries(
    path: Path,
    before: Mapping[str, AttributeValue],
    now: Mapping[str, AttributeValue],
    as_read: Mapping[str, AttributeValue],
) -> Iterator[UpdateAction]:
    for name, value in now.items():
        if name in as_read and identical(as_read[name], value):
            continue
        if name in before:
            yield from part_actions(_child_path(path, name), before[name], value, as_read.get(name))
        else:
            yield Set(_child_path(path, name), Value(value))
    for name in as_read:
        if name in before and name not in now:
            yield Remove(_child_path(path, name))


def _elements(
    path: Path, before: Sequence[AttributeValue], now: Sequence[AttributeValue], as_read: Sequence[AttributeValue]
) -> Iterator[UpdateAction]:
    for index, value in enumerate(now[: len(before)]):
        if not identical(as_read[index], value):
            yield from part_actions(_child_path(path, index), before[index], value, as_read[index])
    for index in range(len(before), len(now)):
        yield Set(_child_path(path, index), Value(now[index]))
    for index in range(len(now), len(before)):
        yield Remove(_child_path(path, index))


def _kept_positions(before: Sequence[AttributeValue], now: Sequence[AttributeValue]) -> bool:
    """Return whether the elements kept their positions, as far as can be seen from the values."""
    return len(before) == len(now) or all(map(identical, before, now))


def _child_path(path: Path, element: PathElement) -> Path:
    return Path((*path.elements, element))
