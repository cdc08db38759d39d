"""Updates of parts of an item, and the keys that templates compose of it: they stay what a put of the item would write.

For each index whose key depends on a changed value, the new key attributes join the update. The other values on which
that key depends must be known, and are a precondition, unless they are in the primary key: another writer may change
them meanwhile. Nothing is read for that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final

from dynamorm.data.conditions import AttributeNotExists, Comparison, Condition, Value
from dynamorm.data.paths import Path
from dynamorm.data.records import record, replace
from dynamorm.data.updates import IfNotExists, Remove, Set, UpdateAction
from dynamorm.data.values import AttributeValue, Item
from dynamorm.engine.plans.preconditions import KeysAsRead
from dynamorm.exceptions import InvalidUpdate
from dynamorm.model.mapping.known_values import KnownValues, set_at
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.snapshots import Presence
from dynamorm.model.mapping.stored_instances import StoredInstance, key_values, version_precondition
from dynamorm.model.table.composed_keys import ComposedKeys
from dynamorm.model.table.key_groups import KeyGroup
from dynamorm.rules import MISSING, Found, Update, holds, value_at


class _Unknown(Enum):
    UNKNOWN = "unknown"


_UNKNOWN: Final = _Unknown.UNKNOWN


class _Source(Enum):
    """Where the values before an update are known from."""

    #: An instance that was read, or written.
    INSTANCE = "instance"
    #: A new instance, which is saved with all that it has.
    NEW_INSTANCE = "new instance"
    #: A new instance, of which no item is known.
    UNREAD_INSTANCE = "unread instance"
    #: The arguments of an update by key.
    ARGUMENTS = "arguments"


@record
class _KnownItem:
    """What is known of an item before an update.

    With *complete*, the *item* has no other attributes. Otherwise *paths* are those of which the values are known, and
    nothing else is. *fixed* are the values that the primary key holds, by path.
    """

    source: _Source
    item: Item
    fixed: Mapping[Path, AttributeValue]
    complete: bool = False
    paths: tuple[Path, ...] = ()

    def value(self, path: Path) -> Found | _Unknown:
        """Return the value at a *path*, or that there is none, or that it is not known."""
        found = value_at(self.item, path)
        if self.complete or any(each == path or each.leads_into(path) for each in self.paths):
            return self.fixed.get(path, found) if found is MISSING else found
        return self.fixed.get(path, _UNKNOWN)

    def is_fixed(self, path: Path, value: Found | _Unknown) -> bool:
        """Return whether the primary key itself holds the *value* at a *path*, so that no writer can change it."""
        return value is not MISSING and path in self.fixed and value == self.fixed[path]


@record
class KeyUpdate:
    """The *actions* of an update with those that change keys, and the *preconditions* for these."""

    actions: list[UpdateAction]
    preconditions: tuple[KeysAsRead, ...]


def update_of_instance(
    instance: StoredInstance, key: Item, actions: Sequence[UpdateAction], merged: Sequence[UpdateAction], *, saves: bool
) -> KeyUpdate:
    """Return the update of an instance's item, which has this *key*, by these *actions*.

    Those among them that are *merged* come from values that the program has assigned; what they make is known if what
    was there is. With *saves*, a new instance is saved, and what it lacks the item must lack, too.

    Raises:
        InvalidUpdate: The keys after the update can't be known.
        InvalidKey: A new value can't be part of a key.
    """
    mapper, snapshot = instance._mapper, instance._dynamorm_snapshot
    composed = _composed(mapper)
    fixed = _fixed(mapper, key)
    if snapshot.presence is Presence.PRESENT:
        item = dict(composed.readable(snapshot.item))
        in_part = snapshot.loaded.partial
        paths = tuple(Path.of(name) for name in item if name not in in_part)
        # Of what was read in part, that is known which is there.
        needed = {path for group in composed.groups for path in group.names if path.attribute in in_part}
        paths += tuple(path for path in needed if value_at(item, path) is not MISSING and not path.is_attribute)
        known = _KnownItem(_Source.INSTANCE, item, fixed, snapshot.loaded.complete, paths)
        found = _KeyUpdates(composed, actions, merged, known)
        version = version_precondition(instance)
        return found.update(is_checked=version is not None and version.expected is not None)
    source = _Source.NEW_INSTANCE if saves else _Source.UNREAD_INSTANCE
    known = _KnownItem(source, {}, fixed, complete=saves)
    identity = list(_identity(mapper, key_values(instance), fixed))
    return _KeyUpdates(composed, actions, merged, known, identity).update()


def update_of_item(
    mapper: Mapper, key: Item, values: Mapping[str, Any], actions: Sequence[UpdateAction], known: KnownValues | None
) -> KeyUpdate:
    """Return the update, by these *actions*, of the item with this *key*, which was given by *values* of fields.

    *known* is what the program says that the item has, if it does. Raises what :func:`update_of_instance` raises.
    """
    composed, fixed = _composed(mapper), _fixed(mapper, key)
    before = _KnownItem(_Source.ARGUMENTS, {}, fixed)
    if known is not None:
        before = replace(before, item=known.item, paths=known.paths)
    return _KeyUpdates(composed, actions, (), before, list(_identity(mapper, values, fixed))).update()


class _KeyUpdates:
    """The actions and the conditions that an update needs because of the keys of indexes.

    *identity* are the actions that make an item of its key, of an update that may create the item.
    """

    def __init__(
        self,
        composed: ComposedKeys,
        actions: Sequence[UpdateAction],
        merged: Sequence[UpdateAction],
        known: _KnownItem,
        identity: Sequence[UpdateAction] | None = None,
    ) -> None:
        self._composed = composed
        self._actions = actions
        self._merged = merged
        self._known = known
        self._identity = identity
        self._conditions: dict[str, Condition] = {}
        self._keys: dict[str, str] = {}

    def update(self, *, is_checked: bool = False) -> KeyUpdate:
        """Return the complete update. Other writers' changes are *checked* for already if its version is."""
        actions = [action for action in self._actions if action.path.attribute not in self._composed.only_in_keys]
        for group in self._composed.groups:
            keys = self._keys_after(group)
            if keys is not None:
                actions += [
                    Set(Path.of(name), Value(keys[name])) if name in keys else Remove(Path.of(name))
                    for name in group.attributes
                ]
        actions += self._identity or ()
        if is_checked or not self._conditions:
            return KeyUpdate(actions, ())
        given = self._known.source is _Source.ARGUMENTS
        return KeyUpdate(actions, (KeysAsRead(self._conditions, self._keys, given),))

    def _keys_after(self, group: KeyGroup) -> Item | None:
        """Return the attributes of a *group* after the update; ``None`` if it leaves them as they are."""
        changed = [path for path in group.names if any(action.path.overlaps(path) for action in self._actions)]
        for path in changed:
            self._refuse_computed(group, path)
        assigned = {path: self._assigned(path) for path in group.names}
        if changed and self._are_gone(group, assigned):
            return {}
        if not changed and (self._identity is None or not self._is_known(group)):
            return None
        before = {path: self._known.value(path) for path, value in assigned.items() if value is _UNKNOWN}
        relied_on = {path: value for path, value in before.items() if value is not _UNKNOWN}
        if len(relied_on) != len(before):
            raise self._not_known(group, changed, [group.names[path] for path in before if path not in relied_on])
        after: Item = {}
        for path, known in assigned.items():
            value = self._after(path, relied_on[path]) if known is _UNKNOWN else known
            if value is not MISSING:
                set_at(after, path, value)
        keys = group.of(after)
        if not changed and not keys:
            # An item that is created is not in the index, and one that is there stays where it is.
            return None
        self._composed.refuse_lost(after, keys)
        for path, value in relied_on.items():
            self._rely_on(group, path, value)
        return keys

    def _is_known(self, group: KeyGroup) -> bool:
        return all(self._known.value(path) is not _UNKNOWN for path in group.names)

    def _are_gone(self, group: KeyGroup, assigned: Mapping[Path, Found | _Unknown]) -> bool:
        """Return whether an item is in none of the keys of a *group* after the update, by what it assigns alone."""
        if any(path.attribute in self._composed.only_in_keys for path in group.names):
            # A value that only the key holds would be lost.
            return False
        sure = {path: value for path, value in assigned.items() if value is not _UNKNOWN}
        for path in group.names:
            if path not in sure and path in self._known.fixed and not self._overlapping(path):
                sure[path] = self._known.fixed[path]
        after: Item = {}
        for path, value in sure.items():
            if value is not MISSING:
                set_at(after, path, value)
        for key, fields, conditions in zip(group.keys, group.fields, group.conditions, strict=True):
            surely_missing = any(_is_within(path, sure) and value_at(after, path) in (MISSING, None) for path in fields)
            condition = key.condition()
            surely_fails = (
                condition is not None
                and all(_is_within(path, sure) for path in conditions)
                and not holds(condition, after)
            )
            if not (surely_missing or surely_fails):
                return False
        return True

    def _overlapping(self, path: Path) -> list[UpdateAction]:
        return [action for action in self._actions if action.path.overlaps(path)]

    def _assigned(self, path: Path) -> Found | _Unknown:
        """Return the value that the update assigns at a *path*, whatever was there."""
        for action in self._actions:
            if action.path == path or action.path.leads_into(path):
                if isinstance(action, Remove):
                    return MISSING
                if isinstance(action, Set) and isinstance(action.value, Value):
                    below = path.elements[len(action.path.elements) :]
                    return value_at({"": action.value.value}, Path(("", *below)))
        return _UNKNOWN

    def _after(self, path: Path, before: Found) -> Found:
        """Return what the update makes of the value *before* at a *path*."""
        actions = self._overlapping(path)
        if not actions:
            return before
        item: Item = {}
        if before is not MISSING:
            set_at(item, path, before)
        return value_at(Update(self._composed.model_name, actions).apply_to(item), path)

    def _refuse_computed(self, group: KeyGroup, path: Path) -> None:
        """Raise ``InvalidUpdate`` if the table computes a value from what the item has: then nobody knows the key."""
        for action in self._overlapping(path):
            if isinstance(action, Remove) or (isinstance(action, Set) and isinstance(action.value, Value)):
                continue
            if not any(action is each for each in self._merged):
                raise InvalidUpdate(
                    f"The key of {group.label} depends on '{group.names[path]}', whose new value DynamoDB would "
                    "compute from what the item has, so that the new key is not known. Read the item, set the value, "
                    f"and save it with save(partial=True). With a 'version' in the Table of "
                    f"{self._composed.model_name}, no other writer's change is lost."
                )

    def _rely_on(self, group: KeyGroup, path: Path, before: Found) -> None:
        if self._known.is_fixed(path, before):
            return
        name, place, value = group.names[path], path, before
        holder = self._composed.holder_of(path.attribute)
        if holder is not None:
            template, paths = holder
            # Only the key holds it.
            place, value = Path.of(template.attribute), MISSING
            if before is not MISSING:
                values = {each: self._known.value(paths[each]) for each in template.fields}
                for each, other in values.items():
                    if other is _UNKNOWN:
                        raise self._not_known(group, [path], [each])
                value = template.format(values)  # type: ignore[arg-type]  # all are known
        self._conditions[name] = AttributeNotExists(place) if value is MISSING else Comparison("=", place, Value(value))
        self._keys.setdefault(name, group.label)

    def _not_known(self, group: KeyGroup, changed: Sequence[Path], missing: Sequence[str]) -> InvalidUpdate:
        changed = [path for path in changed if group.names[path] not in missing] or changed
        parts = [path for path in changed if any(path.overlaps(each) for fields in group.fields for each in fields)]
        what = "part of the key of" if parts else "compared in the only_if of"
        verb = "is" if len(parts or changed) == 1 else "are"
        which = f"{_listed(group.names[path] for path in parts or changed)} {verb} {what} {group.label}, together with"
        names, them = _listed(missing), "that" if len(missing) == 1 else "them"
        known = f"known={{{', '.join(f'{name!r}: …' for name in missing)}}}"
        match self._known.source:
            case _Source.ARGUMENTS:
                verb = "is" if len(missing) == 1 else "are"
                return InvalidUpdate(
                    f"{which} {names}, which {verb} not given. Update an instance, or give {known}, which the item "
                    "must have."
                )
            case _Source.INSTANCE:
                return InvalidUpdate(
                    f"{which} {names}, and this {self._composed.model_name} was read without {them}. Read the whole "
                    "item, as with refresh(), before you change it."
                )
        return InvalidUpdate(
            f"{which} {names}, and this {self._composed.model_name} was not read, so that nothing is known of its "
            f"item. Read the item, and update that instance, or give {known} to update_item."
        )


def _listed(names: Iterable[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)


def _composed(mapper: Mapper) -> ComposedKeys:
    composed = mapper.composed
    assert composed is not None, "only models with composed keys have them changed"
    return composed


def _fixed(mapper: Mapper, key: Item) -> dict[Path, AttributeValue]:
    """Return the values that a primary *key* holds exactly, by their paths."""
    primary = _composed(mapper).primary
    if primary is None:
        return {Path.of(name): value for name, value in key.items()}
    values, paths = primary.parse(key) or {}, primary.paths()
    return {paths[name]: value for name, value in values.items()}


def _identity(mapper: Mapper, values: Mapping[str, Any], fixed: Collection[Path]) -> Iterator[UpdateAction]:
    """Yield the actions that write the fields of a primary key, by their *values*: the update may create the item.

    For an item that is there they change nothing: it keeps its own form of a value that the key does not hold exactly.
    """
    composed = _composed(mapper)
    if composed.primary is None:
        return
    for name, path in composed.primary.paths().items():
        if path.attribute not in composed.only_in_keys and path.attribute not in mapper.key_names:
            value = Value(mapper.fields.stored_value(name, values[name]))
            yield Set(path, value if path in fixed else IfNotExists(path, value))


def _is_within(path: Path, paths: Iterable[Path]) -> bool:
    return any(each == path or each.leads_into(path) for each in paths)
