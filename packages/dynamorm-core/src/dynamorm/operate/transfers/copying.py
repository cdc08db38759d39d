"""``copy``: write the items of one table into another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path as FilePath

from dynamorm.data.conditions import And, AttributeIsType, AttributeNotExists, Comparison, Condition, Not, Or, Value
from dynamorm.data.operations import DescribeTable, Scan
from dynamorm.data.paths import Path
from dynamorm.data.positions import SegmentPositions
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.tables import TableDescription, TableSpec
from dynamorm.engine.plans import segments as segment_plans
from dynamorm.engine.plans.pages import NO_LIMITS, ReadLimits, ReadPage
from dynamorm.engine.plans.steps import OnConnection, Plan, StreamPlan
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import Target
from dynamorm.engine.run.places import place_of
from dynamorm.exceptions import InvalidLoad
from dynamorm.model.table.expiry import now
from dynamorm.model.verbs.drivers import adrive_on, adrive_stream, drive_on, drive_stream
from dynamorm.operate.connections import aopened, opened
from dynamorm.operate.dumps.lines import CODEC
from dynamorm.operate.dumps.table_files import DumpedTable
from dynamorm.operate.rates import GivenRate, limited
from dynamorm.operate.resolved_tables import GivenTable, ResolvedTable
from dynamorm.operate.transfers.chunk_builders import ChunkBuilder
from dynamorm.operate.transfers.chunks import Chunk, Position, in_slices
from dynamorm.operate.transfers.queues import read_in_task, read_in_thread
from dynamorm.operate.transfers.results import LoadResult
from dynamorm.operate.transfers.selections import Change, Selection
from dynamorm.operate.transfers.targets import check_keys, create_target, dumped_table, live_target
from dynamorm.operate.transfers.transfer import Transfer, TransferOptions, address_of
from dynamorm.operate.transfers.where_clauses import Where, condition_of, digest_of, function_of

#: In how many segments a table is read if nothing else is said.
SEGMENTS = 4


def copy(
    source: GivenTable,
    target: GivenTable | None = None,
    *,
    to: Target | None = None,
    create: bool = True,
    settings: bool = False,
    if_absent: bool = False,
    where: Where = None,
    change: Change | None = None,
    without_expired: bool = False,
    limit: int | None = None,
    segments: int = SEGMENTS,
    check: bool = False,
    allow_empty: bool = False,
    rate: GivenRate = None,
    state: str | FilePath | None = None,
    failed: str | FilePath | None = None,
    resume: bool = False,
    progress: ProgressCallback | None = None,
    backend: Target | None = None,
) -> LoadResult:
    """Write the items of one table into another, on the same backend or another one, and return what was done.

    ::

        operate.copy(Book, to="sqlite:///books.db", change=anonymised, limit=10_000)

    The source is scanned, which reads, and costs, the whole table whatever is chosen, unless a *limit* is reached. A
    scan is no snapshot: an item that is written meanwhile is copied as it was or as it is. Reading and writing go on at
    the same time, and few items are in memory. Items are put as :func:`load` puts them.

    Args:
        source: A model, a shared table, or the name of a table, before which no prefix is put.
        target: The same, of the table that is written to; by default the same table on the backend *to*.
        to: The backend that is written to, as ``connect`` takes it; by default that of the *target*.
        create: Create the table if it does not exist: as the target's model describes it, or with the keys and indexes
            of the source.
        settings: Create it with the capacity, stream, time to live, class, deletion protection and tags of the source,
            too. Without it, the table is billed on demand, and has none of them.
        if_absent: As for :func:`load`.
        where: Which items are written, as :func:`load` takes it, by the fields of the source's model. The table itself
            filters by conditions; items are read and paid for all the same.
        change: As for :func:`load`.
        without_expired: Leave out items that have expired, by the time to live of the source.
        limit: As for :func:`load`.
        segments: In how many segments the source is read in parallel.
        check: As for :func:`load`.
        allow_empty: As for :func:`load`.
        rate: The most read units, and the most write units, a second, or a :class:`~dynamorm.RateLimit`.
        state: As for :func:`load`.
        failed: As for :func:`load`.
        resume: As for :func:`load`.
        progress: As for :func:`load`. The total is the number of items that the service has counted last.
        backend: The backend that is read; by default that of the source's model, or the current one.

    Raises:
        InvalidLoad: The source and the target are one table, the arguments can't work together, the keys differ, or
            there is nothing to resume.
        NothingLoaded: There was nothing to write.
        DynaModelException: *rate* is not above 0, or *progress* can't be called.
        TableNotFound: There is no such source, or no such target and it is not to be created.
        UnprocessedItems: The target was throttled for too long. The copy can be resumed.
    """
    options = TransferOptions(
        create=create,
        settings=settings,
        if_absent=if_absent,
        change=change,
        without_expired=without_expired,
        limit=limit,
        check=check,
        allow_empty=allow_empty,
        state=state,
        failed=failed,
        resume=resume,
        progress=progress,
    )
    with opened(backend) as reading, opened(to) as writing, limited(rate, reads=True, writes=True):
        work = _Copy(
            ResolvedTable(source, reading),
            source if target is None else target,
            writing,
            options,
            where,
            segments=segments,
        )
        spec = drive_on(work.connection, work.prepare())
        pages = drive_stream(work.source.connection, work.pages())
        with read_in_thread(work.chunks(pages)) as next_chunk:
            return drive_on(work.connection, work.transfer.write(spec, next_chunk, work.total))


async def acopy(
    source: GivenTable,
    target: GivenTable | None = None,
    *,
    to: Target | None = None,
    create: bool = True,
    settings: bool = False,
    if_absent: bool = False,
    where: Where = None,
    change: Change | None = None,
    without_expired: bool = False,
    limit: int | None = None,
    segments: int = SEGMENTS,
    check: bool = False,
    allow_empty: bool = False,
    rate: GivenRate = None,
    state: str | FilePath | None = None,
    failed: str | FilePath | None = None,
    resume: bool = False,
    progress: ProgressCallback | None = None,
    backend: Target | None = None,
) -> LoadResult:
    """Write the items of one table into another, as :func:`copy` does. *change* is called on the event loop."""
    options = TransferOptions(
        create=create,
        settings=settings,
        if_absent=if_absent,
        change=change,
        without_expired=without_expired,
        limit=limit,
        check=check,
        allow_empty=allow_empty,
        state=state,
        failed=failed,
        resume=resume,
        progress=progress,
    )
    async with aopened(backend) as reading, aopened(to) as writing:
        with limited(rate, reads=True, writes=True):
            work = _Copy(
                ResolvedTable(source, reading),
                source if target is None else target,
                writing,
                options,
                where,
                segments=segments,
            )
            spec = await adrive_on(work.connection, work.prepare())
            pages = adrive_stream(work.source.connection, work.pages())
            async with read_in_task(work.achunks(pages)) as next_chunk:
                return await adrive_on(work.connection, work.transfer.write(spec, next_chunk, work.total))


class _Copy:
    """A copy: everything about it is checked that can be, before anything is sent."""

    def __init__(
        self,
        source: ResolvedTable,
        target: GivenTable,
        writing: Connection | None,
        options: TransferOptions,
        where: Where,
        *,
        segments: int,
    ) -> None:
        if isinstance(segments, bool) or not 1 <= segments <= 1_000_000:
            raise InvalidLoad("segments is a number from 1 to 1,000,000.")
        self.source = source
        # Without a backend of its own, a table that is given by its name is where the source is.
        beside = self.source.connection if isinstance(target, str) else None
        self._target = ResolvedTable(target, writing or beside)
        self.connection = self._target.connection
        self._options = options
        self._segments = segments
        self._condition, self._function = condition_of(where, self.source), function_of(where)
        self._refuse_itself(None, None)
        self.transfer = Transfer(
            self.source.name,
            self._target.name,
            options,
            {
                "from": address_of(self.source.connection),
                "backend": address_of(self.connection),
                "where": digest_of(where, self._condition),
                "segments": segments,
            },
            "copy",
        )
        self.total: int | None = None
        self._keys: tuple[str, ...] = ()

    def prepare(self) -> Plan[TableSpec]:
        """Look at the source, create the target if it does not exist, and return the target's spec."""
        options, source = self._options, self.source
        dumped: DumpedTable
        description, dumped = yield OnConnection(source.connection, self._describe_source())
        self._keys = tuple(attribute.name for attribute in description.spec.key_attributes)
        if options.create:
            self.transfer.created = yield from create_target(
                self._target, dumped, settings=options.settings, missing_only=True
            )
        target = yield from live_target(self._target.name, "copy with create=True")
        self._refuse_itself(description.arn, target.arn)
        if options.change is None:
            check_keys(description.spec, target.spec)
        if options.limit is None:
            # The service counts about every six hours.
            self.total = description.item_count or None
        if options.without_expired:
            self._condition = _both(self._condition, self._unexpired(dumped))
        spec: TableSpec = target.spec
        return spec

    def _describe_source(self) -> Plan[tuple[TableDescription, DumpedTable]]:
        options = self._options
        description: TableDescription = yield DescribeTable(self.source.name)
        if options.settings or (options.without_expired and self.source.layout is None):
            return description, (yield from dumped_table(description, settings=options.settings))
        return description, DumpedTable(description.spec)

    def pages(self) -> StreamPlan[ReadPage]:
        """Read the source, behind what was written before."""
        position = self.transfer.position
        scan = Scan(self.source.name, filter=self._condition)
        limit = self._options.limit
        if self._function is None and self._options.change is None and limit is not None:
            # The source need not read more, as each item that it finds is chosen.
            limits = ReadLimits(limit - self.transfer.chosen)
        else:
            limits = NO_LIMITS
        return segment_plans.pages(
            scan,
            SegmentPositions.at_beginning(self._segments) if position is None else _decode(position),
            limits,
            max_concurrency=min(self._segments, self.source.connection.max_concurrency),
            keys=self._keys,
        )

    def chunks(self, pages: Iterable[ReadPage]) -> Iterator[Chunk]:
        """Make chunks of *pages*."""
        selection = self._selection()
        builder = ChunkBuilder(self._target.name, selection)
        for page in pages:
            yield from _chunks_of(page, builder, selection)
            if selection.is_used_up:
                return

    async def achunks(self, pages: AsyncIterator[ReadPage]) -> AsyncIterator[Chunk]:
        """Make chunks of *pages*, as :meth:`chunks` does."""
        selection = self._selection()
        builder = ChunkBuilder(self._target.name, selection)
        async for page in pages:
            for chunk in _chunks_of(page, builder, selection):
                yield chunk
            if selection.is_used_up:
                return

    def _selection(self) -> Selection:
        return Selection(self._function, self._options.change, limit=self._options.limit, chosen=self.transfer.chosen)

    def _unexpired(self, dumped: DumpedTable) -> Condition:
        layout = self.source.layout
        attribute = dumped.time_to_live
        if layout is not None:
            attribute = None if layout.expiry is None else layout.expiry.attribute
        if attribute is None:
            raise InvalidLoad(
                f"Items of '{self.source.name}' don't expire: the table has no time to live. Leave out "
                "without_expired, or choose items by a condition: where={'expires__gt': …}."
            )
        path = Path.of(attribute)
        return Or((AttributeNotExists(path), Not(AttributeIsType(path, "N")), Comparison(">", path, Value(now()))))

    def _refuse_itself(self, source_arn: str | None, target_arn: str | None) -> None:
        source, target = self.source, self._target
        if source.name != target.name:
            return
        places = place_of(source.connection.describe()), place_of(target.connection.describe())
        is_same = places[0] == places[1] if places[0] and places[1] else None
        if source_arn is not None and target_arn is not None:
            # Local servers give the tables of all of them the same account.
            is_same = source_arn == target_arn and is_same is not False
        if is_same or source.connection.backend is target.connection.backend:
            raise InvalidLoad(
                f"The source and the target are the same table, '{source.name}'. Name another target table, or a "
                "backend to copy it to."
            )


def _chunks_of(page: ReadPage, builder: ChunkBuilder, selection: Selection) -> Iterator[Chunk]:
    """Yield the items of a *page* in chunks. Only the last one has a position: a page is read as a whole."""
    result = page.result
    for item in result.items:
        if selection.is_used_up:
            break
        builder.put(item, item)
    assert page.segments is not None, "these are pages of segments"
    filtered = 0 if selection.is_used_up else result.scanned_count - result.count
    yield from in_slices(builder.take(_encode(page.segments.moved(page.segment, result.last_key)), filtered))


def _both(first: Condition | None, second: Condition) -> Condition:
    return second if first is None else And((first, second))


def _encode(positions: SegmentPositions) -> Position:
    begun = {str(segment): None if key is None else CODEC.encode_item(key) for segment, key in positions.begun.items()}
    return {"total": positions.total, "begun": begun, "following": positions.following}


def _decode(position: Position) -> SegmentPositions:
    keys = position["begun"].items()
    begun = {int(segment): None if key is None else CODEC.decode_item(key) for segment, key in keys}
    return SegmentPositions(position["total"], begun, position["following"])
