"""``dynamorm`` on a SQLite backend, for a process that is stopped amid a load or a copy.

``LOAD_STOPS`` says what happens: ``wait`` until the process is interrupted at the batch 45, or ``throttle`` from the
third batch on.
"""

from __future__ import annotations

import os
import sys
from threading import Event
from typing import Any

from dynamorm.data import BatchWrite, BatchWriteResult, Operation
from dynamorm.engine.plans import backoff
from dynamorm_cli.main import main
from dynamorm_sqlite.backend import SqliteBackend

batches = 0
execute = SqliteBackend.execute


def stopping(backend: SqliteBackend, operation: Operation[Any]) -> Any:
    """Execute an operation, unless it is the batch that something happens to."""
    global batches  # noqa: PLW0603
    if isinstance(operation, BatchWrite):
        batches += 1
        if os.environ["LOAD_STOPS"] == "throttle" and batches > 3:
            return BatchWriteResult(operation.requests)
        if os.environ["LOAD_STOPS"] == "wait" and batches == 45:
            sys.stderr.write("batch 45\n")
            sys.stderr.flush()
            while True:
                Event().wait(0.01)
    return execute(backend, operation)


if __name__ == "__main__":
    SqliteBackend.execute = stopping  # type: ignore[method-assign, assignment]
    backoff.FIRST_PAUSE = 0.0
    sys.exit(main())
