"""A database for everything that a test does."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from dynamorm.engine.run import connections
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import Target


def using_everywhere(backend: Target, **options: Any) -> AbstractContextManager[Connection]:
    """Use a *backend* for every model in each thread and task, while the ``with`` block runs.

    It takes the place of the default, and of the backends that models are pinned to with ``backend =`` in their
    ``Table``. ``dynamorm.using()`` still works within the block; ``dynamorm.using()`` alone, in contrast, holds for its
    own thread or task, and not for pinned models. Takes what :func:`dynamorm.connect` takes, and closes what it has
    opened.

    Raises:
        BackendMisconfigured: A ``using()`` block is in force, which would come first.
    """
    return connections.using_everywhere(backend, **options)
