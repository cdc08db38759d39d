"""The files of cassettes, and the modes in which they are opened: what is added, refused, and left as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import dynamorm
from dynamorm.data import PutItem, TransactWrite
from dynamorm.exceptions import (
    BackendClosed,
    BackendMisconfigured,
    BackendUnavailable,
    TransactionCancelled,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing import Faults, cassette
from tests.core.testing.recordings import Order, play, put, record
from tests.support.tables import table_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassettes" / "orders.jsonl"


@pytest.fixture(autouse=True)
def _nothing_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_URL", "none")
    monkeypatch.setattr("dynamorm.engine.plans.backoff.FIRST_PAUSE", 0)


def test_new_operations_are_added(path: Path) -> None:
    record(path, lambda: put("1"))
    first = path.read_text()
    assert record(path, lambda: put("1"), record="new") is None
    assert path.read_text() == first
    record(path, lambda: put("1", "2"), record="new")
    assert path.read_text().startswith(first)
    play(path, lambda: put("1", "2"))


def test_file_is_where_the_block_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def program() -> None:
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / "elsewhere")
        put("1")

    record(Path("orders.jsonl"), program)
    monkeypatch.chdir(tmp_path)
    play(Path("orders.jsonl"), program)


def test_nothing_is_recorded_where_nothing_may_be(path: Path) -> None:
    with pytest.raises(
        BackendMisconfigured, match=r"There is no cassette '.*orders.jsonl', and nothing may be recorded"
    ):
        record(path, lambda: put("1"), record="none")
    assert not path.exists()


def test_environment_decides_for_all_cassettes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_RECORD", "none")
    with pytest.raises(BackendMisconfigured, match="nothing may be recorded"):
        record(path, lambda: put("1"), record="once")
    monkeypatch.setenv("DYNAMORM_RECORD", "nwe")
    with pytest.raises(BackendMisconfigured, match=r"DYNAMORM_RECORD is 'once', 'none' or 'new', not 'nwe'\. Did you"):
        cassette(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"record": "always"}, "cassette: record is 'once', 'none' or 'new', not 'always'."),
        ({"ignore": "created"}, "cassette: ignore is a list of the names of attributes, such as ['created']."),
        ({"ignore": [1]}, "cassette: ignore is a list of the names of attributes"),
    ],
)
def test_arguments_are_checked(path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(BackendMisconfigured) as caught:
        cassette(path, **options)
    assert message in str(caught.value)


def test_failed_recording_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(path, lambda: put("1"))
    before = path.read_text()
    with pytest.raises(KeyboardInterrupt):
        record(path, put_and_interrupt, record="new")
    assert path.read_text() == before
    monkeypatch.setattr("dynamorm.testing.cassettes.file.json.dumps", lambda *_, **__: interrupt())
    with pytest.raises(KeyboardInterrupt):
        record(path.with_name("other.jsonl"), lambda: None)
    assert [each.name for each in path.parent.iterdir()] == ["orders.jsonl"]


def interrupt() -> None:
    raise KeyboardInterrupt


def put_and_interrupt() -> None:
    put("1", "2")
    raise KeyboardInterrupt


def test_closed_backend_is_not_recorded(path: Path, sqlite_memory: Backend) -> None:
    sqlite_memory.close()

    def program() -> None:
        with pytest.raises(BackendClosed):
            put("1")

    with cassette(path, sqlite_memory):
        program()
    assert len(path.read_text().splitlines()) == 1


def change(path: Path, line: int, text: str) -> None:
    lines = path.read_text().splitlines()
    lines[line - 1] = text
    path.write_text("\n".join(lines))


DAMAGE: dict[str, tuple[int, str, str]] = {
    "format": (
        1,
        '{"dynamorm_cassette": 2, "core": "9.1"}',
        "has the format 2 of dynamorm-core 9.1, and dynamorm-core 1.0.0 reads the format 1. Upgrade dynamorm-core, or",
    ),
    "other file": (1, '{"name": "x"}', "is no cassette: its first line does not say so. Delete it to record it again"),
    "no JSON": (2, '{"operation": ', "is no cassette: line 2 is no JSON."),
    "no operation": (2, "{}", "is no cassette: line 2 is no operation with its result."),
    "later operation": (
        2,
        '{"operation": {"$": "Teleport"}, "result": null}',
        "has Teleport, which dynamorm-core 1.0.0 does not know. Upgrade dynamorm-core, or delete the file",
    ),
    "later field": (
        2,
        '{"operation": {"$": "DeleteTable", "table": "orders", "force": true}, "result": null}',
        "has DeleteTable.force, which dynamorm-core",
    ),
    "lacking field": (2, '{"operation": {"$": "GetItem"}, "result": null}', "Line 2 of the cassette"),
    "number in place of an operation": (2, '{"operation": 5, "result": null}', "Line 2 of the cassette"),
    "operation of no kind": (2, '{"operation": {"$": "Operation"}, "result": null}', "Line 2 of the cassette"),
    "changed header": (1, '{"dynamorm_cassette": 1, "capabilities": 5}', "is no cassette: its first line was changed."),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_file_that_can_not_be_read_is_refused(path: Path, damage: str) -> None:
    record(path, lambda: put("1"))
    line, text, message = DAMAGE[damage]
    change(path, line, text)
    with pytest.raises(BackendMisconfigured) as caught:
        play(path, lambda: put("1"))
    assert message in str(caught.value)


def test_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendMisconfigured, match=r"is a directory\. Name a file, such as"):
        play(tmp_path, lambda: put("1"))


def test_first_line_says_what_the_file_is(path: Path) -> None:
    record(path, lambda: put("1"))
    first, second = map(json.loads, path.read_text().splitlines())
    assert (first["dynamorm_cassette"], first["core"]) == (1, "1.0.0")
    assert "transactions" in first["capabilities"]
    assert second == {
        "operation": {"$": "PutItem", "table": "orders", "item": {"id": "1"}},
        "result": {"$": "WriteResult"},
    }


def test_failures_of_the_backend_are_recorded_too(path: Path) -> None:
    faults = Faults("sqlite:///:memory:")
    with dynamorm.using(faults):
        table_of(Order).create_table()
    faults.lose_response(PutItem)
    faults.cancel(TransactWrite, times=8)

    def program() -> None:
        with pytest.raises(BackendUnavailable):
            put("1")
        with pytest.raises(TransactionCancelled), dynamorm.transaction() as tx:
            tx.put(Order, {"id": "1"})

    with cassette(path, faults):
        program()
    play(path, program)
