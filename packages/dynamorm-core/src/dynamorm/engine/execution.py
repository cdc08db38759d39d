"""One call of a backend, seen by the observers."""

from __future__ import annotations

from time import perf_counter
from typing import TypeVar

from dynamorm.data.operations import Operation
from dynamorm.plugins import finder
from dynamorm.ports.backends import AsyncBackend, Backend, Capability

Result = TypeVar("Result")


def execute(backend: Backend, operation: Operation[Result]) -> Result:
    """Has the *backend* execute an *operation*, and tells the observers how it went."""
    plugins = finder()
    if not plugins.observed:
        return backend.execute(operation)
    started = perf_counter()
    try:
        result = backend.execute(operation)
    except BaseException as error:
        plugins.operation_done(operation, None, error, perf_counter() - started)
        raise
    plugins.operation_done(operation, result, None, perf_counter() - started)
    return result


async def execute_async(backend: AsyncBackend, operation: Operation[Result]) -> Result:
    """The twin of :func:`execute` for an event loop."""
    plugins = finder()
    if not plugins.observed:
        return await backend.execute(operation)
    started = perf_counter()
    try:
        result = await backend.execute(operation)
    except BaseException as error:
        plugins.operation_done(operation, None, error, perf_counter() - started)
        raise
    plugins.operation_done(operation, result, None, perf_counter() - started)
    return result


def connections_of(backend: Backend | AsyncBackend) -> int:
    """How many operations a *backend* runs side by side: one, unless it takes calls from several threads at once."""
    return backend.connections if Capability.CONCURRENT_CALLS in backend.capabilities else 1
