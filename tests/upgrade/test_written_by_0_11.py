"""Tables and items that DynamORM 0.11 wrote, kept in ``stored``, are read by 1.0, and left as they are.

``stored/write.py`` wrote them, with 0.11.0 and the same programs, on Marshmallow 3.7 and Schematics 2.1.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dynamorm import DynaModel, using
from dynamorm.data import CreateTable, DescribeTable, GetItem, Item, PutItem, Scan
from dynamorm.ports.backends import Backend
from dynamorm.wire import JSON, decode
from tests.support.tables import table_of
from tests.upgrade.stored import marshmallow_program, schematics_program

STORED = Path(__file__).parent / "stored"


@pytest.fixture(params=[marshmallow_program, schematics_program], ids=["marshmallow", "schematics"])
def program(request: pytest.FixtureRequest, backend: Backend) -> Iterator[ModuleType]:
    """A program, connected to the tables that it left behind."""
    module: ModuleType = request.param
    name = module.__name__.rpartition(".")[2].removesuffix("_program")
    for stored in json.loads((STORED / f"{name}.json").read_text()):
        description = decode(DescribeTable(stored["Table"]["TableName"]), {"Table": stored["Table"]}, JSON)
        backend.execute(CreateTable(description.spec))
        for item in stored["Items"]:
            backend.execute(PutItem(description.spec.name, JSON.decode_item(item)))
    with using(backend):
        yield module


def expected(row: dict[str, Any]) -> dict[str, Any]:
    """The values that an instance has: those that 0.11 was given, but for the last thing, which it has updated."""
    updated = {"text": "updated", "flag": True} if row.get("text") == "old" else {}
    return {**row, **updated}


def found(model: type[DynaModel], row: dict[str, Any]) -> DynaModel:
    """The instance of a *row*, read by its key, as it was given."""
    table = table_of(model)
    instance = model.get(**{name: row[name] for name in (table.hash_key, table.range_key) if isinstance(name, str)})
    assert instance is not None, row
    return instance


def test_tables_are_those_of_the_models(program: ModuleType) -> None:
    for model in (program.Thing, program.Event):
        assert table_of(model).exists
        assert not table_of(model).plan()


def test_items_are_read(program: ModuleType) -> None:
    for model, rows in ((program.Thing, program.THINGS), (program.Event, program.EVENTS)):
        assert len(list(model.scan())) == len(rows)
        for row in rows:
            instance = found(model, row)
            for name, value in expected(row).items():
                assert equal(getattr(instance, name), value), (name, getattr(instance, name), value)


def test_items_are_found_by_indexes_ranges_and_filters(program: ModuleType) -> None:
    thing, event = program.Thing, program.Event
    assert [each.number for each in thing.ByDay.query(day=program.DAY)] == [2]
    assert [each.number for each in thing.ByText.query(owner="Bo", text__begins_with="upd")] == [-1]
    assert [each.number for each in thing.query(owner="Ann", number__gt=1)] == [2]
    assert [each.what for each in event.query(day=program.DAY)] == ["naive", "aware", "later"]
    later = datetime.datetime(2020, 1, 2, 18, tzinfo=datetime.UTC)
    assert [each.what for each in event.query(day=program.DAY, at__gt=later)] == ["later"]
    for name in ("mail", "uuid", "day", "utc" if program is schematics_program else "rfc"):
        assert [each.number for each in thing.scan(**{name: program.THINGS[1][name]})] == [2]


def test_items_are_left_as_they_are(program: ModuleType, backend: Backend) -> None:
    for model, rows in ((program.Thing, program.THINGS), (program.Event, program.EVENTS)):
        before = stored_in(backend, table_of(model).name)
        for row in rows:
            found(model, row).save(partial=True)
        assert stored_in(backend, table_of(model).name) == before


def test_items_are_updated_under_their_key(program: ModuleType, backend: Backend) -> None:
    for row in program.THINGS:
        found(program.Thing, row).update(text="new")
    for row in program.EVENTS:
        found(program.Event, row).update(what="new")
    for model, rows in ((program.Thing, program.THINGS), (program.Event, program.EVENTS)):
        assert len(stored_in(backend, table_of(model).name)) == len(rows)
    item = backend.execute(GetItem("things", {"owner": "Bo", "number": -1})).item
    assert item is not None
    assert item["text"] == "new"


def equal(left: object, right: object) -> bool:
    """Return whether values are equal; a naive date-time in UTC is the same as an aware one."""
    if isinstance(left, datetime.datetime) and isinstance(right, datetime.datetime):
        return in_utc(left) == in_utc(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(right, dict):
        return all(equal(entry_of(left, name), value) for name, value in right.items() if value is not None)
    return left == right


def in_utc(moment: datetime.datetime) -> datetime.datetime:
    return moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC)


def entry_of(container: Any, name: str) -> object:
    return container[name] if isinstance(container, dict) else getattr(container, name)


def stored_in(backend: Backend, table: str) -> list[Item]:
    return sorted(backend.execute(Scan(table)).items, key=repr)
