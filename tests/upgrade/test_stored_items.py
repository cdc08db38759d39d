"""Items that DynamORM 0.11 has stored, in the form in which it did, are read and changed by 1.0."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest
from marshmallow import Schema, fields
from schematics import Model, types

from dynamorm import DynaModel, using
from dynamorm.data import Item, PutItem
from dynamorm.model.tables import ModelTable
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of

NOON = datetime.datetime(2020, 1, 2, 12, 0, 5)
DAY = datetime.date(2020, 1, 2)
ID = UUID("00000000-0000-0000-0000-000000000007")


class Marshmallow:
    id = fields.String(required=True)
    text = fields.String(allow_none=True)
    number = fields.Integer()
    price = fields.Decimal()
    price_text = fields.Decimal(as_string=True)
    flag = fields.Boolean()
    at = fields.DateTime()
    day = fields.Date()
    time = fields.Time()
    formatted = fields.DateTime(format="%d.%m.%Y")
    uuid = fields.UUID()
    mail = fields.Email()
    took = fields.TimeDelta()
    numbers = fields.List(fields.Integer())
    free = fields.Dict()
    raw = fields.Raw()
    home = fields.Nested(Schema.from_dict({"city": fields.String(), "since": fields.Date()}))
    renamed = fields.String(data_key="Other")


class Home(Model):
    city = types.StringType()
    since = types.DateType()


class Schematics:
    id = types.StringType(required=True)
    text = types.StringType()
    number = types.IntType()
    price = types.DecimalType()
    flag = types.BooleanType()
    at = types.DateTimeType()
    utc = types.UTCDateTimeType()
    day = types.DateType()
    uuid = types.UUIDType()
    mail = types.EmailType()
    numbers = types.ListType(types.IntType())
    prices = types.ListType(types.DecimalType())
    free = types.BaseType()
    home = types.ModelType(Home)
    homes = types.ListType(types.ModelType(Home))


@dataclass(frozen=True)
class Case:
    """An attribute as 0.11 stored it, and the value of the instance's attribute."""

    name: str
    stored: Any
    native: Any
    attribute: str | None = None


CASES: dict[type, list[Case]] = {
    Marshmallow: [
        Case("text", "", ""),
        Case("text", None, None),
        Case("number", 5, 5),
        Case("price", Decimal("1.5"), Decimal("1.5")),
        Case("price_text", "1.50", Decimal("1.50")),
        Case("flag", False, False),
        Case("at", "2020-01-02T12:00:05", NOON),
        Case("day", "2020-01-02", DAY),
        Case("time", "12:00:05", NOON.time()),
        Case("formatted", "02.01.2020", datetime.datetime(2020, 1, 2)),
        Case("uuid", str(ID), ID),
        Case("mail", "a@example.com", "a@example.com"),
        Case("took", 9, datetime.timedelta(seconds=9)),
        Case("numbers", [1, 2], [1, 2]),
        Case("free", {"x": [1, {"y": "z"}]}, {"x": [1, {"y": "z"}]}),
        Case("raw", {"a", "b"}, {"a", "b"}),
        Case("raw", b"\x00\x01", b"\x00\x01"),
        Case("home", {"city": "Oslo", "since": "2020-01-02"}, {"city": "Oslo", "since": DAY}),
        Case("renamed", "x", "x", "Other"),
    ],
    Schematics: [
        Case("text", None, None),
        Case("number", 5, 5),
        Case("flag", True, True),
        Case("at", "2020-01-02T12:00:05.000000", NOON),
        Case("utc", "2020-01-02T12:00:05.000000Z", NOON),
        Case("day", "2020-01-02", DAY),
        Case("uuid", str(ID), ID),
        Case("mail", "a@example.com", "a@example.com"),
        Case("numbers", [1, 2], [1, 2]),
        Case("free", {"x": [1, {"y": "z"}]}, {"x": [1, {"y": "z"}]}),
        Case("home", {"city": "Oslo", "since": "2020-01-02"}, {"city": "Oslo", "since": DAY}),
        Case("homes", [{"city": "Oslo", "since": None}], [{"city": "Oslo", "since": None}]),
    ],
}
#: Schematics serialises decimals as text, and so 0.11 stored them; 1.0 stores numbers.
DECIMALS = [Case("price", "1.50", Decimal("1.50")), Case("prices", ["2.5"], [Decimal("2.5")])]


def thing_of(schema: type) -> type[DynaModel]:
    class Thing(DynaModel):
        Table = cast("ModelTable", type("Table", (), {"name": "things", "hash_key": "id", "read": 1, "write": 1}))
        Schema = schema

    table_of(Thing).create_table()
    return Thing


@pytest.fixture(autouse=True)
def _connected(backend: Backend) -> Iterator[None]:
    with using(backend):
        yield


def put(backend: Backend, case: Case) -> Item:
    item: Item = {"id": case.name, case.attribute or case.name: case.stored}
    backend.execute(PutItem("things", item))
    return item


@pytest.mark.parametrize("schema", CASES)
def test_stored_values_are_read_found_and_left_alone(schema: type, backend: Backend) -> None:
    thing_model = thing_of(schema)
    for case in CASES[schema]:
        item = put(backend, case)
        thing = thing_model.get(id=case.name)
        assert thing is not None
        assert getattr(thing, case.name) == case.native
        if case.native is not None:
            assert [found.id for found in thing_model.scan(**{case.name: case.native})] == [case.name]
        thing.save(partial=True)
        assert table_of(thing_model).get(id=case.name) == item
        thing.save()
        kept = {name: value for name, value in item.items() if value is not None}
        assert table_of(thing_model).get(id=case.name) == kept
        thing.delete()


def test_decimals_of_schematics_are_read_and_become_numbers_when_they_are_saved(backend: Backend) -> None:
    thing_model = thing_of(Schematics)
    for case in DECIMALS:
        put(backend, case)
        thing = thing_model.get(id=case.name)
        assert thing is not None
        assert getattr(thing, case.name) == case.native
        assert list(thing_model.scan(**{case.name: case.native})) == []
        thing.save()
        assert [found.id for found in thing_model.scan(**{case.name: case.native})] == [case.name]
        assert (table_of(thing_model).get(id=case.name) or {})[case.name] == case.native
