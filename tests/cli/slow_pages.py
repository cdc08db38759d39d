"""``dynamorm`` on a SQLite backend whose scans have small pages, for a process that is stopped amid a dump.

``DUMP_STOPS`` says what the fifth page does: ``wait`` until the process is interrupted, or ``throttle``.
"""

from __future__ import annotations

import os
import sys
from threading import Event
from typing import Any

from dynamorm.data import Operation, Scan
from dynamorm.exceptions import Throttled
from dynamorm.ports.interruption import check_not_interrupted
from dynamorm_cli.main import main
from dynamorm_sqlite.backend import SqliteBackend

scans = 0
execute = SqliteBackend.execute


def slowly(backend: SqliteBackend, operation: Operation[Any]) -> Any:
    """Execute an operation; the fifth page of a scan is special."""
    global scans  # noqa: PLW0603
    if isinstance(operation, Scan):
        operation = operation.__replace__(limit=10)  # type: ignore[attr-defined]
        scans += 1
        if scans == 5 and "DUMP_STOPS" in os.environ:
            sys.stderr.write("fifth page\n")
            sys.stderr.flush()
            if os.environ["DUMP_STOPS"] == "throttle":
                raise Throttled("Scan of table 'numbers' was throttled.")
            while True:
                # In a thread nobody interrupts the waiting.
                check_not_interrupted()
                Event().wait(0.01)
    return execute(backend, operation)


if __name__ == "__main__":
    SqliteBackend.execute = slowly  # type: ignore[method-assign, assignment]
    SqliteBackend.max_concurrency = int(os.environ.get("DUMP_THREADS", "1"))
    sys.exit(main())
