"""Keep secrets out of the local variables that error trackers print."""

from __future__ import annotations


class Secret(str):
    """A string that its ``repr`` does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the same for each secret."""
        return "'…'"
