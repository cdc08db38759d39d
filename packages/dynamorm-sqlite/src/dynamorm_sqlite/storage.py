"""Connections and transactions: one database in memory, or in a file that several processes may use."""

from __future__ import annotations

import sqlite3
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from os import getpid
from threading import get_ident
from typing import TypeVar

from dynamorm.exceptions import BackendClosed, BackendException, BackendUnavailable
from dynamorm_sqlite import forks
from dynamorm_sqlite.addresses import Location
from dynamorm_sqlite.connections import FileConnection, file_id, forked_while_in_use, in_transaction
from dynamorm_sqlite.files import open_file, open_memory, prepare_file, unavailable
from dynamorm_sqlite.forks import forking

Result = TypeVar("Result")


class TableMissing(Exception):
    """A SQLite table that was known is gone: most often, another process deleted the DynamoDB table."""


class Storage(ABC):
    """A database: does work on its connections, for any thread.

    Errors of SQLite's become :class:`~dynamorm.exceptions.BackendUnavailable`, and a missing SQLite table
    :class:`TableMissing`.
    """

    def __init__(self, location: Location) -> None:
        self._location = location

    @abstractmethod
    def close(self) -> None:
        """Closes all connections; those that are in use, as soon as they are not."""

    @abstractmethod
    def _with_connection(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Does *work* on a connection that the current thread alone has. Raises ``BackendClosed`` after :meth:`close`."""

    # The work is a function, since a context manager that is written as a generator costs a quarter of a read.

    def read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Does *work* that reads: each statement by itself sees one state of the database."""
        try:
            return self._with_connection(work)
        except sqlite3.Error as error:
            raise self._translate(error) from error

    def read_snapshot(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Does *work* whose statements all see the same state; writers don't wait for it, nor it for them."""
        return self.read(lambda connection: in_transaction(connection, "BEGIN", work))

    def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do *work* in a transaction that is the only one to write. An exception rolls it back."""
        self._check_file()
        return self.read(lambda connection: in_transaction(connection, "BEGIN IMMEDIATE", work))

    @abstractmethod
    def _check_file(self) -> None:
        """Raise :class:`~dynamorm.exceptions.BackendUnavailable` if nobody would find what is written."""

    def _translate(self, error: sqlite3.Error) -> Exception:
        if str(error).startswith("no such table"):
            return TableMissing(str(error))
        return unavailable(error, self._location)

    def _closed(self) -> BackendClosed:
        database = "in memory" if self._location.path is None else f"of '{self._location.path}'"
        return BackendClosed(f"The SQLite backend {database} was closed. Connect again with dynamorm.connect(...).")


class MemoryStorage(Storage):
    """A database in memory: one connection, which the threads use by turns.

    A forked process has a copy of the database as it was when the process was forked. What one of the two processes
    writes afterwards, the other one does not see. SQLite's warning about connections and forks is about locks, on files
    and between threads: a database in memory has no file, and the fork waits until no other thread is at work in it.
    """

    def __init__(self, location: Location) -> None:
        super().__init__(location)
        self._lock = threading.Lock()
        self._thread = 0
        self._was_forked_in_use = False
        self._connection: sqlite3.Connection | None = open_memory()
        forks.join(self)

    def _with_connection(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        thread = get_ident()
        while True:
            with self._lock:
                # A fork looks at the lock and the thread. Between the two there is no call, so none can happen there.
                self._thread = thread
                # Looked at under the lock: either the fork sees that the lock is taken, or this sees the fork.
                if not forking or not forks.other_thread_forks():
                    connection = self._connection
                    if connection is None:
                        raise self._unusable()
                    if connection.in_transaction:
                        # Exceptions of signal handlers kept the last operation from rolling back.
                        connection.execute("ROLLBACK")
                    return work(connection)
            forks.wait()

    def _check_file(self) -> None:
        """Do nothing: what is written is in this connection."""

    def _unusable(self) -> BackendException:
        return forked_while_in_use("The database in memory") if self._was_forked_in_use else self._closed()

    def close(self) -> None:
        """Close the connection, and with it goes the database."""
        thread = get_ident()
        with self._lock:
            self._thread = thread
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def prepare_for_fork(self) -> None:
        """Keep the connection, which is the data."""

    def delays_fork(self, thread: int, waited: float) -> bool:
        """Return whether another thread is at work in the database, for not longer than the timeout."""
        return self._lock.locked() and self._thread != thread and waited < self._location.timeout

    def enter_child(self) -> None:
        """Go on with the copy, or refuse it if it was made in the middle of an operation."""
        if self._lock.locked():
            self._was_forked_in_use = True
            self._connection = None
        self._lock = threading.Lock()


class FileStorage(Storage):
    """A database in a file: as many connections as threads use it at the same time.

    A write is acknowledged when it is on the disk, as DynamoDB acknowledges only durable writes. With the
    option ``synchronous="normal"`` the last writes can get lost when the power fails, though never when the
    program ends, and the file stays intact: see "PRAGMA synchronous" in SQLite's documentation.

    Before a fork, idle connections are closed. Parent and child open new ones when they need them.
    """

    def __init__(self, location: Location, path: str) -> None:
        super().__init__(location)
        self._path = path
        self._idle: deque[FileConnection] = deque()
        self._is_closed = False
        prepare_file(location, path)
        self._file = file_id(path)
        forks.join(self)

    def _with_connection(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        if self._is_closed:
            raise self._closed()
        if forking or forks.process != getpid():
            forks.settle()
        # If the work forks, its connection goes back to these in the child, too, and not to those of the child.
        idle = self._idle
        connection: FileConnection | None = None
        # The exception of a signal handler can arrive after each call, and at the start of each function. So none is made
        # between the `try` and what it is for, nor where a connection would get lost.
        try:
            try:
                connection = idle.pop()
            except IndexError:
                connection = self._open()
            connection.thread = get_ident()
            return work(connection)
        finally:
            if connection is not None:
                connection.thread = 0
                if not connection.in_transaction:
                    idle.append(connection)
                else:
                    # Exceptions of signal handlers kept the work from rolling back, or a rollback failed.
                    try:
                        if connection.generation == forks.generation:
                            connection.execute("ROLLBACK")
                    finally:
                        if connection.in_transaction:
                            connection.close()
                        else:
                            idle.append(connection)
                if self._is_closed or forking:
                    self._close_idle()

    def close(self) -> None:
        """Close the connections. The last one of all processes also clears SQLite's log away."""
        if forks.process != getpid():
            forks.enter_child()
        self._is_closed = True
        self._close_idle()

    def _check_file(self) -> None:
        # SQLite goes on with the file that it has open, whatever is at its path.
        if file_id(self._path) != self._file and not self._is_closed:
            raise BackendUnavailable(
                f"'{self._path}' was deleted, or replaced by another file, while it was open; nothing was written. "
                "Connect again with dynamorm.connect(...)."
            )

    def _open(self) -> FileConnection:
        self._check_file()
        try:
            return open_file(self._location, self._path)
        except sqlite3.Error as error:
            raise unavailable(error, self._location) from error

    def _close_idle(self) -> None:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                return
            connection.close()

    def prepare_for_fork(self) -> None:
        """Close the idle connections."""
        self._close_idle()

    def delays_fork(self, thread: int, waited: float) -> bool:
        """Return ``False``: the connections that are in use tell themselves."""
        return False

    def enter_child(self) -> None:
        """Forget the parent's connections."""
        self._idle = deque()
