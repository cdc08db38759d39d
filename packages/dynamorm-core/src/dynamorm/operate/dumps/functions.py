"""``dump``: a table into files, in the format of DynamoDB's own exports to S3; what it will take; and ``verify``."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from dynamorm.data.operations import Operation
from dynamorm.data.progress import ProgressCallback
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import Target
from dynamorm.model.verbs.drivers import adrive_on, drive_on
from dynamorm.operate.connections import aopened, opened
from dynamorm.operate.dumps.dumping import Dump, DumpRequest, dump_plan, estimate_plan
from dynamorm.operate.dumps.estimates import DumpEstimate
from dynamorm.operate.dumps.parts import PART_BYTES
from dynamorm.operate.dumps.verifying import Verification, verify_plan
from dynamorm.operate.rates import GivenRate, limited
from dynamorm.operate.resolved_tables import GivenTable, ResolvedTable
from dynamorm.ports.backends import Backend


def dump(
    table: GivenTable,
    folder: str | PathLike[str],
    *,
    backend: Target | None = None,
    segments: int | None = None,
    consistent: bool | None = None,
    resume: bool = False,
    rate: GivenRate = None,
    part_bytes: int = PART_BYTES,
    progress: ProgressCallback | None = None,
) -> Dump:
    """Write all items of a *table* into a *folder*, in the format of DynamoDB's export to S3, and return what was done.

    The items are raw: as they are stored, without any schema, expired ones too, and of a table that several models
    share those of all. They are read by a scan, one after the other, so that they are not those of one moment if
    programs write meanwhile. ``table.json`` beside the data describes the table.

    Whatever ends the dump, an exception or a kill, another call with *resume* goes on after the last complete parts.
    Exceptions that end it half-way have a note that says so, and the attribute ``resumable``.

    Args:
        table: A model or a shared table, or the complete name of a table.
        folder: Where the files go. It must be empty, or not exist, unless the dump is resumed.
        backend: The backend of the table: a URL, an open backend or a connection. By default that of the model, or the
            current one.
        segments: In how many segments the table is read, as many at once as the connection takes operations
            (``max_concurrency``); at most 10,000. By default one for each 64 MB, and at most 8.
        consistent: Read consistently, which costs twice as much.
        rate: How many read units a second the dump is held to, or a :class:`~dynamorm.RateLimit`.
        resume: Go on with the dump that was begun in the folder. If it is complete already, nothing is read.
        part_bytes: How large each data file gets, before it is compressed.
        progress: A function that is called with each :class:`~dynamorm.operate.DumpProgress`, after each page.

    Raises:
        InvalidDump: The folder is not empty; or the dump in it is of another table, or in other segments.
        InvalidValue: A number is not a whole one, at least 1, or is too large.
        TableNotFound: There is no such table.
        DynaModelException: The *rate* is not above 0.
        RateExceeded: The rate does not allow to wait for long enough.
        Throttled: The capacity was exceeded for too long.
        OSError: The files can't be written.
    """
    request = DumpRequest(Path(folder), segments, consistent, resume, part_bytes, progress)
    with opened(backend) as origin, limited(rate, reads=True):
        named = ResolvedTable(table, origin)
        return drive_on(named.connection, dump_plan(named, request))


async def adump(
    table: GivenTable,
    folder: str | PathLike[str],
    *,
    backend: Target | None = None,
    segments: int | None = None,
    consistent: bool | None = None,
    resume: bool = False,
    rate: GivenRate = None,
    part_bytes: int = PART_BYTES,
    progress: ProgressCallback | None = None,
) -> Dump:
    """Write all items of a *table* into a *folder*, as :func:`dump` does. Files are written in threads."""
    request = DumpRequest(Path(folder), segments, consistent, resume, part_bytes, progress)
    async with aopened(backend) as origin:
        with limited(rate, reads=True):
            named = ResolvedTable(table, origin)
            return await adrive_on(named.connection, dump_plan(named, request))


def estimate_dump(
    table: GivenTable, *, backend: Target | None = None, rate: GivenRate = None, consistent: bool = False
) -> DumpEstimate:
    """Return what a dump of a *table* will take: capacity units, time and money. It sends one ``DescribeTable``.

    Args:
        table: A model or a shared table, or the complete name of a table.
        backend: As for :func:`dump`.
        rate: The read units a second that the dump is to be held to, or a :class:`~dynamorm.RateLimit`.
        consistent: Whether it reads consistently.

    Raises:
        TableNotFound: There is no such table.
    """
    # The rate is checked, although nothing is read.
    with opened(backend) as origin, limited(rate, reads=True):
        named = ResolvedTable(table, origin)
        return drive_on(named.connection, estimate_plan(named, rate=rate, consistent=consistent))


async def aestimate_dump(
    table: GivenTable, *, backend: Target | None = None, rate: GivenRate = None, consistent: bool = False
) -> DumpEstimate:
    """Return what a dump of a *table* will take, as :func:`estimate_dump` does."""
    async with aopened(backend) as origin:
        with limited(rate, reads=True):
            named = ResolvedTable(table, origin)
            return await adrive_on(named.connection, estimate_plan(named, rate=rate, consistent=consistent))


def verify(
    folder: str | PathLike[str],
    *,
    against: GivenTable | None = None,
    backend: Target | None = None,
    rate: GivenRate = None,
    progress: ProgressCallback | None = None,
) -> Verification:
    """Check the files of a dump against its manifest, and return all that is wrong.

    Each file is read: its checksum, its number of lines, and each line, which must be an item that has the key of
    the table. No key may be there twice. An export of DynamoDB is checked likewise. Nothing is sent, unless there is a
    table to compare with.

    Args:
        folder: The folder of the dump.
        against: A table whose items are compared with those of the dump, by key and content. It is scanned. If programs
            write, it has changed since the dump, and while that was read.
        backend: The backend of that table, as for :func:`dump`.
        rate: How many read units a second the scan is held to, as for :func:`dump`.
        progress: A function that is called with a :class:`~dynamorm.progress.Progress` after each file and page.

    Raises:
        InvalidDump: There is no dump in the folder, or one that is not finished, or its manifest can't be read.
        TableNotFound: There is no such table.
    """
    with opened(backend) as origin, limited(rate, reads=True):
        if against is None:
            return drive_on(Connection(_FilesOnly()), verify_plan(Path(folder), None, progress))
        table = ResolvedTable(against, origin)
        return drive_on(table.connection, verify_plan(Path(folder), table, progress))


async def averify(
    folder: str | PathLike[str],
    *,
    against: GivenTable | None = None,
    backend: Target | None = None,
    rate: GivenRate = None,
    progress: ProgressCallback | None = None,
) -> Verification:
    """Check the files of a dump against its manifest, as :func:`verify` does. Files are read in threads."""
    async with aopened(backend) as origin:
        with limited(rate, reads=True):
            if against is None:
                return await adrive_on(Connection(_FilesOnly()), verify_plan(Path(folder), None, progress))
            table = ResolvedTable(against, origin)
            return await adrive_on(table.connection, verify_plan(Path(folder), table, progress))


class _FilesOnly(Backend):
    """The backend of plans that read files, and send nothing."""

    def execute(self, operation: Operation[Any]) -> Any:
        raise AssertionError("nothing is to be sent")

    def close(self) -> None:
        """There is nothing to close."""
