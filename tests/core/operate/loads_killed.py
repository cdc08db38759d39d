"""A program that is killed, again and again, while it loads or copies.

``python loads_killed.py SOURCE URL OPTIONS STATE FAILED KILLS SEED``: the options are those of the backend, as JSON. Each
time it forks, the child loads the folder SOURCE into the table ``books``, or copies the table SOURCE into it, and kills
itself after some batches; until the last one, which is left alone.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from itertools import count
from typing import Any

from dynamorm import operate
from dynamorm.data import BatchWrite
from dynamorm.engine.run.connections import open_backend
from dynamorm.operate.transfers import states
from dynamorm.ports.backends import Backend
from tests.support.counts import count_line


class Deadly(Backend):
    """Kills the process before or after it has carried out so many batches."""

    def __init__(self, backend: Backend, batches: int, *, before: bool) -> None:
        self.capabilities = backend.capabilities
        self.max_concurrency = backend.max_concurrency
        self._backend = backend
        # Several threads count.
        self._left = count(batches, -1)
        self._before = before

    def execute(self, operation: Any) -> Any:
        if not isinstance(operation, BatchWrite):
            return self._backend.execute(operation)
        is_last = next(self._left) == 1
        if is_last and self._before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = self._backend.execute(operation)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def close(self) -> None:
        self._backend.close()


#: The most batches after which a process kills itself. A copy goes on behind a whole page of a segment.
MOST_BATCHES = {"load": 25, "copy": 60}


def main(source: str, url: str, options: dict[str, Any], state: str, failed: str, kills: int, seed: int) -> None:
    """Load or copy, killed so many times unless it ends before, and print the result of the last one."""
    states.SECONDS_BETWEEN_SAVES = 0.0
    chance = random.Random(seed)
    verb = "load" if os.path.isdir(source) else "copy"
    for number in range(kills + 1):
        batches = chance.randint(1, MOST_BATCHES[verb]) if number < kills else -1
        before = chance.random() < 0.5
        child = os.fork()
        if child == 0:
            with open_backend(url, **options) as backend:
                deadly = Deadly(backend, batches, before=before)
                files: dict[str, Any] = {"state": state, "failed": failed, "resume": os.path.exists(state)}
                result = getattr(operate, verb)(source, "books", backend=deadly, **files)
            sys.stdout.write(
                json.dumps({"read": result.read, "written": result.written, "failed": result.failed}) + "\n"
            )
            sys.stdout.flush()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        if ended == 0:
            sys.stdout.write(count_line(number, "killed loads" if verb == "load" else "killed copies"))
            return
        if ended != -signal.SIGKILL:
            sys.exit(f"{verb} {number} ended with {ended}")


if __name__ == "__main__":
    source, url, options, state, failed, kills, seed = sys.argv[1:]
    main(source, url, json.loads(options), state, failed, int(kills), int(seed))
