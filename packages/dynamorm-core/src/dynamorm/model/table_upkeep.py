"""The verbs of upkeep of a model's table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamorm.data.progress import ProgressCallback
from dynamorm.model.table.layout import TableLayout
from dynamorm.model.verbs.drivers import adrive, adrive_stream, drive, drive_stream
from dynamorm.model.verbs.planned import planned_by

if TYPE_CHECKING:
    from dynamorm.model.upkeep.findings import Finding, Reindexed
    from dynamorm.model.upkeep.iterations import PositionedAsyncIterator, PositionedIterator


class UpkeepVerbs:
    """A base of tables, those of models and shared ones, with the verbs that look after the keys of their items."""

    if TYPE_CHECKING:

        @property
        def layout(self) -> TableLayout:
            """The part of the table that its models share."""

    @planned_by(".upkeep.plans.check")
    def check(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        parallel: int = 1,
        counters: bool = False,
        progress: ProgressCallback | None = None,
    ) -> PositionedIterator[Finding]:
        """Return what is wrong with the items of the table: a :class:`~dynamorm.upkeep.Finding` for each fault.

        These are items whose keys are not those that their fields give, items that no model has the kind of, date-times
        in another form than their field writes, and guards of unique values that are missing or left over. The whole
        table is read, not consistently, a page whenever the next finding is requested, and nothing is written. The
        iterator's ``cursor`` is the position, for *after*.

        Args:
            after: The ``cursor`` of another check, from which this one continues.
            limit: How many items to look at. By default all.
            parallel: How many segments of the table are read in parallel.
            counters: Whether to check counters, too, with a query for each item in which instances are counted. It
                reads the partition in which these are.
            progress: As for :meth:`~dynamorm.DynaModel.put_batch`, after each page: ``looked_at`` counts the items,
                ``done`` the findings.

        Raises:
            DynaModelException: There are no counters to check, or what is counted is not in one partition.
            InvalidCursor: *after* is not the cursor of such a check, with as many segments.
            InvalidValue: *limit* or *parallel* is not a whole number, at least 1.
        """
        from dynamorm.model.upkeep import plans  # deferred: start-up cost
        from dynamorm.model.upkeep.iterations import PositionedIterator  # deferred: start-up cost

        plan = plans.check(self, after=after, limit=limit, parallel=parallel, counters=counters, progress=progress)
        return PositionedIterator(drive_stream(self.layout.connection(), plan), after)

    def acheck(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        parallel: int = 1,
        counters: bool = False,
        progress: ProgressCallback | None = None,
    ) -> PositionedAsyncIterator[Finding]:
        """Return what is wrong with the items of the table for ``async for``, as :meth:`check` does for ``for``."""
        from dynamorm.model.upkeep import plans  # deferred: start-up cost
        from dynamorm.model.upkeep.iterations import PositionedAsyncIterator  # deferred: start-up cost

        plan = plans.check(self, after=after, limit=limit, parallel=parallel, counters=counters, progress=progress)
        return PositionedAsyncIterator(adrive_stream(self.layout.connection(), plan), after)

    @planned_by(".upkeep.plans.reindex")
    def reindex(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        parallel: int = 1,
        progress: ProgressCallback | None = None,
    ) -> Reindexed:
        """Write the keys of indexes that items lack or have wrong, and return how many items were changed.

        Call it after a template was added or changed. The whole table is read consistently, and an item is written only
        if its keys are not those that its fields give as they are stored: what the schema would fill in does not count.
        Its keys are removed where it does not belong into the index. An item under the former primary key, that of
        ``also``, is moved to the present one in a transaction. A primary key is never changed otherwise.

        Each write has the condition that the fields are as they were read; an item that was changed meanwhile is read
        again. No signals are sent, and a ``version`` is incremented only by a move. What ends the work, such as
        ``KeyboardInterrupt``, has the attribute ``cursor``. Items that were written already are only read by another
        call.

        Args:
            after: The ``cursor`` of an exception or a result, from which this call continues.
            limit: How many items to look at. By default all.
            parallel: How many segments of the table are read in parallel.
            progress: As for :meth:`~dynamorm.DynaModel.put_batch`, after each page: ``looked_at`` counts the items,
                ``done`` those that were written.

        Raises:
            DynaModelException: The model has no :class:`~dynamorm.Key`, so there is nothing to write.
            InvalidCursor: *after* is not the cursor of such a call, with as many segments.
            InvalidValue: *limit* or *parallel* is not a whole number, at least 1.
            ConditionFailed: Other writers change an item each time that it is read.
        """
        from dynamorm.model.upkeep import plans  # deferred: start-up cost

        plan = plans.reindex(self, after=after, limit=limit, parallel=parallel, progress=progress)
        return drive(self.layout, plan)

    @planned_by(".upkeep.plans.reindex")
    async def areindex(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        parallel: int = 1,
        progress: ProgressCallback | None = None,
    ) -> Reindexed:
        """Write the keys of indexes that items lack or have wrong, as :meth:`reindex` does."""
        from dynamorm.model.upkeep import plans  # deferred: start-up cost

        plan = plans.reindex(self, after=after, limit=limit, parallel=parallel, progress=progress)
        return await adrive(self.layout, plan)

    @planned_by(".upkeep.plans.delete_partition")
    def delete_partition(self, /, *, progress: ProgressCallback | None = None, **fields: Any) -> int:
        """Delete all items with the hash key that *fields* give, and return their number.

        ::

            Order.Table.delete_partition(customer_id="1")

        The keys are read a page at a time and deleted in batches. That is not a transaction: other readers see some
        items gone before others, and items that are written meanwhile may stay. Items of a model with unique values or
        other constraints are read as a whole, and deleted one by one, each with its guard in a transaction. Versions
        are not checked, and no signals are sent. If it ends before its end, call it again: it deletes what is left.

        Args:
            progress: As for :meth:`~dynamorm.DynaModel.put_batch`, after each page.
            fields: All fields of the hash key, by name. In a shared table, the items of all models are deleted whose
                hash key is composed of fields with these names.

        Raises:
            InvalidKey: *fields* are not those of the hash key.
            MissingKey: One of them is ``None``.
            UnknownKind: An item is of no model's kind. It is not deleted, and neither are the others of its page.
            UnprocessedItems: Automatic retries make no progress. The exception has the requests that were not made.
            ConditionFailed: An item is protected, and items of other partitions refer to it. All others were deleted.
        """
        from dynamorm.model.upkeep import plans  # deferred: start-up cost

        return drive(self.layout, plans.delete_partition(self, progress=progress, **fields))

    @planned_by(".upkeep.plans.delete_partition")
    async def adelete_partition(self, /, *, progress: ProgressCallback | None = None, **fields: Any) -> int:
        """Delete all items with the hash key that *fields* give, as :meth:`delete_partition` does."""
        from dynamorm.model.upkeep import plans  # deferred: start-up cost

        return await adrive(self.layout, plans.delete_partition(self, progress=progress, **fields))
