"""The differences between a stored value and a changed one, as actions of an update.

A partial write changes what its program changed and nothing else, or nothing at all. So a change either merges with
whatever other writers did to the value meanwhile, or it has conditions that hold only if they did nothing to what it
relies on:

- elements at the end of a list are appended, elements of a set are added or deleted, and entries of a map are set or
  removed, which needs the map to be there;
- elements of a list that were assigned in place need the list to have its size, and these elements to be as they were
  read; if elements were inserted, removed or reordered, their positions mean something only in the list as it was read;
- a list, map or set that is written or removed as a whole needs what is there to be what was read.

Below an element of a list nothing merges, because the element itself may have moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, TypeAlias

from dynamorm.data.conditions import AttributeIsType, AttributeNotExists, Comparison, Condition, Or, Size, Value
from dynamorm.data.paths import Path, PathElement
from dynamorm.data.updates import Add, Delete, IfNotExists, ListAppend, Remove, Set, UpdateAction
from dynamorm.data.values import AttributeType, AttributeValue, identical, type_of


class _Absent(Enum):
    ABSENT = "absent"


#: There is no value, not even NULL.
ABSENT: Final = _Absent.ABSENT
Stored: TypeAlias = AttributeValue | _Absent

_CONTAINERS = (list, dict, set)

#: How many parts of changed values one update may name, and how long they may make its expressions; DynamoDB allows an
#: expression 4 KB ("Quotas in Amazon DynamoDB", section "Expression parameters"). The rest of them is left for what a
#: program adds. Values beyond that are written as a whole.
MAX_PARTS = 100
MAX_EXPRESSION = 3000


def is_container(value: Stored) -> bool:
    """Return whether a *value* has parts."""
    return isinstance(value, _CONTAINERS)


def same(left: Stored, right: Stored) -> bool:
    """Return whether two values are the same to DynamoDB, or both are absent."""
    if left is ABSENT or right is ABSENT:
        return left is right
    return identical(left, right)


class PartChanges:
    """The actions that change parts of values, and the conditions under which they may."""

    def __init__(self) -> None:
        self.actions: list[UpdateAction] = []
        self.conditions: list[Condition] = []

    @property
    def size(self) -> int:
        """The approximate length of the longer of their two expressions."""
        actions = sum(_length(action.path) + _ACTION for action in self.actions)
        return max(actions, sum(_condition_length(condition) for condition in self.conditions))

    def are_whole(self, path: Path) -> bool:
        """Return whether the value at the *path* is written as a whole, whatever is there."""
        action = self.actions[0]
        sets = isinstance(action, Set) and isinstance(action.value, Value)
        return action.path == path and (sets or isinstance(action, Remove))


def whole_change(path: Path, before: Stored, now: Stored) -> PartChanges:
    """Return the change that writes a value as a whole, if it is still what it was *before*."""
    changes = PartChanges()
    _write_whole(changes, path, before, now)
    return changes


def part_changes(
    path: Path, before: Stored, now: Stored, as_read: Stored, default: Callable[[], AttributeValue]
) -> PartChanges:
    """Return the changes of the value at a *path* from *before* to *now*: one action for each changed part.

    *as_read* is the value before as the schema loaded it: an entry of a map that the schema left out is kept, and one
    that it filled in is not a change. *default* returns what the schema fills in for a list that is not there.
    """
    finder = _Finder(PartChanges(), default)
    finder.find(path, before, now, as_read)
    return finder.changes


class _Finder:
    """Finds the changes of parts that may merge with those of other writers."""

    def __init__(self, changes: PartChanges, default: Callable[[], AttributeValue]) -> None:
        self.changes = changes
        self._default = default

    def find(self, path: Path, before: Stored, now: Stored, as_read: Stored) -> None:
        if before is ABSENT:
            self._new(path, now, as_read)
        elif same(before, now):
            return
        elif isinstance(before, dict) and isinstance(now, dict):
            self._entries(path, before, now, as_read if isinstance(as_read, dict) else before)
        elif isinstance(before, list) and isinstance(now, list):
            self._elements(path, before, now, as_read)
        elif isinstance(before, set) and isinstance(now, set) and isinstance(as_read, set):
            self._set(path, before, now, as_read)
        else:
            _write_whole(self.changes, path, before, now)

    def _new(self, path: Path, now: Stored, as_read: Stored) -> None:
        """Find the change of a value that was not there; *as_read* is what the schema filled in for it, if it did."""
        if isinstance(now, list) and isinstance(as_read, list) and _starts_with(now, as_read):
            self._append(path, now[len(as_read) :], as_read)
        elif isinstance(now, set) and now and (as_read is ABSENT or (isinstance(as_read, set) and as_read <= now)):
            self._merge_set(Add(path, now), type_of(now))
        else:
            _write_whole(self.changes, path, ABSENT, now)

    def _entries(
        self,
        path: Path,
        before: Mapping[str, AttributeValue],
        now: Mapping[str, AttributeValue],
        as_read: Mapping[str, AttributeValue],
    ) -> None:
        known = len(self.changes.actions)
        nested = 0
        for name, value in now.items():
            seen = as_read.get(name, ABSENT)
            if same(seen, value):
                continue
            stored, found = before.get(name, ABSENT), len(self.changes.actions)
            self.find(_child_path(path, name), stored, value, seen)
            if isinstance(stored, dict) and isinstance(value, dict):
                # Its own condition is about a map in this one.
                nested += len(self.changes.actions) - found
        for name in as_read:
            if name in before and name not in now:
                _write_whole(self.changes, _child_path(path, name), before[name], ABSENT)
        if len(self.changes.actions) > known + nested:
            self.changes.conditions.append(AttributeIsType(path, "M"))

    def _elements(
        self, path: Path, before: Sequence[AttributeValue], now: Sequence[AttributeValue], as_read: Stored
    ) -> None:
        elements = as_read if isinstance(as_read, list) else before
        kept = len(elements) == len(before)
        if kept and len(now) > len(before) and _starts_with(now, elements):
            self._append(path, now[len(before) :], None)
            return
        if kept and len(now) == len(before) and self._in_place(path, before, now, elements):
            return
        self.changes.conditions.append(Comparison("=", path, Value(list(before))))
        if kept and _kept_positions(elements, now):
            _list_parts(self.changes.actions, path, before, now, elements)
        else:
            self.changes.actions.append(Set(path, Value(list(now))))

    def _in_place(
        self,
        path: Path,
        before: Sequence[AttributeValue],
        now: Sequence[AttributeValue],
        elements: Sequence[AttributeValue],
    ) -> bool:
        """Find the changes of elements that were assigned; ``False`` if they were reordered, or are very many."""
        touched = [index for index, value in enumerate(now) if not identical(elements[index], value)]
        if len(touched) > MAX_PARTS or _is_reordered([elements[i] for i in touched], [now[i] for i in touched]):
            return False
        self.changes.conditions.append(Comparison("=", Size(path), Value(len(before))))
        for index in touched:
            self.changes.conditions.append(Comparison("=", _child_path(path, index), Value(before[index])))
        _list_parts(self.changes.actions, path, before, now, elements)
        return True

    def _append(self, path: Path, new: Sequence[AttributeValue], default: AttributeValue) -> None:
        if not new:
            return
        if default is None:
            default = self._default() if path.is_attribute else []
        present = IfNotExists(path, Value(default))
        self.changes.actions.append(Set(path, ListAppend(present, Value(list(new)))))
        self.changes.conditions.append(Or((AttributeNotExists(path), AttributeIsType(path, "L"))))

    def _set(self, path: Path, before: set[Any], now: set[Any], as_read: set[Any]) -> None:
        added, removed = now - as_read, as_read - now
        if added and removed:
            # One update can't both add to a set and delete from it.
            _write_whole(self.changes, path, before, now)
        elif added and type_of(added) != type_of(before):
            _write_whole(self.changes, path, before, now)
        elif added:
            self._merge_set(Add(path, added), type_of(before))
        elif removed:
            self._merge_set(Delete(path, removed), type_of(before))

    def _merge_set(self, action: Add | Delete, kind: AttributeType) -> None:
        self.changes.actions.append(action)
        self.changes.conditions.append(Or((AttributeNotExists(action.path), AttributeIsType(action.path, kind))))


def _write_whole(changes: PartChanges, path: Path, before: Stored, now: Stored) -> None:
    """Set or remove a value; if it has parts, or had some, only if it is still what it was *before*."""
    changes.actions.append(Remove(path) if now is ABSENT else Set(path, Value(now)))
    if is_container(before) or is_container(now):
        unchanged = AttributeNotExists(path) if before is ABSENT else Comparison("=", path, Value(before))
        changes.conditions.append(unchanged)


# Below an element of a list, whose condition is about all that is in it


def _actions(
    actions: list[UpdateAction], path: Path, before: AttributeValue, now: AttributeValue, as_read: AttributeValue
) -> None:
    if identical(before, now):
        return
    if isinstance(before, dict) and isinstance(now, dict):
        _map_parts(actions, path, before, now, as_read if isinstance(as_read, dict) else before)
        return
    if isinstance(before, list) and isinstance(now, list):
        elements = as_read if isinstance(as_read, list) else before
        if len(elements) == len(before) and _kept_positions(elements, now):
            _list_parts(actions, path, before, now, elements)
            return
    actions.append(Set(path, Value(now)))


def _map_parts(
    actions: list[UpdateAction],
    path: Path,
    before: Mapping[str, AttributeValue],
    now: Mapping[str, AttributeValue],
    as_read: Mapping[str, AttributeValue],
) -> None:
    for name, value in now.items():
        if name in as_read and identical(as_read[name], value):
            continue
        if name in before:
            _actions(actions, _child_path(path, name), before[name], value, as_read.get(name))
        else:
            actions.append(Set(_child_path(path, name), Value(value)))
    actions += [Remove(_child_path(path, name)) for name in as_read if name in before and name not in now]


def _list_parts(
    actions: list[UpdateAction],
    path: Path,
    before: Sequence[AttributeValue],
    now: Sequence[AttributeValue],
    as_read: Sequence[AttributeValue],
) -> None:
    for index, value in enumerate(now[: len(before)]):
        if not identical(as_read[index], value):
            _actions(actions, _child_path(path, index), before[index], value, as_read[index])
    actions += [Set(_child_path(path, index), Value(now[index])) for index in range(len(before), len(now))]
    actions += [Remove(_child_path(path, index)) for index in range(len(now), len(before))]


def _kept_positions(before: Sequence[AttributeValue], now: Sequence[AttributeValue]) -> bool:
    """Return whether the elements kept their positions, as far as can be seen from the values."""
    return len(before) == len(now) or all(map(identical, before, now))


def _starts_with(elements: Sequence[AttributeValue], first: Sequence[AttributeValue]) -> bool:
    return len(first) <= len(elements) and all(map(identical, first, elements))


def _is_reordered(before: Sequence[AttributeValue], now: Sequence[AttributeValue]) -> bool:
    """Return whether the same elements are in another order."""
    left = list(before)
    for value in now:
        for index, other in enumerate(left):
            if identical(other, value):
                del left[index]
                break
        else:
            return False
    return bool(now)


def _child_path(path: Path, element: PathElement) -> Path:
    return Path((*path.elements, element))


# Lengths of expressions, whose placeholders are like "#n12" and ":v12"

_ELEMENT = 6
_ACTION = 16


def _length(path: Path) -> int:
    return _ELEMENT * len(path.elements)


def _condition_length(condition: Condition) -> int:
    match condition:
        case Or(conditions=parts):
            return sum(map(_condition_length, parts)) + 8
        case Comparison(left=Path() as path) | Comparison(left=Size(path=path)):
            return _length(path) + 24
        case AttributeNotExists(path=path) | AttributeIsType(path=path):
            return _length(path) + 32
    raise AssertionError(f"not a condition of a difference: {condition}")
