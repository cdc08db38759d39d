"""Keep secrets out of messages, and out of the local variables that error trackers print."""

from __future__ import annotations

import re


class Secret(str):
    """A string that its ``repr`` does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the same for each secret."""
        return "'…'"


def without_secrets(url: str) -> str:
    """Return a *url* without its user, password and query, which may be secrets. They may contain slashes."""
    return re.sub(r"\?.*", "?…", re.sub(r"//.*@", "//…@", url, flags=re.DOTALL), flags=re.DOTALL)
