"""The items that can't be written: a file of their own, with the reasons, that can be fixed and loaded."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO, Any

from dynamorm.exceptions import InvalidLoad
from dynamorm.operate.dumps.files import sync_file
from dynamorm.operate.dumps.lines import CODEC
from dynamorm.operate.transfers.chunks import Refused
from dynamorm.operate.transfers.results import FailedItem

#: How many failures a result has.
KEPT = 100


class Failures:
    """Keeps the items that can't be written: the first reasons, and all in a file at *path*, if there is one.

    Each line of the file is that of the export, with the reason added to it, so that the file can be loaded again. The
    file is made when the first item fails, and only its owner can read it.

    Args:
        path: The file.
        length: How many bytes of the file are kept, of a load that is continued; ``None`` for one that begins.

    Raises:
        InvalidLoad: A load that begins finds the file.
    """

    def __init__(self, path: Path | None, length: int | None = None) -> None:
        self.path = path
        self.first: list[FailedItem] = []
        self._file: IO[bytes] | None = None
        self._length = length
        if path is not None and length is None and path.exists():
            raise InvalidLoad(
                f"'{path}' exists, and has the failed items of an earlier run. Look at them, and delete the file, or "
                "name another file for those of this one: failed, on the command line --failed."
            )

    def add(self, refused: Refused) -> None:
        """Keep an item."""
        place = refused.place
        reason = FailedItem(
            type(refused.error).__name__,
            str(refused.error),
            None if place is None else place.file,
            None if place is None else place.line,
        )
        if len(self.first) < KEPT:
            self.first.append(reason)
        if self.path is not None:
            self._open(self.path).write(_line_of(refused, reason))

    @property
    def length(self) -> int:
        """How many bytes the file has."""
        return (self._length or 0) if self._file is None else self._file.tell()

    def sync(self) -> None:
        """Wait until all that were added are on the disk."""
        if self._file is not None:
            sync_file(self._file)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _open(self, path: Path) -> IO[bytes]:
        if self._file is None:
            # Items are as secret as the table.
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            self._file = os.fdopen(descriptor, "r+b")
            self._file.truncate(self._length or 0)
            self._file.seek(0, os.SEEK_END)
        return self._file


def _line_of(refused: Refused, reason: FailedItem) -> bytes:
    origin = refused.origin
    entry: dict[str, Any] = (
        json.loads(origin.decode()) if isinstance(origin, bytes) else {"Item": CODEC.encode_item(origin)}
    )
    entry |= {"error": reason.error, "message": reason.message, "file": reason.file, "line": reason.line}
    try:
        return f"{json.dumps(entry, ensure_ascii=False, separators=(',', ':'))}\n".encode()
    except UnicodeEncodeError:
        # It has half of a character, which only an escape can be.
        return f"{json.dumps(entry, separators=(',', ':'))}\n".encode()
