"""Observers see each operation that models make, and can neither change nor break it."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import pytest
from marshmallow import fields

from dynamorm import DynaModel, observe, unobserve, using
from dynamorm.data import (
    AttributeExists,
    BatchGet,
    BatchWrite,
    BatchWriteResult,
    ConditionCheck,
    DeleteItem,
    DescribeTable,
    GetItem,
    Item,
    ItemResult,
    KeyAttribute,
    Operation,
    Path,
    PutItem,
    PutRequest,
    Scan,
    TableSpec,
    TransactGet,
    TransactGetResult,
    TransactWrite,
    TransactWriteResult,
)
from dynamorm.engine.plans import items as plans
from dynamorm.engine.plans.steps import Parallel, Plan
from dynamorm.engine.run.aio import run_async
from dynamorm.engine.run.call import execute
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.sync import run
from dynamorm.exceptions import ConditionFailed, InvalidObserver, TableNotFound
from dynamorm.plugins import finder
from dynamorm.ports.backends import Backend
from dynamorm.ports.hooks import hookimpl
from tests.support.backends import ScriptedBackend

ITEM: Item = {"isbn": "1"}
GET = GetItem("books", ITEM)


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.String()


class Observer:
    def __init__(self) -> None:
        self.kinds: list[type] = []
        self.errors: list[BaseException] = []
        self.seconds: list[float] = []

    @hookimpl
    def dynamorm_operation_done(self, operation: Operation[Any], error: BaseException | None, seconds: float) -> None:
        self.kinds.append(type(operation))
        self.seconds.append(seconds)
        if error is not None:
            self.errors.append(error)


class Meddler:
    """Tries to answer in the backend's place."""

    @hookimpl(tryfirst=True)
    def dynamorm_operation_done(self, result: Any) -> str:
        return "mine"


class Faulty:
    @hookimpl(tryfirst=True)
    def dynamorm_operation_done(self, operation: Operation[Any]) -> None:
        operation.table = "elsewhere"  # type: ignore[attr-defined]


class Counter:
    """Counts items."""

    def __init__(self) -> None:
        self.items: list[tuple[type, int]] = []

    @hookimpl
    def dynamorm_operation_done(self, operation: Operation[Any], items: int) -> None:
        self.items.append((type(operation), items))


class Mistaken:
    @hookimpl
    def dynamorm_operation_done(self, duration: float) -> None:
        pass


class Wrapper:
    """Would stand around the other observers."""

    @hookimpl(wrapper=True)
    def dynamorm_operation_done(self) -> Generator[None, object, object]:
        return (yield)


class OldWrapper:
    @hookimpl(hookwrapper=True)
    def dynamorm_operation_done(self) -> Generator[None, Any, None]:
        yield


class Awaited:
    @hookimpl
    async def dynamorm_operation_done(self) -> None:
        pass


class Unmarked:
    def dynamorm_operation_done(self, seconds: float) -> None:
        pass


@contextmanager
def registered(*plugins: object) -> Iterator[None]:
    with ExitStack() as stack:
        for plugin in plugins:
            stack.enter_context(observe(plugin))
        yield


@pytest.fixture
def books(sqlite_memory: Backend) -> Iterator[type[DynaModel]]:
    with using(sqlite_memory):
        table: type[DynaModel] = Book
        table.Table.create_table()
        yield Book


def test_observers_see_each_operation(books: type[DynaModel]) -> None:
    one, other = Observer(), Observer()
    with registered(one, other):
        Book.put({"isbn": "1"})
        Book.get(isbn="1")
        list(Book.scan())
    Book.get(isbn="1")
    assert one.kinds == other.kinds == [PutItem, GetItem, Scan]


def test_observers_see_failures(books: type[DynaModel]) -> None:
    observer = Observer()
    Book.put({"isbn": "1"})
    with registered(observer):
        with pytest.raises(ConditionFailed) as refused:
            Book.put_unique({"isbn": "1"})
        books.Table.delete()
        with pytest.raises(TableNotFound) as missing:
            Book.get(isbn="1")
    assert refused.value.__cause__ in observer.errors
    assert missing.value in observer.errors


def test_observer_can_not_answer(books: type[DynaModel]) -> None:
    with registered(Meddler()):
        Book.put({"isbn": "1"})
        found = Book.get(isbn="1")
    assert found is not None
    assert found.isbn == "1"


def test_observer_can_not_break_an_operation_nor_silence_the_others(
    books: type[DynaModel], caplog: pytest.LogCaptureFixture
) -> None:
    observer = Observer()
    with registered(observer, Faulty()):
        Book.put({"isbn": "1"})
    assert Book.get(isbn="1") is not None
    assert "FrozenInstanceError" in caplog.text
    assert observer.kinds == [PutItem]


@pytest.mark.parametrize("failing", [False, True])
@pytest.mark.parametrize("runs_async", [False, True])
def test_observers_are_told_how_long_it_took(failing: bool, runs_async: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    observer = Observer()
    answer = TableNotFound("none") if failing else ItemResult(None)
    backend = ScriptedBackend(answer)
    plan = plans.get(TableSpec("books", KeyAttribute("isbn", "S")), {"isbn": "1"})

    async def main() -> None:
        await run_async(plan, Connection(backend))

    clock = iter([10.0, 12.5])
    monkeypatch.setattr("dynamorm.engine.run.observed_call.perf_counter", lambda: next(clock))
    with registered(observer), suppress(TableNotFound):
        if runs_async:
            asyncio.run(main())
        else:
            run(plan, Connection(backend))
    assert observer.kinds == [GetItem]
    assert observer.errors == ([answer] if failing else [])
    assert observer.seconds == [2.5]


def test_observers_are_told_how_many_items_there_were(books: type[DynaModel]) -> None:
    counter = Counter()
    with registered(counter):
        Book.put({"isbn": "1"})
        Book.put_batch({"isbn": "2"}, {"isbn": "3"})
        Book.get(isbn="1")
        Book.get(isbn="9")
        list(Book.get_batch([{"isbn": "1"}, {"isbn": "2"}, {"isbn": "9"}]))
        list(Book.scan(isbn__ne="1"))
        assert Book.scan().count() == 3
        Book.delete_batch({"isbn": "1"})
        assert books.Table.exists
        with pytest.raises(ConditionFailed):
            Book.put_unique({"isbn": "2"})
    assert counter.items == [
        (PutItem, 1),
        (BatchWrite, 2),
        (GetItem, 1),
        (GetItem, 0),
        (BatchGet, 2),
        (Scan, 2),
        (Scan, 3),
        (BatchWrite, 1),
        (DescribeTable, 0),
        (PutItem, 0),
    ]


@pytest.mark.parametrize(
    ("operation", "result", "items"),
    [
        (BatchWrite((PutRequest("books", ITEM),) * 3), BatchWriteResult((PutRequest("books", ITEM),)), 2),
        (TransactGet((GET, GET, GET)), TransactGetResult((ITEM, None, ITEM)), 2),
        (
            TransactWrite(
                (
                    PutItem("books", ITEM),
                    DeleteItem("books", ITEM),
                    ConditionCheck("books", ITEM, AttributeExists(Path.of("isbn"))),
                )
            ),
            TransactWriteResult(),
            2,
        ),
    ],
    ids=["unprocessed", "transactional-read", "transactional-write"],
)
def test_items_that_were_not_read_or_written_do_not_count(operation: Operation[Any], result: Any, items: int) -> None:
    counter = Counter()
    with registered(counter):
        execute(Connection(ScriptedBackend(result)), operation)
    assert counter.items == [(type(operation), items)]


def test_observer_is_added_and_removed() -> None:
    observer, backend = Observer(), Connection(ScriptedBackend(*[ItemResult(None)] * 4))
    observe(observer)
    execute(backend, GET)
    unobserve(observer)
    execute(backend, GET)
    with observe(observer):
        execute(backend, GET)
    execute(backend, GET)
    assert observer.kinds == [GetItem, GetItem]


def test_observer_may_be_removed_before_its_block_ends() -> None:
    observer = Observer()
    with observe(observer):
        unobserve(observer)
        execute(Connection(ScriptedBackend(ItemResult(None))), GET)
    assert observer.kinds == []


def test_observer_can_not_be_added_twice_nor_removed_twice() -> None:
    observer = Observer()
    with observe(observer):
        with pytest.raises(InvalidObserver, match="An observer of the type Observer observes already"):
            observe(observer)
        execute(Connection(ScriptedBackend(ItemResult(None))), GET)
    with pytest.raises(InvalidObserver, match="does not observe"):
        unobserve(observer)
    assert observer.kinds == [GetItem]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Mistaken(), r"type Mistaken does not fit the hooks: .*'duration'.* dynamorm\.ports\.hooks has them all"),
        (Unmarked(), "type Unmarked observes nothing: .* marked with hookimpl"),
        (Observer, "The class Observer was given as an observer. Give an instance"),
        (Wrapper(), "type Wrapper implements dynamorm_operation_done as a wrapper. .* use hookimpl without wrapper"),
        (OldWrapper(), "type OldWrapper implements dynamorm_operation_done as a wrapper"),
        (Awaited(), "type Awaited implements dynamorm_operation_done as a coroutine .* Make it a plain function"),
    ],
    ids=["unknown-argument", "not-marked", "class", "wrapper", "old-wrapper", "coroutine"],
)
def test_object_that_can_not_observe(wrong: object, message: str) -> None:
    with pytest.raises(InvalidObserver, match=message) as refused:
        observe(wrong)
    assert isinstance(refused.value, TypeError)
    assert not finder().observers.active
    with pytest.raises(InvalidObserver):
        unobserve(wrong)


@pytest.mark.parametrize("wrong", [Wrapper(), OldWrapper(), Awaited()])
def test_plugin_of_the_program_that_can_not_observe(wrong: object) -> None:
    with pytest.raises(InvalidObserver, match="implements dynamorm_operation_done as a"):
        finder().register(wrong)
    assert not finder().observers.active


@pytest.mark.parametrize("runs_async", [False, True])
def test_observers_see_the_context_of_the_caller(runs_async: bool) -> None:
    request: ContextVar[str] = ContextVar("request")
    seen: list[str] = []

    class Tracing:
        @hookimpl
        def dynamorm_operation_done(self, operation: Operation[Any]) -> None:
            seen.append(request.get())

    def plan() -> Plan[list[Any]]:
        results: list[Any] = yield Parallel((GET, GET, GET))
        return results

    async def main() -> None:
        await run_async(plan(), Connection(backend))

    backend = ScriptedBackend(*[ItemResult(None)] * 3, concurrent=True)
    request.set("seventh")
    with registered(Tracing()):
        if runs_async:
            asyncio.run(main())
        else:
            run(plan(), Connection(backend))
    assert seen == ["seventh"] * 3
