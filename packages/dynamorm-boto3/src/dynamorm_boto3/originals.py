"""Find out whether a tool has replaced code of botocore, urllib3 or Python that carries boto3's requests.

Tools that trace, record or fake requests replace methods and classes. Private names are looked at, never used. Nothing
is imported: a module that is not imported yet can't have been changed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FunctionType, MethodType

#: Every module of botocore that makes or sends requests imports this one. A program may import botocore's exceptions
#: alone.
BOTOCORE_IN_USE = "botocore.awsrequest"
#: The classes that take part in a request, by module, from the client down to the socket.
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
#: The packages that this code belongs to.
_PACKAGES = ("boto3", "botocore", "urllib3", "http", "_io")
#: The packages whose sockets are accepted: Python's own, and those that replace it in a whole program, the direct path
#: included.
_PACKAGES_OF_SOCKETS = ("socket", "gevent", "eventlet")


def replaced_code() -> str:
    """Return what was replaced and by which module, as a sentence; an empty string if nothing was."""
    for module, names in _CLASSES.items():
        for name in names:
            owner = getattr(sys.modules.get(module), name, None)
            for attribute, origin in _origins(owner):
                if not _belongs_to(origin, _PACKAGES):
                    return f"{origin} has replaced {module}.{name}{attribute}"
    return replaced_socket()


def replaced_socket() -> str:
    """Return which module has replaced ``socket.socket``, as a sentence; an empty string if none has."""
    made = getattr(sys.modules.get("socket"), "socket", None)
    origin = getattr(made, "__module__", type(made).__module__)
    return "" if made is None or _belongs_to(origin, _PACKAGES_OF_SOCKETS) else f"{origin} has replaced socket.socket"


def is_of_boto(module: object) -> bool:
    """Return whether a *module* belongs to boto3 or botocore."""
    return _belongs_to(module, ("boto3", "botocore"))


def _belongs_to(module: object, packages: tuple[str, ...]) -> bool:
    return str(module).partition(".")[0] in packages


def _origins(owner: object) -> Iterator[tuple[str, str]]:
    """Yield the module of an *owner*, which should be a class, and those of its methods and inner classes, by name."""
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
    """Return the module in which a class attribute was defined; ``None`` for data."""
    if type(value) in {classmethod, staticmethod, MethodType}:
        value = getattr(value, "__func__", None)
    if type(value) is FunctionType:
        # functools.wraps copies the name and the module, but not the globals.
        return str(value.__globals__.get("__name__"))
    if isinstance(value, type):
        return value.__module__
    kind = type(value).__module__
    if kind == "builtins":
        # Old versions of wrapt have wrappers that say so of themselves. No class of botocore holds one.
        return type(value).__name__ if hasattr(value, "__wrapped__") else None
    return kind if callable(value) else None
