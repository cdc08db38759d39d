"""Definitions that contradict themselves: one attribute of two templates, an ``only_if`` that is no condition."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, LocalIndex, ProjectAll, SharedTable, Unique
from dynamorm.exceptions import DynaModelException, InvalidKey
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


def index(hash_key: Key, range_key: Key, **settings: Any) -> type[GlobalIndex]:
    body = {"name": "by-other", "hash_key": hash_key, "range_key": range_key, "projection": ProjectAll(), **settings}
    return type("ByOther", (GlobalIndex,), body)


def order_with(by_other: type, **settings: Any) -> Any:
    class Schema:
        customer = fields.text(required=True)
        number = fields.text(required=True)
        status = fields.text()

    table = type(
        "Table",
        (),
        {"name": "orders", "hash_key": Key("C#{customer}"), "range_key": Key("O#{number}"), **settings},
    )
    return type("Order", (DynaModel,), {"Table": table, "Schema": Schema, "ByOther": by_other})


@pytest.mark.parametrize(
    "by_other",
    [
        index(Key("{number}", attribute="sk"), Key("C#{customer}", attribute="pk")),
        index(Key("O#{number}", attribute="sk"), Key("{customer}", attribute="pk")),
        index(Key("S#{status}", attribute="gpk"), Key("S#{number}", attribute="gpk")),
        index(Key("S#{status}", attribute="gpk"), Key("S#{status}", attribute="gpk")),
    ],
)
def test_templates_that_differ_are_not_held_by_one_attribute(by_other: type) -> None:
    """The last one would win: an item would have another primary key than the one by which it is read."""
    with pytest.raises(InvalidKey, match=r"are both held by '.k|are both held by 'gpk'.*use another attribute"):
        order_with(by_other)


def test_templates_that_differ_are_not_held_by_one_attribute_of_a_shared_table() -> None:
    class Shop(SharedTable):
        name = "shop"
        hash_key = "pk"
        range_key = "sk"

        class Inverted(GlobalIndex):
            name = "inverted"
            hash_key = "sk"
            range_key = "pk"
            projection = ProjectAll()

    with pytest.raises(InvalidKey, match="the hash_key of the index Inverted of Order are both held by 'sk'"):

        class Order(DynaModel):
            class Table(Shop):
                kind = "order"
                hash_key = Key("C#{customer}")
                range_key = Key("O#{number}")

            class Inverted(Shop.Inverted):
                hash_key = Key("{number}")
                range_key = Key("C#{customer}")

            class Schema:
                customer = fields.text(required=True)
                number = fields.text(required=True)


def test_index_may_have_the_keys_of_the_table_the_other_way_round(connected: Backend) -> None:
    order = order_with(index(Key("O#{number}", attribute="sk"), Key("C#{customer}", attribute="pk")))
    table_of(order).create_table()
    order(customer="1", number="7", status="open").save()
    order.get(customer="1", number="7").update(status="paid")
    assert [each.status for each in order.ByOther.query(number="7")] == ["paid"]


def test_local_index_has_the_hash_key_of_the_table(connected: Backend) -> None:
    class ByStatus(LocalIndex):
        name = "by-status"
        hash_key = Key("C#{customer}", attribute="pk")
        range_key = Key("S#{status}", attribute="lsk")
        projection = ProjectAll()

    order = order_with(ByStatus)
    table_of(order).create_table()
    order(customer="1", number="7", status="open").save()
    assert [each.number for each in order.ByOther.query(customer="1", status="open")] == ["7"]


def test_only_if_is_a_condition() -> None:
    with pytest.raises(DynaModelException, match=r"'only_if' of the index ByOther of Order is a condition.*not str"):
        order_with(index(Key("S#{status}", attribute="gpk"), Key("{number}", attribute="gsk"), only_if="status"))


@pytest.mark.parametrize(
    "unique",
    [
        [Unique("status"), Unique("status", by=str.lower)],
        [Unique("status", name="one"), Unique("number", name="one")],
    ],
)
def test_two_rules_of_one_name_are_refused(unique: list[Unique]) -> None:
    by_other = index(Key("S#{status}", attribute="gpk"), Key("{number}", attribute="gsk"))
    with pytest.raises(DynaModelException, match="of the Table of Order would have the same guards"):
        order_with(by_other, unique=unique)


def test_known_parts_of_fields_are_for_keys_alone(connected: Backend) -> None:
    class Shop(DynaModel):
        class Table:
            name = "shops"
            hash_key = Key("SHOP#{id}")
            range_key = Key("SHOP")
            unique = (Unique("email"),)

        class ByCity(GlobalIndex):
            name = "by-city"
            hash_key = Key("CITY#{address.city}", attribute="gpk")
            range_key = Key("{email}", attribute="gsk")
            projection = ProjectAll()

        class Schema:
            id = fields.text(required=True)
            email = fields.text()
            address = fields.nested({"city": fields.text()})

    table_of(Shop).create_table()
    Shop(id="1", email="a", address={"city": "Rome"}).save()
    Shop.update_item(id="1", email="b", known={"email": "a", "address.city": "Rome"})
    assert [each.email for each in Shop.ByCity.query(address__city="Rome", email="b")] == ["b"]
