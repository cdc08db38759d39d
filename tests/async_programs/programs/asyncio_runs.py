"""Event loops one after the other, with one connection that is never closed."""

from __future__ import annotations

import asyncio

from tests.async_programs.programs.books import connect, use

connect()
for number in range(3):
    asyncio.run(use(f"run-{number}"))
with asyncio.Runner() as runner:
    for number in range(3):
        runner.run(use(f"runner-{number}"))
