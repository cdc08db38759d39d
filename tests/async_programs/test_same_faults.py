"""Awaited verbs meet the server of the faults that blocking verbs are tested with, and do the same."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import partial
from typing import Any, get_args

import pytest

import dynamorm
from dynamorm.exceptions import DynamoException
from dynamorm.testing import FaultServer
from dynamorm.testing.servers import Response, WireFault
from tests.async_programs.programs.books import CREDENTIALS, Book

CONFIG = {"retries": {"total_max_attempts": 1}}
#: All but the one for which each verb would wait until its time is out, and one that the next request meets or not: it
#: may be sent before the end of the connection arrives.
FAULTS = [fault for kind in get_args(WireFault) for fault in get_args(kind) if fault not in ("be silent", "end")]
HOT_KEY = Response.throttled("TableWriteKeyRangeThroughputExceeded")


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    """The server that all verbs use."""
    with (
        FaultServer() as server,
        dynamorm.using("boto3://eu-west-1", endpoint_url=server.url, config=CONFIG, **CREDENTIALS),
    ):
        yield server


async def transaction() -> None:
    async with dynamorm.transaction() as transaction:
        transaction.put(Book(isbn="1"))


async def batch() -> None:
    async with dynamorm.batch() as batch:
        batch.put(Book(isbn="1"))


def blocking_transaction() -> None:
    with dynamorm.transaction() as transaction:
        transaction.put(Book(isbn="1"))


def blocking_batch() -> None:
    with dynamorm.batch() as batch:
        batch.put(Book(isbn="1"))


async def all_of(items: AsyncIterator[Any]) -> list[Any]:
    return [each async for each in items]


#: Each verb that blocks, and its counterpart.
VERBS: dict[str, tuple[Callable[[], Any], Callable[[], Coroutine[Any, Any, Any]]]] = {
    "put": (lambda: Book.put({"isbn": "1"}), lambda: Book.aput({"isbn": "1"})),
    "save": (lambda: Book(isbn="1").save(), lambda: Book(isbn="1").asave()),
    "put_batch": (lambda: Book.put_batch({"isbn": "1"}), lambda: Book.aput_batch({"isbn": "1"})),
    "delete_item": (lambda: Book.delete_item("1"), lambda: Book.adelete_item("1")),
    "transaction": (blocking_transaction, transaction),
    "batch": (blocking_batch, batch),
    "get": (lambda: Book.get("1"), lambda: Book.aget("1")),
    "get_batch": (lambda: list(Book.get_batch(["1"])), lambda: all_of(Book.aget_batch(["1"]))),
    "transact_get": (lambda: dynamorm.transact_get((Book, "1")), lambda: dynamorm.atransact_get((Book, "1"))),
    "query": (lambda: list(Book.query(isbn="1")), lambda: all_of(aiter(Book.query(isbn="1")))),
    "count": (lambda: Book.scan().count(), lambda: Book.scan().acount()),
    "parallel scan": (lambda: list(Book.scan().parallel(2)), lambda: all_of(aiter(Book.scan().parallel(2)))),
}


def on_event_loop(verb: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(verb())


def outcome(server: FaultServer, call: Callable[[], Any]) -> tuple[object, ...]:
    """Return what a *call* returns or raises, and which requests it sends."""
    server.received.clear()
    try:
        ended: tuple[object, ...] = (call(),)
    except DynamoException as error:
        message = re.sub(r"in [\d.]+ seconds", "in a time", str(error))
        ended = (type(error), message, getattr(error, "unprocessed", None))
    return *ended, [request.action for request in server.received]


@pytest.mark.parametrize("fault", [*FAULTS, HOT_KEY], ids=[*FAULTS, "hot key"])
def test_awaited_verb_does_what_the_blocking_one_does(server: FaultServer, fault: Any) -> None:
    server.always = fault
    for name, (blocking, awaited) in VERBS.items():
        if name.endswith("batch") and fault in ("throttled", HOT_KEY):
            # It would be sent again for half a minute.
            continue
        assert outcome(server, partial(on_event_loop, awaited)) == outcome(server, blocking), name
