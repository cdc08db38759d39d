"""The verbs of a model's instance. Their plans are in :mod:`dynamorm.model.verbs.instances`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Never, Self

from dynamorm.model import verbs as plans
from dynamorm.model.mapping.changed_instances import validated_values
from dynamorm.model.mapping.extra_names import extra_attributes, with_extra
from dynamorm.model.mapping.identity import are_equal, hash_of
from dynamorm.model.mapping.origins import Home
from dynamorm.model.mapping.stored_instances import StoredInstance, field_values
from dynamorm.model.names import own
from dynamorm.model.query.conditions import Conditions
from dynamorm.model.verbs import instances as verbs
from dynamorm.model.verbs.drivers import drive
from dynamorm.model.verbs.keys import KeyVerb
from dynamorm.model.verbs.planned import planned_by

if TYPE_CHECKING:
    from dynamorm.model.query.path_types import GivenChanges


@own
class Instance(StoredInstance):
    """The base of :class:`~dynamorm.DynaModel`, with the methods of instances."""

    __slots__ = ()

    if TYPE_CHECKING:
        # Many models have a field of this name, which must not contradict the verb.
        key: Any
    else:
        #: ``Order.key(customer_id=…)`` and ``order.key()`` return a primary key as the table holds it.
        key = KeyVerb()

    def __eq__(self, other: object) -> bool:
        """Return whether the other instance has the same class and the same primary key.

        The key counts as the verbs would send it. An instance without a complete key equals only itself.
        """
        return are_equal(self, other) if isinstance(other, Instance) and type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        """Return a hash of class and primary key, which changes when the program changes the key."""
        return hash_of(self)

    def __repr__(self) -> str:
        """Show the key, and the names of the other fields that are set: ``Book(isbn='1', title=…)``.

        With ``DYNAMORM_REPR_VALUES=1`` in the environment, it has all values, long ones shortened.
        """
        from dynamorm.model.mapping.display import text_of  # deferred: start-up cost

        return text_of(self)

    def __rich_repr__(self) -> Iterator[tuple[str, Any]]:
        """Show the same to rich."""
        from dynamorm.model.mapping.display import shown_fields  # deferred: start-up cost

        return shown_fields(self)

    def _repr_html_(self) -> str:
        """Show the instance in a notebook, as a table of all values."""
        from dynamorm.model.mapping.display import html_of  # deferred: start-up cost

        return html_of(self)

    def __getstate__(self) -> tuple[Any, dict[str, Any]]:
        """Return what a copy of the instance gets, or a pickle: plain data, which belong to no backend."""
        from dynamorm.model.mapping.pickles import state_of  # deferred: start-up cost

        return state_of(self, super().__getstate__())

    def __setstate__(self, state: Any) -> None:
        """Take the state of another instance, or of a pickle."""
        from dynamorm.model.mapping.pickles import restore  # deferred: start-up cost

        restore(self, state)

    def validate(self) -> dict[str, Any]:
        """Return the instance's values, validated: native, by field name, with defaults filled in.

        Raises:
            ValidationError: The schema refuses the values.
        """
        return self._mapper.validated(_given(self), partial=False)

    def to_dict(self, native: bool = False) -> dict[str, Any]:
        """Return the instance's values as the schema library serialises them; with *native*, as :meth:`validate` does.

        Raises:
            ValidationError: The schema refuses the values.
        """
        if native:
            return self.validate()
        values = validated_values(self, field_values(self))
        return {**self._mapper.serialised(values), **extra_attributes(self)}

    @planned_by("instances.save", of_instances=True)
    def save(
        self,
        partial: bool = False,
        unique: bool = False,
        return_all: bool = False,
        *,
        conditions: Conditions = None,
        **put_kwargs: Any,
    ) -> None:
        """Validate the instance and write it: the whole item, or with *partial* only what changed since it was loaded.

        For maps and lists that were changed in place, a partial save writes the entries and elements that changed, or
        the whole value if it is no longer in the table, or if more than a hundred parts changed. A default that the
        schema filled in when the item was read is not a change. Attributes of the stored item that the schema does not
        know are kept, and so are names in nested maps that a nested schema does not know.

        Args:
            partial: Write only what changed since the instance was loaded.
            unique: Require that there is no item with this primary key yet.
            return_all: After a partial save, refresh all attributes of the instance.
            conditions: Conditions that the present item must meet.
            put_kwargs: Accepted only to refuse misspelled arguments.

        Raises:
            ValidationError: The schema refuses the values.
            HashKeyExists: With *unique*, there is an item with this primary key.
            ConditionFailed: The *conditions* don't hold.
            DynaModelException: The instance was read only in part (through a projection, or an index that does not hold
                all attributes), and would be saved as a whole.
        """
        drive(Home(self), verbs.save(self, partial, unique, return_all, conditions=conditions, **put_kwargs))

    @planned_by("instances.update", of_instances=True)
    def update(
        self,
        changes: GivenChanges = None,
        /,
        conditions: Conditions = None,
        update_item_kwargs: Mapping[str, Any] | None = None,
        return_all: bool = False,
        **keywords: Any,
    ) -> None:
        """Update attributes of the stored item, as :meth:`update_item` does, and of this instance.

        A new value of a nested field keeps the names that the nested schema does not know and that the item was read
        with. :meth:`update_item` writes the value that it is given.

        Args:
            changes: Changes by field path, ``{Book.tags[0]: "x"}``, or as the methods of paths return them,
                ``[Book.title.set("x"), Book.tags.append(["new"])]``.
            conditions: Conditions that the present item must meet.
            update_item_kwargs: Not supported here; use the other arguments.
            return_all: Refresh all attributes of the instance, not only the changed ones.
            keywords: Changes by keyword.
        """
        plan = verbs.update(self, changes, conditions, update_item_kwargs, return_all, **keywords)
        drive(Home(self), plan)

    @planned_by("instances.delete", of_instances=True)
    def delete(self, *, conditions: Conditions = None, return_old: bool = False, **unknown: Never) -> Self | None:
        """Delete the stored item. A missing item is not an error.

        Args:
            conditions: Conditions that the present item must meet.
            return_old: Return the item as it was stored, in an instance of its own, or ``None`` if there was none.
            unknown: Nothing else. Conditions by field name are refused here.

        Raises:
            ConditionFailed: The *conditions* don't hold.
        """
        return drive(Home(self), verbs.delete(self, conditions=conditions, return_old=return_old, **unknown))

    @planned_by("moves.refresh", of_instances=True)
    def refresh(self) -> None:
        """Read the item again, consistently, and replace all that this instance holds; changes of it are dropped.

        Raises:
            StaleItem: The item is gone.
        """
        drive(Home(self), plans.moves.refresh(self))

    @planned_by("moves.copy", of_instances=True)
    def copy(self, /, **changes: Any) -> Self:
        """Return a new instance with the values of this one and *changes*, by field name, without sending anything.

        It is not stored yet, and has no version. Attributes that the schema does not know are copied, too.

        Raises:
            ValidationError: The schema refuses the values.
            DynaModelException: This instance was read only in part.
        """
        return drive(Home(self), plans.moves.copy(self, **changes))

    def __replace__(self, /, **changes: Any) -> Self:
        """Return what :meth:`copy` returns, for Python's :func:`copy.replace`."""
        return drive(Home(self), plans.moves.copy(self, **changes))

    @planned_by("moves.move", of_instances=True)
    def move(self, /, **key: Any) -> None:
        """Give the item another primary key: put it there, and delete it here, in one transaction.

        It is read first, consistently, so that all of its attributes are moved. If there is a version, it must be the
        one that this instance has; otherwise up to 140 attributes are compared, so that no change of another writer is
        lost.

        Args:
            key: The parts of the new key, by field name; parts that are left out stay.

        Raises:
            HashKeyExists: There is an item with the new key.
            StaleItem: The item is gone, or another writer has changed it.
            InvalidUpdate: This instance has changes that are not saved.
            DynaModelException: The item has too many attributes to be compared. Give its table a version.
        """
        drive(Home(self), plans.moves.move(self, **key))

    if TYPE_CHECKING:
        # Fields become attributes when an instance is made, where no type checker sees them.
        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...


def _given(instance: Instance) -> dict[str, Any]:
    """Return the values of an instance by name, to be validated: of its fields, and of names that the schema keeps."""
    values = field_values(instance)
    return with_extra(instance, values) if instance._mapper.adapter.keeps_unknown else values
