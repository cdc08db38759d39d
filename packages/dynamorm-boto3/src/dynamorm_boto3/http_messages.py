"""The messages of HTTP/1.1: requests as they are sent, and answers as they arrive.

httptools reads the answers. It is the parser of Node.js, in C: the standard library's takes longer to read the headers of an answer
than the operating system to bring it, and as long to import as all of DynamORM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from dynamorm_boto3.http import Response

#: How many bytes are read at once. A larger buffer would be mapped and unmapped by the operating system each time.
_PIECE = 65_536


class InvalidHeader(ValueError):
    """A header can't be sent as it is: the message names no value, as it may be a secret."""


class MalformedResponse(Exception):
    """What a server sent is not one whole answer."""


def request_of(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """The bytes of a POST request. Raises :class:`InvalidHeader`."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    head = f"POST {path} HTTP/1.1\r\n{lines}Accept-Encoding: identity\r\nContent-Length: {len(body)}\r\n\r\n"
    # The request line, two more headers, and the empty line.
    expected = len(headers) + 4
    if head.count("\n") != expected or head.count("\r") != expected:
        raise InvalidHeader("A header has a line break in it.")
    try:
        return head.encode("latin-1") + body
    except UnicodeEncodeError:
        raise InvalidHeader("A header has characters that HTTP does not know.") from None


class ResponseReader:
    """Reads the answers that arrive over one connection, one after the other."""

    def __init__(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._pieces: list[bytes] = []
        self._begun = 0
        self._has_headers = False
        self._is_complete = False
        #: Whether the connection stays open after the last answer.
        self.stays_open = False
        # What the parser finds it hands to the methods ``on_…``, and between it and these two nothing needs to stand.
        self.on_header = self._headers.__setitem__
        self.on_body = self._pieces.append
        self._parser = HttpResponseParser(self)

    def read(self, receive: Callable[[int], bytes]) -> Response:
        """The next answer. Raises :class:`MalformedResponse`, and what *receive* raises.

        *receive* waits for at most so many bytes, and answers none when the connection is at its end.
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
            raise MalformedResponse("The server does not answer in HTTP/1.1.") from error
        status = self._parser.get_status_code()
        if status < 200 or self._begun > 1:
            raise MalformedResponse("The server sends more than an answer.")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self._headers.items()}
        body = b"".join(self._pieces)
        # An idle connection would otherwise keep a page in memory.
        self._pieces.clear()
        return Response(status, headers, body)

    def on_message_begin(self) -> None:
        """Takes note that an answer begins."""
        self._begun += 1

    def on_headers_complete(self) -> None:
        """Takes note that the body begins."""
        self._has_headers = True

    def on_message_complete(self) -> None:
        """Takes note that the answer is whole."""
        self._is_complete = True
        # The parser forgets it with the message.
        self.stays_open = self._parser.should_keep_alive()

    def _end(self) -> None:
        """Takes note that nothing more will come."""
        names = {name.lower() for name in self._headers}
        if not self._has_headers or not names.isdisjoint({b"content-length", b"transfer-encoding"}):
            raise MalformedResponse("The connection has ended before the answer.")
