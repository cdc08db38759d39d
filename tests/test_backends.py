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


def test_tests_that_need_a_server_are_marked(backend: Backend, request: pytest.FixtureRequest) -> None:
    marks = {mark for mark in ("moto", "server") if request.node.get_closest_marker(mark)}
    expected = {"sqlite-memory": set(), "sqlite-file": set(), "moto": {"moto", "server"}, "dynamodb-local": {"server"}}
    assert marks == expected[request.node.callspec.id]


@pytest.mark.parametrize("name", ["moto", "sqlite_memory"])
def test_parameter_that_names_a_server_marks_its_test(name: str, request: pytest.FixtureRequest) -> None:
    assert (request.node.get_closest_marker("server") is not None) == (name == "moto")
