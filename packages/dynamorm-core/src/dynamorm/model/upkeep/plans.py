"""The plans of the verbs of upkeep, for the models of one table. What they consist of is imported when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from dynamorm.data.progress import ProgressCallback
from dynamorm.engine.plans.steps import Plan, StreamPlan
from dynamorm.model.table.layout import TableLayout

if TYPE_CHECKING:
    from dynamorm.model.upkeep.findings import Finding, Reindexed
    from dynamorm.model.upkeep.iterations import PageOf
    from dynamorm.model.upkeep.models import TableModels


class HasLayout(Protocol):
    """A table that knows its layout."""

    @property
    def layout(self) -> TableLayout:
        """The part of the table that its models share."""


def _models_of(table: HasLayout, verb: str, given: tuple[Any, ...] = ()) -> TableModels:
    from dynamorm.model.upkeep.models import TableModels  # deferred: start-up cost

    return TableModels.of_table(table.layout, verb, given)


def check(
    table: HasLayout,
    *,
    after: str | None = None,
    limit: int | None = None,
    parallel: int = 1,
    counters: bool = False,
    progress: ProgressCallback | None = None,
) -> StreamPlan[PageOf[Finding]]:
    """Read all items, and emit the findings of each page."""
    from dynamorm.model.upkeep.checks import check as begin_check  # deferred: start-up cost
    from dynamorm.model.upkeep.walks import Walk  # deferred: start-up cost

    models, layout = _models_of(table, "check"), table.layout
    spec, connection = layout.spec_in_force(), layout.connection()
    walk = Walk(models, spec, connection, after=after, limit=limit, parallel=parallel, consistent=False)
    return begin_check(models, spec, walk, progress, counters=counters)


def reindex(
    table: HasLayout,
    /,
    *given: Any,
    after: str | None = None,
    limit: int | None = None,
    parallel: int = 1,
    progress: ProgressCallback | None = None,
) -> Plan[Reindexed]:
    """Read all items, or those of the models *given*, and write the keys that are missing or wrong."""
    from dynamorm.model.upkeep.reindexing import reindex as begin_reindex  # deferred: start-up cost
    from dynamorm.model.upkeep.walks import Walk  # deferred: start-up cost

    models, layout = _models_of(table, "reindex", given), table.layout
    spec, connection = layout.spec_in_force(), layout.connection()
    walk = Walk(models, spec, connection, after=after, limit=limit, parallel=parallel, consistent=True)
    return begin_reindex(models, spec, walk, progress)


def delete_partition(table: HasLayout, /, *, progress: ProgressCallback | None = None, **fields: Any) -> Plan[int]:
    """Delete all items with the hash key that *fields* give."""
    from dynamorm.model.upkeep.partitions import delete_partition as begin_deletion  # deferred: start-up cost

    return begin_deletion(_models_of(table, "delete_partition"), table.layout.spec_in_force(), fields, progress)
