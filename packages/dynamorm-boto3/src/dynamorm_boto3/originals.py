"""Which code of botocore, urllib3 and Python carries boto3's requests, and whether a tool has replaced some of it.

Tools that trace, record or fake requests replace methods and classes on that way. Names with an underscore are only looked at.
Only modules that are imported already are looked at, so nothing is imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FunctionType, MethodType

#: The module that all others of botocore import which make or send requests. A program may import botocore's exceptions alone.
BOTOCORE_IN_USE = "botocore.awsrequest"
#: The classes that take part in a request, by module: from the client's method down to the socket.
_CLASSES = {
    "boto3.session": ("Session",),
    "botocore.session": ("Session",),
    "botocore.client": ("BaseClient", "ClientCreator"),
    "botocore.hooks": ("HierarchicalEmitter", "EventAliaser"),
    "botocore.signers": ("RequestSigner",),
    "botocore.endpoint": ("Endpoint", "EndpointCreator"),
    "botocore.httpsession": ("URLLib3Session",),
    "botocore.awsrequest": (
        "AWSConnection",
        "AWSHTTPConnection",
        "AWSHTTPSConnection",
        "AWSHTTPConnectionPool",
        "AWSHTTPSConnectionPool",
    ),
    "urllib3.poolmanager": ("PoolManager",),
    "urllib3.connectionpool": ("HTTPConnectionPool", "HTTPSConnectionPool"),
    "urllib3.connection": ("HTTPConnection", "HTTPSConnection"),
    "http.client": ("HTTPConnection", "HTTPSConnection"),
}
#: The packages to which that code belongs.
_PACKAGES = ("boto3", "botocore", "urllib3", "http", "_io")
#: The packages whose sockets are Python's own, or take their place in a whole program: the direct path uses these too.
_PACKAGES_OF_SOCKETS = ("socket", "gevent", "eventlet")


def replaced_code() -> str:
    """Return what was replaced on the way of boto3's requests, and by which module; an empty string for nothing."""
    for module, names in _CLASSES.items():
        for name in names:
            owner = getattr(sys.modules.get(module), name, None)
            for attribute, origin in _origins(owner):
                if not _belongs_to(origin, _PACKAGES):
                    return f"{origin} has replaced {module}.{name}{attribute}"
    return replaced_socket()


def replaced_socket() -> str:
    """Return which module has replaced ``socket.socket``; an empty string for none."""
    made = getattr(sys.modules.get("socket"), "socket", None)
    origin = getattr(made, "__module__", type(made).__module__)
    return "" if made is None or _belongs_to(origin, _PACKAGES_OF_SOCKETS) else f"{origin} has replaced socket.socket"


def is_of_boto(module: object) -> bool:
    """Return whether a *module* belongs to boto3 or botocore."""
    return _belongs_to(module, ("boto3", "botocore"))


def _belongs_to(module: object, packages: tuple[str, ...]) -> bool:
    return str(module).partition(".")[0] in packages


def _origins(owner: object) -> Iterator[tuple[str, str]]:
    """Yield the module of an *owner*, which should be a class, and those of all that it can do, by name."""
    if owner is None:
        return
    if not isinstance(owner, type):
        yield "", type(owner).__module__
        return
    yield "", owner.__module__
    for name, value in vars(owner).items():
        if (origin := _origin(value)) is not None:
            yield f".{name}", origin


def _origin(value: object) -> str | None:
    """Return in which module a class attribute was made; ``None`` for data."""
    if type(value) in {classmethod, staticmethod, MethodType}:
        value = getattr(value, "__func__", None)
    if type(value) is FunctionType:
        # A wrapper may have the name and the module of what it wraps, but not its globals.
        return str(value.__globals__.get("__name__"))
    if isinstance(value, type):
        return value.__module__
    kind = type(value).__module__
    return kind if callable(value) and kind != "builtins" else None
