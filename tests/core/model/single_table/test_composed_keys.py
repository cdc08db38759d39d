"""Keys that templates compose from fields: in items, in instances, and in the verbs that take a key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, LocalIndex, ProjectAll, ProjectKeys, Q
from dynamorm.data import Scan
from dynamorm.data.values import Item
from dynamorm.exceptions import DynaModelException, HashKeyExists, InvalidKey, InvalidUpdate, MissingKey
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

PLACED = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)


class Order(DynaModel):
    class Table:
        name = "orders"
        hash_key = Key("CUSTOMER#{customer}", also="C#{customer}")
        range_key = Key("ORDER#{placed}#{number:06d}")

    class ByStatus(GlobalIndex):
        name = "by-status"
        hash_key = Key("STATUS#{status}", attribute="gsi1pk")
        range_key = Key("{placed}#{number:06d}", attribute="gsi1sk")
        projection = ProjectAll()
        only_if = Q(status__ne="archived")

    class ByCity(GlobalIndex):
        name = "by-city"
        hash_key = Key("CITY#{address.city}", attribute="gsi2pk")
        range_key = "total"
        projection = ProjectKeys()

    class Schema:
        customer = fields.text(required=True)
        placed = fields.instant(required=True)
        number = fields.integer(required=True)
        status = fields.text()
        total = fields.integer()
        address = fields.nested({"city": fields.text()})


class Membership(DynaModel):
    """Items of another program, which has the fields in the keys alone."""

    class Table:
        name = "memberships"
        hash_key = Key("GROUP#{group}", attribute="partition", only_key=["group"])
        range_key = Key("{member}", attribute="sort", only_key=["member"])

    class ByMember(LocalIndex):
        name = "by-joined"
        hash_key = Key("GROUP#{group}")
        range_key = "joined"
        projection = ProjectAll()

    class Schema:
        group = fields.text(required=True)
        member = fields.text(required=True)
        joined = fields.integer()


@pytest.fixture(autouse=True)
def tables(connected: Backend) -> None:
    dynamorm.create_all([Order, Membership])


def values(**changes: Any) -> dict[str, Any]:
    return {"customer": "1", "placed": PLACED, "number": 7, "status": "open", "total": 5, **changes}


def items(backend: Backend, table: str = "orders") -> list[Item]:
    return list(backend.execute(Scan(table)).items)


def key_attributes(item: Item) -> Item:
    return {name: value for name, value in item.items() if name in {"pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk"}}


def test_an_item_has_its_keys_and_the_fields_that_they_are_composed_of(connected: Backend) -> None:
    order = Order(**values(address={"city": "Oslo"}))
    order.save()

    (item,) = items(connected)
    placed = item["placed"]
    assert key_attributes(item) == {
        "pk": "CUSTOMER#1",
        "sk": f"ORDER#{placed}#000007",
        "gsi1pk": "STATUS#open",
        "gsi1sk": f"{placed}#000007",
        "gsi2pk": "CITY#Oslo",
    }
    assert (item["customer"], item["number"], item["status"]) == ("1", 7, "open")
    assert order.to_dict().keys() == values(address=...).keys()


def test_a_put_of_values_writes_what_a_save_writes(connected: Backend) -> None:
    Order(**values()).save()
    saved = items(connected)
    Order.delete_item("1", PLACED, 7)
    assert items(connected) == []

    Order.put(values())
    assert items(connected) == saved

    Order.put_batch(values(), values(number=8))
    assert [item["sk"][-6:] for item in items(connected)] == ["000007", "000008"]  # type: ignore[index]


def test_verbs_take_the_fields_of_the_key_by_name_and_in_their_order() -> None:
    Order.put(values())

    order = Order.get(customer="1", placed=PLACED, number=7)
    assert order is not None
    assert order == Order.get("1", PLACED, 7)
    assert (order.customer, order.placed, order.number, order.total) == ("1", PLACED, 7, 5)
    assert Order.exists("1", PLACED, 7)
    assert not Order.exists("1", PLACED, 8)
    assert list(Order.get_batch([("1", PLACED, 7), ("1", PLACED, 8)])) == [order]
    assert dynamorm.transact_get((Order, {"customer": "1", "placed": PLACED, "number": 7})) == (order,)

    Order.update_item(customer="1", placed=PLACED, number=7, total=6)
    assert order.refresh().total == 6
    with pytest.raises(HashKeyExists):
        Order.put_unique(values())
    Order.delete_item("1", PLACED, number=7)
    assert not Order.exists("1", PLACED, 7)


def test_a_key_without_one_of_its_fields_is_refused() -> None:
    with pytest.raises(MissingKey, match="key of Order is customer and placed and number; placed and number were not"):
        Order.get("1")
    with pytest.raises(MissingKey, match="key of Order is customer and placed and number; customer was not given"):
        Order(placed=PLACED, number=7, partial=True).save()
    with pytest.raises(InvalidKey, match="'total' is not part of the primary key of Order, which is customer and"):
        Order.get("1", PLACED, number=7, total=5)


def test_both_parts_of_an_index_key_are_written_or_none(connected: Backend) -> None:
    order = Order(**values())
    order.save()
    assert {"gsi1pk", "gsi1sk"} <= items(connected)[0].keys()

    order.status = None
    order.save()
    assert not {"gsi1pk", "gsi1sk"} & items(connected)[0].keys()

    order.status = "archived"
    order.save()
    assert not {"gsi1pk", "gsi1sk"} & items(connected)[0].keys()
    assert Order.ByStatus.scan().count() == 0


def test_an_instance_knows_its_key_whatever_the_program_assigns() -> None:
    Order.put(values())
    order = Order.get("1", PLACED, 7)
    assert order is not None
    order.number = 8
    for save in (order.save, lambda: order.save(partial=True), order.delete):
        with pytest.raises(InvalidUpdate, match="'number' is part of the primary key of Order, which a write can't"):
            save()
    assert Order.scan().count() == 1


def test_a_move_gives_the_item_all_its_new_keys(connected: Backend) -> None:
    Order.put(values())
    order = Order.get("1", PLACED, 7)
    assert order is not None
    order.move(placed=LATER)

    (item,) = items(connected)
    assert order.placed == LATER
    assert item["sk"] == f"ORDER#{item['placed']}#000007"
    assert item["gsi1sk"] == f"{item['placed']}#000007"
    assert Order.get("1", LATER, 7) == order


def test_a_copy_has_keys_of_its_own() -> None:
    Order.put(values())
    order = Order.get("1", PLACED, 7)
    assert order is not None
    order.copy(number=8).save()
    assert [each.number for each in Order.scan()] == [7, 8]


def test_items_are_found_under_the_former_template_and_written_where_they_are(connected: Backend) -> None:
    Order.put(values())
    (item,) = items(connected)
    table_of(Order).delete_item(pk=item["pk"], sk=item["sk"])
    table_of(Order).put({**item, "pk": "C#1"})

    order = Order.get("1", PLACED, 7)
    assert order is not None
    assert Order.exists("1", PLACED, 7)
    order.total = 6
    order.save()
    order.total = 7
    order.save(partial=True)
    assert [(item["pk"], item["total"]) for item in items(connected)] == [("C#1", 7)]
    order.delete()
    assert items(connected) == []


def test_fields_that_only_the_key_has_are_read_from_it(connected: Backend) -> None:
    member = Membership(group="admins", member="ann", joined=3)
    member.save()
    assert items(connected, "memberships") == [{"partition": "GROUP#admins", "sort": "ann", "joined": 3}]

    read = Membership.get("admins", "ann")
    assert read is not None
    assert (read.group, read.member, read == member) == ("admins", "ann", True)
    read.joined = 4
    read.save(partial=True)
    assert items(connected, "memberships") == [{"partition": "GROUP#admins", "sort": "ann", "joined": 4}]
    assert [each.member for each in Membership.ByMember.scan()] == ["ann"]


def test_what_an_index_projects_is_enough_to_know_the_fields_of_its_keys(connected: Backend) -> None:
    Order.put(values(address={"city": "Oslo"}))
    (order,) = Order.ByCity.scan()
    assert (order.customer, order.placed, order.number, order.total) == ("1", PLACED, 7, 5)
    order.status = "paid"
    order.save(partial=True)
    assert items(connected)[0]["status"] == "paid"


@pytest.mark.one_schema_library
def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidKey, match="hash_key of the index ByCity of Wrong is a Key, and needs the name of the"):

        class Wrong(DynaModel):
            class Table:
                name = "wrong"
                hash_key = "city"

            class ByCity(GlobalIndex):
                name = "by-city"
                hash_key = Key("CITY#{city}")
                projection = ProjectAll()

            class Schema:
                city = fields.text(required=True)

    with pytest.raises(DynaModelException, match="index ByCity of Wrong has 'only_if', which needs a key that a Key"):

        class Wrong(DynaModel):  # type: ignore[no-redef]
            class Table:
                name = "wrong"
                hash_key = "id"

            class ByCity(GlobalIndex):
                name = "by-city"
                hash_key = "city"
                projection = ProjectAll()
                only_if = Q(city="Oslo")

            class Schema:
                id = fields.text(required=True)
                city = fields.text()

    with pytest.raises(InvalidKey, match="hash_key and the range_key of the Table of Wrong are both stored as 'pk'"):

        class Wrong(DynaModel):  # type: ignore[no-redef]
            class Table:
                name = "wrong"
                hash_key = Key("A#{id}")
                range_key = Key("B#{id}", attribute="pk")

            class Schema:
                id = fields.text(required=True)

    with pytest.raises(DynaModelException, match="escape of the Table of Wrong must be True or False"):

        class Wrong(DynaModel):  # type: ignore[no-redef]
            class Table:
                name = "wrong"
                hash_key = Key("A#{id}")
                escape = "%"

            class Schema:
                id = fields.text(required=True)

    with pytest.raises(InvalidKey, match="hash_key of the Table of Wrong has 'address.city', a part of a field. Only"):

        class Wrong(DynaModel):  # type: ignore[no-redef]
            class Table:
                name = "wrong"
                hash_key = Key("A#{address.city}")

            class Schema:
                address = fields.nested({"city": fields.text()}, required=True)

    with pytest.raises(InvalidKey, match="'also' of the hash_key of the Table of Wrong has fields that the template"):

        class Wrong(DynaModel):  # type: ignore[no-redef]
            class Table:
                name = "wrong"
                hash_key = Key("A#{id}", also="A#{region}#{id}")

            class Schema:
                id = fields.text(required=True)
                region = fields.text(required=True)
