"""Observers see each operation that models make, and can neither change nor break it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from marshmallow import fields

from dynamorm import DynaModel, using
from dynamorm.data import GetItem, ItemResult, KeyAttribute, Operation, PutItem, Scan, TableSpec
from dynamorm.engine import plans
from dynamorm.engine.async_runner import ThreadedBackend, run_async
from dynamorm.engine.runner import run
from dynamorm.exceptions import ConditionFailed, TableNotFound
from dynamorm.plugins import finder
from dynamorm.ports.backends import Backend
from dynamorm.ports.hooks import hookimpl
from tests.core.backends import ScriptedBackend


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


@contextmanager
def registered(*plugins: object) -> Iterator[None]:
    with ExitStack() as stack:
        for plugin in plugins:
            finder().register(plugin)
            stack.callback(finder().unregister, plugin)
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
        await run_async(plan, ThreadedBackend(backend))

    clock = iter([10.0, 12.5])
    monkeypatch.setattr("dynamorm.engine.execution.perf_counter", lambda: next(clock))
    with registered(observer), suppress(TableNotFound):
        if runs_async:
            asyncio.run(main())
        else:
            run(plan, backend)
    assert observer.kinds == [GetItem]
    assert observer.errors == ([answer] if failing else [])
    assert observer.seconds == [2.5]
