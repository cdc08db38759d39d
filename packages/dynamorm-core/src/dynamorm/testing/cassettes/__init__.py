"""Cassettes: what a program's operations returned, recorded once, and played in tests without a backend."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Literal, TypeAlias, get_args

from dynamorm.data.values import normalise
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import (
    Target,
    block_connection,
    connection_to,
    default_url,
    in_place_of_all,
    opened_default,
)
from dynamorm.exceptions import BackendMisconfigured, DynamoException
from dynamorm.testing.cassettes import file
from dynamorm.testing.cassettes.backend import CassetteBackend
from dynamorm.testing.cassettes.tape import CassetteMismatch, Tape

__all__ = ["CassetteMismatch", "cassette"]

#: When operations are recorded: if there is no file, never, or those that the file does not have.
RecordMode: TypeAlias = Literal["once", "none", "new"]
#: The environment variable that decides for all cassettes of a process, which the pytest plugin sets.
RECORD_VARIABLE = "DYNAMORM_RECORD"


class cassette:  # noqa: N801 - it is called like a function, as dynamorm.using is
    """Play the operations of a ``with`` block from a file, or record them in it.

    In the first run, the operations go to a backend, and the file is written when the block ends without an exception.
    From then on, there is no backend: each operation is answered as it was, by a result or an exception::

        with cassette("tests/orders.jsonl"):
            checkout(order)

    An operation is the recorded one if all of it is equal: tables, keys, items, conditions. Those on one table come in
    the same order, except for those of other threads and tasks than the first one. The tokens of transactions do not
    matter. It holds for all models, threads and tasks, as :func:`~dynamorm.testing.using_everywhere` does, and within a
    ``using()`` block. What is connected to inside of the block, with ``connect()`` or ``using()``, comes before it.

    The file has the values of items. Check it before you publish it, or replace values with *scrub*.

    Args:
        path: The file, such as ``"tests/orders.jsonl"``.
        backend: What is recorded, as for :func:`dynamorm.connect`; by default, what is connected to when the block
            begins.
        record: ``"once"`` records if there is no file, ``"none"`` never, ``"new"`` records what the file does not have,
            and adds it. The environment variable ``DYNAMORM_RECORD``, and the option ``--dynamorm-record`` of pytest,
            have precedence.
        ignore: The names of attributes whose values are different each time, such as ``["created"]``.
        scrub: A function that gets the name and the value of an attribute, and returns what the file has instead. The
            same value must give the same replacement.
        options: Those of the connection, if *backend* is a URL or a name.

    Raises:
        CassetteMismatch: An operation is not recorded, with what differs from the nearest one that is; or the block
            ends, and a recorded operation was not sent. It is an ``AssertionError``.
        BackendMisconfigured: An argument is wrong, there is no file and nothing may be recorded, the file is of a
            format that is unknown here, or what is to be recorded is another cassette.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        backend: Target | None = None,
        *,
        record: RecordMode = "once",
        ignore: Iterable[str] = (),
        scrub: Callable[[str, Any], Any] | None = None,
        **options: Any,
    ) -> None:
        self._name = os.fspath(path)
        # The program may change the directory.
        self._path = Path(path).absolute()
        self._backend = backend
        self._options = options
        self._record = _record_mode(record)
        self._ignore = _names(ignore)
        self._scrub = _checked_scrub(scrub)
        self._connection: Connection | None = None
        self._is_own = False
        self._lock = Lock()

    def __enter__(self) -> Connection:
        """Begin to play or record. Return the connection that does."""
        self._is_own = False
        self._connection = self._known_connection()
        if self._connection is not None and isinstance(self._connection.backend, CassetteBackend):
            raise BackendMisconfigured(
                f"The cassette '{self._name}' would be within another one, '{self._connection.backend.name}', which "
                "would miss what this one plays. Use one of them for both, or name what this one records: "
                "cassette(path, 'sqlite:///:memory:')."
            )
        is_there = self._path.exists()
        if is_there:
            header, lines = file.read(self._path, self._name)
        elif self._record == "none":
            raise BackendMisconfigured(
                f"There is no cassette '{self._name}', and nothing may be recorded. Run the test once with "
                "record='once', or with --dynamorm-record once, where the backend can be reached."
            )
        else:
            recorded = self._connect()
            header, lines = file.Header(recorded.capabilities, recorded.return_consumed_capacity), []
        may_record = self._record == "new" or not is_there
        self._header = header
        self._tape = Tape(self._path, self._name, lines, may_record=may_record, ignore=self._ignore, scrub=self._scrub)
        backend = CassetteBackend(self._tape, header.capabilities, self._connect)
        backend.return_consumed_capacity = header.return_consumed_capacity
        backend.table_prefix = None if self._connection is None else self._connection.table_prefix
        opened = connection_to(backend, {})
        self._tape.prefix = opened.table_prefix
        self._block = in_place_of_all(opened)
        self._block.__enter__()
        return opened

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._block.__exit__(kind, exception, trace)
            if exception is None:
                self._tape.finish(self._header)
        finally:
            if self._is_own and self._connection is not None:
                self._connection.close()

    def _known_connection(self) -> Connection | None:
        """Return the connection to record, if it is open."""
        if self._backend is None:
            return block_connection() or opened_default()
        return None if isinstance(self._backend, str) else connection_to(self._backend, self._options)

    def _connect(self) -> Connection:
        """Return the connection to record."""
        with self._lock:
            if self._connection is None:
                self._connection = connection_to(self._backend or default_url(), self._options)
                self._is_own = True
            return self._connection


def _record_mode(given: str) -> RecordMode:
    place = "cassette: record"
    if RECORD_VARIABLE in os.environ:
        given, place = os.environ[RECORD_VARIABLE], f"The environment variable {RECORD_VARIABLE}"
    for mode in get_args(RecordMode):
        if mode == given:
            known: RecordMode = mode
            return known
    close = get_close_matches(str(given), get_args(RecordMode), n=1)
    advice = f" Did you mean '{close[0]}'?" if close else ""
    raise BackendMisconfigured(f"{place} is 'once', 'none' or 'new', not {given!r}.{advice}")


def _names(given: Iterable[str]) -> frozenset[str]:
    names = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    if isinstance(given, str) or not all(isinstance(name, str) and name for name in names):
        raise BackendMisconfigured("cassette: ignore is a list of the names of attributes, such as ['created'].")
    return frozenset(names)


def _checked_scrub(given: Callable[[str, Any], Any] | None) -> Callable[[str, Any], Any] | None:
    if given is None:
        return None
    if not callable(given):
        raise BackendMisconfigured(
            "cassette: scrub is a function that gets the name and the value of an attribute, and returns what the file "
            "has instead."
        )
    return partial(_scrubbed, given)


def _scrubbed(scrub: Callable[[str, Any], Any], name: str, value: Any) -> Any:
    replacement = scrub(name, value)
    try:
        return normalise(replacement, name)
    except DynamoException:
        raise BackendMisconfigured(
            f"cassette: scrub returned a value of the type {type(replacement).__name__} for '{name}', which DynamoDB "
            "can't store, or a part of it. Return a string, for example."
        ) from None
