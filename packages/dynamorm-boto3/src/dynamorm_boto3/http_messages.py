"""Write requests and read responses of HTTP/1.1.

Responses are read with httptools, the parser of Node.js. The standard library's parser takes longer to read the headers
of a response than the operating system takes to deliver it, and as long to import as all of DynamORM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from dynamorm_boto3.http import Response

#: How many bytes are read at once. The operating system would map and unmap a larger buffer each time.
_PIECE = 65_536


class InvalidHeader(ValueError):
    """Raised for a header that can't be sent. The message does not quote it, as it may be a secret."""


class MalformedResponse(Exception):
    """Raised when a server sends something else than one complete response."""


def request_of(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the bytes of a POST request. Raise :class:`InvalidHeader` for a header that can't be sent."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    head = f"POST {path} HTTP/1.1\r\n{lines}Accept-Encoding: identity\r\nContent-Length: {len(body)}\r\n\r\n"
    # Besides the headers: the request line, two more headers, and the empty line.
    expected = len(headers) + 4
    if head.count("\n") != expected or head.count("\r") != expected:
        raise InvalidHeader("A header has a line break in it.")
    try:
        return head.encode("latin-1") + body
    except UnicodeEncodeError:
        raise InvalidHeader("A header has characters that HTTP does not know.") from None


class ResponseReader:
    """Reads the responses that arrive over one connection, one after another."""

    def __init__(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._pieces: list[bytes] = []
        self._begun = 0
        self._has_headers = False
        self._is_complete = False
        #: Whether the connection stays open after the last response.
        self.stays_open = False
        # The parser calls the methods ``on_…``. These two need no code of their own.
        self.on_header = self._headers.__setitem__
        self.on_body = self._pieces.append
        self._parser = HttpResponseParser(self)

    def read(self, receive: Callable[[int], bytes]) -> Response:
        """Return the next response. Raise :class:`MalformedResponse`, or what *receive* raises.

        *receive* takes the largest number of bytes to read, and returns no bytes at the end of the connection.
        """
        self._begun, self._has_headers, self._is_complete, self.stays_open = 0, False, False, False
        self._headers.clear()
        try:
            while not self._is_complete:
                piece = receive(_PIECE)
                if not piece:
                    self._end()
                    break
                self._parser.feed_data(piece)
        except (HttpParserError, HttpParserUpgrade) as error:
            raise MalformedResponse("The server does not speak HTTP/1.1.") from error
        status = self._parser.get_status_code()
        if status < 200 or self._begun > 1:
            raise MalformedResponse("The server sent more than one response.")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self._headers.items()}
        body = b"".join(self._pieces)
        # Otherwise an idle connection would keep a page in memory.
        self._pieces.clear()
        return Response(status, headers, body)

    def on_message_begin(self) -> None:
        """Note that a response begins."""
        self._begun += 1

    def on_headers_complete(self) -> None:
        """Note that the body begins."""
        self._has_headers = True

    def on_message_complete(self) -> None:
        """Note that the response is complete."""
        self._is_complete = True
        # The parser forgets this when the next message begins.
        self.stays_open = self._parser.should_keep_alive()

    def _end(self) -> None:
        """Accept the end of the connection as the end of the response, or raise :class:`MalformedResponse`."""
        names = {name.lower() for name in self._headers}
        if not self._has_headers or not names.isdisjoint({b"content-length", b"transfer-encoding"}):
            raise MalformedResponse("The connection ended before the response was complete.")
