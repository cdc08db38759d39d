"""``load``: write the items of an export into a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dynamorm.data.progress import ProgressCallback
from dynamorm.data.tables import TableSpec
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import Target
from dynamorm.exceptions import InvalidLoad
from dynamorm.model.verbs.drivers import adrive_on, drive_on
from dynamorm.operate.connections import aopened, opened
from dynamorm.operate.rates import GivenRate, limited
from dynamorm.operate.resolved_tables import GivenTable, ResolvedTable
from dynamorm.operate.transfers.chunks import Chunk
from dynamorm.operate.transfers.export_chunks import names_left, read_chunks
from dynamorm.operate.transfers.export_files import check_files, open_export
from dynamorm.operate.transfers.queues import in_threads, read_in_task, read_in_thread
from dynamorm.operate.transfers.results import LoadResult
from dynamorm.operate.transfers.selections import Change, Selection
from dynamorm.operate.transfers.targets import check_keys, create_target, live_target
from dynamorm.operate.transfers.transfer import Transfer, TransferOptions, address_of
from dynamorm.operate.transfers.where_clauses import Where, condition_of, digest_of, function_of, holds


def load(
    source: str | Path,
    table: GivenTable,
    *,
    create: bool = False,
    settings: bool = False,
    incremental: bool = False,
    if_absent: bool = False,
    where: Where = None,
    change: Change | None = None,
    without_expired: bool = False,
    limit: int | None = None,
    check: bool = False,
    allow_empty: bool = False,
    rate: GivenRate = None,
    state: str | Path | None = None,
    failed: str | Path | None = None,
    resume: bool = False,
    progress: ProgressCallback | None = None,
    backend: Target | None = None,
) -> LoadResult:
    """Write the items of an export into a table, and return what was done.

    ::

        result = operate.load("books/", Book, state="books.load.json", failed="failed.jsonl")

    The export is a folder that ``dump`` has written, one that DynamoDB has exported to S3 and that was copied from
    there, or any file with an item in each line, ``{"Item": {"isbn": {"S": "1"}}}``, compressed with gzip or not. Items
    are put as they are: an item with the same key is replaced, a model's schema, version and expiry have no part in it.
    No table is deleted or replaced. Two items with one key can be anywhere: the later one stays.

    A load that ends before its end can be continued behind the last items that were written, if it has a *state*.

    Args:
        source: A folder, a file, or ``"-"`` for the standard input.
        table: A model, a shared table, or the name of a table, before which no prefix is put.
        create: Create the table: as the model describes it, or with the keys and indexes of the table that was dumped.
        settings: Create it with the capacity, stream, time to live, class, deletion protection and tags of that table,
            too. Without it, the table is billed on demand, and has none of them.
        incremental: Apply an incremental export: its changes are puts and deletes. Only with it is one loaded.
        if_absent: Put items only if the table has none with their key. Each is a request of its own, which is slower.
        where: Which items are written: conditions by the names of the model's fields, or of attributes if *table* is a
            name, such as ``{"year__gt": 2000}``; expressions of the model; or a function that takes an item.
        change: A function that is called with each item, a dict by attribute name, and returns what is written in its
            place; ``None`` leaves it out. It is called in a thread of its own.
        without_expired: Leave out items that have expired, by the time to live of the model or of the dump.
        limit: The most items to choose.
        check: Read each item again when it was written, and compare it, which costs read units.
        allow_empty: Accept a source without items, and conditions that no item meets.
        rate: The most write units a second, and with *check* as many read units, or a :class:`~dynamorm.RateLimit`.
        state: A file in which to save how far the load has come. It is deleted when the load is complete.
        failed: A file for the items that can't be written, with the reasons. It has their values, and can be loaded.
        resume: Continue the load that the *state* is of, with the same arguments.
        progress: A function that is called with a :class:`~dynamorm.progress.Progress` after some hundred items.
        backend: What ``connect`` takes; by default the model's own connection, or the current one.

    Raises:
        InvalidDump: The source is no export, is not whole, does not fit its manifest, has a broken line, or is
            incremental and should not be. Unless the message says otherwise, nothing was written.
        InvalidLoad: The arguments can't work together, the keys differ, or there is nothing to resume.
        NothingLoaded: There was nothing to write.
        DynaModelException: *rate* is not above 0, or *progress* can't be called.
        TableNotFound: There is no such table, and *create* was not given.
        TableAlreadyExists: It is to be created, and exists.
        UnprocessedItems: The table was throttled for too long. The load can be resumed.
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
    with opened(backend) as connection, limited(rate, reads=check, writes=True):
        work = _Load(source, table, connection, options, where, incremental=incremental)
        spec = drive_on(work.connection, work.prepare())
        with read_in_thread(work.chunks()) as next_chunk:
            return drive_on(work.connection, work.transfer.write(spec, next_chunk, work.total))


async def aload(
    source: str | Path,
    table: GivenTable,
    *,
    create: bool = False,
    settings: bool = False,
    incremental: bool = False,
    if_absent: bool = False,
    where: Where = None,
    change: Change | None = None,
    without_expired: bool = False,
    limit: int | None = None,
    check: bool = False,
    allow_empty: bool = False,
    rate: GivenRate = None,
    state: str | Path | None = None,
    failed: str | Path | None = None,
    resume: bool = False,
    progress: ProgressCallback | None = None,
    backend: Target | None = None,
) -> LoadResult:
    """Write the items of an export into a table, as :func:`load` does. Files are read in a thread."""
    from asyncio import to_thread  # deferred: start-up cost

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
    async with aopened(backend) as connection:
        with limited(rate, reads=check, writes=True):
            work = await to_thread(_Load, source, table, connection, options, where, incremental=incremental)
            spec = await adrive_on(work.connection, work.prepare())
            async with read_in_task(in_threads(work.chunks())) as next_chunk:
                return await adrive_on(work.connection, work.transfer.write(spec, next_chunk, work.total))


class _Load:
    """A load: everything about it is checked that can be, before anything is sent."""

    def __init__(
        self,
        source: str | Path,
        table: GivenTable,
        connection: Connection | None,
        options: TransferOptions,
        where: Where,
        *,
        incremental: bool,
    ) -> None:
        self._table = ResolvedTable(table, connection)
        self.connection = self._table.connection
        self._options = options
        self._incremental = incremental
        self._export = open_export(source, incremental=incremental)
        condition, function = condition_of(where, self._table), function_of(where)
        self._where = holds(condition, function)
        if incremental:
            self._refuse_selection()
        self.transfer = Transfer(
            self._export.source,
            self._table.name,
            options,
            {"backend": address_of(self.connection), "incremental": incremental, "where": digest_of(where, condition)},
            "load",
        )
        self.transfer.reads_lines = True
        self._expires = self._expiry() if options.without_expired else None
        self.transfer.warnings += self._export.warnings
        self.transfer.warnings += check_files(self._export, names_left(self._export, self.transfer.position))
        # It may end before the end of the export.
        self.total = None if options.limit is not None else self._export.item_count

    def prepare(self) -> Plan[TableSpec]:
        """Create the table if that was asked for, and return its spec."""
        options, export = self._options, self._export
        if options.create:
            self.transfer.created = yield from create_target(
                self._table, export.table, settings=options.settings, missing_only=options.resume
            )
        create = "load with create=True, on the command line --create"
        description = yield from live_target(self._table.name, create)
        if export.table is not None and options.change is None:
            check_keys(export.table.spec, description.spec)
        spec: TableSpec = description.spec
        return spec

    def chunks(self) -> Iterator[Chunk]:
        """Read the export, behind what was written before."""
        options, transfer = self._options, self.transfer
        selection = Selection(self._where, options.change, self._expires, options.limit, transfer.chosen)
        return read_chunks(
            self._export, self._table.name, selection, incremental=self._incremental, position=transfer.position
        )

    def _expiry(self) -> str:
        layout = self._table.layout
        if layout is not None and layout.expiry is not None:
            return layout.expiry.attribute
        dumped = self._export.table
        if dumped is not None and dumped.time_to_live is not None:
            return dumped.time_to_live
        raise InvalidLoad(
            f"Nothing says when items of '{self._export.source}' expire: it is of a table without a time to live, or "
            "has no table.json. Give a model whose Table has a ttl, or choose items by a condition: "
            "where={'expires__gt': …}."
        )

    def _refuse_selection(self) -> None:
        options: dict[str, Any] = {
            "where": self._where,
            "change": self._options.change,
            "without_expired": self._options.without_expired,
            "limit": self._options.limit,
            "if_absent": self._options.if_absent,
        }
        for name, value in options.items():
            if value:
                raise InvalidLoad(
                    f"{name} does not go with an incremental export, whose deletes have no items. Apply all of it."
                )
