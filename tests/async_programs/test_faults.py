"""Servers that never answer, answer half, throttle, or fail: what an awaited operation does then, and the loop."""

from __future__ import annotations

import asyncio
import random
import re
import socket
import threading
from collections import Counter
from typing import Any

import pytest

from dynamorm.exceptions import BackendUnavailable, Throttled
from tests.async_programs.connecting import connect, put
from tests.async_programs.programs.books import Book, get
from tests.support.servers.echo_server import EchoServer, Fault
from tests.support.ticking import Ticker

NO_RETRIES = {"retries": {"total_max_attempts": 1}}


def faults(server: EchoServer, *next_faults: Fault) -> None:
    """Give the next requests these faults, one each."""
    left = list(next_faults)
    server.fault = lambda _action, _request: left.pop(0) if left else None


def test_server_that_never_answers_is_a_timeout_of_the_operation_alone(echo_server: EchoServer) -> None:
    config = {**NO_RETRIES, "read_timeout": 1.5}

    async def main() -> None:
        async with connect(echo_server, config=config), Ticker() as ticker:
            await get("first")
            faults(echo_server, "be silent")
            silent = asyncio.ensure_future(put("silent"))
            await ticker.wait(5)
            await asyncio.gather(*(get(str(number)) for number in range(20)))
            assert not silent.done()
            with pytest.raises(BackendUnavailable, match="may have been carried out"):
                await silent
            await get("last")

    asyncio.run(main())
    assert echo_server.written == {"silent": 1}
    assert echo_server.open == 0


def test_timeout_of_the_program_ends_the_operation_and_its_connection(echo_server: EchoServer) -> None:
    async def main() -> None:
        async with connect(echo_server):
            await get("first")
            echo_server.may_respond.clear()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await asyncio.gather(*(get(str(number)) for number in range(100)))
            echo_server.may_respond.set()
            await asyncio.gather(*(get(f"after-{number}") for number in range(100)))

    asyncio.run(main())
    assert echo_server.pipelined == 0
    assert echo_server.open == 0


@pytest.mark.parametrize("fault", ["cut off", "hang up", "internal error", "throttle"])
def test_attempt_that_failed_is_followed_by_another_one(echo_server: EchoServer, fault: Fault) -> None:
    async def main() -> None:
        async with connect(echo_server, config={"retries": {"mode": "legacy"}}):
            for number in range(3):
                faults(echo_server, fault, fault)
                await get(f"get-{number}")
                faults(echo_server, fault)
                await put(f"put-{number}")

    asyncio.run(main())
    assert echo_server.requests == 3 * (3 + 2)
    assert echo_server.written == {"put-0": 2, "put-1": 2, "put-2": 2}
    assert echo_server.open == 0


EXPECTED: dict[Fault, Any] = {
    "cut off": (BackendUnavailable, "sent no complete response"),
    "hang up": (BackendUnavailable, "sent no complete response"),
    "internal error": (BackendUnavailable, "may have been carried out"),
    "throttle": (Throttled, "Try again"),
}


@pytest.mark.parametrize("fault", EXPECTED)
def test_failure_says_the_same_as_that_of_a_blocking_operation(echo_server: EchoServer, fault: Fault) -> None:
    kind, message = EXPECTED[fault]
    told = []

    async def main() -> None:
        async with connect(echo_server, config=NO_RETRIES):
            faults(echo_server, fault)
            with pytest.raises(kind, match=message) as information:
                await put("1")
            told.append(str(information.value))
            faults(echo_server, fault)
            with pytest.raises(kind) as information:
                Book.put({"isbn": "1"})
            told.append(str(information.value))

    asyncio.run(main())
    first, second = (re.sub(r"in [\d.]+ seconds", "in a time", each) for each in told)
    assert first == second


def test_faults_and_cancelled_operations_together_leave_nothing_behind(echo_server: EchoServer) -> None:
    numbers = random.Random(18)
    kinds: list[Fault | None] = ["throttle", "hang up", "cut off", "internal error", *[None] * 12]
    echo_server.fault = lambda _action, _request: numbers.choice(kinds)
    config = {"retries": {"mode": "legacy", "total_max_attempts": 10}}

    async def main() -> None:
        async with connect(echo_server, config=config):
            await get("first")
            for turn in range(3):
                verbs = [put if number % 2 else get for number in range(100)]
                tasks = [asyncio.ensure_future(verb(f"{turn}-{number}")) for number, verb in enumerate(verbs)]
                await asyncio.sleep(0.01 * turn)
                for each in tasks[::3]:
                    each.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
                assert {type(each) for each in ended} <= {type(None), asyncio.CancelledError}
            echo_server.fault = None
            await asyncio.gather(*(get(f"after-{number}") for number in range(100)))

    asyncio.run(main())
    assert echo_server.pipelined == 0
    assert echo_server.open == 0


def test_server_that_is_not_there_is_told(echo_server: EchoServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"

    async def main() -> None:
        async with connect(echo_server, config=NO_RETRIES, endpoint_url=url):
            results = await asyncio.gather(*(get(str(number)) for number in range(120)), return_exceptions=True)
            assert {type(result) for result in results} == {BackendUnavailable}
            assert {f"{url} can't be reached" in str(result) for result in results} == {True}, results[0]

    asyncio.run(main())


@pytest.mark.parametrize(("share", "mode"), [(0.05, "standard"), (0.2, "legacy")])
def test_throttled_operations_wait_without_a_thread(echo_server: EchoServer, share: float, mode: str) -> None:
    """While they wait for their next attempts, others run; each succeeds in the end."""
    numbers = random.Random(18)
    throttled: Counter[str] = Counter()

    def fault(_action: str, request: dict[str, Any]) -> Fault | None:
        isbn = request["Key"]["isbn"]["S"]
        if numbers.random() < share and throttled[isbn] < 2:
            throttled[isbn] += 1
            return "throttle"
        return None

    most_threads = 0

    async def main() -> None:
        nonlocal most_threads
        async with connect(echo_server, config={"retries": {"mode": mode, "total_max_attempts": 4}}):
            await get("first")
            before = threading.active_count()
            echo_server.fault = fault

            async def worker(worker: int) -> None:
                nonlocal most_threads
                for number in range(5):
                    await get(f"{worker}-{number}")
                    most_threads = max(most_threads, threading.active_count() - before)

            await asyncio.gather(*map(worker, range(200)))

    asyncio.run(main())
    assert throttled.total() > 1000 * share / 2
    assert echo_server.requests == 1 + 1000 + throttled.total()
    assert most_threads <= 2
