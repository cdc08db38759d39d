"""Files that are there whole or not at all, whatever interrupts the program or the machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

#: How the names of files end that are not complete.
TEMPORARY = ".tmp"


def temporary(path: Path) -> Path:
    """Return the path of a file that is to become the one at *path*."""
    return path.with_name(path.name + TEMPORARY)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file with this *content*, or replace it: after a crash it has the old content or the new one."""
    try:
        with temporary(path).open("wb") as file:
            file.write(content)
            sync_file(file)
    except OSError as error:
        # The system does not say which file it has no room for.
        error.filename = error.filename or str(path)
        raise
    move_file(path)


def move_file(path: Path) -> None:
    """Give the temporary file of *path*, which is complete, its name."""
    temporary(path).replace(path)
    sync_folder(path.parent)


def sync_file(file: IO[bytes]) -> None:
    """Wait until all that was written to a *file* is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    try:
        folder = os.open(path, os.O_RDONLY)
    except OSError:
        return  # Windows opens no folders, and keeps their names by itself
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
