"""A backend that fails now and then, before or after it has done what it was asked to."""

from __future__ import annotations

import random
from threading import Lock
from typing import TypeVar

from dynamorm.data import Operation
from dynamorm.exceptions import BackendUnavailable, Throttled
from dynamorm.ports.backends import Backend

Result = TypeVar("Result")


class FaultyBackend(Backend):
    """Passes operations on to another backend, and loses some requests, and the answers to some others.

    ``faults`` counts them by kind.
    """

    def __init__(self, backend: Backend, seed: int) -> None:
        self.capabilities = backend.capabilities
        self.faults = {"throttled": 0, "request lost": 0, "answer lost": 0}
        self._backend = backend
        self._random = random.Random(seed)
        self._lock = Lock()

    def execute(self, operation: Operation[Result]) -> Result:
        fault = self._fault()
        if fault == "throttled":
            raise Throttled("Too much was asked for.")
        if fault == "request lost":
            raise BackendUnavailable("The request was lost.")
        result = self._backend.execute(operation)
        if fault == "answer lost":
            raise BackendUnavailable("The answer was lost.")
        return result

    def close(self) -> None:
        self._backend.close()

    def _fault(self) -> str | None:
        with self._lock:
            number = self._random.randrange(20)
            fault = {0: "throttled", 1: "request lost", 2: "answer lost"}.get(number)
            if fault is not None:
                self.faults[fault] += 1
            return fault
