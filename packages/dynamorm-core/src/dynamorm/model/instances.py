"""What an instance of a model is and can do: its values, and the verbs for its item in the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from dynamorm.data.conditions import Condition
from dynamorm.data.operations import ReturnValues
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import Item, identical
from dynamorm.engine import plans
from dynamorm.engine.runner import run
from dynamorm.exceptions import DynaModelException, InvalidUpdate
from dynamorm.model.changes import combined
from dynamorm.model.field_paths import FieldPath
from dynamorm.model.mapper import Conditions, Mapper
from dynamorm.model.related import Related, save_related, unsaved_related
from dynamorm.model.stored import Differences, StoredItem, new_key_refused
from dynamorm.signals import post_delete, post_save, post_update, pre_delete, pre_save, pre_update


class Instance:
    """The base of :class:`~dynamorm.DynaModel`: what its instances have."""

    __slots__ = ("__dict__", "__weakref__", "_dynamorm_related", "_dynamorm_stored")

    _mapper: ClassVar[Mapper]

    _dynamorm_stored: StoredItem
    _dynamorm_related: Mapping[str, Related]

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
            raise DynaModelException(
                f"save() has no argument {' and '.join(sorted(put_kwargs))}; a condition is given as conditions=…"
            )
        if partial:
            self._save_changes(conditions, return_all=return_all)
            return
        arguments: dict[str, Any] = {} if conditions is None else {"conditions": conditions}
        values, item = self._prepared(arguments)
        related = unsaved_related(self)
        mapper = self._mapper
        if unique:
            plan = plans.put_unique(mapper.spec, item, mapper.condition(conditions))
        else:
            plan = plans.put(mapper.spec, item, mapper.condition(conditions))
        run(plan, mapper.backend())
        self._refresh(values)
        self._note_saved(item)
        post_save.send(type(self), instance=self, put_kwargs=arguments)
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
        mapper = self._mapper
        key = self._key()
        pre_delete.send(type(self), instance=self)
        run(plans.delete(mapper.spec, key, mapper.condition(conditions)), mapper.backend())
        post_delete.send(type(self), instance=self)

    def _prepared(self, put_kwargs: dict[str, Any]) -> tuple[dict[str, Any], Item]:
        """The validated values, and the item to put, after the signal that this is about to happen."""
        if not self._dynamorm_stored.reach.complete:
            raise DynaModelException(
                f"This {type(self).__name__} was read without all of its attributes, and saving it as a whole would lose the rest. "
                "Use save(partial=True), which writes only what changed, or read the whole item first."
            )
        pre_save.send(type(self), instance=self, put_kwargs=put_kwargs)
        values = self.validate()
        return values, {**self._mapper.unknown(self._dynamorm_stored.item), **self._mapper.dumped(values)}

    def _note_saved(self, item: Item) -> None:
        """Takes note that the *item* was put."""
        self._dynamorm_stored = StoredItem(item)

    def _values(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self._mapper.adapter.fields if name in self.__dict__}

    def _refresh(self, values: Mapping[str, Any]) -> None:
        # A value that is equal stays the object it is: the program may hold it, and change it in place.
        for name, value in values.items():
            if name not in self.__dict__ or not identical(self.__dict__[name], value):
                self.__dict__[name] = value

    def _save_changes(self, conditions: Conditions, *, return_all: bool) -> None:
        # An update without changes makes the item of an instance that has only its key.
        self._update(self._differences(), conditions, return_all=return_all, creates=self._is_new())

    def _update(self, changes: Differences, conditions: Conditions, *, return_all: bool, creates: bool = False) -> None:
        mapper = self._mapper
        key = self._key()
        own_key: dict[str | FieldPath, Any] = {name: self.__dict__[name] for name in mapper.key_fields}
        for name in mapper.key_fields:
            if name in changes.values and self._key(**{name: changes.values[name]}) != key:
                raise new_key_refused(mapper, name)
        updates: dict[str | FieldPath, Any] = {**changes.values, **own_key}
        signal: dict[str, Any] = {
            "instance": self,
            "conditions": conditions,
            "update_item_kwargs": None,
            "updates": updates,
        }
        pre_update.send(type(self), **signal)
        related = unsaved_related(self)
        # A receiver may have changed the updates: the parts stand only for the value that they were found in.
        in_parts = {
            name: actions for name, actions in changes.parts.items() if updates.get(name) is changes.values[name]
        }
        changed = {name: value for name, value in updates.items() if name not in own_key}
        actions = mapper.actions({name: value for name, value in changed.items() if name not in in_parts})
        actions += [action for parts in in_parts.values() for action in parts]
        actions += changes.computed
        condition = mapper.condition(conditions)
        if actions or condition is not None or creates:
            try:
                self._apply(key, actions, condition, return_all=return_all)
            except InvalidUpdate:
                if not in_parts:
                    raise
                # What the parts belong to is no longer in the table.
                self._apply(key, [*mapper.actions(changed), *changes.computed], condition, return_all=return_all)
        post_update.send(type(self), **signal)
        save_related(self, related, partial=True)

    def _differences(self) -> Differences:
        """How the instance differs from its item. Raises what :meth:`StoredItem.differences` raises."""
        return self._dynamorm_stored.differences(self._mapper, self._mapper.validated(self._values(), partial=True))

    def _is_new(self) -> bool:
        return self._dynamorm_stored.is_new(self._mapper)

    def _key(self, **other: Any) -> Item:
        """The primary key, or with the *other* parts in place of the instance's own."""
        return self._mapper.key({name: self.__dict__.get(name) for name in self._mapper.key_fields} | other)

    def _apply(self, key: Item, actions: list[UpdateAction], condition: Condition | None, *, return_all: bool) -> None:
        mapper = self._mapper
        # Of a nested path the service would return only the part below it.
        nested = any(len(action.path.elements) > 1 for action in actions)
        return_values: ReturnValues = "ALL_NEW" if return_all or nested else "UPDATED_NEW" if actions else "NONE"
        answer = run(plans.update(mapper.spec, key, actions, condition, return_values), mapper.backend()) or {}
        self._dynamorm_stored, fresh = self._dynamorm_stored.updated(mapper, key, actions, answer, whole=return_all)
        self._refresh(fresh)

    if TYPE_CHECKING:
        # Fields become attributes when an instance is made, where no type checker sees them.
        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...
