"""Dump a table: scan it in segments, and write the items into the files of a folder."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from dynamorm.data.operations import DescribeTable, DescribeTimeToLive, Scan
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.records import record, replace
from dynamorm.data.results import PageResult
from dynamorm.data.tables import TableDescription, TimeToLive
from dynamorm.engine.plans.pages import check_progress
from dynamorm.engine.plans.steps import Blocking, ParallelPlans, Plan
from dynamorm.engine.run.rate_limits import RateLimit
from dynamorm.engine.tables.updates import read_tags
from dynamorm.exceptions import InvalidDump, InvalidValue, Unsupported
from dynamorm.operate.dumps.estimates import DumpEstimate, default_segments, estimated, point_in_time_export
from dynamorm.operate.dumps.folders import DumpFolder
from dynamorm.operate.dumps.manifests import Manifest
from dynamorm.operate.dumps.parts import PART_BYTES, Part
from dynamorm.operate.dumps.progress_files import SegmentProgress, UnfinishedDump
from dynamorm.operate.dumps.reports import DumpReports
from dynamorm.operate.dumps.table_files import DumpedTable, read_table
from dynamorm.operate.rates import GivenRate
from dynamorm.operate.resolved_tables import ResolvedTable
from dynamorm.ports.backends import BackendTraits, Capability
from dynamorm.ports.interruption import is_interrupted

#: DynamoDB takes a million. Each segment makes a file of its own, and DynamoDB's import from S3 takes 50,000 of these
#: ("DynamoDB import format quotas and validation").
MOST_SEGMENTS = 10_000


@record
class Dump:
    """A dump that is complete.

    Attributes:
        folder: Where it is.
        table: The name of the table.
        item_count: How many items it has.
        files: How many data files it has.
        units: The read units that this call has consumed; 0 on backends that don't tell.
        resumed: Whether an earlier call has begun it.
        consistency: ``"scan"``: the items were read one after the other, so that they are not those of one moment.
        point_in_time_export: The command that exports the table as it was at one moment; ``None`` outside of AWS.
    """

    folder: Path
    table: str
    item_count: int
    files: int
    units: float
    resumed: bool
    consistency: str | None
    point_in_time_export: str | None


@record
class DumpRequest:
    """What a dump was asked to do: the arguments of :func:`dynamorm.operate.dump`."""

    folder: Path
    segments: int | None
    consistent: bool | None
    resume: bool
    part_bytes: int
    progress: ProgressCallback | None


def estimate_plan(table: ResolvedTable, *, rate: GivenRate, consistent: bool) -> Plan[DumpEstimate]:
    """Return what a dump of a *table* will take."""
    description: TableDescription = yield DescribeTable(table.name)
    units = rate.rate.read if isinstance(rate, RateLimit) else rate
    return estimated(description, table.connection.backend, rate=units, consistent=consistent)


def dump_plan(table: ResolvedTable, request: DumpRequest) -> Plan[Dump]:
    """Dump a *table* as the *request* says. Raises what :func:`dynamorm.operate.dump` raises."""
    if request.segments is not None:
        _check_number(request.segments, "segments", MOST_SEGMENTS)
    _check_number(request.part_bytes, "part_bytes")
    reports = DumpReports(request.progress, table.name)
    folder: DumpFolder = yield Blocking(
        partial(DumpFolder, request.folder, resume=request.resume, part_bytes=request.part_bytes)
    )
    try:
        if folder.manifest is not None:
            return _done(folder.manifest, request, table, 0.0)
        description: TableDescription = yield DescribeTable(table.name)
        if folder.unfinished is None:
            begun = _new_dump(description, request, table.connection.backend)
        else:
            begun = folder.unfinished
            _check_same(begun, description, request)
        described = yield from _described(description, table.connection.backend)
        yield Blocking(partial(folder.begin, begun, described))
        return (yield from _read(folder, table, description, request, reports))
    finally:
        folder.close()


def _read(
    folder: DumpFolder, table: ResolvedTable, description: TableDescription, request: DumpRequest, reports: DumpReports
) -> Plan[Dump]:
    unfinished = folder.unfinished
    assert unfinished is not None, "the dump was begun"
    can_count = Capability.CONSUMED_CAPACITY in table.connection.capabilities
    scan = Scan(
        table.name,
        consistent=unfinished.consistent,
        total_segments=len(unfinished.segments) if len(unfinished.segments) > 1 else None,
        return_consumed_capacity="TOTAL" if can_count else "NONE",
    )
    try:
        yield from reports.begin(unfinished.item_count, description.item_count or None)
        numbers = [number for number, each in enumerate(unfinished.segments) if not each.finished]
        yield ParallelPlans(tuple(_segment(folder, scan, number, reports) for number in numbers))
        manifest: Manifest = yield Blocking(partial(folder.finish, _now()))
    except BaseException as error:
        error.resumable = True  # type: ignore[attr-defined]
        error.add_note(f"What was read is kept in '{request.folder}'. Go on there with resume=True.")
        raise
    yield from reports.end()
    return _done(manifest, request, table, reports.progress.units)


def _segment(folder: DumpFolder, scan: Scan, number: int, reports: DumpReports) -> Plan[None]:
    """Read one segment to its end, or until the dump is to stop, and keep what was read."""
    part = folder.new_part(number)
    scan = replace(scan, start_key=folder.segment(number).position)
    if scan.total_segments is not None:
        scan = replace(scan, segment=number)
    try:
        while not folder.is_stopping and not is_interrupted():
            page: PageResult = yield scan
            check_progress(scan, page)
            size = part.size
            yield Blocking(partial(part.add, page.items, page.last_key))
            yield from reports.add(page, part.size - size)
            if page.last_key is None:
                break
            scan = replace(scan, start_key=page.last_key)
            # The next page is read without this one in memory.
            del page
            if part.is_full:
                yield Blocking(partial(folder.save, part, number))
                part = folder.new_part(number)
        yield Blocking(partial(folder.save, part, number))
    except GeneratorExit:
        part.discard()
        raise
    except BaseException as error:
        yield from _stop(folder, part, number, error)
        raise


def _stop(folder: DumpFolder, part: Part, number: int, error: BaseException) -> Plan[None]:
    """Let the other segments end, and keep what this one has read before the *error*."""
    folder.stop()
    try:
        yield Blocking(partial(folder.save, part, number))
    except OSError as failure:
        error.add_note(f"The last part of segment {number} could not be kept either: {failure}")


def _new_dump(description: TableDescription, request: DumpRequest, backend: BackendTraits) -> UnfinishedDump:
    segments = request.segments or default_segments(description, backend)
    if segments > 1 and Capability.PARALLEL_SCAN not in backend.capabilities:
        raise backend.unsupported(Capability.PARALLEL_SCAN)
    return UnfinishedDump(
        description.spec.name, description.arn, _now(), bool(request.consistent), (SegmentProgress(),) * segments
    )


def _check_same(begun: UnfinishedDump, description: TableDescription, request: DumpRequest) -> None:
    """Raise :class:`~dynamorm.exceptions.InvalidDump` if the dump that was *begun* is another one than is asked for."""
    where = f"The dump in '{request.folder}' was begun"
    name = description.spec.name
    if begun.table != name:
        raise InvalidDump(f"{where} of the table '{begun.table}', not of '{name}'. Choose another folder.")
    if begun.arn != description.arn:
        raise InvalidDump(
            f"{where} of {begun.arn or 'a table outside of AWS'}, not of {description.arn or 'one outside of AWS'}. "
            "Use the account and the region of then, or choose another folder."
        )
    if request.segments is not None and request.segments != len(begun.segments):
        raise InvalidDump(
            f"{where} in {len(begun.segments)} segments, and can't go on in {request.segments}. Leave the number out."
        )
    if request.consistent is not None and request.consistent != begun.consistent:
        kind = "consistent" if begun.consistent else "eventually consistent"
        raise InvalidDump(f"{where} with {kind} reads, and can't go on with others. Leave 'consistent' out.")
    written = read_table(request.folder)
    if written is not None and written.spec.key_attributes != description.spec.key_attributes:
        raise InvalidDump(f"{where} when the table had another primary key. Dump the new table into another folder.")


def _described(description: TableDescription, backend: BackendTraits) -> Plan[DumpedTable]:
    """Return what creates the table again, with the settings that its description does not have."""
    expiry, tags = None, None
    # Servers for tests lack some operations of the service that their backend has: then they have no such settings.
    if Capability.TIME_TO_LIVE in backend.capabilities:
        with suppress(Unsupported):
            time_to_live: TimeToLive = yield DescribeTimeToLive(description.spec.name)
            expiry = time_to_live.attribute
    if Capability.TAGS in backend.capabilities:
        with suppress(Unsupported):
            tags = yield from read_tags(description)
    return DumpedTable(description.spec, expiry, tags or None)


def _done(manifest: Manifest, request: DumpRequest, table: ResolvedTable, units: float) -> Dump:
    if manifest.table != table.name:
        raise InvalidDump(f"'{request.folder}' has a dump of '{manifest.table}', not of '{table.name}'.")
    return Dump(
        request.folder,
        table.name,
        manifest.item_count,
        len(manifest.files),
        units,
        request.resume,
        manifest.consistency,
        point_in_time_export(manifest.table_arn),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _check_number(number: object, name: str, most: int | None = None) -> None:
    if isinstance(number, bool) or not isinstance(number, int) or number < 1 or (most is not None and number > most):
        raise InvalidValue(
            f"{name} must be a whole number, at least 1{'' if most is None else f' and at most {most:,}'}."
        )


__all__ = ["PART_BYTES", "Dump", "DumpRequest", "dump_plan", "estimate_plan"]
