"""anyio's task groups, cancel scopes and portals on asyncio."""

from __future__ import annotations

import anyio
from anyio.from_thread import start_blocking_portal

from tests.async_programs.programs.books import connect, use

connect()


async def main(name: str) -> None:
    """Use the connection in several tasks, some of which are cancelled."""
    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(use, f"{name}-{number}")
    with anyio.move_on_after(0.001):
        while True:
            await use(f"{name}-cancelled")
    await use(f"{name}-after")


for turn in range(2):
    anyio.run(main, f"asyncio-{turn}")
anyio.run(main, "uvloop", backend_options={"use_uvloop": True})
with start_blocking_portal() as portal:
    portal.call(use, "portal")
