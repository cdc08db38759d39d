"""Exports are loaded into a table, however they are laid out, and each of their items is counted."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import dynamorm
from dynamorm import operate
from dynamorm.data import (
    BatchGet,
    BatchWrite,
    CreateTable,
    DeleteItem,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    IndexSpec,
    Item,
    KeyAttribute,
    ListTags,
    PutItem,
    TableSpec,
    Throughput,
    clock,
)
from dynamorm.engine.plans import backoff
from dynamorm.exceptions import DynaModelException, InvalidLoad, TableAlreadyExists
from dynamorm.operate.dumps.table_files import DumpedTable
from dynamorm.ports.backends import Backend
from dynamorm.progress import Progress
from dynamorm.testing import Faults
from tests.core.operate.exported import BOOKS, Book, books, stored, write_export, write_lines
from tests.support.backends import RecordingBackend


@pytest.fixture
def table(sqlite_memory: Backend) -> Backend:
    """A backend with an empty table."""
    sqlite_memory.execute(CreateTable(BOOKS))
    return sqlite_memory


EVERY_TYPE: Item = {
    "isbn": "ü-1",
    "number": Decimal("1.5"),
    "large": 10**37 + 1,
    "bytes": b"\x00\xff",
    "yes": True,
    "nothing": None,
    "list": [1, "a", [None]],
    "map": {"b": {"c": False}},
    "strings": {"x", "y"},
    "numbers": {1, Decimal("2.5")},
    "binaries": {b"a", b"b"},
}


def test_a_dump_is_loaded_and_each_item_is_as_it_was(backend: Backend, tmp_path: Path) -> None:
    backend.execute(CreateTable(BOOKS))
    items = [*books(700), EVERY_TYPE]
    folder = write_export(tmp_path / "dump", [items[:400], [], items[400:]])
    result = operate.load(folder, "books", backend=backend)
    assert result == operate.LoadResult(str(folder), "books", 701, 701)
    assert stored(backend) == items
    # Items are put, so that loading them once more changes nothing.
    assert operate.load(folder, "books", backend=backend).written == 701
    assert stored(backend) == items


def test_a_load_can_be_awaited(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(600), books(600, 600)])
    reports: list[Progress] = []

    async def load() -> operate.LoadResult:
        return await operate.aload(folder, "books", backend=table, progress=reports.append)

    assert asyncio.run(load()).written == 1200
    assert len(stored(table)) == 1200
    assert [each.total for each in reports] == [1200] * len(reports)
    assert [reports[0].done, reports[-1].done] == [0, 1200]
    assert [each.finished for each in reports] == [False] * (len(reports) - 1) + [True]


@pytest.mark.parametrize(
    "layout",
    ["moto's names", "AWS's prefix", "a plain folder", "a file", "a gzip file of any name", "two gzip members", "CRLF"],
)
def test_neither_names_nor_a_manifest_are_needed(table: Backend, tmp_path: Path, layout: str) -> None:
    items = books(30)
    # moto writes blanks.
    entries = [{"Item": {"isbn": {"S": str(item["isbn"])}, "year": {"N": str(item["year"])}}} for item in items]
    text = "".join(json.dumps(entry) + "\n" for entry in entries)
    source = tmp_path / "source"
    source.mkdir()
    match layout:
        case "moto's names":
            data = source / "AWSDynamoDB" / "0d5c" / "data"
            data.mkdir(parents=True)
            (data / "f00.gz").write_bytes(gzip.compress(text.encode()))
        case "AWS's prefix":
            write_export(
                source / "AWSDynamoDB" / "01693-a1b2", [items], is_own=False, prefix="daily/AWSDynamoDB/01693-a1b2/"
            )
            (source / "AWSDynamoDB" / "01693-a1b2" / "_started").touch()
            (source / "AWSDynamoDB" / "01693-a1b2" / "manifest-files.checksum").write_text("x")
        case "a plain folder":
            (source / "one.jsonl").write_text("\n" + text)
            (source / "empty.json.gz").touch()
            (source / "table.json.md5").write_text("no item")
            (source / ".hidden").write_text("no item")
        case "a file" | "CRLF":
            source /= "books.txt"
            source.write_bytes(text.rstrip().replace("\n", "\r\n" if layout == "CRLF" else "\n").encode())
        case "a gzip file of any name":
            source /= "books.dat"
            source.write_bytes(gzip.compress(text.encode()))
        case _:
            source /= "books.gz"
            half = text.index("\n", len(text) // 2) + 1
            source.write_bytes(gzip.compress(text[:half].encode()) + gzip.compress(text[half:].encode()))
    assert operate.load(source, "books", backend=table).written == 30
    assert [item["isbn"] for item in stored(table)] == [item["isbn"] for item in items]


def test_the_standard_input_is_loaded(
    table: Backend, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    content = gzip.compress(b'{"Item": {"isbn": {"S": "1"}}}')
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content))))
    assert operate.load("-", "books", backend=table).written == 1
    assert stored(table) == [{"isbn": "1"}]


def test_an_incremental_export_puts_and_deletes(table: Backend, tmp_path: Path) -> None:
    for item in books(4):
        table.execute(PutItem("books", item))
    # Its data files are in a folder that all exports of one prefix share.
    folder = tmp_path / "AWSDynamoDB"
    write_export(folder / "0169-abcd", [[]], is_own=False, export_type="INCREMENTAL_EXPORT")
    (folder / "0169-abcd" / "data" / "00000.json.gz").unlink()
    (folder / "data").mkdir()
    written = {"WriteTimestampMicros": {"N": "1680109764000000"}}
    write_lines(
        folder / "data" / "00000.json.gz",
        [
            {"Metadata": written, "Keys": {"isbn": {"S": "000001"}}, "OldImage": {"isbn": {"S": "000001"}}},
            {
                "Metadata": written,
                "Keys": {"isbn": {"S": "000002"}},
                "OldImage": {"isbn": {"S": "000002"}},
                "NewImage": {"isbn": {"S": "000002"}, "title": {"S": "Changed"}},
            },
            {"Metadata": written, "Keys": {"isbn": {"S": "9"}}, "NewImage": {"isbn": {"S": "9"}}},
            {"Metadata": written, "Keys": {"isbn": {"S": "000003"}}},
        ],
    )
    manifest = folder / "0169-abcd" / "manifest-files.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"itemCount": 4, "md5Checksum": None}))
    result = operate.load(tmp_path, "books", backend=table, incremental=True)
    assert (result.read, result.written, result.deleted) == (4, 2, 2)
    assert len(result.warnings) == 1, "the summary says 0 items"
    assert stored(table) == [books(1)[0], {"isbn": "000002", "title": "Changed"}, {"isbn": "9"}]


def test_items_are_chosen_by_fields_attributes_or_a_function(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(120)])
    chosen: list[tuple[Any, Any]] = [
        (Book, {"year__gt": 1997}),
        (Book, Book.year > 1997),
        ("books", {"year__gt": 1997}),
        ("books", {"year__in": [1998, 1999], "title__begins_with": "Title", "other__exists": False}),
        ("books", {"year__between": [1998, 1999], "tags__contains": "a"}),
        ("books", lambda item: item["year"] > 1997),
    ]
    for given, where in chosen:
        result = operate.load(folder, given, backend=table, where=where)
        assert (result.read, result.written, result.left_out) == (120, 2, 118)
    assert [item["year"] for item in stored(table)] == [1998, 1999]


def test_a_limit_counts_what_is_chosen(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(40), books(40, 40)])
    result = operate.load(folder, "books", backend=table, where={"year__gte": 1930}, limit=15)
    # Files are read in turns: 25 lines of the first one, then 15 of the second one.
    assert (result.read, result.written, result.left_out) == (40, 15, 25)


def test_items_are_changed_or_left_out_by_a_function(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(4)])

    def change(item: dict[str, Any]) -> dict[str, Any] | None:
        if item["isbn"] == "000001":
            return None
        item["tags"].add("changed")
        # What a table can't store is converted, as everywhere.
        return item | {"price": 1.5, "title": "***"}

    result = operate.load(folder, "books", backend=table, change=change)
    assert (result.written, result.left_out) == (3, 1)
    assert stored(table)[0] == {
        "isbn": "000000",
        "title": "***",
        "year": 1900,
        "tags": {"a", "b", "changed"},
        "price": Decimal("1.5"),
    }


def test_expired_items_are_left_out(table: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: 1000.0)
    items: list[Item] = [{"isbn": str(number), "expires": 998 + number} for number in range(5)]
    items += [{"isbn": "5"}, {"isbn": "6", "expires": "soon"}]
    of_table = DumpedTable(BOOKS, time_to_live="expires")
    folder = write_export(tmp_path / "dump", [items], table=of_table)
    for given in ("books", Book):
        result = operate.load(folder, given, backend=table, without_expired=True)
        assert (result.written, result.left_out) == (4, 3)
    assert [item["isbn"] for item in stored(table)] == ["3", "4", "5", "6"]
    plain = write_export(tmp_path / "plain", [items])
    with pytest.raises(InvalidLoad, match=r"^Nothing says when items of '.*plain' expire"):
        operate.load(plain, "books", backend=table, without_expired=True)


def test_only_absent_items_are_put(backend: Backend, tmp_path: Path) -> None:
    backend.execute(CreateTable(BOOKS))
    backend.execute(PutItem("books", {"isbn": "000003", "title": "Own"}))
    folder = write_export(tmp_path / "dump", [books(30)])
    result = operate.load(folder, "books", backend=backend, if_absent=True)
    assert (result.written, result.present) == (29, 1)
    assert stored(backend)[3] == {"isbn": "000003", "title": "Own"}
    # That all are there is no failure, and not nothing.
    assert operate.load(folder, "books", backend=backend, if_absent=True).present == 30


def test_of_items_with_one_key_the_later_one_stays(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [[{"isbn": "1", "n": 1}, {"isbn": "2"}, {"isbn": "1", "n": 2}]])
    result = operate.load(folder, "books", backend=table)
    assert (result.read, result.written, result.repeated) == (3, 2, 1)
    assert stored(table) == [{"isbn": "1", "n": 2}, {"isbn": "2"}]


def test_items_are_read_again_and_compared(table: Backend, tmp_path: Path) -> None:
    class Rounding(RecordingBackend):
        """A table that does not keep what it is given."""

        def execute(self, operation: Any) -> Any:
            result = super().execute(operation)
            if isinstance(operation, BatchGet):
                for item in result.items["books"]:
                    if item["isbn"] == "000002":
                        item["year"] = 0
            return result

    backend = Rounding(table)
    folder = write_export(tmp_path / "dump", [books(4)])
    result = operate.load(folder, "books", backend=backend, check=True)
    assert (result.written, result.failed) == (3, 1)
    assert result.failures[0].line == 3
    assert "does not have it as it was written" in result.failures[0].message
    assert [type(each) for each in backend.sent] == [BatchWrite, BatchGet]
    assert operate.load(folder, "books", backend=table, check=True).written == 4


PRODUCTION = TableSpec(
    "prod-books",
    KeyAttribute("isbn", "S"),
    indexes=(
        IndexSpec("by-year", "global", KeyAttribute("year", "N"), throughput=Throughput(3, 4)),
        IndexSpec("by-size", "global", KeyAttribute("size", "N"), throughput=Throughput(3, 4)),
    ),
    throughput=Throughput(50, 20),
    stream="NEW_IMAGE",
    deletion_protection=True,
)


def test_a_table_is_created_with_the_keys_and_indexes_of_the_dumped_one(sqlite_memory: Backend, tmp_path: Path) -> None:
    dumped = DumpedTable(PRODUCTION, "expires", {"team": "books"})
    folder = write_export(tmp_path / "dump", [books(3)], table=dumped)
    result = operate.load(folder, "copy", create=True, backend=sqlite_memory)
    assert (result.created, result.written) == (True, 3)
    spec = sqlite_memory.execute(DescribeTable("copy")).spec
    assert (spec.throughput, spec.stream, spec.deletion_protection) == (None, None, False)
    assert [(index.name, index.throughput) for index in spec.indexes] == [("by-year", None), ("by-size", None)]
    assert sqlite_memory.execute(DescribeTimeToLive("copy")).attribute is None

    operate.load(folder, "twin", create=True, settings=True, backend=sqlite_memory)
    spec = sqlite_memory.execute(DescribeTable("twin")).spec
    assert (spec.throughput, spec.stream, spec.deletion_protection) == (Throughput(50, 20), "NEW_IMAGE", True)
    assert spec.indexes[0].throughput == Throughput(3, 4)
    assert sqlite_memory.execute(DescribeTimeToLive("twin")).attribute == "expires"
    assert sqlite_memory.execute(ListTags("twin")).tags == {"team": "books"}

    with pytest.raises(TableAlreadyExists) as refused:
        operate.load(folder, "copy", create=True, backend=sqlite_memory)
    assert refused.value.__notes__[0] == ("A load never replaces a table. Leave out create to write to this one.")


def test_a_table_is_created_as_its_model_describes_it(sqlite_memory: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(3)])
    with dynamorm.using(sqlite_memory, table_prefix="dev-"):
        result = operate.load(folder, Book, create=True)
        assert [book.year for book in Book.scan()] == [1900, 1901, 1902]
    assert result.table == "dev-books"
    assert sqlite_memory.execute(DescribeTimeToLive("dev-books")).attribute == "expires"


def test_a_load_keeps_a_rate(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(60)])
    limit = dynamorm.RateLimit(read=100_000, write=100_000)
    operate.load(folder, "books", backend=table, rate=limit, check=True)
    assert limit.consumed == (60, 60), "an item that is read consistently costs one unit, and so does one that is put"
    asyncio.run(operate.aload(folder, "books", backend=table, rate=limit))
    assert limit.consumed == (60, 120)
    assert operate.load(folder, "books", backend=table, rate=100_000).written == 60
    for rate in (0, -1):
        with pytest.raises(DynaModelException):
            operate.load(folder, "books", backend=table, rate=rate)


def test_the_files_of_an_export_are_read_in_turns(table: Backend, tmp_path: Path) -> None:
    backend = RecordingBackend(table)
    folder = write_export(tmp_path / "dump", [books(100, 1000 * part) for part in range(10)])
    operate.load(folder, "books", backend=backend)
    parts = [{str(request.item["isbn"])[:3] for request in batch.requests} for batch in backend.sent]  # type: ignore[attr-defined]
    # Eight at a time, with 25 lines of each, which are a batch; the other two follow when those are read.
    assert parts[:8] == parts[8:16] == [{f"00{part}"} for part in range(8)]
    assert set.union(*parts[32:]) == {"008", "009"}

    # Without a manifest, a file of a later name may have later items with the same keys.
    plain = tmp_path / "plain"
    plain.mkdir()
    for number in range(3):
        write_lines(plain / f"{number}.json", [{"Item": {"isbn": {"S": "1"}, "n": {"N": str(number)}}}] * 30)
    operate.load(plain, "books", backend=table)
    assert table.execute(GetItem("books", {"isbn": "1"})).item == {"isbn": "1", "n": 2}


def test_faults_of_the_table_do_no_harm(table: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE", 0.0)
    folder = write_export(tmp_path / "dump", [books(300)])
    for if_absent in (False, True):
        faults = Faults(table)
        faults.leave_unprocessed(BatchWrite, keep=5, times=3)
        faults.throttle(BatchWrite, times=2)
        faults.throttle(PutItem, times=5)
        result = operate.load(folder, "books", backend=faults, if_absent=if_absent)
        assert (result.read, result.written + result.present) == (300, 300)
        assert stored(table) == books(300)
        table.execute(DeleteItem("books", {"isbn": "000007"}))


def test_a_file_may_begin_with_a_mark_of_its_encoding(table: Backend, tmp_path: Path) -> None:
    path = tmp_path / "books.json"
    path.write_text('{"Item": {"isbn": {"S": "ü"}}}\n', encoding="utf-8-sig")
    operate.load(path, "books", backend=table)
    assert stored(table) == [{"isbn": "ü"}]
