"""``check``: the items of a table whose keys are not those that their fields give."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, Key, using
from dynamorm.data import PutItem, Scan
from dynamorm.exceptions import InvalidCursor, InvalidValue, KeyMismatch
from dynamorm.ports.backends import Backend
from dynamorm.progress import Progress
from dynamorm.testing.schemas import fields
from dynamorm.upkeep import Finding
from tests.support.backends import RecordingBackend
from tests.support.composed import items, order_model, rewrite, values


@pytest.fixture
def orders(connected: Backend) -> Any:
    model = order_model()
    model.Table.create_table()
    return model


def test_items_that_the_model_wrote_have_no_findings(orders: Any) -> None:
    orders.put(values(address={"city": "Oslo"}))
    orders.put(values(8, status="archived", total=None))
    orders(**values(9, status=None)).save()
    assert list(orders.Table.check()) == []


def only_finding(orders: Any) -> Finding:
    (found,) = orders.Table.check()
    assert isinstance(found, Finding)
    assert found.model is orders
    return found


@pytest.mark.parametrize(
    ("changes", "without", "problem", "index", "attributes", "message"),
    [
        ({}, ["gsi1pk"], "half_index_key", "by-status", ["gsi1pk"], "has only a part of the key of the index 'by-s"),
        ({}, ["gsi1pk", "gsi1sk"], "index_key", "by-status", ["gsi1pk", "gsi1sk"], "lacks the key of the index 'by-st"),
        ({"status": "paid"}, [], "index_key", "by-status", ["gsi1pk"], "has another key of the index 'by-status' than"),
        ({"status": "archived"}, [], "index_key", "by-status", ["gsi1pk", "gsi1sk"], "and its fields give none"),
        ({}, ["address"], "index_key", "by-city", ["gsi2pk"], "has a key of the index 'by-city', and its fields give"),
        ({"total": 6}, [], "index_key", "by-total", ["lsi1sk"], "has another key of the index 'by-total' than its"),
        ({"customer": "2"}, [], "primary_key", None, ["pk"], "is not stored under the primary key that its fields"),
        ({"pk": "C#1"}, [], "former_key", None, ["pk"], "is stored under its former primary key"),
        ({"customer": "a#b"}, [], "not_composable", None, [], "the primary key can't be composed. 'customer' of Order"),
    ],
)
def test_each_disagreement_is_a_finding(
    connected: Backend,
    orders: Any,
    changes: dict[str, Any],
    without: list[str],
    problem: str,
    index: str | None,
    attributes: list[str],
    message: str,
) -> None:
    orders.put(values(address={"city": "Oslo"}))
    (before,) = items(connected)
    rewrite(connected, changes, without)
    found = only_finding(orders)
    assert (found.problem, found.index, list(found.attributes)) == (problem, index, attributes)
    assert message in found.message
    assert str(found) == found.message
    assert found.key == {"pk": changes.get("pk", "CUSTOMER#1"), "sk": before["sk"]}
    assert found.item == items(connected)[0]


def test_a_finding_has_the_key_that_the_fields_give(connected: Backend, orders: Any) -> None:
    orders.put(values())
    (before,) = items(connected)
    rewrite(connected, {"status": "paid"})
    assert only_finding(orders).expected == {"gsi1pk": "STATUS#paid", "gsi1sk": before["gsi1sk"]}
    rewrite(connected, {"status": "archived"})
    assert only_finding(orders).expected is None
    rewrite(connected, {"status": "open", "customer": "2", "total": 5})
    assert only_finding(orders).expected == {"pk": "CUSTOMER#2", "sk": before["sk"]}


def test_an_item_without_a_field_of_its_primary_key_can_not_be_composed(connected: Backend, orders: Any) -> None:
    orders.put(values(status=None, total=None))
    rewrite(connected, {}, ["placed"])
    found = only_finding(orders)
    assert found.problem == "not_composable"
    assert "the primary key can't be composed: it has no value of 'placed'" in found.message


def test_a_date_time_in_another_form_is_a_finding(connected: Backend, orders: Any) -> None:
    orders.put(values(status=None, total=None))
    rewrite(connected, {"placed": "2025-01-02T04:04:05.5+01:00"})
    found = only_finding(orders)
    assert (found.problem, found.attributes) == ("stored_form", ("placed",))
    assert "'placed' of an item of Order is a date-time in another form than the field writes" in found.message


def test_findings_hide_values_in_what_they_print(connected: Backend, orders: Any) -> None:
    orders.put(values(customer="secret"))
    rewrite(connected, {"status": "secret", "pk": "CUSTOMER#secret2"})
    for found in orders.Table.check():
        assert "secret" not in repr(found)
        assert "secret" not in str(found)
        error = found.error()
        assert isinstance(error, KeyMismatch)
        assert "secret" not in str(error)
        assert (error.key, error.expected, error.attributes) == (found.key, found.expected, found.attributes)


def test_fields_that_only_keys_have_are_no_findings(connected: Backend) -> None:
    class Membership(DynaModel):
        class Table:
            name = "memberships"
            hash_key = Key("GROUP#{group}", attribute="partition", only_key=["group"])
            range_key = Key("{member}", attribute="sort", only_key=["member"])

        class Schema:
            group = fields.text(required=True)
            member = fields.text(required=True)

    table: Any = Membership.Table
    table.create_table()
    Membership.put({"group": "a", "member": "b"})
    assert list(table.check()) == []
    connected.execute(PutItem("memberships", {"partition": "OTHER", "sort": "x"}))
    (found,) = table.check()
    assert found.problem == "not_composable"


def test_a_model_without_templates_can_be_checked(connected: Backend) -> None:
    class Event(DynaModel):
        class Table:
            name = "events"
            hash_key = "at"

        class Schema:
            at = fields.instant(required=True)

    table: Any = Event.Table
    table.create_table()
    Event.put({"at": "2025-01-02T03:04:05+00:00"})
    assert list(table.check()) == []
    connected.execute(PutItem("events", {"at": "2025-01-02 03:04"}))
    (found,) = table.check()
    assert (found.problem, found.key) == ("stored_form", {"at": "2025-01-02 03:04"})


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


def test_each_item_is_checked_as_one_of_its_own_model(connected: Backend) -> None:
    animal, cat = family()
    animal.Table.create_table()
    animal.put({"owner": "a", "name": "x"})
    cat.put({"owner": "a", "name": "y"})
    assert list(animal.Table.check()) == []
    connected.execute(PutItem("animals", {"pk": "OWNER#a", "sk": "1", "kind": "horse"}))
    connected.execute(PutItem("animals", {"pk": "OWNER#a", "sk": "2", "kind": "cat", "owner": "a", "name": "z"}))
    connected.execute(PutItem("animals", {"pk": "OWNER#a", "sk": "3", "kind": "dynamorm.unique"}))
    unknown, wrong = animal.Table.check()
    assert (unknown.problem, unknown.model, unknown.key) == ("unknown_kind", None, {"pk": "OWNER#a", "sk": "1"})
    assert "has a kind that no model has. Import the module of its model" in unknown.message
    assert (wrong.problem, wrong.model) == ("primary_key", cat)
    assert [each.problem for each in cat.Table.check()] == ["primary_key"]


def test_a_check_can_stop_and_continue(orders: Any, connected: Backend) -> None:
    for number in range(1, 8):
        connected.execute(PutItem("orders", {"pk": "OTHER", "sk": str(number)}))
    sks: list[str] = []
    cursor, rounds = None, 0
    while rounds == 0 or cursor is not None:
        found = orders.Table.check(after=cursor, limit=3)
        sks += [each.key["sk"] for each in found]
        cursor, rounds = found.cursor, rounds + 1
    assert sks == list("1234567")
    assert rounds == 3
    with pytest.raises(InvalidCursor):
        orders.Table.check(after="nonsense")
    with pytest.raises(InvalidValue, match="limit must be a whole number, at least 1"):
        orders.Table.check(limit=0)
    with pytest.raises(InvalidValue, match="parallel must be a whole number, at least 1"):
        orders.Table.check(parallel=True)


def test_the_cursor_in_the_middle_loses_no_finding(orders: Any, connected: Backend) -> None:
    for number in range(4):
        connected.execute(PutItem("orders", {"pk": "OTHER", "sk": str(number)}))
    found = orders.Table.check()
    next(found)
    assert found.cursor is None
    assert len(list(orders.Table.check(after=found.cursor))) == 4
    assert len(list(found)) == 3


def test_segments_find_the_same(orders: Any, connected: Backend) -> None:
    for number in range(20):
        connected.execute(PutItem("orders", {"pk": f"OTHER{number}", "sk": "1"}))
    keys = {each.key["pk"] for each in orders.Table.check(parallel=3)}
    assert keys == {f"OTHER{number}" for number in range(20)}


def test_nothing_is_sent_before_the_first_finding_is_requested(orders: Any, connected: Backend) -> None:
    recording = RecordingBackend(connected)
    with using(recording):
        found = orders.Table.check()
        assert recording.sent == []
        assert list(found) == []
    assert [type(each) for each in recording.sent] == [Scan]


def test_a_check_reports_its_progress(orders: Any, connected: Backend) -> None:
    orders.put_batch(*(values(number) for number in range(3)))
    connected.execute(PutItem("orders", {"pk": "OTHER", "sk": "1"}))
    reports: list[Progress] = []
    assert len(list(orders.Table.check(progress=reports.append))) == 1
    assert [(each.done, each.looked_at, each.finished) for each in reports] == [(0, 0, False), (1, 4, True)]


def test_an_awaited_check_finds_the_same(orders: Any, connected: Backend) -> None:
    orders.put_batch(*(values(number) for number in range(3)))
    connected.execute(PutItem("orders", {"pk": "OTHER", "sk": "1"}))

    async def check() -> list[Finding]:
        return [each async for each in orders.Table.acheck()]

    assert asyncio.run(check()) == list(orders.Table.check())


def test_a_second_task_ends_no_check_but_its_own(orders: Any, connected: Backend) -> None:
    for number in range(2):
        connected.execute(PutItem("orders", {"pk": "OTHER", "sk": str(number)}))

    async def program() -> None:
        found: AsyncIterator[Finding] = orders.Table.acheck()
        first, second = await asyncio.gather(anext(found), anext(found), return_exceptions=True)
        assert isinstance(first, Finding)
        assert first.key["sk"] == "0"
        assert "Two tasks iterate over one read at once" in str(second)
        assert [each.key["sk"] async for each in found] == ["1"]

    asyncio.run(program())


def test_an_error_is_raised_again_and_has_the_cursor(orders: Any, connected: Backend) -> None:
    class Stop(Exception):
        pass

    for number in range(4):
        connected.execute(PutItem("orders", {"pk": "OTHER", "sk": str(number)}))

    def stop(progress: Progress) -> None:
        if progress.looked_at:
            raise Stop

    found = orders.Table.check(limit=2, progress=stop)
    assert [next(found).key["sk"] for _ in range(2)] == ["0", "1"]
    with pytest.raises(Stop) as caught:
        next(found)
    cursor = caught.value.cursor  # type: ignore[attr-defined]
    with pytest.raises(Stop):
        next(found)
    assert [each.key["sk"] for each in orders.Table.check(after=cursor)] == ["2", "3"]


@pytest.mark.parametrize("name", ["check", "reindex"])
def test_upkeep_is_explained_and_kept_within_budgets(orders: Any, name: str) -> None:
    verb: Callable[..., Any] = getattr(orders.Table, name)
    explanation = dynamorm.explain(verb)
    assert [each.action for each in explanation] == ["Scan"]
    orders.put(values())
    with (
        pytest.raises(dynamorm.exceptions.BudgetExceeded),
        dynamorm.budget(requests=0),
    ):
        list([verb()] if name == "reindex" else verb())
