"""The drivers: the only place where a model's plans meet a backend. Each verb has one line that drives its plan.

An import rule keeps the runners out of every other module of the model, so that a verb's plan describes all that it
does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, TypeVar

from dynamorm.data.tables import TableSpec
from dynamorm.engine.plans.steps import Plan, Signal, StreamPlan
from dynamorm.engine.plans.writes import Write
from dynamorm.engine.run.call import max_concurrency_of
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.dry_run import DryRun, DryRunEnded, current_recording, recorded, recording
from dynamorm.engine.run.signals import send
from dynamorm.engine.run.sync import run, stream

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

Returned = TypeVar("Returned")
Emitted = TypeVar("Emitted")


class Connected(Protocol):
    """A table that knows its connection."""

    def connection(self) -> Connection:
        """Return the connection to use."""


def drive(table: Connected, plan: Plan[Returned]) -> Returned:
    """Run a *plan* on the connection of a *table*, which is opened only when the plan has accepted its arguments."""
    try:
        step = next(plan)
    except StopIteration as end:
        returned: Returned = end.value
        return returned
    return run(plan, table.connection(), step)


def drive_on(connection: Connection, plan: Plan[Returned]) -> Returned:
    """Run a *plan* on a given *connection*."""
    return run(plan, recorded(connection))


def drive_stream(connection: Connection, plan: StreamPlan[Emitted]) -> Iterator[Emitted]:
    """Run a *plan* on a *connection*, as far as the returned iterator is read."""
    return stream(plan, connection)


def drive_to_write(plan: Plan[None]) -> Write | None:
    """Run the *plan* of a verb up to its write, which a block sends with others; return ``None`` if there is none."""
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
    """Return what a *plan* for the tables of these *specs* would send, without sending anything."""
    collected = DryRun()
    for spec in specs:
        collected.note(spec)
    collected.collect(plan)
    return collected
