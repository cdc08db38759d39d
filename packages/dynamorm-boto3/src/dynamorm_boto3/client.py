"""boto3's client, and how operations go through it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any, TypeVar
from urllib.parse import urlsplit

import boto3.session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError
from botocore.session import Session
from botocore.validate import validate_parameters

from dynamorm import wire
from dynamorm.data import Operation
from dynamorm.exceptions import BackendMisconfigured, Throttled
from dynamorm.ports.addresses import without_secrets
from dynamorm.ports.backends import Backend
from dynamorm.ports.interruption import check_not_interrupted
from dynamorm_boto3.attempts import AttemptCount, Attempts
from dynamorm_boto3.errors import add_attempts, failure_of_call, failure_of_start, was_raised_by_parser
from dynamorm_boto3.http import Response, TransportError
from dynamorm_boto3.item_json import ITEM_ACTIONS
from dynamorm_boto3.item_response import ItemResponse
from dynamorm_boto3.malformed import MALFORMED, decode, malformed
from dynamorm_boto3.parsing import check_response
from dynamorm_boto3.sessions import session_for_dynamodb
from dynamorm_boto3.settings import POOLED_CONNECTIONS, Settings
from dynamorm_boto3.tripwire import tripwire
from dynamorm_boto3.trust import tls_context
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
    "ListTables": "list_tables",
    "DeleteTable": "delete_table",
    "UpdateTable": "update_table",
    "DescribeTimeToLive": "describe_time_to_live",
    "UpdateTimeToLive": "update_time_to_live",
    "ListTagsOfResource": "list_tags_of_resource",
    "TagResource": "tag_resource",
    "UntagResource": "untag_resource",
}
# botocore's session adds its own name and version.
_USER_AGENT = user_agent(f"Boto3/{boto3.__version__}")


class ClientConnection:
    """Sends operations through one client of boto3, from any number of threads.

    A batch makes as many requests in parallel as *connections* says.
    ``client`` is the client, ``session`` is botocore's session, and ``config`` the configuration that the client was
    given. ``is_unchanged`` returns whether a client that is made now would be the same.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` or :class:`~dynamorm.exceptions.CredentialsMissing` when
    no client can be made from the *settings*.
    """

    def __init__(self, settings: Settings, connections: int) -> None:
        # First, so that a change while the client is made is noticed.
        self.is_unchanged = tripwire()
        self.session, self.client, self.config = _client_of(settings, connections)
        self._calls = {action: getattr(self.client, name) for action, name in _METHODS.items()}
        self.service: Any = self.client.meta.service_model
        self.verify = _verify(settings, self.session)
        self._endpoint = without_secrets(self.client.meta.endpoint_url)
        _check_endpoint(self.client.meta.endpoint_url, self.verify)
        self._attempts = Attempts()
        events: Any = self.client.meta.events
        events.register_first("before-send.dynamodb", self._attempts.take_first)
        events.register_first("before-send.dynamodb", lambda **_context: check_not_interrupted())
        events.register_first("response-received.dynamodb", self._attempts.note_outcome)
        # A session that the program gave has botocore's parser.
        parsed = ITEM_ACTIONS if settings.session.get("botocore_session") is None else ()
        events.register_first("after-call.dynamodb", partial(check_response, parsed_here=parsed))

    def execute(self, operation: Operation[Result]) -> Result:
        """Send one *operation* and return its result."""
        return self._call(operation, None, perf_counter())

    def resume(self, operation: Operation[Result], first: Response | TransportError, started: float) -> Result:
        """Continue an *operation* whose *first* attempt was made on the direct path.

        The client treats it as its own attempt, and decides whether it is an error or needs a retry. *started* is the
        ``perf_counter()`` at which the operation began.
        """
        return self._call(operation, first, started)

    def _call(self, operation: Operation[Result], first: Response | TransportError | None, started: float) -> Result:
        action, parameters = wire.encode(operation)
        attempts = self._attempts
        attempts.begin(first)
        try:
            with self.failures_of(operation, attempts, started):
                if action not in ITEM_ACTIONS:
                    # Operations on tables have many parameters, and their speed does not matter.
                    validate_parameters(parameters, self.service.operation_model(action).input_shape)
                response = self._calls[action](**parameters)
        finally:
            attempts.end()
        return self.result_of(operation, response)

    @contextmanager
    def failures_of(self, operation: Operation[Any], attempts: AttemptCount, started: float) -> Iterator[None]:
        """Turn botocore's exceptions for an *operation*, which began at *started*, into those of DynamORM."""
        try:
            yield
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            failure = failure_of_call(error, operation, self._endpoint)
            add_attempts(failure, operation, attempts)
            if isinstance(failure, Throttled):
                failure.seconds = perf_counter() - started
            raise failure from error
        except MALFORMED as error:
            if not was_raised_by_parser(error):
                raise
            raise malformed(operation, self._endpoint, "it has an unexpected form") from error

    def result_of(self, operation: Operation[Result], response: Any) -> Result:
        """Return the result of an *operation* from a parsed *response*."""
        codec = response.codec if isinstance(response, ItemResponse) else wire.BYTES
        result = decode(operation, response, codec, self._endpoint)
        retries = response.get("ResponseMetadata", {}).get("RetryAttempts", 0)
        return _with_retries(result, retries) if retries else result

    @property
    def has_retried(self) -> bool:
        """Whether the operation that this thread resumed last was sent more than once."""
        return self._attempts.sent > 1

    def close(self) -> None:
        """Close the client's connections."""
        self.client.close()


def _with_retries(result: Result, retries: int) -> Result:
    # Results of operations on tables have no such field.
    return replace(result, retries=retries) if hasattr(result, "retries") else result  # type: ignore[type-var]


def _client_of(settings: Settings, connections: int) -> tuple[Session, BaseClient, Config]:
    """Return botocore's session, the client made from it, and the configuration that the client was given."""
    session_arguments, client_arguments = dict(settings.session), dict(settings.client)
    given: Session | None = session_arguments.pop("botocore_session", None)
    if given is not None and "region_name" in session_arguments:
        # boto3's session would write the region into the botocore session, which belongs to the program.
        client_arguments["region_name"] = session_arguments.pop("region_name")
    try:
        _check_key_pair(session_arguments)
        if given is None:
            session, botocore_session = session_for_dynamodb(session_arguments)
        else:
            # The components of a session that the program gave stay as they are.
            session, botocore_session = boto3.session.Session(**session_arguments, botocore_session=given), given
        config = _config_of(settings, connections)
        if _has_default_timeouts(settings, config, botocore_session):
            # A time-out in a Config, even its default, would take the place of the one of the defaults mode.
            config = config.merge(Config(connect_timeout=None))
        if given is None and not _is_named(config, botocore_session):
            # botocore builds its own user agent twice for each request, which takes a twelfth of the time.
            config = config.merge(Config(user_agent=_USER_AGENT))
        client: BaseClient = session.client("dynamodb", **client_arguments, config=config)
    except (BotoCoreError, TypeError, ValueError) as error:
        raise failure_of_start(error, settings.text) from error
    return botocore_session, client, config


def _verify(settings: Settings, session: Session) -> bool | str:
    verify = settings.client.get("verify")
    if verify is None:
        verify = session.get_config_variable("ca_bundle")
    if verify is None:
        verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
    return verify if isinstance(verify, bool) else str(verify)


def _check_endpoint(url: str, verify: bool | str) -> None:
    """Check what botocore looks at only when it sends a request, and then raises something of Python's."""
    parts = urlsplit(url)
    try:
        parts.port  # noqa: B018
    except ValueError as error:
        raise BackendMisconfigured(
            f"'{without_secrets(url)}' is not the URL of an endpoint: {error}. Correct the option endpoint_url, or the "
            "environment variable AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL."
        ) from error
    if parts.scheme == "https" and isinstance(verify, str):
        tls_context(verify)


def _is_named(config: Any, session: Session) -> bool:
    """Return whether the program sets a user agent or an application id, which botocore has to write."""
    return bool(config.user_agent or config.user_agent_appid or session.get_config_variable("user_agent_appid"))


def _has_default_timeouts(settings: Settings, config: Any, session: Session) -> bool:
    """Return whether a defaults mode of the AWS SDKs sets the time-outs: it is on, and no configuration sets them."""
    mode = config.defaults_mode or session.get_config_variable("defaults_mode")
    given = (*settings.configs, session.get_default_client_config())
    is_set = any(isinstance(layer, Config) or (layer is not None and "connect_timeout" in layer) for layer in given)
    return bool(mode) and mode.lower() != "legacy" and not is_set


def _check_key_pair(session_arguments: Mapping[str, object]) -> None:
    # boto3's client refuses half a key pair. Its session accepts it, and would sign requests with nothing.
    missing = [name for name in ("aws_access_key_id", "aws_secret_access_key") if not session_arguments.get(name)]
    if len(missing) == 1:
        raise PartialCredentialsError(provider="explicit", cred_var=missing[0])


def _config_of(settings: Settings, connections: int) -> Config:
    # Keep-alive probes tell a dead connection from a slow response, and keep gateways from dropping idle connections.
    # Retries and time-outs stay as boto3 and the user's AWS configuration have them. The parameters of operations on
    # items come from dynamorm.wire, which refuses invalid values. Validating them again takes a tenth of the time of a
    # request.
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
            f"The backend '{settings.text}' has max_concurrency={connections} for its batches, "
            f"and max_pool_connections={pool} in the config of its client. Leave out the latter, or give it at least "
            "as many."
        )
    return config
