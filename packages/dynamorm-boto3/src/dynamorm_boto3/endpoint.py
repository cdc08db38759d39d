"""What the direct path needs to know before it can send a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from dynamorm_boto3.credentials import CredentialSource

_PORTS = {"http": 80, "https": 443}


class DirectPathRefused(Exception):
    """Raised when boto3's client has to send the requests. The message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go, which headers they have, and how long they may take.

    ``url`` has no query. ``headers`` are those of every request, besides those that sign it. ``verify`` is whether to
    check the server's certificate, or a file or folder of trusted certificate authorities. Times are in seconds. At
    most ``connections`` connections are kept open.
    """

    url: str
    region: str
    headers: Mapping[str, str]
    credentials: CredentialSource
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
        """The content of the header ``Host``: with the port, unless it is the scheme's default."""
        host, port = self.address
        if ":" in host:
            host = f"[{host}]"
        return host if port == _PORTS[self.parts.scheme] else f"{host}:{port}"

    @property
    def address(self) -> tuple[str, int]:
        """The name or IP address of the host, and the port."""
        parts = self.parts
        return parts.hostname or "", parts.port or _PORTS[parts.scheme]
