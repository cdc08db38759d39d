"""The files: readable, shared between processes, all changed or none, and damage that is reported."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from dynamorm.data import (
    Add,
    CreateTable,
    DeleteItem,
    DeleteTable,
    GetItem,
    KeyAttribute,
    PutItem,
    TableSpec,
    TransactWrite,
    UpdateItem,
)
from dynamorm.data import Path as Attribute
from dynamorm.exceptions import BackendUnavailable, RequestRejected, TableNotFound
from dynamorm_jsonfile.backend import JsonFileBackend
from dynamorm_jsonfile.folder import Folder

BOOKS, FILMS = (TableSpec(name, KeyAttribute("id", "S")) for name in ("books", "films"))
BOTH = (PutItem("books", {"id": "1"}), PutItem("films", {"id": "1"}))


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[JsonFileBackend]:
    with JsonFileBackend(str(tmp_path)) as backend:
        backend.execute(CreateTable(BOOKS))
        backend.execute(CreateTable(FILMS))
        yield backend


def item(folder: Path, table: str) -> object:
    """The item "1" as another process would read it."""
    with JsonFileBackend(str(folder)) as other:
        return other.execute(GetItem(table, {"id": "1"})).item


def test_a_table_is_a_file_with_one_line_for_each_item(backend: JsonFileBackend, tmp_path: Path) -> None:
    backend.execute(PutItem("books", {"id": "2", "cover": b"\x00"}))
    backend.execute(PutItem("books", {"id": "1", "title": "Sommer in Köln"}))
    text = (tmp_path / "books.table.json").read_text("utf-8")
    assert '{"id": {"S": "1"}, "title": {"S": "Sommer in Köln"}}' in text.replace(",\n", "\n").splitlines()
    assert {each["id"]["S"] for each in json.loads(text)["items"]} == {"1", "2"}


def test_names_that_differ_in_case_alone_have_files_that_differ_in_more(tmp_path: Path) -> None:
    with JsonFileBackend(str(tmp_path)) as backend:
        for name in ("books", "Books", "BOOKS", "b" * 255, "b" * 254 + "a"):
            backend.execute(CreateTable(TableSpec(name, KeyAttribute("id", "S"))))
    assert len({path.name.lower() for path in tmp_path.glob("*.table.json")}) == 5


def test_the_name_of_a_table_never_leads_out_of_the_folder(backend: JsonFileBackend, tmp_path: Path) -> None:
    (tmp_path.parent / "outside.table.json").write_text((tmp_path / "books.table.json").read_text())
    with pytest.raises(RequestRejected):
        backend.execute(GetItem("../outside", {"id": "1"}))


def count(folder: str, begin: Barrier) -> None:
    with JsonFileBackend(folder) as backend:
        begin.wait(30)
        for _ in range(25):
            backend.execute(UpdateItem("books", {"id": "1"}, (Add(Attribute.of("count"), 1),)))


def test_processes_take_turns(backend: JsonFileBackend, tmp_path: Path) -> None:
    backend.execute(GetItem("books", {"id": "1"}))
    context = multiprocessing.get_context("spawn")
    begin = context.Barrier(2)
    others = [context.Process(target=count, args=(str(tmp_path), begin)) for _ in range(2)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert backend.execute(GetItem("books", {"id": "1"})).item == {"id": "1", "count": 50}


@pytest.mark.parametrize("steps", range(1, 12))
def test_a_transaction_that_ends_in_the_middle_happens_wholly_or_not(
    backend: JsonFileBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    left = iter(range(steps))

    def sync(file: int) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", sync)
    try:
        backend.execute(TransactWrite(BOTH, token="token"))
        ended = True
    except KeyboardInterrupt:
        ended = False
    monkeypatch.undo()
    found = {item(tmp_path, "books") is not None, item(tmp_path, "films") is not None}
    assert found == {True} if ended else len(found) == 1
    assert {item(tmp_path, "books") is not None} == {backend.execute(GetItem("books", {"id": "1"})).item is not None}
    assert not (tmp_path / "journal.json").exists()


@pytest.mark.parametrize(("owner", "function"), [(os, "fsync"), (Path, "write_bytes")])
def test_a_write_that_fails_has_not_happened(
    backend: JsonFileBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, function: str
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    backend.execute(PutItem("books", {"id": "1", "title": "One"}))
    monkeypatch.setattr(owner, function, full)
    with pytest.raises(BackendUnavailable, match="No space left on device") as caught:
        backend.execute(DeleteItem("books", {"id": "1"}))
    monkeypatch.undo()
    assert isinstance(caught.value.__cause__, OSError)
    assert backend.execute(GetItem("books", {"id": "1"})).item == item(tmp_path, "books") == {"id": "1", "title": "One"}


def test_what_others_change_is_seen(backend: JsonFileBackend, tmp_path: Path) -> None:
    assert backend.execute(GetItem("books", {"id": "1"})).item is None
    with JsonFileBackend(str(tmp_path)) as other:
        other.execute(PutItem("books", {"id": "1"}))
        assert backend.execute(GetItem("books", {"id": "1"})).item == {"id": "1"}
        other.execute(DeleteTable("books"))
    with pytest.raises(TableNotFound):
        backend.execute(GetItem("books", {"id": "1"}))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"table": 1, "tags": {}, "items": []}', '{"table": {"na'])
def test_a_damaged_file_is_reported(backend: JsonFileBackend, tmp_path: Path, text: str) -> None:
    (tmp_path / "books.table.json").write_text(text)
    (tmp_path / "lock").write_bytes(b"another")
    with pytest.raises(BackendUnavailable, match=r"books\.table\.json is damaged"):
        backend.execute(GetItem("books", {"id": "1"}))
    assert backend.execute(GetItem("films", {"id": "1"})).item is None


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # of tests before this one
def test_a_fork_inherits_no_lock(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    with folder.locked(exclusive=True):
        child = os.fork()
        if child == 0:
            signal.alarm(10)
            with folder.locked(exclusive=True):
                os._exit(7)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
