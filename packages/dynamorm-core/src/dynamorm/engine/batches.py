"""Plans for batches: chunks of what one call may hold, and what the service left over sent again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from dynamorm.data import limits
from dynamorm.data.batches import BatchGetKeys, BatchWriteRequest, PutRequest
from dynamorm.data.operations import BatchGet, BatchWrite
from dynamorm.data.paths import Path
from dynamorm.data.results import BatchGetResult, BatchWriteResult
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import AttributeValue, Item
from dynamorm.engine.checks import check_item, check_key, identity
from dynamorm.engine.steps import Emit, Pause, Plan, StreamPlan
from dynamorm.exceptions import InvalidKey, UnprocessedItems

Request = TypeVar("Request")

#: How often in a row the service may process nothing before a batch gives up.
FRUITLESS_TRIES = 8
#: The longest pause before the first repetition and before any, in seconds.
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0


def write_all(writes: Sequence[tuple[TableSpec, BatchWriteRequest]]) -> Plan[None]:
    """Writes and deletes items, of any tables, in batches of 25. All are checked before the first is sent.

    Raises :class:`~dynamorm.exceptions.InvalidKey` when two of them have the same primary key, and
    :class:`~dynamorm.exceptions.UnprocessedItems` with what is left when the service stops
    processing them.
    """
    seen: set[tuple[AttributeValue, ...]] = set()
    for spec, request in writes:
        if isinstance(request, PutRequest):
            check_item(spec, request.item)
            key = request.item
        else:
            check_key(spec, request.key)
            key = request.key
        place = (spec.name, *identity(spec, key))
        if place in seen:
            raise InvalidKey(
                f"Two writes of one batch for '{spec.name}' have the same primary key, and DynamoDB would refuse them. "
                "Keep only the one that is meant to last."
            )
        seen.add(place)
    return _write_all([request for _, request in writes])


def get_all(
    spec: TableSpec,
    keys: Sequence[Item],
    *,
    projection: tuple[Path, ...] | None = None,
    consistent: bool = False,
) -> StreamPlan[Sequence[Item]]:
    """Reads the items with these primary *keys* in batches of 100, and emits them as they come, in no certain order.

    A key that stands twice is read once. Raises :class:`~dynamorm.exceptions.UnprocessedItems` with
    what is left when the service stops processing them.
    """
    distinct: dict[tuple[AttributeValue, ...], Item] = {}
    for key in keys:
        check_key(spec, key)
        distinct.setdefault(identity(spec, key), key)
    return _read_all(spec.name, deque(distinct.values()), projection, consistent=consistent)


def _write_all(requests: Sequence[BatchWriteRequest]) -> Plan[None]:
    pending = deque(requests)
    retries = _Retries("write")
    while pending:
        chunk = _take(pending, limits.BATCH_WRITE_REQUESTS)
        result: BatchWriteResult = yield BatchWrite(tuple(chunk))
        pending.extendleft(reversed(result.unprocessed))
        if result.unprocessed:
            progress = len(result.unprocessed) < len(chunk)
            yield retries.pause(progress=progress, left=lambda: tuple(pending))


def _read_all(
    table: str, pending: deque[Item], projection: tuple[Path, ...] | None, *, consistent: bool
) -> StreamPlan[Sequence[Item]]:
    retries = _Retries("get")

    def request(keys: Sequence[Item]) -> BatchGetKeys:
        return BatchGetKeys(table, tuple(keys), projection, consistent)

    while pending:
        chunk = _take(pending, limits.BATCH_GET_KEYS)
        result: BatchGetResult = yield BatchGet((request(chunk),))
        left_over = [key for unprocessed in result.unprocessed for key in unprocessed.keys]
        pending.extendleft(reversed(left_over))
        yield Emit(result.items.get(table, ()))
        if left_over:
            progress = len(left_over) < len(chunk)
            yield retries.pause(progress=progress, left=lambda: (request(pending),))


def _take(pending: deque[Request], most: int) -> list[Request]:
    return [pending.popleft() for _ in range(min(most, len(pending)))]


class _Retries:
    """Exponential backoff with full jitter ("Error retries and exponential backoff in AWS"), bounded."""

    def __init__(self, verb: str) -> None:
        self._verb = verb
        self._fruitless = 0

    def pause(self, *, progress: bool, left: Callable[[], Sequence[object]]) -> Pause:
        self._fruitless = 0 if progress else self._fruitless + 1
        if self._fruitless >= FRUITLESS_TRIES:
            unprocessed = left()
            raise UnprocessedItems(
                f"The service processed nothing of a batch {self._verb} {FRUITLESS_TRIES} times in a row; what is left "
                "stands in the attribute 'unprocessed'. Its table or an index has too little capacity for this rate.",
                unprocessed,
            )
        # Imported here because few programs ever wait, and each would pay for it when it starts.
        import random

        return Pause(random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._fruitless)))
