"""A server of ``dynamorm browse`` in this process, and a browser's requests to it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from threading import Thread
from urllib.parse import urlencode

from dynamorm_cli.browsing.catalogue import Catalogue
from dynamorm_cli.browsing.meter import Meter
from dynamorm_cli.browsing.pages import Pages
from dynamorm_cli.browsing.server import BrowseServer
from tests.support import shelf


class Browser:
    """Requests of a browser that has opened the address with the token."""

    def __init__(self, server: BrowseServer, log: list[str]) -> None:
        self.server = server
        self.log = log
        self.host = f"127.0.0.1:{server.server_port}"
        self.root = server.pages.root
        entered = self.request(server.url.partition(self.host)[2], cookie=None, root="")
        assert entered.status == 200
        self.cookie = str(entered.headers["Set-Cookie"])

    def request(
        self,
        path: str,
        *,
        method: str = "GET",
        cookie: str | None = "",
        host: str | None = "",
        root: str | None = None,
        **headers: str,
    ) -> HTTPResponse:
        """Send a request for a *path* below the root of all pages."""
        connection = HTTPConnection(self.host, timeout=10)
        connection.putrequest(method, (self.root if root is None else root) + path, skip_host=True)
        if host is not None:
            connection.putheader("Host", host or self.host)
        if cookie is not None:
            connection.putheader("Cookie", cookie or self.cookie.partition(";")[0])
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        self.body = response.read().decode()
        connection.close()
        return response

    def get(self, path: str, status: int = 200, **query: str | list[str]) -> str:
        """Return the text of a page, without its tags."""
        found = self.request(f"{path}?{urlencode(query, doseq=True)}" if query else path)
        assert found.status == status, self.body
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.body)).split())

    def links(self) -> dict[str, str]:
        """Return the addresses on the page by their text, without the root of all pages."""
        found = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', self.body, re.DOTALL)
        return {
            " ".join(re.sub(r"<[^>]*>", "", text).split()): html.unescape(address).removeprefix(self.root)
            for address, text in found
        }


@contextmanager
def browsing(most: float | None = 1000, **options: str) -> Iterator[Browser]:
    log: list[str] = []
    pages = Pages(Catalogue(shelf.MODELS), Meter(most), "sqlite:///:memory:", log.append)
    server = BrowseServer(pages, options.get("host", "127.0.0.1"), 0, log.append)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Browser(server, log)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
