"""When boto3's client sends the requests itself: one list of named checks, each with its reason.

The rule behind them: whatever would have taken part in boto3's request takes part in DynamORM's. The page on backends in the
documentation has the same list, and a test compares the two.

There are three groups, each asked when there is enough to look at:

- ``ENVIRONMENT_CHECKS``, of the settings and the environment: may a program start without importing boto3?
- ``CLIENT_CHECKS``, of a client of boto3: does anything else than boto3 take part in its requests, or something that the direct
  path can't do?
- ``REQUEST_CHECKS``, of a request that the client has prepared: would the direct path have sent the same?
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from dynamorm_boto3.endpoint import DirectPathRefused
from dynamorm_boto3.findings import (
    NEWEST_BOTOCORE,
    OPTIONS,
    REGION,
    VARIABLES,
    credentials_of,
    files,
    foreign_handler,
    import_hook,
    listed,
    proxies,
    region_of,
    told,
    unknown_options,
    unknown_variables,
    untested_botocore,
    unusual_url,
)
from dynamorm_boto3.originals import BOTOCORE_IN_USE, replaced_code
from dynamorm_boto3.settings import Settings

Subject = TypeVar("Subject")


# Tuples, as a program that starts waits for these classes: those of dataclasses take much longer to make.
class Check(NamedTuple, Generic[Subject]):
    """One thing that has boto3's client send the requests.

    ``reason`` goes on after "boto3's client sends the requests when". ``find`` returns what it has found, as the subject and the
    verb of a sentence, or an empty string for nothing.
    """

    name: str
    reason: str
    find: Callable[[Subject], str]


class ClientFacts(NamedTuple):
    """What is known of a client of boto3: the *settings* that it was made of, and what came of them.

    ``config`` is the client's configuration, ``given`` the one that it was made with, ``session`` botocore's session, and
    ``handlers`` are those that botocore gives to each client.
    """

    settings: Settings
    config: Any
    given: Any
    session: Any
    handlers: Iterable[Any]


class RequestFacts(NamedTuple):
    """What is known of the request that a client was asked to prepare.

    ``error`` is what the client raised, ``requests`` how many requests it made, and ``callers`` are the modules that took part.
    ``headers`` are those of the request by their names in small letters, and ``expected`` those that the direct path would send.
    """

    error: Exception | None = None
    requests: int = 1
    callers: frozenset[str] = frozenset()
    has_credentials: bool = True
    url: str = ""
    headers: Mapping[str, str] = {}
    expected: Mapping[str, str] = {}


def refuse(checks: Iterable[Check[Subject]], subject: Subject) -> None:
    """Raise :class:`~dynamorm_boto3.endpoint.DirectPathRefused` with the first of the *checks* that finds something of a *subject*."""
    for check in checks:
        if found := check.find(subject):
            raise DirectPathRefused(f"{found} ({check.name}).")


def _discovery(client: ClientFacts) -> str:
    # "auto" looks for addresses where a service demands it, which DynamoDB does not.
    enabled = client.session.get_config_variable("endpoint_discovery_enabled")
    return told(found=str(enabled).lower() == "true", text="Endpoint discovery is enabled")


def _debug_log(_client: ClientFacts) -> str:
    # Imported here because a program that does not ask boto3 need not wait for it.
    import logging

    return told(
        found=logging.getLogger("botocore").isEnabledFor(logging.DEBUG), text="botocore's logger is set to DEBUG"
    )


ENVIRONMENT_CHECKS: tuple[Check[Settings], ...] = (
    Check(
        "imported",
        "botocore is imported already, more of it than its exceptions, so that something may have been added to it",
        lambda _: told(found=BOTOCORE_IN_USE in sys.modules, text="botocore is imported already"),
    ),
    Check("import hook", "a tool waits for botocore's import, as those that trace programs do", import_hook),
    Check(
        "replaced code",
        "a tool has replaced a method or a class of `urllib3`, `http.client` or `socket`, as those do that trace or fake requests",
        lambda _: replaced_code(),
    ),
    Check(
        "newer botocore",
        f"the installed botocore is newer than {'.'.join(map(str, NEWEST_BOTOCORE))}, the newest with which this way was tested",
        untested_botocore,
    ),
    Check(
        "other option",
        f"there is another option than {', '.join(f'`{name}`' for name in sorted(OPTIONS))}",
        unknown_options,
    ),
    Check(
        "other variable",
        "there is a variable `AWS_…` or `BOTO…` besides those of AWS Lambda and AWS X-Ray, "
        + ", ".join(f"`{name}`" for name in sorted(VARIABLES)),
        unknown_variables,
    ),
    Check("proxy", "an environment variable names a proxy", proxies),
    Check("file", "there is a file `~/.aws/config` or `~/.aws/credentials`, or a folder `~/.aws/models`", files),
    Check(
        "region",
        "the region is not one of the partition `aws`, or there is none",
        lambda settings: told(
            found=not REGION.fullmatch(region_of(settings)), text=f"The region is '{region_of(settings)}'"
        ),
    ),
    Check(
        "keys",
        "there is no key pair",
        lambda settings: told(found=not all(credentials_of(settings)[:2]), text="There is no pair of keys"),
    ),
    Check("URL", "the URL of the endpoint has a path, a query or a user", unusual_url),
)

CLIENT_CHECKS: tuple[Check[ClientFacts], ...] = (
    Check(
        "own session",
        "the connection has a `botocore_session` of the program's, which may have handlers of its own",
        lambda client: told(
            found=client.settings.session.get("botocore_session") is not None,
            text="The session of botocore is the program's own",
        ),
    ),
    Check(
        "replaced code",
        "a tool has replaced a method or a class on the way of boto3's requests: OpenTelemetry, Datadog, New Relic, AWS X-Ray "
        "and Sentry do to trace them, VCR.py to record them, `mock.patch` to fake them",
        lambda _: replaced_code(),
    ),
    Check(
        "foreign handler",
        "a tool has added a handler to those that botocore gives to each client, as moto does",
        lambda client: foreign_handler(client.handlers),
    ),
    Check(
        "plugin",
        "botocore has plugins (`BOTOCORE_EXPERIMENTAL__PLUGINS`), which may add handlers",
        lambda _: told(found=os.environ.get("BOTOCORE_EXPERIMENTAL__PLUGINS"), text="botocore has plugins"),
    ),
    Check("proxy", "the environment names a proxy", proxies),
    Check(
        "proxy of the configuration",
        "`config` names a proxy",
        lambda client: told(found=client.config.proxies, text="The configuration names proxies"),
    ),
    Check(
        "certificate",
        "`config` has a certificate of the client",
        lambda client: told(found=client.config.client_cert, text="The configuration has a certificate of the client"),
    ),
    Check(
        "adaptive",
        "the retry mode is `adaptive`, in which boto3 measures all of its requests",
        lambda client: told(
            found=(client.config.retries or {}).get("mode") == "adaptive", text="The retry mode is 'adaptive'"
        ),
    ),
    Check(
        "validation",
        "`config` asks for `parameter_validation`",
        lambda client: told(
            found=client.given.parameter_validation, text="The configuration asks boto3 to validate parameters"
        ),
    ),
    Check("endpoint discovery", "endpoint discovery is enabled, which looks for addresses meanwhile", _discovery),
    Check(
        "client-side monitoring",
        "client-side monitoring is enabled, which reports boto3's requests",
        lambda client: told(
            found=client.session.get_config_variable("csm_enabled"),
            text="Client-side monitoring watches boto3's requests",
        ),
    ),
    Check(
        "log",
        "botocore's logger is set to `DEBUG`, so that its client logs each request",
        _debug_log,
    ),
)

REQUEST_CHECKS: tuple[Check[RequestFacts], ...] = (
    Check(
        "no request",
        "its client can't prepare a request: what is wrong is told when the program's own operation meets it",
        lambda request: told(
            found=request.error, text=f"boto3 could prepare no request, with {type(request.error).__name__}"
        ),
    ),
    Check(
        "caller",
        "other code than boto3's is called while its client prepares a request",
        lambda request: listed("The modules {} take part in boto3's requests", request.callers),
    ),
    Check(
        "several requests",
        "its client sends more than one request for an operation",
        lambda request: told(
            found=request.requests != 1, text=f"boto3 sent {request.requests} requests for one operation"
        ),
    ),
    Check(
        "credentials",
        "there are no credentials yet",
        lambda request: told(found=not request.has_credentials, text="There are no credentials yet"),
    ),
    Check(
        "headers",
        "its client signs in another way than with Signature Version 4, or sends other headers or another URL than are known",
        lambda request: told(
            found="?" in request.url or request.headers != request.expected,
            text="boto3 signs requests in a way that is not known here, or sends other headers",
        ),
    ),
)
