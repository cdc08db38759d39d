"""Children of programs that fork."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def fork(process: Callable[[], None]) -> int:
    """Run a *process* in a child."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        process()
        status = 0
    except BaseException as error:  # noqa: BLE001 - the parent's test reads it
        sys.stdout.write(f"{error!r}\n")
        sys.stdout.flush()
    finally:
        # The interpreter ends as it does behind a program, with its destructors, only in the parent.
        os._exit(status)


def wait(child: int) -> None:
    """Wait for a *child*, and fail if it failed."""
    _, status = os.waitpid(child, 0)
    assert status == 0, status
