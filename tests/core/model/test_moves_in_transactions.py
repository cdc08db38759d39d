"""Moves of items in transactions: a put there and a deletion here, with the other actions, as the instance was read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll
from dynamorm.data import Operation, Scan, TransactWrite
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidUpdate, StaleTransaction, TransactionCancelled
from dynamorm.ports.backends import Backend
from dynamorm.signals import post_update, pre_update
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Task(DynaModel):
    class Table:
        name = "tasks"
        hash_key = Key("LIST#{board}")
        range_key = Key("TASK#{number:04d}")

    class ByState(GlobalIndex):
        name = "by-state"
        hash_key = Key("STATE#{state}", attribute="gsi1pk")
        range_key = Key("{board}#{number:04d}", attribute="gsi1sk")
        projection = ProjectAll()

    class Schema:
        board = fields.text(required=True)
        number = fields.integer(required=True)
        state = fields.text()
        note = fields.text()


class Page(DynaModel):
    class Table:
        name = "pages"
        hash_key = "number"
        version = "revision"

    class Schema:
        number = fields.integer(required=True)
        text = fields.text()
        revision = fields.integer()


@pytest.fixture
def sent(backend: Backend) -> Any:
    recording = RecordingBackend(backend)
    with dynamorm.using(recording):
        table_of(Task).create_table()
        table_of(Page).create_table()
        yield recording.sent


def items(backend: Backend, table: str = "tasks") -> list[dict[str, Any]]:
    return sorted((dict(item) for item in backend.execute(Scan(table)).items), key=str)


def task_of(board: str = "a", number: int = 1) -> Task:
    task = Task(board=board, number=number, state="open")
    task.save()
    return task


def test_a_move_is_sent_with_the_other_actions_and_reads_nothing(backend: Backend, sent: list[Operation[Any]]) -> None:
    task = task_of()
    sent.clear()
    with dynamorm.transaction() as tx:
        tx.move(task, board="b")
        tx.put(Page, {"number": 1})

    (operation,) = sent
    assert isinstance(operation, TransactWrite)
    assert len(operation.actions) == 3
    assert items(backend) == [
        {
            "pk": "LIST#b",
            "sk": "TASK#0001",
            "gsi1pk": "STATE#open",
            "gsi1sk": "b#0001",
            "board": "b",
            "number": 1,
            "state": "open",
        }
    ]
    assert (task.board, task.key()) == ("b", {"pk": "LIST#b", "sk": "TASK#0001"})
    task.update(state="done")
    assert items(backend)[0]["gsi1pk"] == "STATE#done"


def test_an_awaited_move(backend: Backend, sent: list[Operation[Any]]) -> None:
    async def main() -> None:
        task = Task(board="a", number=1)
        await task.asave()
        async with dynamorm.transaction() as tx:
            tx.move(task, number=2)
            assert task.number == 1
            task.note = "set meanwhile"
        assert (task.number, task.note) == (2, "set meanwhile")

    asyncio.run(main())
    assert [item["sk"] for item in items(backend)] == ["TASK#0002"]
    assert isinstance(sent[-1], TransactWrite)


def test_an_item_that_has_changed_is_not_moved(backend: Backend, sent: list[Operation[Any]]) -> None:
    task = task_of()
    Task.update_item(board="a", number=1, note="of another writer")
    before = items(backend)
    with (
        pytest.raises(StaleTransaction, match=r"action 2, DeleteItem of Task: .*'note' differs") as caught,
        dynamorm.transaction() as tx,
    ):
        tx.move(task, board="b")
    assert len(caught.value.reasons) == 2
    assert items(backend) == before
    assert task.board == "a"


def test_an_item_is_not_moved_onto_another_one(backend: Backend, sent: list[Operation[Any]]) -> None:
    task, _ = task_of(), task_of("b")
    with (
        pytest.raises(TransactionCancelled, match="action 1, PutItem of Task: There is an item with this primary key"),
        dynamorm.transaction() as tx,
    ):
        tx.move(task, board="b")
    assert len(items(backend)) == 2


def test_a_version_goes_along(backend: Backend, sent: list[Operation[Any]]) -> None:
    page = Page(number=1)
    page.save()
    other = Page.get(number=1)
    assert other is not None
    with dynamorm.transaction() as tx:
        tx.move(page, number=2)
    assert items(backend, "pages") == [{"number": 2, "revision": 2}]
    assert page.revision == 2
    with pytest.raises(StaleTransaction), dynamorm.transaction() as tx:
        tx.move(other, number=3)
    with dynamorm.transaction() as tx:
        tx.move(page, number=3)
    assert items(backend, "pages") == [{"number": 3, "revision": 3}]


def test_signals_of_a_move(sent: list[Operation[Any]]) -> None:
    told: list[str] = []

    def before(sender: object, updates: dict[str, Any], **_: Any) -> None:
        told.append("before")
        updates["state"] = "moved"

    def after(sender: object, instance: Task, **_: Any) -> None:
        told.append(f"after {instance.board} {instance.state}")

    task = task_of()
    with (
        pre_update.connected_to(before, sender=Task),
        post_update.connected_to(after, sender=Task),
        dynamorm.transaction() as tx,
    ):
        tx.move(task, board="b")
        told.append("in the block")
    assert told == ["before", "in the block", "after b moved"]
    assert [each.state for each in Task.ByState.scan()] == ["moved"]


@pytest.mark.one_schema_library
def test_a_move_can_be_explained(sent: list[Operation[Any]]) -> None:
    task = task_of()
    with dynamorm.transaction() as tx:
        tx.move(task, board="b")
        assert "TransactWriteItems" in str(tx.explain())


@pytest.mark.one_schema_library
def test_moves_that_are_refused(backend: Backend, sent: list[Operation[Any]]) -> None:
    task = task_of()
    before = items(backend)
    part = Task.get(board="a", number=1, attrs="board, number")
    assert part is not None
    with dynamorm.transaction() as tx:
        with pytest.raises(DynaModelException, match="takes an instance that was read or saved"):
            tx.move(Task, board="b")  # type: ignore[arg-type]
        with pytest.raises(DynaModelException, match="was read without all of its attributes, and a transaction reads"):
            tx.move(part, board="b")
        with pytest.raises(DynaModelException, match="neither read nor saved"):
            tx.move(Task(board="a", number=1), board="b")
        with pytest.raises(InvalidKey, match="needs another key than the item has"):
            tx.move(task, board="a")
        task.note = "x"
        with pytest.raises(InvalidUpdate, match="changes that are not saved, of 'note'"):
            tx.move(task, board="b")
    assert items(backend) == before
