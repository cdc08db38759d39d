"""The one place in which a model's plans meet a backend: each verb has one line that drives its plan.

An import rule keeps the runners out of every other module of the model, so that what a verb does is told in its plan alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, TypeVar

from dynamorm.data.tables import TableSpec
from dynamorm.engine.plans.steps import Plan, Signal, StreamPlan
from dynamorm.engine.plans.writes import Write
from dynamorm.engine.run.call import max_concurrency_of
from dynamorm.engine.run.dry_run import DryRun, DryRunEnded, current_recording, recorded, recording
from dynamorm.engine.run.signals import send
from dynamorm.engine.run.sync import run, stream
from dynamorm.ports.backends import Backend

__all__ = [
    "Connected",
    "DryRun",
    "DryRunEnded",
    "drive",
    "drive_on",
    "drive_stream",
    "drive_to_write",
    "dry_run",
    "max_concurrency_of",
    "recording",
]

Answer = TypeVar("Answer")
Emitted = TypeVar("Emitted")


class Connected(Protocol):
    """A table, which knows its connection."""

    def connection(self) -> Backend:
        """Return the connection in force."""


def drive(table: Connected, plan: Plan[Answer]) -> Answer:
    """Run a *plan* on the connection of a *table*, which is opened once the plan has found nothing wrong with its arguments."""
    try:
        step = next(plan)
    except StopIteration as end:
        answer: Answer = end.value
        return answer
    return run(plan, table.connection(), step)


def drive_on(connection: Backend, plan: Plan[Answer]) -> Answer:
    """Run a *plan* on a *connection* that was chosen before."""
    return run(plan, recorded(connection))


def drive_stream(connection: Backend, plan: StreamPlan[Emitted]) -> Iterator[Emitted]:
    """Run a *plan* on a *connection* as far as its stream is read."""
    return stream(plan, connection)


def drive_to_write(plan: Plan[None]) -> Write | None:
    """Run the *plan* of a verb to its write, which a block sends with others; return ``None`` when there is none."""
    for step in plan:
        if isinstance(step, Write):
            return step
        assert isinstance(step, Signal), "a verb sends nothing before its write"
        recording = current_recording()
        if recording is None:
            send(step)
        else:
            recording.skip(step)
    return None


def dry_run(plan: Plan[Any] | StreamPlan[Any], *specs: TableSpec) -> DryRun:
    """Return what a *plan*, about the tables of these *specs*, would send; nothing is sent."""
    collected = DryRun()
    for spec in specs:
        collected.note(spec)
    collected.collect(plan)
    return collected
