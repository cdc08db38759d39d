"""What a contender is measured by: CPU, time on the clock, and memory."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

#: The unit of ``ru_maxrss`` in bytes: getrusage(2) counts in kilobytes on Linux, in bytes on macOS.
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024
_STATUS = Path("/proc/self/status")
_PEAK = "VmHWM:"


@dataclass(frozen=True, slots=True)
class Reading:
    """The cost of a piece of work: seconds of CPU and on the clock, and the process's largest size so far in bytes."""

    cpu: float
    wall: float
    peak: int


#: The readings of one contender, by the piece of work.
Readings: TypeAlias = Mapping[str, Reading]


def peak() -> int:
    """Return the largest size of this process so far, in bytes.

    Linux gives a process that another one started that one's size as its ``ru_maxrss`` to begin with, however small it
    is itself: proc(5) has its own.
    """
    if _STATUS.exists():
        for line in _STATUS.read_text(encoding="latin-1").splitlines():
            if line.startswith(_PEAK):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT


def reading_of(work: Callable[[], object]) -> Reading:
    """Do the *work* once, in this process, and return what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Reading(cpu, wall, peak())


def portions(count: int, portion: Callable[[range], object], number: int = 20) -> Reading:
    """Do *count* pieces of work in a *number* of portions, and return what it takes at the pace of the best one.

    Short portions find moments in which nothing else runs on the machine.
    """
    bounds = sorted({count * part // number for part in range(number + 1)})
    paces = []
    for first, last in pairwise(bounds):
        reading = reading_of(partial(portion, range(first, last)))
        share = count / (last - first)
        paces.append(Reading(reading.cpu * share, reading.wall * share, reading.peak))
    return best_of(paces)


def best_of(readings: Iterable[Reading]) -> Reading:
    """Return the smallest value of each quantity: other programs of the machine can only add to it."""
    listed = list(readings)
    return Reading(
        min(reading.cpu for reading in listed),
        min(reading.wall for reading in listed),
        min(reading.peak for reading in listed),
    )
