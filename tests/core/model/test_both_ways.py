"""Budgets, costs, versions, times to live, cursors and explanations are the same for verbs that block or are awaited.

Each behaviour is one coroutine. It checks what happens, and runs both ways, which have to send the same operations.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectAll
from dynamorm.data import Operation, TransactWrite
from dynamorm.data.records import replace
from dynamorm.exceptions import BudgetExceeded, InvalidCursor, StaleItem, StaleTransaction
from dynamorm.ports.hooks import hookimpl
from dynamorm.testing import Clock

SECRET = b"a secret of at least 16 bytes"


class Page(DynaModel):
    class Table:
        name = "pages"
        hash_key = "book"
        range_key = "number"
        version = "revision"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        range_key = "number"
        projection = ProjectAll()

    class Schema:
        book = fields.String(required=True)
        number = fields.Integer(required=True)
        author = fields.String()
        text = fields.String()
        revision = fields.Integer()


class Session(DynaModel):
    class Table:
        name = "sessions"
        hash_key = "id"
        ttl = "expires"
        hide_expired = True

    class Schema:
        id = fields.String(required=True)
        expires = fields.AwareDateTime()


class Way:
    """Calls verbs, which block or are awaited."""

    def __init__(self, *, awaited: bool) -> None:
        self.awaited = awaited

    async def __call__(self, owner: Any, verb: str, *args: Any, **kwargs: Any) -> Any:
        """Call a *verb*, by the name of the one that blocks."""
        if self.awaited:
            return await getattr(owner, f"a{verb}")(*args, **kwargs)
        return getattr(owner, verb)(*args, **kwargs)

    async def items(self, read: Any, most: int | None = None) -> list[Any]:
        """Iterate over a *read*, to its end or until so many items were given."""
        found: list[Any] = []
        if self.awaited:
            async for item in read:
                found.append(item)
                if len(found) == most:
                    break
        else:
            for item in read:
                found.append(item)
                if len(found) == most:
                    break
        return found

    def keys(self, *keys: Any) -> Any:
        """Read several pages by their keys."""
        return Page.aget_batch(keys) if self.awaited else Page.get_batch(keys)

    @asynccontextmanager
    async def block(self, block: Any) -> AsyncIterator[Any]:
        """Enter a *block* of a batch or a transaction."""
        if self.awaited:
            async with block as entered:
                yield entered
        else:
            with block as entered:
                yield entered


async def budgets(way: Way) -> Any:
    with dynamorm.budget(requests=100, capacity=100) as outer:
        with dynamorm.budget() as inner:
            await way(Page, "put", {"book": "b", "number": 1, "text": "x" * 2500})
            await way(Page, "get", book="b", number=1)
            assert (inner.requests, inner.capacity) == (2, 3.5)
        await way.items(Page.query(book="a").page_size(4))
        # Ten pages of the book, of which each request looks at four.
        assert outer.requests == 2 + 3
        assert await way(Page.scan(), "count") == 11
    with pytest.raises(BudgetExceeded, match="of 1 requests 1 were made"), dynamorm.budget(requests=1):
        await way.items(Page.query(book="a").page_size(4))
    with pytest.raises(BudgetExceeded, match="PutItem on table 'pages' would exceed"), dynamorm.budget(capacity=2):
        await way(Page, "put", {"book": "b", "number": 2, "text": "x" * 2500})
    assert await way(Page, "get", book="b", number=2) is None
    return outer.requests, outer.capacity


async def budgets_of_blocks(way: Way) -> Any:
    with dynamorm.budget() as spent:
        async with way.block(dynamorm.batch()) as batch:
            for number in range(30):
                batch.put(Session, {"id": str(number)})
        async with way.block(dynamorm.transaction()) as transaction:
            transaction.put(Page, {"book": "c", "number": 1})
            transaction.put(Session, {"id": "x"})
    # Two batches and a transaction, which costs twice as much.
    assert (spent.requests, spent.capacity) == (3, 34)
    with pytest.raises(BudgetExceeded), dynamorm.budget(requests=0):
        async with way.block(dynamorm.transaction()) as transaction:
            transaction.put(Page, {"book": "c", "number": 2})
    return await way(Page.query(book="c"), "count")


async def consumed_capacity(way: Way) -> Any:
    with dynamorm.using(dynamorm.connect("sqlite", return_consumed_capacity="INDEXES")):
        await way(Page.__table__, "create")
        page = Page(book="a", number=1, author="ann")
        await way(page, "save")
        await way(page, "update", author="bob")
        return [found.book for found in await way.items(Page.ByAuthor.query(author="bob"))]


async def versions(way: Way) -> Any:
    page = Page(book="v", number=1, text="one")
    await way(page, "save")
    assert page.revision == 1
    stale = await way(Page, "get", book="v", number=1)
    other = await way(Page, "get", book="v", number=1)
    await way(other, "update", text="two")
    assert other.revision == 2
    for verb, arguments in (("save", {}), ("save", {"partial": True}), ("update", {"text": "three"}), ("delete", {})):
        stale.text = "three"
        with pytest.raises(StaleItem) as raised:
            await way(stale, verb, **arguments)
        assert raised.value.item is not None
        assert raised.value.item["text"] == "two"
    with pytest.raises(StaleTransaction):
        async with way.block(dynamorm.transaction()) as transaction:
            transaction.save(stale)
    await way(Page, "update_item", book="v", number=1, text="four")
    await way(stale, "refresh")
    assert (stale.text, stale.revision) == ("four", 3)
    await way(stale, "save")
    return stale.revision


async def times_to_live(way: Way) -> Any:
    with Clock() as clock:
        clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
        await way(Session, "put_batch", *({"id": str(n), "expires": clock.now + timedelta(hours=n)} for n in range(4)))
        clock.advance(hours=1.5)
        found = sorted(session.id for session in await way.items(Session.scan()))
        assert found == ["2", "3"]
        assert await way(Session, "get", id="1") is None
        assert not await way(Session, "exists", id="1")
        assert await way(Session.scan(), "count") == 2
        assert await way(Session.scan(id="1"), "first") is None
        assert await way(Session.scan().unexpired(False), "count") == 4
        session, created = await way(Session, "get_or_create", id="1", defaults={"expires": clock.now})
        assert created
        return session.expires


async def cursors(way: Way) -> Any:
    read = Page.query(book="a").page_size(4)
    assert [page.number for page in await way.items(read, most=3)] == [0, 1, 2]
    assert read.last == {"book": "a", "number": 2}
    cursor = read.cursor
    rest = Page.query(book="a").limit(4).after(cursor)
    assert [page.number for page in await way.items(rest)] == [3, 4, 5, 6]
    assert [page.number for page in await way.items(rest.again())] == [7, 8, 9]
    assert rest.cursor is None
    signed = Page.query(book="a").signed(SECRET).limit(2)
    await way.items(signed)
    after = Page.query(book="a").signed(SECRET).after(signed.cursor)
    assert [page.number for page in await way.items(after.limit(2))] == [2, 3]
    for wrong in (Page.query(book="b").after(cursor), Page.query(book="a").signed(SECRET).after(cursor)):
        with pytest.raises(InvalidCursor):
            await way.items(wrong)
    pages = await way.items(Page.query(book="a").page_size(4).reverse().pages())
    assert [[page.number for page in each] for each in pages] == [[9, 8, 7, 6], [5, 4, 3, 2], [1, 0]]
    edge = pages[0].cursor_of(pages[0][1])
    assert (await way(Page.query(book="a").reverse().after(edge), "first")).number == 7
    segments = Page.scan().parallel(3)
    assert len(await way.items(segments)) == 10
    return [each.cursor for each in pages], signed.cursor


async def explanations(way: Way) -> Any:
    prefix = "a" if way.awaited else ""
    verbs: tuple[tuple[Any, str, dict[str, Any]], ...] = (
        (Page, "get", {"book": "a", "number": 1}),
        (Page, "put", {"book": "a", "number": 1}),
        (Page(book="z", number=1), "save", {}),
        (Page, "update_item", {"book": "a", "number": 1, "text": "x"}),
        (Session, "get_or_create", {"id": "1"}),
    )
    told = []
    for owner, verb, arguments in verbs:
        given = [arguments] if verb == "put" else []
        named = {} if verb == "put" else arguments
        told.append(str(dynamorm.explain(getattr(owner, f"{prefix}{verb}"), *given, **named)))
    with dynamorm.budget() as spent:
        told.append(str(Page.scan(text="x").explain()))
    assert spent.requests == 0
    assert "GetItem on table 'pages'" in told[0]
    return told


async def batch_reads(way: Way) -> Any:
    with dynamorm.budget() as spent:
        found = await way.items(way.keys(*(("a", n % 15) for n in range(120))))
    assert sorted(page.number for page in found) == list(range(10))
    assert (spent.requests, spent.capacity) == (1, 7.5)


BEHAVIOURS: tuple[Callable[[Way], Awaitable[Any]], ...] = (
    batch_reads,
    budgets,
    budgets_of_blocks,
    consumed_capacity,
    cursors,
    explanations,
    times_to_live,
    versions,
)


class Observer:
    """Keeps the operations that were sent, and what they cost."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    @hookimpl
    def dynamorm_operation_done(self, operation: Operation[Any], error: Any, consumed_capacity: Any) -> None:
        if isinstance(operation, TransactWrite):
            # It is at random.
            operation = replace(operation, token=None)
        self.seen.append((operation, type(error), consumed_capacity))


def observed(behaviour: Callable[[Way], Awaitable[Any]], way: Way) -> tuple[Any, list[Any]]:
    """Run a *behaviour* on new tables; return its result and what was sent."""

    async def run() -> Any:
        async with dynamorm.using("sqlite"):
            dynamorm.create_all([Page, Session])
            for number in range(10):
                Page.put({"book": "a", "number": number, "author": "ann"})
            dynamorm.observe(observer)
            try:
                return await behaviour(way)
            finally:
                dynamorm.unobserve(observer)

    observer = Observer()
    return asyncio.run(run()), observer.seen


@pytest.mark.one_schema_library
@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.__name__)
def test_both_ways(behaviour: Callable[[Way], Awaitable[Any]]) -> None:
    blocking = observed(behaviour, Way(awaited=False))
    awaited = observed(behaviour, Way(awaited=True))
    assert awaited == blocking
    assert blocking[1] or behaviour is explanations


def test_budget_is_shared_by_the_tasks_of_its_block() -> None:
    async def main() -> tuple[int, Counter[Any]]:
        async with dynamorm.using("sqlite"):
            dynamorm.create_all([Page])
            with dynamorm.budget(requests=5) as spent:
                reads = (Page.aget(book="a", number=number) for number in range(8))
                found = await asyncio.gather(*reads, return_exceptions=True)
        return spent.requests, Counter(map(type, found))

    assert asyncio.run(main()) == (5, {type(None): 5, BudgetExceeded: 3})


def test_budget_of_a_task_is_not_that_of_another() -> None:
    async def read(requests: int) -> int:
        with dynamorm.budget(requests=requests) as spent:
            for number in range(requests):
                await Page.aget(book="a", number=number)
        return spent.requests

    async def main() -> list[int]:
        async with dynamorm.using("sqlite"):
            dynamorm.create_all([Page])
            return list(await asyncio.gather(*map(read, (1, 2, 3))))

    assert asyncio.run(main()) == [1, 2, 3]
