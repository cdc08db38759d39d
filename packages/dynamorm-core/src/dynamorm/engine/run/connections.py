"""Which backend a program talks to: ``connect``, ``using``, ``DYNAMORM_URL``, and the default."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from functools import wraps
from threading import RLock
from types import TracebackType
from typing import Any, ParamSpec, TypeAlias, TypeVar

from dynamorm.data.capacity import CapacityDetail
from dynamorm.data.records import replace
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.connection_options import add_suggestion, check_settings, prefix_of, take_prefix
from dynamorm.engine.run.contexts import reset
from dynamorm.engine.run.rate_limits import RateLimit
from dynamorm.exceptions import BackendMisconfigured, BackendUnavailable, DynamoException, IncompatiblePlugin
from dynamorm.plugins import finder
from dynamorm.ports.addresses import without_secrets
from dynamorm.ports.backends import AsyncBackend, Backend, BackendAddress
from dynamorm.ports.processes import ForkSafeLock

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")
#: What stands for a backend: its URL or name, one that is open already, or a connection.
Target: TypeAlias = "str | Backend | AsyncBackend | Connection"

#: The environment variable that names the backend of a process without code.
URL_VARIABLE = "DYNAMORM_URL"
#: The value of that variable with which no operation is sent outside of ``connect`` and ``using``, for tests.
NO_BACKEND = "none"
#: What DynamORM 0.11 always used: boto3 with its default configuration.
DEFAULT_URL = "boto3"

_URL_PATTERN = r"(?P<scheme>[a-zA-Z][a-zA-Z0-9_+.-]*)(?:://(?P<location>.*))?"
_override: ContextVar[Connection | None] = ContextVar("dynamorm_connection", default=None)
_lock = ForkSafeLock(RLock)
_default: Connection | None = None
#: What :func:`using_everywhere` puts in the place of each connection.
_everywhere: Connection | None = None
# By URL, or by the identity of an open backend, which the connection keeps alive.
_pinned: dict[str | int, Connection] = {}


def address_of(url: str, max_concurrency: int | None = None) -> BackendAddress:
    """Return the address that a *url*, or the name of a backend, stands for.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` for anything else.
    """
    match = re.fullmatch(_URL_PATTERN, url, re.DOTALL)
    if match is None:
        text = without_secrets(re.sub(r".*@", "…@", url, flags=re.DOTALL))
        advice = ""
        if re.fullmatch(r"[\w.-]+:\d+/?", text):
            advice = f" For a server, use dynamorm.connect('boto3://eu-west-1', endpoint_url='http://{text}')."
        raise BackendMisconfigured(
            f"'{text}' is neither the name of a backend nor a URL of one, such as boto3://eu-west-1 or "
            f"sqlite:///books.db.{advice}"
        )
    return BackendAddress(match["scheme"], match["location"] or "", without_secrets(url), max_concurrency)


def open_connection(
    target: str | Backend | AsyncBackend,
    *,
    max_concurrency: int | None = None,
    return_consumed_capacity: CapacityDetail = "NONE",
    table_prefix: str | None = None,
    rate: RateLimit | None = None,
    **options: Any,
) -> Connection:
    """Open a connection to a backend, with the *options* that the backend knows.

    *target* is the backend's URL or name, or a backend that is open already.

    Raises :class:`~dynamorm.exceptions.UnknownBackend` when it is not installed,
    :class:`~dynamorm.exceptions.BackendMisconfigured` when the URL or an option can't work, and
    :class:`~dynamorm.exceptions.BackendUnavailable` when it can't be opened.
    """
    if not isinstance(target, str):
        check_settings(type(target).__name__, max_concurrency, return_consumed_capacity, rate)
        if options:
            raise BackendMisconfigured(
                f"The options {', '.join(sorted(options))} were given with a backend that is open already. Give them "
                "where it is opened, with its URL."
            )
        from dynamorm.engine.run.wrapping import WrappingBackend, connection_around  # deferred: start-up cost

        if isinstance(target, WrappingBackend):
            return connection_around(target, max_concurrency, return_consumed_capacity, table_prefix, rate)
        return Connection(
            target,
            max_concurrency=max_concurrency,
            return_consumed_capacity=return_consumed_capacity,
            table_prefix=prefix_of(table_prefix, None),
            rate=rate,
        )
    if target == NO_BACKEND:
        raise _no_backend()
    address = address_of(target, max_concurrency)
    check_settings(address.text, max_concurrency, return_consumed_capacity, rate)
    location, prefix_in_url = take_prefix(address.location)
    address, prefix = replace(address, location=location), prefix_of(table_prefix, prefix_in_url)
    backend, connect_async = _open(address, options)
    return Connection(
        backend,
        address=address,
        max_concurrency=max_concurrency,
        return_consumed_capacity=return_consumed_capacity,
        connect_async=connect_async,
        table_prefix=prefix,
        rate=rate,
        has_options=bool(options),
    )


def open_backend(url: str, **options: Any) -> Backend:
    """Open the backend at a *url*, and return the plugin's own object; otherwise as :func:`open_connection`."""
    return open_connection(url, **options).backend


def connect(backend: Target, **options: Any) -> Connection:
    """Make a *backend* the default of this process, and return a connection, which a ``with`` statement closes.

    Args:
        backend: A URL (``"sqlite:///books.db"``, ``"boto3://eu-west-1"``), the name of a backend, an open backend, or a
            connection.
        options: Four are for every backend. ``max_concurrency=16``: how many requests of one batch run in parallel,
            10 by default. ``return_consumed_capacity="TOTAL"`` or ``"INDEXES"``: results report their cost.
            ``table_prefix="dev-"``: put before the names of all models' tables, instead of ``?table_prefix=`` in the
            URL or ``DYNAMORM_TABLE_PREFIX`` in the environment. ``rate=dynamorm.RateLimit(read=200)``: limits all
            operations. The others go to the backend; for boto3 they are those of its session and client
            (``profile_name``, ``endpoint_url``, ``config`` …).

    Raises:
        UnknownBackend: The backend is not installed.
        BackendMisconfigured: The URL or an option can't work.
        BackendUnavailable: The backend can't be opened. The default stays as it was.
    """
    global _default  # noqa: PLW0603
    opened = connection_to(backend, options)
    with _lock:
        _default = opened
    return opened


class Using:
    """Overrides the backend for the current thread or task, as long as a ``with`` or ``async with`` block runs.

    It also decorates functions and coroutine functions, for as long as each call runs.
    """

    def __init__(self, backend: Target, options: dict[str, Any]) -> None:
        self._target = backend
        self._options = options
        self._entered: tuple[Connection, Token[Connection | None]] | None = None

    def __enter__(self) -> Connection:
        if self._entered is not None:
            raise BackendMisconfigured("This using() is in use already. Call dynamorm.using() again for another block.")
        opened = connection_to(self._target, self._options)
        self._entered = opened, _override.set(opened)
        return opened

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        opened, token = self._leave()
        try:
            reset(_override, token, exception, "using()")
        finally:
            if isinstance(self._target, str):
                opened.close()
            elif opened is not self._target:
                opened.release()

    async def __aenter__(self) -> Connection:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        opened, token = self._leave()
        try:
            reset(_override, token, exception, "using()")
        finally:
            if isinstance(self._target, str):
                await opened.aclose()
            elif opened is not self._target:
                opened.release()

    def __call__(self, function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
        """Return the *function* with the backend overridden while it runs."""
        from inspect import iscoroutinefunction

        if iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Any:
                async with Using(self._target, self._options):
                    return await function(*args, **kwargs)

            return awaited  # type: ignore[return-value]

        @wraps(function)
        def called(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
            with Using(self._target, self._options):
                return function(*args, **kwargs)

        return called

    def _leave(self) -> tuple[Connection, Token[Connection | None]]:
        assert self._entered is not None, "A block ends once."
        entered, self._entered = self._entered, None
        return entered


def using(backend: Target, **options: Any) -> Using:
    """Override the backend for the current thread or task, as long as a ``with`` or ``async with`` block runs.

    A backend that is given as a URL or a name is opened for the block and closed at its end; one that is open already
    is left open. Threads that the block starts see the default. Don't ``yield`` from a generator inside the block: the
    override would apply to any code that runs in the meantime. Arguments and errors are those of :func:`connect`.
    """
    return Using(backend, options)


@contextmanager
def using_everywhere(backend: Target, **options: Any) -> Iterator[Connection]:
    """Use a *backend* for everything while the block runs, for tests: see :func:`dynamorm.testing.using_everywhere`."""
    if _override.get() is not None:
        raise BackendMisconfigured(
            "A using() block is active, and its connection would be used instead of that of using_everywhere(). "
            "Remove the block, or move it inside."
        )
    opened = connection_to(backend, options)
    try:
        with in_place_of_all(opened):
            yield opened
    finally:
        if isinstance(backend, str):
            opened.close()
        elif opened is not backend:
            opened.release()


@contextmanager
def in_place_of_all(opened: Connection) -> Iterator[None]:
    """Use a connection for everything while the block runs, in the place of that of a ``using()`` block, too."""
    global _default, _everywhere  # noqa: PLW0603
    with _lock:
        before = _default, _everywhere
        _default = _everywhere = opened
    token = None if _override.get() is None else _override.set(opened)
    try:
        yield
    finally:
        with _lock:
            _default, _everywhere = before
        if token is not None:
            reset(_override, token, None, "cassette()")


def block_connection() -> Connection | None:
    """Return the connection of the ``using`` block in force here; ``None`` outside of one."""
    return _override.get()


def opened_default() -> Connection | None:
    """Return the default connection of this process, without opening it."""
    return _default


def current_connection() -> Connection:
    """Return the current connection here: that of ``using``, of ``connect``, of ``DYNAMORM_URL``, or boto3's.

    Raises :class:`~dynamorm.exceptions.BackendMisconfigured` if ``DYNAMORM_URL`` is ``none`` and there is no other.
    """
    global _default  # noqa: PLW0603
    overriding = _override.get()
    if overriding is not None:
        return overriding
    if _default is None:
        with _lock:
            if _default is None:
                _default = open_connection(default_url())
    return _default


def prefix_in_force(pinned: Target | None = None) -> str:
    """Return the prefix of tables' names on the connection of a *pinned* table, or on the current one.

    No connection is opened for it: for one that is not open yet, it is the prefix that it would have.
    """
    if pinned is None:
        connection = _override.get() or _default
    elif isinstance(pinned, Connection):
        connection = _everywhere or pinned
    else:
        connection = _everywhere or _pinned.get(pinned if isinstance(pinned, str) else id(pinned))
    if connection is not None:
        return connection.table_prefix
    url = default_url() if pinned is None else pinned
    return prefix_of(None, take_prefix(address_of(url).location)[1] if isinstance(url, str) else None)


def default_url() -> str:
    """Return the URL of the connection that is opened where a program names none."""
    return os.environ.get(URL_VARIABLE) or DEFAULT_URL


def pinned_connection(backend: Target) -> Connection:
    """Return the connection that a table is pinned to, read-only where the connection in force is.

    It is opened once a process for a URL, and once for a backend.
    """
    if _everywhere is not None:
        return _everywhere
    connection = backend if isinstance(backend, Connection) else _opened_once(backend)
    in_force = _override.get() or _default
    if in_force is None or in_force.around_pinned is None:
        return connection
    return in_force.around_pinned(connection)


def _opened_once(backend: str | Backend | AsyncBackend) -> Connection:
    key = backend if isinstance(backend, str) else id(backend)
    with _lock:
        if key not in _pinned:
            _pinned[key] = connection_to(backend, {})
        return _pinned[key]


def connection_to(target: Target, options: dict[str, Any]) -> Connection:
    """Return the connection to a *target*: itself, if it is one, or one that is opened with the *options*."""
    if isinstance(target, Connection):
        if options:
            raise BackendMisconfigured(
                f"The options {', '.join(sorted(options))} were given with a connection that is open already. Give "
                "them where it is opened, with its URL; return_consumed_capacity and rate are also attributes of a "
                "connection."
            )
        return target
    if not isinstance(target, str | Backend | AsyncBackend):
        raise BackendMisconfigured(
            "A backend is given by its URL, by its name, as an open Backend or as a Connection, not as "
            f"{type(target).__name__}."
        )
    return open_connection(target, **options)


def _open(
    address: BackendAddress, options: dict[str, Any]
) -> tuple[Backend | AsyncBackend, Callable[[], AsyncBackend] | None]:
    """Open the backend at an *address*, and return with it what opens its asynchronous side, if it has one."""
    provider = finder().backend(address.scheme, address.text)
    connect, connect_async = provider.connect, provider.connect_async
    if connect is not None:
        backend: Backend = _opened(Backend, address, options, lambda: connect(address, options))
        if connect_async is None:
            return backend, None
        return backend, lambda: _opened(
            AsyncBackend, address, options, lambda: connect_async(address, options, backend)
        )
    assert connect_async is not None, "The finder lets no other provider through."
    return _opened(AsyncBackend, address, options, lambda: connect_async(address, options, None)), None


def _opened(kind: type[Any], address: BackendAddress, options: Iterable[str], open_it: Callable[[], Answer]) -> Answer:
    try:
        opened = open_it()
    except BackendMisconfigured as error:
        add_suggestion(error, options)
        raise
    except DynamoException:
        raise
    except Exception as error:
        # Options can be secrets, and the text of an error may have them.
        raise BackendUnavailable(
            f"The backend '{address.scheme}' can't be opened at '{address.text}': its plugin raised "
            f"{type(error).__name__}."
        ) from error
    if not isinstance(opened, kind):
        raise IncompatiblePlugin(
            f"The plugin of the backend '{address.scheme}' opens a {type(opened).__name__} instead of a "
            f"{kind.__name__}."
        )
    return opened


def _no_backend() -> BackendMisconfigured:
    return BackendMisconfigured(
        f"No backend is open: the environment variable {URL_VARIABLE} is '{NO_BACKEND}', so nothing is sent by "
        "default. Open a backend, for example with dynamorm.connect('sqlite:///:memory:') or, for a block, with "
        "dynamorm.using('sqlite:///:memory:'), or set the variable to the URL of a backend."
    )
