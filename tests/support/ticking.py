"""Another task, which tells whether the event loop stands still."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self


class Ticker:
    """A task that counts, once a millisecond if the event loop lets it, for as long as the ``async with`` block."""

    def __init__(self) -> None:
        self.ticks = 0

    async def __aenter__(self) -> Self:
        self._task = asyncio.ensure_future(self._tick())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()

    async def wait(self, ticks: int) -> None:
        """Wait for so many more *ticks*."""
        until = self.ticks + ticks
        while self.ticks < until:
            await asyncio.sleep(0.001)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.001)
            self.ticks += 1
