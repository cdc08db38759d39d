"""Operations that a backend has to refuse."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Generic, TypeVar

import pytest

from dynamorm.data import Operation
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends.descriptions import described
from dynamorm.testing.backends.watching import WatchedBackend

Refusal = TypeVar("Refusal", bound=BaseException)


class refuses(Generic[Refusal]):  # noqa: N801 - it reads as a verb: with refuses(backend, InvalidKey)
    """Expect that the *backend* refuses the operations in the ``with`` block, with one of the *exceptions*.

    If it does not, the test fails with the name of the operation that should have raised, as in "PutItem(table='books',
    item={}) should have raised InvalidKey, and returned WriteResult()". The exception is ``value`` after the block.
    """

    value: Refusal

    def __init__(self, backend: Backend, *exceptions: type[Refusal]) -> None:
        self._backend = backend
        self._exceptions = exceptions

    def __enter__(self) -> refuses[Refusal]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> bool:
        __tracebackhide__ = True
        if exception is None:
            _, result = self._latest()
            pytest.fail(f"{self._expectation()}, and returned {described(result)}")
        if isinstance(exception, self._exceptions):
            self.value = exception
            return True
        if isinstance(exception, Exception) and not isinstance(exception, AssertionError):
            exception.add_note(f"{self._expectation()}.")
        return False

    def _expectation(self) -> str:
        operation, _ = self._latest()
        name = "The operation" if operation is None else described(operation)
        return f"{name} should have raised {' or '.join(each.__name__ for each in self._exceptions)}"

    def _latest(self) -> tuple[Operation[Any] | None, object]:
        latest = self._backend.latest if isinstance(self._backend, WatchedBackend) else None
        return (None, None) if latest is None else latest
