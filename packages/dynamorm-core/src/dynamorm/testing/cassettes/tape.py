"""What a cassette plays and records, for all threads and tasks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Lock, current_thread
from typing import Any

from dynamorm.data.operations import Operation
from dynamorm.exceptions import BackendClosed, BackendMisconfigured, DynamoException
from dynamorm.testing.cassettes import file
from dynamorm.testing.cassettes.codec import Json, UnknownName, decode, encode
from dynamorm.testing.cassettes.recordings import Recording, Recordings, form_of, without_token
from dynamorm.testing.cassettes.values import Change, with_values
from dynamorm.wire.subjects import subject_of

#: The number of the first line with an operation.
_FIRST_LINE = 2


class CassetteMismatch(AssertionError):
    """A program and a cassette don't fit: an operation is not recorded, or a recorded one was not sent.

    Read what differs. If the program is right, delete the file to record it again.
    """

    __module__ = "dynamorm.testing"


class Tape:
    """The recordings of a file, and new ones.

    Args:
        path: The file.
        name: The file for messages.
        lines: What it has, without the first line.
        may_record: Whether operations that are not recorded are sent, and recorded.
        ignore: The names of attributes whose values don't matter.
        scrub: Replaces values of attributes in what is written.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        lines: Sequence[dict[str, Json]],
        *,
        may_record: bool,
        ignore: frozenset[str],
        scrub: Change | None,
    ) -> None:
        self.may_record = may_record
        #: What stands in front of the names of tables, and not in the file.
        self.prefix = ""
        self._path = path
        self.name = name
        self._lines = list(lines)
        self._ignore = ignore
        self._scrub = scrub
        recordings = [self._read(number, line) for number, line in enumerate(lines, start=_FIRST_LINE)]
        self._recordings = Recordings(recordings)
        #: The lines of what the program has sent, in this order, those that were played and those that are new.
        self._sent: list[dict[str, Json]] = []
        self._has_new = False
        self._mismatch: CassetteMismatch | None = None
        self._first_sender: object = None
        self._lock = Lock()

    def play(self, operation: Operation[Any]) -> Recording | None:
        """Return the recording of an *operation*; ``None`` if it is to be sent, and recorded.

        Raises:
            CassetteMismatch: It is not recorded.
        """
        operation = self._without_prefix(operation)
        form = form_of(operation, self._ignore, self._scrub)
        with self._lock:
            recording = self._recordings.take(operation, form)
            if recording is not None:
                self._is_from_first_sender()
                self._sent.append(self._lines[recording.line - _FIRST_LINE])
            if recording is not None or self.may_record:
                return recording
            why = self._recordings.explain(operation, form)
            mismatch = CassetteMismatch(
                f"{subject_of(operation)} is not recorded in the cassette '{self.name}'. {why} If the program is "
                "right, delete the file to record it again."
            )
            self._mismatch = self._mismatch or mismatch
            raise mismatch

    def outcome(self, recording: Recording) -> Any:
        """Return the result of a *recording*, or raise its exception: a new object each time."""
        outcome = decode(recording.outcome, self._with_prefix)
        if isinstance(outcome, DynamoException):
            raise outcome
        return outcome

    def begin(self, operation: Operation[Any]) -> dict[str, Json]:
        """Take a line for an *operation* that is about to be sent."""
        line: dict[str, Json] = {"operation": encode(self._scrubbed(without_token(operation)), self._bare)}
        with self._lock:
            if not self._is_from_first_sender():
                line["parallel"] = True
            self._sent.append(line)
            self._has_new = True
        return line

    def end(self, line: dict[str, Json], outcome: Any) -> None:
        """Complete a *line* with the result of its operation, or its exception."""
        if isinstance(outcome, BackendClosed):
            return
        name = "error" if isinstance(outcome, DynamoException) else "result"
        line[name] = encode(self._scrubbed(outcome), self._bare)

    def finish(self, header: file.Header) -> None:
        """Write the file, if there is something new.

        Raises:
            CassetteMismatch: An operation was not recorded, which the program has caught, or was not sent.
        """
        if self._mismatch is not None:
            raise self._mismatch
        if unused := self._recordings.unused():
            some = ", ".join(map(str, unused[:10])) + (f" and {len(unused) - 10} more" if len(unused) > 10 else "")
            raise CassetteMismatch(
                f"The cassette '{self.name}' has operations that the program has not sent: {some}. If the program is "
                "right, delete the file to record it again."
            )
        if self._has_new or not self._path.exists():
            # An operation that is new may stand between others on its table.
            complete = [line for line in self._sent if "error" in line or "result" in line]
            file.write(self._path, header, complete)

    def _is_from_first_sender(self) -> bool:
        """Return whether the task or thread that sends something now was the first one that did."""
        sender = _sender()
        if self._first_sender is None:
            self._first_sender = sender
        return sender is self._first_sender

    def _read(self, number: int, line: dict[str, Json]) -> Recording:
        try:
            operation = _checked(decode(line["operation"], str))
            # What the file has is scrubbed already.
            form = form_of(operation, self._ignore, None)
            outcome = line["error"] if "error" in line else line["result"]
            decode(outcome, str)
        except UnknownName as error:
            raise file.later(self.name, number, str(error)) from None
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError):
            raise BackendMisconfigured(
                f"Line {number} of the cassette '{self.name}' was damaged. Delete the file to record it again."
            ) from None
        return Recording(operation, outcome, number, bool(line.get("parallel")), form)

    def _scrubbed(self, value: Any) -> Any:
        return value if self._scrub is None else with_values(value, self._scrub)

    def _without_prefix(self, operation: Operation[Any]) -> Operation[Any]:
        if not self.prefix:
            return operation
        renamed: Operation[Any] = decode(encode(operation, self._bare), str)
        return renamed

    def _bare(self, name: str) -> str:
        """Return the *name* of a table, or a message that has one, without the prefix."""
        if not self.prefix:
            return name
        return name.removeprefix(self.prefix).replace(f"'{self.prefix}", "'")

    def _with_prefix(self, name: str) -> str:
        return f"{self.prefix}{name}"


def _checked(operation: object) -> Operation[Any]:
    if not isinstance(operation, Operation):
        raise TypeError(operation)
    return operation


def _sender() -> object:
    """Return the task that sends an operation, or the thread."""
    if "asyncio" in sys.modules:
        import asyncio

        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
        if task is not None:
            return task
    return current_thread()
