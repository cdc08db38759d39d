"""uvloop's event loops one after the other, and asyncio's after them, with one connection."""

from __future__ import annotations

import asyncio

import uvloop

from tests.async_programs.programs.books import connect, use

connect()
for number in range(2):
    uvloop.run(use(f"run-{number}"))
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    for number in range(2):
        runner.run(use(f"runner-{number}"))
asyncio.run(use("asyncio"))
