"""The places that connections lead to: two connections may lead to one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Protocol


class Placed(Protocol):
    """What is in a place: a connection."""

    @property
    def place(self) -> str | None:
        """The place; ``None`` if it is not known."""


def place_of(description: str) -> str | None:
    """Return the place that the *description* of a connection names; ``None`` for one in memory, as many have its name.

    A file with several names is one place. The *description* of a service does not name its account.
    """
    location = description.partition("://")[2].partition("?")[0]
    path = location[1:]
    if path and os.path.isfile(path):
        status = os.stat(path)
        return f"{status.st_dev}:{status.st_ino}"
    return location if path and ":memory:" not in location else None


def places_of(connections: Iterable[Placed]) -> Mapping[int, str | int]:
    """Return the places of *connections* by the ids of these. One whose place is not known is a place of its own.

    If there is only one connection it is not asked, which could take long.
    """
    found = {id(connection): connection for connection in connections}
    if len(found) < 2:
        return {number: number for number in found}
    return {number: connection.place or number for number, connection in found.items()}
