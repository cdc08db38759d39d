"""Calls the program's callbacks with the reports of plans."""

from __future__ import annotations

from dynamorm.engine.plans.steps import Report
from dynamorm.exceptions import DynaModelException


def report(step: Report) -> None:
    """Call the callback of a report.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for a coroutine function, which nobody would await. The
    first report comes before anything is sent.
    """
    result = step.callback(step.progress)
    if hasattr(result, "__await__"):
        if hasattr(result, "close"):
            result.close()  # or Python warns that it was never awaited
        raise DynaModelException(
            "The callback for progress is a coroutine function, which a synchronous verb can't await. Give a function."
        )


async def report_async(step: Report) -> None:
    """Call the callback of a report, and await it if it is a coroutine function."""
    result = step.callback(step.progress)
    if hasattr(result, "__await__"):
        await result
