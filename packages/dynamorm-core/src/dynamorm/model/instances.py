"""What an instance of a model is and can do: its values, and the verbs for its item in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial as partial_of
from typing import TYPE_CHECKING, Any, ClassVar

from dynamorm.data.conditions import Condition
from dynamorm.data.operations import PutItem, ReturnValues, UpdateItem
from dynamorm.data.records import record
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import AttributeValue, Item, identical
from dynamorm.engine.plans import items as plans
from dynamorm.engine.plans import writes
from dynamorm.engine.plans.preconditions import VersionMatches
from dynamorm.engine.plans.writes import Write
from dynamorm.engine.run.sync import run
from dynamorm.exceptions import DynaModelException, InvalidUpdate
from dynamorm.model.mapping.mapper import Conditions, Mapper
from dynamorm.model.mapping.pending_writes import PendingWrite, acknowledge
from dynamorm.model.mapping.related import Related, save_related, unsaved_related
from dynamorm.model.mapping.snapshots import Differences, ItemLayout, ItemSnapshot, new_key_refused
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.query.updates import combined
from dynamorm.signals import post_delete, post_save, post_update, pre_delete, pre_save, pre_update


@record
class _Update:
    """An update that is to be written: new values by field, and the parts in which some of them are written."""

    key: Item
    changed: dict[str | FieldPath, Any]
    parts: dict[str, list[UpdateAction]]
    computed: list[UpdateAction]
    #: Sends the signal that it was made.
    tell: Callable[[], object]

    def actions(self, mapper: Mapper) -> list[UpdateAction]:
        whole = mapper.actions({name: value for name, value in self.changed.items() if name not in self.parts})
        return [*whole, *(action for parts in self.parts.values() for action in parts), *self.computed]

    def whole_actions(self, mapper: Mapper) -> list[UpdateAction]:
        return [*mapper.actions(self.changed), *self.computed]


_MISSING = object()

#: What ``save`` may be told.
SAVE_ARGUMENTS = ("partial", "unique", "return_all", "conditions")


def _unknown_argument(name: str) -> DynaModelException:
    # Imported here because a program without mistakes needs no suggestions.
    from difflib import get_close_matches

    close = get_close_matches(name, SAVE_ARGUMENTS, n=1)
    hint = f"Is '{close[0]}' meant?" if close else f"Its arguments are {', '.join(SAVE_ARGUMENTS)}."
    return DynaModelException(f"save() has no argument '{name}'. {hint}")


class Instance:
    """The base of :class:`~dynamorm.DynaModel`: what its instances have."""

    __slots__ = ("__dict__", "__weakref__", "_dynamorm_layout", "_dynamorm_related", "_dynamorm_values")

    _mapper: ClassVar[Mapper]

    _dynamorm_layout: ItemLayout
    _dynamorm_values: tuple[AttributeValue, ...]
    _dynamorm_related: Mapping[str, Related]

    @property
    def _dynamorm_snapshot(self) -> ItemSnapshot:
        """What is known of the instance's item in the table; kept in its two parts, as there may be very many instances."""
        return ItemSnapshot(self._dynamorm_layout, self._dynamorm_values)

    @_dynamorm_snapshot.setter
    def _dynamorm_snapshot(self, stored: ItemSnapshot) -> None:
        self._dynamorm_layout, self._dynamorm_values = stored.layout, stored.values

    def validate(self) -> dict[str, Any]:
        """The instance's values, validated: native, by field name, defaults filled in.

        Raises :class:`~dynamorm.exceptions.ValidationError`.
        """
        return self._mapper.validated(self._values(), partial=False)

    def to_dict(self, native: bool = False) -> dict[str, Any]:
        """The instance's values as the schema library serialises them; with *native* what :meth:`validate` answers.

        Raises :class:`~dynamorm.exceptions.ValidationError`.
        """
        if native:
            return self.validate()
        return self._mapper.serialised(self._mapper.validated(self._values(), partial=True))

    def save(
        self,
        partial: bool = False,
        unique: bool = False,
        return_all: bool = False,
        *,
        conditions: Conditions = None,
        **put_kwargs: Any,
    ) -> None:
        """Validates the instance and writes it: the whole item, or with *partial* only what changed since it was loaded.

        Of maps and lists that were changed in place, a partial save writes the entries and elements that changed; the
        whole value when its place is no longer in the table, or when more than a hundred of them changed.
        A default that the schema filled in when the item was read is no change.

        With *unique* an item that has its primary key is not overwritten (``HashKeyExists``). After a partial
        save *return_all* refreshes all attributes. Attributes of the stored item that the schema does not know are kept.

        Raises :class:`~dynamorm.exceptions.ValidationError`, :class:`~dynamorm.exceptions.ConditionFailed` when
        the *conditions* don't hold, and :class:`~dynamorm.exceptions.DynaModelException` for a whole save of an instance
        that was read only in part: through a projection, or an index that does not hold all attributes.
        """
        if put_kwargs:
            raise _unknown_argument(min(put_kwargs))
        if partial:
            self._save_changes(conditions, return_all=return_all)
            return
        pending, values = self._pending_put(conditions, unique=unique)
        related = unsaved_related(self)
        run(plans.write(pending.write), pending.backend)
        self._refresh(values)
        acknowledge([pending])
        save_related(self, related, partial=False)

    def update(
        self,
        changes: Mapping[FieldPath, Any] | None = None,
        /,
        conditions: Conditions = None,
        update_item_kwargs: Mapping[str, Any] | None = None,
        return_all: bool = False,
        **keywords: Any,
    ) -> None:
        """Changes attributes of the stored item, as :meth:`update_item` does, and of this instance.

        With *return_all* all attributes of the instance are refreshed, else those that were changed.
        """
        if update_item_kwargs:
            raise DynaModelException(
                "update() of an instance knows no update_item_kwargs; use its arguments, or update_item."
            )
        self._update(Differences(combined(keywords, changes), {}, []), conditions, return_all=return_all)

    def delete(self, *, conditions: Conditions = None) -> None:
        """Deletes the stored item; that there is none is no error.

        Raises :class:`~dynamorm.exceptions.ConditionFailed` when the *conditions* don't hold.
        """
        pending = self._pending_delete(conditions)
        run(plans.write(pending.write), pending.backend)
        acknowledge([pending])

    # Writes that are ready to be sent, after the signal that this is about to happen

    def _pending_put(
        self, conditions: Conditions = None, *, unique: bool = False
    ) -> tuple[PendingWrite, dict[str, Any]]:
        """The write that puts the whole instance, and its validated values."""
        mapper = self._mapper
        put_kwargs: dict[str, Any] = {} if conditions is None else {"conditions": conditions}
        if not self._dynamorm_snapshot.loaded.complete:
            raise DynaModelException(
                f"This {type(self).__name__} was read without all of its attributes, and saving it as a whole would lose the rest. "
                "Use save(partial=True), which writes only what changed, or read the whole item first."
            )
        pre_save.send(type(self), instance=self, put_kwargs=put_kwargs)
        values = self.validate()
        item = {**mapper.unknown_attributes(self._dynamorm_snapshot.item), **mapper.dumped(values)}
        condition = mapper.condition(conditions)
        write = writes.put(mapper.spec, item, condition, unique=unique, version=self._version_check())
        tell = partial_of(post_save.send, type(self), instance=self, put_kwargs=put_kwargs)
        return PendingWrite(
            type(self).__name__, mapper.backend(), write, partial_of(self._note_put, write), tell
        ), values

    def _pending_delete(self, conditions: Conditions = None) -> PendingWrite:
        """The write that deletes the item of the instance."""
        mapper = self._mapper
        key = self._key()
        version = self._version_check()
        pre_delete.send(type(self), instance=self)
        write = writes.delete(mapper.spec, key, mapper.condition(conditions), version=version)
        tell = partial_of(post_delete.send, type(self), instance=self)
        return PendingWrite(type(self).__name__, mapper.backend(), write, None, tell)

    def _note_put(self, write: Write) -> None:
        """Takes note that the *write* has put the instance."""
        assert isinstance(write.operation, PutItem)
        self._dynamorm_snapshot = ItemSnapshot.of(write.operation.item)
        self._note_version(write.operation.item)

    def _note_version(self, item: Item) -> None:
        """Takes over the version that was written with an *item*."""
        version = self._mapper.version
        if version is not None:
            loaded = self._mapper.loaded({version.attribute: item[version.attribute]}, partial=True)
            self.__dict__[version.name] = loaded[version.name]

    def _note_update(self, write: Write, known: Item) -> None:
        """Takes note that the *write* has updated the item, of which the attributes *known* are as the instance has them.

        Whatever else DynamoDB has computed is not known before the item is read again.
        """
        assert isinstance(write.operation, UpdateItem)
        self._dynamorm_snapshot, fresh = self._dynamorm_snapshot.updated_unseen(
            self._mapper, write.operation.key, write.operation.actions, known
        )
        self._refresh(fresh)

    def _version_check(self) -> VersionMatches | None:
        """That the item is in the version of this instance; ``None`` when its model has no versions.

        Raises :class:`~dynamorm.exceptions.DynaModelException` when the instance was read without it.
        """
        version = self._mapper.version
        if version is None:
            return None
        value = self.__dict__.get(version.name)
        if value is None and not self._dynamorm_snapshot.loaded.complete:
            raise DynaModelException(
                f"This {type(self).__name__} was read without '{version.name}', its version, which has to be checked before it is "
                f"written. Read it with '{version.name}', or as a whole."
            )
        return version.check(self._mapper.dumped({version.name: value}, partial=True))

    def _values(self) -> dict[str, Any]:
        held = self.__dict__
        if self._mapper.has_fields(held):
            return held.copy()
        return {name: held[name] for name in self._mapper.adapter.fields if name in held}

    def _refresh(self, values: Mapping[str, Any]) -> None:
        # A value that is equal stays the object it is: the program may hold it, and change it in place.
        held = self.__dict__
        for name, value in values.items():
            present = held.get(name, _MISSING)
            if present is not value and (present is _MISSING or not identical(present, value)):
                held[name] = value

    def _save_changes(self, conditions: Conditions, *, return_all: bool) -> None:
        # An update without changes makes the item of an instance that has only its key.
        self._update(self._differences(), conditions, return_all=return_all, creates=self._is_new())

    def _update(self, changes: Differences, conditions: Conditions, *, return_all: bool, creates: bool = False) -> None:
        mapper = self._mapper
        update = self._prepared_update(changes, conditions)
        related = unsaved_related(self)
        actions = update.actions(mapper)
        condition = mapper.condition(conditions)
        if actions or condition is not None or creates:
            try:
                self._apply(update.key, actions, condition, return_all=return_all)
            except InvalidUpdate:
                if not update.parts:
                    raise
                # What the parts belong to is no longer in the table.
                self._apply(update.key, update.whole_actions(mapper), condition, return_all=return_all)
        update.tell()
        save_related(self, related, partial=True)

    def _pending_update(self, changes: Differences, conditions: Conditions) -> PendingWrite | None:
        """The write that makes *changes*, which will answer nothing; ``None`` when there is nothing to write."""
        mapper = self._mapper
        update = self._prepared_update(changes, conditions)
        actions = update.actions(mapper)
        condition = mapper.condition(conditions)
        if not (actions or condition is not None or self._is_new()):
            return None
        write = writes.update(mapper.spec, update.key, actions, condition, version=self._version_check())
        known = mapper.dumped({str(name): update.changed[name] for name in update.parts}, partial=True)
        note = partial_of(self._note_update, write, known)
        return PendingWrite(type(self).__name__, mapper.backend(), write, note, update.tell)

    def _prepared_update(self, changes: Differences, conditions: Conditions) -> _Update:
        """What an update with *changes* writes, after the signal that this is about to happen."""
        mapper = self._mapper
        key = self._key()
        own_key: dict[str | FieldPath, Any] = {name: self.__dict__[name] for name in mapper.key_fields}
        for name in mapper.key_fields:
            if name in changes.values and (
                changes.values[name] is None or self._key(**{name: changes.values[name]}) != key
            ):
                raise new_key_refused(mapper, name)
        updates: dict[str | FieldPath, Any] = {**changes.values, **own_key}
        signal: dict[str, Any] = {
            "instance": self,
            "conditions": conditions,
            "update_item_kwargs": None,
            "updates": updates,
        }
        pre_update.send(type(self), **signal)
        # A receiver may have changed the updates: the parts stand only for the value that they were found in.
        in_parts = {
            name: actions for name, actions in changes.parts.items() if updates.get(name) is changes.values[name]
        }
        changed = {name: value for name, value in updates.items() if name not in own_key}
        if mapper.version is not None:
            mapper.version.refuse_change(mapper.version.name in mapper.changed_fields(changed))
        return _Update(key, changed, in_parts, changes.computed, partial_of(post_update.send, type(self), **signal))

    def _differences(self) -> Differences:
        """How the instance differs from its item. Raises what :meth:`ItemSnapshot.differences` raises."""
        return self._dynamorm_snapshot.differences(self._mapper, self._mapper.validated(self._values(), partial=True))

    def _is_new(self) -> bool:
        return self._dynamorm_snapshot.is_new(self._mapper)

    def _key(self, **other: Any) -> Item:
        """The primary key, or with the *other* parts in place of the instance's own."""
        return self._mapper.key({name: self.__dict__.get(name) for name in self._mapper.key_fields} | other)

    def _apply(self, key: Item, actions: list[UpdateAction], condition: Condition | None, *, return_all: bool) -> None:
        mapper = self._mapper
        # Of a nested path the service would return only the part below it.
        nested = any(len(action.path.elements) > 1 for action in actions)
        version = self._version_check()
        written = bool(actions or version)
        return_values: ReturnValues = "ALL_NEW" if return_all or nested else "UPDATED_NEW" if written else "NONE"
        write = writes.update(mapper.spec, key, actions, condition, return_values, version=version)
        answer = run(plans.write(write), mapper.backend()) or {}
        assert isinstance(write.operation, UpdateItem)
        self._dynamorm_snapshot, fresh = self._dynamorm_snapshot.updated(
            mapper, key, write.operation.actions, answer, whole=return_all
        )
        self._refresh(fresh)

    if TYPE_CHECKING:
        # Fields become attributes when an instance is made, where no type checker sees them.
        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...
