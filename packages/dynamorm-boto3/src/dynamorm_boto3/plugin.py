"""The entry point: registers the backend ``boto3``. It imports neither boto3 nor botocore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.ports.backends import Backend, BackendAddress, BackendProvider
from dynamorm.ports.hooks import hookimpl


@hookimpl
def dynamorm_register_backend() -> BackendProvider:
    """Register the backend that reaches DynamoDB through boto3."""
    return BackendProvider(name="boto3", contract=1, connect=_connect)


def _connect(address: BackendAddress, options: Mapping[str, Any]) -> Backend:
    # Imported late: the description of a backend should cost nothing.
    from dynamorm_boto3.backend import Boto3Backend
    from dynamorm_boto3.settings import Settings

    return Boto3Backend(Settings.of(address, options))
