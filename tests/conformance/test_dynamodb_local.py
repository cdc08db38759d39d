"""The boto3 backend keeps a backend's promises on DynamoDB Local, which judges the suite itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dynamorm.ports.backends import Backend
from dynamorm.testing import BackendConformance
from tests.servers.connections import boto3_backend


class TestBoto3OnDynamoDBLocal(BackendConformance):
    """``boto3://us-east-1`` with an endpoint."""

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, dynamodb_local: str) -> Iterator[Backend]:
        """A database of its own, by its access key."""
        with boto3_backend(dynamodb_local, access_key="conformance") as backend:
            yield backend
