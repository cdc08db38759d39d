"""Measures of a program on an event loop: many tasks, all at once, and how long the loop stands still."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

from benchmarks.awaited.programs import AwaitedProgram
from benchmarks.readings import Reading, best_of, peak

#: How many portions of an operation are measured, of which the best one counts; each task does so many in a portion.
PORTIONS, OF_A_TASK = 8, 4
#: How often a page, or a large number of gets, is repeated.
TIMES = 3
#: How many tasks read pages while the loop is watched, and how many each.
READERS, PAGES = 4, 3
#: In which the loop should come back, in seconds.
TICK = 0.001


async def many(operation: Callable[[int], Awaitable[object]], tasks: int, operations: int) -> Reading:
    """Have so many *tasks* do an *operation* until they have done all *operations*, portion by portion."""
    tasks = min(tasks, operations)
    portion = max(operations // 5, OF_A_TASK * tasks)
    # The first ones make connections, and whatever is made once.
    await shared(operation, tasks, 2 * tasks)
    readings = [await _reading(lambda: shared(operation, tasks, portion)) for _ in range(PORTIONS)]
    best = best_of(readings)
    return Reading(best.cpu / portion, best.wall / portion, best.peak)


async def repeated(work: Callable[[], Awaitable[object]]) -> Reading:
    """Do the *work* a few times, after a first one that makes connections; return the best reading."""
    await work()
    return best_of([await _reading(work) for _ in range(TIMES)])


async def standstill(program: AwaitedProgram) -> Reading:
    """Return the longest time for which the loop did not come back while tasks read pages, as ``wall``."""
    await program.page()
    return best_of([await _watched(program) for _ in range(TIMES)])


async def _watched(program: AwaitedProgram) -> Reading:
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            started = time.perf_counter()
            await asyncio.sleep(TICK)
            longest = max(longest, time.perf_counter() - started - TICK)

    async def read() -> None:
        for _ in range(PAGES):
            await program.page()

    watching = asyncio.create_task(watch())
    reading = await _reading(lambda: asyncio.gather(*(read() for _ in range(READERS))))
    watching.cancel()
    return Reading(reading.cpu, longest, reading.peak)


async def shared(operation: Callable[[int], Awaitable[object]], tasks: int, count: int) -> None:
    """Have so many tasks do an operation until they have done it *count* times, and give it the number of each."""
    numbers = iter(range(count))
    await asyncio.gather(*(_one_task(operation, numbers) for _ in range(tasks)))


async def _one_task(operation: Callable[[int], Awaitable[object]], numbers: Iterator[int]) -> None:
    for number in numbers:
        await operation(number)


async def _reading(work: Callable[[], Awaitable[object]]) -> Reading:
    wall, cpu = time.perf_counter(), time.process_time()
    await work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Reading(cpu, wall, peak())
