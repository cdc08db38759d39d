"""The drivers: the only place where a model's plans meet a backend. Each verb has one line that drives its plan.

An import rule keeps the runners out of every other module of the model, so that a verb's plan describes all that it
does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Protocol, TypeVar

from dynamorm.data.tables import TableSpec
from dynamorm.engine.plans.steps import Plan, Signal, Step, StreamPlan
from dynamorm.engine.plans.writes import Write
from dynamorm.engine.run.aio import run_async, stream_async
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.dry_run import DryRun, DryRunEnded, current_recording, end_of, recorded, recording
from dynamorm.engine.run.signals import send, send_async
from dynamorm.engine.run.sync import run, stream
from dynamorm.model.mapping.origins import Home, record_awaited

__all__ = [
    "HasConnection",
    "DryRun",
    "DryRunEnded",
    "adrive",
    "adrive_on",
    "adrive_stream",
    "drive",
    "drive_on",
    "drive_stream",
    "drive_to_write",
    "dry_run",
    "end_of",
    "let_others_run",
    "recording",
]

Returned = TypeVar("Returned")
Emitted = TypeVar("Emitted")


class HasConnection(Protocol):
    """A table that knows its connection."""

    def connection(self) -> Connection:
        """Return the connection to use."""


def drive(table: HasConnection, plan: Plan[Returned]) -> Returned:
    """Run a *plan* on the connection of a *table*, which is opened when the plan is about to send something."""
    try:
        step = next(plan)
        if type(step) is Signal:
            step = _past_signals(plan, step)
    except StopIteration as end:
        returned: Returned = end.value
        return returned
    except (AttributeError, TypeError) as error:
        _refuse_without_instance(table, error)
        raise
    return run(plan, table.connection(), step)


def drive_on(connection: Connection, plan: Plan[Returned]) -> Returned:
    """Run a *plan* on a given *connection*."""
    return run(plan, recorded(connection))


def drive_stream(connection: Connection, plan: StreamPlan[Emitted]) -> Iterator[Emitted]:
    """Run a *plan* on a *connection*, as far as the returned iterator is read."""
    return stream(plan, connection)


# The asynchronous counterparts. The instances that they return remember that they were read on an event loop.


async def adrive(table: HasConnection, plan: Plan[Returned]) -> Returned:
    """Run a *plan* on the connection of a *table*, as :func:`drive` does."""
    returned: Returned
    try:
        step = next(plan)
        while type(step) is Signal:
            collected = current_recording()
            try:
                if collected is None:
                    await send_async(step)
                else:
                    collected.skip(step)
            except BaseException as error:  # noqa: BLE001 - the plan may have to say what was done
                step = plan.throw(error)
            else:
                step = plan.send(None)
    except StopIteration as end:
        returned = end.value
    except (AttributeError, TypeError) as error:
        _refuse_without_instance(table, error)
        raise
    else:
        returned = await run_async(plan, table.connection(), step)
    record_awaited(returned)
    return returned


async def adrive_on(connection: Connection, plan: Plan[Returned]) -> Returned:
    """Run a *plan* on a given *connection*."""
    returned = await run_async(plan, recorded(connection))
    record_awaited(returned)
    return returned


def adrive_stream(connection: Connection, plan: StreamPlan[Emitted]) -> AsyncIterator[Emitted]:
    """Run a *plan* on a *connection*, as far as the returned iterator is read, by one task at a time."""
    return stream_async(plan, connection)


async def let_others_run() -> None:
    """Let the other tasks of the event loop run, amid work that takes long without sending anything."""
    from asyncio import sleep  # deferred: start-up cost

    await sleep(0)


def drive_to_write(plan: Plan[object], *, awaited: bool = False) -> Write | None:
    """Run the *plan* of a verb up to its write, which a block sends with others; return ``None`` if there is none.

    *awaited* says whether the rest of the plan will be awaited: then a coroutine function may receive its signals.
    """
    try:
        step = _past_signals(plan, next(plan), awaited=awaited)
    except StopIteration:
        return None
    assert isinstance(step, Write), "a verb sends nothing before its write"
    return step


def dry_run(plan: Callable[[], Plan[Any] | StreamPlan[Any]], *specs: TableSpec, is_awaited: bool = False) -> DryRun:
    """Return what a *plan* for the tables of these *specs* would send, without sending anything."""
    with recording(is_awaited=is_awaited) as collected:
        for spec in specs:
            collected.note(spec)
        collected.run(plan())
    return collected


def _refuse_without_instance(table: HasConnection, error: BaseException) -> None:
    """Raise ``DynaModelException`` if an *error* comes from a verb of instances that was called without one."""
    if isinstance(table, Home) and not table.is_of_instance:
        from dynamorm.model.verbs.wrong_calls import verb_of, without_instance  # deferred: start-up cost

        raise without_instance(verb_of(error.__traceback__), table.given) from None


def _past_signals(plan: Plan[Any], step: Step, *, awaited: bool = False) -> Step:
    """Run a *plan* that is at this *step* up to the first step that is not a signal, and return that."""
    while isinstance(step, Signal):
        collected = current_recording()
        try:
            if collected is None:
                send(step, in_awaited_block=awaited)
            else:
                collected.skip(step)
        except BaseException as error:  # noqa: BLE001 - the plan may have to say what was done
            step = plan.throw(error)
        else:
            step = plan.send(None)
    return step
