"""Closing an asynchronous backend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from dynamorm.data import DescribeTable, GetItem, PutItem
from dynamorm.exceptions import BackendClosed
from dynamorm.ports.backends import AsyncBackend
from dynamorm.testing.async_backends.event_loops import LoopThread
from dynamorm.testing.async_backends.suite import AsyncSuite
from dynamorm.testing.async_backends.tasks import numbered_items
from dynamorm.testing.backends.watching import Watch


class ClosingTests(AsyncSuite):
    """Test ``close``, on backends that each test opens for itself."""

    def test_closed_backend_refuses(
        self,
        async_backend: AsyncBackend,
        open_another: Callable[[], AsyncBackend],
        loop_thread: LoopThread,
        table: str,
        key: str,
    ) -> None:
        """After ``close``, every operation raises ``BackendClosed``; other backends stay open."""
        other = open_another()

        async def close_then_read() -> None:
            await other.execute(DescribeTable(table))
            await other.close()
            for operation in (GetItem(table, {"id": key}), PutItem(table, {"id": key}), DescribeTable(table)):
                with pytest.raises(BackendClosed):
                    await other.execute(operation)
            assert (await async_backend.execute(GetItem(table, {"id": key}))).item is None

        loop_thread.run(close_then_read())

    @pytest.mark.parametrize("used", [True, False], ids=["used", "unused"])
    def test_close_twice(
        self, open_another: Callable[[], AsyncBackend], loop_thread: LoopThread, table: str, used: bool
    ) -> None:
        """Closing twice is no error, one after the other or concurrently, whether or not the backend was used."""
        other = open_another()

        async def close_often() -> None:
            if used:
                await other.execute(DescribeTable(table))
            await asyncio.gather(other.close(), other.close())
            await other.close()

        loop_thread.run(close_often())

    def test_close_on_another_loop(
        self, open_another: Callable[[], AsyncBackend], loop_thread: LoopThread, watch: Watch, table: str
    ) -> None:
        """A backend may be closed on another loop than the one that it was used on."""
        other = open_another()
        loop_thread.run(other.execute(DescribeTable(table)))
        with LoopThread(watch) as another:
            another.run(other.close())
        with pytest.raises(BackendClosed):
            loop_thread.run(other.execute(DescribeTable(table)))

    def test_close_while_operations_run(
        self, open_another: Callable[[], AsyncBackend], loop_thread: LoopThread, table: str, key: str
    ) -> None:
        """Each operation that is running when the backend is closed returns its result or raises ``BackendClosed``."""
        other = open_another()

        async def close_in_the_middle() -> list[object]:
            tasks = [asyncio.create_task(other.execute(PutItem(table, item))) for item in numbered_items(key)]
            await asyncio.sleep(0)
            await other.close()
            return list(await asyncio.gather(*tasks, return_exceptions=True))

        outcomes = loop_thread.run(close_in_the_middle())
        strays = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert [outcome for outcome in strays if not isinstance(outcome, BackendClosed)] == []
