"""How the tests of the boto3 backend connect."""

from __future__ import annotations

from typing import Any

from dynamorm.data import GetItem
from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import Backend

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
GET = GetItem("books", {"isbn": "1"})


def connect(url: str, **options: Any) -> Backend:
    """A backend on the server at *url*."""
    return open_backend("boto3://eu-west-1", **{"endpoint_url": url, **CREDENTIALS, **options})


def lasting(headers: Any) -> dict[str, str]:
    """The *headers* without what is another one in each request: with what was signed in place of the signature."""
    named = {name.lower(): value for name, value in headers.items()}
    signed = named.pop("authorization").rpartition(", Signature=")[0]
    # The direct path writes its JSON without blanks.
    for name in ("x-amz-date", "amz-sdk-invocation-id", "content-length"):
        assert named.pop(name)
    return {**named, "signed": signed}
