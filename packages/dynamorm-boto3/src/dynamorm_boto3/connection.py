"""A client of boto3 and its use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import TypeVar

import boto3.session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, PartialCredentialsError

from dynamorm import wire
from dynamorm.data import Operation
from dynamorm.exceptions import BackendMisconfigured, Throttled
from dynamorm.ports.backends import Backend
from dynamorm_boto3.errors import failure_of_call, failure_of_start
from dynamorm_boto3.settings import Settings

Result = TypeVar("Result")

# botocore's own 10 connections would make more threads than that open and drop one for each call, with a new TLS
# handshake; an open connection that is idle costs nothing. Keep-alive probes tell a dead connection from a slow answer,
# and stop gateways from dropping idle ones. Retries and time limits stay as boto3 and the user's AWS configuration
# have them.
POOLED_CONNECTIONS = 50

_METHODS = {
    "GetItem": "get_item",
    "PutItem": "put_item",
    "UpdateItem": "update_item",
    "DeleteItem": "delete_item",
    "Query": "query",
    "Scan": "scan",
    "BatchGetItem": "batch_get_item",
    "BatchWriteItem": "batch_write_item",
    "TransactGetItems": "transact_get_items",
    "TransactWriteItems": "transact_write_items",
    "CreateTable": "create_table",
    "DescribeTable": "describe_table",
    "DeleteTable": "delete_table",
    "UpdateTable": "update_table",
    "DescribeTimeToLive": "describe_time_to_live",
    "UpdateTimeToLive": "update_time_to_live",
    "ListTagsOfResource": "list_tags_of_resource",
    "TagResource": "tag_resource",
    "UntagResource": "untag_resource",
}


class Connection:
    """One client of boto3, for any number of threads, of which a batch uses so many *connections* at once.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` or
    :class:`~dynamorm.exceptions.CredentialsMissing` when it can't be made of the *settings*.
    """

    def __init__(self, settings: Settings, connections: int) -> None:
        self._client = _client_of(settings, connections)
        self._calls = {action: getattr(self._client, name) for action, name in _METHODS.items()}

    def execute(self, operation: Operation[Result]) -> Result:
        """Sends one *operation* and answers its result."""
        action, parameters = wire.encode(operation)
        started = perf_counter()
        try:
            response = self._calls[action](**parameters)
        except (ClientError, BotoCoreError) as error:
            failure = failure_of_call(error, operation, self._client.meta.endpoint_url)
            if isinstance(failure, Throttled):
                failure.seconds = perf_counter() - started
            raise failure from error
        result = wire.decode(operation, response)
        retries = response["ResponseMetadata"].get("RetryAttempts", 0)
        return _with_retries(result, retries) if retries else result

    def close(self) -> None:
        """Closes the client's connections."""
        self._client.close()


def _with_retries(result: Result, retries: int) -> Result:
    # Those of operations on tables have no such field.
    return replace(result, retries=retries) if hasattr(result, "retries") else result  # type: ignore[type-var]


def _client_of(settings: Settings, connections: int) -> BaseClient:
    session_arguments, client_arguments = dict(settings.session), dict(settings.client)
    if "botocore_session" in session_arguments and "region_name" in session_arguments:
        # A session would write the region into the botocore session, which belongs to the caller.
        client_arguments["region_name"] = session_arguments.pop("region_name")
    try:
        _check_key_pair(session_arguments)
        session = boto3.session.Session(**session_arguments)
        client: BaseClient = session.client("dynamodb", **client_arguments, config=_config_of(settings, connections))
    except (BotoCoreError, TypeError, ValueError) as error:
        raise failure_of_start(error, settings.text) from error
    return client


def _check_key_pair(session_arguments: Mapping[str, object]) -> None:
    # boto3's client refuses half a pair; its session does not, and would sign requests with nothing.
    missing = [name for name in ("aws_access_key_id", "aws_secret_access_key") if not session_arguments.get(name)]
    if len(missing) == 1:
        raise PartialCredentialsError(provider="explicit", cred_var=missing[0])


def _config_of(settings: Settings, connections: int) -> Config:
    config = Config(max_pool_connections=max(POOLED_CONNECTIONS, connections), tcp_keepalive=True)
    session = settings.session.get("botocore_session")
    own = () if session is None else (session.get_default_client_config(),)
    for layer in (*own, *settings.configs):
        if isinstance(layer, Mapping):
            config = config.merge(Config(**layer))
        elif isinstance(layer, Config):
            config = config.merge(layer)
        elif layer is not None:
            raise BackendMisconfigured(
                f"The option config of the backend '{settings.text}' is of the type {type(layer).__name__}. "
                "Give a botocore.config.Config, or a dict of its arguments."
            )
    pool: int = config.max_pool_connections  # type: ignore[attr-defined] # its stub leaves the options out
    if Backend.connections < connections > pool:
        raise BackendMisconfigured(
            f"The backend '{settings.text}' has connections={connections} for its batches, and max_pool_connections="
            f"{pool} in the config of its client. Leave out the latter, or give it at least as many."
        )
    return config
