"""The boto3 backend keeps a backend's promises on DynamoDB Local, which also shows that the suite is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import pytest

from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing import BackendConformance
from tests.support import local_deviations
from tests.support.servers.connections import boto3_backend


class TestBoto3OnDynamoDBLocal(BackendConformance):
    """``boto3://us-east-1`` with an endpoint."""

    known_deviations: ClassVar[Mapping[str, str]] = local_deviations.KNOWN

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, dynamodb_local: str) -> Iterator[Backend]:
        """A database of its own, by its access key."""
        with boto3_backend(dynamodb_local, access_key="conformance") as backend:
            # It says itself that tagging "is not currently supported".
            backend.capabilities -= {Capability.TAGS}
            yield backend
