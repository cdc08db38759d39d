"""Updates below a map or a list that an instance knows to be missing: it is written as a whole, if it still is missing.

DynamoDB refuses an update below what an item does not have. An instance that was read knows which of its maps that is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from dynamorm.data.conditions import AttributeIsType, AttributeNotExists, Comparison, Condition, Value
from dynamorm.data.paths import Path, PathElement
from dynamorm.data.updates import Add, IfNotExists, ListAppend, Remove, Set, UpdateAction
from dynamorm.data.updates import Delete as DeleteFromSet
from dynamorm.data.values import AttributeValue, Item
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.snapshots import ItemSnapshot, Presence
from dynamorm.model.query.fields import FieldLocation
from dynamorm.ports.schemas import SchemaField

_Tree: TypeAlias = dict[PathElement, Any]


class _Unknown(Exception):
    """An action computes a value that only the item tells, or contradicts another one."""


def with_missing_maps(
    mapper: Mapper, snapshot: ItemSnapshot, actions: Sequence[UpdateAction]
) -> tuple[list[UpdateAction], dict[str, list[Condition]]]:
    """Return the *actions* with those below a missing map replaced, and what they rely on, by the name of its field.

    Raises:
        ValidationError: The schema refuses such a map, because it lacks something that is required.
    """
    found, conditions = list(actions), dict[str, list[Condition]]()
    if snapshot.presence is not Presence.PRESENT or all(action.path.is_attribute for action in actions):
        return found, conditions
    item = snapshot.item
    below: dict[Path, list[UpdateAction]] = {}
    for action in actions:
        missing = _missing(item, snapshot, action.path)
        if missing is not None:
            below.setdefault(missing, []).append(action)
    for path, replaced in below.items():
        try:
            tree = _tree(path, replaced)
        except _Unknown:
            continue
        location = _location(mapper, path)
        found = [action for action in found if action not in replaced]
        # Without values there is nothing to write, but the conditions must hold, and a transaction needs an action.
        found.append(Set(path, Value(location.dump(_value(tree), validate=True))) if tree else Remove(path))
        name = str(location.label).partition(".")[0].partition("[")[0]
        conditions.setdefault(name, []).extend(_still_missing(item, path))
    return found, conditions


def _missing(item: Item, snapshot: ItemSnapshot, path: Path) -> Path | None:
    """Return the outermost map or list on the way to a *path* that is known to be missing, or ``None``."""
    if path.attribute in snapshot.loaded.partial or (path.attribute not in item and not snapshot.loaded.complete):
        return None
    container: AttributeValue = item
    for length, element in enumerate(path.elements[:-1], start=1):
        if isinstance(container, dict):
            container = container.get(str(element))
        elif isinstance(container, list) and isinstance(element, int) and element < len(container):
            container = container[element]
        else:
            return None
        if container is None:
            return Path(path.elements[:length])
    return None


def _still_missing(item: Item, path: Path) -> list[Condition]:
    """Return the conditions that hold while the value at a *path* is as missing as it is in the *item*."""
    from dynamorm.rules import MISSING, value_at  # deferred: start-up cost

    is_null = value_at(item, path) is not MISSING
    conditions: list[Condition] = [Comparison("=", path, Value(None)) if is_null else AttributeNotExists(path)]
    if not path.is_attribute:
        conditions.append(AttributeIsType(Path(path.elements[:-1]), "L" if isinstance(path.elements[-1], int) else "M"))
    return conditions


def _tree(path: Path, actions: Sequence[UpdateAction]) -> _Tree:
    """Return the values that *actions* make below a missing *path*, by elements of their paths."""
    tree: _Tree = {}
    for action in actions:
        if isinstance(action, (Remove, DeleteFromSet)):
            continue
        *outer, last = action.path.elements[len(path.elements) :]
        branch = tree
        for element in outer:
            branch = _branch(branch, element).setdefault(element, {})
        if last in _branch(branch, last):
            raise _Unknown
        branch[last] = Value(_made_of_nothing(action))
    return tree


def _branch(found: _Tree | Value, element: PathElement) -> _Tree:
    """Return what was *found* in a tree, if it may have an *element*: names and indexes don't mix."""
    if isinstance(found, Value) or any(isinstance(other, int) != isinstance(element, int) for other in found):
        raise _Unknown
    return found


def _made_of_nothing(action: Add | Set) -> AttributeValue:
    """Return what an *action* makes where there is no value. Raises :class:`_Unknown` if it reads another one."""
    match action:
        case Add(value=value) | Set(value=Value(value=value)):
            return value
        case Set(path=path, value=IfNotExists(path=own, default=Value(value=value))) if own == path:
            return value
        case Set(path=path, value=ListAppend(left=left, right=right)):
            joined: list[AttributeValue] = []
            for operand in (left, right):
                made = _made_of_nothing(Set(path, operand))
                joined += made if isinstance(made, list) else [made]
            return joined
    raise _Unknown


def _value(tree: _Tree) -> AttributeValue:
    if all(isinstance(element, int) for element in tree):
        return [_leaf(tree[element]) for element in sorted(tree, key=int)]
    return {str(element): _leaf(value) for element, value in tree.items()}


def _leaf(value: _Tree | Value) -> AttributeValue:
    return value.value if isinstance(value, Value) else _value(value)


def _location(mapper: Mapper, path: Path) -> FieldLocation:
    """Return the location of a *path*, which names attributes, with the field there."""
    fields: Mapping[str, SchemaField] = mapper.adapter.fields
    field: SchemaField | None = next(each for each in fields.values() if each.attribute == path.attribute)
    assert field is not None
    label = field.name
    leading: list[PathElement] = [field.name]
    for element in path.elements[1:]:
        field = None if field is None else field_below(field, element)
        leading.append(element if field is None or isinstance(element, int) else field.name)
        label += f"[{element}]" if isinstance(element, int) else f".{leading[-1]}"
    return FieldLocation(path, field, label, mapper.model_name, tuple(leading))


def field_below(field: SchemaField, element: PathElement) -> SchemaField | None:
    """Return the field below a *field* under the name of an attribute, or an index."""
    names = field.child_names()
    if names is None or isinstance(element, int):
        return field.child(element)
    below = filter(None, map(field.child, sorted(names)))
    return next((each for each in below if each.attribute == element), None)
