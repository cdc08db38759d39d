"""How a value that was changed in place differs from the stored one, as the parts of an update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dynamorm.data.conditions import Value
from dynamorm.data.paths import Path, PathElement
from dynamorm.data.updates import Remove, Set, UpdateAction
from dynamorm.data.values import AttributeValue, identical


def part_actions(
    path: Path, before: AttributeValue, now: AttributeValue, as_read: AttributeValue
) -> Iterator[UpdateAction]:
    """What makes *now* of the value *before* at a *path*: an action for each entry and element that was changed.

    *as_read* is what the schema made of the value before: an entry of a map that it left out is left alone, and one that it
    filled in is no change. A list of which elements were inserted, or taken from its middle, is written as a whole, and so are
    sets.
    """
    if identical(before, now):
        return
    if isinstance(before, dict) and isinstance(now, dict):
        yield from _entries(path, before, now, as_read if isinstance(as_read, dict) else before)
        return
    if isinstance(before, list) and isinstance(now, list):
        elements = as_read if isinstance(as_read, list) else before
        if len(elements) == len(before) and _kept_places(elements, now):
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
            yield from part_actions(_below(path, name), before[name], value, as_read.get(name))
        else:
            yield Set(_below(path, name), Value(value))
    for name in as_read:
        if name in before and name not in now:
            yield Remove(_below(path, name))


def _elements(
    path: Path, before: Sequence[AttributeValue], now: Sequence[AttributeValue], as_read: Sequence[AttributeValue]
) -> Iterator[UpdateAction]:
    for index, value in enumerate(now[: len(before)]):
        if not identical(as_read[index], value):
            yield from part_actions(_below(path, index), before[index], value, as_read[index])
    for index in range(len(before), len(now)):
        yield Set(_below(path, index), Value(now[index]))
    for index in range(len(now), len(before)):
        yield Remove(_below(path, index))


def _kept_places(before: Sequence[AttributeValue], now: Sequence[AttributeValue]) -> bool:
    """Whether elements kept their places, as far as can be told."""
    return len(before) == len(now) or all(map(identical, before, now))


def _below(path: Path, element: PathElement) -> Path:
    return Path((*path.elements, element))
