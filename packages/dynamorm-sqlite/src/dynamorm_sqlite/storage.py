"""Connections and transactions: one database in memory, or in a file that several processes may use."""

from __future__ import annotations

import os
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from dynamorm.exceptions import BackendClosed
from dynamorm_sqlite.addresses import Location
from dynamorm_sqlite.files import open_file, open_memory, prepare_file, unavailable

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
    def _lend(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Does *work* on a connection that the current thread alone has. Raises ``BackendClosed`` after :meth:`close`."""

    # The work is a function, since a context manager that is written as a generator costs a quarter of a read.

    def read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Does *work* that reads: each statement by itself sees one state of the database."""
        try:
            return self._lend(work)
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def read_one_state(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Does *work* whose statements all see the same state; writers don't wait for it, nor it for them."""
        return self.read(lambda connection: in_transaction(connection, "BEGIN", work))

    def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Does *work* in a transaction that is the only one to write; an exception takes it back."""
        return self.read(lambda connection: in_transaction(connection, "BEGIN IMMEDIATE", work))

    def _translated(self, error: sqlite3.Error) -> Exception:
        if str(error).startswith("no such table"):
            return TableMissing(str(error))
        return unavailable(error, self._location)

    def _closed(self) -> BackendClosed:
        place = "in memory" if self._location.path is None else f"of '{self._location.path}'"
        return BackendClosed(f"The SQLite backend {place} was closed. Connect again with dynamorm.connect(...).")


class MemoryStorage(Storage):
    """A database in memory: one connection, which the threads use by turns."""

    def __init__(self, location: Location) -> None:
        super().__init__(location)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = open_memory()

    def _lend(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        with self._lock:
            if self._connection is None:
                raise self._closed()
            return work(self._connection)

    def close(self) -> None:
        """Closes the connection, and with it goes the database."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()


class FileStorage(Storage):
    """A database in a file: as many connections as threads use it at the same time.

    A write is acknowledged when it is on the disk, as DynamoDB acknowledges only durable writes. With the
    option ``synchronous="normal"`` the last writes can get lost when the power fails, though never when the
    program ends, and the file stays intact: see "PRAGMA synchronous" in SQLite's documentation.
    """

    def __init__(self, location: Location, path: str) -> None:
        super().__init__(location)
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._process = os.getpid()
        self._inherited: list[sqlite3.Connection] = []
        self._is_closed = False
        prepare_file(location, path)

    def _lend(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        if self._is_closed:
            raise self._closed()
        self._leave_parents_connections()
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._open()
        try:
            return work(connection)
        finally:
            self._idle.append(connection)
            if self._is_closed:
                self.close()

    def close(self) -> None:
        """Closes the connections; the last one of all processes also clears SQLite's log away."""
        self._is_closed = True
        self._leave_parents_connections()
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                return
            connection.close()

    def _open(self) -> sqlite3.Connection:
        try:
            return open_file(self._location, self._path)
        except sqlite3.Error as error:
            raise unavailable(error, self._location) from error

    def _leave_parents_connections(self) -> None:
        # "How To Corrupt An SQLite Database File", section 2.6: a connection must not be used, or closed, after a
        # fork. So the child keeps those of its parent, untouched, and opens its own.
        if self._process != os.getpid():
            self._process = os.getpid()
            self._inherited.extend(self._idle)
            self._idle.clear()


def in_transaction(connection: sqlite3.Connection, begin: str, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """Does *work* in a transaction that the statement *begin* begins; an exception takes it back."""
    connection.execute(begin)
    try:
        result = work(connection)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return result
