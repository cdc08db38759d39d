"""The work of the contenders, what is measured of it, and what DynamORM is to reach."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.awaited.programs import (
    AIOBOTOCORE,
    MERGED,
    MORE_CONNECTIONS,
    OURS,
    PYDYNOX,
    AwaitedProgram,
    awaited_program,
)
from benchmarks.awaited.tasks import many, repeated, standstill
from benchmarks.canned_server import Canned
from benchmarks.comparisons import Measure, cpu_ratio, memory_ratio, times_as_many, wall_ratio
from benchmarks.readings import Reading, Readings

RIVALS = (AIOBOTOCORE, PYDYNOX)


@dataclass(frozen=True, slots=True)
class Aim:
    """What is measured, and the bound beside each rival: the least for :data:`times_as_many`, else the most."""

    measure: Measure
    bounds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class AwaitedWork:
    """A piece of work on the canned server, in which the *rivals* take part. The title takes the scale's operations."""

    title: str
    reading: Callable[[AwaitedProgram, int], Awaitable[Reading]]
    aims: Mapping[str, Sequence[Aim]]
    canned: Canned = field(default_factory=Canned)
    tls: bool = False
    rivals: Sequence[str] = RIVALS

    @property
    def contenders(self) -> list[str]:
        """Return who takes part: DynamORM as it has aims, and the rivals."""
        return [*self.aims, *self.rivals]


def _gets(tasks: int) -> Callable[[AwaitedProgram, int], Awaitable[Reading]]:
    return lambda made, operations: many(made.get, tasks, operations)


def _puts(tasks: int) -> Callable[[AwaitedProgram, int], Awaitable[Reading]]:
    return lambda made, operations: many(made.put, tasks, operations)


def _gets_despite_refusals(tasks: int) -> Callable[[AwaitedProgram, int], Awaitable[Reading]]:
    def reading(made: AwaitedProgram, operations: int) -> Awaitable[Reading]:
        async def get(number: int) -> object:
            while True:
                try:
                    return await made.get(number)
                except Exception as error:
                    # Each library gives up after retries of its own, with an exception of its own.
                    if "hroughput" not in f"{type(error).__name__} {error}":
                        raise

        return many(get, tasks, operations)

    return reading


def _both(aiobotocore: float, pydynox: float) -> Mapping[str, float]:
    return {AIOBOTOCORE: aiobotocore, PYDYNOX: pydynox}


#: The pieces of work by name. Where it matters, the server answers after 20 ms, or refuses 5 % of the gets.
AWAITED_WORKS: Mapping[str, AwaitedWork] = {
    "get-1": AwaitedWork("get, 1 task", _gets(1), {OURS: [Aim(cpu_ratio, _both(0.28, 0.65))]}),
    "get-50": AwaitedWork(
        "get, 50 tasks",
        _gets(50),
        {OURS: [Aim(cpu_ratio, _both(0.19, 0.45)), Aim(times_as_many, _both(5, 1.6))]},
    ),
    "get-500": AwaitedWork(
        "get, 500 tasks",
        _gets(500),
        {
            OURS: [
                Aim(cpu_ratio, _both(0.16, 0.33)),
                Aim(times_as_many, _both(6, 2.4)),
                Aim(memory_ratio, _both(0.65, 0.55)),
            ]
        },
    ),
    "put-1": AwaitedWork("put, 1 task", _puts(1), {OURS: [Aim(cpu_ratio, _both(0.28, 0.65))]}),
    "put-50": AwaitedWork("put, 50 tasks", _puts(50), {OURS: [Aim(cpu_ratio, _both(0.25, 0.68))]}),
    "page": AwaitedWork(
        "page of {:,} items",
        lambda made, _operations: repeated(made.page),
        {OURS: [Aim(cpu_ratio, _both(0.14, 0.30))]},
    ),
    "latency": AwaitedWork(
        "{:,} gets at once, after 20 ms each",
        lambda made, operations: repeated(lambda: made.get_all(operations)),
        {
            OURS: [Aim(wall_ratio, {AIOBOTOCORE: 0.55})],
            MORE_CONNECTIONS: [Aim(wall_ratio, _both(0.23, 0.75))],
            MERGED: [Aim(wall_ratio, _both(0.08, 0.25))],
        },
        Canned(latency=0.020),
    ),
    "throttled": AwaitedWork(
        "get, 200 tasks, 5 % throttled",
        _gets_despite_refusals(200),
        {OURS: [Aim(times_as_many, _both(3, 3))]},
        Canned(throttled=20),
    ),
    "standstill": AwaitedWork(
        "longest standstill of the loop, four tasks of pages",
        lambda made, _operations: standstill(made),
        {OURS: [Aim(wall_ratio, _both(0.15, 0.20))]},
    ),
    "tls": AwaitedWork(
        "get, 50 tasks, over TLS",
        _gets(50),
        {OURS: [Aim(cpu_ratio, {AIOBOTOCORE: 0.23})]},
        tls=True,
        # pydynox takes no certificate of one's own.
        rivals=(AIOBOTOCORE,),
    ),
}


def take(contender: str, work: str, url: str, operations: int, certificate: str) -> Readings:
    """Do the *work* of that name with the library of that name, and trust the server's *certificate*, if it has one."""
    import os

    if certificate:
        os.environ["AWS_CA_BUNDLE"] = certificate

    async def run() -> Reading:
        async with awaited_program(contender, url) as made:
            return await AWAITED_WORKS[work].reading(made, operations)

    return {work: asyncio.run(run())}
