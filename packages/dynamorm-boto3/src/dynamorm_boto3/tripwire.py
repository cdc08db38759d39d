"""Notice, before each request, that a tool which intercepts boto3's requests has come or gone.

This runs before each operation, so it has to be quick. It looks at what existing tools change:

- whether botocore is imported: tools that add themselves to it (moto) import it, and others wait for its import;
- the number of botocore's own handlers: moto adds one when it is imported;
- the methods that tools replace: ``BaseClient`` (OpenTelemetry, Datadog, AWS X-Ray, Sentry, ``mock.patch``),
  ``Endpoint`` (New Relic), ``URLLib3Session``;
- the classes of connections in the pools: VCR.py;
- the class of sockets: mocket, HTTPretty, pytest-socket.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from typing import Any

from dynamorm_boto3.findings import foreign_handler
from dynamorm_boto3.originals import BOTOCORE_IN_USE, replaced_code

#: The variables in which tests that fake AWS put other credentials.
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")

#: A function that returns whether nothing has changed since it was made.
Tripwire = Callable[[], bool]


def tripwire() -> Tripwire:
    """Return a tripwire for the current state."""
    if BOTOCORE_IN_USE not in sys.modules:
        return _before_botocore()
    from botocore.handlers import BUILTIN_HANDLERS

    return _intercepted() if replaced_code() or foreign_handler(BUILTIN_HANDLERS) else _own()


def _before_botocore() -> Tripwire:
    modules, finders, module, in_use = sys.modules, sys.meta_path, socket, BOTOCORE_IN_USE
    known, made = len(finders), socket.socket

    def is_unchanged() -> bool:
        return in_use not in modules and module.socket is made and len(finders) == known

    return is_unchanged


def _own() -> Tripwire:
    from botocore.awsrequest import AWSHTTPConnectionPool as Pool
    from botocore.awsrequest import AWSHTTPSConnectionPool as TlsPool
    from botocore.client import BaseClient
    from botocore.endpoint import Endpoint
    from botocore.handlers import BUILTIN_HANDLERS as HANDLERS
    from botocore.httpsession import URLLib3Session

    # Local names are found faster than those of the module.
    client: Any = BaseClient
    endpoint: Any = Endpoint
    session, pool, tls_pool, handlers, module = URLLib3Session, Pool, TlsPool, HANDLERS, socket
    call, init = client._make_api_call, client.__init__
    make, prepare, send = endpoint.make_request, endpoint.prepare_request, session.send
    connection, tls_connection, made, known = pool.ConnectionCls, tls_pool.ConnectionCls, module.socket, len(handlers)

    def is_unchanged() -> bool:
        return (
            client._make_api_call is call
            and client.__init__ is init
            and endpoint.make_request is make
            and endpoint.prepare_request is prepare
            and session.send is send
            and pool.ConnectionCls is connection
            and tls_pool.ConnectionCls is tls_connection
            and module.socket is made
            and len(handlers) == known
        )

    return is_unchanged


def _intercepted() -> Tripwire:
    # Looking up a wrapper on its class may bind a new object each time, hence vars().
    from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool
    from botocore.client import BaseClient
    from botocore.endpoint import Endpoint
    from botocore.handlers import BUILTIN_HANDLERS
    from botocore.httpsession import URLLib3Session

    places = [
        (vars(BaseClient), "_make_api_call"),
        (vars(BaseClient), "__init__"),
        (vars(Endpoint), "make_request"),
        (vars(Endpoint), "prepare_request"),
        (vars(URLLib3Session), "send"),
        (vars(AWSHTTPConnectionPool), "ConnectionCls"),
        (vars(AWSHTTPSConnectionPool), "ConnectionCls"),
        (vars(socket), "socket"),
    ]
    found = [names[name] for names, name in places]
    known, credentials = len(BUILTIN_HANDLERS), _credentials()

    def is_unchanged() -> bool:
        return (
            all(names[name] is value for (names, name), value in zip(places, found, strict=True))
            and len(BUILTIN_HANDLERS) == known
            # Tools that fake AWS set credentials, and restore the real ones at their end.
            and _credentials() == credentials
        )

    return is_unchanged


def _credentials() -> list[str | None]:
    return [os.environ.get(name) for name in _CREDENTIALS]
