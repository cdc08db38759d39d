"""Contenders run by turns, each time in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from benchmarks.readings import Reading, Readings

ROOT = Path(__file__).parent.parent


class ContenderFailed(RuntimeError):
    """A contender's process ended with an error, which its message repeats."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A function of a module, and its arguments, which have a form in JSON. It answers readings by piece of work."""

    function: Callable[..., Readings]
    arguments: Mapping[str, str | int]

    def run(self) -> Readings:
        """Call the function in a fresh interpreter. Raise :class:`ContenderFailed` if that fails."""
        address = (self.function.__module__, self.function.__name__, json.dumps(self.arguments))
        # A process that compiles what it imports is larger than one that finds it compiled.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        process = subprocess.run(
            (sys.executable, "-m", __name__, *address),
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode != 0:
            raise ContenderFailed(f"{' '.join(address)} failed:\n{process.stderr}")
        # The last line is the worker's own; a library may have printed something before.
        answer = json.loads(process.stdout.splitlines()[-1])
        return {work: Reading(**quantities) for work, quantities in answer.items()}


def race(contenders: Mapping[str, Contender], rounds: int) -> dict[str, list[Readings]]:
    """Return the readings of each of the named *contenders* in several *rounds*, in which each of them runs once.

    So what slows the machine down for a while slows all of them.
    """
    taken: dict[str, list[Readings]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            taken[name].append(contender.run())
    return taken


def _worker(module: str, function: str, arguments: str) -> None:
    readings: Readings = getattr(import_module(module), function)(**json.loads(arguments))
    print(json.dumps({work: asdict(reading) for work, reading in readings.items()}), flush=True)
    # The readings are taken. The threads of a library may crash while the interpreter ends, as pydynox's sometimes do.
    os._exit(0)


if __name__ == "__main__":
    _worker(*sys.argv[1:])
