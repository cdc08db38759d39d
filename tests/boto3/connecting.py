"""How the tests of the boto3 backend connect."""

from __future__ import annotations

import asyncio
import functools
from typing import Any, Self, TypeVar

import botocore.session

import dynamorm
from dynamorm.data import GetItem, Operation
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import Backend

Result = TypeVar("Result")

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
GET = GetItem("books", {"isbn": "1"})


def connect(url: str, **options: Any) -> Backend:
    """A backend on the server at *url*."""
    return open_backend("boto3://eu-west-1", **{"endpoint_url": url, **CREDENTIALS, **options})


@functools.cache
def program_session() -> botocore.session.Session:
    """A session that has its parsers, and whose files of botocore's are read once."""
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    return session


class Awaited:
    """A connection whose operations are awaited on a loop of its own, one after another."""

    def __init__(self, url: str, **options: Any) -> None:
        self.connection = connect_both(url, **options)
        self.runner = asyncio.Runner()

    def execute(self, operation: Operation[Result]) -> Result:
        """Await an operation."""
        return self.runner.run(self.connection.aexecute(operation))

    @property
    def client(self) -> Any:
        """boto3's client."""
        backend: Any = self.connection.backend
        return backend.client

    def close(self) -> None:
        """Close the connection and its loop."""
        self.runner.run(self.connection.aclose())
        self.runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect_both(url: str, **options: Any) -> Connection:
    """A connection to the server at *url*, whose operations can also be awaited."""
    return dynamorm.connect("boto3://eu-west-1", endpoint_url=url, **{**CREDENTIALS, **options})


def lasting(headers: Any) -> dict[str, str]:
    """The *headers* without what is another one in each request: with what was signed in place of the signature."""
    named = {name.lower(): value for name, value in headers.items()}
    signed = named.pop("authorization").rpartition(", Signature=")[0]
    # The direct path writes its JSON without blanks.
    for name in ("x-amz-date", "amz-sdk-invocation-id", "content-length"):
        assert named.pop(name)
    return {**named, "signed": signed}
