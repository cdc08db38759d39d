"""The turns of an event loop's other tasks, which a verb grants them while it loads many instances."""

from __future__ import annotations

from typing import Final

from dynamorm.engine.plans.steps import Sleep

#: How many instances are loaded before the others get their turn: some milliseconds' work at most.
CHUNK: Final = 200

#: The step of a plan that grants them a turn.
LET_OTHERS_RUN: Final = Sleep(0)
