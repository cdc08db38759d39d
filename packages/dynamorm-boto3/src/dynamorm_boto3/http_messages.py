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


class RequestForm:
    """The form of the POST requests to one *path*, which all have these *headers*."""

    def __init__(self, path: str, headers: Mapping[str, str]) -> None:
        self._start = f"POST {path} HTTP/1.1\r\n{_lines(headers)}Accept-Encoding: identity\r\n"
        # Besides these headers: the request line, two more headers, and the empty line.
        self._line_breaks = len(headers) + 4

    def filled_in(self, headers: Mapping[str, str], body: bytes) -> bytes:
        """Return the bytes of a request that has these *headers*, too.

        Raise :class:`InvalidHeader` for a header that can't be sent.
        """
        head = f"{self._start}{_lines(headers)}Content-Length: {len(body)}\r\n\r\n"
        expected = self._line_breaks + len(headers)
        if head.count("\n") != expected or head.count("\r") != expected:
            raise InvalidHeader("A header has a line break in it.")
        try:
            return head.encode("latin-1") + body
        except UnicodeEncodeError:
            raise InvalidHeader("A header has characters that HTTP does not know.") from None


def _lines(headers: Mapping[str, str]) -> str:
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()])


class ResponseReader:
    """Reads the responses that arrive over one connection, one after another."""

    def __init__(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        #: The body so far.
        self._pieces: list[bytes | bytearray] = []
        self._has_headers = False
        self._response: Response | None = None
        #: Whether the connection stays open after the last response, if there was one.
        self.stays_open = True
        #: Whether the last response had an interim one before it, such as "100 Continue".
        self.had_interim = False
        # The parser calls the methods ``on_…``. These two need no code of their own.
        self.on_header = self._headers.__setitem__
        self.on_body = self._pieces.append
        self._parser = HttpResponseParser(self)

    def read(self, receive: Callable[[int], bytes]) -> Response:
        """Return the next response. Raise :class:`MalformedResponse`, or what *receive* raises.

        *receive* takes the largest number of bytes to read, and returns no bytes at the end of the connection. If more
        arrives than one response, the rest is dropped and the connection does not stay open: what was sent has got its
        response.
        """
        self.begin()
        while True:
            piece = receive(_PIECE)
            response = self.feed(piece) if piece else self.end()
            if response is not None:
                return response

    def begin(self) -> None:
        """Begin to read the next response."""
        self._response, self.stays_open, self.had_interim = None, False, False
        self._clear()

    def feed(self, piece: bytes | memoryview) -> Response | None:
        """Read another *piece*. Return the response if it is complete now.

        Raise :class:`MalformedResponse` for anything else than HTTP/1.1.
        """
        try:
            self._parser.feed_data(piece)
        except (HttpParserError, HttpParserUpgrade) as error:
            self.stays_open = False
            if self._response is None:
                raise MalformedResponse("The server does not speak HTTP/1.1.") from error
        if self._response is None:
            self._join_pieces()
            return None
        return self._taken()

    def end(self) -> Response:
        """Accept the end of the connection as the end of the response, or raise :class:`MalformedResponse`."""
        names = {name.lower() for name in self._headers}
        if not self._has_headers or not names.isdisjoint({b"content-length", b"transfer-encoding"}):
            raise MalformedResponse("The connection ended before the response was complete.")
        self._keep()
        return self._taken()

    def on_message_begin(self) -> None:
        """Note that there is more than one response."""
        if self._response is not None:
            self.stays_open = False

    def on_headers_complete(self) -> None:
        """Note that the body begins."""
        self._has_headers = True

    def on_message_complete(self) -> None:
        """Keep the response, unless it is an interim one, such as "100 Continue"."""
        if self._response is not None:
            return
        if self._parser.get_status_code() < 200:
            self.had_interim = True
            self._clear()
            return
        # The parser forgets this when the next message begins.
        self.stays_open = self._parser.should_keep_alive()
        self._keep()

    def _clear(self) -> None:
        self._has_headers = False
        self._headers.clear()
        self._pieces.clear()

    def _keep(self) -> None:
        if len(self._pieces) > 1:
            self._join_pieces()
        body = self._pieces[0] if self._pieces else b""
        self._response = Response(self._parser.get_status_code(), self._headers.copy(), body)

    def _join_pieces(self) -> None:
        """Make the body so far one piece, which grows with the next ones.

        If the pieces of a page were joined at its end, they would take so much memory for a moment that the C library
        returned it to the system each time.
        """
        if self._pieces:
            body, *others = self._pieces
            if isinstance(body, bytes):
                body = bytearray(body)
            for piece in others:
                body += piece
            self._pieces[:] = [body]

    def _taken(self) -> Response:
        # Otherwise an idle connection would keep a page in memory.
        response, self._response = self._response, None
        self._clear()
        assert response is not None
        return response
