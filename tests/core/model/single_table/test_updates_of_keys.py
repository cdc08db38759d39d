"""Updates of parts of an item: the keys that templates compose of it stay what a put of the item would write."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, ProjectKeys, Q
from dynamorm.data import Operation, Scan, UpdateItem
from dynamorm.exceptions import InvalidKey, InvalidUpdate, StaleItem, StaleTransaction
from dynamorm.ports.backends import Backend
from dynamorm.signals import pre_update
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

PLACED = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)
KEY: dict[str, Any] = {"customer": "1", "number": 7}


def order_model(**settings: Any) -> Any:
    """Return a model whose keys are composed; each library has a form of its own for date-times in keys."""

    class Order(DynaModel):
        class Table:
            name = "orders"
            hash_key = Key("CUSTOMER#{customer}")
            range_key = Key("ORDER#{number:06d}")
            locals().update(settings)

        class ByStatus(GlobalIndex):
            name = "by-status"
            hash_key = Key("STATUS#{status}", attribute="gsi1pk")
            range_key = Key("{placed}#{number:06d}", attribute="gsi1sk")
            projection = ProjectAll()
            only_if = Q(hidden=False) | Q(hidden__not_exists=True)

        class ByCity(GlobalIndex):
            name = "by-city"
            hash_key = Key("CITY#{address.city}", attribute="gsi2pk")
            range_key = "total"
            projection = ProjectKeys()

        class ByNumber(GlobalIndex):
            name = "by-number"
            hash_key = Key("NUMBER#{number:06d}", attribute="gsi3pk")
            projection = ProjectAll()

        class Schema:
            customer = fields.text(required=True)
            number = fields.integer(required=True)
            placed = fields.instant()
            status = fields.text()
            hidden = fields.boolean()
            total = fields.integer()
            note = fields.text()
            tags = fields.list_of(fields.text())
            address = fields.nested({"city": fields.text(), "street": fields.text()})
            revision = fields.integer()

    return Order


@pytest.fixture
def sent(backend: Backend) -> Iterator[list[Operation[Any]]]:
    recording = RecordingBackend(backend)
    with dynamorm.using(recording):
        yield recording.sent


@pytest.fixture
def orders(sent: list[Operation[Any]]) -> Any:
    model = order_model()
    model.Table.create_table()
    return model


@pytest.fixture
def versioned(sent: list[Operation[Any]]) -> Any:
    model = order_model(version="revision")
    model.Table.create_table()
    return model


def new_order(model: Any, **values: Any) -> Any:
    order = model(**{**KEY, "placed": PLACED, "status": "open", "total": 5, **values})
    order.save()
    return order


def stored(backend: Backend) -> dict[str, Any]:
    (item,) = backend.execute(Scan("orders")).items
    return dict(item)


def keys_of(backend: Backend) -> dict[str, Any]:
    return {name: value for name, value in stored(backend).items() if name.startswith("gsi")}


def expected(model: Any, backend: Backend) -> dict[str, Any]:
    """Return the keys that a put of what is stored would write."""
    item = model._mapper.composed.add_to(stored(backend))
    return {name: value for name, value in item.items() if name.startswith("gsi")}


def assert_right(model: Any, backend: Backend, **attributes: Any) -> None:
    item = stored(backend)
    assert {name: item.get(name) for name in attributes} == attributes
    assert keys_of(backend) == expected(model, backend)


# Instances


def test_an_update_writes_the_keys_along_in_one_request(
    backend: Backend, orders: Any, sent: list[Operation[Any]]
) -> None:
    order = new_order(orders, address={"city": "Oslo"})
    sent.clear()
    order.update(status="paid")

    assert [type(operation) for operation in sent] == [UpdateItem]
    assert_right(orders, backend, status="paid", gsi1pk="STATUS#paid", gsi2pk="CITY#Oslo", gsi3pk="NUMBER#000007")


def test_partial_saves_one_after_another(backend: Backend, orders: Any) -> None:
    order = new_order(orders)
    for changes in (
        {"status": "paid", "placed": LATER},
        {"hidden": True},
        {"status": "sent"},
        {"hidden": False},
        {"status": None},
        {"status": "open", "address": {"city": "Oslo", "street": "Gata"}},
        {"total": None, "placed": None},
        {"placed": PLACED},
    ):
        for name, value in changes.items():
            setattr(order, name, value)
        order.save(partial=True)
        assert keys_of(backend) == expected(orders, backend), changes
    assert keys_of(backend).keys() == {"gsi1pk", "gsi1sk", "gsi2pk", "gsi3pk"}

    order.address["city"] = "Rome"
    order.save(partial=True)
    assert_right(orders, backend, gsi2pk="CITY#Rome")
    order.address = None
    order.save(partial=True)
    assert keys_of(backend).keys() == {"gsi1pk", "gsi1sk", "gsi3pk"}


def test_the_keys_after_an_update_that_returns_all_attributes(backend: Backend, orders: Any) -> None:
    order = new_order(orders)
    orders.update_item(**KEY, note="of another writer")
    order.update(status="paid", return_all=True)
    assert order.note == "of another writer"
    order.placed = LATER
    order.save(partial=True)
    assert_right(orders, backend, gsi1pk="STATUS#paid")


def test_a_change_that_no_key_depends_on_has_no_conditions_but_that_the_item_is_there(
    orders: Any, sent: list[Operation[Any]]
) -> None:
    order = new_order(orders, address={"city": "Oslo", "street": "Gata"})
    sent.clear()
    order.update(note="x")
    order.update({orders.address["street"]: "Vei"})
    order.update(total__plus=3)
    assert [len(operation.actions) for operation in sent if isinstance(operation, UpdateItem)] == [1, 1, 1]
    assert all("gsi" not in str(operation) for operation in sent)


def test_an_update_below_a_field_of_a_key(backend: Backend, orders: Any) -> None:
    order = new_order(orders, address={"city": "Oslo", "street": "Gata"})
    order.update(address__city="Rome")
    assert_right(orders, backend, gsi2pk="CITY#Rome", address={"city": "Rome", "street": "Gata"})
    order.update(address__city__remove=True)
    assert "gsi2pk" not in keys_of(backend)
    orders.update_item(**KEY, address__city="Bari")
    assert_right(orders, backend, gsi2pk="CITY#Bari")


def test_of_two_writers_who_change_parts_of_one_key_the_second_is_told(backend: Backend, orders: Any) -> None:
    new_order(orders)
    first, second = orders.get(**KEY), orders.get(**KEY)
    first.update(placed=LATER)
    before = stored(backend)

    second.status = "paid"
    with pytest.raises(
        StaleItem, match="'placed' is no longer what the instance was read with, and the key of the index ByStatus of"
    ):
        second.save(partial=True)
    with pytest.raises(StaleItem, match="'placed' is no longer"):
        second.update(hidden=False)
    with pytest.raises(StaleTransaction, match="'placed' is no longer"), dynamorm.transaction() as tx:
        tx.update(second, status="paid")
    assert stored(backend) == before

    # What takes the item out of the index relies on nothing.
    second.update(hidden=True)
    second.update(status=None)
    assert_right(orders, backend, gsi1pk=None, gsi1sk=None)


def test_a_value_that_was_missing_must_still_be(backend: Backend, orders: Any) -> None:
    new_order(orders, placed=None)
    first, second = orders.get(**KEY), orders.get(**KEY)
    first.update(placed=LATER)
    with pytest.raises(StaleItem, match="'placed' is no longer"):
        second.update(status="paid")
    assert_right(orders, backend, gsi1pk="STATUS#open")


def test_a_version_stands_for_the_values(backend: Backend, versioned: Any, sent: list[Operation[Any]]) -> None:
    new_order(versioned)
    order, other = versioned.get(**KEY), versioned.get(**KEY)
    sent.clear()
    order.update(status="paid")
    (operation,) = sent
    assert isinstance(operation, UpdateItem)
    assert "placed" not in str(operation.condition)
    with pytest.raises(StaleItem, match="does not have the version"):
        other.update(hidden=True)

    with pytest.raises(InvalidUpdate, match="together with 'placed', which is not given"):
        versioned.update_item(**KEY, status="sent", known={"hidden": None})
    versioned.update_item(**KEY, status="sent", known={"hidden": None, "placed": PLACED})
    assert_right(versioned, backend, gsi1pk="STATUS#sent", revision=3)
    with pytest.raises(StaleItem):
        versioned.update_item(**KEY, status="sent", known={"hidden": True, "placed": PLACED})


def test_receivers_may_change_what_a_key_is_composed_of(backend: Backend, orders: Any) -> None:
    order = new_order(orders)

    def receive(sender: Any, instance: Any, updates: dict[str, Any], **_: Any) -> None:
        updates["status"] = updates["status"].lower()

    with pre_update.connected_to(receive, sender=orders):
        order.update(status="PAID")
    assert_right(orders, backend, status="paid", gsi1pk="STATUS#paid")


def test_an_instance_that_was_read_in_part(backend: Backend, orders: Any) -> None:
    new_order(orders)
    order = orders.get(**KEY, attrs="customer, number, status, placed")
    with pytest.raises(
        InvalidUpdate,
        match=r"'status' is part of the key of the index ByStatus of Order, together with 'hidden', and this Order was "
        r"read without that\. Read the whole item, as with refresh\(\)",
    ):
        order.update(status="paid")
    order = orders.get(**KEY, attrs="customer, number, status")
    with pytest.raises(
        InvalidUpdate, match="together with 'placed' and 'hidden', and this Order was read without them"
    ):
        order.update(status="paid")
    order.update(status="paid", placed=LATER, hidden=False)
    assert_right(orders, backend, gsi1pk="STATUS#paid")
    # The keys that an index projects tell what they are composed of.
    orders.update_item(**KEY, address={"city": "Oslo"})
    (order,) = orders.ByCity.scan()
    order.update(address__city="Rome")
    (order,) = orders.ByStatus.scan()
    order.update(status="sent")
    assert_right(orders, backend, gsi1pk="STATUS#sent")


def test_a_new_instance_makes_an_item_with_all_its_keys(backend: Backend, orders: Any) -> None:
    orders(**KEY, partial=True).update(note="x")
    assert_right(orders, backend, customer="1", number=7, note="x", gsi3pk="NUMBER#000007")

    order = orders(**KEY, partial=True)
    with pytest.raises(InvalidUpdate, match="with 'placed' and 'hidden', and this Order was not read, so that nothing"):
        order.update(status="paid")
    order.delete()
    assert list(backend.execute(Scan("orders")).items) == []

    saved = orders(**KEY, placed=PLACED, status="open")
    saved.save(partial=True)
    assert_right(orders, backend, customer="1", number=7, gsi1pk="STATUS#open", gsi3pk="NUMBER#000007")
    saved.update(status="paid")
    assert_right(orders, backend, gsi1pk="STATUS#paid")

    # It says that the item has no date.
    with pytest.raises(StaleItem, match="'placed' is no longer"):
        orders(**KEY, status="open").save(partial=True)


def test_an_item_whose_key_is_not_what_its_fields_give_is_written_where_it_is(backend: Backend, orders: Any) -> None:
    new_order(orders)
    item = stored(backend)
    orders.Table.delete_item(pk=item["pk"], sk=item["sk"])
    orders.Table.put({**item, "sk": "ORDER#000008"})

    (order,) = orders.scan()
    assert order.number == 7
    order.update(status="paid")
    order.total = 6
    order.save(partial=True)
    order.total = 7
    order.save()
    assert_right(orders, backend, sk="ORDER#000008", number=7, status="paid", total=7, gsi3pk="NUMBER#000007")
    order.number = 9
    with pytest.raises(InvalidUpdate, match="'number' is part of the primary key of Order"):
        order.save()
    order.number = 7
    order.delete()
    assert list(backend.execute(Scan("orders")).items) == []


# Updates by key


def test_an_update_by_key_needs_the_other_values_of_a_key(
    backend: Backend, orders: Any, sent: list[Operation[Any]]
) -> None:
    new_order(orders, hidden=False)
    sent.clear()
    with pytest.raises(
        InvalidUpdate,
        match=r"'status' is part of the key of the index ByStatus of Order, together with 'placed', which is not given\. "
        r"Update an instance, or give known=\{'placed': …\}, which the item must have",
    ):
        orders.update_item(**KEY, status="paid", hidden=None)
    with pytest.raises(InvalidUpdate, match="with 'placed' and 'hidden', which are not given"):
        orders.update_item(**KEY, status="paid")
    with pytest.raises(InvalidUpdate, match="'hidden' is compared in the only_if of the index ByStatus of Order, toge"):
        orders.update_item(**KEY, hidden=None)
    assert sent == []

    orders.update_item(**KEY, status="paid", known={"placed": PLACED, "hidden": False})
    assert len(sent) == 1
    assert_right(orders, backend, gsi1pk="STATUS#paid")
    with pytest.raises(
        StaleItem, match="'placed' is not what 'known' says, and the key of the index ByStatus of Order"
    ):
        orders.update_item(**KEY, status="sent", known={"placed": LATER, "hidden": False})
    with pytest.raises(StaleItem, match=r"There is no such item in 'orders', so 'placed' is not what 'known' says"):
        orders.update_item(customer="2", number=7, status="sent", known={"placed": PLACED, "hidden": None})

    orders.update_item(**KEY, status="sent", placed=LATER, hidden=None)
    assert_right(orders, backend, gsi1pk="STATUS#sent")
    orders.update_item(**KEY, hidden=True)
    assert_right(orders, backend, gsi1pk=None)
    orders.update_item(**KEY, hidden=False, status__remove=True)
    assert_right(orders, backend, gsi1pk=None, status=None)


def test_an_update_by_key_may_make_the_item(backend: Backend, orders: Any) -> None:
    orders.update_item(**KEY, total=3)
    assert_right(orders, backend, customer="1", number=7, total=3, gsi3pk="NUMBER#000007")
    before = stored(backend)
    orders.update_item(**KEY, total=3)
    assert stored(backend) == before
    (order,) = orders.ByNumber.scan()
    assert (order.customer, order.number) == ("1", 7)


def test_known_values_below_a_field(backend: Backend, orders: Any) -> None:
    class Visit(DynaModel):
        class Table:
            name = "orders"
            hash_key = Key("VISIT#{id}")
            range_key = Key("VISIT")

        class ByPlace(GlobalIndex):
            name = "by-place"
            hash_key = Key("{address.city}", attribute="gsi1pk")
            range_key = Key("{address.street}", attribute="gsi1sk")
            projection = ProjectAll()

        class Schema:
            id = fields.text(required=True)
            address = fields.nested({"city": fields.text(), "street": fields.text()})

    Visit.put({"id": "1", "address": {"city": "Oslo", "street": "Gata"}})
    with pytest.raises(
        InvalidUpdate, match=r"'address\.city' is part of the key of the index ByPlace of Visit, together"
    ):
        Visit.update_item(id="1", address__city="Rome")
    Visit.update_item(id="1", address__city="Rome", known={"address.street": "Gata"})
    assert_right(Visit, backend, gsi1pk="Rome", gsi1sk="Gata")
    Visit.update_item(id="1", address__city="Bari", known={"address": {"street": "Gata"}})
    assert_right(Visit, backend, gsi1pk="Bari", gsi1sk="Gata")
    with pytest.raises(StaleItem, match=r"'address\.street' is not what 'known' says"):
        Visit.update_item(id="1", address__city="Rome", known={"address.street": "Vei"})


# Transactions


def test_updates_in_a_transaction(backend: Backend, orders: Any, sent: list[Operation[Any]]) -> None:
    order = new_order(orders)
    sent.clear()
    with dynamorm.transaction() as tx:
        tx.update(order, status="paid")
    assert len(sent) == 1
    assert_right(orders, backend, gsi1pk="STATUS#paid")
    order.placed = LATER
    with dynamorm.transaction() as tx:
        tx.save(order, partial=True)
    order.status = "sent"
    order.save(partial=True)
    assert_right(orders, backend, gsi1pk="STATUS#sent")
    with dynamorm.transaction() as tx:
        tx.update(orders, **KEY, status="open", known={"placed": LATER, "hidden": None})
    assert_right(orders, backend, gsi1pk="STATUS#open")
    with pytest.raises(InvalidUpdate, match="which are not given"), dynamorm.transaction() as tx:
        tx.update(orders, **KEY, status="open")


def test_awaited_updates(backend: Backend, orders: Any) -> None:
    asyncio.run(update_all(backend, orders))


async def update_all(backend: Backend, orders: Any) -> None:
    order = new_order(orders)
    await order.aupdate(status="paid")
    order.placed = LATER
    await order.asave(partial=True)
    assert_right(orders, backend, gsi1pk="STATUS#paid")
    await orders.aupdate_item(**KEY, status="sent", known={"placed": LATER, "hidden": None})
    assert_right(orders, backend, gsi1pk="STATUS#sent")
    with pytest.raises(StaleItem, match="is not what 'known' says"):
        await orders.aupdate_item(**KEY, status="open", known={"placed": PLACED, "hidden": None})
    order = await orders.aget(**KEY)
    async with dynamorm.transaction() as tx:
        tx.update(order, status="open")
    assert_right(orders, backend, gsi1pk="STATUS#open")


# Bad input


def test_values_that_the_table_computes_are_refused(orders: Any, sent: list[Operation[Any]]) -> None:
    class Scored(DynaModel):
        class Table:
            name = "scored"
            hash_key = "id"

        class ByScore(GlobalIndex):
            name = "by-score"
            hash_key = Key("SCORES", attribute="gsi1pk")
            range_key = Key("{score:06d}", attribute="gsi1sk")
            projection = ProjectAll()
            only_if = Q(tags__contains="public")

        class Schema:
            id = fields.text(required=True)
            score = fields.integer()
            other = fields.integer()
            tags = fields.list_of(fields.text())

    table_of(Scored).create_table()
    Scored.put({"id": "1", "score": 1, "tags": ["public"]})
    scored = Scored.get(id="1")
    assert scored is not None
    sent.clear()
    for changes in (
        {"score__plus": 1},
        {"score__minus": 1},
        {"score__add": 1},
        {"score__if_not_exists": 1},
        {"score": Scored.other + 1},
        {"score": Scored.other},
        {"tags__append": ["x"]},
        {"tags__prepend": ["x"]},
    ):
        name = next(iter(changes)).partition("_")[0]
        message = f"The key of the index ByScore of Scored depends on '{name}', whose new value DynamoDB would compute"
        with pytest.raises(InvalidUpdate, match=message):
            scored.update(**changes)
        with pytest.raises(InvalidUpdate, match=message):
            Scored.update_item(id="1", **changes)
    assert sent == []

    # What a partial save finds out by comparing is known.
    scored.tags = ["public", "new"]
    scored.score = 2
    scored.save(partial=True)
    assert [each.score for each in Scored.ByScore.scan()] == [2]
    scored.tags = []
    scored.save(partial=True)
    assert Scored.ByScore.scan().count() == 0


@pytest.mark.one_schema_library
def test_values_that_can_not_be_in_a_key_are_refused_before_anything_is_sent(
    orders: Any, sent: list[Operation[Any]]
) -> None:
    order = new_order(orders)
    sent.clear()
    with pytest.raises(InvalidKey, match="'status' of Order holds '#'"):
        order.update(status="a#b")
    with pytest.raises(InvalidKey, match="'status' of Order holds '#'"):
        orders.update_item(**KEY, status="a#b", known={"placed": PLACED, "hidden": None})
    with pytest.raises(InvalidUpdate, match="'number' is part of the primary key of Order"):
        order.update(number=8)
    with pytest.raises(InvalidUpdate, match="known of Order takes a dict"):
        orders.update_item(**KEY, status="b", known=[1])
    with pytest.raises(dynamorm.exceptions.InvalidSchemaField, match="has no field 'placd'"):
        orders.update_item(**KEY, status="b", known={"placd": PLACED})
    assert sent == []


@pytest.mark.one_schema_library
def test_a_field_named_known_wins(sent: list[Operation[Any]]) -> None:
    class Fact(DynaModel):
        class Table:
            name = "facts"
            hash_key = Key("FACT#{id}")

        class Schema:
            id = fields.text(required=True)
            known = fields.boolean()

    table_of(Fact).create_table()
    Fact.update_item(id="1", known=True)
    fact = Fact.get(id="1")
    assert fact is not None
    assert fact.known is True


@pytest.mark.one_schema_library
def test_keys_can_not_depend_on_a_version() -> None:
    with pytest.raises(InvalidKey, match="key of the index ByStatus of Order depends on 'revision', which each write"):

        class Order(DynaModel):
            class Table:
                name = "orders"
                hash_key = Key("ORDER#{id}")
                version = "revision"

            class ByStatus(GlobalIndex):
                name = "by-status"
                hash_key = Key("STATUS#{status}", attribute="gsi1pk")
                projection = ProjectAll()
                only_if = Q(revision__gt=1)

            class Schema:
                id = fields.text(required=True)
                status = fields.text()
                revision = fields.integer()


@pytest.mark.one_schema_library
def test_a_part_of_the_primary_key_that_is_a_field_is_not_written_twice(
    backend: Backend, sent: list[Operation[Any]]
) -> None:
    class Shelf(DynaModel):
        class Table:
            name = "orders"
            hash_key = "room"
            range_key = Key("SHELF#{number:03d}")

        class Schema:
            room = fields.text(required=True)
            number = fields.integer(required=True)
            label = fields.text()

    table_of(Shelf).create_table()
    Shelf.update_item(room="a", number=1, label="x")
    assert stored(backend) == {"room": "a", "sk": "SHELF#001", "number": 1, "label": "x"}
