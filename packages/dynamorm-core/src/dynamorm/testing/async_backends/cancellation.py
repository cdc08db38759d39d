"""Tasks that are cancelled while they await an operation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence

import pytest

from dynamorm.data import GetItem, Item, Operation, Path, PutItem, Set, TransactGet, TransactWrite, UpdateItem, Value
from dynamorm.ports.backends import AsyncBackend, Capability
from dynamorm.testing.async_backends.event_loops import LoopThread
from dynamorm.testing.async_backends.suite import AsyncSuite
from dynamorm.testing.async_backends.tasks import OPERATIONS, numbered_items, reads
from dynamorm.testing.backends.tiers import current_test

#: After how many turns of the loop operations are cancelled: before they begin, and at each of their first steps.
TURNS = range(12)
#: After how many seconds operations are cancelled, while they wait for a thread or a server.
SECONDS = (0.0005, 0.001, 0.002, 0.004)
#: How often writes are cancelled, with other moments each time.
ROUNDS = 3
#: How many operations are executed one after the other to see how long they take.
MEASURED = 5


async def cancelled_after_turns(backend: AsyncBackend, operation: Operation[object], turns: int) -> bool:
    """Cancel an *operation* after this many turns of the loop, and return whether it was still running."""
    task = asyncio.create_task(backend.execute(operation))
    for _ in range(turns):
        await asyncio.sleep(0)
    return await _cancelled(task)


async def cancelled_after_seconds(backend: AsyncBackend, operation: Operation[object], seconds: float) -> bool:
    """Cancel an *operation* after this many seconds, and return whether it was still running."""
    task = asyncio.create_task(backend.execute(operation))
    await asyncio.sleep(seconds)
    return await _cancelled(task)


async def _cancelled(task: asyncio.Task[object]) -> bool:
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def cancelled_at_every_step(
    backend: AsyncBackend, operations: list[Operation[object]], seconds: Sequence[float] = SECONDS
) -> list[bool]:
    """Start all *operations*, and cancel each at another moment: after turns of the loop, or after one of *seconds*."""
    by_turns = (
        cancelled_after_turns(backend, operation, TURNS[number % len(TURNS)])
        for number, operation in enumerate(operations[::2])
    )
    by_seconds = (
        cancelled_after_seconds(backend, operation, seconds[number % len(seconds)])
        for number, operation in enumerate(operations[1::2])
    )
    return await asyncio.gather(*by_turns, *by_seconds)


async def moments_of(backend: AsyncBackend, operations: list[Operation[object]]) -> list[float]:
    """Return moments, in seconds, from the beginning of all *operations* to a little after their end.

    A few of them are executed to see how long they take. The moments are closer to each other at the beginning, because
    cancelled operations leave others more time.
    """
    start = time.perf_counter()
    for operation in operations[:MEASURED]:
        await backend.execute(operation)
    took = (time.perf_counter() - start) * len(operations) / MEASURED
    number = len(operations) // 2
    return [1.2 * took * ((position + 1) / number) ** 2 for position in range(number)]


class CancellationTests(AsyncSuite):
    """Test that a cancelled operation ends as cancelled, and leaves the backend usable."""

    def test_cancelled_before_it_begins(
        self, async_backend: AsyncBackend, loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """A task that is cancelled before its first step does nothing."""
        put = PutItem(table, {"id": key})

        async def cancel_then_read() -> tuple[bool, Item | None]:
            cancelled = await cancelled_after_turns(async_backend, put, 0)
            return cancelled, (await async_backend.execute(GetItem(table, {"id": key}, consistent=True))).item

        assert loop_thread.run(cancel_then_read()) == (True, None)

    def test_cancelled_on_the_way(
        self, async_backend: AsyncBackend, loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """A cancelled operation returns its result or raises ``CancelledError``, and no other exception."""
        put = PutItem(table, {"id": key})

        async def cancel_at_every_step() -> None:
            for turns in TURNS:
                await cancelled_after_turns(async_backend, put, turns)
            for seconds in SECONDS:
                await cancelled_after_seconds(async_backend, put, seconds)

        # Any exception but CancelledError fails the test.
        loop_thread.run(cancel_at_every_step())

    def test_answers_of_cancelled_reads(
        self, async_backend: AsyncBackend, loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """Reads return their own items, never the answers to cancelled reads that used the connection before."""
        items = numbered_items(key)

        async def cancel_then_read() -> None:
            await asyncio.gather(*(async_backend.execute(PutItem(table, item)) for item in items))
            for _ in range(5):
                await cancelled_at_every_step(async_backend, [*reads(table, items)])
                results = await asyncio.gather(*map(async_backend.execute, reads(table, items[::-1])))
                assert [result.item for result in results] == items[::-1]

        loop_thread.run(cancel_then_read())

    def test_connections_of_cancelled_operations(
        self, async_backend: AsyncBackend, loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """Cancelled operations give their connections back, also if there are more of them than connections."""
        puts: list[Operation[object]] = [PutItem(table, item) for item in numbered_items(key)]

        async def cancel_often_then_read() -> Item | None:
            for _ in range(10):
                await cancelled_at_every_step(async_backend, puts)
            await async_backend.execute(PutItem(table, {"id": key}))
            return (await async_backend.execute(GetItem(table, {"id": key}, consistent=True))).item

        assert loop_thread.run(cancel_often_then_read()) == {"id": key}

    def test_cancelled_write_is_whole(
        self, async_backend: AsyncBackend, loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """A cancelled write takes place as a whole, sooner or later, or not at all."""
        actions = (Set(Path.of("a"), Value(1)), Set(Path.of("b"), Value(2)))
        rounds: list[list[Item]] = [
            [{"id": item["id"]} for item in numbered_items(f"{key} {number}")] for number in range(ROUNDS + 1)
        ]

        async def cancel_then_read() -> list[Item | None]:
            others, *cancelled = ([*updates_of(keys)] for keys in rounds)
            for updates in cancelled:
                moments = await moments_of(async_backend, others)
                await cancelled_at_every_step(async_backend, updates, moments)
            return [(await async_backend.execute(read)).item for keys in rounds[1:] for read in reads(table, keys)]

        def updates_of(keys: list[Item]) -> Iterator[Operation[object]]:
            return (UpdateItem(table, each, actions) for each in keys)

        keys = [each for keys in rounds[1:] for each in keys]
        for each, item in zip(keys, loop_thread.run(cancel_then_read()), strict=True):
            assert item in (None, {**each, "a": 1, "b": 2})

    def test_cancelled_transaction_is_whole(
        self, async_backend: AsyncBackend, loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """A cancelled transaction writes all of its items, or none."""
        current_test.needs(Capability.TRANSACTIONS)
        if Capability.TRANSACTIONS not in async_backend.capabilities:
            pytest.skip(f"the backend does not state {Capability.TRANSACTIONS.value}")
        pairs: list[list[Item]] = [
            [first, second] for first, second in zip(numbered_items(key), numbered_items(f"{key} too"), strict=True)
        ]
        writes: list[Operation[object]] = [
            TransactWrite(tuple(PutItem(table, item) for item in pair)) for pair in pairs
        ]

        others: list[Operation[object]] = [
            TransactWrite((PutItem(table, {"id": f"{key} a{number}"}), PutItem(table, {"id": f"{key} b{number}"})))
            for number in range(len(writes))
        ]

        async def cancel_then_read() -> list[tuple[Item | None, ...]]:
            await cancelled_at_every_step(async_backend, writes, await moments_of(async_backend, others))
            return [(await async_backend.execute(TransactGet(tuple(reads(table, pair))))).items for pair in pairs]

        for pair, found in zip(pairs, loop_thread.run(cancel_then_read()), strict=True):
            assert list(found) in (pair, [None, None])

    def test_operation_that_times_out(
        self, async_backend: AsyncBackend, loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """``asyncio.timeout`` raises ``TimeoutError`` for an operation that is too slow, and for no other."""

        async def time_out(seconds: float) -> bool:
            try:
                async with asyncio.timeout(seconds):
                    await async_backend.execute(PutItem(table, {"id": key}))
            except TimeoutError:
                return True
            return False

        # With a deadline in the past, an operation may still finish without a turn of the loop, but not every one.
        assert any(loop_thread.run(time_out(-1)) for _ in range(OPERATIONS))
        for seconds in SECONDS:
            loop_thread.run(time_out(seconds))
        assert not loop_thread.run(time_out(self.seconds_to_wait))
