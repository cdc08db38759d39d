"""The plans of a read: its pages, loaded or not, and the plan of each of its verbs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dynamorm.data.operations import Operation, Scan
from dynamorm.data.paths import Path
from dynamorm.data.positions import Position, SegmentPositions
from dynamorm.data.records import replace
from dynamorm.data.results import PageResult
from dynamorm.data.values import Item
from dynamorm.engine.plans import pages as paging
from dynamorm.engine.plans import segments as parallel
from dynamorm.engine.plans.pages import ReadPage
from dynamorm.engine.plans.reports import Reporter, reporter
from dynamorm.engine.plans.steps import Emit, Parallel, Plan, StreamPlan, map_stream
from dynamorm.engine.plans.turns import LET_OTHERS_RUN
from dynamorm.exceptions import InvalidKey, MultipleItemsFound, NoItemFound, ValidationError
from dynamorm.model.reads.loaded_pages import LoadedPage
from dynamorm.model.reads.settings import ReadSettings

if TYPE_CHECKING:
    from dynamorm.model.reads.read_kinds import ReadKinds


def read_pages(
    settings: ReadSettings, *, count_only: bool = False, make_quota: paging.MakeQuota = paging.Quota
) -> StreamPlan[ReadPage]:
    """Return the plan that emits the pages of a read."""
    if settings.held is not None and settings.start is None and settings.cursor is None:
        return _held_page(settings, settings.held)
    operation, position = settings.operation_now(counts=count_only), settings.starting_position()
    if count_only:
        operation = paging.counting(operation)
    if settings.segments is not None and isinstance(operation, Scan):
        return parallel.pages(
            operation,
            _segment_positions(settings, position, settings.segments),
            settings.limits,
            # A backend that runs one operation at a time is not asked for pages that are not needed yet.
            max_concurrency=settings.connection.max_concurrency,
            keys=settings.keys,
        )
    if isinstance(position, SegmentPositions):
        raise InvalidKey(
            f"This read of {settings.mapper.model_name} was asked to start where a scan in {position.total} segments "
            f"ended. Only such a scan can continue there: scan(…).parallel({position.total})."
        )
    if position is not None:
        operation = replace(operation, start_key=position)
    return paging.pages(operation, settings.limits, keys=settings.keys, make_quota=make_quota)


def _held_page(settings: ReadSettings, held: Sequence[Item]) -> StreamPlan[ReadPage]:
    """Emit the page of a read whose items are *held* by the instance that they are related to. Nothing is sent."""
    page = PageResult(held, len(held), len(held))
    yield Emit(ReadPage(paging.Quota(settings.operation, settings.limits).cut(page, settings.keys), settings.keys))


def loaded_pages(settings: ReadSettings) -> StreamPlan[LoadedPage[Any]]:
    """Emit the pages of a read with their instances, and with the prefetched ones of these.

    The limit counts the instances: for items that are dropped, others are read.
    """
    for prefetch in settings.prefetches:
        prefetch.check(settings.loaded)
    latest: LoadedPage[Any] | None = None
    dropped = 0
    reports = reporter(settings.progress, settings.operation.table)
    if reports is not None:
        yield from reports.begin()

    def load_page(page: ReadPage) -> StreamPlan[LoadedPage[Any]]:
        nonlocal latest, dropped
        latest = LoadedPage(page, settings)
        if settings.prefetches or joined is not None:
            for _ in latest.prepare_in_parts():
                if settings.is_awaited:
                    yield LET_OTHERS_RUN
            instances = latest.prepared_instances()
            if joined is not None:
                joined.fill(list(instances))
            for prefetch in settings.prefetches:
                consistent = settings.operation.consistent
                yield from prefetch.load(instances, consistent=consistent, on_event_loop=settings.is_awaited)
        yield Emit(latest)
        dropped += len(latest.dropped)
        if reports is not None:
            done = page.result.count - len(latest.dropped)
            yield reports.advance(done, looked_at=page.result.scanned_count, finished=page.end is None)

    joined = None
    if settings.joins:
        from dynamorm.model.reads.joined_pages import JoinedItems  # deferred: start-up cost

        joined = JoinedItems(settings)
    while True:
        yield from map_stream(read_pages(settings) if joined is None else joined.pages(), load_page)
        end = None if latest is None else latest.page.end
        if settings.limits.limit is None or settings.limits.single_page or end is None or not dropped:
            break
        settings, dropped = settings.starting_at(end).limited_to(dropped), 0
    if reports is not None:
        yield from reports.end()


def count(settings: ReadSettings) -> Plan[int]:
    """Return the number of items that the read finds, which the service counts."""
    settings = settings._replace(joins=())
    reports = reporter(settings.progress, settings.operation.table)
    kinds, spec = settings.kinds, settings.mapper.table.spec
    if kinds is not None and kinds.is_decided_by_program(settings.operation, spec):
        return (yield from _count_of_kinds(settings, kinds))
    pages = read_pages(settings, count_only=True)
    return (yield from paging.count(pages if reports is None else _reported(pages, reports)))


def _count_of_kinds(settings: ReadSettings, kinds: ReadKinds) -> Plan[int]:
    """Return the number of items that the read finds, of which only the program can say whether they belong to it."""
    total, limit = 0, settings.limits.limit
    if not kinds.needs_whole_items:
        # The attribute of the kind is added to the keys.
        keys = tuple(map(Path.of, settings.keys))
        settings = settings._replace(operation=replace(settings.operation, projection=keys))
    end: Position | None = None

    def add(page: ReadPage) -> StreamPlan[ReadPage]:
        nonlocal total, end
        total, end = total + sum(map(kinds.gives, page.result.items)), page.end
        yield from ()

    while True:
        yield from map_stream(read_pages(settings), add)  # type: ignore[misc]  # it emits nothing
        if limit is None or end is None or total >= limit:
            return total
        settings = settings.starting_at(end).limited_to(limit - total)


def exists(settings: ReadSettings) -> Plan[bool]:
    """Return whether the read finds an item."""
    if settings.kinds is not None:
        # A count would look at more items, because it filters them.
        try:
            return bool((yield from _take(settings._replace(invalid="raise"), 1)))
        except ValidationError:
            return True
    return (yield from count(settings.limited_to(1))) > 0


def first(settings: ReadSettings) -> Plan[Any]:
    """Return the first instance that the read finds; ``None`` if there is none."""
    found = yield from _take(settings, 1)
    return found[0] if found else None


def one(settings: ReadSettings) -> Plan[Any]:
    """Return the only instance that the read finds; raise if there is none, or another one."""
    found = yield from _take(settings, 2)
    if len(found) == 1:
        return found[0]
    model = settings.mapper.model_name
    if not found:
        raise NoItemFound(
            f"A read of {model} found no item, but one() needs exactly one. first() returns None in that case."
        )
    raise MultipleItemsFound(
        f"A read of {model} found more than one item, but one() needs exactly one. Add conditions, or use first()."
    )


def first_operations(settings: ReadSettings) -> Sequence[Operation[Any]]:
    """Return the operations that the read sends first."""
    if settings.held is not None:
        return []
    plan = read_pages(settings)
    step = next(plan)
    plan.close()
    if isinstance(step, Parallel):
        return step.operations
    assert isinstance(step, Operation), "a read begins with its first pages"
    return [step]


def _reported(pages: StreamPlan[ReadPage], reports: Reporter) -> StreamPlan[ReadPage]:
    """Emit the *pages*, and report on each."""

    def report(page: ReadPage) -> StreamPlan[ReadPage]:
        yield Emit(page)
        yield reports.advance(page.result.count, looked_at=page.result.scanned_count, finished=page.end is None)

    yield from reports.begin()
    yield from map_stream(pages, report)
    yield from reports.end()


def _take(settings: ReadSettings, number: int) -> Plan[list[Any]]:
    """Return the first instances that the read finds, at most this *number*."""
    found: list[Any] = []

    def keep(page: LoadedPage[Any]) -> StreamPlan[Any]:
        found.extend(page.instances)
        yield from ()

    limit = settings.limits.limit
    yield from map_stream(  # type: ignore[misc]  # it emits nothing
        loaded_pages(settings.limited_to(number if limit is None else min(limit, number))), keep
    )
    return found


def _segment_positions(settings: ReadSettings, position: Position | None, number: int) -> SegmentPositions:
    model = settings.mapper.model_name
    if position is None:
        return SegmentPositions.at_beginning(number)
    if not isinstance(position, SegmentPositions):
        raise InvalidKey(
            f"This scan of {model} in {number} segments was asked to start after a single key. "
            "It can start at the 'last' of such a scan; leave parallel() out to start after a key."
        )
    if position.total != number:
        raise InvalidKey(
            f"This scan of {model} in {number} segments was asked to start where a scan in "
            f"{position.total} segments ended. Use parallel({position.total})."
        )
    return position
