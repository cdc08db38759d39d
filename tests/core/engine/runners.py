"""The two runners behind one face, so that each test of a plan runs with both."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextvars import copy_context
from typing import Protocol, TypeVar

from dynamorm.engine.plans.steps import Plan, StreamPlan
from dynamorm.engine.run.aio import run_async, stream_async
from dynamorm.engine.run.sync import run, stream
from dynamorm.ports.backends import Backend
from tests.core.backends import AsyncTwin

Answer = TypeVar("Answer")
Emitted = TypeVar("Emitted")


class Runner(Protocol):
    """Runs plans on a backend of the tests."""

    def run(self, plan: Plan[Answer], backend: Backend) -> Answer: ...

    def stream(self, plan: StreamPlan[Emitted], backend: Backend) -> Iterator[Emitted]: ...


class SyncRunner:
    def run(self, plan: Plan[Answer], backend: Backend) -> Answer:
        return run(plan, backend)

    def stream(self, plan: StreamPlan[Emitted], backend: Backend) -> Iterator[Emitted]:
        return stream(plan, backend)


class AsyncRunner:
    def __init__(self, loop: asyncio.Runner) -> None:
        self._loop = loop

    def run(self, plan: Plan[Answer], backend: Backend) -> Answer:
        # Of itself the loop would see the context variables as they were when it began.
        return self._loop.run(run_async(plan, AsyncTwin(backend)), context=copy_context())

    def stream(self, plan: StreamPlan[Emitted], backend: Backend) -> Iterator[Emitted]:
        emitted = stream_async(plan, AsyncTwin(backend))

        async def following() -> Emitted:
            return await anext(emitted)

        while True:
            try:
                yield self._loop.run(following(), context=copy_context())
            except StopAsyncIteration:
                return
