"""``reindex``: the keys of indexes are written again from the fields, and items are moved from former keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, Q, signals, using
from dynamorm.data import Operation, PutItem, Query, Scan, TransactWrite, UpdateItem
from dynamorm.exceptions import ConditionFailed, DynaModelException, InvalidCursor, Throttled
from dynamorm.ports.backends import Backend
from dynamorm.progress import Progress
from dynamorm.testing.schemas import fields
from dynamorm.upkeep import Reindexed
from tests.support.backends import RecordingBackend
from tests.support.composed import items, order_model, rewrite, values


@pytest.fixture
def orders(connected: Backend) -> Any:
    model = order_model()
    model.Table.create_table()
    return model


class Meddling(RecordingBackend):
    """Calls a function before the first operation of a kind is passed on."""

    def __init__(self, backend: Backend, before: type[Operation[Any]], act: Callable[[], object]) -> None:
        super().__init__(backend)
        self._before = before
        self._acts = iter([act])

    def execute(self, operation: Operation[Any]) -> Any:
        if isinstance(operation, self._before):
            for act in self._acts:
                act()
                break
        return super().execute(operation)


INDEX_KEYS = ("gsi1pk", "gsi1sk", "gsi2pk", "lsi1sk")


@pytest.mark.parametrize(
    ("changes", "without"),
    [
        ({}, INDEX_KEYS),
        ({}, ["gsi1sk"]),
        ({"gsi1pk": "STATUS#wrong"}, []),
        ({"status": "paid", "total": 6}, []),
    ],
)
def test_missing_and_wrong_keys_are_written(
    connected: Backend, orders: Any, changes: dict[str, Any], without: list[str]
) -> None:
    orders.put(values(address={"city": "Oslo"}))
    rewrite(connected, changes, without)
    assert list(orders.Table.check())

    assert orders.Table.reindex() == Reindexed(looked_at=1, changed=1)

    (item,) = items(connected)
    order = orders.get("1", values()["placed"], 7)
    assert order is not None
    assert order.status == changes.get("status", "open")
    order.save()
    assert items(connected) == [item]
    assert list(orders.Table.check()) == []
    assert list(orders.ByStatus.scan()) == [order]


def test_keys_of_what_does_not_belong_into_an_index_are_removed(connected: Backend, orders: Any) -> None:
    orders.put(values(address={"city": "Oslo"}))
    rewrite(connected, {"status": "archived"}, ["address"])
    assert orders.Table.reindex() == Reindexed(looked_at=1, changed=1)
    (item,) = items(connected)
    assert set(INDEX_KEYS) & item.keys() == {"lsi1sk"}
    assert orders.ByStatus.scan().count() == 0


def test_items_whose_keys_are_right_are_only_read(connected: Backend, orders: Any) -> None:
    orders.put_batch(*(values(number) for number in range(3)))
    recording = RecordingBackend(connected)
    with using(recording):
        assert orders.Table.reindex() == Reindexed(looked_at=3)
    (scan,) = recording.sent
    assert isinstance(scan, Scan)
    assert scan.consistent


def test_a_write_has_the_condition_that_the_fields_are_as_they_were_read(connected: Backend, orders: Any) -> None:
    orders.put(values())
    rewrite(connected, {}, ["gsi1pk", "gsi1sk"])
    item = items(connected)[0]
    meddling = Meddling(connected, UpdateItem, lambda: connected.execute(PutItem("orders", {**item, "status": "paid"})))
    with using(meddling):
        assert orders.Table.reindex() == Reindexed(looked_at=1, changed=1)
    assert items(connected)[0]["gsi1pk"] == "STATUS#paid"
    assert [type(each).__name__ for each in meddling.sent] == ["Scan", "UpdateItem", "GetItem", "UpdateItem"]


def test_the_condition_under_which_an_item_is_in_an_index_counts_as_well(connected: Backend, orders: Any) -> None:
    orders.put(values(status="archived"))
    rewrite(connected, {"gsi1pk": "STATUS#archived", "gsi1sk": "x"})
    item = items(connected)[0]
    meddling = Meddling(connected, UpdateItem, lambda: connected.execute(PutItem("orders", {**item, "status": "paid"})))
    with using(meddling):
        orders.Table.reindex()
    assert items(connected)[0]["gsi1pk"] == "STATUS#paid"


def test_an_item_that_is_deleted_meanwhile_is_not_made_again(connected: Backend, orders: Any) -> None:
    orders.put(values())
    rewrite(connected, {}, ["gsi1pk", "gsi1sk"])
    meddling = Meddling(connected, UpdateItem, lambda: orders.delete_item(*list(values().values())[:3]))
    with using(connected), using(meddling):
        assert orders.Table.reindex() == Reindexed(looked_at=1)
    assert items(connected) == []


def test_an_item_that_changes_each_time_ends_it(connected: Backend, orders: Any) -> None:
    orders.put(values())
    rewrite(connected, {}, ["gsi1pk", "gsi1sk"])
    item = items(connected)[0]

    class Racing(RecordingBackend):
        def execute(self, operation: Operation[Any]) -> Any:
            if isinstance(operation, UpdateItem):
                connected.execute(PutItem("orders", {**item, "status": f"s{len(self.sent)}"}))
            return super().execute(operation)

    with (
        using(Racing(connected)),
        pytest.raises(ConditionFailed, match="An item of 'orders' was changed by another writer each of 10 times"),
    ):
        orders.Table.reindex()


def test_items_under_former_keys_are_moved(connected: Backend, orders: Any) -> None:
    orders.put(values())
    before = items(connected)[0]
    rewrite(connected, {"pk": "C#1", "other": "kept"}, INDEX_KEYS)
    sent: list[str] = []
    with signals.pre_update.connected_to(lambda *_, **__: sent.append("signal"), sender=orders):
        assert orders.Table.reindex() == Reindexed(looked_at=1, moved=1)
    assert items(connected) == [{**before, "other": "kept"}]
    assert sent == []


def test_an_item_that_is_under_both_keys_is_skipped(connected: Backend, orders: Any) -> None:
    orders.put(values())
    (item,) = items(connected)
    connected.execute(PutItem("orders", {**item, "pk": "C#1"}))
    assert orders.Table.reindex() == Reindexed(looked_at=2, skipped=1)
    assert len(items(connected)) == 2


def test_an_item_that_changes_before_it_is_moved_is_read_again(connected: Backend, orders: Any) -> None:
    orders.put(values())
    rewrite(connected, {"pk": "C#1"})
    (item,) = items(connected)
    meddling = Meddling(connected, TransactWrite, lambda: connected.execute(PutItem("orders", {**item, "total": 6})))
    with using(meddling):
        assert orders.Table.reindex() == Reindexed(looked_at=1, moved=1)
    (moved,) = items(connected)
    assert (moved["pk"], moved["total"], moved["lsi1sk"]) == ("CUSTOMER#1", 6, "TOTAL#00000006")


def test_a_move_increments_the_version(connected: Backend) -> None:
    class Document(DynaModel):
        class Table:
            name = "documents"
            hash_key = Key("DOC#{number}", also="D#{number}")
            version = "edition"

        class Schema:
            number = fields.text(required=True)
            edition = fields.integer()

    table: Any = Document.Table
    table.create_table()
    document = Document(number="1")
    document.save()
    (item,) = items(connected, "documents")
    connected.execute(PutItem("documents", {**item, "pk": "D#2", "number": "2"}))
    assert table.reindex() == Reindexed(looked_at=2, moved=1)
    found = Document.get("2")
    assert found is not None
    assert found.edition == 2


def test_items_that_can_not_be_composed_are_skipped(connected: Backend, orders: Any) -> None:
    orders.put(values(7))
    rewrite(connected, {"status": "a#b"})
    before = items(connected)
    assert orders.Table.reindex() == Reindexed(looked_at=1, skipped=1)
    assert items(connected) == before
    rewrite(connected, {"status": "s" * 3000})
    before = items(connected)
    assert orders.Table.reindex() == Reindexed(looked_at=1, skipped=1)
    assert items(connected) == before


def test_a_primary_key_that_differs_is_left_to_the_program(connected: Backend, orders: Any) -> None:
    orders.put(values(status=None, total=None))
    rewrite(connected, {"customer": "2"})
    before = items(connected)
    orders.Table.reindex()
    assert [{name: each[name] for name in ("pk", "sk", "customer")} for each in items(connected)] == [
        {name: each[name] for name in ("pk", "sk", "customer")} for each in before
    ]


def test_it_can_stop_and_continue(connected: Backend, orders: Any) -> None:
    for number in range(7):
        orders.put(values(number))
        (item,) = (each for each in items(connected) if each["number"] == number)
        connected.execute(PutItem("orders", {name: each for name, each in item.items() if name not in INDEX_KEYS}))
    first = orders.Table.reindex(limit=3)
    assert (first.looked_at, first.changed) == (3, 3)
    assert first.cursor is not None
    assert "cursor" not in repr(first) or first.cursor not in repr(first)
    rest = orders.Table.reindex(after=first.cursor)
    assert rest == Reindexed(looked_at=4, changed=4)
    assert orders.ByStatus.scan().count() == 7
    with pytest.raises(InvalidCursor, match="The cursor for a read of Order belongs to another number of segments"):
        orders.Table.reindex(after=first.cursor, parallel=2)


@pytest.mark.parametrize("parallel", [1, 3])
def test_what_ends_it_has_the_cursor(connected: Backend, orders: Any, parallel: int) -> None:
    for number in range(6):
        item: Any = {"pk": f"CUSTOMER#{number}", "customer": str(number), "number": 1, "status": "open"}
        placed = orders(**values()).to_dict()["placed"]
        item |= {"placed": placed, "sk": f"ORDER#{placed}#000001"}
        connected.execute(PutItem("orders", item))

    def interrupt(progress: Progress) -> None:
        if progress.looked_at >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        orders.Table.reindex(parallel=parallel, progress=interrupt, limit=4)
    cursor: str = caught.value.cursor  # type: ignore[attr-defined]
    assert "It can continue where it was" in caught.value.__notes__[-1]
    rest = orders.Table.reindex(after=cursor, parallel=parallel)
    assert 0 < rest.looked_at < 6
    assert orders.ByStatus.scan().count() == 6


def test_throttled_writes_are_sent_again(connected: Backend, orders: Any) -> None:
    orders.put(values())
    rewrite(connected, {}, INDEX_KEYS)

    class Slow(RecordingBackend):
        def execute(self, operation: Operation[Any]) -> Any:
            if isinstance(operation, UpdateItem) and len(self.sent) < 3:
                self.sent.append(operation)
                raise Throttled("slow")
            return super().execute(operation)

    with using(Slow(connected)):
        assert orders.Table.reindex() == Reindexed(looked_at=1, changed=1)


def test_progress_counts_what_was_written(connected: Backend, orders: Any) -> None:
    orders.put(values())
    rewrite(connected, {}, INDEX_KEYS)
    orders.put(values(8))
    reports: list[Progress] = []
    orders.Table.reindex(progress=reports.append)
    assert [(each.subject, each.done, each.looked_at, each.finished) for each in reports] == [
        ("orders", 0, 0, False),
        ("orders", 1, 2, True),
    ]


def test_it_can_be_awaited(connected: Backend, orders: Any) -> None:
    orders.put(values())
    rewrite(connected, {}, INDEX_KEYS)
    assert asyncio.run(orders.Table.areindex()) == Reindexed(looked_at=1, changed=1)
    assert orders.Table.reindex() == Reindexed(looked_at=1)


def test_segments_write_the_same(connected: Backend, orders: Any) -> None:
    orders.put_batch(*(values(number, customer=str(number)) for number in range(20)))
    for item in items(connected):
        connected.execute(PutItem("orders", {name: each for name, each in item.items() if name not in INDEX_KEYS}))
    assert orders.Table.reindex(parallel=4) == Reindexed(looked_at=20, changed=20)
    assert list(orders.Table.check()) == []


def test_a_model_without_templates_is_refused(connected: Backend) -> None:
    class Book(DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"

        class Schema:
            isbn = fields.text(required=True)

    table: Any = Book.Table
    with pytest.raises(DynaModelException, match="Book has no key that is composed of fields, so there is nothing to"):
        table.reindex()


def test_items_of_each_kind_get_the_keys_of_their_own_model(connected: Backend) -> None:
    class Animal(DynaModel):
        class Table:
            name = "animals"
            hash_key = "owner"
            range_key = "name"
            kind = "animal"

        class ByFood(GlobalIndex):
            name = "by-food"
            hash_key = Key("FOOD#{food}", attribute="gsi1pk")
            projection = ProjectAll()

        class Schema:
            owner = fields.text(required=True)
            name = fields.text(required=True)
            food = fields.text()

    class Cat(Animal):
        class Table(Animal.Table):
            kind = "cat"

    table: Any = Animal.Table
    table.create_table()
    for number, kind in enumerate(("animal", "cat", "horse", "dynamorm.unique")):
        connected.execute(PutItem("animals", {"owner": "a", "name": str(number), "food": "fish", "kind": kind}))
    cats: Any = Cat.Table
    assert cats.reindex() == Reindexed(looked_at=1, changed=1)
    assert table.reindex() == Reindexed(looked_at=4, changed=1)
    assert [each.get("gsi1pk") for each in items(connected, "animals")] == ["FOOD#fish", "FOOD#fish", None, None]
    found = connected.execute(Query("animals", _food(), index="by-food")).items
    assert [each["kind"] for each in found] == ["animal", "cat"]


def _food() -> Any:
    from dynamorm.data import KeyCondition

    return KeyCondition(("gsi1pk", "FOOD#fish"))


def test_a_field_that_only_decides_whether_an_item_is_in_the_index_is_relied_on_too(connected: Backend) -> None:
    class Job(DynaModel):
        class Table:
            name = "jobs"
            hash_key = "number"

        class ByQueue(GlobalIndex):
            name = "by-queue"
            hash_key = Key("QUEUE#{queue}", attribute="gsi1pk")
            projection = ProjectAll()
            only_if = Q(is_done__exists=False)

        class Schema:
            number = fields.text(required=True)
            queue = fields.text()
            is_done = fields.text()

    table: Any = Job.Table
    table.create_table()
    connected.execute(PutItem("jobs", {"number": "1", "queue": "a"}))
    done = {"number": "1", "queue": "a", "is_done": "yes"}
    with using(Meddling(connected, UpdateItem, lambda: connected.execute(PutItem("jobs", dict(done))))):
        assert table.reindex() == Reindexed(looked_at=1)
    assert items(connected, "jobs") == [done]


def test_an_item_without_fields_of_its_own_is_not_made_again(connected: Backend) -> None:
    class Member(DynaModel):
        class Table:
            name = "members"
            hash_key = Key("GROUP#{group}", attribute="pk", only_key=["group"])

        class ByGroup(GlobalIndex):
            name = "by-group"
            hash_key = Key("ALL#{group}", attribute="gsi1pk", only_key=["group"])
            projection = ProjectAll()

        class Schema:
            group = fields.text(required=True)

    table: Any = Member.Table
    table.create_table()
    connected.execute(PutItem("members", {"pk": "GROUP#a"}))
    with using(Meddling(connected, UpdateItem, lambda: Member.delete_item("a"))):
        assert table.reindex() == Reindexed(looked_at=1)
    assert items(connected, "members") == []
    connected.execute(PutItem("members", {"pk": "GROUP#a"}))
    assert table.reindex() == Reindexed(looked_at=1, changed=1)
    assert items(connected, "members") == [{"pk": "GROUP#a", "gsi1pk": "ALL#a"}]
