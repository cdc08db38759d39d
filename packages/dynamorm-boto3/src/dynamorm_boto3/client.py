"""boto3's client and its use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from threading import local
from time import perf_counter
from typing import Any, TypeVar

import boto3.session
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    PartialCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from botocore.session import Session
from botocore.validate import validate_parameters

from dynamorm import wire
from dynamorm.data import Operation
from dynamorm.exceptions import BackendMisconfigured, Throttled
from dynamorm.ports.backends import Backend
from dynamorm_boto3.answers import Answer, Fault, NoAnswer
from dynamorm_boto3.errors import failure_of_call, failure_of_start
from dynamorm_boto3.item_json import ITEM_ACTIONS
from dynamorm_boto3.item_response import ItemResponse
from dynamorm_boto3.sessions import session_for_dynamodb
from dynamorm_boto3.settings import POOLED_CONNECTIONS, Settings
from dynamorm_boto3.user_agent import user_agent

Result = TypeVar("Result")

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
# boto3's session adds the version of botocore.
_USER_AGENT = user_agent(f"Boto3/{boto3.__version__}")


class ClientConnection:
    """One client of boto3, for any number of threads, of which a batch uses so many *connections* at once.

    ``client`` is the client, and ``session`` and ``config`` are the session of botocore and the configuration that it was made of.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` or
    :class:`~dynamorm.exceptions.CredentialsMissing` when it can't be made of the *settings*.
    """

    def __init__(self, settings: Settings, connections: int) -> None:
        self.session, self.client, self.config = _client_of(settings, connections)
        self._calls = {action: getattr(self.client, name) for action, name in _METHODS.items()}
        self._service: Any = self.client.meta.service_model
        self._first = _FirstAttempt()
        events: Any = self.client.meta.events
        events.register_first("before-send.dynamodb", self._first.take)

    def execute(self, operation: Operation[Result], started: float | None = None) -> Result:
        """Sends one *operation* and answers its result. It was *started* now, or at that ``perf_counter()``."""
        action, parameters = wire.encode(operation)
        if started is None:
            started = perf_counter()
        try:
            if action not in ITEM_ACTIONS:
                # Operations on tables have many parameters, and nobody waits for them.
                validate_parameters(parameters, self._service.operation_model(action).input_shape)
            response = self._calls[action](**parameters)
        except (ClientError, BotoCoreError) as error:
            failure = failure_of_call(error, operation, self.client.meta.endpoint_url)
            if isinstance(failure, Throttled):
                failure.seconds = perf_counter() - started
            raise failure from error
        codec = response.codec if isinstance(response, ItemResponse) else wire.BYTES
        result = wire.decode(operation, response, codec)
        retries = response["ResponseMetadata"].get("RetryAttempts", 0)
        return _with_retries(result, retries) if retries else result

    def resume(self, operation: Operation[Result], first: Answer | NoAnswer, started: float) -> Result:
        """Goes on with an *operation* of which the *first* attempt was made already, with or without an answer.

        The client takes it for its own, and so decides what it means: an error, or another attempt after a pause.
        """
        self._first.outcome = first
        try:
            return self.execute(operation, started)
        finally:
            self._first.outcome = None

    def close(self) -> None:
        """Closes the client's connections."""
        self.client.close()


class _FirstAttempt(local):
    """The outcome of a first attempt that the client has not made itself, by thread.

    botocore asks the handlers of its event ``before-send`` for a response, and sends the request when none of them has one.
    """

    outcome: Answer | NoAnswer | None = None

    def take(self, request: Any, **_context: Any) -> AWSResponse | None:
        outcome, self.outcome = self.outcome, None
        if outcome is None:
            return None
        if isinstance(outcome, NoAnswer):
            raise _FAULTS[outcome.fault](endpoint_url=request.url, error=outcome.error) from outcome.error
        return response_of(request.url, outcome)


# Which exception stands for what is botocore's own rule: its ``httpsession`` turns those of urllib3 into them.
_FAULTS: Mapping[Fault, type[BotoCoreError]] = {
    Fault.UNREACHABLE: EndpointConnectionError,
    Fault.CONNECT_TIMEOUT: ConnectTimeoutError,
    Fault.READ_TIMEOUT: ReadTimeoutError,
    Fault.TLS: SSLError,
    Fault.CLOSED: ConnectionClosedError,
}


class _Body(BytesIO):
    """A body that was read already, in the form in which botocore reads one."""

    def stream(self, *_amount: object, **_options: object) -> Any:
        yield self.getvalue()


def response_of(url: str, answer: Answer) -> AWSResponse:
    """An *answer* of the server at *url* as botocore's response."""
    headers: Any = answer.headers
    return AWSResponse(url, answer.status, headers, _Body(answer.body))


def _with_retries(result: Result, retries: int) -> Result:
    # Those of operations on tables have no such field.
    return replace(result, retries=retries) if hasattr(result, "retries") else result  # type: ignore[type-var]


def _client_of(settings: Settings, connections: int) -> tuple[Session, BaseClient, Config]:
    """The client, the session of botocore behind it, and the configuration that it was given."""
    session_arguments, client_arguments = dict(settings.session), dict(settings.client)
    given: Session | None = session_arguments.pop("botocore_session", None)
    if given is not None and "region_name" in session_arguments:
        # A session would write the region into the botocore session, which belongs to the caller.
        client_arguments["region_name"] = session_arguments.pop("region_name")
    try:
        _check_key_pair(session_arguments)
        if given is None:
            session, botocore_session = session_for_dynamodb(session_arguments)
        else:
            # What a session of the program's own is made of is not ours to change.
            session, botocore_session = boto3.session.Session(**session_arguments, botocore_session=given), given
        config = _config_of(settings, connections)
        if given is None and not _is_named(config, botocore_session):
            # botocore writes its own text anew, twice for each request, which takes a twelfth of the time.
            config = config.merge(Config(user_agent=_USER_AGENT))
        client: BaseClient = session.client("dynamodb", **client_arguments, config=config)
    except (BotoCoreError, TypeError, ValueError) as error:
        raise failure_of_start(error, settings.text) from error
    return botocore_session, client, config


def _is_named(config: Any, session: Session) -> bool:
    """Whether the program names its user agent, or its application, which only botocore's own text has a place for."""
    return bool(config.user_agent or config.user_agent_appid or session.get_config_variable("user_agent_appid"))


def _check_key_pair(session_arguments: Mapping[str, object]) -> None:
    # boto3's client refuses half a pair; its session does not, and would sign requests with nothing.
    missing = [name for name in ("aws_access_key_id", "aws_secret_access_key") if not session_arguments.get(name)]
    if len(missing) == 1:
        raise PartialCredentialsError(provider="explicit", cred_var=missing[0])


def _config_of(settings: Settings, connections: int) -> Config:
    # Keep-alive probes tell a dead connection from a slow answer, and stop gateways from dropping idle ones. Retries and time
    # limits stay as boto3 and the user's AWS configuration have them.
    # The parameters of operations on items come from dynamorm.wire, which refuses what is no value of DynamoDB's. To look at each
    # value once more takes a tenth of the time of a request.
    config = Config(
        max_pool_connections=max(POOLED_CONNECTIONS, connections), tcp_keepalive=True, parameter_validation=False
    )
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
    if Backend.max_concurrency < connections > pool:
        raise BackendMisconfigured(
            f"The backend '{settings.text}' has max_concurrency={connections} for its batches, and max_pool_connections="
            f"{pool} in the config of its client. Leave out the latter, or give it at least as many."
        )
    return config
