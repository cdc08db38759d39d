"""The verbs of a table that are awaited: the counterparts of those of :mod:`dynamorm.model.tables`.

Each has the arguments, results and errors of the verb that its name ends with, and drives the same plan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from dynamorm.data.progress import ProgressCallback
from dynamorm.data.values import Item
from dynamorm.model import verbs as plans
from dynamorm.model.table.layout import TableLayout
from dynamorm.model.verbs.drivers import adrive
from dynamorm.model.verbs.planned import planned_by

if TYPE_CHECKING:
    from dynamorm.data.table_plans import TablePlan
    from dynamorm.data.tables import TableSettings, TableSpec


class AsyncTable:
    """The base of :class:`~dynamorm.model.tables.ModelTable`, with the verbs that are awaited."""

    if TYPE_CHECKING:
        # ModelTable has them.
        layout: TableLayout
        table_settings: TableSettings

        @property
        def spec(self) -> TableSpec:
            """See :class:`~dynamorm.model.verbs.tables.DescribedTable`."""

        @property
        def spec_with_capacity(self) -> TableSpec:
            """See :class:`~dynamorm.model.verbs.tables.DescribedTable`."""

    @planned_by("tables.exists")
    async def aexists(self) -> bool:
        """Return whether there is a table of this name, in whatever state, as :attr:`exists` does."""
        return await adrive(self.layout, plans.tables.exists(self))

    @planned_by("tables.create_table")
    async def acreate_table(self, wait: bool = True, *, exist_ok: bool = False) -> None:
        """Create the table, as :meth:`create_table` does."""
        await adrive(self.layout, plans.tables.create_table(self, wait, exist_ok=exist_ok))

    @planned_by("tables.plan")
    async def aplan(
        self,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
    ) -> TablePlan:
        """Return the changes that :meth:`aupdate_table` would make, as :meth:`plan` does."""
        plan = plans.tables.plan(self, drop_indexes=drop_indexes, drop_tags=drop_tags, switch_off=switch_off)
        return await adrive(self.layout, plan)

    @planned_by("tables.update_table")
    async def aupdate_table(
        self,
        *,
        drop_indexes: Collection[str] = (),
        drop_tags: Collection[str] = (),
        switch_off: Collection[str] = (),
        progress: ProgressCallback | None = None,
    ) -> int:
        """Change the live table until it matches the model, as :meth:`update_table` does."""
        plan = plans.tables.update_table(
            self, drop_indexes=drop_indexes, drop_tags=drop_tags, switch_off=switch_off, progress=progress
        )
        return await adrive(self.layout, plan)

    @planned_by("tables.delete")
    async def adelete(self, wait: bool = True) -> bool:
        """Delete the table with all its items, as :meth:`delete` does."""
        return await adrive(self.layout, plans.tables.delete(self, wait))

    acreate = acreate_table
    aupdate = aupdate_table
    adrop = adelete

    @planned_by("tables.put")
    async def aput(self, item: Mapping[str, Any]) -> None:
        """Put a stored *item*, as :meth:`put` does."""
        await adrive(self.layout, plans.tables.put(self, item))

    @planned_by("tables.get")
    async def aget(self, /, consistent: bool = False, **key: Any) -> Item | None:
        """Return a stored item, as :meth:`get` does."""
        return await adrive(self.layout, plans.tables.get(self, consistent, **key))

    @planned_by("tables.delete_item")
    async def adelete_item(self, /, **key: Any) -> None:
        """Delete a stored item, as :meth:`delete_item` does."""
        await adrive(self.layout, plans.tables.delete_item(self, **key))
