"""How a value that was changed in place differs from the stored one, as the parts of an update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dynamorm.data.conditions import Value
from dynamorm.data.paths import Path, PathElement
from dynamorm.data.updates import Remove, Set, UpdateAction
from dynamorm.data.values import AttributeValue, identical


def part_actions(
    path: Path, before: AttributeValue, now: AttributeValue, known: AttributeValue
) -> Iterator[UpdateAction]:
    """What makes *now* of the value *before* at a *path*: an action for each entry and element that differs.

    *known* is what the schema knows of the value before: an entry of a map that it does not know is left alone.
    A list of which elements were inserted, or taken from its middle, is written as a whole, and so are sets.
    """
    if identical(before, now):
        return
    if isinstance(before, dict) and isinstance(now, dict):
        yield from _entries(path, before, now, known if isinstance(known, dict) else before)
    elif isinstance(before, list) and isinstance(now, list) and _comparable(before, now):
        yield from _elements(path, before, now, known if isinstance(known, list) else before)
    else:
        yield Set(path, Value(now))


def _entries(
    path: Path,
    before: Mapping[str, AttributeValue],
    now: Mapping[str, AttributeValue],
    known: Mapping[str, AttributeValue],
) -> Iterator[UpdateAction]:
    for name, value in now.items():
        if name in before:
            yield from part_actions(_below(path, name), before[name], value, known.get(name))
        else:
            yield Set(_below(path, name), Value(value))
    for name in known:
        if name in before and name not in now:
            yield Remove(_below(path, name))


def _elements(
    path: Path, before: Sequence[AttributeValue], now: Sequence[AttributeValue], known: Sequence[AttributeValue]
) -> Iterator[UpdateAction]:
    for index, (element, value) in enumerate(zip(before, now, strict=False)):
        yield from part_actions(_below(path, index), element, value, known[index] if index < len(known) else None)
    for index in range(len(before), len(now)):
        yield Set(_below(path, index), Value(now[index]))
    for index in range(len(now), len(before)):
        yield Remove(_below(path, index))


def _comparable(before: Sequence[AttributeValue], now: Sequence[AttributeValue]) -> bool:
    """Whether elements kept their places, as far as can be told."""
    return len(before) == len(now) or all(map(identical, before, now))


def _below(path: Path, element: PathElement) -> Path:
    return Path((*path.elements, element))
