"""Collections: reads of several models of a shared table in one request, each item an instance of its own class."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, Q, RawItem, SharedTable
from dynamorm.data import Query
from dynamorm.exceptions import (
    BudgetExceeded,
    DynaModelException,
    InvalidCursor,
    InvalidKey,
    InvalidSchemaField,
    InvalidValue,
    MissingKey,
    UnknownKind,
    WrongKind,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Shop(SharedTable):
    name = "shop"
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

    class Schema:
        customer_id = fields.text(required=True)
        name = fields.text()
        note = fields.text(attribute="remark")


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
        note = fields.text()
        until = fields.integer(attribute="expires")


class Ticket(DynaModel):
    class Table(Shop):
        kind = "ticket"
        hash_key = Key("CUSTOMER#{owner}")
        range_key = Key("TICKET#{number:04d}")

    class ByStatus(Shop.Gsi1):
        hash_key = Key("STATUS#{status}")
        range_key = Key("T#{number:04d}")

    class Schema:
        owner = fields.text(required=True)
        number = fields.integer(required=True)
        status = fields.text()


class UrgentTicket(Ticket):
    class Table(Ticket.Table):
        kind = "urgent"


class Product(DynaModel):
    class Table(Shop):
        kind = "product"
        hash_key = Key("PRODUCT#{product_id}")
        range_key = Key("PRODUCT")

    class Schema:
        product_id = fields.text(required=True)
        total = fields.text()


@pytest.fixture(autouse=True)
def items(connected: Backend) -> None:
    Shop.create_table()
    Customer(customer_id="1", name="a").save()
    for number, status in zip("123", ("open", "open", "done"), strict=True):
        Order(customer_id="1", order_id=number, status=status, total=int(number)).save()
    Ticket(owner="1", number=1, status="open").save()
    UrgentTicket(owner="1", number=2, status="open").save()
    Customer(customer_id="2").save()
    Product(product_id="1", total="many").save()


def shown(read: Any) -> list[str]:
    """Return what a read gives, in short."""
    return [short(each) for each in read]


def short(each: Any) -> str:
    match each:
        case Customer():
            return f"customer {each.customer_id}"
        case Order():
            return f"order {each.order_id}"
        case UrgentTicket():
            return f"urgent {each.number}"
        case Ticket():
            return f"ticket {each.number}"
        case Product():
            return f"product {each.product_id}"
    return repr(each)


def raw(**attributes: Any) -> None:
    table_of(Order).put({"pk": "CUSTOMER#1", **attributes})


def unique() -> None:
    raw(sk="UNIQUE", kind="dynamorm.unique", owner={"pk": "x"})


ALL = ["order 1", "order 2", "order 3", "customer 1", "ticket 1", "urgent 2"]


def test_query_of_models_gives_each_item_as_its_own_class_in_the_order_of_the_range_key() -> None:
    assert shown(Shop.query(Customer, Order, customer_id="1")) == ALL[:4]
    assert shown(Shop.query(Customer, Order, customer_id="1").reverse()) == ALL[3::-1]
    assert shown(Shop.query(Order, customer_id="1")) == ALL[:3]
    assert shown(Shop.query(Customer, Order, customer_id="2")) == ["customer 2"]
    assert shown(Shop.query(Customer, Order, customer_id="3")) == []


def test_models_may_call_the_fields_of_one_hash_key_differently() -> None:
    assert shown(Shop.query(Order, Ticket, customer_id="1")) == [*ALL[:3], *ALL[4:]]
    assert shown(Shop.query(Order, Ticket, owner="1")) == [*ALL[:3], *ALL[4:]]
    with pytest.raises(
        InvalidKey, match=r"have different hash keys in 'shop', 'CUSTOMER#\{customer_id\}' and 'PRODUCT"
    ):
        Shop.query(Order, Product, customer_id="1")
    with pytest.raises(InvalidKey, match=r"Query them one by one, or scan: Shop\.scan\(Order, Ticket\)"):
        Shop.query(Order, Ticket, customer_id="1", owner="2")


def test_children_of_a_model_are_read_with_it() -> None:
    assert shown(Shop.query(Ticket, owner="1")) == ["ticket 1", "urgent 2"]
    assert shown(Shop.query(UrgentTicket, Customer, owner="1", customer_id="1")) == ["customer 1", "urgent 2"]


def test_one_request_reads_all_models() -> None:
    explained = Shop.query(Customer, Order, customer_id="1").explain()
    (operation,) = explained.operations
    assert isinstance(operation.operation, Query)
    assert operation.request["KeyConditionExpression"].count(" = ") == 1
    # The partition has tickets, too.
    assert "FilterExpression" in operation.request
    assert any("other models" in str(warning) for warning in explained.warnings)
    alone = Shop.query(Ticket, owner="1").explain()
    assert alone.request is not None
    assert "begins_with" in alone.request["KeyConditionExpression"]
    assert "FilterExpression" not in alone.request


def test_query_without_models_reads_all_whose_hash_key_takes_the_fields() -> None:
    assert shown(Shop.query(customer_id="1")) == ALL[:4]
    assert shown(Shop.query(customer_id="1", owner="1")) == ALL
    assert shown(Shop.query(product_id="1")) == ["product 1"]
    with pytest.raises(MissingKey, match="needs the fields of a model's hash key: Customer takes customer_id; Order"):
        Shop.query(name="a")
    with pytest.raises(InvalidKey, match="different hash keys"):
        Shop.query(customer_id="1", product_id="1")


def test_key_attributes_may_be_given_themselves() -> None:
    assert shown(Shop.query(pk="CUSTOMER#1")) == ALL
    assert shown(Shop.query(pk="CUSTOMER#1", sk__begins_with="ORDER#")) == ALL[:3]
    assert shown(Shop.query(Order, pk="CUSTOMER#1", sk__gte="ORDER#2")) == ALL[1:3]
    assert shown(Shop.query(Customer, Order, customer_id="1", sk__between=["ORDER#3", "PROFILE"])) == ALL[2:4]
    assert shown(Shop.Gsi1.query(gsi1pk="STATUS#done")) == ["order 3"]


def test_range_conditions_are_those_that_all_models_understand_and_else_filter() -> None:
    assert shown(Shop.query(Order, customer_id="1", order_id__gte="2")) == ALL[1:3]
    request = Shop.query(Order, customer_id="1", order_id__gte="2").explain().request
    assert request is not None
    assert "BETWEEN" in request["KeyConditionExpression"]
    assert shown(Shop.query(Order, Customer, customer_id="1", order_id="2")) == ["order 2"]


def test_filter_may_name_fields_that_only_some_models_have() -> None:
    either = Q(kind="customer") | Q(total__gt=2)
    assert shown(Shop.query(Order, Customer, either, customer_id="1")) == ["order 3", "customer 1"]
    assert shown(Shop.query(Order, Customer, customer_id="1", name="a")) == ["customer 1"]
    assert shown(Shop.query(Order, Customer, Order.total > 1, customer_id="1")) == ALL[1:3]
    assert shown(Shop.scan(Product, total="many")) == ["product 1"]
    with pytest.raises(
        InvalidSchemaField, match="'total' of Order and 'total' of Product are stored as two attributes or"
    ):
        Shop.scan(Order, Product, total="many")
    with pytest.raises(InvalidSchemaField, match="'note' of Customer and 'note' of Order are stored as two"):
        Shop.query(Customer, Order, customer_id="1", note="x")
    with pytest.raises(InvalidSchemaField, match=r"Shop has no field 'totl'\. Did you mean 'total'\?"):
        Shop.query(Order, customer_id="1", totl=3)
    with pytest.raises(InvalidKey, match="The key 'sk'"):
        Shop.query(Order, ~Q(sk="x"), customer_id="1")


def test_index_is_read_for_several_models() -> None:
    assert shown(Shop.Gsi1.query(Order, Ticket, status="open")) == ["order 1", "order 2", "ticket 1", "urgent 2"]
    assert shown(Shop.Gsi1.query(Order, Ticket, status="open").reverse().limit(1)) == ["urgent 2"]
    assert shown(Shop.Gsi1.query(status="done")) == ["order 3"]
    assert sorted(shown(Shop.Gsi1.scan(Ticket))) == ["ticket 1", "urgent 2"]
    assert shown(Shop.query(Order, query_kwargs={"IndexName": "gsi1"}, status="done")) == ["order 3"]
    with pytest.raises(
        DynaModelException, match="Customer has no keys in the index 'gsi1' of Shop, so that none of its"
    ):
        Shop.Gsi1.query(Order, Customer, status="open")


def test_scan_of_models() -> None:
    assert sorted(shown(Shop.scan())) == sorted([*ALL, "customer 2", "product 1"])
    assert sorted(shown(Shop.scan(Customer, Product))) == ["customer 1", "customer 2", "product 1"]
    assert sorted(shown(Shop.scan(Customer).parallel(3))) == ["customer 1", "customer 2"]
    assert (Shop.scan().count(), Shop.scan(Customer, Order).count(), Shop.scan(Product).count()) == (8, 5, 1)
    assert Shop.scan(Product).exists()
    assert short(Shop.scan(Product).one()) == "product 1"


def test_items_are_grouped_by_the_models_that_were_named() -> None:
    groups = Shop.query(Customer, Order, Ticket, Product, pk="CUSTOMER#1").grouped()
    assert list(groups) == [Customer, Order, Ticket, Product]
    assert [shown(group) for group in groups.values()] == [["customer 1"], ALL[:3], ["ticket 1", "urgent 2"], []]
    assert {model.__name__: shown(group) for model, group in Shop.query(pk="CUSTOMER#1").grouped().items()} == {
        "Customer": ["customer 1"],
        "Order": ALL[:3],
        "Ticket": ["ticket 1"],
        "UrgentTicket": ["urgent 2"],
    }


def test_item_of_no_known_kind_is_an_error_unless_the_read_says_otherwise() -> None:
    raw(sk="PAYMENT#1", kind="payment")
    read = iter(Shop.query(pk="CUSTOMER#1"))
    assert shown(itertools.islice(read, 3)) == ALL[:3]
    with pytest.raises(UnknownKind, match="An item of Shop is of a kind that no model has") as e:
        next(read)
    assert (e.value.kind, e.value.key) == ("payment", {"pk": "CUSTOMER#1", "sk": "PAYMENT#1"})
    assert shown(read) == ALL[3:]
    skipping = Shop.query(pk="CUSTOMER#1").unknown("skip")
    assert shown(skipping) == ALL
    assert (skipping.count(), len(skipping), shown(skipping.limit(4))) == (6, 6, ALL[:4])
    (found,) = [each for each in Shop.query(pk="CUSTOMER#1").unknown("raw") if isinstance(each, RawItem)]
    assert found.item == {"pk": "CUSTOMER#1", "sk": "PAYMENT#1", "kind": "payment"}
    assert found.kind == "payment"
    assert repr(found) == "<RawItem kind, pk, sk>"
    assert found == RawItem({"pk": "CUSTOMER#1", "sk": "PAYMENT#1", "kind": "payment"})
    with pytest.raises(InvalidValue, match=r"unknown\(\) takes 'raise', 'skip' or 'raw'"):
        Shop.scan().unknown("drop")  # type: ignore[call-overload]


def test_read_that_names_models_leaves_out_other_items_unless_it_asks_for_them() -> None:
    raw(sk="PAYMENT#1", kind="payment")
    assert shown(Shop.query(Customer, Order, customer_id="1")) == ALL[:4]
    assert Shop.query(Customer, Order, customer_id="1").count() == 4
    asked = [each for each in Shop.query(Customer, Order, customer_id="1").unknown("raw") if isinstance(each, RawItem)]
    assert [each.kind for each in asked] == ["payment"]
    with pytest.raises(UnknownKind):
        list(Shop.query(Customer, Order, customer_id="1").unknown("raise"))


def test_items_without_a_kind() -> None:
    raw(sk="ORDER#4", customer_id="1", order_id="4")
    raw(sk="NOTHING")
    assert shown(Shop.query(Customer, Order, customer_id="1")) == [*ALL[:3], "order 4", "customer 1"]
    assert "order 4" in shown(Shop.query(pk="CUSTOMER#1").unknown("skip"))
    with pytest.raises(UnknownKind, match="An item of Shop has no attribute 'kind', and has the key of no model"):
        list(Shop.query(pk="CUSTOMER#1"))


def test_items_of_the_library_itself_are_left_out() -> None:
    unique()
    assert shown(Shop.query(pk="CUSTOMER#1")) == ALL
    assert shown(Shop.query(pk="CUSTOMER#1").unknown("raw")) == ALL
    assert sorted(shown(Shop.scan())) == sorted([*ALL, "customer 2", "product 1"])
    assert (Shop.scan().count(), Shop.query(pk="CUSTOMER#1").count()) == (8, 6)


def test_limits_count_instances_and_pages_and_positions_go_on() -> None:
    read = Shop.query(Customer, Order, customer_id="1").limit(2)
    assert shown(read) == ALL[:2]
    assert shown(read.again()) == ALL[2:4]
    pages = [shown(page) for page in Shop.query(customer_id="1", owner="1").page_size(2).pages()]
    assert list(itertools.chain(*pages)) == ALL
    assert max(map(len, pages)) == 2
    first = next(Shop.query(Customer, Order, customer_id="1").page_size(2).pages())
    assert shown(Shop.query(Customer, Order, customer_id="1").after(first.cursor_of(first[0]))) == ALL[1:4]
    assert shown(Shop.query(pk="CUSTOMER#1").start({"pk": "CUSTOMER#1", "sk": "PROFILE"})) == ALL[4:]


def test_cursor_belongs_to_the_models_and_their_order() -> None:
    read = Shop.query(Customer, Order, customer_id="1").limit(1)
    list(read)
    cursor = next(Shop.query(Customer, Order, customer_id="1").page_size(1).pages()).cursor
    assert cursor is not None
    assert shown(Shop.query(Customer, Order, customer_id="1").after(cursor))[-1] == "customer 1"
    for other in (
        Shop.query(Order, Customer, customer_id="1"),
        Shop.query(Customer, customer_id="1"),
        Shop.query(pk="CUSTOMER#1"),
    ):
        with pytest.raises(InvalidCursor):
            list(other.after(cursor))


def test_attributes_of_a_read_are_named_by_field_or_attribute() -> None:
    found = {short(each): each for each in Shop.query(pk="CUSTOMER#1").specific_attributes("order_id, number, name")}
    assert set(found) == {"customer None", "order 1", "order 2", "order 3", "ticket 1", "urgent 2"}
    assert found["order 1"].status is None
    by_attribute = list(Shop.query(pk="CUSTOMER#1").specific_attributes("kind, remark, status"))
    assert [type(each) for each in by_attribute] == [Order, Order, Order, Customer, Ticket, UrgentTicket]
    assert by_attribute[0].status == "open"


def test_expired_items_are_left_out_on_request() -> None:
    Order(customer_id="1", order_id="0", until=1).save()
    assert shown(Shop.query(Order, customer_id="1")) == ["order 0", *ALL[:3]]
    assert shown(Shop.query(Order, customer_id="1").unexpired()) == ALL[:3]
    assert Shop.scan().unexpired().count() == 8


def test_budget_counts_one_request() -> None:
    with dynamorm.budget(requests=1):
        assert shown(Shop.query(Customer, Order, customer_id="1")) == ALL[:4]
    with pytest.raises(BudgetExceeded), dynamorm.budget(requests=1):
        list(Shop.query(Customer, Order, customer_id="1").page_size(1))


def test_items_of_several_models_by_their_keys() -> None:
    keys: list[tuple[type[DynaModel], Any]] = [
        (Customer, "1"),
        (Order, {"customer_id": "1", "order_id": "2"}),
        (Ticket, ("1", 2)),
        (Product, "9"),
    ]
    assert sorted(shown(Shop.get_batch(keys))) == ["customer 1", "order 2", "urgent 2"]
    found = Shop.transact_get(*keys)
    assert shown(found[:3]) == ["customer 1", "order 2", "urgent 2"]
    assert found[3] is None
    assert Shop.transact_get() == ()
    with pytest.raises(WrongKind):
        list(Shop.get_batch([(UrgentTicket, ("1", 1))]))
    for wrong in (["1"], [(Shop, "1")], [("1", Customer)], None):
        with pytest.raises(DynaModelException, match=r"Shop\.get_batch takes"):
            Shop.get_batch(wrong)  # type: ignore[arg-type]


def test_item_of_a_stream_is_loaded_as_its_own_class() -> None:
    image = {"pk": {"S": "CUSTOMER#1"}, "sk": {"S": "TICKET#0002"}, "kind": {"S": "urgent"}, "owner": {"S": "1"}}
    urgent = Shop.load({**image, "number": {"N": "2"}})
    assert type(urgent) is UrgentTicket
    assert urgent.number == 2
    assert Shop.load(None) is None
    item = table_of(Order).get(pk="CUSTOMER#1", sk="ORDER#1")
    assert short(Shop.load(item)) == "order 1"
    keys = Shop.load({"pk": "CUSTOMER#1", "sk": "ORDER#1", "kind": "order"}, partial=True)
    assert type(keys) is Order
    assert Shop.load({"pk": "UNIQUE#x", "sk": "UNIQUE", "kind": "dynamorm.unique"}) is None
    with pytest.raises(UnknownKind):
        Shop.load({"pk": "CUSTOMER#1", "sk": "X", "kind": "payment"})
    with pytest.raises(DynaModelException, match=r"Pass what is inside: Shop\.load\(record\['dynamodb'\]"):
        Shop.load({"eventID": "1", "dynamodb": {"NewImage": image}})
    with pytest.raises(DynaModelException, match=r"Shop\.load takes an item"):
        Shop.load("CUSTOMER#1")  # type: ignore[arg-type]


def test_only_models_of_the_table_are_read() -> None:
    class Book(DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"

        class Schema:
            isbn = fields.text()

    for read in (lambda: Shop.query(Book, isbn="1"), lambda: Shop.scan(Order, Book), lambda: Shop.Gsi1.query(str)):
        with pytest.raises(
            DynaModelException, match=r"Shop\.\w+ takes models of Shop, whose inner class Table inherits"
        ):
            read()


def test_what_is_given_in_place_of_a_model_is_told() -> None:
    given: dict[str, Any] = {
        "a string. Give the class itself, one of Customer, Order": "Order",
        r"a list of classes. Give them one by one: query\(Customer, Order\)": [Customer, Order],
        r"an instance of Order. Give the class: query\(Order\)": Order(customer_id="1", order_id="1"),
    }
    for what, each in given.items():
        with pytest.raises(DynaModelException, match=rf"Shop\.query takes models and conditions, and was given {what}"):
            Shop.query(each, customer_id="1")
    with pytest.raises(DynaModelException, match=r"Shop\.scan takes models and conditions, and was given a string"):
        Shop.scan("order")  # type: ignore[call-overload]
    with pytest.raises(dynamorm.exceptions.InvalidOperator, match="query takes conditions as keywords or expressions"):
        Shop.query(Order, 5, customer_id="1")  # type: ignore[call-overload]


def test_collections_are_awaited() -> None:
    async def read() -> None:
        assert [short(each) async for each in Shop.query(Customer, Order, customer_id="1")] == ALL[:4]
        groups = await Shop.query(Customer, Order, customer_id="1").agrouped()
        assert [len(group) for group in groups.values()] == [1, 3]
        assert await Shop.scan(Customer).acount() == 2
        first = await Shop.query(Customer, Order, customer_id="1").afirst()
        assert short(first) == "order 1"
        assert [short(each) async for each in Shop.Gsi1.query(Order, status="done")] == ["order 3"]
        keys: list[tuple[type[DynaModel], Any]] = [(Customer, "1"), (Order, ("1", "1"))]
        assert sorted([short(each) async for each in Shop.aget_batch(keys)]) == ["customer 1", "order 1"]
        assert shown(await Shop.atransact_get(*keys)) == ["customer 1", "order 1"]
        raw(sk="PAYMENT#1", kind="payment")
        assert isinstance(await Shop.query(pk="CUSTOMER#1", sk="PAYMENT#1").unknown("raw").afirst(), RawItem)

    asyncio.run(read())


def test_displays_of_a_read_name_the_table() -> None:
    assert repr(Shop.query(Customer, Order, customer_id="1")).startswith("<Query")
    assert "Shop" in repr(Shop.scan())
