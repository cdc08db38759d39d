"""Backends for tests: one that keeps what passes through it, one that answers what it is told to."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Any, TypeVar, cast

from dynamorm.data import CreateTable, DeleteTable, DescribeTable, Operation
from dynamorm.ports.backends import AsyncBackend, Backend, Capability

Result = TypeVar("Result")


class RecordingBackend(Backend):
    """Passes operations on to another backend, and keeps those that are about items."""

    def __init__(self, backend: Backend) -> None:
        self.capabilities = backend.capabilities
        self.max_concurrency = backend.max_concurrency
        self.sent: list[Operation[Any]] = []
        self._backend = backend

    def execute(self, operation: Operation[Result]) -> Result:
        if not isinstance(operation, (CreateTable, DescribeTable, DeleteTable)):
            self.sent.append(operation)
        return self._backend.execute(operation)

    def close(self) -> None:
        self._backend.close()


class ScriptedBackend(Backend):
    """Answers the results that it is given, one after the other, and raises those that are exceptions."""

    def __init__(self, *answers: object, concurrent: bool = False) -> None:
        concurrency = {Capability.CONCURRENT_CALLS} if concurrent else set()
        self.capabilities = frozenset({Capability.CONSUMED_CAPACITY, *concurrency})
        self.sent: list[Operation[Any]] = []
        self._answers = iter(answers)
        self._lock = Lock()

    def execute(self, operation: Operation[Result]) -> Result:
        with self._lock:
            self.sent.append(operation)
            answer = next(self._answers)
        if isinstance(answer, BaseException):
            raise answer
        return cast("Result", answer)

    def close(self) -> None:
        pass

    @property
    def unanswered(self) -> Iterable[object]:
        """The answers that nobody has asked for yet."""
        return list(self._answers)


class AsyncTwin(AsyncBackend):
    """A synchronous backend of the tests for an event loop, in its thread."""

    def __init__(self, backend: Backend) -> None:
        self.capabilities = backend.capabilities
        self.planned = backend.planned
        self.max_concurrency = backend.max_concurrency
        self._backend = backend

    async def execute(self, operation: Operation[Result]) -> Result:
        return self._backend.execute(operation)

    async def close(self) -> None:
        self._backend.close()
