"""Relationships of instances that were read on an event loop: fetched, prefetched, and never loaded by surprise."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ManyToOne, OneToMany, OneToOne, ProjectAll, atransact_get, using
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import DynaModelException, NoRelatedInstance, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library

NOT_LOADED = "Reply.user is not loaded"


class User(DynaModel):
    class Table:
        name = "users"
        hash_key = "name"

    class ByCity(GlobalIndex):
        name = "by-city"
        hash_key = "city"
        projection = ProjectAll()

    class Schema:
        name = fields.text(required=True)
        city = fields.text(longest=8)


class Settings(DynaModel):
    class Table:
        name = "settings"
        hash_key = "user_name"

    class Schema:
        user_name = fields.text(required=True)
        theme = fields.text()


class Reply(DynaModel):
    class Table:
        name = "replies"
        hash_key = "thread"
        range_key = "number"

    class Schema:
        thread = fields.text(required=True)
        number = fields.integer(required=True)
        user_name = fields.text()
        city = fields.text()

    user = ManyToOne(User, query=lambda reply: {"name": reply.user_name}, back_reference=None)
    settings = OneToOne(Settings, query=lambda reply: {"user_name": reply.user_name}, back_reference=None)
    mayor = OneToOne(
        User, query=lambda reply: {"city": reply.city}, index="ByCity", back_reference=None, auto_create=False
    )


class Thread(DynaModel):
    class Table:
        name = "threads"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)

    replies = OneToMany(Reply, query=lambda thread: {"thread": thread.id}, back_reference=None)


def _forum() -> None:
    for model in (User, Settings, Reply, Thread):
        table_of(model).create_table()
    Thread.put({"id": "1"})
    User.put({"name": "ann", "city": "Oslo"})
    Reply.put_batch(
        {"thread": "1", "number": 1, "user_name": "ann", "city": "Oslo"},
        {"thread": "1", "number": 2, "user_name": "bob", "city": "Rome"},
        {"thread": "1", "number": 3},
    )


@pytest.fixture
def recorded(recorder: RecordingBackend) -> RecordingBackend:
    """The embedded backend with a forum, in force; it keeps what it is sent from now on."""
    _forum()
    recorder.sent.clear()
    return recorder


async def _new_old(*, deleted: bool) -> Any:
    if deleted:
        return await Reply.adelete_item(thread="1", number=1, return_old=True)
    return await Reply.aput({"thread": "1", "number": 1}, return_old=True)


async def _refreshed() -> Any:
    reply = await asyncio.to_thread(Reply.get, "1", 1)
    assert reply is not None
    await reply.arefresh()
    return reply


async def _old_of_instance() -> Any:
    return await Reply(thread="1", number=1).adelete(return_old=True)


async def _of_a_page() -> Any:
    return next(iter(await anext(Reply.query(thread="1").pages())))


async def _prefetched() -> Any:
    """The reply of a user is read in the reading of the user."""
    (owner,) = [owner async for owner in Owner.query(name="x").prefetch("reply")]
    return owner.reply


class Owner(DynaModel):
    class Table:
        name = "owners"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)

    reply = OneToOne(Reply, query=lambda _: {"thread": "1", "number": 1}, back_reference=None, auto_create=False)


async def _fetched() -> Any:
    return await Owner(name="x").afetch("reply")


WAYS: dict[str, Callable[[], Awaitable[Any]]] = {
    "get": lambda: Reply.aget("1", 1),
    "get in part": lambda: Reply.aget("1", 1, attrs="user_name"),
    "get_batch": lambda: anext(Reply.aget_batch([("1", 1)])),
    "get_or_create": lambda: _first(Reply.aget_or_create("1", 1)),
    "transact_get": lambda: _first(atransact_get((Reply, ("1", 1)))),
    "item of a read": lambda: anext(Reply.query(thread="1")),
    "item of an index": lambda: anext(aiter(Reply.scan().parallel(2).limit(1))),
    "page": _of_a_page,
    "first": lambda: Reply.query(thread="1").afirst(),
    "one": lambda: Reply.query(thread="1", number=1).aone(),
    "query set": Thread(id="1").replies.afirst,
    "in part": lambda: Reply.query(thread="1").specific_attributes(["user_name"]).afirst(),
    "refresh": _refreshed,
    "old of put": lambda: _new_old(deleted=False),
    "old of delete_item": lambda: _new_old(deleted=True),
    "old of delete": _old_of_instance,
    "prefetch": _prefetched,
    "afetch": _fetched,
}


async def _first(found: Awaitable[Any]) -> Any:
    return (await found)[0]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_whatever_an_awaited_verb_reads_refuses_to_block(
    recorded: RecordingBackend, way: Callable[[], Awaitable[Any]]
) -> None:
    table_of(Owner).create_table()
    Owner.put({"name": "x"})

    async def program() -> Any:
        reply = await way()
        recorded.sent.clear()
        with pytest.raises(DynaModelException, match=NOT_LOADED):
            _ = reply.user
        assert not recorded.sent
        return reply

    reply = asyncio.run(program())
    # Nothing is blocked by it here.
    assert reply.user.city == "Oslo"


def test_the_message_names_what_to_do(recorded: RecordingBackend) -> None:
    async def program() -> None:
        reply = await Reply.aget("1", 1)
        assert reply is not None
        with pytest.raises(DynaModelException) as told:
            _ = reply.user
        assert str(told.value) == (
            "Reply.user is not loaded, and reading it here would block the event loop, on which this Reply was read. "
            "Load it first: await reply.afetch('user'), or for all items of a read: prefetch('user')."
        )
        with pytest.raises(DynaModelException) as told:
            _ = reply.mayor
        assert str(told.value).endswith("Load it first: await reply.afetch('mayor').")

    asyncio.run(program())


def test_an_instance_stays_what_it_is_when_it_is_written(recorded: RecordingBackend) -> None:
    async def program() -> None:
        reply = await Reply.aget("1", 1)
        assert reply is not None
        reply.city = "Bonn"
        await reply.asave()
        await reply.aupdate(city="Kiel", return_all=True)
        with pytest.raises(DynaModelException, match=NOT_LOADED):
            _ = reply.user

    asyncio.run(program())


def test_what_was_read_without_a_loop_may_load_on_one(recorded: RecordingBackend) -> None:
    """A notebook always runs one."""

    async def program() -> None:
        for reply in (Reply.get("1", 1), Reply.query(thread="1").first(), Reply(thread="1", number=9, user_name="ann")):
            assert reply is not None
            assert reply.user is not None

    asyncio.run(program())


def test_what_was_read_without_a_loop_may_not_where_blocking_is_refused(recorded: RecordingBackend) -> None:
    reply = Reply.get("1", 1)
    assert reply is not None

    async def program() -> None:
        with pytest.raises(DynaModelException) as told:
            _ = reply.user
        assert "would block the event loop, which refuse_blocking() forbids. Load it first: await reply.afetch" in str(
            told.value
        )
        assert await reply.afetch("user") is await asyncio.to_thread(lambda: reply.user)

    with dynamorm.refuse_blocking():
        asyncio.run(program())
        assert reply.user is not None


def test_a_thread_may_load(recorded: RecordingBackend) -> None:
    async def program() -> None:
        reply = await Reply.aget("1", 1)
        assert reply is not None
        user = await asyncio.to_thread(lambda: reply.user)
        assert user is reply.user

    asyncio.run(program())


def test_deletion_refuses_to_block(recorded: RecordingBackend) -> None:
    """Loaded or not: the deletion itself is sent, too."""

    async def program() -> None:
        reply = await Reply.aget("1", 1)
        assert reply is not None
        for _ in range(2):
            recorded.sent.clear()
            with pytest.raises(DynaModelException) as told:
                del reply.user
            assert not recorded.sent
            assert str(told.value) == (
                "Reply.user can't be deleted with 'del', which here would block the event loop, on which this Reply was "
                "read. Instead: user = await reply.afetch('user'), then await user.adelete()."
            )
            user = await reply.afetch(Reply.user)
        assert user is not None
        await user.adelete()
        assert await User.aget("ann") is None
        nobody = await Reply.aget("1", 3)
        with pytest.raises(NoRelatedInstance):
            del nobody.user  # type: ignore[union-attr]

    asyncio.run(program())


def test_deletion_of_what_was_read_without_a_loop(recorded: RecordingBackend) -> None:
    reply, other = Reply.get("1", 1), Reply.get("1", 1)
    assert reply is not None
    assert other is not None

    async def program() -> None:
        with (
            dynamorm.refuse_blocking(),
            pytest.raises(DynaModelException, match=r"which refuse_blocking\(\) forbids. In"),
        ):
            del reply.user
        del reply.user
        assert await User.aget("ann") is None

    asyncio.run(program())
    with pytest.raises(NoRelatedInstance):
        del other.user


def test_what_refers_to_nothing_is_not_asked_for(recorded: RecordingBackend) -> None:
    async def program() -> None:
        reply = await Reply.aget("1", 3)
        assert reply is not None
        recorded.sent.clear()
        assert reply.user is None
        assert await reply.afetch(Reply.user) is None
        assert not recorded.sent

    asyncio.run(program())


def test_fetch_on_each_backend(connected: Backend) -> None:
    _forum()

    async def program() -> None:
        reply = await Reply.query(thread="1").afirst()
        assert reply is not None
        user = await reply.afetch("user")
        assert user is reply.user
        assert user is not None
        assert user.city == "Oslo"
        assert await reply.afetch(Reply.mayor) is reply.mayor == user
        replies = [reply async for reply in Thread(id="1").replies.prefetch("user")]
        assert [reply.user and reply.user.name for reply in replies] == ["ann", None, None]

    asyncio.run(program())


def test_what_is_fetched_is_asked_for_once(recorded: RecordingBackend) -> None:
    async def program() -> None:
        reply, other = await Reply.aget("1", 1), await Reply.aget("1", 2)
        assert reply is not None
        assert other is not None
        recorded.sent.clear()
        assert await reply.afetch("user") is await reply.afetch(Reply.user)
        assert len(recorded.sent) == 1
        # That there is none is known, too, until it is fetched again.
        assert await other.afetch("user") is None
        assert other.user is None
        assert len(recorded.sent) == 2
        await User.aput({"name": "bob"})
        bob = await other.afetch("user")
        assert bob is other.user
        assert bob is not None

    asyncio.run(program())


def test_another_reference_is_not_loaded(recorded: RecordingBackend) -> None:
    async def program() -> None:
        reply = await Reply.aget("1", 1)
        assert reply is not None
        await reply.afetch("user")
        reply.user_name = "bob"
        with pytest.raises(DynaModelException, match=NOT_LOADED):
            _ = reply.user
        assert await reply.afetch("user") is None

    asyncio.run(program())


def test_fetch_creates_what_the_attribute_creates(recorded: RecordingBackend) -> None:
    async def program() -> None:
        reply = await Reply.aget("1", 1)
        assert reply is not None
        settings = await reply.afetch(Reply.settings)
        assert settings is reply.settings
        assert settings is not None
        settings.theme = "dark"
        await reply.asave()
        stored = await Settings.aget("ann")
        assert stored is not None
        assert stored.theme == "dark"

    asyncio.run(program())


def test_an_invalid_related_item_raises_when_it_is_fetched(recorded: RecordingBackend) -> None:
    table_of(User).put({"name": "bob", "city": "Llanfairpwllgwyngyll"})

    async def program() -> None:
        async for reply in Reply.query(thread="1").prefetch("user"):
            if reply.number == 2:
                with pytest.raises(DynaModelException, match=NOT_LOADED):
                    _ = reply.user
                with pytest.raises(ValidationError):
                    await reply.afetch("user")

    asyncio.run(program())


@pytest.mark.parametrize(
    ("relationship", "message"),
    [
        ("replies", r"Thread\.replies leads to many instances, .*: async for each in thread\.replies\."),
        ("user", r"Thread has no relationship 'user'\. Its relationships are replies\."),
        (Reply.user, r"Thread has no relationship 'Reply\.user'"),
        (None, "Thread has no relationship 'None'"),
    ],
)
def test_wrong_relationships(relationship: Any, message: str) -> None:
    async def program() -> None:
        with pytest.raises(DynaModelException, match=message):
            await Thread(id="1").afetch(relationship)

    asyncio.run(program())


def test_fetch_goes_where_the_instance_belongs(recorded: RecordingBackend) -> None:
    async def program() -> None:
        with open_backend("sqlite:///:memory:") as other:
            with using(other):
                _forum()
                User.put({"name": "ann", "city": "Bonn"})
                reply = await Reply.aget("1", 1)
            assert reply is not None
            recorded.sent.clear()
            user = await reply.afetch("user")
            assert user is not None
            assert user.city == "Bonn"
            assert await reply.afetch("mayor") is None
            assert not recorded.sent

    asyncio.run(program())


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda reply: reply.copy(), lambda reply: pickle.loads(pickle.dumps(reply))],
    ids=["copy.copy", "deepcopy", "copy()", "pickle"],
)
def test_a_copy_remembers_how_the_instance_was_read(copied: Callable[[Any], Any], recorded: RecordingBackend) -> None:
    async def program() -> Any:
        reply = copied(copied(await Reply.aget("1", 1)))
        with pytest.raises(DynaModelException, match=NOT_LOADED):
            _ = reply.user
        return reply

    reply = asyncio.run(program())
    assert reply.user.city == "Oslo"
    # It belongs nowhere, as every copy.
    with using("sqlite:///:memory:"):
        Reply.__table__.create()
        reply.save()
        assert Reply.get("1", 1) == reply


def test_an_awaited_move_reads_the_instance(recorded: RecordingBackend) -> None:
    async def program() -> None:
        reply = Reply.get("1", 1)
        assert reply is not None
        await reply.amove(number=7)
        with pytest.raises(DynaModelException, match=NOT_LOADED):
            _ = reply.user

    asyncio.run(program())
