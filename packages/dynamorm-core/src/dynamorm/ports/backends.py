"""What a backend promises: it executes operations.

A backend author implements :class:`Backend` (two methods), describes it with a
:class:`BackendProvider`, and registers that through the hook ``dynamorm_register_backend``. The
suite in ``dynamorm.testing`` tells whether the promise is kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Any, Self, TypeVar

from dynamorm.data.capacity import CapacityDetail
from dynamorm.data.operations import Operation
from dynamorm.data.records import record

Result = TypeVar("Result")

#: The major version of this contract. A plugin states the one that it was made for.
CONTRACT_VERSION = 1


class Capability(Enum):
    """What a backend can do beyond reading and writing items. What it does not state, it refuses."""

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


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What a model's ``Table`` says about its connection.

    ``session_kwargs`` and ``resource_kwargs`` configure boto3; other backends ignore them.
    """

    session_kwargs: Mapping[str, Any] = field(default_factory=dict)
    resource_kwargs: Mapping[str, Any] = field(default_factory=dict)


class Backend(ABC):
    """Executes operations, for any thread that calls it.

    It is also a context manager that closes itself.
    """

    #: What it can do beyond the reading and writing of items.
    capabilities: frozenset[Capability] = frozenset()
    #: What every operation on items is to tell of its costs. Whoever opens the backend sets it; the runners of DynamORM ask each
    #: operation for it, so that ``execute`` need look at the operation alone.
    return_consumed_capacity: CapacityDetail = "NONE"
    #: How many operations of one batch run at once, if it takes calls from several threads. Whoever opens the backend may set it.
    connections: int = 10

    @abstractmethod
    def execute(self, operation: Operation[Result]) -> Result:
        """Carries out one *operation* and answers its result.

        Either all that the operation asks for happens, or an exception of
        :mod:`dynamorm.exceptions` is raised and nothing was written. A failed condition raises
        ``ConditionFailed``, a missing table ``TableNotFound``, an operation that this backend does
        not know ``Unsupported``. An exception of an SDK or a database is its ``__cause__``.
        """

    @abstractmethod
    def close(self) -> None:
        """Releases connections and files; later calls of :meth:`execute` raise ``BackendClosed``.

        Closing twice is no error.
        """

    def configured_for(self, options: TableOptions) -> Backend:
        """The backend to use for a table with these *options*: this one, unless it knows them."""
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncBackend(ABC):
    """The twin of :class:`Backend` for an event loop, with the same promises."""

    capabilities: frozenset[Capability] = frozenset()
    return_consumed_capacity: CapacityDetail = "NONE"
    connections: int = 10

    @abstractmethod
    async def execute(self, operation: Operation[Result]) -> Result:
        """Carries out one *operation* and answers its result, as :meth:`Backend.execute` does."""

    @abstractmethod
    async def close(self) -> None:
        """Releases connections and files, as :meth:`Backend.close` does."""

    def configured_for(self, options: TableOptions) -> AsyncBackend:
        """Return the backend to use for a table with these *options*: this one, unless it knows them."""
        return self


@record
class BackendAddress:
    """A backend's URL in parts: ``boto3://eu-west-1`` has the location ``"eu-west-1"``.

    ``location`` is all that follows ``scheme://``, unquoted by nobody; ``""`` when the backend was
    named without a URL. ``text`` is the URL or name as it was given, for messages.
    """

    scheme: str
    location: str
    text: str


@record
class BackendProvider:
    """A light description of a backend: making one must not import its library.

    ``name`` is also the URL scheme and the entry point's name. ``connect`` gets the address and the
    keyword arguments of ``dynamorm.connect``, and may import what it needs; it raises
    ``BackendMisconfigured`` or ``BackendUnavailable``. ``contract`` is the major version of the
    contract that the plugin was made for, as a literal number.
    """

    name: str
    contract: int
    connect: Callable[[BackendAddress, Mapping[str, Any]], Backend]
