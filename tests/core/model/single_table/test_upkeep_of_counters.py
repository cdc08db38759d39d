"""``check(counters=True)``: items whose counters are not what is counted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import dynamorm
from dynamorm import Count, DynaModel, Key, ManyToOne, Q, SharedTable, Sum
from dynamorm.data import Operation, Query
from dynamorm.exceptions import DynaModelException
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Shop(SharedTable):
    name = "shop"
    hash_key = "pk"
    range_key = "sk"


class Customer(DynaModel):
    class Table(Shop):
        kind = "customer"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("PROFILE")

    class Schema:
        customer_id = fields.text(required=True)
        order_count = fields.integer()
        spent = fields.integer()


class Order(DynaModel):
    class Table(Shop):
        kind = "order"
        hash_key = Key("CUSTOMER#{customer}", also="C#{customer}", only_key=["customer"])
        range_key = Key("ORDER#{order_id}")

    class Schema:
        customer = fields.text(required=True)
        order_id = fields.text(required=True)
        status = fields.text()
        total = fields.integer()

    owner: Any = ManyToOne(
        Customer,
        query=lambda order: {"customer_id": order.customer},
        counters=[Count("order_count"), Sum("spent", "total", where=Q(status__ne="archived"))],
    )


class GiftOrder(Order):
    class Table(Order.Table):
        kind = "gift"


class Note(DynaModel):
    class Table(Shop):
        kind = "note"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("NOTE#{number}")

    class Schema:
        customer_id = fields.text(required=True)
        number = fields.text(required=True)


@pytest.fixture(autouse=True)
def shop(connected: Backend) -> None:
    Shop.create_table()
    for each in ("1", "2", "3"):
        Customer(customer_id=each).save()
        Note(customer_id=each, number="1").save()
    Order(customer="1", order_id="1", total=3).save()
    GiftOrder(customer="1", order_id="2", total=5).save()
    Order(customer="1", order_id="3", total=7, status="archived").save()
    Order(customer="2", order_id="1", total=1).save()


def found() -> list[tuple[Any, tuple[str, ...], Any]]:
    return [(each.key["pk"], each.attributes, each.expected) for each in Shop.check(counters=True)]


def test_counters_that_are_right_are_no_findings() -> None:
    customer = Customer.get(customer_id="1")
    assert customer is not None
    assert (customer.order_count, customer.spent) == (3, 8)
    assert found() == []
    assert list(table_of(Customer).check(counters=True)) == []


def test_counters_that_are_wrong_are_findings_with_what_is_counted() -> None:
    Customer.update_item(customer_id="1", order_count=1)
    Customer.update_item(customer_id="2", order_count=None, spent=None)
    Customer.update_item(customer_id="3", spent=9)
    assert sorted(found()) == [
        ("CUSTOMER#1", ("order_count",), {"order_count": 3, "spent": 8}),
        ("CUSTOMER#2", ("order_count", "spent"), {"order_count": 1, "spent": 1}),
        ("CUSTOMER#3", ("spent",), {"order_count": 0, "spent": 0}),
    ]
    assert list(Shop.check()) == []
    texts = {str(each) for each in Shop.check(counters=True)}
    assert (
        "'order_count' of an item of Customer is not what is counted there. Update the item with what the finding has "
        "as 'expected'." in texts
    )
    for finding in Shop.check(counters=True):
        assert (finding.problem, finding.model) == ("counter", Customer)
        assert finding.expected is not None
        customer = Customer.get(customer_id=finding.item["customer_id"])
        assert customer is not None
        expected: dict[str, Any] = dict(finding.expected)
        customer.update(**expected)
    assert found() == []


def test_items_under_former_keys_are_counted() -> None:
    raw = table_of(Order)
    item = raw.get(pk="CUSTOMER#2", sk="ORDER#1")
    assert item is not None
    raw.delete_item(pk="CUSTOMER#2", sk="ORDER#1")
    raw.put({**item, "pk": "C#2"})
    assert [each.problem for each in Shop.check(counters=True)] == ["former_key"]


def test_a_write_between_two_reads_is_no_finding(connected: Backend) -> None:
    class Meanwhile(RecordingBackend):
        orders = 0

        def execute(self, operation: Operation[Any]) -> Any:
            found = super().execute(operation)
            if isinstance(operation, Query) and self.orders == 0:
                self.orders += 1
                with dynamorm.using(connected):
                    Order(customer="1", order_id="9", total=1).save()
                found = super().execute(operation)
            return found

    with dynamorm.using(Meanwhile(connected)):
        assert found() == []
    assert found() == []


def test_counters_are_checked_in_a_loop() -> None:
    Customer.update_item(customer_id="1", order_count=1)

    async def check() -> None:
        assert [each.problem async for each in Shop.acheck(counters=True)] == ["counter"]

    asyncio.run(check())


@pytest.mark.one_schema_library
def test_counters_of_tables_without_templates(connected: Backend) -> None:
    class Team(DynaModel):
        class Table:
            name = "teams"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)
            members = fields.integer()

    class Member(DynaModel):
        class Table:
            name = "members"
            hash_key = "team_id"
            range_key = "name"

        class Schema:
            team_id = fields.text(required=True)
            name = fields.text(required=True)

        team: Any = ManyToOne(Team, query=lambda member: {"id": member.team_id}, counters=[Count("members")])

    table_of(Team).create_table()
    table_of(Member).create_table()
    Team(id="1").save()
    Member(team_id="1", name="a").save()
    assert list(table_of(Team).check(counters=True)) == []
    Team.update_item(id="1", members=3)
    assert [each.expected for each in table_of(Team).check(counters=True)] == [{"members": 1}]
    with pytest.raises(DynaModelException, match="Member has no counters, so there are none to check"):
        table_of(Member).check(counters=True)


@pytest.mark.one_schema_library
@pytest.mark.parametrize("reference", [lambda member: {"id": member.team}, lambda member: {"id": member.name.upper()}])
def test_counters_of_items_that_no_query_finds_are_refused(reference: Any) -> None:
    class Team(DynaModel):
        class Table:
            name = "teams"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)
            members = fields.integer()

    class Member(DynaModel):
        class Table:
            name = "members"
            hash_key = "name"

        class Schema:
            name = fields.text(required=True)
            team = fields.text()

        owner: Any = ManyToOne(Team, query=reference, counters=[Count("members")])

    with pytest.raises(
        DynaModelException,
        match=r"What Member\.owner counts can't be found by a query of the table of Member: its hash key is name, which",
    ):
        table_of(Team).check(counters=True)
