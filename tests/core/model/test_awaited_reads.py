"""Reads on an event loop: what they send and find is what the same reads do without one."""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, TypeVar

import pytest

from dynamorm import DynaModel, GlobalIndex, OneToOne, ProjectKeys, using
from dynamorm.data import Operation, Query
from dynamorm.data.results import PageResult
from dynamorm.data.values import Item
from dynamorm.engine.plans.turns import CHUNK
from dynamorm.exceptions import (
    BackendUnavailable,
    DynaModelException,
    InvalidCursor,
    MultipleItemsFound,
    NoItemFound,
    ValidationError,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import AsyncTwin, RecordingBackend, ScriptedBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library

Result = TypeVar("Result")


class User(DynaModel):
    class Table:
        name = "users"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)


class Reply(DynaModel):
    class Table:
        name = "replies"
        hash_key = "forum"
        range_key = "number"

    class ByUser(GlobalIndex):
        name = "by-user"
        hash_key = "user"
        range_key = "number"
        projection = ProjectKeys()

    class Schema:
        forum = fields.text(required=True)
        number = fields.integer(required=True)
        text = fields.text(required=True, longest=3)
        user = fields.text()

    author = OneToOne(User, query=lambda reply: {"name": reply.user}, auto_create=False)


def _ten_replies() -> None:
    table_of(User).create_table()
    table_of(Reply).create_table()
    User.put({"name": "ann"})
    Reply.put_batch(*({"forum": "a", "number": n, "text": f"t{n}", "user": "ann"} for n in range(10)))


def _put_invalid(number: int) -> None:
    table_of(Reply).put({"forum": "a", "number": number, "text": "too long", "user": "ann"})


@pytest.fixture
def replies_of_a(connected: Backend) -> Backend:
    """Each backend in turn, in force, with ten replies."""
    _ten_replies()
    return connected


@pytest.fixture
def recorded(recorder: RecordingBackend) -> RecordingBackend:
    """The embedded backend with ten replies, in force; it keeps what it is sent from now on."""
    _ten_replies()
    recorder.sent.clear()
    return recorder


def awaited(program: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Return what a *program* returns on an event loop, of which no task is left."""

    async def main() -> Result:
        result = await program()
        gc.collect(1)  # what the program has made is young
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return result

    return asyncio.run(main())


def numbers(found: Any) -> list[int]:
    return [reply.number for reply in found]


def in_pages() -> Any:
    return Reply.query(forum="a").page_size(4)


READS: dict[str, Callable[[], Any]] = {
    "query": lambda: Reply.query(forum="a"),
    "pages": in_pages,
    "limit over pages": lambda: in_pages().limit(6).reverse(),
    "filter": lambda: Reply.query(forum="a", text__in=["t3", "t7"]).limit(1),
    "nothing": lambda: Reply.query(forum="none"),
    "start": lambda: Reply.query(forum="a").start({"forum": "a", "number": 3}),
    "cursor": lambda: Reply.query(forum="a").after(_cursor_at(3)),
    "attributes": lambda: in_pages().specific_attributes(["text", "number"]).consistent(),
    "index": lambda: Reply.ByUser.query(user="ann").limit(3),
    "scan": lambda: Reply.scan(number__gt=2).page_size(3),
    "parallel": lambda: Reply.scan().parallel(3).page_size(2),
    "segment": lambda: Reply.scan().segment(0, of=2),
    "prefetch": lambda: in_pages().prefetch("author"),
    "single page": lambda: Reply.query(forum="a", query_kwargs={"Limit": 4}),
    "related": lambda: Reply.query(forum="a").limit(4).unexpired(False),
}


def _cursor_at(number: int) -> str:
    replies = Reply.query(forum="a")
    assert any(each.number == number for each in replies)
    assert replies.cursor is not None
    return replies.cursor


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_the_same_is_sent_and_found(recorded: RecordingBackend, read: Callable[[], Any]) -> None:
    def sent() -> list[str]:
        taken = sorted(map(repr, recorded.sent))
        recorded.sent.clear()
        return taken

    async def iterate(replies: Any) -> list[int]:
        return numbers([reply async for reply in replies])

    async def page_by_page(replies: Any) -> list[Any]:
        return [(numbers(page), page.cursor, page.scanned_count) async for page in replies.pages()]

    one, other = read(), read()
    sent()
    assert numbers(one) == awaited(lambda: iterate(other))
    assert one.last == other.last
    assert sent_twice(sent())
    pages = [(numbers(page), page.cursor, page.scanned_count) for page in one.pages()]
    assert pages == awaited(lambda: page_by_page(other))
    assert sent_twice(sent())
    assert one.count() == awaited(other.acount)
    assert sent_twice(sent())
    assert one.exists() is awaited(other.aexists)
    assert sent_twice(sent())
    assert _attributes(one.first()) == _attributes(awaited(other.afirst))
    assert sent_twice(sent())


def _attributes(reply: Reply | None) -> dict[str, Any]:
    return {} if reply is None else vars(reply)


def sent_twice(operations: list[str]) -> bool:
    """Return whether each of the *operations*, which are sorted, was sent in both ways."""
    return bool(operations) and operations[::2] == operations[1::2]


def test_on_each_backend(replies_of_a: Backend) -> None:
    async def program() -> None:
        assert numbers([reply async for reply in in_pages()]) == [*range(10)]
        assert [numbers(page) async for page in in_pages().pages()] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
        assert sorted(numbers([reply async for reply in Reply.scan().parallel(3).page_size(2)])) == [*range(10)]
        assert await Reply.query(forum="a", number__gte=4).acount() == 6
        assert (await Reply.query(forum="a", number=3).aone()).number == 3
        last = await Reply.ByUser.query(user="ann").reverse().afirst()
        assert last is not None
        assert last.number == 9

    awaited(program)


def test_one_raises_what_it_raises_without_a_loop(recorded: RecordingBackend) -> None:
    with pytest.raises(NoItemFound, match="found no item"):
        awaited(Reply.query(forum="none").aone)
    with pytest.raises(MultipleItemsFound, match="more than one item"):
        awaited(Reply.query(forum="a").aone)


def test_a_read_is_read_again_by_each_loop(recorded: RecordingBackend) -> None:
    async def program() -> None:
        replies = in_pages()
        for _ in range(2):
            assert numbers([reply async for reply in replies]) == [*range(10)]
        first, second = await asyncio.gather(*(_first_five(replies) for _ in range(2)))
        assert first == second == [0, 1, 2, 3, 4]

    awaited(program)
    assert len(recorded.sent) == 3 + 3 + 2 + 2


async def _first_five(replies: Any) -> list[int]:
    found: list[int] = []
    async for reply in replies:
        found.append(reply.number)
        if len(found) == 5:
            break
    return found


@pytest.mark.filterwarnings("error")
def test_a_loop_that_is_left_leaves_nothing_open_and_knows_its_position(recorded: RecordingBackend) -> None:
    async def program() -> None:
        replies = in_pages()
        assert await _first_five(replies) == [0, 1, 2, 3, 4]
        assert replies.last == {"forum": "a", "number": 4}
        rest = Reply.query(forum="a").after(replies.cursor)
        assert numbers([reply async for reply in rest]) == [5, 6, 7, 8, 9]
        assert numbers([reply async for reply in replies.again()]) == [5, 6, 7, 8, 9]
        async for page in replies.again().pages():
            assert len(page) == 4
            break
        assert replies.last == {"forum": "a", "number": 8}

    awaited(program)


def test_anext_begins_an_iteration_that_a_loop_continues(recorded: RecordingBackend) -> None:
    async def program() -> None:
        replies = in_pages()
        assert [(await anext(replies)).number, (await anext(replies)).number] == [0, 1]
        assert numbers([reply async for reply in replies]) == [*range(2, 10)]
        with pytest.raises(StopAsyncIteration):
            await anext(aiter(Reply.query(forum="none")))

    awaited(program)


def test_a_program_may_change_between_the_two_ways(recorded: RecordingBackend) -> None:
    async def program() -> None:
        replies = in_pages()
        assert next(replies).number == 0
        assert (await anext(replies)).number == 1
        assert numbers([next(replies) for _ in range(4)]) == [2, 3, 4, 5]
        assert numbers([reply async for reply in replies]) == [6, 7, 8, 9]
        assert len(replies) == 10

    awaited(program)
    assert len(recorded.sent) == 3 + 3


def test_two_tasks_that_share_an_iteration_are_told(recorded: RecordingBackend) -> None:
    async def program(shared: Any) -> None:
        outcomes = await asyncio.gather(anext(shared), anext(shared), return_exceptions=True)
        assert sorted(type(each).__name__ for each in outcomes) in (
            ["DynaModelException", "Reply"],
            ["DynaModelException", "Page"],
        )
        (error,) = (each for each in outcomes if isinstance(each, DynaModelException))
        assert "asked for an item while it was reading a page: by another task" in str(error)
        # Who asked first has lost nothing.
        await anext(shared)

    awaited(lambda: program(aiter(in_pages())))
    awaited(lambda: program(in_pages().pages()))


def test_two_tasks_may_take_turns(recorded: RecordingBackend) -> None:
    async def program() -> None:
        shared = aiter(Reply.query(forum="a"))
        found = [(await anext(shared)).number]

        async def take() -> None:
            found.extend([reply.number async for reply in shared])

        await asyncio.gather(take(), take())
        assert sorted(found) == [*range(10)]

    awaited(program)


class Gated(AsyncTwin):
    """Answers each request only after the gate was opened."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self.gate = asyncio.Event()

    async def execute(self, operation: Operation[Result]) -> Result:
        await self.gate.wait()
        return await super().execute(operation)


@pytest.mark.parametrize("way", ["items", "pages"])
def test_a_page_whose_request_was_cancelled_is_requested_again(recorded: RecordingBackend, way: str) -> None:
    async def program() -> None:
        backend = Gated(recorded)
        with using(backend):
            replies = in_pages()
        shared = aiter(replies) if way == "items" else replies.pages()
        backend.gate.set()
        found: list[int] = []
        for _ in range(4 if way == "items" else 1):
            found += numbers([one] if isinstance(one := await anext(shared), Reply) else one)
        backend.gate.clear()
        for _ in range(2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await anext(shared)
        backend.gate.set()
        async for one in shared:
            found += numbers([one] if isinstance(one, Reply) else one)
        assert found == [*range(10)]

    awaited(program)
    assert [operation.start_key for operation in recorded.sent if isinstance(operation, Query)] == [
        None,
        {"forum": "a", "number": 3},
        {"forum": "a", "number": 7},
    ]


def test_a_batch_that_was_cancelled_does_not_look_ended(recorded: RecordingBackend) -> None:
    keys = [("a", n) for n in range(10)]

    async def program() -> None:
        backend = Gated(recorded)
        with using(backend):
            batch = Reply.aget_batch(keys)
        outcomes = asyncio.gather(anext(batch), anext(batch), return_exceptions=True)
        await asyncio.sleep(0)
        backend.gate.set()
        first, second = await outcomes
        assert isinstance(first, Reply)
        assert isinstance(second, DynaModelException)
        assert "by another task" in str(second)
        assert len([reply async for reply in batch]) == 9
        backend.gate.clear()
        with using(backend):
            batch = Reply.aget_batch(keys)
        with pytest.raises(TimeoutError) as stopped:
            async with asyncio.timeout(0.001):
                await anext(batch)
        assert [len(each.keys) for each in stopped.value.__cause__.unprocessed] == [10]  # type: ignore[union-attr]
        with pytest.raises(DynaModelException, match="cancelled, and can't continue"):
            await anext(batch)

    awaited(program)


def test_a_batch_goes_on_after_a_task_that_was_cancelled_between_two_items(recorded: RecordingBackend) -> None:
    """Each 200 items, other tasks get a turn, and nothing is being read meanwhile."""
    Reply.put_batch(*({"forum": "b", "number": number, "text": "x"} for number in range(300)))

    async def program() -> None:
        batch = Reply.aget_batch([("b", number) for number in range(300)])
        found = [(await anext(batch)).number for _ in range(CHUNK - 1)]
        task = asyncio.ensure_future(anext(batch))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        found += [reply.number async for reply in batch]
        assert sorted(found) == list(range(300))

    awaited(program)


def test_an_error_is_not_taken_for_the_end() -> None:
    backend = ScriptedBackend(
        PageResult((_item(0), _item(1)), 2, 2, _key(1)), BackendUnavailable("gone"), PageResult((), 0, 0)
    )

    async def program() -> None:
        with using(backend):
            replies = Reply.query(forum="a")
        assert [(await anext(replies)).number, (await anext(replies)).number] == [0, 1]
        for _ in range(2):
            with pytest.raises(BackendUnavailable, match="gone"):
                await anext(replies)
        assert replies.last == _key(1)

    awaited(program)


def test_a_wrong_cursor_raises_when_the_read_begins(recorded: RecordingBackend) -> None:
    with pytest.raises(InvalidCursor):
        awaited(Reply.query(forum="a").after("nonsense").afirst)
    assert not recorded.sent


def _key(number: int) -> Item:
    return {"forum": "a", "number": number}


def _item(number: int) -> Item:
    return {"forum": "a", "number": number, "text": f"t{number}", "user": "ann"}


def test_an_invalid_item_raises_at_its_turn_and_the_iteration_continues(recorded: RecordingBackend) -> None:
    _put_invalid(2)
    _put_invalid(9)

    async def program() -> None:
        replies, found, keys = in_pages(), [], []
        while True:
            try:
                found.append((await anext(replies)).number)
            except ValidationError as error:
                keys.append(error.key)
            except StopAsyncIteration:
                break
        assert found == [0, 1, 3, 4, 5, 6, 7, 8]
        assert keys == [_key(2), _key(9)]

        pages = in_pages().pages()
        with pytest.raises(ValidationError):
            await anext(pages)
        assert [numbers(page) async for page in pages_until_error(pages)] == [[0, 1, 3], [4, 5, 6, 7]]

    awaited(program)


async def pages_until_error(pages: Any) -> Any:
    try:
        async for page in pages:
            yield page
    except ValidationError:
        return


def test_invalid_items_are_left_out_or_reported(recorded: RecordingBackend) -> None:
    _put_invalid(0)
    _put_invalid(5)
    told: list[int] = []

    async def program() -> None:
        assert numbers([reply async for reply in in_pages().invalid("skip").limit(8)]) == [1, 2, 3, 4, 6, 7, 8, 9]
        reporting = in_pages().invalid(lambda item, error: told.append(item["number"]))
        assert [numbers(page) async for page in reporting.pages()] == [[1, 2, 3], [4, 6, 7], [8, 9]]

    awaited(program)
    assert told == [0, 5]


def test_progress_is_told_and_awaited(recorded: RecordingBackend) -> None:
    told: list[tuple[int, bool]] = []

    async def tell(progress: Any) -> None:
        await asyncio.sleep(0)
        told.append((progress.done, progress.finished))

    async def program() -> None:
        async for _ in in_pages().progress(tell):
            pass
        assert await in_pages().progress(tell).acount() == 10

    awaited(program)
    assert told == [(0, False), (4, False), (8, False), (10, True)] * 2


class Loaded:
    """How many items were loaded since other tasks had their turn, and the most that it ever were."""

    number: ClassVar[int] = 0
    most: ClassVar[int] = 0


def _note(_value: int) -> None:
    Loaded.number += 1
    Loaded.most = max(Loaded.most, Loaded.number)


class Watched(DynaModel):
    class Table:
        name = "watched"
        hash_key = "forum"
        range_key = "number"

    class Schema:
        forum = fields.text(required=True)
        number = fields.integer(required=True, validator=_note)
        user = fields.text()

    author = OneToOne(User, query=lambda reply: {"name": reply.user}, auto_create=False)


@pytest.mark.parametrize(
    "read",
    [
        lambda watched: watched,
        lambda watched: watched.pages(),
        lambda watched: watched.prefetch("author"),
        lambda watched: watched.invalid("skip"),
        lambda _: Watched.aget_batch([("a", n) for n in range(500)]),
    ],
    ids=["items", "pages", "prefetch", "skip", "batch"],
)
def test_other_tasks_get_their_turn_while_a_large_page_is_loaded(
    recorded: RecordingBackend, read: Callable[[Any], Any]
) -> None:
    table_of(Watched).create_table()
    Watched.put_batch(*({"forum": "a", "number": n, "user": "ann"} for n in range(500)))

    async def take_turns() -> None:
        while True:
            Loaded.number = 0
            await asyncio.sleep(0)

    async def program() -> None:
        others = asyncio.create_task(take_turns())
        # It answers without giving any other task a turn.
        with using(AsyncTwin(recorded)):
            watched = read(Watched.query(forum="a"))
        # What was put has passed the schema, too, and so have the keys of a batch.
        Loaded.number = Loaded.most = 0
        async for _ in watched:
            pass
        others.cancel()
        await asyncio.wait([others])

    awaited(program)
    assert 0 < Loaded.most <= 200


def test_a_read_is_not_awaitable() -> None:
    """Not even to raise a better error: frameworks that await whatever is awaitable would trip over a read."""
    read = Reply.query(forum="a")
    assert not inspect.isawaitable(read)

    async def program() -> None:
        await read  # type: ignore[misc] # type checkers find it

    with pytest.raises(TypeError, match="QueryIterator"):
        awaited(program)
