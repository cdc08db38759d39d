"""The checks that decide whether boto3's client sends the requests, each with its reason.

The rule behind them: whatever would intercept a request of boto3 intercepts DynamORM's. The page on backends in the
documentation has the same list, and a test compares the two.

There are three groups:

- ``ENVIRONMENT_CHECKS`` look at settings and environment: is it possible to start without importing boto3?
- ``CLIENT_CHECKS`` look at a client of boto3: does anything else take part in its requests, or does it do what the
  direct path can't do?
- ``REQUEST_CHECKS`` look at a request that the client has prepared: would the direct path have sent the same?
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


# Named tuples, because dataclasses take much longer to make, for which each program would wait at its start.
class Check(NamedTuple, Generic[Subject]):
    """One reason to leave the requests to boto3's client.

    ``reason`` completes the sentence "boto3's client sends the requests when". ``find`` returns what it found in a
    subject, as a sentence without its full stop, or an empty string for nothing.
    """

    name: str
    reason: str
    find: Callable[[Subject], str]


class ClientFacts(NamedTuple):
    """The facts about a client of boto3 that the checks look at.

    ``config`` is the client's configuration, ``given`` the one that it was given, ``session`` botocore's session, and
    ``handlers`` are those that botocore gives to each client.
    """

    settings: Settings
    config: Any
    given: Any
    session: Any
    handlers: Iterable[Any]


class RequestFacts(NamedTuple):
    """The facts about a request that a client was asked to prepare.

    ``error`` is what the client raised, ``requests`` how many requests it made, and ``callers`` are the foreign modules
    that took part. ``headers`` are those of the request, with names in lower case, and ``expected`` those that the
    direct path would send.
    """

    error: Exception | None = None
    requests: int = 1
    callers: frozenset[str] = frozenset()
    has_credentials: bool = True
    url: str = ""
    headers: Mapping[str, str] = {}
    expected: Mapping[str, str] = {}


def refuse(checks: Iterable[Check[Subject]], subject: Subject) -> None:
    """Raise ``DirectPathRefused`` for the first of the *checks* that finds something in a *subject*."""
    for check in checks:
        if found := check.find(subject):
            raise DirectPathRefused(f"{found} ({check.name}).")


def _discovery(client: ClientFacts) -> str:
    # "auto" means endpoint discovery for services that require it. DynamoDB does not.
    enabled = client.session.get_config_variable("endpoint_discovery_enabled")
    return told(found=str(enabled).lower() == "true", text="Endpoint discovery is enabled")


def _debug_log(_client: ClientFacts) -> str:
    # Imported late: a program that starts without boto3 does not need it.
    import logging

    return told(
        found=logging.getLogger("botocore").isEnabledFor(logging.DEBUG), text="botocore's logger is set to DEBUG"
    )


ENVIRONMENT_CHECKS: tuple[Check[Settings], ...] = (
    Check(
        "imported",
        "botocore is already imported (more than its exceptions), so that a tool may have changed it",
        lambda _: told(found=BOTOCORE_IN_USE in sys.modules, text="botocore is imported already"),
    ),
    Check("import hook", "a tool waits for botocore's import, as tracers do", import_hook),
    Check(
        "replaced code",
        "a tool has replaced a method or a class of `urllib3`, `http.client` or `socket`, as tools do that trace or "
        "fake requests",
        lambda _: replaced_code(),
    ),
    Check(
        "newer botocore",
        f"the installed botocore is newer than {'.'.join(map(str, NEWEST_BOTOCORE))}, the newest one that was tested",
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
        "there is no region, or it is outside the partition `aws`",
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
        "you gave the connection a `botocore_session`, which may have handlers of its own",
        lambda client: told(
            found=client.settings.session.get("botocore_session") is not None,
            text="The session of botocore is the program's own",
        ),
    ),
    Check(
        "replaced code",
        "a tool has replaced a method or a class that boto3's requests go through: OpenTelemetry, Datadog, New Relic, "
        "AWS X-Ray and Sentry do it to trace requests, VCR.py to record them, `mock.patch` to fake them",
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
        "the retry mode is `adaptive`, for which boto3 measures all of its requests",
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
    Check("endpoint discovery", "endpoint discovery is enabled, so that the address may change", _discovery),
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
        "its client can't prepare a request; your own operation then raises the right exception",
        lambda request: told(
            found=request.error, text=f"boto3 could not prepare a request: {type(request.error).__name__}"
        ),
    ),
    Check(
        "caller",
        "code that is not boto3's runs while its client prepares a request",
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
        "its client does not sign with Signature Version 4, or sends headers or a URL that are unknown to DynamORM",
        lambda request: told(
            found="?" in request.url or request.headers != request.expected,
            text="boto3 signs requests in a way that is not known here, or sends other headers",
        ),
    ),
)
