"""A program that is killed, again and again, while it loads: ``python loads_killed.py source database state failed``.

Each time it forks, the child loads, and kills itself after some batches; until the last one, which is left alone.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
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
        self._batches = batches
        self._before = before

    def execute(self, operation: Any) -> Any:
        if not isinstance(operation, BatchWrite):
            return self._backend.execute(operation)
        self._batches -= 1
        if self._batches == 0 and self._before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = self._backend.execute(operation)
        if self._batches == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def close(self) -> None:
        self._backend.close()


def main(source: str, database: str, state: str, failed: str, kills: int, seed: int) -> None:
    """Load, killed so many times unless it ends before, and print the result of the last load."""
    states.SECONDS_BETWEEN_SAVES = 0.0
    chance = random.Random(seed)
    for number in range(kills + 1):
        batches, before = chance.randint(1, 25) if number < kills else -1, chance.random() < 0.5
        child = os.fork()
        if child == 0:
            with open_backend(f"sqlite:///{database}") as backend:
                result = operate.load(
                    source,
                    "books",
                    state=state,
                    failed=failed,
                    resume=os.path.exists(state),
                    backend=Deadly(backend, batches, before=before),
                )
            sys.stdout.write(
                json.dumps({"read": result.read, "written": result.written, "failed": result.failed}) + "\n"
            )
            sys.stdout.flush()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        if ended == 0:
            sys.stdout.write(count_line(number, "killed loads"))
            return
        if ended != -signal.SIGKILL:
            sys.exit(f"load {number} ended with {ended}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]), int(sys.argv[6]))
