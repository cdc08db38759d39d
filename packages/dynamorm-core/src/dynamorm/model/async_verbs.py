"""The verbs that are awaited: the counterparts of those of :mod:`dynamorm.model.models` and of its instances.

Each has the arguments, results and errors of the verb that its name ends with, and drives the same plan.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Never, ParamSpec, Self, TypeVar, overload

from dynamorm.data.progress import ProgressCallback
from dynamorm.data.values import Item
from dynamorm.model import verbs as plans
from dynamorm.model.mapping.given_keys import GivenKey
from dynamorm.model.mapping.origins import Home
from dynamorm.model.mapping.related import relationship_of
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.names import own
from dynamorm.model.query.conditions import Conditions
from dynamorm.model.verbs import instances
from dynamorm.model.verbs import items as verbs
from dynamorm.model.verbs.drivers import adrive, adrive_stream
from dynamorm.model.verbs.planned import planned_by

if TYPE_CHECKING:
    from dynamorm.model.query.path_types import GivenChanges, GivenPaths
    from dynamorm.model.relationships.to_one import ToOne

Parameters = ParamSpec("Parameters")
Created = TypeVar("Created")
Other = TypeVar("Other")


@own
class AsyncInstance(StoredInstance):
    """A base of :class:`~dynamorm.DynaModel`, with the verbs of instances that are awaited."""

    __slots__ = ()

    @planned_by("instances.save", of_instances=True)
    async def asave(
        self,
        partial: bool = False,
        unique: bool = False,
        return_all: bool = False,
        *,
        conditions: Conditions = None,
        **put_kwargs: Any,
    ) -> None:
        """Validate the instance and write it, as :meth:`save` does."""
        if put_kwargs:
            from dynamorm.model.verbs.wrong_calls import unknown_keyword  # deferred: start-up cost

            raise unknown_keyword(self, "asave", put_kwargs, instances.SAVE_ARGUMENTS)
        plan = instances.save(self, partial, unique, return_all, conditions=conditions)
        await adrive(Home(self), plan)

    @planned_by("instances.update", of_instances=True)
    async def aupdate(
        self,
        changes: GivenChanges = None,
        /,
        conditions: Conditions = None,
        update_item_kwargs: Mapping[str, Any] | None = None,
        return_all: bool = False,
        **keywords: Any,
    ) -> None:
        """Update attributes of the stored item and of this instance, as :meth:`update` does."""
        plan = instances.update(self, changes, conditions, update_item_kwargs, return_all, **keywords)
        await adrive(Home(self), plan)

    @planned_by("instances.delete", of_instances=True)
    async def adelete(
        self, *, conditions: Conditions = None, return_old: bool = False, **unknown: Never
    ) -> Self | None:
        """Delete the stored item, as :meth:`delete` does."""
        if unknown:
            from dynamorm.model.verbs.wrong_calls import unknown_keyword  # deferred: start-up cost

            raise unknown_keyword(self, "adelete", unknown, instances.DELETE_ARGUMENTS)
        return await adrive(Home(self), instances.delete(self, conditions=conditions, return_old=return_old))

    @planned_by("moves.refresh", of_instances=True)
    async def arefresh(self) -> None:
        """Read the item again, as :meth:`refresh` does."""
        await adrive(Home(self), plans.moves.refresh(self))

    @planned_by("moves.move", of_instances=True)
    async def amove(self, /, **key: Any) -> None:
        """Give the item another primary key, as :meth:`move` does."""
        await adrive(Home(self), plans.moves.move(self, **key))

    @overload
    async def afetch(self, relationship: ToOne[Other], /) -> Other | None: ...
    @overload
    async def afetch(self, relationship: str, /) -> Any: ...
    async def afetch(self, relationship: Any, /) -> Any:
        """Return the related instance of a to-one *relationship*, and cache it for the attribute.

        It is read on the event loop, unless this instance has it already; ``None`` if there is none. To load those of
        all items of a read together, use the read's ``prefetch()``.

        Args:
            relationship: The name of the relationship, or the relationship itself: ``Reply.user``.

        Raises:
            DynaModelException: The model has no such relationship, or it leads to many instances.
        """
        return await relationship_of(self._mapper, relationship).afetch(self)


@own
class AsyncVerbs(AsyncInstance):
    """A base of :class:`~dynamorm.DynaModel`, with the verbs of models that are awaited."""

    __slots__ = ()

    @classmethod
    @planned_by("creating.create")
    async def acreate(
        cls: Callable[Parameters, Created], /, *args: Parameters.args, **values: Parameters.kwargs
    ) -> Created:
        """Return a new instance that has been saved, as :meth:`create` does."""
        model: Any = cls
        made: Created = await adrive(model._mapper.table, plans.creating.create(model, *args, **values))
        return made

    @classmethod
    @planned_by("puts.put")
    async def aput(
        cls,
        item: Mapping[str, Any] | StoredInstance | None = None,
        *,
        conditions: Conditions = None,
        return_old: bool = False,
        **fields: Never,
    ) -> Self | None:
        """Validate an *item* and put it, as :meth:`put` does."""
        if item is None or fields:
            raise plans.puts.no_item(cls, "aput", fields)
        table = Home(item) if isinstance(item, StoredInstance) else cls._mapper.table
        old: Self | None = await adrive(table, plans.puts.put(cls, item, conditions=conditions, return_old=return_old))
        return old

    @classmethod
    @planned_by("puts.put_unique")
    async def aput_unique(cls, item: Mapping[str, Any] | StoredInstance | None = None, **fields: Never) -> None:
        """Validate an *item* and put it, unless there is one with its primary key, as :meth:`put_unique` does."""
        if item is None or fields:
            raise plans.puts.no_item(cls, "aput_unique", fields)
        table = Home(item) if isinstance(item, StoredInstance) else cls._mapper.table
        await adrive(table, plans.puts.put_unique(cls, item))

    @classmethod
    @planned_by("puts.put_batch")
    async def aput_batch(
        cls, *items: Mapping[str, Any] | StoredInstance, progress: ProgressCallback | None = None, **fields: Never
    ) -> None:
        """Validate all *items*, and put them in batches, as :meth:`put_batch` does."""
        if fields:
            raise plans.puts.no_item(cls, "aput_batch", fields)
        await adrive(cls._mapper.table, plans.puts.put_batch(cls, *items, progress=progress))

    @classmethod
    @planned_by("batches.delete_batch")
    async def adelete_batch(cls, *keys: GivenKey, progress: ProgressCallback | None = None, **unknown: Never) -> None:
        """Delete the items with these primary *keys* in batches, as :meth:`delete_batch` does."""
        await adrive(cls._mapper.table, plans.batches.delete_batch(cls, *keys, progress=progress, **unknown))

    @classmethod
    @planned_by("items.exists")
    async def aexists(cls, /, *parts: Any, consistent: bool = False, **key: Any) -> bool:
        """Return whether there is an item with this primary key, as :meth:`exists` does."""
        return await adrive(cls._mapper.table, verbs.exists(cls, *parts, consistent=consistent, **key))

    @classmethod
    @planned_by("get_or_create.get_or_create")
    async def aget_or_create(
        cls, /, *parts: Any, defaults: Mapping[str, Any] | None = None, **key: Any
    ) -> tuple[Self, bool]:
        """Return the item with this primary key, or create it, as :meth:`get_or_create` does."""
        return await adrive(cls._mapper.table, plans.get_or_create.get_or_create(cls, *parts, defaults=defaults, **key))

    @classmethod
    @planned_by("batches.get_batch")
    def aget_batch(
        cls,
        keys: Iterable[GivenKey],
        consistent: bool = False,
        attrs: GivenPaths | None = None,
        *,
        progress: ProgressCallback | None = None,
        **unknown: Never,
    ) -> AsyncIterator[Self]:
        """Return the items with these primary *keys* for ``async for``, as :meth:`get_batch` does for ``for``."""
        plan = plans.batches.get_batch(cls, keys, consistent, attrs, progress=progress, **unknown)
        return plans.batches.AwaitedInstances(adrive_stream(cls._mapper.table.connection(), plan))

    @classmethod
    @planned_by("items.update_item")
    async def aupdate_item(
        cls,
        changes: GivenChanges = None,
        /,
        conditions: Conditions = None,
        update_item_kwargs: Mapping[str, Any] | None = None,
        **keywords: Any,
    ) -> dict[str, Item]:
        """Update attributes of the item whose primary key is among the *keywords*, as :meth:`update_item` does.

        They take ``known={…}``, too.
        """
        plan = verbs.update_item(cls, changes, conditions, update_item_kwargs, **keywords)
        return await adrive(cls._mapper.table, plan)

    @classmethod
    @planned_by("items.delete_item")
    async def adelete_item(
        cls, /, *parts: Any, conditions: Conditions = None, return_old: bool = False, **key: Any
    ) -> Self | None:
        """Delete the item with this primary key, as :meth:`delete_item` does. The keywords take ``known={…}``, too."""
        plan = verbs.delete_item(cls, *parts, conditions=conditions, return_old=return_old, **key)
        return await adrive(cls._mapper.table, plan)
