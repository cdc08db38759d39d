"""The names of tables on a connection that is not opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import dynamorm
from dynamorm.data.operations import Operation
from dynamorm.engine.run.connection_options import PREFIX_OPTION, prefix_of, take_prefix
from dynamorm.engine.run.connections import address_of
from dynamorm.exceptions import BackendUnavailable
from dynamorm.ports.backends import Backend

if TYPE_CHECKING:
    from dynamorm_cli.context import Context

Result = TypeVar("Result")


class _Unopened(Backend):
    """It stands for a backend that is not opened, because nothing is sent."""

    def execute(self, operation: Operation[Result]) -> Result:
        """Raise ``BackendUnavailable``."""
        raise BackendUnavailable(f"{type(operation).__name__} can't be sent: no connection was opened.")

    def close(self) -> None:
        """Do nothing."""


@contextmanager
def names_without_connecting(context: Context) -> Iterator[str | None]:
    """Let the tables of models have the names that they have where ``context.connect`` connects, in a block.

    Opening a backend can create a file, or fail without a region. Yield the prefix of all tables, if ``--url`` or
    ``--env`` name a backend for everything; else ``None``, and each model has that of its own connection.
    """
    url, options, is_explicit = context.named_url()
    if url is None:
        yield None
        return
    prefix = prefix_of(options.get(PREFIX_OPTION), take_prefix(address_of(url).location)[1])
    with dynamorm.using(_Unopened(), table_prefix=prefix):
        yield prefix if is_explicit else None
