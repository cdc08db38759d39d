"""The plan of ``reindex``: it gives items the keys of indexes that their fields give, and moves them from former keys.

The keys are written on the condition that the fields are as they were read. An item that another writer has changed
meanwhile is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynamorm.data.operations import UpdateItem
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.records import record, replace
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import Item, identical
from dynamorm.engine.plans import writes
from dynamorm.engine.plans.backoff import Backoff
from dynamorm.engine.plans.pages import ReadPage
from dynamorm.engine.plans.preconditions import AsRead, ItemPresent, Precondition
from dynamorm.engine.plans.reports import reporter
from dynamorm.engine.plans.steps import GetConcurrency, Parallel, Plan, StreamPlan, map_stream
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import (
    ConditionFailed,
    DynaModelException,
    DynamoException,
    HashKeyExists,
    InvalidKey,
    InvalidValue,
    Throttled,
    TransactionConflict,
)
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.upkeep.findings import Reindexed
from dynamorm.model.upkeep.key_differences import ItemKeys, index_change
from dynamorm.model.upkeep.models import TableModels
from dynamorm.model.upkeep.rereads import until_unchanged
from dynamorm.model.upkeep.walks import Walk


def reindex(
    models: TableModels, spec: TableSpec, walk: Walk, progress: ProgressCallback | None = None
) -> Plan[Reindexed]:
    """Write the missing and the wrong keys of the items of a *walk*, and return what was done.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for models without composed keys.
    """
    if all(model._mapper.composed is None for model in models.models):
        raise DynaModelException(
            f"{models.label} has no key that is composed of fields, so there is nothing to write again: DynamoDB puts "
            "items into the index of a field by itself."
        )
    return _Reindexing(models, spec, walk, progress).plan()


@record
class _Pending:
    """The update of an item of a *model* that is to be sent."""

    model: Any
    write: Write


class _Reindexing:
    """One call of ``reindex``."""

    def __init__(self, models: TableModels, spec: TableSpec, walk: Walk, progress: ProgressCallback | None) -> None:
        self._models = models
        self._spec = spec
        self._walk = walk
        self._reports = reporter(progress, spec.name)
        self._result = Reindexed()

    def plan(self) -> Plan[Reindexed]:
        """Return the plan."""
        try:
            if self._reports is not None:
                yield from self._reports.begin()
            yield from map_stream(self._walk.pages(), self._take)  # type: ignore[misc]  # it emits nothing
            if self._reports is not None:
                yield from self._reports.end()
        except GeneratorExit:
            raise
        except BaseException as error:
            self._walk.note_on(error, "The reindexing did not come to its end.")
            raise
        return replace(self._result, cursor=self._walk.cursor)

    def _take(self, page: ReadPage) -> StreamPlan[Any]:
        before = self._result
        pending: list[_Pending] = []
        for item in page.result.items:
            model = self._models.model_of(item)
            if model is not None and not self._models.is_own_item(item, self._spec) and self._models.reads(model):
                try:
                    write = yield from self._examined(model, item)
                except ConditionFailed:
                    yield from self._again(model, {name: item[name] for name in model._mapper.key_names})
                    continue
                if write is not None:
                    pending.append(_Pending(model, write))
        yield from self._send(pending)
        self._walk.done(page)
        looked_at = page.result.scanned_count
        self._count(looked_at=len(page.result.items))
        if self._reports is not None:
            after = self._result
            done = after.changed + after.moved - before.changed - before.moved
            yield self._reports.advance(done, looked_at=looked_at, finished=page.end is None)

    def _count(self, *, looked_at: int = 0, changed: int = 0, moved: int = 0, skipped: int = 0) -> None:
        result = self._result
        self._result = Reindexed(
            result.looked_at + looked_at, result.changed + changed, result.moved + moved, result.skipped + skipped
        )

    def _examined(self, model: Any, item: Item) -> Plan[Write | None]:
        """Return the update that an *item* needs, if any. An item under a former key is moved.

        Raises :class:`~dynamorm.exceptions.ConditionFailed` if another writer has changed one that is moved.
        """
        mapper: Mapper = model._mapper
        if mapper.composed is None:
            return None
        try:
            keys = ItemKeys(mapper, item)
            expected = keys.expected_primary()
            if expected is not None and not identical(expected, keys.stored) and keys.is_former(expected):
                yield from self._move(model, keys)
                return None
            change = index_change(mapper, item)
        except (InvalidKey, InvalidValue):
            self._count(skipped=1)
            return None
        if change is None:
            return None
        preconditions: tuple[Precondition, ...] = (ItemPresent(),)
        if change.relied_on:
            preconditions += (AsRead(change.relied_on),)
        return writes.update(self._spec, keys.stored, change.actions, preconditions=preconditions)

    def _move(self, model: Any, keys: ItemKeys) -> Plan[None]:
        """Move an item from its former key to the present one, with all that it has."""
        from dynamorm.model.verbs.moves import move_to_present_key  # deferred: start-up cost

        try:
            yield from move_to_present_key(model._mapper, self._spec, keys.item, keys.composed.add_to(keys.fields))
        except HashKeyExists:
            self._count(skipped=1)
        else:
            self._count(moved=1)

    def _send(self, pending: Sequence[_Pending]) -> Plan[None]:
        """Send the updates of a page, several in parallel."""
        concurrency: int = (yield GetConcurrency()) if pending else 1
        backoff = Backoff()
        rest = list(pending)
        while rest:
            chunk, rest = rest[:concurrency], rest[concurrency:]
            operations = tuple(each.write.operation for each in chunk)
            outcomes = yield Parallel(operations, return_exceptions=True)  # type: ignore[arg-type]  # they are updates
            left: list[_Pending] = []
            throttled: Throttled | None = None
            for each, outcome in zip(chunk, outcomes, strict=True):
                if isinstance(outcome, Throttled):
                    throttled = outcome
                    left.append(each)
                elif isinstance(outcome, (ConditionFailed, TransactionConflict)):
                    assert isinstance(each.write.operation, UpdateItem)
                    yield from self._again(each.model, each.write.operation.key)
                elif isinstance(outcome, DynamoException):
                    raise outcome
                else:
                    self._count(changed=1)
            if throttled is not None:
                pause = backoff.pause(progress=len(left) < len(chunk))
                if pause is None:
                    raise throttled
                yield pause
            rest = left + rest

    def _again(self, model: Any, key: Item) -> Plan[None]:
        """Read an item again that another writer has changed meanwhile, until its keys are right, or it is gone."""

        def reindex(item: Item) -> Plan[None]:
            if self._models.model_of(item) is model:
                write = yield from self._examined(model, item)
                if write is not None:
                    yield write
                    self._count(changed=1)

        tried = "reindex() tried to write its keys"
        yield from until_unchanged(self._spec, key, None, reindex, failure=ConditionFailed, tried=tried)
