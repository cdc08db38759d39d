"""Signals whose handlers raise exceptions: whenever they arrive, the backend works afterwards, and so do other processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.counts import take_counts

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no interval timers")


def run(program: str, folder: Path, *arguments: str) -> list[str]:
    """Run a *program* of tests.sqlite.interrupting. Return the lines that it says."""
    command = (sys.executable, "-W", "ignore", "-m", "tests.sqlite.interrupting", program, str(folder), *arguments)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    path = folder / "numbers.db"
    if path.exists():
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return take_counts(done.stdout.splitlines())


def test_interrupt_of_a_write_that_waits_for_another_process(tmp_path: Path) -> None:
    assert run("waiting_for_the_lock", tmp_path) == ["interrupted"] * 3 + ["[-1, 2]"]


@pytest.mark.parametrize("times", ["1", "3"])
def test_interrupts_at_any_moment_of_operations_on_a_file(tmp_path: Path, times: str) -> None:
    interrupt_file(tmp_path, times)


@pytest.mark.parametrize("times", ["1", "3"])
def test_interrupts_at_any_moment_of_operations_in_memory(tmp_path: Path, times: str) -> None:
    interrupt_memory(tmp_path, times)


def interrupt_file(folder: Path, times: str, *interrupts_and_seed: str) -> None:
    url = f"sqlite:///{folder / 'numbers.db'}?timeout=20&synchronous=normal"
    assert run("many", folder, url, times, *interrupts_and_seed) == ["lost []", "at once", "both"]


def interrupt_memory(folder: Path, times: str, *interrupts_and_seed: str) -> None:
    assert run("many", folder, "sqlite:///:memory:", times, *interrupts_and_seed) == ["lost []"]


def test_interrupted_read_does_not_keep_the_connection_in_an_old_state(tmp_path: Path) -> None:
    assert run("kept_exceptions", tmp_path) == ["{'n': -1, 'mod': 1}"]
