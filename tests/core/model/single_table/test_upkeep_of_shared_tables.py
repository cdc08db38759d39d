"""The upkeep of shared tables: ``check``, ``reindex`` and ``delete_partition`` over the items of several models."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, SharedTable, Unique
from dynamorm.data import PutItem
from dynamorm.exceptions import DynaModelException, InvalidCursor, InvalidKey, KeyMismatch, UnknownKind
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from dynamorm.upkeep import Reindexed
from tests.support.composed import items


class Shop(SharedTable):
    name = "shop"
    hash_key = "pk"
    range_key = "sk"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()


class Customer(DynaModel):
    class Table(Shop):
        kind = "customer"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("PROFILE")
        unique = (Unique("email"),)

    class Schema:
        customer_id = fields.text(required=True)
        email = fields.text()


class Order(DynaModel):
    class Table(Shop):
        kind = "order"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("ORDER#{order_id}")

    class ByStatus(Shop.Gsi1):
        hash_key = Key("STATUS#{status}")
        range_key = Key("{order_id}")

    class Schema:
        customer_id = fields.text(required=True)
        order_id = fields.text(required=True)
        status = fields.text()


class Ticket(DynaModel):
    class Table(Shop):
        kind = "ticket"
        hash_key = Key("TICKETS#{customer_id}")
        range_key = Key("TICKET#{number}")

    class ByState(Shop.Gsi1):
        hash_key = Key("STATE#{state}")
        range_key = Key("{number}")

    class Schema:
        customer_id = fields.text(required=True)
        number = fields.text(required=True)
        state = fields.text()


@pytest.fixture
def shop(connected: Backend) -> Backend:
    Shop.create_table()
    for each in ("1", "2"):
        Customer(customer_id=each, email=f"{each}@x").save()
        Order.put_batch(*({"customer_id": each, "order_id": order, "status": "open"} for order in "abc"))
        Ticket.put({"customer_id": each, "number": "7", "state": "new"})
    return connected


def forget_index_keys(backend: Backend) -> None:
    for item in items(backend, "shop"):
        backend.execute(PutItem("shop", {name: each for name, each in item.items() if not name.startswith("gsi1")}))


def test_what_the_models_wrote_has_no_findings(shop: Backend) -> None:
    assert list(Shop.check()) == []


def test_findings_are_about_all_models_and_about_no_model(shop: Backend) -> None:
    forget_index_keys(shop)
    shop.execute(PutItem("shop", {"pk": "CUSTOMER#1", "sk": "?", "kind": "horse"}))
    shop.execute(PutItem("shop", {"pk": "?", "sk": "?"}))
    found = list(Shop.check())
    problems = sorted((each.problem, "" if each.model is None else each.model.__name__) for each in found)
    assert problems == [
        *[("index_key", "Order")] * 6,
        *[("index_key", "Ticket")] * 2,
        *[("unknown_kind", "")] * 2,
    ]
    messages = {each.message for each in found if each.problem == "unknown_kind"}
    assert messages == {
        "An item of Shop has a kind that no model has. Import the module of its model, or delete it.",
        "An item of Shop has no kind, and no model claims it. Import the module of its model, or delete it.",
    }
    orders: Any = Order.Table
    assert {each.model for each in orders.check()} == {Order}


def test_items_without_a_kind_are_those_of_the_model_whose_key_they_have(shop: Backend) -> None:
    shop.execute(
        PutItem("shop", {"pk": "TICKETS#3", "sk": "TICKET#1", "customer_id": "3", "number": "1", "state": "x"})
    )
    (found,) = Shop.check()
    assert (found.problem, found.model) == ("index_key", Ticket)
    assert Shop.reindex() == Reindexed(looked_at=13, changed=1)
    assert list(Shop.check()) == []


def test_the_items_of_one_model_or_of_several_or_of_all_are_reindexed(shop: Backend) -> None:
    forget_index_keys(shop)
    assert Shop.reindex(Order) == Reindexed(looked_at=6, changed=6)
    assert [each.order_id for each in Order.ByStatus.query(status="open")] == ["a", "a", "b", "b", "c", "c"]
    assert {each.model for each in Shop.check()} == {Ticket}
    assert Shop.reindex(Order, Ticket).changed == 2
    assert list(Shop.check()) == []
    forget_index_keys(shop)
    assert asyncio.run(Shop.areindex()).changed == 8
    forget_index_keys(shop)
    orders: Any = Order.Table
    assert orders.reindex() == Reindexed(looked_at=6, changed=6)


def test_other_classes_are_refused(shop: Backend) -> None:
    class Stranger(DynaModel):
        class Table:
            name = "strangers"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)

    for given in (Stranger, Shop, int, Order(customer_id="1", order_id="a")):
        with pytest.raises(DynaModelException, match=r"Shop.reindex takes models of Shop, .* is none") as caught:
            Shop.reindex(given)  # type: ignore[arg-type]
        assert "Its models are Customer, Order, Ticket" in str(caught.value)


def test_a_cursor_belongs_to_the_models_that_were_given(shop: Backend) -> None:
    cursor = Shop.reindex(Order, limit=2).cursor
    assert cursor is not None
    assert Shop.reindex(Order, after=cursor).looked_at == 4
    with pytest.raises(InvalidCursor):
        Shop.reindex(Ticket, after=cursor)
    with pytest.raises(InvalidCursor):
        Shop.reindex(after=cursor)


def test_a_partition_is_deleted_with_all_models_and_guards(shop: Backend) -> None:
    # The customer, three orders, and the ticket, which is in a partition of its own.
    assert Shop.delete_partition(customer_id="1") == 5
    left = items(shop, "shop")
    assert {each.get("customer_id", "2") for each in left} == {"2"}
    assert len(left) == 6
    assert list(Shop.check()) == []
    assert asyncio.run(Shop.adelete_partition(customer_id="2")) == 5
    assert items(shop, "shop") == []


def test_the_model_s_own_table_deletes_items_of_the_model_alone(shop: Backend) -> None:
    orders: Any = Order.Table
    assert orders.delete_partition(customer_id="1") == 3
    assert Customer.get("1") is not None


def test_fields_that_no_model_has_a_hash_key_of_are_refused(shop: Backend) -> None:
    with pytest.raises(
        InvalidKey, match="delete_partition of Shop takes the fields of the hash key, and was given order_id"
    ):
        Shop.delete_partition(order_id="a")
    shop.execute(PutItem("shop", {"pk": "CUSTOMER#1", "sk": "?", "kind": "horse"}))
    with pytest.raises(UnknownKind, match="The partition of Shop has an item whose kind no model has"):
        Shop.delete_partition(customer_id="1")
    assert Customer.get("1") is not None


def test_the_verbs_of_a_shared_table_are_explained() -> None:
    with dynamorm.using("sqlite:///:memory:"):
        assert [each.action for each in dynamorm.explain(Shop.check)] == ["Scan"]
        explained = dynamorm.explain(Shop.reindex, Order)
        without = "attribute_not_exists(kind) AND begins_with(pk, :v0) AND begins_with(sk, :v1)"
        assert explained[0].filter == f"({without}) OR kind = :v2"
        assert [each.action for each in dynamorm.explain(Shop.delete_partition, customer_id="1")] == ["Query"]


class Log(SharedTable):
    name = "log"
    hash_key = "pk"
    range_key = "sk"
    kind = None


class Entry(DynaModel):
    class Table(Log):
        hash_key = Key("LOG#{day}")
        range_key = Key("ENTRY#{number}")

    class Schema:
        day = fields.text(required=True)
        number = fields.text(required=True)


class Summary(DynaModel):
    class Table(Log):
        hash_key = Key("LOG#{day}")
        range_key = Key("SUMMARY")

    class Schema:
        day = fields.text(required=True)


def test_keys_alone_may_tell_models_apart(connected: Backend) -> None:
    Log.create_table()
    Entry.put_batch({"day": "1", "number": "1"}, {"day": "1", "number": "2"})
    Summary.put({"day": "1"})
    assert list(Log.check()) == []
    connected.execute(PutItem("log", {"pk": "LOG#1", "sk": "?"}))
    (found,) = Log.check()
    assert (found.problem, found.attributes) == ("unknown_kind", ())
    entries: Any = Entry.Table
    assert entries.delete_partition(day="1") == 2
    with pytest.raises(UnknownKind):
        Log.delete_partition(day="1")
    connected.execute(PutItem("log", {"pk": "LOG#2", "sk": "SUMMARY", "day": "2"}))
    assert Log.delete_partition(day="2") == 1


def test_a_strict_load_refuses_other_keys_than_those_of_the_fields(shop: Backend) -> None:
    item = next(each for each in items(shop, "shop") if each["sk"] == "ORDER#a")
    assert Shop.load(item, strict=True) == Order.get(item["customer_id"], "a")
    for changes, attributes in (
        ({"order_id": "secret"}, ("sk",)),
        ({"status": "secret"}, ("gsi1pk",)),
        ({"gsi1pk": "STATUS#secret"}, ("gsi1pk",)),
    ):
        changed = {**item, **changes}
        with pytest.raises(KeyMismatch, match="An item of Order") as caught:
            Shop.load(changed, strict=True)
        assert caught.value.attributes == attributes
        assert caught.value.key == {"pk": item["pk"], "sk": "ORDER#a"}
        assert "secret" not in str(caught.value)
        assert isinstance(Shop.load(changed), Order)
    half = {name: each for name, each in item.items() if name != "sk"}
    with pytest.raises(KeyMismatch, match="An item of Order lacks 'sk', a part of its key"):
        Shop.load(half, strict=True)
    with pytest.raises(
        DynaModelException, match=r"Shop\.load can compare the keys of whole items only: give 'partial'"
    ):
        Shop.load(item, partial=True, strict=True)
