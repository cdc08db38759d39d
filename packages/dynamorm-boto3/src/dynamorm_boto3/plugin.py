"""The entry point: registers the backend ``boto3``. It imports neither boto3 nor botocore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.ports.backends import Backend, BackendAddress, BackendProvider
from dynamorm.ports.hooks import hookimpl
from dynamorm_boto3.capabilities import CAPABILITIES


@hookimpl
def dynamorm_register_backend() -> BackendProvider:
    """Register the backend that reaches DynamoDB through boto3."""
    return BackendProvider(name="boto3", contract=1, connect=connect, capabilities=CAPABILITIES)


def connect(address: BackendAddress, options: Mapping[str, Any]) -> Backend:
    """Describe the connection that *options* ask for. It is opened by the first operation."""
    # Describing the backend must cost nothing: what executes operations is imported here.
    from dynamorm_boto3.backend import Boto3Backend
    from dynamorm_boto3.settings import Settings

    return Boto3Backend(Settings.of(address, options), address.max_concurrency)
