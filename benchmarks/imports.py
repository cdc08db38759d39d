"""``import dynamorm`` in a fresh interpreter: its CPU, and what it loads."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from benchmarks.comparisons import Comparison, Side, Target, cpu_milliseconds
from benchmarks.contenders import Contender, race
from benchmarks.readings import PEAK_UNIT, Reading, Readings, best_of
from benchmarks.scale import Scale

INTERPRETER = "a whole interpreter"
IMPORT = "import dynamorm"


def interpreter(code: str, times: int) -> Readings:
    """Runs *code* in fresh interpreters, some *times*, and takes the best; the first one compiles what is not compiled yet."""
    return {INTERPRETER: best_of([_reading(code) for _ in range(times + 1)])}


def loaded_modules() -> frozenset[str]:
    """The names of all modules that ``import dynamorm`` adds to those of a fresh interpreter."""
    program = f"import sys; before = set(sys.modules); {IMPORT}; print(*set(sys.modules) - before)"
    command = (sys.executable, "-c", program)
    return frozenset(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def compare(scale: Scale) -> list[Comparison]:
    """An interpreter that imports dynamorm against one that does nothing."""
    nothing = "pass"
    contenders = {code: Contender(interpreter, {"code": code, "times": 10}) for code in (IMPORT, nothing)}
    taken = race(contenders, scale.rounds)
    return [
        Comparison(
            INTERPRETER,
            Side.of(taken, IMPORT, INTERPRETER),
            Side.of(taken, nothing, INTERPRETER),
            Target(cpu_milliseconds, 60),
        )
    ]


def _reading(code: str) -> Reading:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = os.posix_spawn(sys.executable, (sys.executable, "-c", code), environment)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - started
    if status != 0:
        raise RuntimeError(f"'{code}' failed in a fresh interpreter.")
    return Reading(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * PEAK_UNIT)
