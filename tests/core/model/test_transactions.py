"""Transactions over several models: all of the writes take place, or none; and reads of one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, Q, signals
from dynamorm.data import TransactWrite
from dynamorm.exceptions import (
    ConditionFailed,
    DynaModelException,
    HashKeyExists,
    InvalidKey,
    InvalidUpdate,
    RequestRejected,
    StaleItem,
    TransactionCancelled,
    ValidationError,
)
from dynamorm.model.verbs.transactions import Transaction
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Account(DynaModel):
    class Table:
        name = "accounts"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True, attribute="Id")
        balance = fields.integer(greatest=1000)
        limits = fields.map_of()
        owners = fields.list_of(fields.text())


class Order(DynaModel):
    class Table:
        name = "orders"
        hash_key = "customer"
        range_key = "number"
        version = "revision"

    class Schema:
        customer = fields.text(required=True)
        number = fields.integer(required=True)
        status = fields.text()
        revision = fields.integer()


KEY: dict[str, Any] = {"customer": "ann", "number": 1}


@pytest.fixture
def sent(connected: Backend) -> Iterator[RecordingBackend]:
    """The tables with two accounts and an order, and what is sent from then on."""
    table_of(Account).create_table()
    table_of(Order).create_table()
    table_of(Account).put({"Id": "a", "balance": 100, "limits": {"day": 5}, "shelf": 1})
    table_of(Account).put({"Id": "b", "balance": 0})
    Order(**KEY, status="new").save()
    recording = RecordingBackend(connected)
    with dynamorm.using(recording):
        yield recording


def account(id_: str) -> dict[str, Any] | None:
    return table_of(Account).get(Id=id_, consistent=True)


def order() -> Order:
    found = Order.get(**KEY, consistent=True)
    assert found is not None
    return found


def changed(order: Order) -> Order:
    order.status = "x"
    return order


def test_all_kinds_of_actions_take_place_together(sent: RecordingBackend) -> None:
    with dynamorm.transaction() as tx:
        tx.update(Account, id="a", balance__minus=30, conditions={"balance__gte": 30})
        tx.put(Account, {"id": "c", "balance": 30}, unique=True)
        tx.delete(Account, id="b", conditions=Q(balance=0))
        tx.check(Order, **KEY, conditions={"status": "new"})
        assert sent.sent == []
    [operation] = sent.sent
    assert isinstance(operation, TransactWrite)
    assert operation.token == tx.token
    assert account("a") == {"Id": "a", "balance": 70, "limits": {"day": 5}, "shelf": 1}
    assert account("c") == {"Id": "c", "balance": 30}
    assert account("b") is None


def test_each_transaction_has_a_token_of_its_own(sent: RecordingBackend) -> None:
    assert dynamorm.transaction().token != dynamorm.transaction().token


def test_a_token_of_the_program_lets_it_take_place_once(request: pytest.FixtureRequest, sent: RecordingBackend) -> None:
    if "moto" in request.node.name:
        pytest.skip("moto knows no tokens")
    for _ in range(2):
        with dynamorm.transaction("message-1") as tx:
            tx.update(Account, id="a", balance__minus=1)
    assert account("a") == {"Id": "a", "balance": 99, "limits": {"day": 5}, "shelf": 1}
    with pytest.raises(RequestRejected, match="token"), dynamorm.transaction("message-1") as tx:
        tx.update(Account, id="a", balance__minus=2)


def test_nothing_is_sent_when_the_block_raises_or_is_empty(sent: RecordingBackend) -> None:
    with pytest.raises(ZeroDivisionError), dynamorm.transaction() as tx:
        tx.delete(Account, id="a")
        raise ZeroDivisionError
    with dynamorm.transaction():
        pass
    assert sent.sent == []
    assert account("a") is not None


def test_a_failed_condition_is_told_for_each_act_and_nothing_is_written(sent: RecordingBackend) -> None:
    with pytest.raises(TransactionCancelled) as caught, dynamorm.transaction() as tx:
        tx.update(Account, id="a", balance__plus=1)
        tx.update(Account, id="b", balance__minus=30, conditions={"balance__gte": 30})
        tx.put(Account, {"id": "a2"}, conditions={"balance": 1})
    error = caught.value
    assert isinstance(error, ConditionFailed)
    assert not isinstance(error, StaleItem)
    assert [(reason.code, reason.action, reason.model, reason.key) for reason in error.reasons] == [
        ("None", "UpdateItem", "Account", {"Id": "a"}),
        ("ConditionalCheckFailed", "UpdateItem", "Account", {"Id": "b"}),
        ("ConditionalCheckFailed", "PutItem", "Account", {"Id": "a2"}),
    ]
    assert error.reasons[1].item == error.item == {"Id": "b", "balance": 0}
    assert error.reasons[2].item is None
    assert "action 2, UpdateItem of Account" in str(error)
    assert "action 3, PutItem of Account" in str(error)
    assert account("a") == {"Id": "a", "balance": 100, "limits": {"day": 5}, "shelf": 1}


def test_each_kind_of_failure_is_that_of_its_act_by_itself(sent: RecordingBackend) -> None:
    stale = order()
    order().update(status="paid")
    with pytest.raises(StaleItem) as caught, dynamorm.transaction() as tx:
        tx.put(Account, {"id": "a"}, unique=True)
        tx.update(stale, status="lost")
        tx.update(Account, id="b", balance__plus=1)
    error = caught.value
    assert isinstance(error, TransactionCancelled)
    assert [type(reason.error) for reason in error.reasons] == [HashKeyExists, StaleItem, type(None)]
    assert stale.revision == 1
    assert order().status == "paid"


def test_versions_are_checked_and_raised(sent: RecordingBackend) -> None:
    read = order()
    with dynamorm.transaction() as tx:
        tx.update(read, status="paid")
        tx.put(Order(customer="ann", number=2))
    assert (read.revision, order().revision, order().status) == (2, 2, "paid")
    read.status = "sent"
    read.save()
    assert order().revision == 3
    with dynamorm.transaction() as tx:
        tx.delete(read)
    with dynamorm.transaction() as tx:
        tx.put(read)
    assert (read.revision, order().revision) == (1, 1)


@pytest.mark.parametrize(
    "add",
    [
        lambda tx, order: tx.put(order),
        lambda tx, order: tx.save(order),
        lambda tx, order: tx.save(changed(order), partial=True),
        lambda tx, order: tx.update(order, status="x"),
        lambda tx, order: tx.delete(order),
        lambda tx, order: tx.check(order),
        lambda tx, order: tx.put(Order, {**KEY, "revision": 1}),
    ],
)
def test_a_stale_instance_stops_the_transaction(
    sent: RecordingBackend, add: Callable[[Transaction, Order], Any]
) -> None:
    stale = order()
    order().update(status="paid")
    with pytest.raises(StaleItem), dynamorm.transaction() as tx:
        tx.update(Account, id="a", balance=1)
        add(tx, stale)
    assert account("a") == {"Id": "a", "balance": 100, "limits": {"day": 5}, "shelf": 1}
    assert (order().status, order().revision) == ("paid", 2)


def test_a_check_of_an_instance_without_conditions_checks_its_version(sent: RecordingBackend) -> None:
    with dynamorm.transaction() as tx:
        tx.check(order())
        tx.update(Account, id="a", balance=1)
    assert order().revision == 1
    with pytest.raises(DynaModelException, match="A check of Account has no conditions"), dynamorm.transaction() as tx:
        tx.check(Account, id="a")


def test_instances_know_what_was_written_once_it_was(sent: RecordingBackend) -> None:
    a = Account.get(id="a")
    new = Account(id="c")
    assert a is not None
    a.balance = 50
    new.balance = 50
    with dynamorm.transaction() as tx:
        tx.save(a, partial=True)
        tx.put(new)
    sent.sent.clear()
    a.save(partial=True)
    new.save(partial=True)
    assert sent.sent == []
    a.save()
    assert account("a") == {"Id": "a", "balance": 50, "limits": {"day": 5}, "shelf": 1}


def test_instances_are_as_they_were_when_it_was_not(sent: RecordingBackend) -> None:
    a = Account.get(id="a")
    assert a is not None
    a.balance = 50
    with pytest.raises(TransactionCancelled), dynamorm.transaction() as tx:
        tx.save(a, partial=True)
        tx.delete(Account, id="b", conditions={"balance": 9})
    a.save(partial=True)
    assert account("a") == {"Id": "a", "balance": 50, "limits": {"day": 5}, "shelf": 1}


def test_what_the_table_computes_is_not_known_before_it_is_read(sent: RecordingBackend) -> None:
    a = Account.get(id="a")
    assert a is not None
    with dynamorm.transaction() as tx:
        tx.update(a, {Account.limits["day"]: 6}, balance__minus=1, owners=["x"])
    assert (a.balance, a.limits, a.owners) == (None, None, ["x"])
    with pytest.raises(DynaModelException, match="was read without all of its attributes"):
        a.save()
    a.save(partial=True)
    a.update(owners=["y"])
    assert account("a") == {"Id": "a", "balance": 99, "limits": {"day": 6}, "owners": ["y"], "shelf": 1}


def test_a_removed_attribute_is_known_to_be_gone(sent: RecordingBackend) -> None:
    a = Account.get(id="a")
    assert a is not None
    with dynamorm.transaction() as tx:
        tx.update(a, limits__remove=True, balance=7)
    assert (a.limits, a.balance) == (None, 7)
    a.save()
    assert account("a") == {"Id": "a", "balance": 7, "shelf": 1}


def test_parts_of_a_value_are_saved_as_parts(sent: RecordingBackend) -> None:
    a = Account.get(id="a")
    assert a is not None
    table_of(Account).put({"Id": "a", "balance": 100, "limits": {"day": 5, "week": 9}, "shelf": 1})
    a.limits["day"] = 6
    with dynamorm.transaction() as tx:
        tx.save(a, partial=True)
    assert a.limits == {"day": 6}
    assert account("a") == {"Id": "a", "balance": 100, "limits": {"day": 6, "week": 9}, "shelf": 1}


def test_a_partial_save_without_changes_adds_nothing(sent: RecordingBackend) -> None:
    a = Account.get(id="a")
    assert a is not None
    sent.sent.clear()
    with dynamorm.transaction() as tx:
        tx.save(a, partial=True)
    assert sent.sent == []


def test_signals_are_sent_before_it_is_added_and_after_it_took_place(sent: RecordingBackend) -> None:
    heard: list[str] = []
    a = Account.get(id="a")
    assert a is not None

    def listen(name: str) -> Callable[..., None]:
        def receive(sender: Any, **arguments: Any) -> None:
            assert arguments["instance"] is a
            heard.append(name)

        return receive

    names = ("pre_save", "post_save", "pre_update", "post_update", "pre_delete", "post_delete")
    receivers = {name: listen(name) for name in names}
    connections = ExitStack()
    for name, receiver in receivers.items():
        connections.enter_context(getattr(signals, name).connected_to(receiver, sender=Account))
    acts: dict[str, Callable[[Transaction], None]] = {
        "save": lambda tx: tx.put(a),
        "update": lambda tx: tx.update(a, balance=1),
        "delete": lambda tx: tx.delete(a),
    }
    with connections:
        for verb, add in acts.items():
            heard.clear()
            with dynamorm.transaction() as tx:
                add(tx)
                assert heard == [f"pre_{verb}"]
            assert heard == [f"pre_{verb}", f"post_{verb}"]
            heard.clear()
            with pytest.raises(TransactionCancelled), dynamorm.transaction() as tx:
                add(tx)
                tx.check(Account, id="z", conditions={"balance": 1})
            assert heard == [f"pre_{verb}"]


@pytest.mark.parametrize(
    ("add", "error", "message"),
    [
        (lambda tx: tx.put(Account, {"id": "a", "balance": 9999}), ValidationError, "balance"),
        (lambda tx: tx.put(Account), DynaModelException, "put of a transaction needs an item of Account"),
        (lambda tx: tx.put({"id": "a"}), DynaModelException, "A transaction takes an instance, or a model.*not dict"),
        (lambda tx: tx.put(Account(id="a"), {"id": "a"}), DynaModelException, "An instance of Account is given alone"),
        (lambda tx: tx.save(Account), DynaModelException, "save of a transaction takes an instance"),
        (
            lambda tx: tx.save(Account(id="a"), partial=True, unique=True),
            DynaModelException,
            "A partial save is an update, which can't be unique",
        ),
        (lambda tx: tx.delete(Account), InvalidKey, "The primary key of Account is id; id was not given"),
        (lambda tx: tx.delete(Account(id="a"), id="a"), DynaModelException, "An instance of Account is given alone"),
        (lambda tx: tx.update(Account, id="a", balance=9999), ValidationError, "balance"),
        (lambda tx: tx.update(Order, **KEY, revision=5), InvalidUpdate, "'revision' is the version of Order"),
        (lambda tx: tx.check(DynaModel, conditions={"a": 1}), DynaModelException, "DynaModel is an abstract base"),
    ],
)
def test_mistakes_are_refused_at_once(
    sent: RecordingBackend, add: Callable[[Any], None], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message), dynamorm.transaction() as tx:
        add(tx)
    assert sent.sent == []


def test_two_actions_on_one_item_are_refused_before_anything_is_sent(sent: RecordingBackend) -> None:
    with pytest.raises(InvalidKey, match="'accounts'"), dynamorm.transaction() as tx:
        tx.update(Account, id="a", balance=1)
        tx.check(Account, id="a", conditions={"balance": 1})
    assert sent.sent == []


def test_more_than_a_hundred_actions_are_refused_and_never_split(sent: RecordingBackend) -> None:
    with pytest.raises(RequestRejected, match="101"), dynamorm.transaction() as tx:
        for number in range(101):
            tx.put(Account, {"id": f"n{number}"})
    assert sent.sent == []
    with dynamorm.transaction() as tx:
        for number in range(100):
            tx.put(Account, {"id": f"n{number}"})
    assert len(sent.sent) == 1


def test_more_than_four_megabytes_are_refused(sent: RecordingBackend) -> None:
    with pytest.raises(RequestRejected, match="4"), dynamorm.transaction() as tx:
        for number in range(11):
            tx.put(Account, {"id": f"n{number}", "limits": {"text": "x" * 390_000}})
    assert sent.sent == []


@pytest.mark.parametrize("token", ["", "x" * 37, 5])
def test_a_token_that_is_none_is_refused(token: Any) -> None:
    with pytest.raises(DynaModelException, match="The token of a transaction must be a string of 1 to 36 characters"):
        dynamorm.transaction(token)


def test_a_transaction_that_is_over_takes_nothing_more(sent: RecordingBackend) -> None:
    with dynamorm.transaction() as tx:
        tx.delete(Account, id="b")
    with pytest.raises(DynaModelException, match="This transaction is over"):
        tx.delete(Account, id="a")
    with pytest.raises(DynaModelException, match="This transaction is over"), tx:
        pass


def test_a_transaction_takes_nothing_outside_of_its_block(sent: RecordingBackend) -> None:
    tx = dynamorm.transaction()
    with pytest.raises(DynaModelException, match="takes writes only within: with"):
        tx.delete(Account, id="a")
    assert sent.sent == []


def test_models_of_two_backends_can_not_be_in_one_transaction(sent: RecordingBackend) -> None:
    with pytest.raises(DynaModelException, match="Account and Order use two backends"):  # noqa: SIM117
        with dynamorm.transaction() as tx:
            tx.delete(Account, id="a")
            with dynamorm.using("sqlite:///:memory:"):
                tx.delete(Order, **KEY)
    assert sent.sent == []


def test_items_of_several_models_are_read_at_one_moment(sent: RecordingBackend) -> None:
    order, missing, found = dynamorm.transact_get((Order, KEY), (Account, {"id": "z"}), (Account, {"id": "a"}))
    assert (type(order), missing, type(found)) == (Order, None, Account)
    assert order is not None
    assert found is not None
    assert (order.status, found.balance) == ("new", 100)
    assert len(sent.sent) == 1
    found.save()
    assert account("a") == {"Id": "a", "balance": 100, "limits": {"day": 5}, "shelf": 1}
    sent.sent.clear()
    assert dynamorm.transact_get() == ()
    assert sent.sent == []


@pytest.mark.parametrize(
    ("reads", "error", "message"),
    [
        ([(Account, {"id": "a"}), (Account, {"id": "a"})], InvalidKey, "'accounts'"),
        ([(Account, {"id": str(number)}) for number in range(101)], RequestRejected, "101"),
        ([(Account, {"balance": 1})], InvalidKey, "'balance' is not part of the primary key of Account"),
        ([Account], DynaModelException, "transact_get takes pairs of a model and a key"),
        ([(Account(id="a"), {})], DynaModelException, "not of Account"),
    ],
)
def test_reads_that_can_not_be_are_refused(
    sent: RecordingBackend, reads: list[Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        dynamorm.transact_get(*reads)
    assert sent.sent == []


def test_an_update_without_changes_is_refused(sent: RecordingBackend) -> None:
    with pytest.raises(InvalidUpdate, match="Action 1 of a transaction is an update of 'accounts'"):  # noqa: SIM117
        with dynamorm.transaction() as tx:
            tx.update(Account, id="new")
    assert sent.sent == []
