"""Merged reads: single gets that are awaited at the same time become batch gets."""

from __future__ import annotations

from contextvars import Token
from types import TracebackType
from typing import TYPE_CHECKING, Any

from dynamorm.engine.run.budget import current_budget
from dynamorm.engine.run.call import execute_async, merged_reads_in_force
from dynamorm.engine.run.contexts import AwaitedBlock, reset
from dynamorm.engine.run.rate_limits import current_rates
from dynamorm.exceptions import DynaModelException

if TYPE_CHECKING:
    from dynamorm.data.operations import GetItem
    from dynamorm.data.results import ItemResult
    from dynamorm.engine.run.call import Connected
    from dynamorm.engine.run.merged_batch import MergedBatch


class MergedReads(AwaitedBlock):
    """The ``async with`` block of :func:`~dynamorm.merged_reads`."""

    _usage = "merged_reads()"

    def __init__(self) -> None:
        self._batches: dict[tuple[object, ...], MergedBatch] = {}
        self._token: Token[Any] | None = None

    async def __aenter__(self) -> None:
        if self._token is not None:
            raise DynaModelException(
                "This merged_reads() is in use already. Call dynamorm.merged_reads() again for another block."
            )
        self._token = merged_reads_in_force.set(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._token is not None, "A block ends once."
        token, self._token = self._token, None
        reset(merged_reads_in_force, token, exception, "merged_reads()")

    async def read(self, connection: Connected, get: GetItem) -> ItemResult:
        """Read an item together with those that other tasks read now."""
        import asyncio  # deferred: start-up cost

        from dynamorm.engine.run.merged_batch import MergedBatch  # deferred: start-up cost

        names = tuple(sorted(get.key))
        key = tuple([get.key[name] for name in names])
        loop = asyncio.get_running_loop()
        kind = (get.table, get.consistent, get.projection, get.return_consumed_capacity)
        group = (loop, connection, current_budget(), current_rates(), names, *kind)
        batch = self._batches.get(group)
        if batch is None:
            batch = self._batches[group] = MergedBatch(loop, connection, names, lambda: self._batches.pop(group, None))
        try:
            future = batch.join(key, get)
        except TypeError:
            # No key of a table has a value that can't be hashed. The backend says what is wrong with it.
            return await self._read_alone(connection, get)
        try:
            return await future
        except asyncio.CancelledError:
            batch.leave()
            raise

    async def _read_alone(self, connection: Connected, get: GetItem) -> ItemResult:
        token = merged_reads_in_force.set(None)
        try:
            return await execute_async(connection, get)
        finally:
            merged_reads_in_force.reset(token)


def merged_reads() -> MergedReads:
    """Combine gets that are awaited at the same time into batch gets, in an ``async with`` block.

    A batch get reads up to 100 items ("BatchGetItem" in the API reference)::

        async with dynamorm.merged_reads():
            authors = await asyncio.gather(*(Author.aget(name=book.author) for book in books))

    A get waits for those that begin in the same turn of the event loop, never longer. A get that stays alone is sent
    as it is. Gets are merged if they read the same table through the same connection, with the same projection and
    consistency, and within the same budget and rates. An item that several tasks want is read once, and each gets a
    copy. Nothing is cached. Results and errors are those of single gets, except that a result of
    ``connection.aexecute`` does not tell what it cost. For budgets, rates and observers, the batch get is the
    operation: it is one request, and costs as much as the single ones.

    The block holds for its task and for the tasks that it starts. Synchronous verbs are not merged. The credentials
    need the permission ``dynamodb:BatchGetItem``; without it, the gets raise
    :class:`~dynamorm.exceptions.AccessDenied`.
    """
    return MergedReads()
