"""The verbs of a model's instance; what each does is told in its plan, in :mod:`dynamorm.model.verbs.instances`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynamorm.model.mapping.stored_instances import StoredInstance, field_values
from dynamorm.model.query.conditions import Conditions
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.verbs import instances as verbs
from dynamorm.model.verbs.drivers import drive
from dynamorm.model.verbs.planned import planned_by


class Instance(StoredInstance):
    """The base of :class:`~dynamorm.DynaModel`: what its instances can do."""

    __slots__ = ()

    def validate(self) -> dict[str, Any]:
        """The instance's values, validated: native, by field name, defaults filled in.

        Raises :class:`~dynamorm.exceptions.ValidationError`.
        """
        return self._mapper.validated(field_values(self), partial=False)

    def to_dict(self, native: bool = False) -> dict[str, Any]:
        """The instance's values as the schema library serialises them; with *native* what :meth:`validate` answers.

        Raises :class:`~dynamorm.exceptions.ValidationError`.
        """
        if native:
            return self.validate()
        return self._mapper.serialised(self._mapper.validated(field_values(self), partial=True))

    @planned_by(verbs.save)
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
        drive(self._mapper.table, verbs.save(self, partial, unique, return_all, conditions=conditions, **put_kwargs))

    @planned_by(verbs.update)
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
        plan = verbs.update(self, changes, conditions, update_item_kwargs, return_all, **keywords)
        drive(self._mapper.table, plan)

    @planned_by(verbs.delete)
    def delete(self, *, conditions: Conditions = None) -> None:
        """Deletes the stored item; that there is none is no error.

        Raises :class:`~dynamorm.exceptions.ConditionFailed` when the *conditions* don't hold.
        """
        drive(self._mapper.table, verbs.delete(self, conditions=conditions))

    if TYPE_CHECKING:
        # Fields become attributes when an instance is made, where no type checker sees them.
        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...
