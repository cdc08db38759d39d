"""Connections to one server that stay open, for any number of threads."""

from __future__ import annotations

import os
import select
import socket
import ssl
import sys
from collections import deque
from collections.abc import Mapping
from enum import Enum
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple

from dynamorm_boto3.service import Service


class Answer(NamedTuple):
    """What a server answered: the status, the headers by their names in small letters, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Fault(Enum):
    """Why there is no answer."""

    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect timeout"
    READ_TIMEOUT = "read timeout"
    TLS = "no trust"
    CLOSED = "connection closed"


class NoAnswer(Exception):
    """A request got no answer, for the *fault* that an *error* of the standard library tells. It may have been carried out."""

    def __init__(self, fault: Fault, error: Exception) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.error = error


class HttpConnections:
    """Sends requests to one *service* over connections that stay open."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._parts = service.parts
        self._path = service.path
        self._context = _trust(service.verify) if self._parts.scheme == "https" else None
        self._idle: deque[HTTPConnection] = deque()
        self._process = os.getpid()
        self._closed = False

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Sends one request and answers what came back.

        Raises :class:`NoAnswer` when the server can't be reached, hangs up or is silent.
        """
        connection = self._idle_connection() or self._new_connection()
        try:
            connection.request("POST", self._path, body, headers)
            response = connection.getresponse()
            answer = Answer(
                response.status, {name.lower(): value for name, value in response.headers.items()}, response.read()
            )
        except BaseException as error:
            # What it would say next belongs to this request.
            connection.close()
            if isinstance(error, (OSError, HTTPException)):
                # Even where TLS has failed: the request may have arrived.
                fault = Fault.READ_TIMEOUT if isinstance(error, TimeoutError) else Fault.CLOSED
                raise NoAnswer(fault, error) from error
            raise
        if response.will_close or self._closed or len(self._idle) >= self._service.connections:
            connection.close()
        else:
            self._idle.append(connection)
        return answer

    def close(self) -> None:
        """Closes the connections that no request is using, and each other one at the end of its request."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _idle_connection(self) -> HTTPConnection | None:
        if self._process != os.getpid():
            # A forked process would share the sockets, and read its parent's answers.
            self._idle = deque()
            self._process = os.getpid()
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if not _is_readable(connection.sock):
                return connection
            # Nothing was asked: the server has hung up.
            connection.close()

    def _new_connection(self) -> HTTPConnection:
        service, parts = self._service, self._parts
        host = parts.hostname or ""
        connection: HTTPConnection
        if self._context is None:
            connection = HTTPConnection(host, parts.port, timeout=service.connect_timeout)
        else:
            connection = HTTPSConnection(host, parts.port, timeout=service.connect_timeout, context=self._context)
        try:
            connection.connect()
            if service.keepalive:
                connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.sock.settimeout(service.read_timeout)
        except BaseException as error:
            connection.close()
            if isinstance(error, OSError):
                raise NoAnswer(_fault_of_connecting(error), error) from error
            raise
        return connection


def _fault_of_connecting(error: OSError) -> Fault:
    if isinstance(error, ssl.SSLError):
        return Fault.TLS
    return Fault.CONNECT_TIMEOUT if isinstance(error, TimeoutError) else Fault.UNREACHABLE


def _is_readable(connected: socket.socket) -> bool:
    if not hasattr(select, "poll"):
        return bool(select.select([connected], [], [], 0)[0])
    # Unlike select, it takes any number of open files.
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))


def _trust(verify: bool | str) -> ssl.SSLContext:
    """Which servers are trusted: those that the authorities of *verify* vouch for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        authorities = _authorities() if verify is True else verify
        folder = os.path.isdir(authorities)
        context.load_verify_locations(None if folder else authorities, authorities if folder else None)
    if (log := os.environ.get("SSLKEYLOGFILE")) and not sys.flags.ignore_environment:
        context.keylog_filename = log
    return context


def _authorities() -> str:
    """The file of authorities that botocore trusts: certifi's where it is installed, else its own."""
    try:
        from certifi import where
    except ImportError:
        from importlib.util import find_spec

        spec = find_spec("botocore")
        assert spec is not None
        assert spec.origin is not None
        return os.path.join(os.path.dirname(spec.origin), "cacert.pem")
    return where()
