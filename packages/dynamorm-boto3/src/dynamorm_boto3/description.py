"""Where requests go, in words for people: the region, an endpoint that is not AWS's, and the account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dynamorm.ports.addresses import without_secrets

if TYPE_CHECKING:
    from dynamorm_boto3.client import ClientConnection

#: The domains of AWS's endpoints, in all of its partitions.
_AWS = re.compile(r"\.(amazonaws\.com|amazonaws\.com\.cn|api\.aws|api\.amazonwebservices\.com\.cn)$")
#: Seconds. Whoever asks is waiting at a terminal.
_PATIENCE = 5


def describe(connection: ClientConnection, *, account: bool) -> str:
    """Return where a *connection* sends its requests, such as ``boto3://eu-west-1, account 1234…9012``.

    With *account*, AWS's Security Token Service is asked whose credentials they are, which needs no permission. For
    another server than AWS's, such as DynamoDB Local, it is not asked.
    """
    meta: Any = connection.client.meta
    text = f"boto3://{meta.region_name}"
    if not _AWS.search(urlsplit(meta.endpoint_url).hostname or ""):
        return f"{text} at {without_secrets(meta.endpoint_url)}"
    return f"{text}, account {_account(connection)}" if account else text


def _account(connection: ClientConnection) -> str:
    session: Any = connection.session
    config = Config(connect_timeout=_PATIENCE, read_timeout=_PATIENCE, retries={"total_max_attempts": 2})
    try:
        client = session.create_client("sts", region_name=connection.client.meta.region_name, config=config)
        try:
            number = str(client.get_caller_identity()["Account"])
        finally:
            client.close()
    except ClientError as error:
        return f"unknown ({error.response.get('Error', {}).get('Code', 'no answer')})"
    except BotoCoreError as error:
        return f"unknown ({type(error).__name__})"
    return f"{number[:4]}…{number[-4:]}"
