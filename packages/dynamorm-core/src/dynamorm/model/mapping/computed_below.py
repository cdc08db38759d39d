"""Updates below the top level of what nested schemas compute values from: these values are stored again.

A nested schema computes a value from the others beside it. Who changes one of them has to know the rest, to store what
is computed then. An instance that was read knows them; other updates are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dynamorm.data.conditions import Value
from dynamorm.data.paths import Path
from dynamorm.data.records import record
from dynamorm.data.updates import Remove, Set, UpdateAction
from dynamorm.data.values import Item
from dynamorm.exceptions import InvalidUpdate
from dynamorm.model.mapping.differences import same
from dynamorm.model.mapping.kept_names import read_and_written
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.missing_maps import field_below
from dynamorm.model.mapping.snapshots import ItemSnapshot, Presence
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.query.updates import has_known_result
from dynamorm.ports.schemas import SchemaField
from dynamorm.rules import MISSING, value_at
from dynamorm.rules.updates import Update


@record
class _Level:
    """A nested object with computed values on the way to what an action changes, with their names by attribute."""

    path: Path
    label: str
    computed: dict[str, str]
    changed: str


def refuse_unknown(mapper: Mapper, actions: Sequence[UpdateAction]) -> None:
    """Raise ``InvalidUpdate`` for *actions* on what a nested schema computes values from: the item is not known."""
    for action in actions:
        for level in _levels(mapper, action.path):
            raise _unknown(mapper, level)


def changes_below(instance: StoredInstance, actions: Sequence[UpdateAction]) -> list[UpdateAction]:
    """Return the actions that store what nested schemas compute from an *instance*'s item after these *actions*.

    Raises:
        InvalidUpdate: What they compute from was not read, or the table computes it.
    """
    mapper, snapshot = instance._mapper, instance._dynamorm_snapshot
    levels = {level.path: level for action in actions for level in _levels(mapper, action.path)}
    if not levels:
        return []
    for level in levels.values():
        if not _is_read(snapshot, level.path) or any(_is_unknown(action, level.path) for action in actions):
            raise _unknown(mapper, level)
    attributes = {path.attribute for path in levels}
    item = {name: value for name, value in snapshot.item.items() if name in attributes}
    # The table refuses paths that lead nowhere, and says so.
    known = [each for each in actions if has_known_result(each) and _leads_somewhere(item, each.path)]
    after = Update(mapper.spec.name, known).apply_to(item)
    stored = read_and_written(mapper, after)
    given = {action.path for action in actions}
    return [each for level in levels.values() for each in _changes(level, item, stored) if each.path not in given]


def _changes(level: _Level, item: Item, stored: Item) -> Iterator[UpdateAction]:
    """Yield the actions that make the computed values at a *level* of an *item* those that are *stored*."""
    if not isinstance(value_at(stored, level.path), dict) or not isinstance(value_at(item, level.path), dict):
        return
    for attribute in level.computed:
        path = Path((*level.path.elements, attribute))
        before, now = value_at(item, path), value_at(stored, path)
        if now is MISSING:
            if before is not MISSING:
                yield Remove(path)
        elif before is MISSING or not same(before, now):
            yield Set(path, Value(now))


def _levels(mapper: Mapper, path: Path) -> Iterator[_Level]:
    """Yield the levels above the last element of a *path* whose computed values may depend on it, from the top."""
    if path.is_attribute:
        return
    fields = mapper.adapter.fields.values()
    field: SchemaField | None = next((each for each in fields if each.attribute == path.attribute), None)
    label = "" if field is None else field.name
    found: list[tuple[Path, str, dict[str, str]]] = []
    for length, element in enumerate(path.elements[1:], start=1):
        if field is None:
            break
        children = {name: field.child(name) for name in field.computed_names()}
        computed = {child.attribute: name for name, child in children.items() if child is not None}
        if computed and element not in computed:
            found.append((Path(path.elements[:length]), label, computed))
        field = field_below(field, element)
        label += f"[{element}]" if isinstance(element, int) else f".{element if field is None else field.name}"
    for above, name, computed in found:
        yield _Level(above, name, computed, label)


def _is_read(snapshot: ItemSnapshot, path: Path) -> bool:
    if snapshot.presence is not Presence.PRESENT or path.attribute in snapshot.loaded.partial:
        return False
    return snapshot.loaded.complete or path.attribute in snapshot.layout.names


def _is_unknown(action: UpdateAction, above: Path) -> bool:
    """Return whether it is unknown what an *action* makes of the value at a path *above* it."""
    elements, length = action.path.elements, len(above.elements)
    if isinstance(action, Remove) and len(elements) <= length and elements[:-1] == above.elements[: len(elements) - 1]:
        index, other = elements[-1], above.elements[len(elements) - 1]
        # Without an element before it, it has another place in its list.
        return isinstance(index, int) and isinstance(other, int) and index <= other
    return elements[:length] == above.elements and not has_known_result(action)


def _leads_somewhere(item: Item, path: Path) -> bool:
    return path.attribute in item and (
        path.is_attribute or isinstance(value_at(item, Path(path.elements[:-1])), (dict, list))
    )


def _unknown(mapper: Mapper, level: _Level) -> InvalidUpdate:
    names = " and ".join(f"'{level.label}.{name}'" for name in sorted(level.computed.values()))
    return InvalidUpdate(
        f"'{level.changed}' of {mapper.model_name} can't be updated by itself: the schema computes {names} from what "
        f"is in '{level.label}', and what that will be is not known here. Read the item, set the new value on the "
        f"instance and call save(partial=True), or set '{level.label}' as a whole."
    )
