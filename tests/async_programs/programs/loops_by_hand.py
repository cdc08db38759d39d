"""Event loops that a program makes and closes itself, as programs did before ``asyncio.run``."""

from __future__ import annotations

import asyncio

from tests.async_programs.programs.books import connect, use

connect()
for number in range(3):
    loop = asyncio.new_event_loop()
    loop.run_until_complete(use(f"loop-{number}"))
    loop.run_until_complete(use(f"loop-{number}-again"))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
