"""The same work on an event loop, written with each library."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from benchmarks.clients import ENVIRONMENT

#: The connections that each library may open, where nothing else is said: what DynamORM opens by default.
CONNECTIONS = 50


class AwaitedProgram(Protocol):
    """Items and pages, as the library's own documentation has them awaited."""

    async def get(self, number: int) -> Any:
        """Get an item of that *number* as an object of the library, or of Pydantic."""

    async def put(self, number: int) -> None:
        """Make such an object, and put it."""

    async def page(self) -> list[Any]:
        """Query one page, and return its items as such objects."""

    async def get_all(self, count: int) -> list[Any]:
        """Get so many items, all at once."""


async def gathered(get: Callable[[int], Awaitable[Any]], count: int) -> list[Any]:
    """Get so many items, each by a call of its own."""
    return await asyncio.gather(*map(get, range(count)))


@dataclass(frozen=True, slots=True)
class AwaitedSource:
    """Where a program is: a module, whose function ``connected`` takes the *options*, and the library."""

    module: str
    library: str
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def installed(self) -> bool:
        """Return whether the library can be imported here."""
        return find_spec(self.library) is not None


def _dynamorm(**options: object) -> AwaitedSource:
    return AwaitedSource(f"{__name__}.dynamorm_models", "dynamorm_pydantic", options)


OURS, MORE_CONNECTIONS, MERGED = "DynamORM", "DynamORM, 200 connections", "DynamORM, merged reads"
AIOBOTOCORE, PYDYNOX = "aiobotocore", "pydynox"
#: The programs by the contender's name.
AWAITED_PROGRAMS: Mapping[str, AwaitedSource] = {
    OURS: _dynamorm(),
    MORE_CONNECTIONS: _dynamorm(max_connections=200),
    MERGED: _dynamorm(merged=True),
    AIOBOTOCORE: AwaitedSource(f"{__name__}.aiobotocore_client", "aiobotocore"),
    PYDYNOX: AwaitedSource(f"{__name__}.pydynox_models", "pydynox"),
}


def awaited_program(name: str, url: str) -> AbstractAsyncContextManager[AwaitedProgram]:
    """Return the program of that *name*, which is connected to the server at *url* as long as the block lasts."""
    os.environ.update(ENVIRONMENT)
    source = AWAITED_PROGRAMS[name]
    connected: AbstractAsyncContextManager[AwaitedProgram] = import_module(source.module).connected(
        url, **source.options
    )
    return connected
