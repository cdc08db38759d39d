"""Awaits verbs in tests that are not coroutine functions themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Returned = TypeVar("Returned")


def awaited(awaitable: Awaitable[Returned]) -> Returned:
    """Await it on an event loop of its own, and return its result."""

    async def main() -> Returned:
        return await awaitable

    return asyncio.run(main())
