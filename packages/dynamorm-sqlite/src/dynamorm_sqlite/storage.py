"""A database in memory, or in a file that several processes may use: lends its connections and runs transactions."""

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
from dynamorm_sqlite.connections import (
    DatabaseConnection,
    FileConnection,
    MemoryConnection,
    forked_while_in_use,
    in_transaction,
)
from dynamorm_sqlite.file_watch import FileWatch
from dynamorm_sqlite.files import UNREADABLE_TEXT, open_file, open_memory, prepare_file, unavailable
from dynamorm_sqlite.forks import forking

Result = TypeVar("Result")


class TableMissing(Exception):
    """A known SQLite table does not exist any more: usually, another process deleted the DynamoDB table."""


class Storage(ABC):
    """A database, which runs work on its connections for any thread.

    Errors of SQLite become :class:`~dynamorm.exceptions.BackendUnavailable`, and a missing SQLite table
    :class:`TableMissing`.
    """

    def __init__(self, location: Location) -> None:
        self._location = location

    @abstractmethod
    def close(self) -> None:
        """Close all connections. Those in use are closed as soon as they are free."""

    @abstractmethod
    def is_free(self) -> bool:
        """Return whether work that begins now waits neither for other threads nor for anything outside of them."""

    @abstractmethod
    def _with_connection(self, work: Callable[[DatabaseConnection], Result]) -> Result:
        """Run *work* on a connection that only the current thread uses. Raise ``BackendClosed`` after :meth:`close`."""

    # The work is a function, since a context manager that is written as a generator costs a quarter of a read.

    def read(self, work: Callable[[DatabaseConnection], Result]) -> Result:
        """Run *work* that reads. Each statement sees one state of the database, and two may see different ones."""
        try:
            return self._with_connection(work)
        except sqlite3.Error as error:
            failure = self._translate(error)
            # The cause would be shown with it, and this one quotes a text.
            raise failure from None if str(error).startswith(UNREADABLE_TEXT) else error

    def read_snapshot(self, work: Callable[[DatabaseConnection], Result]) -> Result:
        """Run *work* whose statements all see the same state. It does not wait for writers, nor they for it."""
        return self.read(lambda connection: in_transaction(connection, "BEGIN", work))

    def write(self, work: Callable[[DatabaseConnection], Result]) -> Result:
        """Run *work* in a transaction. Nothing else writes meanwhile, and an exception rolls the work back."""
        self._check_file()
        return self.read(lambda connection: in_transaction(connection, "BEGIN IMMEDIATE", work))

    @abstractmethod
    def _check_file(self) -> None:
        """Raise :class:`~dynamorm.exceptions.BackendUnavailable` if a write would get lost."""

    def _translate(self, error: sqlite3.Error) -> Exception:
        if str(error).startswith("no such table"):
            return TableMissing(str(error))
        return unavailable(error, self._location)

    def _closed(self) -> BackendClosed:
        database = "in memory" if self._location.path is None else f"of '{self._location.path}'"
        return BackendClosed(f"The SQLite backend {database} was closed. Connect again with dynamorm.connect(...).")


class MemoryStorage(Storage):
    """A database in memory: one connection, which the threads take turns to use.

    A forked process has a copy of the database as it was when the process was forked. What one of the two processes
    writes afterwards, the other one does not see. SQLite's warning about connections and forks is about locks, on files
    and between threads: a database in memory has no file, and the fork waits until no other thread is using it.
    """

    def __init__(self, location: Location) -> None:
        super().__init__(location)
        self._lock = threading.Lock()
        self._thread = 0
        self._was_forked_in_use = False
        self._connection: MemoryConnection | None = open_memory()
        forks.join(self)

    def _with_connection(self, work: Callable[[DatabaseConnection], Result]) -> Result:
        thread = get_ident()
        while True:
            with self._lock:
                # A fork looks at the lock and the thread. Between them there is no call, so no fork can happen there.
                self._thread = thread
                # Checked while the lock is held: either the fork sees that the lock is taken, or this sees the fork.
                if not forking or not forks.other_thread_forks():
                    connection = self._connection
                    if connection is None:
                        raise self._unusable()
                    if connection.in_transaction:
                        # Exceptions of signal handlers kept the last operation from rolling back.
                        connection.execute("ROLLBACK")
                    return work(connection)
            forks.wait()

    def is_free(self) -> bool:
        """Return whether no thread is using the database."""
        return not self._lock.locked()

    def _check_file(self) -> None:
        """Do nothing: there is no file."""

    def _unusable(self) -> BackendException:
        return forked_while_in_use("The database in memory") if self._was_forked_in_use else self._closed()

    def close(self) -> None:
        """Close the connection, which deletes the database."""
        thread = get_ident()
        with self._lock:
            self._thread = thread
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def prepare_for_fork(self) -> None:
        """Keep the connection, which is the data."""

    def delays_fork(self, thread: int, waited: float) -> bool:
        """Return whether another thread is using the database, for no longer than the timeout."""
        return self._lock.locked() and self._thread != thread and waited < self._location.timeout

    def enter_child(self) -> None:
        """Continue with the copy, or refuse it if it was made in the middle of an operation."""
        if self._lock.locked():
            self._was_forked_in_use = True
            self._connection = None
        elif self._connection is not None:
            self._connection.generation = forks.generation
        self._lock = threading.Lock()


class FileStorage(Storage):
    """A database in a file, with as many connections as threads use it at the same time.

    A write is acknowledged when it is on the disk, as DynamoDB acknowledges only durable writes. With the option
    ``synchronous="normal"`` the last writes can get lost when the power fails, though never when the program ends, and
    the file stays intact: see "PRAGMA synchronous" in SQLite's documentation.

    Before a fork, idle connections are closed. Parent and child open new ones when they need them.
    """

    def __init__(self, location: Location, path: str) -> None:
        super().__init__(location)
        self._path = path
        self._idle: deque[FileConnection] = deque()
        self._is_closed = False
        prepare_file(location, path)
        self._watch = FileWatch(path)
        forks.join(self)

    def _with_connection(self, work: Callable[[DatabaseConnection], Result]) -> Result:
        if self._is_closed:
            raise self._closed()
        if forking or forks.process != getpid():
            forks.settle()
        # If the work forks, its connection goes back to these in the child, too, and not to those of the child.
        idle = self._idle
        connection: FileConnection | None = None
        # The exception of a signal handler can arrive after each call, and at the start of each function. So there is
        # no call between the `try` and what it protects, nor where a connection would get lost.
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

    def is_free(self) -> bool:
        """Return ``False``: each use of a file may wait for the disk, or for another process."""
        return False

    def close(self) -> None:
        """Close the connections. The last connection of all processes also removes SQLite's log."""
        if forks.process != getpid():
            forks.enter_child()
        self._is_closed = True
        self._watch.close()
        self._close_idle()

    def _check_file(self) -> None:
        if self._watch.is_lost() and not self._is_closed:
            raise self._lost()

    def _lost(self) -> BackendUnavailable:
        return BackendUnavailable(
            f"'{self._path}' was deleted, or replaced by another file, while it was open; this operation wrote "
            "nothing. Connect again with dynamorm.connect(...)."
        )

    def _open(self) -> FileConnection:
        # SQLite opens whatever file the path leads to, so the path itself is checked.
        if self._watch.is_elsewhere() and not self._is_closed:
            raise self._lost()
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
        """Return ``False``: the connections in use delay the fork themselves."""
        return False

    def enter_child(self) -> None:
        """Forget the parent's connections."""
        self._idle = deque()
