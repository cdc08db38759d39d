"""The upkeep of unique values: guards that are missing or left over, deletions and moves that take guards along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynamorm import DynaModel, Key, Unique, using
from dynamorm.data import DeleteItem, GetItem, Operation, PutItem, Scan, TransactWrite
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from dynamorm.upkeep import Finding, Reindexed
from tests.support.backends import RecordingBackend


def customer_model(*, with_kind: bool) -> Any:
    class Base:
        name = "customers"
        hash_key = Key("CUSTOMER#{number}", also="C#{number}")
        range_key = Key("PROFILE#{name}")
        unique = (Unique("email"),)

    class Customer(DynaModel):
        class Table(Base):
            kind = "customer" if with_kind else None

        class Schema:
            number = fields.text(required=True)
            name = fields.text(required=True)
            email = fields.text()

    return Customer


@pytest.fixture(params=[True, False], ids=["with-kind", "without-kind"])
def customers(connected: Backend, request: pytest.FixtureRequest) -> Any:
    model = customer_model(with_kind=request.param)
    model.Table.create_table()
    model(number="1", name="Ann", email="ann@x").save()
    model(number="1", name="Bob", email="bob@x").save()
    model(number="1", name="Cid").save()
    return model


def stored(backend: Backend) -> list[dict[str, Any]]:
    return list(backend.execute(Scan("customers")).items)


def guard_of(backend: Backend, email: str) -> dict[str, Any]:
    (guard,) = (each for each in stored(backend) if each["pk"].startswith("UNIQUE#") and each["pk"].endswith(email))
    return guard


def key(item: dict[str, Any]) -> dict[str, Any]:
    return {"pk": item["pk"], "sk": item["sk"]}


def findings(customers: Any) -> list[Finding]:
    return list(customers.Table.check())


def test_items_and_guards_that_belong_together_have_no_findings(connected: Backend, customers: Any) -> None:
    assert len(stored(connected)) == 5
    assert findings(customers) == []


def test_an_item_without_its_guard_is_a_finding(connected: Backend, customers: Any) -> None:
    connected.execute(DeleteItem("customers", key(guard_of(connected, "ann@x"))))
    (found,) = findings(customers)
    assert (found.problem, found.model, found.attributes) == ("missing_guard", customers, ("email",))
    assert found.key == {"pk": "CUSTOMER#1", "sk": "PROFILE#Ann"}
    assert "An item of Customer lacks its guard, by Unique('email')" in found.message


def test_an_item_whose_guard_is_another_item_s_is_a_finding(connected: Backend, customers: Any) -> None:
    guard = guard_of(connected, "ann@x")
    connected.execute(PutItem("customers", {**guard, "owner": {"pk": "CUSTOMER#1", "sk": "PROFILE#Cid"}}))
    problems = {each.problem: each for each in findings(customers)}
    assert problems.keys() == {"missing_guard", "unowned_guard"}
    assert "has a value whose guard is another item's" in problems["missing_guard"].message
    assert problems["unowned_guard"].key == key(guard)


def test_a_guard_whose_item_is_gone_is_a_finding(connected: Backend, customers: Any) -> None:
    connected.execute(DeleteItem("customers", {"pk": "CUSTOMER#1", "sk": "PROFILE#Ann"}))
    (found,) = findings(customers)
    assert (found.problem, found.model) == ("unowned_guard", customers)
    assert found.key == key(guard_of(connected, "ann@x"))
    assert "ann" not in found.message


def test_what_was_written_between_two_reads_is_no_finding(connected: Backend, customers: Any) -> None:
    """The scan has seen the item with its old value, whose guard has been given up since."""
    ann = customers.get("1", "Ann")

    class Between(RecordingBackend):
        def execute(self, operation: Operation[Any]) -> Any:
            result = super().execute(operation)
            if isinstance(operation, Scan):
                with using(connected):
                    ann.update(email="new@x")
            return result

    with using(Between(connected)):
        assert findings(customers) == []
    assert customers.get("1", "Ann").email == "new@x"


def test_a_partition_is_deleted_with_its_guards(connected: Backend, customers: Any) -> None:
    customers(number="2", name="Dan", email="dan@x").save()
    recording = RecordingBackend(connected)
    with using(recording):
        assert customers.Table.delete_partition(number="1") == 3
    left = stored(connected)
    assert {each["pk"].rpartition("#")[0] for each in left} >= {"CUSTOMER"}
    assert len(left) == 2
    assert findings(customers) == []
    assert sum(isinstance(each, TransactWrite) for each in recording.sent) == 2


def test_an_item_that_changes_before_it_is_deleted_is_read_again(connected: Backend, customers: Any) -> None:
    acts: list[Callable[[], object]] = [lambda: customers.get("1", "Ann").update(email="new@x")]

    class Meddling(RecordingBackend):
        def execute(self, operation: Operation[Any]) -> Any:
            if isinstance(operation, TransactWrite) and acts:
                act = acts.pop()
                with using(connected):
                    act()
            return super().execute(operation)

    with using(meddling := Meddling(connected)):
        assert customers.Table.delete_partition(number="1") == 3
    assert stored(connected) == []
    assert sum(isinstance(each, GetItem) for each in meddling.sent) == 1


def test_a_move_from_a_former_key_takes_the_guard_along(connected: Backend, customers: Any) -> None:
    (ann,) = (each for each in stored(connected) if each["sk"] == "PROFILE#Ann")
    guard = guard_of(connected, "ann@x")
    connected.execute(DeleteItem("customers", key(ann)))
    connected.execute(PutItem("customers", {**ann, "pk": "C#1"}))
    connected.execute(PutItem("customers", {**guard, "owner": {**guard["owner"], "pk": "C#1"}}))
    assert [each.problem for each in findings(customers)] == ["former_key"]
    result = customers.Table.reindex()
    assert (result.moved, result.changed, result.skipped) == (1, 0, 0)
    assert isinstance(result, Reindexed)
    assert guard_of(connected, "ann@x") == guard
    assert findings(customers) == []
