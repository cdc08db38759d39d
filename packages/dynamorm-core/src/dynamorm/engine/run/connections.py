"""Which backend a program talks to: ``connect``, ``using``, ``DYNAMORM_URL``, and the default."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock
from typing import Any, get_args

from dynamorm.data.capacity import CapacityDetail
from dynamorm.exceptions import BackendMisconfigured
from dynamorm.plugins import finder
from dynamorm.ports.backends import Backend, BackendAddress, TableOptions

#: The environment variable that names the backend of a process without code.
URL_VARIABLE = "DYNAMORM_URL"
#: What DynamORM 0.11 always used: boto3 with its default configuration.
DEFAULT_URL = "boto3"

_URL_PATTERN = r"(?P<scheme>[a-zA-Z][a-zA-Z0-9_+.-]*)(?:://(?P<location>.*))?"
_override: ContextVar[Backend | None] = ContextVar("dynamorm_backend", default=None)
_lock = RLock()
_default: Backend | None = None
_pinned: dict[str, Backend] = {}


def open_backend(
    url: str,
    *,
    connections: int | None = None,
    return_consumed_capacity: CapacityDetail = "NONE",
    **options: Any,
) -> Backend:
    """Opens the backend at a *url*, or the one of that name, with the *options* that it knows.

    *connections* is how many requests of one batch it makes at once. *return_consumed_capacity* is what each operation is to
    tell of its costs: ``"TOTAL"`` for the units of each table, ``"INDEXES"`` for those of each index too.

    Raises :class:`~dynamorm.exceptions.UnknownBackend` when it is not installed,
    :class:`~dynamorm.exceptions.BackendMisconfigured` when the URL or an option can't work, and
    :class:`~dynamorm.exceptions.BackendUnavailable` when it can't be opened.
    """
    match = re.fullmatch(_URL_PATTERN, url, re.DOTALL)
    if match is None:
        raise BackendMisconfigured(
            f"'{url}' is neither the name of a backend nor a URL of one, such as boto3://eu-west-1 or sqlite:///books.db."
        )
    if connections is not None:
        _check_connections(connections, url)
    if return_consumed_capacity not in get_args(CapacityDetail):
        raise BackendMisconfigured(
            f"The option return_consumed_capacity of the backend '{url}' is {return_consumed_capacity!r}, and can be "
            f"{', '.join(map(repr, get_args(CapacityDetail)))}."
        )
    address = BackendAddress(match["scheme"], match["location"] or "", url)
    backend = finder().backend(address.scheme).connect(address, options)
    if connections is not None:
        backend.connections = connections
    if return_consumed_capacity != "NONE":
        backend.return_consumed_capacity = return_consumed_capacity
    return backend


def connect(backend: str | Backend, **options: Any) -> Backend:
    """Makes a *backend* the default of this process, and answers it; as a context manager it closes itself.

    *backend* is a URL (``"sqlite:///books.db"``, ``"boto3://eu-west-1"``), the name of a backend, or one
    that is open already. The *options* go to it: for boto3 they are those of its session and client
    (``profile_name``, ``endpoint_url``, ``config`` …). With every backend, ``connections=16`` has so many requests of one
    batch made at once, in place of 10, and ``return_consumed_capacity="TOTAL"``, or ``"INDEXES"``, has each result tell what
    it cost.

    Raises :class:`~dynamorm.exceptions.UnknownBackend` when it is not installed,
    :class:`~dynamorm.exceptions.BackendMisconfigured` when the URL or an option can't work, and
    :class:`~dynamorm.exceptions.BackendUnavailable` when it can't be opened; the default is then what it was.
    """
    global _default  # noqa: PLW0603
    opened = _opened(backend, options)
    with _lock:
        _default = opened
    return opened


@contextmanager
def using(backend: str | Backend, **options: Any) -> Iterator[Backend]:
    """Overrides the backend for the current thread or task, as long as the ``with`` block runs.

    One that is given as a URL or a name is opened for the block and closed at its end; one that is
    open already is left open. Raises what :func:`connect` raises.
    """
    opened = _opened(backend, options)
    token = _override.set(opened)
    try:
        yield opened
    finally:
        _override.reset(token)
        if opened is not backend:
            opened.close()


def current_backend() -> Backend:
    """The backend in force here: that of ``using``, of ``connect``, of ``DYNAMORM_URL``, or boto3."""
    global _default  # noqa: PLW0603
    overriding = _override.get()
    if overriding is not None:
        return overriding
    if _default is None:
        with _lock:
            if _default is None:
                _default = open_backend(os.environ.get(URL_VARIABLE) or DEFAULT_URL)
    return _default


def pinned_backend(backend: str | Backend) -> Backend:
    """The backend that a table is pinned to; one that is named by its URL is opened once a process."""
    if isinstance(backend, Backend):
        return backend
    with _lock:
        if backend not in _pinned:
            _pinned[backend] = open_backend(backend)
        return _pinned[backend]


def configured_backend(backend: Backend, options: TableOptions) -> Backend:
    """The *backend* for a table with these *options*; what holds for every backend stays the same."""
    configured = backend.configured_for(options)
    if configured is not backend:
        configured.connections = backend.connections
        configured.return_consumed_capacity = backend.return_consumed_capacity
    return configured


def _check_connections(connections: object, url: str) -> None:
    if isinstance(connections, bool) or not isinstance(connections, int) or connections < 1:
        raise BackendMisconfigured(
            f"The option connections of the backend '{url}' is a whole number, and at least 1: how many requests of one batch "
            "are made at once."
        )


def _opened(backend: str | Backend, options: dict[str, Any]) -> Backend:
    if isinstance(backend, str):
        return open_backend(backend, **options)
    if not isinstance(backend, Backend):
        raise BackendMisconfigured(
            f"A backend is given by its URL, by its name, or as an open Backend, not as {type(backend).__name__}."
        )
    if options:
        raise BackendMisconfigured(
            f"The options {', '.join(sorted(options))} were given with a backend that is open already. Give them where "
            "it is opened, with its URL; return_consumed_capacity is also an attribute of each backend."
        )
    return backend
