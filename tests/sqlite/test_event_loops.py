"""Operations that are awaited run in their order, and never make an event loop wait.

They run in one thread, except those on single items of a database in memory, for which nobody waits.
"""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

import dynamorm
from dynamorm.data import (
    AttributeExists,
    CreateTable,
    GetItem,
    KeyAttribute,
    PutItem,
    Scan,
    TableSpec,
    TransactWrite,
)
from dynamorm.data import Path as ItemPath
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import open_connection
from dynamorm.exceptions import BackendClosed, BackendMisconfigured, ConditionFailed, TableNotFound
from dynamorm.ports.backends import TableOptions

NUMBERS = TableSpec("numbers", KeyAttribute("n", "N"))


def put(number: int) -> PutItem:
    return PutItem("numbers", {"n": number})


def get(number: int) -> GetItem:
    return GetItem("numbers", {"n": number})


class Held(dict[str, Any]):
    """An item whose write waits for the test."""

    def __init__(self, number: int) -> None:
        super().__init__({"n": number})
        self.begun, self.may_end = Event(), Event()

    def __getitem__(self, name: str) -> Any:
        self.begun.set()
        assert self.may_end.wait(60)
        return super().__getitem__(name)

    async def is_written(self) -> None:
        while not self.begun.is_set():
            await asyncio.sleep(0.001)


@pytest.fixture(params=["memory", "file"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    """A connection to an empty table of numbers."""
    url = "sqlite:///:memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'numbers.db'}"
    with dynamorm.connect(url) as connection:
        connection.execute(CreateTable(NUMBERS))
        yield connection


def threads() -> list[Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "dynamorm-sqlite"]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert condition()


def hold(item: Held) -> TransactWrite:
    """Return a write of an *item* that runs in the thread, in memory too."""
    return TransactWrite((PutItem("numbers", item),))


async def opened(connection: Connection) -> None:
    """Wait until the *connection* is open: operations that wait for that begin in no particular order."""
    await connection.async_backend()


def test_both_sides_have_one_database(connection: Connection) -> None:
    async def main() -> list[Any]:
        await asyncio.gather(*(connection.aexecute(put(number)) for number in range(100)))
        assert (await connection.aexecute(Scan("numbers"))).count == 101
        results = await asyncio.gather(*(connection.aexecute(get(number)) for number in range(0, 200, 2)))
        return [result.item for result in results]

    connection.execute(put(100))
    assert asyncio.run(main()) == [{"n": number} if number <= 100 else None for number in range(0, 200, 2)]
    assert connection.execute(Scan("numbers")).count == 101
    assert len(threads()) == 1
    assert threads()[0].daemon


def test_errors_are_those_of_the_synchronous_side(connection: Connection) -> None:
    with pytest.raises(TableNotFound, match="nowhere"):
        asyncio.run(connection.aexecute(GetItem("nowhere", {"n": 1})))
    with pytest.raises(BackendMisconfigured, match="no options for a single table"):
        asyncio.run(connection.async_backend()).configured_for(TableOptions(by_scheme={"sqlite": {"timeout": 1}}))


def test_failure_keeps_nothing_alive(connection: Connection) -> None:
    class LargeItem(dict[str, Any]):
        pass

    async def fail() -> weakref.ref[LargeItem]:
        item = LargeItem(n=1)
        with suppress(ConditionFailed):
            await connection.aexecute(PutItem("numbers", item, AttributeExists(ItemPath.of("n"))))
            pytest.fail("There is no such item.")
        return weakref.ref(item)

    gc.collect()
    gc.disable()
    try:
        item = asyncio.run(fail())
        wait_until(lambda: item() is None)
    finally:
        gc.enable()


def test_caller_that_is_cancelled_before_its_turn_writes_nothing(connection: Connection) -> None:
    async def main() -> None:
        held = Held(0)
        first = asyncio.create_task(connection.aexecute(hold(held)))
        await held.is_written()
        others = [asyncio.create_task(connection.aexecute(put(number))) for number in range(1, 11)]
        await asyncio.sleep(0)
        for task in others[::2]:
            task.cancel()
        # One that is under way can't be taken back.
        first.cancel()
        outcomes = await asyncio.gather(*others[::2], first, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError] * 6
        held.may_end.set()
        await asyncio.gather(*others[1::2])

    asyncio.run(main())
    items: list[Any] = [*connection.execute(Scan("numbers")).items]
    assert sorted(item["n"] for item in items) == [0, 2, 4, 6, 8, 10]


def test_operations_run_in_the_order_in_which_they_were_awaited(connection: Connection) -> None:
    async def main() -> list[Any]:
        operations = [operation for number in range(20) for operation in (get(number), put(number), get(number))]
        # Once the backend is open: until then, nothing is in order.
        await connection.async_backend()
        results = await asyncio.gather(*map(connection.aexecute, operations))
        return [None if result is None else getattr(result, "item", None) for result in results]

    found = asyncio.run(main())
    assert found[::3] == [None] * 20
    assert found[2::3] == [{"n": number} for number in range(20)]


def test_locks_of_other_programs_stop_neither_the_loop_nor_what_was_done_before(tmp_path: Path) -> None:
    path = tmp_path / "numbers.db"
    with dynamorm.connect(f"sqlite:///{path}") as connection, closing(sqlite3.connect(path)) as other:
        connection.execute(CreateTable(NUMBERS))
        connection.execute(put(1))

        async def main() -> None:
            await opened(connection)
            other.execute("BEGIN IMMEDIATE")
            read = asyncio.create_task(connection.aexecute(get(1)))
            write = asyncio.create_task(connection.aexecute(put(2)))
            assert (await read).item == {"n": 1}
            assert not write.done()
            other.execute("ROLLBACK")
            await write

        asyncio.run(main())
        assert connection.execute(Scan("numbers")).count == 2


def test_single_items_in_memory_need_no_thread() -> None:
    with dynamorm.connect("sqlite:///:memory:") as connection:
        connection.execute(CreateTable(NUMBERS))

        async def main() -> object:
            await connection.aexecute(put(1))
            with suppress(ConditionFailed):
                await connection.aexecute(PutItem("numbers", {"n": 2}, AttributeExists(ItemPath.of("n"))))
                pytest.fail("There is no such item.")
            return (await connection.aexecute(get(1))).item

        assert asyncio.run(main()) == {"n": 1}
        assert not threads()


@pytest.mark.parametrize("number", [1, 2])
def test_task_that_only_executes_operations_leaves_others_their_turns(connection: Connection, number: int) -> None:
    """Whether they succeed or fail."""

    async def execute_until(done: asyncio.Event) -> None:
        while not done.is_set():
            with suppress(ConditionFailed):
                await connection.aexecute(PutItem("numbers", {"n": number}, AttributeExists(ItemPath.of("n"))))

    async def main() -> None:
        await opened(connection)
        done = asyncio.Event()
        busy = asyncio.create_task(execute_until(done))
        await asyncio.sleep(0.01)
        done.set()
        await busy

    connection.execute(put(1))
    asyncio.run(asyncio.wait_for(main(), 60))


def test_other_thread_that_uses_the_database_does_not_stop_the_loop(connection: Connection) -> None:
    async def main() -> None:
        await opened(connection)
        held = Held(0)
        thread = Thread(target=connection.execute, args=(PutItem("numbers", held),))
        thread.start()
        await held.is_written()
        write = asyncio.create_task(connection.aexecute(put(1)))
        await asyncio.sleep(0.01)
        assert not write.done()
        held.may_end.set()
        await write
        thread.join()

    asyncio.run(main())
    assert connection.execute(Scan("numbers")).count == 2


def test_loops_in_several_threads_and_one_after_another(connection: Connection) -> None:
    async def main(first: int) -> int:
        for number in range(first, first + 20, 10):
            await asyncio.gather(*(connection.aexecute(put(number + each)) for each in range(10)))
        return (await connection.aexecute(Scan("numbers"))).count

    for _ in range(2):
        together = [Thread(target=lambda first=first: asyncio.run(main(first))) for first in (0, 20, 40)]
        for thread in together:
            thread.start()
        for thread in together:
            thread.join()
        assert asyncio.run(main(60)) == 80
    assert len(threads()) == 1


def test_exception_of_a_signals_handler_costs_nobody_a_result(connection: Connection) -> None:
    """It can arrive anywhere, also where the results of several tasks are handed over."""

    class Alarm(Exception):
        pass

    class Interrupted(asyncio.Future[Any]):
        is_next = True

        def set_result(self, result: Any) -> None:
            if Interrupted.is_next:
                Interrupted.is_next = False
                raise Alarm
            super().set_result(result)

    class Loop(asyncio.SelectorEventLoop):
        def create_future(self) -> asyncio.Future[Any]:
            return Interrupted(loop=self) if self.interrupts else super().create_future()

        interrupts = False

    reported: list[Any] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Loop)
        loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
        await opened(connection)
        loop.interrupts = True
        await asyncio.wait_for(asyncio.gather(*(connection.aexecute(Scan("numbers")) for _ in range(20))), 60)

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main())
    assert [type(error) for error in reported] == [Alarm]


def test_loop_that_ended_in_the_middle_leaves_no_trace(connection: Connection) -> None:
    held = Held(0)

    async def begin() -> None:
        await opened(connection)
        asyncio.get_running_loop().create_task(connection.aexecute(hold(held)))
        asyncio.get_running_loop().create_task(connection.aexecute(TransactWrite((put(1),))))
        await held.is_written()

    asyncio.run(begin())
    held.may_end.set()
    assert asyncio.run(connection.aexecute(get(0))).item == {"n": 0}
    assert asyncio.run(connection.aexecute(get(1))).item is None


def test_close_lets_the_waiting_operations_end(connection: Connection) -> None:
    async def main() -> list[Any]:
        await opened(connection)
        held = Held(0)
        tasks = [asyncio.create_task(connection.aexecute(each)) for each in (hold(held), Scan("numbers"))]
        await held.is_written()
        closing = asyncio.create_task(connection.aclose())
        await asyncio.sleep(0)
        with pytest.raises(BackendClosed):
            await connection.aexecute(get(0))
        held.may_end.set()
        await closing
        return await asyncio.gather(*tasks)

    assert asyncio.run(main())[1].count == 1
    with pytest.raises(BackendClosed):
        connection.execute(get(0))
    wait_until(lambda: not threads())


def test_closing_the_synchronous_side_refuses_what_waits(tmp_path: Path) -> None:
    connection = dynamorm.connect(f"sqlite:///{tmp_path / 'numbers.db'}")
    connection.execute(CreateTable(NUMBERS))

    async def main() -> None:
        held = Held(0)
        first = asyncio.create_task(connection.aexecute(hold(held)))
        await held.is_written()
        waiting = asyncio.create_task(connection.aexecute(get(0)))
        await asyncio.sleep(0)
        connection.close()
        held.may_end.set()
        await first
        with pytest.raises(BackendClosed):
            await waiting

    asyncio.run(main())
    wait_until(lambda: not threads())


def test_connection_that_is_dropped_ends_its_thread() -> None:
    connection = open_connection("sqlite")
    asyncio.run(connection.aexecute(CreateTable(NUMBERS)))
    assert len(threads()) == 1
    del connection
    gc.collect()
    wait_until(lambda: not threads())


def test_program_that_can_start_no_thread_waits_on_the_loop(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Thread.start

    def refuse(thread: Thread) -> None:
        if thread.name == "dynamorm-sqlite":
            raise RuntimeError("can't start new thread")
        start(thread)

    async def main() -> list[Any]:
        await asyncio.gather(*(connection.aexecute(put(number)) for number in range(3)))
        return [*(await connection.aexecute(Scan("numbers"))).items]

    monkeypatch.setattr(Thread, "start", refuse)
    assert len(asyncio.run(main())) == 3
    assert threads() == []
    monkeypatch.undo()
    assert len(asyncio.run(main())) == 3
    assert len(threads()) == 1
