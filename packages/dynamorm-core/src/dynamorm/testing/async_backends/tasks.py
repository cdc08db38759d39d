"""Concurrent operations of many tasks."""

from __future__ import annotations

import asyncio

from dynamorm.data import AttributeExists, GetItem, Item, Path, PutItem
from dynamorm.exceptions import ConditionFailed, TableNotFound
from dynamorm.ports.backends import AsyncBackend
from dynamorm.testing.async_backends.event_loops import LoopThread
from dynamorm.testing.async_backends.suite import AsyncSuite

#: More than the default number of connections.
TASKS = 40
OPERATIONS = 100


def numbered_items(key: str) -> list[Item]:
    """Return an item for each task."""
    return [{"id": f"{key} {number}", "n": number} for number in range(TASKS)]


def reads(table: str, items: list[Item]) -> list[GetItem]:
    """Return a read of each of the *items*."""
    return [GetItem(table, {"id": item["id"]}, consistent=True) for item in items]


class TaskTests(AsyncSuite):
    """Test that any number of tasks may await operations concurrently."""

    def test_gathered_operations(
        self, async_backend: AsyncBackend, loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """Each of many awaitables returns the result of its own operation."""
        items = numbered_items(key)

        async def write_then_read() -> list[Item | None]:
            await asyncio.gather(*(async_backend.execute(PutItem(table, item)) for item in items))
            results = await asyncio.gather(*map(async_backend.execute, reads(table, items)))
            return [result.item for result in results]

        assert loop_thread.run(write_then_read()) == items

    def test_gathered_failures(
        self, async_backend: AsyncBackend, loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """A failing operation raises its own exception, and leaves other operations alone."""
        items = numbered_items(key)

        async def write(number: int, item: Item) -> str:
            condition = AttributeExists(Path.of("id")) if number % 4 == 1 else None
            try:
                await async_backend.execute(PutItem(f"{table}-none" if number % 4 == 2 else table, item, condition))
            except (ConditionFailed, TableNotFound) as error:
                return type(error).__name__
            return "written"

        async def write_all() -> list[str]:
            return await asyncio.gather(*(write(number, item) for number, item in enumerate(items)))

        expected = ["written", "ConditionFailed", "TableNotFound", "written"] * (TASKS // 4)
        assert loop_thread.run(write_all()) == expected

    def test_other_tasks_run_meanwhile(
        self, async_backend: AsyncBackend, loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """Other tasks run while one task awaits operations: the event loop is not blocked."""
        turns = 0

        async def count_turns() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async def read_while_counting() -> int:
            counting = asyncio.create_task(count_turns())
            await asyncio.sleep(0)
            before = turns
            for _ in range(OPERATIONS):
                await async_backend.execute(GetItem(table, {"id": key}))
            counting.cancel()
            return turns - before

        assert loop_thread.run(read_while_counting()) > 0
