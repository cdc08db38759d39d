"""Noticing that an open file was deleted or replaced, without looking up its path at each write."""

from __future__ import annotations

import os
from contextlib import suppress
from os import fstat
from time import monotonic
from typing import Final

from dynamorm_sqlite.connections import file_id

_NO_DESCRIPTOR: Final = -1
#: How long a lookup of the path is valid while the file still has a name. This is the time of some 30 fast writes.
_PATH_SECONDS: Final = 0.001


class FileWatch:
    """Checks that the file at *path* is still the one that was there when the watch was created.

    SQLite continues with the file that it has open, whatever is at its path, and a write to a deleted file is lost.
    Looking up the path at each write costs 12 % of a write to a file system in memory. Asking an open descriptor for
    the number of the file's names costs half of that. So the first write in each millisecond looks up the path, and
    every other write asks for the number.

    No write begins after the file was deleted, or after another file was renamed to its name. A file that was moved, or
    that has a second name, can take writes for another millisecond. They are not lost: they are in the moved file.

    On systems without ``O_PATH``, which are all but Linux, every write looks up the path.
    """

    __slots__ = ("_descriptor", "_file", "_path", "_path_is_known_until")

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = file_id(path)
        self._path_is_known_until = 0.0
        self._descriptor = _NO_DESCRIPTOR
        if hasattr(os, "O_PATH"):
            # Without a descriptor, every write looks up the path.
            with suppress(OSError):
                # Closing any other kind of descriptor would take away the locks that SQLite holds on the file.
                self._descriptor = os.open(path, os.O_PATH)

    def is_lost(self) -> bool:
        """Return whether a write to the file would get lost."""
        now = monotonic()
        if now < self._path_is_known_until:
            try:
                if fstat(self._descriptor).st_nlink:
                    return False
            except OSError:
                # Another thread has closed the watch.
                pass
        if self.is_elsewhere():
            return True
        if self._descriptor != _NO_DESCRIPTOR:
            self._path_is_known_until = now + _PATH_SECONDS
        return False

    def is_elsewhere(self) -> bool:
        """Return whether the path leads to another file, or to none."""
        return file_id(self._path) != self._file

    def close(self) -> None:
        """Close the descriptor. The watch still works afterwards."""
        descriptor, self._descriptor = self._descriptor, _NO_DESCRIPTOR
        self._path_is_known_until = 0.0
        if descriptor != _NO_DESCRIPTOR:
            os.close(descriptor)
