"""The outcome of a request: a response, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class Response(NamedTuple):
    """A response of a server. The names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


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
