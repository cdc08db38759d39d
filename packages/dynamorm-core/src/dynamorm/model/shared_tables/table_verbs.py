"""The verbs of a shared table for the table itself: the counterparts of those of a model's ``Table``."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from dynamorm.data.progress import ProgressCallback
from dynamorm.data.tables import TableSettings, TableSpec
from dynamorm.exceptions import DynaModelException, UnknownAttribute
from dynamorm.model import verbs as plans
from dynamorm.model.table.layout import TableLayout
from dynamorm.model.verbs.drivers import adrive, drive
from dynamorm.model.verbs.planned import planned_by

if TYPE_CHECKING:
    from dynamorm.data.table_plans import TablePlan
    from dynamorm.model.shared_tables.definitions import SharedDefinition


#: What to use for the verbs that models, and the tables of models, have.
_VERBS_ELSEWHERE = {
    **dict.fromkeys(("create", "acreate"), " Use {0}create_table()."),
    **dict.fromkeys(("update", "aupdate"), " Use {0}update_table()."),
    **dict.fromkeys(("drop", "adrop"), " Use {0}delete()."),
    **dict.fromkeys(("get", "aget"), " Get an item by its model, or several with {0}get_batch([(model, key), …])."),
    **dict.fromkeys(
        ("put", "put_unique", "put_batch", "update_item", "delete_item", "delete_batch", "save"),
        " Write an item by its model, or several with dynamorm.batch() or dynamorm.transaction().",
    ),
}


class SharedTableVerbs(type):
    """The base of the metaclass of shared tables: what a class's body says are only settings."""

    if not TYPE_CHECKING:

        def __getattr__(cls, name: str) -> object:
            """Say what is to be used for a verb that models have."""
            prefix = f"{cls.__name__}.{'a' if name.startswith('a') else ''}"
            meant = _VERBS_ELSEWHERE.get(name, "").format(prefix)
            raise UnknownAttribute(f"The shared table {cls.__name__} has no attribute '{name}'.{meant}")

    @property
    def _definition(cls) -> SharedDefinition:
        definition: SharedDefinition | None = vars(cls).get("_dynamorm_table")
        if definition is None:
            raise DynaModelException(
                f"{cls.__qualname__} is no table by itself: it has no name, or is the inner class of a model. Use a "
                "class that inherits from SharedTable and has a name."
            )
        return definition

    # What describes the table

    @property
    def layout(cls) -> TableLayout:
        """The keys and indexes, the expiry of items, and the connection."""
        return cls._definition.layout

    @property
    def spec(cls) -> TableSpec:
        """The keys and indexes, without capacity, with the table's name on the current connection: with its prefix."""
        return cls._definition.spec

    @property
    def spec_with_capacity(cls) -> TableSpec:
        """The spec to create the table from. Raises ``MissingTableAttribute`` for an incomplete capacity."""
        return cls._definition.spec_with_capacity

    @property
    def table_settings(cls) -> TableSettings:
        """The time to live, deletion protection, class and tags."""
        return cls._definition.table_settings

    @property
    def models(cls) -> tuple[type[Any], ...]:
        """The models that are defined on the table, in the order of their definition."""
        return cls._definition.registry.models

    # Verbs of the table

    @property
    def exists(cls) -> bool:
        """Whether there is a table of this name, in whatever state."""
        return cls._definition.exists

    @planned_by("tables.exists")
    async def aexists(cls) -> bool:
        """Return whether there is a table of this name, in whatever state, as :attr:`exists` does."""
        return await adrive(cls.layout, plans.tables.exists(cls))

    @planned_by("tables.create_table")
    def create_table(cls, wait: bool = True, *, exist_ok: bool = False) -> None:
        """Create the table with its indexes and settings, and *wait* until it can be used.

        It has all indexes of the class, whichever models are imported. Arguments and errors are those of
        :meth:`ModelTable.create_table <dynamorm.model.tables.ModelTable.create_table>`.
        """
        drive(cls.layout, plans.tables.create_table(cls, wait, exist_ok=exist_ok))

    @planned_by("tables.create_table")
    async def acreate_table(cls, wait: bool = True, *, exist_ok: bool = False) -> None:
        """Create the table, as :meth:`create_table` does."""
        await adrive(cls.layout, plans.tables.create_table(cls, wait, exist_ok=exist_ok))

    @planned_by("tables.plan")
    def plan(
        cls,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
    ) -> TablePlan:
        """Return the changes that :meth:`update_table` would make with these arguments, in order, without making them.

        See :meth:`ModelTable.plan <dynamorm.model.tables.ModelTable.plan>`.
        """
        plan = plans.tables.plan(cls, drop_indexes=drop_indexes, drop_tags=drop_tags, switch_off=switch_off)
        return drive(cls.layout, plan)

    @planned_by("tables.plan")
    async def aplan(
        cls,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
    ) -> TablePlan:
        """Return the changes that :meth:`aupdate_table` would make, as :meth:`plan` does."""
        plan = plans.tables.plan(cls, drop_indexes=drop_indexes, drop_tags=drop_tags, switch_off=switch_off)
        return await adrive(cls.layout, plan)

    @planned_by("tables.update_table")
    def update_table(
        cls,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
        progress: ProgressCallback | None = None,
    ) -> int:
        """Change the live table until it matches the class, and return the number of changes.

        See :meth:`ModelTable.update_table <dynamorm.model.tables.ModelTable.update_table>`.
        """
        plan = plans.tables.update_table(
            cls, drop_indexes=drop_indexes, drop_tags=drop_tags, switch_off=switch_off, progress=progress
        )
        return drive(cls.layout, plan)

    @planned_by("tables.update_table")
    async def aupdate_table(
        cls,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
        progress: ProgressCallback | None = None,
    ) -> int:
        """Change the live table until it matches the class, as :meth:`update_table` does."""
        plan = plans.tables.update_table(
            cls, drop_indexes=drop_indexes, drop_tags=drop_tags, switch_off=switch_off, progress=progress
        )
        return await adrive(cls.layout, plan)

    @planned_by("tables.delete")
    def delete(cls, wait: bool = True) -> bool:
        """Delete the table with all items of all models, *wait* until it is gone, and return ``True``.

        Raises:
            TableNotFound: There is no such table.
            TableProtected: The deletion protection of the table is on.
        """
        return drive(cls.layout, plans.tables.delete(cls, wait))

    @planned_by("tables.delete")
    async def adelete(cls, wait: bool = True) -> bool:
        """Delete the table with all its items, as :meth:`delete` does."""
        return await adrive(cls.layout, plans.tables.delete(cls, wait))
