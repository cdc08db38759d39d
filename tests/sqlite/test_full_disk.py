"""A disk that is full refuses writes, and loses nothing that was acknowledged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from dynamorm.data import (
    BatchWrite,
    CreateTable,
    GetItem,
    Item,
    KeyAttribute,
    PutItem,
    PutRequest,
    Scan,
    TableSpec,
    TransactWrite,
)
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import BackendUnavailable
from dynamorm.ports.backends import Backend

resource = pytest.importorskip("resource", reason="Windows has no such limits")

TEXT = "x" * 10_000


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file of this process grows beyond a *size* in bytes, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def put_all(backend: Backend, acknowledged: list[Item]) -> None:
    for number in range(1000):
        item: Item = {"id": number, "text": TEXT}
        backend.execute(PutItem("books", item))
        acknowledged.append(item)


def test_full_disk_refuses_writes_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    acknowledged: list[Item] = []
    with open_backend(f"sqlite:///{path}") as backend:
        backend.execute(CreateTable(TableSpec("books", KeyAttribute("id", "N"))))
        with files_of_at_most(500_000):
            with pytest.raises(BackendUnavailable) as raised:
                put_all(backend, acknowledged)
            assert str(path) in str(raised.value)
            assert TEXT[:20] not in str(raised.value)
            several = tuple(PutRequest("books", {"id": number, "text": TEXT}) for number in range(2000, 2020))
            for refused in (BatchWrite(several), TransactWrite((PutItem("books", several[0].item),))):
                with pytest.raises(BackendUnavailable):
                    backend.execute(refused)
            # Reads go on.
            assert backend.execute(GetItem("books", {"id": 0})).item == {"id": 0, "text": TEXT}
            assert backend.execute(Scan("books", count_only=True)).scanned_count > 0
        assert len(acknowledged) > 10
        backend.execute(PutItem("books", {"id": 9999}))
        assert [backend.execute(GetItem("books", {"id": item["id"]})).item for item in acknowledged] == acknowledged
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
