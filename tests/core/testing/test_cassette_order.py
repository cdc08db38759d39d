"""The order of operations in a cassette: what is added stands where it was sent, and threads don't depend on it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel
from dynamorm.testing import cassette
from dynamorm.testing.cassettes import RecordMode
from tests.support.tables import table_of


class Parcel(DynaModel):
    class Table:
        name = "parcels"
        hash_key = "id"

    class Schema:
        id = fields.String(required=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "parcels.jsonl"


def put(*names: str) -> None:
    for name in names:
        Parcel(id=name).save()


def in_a_thread(step: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as threads:
        threads.submit(step).result()


def test_operation_that_is_added_between_others_is_played_there(path: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/parcels.db"
    with cassette(path, database):
        table_of(Parcel).create_table()
        put("first", "last")
    modes: list[RecordMode] = ["new", "none"]
    for mode in modes:
        with cassette(path, database, record=mode):
            table_of(Parcel).create_table()
            put("first", "added", "last")


def test_thread_whose_operations_are_added_may_come_later(path: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/parcels.db"
    with cassette(path, database):
        table_of(Parcel).create_table()
        put("last")
    with cassette(path, database, record="new"):
        table_of(Parcel).create_table()
        in_a_thread(lambda: put("thread"))
        put("last")
    with cassette(path, record="none"):
        table_of(Parcel).create_table()
        put("last")
        in_a_thread(lambda: put("thread"))


def test_thread_sends_what_the_first_one_sends_later(path: Path) -> None:
    with cassette(path, "sqlite:///:memory:"):
        table_of(Parcel).create_table()
        put("first", "both")
        in_a_thread(lambda: put("both"))
    with cassette(path):
        table_of(Parcel).create_table()
        in_a_thread(lambda: put("both"))
        put("first", "both")


def test_cassette_that_is_used_again_leaves_open_what_it_did_not_open(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dynamorm.engine.run.connections._default", None)
    monkeypatch.setenv("DYNAMORM_URL", "sqlite:///:memory:")
    again = cassette(path)
    with again:
        table_of(Parcel).create_table()
    path.unlink()
    with dynamorm.using("sqlite:///:memory:"):
        with again:
            table_of(Parcel).create_table()
        put("first")
