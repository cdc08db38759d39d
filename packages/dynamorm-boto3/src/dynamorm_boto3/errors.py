"""Turn botocore's exceptions into those of ``dynamorm.exceptions``.

In ``botocore.exceptions``, subclasses of ``BotoCoreError`` are about this side, and ``ClientError`` is an error that
the service returned.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from botocore import exceptions as botocore_exceptions
from botocore.exceptions import ClientError, NoRegionError, ParamValidationError, ProfileNotFound
from botocore.parsers import ResponseParserError

from dynamorm import wire
from dynamorm.data import BatchWrite, DeleteItem, Operation, PutItem, TransactWrite, UpdateItem
from dynamorm.exceptions import (
    BackendException,
    BackendMisconfigured,
    BackendUnavailable,
    ConditionFailed,
    CredentialsMissing,
    DynamoException,
    RequestRejected,
    Throttled,
    TransactionCancelled,
)
from dynamorm_boto3.attempts import AttemptCount
from dynamorm_boto3.malformed import exception_for, leave_values_out, malformed


def failure_of_call(error: Exception, operation: Operation[Any], endpoint: str) -> DynamoException:
    """Return the exception to raise when a call for an *operation* failed with an *error* of botocore.

    The *error* becomes its cause, and loses the item values that it quotes.
    """
    if isinstance(error, ClientError):
        answer = error.response.get("Error", {})
        code, message = answer.get("Code", ""), answer.get("Message", "")
        leave_values_out(error)
        failure = exception_for(operation, code, message, error.response, wire.BYTES)
        if failure is None:
            return malformed(operation, endpoint, "it has an unexpected form")
        return failure
    if isinstance(error, ResponseParserError):
        return malformed(operation, endpoint, str(error))
    subject = wire.subject_of(operation)
    if isinstance(error, ParamValidationError):
        reasons = _reasons(error)
        error.args = (f"Parameter validation failed: {reasons}",)
        error.kwargs = {"report": reasons}
        return RequestRejected(f"{subject} failed before it was sent: {reasons}.", "ParamValidationError")
    if isinstance(error, _NEVER_ARRIVED):
        return BackendUnavailable(
            f"{subject} failed: {endpoint} can't be reached. Check that the endpoint is right, that a server runs "
            "there, and that the network, the proxy and the certificates allow the connection."
        )
    if isinstance(error, _NO_ANSWER):
        return BackendUnavailable(
            f"{subject} failed: {endpoint} sent no complete response. If it was a write, it may have been carried out."
        )
    return _failure_of_settings(error) or BackendException(
        f"{subject} failed in boto3 with {type(error).__name__}; the exception's cause says more."
    )


def add_attempts(failure: DynamoException, operation: Operation[Any], attempts: AttemptCount) -> None:
    """Add to the *failure* of an *operation* the number of its *attempts*, and of those that may have worked."""
    failure.retries, failure.unconfirmed_attempts = max(attempts.sent - 1, 0), attempts.unconfirmed
    if isinstance(failure, Throttled):
        failure.tries = 1 + failure.retries
    if not attempts.unconfirmed or not isinstance(operation, _WRITES):
        return
    if attempts.last_is_unconfirmed and isinstance(failure, BackendUnavailable):
        return  # its message is about the last attempt, and says that it may have been carried out
    # The core says what a failed condition means then, and a transaction has a token.
    if not isinstance(failure, (ConditionFailed, TransactionCancelled)):
        told = f"{failure} An attempt got no response or a server error, and may have been carried out."
        failure.args = (told, *failure.args[1:])


def was_raised_by_parser(error: Exception) -> bool:
    """Return whether botocore's parser of responses raised an *error*, or code that it called."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == ResponseParserError.__module__:
            return True
        trace = trace.tb_next
    return False


def failure_of_start(error: Exception, address: str) -> DynamoException:
    """Return the exception to raise when no client could be made for an *address* because of an *error*."""
    return _failure_of_settings(error) or BackendMisconfigured(
        f"boto3 can't use the settings of the backend '{address}': {error}."
    )


def _failure_of_settings(error: Exception) -> DynamoException | None:
    for kinds, failure in _SETTINGS:
        if isinstance(error, kinds):
            return failure(error)
    return None


def _reasons(error: ParamValidationError) -> str:
    # botocore's report has one line for each mistake, most of which quote the value.
    reasons = re.findall(r"^(?:Invalid .+? for parameter [^\n]*?(?=, value)|(?:Missing|Unknown) .*)", str(error), re.M)
    return "; ".join(reasons) or "boto3 finds its parameters invalid"


#: boto3 is the backend of a program that chooses none, perhaps because an environment variable is not set.
_ANOTHER_BACKEND = (
    "For another backend than DynamoDB, call dynamorm.connect(…) or set the environment variable DYNAMORM_URL."
)


def _no_region(error: Exception) -> DynamoException:
    return BackendMisconfigured(
        "No AWS region is configured. Give one in the address, as in boto3://eu-west-1, in the "
        f"environment variable AWS_DEFAULT_REGION, or in the profile in ~/.aws/config. {_ANOTHER_BACKEND}"
    )


def _no_profile(error: Exception) -> DynamoException:
    return BackendMisconfigured(
        f"boto3 says: {error}. Name a profile that ~/.aws/config or ~/.aws/credentials has, in the option profile_name "
        "or in the environment variable AWS_PROFILE."
    )


def _no_credentials(error: Exception) -> DynamoException:
    return CredentialsMissing(
        f"boto3 has no AWS credentials to sign requests with: {str(error).rstrip('.')}. Set AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, sign in to a profile and name it in the option profile_name, or give the program a "
        f"role. DynamoDB Local and similar servers accept any letters and digits. {_ANOTHER_BACKEND}"
    )


def _misconfigured(error: Exception) -> DynamoException:
    return BackendMisconfigured(f"boto3 can't work with its settings: {str(error).rstrip('.')}.")


def _kinds(*names: str) -> tuple[type[Exception], ...]:
    # Some of these classes are newer than the oldest supported botocore.
    return tuple(getattr(botocore_exceptions, name) for name in names if hasattr(botocore_exceptions, name))


_WRITES = (PutItem, UpdateItem, DeleteItem, BatchWrite, TransactWrite)
_NEVER_ARRIVED = _kinds("EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError", "SSLError")
_NO_ANSWER = _kinds("HTTPClientError", "ConnectionError", "ChecksumError", "IncompleteReadError")
_SETTINGS: tuple[tuple[tuple[type[Exception], ...], Callable[[Exception], DynamoException]], ...] = (
    ((NoRegionError,), _no_region),
    ((ProfileNotFound,), _no_profile),
    (
        _kinds(
            "NoCredentialsError",
            "PartialCredentialsError",
            "CredentialRetrievalError",
            "UnknownCredentialError",
            "RefreshWithMFAUnsupportedError",
            "MetadataRetrievalError",
            "NoAuthTokenError",
            "TokenRetrievalError",
            "UnknownTokenProviderError",
            "SSOError",
            "LoginError",
        ),
        _no_credentials,
    ),
    (
        _kinds(
            "BaseEndpointResolverError",
            "ConfigNotFound",
            "ConfigParseError",
            "DataNotFoundError",
            "EndpointProviderError",
            "InvalidConfigError",
            "InvalidDefaultsMode",
            "InvalidEndpointConfigurationError",
            "InvalidIMDSEndpointError",
            "InvalidIMDSEndpointModeError",
            "InvalidProxiesConfigError",
            "InvalidRegionError",
            "InvalidRetryConfigurationError",
            "InvalidSTSRegionalEndpointsConfigError",
            "MissingDependencyException",
            "UnknownRegionError",
            "UnknownSignatureVersionError",
            "UnsupportedSignatureVersionError",
        ),
        _misconfigured,
    ),
)
