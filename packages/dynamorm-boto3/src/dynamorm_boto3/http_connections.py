"""A pool of connections to one server, for any number of threads."""

from __future__ import annotations

import select
import socket
import ssl
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial

from dynamorm_boto3.endpoint import Endpoint
from dynamorm_boto3.http import Fault, Response, TransportError, from_signal_handler
from dynamorm_boto3.http_messages import MalformedResponse, ResponseReader


class _Connection:
    """An open connection."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._reader = ResponseReader()
        #: Returns whether there is something to read. Before a request that means that the server has closed the
        #: connection.
        self.is_readable = readable_check(connected.fileno())

    @property
    def stays_open(self) -> bool:
        """Whether the connection can be used for another request."""
        return self._reader.stays_open

    def exchange(self, request: bytes) -> Response:
        """Send the bytes of a *request* and return the response."""
        self._socket.sendall(request)
        return self._reader.read(self._socket.recv)

    def close(self) -> None:
        self._socket.close()


class HttpConnections:
    """Sends requests to one *endpoint* over connections that stay open, encrypted with the TLS *context* if any."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext | None) -> None:
        self._endpoint = endpoint
        self._address = endpoint.address
        self._context = context
        self._idle: deque[_Connection] = deque()
        self._closed = False
        # A backend that is never closed leaves no open sockets behind.
        weakref.finalize(self, _close_all, self._idle)

    def send(self, request: bytes) -> Response:
        """Send the bytes of one *request* and return the response.

        Raises :class:`~dynamorm_boto3.http.TransportError` when there is no complete response.
        """
        connection = self._idle_connection() or self._new_connection()
        try:
            response = connection.exchange(request)
        except BaseException as error:
            # What arrives next on this connection would belong to this request.
            connection.close()
            if isinstance(error, (OSError, MalformedResponse)) and from_signal_handler(error) is not error:
                # The request may have arrived even if TLS failed.
                fault = Fault.READ_TIMEOUT if isinstance(error, TimeoutError) else Fault.CLOSED
                raise TransportError(fault, error) from error
            raise
        if not connection.stays_open or self._closed or len(self._idle) >= self._endpoint.connections:
            connection.close()
        else:
            self._idle.append(connection)
        return response

    def close(self) -> None:
        """Close idle connections now, and each of the others at the end of its request."""
        self._closed = True
        _close_all(self._idle)

    def _idle_connection(self) -> _Connection | None:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if not connection.is_readable():
                return connection
            connection.close()

    def _new_connection(self) -> _Connection:
        endpoint = self._endpoint
        connected: socket.socket | None = None
        try:
            connected = socket.create_connection(self._address, endpoint.connect_timeout)
            # A request is sent in one piece, so there is nothing to wait for.
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if endpoint.keepalive:
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self._context is not None:
                connected = self._context.wrap_socket(connected, server_hostname=self._address[0])
            connected.settimeout(endpoint.read_timeout)
        except BaseException as error:
            if connected is not None:
                connected.close()
            if isinstance(error, OSError) and from_signal_handler(error) is not error:
                raise TransportError(fault_of_connecting(error), error) from error
            raise
        return _Connection(connected)


def _close_all(connections: deque[_Connection]) -> None:
    while connections:
        connections.pop().close()


def fault_of_connecting(error: OSError) -> Fault:
    """Return why there is no connection, after an *error* of the attempt to make one."""
    if isinstance(error, ssl.SSLError):
        return Fault.TLS
    return Fault.CONNECT_TIMEOUT if isinstance(error, TimeoutError) else Fault.UNREACHABLE


def readable_check(file: int) -> Callable[[], object]:
    """Return a function that tells whether there is something to read from the socket with this *file* number.

    The end of what is sent is something to read, too.
    """
    if not hasattr(select, "poll"):
        return lambda: select.select([file], [], [], 0)[0]
    # Unlike select, poll has no limit to the number of open files.
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return partial(poll.poll, 0)
