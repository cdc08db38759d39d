"""Whole interpreters, from their start to their end."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence

from benchmarks.readings import PEAK_UNIT, Reading, best_of


def interpreter_reading(arguments: Sequence[str], environment: Mapping[str, str], times: int) -> Reading:
    """Run a fresh interpreter with these *arguments* in turn, some *times*, and return the best reading.

    One more comes first, which compiles what is not compiled yet. Raise ``RuntimeError`` when one fails.
    """
    environment = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return best_of([_once(arguments, environment) for _ in range(times + 1)])


def _once(arguments: Sequence[str], environment: Mapping[str, str]) -> Reading:
    started = time.perf_counter()
    process = os.posix_spawn(sys.executable, (sys.executable, *arguments), environment)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - started
    if status != 0:
        raise RuntimeError(f"'{' '.join(arguments)}' failed in a fresh interpreter.")
    return Reading(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * PEAK_UNIT)
