"""``import dynamorm`` in a fresh interpreter: its CPU, and what it loads."""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.comparisons import Comparison, Side, Target, cpu_milliseconds
from benchmarks.contenders import Contender, race
from benchmarks.interpreters import interpreter_reading
from benchmarks.readings import Readings
from benchmarks.scale import Scale

INTERPRETER = "a whole interpreter"
IMPORT = "import dynamorm"


def interpreter(code: str, times: int) -> Readings:
    """Run *code* in fresh interpreters."""
    return {INTERPRETER: interpreter_reading(("-c", code), os.environ, times)}


def loaded_modules() -> frozenset[str]:
    """Return the names of all modules that ``import dynamorm`` adds to those of a fresh interpreter."""
    program = f"import sys; before = set(sys.modules); {IMPORT}; print(*set(sys.modules) - before)"
    command = (sys.executable, "-c", program)
    return frozenset(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def compare(scale: Scale) -> list[Comparison]:
    """Compare an interpreter that imports dynamorm with one that does nothing."""
    nothing = "pass"
    contenders = {code: Contender(interpreter, {"code": code, "times": scale.starts}) for code in (IMPORT, nothing)}
    taken = race(contenders, scale.rounds)
    return [
        Comparison(
            INTERPRETER,
            Side.of(taken, IMPORT, INTERPRETER),
            Side.of(taken, nothing, INTERPRETER),
            Target(cpu_milliseconds, 50),
        )
    ]
