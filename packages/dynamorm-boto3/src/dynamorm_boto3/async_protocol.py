"""One connection of an event loop, which sends a request and receives its response."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from dynamorm_boto3.http import Fault, Response, TransportError, from_signal_handler
from dynamorm_boto3.http_connections import readable_check
from dynamorm_boto3.http_messages import MalformedResponse, ResponseReader

#: How many bytes are read at once at first, which is enough for most items; how many times as many after a read that
#: filled the buffer; and how many at most.
_BUFFER, _GROWTH, _LARGEST_BUFFER = 4_096, 8, 262_144


class Connection(asyncio.BufferedProtocol):
    """An open connection of a *loop*, for one request at a time. *forget* is told when it is lost.

    It has a buffer of its own: for a protocol without one, asyncio allocates 256 KiB before each read, which the
    operating system often has to map and unmap.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, forget: Callable[[Connection], None]) -> None:
        self._loop = loop
        self._forget = forget
        self._reader = ResponseReader()
        self._buffer = memoryview(bytearray(_BUFFER))
        self._transport: Any = None
        self._waiter: asyncio.Future[Response | TransportError] | None = None
        #: Returns whether the system has something to read that the loop has not read yet.
        self.is_readable: Callable[[], object] = bool
        #: Whether neither side has closed the connection.
        self.is_open = False
        # How much of the request the system had not taken when that was looked at last.
        self._unsent = 0
        #: When something was sent or received last, by the clock of the loop.
        self.active_at = 0.0

    @property
    def is_usable(self) -> bool:
        """Whether another request can be sent."""
        return self.is_open and self._reader.stays_open and not self._reader.had_interim

    @property
    def is_waiting(self) -> bool:
        """Whether a request waits for its response."""
        return self._waiter is not None

    def send(self, request: bytes) -> asyncio.Future[Response | TransportError]:
        """Send the bytes of a *request*, and return its outcome to be awaited."""
        waiter = self._waiter = self._loop.create_future()
        self._reader.begin()
        self.active_at = self._loop.time()
        self._transport.write(request)
        return waiter

    def note_progress(self, now: float) -> None:
        """Note whether a part of the request was sent since the last call, which takes its time for a large one."""
        unsent: int = self._transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent, self.active_at = unsent, now

    def fail_as_silent(self) -> None:
        """End the connection because the server has sent nothing for too long."""
        self._end(Fault.READ_TIMEOUT, TimeoutError("timed out"))

    def abort(self) -> None:
        """Close the connection now."""
        self._end(Fault.CLOSED, ConnectionAbortedError("The connection was closed on this side."))

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport
        self.is_readable = readable_check(transport.get_extra_info("socket").fileno())
        self.is_open = True

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to put the next piece of a response."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Read a piece of a response, which has so many bytes."""
        if self._waiter is None:
            # Nobody has asked for it. The next request would take it for its response.
            self._lose()
            return
        self.active_at = self._loop.time()
        try:
            response = self._reader.feed(self._buffer[:nbytes])
            if nbytes == len(self._buffer) < _LARGEST_BUFFER:
                self._buffer = memoryview(bytearray(min(nbytes * _GROWTH, _LARGEST_BUFFER)))
            if response is not None:
                self._settle(response)
        except MalformedResponse as error:
            self._fail(Fault.CLOSED, error)
            if (raised := from_signal_handler(error)) is not None:
                # The parser has taken it for its own.
                raise raised from None
        except BaseException:
            # A signal's handler has raised it. For an interrupt or an exit, asyncio would leave the connection open and
            # the request waiting.
            self._end(Fault.CLOSED, ConnectionAbortedError("A signal's handler interrupted the response."))
            raise

    def eof_received(self) -> None:
        """Take the end of the connection for that of the response, if its headers allow it."""
        self.is_open = False
        if self._waiter is None:
            return
        try:
            response = self._reader.end()
        except MalformedResponse as error:
            self._fail(Fault.CLOSED, error)
        else:
            self._settle(response)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request, if one waits."""
        try:
            self.is_open = False
            self._fail(Fault.CLOSED, exc or ConnectionResetError("The connection was closed."))
            self._forget(self)
        except BaseException:
            # A signal's handler has raised it, while a task still waits.
            self._loop.call_soon(self.connection_lost, exc)
            raise

    def _lose(self) -> None:
        self.abort()
        self._forget(self)

    def _end(self, fault: Fault, error: Exception) -> None:
        try:
            # There is none if a signal's handler has interrupted the beginning.
            if self._transport is not None:
                self._transport.abort()
        finally:
            self._fail(fault, error)

    def _fail(self, fault: Fault, error: Exception) -> None:
        self.is_open = False
        if self._waiter is not None:
            self._settle(TransportError(fault, error))

    def _settle(self, outcome: Response | TransportError) -> None:
        waiter = self._waiter
        # Whoever waits may have been cancelled just now.
        if waiter is not None and not waiter.done():
            waiter.set_result(outcome)
        # Last: if a signal's handler raises meanwhile, the end of the connection finds who waits.
        self._waiter = None
