"""The requests that a server received, and the responses that it sends."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_ERRORS = "com.amazonaws.dynamodb.v20120810#"
_ARN = "arn:aws:dynamodb:us-east-1:000000000000:table"


@dataclass(frozen=True)
class Request:
    """A request that the server received.

    Attributes:
        path: The path of its URL.
        headers: Its headers.
        body: Its body.
        port: The client's port, which is another one for each connection.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    port: int = 0

    @property
    def action(self) -> str:
        """The name of the operation, such as ``"PutItem"``; empty if the request has none."""
        target = next((value for name, value in self.headers.items() if name.lower() == "x-amz-target"), "")
        return target.rpartition(".")[2]

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """A response to send, or what is sent in its place.

    Attributes:
        status: The HTTP status.
        body: The body.
        headers: Headers that are added to the usual ones, or replace them.
        delay: How many seconds it takes.
        ahead: What is sent ahead of it.
        behind: What is sent behind it, as if it were a part of a further response.
        sent: How much of the body is sent before the connection ends, as a number of bytes; ``None`` for all of it, and
            ``-1`` if not even the headers are sent.
        closes: The connection ends behind the response, although the response does not announce that.
        is_silent: Nothing is sent, and the connection stays open until the server is closed.
        raw: What is sent in place of all that, part by part.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    ahead: bytes = b""
    behind: bytes = b""
    sent: int | None = None
    closes: bool = False
    is_silent: bool = False
    raw: Sequence[bytes] = ()

    @classmethod
    def json(cls, content: Mapping[str, Any], status: int = 200, **headers: str) -> Response:
        """Return a response with a *content* in JSON, and its checksum."""
        body = json.dumps(content).encode()
        return cls(status, body, {"x-amz-crc32": str(zlib.crc32(body)), **headers})

    @classmethod
    def error(cls, code: str, status: int = 400, message: str | None = None, **more: Any) -> Response:
        """Return the error of the service with a *code*, and with *more* members."""
        told = f"{code} it is." if message is None else message
        return cls.json({"__type": f"{_ERRORS}{code}", "message": told, **more}, status)

    @classmethod
    def throttled(cls, reason: str = "", table: str = "books", index: str | None = None) -> Response:
        """Return the error of a request that was throttled for a *reason*.

        That is a reason of the service, such as ``"TableReadKeyRangeThroughputExceeded"``, about a *table* or one of
        its indexes; without one, the service gives no reason.
        """
        resource = f"{_ARN}/{table}" if index is None else f"{_ARN}/{table}/index/{index}"
        members: dict[str, Any] = {"throttlingReasons": [{"reason": reason, "resource": resource}]} if reason else {}
        return cls.error("ThrottlingException", 400, "Throughput exceeds the capacity.", **members)

    @property
    def message(self) -> bytes:
        """What is sent, byte for byte."""
        if self.raw:
            return b"".join(self.raw)
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "Content-Length": str(len(self.body)),
            "x-amzn-RequestId": "REQUEST",
            **self.headers,
        }
        lines = [f"HTTP/1.1 {self.status} -", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        if self.sent is None:
            return self.ahead + head + self.body + self.behind
        return self.ahead + head + self.body[: self.sent] if self.sent >= 0 else b""


#: What a table without items responds, for each operation.
_EMPTY: Mapping[str, Mapping[str, Any]] = {
    "GetItem": {},
    "PutItem": {},
    "UpdateItem": {},
    "DeleteItem": {},
    "Query": {"Items": [], "Count": 0, "ScannedCount": 0},
    "Scan": {"Items": [], "Count": 0, "ScannedCount": 0},
    "BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}},
    "BatchWriteItem": {"UnprocessedItems": {}},
    "TransactWriteItems": {},
}


def empty_response(request: Request) -> Response:
    """Return what the service responds to a *request* about tables that have no items, and keep none."""
    if request.action == "TransactGetItems":
        return Response.json({"Responses": [{} for _ in request.json["TransactItems"]]})
    if request.action not in _EMPTY:
        return Response.error("UnknownOperationException")
    return Response.json(_EMPTY[request.action])
