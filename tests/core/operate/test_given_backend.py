"""A backend that is given is for every model, also for one whose ``Table`` has a backend of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, RateLimit, Unique, operate
from dynamorm.data import PutItem
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import connection_to, open_connection
from dynamorm.exceptions import DynaModelException


def pinned_model(path: Path) -> type[DynaModel]:
    class Thing(DynaModel):
        class Table:
            name = "things"
            hash_key = "kind"
            range_key = "number"
            backend = f"sqlite:///{path}"
            rate = RateLimit(read=1_000_000, write=1_000_000)
            unique = (Unique("code"),)

        class Schema:
            kind = fields.String(required=True)
            number = fields.String(required=True)
            code = fields.String()

    return Thing


@pytest.mark.parametrize("awaited", [False, True])
def test_every_function_uses_it(awaited: bool, tmp_path: Path) -> None:
    own = tmp_path / "own.db"
    model = pinned_model(own)
    folder, given = tmp_path / "dump", f"sqlite:///{tmp_path}/given.db?table_prefix=a-"

    def call(name: str, *arguments: Any, **named: Any) -> Any:
        if not awaited:
            return getattr(operate, name)(*arguments, **named)
        return asyncio.run(getattr(operate, f"a{name}")(*arguments, **named))

    assert call("plan", [model], backend=given)[0].table == "a-things"
    call("apply", [model], backend=given)
    with dynamorm.using(given) as connection:
        connection.execute(PutItem("a-things", {"kind": "x", "number": "1"}))
    assert call("dump", model, folder, backend=given).table == "a-things"
    assert call("verify", folder, against=model, backend=given).difference.equal == 1
    assert call("load", folder, model, backend=given).table == "a-things"
    other = f"sqlite:///{tmp_path}/other.db?table_prefix=b-"
    assert call("copy", model, to=other, backend=given).table == "b-things"
    assert call("copy", model, model, to=given, backend=other).table == "a-things"
    assert call("inspect", model, backend=given).table == "a-things"
    assert call("partition_size", model, {"kind": "x"}, backend=given).items == 1
    assert call("delete_partition", model, {"kind": "x"}, backend=given).deleted == 1
    assert not own.exists()


def test_a_backend_that_was_opened_from_a_url_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Connection] = []

    def connection_to_it(*arguments: Any) -> Connection:
        opened.append(connection_to(*arguments))
        return opened[-1]

    monkeypatch.setattr("dynamorm.operate.connections.connection_to", connection_to_it)
    model = pinned_model(tmp_path / "own.db")
    url = f"sqlite:///{tmp_path}/given.db"
    operate.plan([model], backend=url)
    asyncio.run(operate.aplan([model], backend=url))
    with pytest.raises(DynaModelException):
        operate.plan([], backend=url)
    assert [each.is_closed for each in opened] == [True, True, True]
    with open_connection(url) as connection:
        operate.plan([model], backend=connection)
        operate.plan([model], backend=connection.backend)
        assert not connection.is_closed
        assert operate.apply([model], backend=connection).made
