"""References that must lead somewhere, counters in the instance that is referred to, and its protection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import dynamorm
from dynamorm import PROTECT, Count, DynaModel, Key, ManyToOne, Q, Sum, using
from dynamorm.data import ConditionCheck, DeleteItem, Operation, PutItem, TransactWrite, UpdateItem
from dynamorm.exceptions import (
    ConditionFailed,
    DynaModelException,
    HashKeyExists,
    InvalidSchemaField,
    InvalidUpdate,
    ReferenceMissing,
    StaleItem,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.event_loops import awaited
from tests.support.tables import table_of


class Customer(DynaModel):
    class Table:
        name = "customers"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        name = fields.text()
        order_count = fields.integer(attribute="orders")
        spent = fields.integer()


class Order(DynaModel):
    class Table:
        name = "orders"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        customer_id = fields.text(attribute="customer")
        status = fields.text()
        total = fields.integer()
        note = fields.text()

    customer = ManyToOne(
        Customer,
        query=lambda order: {"id": order.customer_id},
        back_query=lambda customer: {"customer_id": customer.id},
        back_reference=None,
        required=True,
        on_delete=PROTECT,
        counters=[
            Count(Customer.order_count),
            Sum(Customer.spent, "total", where=Q(status__ne="archived")),
        ],
    )


class Visit(DynaModel):
    """A model that only requires its customer, and is not counted."""

    class Table:
        name = "visits"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        customer_id = fields.text()
        note = fields.text()

    customer = ManyToOne(Customer, query=lambda visit: {"id": visit.customer_id}, required=True)


@pytest.fixture(autouse=True)
def sent(backend: Backend) -> Iterator[list[Operation[Any]]]:
    recording = RecordingBackend(backend)
    with using(recording):
        for model in (Customer, Order, Visit):
            table_of(model).create_table()
        for key in ("c", "d"):
            Customer(id=key, name=key.upper()).save()
        recording.sent.clear()
        yield recording.sent
        for model in (Customer, Order, Visit):
            table_of(model).delete()


def shapes(sent: list[Operation[Any]]) -> list[Any]:
    """Return the kinds of the operations that were sent, and those of the actions of a transaction as a list."""
    found: list[Any] = [
        [type(action) for action in each.actions] if isinstance(each, TransactWrite) else type(each) for each in sent
    ]
    sent.clear()
    return found


def read(key: str = "c") -> Customer:
    found = Customer.get(id=key, consistent=True)
    assert found is not None
    return found


def counts(key: str = "c") -> tuple[int, int]:
    customer = read(key)
    return customer.order_count or 0, customer.spent or 0


def order(key: str = "1", **values: Any) -> Order:
    made = Order(**{"id": key, "customer_id": "c", "status": "open", "total": 5, **values})
    made.save()
    return made


# References


def test_reference_to_nothing_is_refused_in_one_request(sent: list[Operation[Any]]) -> None:
    with pytest.raises(ReferenceMissing) as caught:
        Visit(id="1", customer_id="x").save()
    assert str(caught.value) == (
        "Visit.customer refers to a Customer that does not exist. Create it first, or in the same transaction. "
        "This write changed nothing."
    )
    assert shapes(sent) == [[PutItem, ConditionCheck]]
    with pytest.raises(ReferenceMissing):
        Visit.put({"id": "1", "customer_id": "x"})
    with pytest.raises(ReferenceMissing):
        Visit(id="1").save()
    assert shapes(sent) == [[PutItem, ConditionCheck]]
    assert Visit.get(id="1") is None


def test_reference_is_checked_when_it_is_new_or_changes(sent: list[Operation[Any]]) -> None:
    visit = Visit(id="1", customer_id="c")
    visit.save()
    visit.update(customer_id="d")
    Visit.update_item(id="1", customer_id="c")
    assert shapes(sent) == [[PutItem, ConditionCheck], [UpdateItem, ConditionCheck], [UpdateItem, ConditionCheck]]
    visit.refresh()
    sent.clear()
    visit.update(note="x")
    visit.save()
    Visit.update_item(id="1", note="y")
    visit.delete()
    assert shapes(sent) == [UpdateItem, PutItem, UpdateItem, DeleteItem]


def test_save_does_not_bring_back_a_reference_that_another_writer_has_changed() -> None:
    visit = Visit(id="1", customer_id="c")
    visit.save()
    other = Visit.get(id="1")
    assert other is not None
    other.update(customer_id="d")
    with pytest.raises(StaleItem, match="'customer_id' differs"):
        visit.save()
    with pytest.raises(HashKeyExists):
        Visit(id="1", customer_id="c").save()


def test_parent_may_be_made_in_the_same_transaction() -> None:
    with dynamorm.transaction() as tx:
        tx.put(Customer(id="new"))
        tx.put(Visit(id="1", customer_id="new"))
        tx.put(Order(id="1", customer_id="new", total=3))
        tx.put(Order(id="2", customer_id="new", total=4))
    assert counts("new") == (2, 7)


# Counters


def test_each_write_counts_in_its_transaction(sent: list[Operation[Any]]) -> None:
    made = order()
    assert shapes(sent) == [[PutItem, UpdateItem]]
    assert counts() == (1, 5)
    sent.clear()
    made.update(note="x")
    assert shapes(sent) == [UpdateItem]
    made.update(total=7)
    made.update(status="archived")
    assert shapes(sent) == [[UpdateItem, UpdateItem]] * 2
    assert counts() == (1, 0)
    sent.clear()
    # What is not summed up changes nothing.
    made.update(total=8)
    assert shapes(sent) == [UpdateItem]
    made.update(status="open", customer_id="d")
    assert shapes(sent) == [[UpdateItem, UpdateItem, UpdateItem]]
    assert (counts(), counts("d")) == ((0, 0), (1, 8))
    sent.clear()
    made.delete()
    assert shapes(sent) == [[DeleteItem, UpdateItem]]
    assert counts("d") == (0, 0)


def test_whole_save_counts_the_difference(sent: list[Operation[Any]]) -> None:
    made = order()
    made.total = 9
    made.save()
    assert counts() == (1, 9)
    sent.clear()
    made.save()
    assert shapes(sent) == [PutItem]


def test_values_that_were_counted_are_in_the_condition() -> None:
    made = order()
    other = Order.get(id="1")
    assert other is not None
    made.update(total=7)
    with pytest.raises(StaleItem, match="'total' differs"):
        other.update(total=1)
    with pytest.raises(StaleItem, match="'total' differs"):
        other.delete()
    made.delete()
    with pytest.raises(StaleItem, match="is gone"):
        other.delete()
    assert counts() == (0, 0)


def test_write_that_does_not_know_what_is_counted_is_refused(sent: list[Operation[Any]]) -> None:
    order()
    sent.clear()
    with pytest.raises(InvalidUpdate, match=r"Order\.customer of Order needs the present values of 'customer_id' and "):
        Order.update_item(id="1", total=7)
    with pytest.raises(InvalidUpdate, match="needs the present values of"):
        Order.put({"id": "1", "customer_id": "c"})
    with pytest.raises(InvalidUpdate, match="needs the present values of"):
        Order.delete_item("1")
    with pytest.raises(InvalidUpdate, match="needs the new value of 'total', which DynamoDB would compute"):
        read_order().update(total__add=1)
    sent.clear()
    known = {"customer_id": "c", "status": "open", "total": 5}
    Order.update_item(id="1", total=7, known=known)
    with pytest.raises(StaleItem):
        Order.update_item(id="1", total=8, known=known)
    Order.update_item(id="1", note="x")
    assert counts() == (1, 7)
    Order.delete_item("1", known={**known, "total": 7})
    assert counts() == (0, 0)


def read_order() -> Order:
    found = Order.get(id="1", consistent=True)
    assert found is not None
    return found


def test_steps_of_one_transaction_add_up(sent: list[Operation[Any]]) -> None:
    with dynamorm.transaction() as tx:
        tx.put(Order(id="1", customer_id="c", total=3))
        tx.put(Order(id="2", customer_id="c", total=4))
        tx.update(Customer, id="c", name="Cid")
    assert shapes(sent) == [[PutItem, PutItem, UpdateItem]]
    assert (read().name, *counts()) == ("Cid", 2, 7)
    first, second = Order.get(id="1"), Order.get(id="2")
    assert first is not None
    assert second is not None
    with dynamorm.transaction() as tx:
        tx.update(first, total=4)
        tx.update(second, total=3)
    assert counts() == (2, 7)


def test_actions_that_contradict_one_another_are_refused(sent: list[Operation[Any]]) -> None:
    same = r"actions 1 and 2 of a transaction both change 'orders' .*: the first by itself, the second because of Order"
    with pytest.raises(InvalidUpdate, match=same), dynamorm.transaction() as tx:
        tx.update(Customer, id="c", order_count=0)
        tx.put(Order(id="1", customer_id="c"))
    deletes = r"Action 1 of a transaction deletes an item of 'customers' that action 2 needs because of Visit\.customer"
    with pytest.raises(InvalidUpdate, match=deletes), dynamorm.transaction() as tx:
        tx.delete(Customer, "c")
        tx.put(Visit(id="1", customer_id="c"))
    assert sent == []


def test_reason_of_a_transaction_names_the_reference() -> None:
    with pytest.raises(dynamorm.exceptions.TransactionConditionFailed) as caught, dynamorm.transaction() as tx:
        tx.update(Customer, id="c", name="Cid")
        tx.put(Order(id="1", customer_id="x"))
    fine, failed = caught.value.reasons
    assert (fine.code, failed.code, failed.constraint) == ("None", "ConditionalCheckFailed", "Order.customer")
    assert (failed.model, failed.action) == ("Order", "PutItem")
    assert isinstance(failed.error, ReferenceMissing)


def test_instance_whose_parent_is_gone_can_be_deleted_and_moved_elsewhere(sent: list[Operation[Any]]) -> None:
    first, second = order(), order("2")
    table_of(Customer).delete_item(id="c")
    sent.clear()
    first.delete()
    assert shapes(sent) == [[DeleteItem, UpdateItem], [DeleteItem, ConditionCheck]]
    second.update(customer_id="d")
    assert counts("d") == (1, 5)
    assert Customer.get(id="c") is None
    with pytest.raises(ReferenceMissing):
        order("3")


def test_deleted_instances_may_be_deleted_again_and_are_counted_once(sent: list[Operation[Any]]) -> None:
    made, customer = order(), read("d")
    for instance in (made, customer):
        instance.delete()
        sent.clear()
        instance.delete()
        assert shapes(sent) == [DeleteItem]
    assert counts() == (0, 0)
    order()
    with pytest.raises(StaleItem, match="has created one"):
        made.delete()
    assert counts() == (1, 5)


def test_another_key_takes_the_count_along(sent: list[Operation[Any]]) -> None:
    made = order()
    made.move(id="2")
    assert counts() == (1, 5)
    made.delete()
    assert counts() == (0, 0)


# The instance that is referred to


def test_put_does_not_lose_what_is_counted(sent: list[Operation[Any]]) -> None:
    customer = read()
    order()
    customer.name = "Cid"
    with pytest.raises(StaleItem, match=r"'order_count' (and 'spent' )?differ"):
        customer.save()
    customer.save(partial=True)
    assert (read().name, *counts()) == ("Cid", 1, 5)
    with pytest.raises(InvalidUpdate, match=r"Order\.customer of Customer needs the present value of 'order_count'"):
        Customer.put({"id": "c"})
    with pytest.raises(HashKeyExists):
        Customer(id="c").save()
    again = read()
    again.save()
    assert counts() == (1, 5)


def test_instance_that_others_refer_to_is_protected(sent: list[Operation[Any]]) -> None:
    made = order()
    sent.clear()
    with pytest.raises(ConditionFailed) as caught:
        Customer.delete_item("c")
    assert str(caught.value) == (
        "An item of 'customers' can't be deleted: others refer to it by Order.customer, which is protected, and "
        "'order_count' counts them. Delete those first. This write changed nothing."
    )
    with pytest.raises(ConditionFailed, match="which is protected"):
        read().delete()
    made.delete()
    sent.clear()
    read().delete()
    Customer.delete_item("d")
    assert shapes(sent)[1:] == [DeleteItem, DeleteItem]
    assert Customer.scan().count() == 0


def test_batches_that_could_break_a_rule_are_refused() -> None:
    for model in (Customer, Order, Visit):
        with pytest.raises(DynaModelException, match="and a batch can't keep to it"):
            model.put_batch({"id": "1", "customer_id": "c"} if model is not Customer else {"id": "1"})
    for model in (Customer, Order):
        with pytest.raises(DynaModelException, match=r"has Order\.customer, and a batch can't keep to it"):
            model.delete_batch("1")
    Visit(id="1", customer_id="c").save()
    with dynamorm.batch() as batch:
        batch.delete(Visit, "1")
    assert Visit.get(id="1") is None


def test_awaited_verbs_send_the_same(sent: list[Operation[Any]]) -> None:
    async def writes() -> None:
        made = Order(id="1", customer_id="c", total=5)
        await made.asave()
        await made.aupdate(total=6)
        async with dynamorm.transaction() as tx:
            tx.put(Order(id="2", customer_id="c", total=1))
        await made.adelete()

    awaited(writes())
    assert shapes(sent) == [
        [PutItem, UpdateItem],
        [UpdateItem, UpdateItem],
        [PutItem, UpdateItem],
        [DeleteItem, UpdateItem],
    ]
    assert counts() == (1, 1)


# Definitions


@pytest.mark.one_schema_library
def test_models_may_be_defined_in_any_order_and_inherit(sent: list[Operation[Any]]) -> None:
    class Line(DynaModel):
        class Table:
            name = "lines"
            hash_key = Key("CART#{cart}")
            range_key = Key("LINE#{number}")

        class Schema:
            cart = fields.text(required=True)
            number = fields.text(required=True)
            amount = fields.integer()

        of = ManyToOne(
            lambda: Cart,
            query=lambda line: {"id": line.key_of_cart()},
            required=True,
            counters=[Count("lines"), Sum("amount", "amount")],
        )

        def key_of_cart(self) -> str:
            return f"cart-{self.cart}"

    class Cart(DynaModel):
        class Table:
            name = "carts"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)
            lines = fields.integer()
            amount = fields.integer()

    class Gift(Line):
        pass

    for model in (Line, Cart):
        table_of(model).create_table(exist_ok=True)
    try:
        Cart(id="cart-1").save()
        Line(cart="1", number="1", amount=2).save()
        gift = Gift(cart="1", number="2", amount=3)
        gift.save()
        Line.update_item(cart="1", number="1", amount=5, known={"amount": 2})
        with pytest.raises(ReferenceMissing):
            gift.move(cart="2")
        gift.move(number="3")
        cart = Cart.get(id="cart-1")
        assert cart is not None
        assert (cart.lines, cart.amount) == (2, 8)
        gift.delete()
        cart.refresh()
        assert (cart.lines, cart.amount) == (1, 5)
    finally:
        for model in (Line, Cart):
            table_of(model).delete()


def child(other: Any = Customer, **options: Any) -> None:
    class Child(DynaModel):
        class Table:
            name = "children"
            hash_key = "id"
            ttl = options.pop("ttl", None)
            backend = options.pop("backend", None)

        class Schema:
            id = fields.text(required=True)
            customer_id = fields.text()
            amount = fields.integer()
            expires = fields.integer()

        customer = ManyToOne(other, query=lambda child: {"id": child.customer_id}, **options)


class Mother(DynaModel):
    class Table:
        name = "mothers"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        name = fields.text()
        children = fields.integer()


@pytest.mark.one_schema_library
@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"on_delete": "CASCADE"}, DynaModelException, "on_delete of a relationship is dynamorm.PROTECT, or left out"),
        ({"on_delete": PROTECT}, DynaModelException, "on_delete=PROTECT needs a counter of all instances"),
        (
            {"on_delete": PROTECT, "counters": [Count("children", where=Q(amount=1))]},
            DynaModelException,
            "without 'where'",
        ),
        ({"counters": ["children"]}, DynaModelException, r"are a list of Count and Sum, such as \[Count"),
        ({"counters": [Count("chldren")]}, InvalidSchemaField, r"Count\(chldren\) of Child\.customer needs a field of"),
        ({"counters": [Count("name")]}, DynaModelException, "stored as a number .* and 'name' is not"),
        ({"counters": [Sum("children", "customer_id")]}, DynaModelException, "and 'customer_id' is not"),
        ({"counters": [Count("children", where=Q(nope=1))]}, InvalidSchemaField, "nope"),
        ({"required": True, "index": "ByName"}, DynaModelException, "ByName"),
        ({"required": True, "backend": "sqlite:///:memory:"}, DynaModelException, "models are pinned to two backends"),
        (
            {"counters": [Count("children")], "ttl": "expires"},
            DynaModelException,
            "expire by 'expires': DynamoDB deletes",
        ),
    ],
)
def test_wrong_rule_is_refused_when_the_model_is_defined(
    options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        child(Mother, **dict(options))


@pytest.mark.one_schema_library
def test_query_that_gives_no_key_is_refused_when_it_is_used() -> None:
    class Wrong(DynaModel):
        class Table:
            name = "wrong"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)
            name = fields.text()

        mother = ManyToOne(Mother, query=lambda wrong: {"name": wrong.name}, required=True)

    message = r"The rules of Wrong\.mother need the primary key of Mother, which is id; its query returns name"
    with pytest.raises(DynaModelException, match=message):
        Wrong(id="1", name="x").save()


def test_a_new_item_begins_without_counts() -> None:
    customer = Customer(id="1")
    customer.save()
    orders = [Order(id=id_, customer_id="1", total=3) for id_ in "ab"]
    for order in orders:
        order.save()
    customer.refresh()
    assert (customer.order_count, customer.spent) == (2, 6)
    copied = customer.copy(id="2")
    copied.save()
    assert (copied.order_count, copied.spent) == (None, None)

    for order in orders:
        order.delete()
    customer.refresh()
    customer.delete()
    customer.order_count = 2
    writes: list[Callable[[], object]] = [
        customer.save,
        lambda: customer.save(unique=True),
        lambda: Customer.put_unique({"id": "3", "order_count": 1}),
        Customer(id="3", spent=1).save,
    ]
    for write in writes:
        with pytest.raises(InvalidUpdate, match=r"of this Customer says what Order\.customer counts, and nothing is"):
            write()
    customer.order_count = customer.spent = None
    customer.save()
    table_of(Customer).put({"id": "4", "orders": 3})
    assert Customer.query(id="4").one().order_count == 3
