"""Opening SQLite files: the checks of existing files, and the creation of new ones."""

from __future__ import annotations

import os
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Final

from dynamorm.exceptions import BackendUnavailable
from dynamorm_sqlite.addresses import Location
from dynamorm_sqlite.connections import DatabaseConnection, FileConnection, MemoryConnection, in_transaction
from dynamorm_sqlite.encoding import damaged

#: The storage format that this release writes, kept in the file as SQLite's ``user_version``.
FORMAT: Final = 3
#: The mark of this backend's files, kept as SQLite's ``application_id``: "DyOR" in ASCII.
APPLICATION_ID: Final = 0x44794F52

#: How SQLite's message begins for a text that is no UTF-8. The rest quotes it.
UNREADABLE_TEXT: Final = "Could not decode to UTF-8"

# Rows are in the nodes of the tree of their keys. In pages of this size, rows of up to 2 KB need no overflow page.
_PAGE_BYTES: Final = 8192
_CACHE_KIBIBYTES: Final = 8192
# After so many pages, 32 MB, the log is copied into the file. Writes of many items change the same pages again and
# again, and each is copied once: with SQLite's own number, 1,000, a load takes half as long again.
_LOG_PAGES: Final = 4000
# SQLite takes a file of one byte for an empty one, so smaller files than a header are refused here.
_SMALLEST_BYTES: Final = 512
_NOT_A_DATABASE: Final = "is not a SQLite database. Connect to another file; a file that does not exist is created."
_CATALOG: Final = """
    CREATE TABLE dynamorm_tables (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        spec TEXT NOT NULL,
        settings TEXT NOT NULL DEFAULT '{}'
    )"""
# `acts` is a fingerprint of the transaction's actions. The column keeps its name, which is part of the storage format.
_TOKENS: Final = """
    CREATE TABLE dynamorm_tokens (
        token TEXT PRIMARY KEY,
        acts BLOB NOT NULL,
        expires REAL NOT NULL
    ) WITHOUT ROWID"""
# Each transaction deletes the expired tokens. Without the index, it would look at all others, too.
_TOKENS_BY_EXPIRY: Final = "CREATE INDEX dynamorm_tokens_by_expiry ON dynamorm_tokens (expires)"
# The statements that upgrade a file to each format from the one before.
_UPGRADES: Final = {
    2: ("ALTER TABLE dynamorm_tables ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'",),
    3: (_TOKENS, _TOKENS_BY_EXPIRY),
}


def open_memory() -> MemoryConnection:
    """Return a connection to a new database in memory, which lives as long as the connection does."""
    connection = MemoryConnection()
    _create(connection)
    return connection


def prepare_file(location: Location, path: str) -> None:
    """Make sure that the file at *path* is a database of this backend. Create it if there is no file, or an empty one.

    Raises:
        BackendUnavailable: The folder is missing, the file or the folder can't be written to, or the file is something
            else. The disk is left as it was.

    """
    _check_path(path)
    try:
        connection = FileConnection(path, f"{Path(path).as_uri()}?mode=rwc", timeout=location.timeout)
        try:
            _prepare(connection, path, location.timeout)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise unavailable(error, location) from error


def open_file(location: Location, path: str) -> FileConnection:
    """Return a new connection to the database at *path*, which has been prepared."""
    connection = FileConnection(path, f"{Path(path).as_uri()}?mode=rw", timeout=location.timeout)
    try:
        connection.execute(f"PRAGMA synchronous = {location.synchronous.upper()}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        # Without it, SQLite leaves out rows of damaged pages now and then, without an error.
        connection.execute("PRAGMA cell_size_check = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def unavailable(error: sqlite3.Error, location: Location) -> BackendUnavailable:
    """Return the exception for an *error* of SQLite that the operation did not cause."""
    database = "the database in memory" if location.path is None else f"'{location.path}'"
    if "locked" in str(error) or "busy" in str(error):
        return BackendUnavailable(
            f"Another process kept {database} locked for more than {location.timeout:g} seconds; this operation wrote "
            "nothing. End that process, make its transactions shorter, or connect with a longer timeout."
        )
    if str(error).startswith(UNREADABLE_TEXT):
        return damaged("a text")
    # Extended codes, such as SQLITE_READONLY_DIRECTORY, begin with the name of their primary code.
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_NOTADB"):
        return BackendUnavailable(f"{database} {_NOT_A_DATABASE}")
    advice = {
        "SQLITE_CORRUPT": "It is damaged: restore it from a backup.",
        "SQLITE_FULL": "The disk is full: free some space.",
        "SQLITE_READONLY": "It can't be written to: check the permissions of the file and of its folder.",
        "SQLITE_CANTOPEN": "Check that the file and its folder exist and can be written to.",
        "SQLITE_IOERR": _names_of(location),
    }
    hint = next((text for code, text in advice.items() if name.startswith(code)), "Check the file and its disk.")
    return BackendUnavailable(f"SQLite can't use {database}: {error}. {hint}")


def _names_of(location: Location) -> str:
    """Return advice for errors of input or output, which a file with several names can have."""
    path = location.path
    if path is None or not os.path.exists(path) or os.stat(path).st_nlink < 2:
        return "Check the file and its disk."
    return (
        "The file has several names (hard links), and SQLite keeps its log next to the name that was "
        "opened first. Use one name in all programs."
    )


def _check_path(path: str) -> None:
    # The file must not be opened here: closing it would take away the locks that SQLite holds on it for other
    # connections of this process. See "How To Corrupt An SQLite Database File", section 2.2.
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise BackendUnavailable(f"The folder of '{path}' does not exist. Make the folder '{folder}' first.")
    if os.path.isdir(path):
        raise BackendUnavailable(f"'{path}' is a folder. Connect to a file in it, such as '{path}/books.db'.")
    if os.path.exists(path):
        if not os.path.isfile(path):
            raise BackendUnavailable(
                f"'{path}' is a pipe, a socket or a device. Connect to a file; a file that does not exist is created."
            )
        if 0 < os.path.getsize(path) < _SMALLEST_BYTES:
            raise BackendUnavailable(f"'{path}' {_NOT_A_DATABASE}")
        if not _writable(path):
            raise BackendUnavailable(
                f"'{path}' is read-only. Make the file writable, or connect to a copy of it that is."
            )
    if not _writable(folder):
        raise BackendUnavailable(
            f"The folder of '{path}' is read-only, and SQLite keeps its log there. Make '{folder}' writable, or "
            "connect to a file in another folder."
        )


def _writable(path: str) -> bool:
    # A superuser could write to a file that is marked as read-only. The mark says that nobody should.
    return bool(os.stat(path).st_mode & 0o222) and os.access(path, os.W_OK)


def _prepare(connection: DatabaseConnection, path: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            if not _is_initialized(connection, path):
                connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
                # The log of a WAL database is a file of its own, so that readers and a writer don't block each other.
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                in_transaction(connection, "BEGIN IMMEDIATE", partial(_create_unless_initialized, path=path))
            if _format(connection) < FORMAT:
                in_transaction(connection, "BEGIN IMMEDIATE", _upgrade)
        except sqlite3.OperationalError as error:
            # SQLite does not always wait for another process that changes the journal mode.
            if "locked" not in str(error) or time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _format(connection: DatabaseConnection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _upgrade(connection: DatabaseConnection) -> None:
    # Another process may have upgraded the file, or started to, while this one waited for its turn.
    for number in range(_format(connection) + 1, FORMAT + 1):
        for statement in _UPGRADES[number]:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _is_initialized(connection: DatabaseConnection, path: str) -> bool:
    # Before the id, which another process may write now, with the first tables: read in the other order, those would
    # be taken for tables of another program.
    has_tables = connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application == APPLICATION_ID:
        version = _format(connection)
        if version > FORMAT:
            raise BackendUnavailable(
                f"'{path}' was written by a newer release of dynamorm-sqlite: it has storage format {version}, and "
                f"this release knows {FORMAT}. Upgrade: pip install --upgrade dynamorm-sqlite"
            )
        return True
    if application or has_tables:
        raise BackendUnavailable(
            f"'{path}' is a SQLite database of another program. Connect to another file; a file that does not exist is "
            "created."
        )
    return False


def _create_unless_initialized(connection: DatabaseConnection, path: str) -> None:
    if not _is_initialized(connection, path):
        _create(connection)


def _create(connection: DatabaseConnection) -> None:
    for statement in (_CATALOG, _TOKENS, _TOKENS_BY_EXPIRY):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
