"""Unique values, references and counters of models that share a table and whose keys are composed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dynamorm import (
    PROTECT,
    Count,
    DynaModel,
    GlobalIndex,
    Key,
    ManyToOne,
    ProjectAll,
    Q,
    SharedTable,
    Sum,
    Unique,
    using,
)
from dynamorm.data import Operation, Scan, TransactWrite
from dynamorm.exceptions import ConditionFailed, InvalidUpdate, NotUnique, ReferenceMissing
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend


class Shop(SharedTable):
    name = "constrained-shop"
    hash_key = "pk"
    range_key = "sk"
    ttl = "expires"

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
        order_count = fields.integer()
        spent = fields.integer()


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
        total = fields.integer()

    customer = ManyToOne(
        Customer,
        query=lambda order: {"customer_id": order.customer_id},
        required=True,
        on_delete=PROTECT,
        counters=[Count("order_count"), Sum("spent", "total", where=Q(status="open"))],
    )


class Session(DynaModel):
    class Table(Shop):
        kind = "session"
        hash_key = Key("SESSION#{session_id}")
        range_key = Key("SESSION")
        unique = (Unique("email"),)

    class Schema:
        session_id = fields.text(required=True)
        email = fields.text()
        expires = fields.integer()


@pytest.fixture(autouse=True)
def recording(backend: Backend) -> Iterator[RecordingBackend]:
    recording = RecordingBackend(backend)
    with using(recording):
        Shop.create_table()
        recording.sent.clear()
        yield recording
        Shop.delete()


def stored(recording: RecordingBackend) -> dict[str, dict[str, Any]]:
    """Return all items of the table by their keys, guards too."""
    operation: Operation[Any] = Scan("constrained-shop", consistent=True)
    return {f"{item['pk']} {item['sk']}": item for item in recording.execute(operation).items}


def counts(key: str) -> tuple[int, int]:
    customer = Customer.get(customer_id=key, consistent=True)
    assert customer is not None
    return customer.order_count or 0, customer.spent or 0


def test_guard_is_of_a_kind_of_its_own_and_known_to_nobody(recording: RecordingBackend) -> None:
    customer = Customer(customer_id="1", email="ann@example.com")
    customer.save()
    assert stored(recording)["UNIQUE#customer#email#ann@example.com UNIQUE"] == {
        "pk": "UNIQUE#customer#email#ann@example.com",
        "sk": "UNIQUE",
        "kind": "dynamorm.unique",
        "owner": {"pk": "CUSTOMER#1", "sk": "PROFILE"},
    }
    assert [each.customer_id for each in Customer.scan()] == ["1"]
    assert Customer.scan().count() == 1
    assert Customer.by_unique(email="ann@example.com") == customer
    with pytest.raises(NotUnique) as caught:
        Customer(customer_id="2", email="ann@example.com").save()
    assert caught.value.owner == {"pk": "CUSTOMER#1", "sk": "PROFILE"}
    # Another kind has values of its own.
    Session(session_id="1", email="ann@example.com", expires=4_000_000_000).save()
    guard = stored(recording)["UNIQUE#session#email#ann@example.com UNIQUE"]
    assert guard["expires"] == 4_000_000_000


def test_change_of_a_value_is_one_request_with_the_keys_of_indexes(recording: RecordingBackend) -> None:
    Customer(customer_id="1").save()
    order = Order(customer_id="1", order_id="7", status="open", total=5)
    order.save()
    assert counts("1") == (1, 5)
    recording.sent.clear()
    order.update(status="sent", total=6)
    (transaction,) = recording.sent
    assert isinstance(transaction, TransactWrite)
    assert counts("1") == (1, 0)
    assert stored(recording)["CUSTOMER#1 ORDER#7"]["gsi1pk"] == "STATUS#sent"
    known = {"status": "sent", "total": 6}
    with pytest.raises(
        InvalidUpdate, match=r"present values of 'status' and 'total', .* known=\{'status': …, 'total': …\}"
    ):
        Order.update_item(customer_id="1", order_id="7", status="open")
    Order.update_item(customer_id="1", order_id="7", status="open", known=known)
    assert counts("1") == (1, 6)
    assert [each.order_id for each in Order.ByStatus.query(status="open")] == ["7"]
    Order.delete_item(customer_id="1", order_id="7", known={**known, "status": "open"})
    assert counts("1") == (0, 0)


def test_move_to_another_parent_takes_the_count_along(recording: RecordingBackend) -> None:
    for key in ("1", "2"):
        Customer(customer_id=key).save()
    order = Order(customer_id="1", order_id="7", status="open", total=5)
    order.save()
    with pytest.raises(ReferenceMissing):
        order.move(customer_id="3")
    order.move(customer_id="2")
    assert (counts("1"), counts("2")) == ((0, 0), (1, 5))
    with pytest.raises(ConditionFailed, match="which is protected"):
        Customer.delete_item(customer_id="2", known={"email": None})
    order.delete()
    Customer.delete_item(customer_id="2", known={"email": None})
    assert list(stored(recording)) == ["CUSTOMER#1 PROFILE"]


def test_move_takes_a_unique_value_along(recording: RecordingBackend) -> None:
    customer = Customer(customer_id="1", email="ann@example.com")
    customer.save()
    customer.move(customer_id="2")
    guard = stored(recording)["UNIQUE#customer#email#ann@example.com UNIQUE"]
    assert guard["owner"] == {"pk": "CUSTOMER#2", "sk": "PROFILE"}
    assert Customer.by_unique(email="ann@example.com") == customer
