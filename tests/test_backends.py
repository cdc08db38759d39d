"""The fixtures of ``conftest.py``: each test has its backends to itself, and nothing of the machine leaks in."""

from __future__ import annotations

import os

import pytest

from dynamorm.data import CreateTable, DescribeTable, GetItem, KeyAttribute, PutItem, TableSpec
from dynamorm.exceptions import TableNotFound
from dynamorm.ports.backends import Backend

TABLE = TableSpec("books", KeyAttribute("isbn", "S"))


@pytest.mark.parametrize("time", ["first", "second"])
def test_backend_is_empty(backend: Backend, time: str) -> None:
    with pytest.raises(TableNotFound):
        backend.execute(DescribeTable("books"))
    backend.execute(CreateTable(TABLE))
    backend.execute(PutItem("books", {"isbn": time}))
    assert backend.execute(GetItem("books", {"isbn": time})).item == {"isbn": time}


def test_environment_is_clean() -> None:
    names = {name for name in os.environ if name.startswith(("AWS_", "DYNAMORM_URL"))}
    assert names == {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"}
