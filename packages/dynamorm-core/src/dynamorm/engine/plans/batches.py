"""Plans for batches: chunks of what one call may hold, side by side, and what the service left over sent again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from dynamorm.data import limits
from dynamorm.data.batches import BatchGetKeys, BatchWriteRequest, PutRequest
from dynamorm.data.operations import BatchGet, BatchWrite
from dynamorm.data.paths import Path
from dynamorm.data.sizes import max_json_size
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import AttributeValue, Item
from dynamorm.engine.plans.batch_retries import BatchRounds
from dynamorm.engine.plans.checks import check_item, check_key, primary_key_values
from dynamorm.engine.plans.steps import Emit, GetConcurrency, Parallel, Plan, StreamPlan
from dynamorm.exceptions import DynamoException, InvalidKey

Request = TypeVar("Request")

#: What the braces, names and commas around one request, and around all of them, take at most.
REQUEST_FRAME_BYTES = 512


def write_all(writes: Sequence[tuple[TableSpec, BatchWriteRequest]]) -> Plan[None]:
    """Writes and deletes items, of any tables, in batches of 25, several at once. All are checked before the first is sent.

    Raises :class:`~dynamorm.exceptions.InvalidKey` when two of them have the same primary key, and
    :class:`~dynamorm.exceptions.UnprocessedItems` when the service stops processing them. Whatever ends it, the
    exception's ``unprocessed`` holds the requests that were not made.
    """
    seen: set[tuple[AttributeValue, ...]] = set()
    for spec, request in writes:
        if isinstance(request, PutRequest):
            check_item(spec, request.item)
            key = request.item
        else:
            check_key(spec, request.key)
            key = request.key
        place = (spec.name, *primary_key_values(spec, key))
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
    """Reads the items with these primary *keys* in batches of 100, several at once, and emits them in no certain order.

    No more batches are read before they are asked for. A key that stands twice is read once. Raises
    :class:`~dynamorm.exceptions.UnprocessedItems` when the service stops processing them. Whatever ends it, the
    exception's ``unprocessed`` holds the requests for what was not emitted.
    """
    distinct: dict[tuple[AttributeValue, ...], Item] = {}
    for key in keys:
        check_key(spec, key)
        distinct.setdefault(primary_key_values(spec, key), key)
    return _read_all(BatchGetKeys(spec.name, (), projection, consistent), deque(distinct.values()))


def _write_all(requests: Sequence[BatchWriteRequest]) -> Plan[None]:
    pending = deque(requests)
    rounds = BatchRounds("writes", len(pending))
    connections: int = yield GetConcurrency()
    while pending:
        chunks = [chunk for _, chunk in zip(range(connections), _write_chunks(pending), strict=False)]
        outcomes: list[Any] = yield Parallel(tuple(map(BatchWrite, chunks)), return_exceptions=True)
        left = [
            request
            for chunk, outcome in zip(chunks, outcomes, strict=True)
            for request in (chunk if isinstance(outcome, DynamoException) else outcome.unprocessed)
        ]
        pending.extendleft(reversed(left))
        pause = rounds.pause(outcomes, sent=sum(map(len, chunks)), left=len(left), unprocessed=lambda: tuple(pending))
        if pause is not None:
            yield pause


def _read_all(request: BatchGetKeys, pending: deque[Item]) -> StreamPlan[Sequence[Item]]:
    """Reads the items with the *pending* keys; the *request* says how, and has no keys."""

    def of(keys: Sequence[Item]) -> BatchGetKeys:
        return BatchGetKeys(request.table, tuple(keys), request.projection, request.consistent)

    rounds = BatchRounds("reads", len(pending))
    connections: int = yield GetConcurrency()
    while pending:
        chunks = [chunk for _, chunk in zip(range(connections), _key_chunks(pending), strict=False)]
        outcomes: list[Any] = yield Parallel(tuple(BatchGet((of(chunk),)) for chunk in chunks), return_exceptions=True)
        left: list[Item] = []
        for chunk, outcome in zip(chunks, outcomes, strict=True):
            if isinstance(outcome, DynamoException):
                left += chunk
            else:
                left += [key for unprocessed in outcome.unprocessed for key in unprocessed.keys]
                yield Emit(outcome.items.get(request.table, ()))
        pending.extendleft(reversed(left))
        pause = rounds.pause(
            outcomes, sent=sum(map(len, chunks)), left=len(left), unprocessed=lambda: (of(tuple(pending)),)
        )
        if pause is not None:
            yield pause


def _key_chunks(pending: deque[Item]) -> Iterator[tuple[Item, ...]]:
    """Takes as many of the *pending* keys as one call may hold, each time."""
    while pending:
        yield _taken(pending, min(limits.BATCH_GET_KEYS, len(pending)))


def _write_chunks(pending: deque[BatchWriteRequest]) -> Iterator[tuple[BatchWriteRequest, ...]]:
    """Takes as many of the *pending* requests as one call may hold, each time: by their number and their bytes."""
    while pending:
        count, size = 0, REQUEST_FRAME_BYTES
        for request in pending:
            item = request.item if isinstance(request, PutRequest) else request.key
            size += REQUEST_FRAME_BYTES + max_json_size(item)
            if count == limits.BATCH_WRITE_REQUESTS or (count and size > limits.BATCH_WRITE_BYTES):
                break
            count += 1
        yield _taken(pending, count)


def _taken(pending: deque[Request], count: int) -> tuple[Request, ...]:
    return tuple(pending.popleft() for _ in range(count))
