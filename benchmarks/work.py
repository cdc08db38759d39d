"""Keep work from growing: ``python -m benchmarks.work`` counts it, and compares it with ``benchmarks/work.json``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.canned_server import Canned, canned_server
from benchmarks.clients import ENVIRONMENT
from benchmarks.contenders import ROOT

FILE = Path(__file__).with_name("work.json")
COMMAND = "hatch run work:count"
#: How much more a figure may be than the committed one, and how much less is worth a word, as a share of it.
TOLERANCE = 0.10
#: The items in a page and in a batch.
ITEMS = 100
#: The Python whose instructions are counted.
PYTHON = (3, 11)
#: Schema libraries of models, and where their operations go.
MODELS = (
    ("pydantic", "direct"),
    ("marshmallow", "direct"),
    ("schematics", "direct"),
    ("attrs", "direct"),
    ("msgspec", "direct"),
    ("pydantic", "client"),
    ("pydantic", "sqlite"),
)
#: How the keys of a model are made: see :mod:`benchmarks.work_of_keys`.
KEYS = ("keys that are fields", "composed keys")
#: What is imported by whom: a program loads so many modules.
IMPORTS = {
    "import dynamorm": "import dynamorm",
    "first direct get": "import runpy; runpy.run_path('benchmarks/cold_starts/dynamorm_direct.py')",
}
MODULES = """
import json, sys
before = set(sys.modules)
{program}
print(json.dumps({{"{name}": len(set(sys.modules) - before)}}))
"""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a comparison with the committed figures found, in words."""

    failures: Sequence[str]
    improvements: Sequence[str]


def compared(before: Mapping[str, int], after: Mapping[str, int]) -> Changes:
    """Compare the figures *before*, which are committed, with those *after*."""
    failures, improvements = [], []
    for name in sorted({*before, *after}):
        if name not in before or name not in after:
            where = "not counted any more" if name in before else "not in the file"
            failures.append(f"{name} is {where}.")
            continue
        old, new = before[name], after[name]
        words = f"{name}: {old:,} before, {new:,} now ({new / old - 1:+.0%})."
        if new > old * (1 + TOLERANCE):
            failures.append(words)
        elif new < old * (1 - TOLERANCE):
            improvements.append(words)
    return Changes(failures, improvements)


def counted() -> dict[str, int]:
    """Return all figures, each taken in a fresh interpreter with nothing but what is said here in its environment."""
    with tempfile.TemporaryDirectory() as home, canned_server(Canned(ITEMS)) as url:
        environment = {**ENVIRONMENT, "HOME": home, "PYTHONHASHSEED": "0", "BENCHMARK_URL": url}
        figures: dict[str, int] = {}
        for schemas, path in MODELS:
            figures |= _answer(("-m", "benchmarks.work_of_models", schemas, path, str(ITEMS)), environment)
        for keys in KEYS:
            figures |= _answer(("-m", "benchmarks.work_of_keys", keys), environment)
        for name, program in IMPORTS.items():
            figures |= _answer(("-c", MODULES.format(program=program, name=f"{name}, modules")), environment)
    return figures


def _answer(arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, int]:
    answer: dict[str, int] = json.loads(
        subprocess.run(
            (sys.executable, *arguments), cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
        ).stdout
    )
    return answer


def committed() -> dict[str, int]:
    """Return the figures of the file; none when there is no file yet."""
    if not FILE.exists():
        return {}
    figures: dict[str, int] = json.loads(FILE.read_text(encoding="utf-8"))
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Count and compare; the status is 1 when something takes more work than the file allows."""
    parser = argparse.ArgumentParser("benchmarks.work", description="Counts the work of a few operations.")
    parser.add_argument("--renew", action="store_true", help=f"write what is counted into {FILE.name}")
    options = parser.parse_args(arguments)
    if sys.version_info[:2] != PYTHON:
        parser.error(f"Python {PYTHON[0]}.{PYTHON[1]} is what counts: each has instructions of its own. Run {COMMAND}")
    after = counted()
    if options.renew:
        FILE.write_text(json.dumps(after, indent=2) + "\n", encoding="utf-8")
        print(f"{FILE.name} has {len(after)} figures.")
        return 0
    changes = compared(committed(), after)
    for words in changes.improvements:
        print(f"Less work: {words}")
    for words in changes.failures:
        print(f"More work than {FILE.name} allows: {words}")
    if changes.failures:
        print(f"If that is meant to be, renew the file: {COMMAND} --renew")
        return 1
    if changes.improvements:
        print(f"So that it stays like this, renew the file: {COMMAND} --renew")
    print(f"{len(after)} figures of work are not more than {TOLERANCE:.0%} above those of {FILE.name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
