"""Keys that templates compose from fields: in items, in instances, and in the verbs that take a key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, LocalIndex, ProjectAll, ProjectKeys, Q
from dynamorm.data import Scan
from dynamorm.exceptions import DynaModelException, HashKeyExists, InvalidKey, InvalidUpdate, MissingKey
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

PLACED = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)


def order_model() -> Any:
    """Return a model whose keys are composed; each library has a form of its own for date-times in keys."""

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
            customer = fields.text()
            placed = fields.instant(required=True)
            number = fields.integer(required=True)
            status = fields.text()
            total = fields.integer()
            address = fields.nested({"city": fields.text()})

    return Order


def membership_model() -> Any:
    """Return a model of another program's items, which have the fields in the keys alone."""

    class Membership(DynaModel):
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

    return Membership


@pytest.fixture
def orders(connected: Backend) -> Any:
    model = order_model()
    model.Table.create_table()
    return model


@pytest.fixture
def memberships(connected: Backend) -> Any:
    model = membership_model()
    model.Table.create_table()
    return model


def values(**changes: Any) -> dict[str, Any]:
    return {"customer": "1", "placed": PLACED, "number": 7, "status": "open", "total": 5, **changes}


def items(backend: Backend, table: str = "orders") -> list[dict[str, Any]]:
    return list(backend.execute(Scan(table)).items)


def key_attributes(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name in {"pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk"}}


def test_an_item_has_its_keys_and_the_fields_that_they_are_composed_of(connected: Backend, orders: Any) -> None:
    order = orders(**values(address={"city": "Oslo"}))
    order.save()

    (item,) = items(connected)
    placed = item["placed"]
    assert key_attributes(item) == {
        "pk": "CUSTOMER#1",
        "sk": "ORDER#" + placed + "#000007",
        "gsi1pk": "STATUS#open",
        "gsi1sk": placed + "#000007",
        "gsi2pk": "CITY#Oslo",
    }
    assert (item["customer"], item["number"], item["status"]) == ("1", 7, "open")
    assert order.to_dict().keys() == values(address=...).keys()


def test_a_put_of_values_writes_what_a_save_writes(connected: Backend, orders: Any) -> None:
    orders(**values()).save()
    saved = items(connected)
    orders.delete_item("1", PLACED, 7)
    assert items(connected) == []

    orders.put(values())
    assert items(connected) == saved

    orders.put_batch(values(), values(number=8))
    assert [item["sk"][-6:] for item in items(connected)] == ["000007", "000008"]


def test_verbs_take_the_fields_of_the_key_by_name_and_in_their_order(orders: Any) -> None:
    orders.put(values())

    order = orders.get(customer="1", placed=PLACED, number=7)
    assert order is not None
    assert order == orders.get("1", PLACED, 7)
    assert (order.customer, order.placed, order.number, order.total) == ("1", PLACED, 7, 5)
    assert orders.exists("1", PLACED, 7)
    assert not orders.exists("1", PLACED, 8)
    assert list(orders.get_batch([("1", PLACED, 7), ("1", PLACED, 8)])) == [order]
    assert dynamorm.transact_get((orders, {"customer": "1", "placed": PLACED, "number": 7})) == (order,)

    orders.update_item(customer="1", placed=PLACED, number=7, total=6)
    order.refresh()
    assert order.total == 6
    with pytest.raises(HashKeyExists):
        orders.put_unique(values())
    orders.delete_item("1", PLACED, number=7)
    assert not orders.exists("1", PLACED, 7)


def test_a_key_without_one_of_its_fields_is_refused(orders: Any) -> None:
    with pytest.raises(MissingKey, match="key of Order is customer and placed and number; placed and number were not"):
        orders.get("1")
    with pytest.raises(MissingKey, match="key of Order is customer and placed and number; customer was not given"):
        orders(**values(customer=None)).save()
    with pytest.raises(InvalidKey, match="'total' is not part of the primary key of Order, which is customer and"):
        orders.get("1", PLACED, number=7, total=5)


def test_both_parts_of_an_index_key_are_written_or_none(connected: Backend, orders: Any) -> None:
    order = orders(**values())
    order.save()
    assert {"gsi1pk", "gsi1sk"} <= items(connected)[0].keys()

    order.status = None
    order.save()
    assert not {"gsi1pk", "gsi1sk"} & items(connected)[0].keys()

    order.status = "archived"
    order.save()
    assert not {"gsi1pk", "gsi1sk"} & items(connected)[0].keys()
    assert orders.ByStatus.scan().count() == 0


def test_an_instance_knows_its_key_whatever_the_program_assigns(orders: Any) -> None:
    orders.put(values())
    order = orders.get("1", PLACED, 7)
    assert order is not None
    order.number = 8
    for save in (order.save, lambda: order.save(partial=True), order.delete):
        with pytest.raises(InvalidUpdate, match="'number' is part of the primary key of Order, which a write can't"):
            save()
    assert orders.scan().count() == 1


def test_a_move_gives_the_item_all_its_new_keys(connected: Backend, orders: Any) -> None:
    orders.put(values())
    order = orders.get("1", PLACED, 7)
    assert order is not None
    order.move(placed=LATER)

    (item,) = items(connected)
    assert order.placed == LATER
    assert item["sk"] == "ORDER#" + item["placed"] + "#000007"
    assert item["gsi1sk"] == item["placed"] + "#000007"
    assert orders.get("1", LATER, 7) == order


def test_a_move_keeps_what_only_keys_have(connected: Backend, memberships: Any) -> None:
    memberships.put({"group": "admins", "member": "ann", "joined": 3})
    member = memberships.get("admins", "ann")
    assert member is not None
    member.move(member="bob")
    assert items(connected, "memberships") == [{"partition": "GROUP#admins", "sort": "bob", "joined": 3}]
    assert (member.group, member.member) == ("admins", "bob")


@pytest.mark.one_schema_library
def test_a_move_writes_the_value_of_which_a_key_has_a_folded_form(connected: Backend) -> None:
    class Account(DynaModel):
        class Table:
            name = "accounts"
            hash_key = Key("EMAIL#{email:casefold}")

        class ByEmail(GlobalIndex):
            name = "by-email"
            hash_key = Key("{email}", attribute="gsi1pk")
            projection = ProjectAll()

        class Schema:
            email = fields.text(required=True)
            name = fields.text()

    table_of(Account).create_table()
    account = Account(email="Ann@example.org")
    account.save()
    account.move(email="Bob@example.org")
    assert items(connected, "accounts") == [
        {"pk": "EMAIL#bob@example.org", "email": "Bob@example.org", "gsi1pk": "Bob@example.org"}
    ]
    # The item keeps its own spelling, and the key that depends on it.
    Account.update_item(email="BOB@example.org", name="Bob")
    Account.update_item(email="CLEO@example.org", name="Cleo")
    found = {item["pk"]: item["email"] for item in items(connected, "accounts")}
    assert found == {"EMAIL#bob@example.org": "Bob@example.org", "EMAIL#cleo@example.org": "CLEO@example.org"}
    account = Account(email="Dan@example.org")
    with dynamorm.transaction() as tx:
        tx.update(account, name="Dan")
    # All of the new item is known, so it can be saved as a whole.
    account.save()
    assert account.name == "Dan"


def test_a_copy_has_keys_of_its_own(orders: Any) -> None:
    orders.put(values())
    order = orders.get("1", PLACED, 7)
    assert order is not None
    order.copy(number=8).save()
    assert [each.number for each in orders.scan()] == [7, 8]


def test_items_are_found_under_the_former_template_and_written_where_they_are(connected: Backend, orders: Any) -> None:
    orders.put(values())
    (item,) = items(connected)
    orders.Table.delete_item(pk=item["pk"], sk=item["sk"])
    orders.Table.put({**item, "pk": "C#1"})

    order = orders.get("1", PLACED, 7)
    assert order is not None
    assert orders.exists("1", PLACED, 7)
    orders.put(values(customer="2"))
    keys = [("1", PLACED, 7), ("2", PLACED, 7), ("3", PLACED, 7)]
    assert sorted(each.customer for each in orders.get_batch(keys)) == ["1", "2"]
    found = dynamorm.transact_get(*((orders, key) for key in keys))
    assert [each and each.customer for each in found] == ["1", "2", None]
    orders.delete_item("2", PLACED, 7)
    order.total = 6
    order.save()
    order.total = 7
    order.save(partial=True)
    assert [(item["pk"], item["total"]) for item in items(connected)] == [("C#1", 7)]
    order.delete()
    assert items(connected) == []


def test_explanations_say_where_items_under_a_former_key_are_missed(orders: Any) -> None:
    def warned(explanation: Any) -> list[str]:
        return [each.text for each in explanation.warnings if each.kind == "former key"]

    (of_query,) = warned(orders.query(customer="1").explain())
    assert of_query.startswith("a query looks only under the present key, and may miss items")
    (of_get,) = warned(dynamorm.explain(orders.get, "1", PLACED, 7))
    assert "a second request looks under the former one, that of 'also'" in of_get
    assert warned(orders.ByStatus.query(status="open").explain()) == []
    assert warned(dynamorm.explain(orders.update_item, customer="1", placed=PLACED, number=7, total=1)) == []


def test_get_or_create_finds_an_item_under_the_former_template(connected: Backend, orders: Any) -> None:
    orders.put(values())
    (item,) = items(connected)
    orders.Table.delete_item(pk=item["pk"], sk=item["sk"])
    orders.Table.put({**item, "pk": "C#1"})
    found, is_new = orders.get_or_create("1", PLACED, 7)
    assert (is_new, found.customer, found.number) == (False, "1", 7)
    assert [each["pk"] for each in items(connected)] == ["C#1"]


def test_fields_that_only_the_key_has_are_read_from_it(connected: Backend, memberships: Any) -> None:
    member = memberships(group="admins", member="ann", joined=3)
    member.save()
    assert items(connected, "memberships") == [{"partition": "GROUP#admins", "sort": "ann", "joined": 3}]

    read = memberships.get("admins", "ann")
    assert read is not None
    assert (read.group, read.member, read == member) == ("admins", "ann", True)
    read.joined = 4
    read.save(partial=True)
    assert items(connected, "memberships") == [{"partition": "GROUP#admins", "sort": "ann", "joined": 4}]
    assert [each.member for each in memberships.ByMember.scan()] == ["ann"]


def test_what_an_index_projects_is_enough_to_know_the_fields_of_its_keys(connected: Backend, orders: Any) -> None:
    orders.put(values(address={"city": "Oslo"}))
    (order,) = orders.ByCity.scan()
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

    with pytest.raises(
        InvalidKey, match=r"hash_key of the Table of Wrong has 'address\.city', a part of a field. Only"
    ):

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
