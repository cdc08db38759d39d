"""One backend on several event loops."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Coroutine
from typing import Any, TypeVar

from dynamorm.data import Item, PutItem
from dynamorm.ports.backends import AsyncBackend, Backend
from dynamorm.testing.async_backends.event_loops import LoopThread
from dynamorm.testing.async_backends.suite import AsyncSuite
from dynamorm.testing.async_backends.tasks import numbered_items, reads
from dynamorm.testing.backends.table_maker import need_concurrent_calls
from dynamorm.testing.backends.threads import at_once
from dynamorm.testing.backends.watching import Watch

LOOPS = 3

Result = TypeVar("Result")


async def write_and_read(backend: AsyncBackend, table: str, items: list[Item]) -> list[Item | None]:
    """Write the *items* and read them, concurrently."""
    await asyncio.gather(*(backend.execute(PutItem(table, item)) for item in items))
    return [result.item for result in await asyncio.gather(*map(backend.execute, reads(table, items)))]


class LoopTests(AsyncSuite):
    """Test that a backend belongs to no event loop: a process may run many of them with one backend."""

    def test_one_loop_after_another(
        self, async_backend: AsyncBackend, loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """A backend works on each new loop of ``asyncio.run``, and still works on an earlier one."""
        for number in range(LOOPS):
            items = numbered_items(f"{key} {number}")
            assert self._on_a_new_loop(write_and_read(async_backend, table, items)) == items
            assert loop_thread.run(write_and_read(async_backend, table, items)) == items

    def test_loops_at_once(self, async_backend: AsyncBackend, backend: Backend, table: str, key: str) -> None:
        """A backend that states ``CONCURRENT_CALLS`` works on several loops concurrently, each in its own thread."""
        need_concurrent_calls(backend)

        def write_and_read_here(number: int) -> bool:
            items = numbered_items(f"{key} {number}")
            return self._on_a_new_loop(write_and_read(async_backend, table, items)) == items

        assert at_once(backend, write_and_read_here, LOOPS) == [True] * LOOPS

    def test_loop_that_ends_in_the_middle(
        self, async_backend: AsyncBackend, loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """If a loop ends while operations are running, the backend works on the next loop."""
        items = numbered_items(key)

        async def begin() -> list[asyncio.Task[object]]:
            tasks = [asyncio.create_task(async_backend.execute(PutItem(table, item))) for item in items]
            await asyncio.sleep(0)
            # The loop cancels them, as nothing awaits them.
            return [*tasks]

        self._on_a_new_loop(begin())
        assert self._on_a_new_loop(write_and_read(async_backend, table, items)) == items
        assert loop_thread.run(write_and_read(async_backend, table, items)) == items

    def test_loop_leaves_nothing_open(self, async_backend: AsyncBackend, table: str, key: str) -> None:
        """When a loop ends, its connections are closed, without any ``ResourceWarning``."""
        gc.collect()
        items = numbered_items(key)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResourceWarning)
            assert self._on_a_new_loop(write_and_read(async_backend, table, items)) == items
            gc.collect()
        assert [str(warning.message) for warning in caught if warning.category is ResourceWarning] == []

    def _on_a_new_loop(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        with LoopThread(Watch(self.seconds_to_wait)) as new:
            return new.run(coroutine)
