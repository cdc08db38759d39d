"""The fixtures that all parts of the suite for the protocol share, and what its server responds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, ClassVar

import pytest

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    DeleteItem,
    GetItem,
    Item,
    KeyCondition,
    Operation,
    Path,
    PutItem,
    PutRequest,
    Query,
    Remove,
    Scan,
    TransactGet,
    TransactWrite,
    UpdateItem,
)
from dynamorm.exceptions import BackendUnavailable
from dynamorm.ports.backends import AsyncBackend, Backend
from dynamorm.testing.async_backends.blocking import BlockingBackend
from dynamorm.testing.async_backends.event_loops import LoopThread
from dynamorm.testing.backends.known_deviations import KnownDeviations
from dynamorm.testing.backends.watching import Watch
from dynamorm.testing.servers import FaultServer, Request, Response

KEY: Item = {"id": "secret-key"}
GET = GetItem("books", KEY)
PUT = PutItem("books", KEY)
READS: Mapping[str, Operation[Any]] = {
    "GetItem": GET,
    "Query": Query("books", KeyCondition(("id", "secret-key"))),
    "Scan": Scan("books"),
    "BatchGet": BatchGet((BatchGetKeys("books", (KEY,)),)),
    "TransactGet": TransactGet((GET,)),
}
WRITES: Mapping[str, Operation[Any]] = {
    "PutItem": PUT,
    "UpdateItem": UpdateItem("books", KEY, (Remove(Path.of("title")),)),
    "DeleteItem": DeleteItem("books", KEY),
    "BatchWrite": BatchWrite((PutRequest("books", KEY),)),
    "TransactWrite": TransactWrite((PUT,)),
}
OPERATIONS: Mapping[str, Operation[Any]] = {**READS, **WRITES}
#: What the message about a write without a response says in some way.
_MAY_HAVE = re.compile(r"may have (been (carried out|executed|made)|taken place|worked|happened)")


class WireSuite(KnownDeviations):
    """The base of each part of :class:`~dynamorm.testing.WireConformance`."""

    #: How long an operation may take, in seconds.
    seconds_to_wait: ClassVar[float] = 20

    @pytest.fixture
    @classmethod
    def open_backend(cls) -> Callable[[str], Backend | AsyncBackend]:
        """Return the function that opens the backend on a URL. Override this fixture."""
        pytest.fail(f"{cls.__name__} has to override the fixture 'open_backend': see dynamorm.testing.WireConformance.")

    @pytest.fixture
    def server(self) -> Iterator[FaultServer]:
        """Return the server, which responds to a read of an item with that item."""
        with FaultServer(respond) as server:
            yield server

    @pytest.fixture
    def backend(self, server: FaultServer, open_backend: Callable[[str], Backend | AsyncBackend]) -> Iterator[Backend]:
        """Return the backend on the server."""
        with ExitStack() as stack:
            opened = open_backend(server.url)
            if isinstance(opened, AsyncBackend):
                loop = stack.enter_context(LoopThread(Watch(self.seconds_to_wait)))
                opened = BlockingBackend(opened, loop)
            yield stack.enter_context(opened)


def respond(request: Request) -> Response:
    """Return the response to a *request* about a table in which each item is there, with its key alone."""
    content: Mapping[str, Any] = {}
    match request.action:
        case "GetItem":
            content = {"Item": request.json["Key"]}
        case "Query" | "Scan":
            content = {"Items": [{"id": {"S": "secret-key"}}], "Count": 1, "ScannedCount": 1}
        case "BatchGetItem":
            found = {table: asked["Keys"] for table, asked in request.json["RequestItems"].items()}
            content = {"Responses": found, "UnprocessedKeys": {}}
        case "TransactGetItems":
            content = {"Responses": [{"Item": part["Get"]["Key"]} for part in request.json["TransactItems"]]}
        case "BatchWriteItem":
            content = {"UnprocessedItems": {}}
    return Response.json(content)


def unavailable(backend: Backend, operation: Operation[Any], case: str) -> None:
    """Test that an *operation* raises what it raises without a response of the service."""
    message = None
    try:
        backend.execute(operation)
    except BackendUnavailable as error:
        message = str(error)
    name = type(operation).__name__
    assert message is not None, f"{case} counts as success for {name}"
    assert "secret" not in message, f"{case}: the message for {name} quotes what was sent or received"
    if operation in WRITES.values():
        assert _MAY_HAVE.search(message), f"{case}: the message for {name} does not say that it may have been made"


def gets_its_own(backend: Backend, name: str) -> None:
    """Test that a read of an item returns that item, and not the response to an earlier request."""
    result = backend.execute(GetItem("books", {"id": name}))
    assert result.item == {"id": name}
