"""A load that was interrupted, or killed, is continued, and each item is counted once."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynamorm import operate
from dynamorm.data import BatchWrite, BatchWriteResult, CreateTable, DeleteTable, Item, PutItem
from dynamorm.data.records import replace
from dynamorm.engine.plans import backoff
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import InvalidDump, InvalidLoad, Throttled, UnprocessedItems
from dynamorm.operate.transfers import states
from dynamorm.ports.backends import Backend
from dynamorm.progress import Progress
from tests.core.operate import loads_killed
from tests.core.operate.exported import BOOKS, books, stored, write_export, write_lines
from tests.support.backends import RecordingBackend
from tests.support.counts import COUNTS, take_counts
from tests.support.servers.connections import ACCESS_KEY, REGION, SECRET_KEY


@pytest.fixture
def table(sqlite_memory: Backend) -> Backend:
    """A backend with an empty table."""
    sqlite_memory.execute(CreateTable(BOOKS))
    return sqlite_memory


class Interrupted(RecordingBackend):
    """Raises an exception in the place of a batch."""

    def __init__(self, backend: Backend, batches: int, error: BaseException) -> None:
        super().__init__(backend)
        self._batches = batches
        self._error = error

    def execute(self, operation: Any) -> Any:
        if isinstance(operation, BatchWrite):
            self._batches -= 1
            if self._batches < 0:
                raise self._error
        return super().execute(operation)


def test_a_load_is_continued_behind_what_was_written(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(700), [{"title": "no key"}, *books(1300, 700)]])
    state, failed = tmp_path / "state.json", tmp_path / "failed.jsonl"
    files: dict[str, Any] = {"state": state, "failed": failed}
    with pytest.raises(KeyboardInterrupt) as interrupt:
        operate.load(folder, "books", backend=Interrupted(table, 55, KeyboardInterrupt()), **files)
    assert "To go on there, call it again with resume=True (--resume); its state is in" in interrupt.value.__notes__[-1]
    saved = json.loads(state.read_text())
    # The files are read in turns.
    assert saved["position"] == {
        "files": {"data/00000.json.gz": [500, 500], "data/00001.json.gz": [500, 500]},
        "following": 2,
    }
    assert saved["counts"]["read"] == 1000
    rest = RecordingBackend(table)
    moved = json.dumps(saved | {"position": {"files": {"data/moved.gz": [1, 1]}, "following": 2}})
    with pytest.raises(InvalidDump, match=r"has read a part of 'data/moved.gz', which"):
        operate.load(folder, "books", backend=rest, resume=True, state=written(tmp_path / "moved.json", moved))
    reports: list[Progress] = []
    result = operate.load(folder, "books", backend=rest, resume=True, progress=reports.append, **files)
    assert [each.done for each in reports] == [0, 1000, 1500, 2000, 2001], "what was done before counts"
    assert (result.read, result.written, result.failed) == (2001, 2000, 1)
    assert len(rest.sent) == 41, "1,001 items, in chunks of 500"
    assert len(failed.read_text().splitlines()) == 1
    assert stored(table) == books(2000)
    assert not state.exists()


def written(path: Path, text: str) -> Path:
    """Write a file, and return its path."""
    path.write_text(text)
    return path


def test_an_awaited_load_that_is_cancelled_is_continued(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(2000)])
    state = tmp_path / "state.json"

    async def cancelled() -> None:
        def report(progress: Any) -> None:
            if progress.done == 1000:
                task.cancel()

        task = asyncio.ensure_future(operate.aload(folder, "books", backend=table, state=state, progress=report))
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert json.loads(state.read_text())["position"]["files"] == {"data/00000.json.gz": [1000, 1000]}
    assert asyncio.run(operate.aload(folder, "books", backend=table, state=state, resume=True)).read == 2000
    assert stored(table) == books(2000)


def test_throttling_that_does_not_end_stops_a_load_that_can_be_continued(
    table: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE", 0.0)

    class Throttling(RecordingBackend):
        def execute(self, operation: Any) -> Any:
            if isinstance(operation, BatchWrite) and len(self.sent) > 30:
                return BatchWriteResult(operation.requests)
            if isinstance(operation, PutItem) and len(self.sent) > 600:
                raise Throttled("too much")
            return super().execute(operation)

    folder = write_export(tmp_path / "dump", [books(900)])
    state = tmp_path / "state.json"
    for if_absent in (False, True):
        with pytest.raises(UnprocessedItems):
            operate.load(folder, "books", backend=Throttling(table), state=state, if_absent=if_absent)
        result = operate.load(folder, "books", backend=table, state=state, resume=True, if_absent=if_absent)
        assert (result.read, result.written + result.present) == (900, 900)
    assert stored(table) == books(900)


def test_a_load_is_continued_as_it_was_begun(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(900)])
    other = write_export(tmp_path / "other", [books(900)])
    table.execute(CreateTable(type(BOOKS)("others", BOOKS.hash_key)))
    state = tmp_path / "state.json"

    def anonymised(item: dict[str, Any]) -> dict[str, Any]:
        return item | {"title": "***"}

    def load(source: Path = folder, name: str = "books", **options: Any) -> operate.LoadResult:
        return operate.load(source, name, backend=table, state=state, **options)

    with pytest.raises(InvalidLoad, match=r"^There is no '.*state.json', from which a load could be continued"):
        load(resume=True)
    with pytest.raises(InvalidLoad, match="A load is continued from the file with its state"):
        operate.load(folder, "books", backend=table, resume=True)
    with pytest.raises(KeyboardInterrupt):
        operate.load(
            folder, "books", backend=Interrupted(table, 25, KeyboardInterrupt()), state=state, change=anonymised
        )
    with pytest.raises(InvalidLoad, match=r"is of a load that was not completed. Continue it with resume=True"):
        load(change=anonymised)
    differing: list[tuple[Callable[[], object], str]] = [
        (lambda: load(resume=True), "another change: it was begun with .*anonymised"),
        (lambda: load(other, resume=True, change=anonymised), "another source"),
        (lambda: load(name="others", resume=True, change=anonymised), "another table"),
        (lambda: load(resume=True, change=anonymised, limit=5), "another limit: it was begun with none"),
        (lambda: load(resume=True, change=anonymised, where={"year": 1900}), "another where"),
        (
            lambda: operate.load(folder, "books", backend="sqlite", state=state, resume=True),
            'another backend: it was begun with none, and is now continued with "sqlite"',
        ),
    ]
    for call, message in differing:
        with pytest.raises(InvalidLoad, match=message):
            call()
    assert load(resume=True, change=anonymised).written == 900
    assert {item["title"] for item in stored(table)} == {"***"}
    state.write_text('{"format": 0}')
    with pytest.raises(InvalidLoad, match="was written by another version"):
        load(resume=True)
    state.write_text("{")
    with pytest.raises(InvalidLoad, match="can't be read: it is not the state of a load"):
        load(resume=True)


def test_a_file_is_mended_and_the_load_goes_on_there(table: Backend, tmp_path: Path) -> None:
    lines = [{"Item": {"isbn": {"S": f"{number:06}"}}} for number in range(800)]
    state = tmp_path / "state.json"
    path = write_lines(tmp_path / "books.json", [*lines[:700], "{broken", *lines[700:]])
    with pytest.raises(InvalidDump, match="line 701, is not JSON"):
        operate.load(path, "books", backend=table, state=state)
    assert json.loads(state.read_text())["position"]["files"] == {"books.json": [700, 700]}
    write_lines(path, lines)
    rest = RecordingBackend(table)
    assert operate.load(path, "books", backend=rest, state=state, resume=True).read == 800
    assert len(rest.sent) == 4, "100 items"
    assert len(stored(table)) == 800


def test_a_load_with_a_limit_is_continued_up_to_it(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(2000)])
    options: dict[str, Any] = {"state": tmp_path / "state.json", "limit": 1100, "where": {"title__contains": "T"}}
    other = options | {"where": {"title__contains": "t"}}
    with pytest.raises(KeyboardInterrupt):
        operate.load(folder, "books", backend=Interrupted(table, 25, KeyboardInterrupt()), **options)
    with pytest.raises(InvalidLoad, match="another where"):
        operate.load(folder, "books", backend=table, resume=True, **other)
    assert operate.load(folder, "books", backend=table, resume=True, **options).written == 1100
    assert len(stored(table)) == 1100


forks = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="processes are forked, which takes less time than starting them"
)


@forks
def test_twenty_kills_leave_each_item_once(tmp_path: Path) -> None:
    before = COUNTS["killed loads"]
    load_killed(tmp_path, kills=20, items=5000, seed=1)
    assert COUNTS["killed loads"] == before + 20


@forks
def test_kills_of_a_copy_leave_each_item_once(tmp_path: Path) -> None:
    before = COUNTS["killed copies"]
    copy_killed(tmp_path, f"sqlite:///{tmp_path / 'books.db'}?synchronous=normal", {}, kills=6, items=3000)
    assert COUNTS["killed copies"] >= before + 3


@forks
def test_kills_on_a_server_leave_each_item_once(local: Backend, dynamodb_local: str, tmp_path: Path) -> None:
    options = {
        "endpoint_url": dynamodb_local,
        "aws_access_key_id": ACCESS_KEY,
        "aws_secret_access_key": SECRET_KEY,
    }
    before = COUNTS["killed loads"], COUNTS["killed copies"]
    url = f"boto3://{REGION}"
    load_killed(tmp_path, kills=3, items=1200, seed=1, url=url, options=options)
    local.execute(DeleteTable("books"))
    (tmp_path / "copy").mkdir()
    copy_killed(tmp_path / "copy", url, options, kills=3, items=1200)
    assert COUNTS["killed loads"] >= before[0] + 2
    assert COUNTS["killed copies"] >= before[1] + 1


def load_killed(
    folder: Path, *, kills: int, items: int, seed: int, url: str | None = None, options: dict[str, Any] | None = None
) -> None:
    """Load so many items, killed so many times at most, and compare the table with what was to be loaded.

    By default, into a database in the *folder*.
    """
    bad: list[Item] = [{"title": "no key"}, {"title": "no key, either"}]
    expected = books(items)
    third = items // 3
    source = write_export(
        folder / "dump", [[*expected[:third], bad[0]], [bad[1], *expected[third : 2 * third]], expected[2 * third :]]
    )
    url, options = url or f"sqlite:///{folder / 'books.db'}?synchronous=normal", options or {}
    with open_backend(url, **options) as backend:
        backend.execute(CreateTable(BOOKS))
        counted = _killed(source, url, options, folder, kills, seed)
        assert counted == {"read": items + 2, "written": items, "failed": 2}
        assert stored(backend) == expected
    assert len((folder / "failed.jsonl").read_text().splitlines()) == 2


def copy_killed(folder: Path, url: str, options: dict[str, Any], *, kills: int, items: int) -> None:
    """Copy a table with so many items, killed so many times at most, and compare the copy with it."""
    with open_backend(url, **options) as backend:
        backend.execute(CreateTable(replace(BOOKS, name="originals")))
        operate.load(write_export(folder / "originals", [books(items)]), "originals", backend=backend)
        backend.execute(CreateTable(BOOKS))
        counted = _killed("originals", url, options, folder, kills, seed=1)
        assert counted == {"read": items, "written": items, "failed": 0}
        assert stored(backend) == books(items)


def _killed(
    source: str | Path, url: str, options: dict[str, Any], folder: Path, kills: int, seed: int
) -> dict[str, int]:
    """Return what the last of the processes that were killed has counted."""
    state = folder / "state.json"
    files = [state, folder / "failed.jsonl"]
    command = ["-m", loads_killed.__name__, source, url, json.dumps(options), *files, kills, seed]
    ended = subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, check=False, cwd=Path.cwd()
    )
    assert ended.returncode == 0, ended.stderr
    (result,) = take_counts(ended.stdout.splitlines())
    assert not state.exists()
    assert states.SECONDS_BETWEEN_SAVES > 0, "changed in the other process only"
    counted: dict[str, int] = json.loads(result)
    return counted
