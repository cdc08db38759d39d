"""Processes that are killed while they write: what was acknowledged is there, and transactions are there as a whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.counts import COUNTS, take_counts

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


def test_killed_writers_lose_nothing(tmp_path: Path) -> None:
    before = COUNTS["acknowledged"]
    kill_writers(tmp_path, kills=6, seed=1)
    assert COUNTS["acknowledged"] > before


def kill_writers(folder: Path, kills: int, seed: int) -> None:
    """Kill so many writers at random moments. Fail if anything is lost, or written in part."""
    command = (sys.executable, "-m", "tests.sqlite.killing", str(folder), str(kills), str(seed))
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert take_counts(done.stdout.splitlines()) == ["lost []", "deleted and there []", "in part []", "counted"] * (
        kills // 2
    )
