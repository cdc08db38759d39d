"""An event loop in a thread of its own, for code that waits for its results."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self, TypeVar

import pytest

Result = TypeVar("Result")


class LoopThread:
    """Run coroutines on one event loop, which lives in a thread of its own until it is closed.

    Any number of threads may call :meth:`run`: their coroutines run concurrently on the loop. Leaving the context
    manager closes the loop.
    """

    def __init__(self, seconds_to_wait: float) -> None:
        self._seconds_to_wait = seconds_to_wait
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._started = Event()
        self._thread = Thread(target=self._serve, name="dynamorm-conformance-loop", daemon=True)
        self._thread.start()
        self._started.wait()

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run a *coroutine* and return its result.

        The test fails if that takes longer than the suite's ``seconds_to_wait``.
        """
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(self._seconds_to_wait)
        except TimeoutError:
            if future.done():
                # The coroutine itself raised it.
                raise
            pytest.fail(f"no result within {self._seconds_to_wait:g} seconds: the backend never returned")
        finally:
            future.cancel()

    def close(self) -> None:
        """Cancel what is still running, and close the loop."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(self._seconds_to_wait)
        if self._thread.is_alive():
            pytest.fail(
                f"the event loop did not end within {self._seconds_to_wait:g} seconds: a task ignores cancellation"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_stopped())

    async def _until_stopped(self) -> None:
        self._started.set()
        await self._stop.wait()
