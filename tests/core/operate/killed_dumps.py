"""Processes that dump are killed: ``python -m tests.core.operate.killed_dumps KILLS SEED FOLDER URL OPTIONS``.

They are killed at random moments or, with the seed -1, at each step that they take with a file, one after the other.
The options are those of the backend, as JSON. Each run is a fork of this program, which has
no threads and no open connections, so that it reads within milliseconds. It begins a dump of the table ``numbers``, or
goes on with the one that was killed. After so many kills the last dump is finished; each that is finished is checked.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

# Imported before the forks, which would all wait for them.
import dynamorm_sqlite.backend  # noqa: F401
from dynamorm import operate
from dynamorm.data import Operation, Scan
from dynamorm.engine.run.connections import open_connection
from dynamorm.ports.backends import Backend
from tests.support.counts import count_line
from tests.support.dumps import check_whole, numbers_in

SEGMENTS = 3
#: Small enough that a run completes some parts before it is killed.
PART_BYTES = 3_000


class SmallPages(Backend):
    """Makes the pages of scans small."""

    def __init__(self, backend: Backend) -> None:
        self.capabilities = backend.capabilities
        self.max_concurrency = SEGMENTS
        self._backend = backend

    def execute(self, operation: Operation[Any]) -> Any:
        if isinstance(operation, Scan):
            operation = operation.__replace__(limit=10)  # type: ignore[attr-defined]
        return self._backend.execute(operation)

    def close(self) -> None:
        self._backend.close()


def dump(folder: Path, url: str, options: dict[str, Any]) -> None:
    """Begin a dump, or go on with it."""
    with open_connection(url, **options) as connection:
        pages = SmallPages(connection.backend)
        resume = any((folder / name).exists() for name in ("_progress.json", "manifest-summary.json"))
        operate.dump("numbers", folder, backend=pages, segments=SEGMENTS, part_bytes=PART_BYTES, resume=resume)


def start(folder: Path, url: str, options: dict[str, Any], last_step: int | None = None) -> int:
    """Start a run, and return its process id. It ends at its *last_step* with files; with 0 it ends by itself."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            if last_step is not None:
                end_at(last_step or sys.maxsize)
            dump(folder, url, options)
            status = 0
        except BaseException as error:  # noqa: BLE001 - it would be lost
            say("failed", repr(error))
        finally:
            os._exit(status)
    return pid


def end_at(step: int) -> None:
    """End this process without further ado when it is about to take its *step* with files, counted from 1."""
    left = count(step, -1)

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **arguments: Any) -> Any:
            if next(left) == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **arguments)

        return call

    # What a killed process has written is there without it, too, and it takes most of the time.
    os.fsync = lambda fd: None
    for name in ("fsync", "replace", "unlink", "mkdir", "rename"):
        setattr(os, name, counted(getattr(os, name)))


def kill_at_each_step(folder: Path, url: str, options: dict[str, Any]) -> None:
    """Kill a dump at its first step with files, and finish it; another one at its second step; and so on to the last."""
    for step in count(1):
        place = folder / f"step-{step}"
        first = os.waitpid(start(place, url, options, step), 0)[1]
        if first:
            assert os.WIFSIGNALED(first)
            os.waitpid(start(place, url, options, 0), 0)
        check(place)
        if not first:
            say(count_line(step - 1, "killed dumps"))
            return


def check(folder: Path) -> None:
    """Say what a dump has."""
    check_whole(folder)
    numbers = numbers_in(folder)
    say("dumped", len(numbers), "each once" if numbers == [*range(len(numbers))] else "not each once")


def say(*words: object) -> None:
    """Print a line."""
    os.write(1, f"{' '.join(map(str, words))}\n".encode())


def main(kills: int, seed: int, folder: Path, url: str, options: dict[str, Any]) -> None:
    """Kill so many runs; finish and check what they have begun."""
    chance = random.Random(seed)
    killed = number = 0
    while True:
        place = folder / f"dump-{number}"
        pid = start(place, url, options)
        if killed < kills:
            # The longest takes about as long as a whole dump, so that each part of it is met.
            time.sleep(chance.random() * 0.25)
            os.kill(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
        if os.WIFSIGNALED(status):
            killed += 1
            continue
        if status:
            return
        check(place)
        number += 1
        if killed == kills:
            say(count_line(killed, "killed dumps"))
            return


if __name__ == "__main__":
    if sys.argv[2] == "-1":
        kill_at_each_step(Path(sys.argv[3]), sys.argv[4], json.loads(sys.argv[5]))
    else:
        main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], json.loads(sys.argv[5]))
