"""Tests and programs that run in a process of their own: what they import or do changes the whole process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_tests(*arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Run pytest in the repository with these *arguments*, in a process of its own; fail as the tests fail."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    variables = {**os.environ, **(environment or {})}
    finished = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def run_program(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a *module* of the repository in a process where each warning is an error; return what it prints.

    Fails if it fails, and if it writes anything to its standard error, as destructors do whose warning is an error.
    """
    command = [sys.executable, "-W", "error", "-m", module, *arguments]
    variables = {**os.environ, **(environment or {})}
    finished = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=120
    )
    assert (finished.returncode, finished.stderr) == (0, ""), finished.stdout + finished.stderr
    return finished.stdout
