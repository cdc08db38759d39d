"""ElectroDB's example "Shopping Mall directory": one model on an ordinary table, each access pattern in one request.

ElectroDB's version has two indexes. Here the range key of the table holds building, unit and store, so that the table
itself finds the stores of a mall and of a building. The index of leases has keys of several attributes, DynamoDB's own.
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll
from dynamorm.data import DeleteItem, GetItem, PutItem, Query, UpdateItem
from dynamorm.testing.schemas import fields
from tests.core.model.single_table.patterns.conftest import OneRequest
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

LATTE: dict[str, Any] = {"mall": "EastPointe", "building": "A1", "unit": "B47", "store": "LatteLarrys"}


class Store(DynaModel):
    class Table:
        name = "stores"
        hash_key = "mall"
        range_key = Key("{building}#{unit}#{store}")

    class Leases(GlobalIndex):
        name = "leases"
        hash_key = "store"
        range_key = ("lease_end", "mall")
        projection = ProjectAll()

    class Schema:
        mall = fields.text(required=True)
        building = fields.text(required=True)
        unit = fields.text(required=True)
        store = fields.text(required=True)
        category = fields.text(required=True)
        lease_end = fields.date(required=True)
        rent = fields.text(required=True)
        discount = fields.text(default=lambda: "0.00")


@pytest.fixture(autouse=True)
def stores(recorder: RecordingBackend) -> None:
    """Create the table, with four stores in two malls."""
    table_of(Store).create_table()
    for mall, building, unit, store, category, year in (
        ("EastPointe", "A1", "B47", "LatteLarrys", "spite store", 2020),
        ("EastPointe", "A1", "B48", "MochaJoes", "food/coffee", 2021),
        ("EastPointe", "A2", "B1", "LatteLarrys", "spite store", 2022),
        ("WestPointe", "A1", "B1", "LatteLarrys", "spite store", 2020),
    ):
        Store.put(
            {
                "mall": mall,
                "building": building,
                "unit": unit,
                "store": store,
                "category": category,
                "lease_end": datetime.date(year, 11, 28),
                "rent": "5000.00",
            }
        )


def test_a_new_store(one_request: OneRequest) -> None:
    with one_request(PutItem):
        Store(
            mall="WestPointe",
            building="A1",
            unit="B2",
            store="MochaJoes",
            category="food/coffee",
            lease_end=datetime.date(2030, 1, 1),
            rent="1.00",
        ).save()
    assert [store.discount for store in Store.query(mall="WestPointe", building="A1", unit="B2")] == ["0.00"]


def test_another_end_of_a_lease(one_request: OneRequest) -> None:
    with one_request(UpdateItem):
        Store.update_item(**LATTE, lease_end=datetime.date(2031, 1, 1))
    assert [
        store.mall for store in Store.Leases.query(store="LatteLarrys", lease_end__gte=datetime.date(2030, 1, 1))
    ] == ["EastPointe"]


def test_one_store(one_request: OneRequest) -> None:
    with one_request(GetItem):
        store = Store.get(**LATTE)
    assert store is not None
    assert store.category == "spite store"


def test_a_store_goes(one_request: OneRequest) -> None:
    with one_request(DeleteItem):
        Store.delete_item(**LATTE)
    assert Store.get(**LATTE) is None


@pytest.mark.parametrize(
    ("conditions", "units"),
    [
        ({}, ["B47", "B48", "B1"]),
        ({"building": "A1"}, ["B47", "B48"]),
        ({"building": "A1", "unit": "B47"}, ["B47"]),
        ({"building": "A1", "unit__begins_with": "B4"}, ["B47", "B48"]),
        ({"category": "food/coffee"}, ["B48"]),
    ],
)
def test_stores_of_a_mall(
    one_request: OneRequest, recorder: RecordingBackend, conditions: dict[str, Any], units: list[str]
) -> None:
    with one_request(Query):
        assert [store.unit for store in Store.query(mall="EastPointe", **conditions)] == units
    (query,) = recorder.sent
    assert isinstance(query, Query)
    assert (query.filter is None) == ("category" not in conditions)


def test_leases_that_end_before_a_day(one_request: OneRequest) -> None:
    with one_request(Query):
        read = Store.Leases.query(store="LatteLarrys", lease_end__lt=datetime.date(2021, 4, 1))
        assert [store.mall for store in read] == ["EastPointe", "WestPointe"]


def test_leases_that_end_in_a_year_by_category(one_request: OneRequest) -> None:
    year = [datetime.date(2022, 1, 1), datetime.date(2022, 12, 31)]
    with one_request(Query):
        read = Store.Leases.query(store="LatteLarrys", lease_end__between=year, category="spite store")
        assert [store.building for store in read] == ["A2"]
