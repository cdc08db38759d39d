"""Dumps that are killed again and again have each item once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import Backend
from tests.support.counts import COUNTS, take_counts
from tests.support.dumps import fill
from tests.support.servers.connections import ACCESS_KEY, REGION, SECRET_KEY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

ITEMS = 3_000


def test_a_dump_of_a_file_survives_kills(tmp_path: Path) -> None:
    before = COUNTS["killed dumps"]
    kill_dumps_of_a_file(tmp_path, kills=10, seed=1)
    assert COUNTS["killed dumps"] == before + 10


def test_a_dump_survives_a_kill_at_each_step_with_files(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'numbers.db'}"
    with open_backend(url) as backend:
        fill(backend, 30, size=40)
    before = COUNTS["killed dumps"]
    kill_dumps(tmp_path, url, {}, kills=0, seed=-1, items=30)
    assert COUNTS["killed dumps"] - before > 20


def test_a_dump_of_a_server_survives_kills(local: Backend, dynamodb_local: str, tmp_path: Path) -> None:
    fill(local, ITEMS, size=40)
    options = {
        "endpoint_url": dynamodb_local,
        "aws_access_key_id": ACCESS_KEY,
        "aws_secret_access_key": SECRET_KEY,
    }
    kill_dumps(tmp_path, f"boto3://{REGION}", options, kills=10, seed=1)


def kill_dumps_of_a_file(folder: Path, kills: int, seed: int) -> None:
    """Kill so many dumps of a SQLite file, at random moments. Fail unless each item is dumped once."""
    url = f"sqlite:///{folder / 'numbers.db'}"
    with open_backend(url) as backend:
        fill(backend, ITEMS, size=40)
    kill_dumps(folder, url, {}, kills, seed)


def kill_dumps(folder: Path, url: str, options: dict[str, Any], kills: int, seed: int, items: int = ITEMS) -> None:
    """Kill so many dumps of the numbers in a backend, at random moments. Fail unless each item is dumped once."""
    command = (sys.executable, "-m", "tests.core.operate.killed_dumps", str(kills), str(seed), str(folder), url)
    done = subprocess.run([*command, json.dumps(options)], capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    dumped = take_counts(done.stdout.splitlines())
    assert {*dumped} == {f"dumped {items} each once"}
