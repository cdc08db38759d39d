"""How the tests of asynchronous programs connect to their server, and what they ask it."""

from __future__ import annotations

from typing import Any

import dynamorm
from dynamorm.engine.run.connection import Connection
from tests.async_programs.programs.books import CREDENTIALS, Book
from tests.support.servers.echo_server import EchoServer


def connect(server: EchoServer, **options: Any) -> Connection:
    """Connect to a *server*."""
    return dynamorm.connect("boto3://eu-west-1", **{"endpoint_url": server.url, **CREDENTIALS, **options})


async def put(isbn: str) -> None:
    """Put a book."""
    await Book.aput({"isbn": isbn})
