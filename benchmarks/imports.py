"""``import dynamorm`` and ``dynamorm --help`` in a fresh interpreter: their CPU, and what is loaded."""

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
HELP = "dynamorm --help"
#: What each contender runs.
CODE = {
    IMPORT: IMPORT,
    HELP: "import os, sys; sys.stdout = open(os.devnull, 'w'); from dynamorm_cli.main import main; main(['--help'])",
    "pass": "pass",
}


def interpreter(code: str, times: int) -> Readings:
    """Run *code* in fresh interpreters."""
    return {INTERPRETER: interpreter_reading(("-c", code), os.environ, times)}


def loaded_modules() -> frozenset[str]:
    """Return the names of all modules that ``import dynamorm`` adds to those of a fresh interpreter."""
    program = f"import sys; before = set(sys.modules); {IMPORT}; print(*set(sys.modules) - before)"
    command = (sys.executable, "-c", program)
    return frozenset(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def compare(scale: Scale) -> list[Comparison]:
    """Compare an interpreter that imports dynamorm, and one that runs the command, with one that does nothing."""
    contenders = {name: Contender(interpreter, {"code": code, "times": scale.starts}) for name, code in CODE.items()}
    taken = race(contenders, scale.rounds)
    nothing = Side.of(taken, "pass", INTERPRETER)
    targets = {IMPORT: 50, HELP: 60}
    return [
        Comparison(INTERPRETER, Side.of(taken, name, INTERPRETER), nothing, Target(cpu_milliseconds, most))
        for name, most in targets.items()
    ]
