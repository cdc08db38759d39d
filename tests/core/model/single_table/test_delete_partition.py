"""``delete_partition``: all items with one hash key are deleted, in batches."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, Key, using
from dynamorm.data import BatchWrite, BatchWriteResult, Operation, PutItem, Query
from dynamorm.exceptions import BudgetExceeded, InvalidKey, MissingKey, UnknownKind, UnprocessedItems
from dynamorm.ports.backends import Backend
from dynamorm.progress import Progress
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.composed import items, order_model, values


@pytest.fixture
def orders(connected: Backend) -> Any:
    model = order_model()
    model.Table.create_table()
    model.put_batch(*(values(number, customer=each) for each in ("1", "2") for number in range(30)))
    return model


def test_all_items_of_the_partition_are_deleted_and_no_others(connected: Backend, orders: Any) -> None:
    (first, *_) = items(connected)
    connected.execute(PutItem("orders", {**first, "pk": "C#1", "sk": "former"}))
    recording = RecordingBackend(connected)
    with using(recording):
        assert orders.Table.delete_partition(customer="1") == 31
    assert {each["pk"] for each in items(connected)} == {"CUSTOMER#2"}
    assert len(items(connected)) == 30
    queries = [each for each in recording.sent if isinstance(each, Query)]
    assert len(queries) == 2
    assert [str(path) for path in queries[0].projection or ()] == ["pk", "sk"]
    assert sum(len(each.requests) for each in recording.sent if isinstance(each, BatchWrite)) == 31
    assert orders.Table.delete_partition(customer="1") == 0


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {},
            InvalidKey,
            "delete_partition of Order takes the fields of the hash key, and was given nothing. Give cust",
        ),
        ({"number": 1}, InvalidKey, "takes the fields of the hash key, and was given number. Give customer."),
        ({"customer": "1", "number": 1}, InvalidKey, "was given customer and number. Give customer."),
        ({"customer": None}, MissingKey, "customer can't be None: the hash key of Order consists of it."),
        ({"customer": "a#b"}, InvalidKey, "'customer' of Order holds '#'"),
    ],
)
def test_wrong_fields_are_refused_before_anything_is_sent(
    connected: Backend, orders: Any, given: dict[str, Any], error: type[Exception], message: str
) -> None:
    recording = RecordingBackend(connected)
    with using(recording), pytest.raises(error, match=message):
        orders.Table.delete_partition(**given)
    assert recording.sent == []


def test_a_constant_hash_key_is_no_partition_to_delete(connected: Backend) -> None:
    class Setting(DynaModel):
        class Table:
            name = "settings"
            hash_key = Key("SETTINGS")
            range_key = Key("{name}")

        class Schema:
            name = fields.text(required=True)

    table: Any = Setting.Table
    with pytest.raises(InvalidKey, match="The hash key has no fields, so this would delete all items"):
        table.delete_partition()


def test_the_hash_key_may_be_a_field(connected: Backend) -> None:
    class Book(DynaModel):
        class Table:
            name = "books"
            hash_key = "author"
            range_key = "number"
            version = "edition"

        class Schema:
            author = fields.integer(required=True)
            number = fields.integer(required=True)
            edition = fields.integer()

    table: Any = Book.Table
    table.create_table()
    for number in range(3):
        Book(author=1, number=number).save()
    Book(author=2, number=0).save()
    assert table.delete_partition(author=1) == 3
    assert [book.author for book in Book.scan()] == [2]


def test_what_ends_it_can_be_followed_by_another_call(connected: Backend, orders: Any) -> None:
    class Full(RecordingBackend):
        def execute(self, operation: Operation[Any]) -> Any:
            if isinstance(operation, BatchWrite) and len(self.sent) > 1:
                return BatchWriteResult(operation.requests)
            return super().execute(operation)

    with using(Full(connected)), pytest.raises(UnprocessedItems) as caught:
        orders.Table.delete_partition(customer="1")
    assert "25 items of the partition were deleted before. Call delete_partition() again" in caught.value.__notes__[-1]
    assert len(caught.value.unprocessed) == 5
    assert orders.Table.delete_partition(customer="1") == 5


def test_it_reports_its_progress_and_keeps_to_budgets(connected: Backend, orders: Any) -> None:
    reports: list[Progress] = []
    orders.Table.delete_partition(customer="1", progress=reports.append)
    # One report for the partition with the former key, which is empty.
    assert [(each.done, each.finished) for each in reports] == [(0, False), (30, False), (30, False), (30, True)]
    with pytest.raises(BudgetExceeded), dynamorm.budget(requests=2):
        orders.Table.delete_partition(customer="2")
    assert [each.action for each in dynamorm.explain(orders.Table.delete_partition, customer="2")] == ["Query"]


def test_it_can_be_awaited(orders: Any) -> None:
    assert asyncio.run(orders.Table.adelete_partition(customer="1")) == 30
    assert orders.Table.delete_partition(customer="1") == 0


def family() -> Any:
    class Animal(DynaModel):
        class Table:
            name = "animals"
            hash_key = Key("OWNER#{owner}")
            range_key = Key("PET#{name}")
            kind = "animal"

        class Schema:
            owner = fields.text(required=True)
            name = fields.text(required=True)

    class Cat(Animal):
        class Table(Animal.Table):
            kind = "cat"

    return Animal, Cat


def test_items_of_all_kinds_are_deleted_or_those_of_a_child_alone(connected: Backend) -> None:
    animal, cat = family()
    animal.Table.create_table()
    for number in range(3):
        animal.put({"owner": "a", "name": f"a{number}"})
        cat.put({"owner": "a", "name": f"c{number}"})
    assert cat.Table.delete_partition(owner="a") == 3
    assert {each["kind"] for each in items(connected, "animals")} == {"animal"}
    cat.put({"owner": "a", "name": "c"})
    assert animal.Table.delete_partition(owner="a") == 4
    assert items(connected, "animals") == []


def test_an_item_of_no_known_kind_ends_it(connected: Backend) -> None:
    animal, _ = family()
    animal.Table.create_table()
    animal.put({"owner": "a", "name": "1"})
    connected.execute(PutItem("animals", {"pk": "OWNER#a", "sk": "x", "kind": "horse"}))
    with pytest.raises(UnknownKind, match="The partition of Animal has an item whose kind no model has") as caught:
        animal.Table.delete_partition(owner="a")
    assert (caught.value.kind, caught.value.key) == ("horse", {"pk": "OWNER#a", "sk": "x"})
    assert len(items(connected, "animals")) == 2
