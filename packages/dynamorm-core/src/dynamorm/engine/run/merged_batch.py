"""One batch get of several gets that are awaited at the same time: see :mod:`dynamorm.engine.run.merged_reads`."""

from __future__ import annotations

from contextvars import Context, copy_context
from typing import TYPE_CHECKING, TypeAlias

from dynamorm.data import limits
from dynamorm.data.batches import BatchGetKeys
from dynamorm.data.operations import BatchGet, GetItem
from dynamorm.data.paths import Path
from dynamorm.data.records import replace
from dynamorm.data.results import BatchGetResult, ItemResult
from dynamorm.data.values import AttributeValue, Item, copy_of_item
from dynamorm.engine.plans.batch_retries import BatchRounds
from dynamorm.engine.run.call import execute_async, merged_reads_in_force
from dynamorm.exceptions import (
    AccessDenied,
    BudgetExceeded,
    DynamoException,
    Throttled,
    UnprocessedItems,
    Unsupported,
)
from dynamorm.exceptions.rates import RateExceeded

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future, Task
    from collections.abc import Callable

    from dynamorm.engine.run.call import Connected

#: The values of a primary key, in the order of the attributes' names.
_Key: TypeAlias = tuple[AttributeValue, ...]

#: The batches that are being read. An event loop keeps no hold of its tasks.
_tasks: set[Task[None]] = set()


class MergedBatch:
    """Gets of one kind, until the next turn of the event loop, and then on their way."""

    def __init__(
        self, loop: AbstractEventLoop, connection: Connected, names: tuple[str, ...], close: Callable[[], object]
    ) -> None:
        self._loop = loop
        self._connection = connection
        self._names = names
        self._close = close
        self._gets: dict[_Key, GetItem] = {}
        self._futures: dict[_Key, list[Future[ItemResult]]] = {}
        self._waiting = 0
        self._task: Task[None] | None = None
        # The batch is sent in the context of its first caller, but is not merged again.
        self._context: Context = copy_context()
        self._context.run(merged_reads_in_force.set, None)
        self._flush = loop.call_soon(self._begin)

    def join(self, key: _Key, get: GetItem) -> Future[ItemResult]:
        """Add a *get* with this *key*, and return the future of its result."""
        futures = self._futures.get(key)
        future: Future[ItemResult] = self._loop.create_future()
        self._waiting += 1
        if futures is not None:
            futures.append(future)
            return future
        self._gets[key], self._futures[key] = get, [future]
        if len(self._gets) == limits.BATCH_GET_KEYS:
            self._flush.cancel()
            self._begin()
        return future

    def leave(self) -> None:
        """Note that one who waited was cancelled. With the last one, the batch is."""
        self._waiting -= 1
        if not self._waiting and self._task is not None:
            self._task.cancel()

    def _begin(self) -> None:
        self._close()
        if self._waiting:
            # Not with the argument context, which task factories of the program may not take.
            self._task = self._context.run(self._loop.create_task, self._run())
            _tasks.add(self._task)
            self._task.add_done_callback(_tasks.discard)

    async def _run(self) -> None:
        try:
            pending = self._wanted(list(self._gets))
            if len(pending) > 1:
                await self._read_together(pending)
            else:
                await self._read_singly(pending)
        except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
            for key in list(self._futures):
                self._fail(key, error)
        finally:
            # It was cancelled, as all tasks are when a loop ends.
            for futures in self._futures.values():
                for future in futures:
                    future.cancel()

    def _wanted(self, keys: list[_Key]) -> list[_Key]:
        """Return those of the *keys* for which somebody still waits."""
        return [key for key in keys if not all(future.cancelled() for future in self._futures[key])]

    async def _read_together(self, pending: list[_Key]) -> None:
        rounds = BatchRounds("reads", len(pending))
        while pending:
            request = self._request(pending)
            result: BatchGetResult | Throttled
            try:
                result = await execute_async(self._connection, request)
            except Throttled as error:
                result, remaining = error, pending
            except AccessDenied as error:
                raise _not_allowed(error) from error
            except DynamoException as error:
                if not isinstance(error, ValueError | Unsupported | BudgetExceeded | RateExceeded):
                    raise
                # One of them may be wrong, or too much for the budget or the rate, which says nothing about the others.
                return await self._read_singly(pending)
            else:
                remaining = self._settle(pending, request.requests[0], result)
            sent, pending = len(pending), remaining
            try:
                pause = rounds.pause([result], sent=sent, remaining=len(pending), unprocessed=lambda: ())
            except UnprocessedItems as error:
                raise self._throttled(error) from error
            if pause is not None:
                import asyncio  # deferred: start-up cost

                await asyncio.sleep(pause.seconds)
                pending = self._wanted(pending)
        return None

    def _request(self, keys: list[_Key]) -> BatchGet:
        gets = [self._gets[key] for key in keys]
        first = gets[0]
        projection = first.projection
        if projection is not None:
            # Items come back in any order, and are told by their keys.
            projection = (*projection, *self._keys_added_to(projection))
        request = BatchGetKeys(first.table, tuple([get.key for get in gets]), projection, first.consistent)
        return BatchGet((request,), first.return_consumed_capacity)

    def _keys_added_to(self, projection: tuple[Path, ...] | None) -> list[Path]:
        if projection is None:
            return []
        return [path for name in self._names if (path := Path.of(name)) not in projection]

    def _settle(self, keys: list[_Key], request: BatchGetKeys, result: BatchGetResult) -> list[_Key]:
        """Hand over what a *result* has for the *keys*, and return the keys that were not processed."""
        remaining = {self._key_of(key) for unprocessed in result.unprocessed for key in unprocessed.keys}
        found = {self._key_of(item): item for item in result.items.get(request.table, ())}
        added = [path.attribute for path in self._keys_added_to(self._gets[keys[0]].projection)]
        for key in keys:
            if key in remaining:
                continue
            item = found.get(key)
            if item is not None and added:
                item = {name: value for name, value in item.items() if name not in added}
            self._succeed(key, ItemResult(item, (), result.retries))
        return [key for key in keys if key in remaining]

    def _key_of(self, item: Item) -> _Key:
        return tuple([item[name] for name in self._names])

    async def _read_singly(self, keys: list[_Key]) -> None:
        if len(keys) == 1:
            return await self._read_alone(keys[0])
        import asyncio  # deferred: start-up cost

        await asyncio.gather(*map(self._read_alone, keys))
        return None

    async def _read_alone(self, key: _Key) -> None:
        try:
            result = await execute_async(self._connection, self._gets[key])
        except DynamoException as error:
            self._fail(key, error)
        else:
            self._succeed(key, result)

    def _succeed(self, key: _Key, result: ItemResult) -> None:
        first = True
        for future in self._futures.pop(key):
            if future.done():
                continue
            if not first and result.item is not None:
                result = replace(result, item=copy_of_item(result.item))
            future.set_result(result)
            first = False

    def _fail(self, key: _Key, error: Exception) -> None:
        for future in self._futures.pop(key):
            if not future.done():
                copied = _copy_of_exception(error)
                if isinstance(copied, Throttled):
                    copied.key = self._gets[key].key
                future.set_exception(copied)

    def _throttled(self, error: UnprocessedItems) -> Throttled:
        table, cause = next(iter(self._gets.values())).table, error.__cause__
        advice = "give the table or the account more capacity."
        if not isinstance(cause, Throttled):
            cause = Throttled()
        if cause.reasons:
            advice = f"do what the service's reason asks for. {cause}"
        return type(cause)(
            f"A get from '{table}' was not processed, and neither were others that merged_reads() sent with it. Send "
            f"fewer requests at the same time, or {advice}",
            error.tries,
            error.seconds,
            reasons=cause.reasons,
        )


def _not_allowed(error: AccessDenied) -> AccessDenied:
    return AccessDenied(
        f"{error} In merged_reads(), gets are sent as BatchGetItem, which needs the permission dynamodb:BatchGetItem. "
        "Allow it, or read outside of the block."
    )


def _copy_of_exception(error: Exception) -> Exception:
    """Return a copy of an *error* for each task that raises it, which adds to it where it was raised."""
    import copy  # deferred: start-up cost

    try:
        copied = copy.copy(error)
    except TypeError:
        # An exception of a plugin whose constructor takes something else.
        return error
    copied.__cause__ = error.__cause__ or error
    return copied
