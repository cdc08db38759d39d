"""The entry point: registers the backend ``boto3``. It imports neither boto3 nor botocore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.ports.backends import AsyncBackend, Backend, BackendAddress, BackendProvider
from dynamorm.ports.hooks import hookimpl
from dynamorm_boto3.capabilities import CAPABILITIES


@hookimpl
def dynamorm_register_backend() -> BackendProvider:
    """Register the backend that reaches DynamoDB through boto3."""
    return BackendProvider(
        name="boto3", contract=1, connect=connect, connect_async=connect_async, capabilities=CAPABILITIES
    )


def connect(address: BackendAddress, options: Mapping[str, Any]) -> Backend:
    """Describe the connection that *options* ask for. It is opened by the first operation."""
    # Describing the backend must cost nothing: what executes operations is imported here.
    from dynamorm_boto3.backend import Boto3Backend
    from dynamorm_boto3.settings import Settings

    return Boto3Backend(Settings.of(address, options), address.max_concurrency)


def connect_async(address: BackendAddress, options: Mapping[str, Any], backend: Backend | None) -> AsyncBackend:
    """Open the counterpart of a *backend* for event loops, with the same connection."""
    from dynamorm_boto3.async_backend import AsyncBoto3Backend
    from dynamorm_boto3.backend import Boto3Backend
    from dynamorm_boto3.settings import Settings

    if not isinstance(backend, Boto3Backend):
        backend = Boto3Backend(Settings.of(address, options), address.max_concurrency)
    return AsyncBoto3Backend(backend)
