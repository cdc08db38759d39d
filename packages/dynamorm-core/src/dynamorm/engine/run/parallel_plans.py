"""Work beside a plan's own: several plans at once, and functions that block, in threads or in tasks of an event loop.

The runners give the function that runs one plan, since they call this module.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from dynamorm.engine.plans.steps import NO_OUTCOME, Blocking, ParallelPlans, Plan
from dynamorm.engine.run.workers import Workers
from dynamorm.exceptions import DynamoException

#: How long an interrupt waits for the plans, which then save how far they have come.
SECONDS_AFTER_INTERRUPT = 5.0


def run_plans(step: ParallelPlans, max_concurrency: int, run: Callable[[Plan[Any]], Any]) -> list[Any]:
    """Run the plans of a *step* in threads, and return their results; one after the other if they can't be parallel."""

    def outcome(plan: Plan[Any]) -> Any:
        try:
            return run(plan)
        except DynamoException as error:
            return error

    count = min(max_concurrency, len(step.plans))
    outcomes = None
    if count > 1:
        workers: Workers[Plan[Any]] = Workers(count, outcome, SECONDS_AFTER_INTERRUPT)
        try:
            outcomes = workers.run(step.plans)
        finally:
            workers.end()
    if outcomes is None:
        # Also when no thread can be started: too many are running, or the interpreter is ending.
        outcomes = [outcome(plan) for plan in step.plans]
    return step.results_of(outcomes)


async def take_async(
    step: ParallelPlans | Blocking, max_concurrency: int, run: Callable[[Plan[Any]], Awaitable[Any]]
) -> Any:
    """Call the function of a *step* in a thread, or run its plans in tasks; return the results when all have ended.

    They have ended as well when this is cancelled; the function may still be running then.
    """
    import asyncio  # deferred: start-up cost

    if isinstance(step, Blocking):
        return await asyncio.to_thread(step.function)
    outcomes: list[Any] = [NO_OUTCOME] * len(step.plans)
    waiting = iter(enumerate(step.plans))

    async def work() -> None:
        for place, plan in waiting:
            try:
                outcomes[place] = await run(plan)
            except DynamoException as error:
                outcomes[place] = error

    concurrency = min(max_concurrency, len(step.plans))
    ends = await asyncio.gather(*(work() for _ in range(concurrency)), return_exceptions=True)
    for failure in filter(None, ends):
        raise failure
    return step.results_of(outcomes)
