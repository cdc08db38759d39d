"""The two runners behind one face, so that each test of a plan runs with both."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextvars import copy_context
from typing import Protocol, TypeVar

from dynamorm.data import CapacityDetail
from dynamorm.engine.plans.steps import Plan, StreamPlan
from dynamorm.engine.run.aio import run_async, stream_async
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.sync import run, stream
from dynamorm.ports.backends import Backend
from tests.support.backends import AsyncTwin

Answer = TypeVar("Answer")
Emitted = TypeVar("Emitted")


class Runner(Protocol):
    """Runs plans on a backend of the tests."""

    def run(self, plan: Plan[Answer], backend: Backend, costs: CapacityDetail = "NONE") -> Answer: ...

    def stream(self, plan: StreamPlan[Emitted], backend: Backend) -> Iterator[Emitted]: ...


class SyncRunner:
    def run(self, plan: Plan[Answer], backend: Backend, costs: CapacityDetail = "NONE") -> Answer:
        return run(plan, Connection(backend, return_consumed_capacity=costs))

    def stream(self, plan: StreamPlan[Emitted], backend: Backend) -> Iterator[Emitted]:
        return stream(plan, Connection(backend))


class AsyncRunner:
    def __init__(self, loop: asyncio.Runner) -> None:
        self._loop = loop

    def run(self, plan: Plan[Answer], backend: Backend, costs: CapacityDetail = "NONE") -> Answer:
        # Of itself the loop would see the context variables as they were when it began.
        return self._loop.run(
            run_async(plan, Connection(AsyncTwin(backend), return_consumed_capacity=costs)), context=copy_context()
        )

    def stream(self, plan: StreamPlan[Emitted], backend: Backend) -> Iterator[Emitted]:
        emitted = stream_async(plan, Connection(AsyncTwin(backend)))

        async def following() -> Emitted:
            return await anext(emitted)

        while True:
            try:
                yield self._loop.run(following(), context=copy_context())
            except StopAsyncIteration:
                return
