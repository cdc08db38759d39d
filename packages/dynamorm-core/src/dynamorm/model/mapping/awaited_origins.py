"""The origin of instances that a verb has read on an event loop, which remember that.

It takes the place of the connection that they belong to. All instances of a read share it, so they are no larger for
it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dynamorm.engine.run.connection import Connection


class AwaitedOrigin:
    """The origin of instances that were read on an event loop: *connection*, the default backend, or none."""

    __slots__ = ("connection",)

    def __init__(self, connection: Connection | Literal[False] | None) -> None:
        self.connection = connection


_DEFAULT = AwaitedOrigin(None)
_NOWHERE = AwaitedOrigin(connection=False)


def awaited(origin: Connection | Literal[False] | None) -> AwaitedOrigin:
    """Return the *origin* of instances as it is when they are read on an event loop."""
    if origin is None:
        return _DEFAULT
    return AwaitedOrigin(origin) if origin else _NOWHERE
