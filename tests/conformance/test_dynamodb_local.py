"""The boto3 backend keeps a backend's promises on DynamoDB Local, which also shows that the suite is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

import pytest

from dynamorm.ports.backends import AsyncBackend, Backend, Capability
from dynamorm.testing import DYNAMODB_LOCAL_DEVIATIONS, AsyncBackendConformance, BackendConformance
from tests.support.servers.connections import async_boto3_backends, boto3_backend


class TestBoto3OnDynamoDBLocal(BackendConformance):
    """``boto3://us-east-1`` with an endpoint."""

    known_deviations: ClassVar[Mapping[str, str]] = DYNAMODB_LOCAL_DEVIATIONS

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, dynamodb_local: str) -> Iterator[Backend]:
        """A database of its own, by its access key."""
        with boto3_backend(dynamodb_local, access_key="conformance") as backend:
            # It says itself that tagging "is not currently supported".
            backend.capabilities -= {Capability.TAGS}
            yield backend


class TestAsyncBoto3OnDynamoDBLocal(AsyncBackendConformance):
    """The same on an event loop."""

    known_deviations: ClassVar[Mapping[str, str]] = DYNAMODB_LOCAL_DEVIATIONS

    @pytest.fixture(scope="class")
    @classmethod
    def open_backend(cls, dynamodb_local: str) -> Iterator[Callable[[], AsyncBackend]]:
        """A database of its own, by its access key."""
        with async_boto3_backends(dynamodb_local, access_key="asyncconformance") as connect:

            def opened() -> AsyncBackend:
                backend = connect()
                # It says itself that tagging "is not currently supported".
                backend.capabilities -= {Capability.TAGS}
                return backend

            yield opened
