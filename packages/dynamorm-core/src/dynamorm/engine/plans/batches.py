"""Plans for batches: chunks that fit into one call, sent in parallel, and retries of unprocessed requests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from dynamorm.data import limits
from dynamorm.data.batches import BatchGetKeys, BatchWriteRequest, PutRequest
from dynamorm.data.operations import BatchGet, BatchWrite
from dynamorm.data.paths import Path
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.results import BatchWriteResult
from dynamorm.data.sizes import max_json_size
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import AttributeValue, Item
from dynamorm.engine.plans.batch_retries import BatchRounds
from dynamorm.engine.plans.checks import check_item, check_key, primary_key_values
from dynamorm.engine.plans.reports import Reporter, reporter
from dynamorm.engine.plans.steps import Emit, GetConcurrency, Parallel, Plan, Step, StreamPlan, take_outcomes
from dynamorm.exceptions import DynamoException, InvalidKey

Request = TypeVar("Request")

#: The most bytes that braces, names and commas take around one request, and around all of them.
REQUEST_FRAME_BYTES = 512


def write_all(writes: Sequence[tuple[TableSpec, BatchWriteRequest]], reports: Reporter | None = None) -> Plan[None]:
    """Put and delete items, across tables, in batches of 25, several in parallel. All are checked before any is sent.

    After each round, one of the *reports* is made, if there are any.

    Raises :class:`~dynamorm.exceptions.InvalidKey` when two of them have the same primary key, and
    :class:`~dynamorm.exceptions.UnprocessedItems` when retries make no progress. Whatever ends it, the exception's
    ``unprocessed`` holds the requests that were not made.
    """
    seen: dict[tuple[AttributeValue, ...], int] = {}
    for number, (spec, request) in enumerate(writes, start=1):
        if isinstance(request, PutRequest):
            check_item(spec, request.item)
            key = request.item
        else:
            check_key(spec, request.key)
            key = request.key
        first = seen.setdefault((spec.name, *primary_key_values(spec, key)), number)
        if first != number:
            names = " and ".join(attribute.name for attribute in spec.key_attributes)
            raise InvalidKey(
                f"The writes {first} and {number} of a batch have the same {names}, the primary key of '{spec.name}', "
                "which DynamoDB refuses. Keep only one of them."
            )
    return write_checked([request for _, request in writes], reports)


def get_all(
    spec: TableSpec,
    keys: Sequence[Item],
    *,
    projection: tuple[Path, ...] | None = None,
    consistent: bool = False,
    progress: ProgressCallback | None = None,
) -> StreamPlan[Sequence[Item]]:
    """Read the items with these primary *keys* in batches of 100, several in parallel, and emit them in any order.

    When the items of a round were emitted, that is reported to the callback *progress*.

    Further batches are read only when they are requested. A key that is given twice is read once. Raises
    :class:`~dynamorm.exceptions.UnprocessedItems` when retries make no progress. Whatever ends it, the exception's
    ``unprocessed`` holds the requests for the items that were not emitted.
    """
    distinct: dict[tuple[AttributeValue, ...], Item] = {}
    for key in keys:
        check_key(spec, key)
        distinct.setdefault(primary_key_values(spec, key), key)
    reports = reporter(progress, spec.name, len(distinct))
    return _read_all(BatchGetKeys(spec.name, (), projection, consistent), deque(distinct.values()), reports)


def write_checked(
    requests: Sequence[BatchWriteRequest], reports: Reporter | None = None, *, longest: int | None = None
) -> Plan[None]:
    """Make *requests*, which were checked and have different keys; otherwise as :func:`write_all`.

    *longest* is the most bytes that the JSON of one of them has, if the caller knows it, which saves counting them.
    """
    pending = deque(requests)
    rounds = BatchRounds("writes", len(pending))

    def unprocessed() -> tuple[BatchWriteRequest, ...]:
        return tuple(pending)

    if reports is not None:
        yield from _take(reports.begin(), rounds, unprocessed)
    concurrency: int = yield GetConcurrency()
    while pending:
        chunks = [chunk for _, chunk in zip(range(concurrency), _write_chunks(pending, longest), strict=False)]
        interrupt: BaseException | None = None
        outcomes: Sequence[Any]
        try:
            outcomes = yield Parallel(tuple(map(BatchWrite, chunks)), return_exceptions=True)
        except BaseException as error:  # noqa: BLE001 - raised below, with the rest
            interrupt, outcomes = error, take_outcomes(error, chunks)
        remaining = [
            request
            for chunk, outcome in zip(chunks, outcomes, strict=True)
            for request in (outcome.unprocessed if isinstance(outcome, BatchWriteResult) else _failed(chunk, outcome))
        ]
        pending.extendleft(reversed(remaining))
        if interrupt is not None:
            rounds.interrupted(interrupt, unprocessed())
            raise interrupt
        sent = sum(map(len, chunks))
        pause = rounds.pause(outcomes, sent=sent, remaining=len(remaining), unprocessed=unprocessed)
        report = None if reports is None else reports.advance(sent - len(remaining), retried=len(remaining))
        yield from _take((report, pause), rounds, unprocessed)


def _failed(chunk: tuple[BatchWriteRequest, ...], failure: Any) -> tuple[BatchWriteRequest, ...]:
    """Return those requests of a *chunk* that were not made, or may not have been, because of a *failure*.

    It has them where a limit of rate has cut the batch, and some parts of it were made.
    """
    return getattr(failure, "unprocessed", ()) or chunk


def _take(steps: Iterable[Step | None], rounds: BatchRounds, unprocessed: Callable[[], tuple[Any, ...]]) -> Plan[None]:
    """Take the *steps* between two rounds. Whatever one of them raises has the *unprocessed* requests."""
    for step in steps:
        if step is not None:
            try:
                yield step
            except BaseException as error:
                rounds.interrupted(error, unprocessed())
                raise


def _read_all(request: BatchGetKeys, pending: deque[Item], reports: Reporter | None) -> StreamPlan[Sequence[Item]]:
    """Read the items with the *pending* keys as the *request*, which has no keys, describes."""

    def request_for(keys: Sequence[Item]) -> BatchGetKeys:
        return BatchGetKeys(request.table, tuple(keys), request.projection, request.consistent)

    def unprocessed() -> tuple[BatchGetKeys, ...]:
        return (request_for(tuple(pending)),) if pending else ()

    rounds = BatchRounds("reads", len(pending))
    if reports is not None:
        yield from _take(reports.begin(), rounds, unprocessed)
    concurrency: int = yield GetConcurrency()
    while pending:
        chunks = [chunk for _, chunk in zip(range(concurrency), _key_chunks(pending), strict=False)]
        outcomes: list[Any]
        try:
            outcomes = yield Parallel(
                tuple(BatchGet((request_for(chunk),)) for chunk in chunks), return_exceptions=True
            )
        except BaseException as error:
            keys = [key for chunk in chunks for key in chunk]
            rounds.interrupted(error, (request_for([*keys, *pending]),))
            raise
        remaining: list[Item] = []
        for chunk, outcome in zip(chunks, outcomes, strict=True):
            if isinstance(outcome, DynamoException):
                remaining += chunk
            else:
                remaining += [key for unprocessed in outcome.unprocessed for key in unprocessed.keys]
                yield Emit(outcome.items.get(request.table, ()))
        pending.extendleft(reversed(remaining))
        sent = sum(map(len, chunks))
        pause = rounds.pause(outcomes, sent=sent, remaining=len(remaining), unprocessed=unprocessed)
        report = None if reports is None else reports.advance(sent - len(remaining), retried=len(remaining))
        yield from _take((report, pause), rounds, unprocessed)


def _key_chunks(pending: deque[Item]) -> Iterator[tuple[Item, ...]]:
    """Iterate over chunks of the *pending* keys that fit into one call, removing them."""
    while pending:
        yield _pop_first(pending, min(limits.BATCH_GET_KEYS, len(pending)))


def _write_chunks(pending: deque[BatchWriteRequest], longest: int | None) -> Iterator[tuple[BatchWriteRequest, ...]]:
    """Iterate over chunks of the *pending* requests that fit into one call, by number and bytes, removing them."""
    most = limits.BATCH_WRITE_REQUESTS
    if longest is not None and REQUEST_FRAME_BYTES + most * (REQUEST_FRAME_BYTES + longest) <= limits.BATCH_WRITE_BYTES:
        while pending:
            yield _pop_first(pending, min(most, len(pending)))
    while pending:
        count, size = 0, REQUEST_FRAME_BYTES
        for request in pending:
            item = request.item if isinstance(request, PutRequest) else request.key
            size += REQUEST_FRAME_BYTES + max_json_size(item)
            if count == most or (count and size > limits.BATCH_WRITE_BYTES):
                break
            count += 1
        yield _pop_first(pending, count)


def _pop_first(pending: deque[Request], count: int) -> tuple[Request, ...]:
    return tuple(pending.popleft() for _ in range(count))
