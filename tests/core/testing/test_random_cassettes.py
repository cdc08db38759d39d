"""Cassettes of random operations: what comes of them when they are played is what came of them when recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dynamorm.data import CreateTable, GetItem, Item, KeyAttribute, Operation, PutItem, Scan, TableSpec, UpdateItem
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import DynamoException
from dynamorm.testing import cassette
from dynamorm.testing.cassettes.codec import decode, encode
from dynamorm.testing.cassettes.values import with_values
from tests.support.random_operations import items, items_and_conditions, items_and_updates
from tests.support.randomised import SHARED_FIXTURE

KEY: Item = {"id": "1"}
SPEC = TableSpec("things", KeyAttribute("id", "S"))


@st.composite
def programs(draw: st.DrawFn) -> list[Operation[Any]]:
    """A few operations on one item, some of which are refused."""
    found: list[Operation[Any]] = []
    for kind in draw(st.lists(st.sampled_from(("put", "update", "condition", "read")), max_size=6)):
        if kind == "put":
            found.append(PutItem("things", draw(items) | KEY))
        elif kind == "update":
            item, actions = draw(items_and_updates())
            found += [PutItem("things", item | KEY), UpdateItem("things", KEY, actions, return_values="ALL_NEW")]
        elif kind == "condition":
            item, condition = draw(items_and_conditions())
            found += [PutItem("things", item | KEY), PutItem("things", KEY, condition), Scan("things", None, condition)]
        else:
            found.append(GetItem("things", KEY))
    return found


def as_text(value: Any) -> str:
    """Return a *value* with its types, and sets in order."""
    return json.dumps(encode(value, str), sort_keys=True)


def outcomes(connection: Connection, program: list[Operation[Any]]) -> list[Any]:
    found: list[Any] = []
    connection.execute(CreateTable(SPEC))
    for operation in program:
        try:
            found.append(connection.execute(operation))
        except DynamoException as error:
            found.append((type(error), str(error), as_text(error)))
    return found


@settings(max_examples=15, suppress_health_check=SHARED_FIXTURE)
@given(program=programs())
def test_random_programs_get_the_same(tmp_path: Path, program: list[Operation[Any]]) -> None:
    path = tmp_path / "things.jsonl"
    path.unlink(missing_ok=True)
    with cassette(path, "sqlite:///:memory:") as connection:
        recorded = outcomes(connection, program)
    with cassette(path, record="none") as connection:
        played = outcomes(connection, program)
    assert played == recorded
    assert [as_text(each) for each in played if not isinstance(each, tuple)] == [
        as_text(each) for each in recorded if not isinstance(each, tuple)
    ]


@settings(max_examples=30)
@given(program=programs())
def test_random_operations_come_back_as_they_were(program: list[Operation[Any]]) -> None:
    for operation in program:
        back = decode(json.loads(json.dumps(encode(operation, str))), str)
        for other in (back, with_values(operation, lambda _name, value: value)):
            assert other == operation
            assert as_text(other) == as_text(operation)
