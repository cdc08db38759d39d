"""Dumps: each item once, whatever ends them half-way, and what is refused."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from itertools import count
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest
from marshmallow import fields

from dynamorm import DynaModel, RateLimit, operate
from dynamorm.data import (
    CreateTable,
    DeleteTable,
    Item,
    KeyAttribute,
    Operation,
    PutItem,
    Scan,
    TableDescription,
    TableSpec,
    TagTable,
    Throughput,
    UpdateTimeToLive,
)
from dynamorm.data.progress import Progress
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import open_connection
from dynamorm.exceptions import (
    DynaModelException,
    InvalidDump,
    InvalidValue,
    RateExceeded,
    TableNotFound,
    Throttled,
    Unsupported,
)
from dynamorm.operate.dumps.estimates import estimated
from dynamorm.operate.dumps.manifests import SUMMARY, read_manifest
from dynamorm.operate.dumps.parts import Part
from dynamorm.operate.dumps.progress_files import write_progress
from dynamorm.operate.dumps.table_files import DumpedTable, read_table
from dynamorm.ports.backends import Backend, Capability
from tests.support.backends import RecordingBackend
from tests.support.dumps import NUMBERS, check_whole, fill, items_in, numbers_in


class Thread(DynaModel):
    class Table:
        name = "threads"
        hash_key = "subject"

    class Schema:
        subject = fields.String()


DumpIt = Callable[..., operate.Dump]


def dump_awaited(*args: Any, **arguments: Any) -> operate.Dump:
    return asyncio.run(operate.adump(*args, **arguments))


@pytest.fixture(params=["sync", "async"])
def dump(request: pytest.FixtureRequest) -> DumpIt:
    """``dump``, and ``adump``."""
    return operate.dump if request.param == "sync" else dump_awaited


class Pages(Backend):
    """Makes the pages of scans small, lets several calls in at once, and throttles one page, if it is told which."""

    max_concurrency = 4

    def __init__(self, backend: Backend, size: int = 10, *, throttled: int | None = None) -> None:
        self.capabilities = backend.capabilities
        self.scans = 0
        self._throttled = throttled
        self._backend = backend
        self._size = size

    def execute(self, operation: Operation[Any]) -> Any:
        if isinstance(operation, Scan):
            self.scans += 1
            if self.scans == self._throttled:
                raise Throttled("Scan of table 'numbers' was throttled.")
            operation = operation.__replace__(limit=self._size)  # type: ignore[attr-defined]
        return self._backend.execute(operation)

    def close(self) -> None:
        """Leave it open."""


# --- what a dump has


VALUES: Item = {
    "n": 1,
    "text": 'a "quoted" ü \U0001f600 \u2028 \x00 text',
    "number": Decimal("-12345678901234567890.1234567890123456"),
    "bytes": b"\x00\xff",
    "yes": True,
    "none": None,
    "list": [1, "two", [b"3"], {}],
    "map": {"e": "", "a.b": {"c": Decimal("1E-100")}},
    "texts": {"a", "b"},
    "numbers": {1, Decimal("2.5")},
    "blobs": {b"1", b"2"},
    "$B": {"S": "no type"},
}


def test_items_are_dumped_without_loss(backend: Backend, tmp_path: Path) -> None:
    backend.execute(CreateTable(NUMBERS))
    backend.execute(PutItem("numbers", VALUES))
    done = operate.dump("numbers", tmp_path / "dump", backend=backend, consistent=True)
    assert [*items_in(tmp_path / "dump")] == [VALUES]
    assert (done.table, done.item_count, done.files, done.units, done.resumed) == ("numbers", 1, 1, 1.0, False)
    check_whole(tmp_path / "dump")


def test_a_dump_that_is_loaded_is_dumped_to_the_same_bytes(sqlite_memory: Backend, tmp_path: Path) -> None:
    sqlite_memory.execute(CreateTable(NUMBERS))
    for number in range(200):
        tags: set[str] = {f"{each}" for each in range(number % 7 + 1)}
        sqlite_memory.execute(PutItem("numbers", VALUES | {"n": number, "tags": tags}))
    first, second = tmp_path / "first", tmp_path / "second"
    operate.dump("numbers", first, backend=sqlite_memory, segments=3, part_bytes=4_000)
    url = f"sqlite:///{tmp_path / 'copy.db'}"
    operate.load(first, "numbers", create=True, backend=url)
    operate.dump("numbers", second, backend=url, segments=3, part_bytes=4_000)
    for name in ("data", "."):
        paths = sorted(path for path in (first / name).iterdir() if path.is_file() and path.name != SUMMARY)
        assert [path.read_bytes() for path in paths] == [(second / name / path.name).read_bytes() for path in paths]
    assert operate.verify(first, against="numbers", backend=url).difference == operate.DumpDifference(
        "numbers", 200, 0, 0, 0
    )


@pytest.mark.parametrize("segments", [1, 3])
def test_each_item_is_dumped_once(sqlite_memory: Backend, dump: DumpIt, tmp_path: Path, segments: int) -> None:
    fill(sqlite_memory, 200, size=50)
    done = dump("numbers", tmp_path, backend=Pages(sqlite_memory), segments=segments, part_bytes=1_000)
    assert numbers_in(tmp_path) == [*range(200)]
    assert (done.item_count, done.consistency, done.folder) == (200, "scan", tmp_path)
    assert done.files >= 10
    check_whole(tmp_path)
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    assert (manifest.table, manifest.segments, manifest.is_own) == ("numbers", segments, True)


def test_a_table_without_items_has_no_data_files(sqlite_memory: Backend, dump: DumpIt, tmp_path: Path) -> None:
    fill(sqlite_memory, 0)
    assert dump("numbers", tmp_path / "new" / "dump", backend=sqlite_memory, segments=4).item_count == 0
    check_whole(tmp_path / "new" / "dump")


def test_the_same_table_is_dumped_to_the_same_bytes(sqlite_memory: Backend, tmp_path: Path) -> None:
    sqlite_memory.execute(CreateTable(NUMBERS))
    for number in range(50):
        sqlite_memory.execute(PutItem("numbers", {"n": number, "set": {f"{each}" for each in range(number + 1)}}))
    contents = []
    for name in ("a", "b"):
        operate.dump("numbers", tmp_path / name, backend=sqlite_memory, segments=2)
        contents.append([path.read_bytes() for path in sorted((tmp_path / name / "data").iterdir())])
    assert contents[0] == contents[1]


def test_the_whole_table_of_a_model_is_dumped_with_its_settings(sqlite_memory: Backend, tmp_path: Path) -> None:
    connection = open_connection(sqlite_memory, table_prefix="dev-")
    spec = Thread.__table__.spec.__replace__(name=f"dev-{Thread.__table__.name}")  # type: ignore[attr-defined]
    sqlite_memory.execute(CreateTable(spec))
    sqlite_memory.execute(UpdateTimeToLive(spec.name, "expires", on=True))
    sqlite_memory.execute(TagTable(spec.name, {"team": "forum"}))
    done = operate.dump(Thread, tmp_path, backend=connection)
    assert done.table == spec.name
    assert read_table(tmp_path) == DumpedTable(spec, "expires", {"team": "forum"})


def test_the_current_connection_is_used_for_a_name(recorder: RecordingBackend, tmp_path: Path) -> None:
    fill(recorder, 3)
    assert operate.dump("numbers", tmp_path / "a").item_count == 3
    assert sum(isinstance(each, Scan) for each in recorder.sent) == 1


def test_a_url_is_opened_and_closed(tmp_path: Path, dump: DumpIt) -> None:
    url = f"sqlite:///{tmp_path / 'numbers.db'}"
    with open_connection(url) as connection:
        fill(connection.backend, 3)
    assert dump("numbers", tmp_path / "dump", backend=url).item_count == 3


# --- what ends a dump half-way


def test_a_dump_that_failed_goes_on(sqlite_memory: Backend, dump: DumpIt, tmp_path: Path) -> None:
    fill(sqlite_memory, 200)
    faults = Pages(sqlite_memory, throttled=7)
    with pytest.raises(Throttled) as raised:
        dump("numbers", tmp_path, backend=faults, segments=3)
    assert "Go on there with resume=True" in raised.value.__notes__[-1]
    assert getattr(raised.value, "resumable", False)
    kept = numbers_in(tmp_path)
    assert 60 <= len(kept) == len({*kept}) < 200
    pages = Pages(sqlite_memory)
    done = dump("numbers", tmp_path, backend=pages, resume=True)
    assert numbers_in(tmp_path) == [*range(200)]
    assert (done.resumed, done.item_count) == (True, 200)
    assert pages.scans <= (200 - len(kept)) // 10 + 3, "what was kept is not read again"
    check_whole(tmp_path)


def test_a_dump_that_is_complete_is_not_read_again(sqlite_memory: Backend, dump: DumpIt, tmp_path: Path) -> None:
    fill(sqlite_memory, 20)
    first = dump("numbers", tmp_path, backend=sqlite_memory)
    pages = Pages(sqlite_memory)
    again = dump("numbers", tmp_path, backend=pages, resume=True)
    assert (again.item_count, again.files, again.resumed, pages.scans) == (20, first.files, True, 0)


def test_a_dump_whose_parts_are_missing_does_not_go_on(sqlite_memory: Backend, tmp_path: Path) -> None:
    fill(sqlite_memory, 100)
    with pytest.raises(Throttled):
        operate.dump("numbers", tmp_path, backend=Pages(sqlite_memory, throttled=4))
    next((tmp_path / "data").iterdir()).unlink()
    with pytest.raises(InvalidDump, match=r"lacks 'data/00000-00000\.json\.gz', which the dump has written"):
        operate.dump("numbers", tmp_path, backend=sqlite_memory, resume=True)


def test_what_no_part_has_is_removed_when_a_dump_goes_on(sqlite_memory: Backend, tmp_path: Path) -> None:
    fill(sqlite_memory, 100)
    faults = Pages(sqlite_memory, throttled=4)
    with pytest.raises(Throttled):
        operate.dump("numbers", tmp_path, backend=faults)
    left = tmp_path / "data" / "00000-00007.json.gz", tmp_path / "data" / "00000-00001.json.gz.1f.tmp"
    for path in left:
        path.write_bytes(b"from a run that was killed")
    (tmp_path / "table.json").unlink()
    operate.dump("numbers", tmp_path, backend=sqlite_memory, resume=True)
    assert numbers_in(tmp_path) == [*range(100)]
    check_whole(tmp_path)


@pytest.mark.parametrize("segments", [1, 3])
def test_what_a_callback_raises_ends_the_dump(
    sqlite_memory: Backend, dump: DumpIt, tmp_path: Path, segments: int
) -> None:
    fill(sqlite_memory, 200)

    def stop(progress: Progress) -> None:
        if progress.done >= 50:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        dump("numbers", tmp_path, backend=Pages(sqlite_memory), segments=segments, progress=stop)
    assert len(numbers_in(tmp_path)) >= 50
    dump("numbers", tmp_path, backend=Pages(sqlite_memory), resume=True)
    assert numbers_in(tmp_path) == [*range(200)]


def test_a_cancelled_dump_goes_on(sqlite_memory: Backend, tmp_path: Path) -> None:
    fill(sqlite_memory, 200)

    async def cancelled() -> None:
        reached = asyncio.Event()
        task = asyncio.ensure_future(
            operate.adump(
                "numbers",
                tmp_path,
                backend=Pages(sqlite_memory),
                segments=3,
                progress=lambda progress: None if progress.done < 50 else reached.set(),
            )
        )
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    kept = numbers_in(tmp_path)
    assert 50 <= len(kept) == len({*kept}) < 200
    dump_awaited("numbers", tmp_path, backend=Pages(sqlite_memory), resume=True)
    assert numbers_in(tmp_path) == [*range(200)]
    check_whole(tmp_path)


def test_a_dump_that_is_cancelled_at_any_page_goes_on_at_once(
    sqlite_memory: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite_memory, 60)
    monkeypatch.setattr(os, "fsync", lambda fd: None)

    async def cancelled_at(page: int, folder: Path) -> None:
        reports = count(1)

        def cancel(progress: Progress) -> None:
            if next(reports) == page:
                # While other segments write.
                asyncio.get_running_loop().call_later(page % 3 / 1000, task.cancel)

        arguments: dict[str, Any] = {"backend": Pages(sqlite_memory), "part_bytes": 600}
        task = asyncio.ensure_future(operate.adump("numbers", folder, segments=3, progress=cancel, **arguments))
        with suppress(asyncio.CancelledError):
            await task
        await operate.adump("numbers", folder, resume=(folder / "data").exists(), **arguments)

    for page in range(1, 10):
        folder = tmp_path / str(page)
        asyncio.run(cancelled_at(page, folder))
        assert numbers_in(folder) == [*range(60)], f"page {page}"
        check_whole(folder)


@pytest.mark.parametrize("segments", [1, 3])
def test_a_dump_that_is_interrupted_at_any_step_with_files_goes_on(
    sqlite_memory: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, segments: int
) -> None:
    fill(sqlite_memory, 60)
    monkeypatch.setattr(os, "fsync", lambda fd: None)  # it takes most of the time
    for step in count(1):
        folder, left = tmp_path / str(step), count(step, -1)
        with monkeypatch.context() as patch:
            for name in ("fsync", "replace", "unlink", "mkdir"):
                patch.setattr(os, name, interrupted_at(left, getattr(os, name)))
            try:
                operate.dump("numbers", folder, backend=Pages(sqlite_memory), segments=segments, part_bytes=600)
            except KeyboardInterrupt:
                pass
            else:
                break
        begun = any((folder / name).exists() for name in ("_progress.json", SUMMARY))
        operate.dump("numbers", folder, backend=Pages(sqlite_memory), segments=segments, resume=begun)
        assert numbers_in(folder) == [*range(60)], f"step {step}"
        check_whole(folder)
    assert step > 20


def interrupted_at(left: Iterator[int], function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the *function*, before which Ctrl-C is pressed when the numbers that are *left* have come to 1."""

    def call(*args: Any, **arguments: Any) -> Any:
        if next(left) == 1:
            raise KeyboardInterrupt
        return function(*args, **arguments)

    return call


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_thread_that_a_cancelled_dump_has_left_behind_writes_nothing(tmp_path: Path, is_begun: bool) -> None:
    (tmp_path / "data").mkdir()
    part = Part(tmp_path, "data/00000-00000.json.gz", "run")
    if is_begun:
        part.add([{"n": 1}], {"n": 1})
    assert part.complete() is is_begun
    part.add([{"n": 2}], {"n": 2})
    assert len([*(tmp_path / "data").iterdir()]) == is_begun
    assert part.position == ({"n": 1} if is_begun else None)


def test_a_full_disk_ends_the_dump(
    sqlite_memory: Backend, dump: DumpIt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite_memory, 100)

    def full(file: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dynamorm.operate.dumps.parts.sync_file", full)
    with pytest.raises(OSError, match="No space left"):
        dump("numbers", tmp_path, backend=Pages(sqlite_memory), part_bytes=500)
    monkeypatch.undo()
    dump("numbers", tmp_path, backend=sqlite_memory, resume=True)
    assert numbers_in(tmp_path) == [*range(100)]
    check_whole(tmp_path)


# --- progress


def test_reports_count_up(sqlite_memory: Backend, dump: DumpIt, tmp_path: Path) -> None:
    fill(sqlite_memory, 200)
    reports: list[Any] = []
    dump("numbers", tmp_path, backend=Pages(sqlite_memory), segments=3, progress=reports.append)
    assert all(type(each) is operate.DumpProgress for each in reports)
    first, last = reports[0], reports[-1]
    assert (first.done, first.total, first.subject, first.finished) == (0, 200, "numbers", False)
    assert (last.done, last.finished, last.units > 0, last.size_bytes > 200) == (200, True, True, True)
    assert [each.done for each in reports] == sorted(each.done for each in reports)
    assert len({each.work for each in reports}) == 1


def test_a_coroutine_function_is_awaited(sqlite_memory: Backend, tmp_path: Path) -> None:
    fill(sqlite_memory, 3)
    seen = []

    async def note(progress: Progress) -> None:
        await asyncio.sleep(0)
        seen.append(progress.done)

    dump_awaited("numbers", tmp_path / "a", backend=sqlite_memory, progress=note)
    assert seen == [0, 3, 3]
    with pytest.raises(DynaModelException, match="coroutine function"):
        operate.dump("numbers", tmp_path / "b", backend=sqlite_memory, progress=note)


def test_files_are_written_beside_the_event_loop(
    sqlite_memory: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite_memory, 3)
    turn, began = Event(), Event()

    def slow(*arguments: Any) -> None:
        began.set()
        assert turn.wait(60), "the event loop was held"
        write_progress(*arguments)

    monkeypatch.setattr("dynamorm.operate.dumps.folders.write_progress", slow)

    async def beside() -> None:
        task = asyncio.ensure_future(operate.adump("numbers", tmp_path, backend=sqlite_memory))
        while not began.is_set():
            await asyncio.sleep(0.001)
        turn.set()
        await task

    asyncio.run(beside())
    check_whole(tmp_path)


# --- rates


@pytest.mark.parametrize("segments", [1, 3])
def test_a_rate_is_kept(sqlite_memory: Backend, dump: DumpIt, tmp_path: Path, segments: int) -> None:
    fill(sqlite_memory, 60, size=4_000)
    limit = RateLimit(read=40, burst=0.1)
    began = monotonic()
    done = dump("numbers", tmp_path, backend=Pages(sqlite_memory, 3), segments=segments, rate=limit)
    assert done.units == limit.consumed.read == pytest.approx(30, abs=5)
    # The last units are paid for after the dump, and those of one operation of each segment before.
    assert monotonic() - began > 0.4
    assert limit.waited > 0.4
    check_whole(tmp_path)


def test_a_rate_that_fails_fast_leaves_a_dump_that_goes_on(sqlite_memory: Backend, tmp_path: Path) -> None:
    fill(sqlite_memory, 60, size=4_000)
    with pytest.raises(RateExceeded) as raised:
        operate.dump(
            "numbers", tmp_path, backend=Pages(sqlite_memory, 3), rate=RateLimit(read=1, burst=5, fail_fast=True)
        )
    assert getattr(raised.value, "resumable", False)
    assert 0 < len(numbers_in(tmp_path)) < 60
    operate.dump("numbers", tmp_path, backend=sqlite_memory, resume=True)
    assert numbers_in(tmp_path) == [*range(60)]


def test_a_rate_must_be_above_0(recorder: RecordingBackend, tmp_path: Path, dump: DumpIt) -> None:
    fill(recorder, 3)
    recorder.sent.clear()
    for rate in (0, -1, float("nan")):
        with pytest.raises(DynaModelException, match="above 0"):
            dump("numbers", tmp_path / "a", rate=rate)
        with pytest.raises(DynaModelException, match="above 0"):
            operate.estimate_dump("numbers", rate=rate)
    assert (recorder.sent, [*tmp_path.iterdir()]) == ([], [])


# --- what is refused


def test_a_folder_that_is_not_empty_is_refused(sqlite_memory: Backend, dump: DumpIt, tmp_path: Path) -> None:
    fill(sqlite_memory, 20)
    full = tmp_path / "full"
    full.mkdir()
    (full / "notes.txt").touch()
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    dump("numbers", tmp_path / "done", backend=sqlite_memory)
    faults = Pages(sqlite_memory, throttled=1)
    with pytest.raises(Throttled):
        dump("numbers", tmp_path / "unfinished", backend=faults)
    for name, message in (
        ("full", "is not empty: it has 'notes.txt'"),
        ("file", "is a file"),
        ("done", "has a dump already"),
        ("unfinished", r"is not finished. Go on with it \(--resume"),
    ):
        with pytest.raises(InvalidDump, match=message):
            dump("numbers", tmp_path / name, backend=sqlite_memory)
    for name in ("full", "empty", "missing"):
        with pytest.raises(InvalidDump, match="no dump to go on with"):
            dump("numbers", tmp_path / name, backend=sqlite_memory, resume=True)
    assert not (tmp_path / "missing").exists()


def test_only_the_same_dump_goes_on(sqlite_memory: Backend, tmp_path: Path) -> None:
    fill(sqlite_memory, 20)
    fill(sqlite_memory, 20, spec=TableSpec("others", KeyAttribute("n", "N")))
    faults = Pages(sqlite_memory, throttled=2)
    with pytest.raises(Throttled):
        operate.dump("numbers", tmp_path, backend=faults, segments=2)
    for table, arguments, message in (
        ("others", {}, "begun of the table 'numbers', not of 'others'"),
        ("numbers", {"segments": 3}, "begun in 2 segments, and can't go on in 3. Leave the number out"),
        ("numbers", {"consistent": True}, "begun with eventually consistent reads"),
    ):
        with pytest.raises(InvalidDump, match=message):
            operate.dump(table, tmp_path, backend=sqlite_memory, resume=True, **arguments)
    sqlite_memory.execute(DeleteTable("numbers"))
    with pytest.raises(TableNotFound):
        operate.dump("numbers", tmp_path, backend=sqlite_memory, resume=True)
    fill(sqlite_memory, 0, spec=TableSpec("numbers", KeyAttribute("m", "N")))
    with pytest.raises(InvalidDump, match="another primary key"):
        operate.dump("numbers", tmp_path, backend=sqlite_memory, resume=True)


def test_another_account_is_refused(local: Backend, sqlite_memory: Backend, tmp_path: Path) -> None:
    fill(local, 20)
    fill(sqlite_memory, 20)
    faults = Pages(local, throttled=1)
    with pytest.raises(Throttled):
        operate.dump("numbers", tmp_path, backend=faults)
    with pytest.raises(InvalidDump, match="Use the account and the region of then"):
        operate.dump("numbers", tmp_path, backend=sqlite_memory, resume=True)
    operate.dump("numbers", tmp_path, backend=local, resume=True)
    assert numbers_in(tmp_path) == [*range(20)]


def test_two_dumps_into_one_folder_are_refused(sqlite_memory: Backend, tmp_path: Path) -> None:
    fill(sqlite_memory, 20)
    refused = []

    def again(progress: Progress) -> None:
        if progress.done and not progress.finished:
            for resume in (False, True):
                with pytest.raises(InvalidDump) as raised:
                    operate.dump("numbers", tmp_path, backend=sqlite_memory, resume=resume)
                refused.append(str(raised.value))

    operate.dump("numbers", tmp_path, backend=Pages(sqlite_memory, 20), progress=again)
    assert len(refused) >= 2
    assert all("Another dump is being written" in each for each in refused)
    check_whole(tmp_path)


def test_bad_arguments_are_refused_before_anything_is_sent(recorder: RecordingBackend, tmp_path: Path) -> None:
    for arguments in ({"segments": 0}, {"segments": 10_001}, {"segments": True}, {"part_bytes": 0}):
        with pytest.raises(InvalidValue, match="must be a whole number, at least 1"):
            operate.dump("numbers", tmp_path / "a", **arguments)
    for table in (Thread.Schema, 5, None):
        with pytest.raises(DynaModelException, match="A table is given by"):
            operate.dump(table, tmp_path / "a")  # type: ignore[arg-type]
    with pytest.raises(DynaModelException, match="progress is a function"):
        operate.dump("numbers", tmp_path / "a", progress=5)  # type: ignore[arg-type]
    assert (recorder.sent, [*tmp_path.iterdir()]) == ([], [])


def test_a_missing_table_leaves_no_folder(sqlite_memory: Backend, dump: DumpIt, tmp_path: Path) -> None:
    with pytest.raises(TableNotFound):
        dump("numbers", tmp_path / "a", backend=sqlite_memory)
    assert [*tmp_path.iterdir()] == []


def test_segments_need_a_backend_that_has_them(sqlite_memory: Backend, tmp_path: Path) -> None:
    fill(sqlite_memory, 20)
    pages = Pages(sqlite_memory)
    pages.capabilities -= {Capability.PARALLEL_SCAN, Capability.TAGS, Capability.TIME_TO_LIVE}
    with pytest.raises(Unsupported, match="scans in segments"):
        operate.dump("numbers", tmp_path / "a", backend=pages, segments=2)
    assert operate.dump("numbers", tmp_path / "b", backend=pages).item_count == 20


# --- estimates


ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/prod-books"


def described(size: int | None, arn: str | None = ARN, read: int | None = None) -> TableDescription:
    throughput = None if read is None else Throughput(read, 1)
    spec = TableSpec("prod-books", KeyAttribute("isbn", "S"), throughput=throughput)
    return TableDescription(spec, "ACTIVE", 1_204_332, arn, size_bytes=size)


def test_an_estimate_tells_units_time_and_money(sqlite_memory: Backend) -> None:
    estimate = estimated(described(851_443_712), sqlite_memory, rate=200, consistent=False)
    assert (estimate.item_count, estimate.size_bytes, estimate.segments) == (1_204_332, 851_443_712, 8)
    assert estimate.units == pytest.approx(103_936)
    assert estimate.seconds == pytest.approx(519.68)
    assert estimate.dollars == pytest.approx(0.012992)
    assert estimate.point_in_time_export == (
        f"aws dynamodb export-table-to-point-in-time --table-arn {ARN} --s3-bucket BUCKET"
    )


@pytest.mark.parametrize(
    ("description", "rate", "expected"),
    [
        (described(8_192_000, read=100), None, (1_000, 10, None)),
        (described(8_192_000, read=100), 50, (1_000, 20, None)),
        (described(8_192_000), None, (1_000, None, 0.000125)),
        (described(8_192_000, "arn:aws:dynamodb:ddblocal:000000000000:table/b"), 50, (1_000, 20, None)),
        (described(None, None), 50, (None, None, None)),
    ],
)
def test_an_estimate_leaves_out_what_is_not_known(
    sqlite_memory: Backend, description: TableDescription, rate: float | None, expected: tuple[float | None, ...]
) -> None:
    estimate = estimated(description, sqlite_memory, rate=rate, consistent=False)
    assert (estimate.units, estimate.seconds, estimate.dollars) == pytest.approx(expected)


def test_an_estimate_sends_one_request(sqlite_memory: Backend) -> None:
    fill(sqlite_memory, 3)
    with Connection(RecordingBackend(sqlite_memory)) as connection:
        estimate = operate.estimate_dump("numbers", backend=connection)
        assert estimate == asyncio.run(operate.aestimate_dump("numbers", backend=connection))
        assert connection.backend.sent == []  # type: ignore[attr-defined]
    assert (estimate.item_count, estimate.size_bytes, estimate.segments) == (3, None, 1)
