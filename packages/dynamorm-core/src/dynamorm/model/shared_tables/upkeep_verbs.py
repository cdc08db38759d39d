"""The verbs that look after the keys of the items of a shared table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamorm.data.progress import ProgressCallback
from dynamorm.model.table_upkeep import UpkeepVerbs
from dynamorm.model.verbs.drivers import adrive, drive
from dynamorm.model.verbs.planned import planned_by

if TYPE_CHECKING:
    from dynamorm.model.upkeep.findings import Reindexed


class SharedUpkeepVerbs(UpkeepVerbs):
    """A base of the metaclass of shared tables, which can work on some of its models."""

    @planned_by(".upkeep.plans.reindex")
    def reindex(
        self,
        *models: type[Any],
        after: str | None = None,
        limit: int | None = None,
        parallel: int = 1,
        progress: ProgressCallback | None = None,
    ) -> Reindexed:
        """Write the keys of indexes that items lack or have wrong: of some *models*, or of all.

        ::

            Shop.reindex(Order)

        Arguments and errors are those of
        :meth:`ModelTable.reindex <dynamorm.model.tables.ModelTable.reindex>`. A class that is not a model of this table
        raises :class:`~dynamorm.exceptions.DynaModelException`.
        """
        from dynamorm.model.upkeep import plans  # deferred: start-up cost

        plan = plans.reindex(self, *models, after=after, limit=limit, parallel=parallel, progress=progress)
        return drive(self.layout, plan)

    @planned_by(".upkeep.plans.reindex")
    async def areindex(
        self,
        *models: type[Any],
        after: str | None = None,
        limit: int | None = None,
        parallel: int = 1,
        progress: ProgressCallback | None = None,
    ) -> Reindexed:
        """Write the keys of indexes that items lack or have wrong, as :meth:`reindex` does."""
        from dynamorm.model.upkeep import plans  # deferred: start-up cost

        plan = plans.reindex(self, *models, after=after, limit=limit, parallel=parallel, progress=progress)
        return await adrive(self.layout, plan)
