"""How the contenders reach the service: with made-up credentials, for servers that don't check them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

REGION = "us-east-1"
KEY = "benchmark"
#: The variables by which each library finds region and credentials.
ENVIRONMENT = {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": KEY}
#: The same for DynamORM's boto3 backend, where the environment says nothing.
BACKEND_URL = f"boto3://{REGION}"
BACKEND_OPTIONS = {"aws_access_key_id": KEY, "aws_secret_access_key": KEY}


def bare_client(endpoint_url: str | None = None) -> DynamoDBClient:
    """Return a client of the service, or of a server at *endpoint_url*."""
    import boto3

    return boto3.client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=endpoint_url,
        aws_access_key_id=KEY,
        aws_secret_access_key=KEY,
    )
