"""Budgets: what they count, and that nothing is sent which exceeds them."""

from __future__ import annotations

import asyncio
from threading import Thread
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectAll, budget
from dynamorm.data import (
    BatchWrite,
    BatchWriteResult,
    ConsumedCapacity,
    DescribeTable,
    GetItem,
    Item,
    ItemResult,
    KeyAttribute,
    Operation,
    PutRequest,
    TableSpec,
)
from dynamorm.engine.plans import batches
from dynamorm.engine.plans.steps import Parallel, Plan
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.sync import run
from dynamorm.exceptions import BudgetExceeded, ConditionFailed, DynaModelException, Throttled
from dynamorm.ports.backends import Backend
from tests.core.engine.runners import Runner
from tests.support.backends import RecordingBackend, ScriptedBackend
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        projection = ProjectAll()

    class Schema:
        isbn = fields.String()
        author = fields.String()
        text = fields.String()


SPEC = TableSpec("books", KeyAttribute("isbn", "S"))


def gets(*isbns: str) -> tuple[GetItem, ...]:
    return tuple(GetItem("books", {"isbn": isbn}) for isbn in isbns)


def one_by_one(*operations: Operation[Any]) -> Plan[list[Any]]:
    results = []
    for operation in operations:
        result: Any = yield operation
        results.append(result)
    return results


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Operation[Any]]:
    """What is sent about items."""
    table_of(Book).create_table()
    return recorder.sent


def test_it_says_what_was_used(sent: list[Operation[Any]]) -> None:
    with budget() as spent:
        assert (spent.requests, spent.capacity) == (0, 0)
        Book.put({"isbn": "1", "author": "a", "text": "x" * 1500})
        assert (spent.requests, spent.capacity) == (1, 4)
        Book.get(isbn="1")
        Book.get(isbn="1", consistent=True)
        assert (spent.requests, spent.capacity) == (3, 5.5)
        list(Book.ByAuthor.query(author="a"))
    Book.get(isbn="1")
    assert (spent.requests, spent.capacity) == (4, 6)


def test_request_that_is_one_too_many_is_not_sent(sent: list[Operation[Any]]) -> None:
    with budget(requests=2) as spent:
        Book.put({"isbn": "1"})
        Book.get(isbn="1")
        with pytest.raises(
            BudgetExceeded,
            match=r"^Scan on table 'books' would exceed the budget, .* of 2 requests 2 were made\. .*budget\(requests=…\)",
        ):
            list(Book.scan())
    assert len(sent) == spent.requests == 2
    assert list(Book.scan()) != []


def test_capacity_that_does_not_suffice_is_not_spent(sent: list[Operation[Any]]) -> None:
    with budget(capacity=4) as spent:
        Book.put({"isbn": "1", "text": "x" * 1500})
        with pytest.raises(
            BudgetExceeded,
            match=r"^PutItem on table 'books' .* of 4 capacity units 2 were consumed, and it costs at least 3\. ",
        ) as refused:
            Book.put({"isbn": "2", "text": "secret" * 400})
        assert "secret" not in str(refused.value)
        assert isinstance(refused.value, RuntimeError)
        Book.put({"isbn": "2", "text": "x" * 1500})
        assert spent.capacity == 4
        with pytest.raises(BudgetExceeded):
            Book.get(isbn="1")
    assert len(sent) == 2


def test_what_an_operation_really_costs_may_go_beyond_the_budget(sent: list[Operation[Any]]) -> None:
    for isbn in "12":
        Book.put({"isbn": isbn, "text": "x" * 9000})
    with budget(capacity=1) as spent:
        assert len(list(Book.scan())) == 2
        assert spent.capacity == 2.5
        with pytest.raises(BudgetExceeded, match=r"of 1 capacity units 2\.5 were consumed"):
            list(Book.scan())


def test_operation_on_a_table_needs_no_capacity(sent: list[Operation[Any]]) -> None:
    with budget(capacity=0, requests=1) as spent:
        assert table_of(Book).exists
    assert (spent.requests, spent.capacity) == (1, 0)


def test_failed_condition_is_counted_by_the_item_that_it_met(sent: list[Operation[Any]]) -> None:
    Book.put({"isbn": "1", "text": "x" * 2500})
    with budget() as spent, pytest.raises(ConditionFailed):
        Book.put_unique({"isbn": "1"})
    assert (spent.requests, spent.capacity) == (1, 3)


def test_refused_request_costs_nothing_but_itself(runner: Runner) -> None:
    with budget() as spent, pytest.raises(Throttled):
        runner.run(one_by_one(*gets("1")), ScriptedBackend(Throttled("slower")))
    assert (spent.requests, spent.capacity) == (1, 0)


def test_backend_that_does_not_tell_is_counted_with_the_least(runner: Runner) -> None:
    with budget() as spent:
        runner.run(one_by_one(*gets("1", "2"), DescribeTable("books")), ScriptedBackend(*[ItemResult(None)] * 3))
    assert (spent.requests, spent.capacity) == (3, 1)


def test_inner_budget_counts_towards_the_outer_one(runner: Runner) -> None:
    answers = [ItemResult(None, (ConsumedCapacity("books", 2), ConsumedCapacity("films", 1)))] * 9
    backend = ScriptedBackend(*answers)
    with budget(requests=3) as outer:
        runner.run(one_by_one(*gets("1")), backend)
        with budget(requests=5) as inner:
            runner.run(one_by_one(*gets("2", "3")), backend)
            assert (inner.requests, inner.capacity) == (2, 6)
            with pytest.raises(BudgetExceeded, match="of 3 requests 3 were made"):
                runner.run(one_by_one(*gets("4")), backend)
        assert (inner.requests, inner.capacity) == (2, 6)
        assert (outer.requests, outer.capacity) == (3, 9)
        with pytest.raises(BudgetExceeded, match="of 3 requests"):
            runner.run(one_by_one(*gets("4")), backend)
    runner.run(one_by_one(*gets("4")), backend)
    assert len(backend.sent) == 4


@pytest.mark.parametrize("concurrent", [True, False], ids=["side-by-side", "one-by-one"])
def test_operations_side_by_side_are_counted_all_together(runner: Runner, concurrent: bool) -> None:
    def plan() -> Plan[None]:
        yield Parallel(gets("1", "2", "3", "4"))

    backend = ScriptedBackend(*[ItemResult(None)] * 4, concurrent=concurrent)
    with budget(capacity=1.5) as spent, pytest.raises(BudgetExceeded):
        runner.run(plan(), backend)
    assert len(backend.sent) == spent.requests == 3
    assert spent.capacity == 1.5


def test_repetitions_of_a_plan_count(runner: Runner, pauses: list[float]) -> None:
    item: Item = {"isbn": "1"}
    left = BatchWriteResult((PutRequest("books", item),))
    backend = ScriptedBackend(left, left, BatchWriteResult())
    with budget(requests=2), pytest.raises(BudgetExceeded, match="BatchWrite on table 'books'"):
        runner.run(batches.write_all([(SPEC, PutRequest("books", item))]), backend)
    assert backend.sent == [BatchWrite((PutRequest("books", item),), return_consumed_capacity="TOTAL")] * 2
    assert len(pauses) == 2


def test_budget_is_for_the_current_thread_only() -> None:
    backend = ScriptedBackend(ItemResult(None))

    with budget(requests=0):
        thread = Thread(target=run, args=(one_by_one(*gets("1")), Connection(backend)))
        thread.start()
        thread.join()
    assert len(backend.sent) == 1


def test_budget_is_for_the_current_task_only(sqlite_memory: Backend) -> None:
    async def work(requests: int, meeting: asyncio.Barrier) -> int:
        with dynamorm.using(sqlite_memory), budget(requests=requests) as spent:
            await meeting.wait()
            for _ in range(requests):
                Book.get(isbn="1")
            return spent.requests

    async def main() -> tuple[int, int]:
        meeting = asyncio.Barrier(2)
        return await asyncio.gather(work(1, meeting), work(3, meeting))

    with dynamorm.using(sqlite_memory):
        table_of(Book).create_table()
    assert list(asyncio.run(main())) == [1, 3]


@pytest.mark.parametrize("wrong", [{"requests": -1}, {"capacity": -0.5}, {"capacity": float("nan")}])
def test_budget_that_can_not_be_kept(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(DynaModelException, match=f"A budget can't be .* {name}"), budget(**wrong):
        pass
