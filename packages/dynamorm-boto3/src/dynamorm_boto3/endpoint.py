"""What the direct path has to know of the service before it can send a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from dynamorm_boto3.signing import Credentials

_PORTS = {"http": 80, "https": 443}


class DirectPathRefused(Exception):
    """Why boto3's client has to send the requests itself: the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go, what they carry, and how long they may take.

    ``url`` has no query. ``headers`` are those of every request, beside those that sign it. ``credentials`` answers the present
    ones, and ``None`` when they can't be had, or belong to another account than the URL was made for. ``verify`` is whether a
    server's certificate is checked, or the file or folder of the authorities that are trusted. Times are in seconds, and
    ``connections`` is how many are kept open at most.
    """

    url: str
    region: str
    headers: Mapping[str, str]
    credentials: Callable[[], Credentials | None]
    verify: bool | str = True
    connect_timeout: float | None = 60
    read_timeout: float | None = 60
    keepalive: bool = True
    connections: int = 50

    @property
    def parts(self) -> SplitResult:
        """The parts of the URL."""
        return urlsplit(self.url)

    @property
    def path(self) -> str:
        """The path of the URL."""
        return self.parts.path or "/"

    @property
    def host(self) -> str:
        """The host as the header ``Host`` has it: with the port, where it is not the scheme's own."""
        host, port = self.address
        if ":" in host:
            host = f"[{host}]"
        return host if port == _PORTS[self.parts.scheme] else f"{host}:{port}"

    @property
    def address(self) -> tuple[str, int]:
        """The name or the number of the host, and the port."""
        parts = self.parts
        return parts.hostname or "", parts.port or _PORTS[parts.scheme]
