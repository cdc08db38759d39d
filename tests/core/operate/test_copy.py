"""The items of one table are written into another, and a table is never copied onto itself."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dynamorm
from dynamorm import operate
from dynamorm.data import (
    BatchWrite,
    CreateTable,
    DescribeTable,
    DescribeTimeToLive,
    Item,
    KeyAttribute,
    PutItem,
    Scan,
    TableSpec,
    UpdateTimeToLive,
    clock,
)
from dynamorm.data.records import replace
from dynamorm.engine.run.connections import open_backend, open_connection
from dynamorm.exceptions import InvalidLoad, NothingLoaded, TableNotFound, Throttled
from dynamorm.operate.transfers import queues
from dynamorm.ports.backends import Backend
from tests.core.operate.exported import BOOKS, Book, books, stored
from tests.support.backends import RecordingBackend

Filled = tuple[Backend, list[Item]]


@pytest.fixture
def source(sqlite_memory: Backend) -> Backend:
    """A backend with a table of 1,200 items."""
    sqlite_memory.execute(CreateTable(BOOKS))
    with dynamorm.using(sqlite_memory):
        operate_put(sqlite_memory, books(1200))
    return sqlite_memory


@pytest.fixture
def other() -> Iterator[Backend]:
    """Another backend, without a table."""
    with open_backend("sqlite:///:memory:") as backend:
        yield backend


def operate_put(backend: Backend, items: list[Item]) -> None:
    for item in items:
        backend.execute(PutItem("books", item))


def test_a_table_is_copied_to_another_backend_where_it_is_created(source: Backend, other: Backend) -> None:
    result = operate.copy("books", to=other, backend=source)
    assert result == operate.LoadResult("books", "books", 1200, 1200, created=True)
    assert stored(other) == books(1200)
    # Once more, into the table that is there now.
    assert operate.copy("books", to=other, backend=source).created is False


def test_a_copy_can_be_awaited_and_be_beside_its_source(source: Backend) -> None:
    result = asyncio.run(operate.acopy("books", "copies", backend=source, segments=7))
    assert (result.table, result.written) == ("copies", 1200)
    assert stored(source, "copies") == books(1200)


def test_servers_are_copied_from_and_to(local: Backend, sqlite_memory: Backend) -> None:
    sqlite_memory.execute(CreateTable(BOOKS))
    operate_put(sqlite_memory, books(300))
    assert operate.copy("books", backend=sqlite_memory, to=local).written == 300
    assert asyncio.run(operate.acopy("books", "copies", backend=local)).written == 300
    assert stored(local, "copies") == books(300)
    with pytest.raises(InvalidLoad, match=r"^The source and the target are the same table, 'books'"):
        operate.copy("books", backend=local, to=open_connection(local))


def test_models_and_prefixes_name_the_tables(source: Backend, other: Backend) -> None:
    target = open_connection(other, table_prefix="dev-")
    with dynamorm.using(source):
        result = operate.copy(Book, to=target, where={"year__gt": 1997}, limit=20)
    assert (result.source, result.table, result.written) == ("books", "dev-books", 20)
    # The table filters; the items that it leaves out are counted.
    assert result.read == result.written + result.left_out
    with dynamorm.using(target):
        assert {book.year for book in Book.scan()} == {1998, 1999}
    assert other.execute(DescribeTimeToLive("dev-books")).attribute == "expires", "as the model describes it"


def test_the_table_itself_filters(source: Backend, other: Backend) -> None:
    recording = RecordingBackend(source)
    result = operate.copy("books", to=other, backend=recording, where={"year": 1999}, segments=1)
    assert (result.read, result.written, result.left_out) == (1200, 12, 1188)
    assert all(scan.filter is not None for scan in recording.sent if isinstance(scan, Scan))
    result = operate.copy("books", to=other, backend=source, where=lambda item: item["year"] == 1998)
    assert (result.read, result.written, result.left_out) == (1200, 12, 1188)


def test_items_are_changed_on_their_way(source: Backend, other: Backend) -> None:
    def anonymised(item: dict[str, Any]) -> dict[str, Any] | None:
        return None if item["isbn"] < "001000" else item | {"title": f"Title of {item['isbn'][-1]}"}

    result = operate.copy("books", to=other, backend=source, change=anonymised)
    assert (result.written, result.left_out) == (200, 1000)
    assert stored(other)[3]["title"] == "Title of 3"
    assert stored(source) == books(1200), "the source is as it was"


def test_expired_items_are_left_out(source: Backend, other: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidLoad, match=r"^Items of 'books' don't expire: the table has no time to live"):
        operate.copy("books", to=other, backend=source, without_expired=True)
    monkeypatch.setattr(clock, "now", lambda: 1990.0)
    source.execute(UpdateTimeToLive("books", "year", on=True))
    result = operate.copy("books", to=other, backend=source, without_expired=True, where={"title__begins_with": "T"})
    assert (result.read, result.written) == (1200, 12 * 9)
    assert min(int(str(item["year"])) for item in stored(other)) == 1991
    assert other.execute(DescribeTimeToLive("books")).attribute is None
    with dynamorm.using(source):
        assert operate.copy(Book, to=other, without_expired=True).written == 1200, "the model's own ttl"


def test_settings_are_copied_if_that_is_asked_for(source: Backend, other: Backend) -> None:
    spec = TableSpec("streamed", KeyAttribute("isbn", "S"), stream="NEW_IMAGE", deletion_protection=True)
    source.execute(CreateTable(spec, {"team": "books"}))
    source.execute(UpdateTimeToLive("streamed", "expires", on=True))
    source.execute(PutItem("streamed", {"isbn": "1"}))
    operate.copy("streamed", "plain", to=other, backend=source)
    copied = other.execute(DescribeTable("plain")).spec
    assert (copied.stream, copied.deletion_protection) == (None, False)
    operate.copy("streamed", "same", to=other, backend=source, settings=True)
    copied = other.execute(DescribeTable("same")).spec
    assert (copied.stream, copied.deletion_protection) == ("NEW_IMAGE", True)
    assert other.execute(DescribeTimeToLive("same")).attribute == "expires"


def test_a_table_is_not_copied_onto_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = "sqlite:///books.db"
    with open_connection(url) as connection:
        connection.execute(CreateTable(BOOKS))
        connection.execute(PutItem("books", {"isbn": "1"}))
        same: list[Any] = [connection, connection.backend, url, f"sqlite:///{tmp_path}/books.db?synchronous=normal"]
        for to in same:
            with pytest.raises(InvalidLoad, match=r"^The source and the target are the same table, 'books'"):
                operate.copy("books", to=to, backend=connection)
        assert operate.copy("books", to="sqlite:///other.db", backend=connection).written == 1
        assert operate.copy("books", "other", backend=connection).written == 1


@pytest.mark.skipif(not hasattr(os, "link"), reason="needs hard links")
def test_a_file_with_two_names_is_one_table(tmp_path: Path) -> None:
    one, other = f"sqlite:///{tmp_path}/one.db", f"sqlite:///{tmp_path}/other.db"
    with open_connection(one) as connection:
        connection.execute(CreateTable(BOOKS))
    os.link(tmp_path / "one.db", tmp_path / "other.db")
    with pytest.raises(InvalidLoad, match=r"^The source and the target are the same table, 'books'"):
        operate.copy("books", backend=one, to=other)


def test_what_can_not_be_copied_is_refused(source: Backend, other: Backend) -> None:
    with pytest.raises(TableNotFound):
        operate.copy("missing", to=other, backend=source)
    with pytest.raises(TableNotFound) as missing:
        operate.copy("books", to=other, backend=source, create=False)
    assert missing.value.__notes__[0] == "Create the table first, or copy with create=True."
    with pytest.raises(InvalidLoad, match="segments is a number from 1 to"):
        operate.copy("books", to=other, backend=source, segments=0)
    with pytest.raises(NothingLoaded, match="None of the 1,200 items of 'books' was chosen"):
        operate.copy("books", to=other, backend=source, where={"year": 5})
    other.execute(CreateTable(TableSpec("numbered", KeyAttribute("id", "N"))))
    with pytest.raises(InvalidLoad, match=r"The key of the source is isbn \(S\), and that of 'numbered' is id \(N\)"):
        operate.copy("books", "numbered", to=other, backend=source)
    result = operate.copy("books", "numbered", to=other, backend=source, change=lambda item: {"id": int(item["isbn"])})
    assert result.written == 1200


class Small(RecordingBackend):
    """Returns pages of some items, and interrupts after some batches."""

    def __init__(self, backend: Backend, *, page: int = 100, batches: int = -1) -> None:
        super().__init__(backend)
        self._page = page
        self._batches = batches

    def execute(self, operation: Any) -> Any:
        if isinstance(operation, Scan):
            operation = replace(operation, limit=self._page)
        if isinstance(operation, BatchWrite):
            self._batches -= 1
            if self._batches == -1:
                raise KeyboardInterrupt
        return super().execute(operation)


def test_a_copy_is_continued_behind_what_was_written(source: Backend, other: Backend, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    options: dict[str, Any] = {"state": state, "segments": 3}
    with pytest.raises(KeyboardInterrupt):
        operate.copy("books", backend=Small(source), to=Small(other, batches=21), **options)
    position = json.loads(state.read_text())["position"]
    # SQLite reads one segment after the other.
    assert (position["total"], len(position["begun"])) == (3, 1)
    rest = Small(source)
    result = operate.copy("books", backend=rest, to=other, resume=True, **options)
    assert (result.read, result.written) == (1200, 1200)
    assert 5 <= len(rest.sent) <= 12, "pages of 100 items that were not read before"
    assert stored(other) == books(1200)


def test_an_error_of_the_source_ends_a_copy_that_can_be_continued(
    source: Backend, other: Backend, tmp_path: Path
) -> None:
    class Throttling(Small):
        def execute(self, operation: Any) -> Any:
            if isinstance(operation, Scan) and len(self.sent) == 3:
                raise Throttled("too much")
            return super().execute(operation)

    state = tmp_path / "state.json"
    with pytest.raises(Throttled) as error:
        operate.copy("books", backend=Throttling(source), to=other, state=state, segments=1)
    assert "300 items of 'books' were read, and 300 written" in error.value.__notes__[-1]
    assert operate.copy("books", backend=source, to=other, state=state, segments=1, resume=True).read == 1200
    with pytest.raises(Throttled):
        asyncio.run(operate.acopy("books", backend=Throttling(source), to=other, segments=1))


def test_a_limit_counts_what_a_function_chooses(source: Backend, other: Backend) -> None:
    chosen: Any = lambda item: item["year"] == 1950  # noqa: E731
    assert operate.copy("books", to=other, backend=source, where=chosen, limit=5).written == 5
    assert asyncio.run(operate.acopy("books", "six", to=other, backend=source, where=chosen, limit=6)).written == 6


def test_a_limit_reads_no_more_than_it_needs(source: Backend, other: Backend) -> None:
    recording = RecordingBackend(source)
    result = operate.copy("books", to=other, backend=recording, limit=30)
    assert (result.read, result.written) == (30, 30)
    assert [scan.limit for scan in recording.sent if isinstance(scan, Scan)] == [30]


def test_items_that_can_not_be_written_are_kept_as_they_were(source: Backend, other: Backend, tmp_path: Path) -> None:
    def change(item: dict[str, Any]) -> dict[str, Any]:
        return item | {"isbn": "" if item["isbn"] == "000007" else item["isbn"], "title": "***"}

    failed = tmp_path / "failed.jsonl"
    result = operate.copy("books", to=other, backend=source, change=change, failed=failed)
    assert (result.written, result.failed, result.failed_file) == (1199, 1, str(failed))
    assert (result.failures[0].error, result.failures[0].file) == ("InvalidKey", None)
    assert operate.load(failed, "books", backend=other).written == 1
    assert stored(other)[7] == books(8)[7]


def test_a_copy_keeps_a_rate_on_both_sides(source: Backend, other: Backend) -> None:
    limit = dynamorm.RateLimit(read=1_000_000, write=1_000_000)
    operate.copy("books", to=other, backend=source, rate=limit, segments=1)
    assert limit.consumed.write == 1200
    read = limit.consumed.read
    assert 1 < read < 1200
    asyncio.run(operate.acopy("books", to=other, backend=source, rate=limit, segments=1))
    assert limit.consumed == (2 * read, 2400)


def test_few_chunks_are_in_memory(source: Backend, other: Backend) -> None:
    read: list[int] = []
    written: list[int] = []

    class Reading(Small):
        def execute(self, operation: Any) -> Any:
            result = super().execute(operation)
            read.append(len(getattr(result, "items", ())))
            return result

    class Writing(RecordingBackend):
        def execute(self, operation: Any) -> Any:
            if isinstance(operation, BatchWrite):
                written.append(len(operation.requests))
                ahead.append(sum(read) - sum(written))
            return super().execute(operation)

    ahead: list[int] = []
    operate.copy("books", backend=Reading(source, page=50), to=Writing(other), segments=1)
    # One is written, one is about to be put into the queue, and one has been read for that.
    assert max(ahead) <= 50 * (queues.QUEUED_CHUNKS + 3)
