"""The contract of backends, which execute operations.

Subclass :class:`Backend` (two methods), :class:`AsyncBackend`, or both; describe them with a
:class:`BackendProvider`, and register that through the hook ``dynamorm_register_backend``. The suite
in ``dynamorm.testing`` checks that the promises are kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import Enum
from types import TracebackType
from typing import Any, Self, TypeVar

from dynamorm.data.operations import Operation
from dynamorm.data.records import field, record
from dynamorm.exceptions import NotYetSupported, Unsupported

Result = TypeVar("Result")

#: The major version of this contract. A plugin states the one that it was made for, as a number of its own.
CONTRACT_VERSION = 1


class Capability(Enum):
    """Something that a backend may be able to do beyond reading and writing items."""

    GLOBAL_INDEXES = "global secondary indexes"
    LOCAL_INDEXES = "local secondary indexes"
    MULTI_ATTRIBUTE_KEYS = "index keys of several attributes"
    PARALLEL_SCAN = "scans in segments"
    CONCURRENT_CALLS = "calls from several threads at once"
    TRANSACTIONS = "transactions"
    TABLE_UPDATES = "changes of live tables"
    DELETION_PROTECTION = "deletion protection"
    TABLE_CLASSES = "table classes other than STANDARD"
    TIME_TO_LIVE = "time to live"
    TAGS = "tags"
    LIST_TABLES = "lists of tables"
    CONSUMED_CAPACITY = "consumed capacity"
    #: No operation needs it yet: a later release of the core will read streams.
    STREAMS = "event streams"


@record
class TableOptions:
    """The connection settings of a model's ``Table``.

    ``by_scheme`` has the options for each backend, by the backend's name. ``session_kwargs`` and
    ``resource_kwargs`` are boto3's, under the names that DynamORM 0.11 gave them. A backend takes its own
    and ignores the others: one model runs on every backend.
    """

    session_kwargs: Mapping[str, Any] = field(default_factory=dict)
    resource_kwargs: Mapping[str, Any] = field(default_factory=dict)
    by_scheme: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class BackendTraits:
    """The attributes and methods that both kinds of backends have. The core only reads the attributes."""

    #: What the backend can do beyond reading and writing items. Name each capability: ``frozenset(Capability)`` would
    #: also claim those that a later core adds. Whatever needs a capability that is not named here is refused with
    #: :meth:`unsupported`, and never ignored or done in another way.
    capabilities: frozenset[Capability] = frozenset()
    #: The capabilities that a later release of the backend will have. Refusing one of these says "not yet" in place of
    #: "can't".
    planned: frozenset[Capability] = frozenset()
    #: How many operations of one batch are worth running at once, if the backend takes concurrent calls. A program may
    #: choose another number when it connects.
    max_concurrency: int = 10

    def describe(self, *, account: bool = False) -> str | None:
        """Return a description of where operations go; ``None`` if the URL of the connection already says it.

        With *account*, include the account, if the backend has accounts. That may cost a request, so it is
        asked for only before something is written. An account that can't be found out is no error. It may
        block, also in a backend for event loops: commands call it, which have no event loop.
        """
        return None

    def unsupported(self, capability: Capability) -> Unsupported:
        """Return the exception to raise when an operation needs a *capability* that the backend does not have.

        It is a :class:`~dynamorm.exceptions.NotYetSupported` if the capability is planned.
        """
        name = type(self).__name__
        if capability in self.planned:
            return NotYetSupported(f"{name} does not support {capability.value} yet. A later release will.")
        return Unsupported(f"{name} can't do this: it does not support {capability.value}.")


class Backend(BackendTraits, ABC):
    """Executes operations, for any thread that calls it. As a context manager, it closes itself."""

    @abstractmethod
    def execute(self, operation: Operation[Result]) -> Result:
        """Execute one *operation* and return its result.

        Either all that the operation asks for happens, or an exception of :mod:`dynamorm.exceptions` is
        raised and nothing was written. Raise ``ConditionFailed`` for a failed condition, ``TableNotFound`` for
        a missing table, ``Unsupported`` for an operation that the backend does not know. Make the exception of
        an SDK or a database the ``__cause__``, and keep the values of items out of messages.

        A backend that sends a request again by itself sets ``retries`` and ``unconfirmed_attempts`` of each exception
        that ends it: the core tells from them whether a failed condition may be about the program's own write.
        """

    @abstractmethod
    def close(self) -> None:
        """Release connections and files.

        Later calls of :meth:`execute` raise ``BackendClosed``; closing twice is no error.
        """

    def configured_for(self, options: TableOptions) -> Backend:
        """Return the backend for a table with these *options*: this one, unless it knows some of them.

        Return the same object for equal options, and close it together with this one.
        """
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncBackend(BackendTraits, ABC):
    """Executes operations, for any event loop that awaits it. It keeps the promises of :class:`Backend`.

    It belongs to no event loop: what depends on one, such as open connections, it keeps apart for each loop.
    """

    @abstractmethod
    async def execute(self, operation: Operation[Result]) -> Result:
        """Execute one *operation* and return its result, as :meth:`Backend.execute` does.

        A write that is cancelled while it waits may have been carried out.
        """

    @abstractmethod
    async def close(self) -> None:
        """Release connections and files, as :meth:`Backend.close` does. Any event loop may call it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def configured_for(self, options: TableOptions) -> AsyncBackend:
        """Return the backend to use for a table with these *options*: this one, unless it knows them."""
        return self


@record
class BackendAddress:
    """A backend's URL in parts: ``boto3://eu-west-1`` has the location ``"eu-west-1"``.

    ``location`` is all that follows ``scheme://``, as it was given, without the core's own option ``table_prefix``;
    ``""`` when the backend was named without a URL. ``text`` is the whole URL or name, for messages: without a user, a
    password and a query, which may be secrets. ``max_concurrency`` is how many operations the program
    wants to run at once, ``None`` when it did not say: a backend that keeps connections open can prepare for it.
    """

    scheme: str
    location: str
    text: str
    max_concurrency: int | None = None


@record
class BackendProvider:
    """A light description of a backend: making one must not import the backend's library.

    ``name`` is the entry point's name and the URL scheme. ``contract`` is the major version of the contract
    that the plugin was made for, as a literal number.

    ``connect`` gets the address and the keyword arguments of ``dynamorm.connect``. It may import what it needs.
    It raises ``BackendMisconfigured`` for settings that can't work, an unknown option among them, and
    ``BackendUnavailable`` when it can't open the backend.

    ``connect_async`` does the same for event loops. It is a plain function, which the core calls in a thread of its own
    when the first operation is awaited. Its third argument is the backend that ``connect`` has opened for this
    connection, for the two to share what they can: items that are kept in memory, say.

    Either of the two functions may be missing (``None``). Without ``connect_async`` the core runs the backend in
    threads. Without ``connect``, operations can only be awaited; ``connect_async`` opens the connection then, and its
    third argument is ``None``.

    ``capabilities`` are those of the backend where they are known without opening it, else ``None``. The core
    shows them to people and asks the open backend for its own.
    """

    name: str
    contract: int
    connect: Callable[[BackendAddress, Mapping[str, Any]], Backend] | None = None
    connect_async: Callable[[BackendAddress, Mapping[str, Any], Backend | None], AsyncBackend] | None = None
    capabilities: frozenset[Capability] | None = None
