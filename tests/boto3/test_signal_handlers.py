"""Exceptions of signals' handlers can arrive anywhere. They come through, and cost nobody else a result."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import pytest

from dynamorm.data import GetItem, ItemResult
from dynamorm.exceptions import BackendUnavailable
from dynamorm.testing.servers import Request, Response
from dynamorm_boto3.http_messages import ResponseReader
from tests.boto3.canned_server import CannedServer
from tests.boto3.connecting import GET, Awaited, connect, connect_both

Result = TypeVar("Result")

needs_signals = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="Windows has no such signal")
CONNECT: Mapping[str, Callable[..., Any]] = {
    "client": partial(connect, direct=False),
    "direct": partial(connect, direct=True),
    "awaited": Awaited,
}


class TimeIsUp(Exception):
    """What a handler of a signal raises."""


@pytest.fixture(autouse=True)
def direct_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is for a user, when the whole suite runs without the direct path too."""
    monkeypatch.delenv("DYNAMORM_BOTO3_DIRECT", raising=False)


def call_while_handled(call: Callable[[], Result]) -> Result:
    """Return the result of a *call* that is made while an exception of a signal's handler is handled."""

    def stop(*_arguments: object) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, stop)
    try:
        os.kill(os.getpid(), signal.SIGALRM)
    except TimeIsUp:
        return call()
    finally:
        signal.signal(signal.SIGALRM, before)
    pytest.fail("The signal did not arrive.")


# Requests of a program that handles such an exception: Python makes it the context of all that is raised meanwhile.


@needs_signals
@pytest.mark.parametrize("kind", CONNECT)
def test_request_without_a_response_is_sent_again_where_an_exception_is_handled(
    canned_server: CannedServer, kind: str
) -> None:
    canned_server.answer({"Item": {"isbn": {"S": "1"}}})
    with CONNECT[kind](canned_server.url) as backend:
        backend.execute(GET)
        canned_server.script = ["lose response"]
        assert call_while_handled(lambda: backend.execute(GET)) == ItemResult({"isbn": "1"}, retries=1)
    assert len(canned_server.received) == 3


@needs_signals
@pytest.mark.parametrize("kind", CONNECT)
def test_server_that_is_not_there_is_told_where_an_exception_is_handled(kind: str) -> None:
    # The oldest botocore would wait for half a minute between its attempts.
    config = {"retries": {"total_max_attempts": 1}}
    with (
        CONNECT[kind]("http://127.0.0.1:1", config=config) as backend,
        pytest.raises(BackendUnavailable, match="can't be reached"),
    ):
        call_while_handled(lambda: backend.execute(GET))


# Exceptions that arrive in the middle


@pytest.mark.parametrize("kind", ["direct", "awaited"])
def test_interrupt_of_the_parser_comes_through(
    canned_server: CannedServer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parser takes all that its callbacks raise for errors of the response."""

    def interrupt(_reader: object) -> None:
        raise KeyboardInterrupt

    with CONNECT[kind](canned_server.url) as backend:
        with monkeypatch.context() as patch:
            patch.setattr(ResponseReader, "on_headers_complete", interrupt)
            with pytest.raises(KeyboardInterrupt):
                backend.execute(GET)
        assert len(canned_server.received) == 1
        backend.execute(GET)


def test_interrupt_of_an_event_loop_leaves_no_request_waiting(
    canned_server: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook's loop goes on after it."""

    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    async def main() -> ItemResult:
        return await connection.aexecute(GET)

    canned_server.answer({"Item": {"isbn": {"S": "1"}}})
    connection = connect_both(canned_server.url)
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        task = loop.create_task(main())
        with monkeypatch.context() as patch:
            patch.setattr(ResponseReader, "feed", interrupt)
            with pytest.raises(KeyboardInterrupt):
                loop.run_until_complete(task)
        assert loop.run_until_complete(asyncio.wait_for(task, 20)) == ItemResult({"isbn": "1"}, retries=1)
        loop.run_until_complete(connection.aclose())


class InterruptedFuture(asyncio.Future[Any]):
    """A future, at one of whose results the signal arrives."""

    results_before = 0

    def set_result(self, result: Any) -> None:
        InterruptedFuture.results_before -= 1
        if InterruptedFuture.results_before == -1:
            raise TimeIsUp
        super().set_result(result)


class InterruptedLoop(asyncio.SelectorEventLoop):
    """An event loop with such futures, except for its own, for which nobody but asyncio can do anything."""

    is_interrupted = False

    def create_future(self) -> asyncio.Future[Any]:
        is_own = not sys._getframe(1).f_globals["__name__"].startswith("dynamorm")
        return super().create_future() if is_own or not self.is_interrupted else InterruptedFuture(loop=self)


@pytest.mark.parametrize("moment", range(8))
def test_exception_costs_no_other_task_its_result(canned_server: CannedServer, moment: int) -> None:
    """It can arrive where a response is handed over, or a connection, or a place for one."""

    def echo(received: Request) -> Response:
        return Response.json({"Item": {"isbn": received.json["Key"]["isbn"]}})

    canned_server.respond = echo
    reported: list[Any] = []

    async def get(number: int) -> str:
        result = await connection.aexecute(GetItem("books", {"isbn": str(number)}))
        assert result.item == {"isbn": str(number)}
        return "read"

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, InterruptedLoop)
        loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
        await connection.async_backend()
        await get(0)
        InterruptedFuture.results_before, loop.is_interrupted = moment, True
        try:
            async with asyncio.timeout(20):
                return await asyncio.gather(*map(get, range(10)), return_exceptions=True)
        finally:
            loop.is_interrupted = False
            await connection.aclose()

    connection = connect_both(canned_server.url, max_connections=2)
    with asyncio.Runner(loop_factory=InterruptedLoop) as runner:
        ends = runner.run(main())
    raised = [end for end in ends if end != "read"]
    assert [type(error) for error in (*raised, *reported)] == [TimeIsUp]
