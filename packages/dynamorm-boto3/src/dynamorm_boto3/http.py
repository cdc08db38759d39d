"""The outcome of a request: a response, or the reason why there is none."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from types import FrameType
from typing import NamedTuple


class Response(NamedTuple):
    """A response of a server, with the headers as they were sent."""

    status: int
    sent_headers: Mapping[bytes, bytes]
    body: bytes | bytearray

    @property
    def headers(self) -> dict[str, str]:
        """The headers. Their names are in lower case."""
        return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.sent_headers.items()}

    def header(self, name: str) -> str | None:
        """Return the header with a *name* in lower case, if there is one.

        Servers send most names in lower case, so that the others are rarely decoded for it.
        """
        value = self.sent_headers.get(name.encode())
        return self.headers.get(name) if value is None else value.decode("latin-1")


class Fault(Enum):
    """Why there is no response."""

    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect timeout"
    READ_TIMEOUT = "read timeout"
    TLS = "no trust"
    CLOSED = "connection closed"


class TransportError(Exception):
    """Raised when a request got no response, because of a *fault* with an *error*. It may have been carried out."""

    def __init__(self, fault: Fault, error: Exception) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.error = error


def from_signal_handler(error: BaseException | None) -> BaseException | None:
    """Return the exception that a handler of a signal raised, such as one that enforces a time limit, if there is one.

    That is an *error* itself, or the first one that led to it: what wraps an exception may take over its traceback.
    Call it where the error was caught.
    """
    found, callers = None, _callers()
    while error is not None and not _is_handled_by(callers, error):
        # Python's own handler raises ``KeyboardInterrupt``, and has no frame.
        if isinstance(error, KeyboardInterrupt | SystemExit) or _passed_signal_handler(error):
            found = error
        error = error.__cause__ or error.__context__
    return found


def _callers() -> set[FrameType]:
    """Return the frames that called the function that asks :func:`from_signal_handler`."""
    callers: set[FrameType] = set()
    frame: FrameType | None = sys._getframe(3)
    while frame is not None:
        callers.add(frame)
        frame = frame.f_back
    return callers


def _is_handled_by(callers: set[FrameType], error: BaseException) -> bool:
    """Return whether *callers* have caught the *error* before, and have called while they handle it.

    Python takes it for the context of all that is raised meanwhile. The first frame of a traceback is the one that
    caught the exception.
    """
    trace = error.__traceback__
    return trace is not None and trace.tb_frame in callers


def _passed_signal_handler(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None:
        frame, trace = trace.tb_frame, trace.tb_next
        # Python calls handlers with the frame that they interrupt.
        if any(isinstance(argument, FrameType) for argument in _positional_arguments(frame)):
            return True
    return False


def _positional_arguments(frame: FrameType) -> Iterator[object]:
    from inspect import CO_VARARGS  # deferred: start-up cost

    code, values = frame.f_code, frame.f_locals
    for name in code.co_varnames[: code.co_argcount]:
        yield values.get(name)
    if code.co_flags & CO_VARARGS:
        # Of ``def stop(*arguments)``. The name stands behind those of the arguments that have names.
        others = values.get(code.co_varnames[code.co_argcount + code.co_kwonlyargcount])
        yield from others if isinstance(others, tuple) else ()
