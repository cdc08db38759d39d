"""What can't be loaded is refused with the file and the line, and what can't be written is kept with the reason."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from dynamorm import Q, operate
from dynamorm.data import BatchWrite, CreateTable, KeyAttribute, PutItem, TableSpec
from dynamorm.exceptions import (
    AccessDenied,
    DynaModelException,
    DynamoException,
    InvalidDump,
    InvalidLoad,
    InvalidOperator,
    NothingLoaded,
    RequestRejected,
    TableNotFound,
)
from dynamorm.operate.dumps.table_files import DumpedTable
from dynamorm.ports.backends import Backend
from tests.core.operate.exported import BOOKS, books, stored, write_export, write_lines
from tests.support.backends import RecordingBackend

GOOD = {"Item": {"isbn": {"S": "1"}}}


@pytest.fixture
def table(sqlite_memory: Backend) -> Backend:
    """A backend with an empty table."""
    sqlite_memory.execute(CreateTable(BOOKS))
    return sqlite_memory


def refused(kind: type[DynamoException], source: Path, table: Backend, **options: Any) -> str:
    """Return the message with which a load is refused."""
    with pytest.raises(kind) as error:
        operate.load(source, "books", backend=table, **options)
    return str(error.value)


TWICE = "an object has a name twice, and only one of the values could be kept"
BROKEN = {
    '{"Item": {"isbn": {"S": "2"}}': "is not JSON: Expecting ',' delimiter at column 30",
    "isbn,title": "is not JSON: Expecting value at column 1",
    '["Item"]': "is no JSON object",
    '{"isbn": {"S": "2"}}': 'has no "Item", as each line of an export has',
    '{"Item": ["isbn"]}': "is not in DynamoDB JSON: an item is an object of attributes",
    '{"Item": {"isbn": "2"}}': "is not in DynamoDB JSON: the value of an attribute is an object with one of DynamoDB's "
    'types, such as {"S": "…"}',
    '{"Item": {"isbn": {"S": 2}}}': "is not in DynamoDB JSON: ",
    '{"Item": {"isbn": {"S": "2", "N": "2"}}}': "is not in DynamoDB JSON: ",
    '{"Item": {"isbn": {"X": "2"}}}': "is not in DynamoDB JSON: ",
    '{"Item": {"isbn": {"S": "2"}, "n": {"N": 5}}}': "is not in DynamoDB JSON: ",
    '{"Item": {"isbn": {"S": "2"}, "n": {"L": {"N": "5"}}}}': "is not in DynamoDB JSON: ",
    '{"Item": {"isbn": {"S": "2"}, "n": {"M": {"a": {"BOOL": "yes"}}}}}': "is not in DynamoDB JSON: ",
    '{"Item": {"isbn": {"S": "2"}, "n": {"NULL": false}}}': "is not in DynamoDB JSON: ",
    '{"Item": {"isbn": {"S": "2"}}, "Item": {"isbn": {"S": "3"}}}': f"is not in DynamoDB JSON: {TWICE}",
    '{"Item": {"isbn": {"S": "2"}, "isbn": {"S": "3"}}}': f"is not in DynamoDB JSON: {TWICE}",
    '{"Item": {"isbn": {"S": "2"}, "n": {"M": {"a": {"S": "2"}, "a": {"S": "2"}}}}}': f"is not in DynamoDB JSON: {TWICE}",
    '{"Item": {"isbn": {"S": "2"}, "n": {"L": [{"M": {"a": {"S": "2"}, "a": {"S": "3"}}}]}}}': "is not in DynamoDB JSON: ",
    '{"Item": {"isbn": {"S": "2", "S": "3"}}}': "is not in DynamoDB JSON: ",
    '{"Item": {"isbn": [["S", "2"]]}}': "is not in DynamoDB JSON: ",
    '{"Item": {"isbn": {"S": "2"}, "n": {"L": [[["S", "2"]]]}}}': "is not in DynamoDB JSON: ",
    '{"Keys": {"isbn": {"S": "2"}}}': "is of an incremental export: it has a change, and not an item of a table. To "
    "apply the changes to a table that has the items from before, load with incremental=True, on the command line "
    "--incremental",
    "[" * 100_000: "is nested deeper than any item",
    f'{{"Item": {{"isbn": {{"N": {"1" * 5000}}}}}}}': "has a number without quotes, and no type has those",
}


def test_a_broken_line_is_named_and_the_items_before_it_are_loaded(table: Backend, tmp_path: Path) -> None:
    wrong = {}
    for number, (line, reason) in enumerate(BROKEN.items()):
        path = write_lines(tmp_path / f"{number}.json", [GOOD, "", line, GOOD])
        message = refused(InvalidDump, path, table)
        expected = f"'{number}.json', line 3, {reason}"
        if not (message.startswith(expected) and message.endswith(". The items before it were loaded.")):
            wrong[line[:80]] = message
    assert wrong == {}
    assert stored(table) == [{"isbn": "1"}]


def test_a_line_that_is_not_utf8_or_endless_is_named(table: Backend, tmp_path: Path) -> None:
    path = tmp_path / "books"
    path.write_bytes(b'{"Item": {"isbn": {"S": "1"}}}\n{"Item": {"isbn": {"S": "\xe4"}}}\n')
    assert refused(InvalidDump, path, table).startswith("'books', line 2, is not encoded as UTF-8.")
    with path.open("wb") as file:
        file.truncate(20 * 1024 * 1024)
    assert refused(InvalidDump, path, table).startswith(
        "'books', line 1, has more than 8 MB, and no item is that large."
    )


@pytest.mark.parametrize(
    ("beginning", "reason"),
    [
        (b"\x28\xb5\x2f\xfd", "compressed with Zstandard. Decompress it first"),
        (b"$ion_1_0 {Item:{isbn:'1'}}", "in the format Ion. Export the table in the format DynamoDB JSON"),
        (b"\xe0\x01\x00\xea", "in the format Ion."),
        (b"PK\x03\x04", "a ZIP archive."),
    ],
)
def test_files_of_other_formats_are_named(table: Backend, tmp_path: Path, beginning: bytes, reason: str) -> None:
    path = tmp_path / "books.json.gz"
    path.write_bytes(beginning + b"...")
    assert refused(InvalidDump, path, table).startswith(f"'books.json.gz' is {reason}")


def test_a_file_that_is_cut_off_is_named(table: Backend, tmp_path: Path) -> None:
    lines = "".join(json.dumps({"Item": {"isbn": {"S": f"{n}" * 9}}}) + "\n" for n in range(2000)).encode()
    path = tmp_path / "books.gz"
    path.write_bytes(gzip.compress(lines)[:-200])
    message = refused(InvalidDump, path, table)
    assert message.startswith("'books.gz' is not whole, or was changed: it can't be decompressed behind line 1,")
    assert len(stored(table)) > 1000


def test_a_manifest_that_does_not_fit_is_refused_before_anything_is_written(table: Backend, tmp_path: Path) -> None:
    backend = RecordingBackend(table)
    folder = write_export(tmp_path / "dump", [books(20), books(20, 20)])
    first, second = folder / "data" / "00000.json.gz", folder / "data" / "00001.json.gz"

    first.rename(tmp_path / "aside")
    assert refused(InvalidDump, folder, backend) == (
        f"The export in '{folder}' lacks 1 of the 2 files that its manifest has: 'data/00000.json.gz'. Copy the whole "
        "export."
    )
    shutil.copy(second, first)
    assert refused(InvalidDump, folder, backend).startswith(
        f"'data/00000.json.gz' in '{folder}' does not have the MD5 that its manifest says: it was changed"
    )
    (tmp_path / "aside").replace(first)
    summary = folder / "manifest-summary.json"
    summary.write_text(summary.read_text().replace('"itemCount": 40', '"itemCount": 41'))
    assert "says that there are 41 items, and the files in manifest-files.json have 40" in refused(
        InvalidDump, folder, backend
    )
    summary.unlink()
    assert "has a manifest-files.json, and no manifest-summary.json" in refused(InvalidDump, folder, backend)
    assert backend.sent == []


def test_a_manifest_of_dynamodbs_own_that_does_not_fit_is_a_warning_but_for_missing_items(
    table: Backend, tmp_path: Path
) -> None:
    folder = write_export(tmp_path / "export", [books(3)], is_own=False)
    data = folder / "data" / "00000.json.gz"
    # Its pages don't say of which bytes the MD5 is.
    data.write_bytes(gzip.compress(gzip.decompress(data.read_bytes()), compresslevel=1))
    result = operate.load(folder, "books", backend=table)
    assert result.written == 3
    assert result.warnings == (f"'data/00000.json.gz' in '{folder}' does not have the MD5 that its manifest says.",)
    data.write_bytes(gzip.compress(gzip.decompress(data.read_bytes()).splitlines(keepends=True)[0]))
    assert refused(InvalidDump, folder, table) == (
        "'data/00000.json.gz' has 1 items, and its manifest says 3. It was changed, or not copied completely. Its items "
        "were loaded."
    )


def test_exports_of_the_other_kind_are_refused(table: Backend, tmp_path: Path) -> None:
    changes = write_export(tmp_path / "changes", [books(1)], is_own=False, export_type="INCREMENTAL_EXPORT")
    assert "is incremental: it has the changes of some time, and not the items of a table" in refused(
        InvalidDump, changes, table
    )
    full = write_export(tmp_path / "full", [books(1)])
    assert "is a full one, and has no changes to apply" in refused(InvalidDump, full, table, incremental=True)
    lines = write_lines(tmp_path / "lines", [GOOD])
    assert refused(InvalidDump, lines, table, incremental=True).startswith(
        "'lines', line 1, is of a full export, and has no change to apply. Load that without incremental."
    )
    summary = full / "manifest-summary.json"
    summary.write_text(summary.read_text().replace("DYNAMODB_JSON", "ION"))
    assert "has the format ION, and only DYNAMODB_JSON can be loaded" in refused(InvalidDump, full, table)
    for option in ({"limit": 1}, {"if_absent": True}, {"where": {"year": 1}}, {"change": dict}):
        (name,) = option
        assert refused(InvalidLoad, changes, table, incremental=True, **option).startswith(
            f"{name} does not go with an incremental export"
        )


def test_a_folder_is_one_export(table: Backend, tmp_path: Path) -> None:
    assert refused(InvalidDump, tmp_path / "none", table).startswith("There is no folder or file")
    with pytest.raises(InvalidDump, match="Copy the export to this machine first: aws s3 sync s3://exports/1 FOLDER"):
        operate.load("s3://exports/1", "books", backend=table)
    assert refused(InvalidDump, tmp_path, table).startswith(f"The folder '{tmp_path}' has no data files.")
    for name in ("one", "two"):
        write_export(tmp_path / "AWSDynamoDB" / name, [books(1)], is_own=False)
    assert refused(InvalidDump, tmp_path, table).startswith(f"'{tmp_path}' has 2 exports: ")
    for name in ("one", "two"):
        for file in (tmp_path / "AWSDynamoDB" / name).glob("manifest*"):
            file.unlink()
    assert refused(InvalidDump, tmp_path, table).startswith(f"'{tmp_path}' has the data of 2 exports: ")
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / "_progress.json").write_text("{}")
    assert refused(InvalidDump, unfinished, table).startswith(f"The dump in '{unfinished}' is not complete.")


def test_a_load_of_nothing_is_an_error(table: Backend, tmp_path: Path) -> None:
    empty = write_export(tmp_path / "empty", [[]])
    assert refused(NothingLoaded, empty, table) == (
        f"'{empty}' has no items, so nothing was written to 'books'. If that is right, allow it: allow_empty=True, on "
        "the command line --allow-empty."
    )
    full = write_export(tmp_path / "full", [books(3)])
    assert refused(NothingLoaded, full, table, where={"year": 1}).startswith("None of the 3 items of ")
    assert operate.load(empty, "books", backend=table, allow_empty=True).read == 0
    assert operate.load(full, "books", backend=table, where={"year": 1}, allow_empty=True).left_out == 3


def test_the_target_is_checked_first(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(1)], table=DumpedTable(BOOKS))
    table.execute(CreateTable(TableSpec("other", KeyAttribute("id", "N"))))
    with pytest.raises(TableNotFound) as missing:
        operate.load(folder, "missing", backend=table)
    assert "load with create=True, on the command line --create" in missing.value.__notes__[0]
    with pytest.raises(InvalidLoad) as other:
        operate.load(folder, "other", backend=table)
    assert str(other.value).startswith("The key of the source is isbn (S), and that of 'other' is id (N).")
    with pytest.raises(InvalidLoad, match=r"^'new' can't be created: the source has no table.json"):
        operate.load(write_export(tmp_path / "plain", [books(1)]), "new", create=True, backend=table)
    wrong: dict[str, Any] = {"limit": 0, "change": "app:change", "progress": 1, "where": 5}
    for name, value in wrong.items():
        with pytest.raises((InvalidLoad, DynaModelException), match=rf"^{name} is "):
            operate.load(folder, "books", backend=table, **{name: value})
    with pytest.raises(InvalidOperator, match="'title' has the operator 'like', and the operators are"):
        operate.load(folder, "books", backend=table, where={"title__like": "x"})


def test_conditions_that_nothing_can_meet_are_refused(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(1)])
    for where, message in (
        ("year = 5", "where is a dict of conditions, or a function, not str"),
        (Q(year=5), "An expression is about the fields of a model, and 'books' was given by its name"),
    ):
        with pytest.raises(InvalidLoad, match=message):
            operate.load(folder, "books", backend=table, where=where)  # type: ignore[arg-type]
    found = operate.load(folder, "books", backend=table, where=operate.TableCondition("year", "eq", (1900,)))
    assert found.written == 1


def test_changes_that_can_not_be_made_are_kept_with_the_reason(table: Backend, tmp_path: Path) -> None:
    key = {"Keys": {"isbn": {"S": "1"}}}
    path = write_lines(
        tmp_path / "changes",
        [
            {"Keys": {"isbn": {"B": "?"}}},
            key | {"NewImage": {"isbn": {"S": "1"}, "n": {"N": "many"}}},
            {"Keys": {"isbn": {"N": "1"}}},
            key | {"NewImage": {"title": {"S": "no key"}}},
            key,
        ],
    )
    result = operate.load(path, "books", backend=table, incremental=True)
    assert (result.deleted, sorted(each.error for each in result.failures)) == (
        1,
        ["InvalidKey", "InvalidValue", "InvalidValue", "MissingKey"],
    )
    write_lines(path, [key | {"NewImage": {"isbn": "1"}}])
    assert "line 1, is not in DynamoDB JSON" in refused(InvalidDump, path, table, incremental=True)
    write_lines(path, [{"NewImage": {}}])
    assert 'line 1, has no "Keys"' in refused(InvalidDump, path, table, incremental=True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_that_can_not_be_read_is_named(table: Backend, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "books", [GOOD])
    path.chmod(0)
    assert refused(InvalidDump, path, table) == "'books' can't be read: Permission denied."


def test_a_load_into_the_wrong_table_ends_soon(table: Backend, tmp_path: Path) -> None:
    table.execute(CreateTable(TableSpec("other", KeyAttribute("id", "N"))))
    folder = write_export(tmp_path / "dump", [books(3000)])
    with pytest.raises(InvalidLoad) as wrong:
        operate.load(folder, "other", backend=table)
    assert str(wrong.value) == (
        f"None of the first 1,000 items of '{folder}' could be written to 'other', so it is probably the wrong table. The "
        "first one failed with MissingKey: 'id' is missing: it is part of the primary key of 'other'."
    )


def test_items_that_can_not_be_written_are_kept_with_the_reason(table: Backend, tmp_path: Path) -> None:
    bad: list[dict[str, Any]] = [
        {"Item": {"title": {"S": "no key"}}},
        {"Item": {"isbn": {"N": "5"}}},
        {"Item": {"isbn": {"S": "x" * 3000}}},
        {"Item": {"isbn": {"S": "3"}, "text": {"S": "secret" * 100_000}}},
        {"Item": {"isbn": {"S": "4"}, "n": {"N": "1E+200"}}},
        {"Item": {"isbn": {"S": "5"}, "n": {"SS": []}}},
        {"Item": {"isbn": {"S": "6"}, "n": {"B": "?"}}},
        {"Item": {"isbn": {"S": "7"}, "text": {"S": "\ud800"}}},
        {"Item": {"isbn": {"S": "8"}, "n": {"N": "1" * 40}}},
    ]
    good: list[dict[str, Any]] = [{"Item": {"isbn": {"S": f"good {number}"}}} for number in range(60)]
    path = write_lines(tmp_path / "books.json", [*good[:30], *bad, *good[30:]])
    failed = tmp_path / "failed.jsonl"
    result = operate.load(path, "books", backend=table, failed=failed)
    assert (result.read, result.written, result.failed) == (69, 60, 9)
    assert sorted((each.line, each.error) for each in result.failures) == [
        (31, "MissingKey"),
        (32, "InvalidKey"),
        (33, "InvalidKey"),
        (34, "ItemTooLarge"),
        (35, "InvalidValue"),
        (36, "InvalidValue"),
        (37, "InvalidValue"),
        (38, "InvalidValue"),
        (39, "InvalidValue"),
    ]
    assert not any("secret" in each.message for each in result.failures)
    assert result.failed_file == str(failed)
    lines = [json.loads(line) for line in failed.read_text().splitlines()]
    assert sorted(json.dumps(line["Item"]) for line in lines) == sorted(json.dumps(line["Item"]) for line in bad)
    assert all(line["file"] == "books.json" and line["message"] for line in lines)
    if os.name == "posix":
        assert failed.stat().st_mode & 0o777 == 0o600

    # It can be mended and loaded.
    assert operate.load(failed, "books", backend=table, change=lambda item: {"isbn": "mended"}).written == 1
    # Another load does not mix its items into it.
    with pytest.raises(InvalidLoad, match="exists, and has the failed items of an earlier run"):
        operate.load(path, "books", backend=table, failed=failed)


class Choosy(RecordingBackend):
    """Refuses some items, as the service does: without saying which one of a batch it means."""

    def execute(self, operation: Any) -> Any:
        requests: Any = operation.requests if isinstance(operation, BatchWrite) else ()
        puts = [operation] if isinstance(operation, PutItem) else requests
        if any(put.item["isbn"] in {"000007", "000123"} for put in puts):
            self.sent.append(operation)
            raise RequestRejected("One or more parameter values were invalid.")
        return super().execute(operation)


def test_an_item_that_only_the_service_refuses_is_found(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(200)])
    for if_absent in (False, True):
        backend = Choosy(table)
        result = operate.load(folder, "books", backend=backend, if_absent=if_absent)
        assert (result.written + result.present, result.failed) == (198, 2)
        assert [each.line for each in result.failures] == [8, 124]
    assert len(stored(table)) == 198


def test_an_error_that_is_not_about_an_item_ends_the_load(table: Backend, tmp_path: Path) -> None:
    class Denied(RecordingBackend):
        def execute(self, operation: Any) -> Any:
            if isinstance(operation, (BatchWrite, PutItem)) and len(self.sent) == 20:
                raise AccessDenied("not allowed")
            return super().execute(operation)

    folder = write_export(tmp_path / "dump", [books(1200)])
    for if_absent in (False, True):
        with pytest.raises(AccessDenied) as denied:
            operate.load(folder, "books", backend=Denied(table), state=tmp_path / "state", if_absent=if_absent)
        assert "To go on there, call it again with resume=True (--resume)" in denied.value.__notes__[-1]
        (tmp_path / "state").unlink()


def test_an_error_of_the_function_that_changes_items_says_where(table: Backend, tmp_path: Path) -> None:
    folder = write_export(tmp_path / "dump", [books(9)])

    def change(item: dict[str, Any]) -> Any:
        return {"isbn": item["isbn"], "y": 1 // (int(item["isbn"]) - 6)}

    with pytest.raises(ZeroDivisionError) as error:
        operate.load(folder, "books", backend=table, change=change)
    assert "while the item of data/00000.json.gz, line 7 was selected or changed" in error.value.__notes__[0]
    assert len(stored(table)) == 6
    with pytest.raises(
        InvalidLoad, match="returns an item, a dict by attribute name, or None to leave it out, not int"
    ):
        operate.load(folder, "books", backend=table, change=lambda item: 5)  # type: ignore[arg-type, return-value]
    result = operate.load(folder, "books", backend=table, change=lambda item: item | {"title": object()})
    assert (result.failed, result.failures[0].error) == (9, "InvalidValue")


@pytest.mark.parametrize(
    "attribute",
    [
        *({"N": each} for each in ("1_000", " 1", "1\n", "\u0661", "+", "1e", "")),
        {"SS": ["a", "a"]},
        {"NS": ["1", "1.0"]},
    ],
)
def test_values_that_only_python_would_take_are_not_changed_but_fail(
    table: Backend, tmp_path: Path, attribute: dict[str, Any]
) -> None:
    path = write_lines(tmp_path / "lines.json", [{"Item": {"isbn": {"S": "2"}, "a": attribute}}, GOOD])
    result = operate.load(path, "books", backend=table)
    assert (result.written, [each.error for each in result.failures]) == (1, ["InvalidValue"])


def test_the_line_of_a_function_that_raises_is_named(table: Backend, tmp_path: Path) -> None:
    def change(item: dict[str, Any]) -> dict[str, Any]:
        return {"isbn": item["nothing"]}

    with pytest.raises(KeyError) as error:
        operate.load(write_lines(tmp_path / "lines.json", [GOOD]), "books", backend=table, change=change)
    line = change.__code__.co_firstlineno + 1
    assert error.value.__notes__[0].startswith(f"This was raised in {__file__}, line {line}, in change, while the item")


def test_a_disk_that_is_full_is_told_with_the_file(
    table: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path, state = write_lines(tmp_path / "lines.json", [GOOD]), tmp_path / "state.json"
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError) as error:  # noqa: PT011
        operate.load(path, "books", backend=table, state=state)
    assert str(error.value) == f"[Errno 28] No space left on device: '{state}'"
    assert "How far it has come could not be saved: " in error.value.__notes__[0]


def test_a_manifest_with_a_file_twice_is_refused(table: Backend, tmp_path: Path) -> None:
    operate.load(write_lines(tmp_path / "lines.json", [GOOD]), "books", backend=table)
    operate.dump("books", tmp_path / "dump", backend=table)
    files = tmp_path / "dump" / "manifest-files.json"
    files.write_text(files.read_text() + files.read_text().replace("data/", "../../elsewhere/"))
    assert "has the file '00000-00000.json.gz' twice" in refused(InvalidDump, tmp_path / "dump", table)
