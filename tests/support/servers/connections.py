"""How the tests connect to a server: with made-up credentials, and to tables that nobody else sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3

from dynamorm.engine.run.connections import open_backend
from dynamorm.ports.backends import AsyncBackend, Backend, BackendAddress
from dynamorm_boto3.plugin import dynamorm_register_backend

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

REGION = "us-east-1"
#: What boto3 needs to sign requests, which the servers don't check. DynamoDB Local wants letters and digits only.
ACCESS_KEY = "test"
SECRET_KEY = "test"


def boto3_client(url: str, access_key: str = ACCESS_KEY) -> DynamoDBClient:
    """boto3's own client of the server at *url*."""
    return boto3.client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=access_key,
        aws_secret_access_key=SECRET_KEY,
    )


@contextmanager
def boto3_backend(url: str, access_key: str = ACCESS_KEY) -> Iterator[Backend]:
    """A boto3 backend on the server at *url*, whose tables are deleted at the end of the ``with`` block.

    DynamoDB Local keeps a database for each *access_key*; moto's server has only one.
    """
    with open_backend(f"boto3://{REGION}", **_options(url, access_key)) as backend:
        try:
            yield backend
        finally:
            _delete_tables(url, access_key)


@contextmanager
def async_boto3_backends(url: str, access_key: str = ACCESS_KEY) -> Iterator[Callable[[], AsyncBackend]]:
    """A function that opens asynchronous boto3 backends like that of :func:`boto3_backend`."""
    text = f"boto3://{REGION}"
    address, options = BackendAddress("boto3", REGION, text), _options(url, access_key)
    provider = dynamorm_register_backend()
    connect = provider.connect_async
    assert connect is not None
    try:
        yield lambda: connect(address, options, None)
    finally:
        _delete_tables(url, access_key)


def _options(url: str, access_key: str) -> dict[str, Any]:
    return {
        "endpoint_url": url,
        "aws_access_key_id": access_key,
        "aws_secret_access_key": SECRET_KEY,
        # DynamoDB Local now and then answers DescribeTable with InternalFailure while it builds an index.
        "config": {"retries": {"total_max_attempts": 3}},
    }


def _delete_tables(url: str, access_key: str) -> None:
    client = boto3_client(url, access_key)
    for page in client.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            if client.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"):
                client.update_table(TableName=name, DeletionProtectionEnabled=False)
            client.delete_table(TableName=name)
    client.close()
