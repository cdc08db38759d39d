"""What became of a request: an answer of the service, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class Response(NamedTuple):
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


class TransportError(Exception):
    """A request got no answer, for the *fault* that an *error* tells. It may have been carried out."""

    def __init__(self, fault: Fault, error: Exception) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.error = error
