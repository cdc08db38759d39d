"""Gets that are awaited at the same time in a block of ``merged_reads()`` are sent together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel
from dynamorm.data import BatchGet, BatchGetKeys, BatchGetResult, GetItem, Item, ItemResult, Operation
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import current_connection, open_backend
from dynamorm.exceptions import (
    AccessDenied,
    BackendUnavailable,
    BudgetExceeded,
    CapacityExceeded,
    DynaModelException,
    InvalidKey,
    InvalidValue,
    TableNotFound,
    Throttled,
    ThrottlingReason,
    Unsupported,
)
from dynamorm.ports.backends import AsyncBackend, Capability
from dynamorm.ports.hooks import hookimpl

Result = TypeVar("Result")


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.String(required=True)
        title = fields.String()
        tags = fields.List(fields.String())


class Visit(DynaModel):
    class Table:
        name = "visits"
        hash_key = "page"
        range_key = "number"

    class Schema:
        page = fields.String(required=True)
        number = fields.Decimal(required=True)


class Service(AsyncBackend):
    """A backend in memory that keeps what it is sent, and does first what a test says."""

    capabilities = frozenset({Capability.CONCURRENT_CALLS, Capability.CONSUMED_CAPACITY})

    def __init__(self) -> None:
        self.backend = open_backend("sqlite")
        self.sent: list[Operation[Any]] = []
        self.meet: Callable[[Operation[Any]], Any] = lambda operation: None
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def execute(self, operation: Operation[Result]) -> Result:
        self.sent.append(operation)
        await self.may_answer.wait()
        answer = self.meet(operation)
        if isinstance(answer, BaseException):
            raise answer
        return self.backend.execute(operation) if answer is None else answer

    async def close(self) -> None:
        self.backend.close()

    @property
    def keys(self) -> list[list[str]]:
        """The keys of each request that was sent, one for a get."""
        return [
            [str(each["isbn"]) for each in (get.requests[0].keys if isinstance(get, BatchGet) else (get.key,))]
            for get in self.sent
            if isinstance(get, (BatchGet, GetItem))
        ]


@pytest.fixture
def service() -> Iterator[Service]:
    """A service with twenty books, which is the default."""
    service = Service()
    with dynamorm.using(service.backend):
        dynamorm.create_all([Book, Visit])
        Book.put_batch(*({"isbn": str(n), "title": f"Title {n}", "tags": ["a"]} for n in range(20)))
    with dynamorm.using(service):
        yield service
    service.backend.close()


def run(*isbns: object, **options: Any) -> list[Any]:
    """Read books together, and return their titles, or the exceptions."""

    async def main() -> list[Any]:
        async with dynamorm.merged_reads():
            reads = (Book.aget(isbn=str(isbn), **options) for isbn in isbns)
            return await asyncio.gather(*reads, return_exceptions=True)

    return [getattr(book, "title", book) for book in asyncio.run(main())]


def test_gets_of_one_turn_are_one_request(service: Service) -> None:
    assert run(1, "none", 3, 2) == ["Title 1", None, "Title 3", "Title 2"]
    assert service.keys == [["1", "none", "3", "2"]]


def test_one_get_stays_a_get(service: Service) -> None:
    assert run(1) == ["Title 1"]
    assert run(2, 2) == ["Title 2", "Title 2"]
    assert [type(each) for each in service.sent] == [GetItem, GetItem]


def test_outside_of_a_block_nothing_is_merged(service: Service) -> None:
    async def main() -> None:
        async with dynamorm.merged_reads():
            pass
        await asyncio.gather(Book.aget(isbn="1"), Book.aget(isbn="2"))

    asyncio.run(main())
    assert [type(each) for each in service.sent] == [GetItem, GetItem]


def test_each_hundred_is_sent_without_waiting_for_the_rest(service: Service) -> None:
    assert run(*range(250)) == [f"Title {n}" if n < 20 else None for n in range(250)]
    assert [len(keys) for keys in service.keys] == [100, 100, 50]


def test_item_that_several_want_is_read_once_and_each_has_its_own(service: Service) -> None:
    async def main() -> list[Any]:
        async with dynamorm.merged_reads():
            return list(await asyncio.gather(*(Book.aget(isbn=isbn) for isbn in ("1", "2", "1", "1"))))

    first, _, second, third = asyncio.run(main())
    first.tags.append("changed")
    assert [second.tags, third.tags] == [["a"], ["a"]]
    assert service.keys == [["1", "2"]]


def test_raw_items_of_one_read_share_nothing(service: Service) -> None:
    async def main() -> list[ItemResult]:
        async with dynamorm.merged_reads():
            gets = [GetItem("books", {"isbn": isbn}) for isbn in ("1", "1", "2")]
            return await asyncio.gather(*map(current_connection().aexecute, gets))

    first, second, _ = asyncio.run(main())
    assert first == second
    assert first.item is not None
    assert second.item is not None
    assert first.item["tags"] is not second.item["tags"]


def test_nothing_is_cached(service: Service) -> None:
    async def main() -> list[Any]:
        async with dynamorm.merged_reads():
            before = await asyncio.gather(Book.aget(isbn="1"), Book.aget(isbn="2"))
            await Book.aupdate_item(isbn="1", title="changed")
            after = await asyncio.gather(Book.aget(isbn="1"), Book.aget(isbn="2"))
        return [book.title for book in (*before, *after) if book]

    assert asyncio.run(main()) == ["Title 1", "Title 2", "changed", "Title 2"]


def test_different_gets_are_not_merged(service: Service) -> None:
    other = Service()
    with dynamorm.using(other.backend):
        dynamorm.create_all([Book])

    async def main() -> list[Any]:
        async def elsewhere(isbn: str) -> Any:
            with dynamorm.using(other):
                return await Book.aget(isbn=isbn)

        async with dynamorm.merged_reads():
            plain = [Book.aget(isbn="1"), Book.aget(isbn="2")]
            consistent = [Book.aget(isbn="1", consistent=True), Book.aget(isbn="2", consistent=True)]
            projected = [Book.aget(isbn="1", attrs="title"), Book.aget(isbn="2", attrs="title")]
            visits = [Visit.aget(page="a", number=1), Visit.aget(page="a", number=2)]
            elsewhere_too = [elsewhere("1")]
            return list(await asyncio.gather(*plain, *consistent, *projected, *visits, *elsewhere_too))

    found = asyncio.run(main())
    assert [getattr(book, "title", None) for book in found] == ["Title 1", "Title 2"] * 3 + [None] * 3
    assert [(type(each), getattr(each, "table", "")) for each in other.sent] == [(GetItem, "books")]
    requests = [each.requests[0] for each in service.sent if isinstance(each, BatchGet)]
    assert [(each.table, each.consistent, len(each.keys)) for each in requests] == [
        ("books", False, 2),
        ("books", True, 2),
        ("books", False, 2),
        ("visits", False, 2),
    ]
    # The key that the projection lacks is read to tell the items, and is not in the result.
    assert found[4].tags is None
    assert found[4].isbn is None
    other.backend.close()


def test_number_keys_are_equal_in_every_form(service: Service) -> None:
    with dynamorm.using(service.backend):
        Visit.put_batch({"page": "a", "number": "1.50"}, {"page": "a", "number": "20"})

    async def main() -> list[Any]:
        async with dynamorm.merged_reads():
            return list(await asyncio.gather(*(Visit.aget(page="a", number=n) for n in ("1.5", "2E+1", "3"))))

    assert [visit and str(visit.number) for visit in asyncio.run(main())] == ["1.5", "20", None]


def unprocessed(request: BatchGet, isbns: list[str], found: list[str]) -> BatchGetResult:
    keys = request.requests[0]
    left = tuple(key for key in keys.keys if key["isbn"] in isbns)
    items: list[Item] = [{"isbn": isbn, "title": f"Title {isbn}"} for isbn in found]
    return BatchGetResult({"books": items}, (BatchGetKeys("books", left),) if left else ())


def test_unprocessed_keys_are_sent_again(service: Service) -> None:
    answers = iter([(["2", "3"], ["1"]), (["3"], ["2"])])

    def meet(operation: Operation[Any]) -> Any:
        answer = next(answers, None)
        return unprocessed(operation, *answer) if answer and isinstance(operation, BatchGet) else None

    service.meet = meet
    assert run(1, 2, 3, "none") == ["Title 1", "Title 2", "Title 3", None]
    assert service.keys == [["1", "2", "3", "none"], ["2", "3"], ["3"]]


def test_what_stays_unprocessed_fails_only_its_own_callers(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dynamorm.engine.plans.backoff.FIRST_PAUSE", 0.0)

    def meet(operation: Operation[Any]) -> Any:
        assert isinstance(operation, BatchGet)
        return unprocessed(operation, ["2"], ["1", "3"])

    service.meet = meet
    one, two, again, three = run(1, 2, 2, 3)
    assert (one, three) == ("Title 1", "Title 3")
    assert isinstance(two, Throttled)
    assert isinstance(again, Throttled)
    assert "A get from 'books' was not processed" in str(two)
    # The first request has made progress.
    assert two.tries == 9
    assert service.keys == [["1", "2", "3"], *[["2"]] * 8]


def test_throttled_batch_is_sent_again_as_a_whole(service: Service) -> None:
    failures = iter([Throttled("slowly"), Throttled("slowly")])
    service.meet = lambda operation: next(failures, None)
    assert run(1, 2) == ["Title 1", "Title 2"]
    assert len(service.sent) == 3


@pytest.mark.usefixtures("pauses")
def test_each_get_of_a_throttled_batch_has_its_reason_and_its_own_key(service: Service) -> None:
    reasons = [ThrottlingReason("TableReadProvisionedThroughputExceeded", "provisioned", "table", "read", "books")]
    service.meet = lambda operation: CapacityExceeded("Table 'books' has no capacity left.", reasons=reasons)
    failures = run(1, 2)
    assert [type(each) for each in failures] == [CapacityExceeded] * 2
    assert [each.key for each in failures] == [{"isbn": "1"}, {"isbn": "2"}]
    assert {each.reasons for each in failures} == {tuple(reasons)}
    assert "Table 'books' has no capacity left." in str(failures[0])


@pytest.mark.parametrize("refusal", [InvalidKey("wrong"), InvalidValue("wrong"), Unsupported("no batches")])
def test_batch_that_is_refused_becomes_single_gets(service: Service, refusal: Exception) -> None:
    service.meet = lambda operation: refusal if isinstance(operation, BatchGet) else None
    assert run(1, 2, 3) == ["Title 1", "Title 2", "Title 3"]
    assert [type(each) for each in service.sent] == [BatchGet, GetItem, GetItem, GetItem]


def test_get_that_is_wrong_fails_alone(service: Service) -> None:
    async def main() -> list[Any]:
        async with dynamorm.merged_reads():
            keys: list[Any] = [{"isbn": "1"}, {"isbn": 2}, {"isbn": ["3"]}, {"title": "4"}, {"isbn": "5"}]
            gets = (current_connection().aexecute(GetItem("books", key)) for key in keys)
            return list(await asyncio.gather(*gets, return_exceptions=True))

    first, *wrong, last = asyncio.run(main())
    assert [first.item["title"], last.item["title"]] == ["Title 1", "Title 5"]
    assert [type(each) for each in wrong] == [InvalidKey] * 3


def test_failure_of_the_batch_is_that_of_each_get(service: Service) -> None:
    service.meet = lambda operation: BackendUnavailable("It can't be reached.")
    failures = run(1, 2, 2)
    assert [str(each) for each in failures] == ["It can't be reached."] * 3
    assert len({id(each) for each in failures}) == 3
    service.meet = lambda operation: TableNotFound("There is none.")
    assert [type(each) for each in run(1, 2)] == [TableNotFound] * 2
    assert len(service.sent) == 2


def test_failure_that_can_not_be_copied_is_shared(service: Service) -> None:
    class OfAPlugin(BackendUnavailable):
        def __init__(self, host: str, port: int) -> None:
            super().__init__(f"{host}:{port} can't be reached.")

    service.meet = lambda operation: OfAPlugin("localhost", 8000)
    first, second = run(1, 2)
    assert first is second
    assert str(first) == "localhost:8000 can't be reached."


def test_missing_permission_is_named(service: Service) -> None:
    service.meet = lambda operation: AccessDenied("It is denied.")
    for failure in run(1, 2):
        assert isinstance(failure, AccessDenied)
        assert "needs the permission dynamodb:BatchGetItem. Allow it, or read outside of the block" in str(failure)


def test_budget_counts_the_batch_and_the_keys(service: Service) -> None:
    async def main() -> tuple[int, float]:
        async with dynamorm.merged_reads():
            with dynamorm.budget(requests=1, capacity=10) as budget:
                await asyncio.gather(*(Book.aget(isbn=str(n)) for n in range(20)))
        return budget.requests, budget.capacity

    assert asyncio.run(main()) == (1, 10.0)


def test_budgets_are_not_mixed(service: Service) -> None:
    async def read(isbns: range, capacity: float) -> list[Any]:
        with dynamorm.budget(capacity=capacity):
            reads = (Book.aget(isbn=str(n)) for n in isbns)
            return list(await asyncio.gather(*reads, return_exceptions=True))

    async def main() -> list[Any]:
        async with dynamorm.merged_reads():
            return list(await asyncio.gather(read(range(4), 1.0), read(range(4, 8), 100)))

    little, enough = asyncio.run(main())
    # What the budget allows is read, as it would be by single gets.
    assert [type(each) for each in little] == [Book, Book, BudgetExceeded, BudgetExceeded]
    assert [book.title for book in enough] == [f"Title {n}" for n in range(4, 8)]


def test_caller_that_is_cancelled_before_the_request_is_not_in_it(service: Service) -> None:
    async def main() -> list[Any]:
        async with dynamorm.merged_reads():
            tasks = [asyncio.create_task(Book.aget(isbn=str(n))) for n in range(4)]
            asyncio.get_running_loop().call_soon(tasks[1].cancel)
            asyncio.get_running_loop().call_soon(tasks[2].cancel)
            return await asyncio.gather(*tasks, return_exceptions=True)

    found = asyncio.run(main())
    assert [type(each) for each in found] == [Book, asyncio.CancelledError, asyncio.CancelledError, Book]
    assert service.keys == [["0", "3"]]


def test_request_goes_on_until_its_last_caller_is_cancelled(service: Service) -> None:
    async def main() -> None:
        service.may_answer.clear()
        async with dynamorm.merged_reads():
            tasks = [asyncio.create_task(Book.aget(isbn=str(n % 2))) for n in range(3)]
            while not service.sent:
                await asyncio.sleep(0)
            before = asyncio.all_tasks()
            for task in tasks[:2]:
                task.cancel()
            await asyncio.sleep(0.001)
            # Those two, and the request goes on.
            assert len(before - asyncio.all_tasks()) == 2
            service.may_answer.set()
            book = await tasks[2]
            assert book is not None
            assert book.title == "Title 0"
            service.may_answer.clear()
            tasks = [asyncio.create_task(Book.aget(isbn=str(n))) for n in range(3)]
            while len(service.sent) < 2:
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.sleep(0.001)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_request_runs_in_the_context_of_its_first_caller(service: Service) -> None:
    who = ContextVar("who", default="nobody")
    seen: list[str] = []

    def meet(operation: Operation[Any]) -> None:
        seen.append(who.get())

    service.meet = meet

    async def read(name: str, isbn: int) -> None:
        who.set(name)
        await Book.aget(isbn=str(isbn))

    async def main() -> None:
        async with dynamorm.merged_reads():
            await asyncio.gather(*(read(f"task {n}", n) for n in range(120)))

    asyncio.run(main())
    assert seen == ["task 0", "task 100"]


def test_observers_see_one_operation(service: Service) -> None:
    seen: list[Operation[Any]] = []

    class Observer:
        @hookimpl
        def dynamorm_operation_done(self, operation: Operation[Any]) -> None:
            seen.append(operation)

    observer = Observer()
    dynamorm.observe(observer)
    try:
        run(1, 2, 3)
    finally:
        dynamorm.unobserve(observer)
    assert [type(each) for each in seen] == [BatchGet]


def test_blocks_and_loops_are_apart(service: Service) -> None:
    async def main() -> None:
        block = dynamorm.merged_reads()
        async with block:
            with pytest.raises(DynaModelException, match=r"in use already\. Call dynamorm\.merged_reads\(\) again"):
                await block.__aenter__()
            inner = asyncio.to_thread(run, 1, 2)
            assert await asyncio.gather(Book.aget(isbn="3"), inner, Book.aget(isbn="4"))
            async with dynamorm.merged_reads():
                await asyncio.gather(Book.aget(isbn="5"), Book.aget(isbn="6"))
        async with block:
            await asyncio.gather(Book.aget(isbn="7"), Book.aget(isbn="8"))

    asyncio.run(main())
    assert sorted(service.keys) == [["1", "2"], ["3", "4"], ["5", "6"], ["7", "8"]]


def plain_factory(loop: asyncio.AbstractEventLoop, coroutine: Any) -> asyncio.Task[Any]:
    """Make a task, without the argument ``context``."""
    return asyncio.Task(coroutine, loop=loop)


FACTORIES = [plain_factory, *filter(None, [getattr(asyncio, "eager_task_factory", None)])]


@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory.__name__)
def test_tasks_are_made_as_the_program_says(service: Service, factory: Any) -> None:
    async def main() -> list[Any]:
        asyncio.get_running_loop().set_task_factory(factory)
        async with dynamorm.merged_reads():
            return list(await asyncio.gather(*(Book.aget(isbn=str(n)) for n in range(120))))

    assert [book.title for book in asyncio.run(main()) if book] == [f"Title {n}" for n in range(20)]
    assert [len(keys) for keys in service.keys] == [100, 20]


@pytest.fixture(params=["sqlite", "dynamodb_local"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection to empty tables, of a backend with an asynchronous side. moto accepts keys of wrong types."""
    if request.param == "sqlite":
        opened = dynamorm.using("sqlite")
    else:
        opened = dynamorm.using(
            "boto3://us-east-1",
            endpoint_url=request.getfixturevalue(request.param),
            aws_access_key_id="merged",
            aws_secret_access_key="test",
        )
    with opened as connection:
        dynamorm.create_all([Book, Visit])
        yield connection
        for model in (Book, Visit):
            model.__table__.drop()


def plain(outcome: object) -> Any:
    """Return what can be compared of the *outcome* of a get."""
    match outcome:
        case DynaModel():
            return outcome.to_dict()
        case ItemResult(item=item):
            return item
        case BaseException():
            return type(outcome)
    return outcome


def test_backends_read_the_same_together_as_alone(connection: Connection) -> None:
    async def read() -> list[Any]:
        books = [Book.aget(isbn=isbn) for isbn in ("1", "2", "none", "1")]
        visits = [Visit.aget(page="a", number=number) for number in ("1.50", "20", "3")]
        parts = [Book.aget(isbn=isbn, attrs="title, tags") for isbn in ("1", "2", "none")]
        keys: list[Any] = [{"isbn": "1"}, {"isbn": 2}, {"title": "1"}, {"isbn": "2"}]
        gets = [connection.aexecute(GetItem("books", key)) for key in keys]
        found = await asyncio.gather(*books, *visits, *parts, *gets, return_exceptions=True)
        return [plain(each) for each in found]

    async def main() -> tuple[list[Any], list[Any]]:
        async with dynamorm.merged_reads():
            together = await read()
        return together, await read()

    Book.put_batch({"isbn": "1", "title": "One", "tags": ["a", "b"]}, {"isbn": "2", "tags": ["c"]})
    Visit.put_batch({"page": "a", "number": "1.5"}, {"page": "a", "number": "20.0"})
    together, alone = asyncio.run(main())
    assert together == alone
    assert together[:2] == [{"isbn": "1", "title": "One", "tags": ["a", "b"]}, {"isbn": "2", "tags": ["c"]}]
    assert [type(each) for each in together].count(type(None)) == 3
    assert [each for each in together if isinstance(each, type)] == [InvalidKey, InvalidKey]
