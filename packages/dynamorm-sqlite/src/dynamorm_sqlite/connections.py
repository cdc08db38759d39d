"""Connections to files and to memory, which forks take into account, and transactions on them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import get_ident
from typing import Any, Final, TypeAlias, TypeVar

from dynamorm.exceptions import BackendUnavailable
from dynamorm_sqlite import forks

Result = TypeVar("Result")
#: A device and an inode, which identify a file whatever its name is.
FileId: TypeAlias = tuple[int, int]

_OPTIONS: Final[Mapping[str, Any]] = {"isolation_level": None, "check_same_thread": False, "cached_statements": 512}
#: Files to which this process inherited an open connection. SQLite can't use them safely in this process any more.
_refused: Final[set[FileId]] = set()
#: Inherited connections, on Pythons where they can't be kept in a better way.
_kept: Final[list[sqlite3.Connection]] = []


class DatabaseConnection(sqlite3.Connection):
    """A connection of this backend. ``generation`` is the generation of the processes that may write with it."""

    __slots__ = ("__weakref__", "generation")

    generation: int


class MemoryConnection(DatabaseConnection):
    """A connection to a new database in memory, which lives as long as the connection does."""

    __slots__ = ()

    def __init__(self) -> None:
        self.generation = forks.generation
        super().__init__(":memory:", **_OPTIONS)


class FileConnection(DatabaseConnection):
    """A connection to a database file. Any thread may use it, one at a time.

    ``file`` identifies the file that was opened, ``generation`` is the generation of the process that opened it, and
    ``thread`` is the thread that is using it, or 0.
    """

    __slots__ = ("file", "path", "thread", "timeout")

    def __init__(self, path: str, uri: str, *, timeout: float) -> None:
        """Open the file at *path* by its *uri*, which says how to open it.

        Raises:
            BackendUnavailable: A fork has made it impossible to use the file in this process.
            sqlite3.Error: SQLite can't open it.

        """
        forks.enter_child()
        self.path, self.timeout, self.file = path, timeout, file_id(path)
        self.generation, self.thread = forks.generation, get_ident()
        if self.file in _refused:
            raise forked_while_in_use(f"'{path}'")
        try:
            # Join before opening: a fork in between must find the connection.
            forks.join(self)
            super().__init__(uri, timeout=timeout, uri=True, **_OPTIONS)
            self.file = file_id(path)
        except BaseException:
            # Python has no connection to close if SQLite has not opened one.
            with suppress(sqlite3.ProgrammingError):
                self.close()
            raise

    def close(self) -> None:
        """Close the connection, unless it was inherited from another process."""
        if self.generation == forks.generation:
            try:
                super().close()
            finally:
                forks.leave(self)

    def prepare_for_fork(self) -> None:
        """Do nothing: the storage closes the connections that are idle."""

    def delays_fork(self, thread: int, waited: float) -> bool:
        """Return whether another thread uses the connection, which a fork waits for as long as for a lock."""
        return self.thread != thread and waited < self.timeout

    def enter_child(self) -> None:
        """Refuse the file in this process, and make sure that the connection is never closed here."""
        file = self.file or file_id(self.path)
        if file is not None:
            _refused.add(file)
        _keep_forever(self)
        forks.leave(self)


def file_id(path: str) -> FileId | None:
    """Return the device and the inode of the file at *path*, or ``None`` if there is no file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def in_transaction(connection: DatabaseConnection, begin: str, work: Callable[[DatabaseConnection], Result]) -> Result:
    """Run *work* in a transaction that the statement *begin* starts. An exception rolls it back.

    Raises:
        BackendUnavailable: The operation forked, and this is the child: the parent completes the transaction.

    """
    # An exception of a signal handler can arrive right after BEGIN, so BEGIN is within the `try`.
    try:
        if connection.generation != forks.generation:
            raise _forked_during_operation()
        connection.execute(begin)
        result = work(connection)
        if connection.generation != forks.generation:
            raise _forked_during_operation()
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction and connection.generation == forks.generation:
            connection.execute("ROLLBACK")
    return result


def _forked_during_operation() -> BackendUnavailable:
    return BackendUnavailable(
        "This process was forked in the middle of an operation on a SQLite database, which the parent process "
        "completes. Fork when no operation is running."
    )


def forked_while_in_use(database: str) -> BackendUnavailable:
    """Return the exception for a *database* that this process can't use because of a fork."""
    return BackendUnavailable(
        f"{database} was forked while in use: the parent of this process had a connection to it that it could not "
        "close first, because an operation took longer than the timeout, or because the program was not forked by "
        "Python. Using it here could corrupt it. Fork when no operation is running, close the backend first, or start "
        "this process with multiprocessing's start method 'spawn'."
    )


def _keep_forever(connection: sqlite3.Connection) -> None:
    # When the last reference goes, Python closes the connection, and SQLite may copy its outdated log into the file.
    # A reference of this kind stays even when the interpreter ends.
    try:
        from ctypes import py_object, pythonapi

        pythonapi.Py_IncRef(py_object(connection))
    except (ImportError, AttributeError):
        _kept.append(connection)
