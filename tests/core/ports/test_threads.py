"""Threads for the calls of backends that would block an event loop."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NoReturn

import pytest

from dynamorm.exceptions import BackendClosed
from dynamorm.ports.interruption import is_interrupted
from dynamorm.ports.threads import CallThreads, SharedCall


def test_close_while_a_call_begins_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = CallThreads(1, "test", lambda: BackendClosed("It was closed."))
    submit = ThreadPoolExecutor.submit

    def close_first(pool: ThreadPoolExecutor, *call: Any) -> Any:
        threads.close()
        return submit(pool, *call)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", close_first)
    with pytest.raises(BackendClosed, match="It was closed"):
        asyncio.run(threads.run(lambda: pytest.fail("It must not be called.")))


def refuse_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)


def test_call_is_made_once_and_here_where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    threads, made = CallThreads(2, "test", lambda: BackendClosed("It was closed.")), list[int]()

    async def main() -> None:
        with monkeypatch.context() as patch:
            refuse_threads(patch)
            await threads.run(lambda: made.append(threading.get_ident()))
        # The thread that begins now finds the other call in the queue.
        await threads.run(lambda: None)

    asyncio.run(main())
    threads.close(wait=True)
    assert made == [threading.get_ident()]


def test_failure_of_a_call_that_is_made_here_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = CallThreads(1, "test")
    refuse_threads(monkeypatch)
    with pytest.raises(BackendClosed, match="Of the call"):
        asyncio.run(threads.run(partial(fail, BackendClosed("Of the call"))))
    threads.close()


def fail(error: Exception) -> NoReturn:
    raise error


def test_call_that_a_thread_has_begun_is_made_once_where_no_further_thread_can_be_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads, may_end, made = CallThreads(2, "test"), threading.Event(), list[str]()
    begun = threading.Event()

    def refuse(_thread: threading.Thread) -> NoReturn:
        # Meanwhile the other thread takes the call from the queue.
        may_end.set()
        begun.wait()
        raise RuntimeError("can't start new thread")

    def call() -> str:
        begun.set()
        made.append(threading.current_thread().name)
        return made[-1]

    async def main() -> str:
        first = asyncio.create_task(threads.run(may_end.wait))
        await asyncio.sleep(0)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            name = await threads.run(call)
        await first
        return name

    assert asyncio.run(main()).startswith("test")
    threads.close(wait=True)
    assert len(made) == 1


def test_call_of_a_cancelled_task_can_ask() -> None:
    threads, begun, cancelled = CallThreads(1, "test"), threading.Event(), threading.Event()
    seen: list[bool] = []

    def call() -> None:
        seen.append(is_interrupted())
        begun.set()
        cancelled.wait()
        seen.append(is_interrupted())

    async def main() -> None:
        task = asyncio.create_task(threads.run(call))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        cancelled.set()

    asyncio.run(main())
    threads.close(wait=True)
    assert seen == [False, True]


def test_failure_for_a_coroutine_that_was_closed_is_not_reported() -> None:
    threads, may_fail, reported = CallThreads(1, "test"), threading.Event(), []

    def fail() -> None:
        may_fail.wait()
        raise ValueError

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
        coroutine = threads.run(fail)
        coroutine.send(None)
        coroutine.close()
        may_fail.set()
        await threads.run(lambda: None)

    asyncio.run(main())
    gc.collect()
    assert reported == []


def test_one_call_serves_all_who_wait_meanwhile() -> None:
    shared, calls, may_end = SharedCall[int]("test"), iter(range(10)), threading.Event()

    def call() -> int:
        may_end.wait()
        return next(calls)

    async def main() -> list[int]:
        waiting = [asyncio.create_task(shared.result(call)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting.pop().cancel()
        may_end.set()
        return [*await asyncio.gather(*waiting), await shared.result(call)]

    assert asyncio.run(main()) == [0, 0, 1]


def test_failure_of_a_shared_call_is_raised_and_forgotten() -> None:
    shared = SharedCall[int]("test")

    def fail() -> int:
        raise ValueError("no")

    async def main() -> int:
        with pytest.raises(ValueError, match="no"):
            await shared.result(fail)
        return await shared.result(lambda: 1)

    assert asyncio.run(main()) == 1


def test_shared_call_is_made_here_where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = SharedCall[int]("test")

    async def main() -> list[int]:
        with monkeypatch.context() as patch:
            refuse_threads(patch)
            here = [await shared.result(threading.get_ident) for _ in range(2)]
        # Nothing is left of it that a later one would wait for.
        return [*here, await asyncio.wait_for(shared.result(threading.get_ident), 60)]

    here = threading.get_ident()
    first, second, third = asyncio.run(main())
    assert first == second == here
    assert third != here
