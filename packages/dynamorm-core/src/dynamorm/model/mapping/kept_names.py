"""Names in nested maps that a nested schema does not know: a write of an instance that was read keeps them.

Another version of the program has stored them. The schema leaves them out when an item is read, so the values of the
instance lack them, and writing these would remove them. They are put back where the item has them, at the same path:

- into a map that is still a map, whatever else in it has changed;
- into an element of a list that can be told to be one of those that were read (see :func:`_origins`).

A name is unknown to the schema if what it makes of the stored value lacks it. A name that the program has removed, a
key of a dictionary or a field that is ``None`` now, is in that, and stays removed. All this needs the stored value to
be loaded once more, which is done only if it has names that the new value lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dynamorm.data.conditions import Value
from dynamorm.data.paths import PathElement
from dynamorm.data.updates import Set, UpdateAction
from dynamorm.data.values import AttributeValue, Item, copy_of_item, identical
from dynamorm.exceptions import ValidationError

if TYPE_CHECKING:
    from dynamorm.model.mapping.mapper import Mapper

_CONTAINERS = (dict, list)
#: How many pairs of elements of two lists are compared, to find those that have moved.
_MAX_COMPARED = 100_000


def with_kept_names(mapper: Mapper, stored: Item, item: Item) -> Item:
    """Return an *item* to write with the unknown names of the nested values in the *stored* one.

    It is the *item* itself if there are none. A name that would make the schema read something else than what the
    *item* says, perhaps a former name of a field, is not kept.
    """
    lacking = {
        attribute: stored[attribute]
        for attribute in mapper.nested_attributes
        if attribute in stored and attribute in item and _lacks_names(stored[attribute], item[attribute])
    }
    if not lacking:
        return item
    try:
        as_read = read_and_written(mapper, lacking)
    except ValidationError:
        # Only what the program does when an item is read makes its values valid, in new_from_raw for example.
        return item
    found = dict(item)
    for attribute, before in lacking.items():
        now = item[attribute]
        merged = _merged(before, as_read.get(attribute), now)
        if not identical(merged, now) and _reads_alike(mapper, attribute, merged, now):
            found[attribute] = merged
    return found if any(found[name] is not item[name] for name in lacking) else item


def values_with_kept_names(mapper: Mapper, stored: Item, item: Item) -> Item:
    """Return the values of a *stored* item with unknown names, which an *item* made of what was read of it lacks.

    None of them is the same as what the copy would store, so that a partial save of the copy writes it.
    """
    kept = with_kept_names(mapper, stored, item)
    return {name: stored[name] for name in mapper.nested_attributes if kept.get(name) is not item.get(name)}


def keeping_names(mapper: Mapper, stored: Item, actions: Sequence[UpdateAction]) -> list[UpdateAction]:
    """Return the *actions* of an update; values that they set have the unknown names of those in the *stored* item."""
    return [_keeping_names(mapper, stored, action) for action in actions]


def _keeping_names(mapper: Mapper, stored: Item, action: UpdateAction) -> UpdateAction:
    match action:
        case Set(path=path, value=Value(value=dict() | list() as value)) if path.attribute in mapper.nested_attributes:
            pass
        case _:
            return action
    name, below = path.attribute, path.elements[1:]
    if name not in stored or not _has(stored[name], below):
        return action
    before = {name: stored[name]}
    now = {name: _replaced(stored[name], below, value)}
    kept = with_kept_names(mapper, before, now)
    if kept is now:
        return action
    found: Any = kept[name]
    for element in below:
        found = found[element]
    return Set(path, Value(found))


def _has(value: Any, elements: Sequence[PathElement]) -> bool:
    for element in elements:
        if isinstance(element, str):
            if not isinstance(value, dict) or element not in value:
                return False
        elif not isinstance(value, list) or element >= len(value):
            return False
        value = value[element]
    return True


def _replaced(value: Any, elements: Sequence[PathElement], new: AttributeValue) -> Any:
    """Return a *value* with a *new* one at the path of *elements*, which it has."""
    if not elements:
        return new
    first, *rest = elements
    copied = value.copy()
    copied[first] = _replaced(value[first], rest, new)
    return copied


def _lacks_names(before: AttributeValue, now: AttributeValue) -> bool:
    """Return whether maps in a value may lack names that they had *before*."""
    # Loops: generators cost more than what they do here.
    if isinstance(before, dict):
        if not isinstance(now, dict):
            return False
        if not before.keys() <= now.keys():
            return True
        for name, value in before.items():
            if type(value) in _CONTAINERS and _lacks_names(value, now[name]):
                return True
    elif isinstance(before, list) and isinstance(now, list):
        if len(before) != len(now):
            return any(type(element) in _CONTAINERS for element in before)
        for index, element in enumerate(before):
            if type(element) in _CONTAINERS and _lacks_names(element, now[index]):
                return True
    return False


def read_and_written(mapper: Mapper, item: Item) -> Item:
    """Return a part of an *item* as it would be written by an instance that was read with it."""
    # A copy, because validators may change what they are given.
    return mapper.dumped(mapper.loaded(copy_of_item(item), partial=True), partial=True)


def _reads_alike(mapper: Mapper, attribute: str, merged: AttributeValue, now: AttributeValue) -> bool:
    """Return whether the schema makes the same of an *attribute*, be it stored as *merged* or as it is *now*."""
    try:
        with_names, without = (read_and_written(mapper, {attribute: value}) for value in (merged, now))
    except ValidationError:
        return False
    return identical(with_names, without)


def _merged(before: AttributeValue, as_read: AttributeValue, now: AttributeValue) -> AttributeValue:
    """Return a value as it is *now*, with the names from *before* that it lacks, as does what was *as_read*."""
    if isinstance(before, dict) and isinstance(as_read, dict) and isinstance(now, dict):
        merged = {
            name: _merged(before[name], as_read.get(name), value) if name in before else value
            for name, value in now.items()
        }
        merged.update({n: value for n, value in before.items() if n not in as_read and n not in now})
        return merged
    if isinstance(before, list) and isinstance(as_read, list) and isinstance(now, list) and len(before) == len(as_read):
        return [
            value if origin is None else _merged(before[origin], as_read[origin], value)
            for value, origin in zip(now, _origins(as_read, now), strict=True)
        ]
    return now


def _origins(as_read: Sequence[AttributeValue], now: Sequence[AttributeValue]) -> list[int | None]:
    """Return for each element of a list as it is *now* the index that it was read at; ``None`` for other elements.

    An element that equals one that was read is that one, wherever it is. The others are those that were changed, if
    there are as many as are left of those that were read; or the first of them, if the list has grown at its end.
    """
    origins: list[int | None] = [None] * len(now)
    shorter = min(len(as_read), len(now))
    start = end = 0
    while start < shorter and identical(as_read[start], now[start]):
        origins[start] = start
        start += 1
    while end < shorter - start and identical(as_read[-1 - end], now[-1 - end]):
        end += 1
        origins[-end] = len(as_read) - end
    left = list(range(start, len(as_read) - end))
    changed = list(range(start, len(now) - end))
    if len(left) * len(changed) <= _MAX_COMPARED:
        for index in list(changed):
            origin = next((each for each in left if identical(as_read[each], now[index])), None)
            if origin is not None:
                origins[index] = origin
                left.remove(origin)
                changed.remove(index)
    if len(left) == len(changed) or (len(left) < len(changed) and end == 0):
        for origin, index in zip(left, changed, strict=False):
            origins[index] = origin
    return origins
