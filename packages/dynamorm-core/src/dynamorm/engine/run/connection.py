"""A connection: a plugin's backend, and what the core itself has to know of it."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from dynamorm.data.capacity import CapacityDetail
from dynamorm.data.operations import Operation
from dynamorm.engine.run.call import execute, execute_async
from dynamorm.engine.run.connection_options import check_rate
from dynamorm.engine.run.rate_limits import RateLimit, limiter_of
from dynamorm.engine.run.recording import recorder_in_force
from dynamorm.exceptions import BackendClosed
from dynamorm.ports.backends import AsyncBackend, Backend, BackendAddress, Capability, TableOptions
from dynamorm.ports.processes import ForkSafeLock

if TYPE_CHECKING:
    # Imported when an operation is awaited.
    from dynamorm.engine.run.async_door import AsyncDoor
    from dynamorm.engine.run.rates.limiters import Limiter

Result = TypeVar("Result")


class Connection:
    """A connection to a backend, as :func:`~dynamorm.connect` and :func:`~dynamorm.using` open it.

    It serves verbs that block and verbs that are awaited. As a context manager, with ``with`` or ``async with``, it
    closes itself.
    """

    #: The plugin's own object, with whatever else that offers, such as boto3's client.
    backend: Backend
    #: What each operation is asked to tell of its costs: ``"NONE"``, ``"TOTAL"`` for each table's units, ``"INDEXES"``
    #: for each index's too. A program may set it at any time.
    return_consumed_capacity: CapacityDetail
    #: What stands in front of the name of each model's table. Operations that a program executes by itself have
    #: complete names.
    table_prefix: str

    def __init__(
        self,
        backend: Backend | AsyncBackend,
        *,
        address: BackendAddress | None = None,
        max_concurrency: int | None = None,
        return_consumed_capacity: CapacityDetail = "NONE",
        connect_async: Callable[[], AsyncBackend] | None = None,
        table_prefix: str = "",
        rate: RateLimit | None = None,
        around_pinned: Callable[[Connection], Connection] | None = None,
        has_options: bool = False,
    ) -> None:
        #: What makes the connection that is used in place of one that a table names, while this one is in force.
        self.around_pinned = around_pinned
        self.backend = _synchronous(backend) if isinstance(backend, AsyncBackend) else backend
        self.return_consumed_capacity = return_consumed_capacity
        self.table_prefix = table_prefix
        self._rate = rate
        #: The limiter of all operations.
        self.limiter: Limiter | None = None if rate is None else limiter_of(rate)
        #: The limiters of the tables whose models have a limit of their own, by the names of the tables.
        self.limiters_of_tables: dict[str, tuple[Limiter, ...]] = {}
        self._address = address
        self._has_options = has_options
        self._text = type(backend).__name__ if address is None else address.text
        self._max_concurrency = max_concurrency
        self._connect_async = connect_async
        self._door: AsyncDoor | None = None
        self._closed = False
        self._lock = ForkSafeLock()
        if isinstance(backend, AsyncBackend):
            # It is open already, and is to be closed even if nothing is ever awaited.
            self._make_door()
        self._tables: tuple[Connection, ...] = ()

    def __repr__(self) -> str:
        return f"<Connection to '{self._text}'>"

    def describe(self, *, account: bool = False) -> str:
        """Return a description of where operations go: ``boto3://eu-west-1, account 123456789012``.

        With *account*, it includes the account, if the backend has accounts; boto3's sends a request to find out.
        """
        return self.backend.describe(account=account) or self._text

    @property
    def place(self) -> str | None:
        """Where operations go, the same for each connection there; ``None`` if the URL does not tell it alone.

        Options may lead elsewhere: to another endpoint, or to another account.
        """
        if self._address is None or self._has_options:
            return None
        from dynamorm.engine.run.places import place_of  # deferred: start-up cost

        place = place_of(self.describe())
        return None if place is None else f"{self._address.scheme}: {place}"

    @property
    def scheme(self) -> str | None:
        """The name of the backend that it was opened by; ``None`` for a backend that was open already."""
        return None if self._address is None else self._address.scheme

    @property
    def rate(self) -> RateLimit | None:
        """The rate limit of all operations; ``None`` for no limit. A program may set it at any time."""
        return self._rate

    @rate.setter
    def rate(self, rate: RateLimit | None) -> None:
        check_rate(self._text, rate)
        self._rate = rate
        self.limiter = None if rate is None else limiter_of(rate)

    def limit_table(self, table: str, limit: RateLimit) -> None:
        """Have all operations on a *table* keep a *limit* of rate, which a model has for its table."""
        limiter, limiters = limiter_of(limit), self.limiters_of_tables.get(table, ())
        if limiter not in limiters:
            self.limiters_of_tables[table] = (*limiters, limiter)

    @property
    def is_closed(self) -> bool:
        """True if the connection was closed."""
        return self._closed

    @property
    def capabilities(self) -> frozenset[Capability]:
        """The capabilities of the backend beyond reading and writing items."""
        return self.backend.capabilities

    @property
    def max_concurrency(self) -> int:
        """The number of operations of one batch that run in parallel: 1 unless the backend takes concurrent calls."""
        if Capability.CONCURRENT_CALLS not in self.backend.capabilities:
            return 1
        return self._max_concurrency or self.backend.max_concurrency

    def execute(self, operation: Operation[Result]) -> Result:
        """Execute one *operation* and return its result. It counts for budgets and rates, and observers see it.

        Raises:
            BudgetExceeded: A budget does not allow it.
            RateExceeded: It would have to wait longer than its rate limit allows.
        """
        if (recorder := recorder_in_force.get()) is not None:
            recorder.record(operation)
        return execute(self, operation)

    async def aexecute(self, operation: Operation[Result]) -> Result:
        """Await one *operation* and return its result, as :meth:`execute` does."""
        if (recorder := recorder_in_force.get()) is not None:
            recorder.record(operation)
        return await execute_async(self, operation)

    @property
    def opened_async_backend(self) -> AsyncBackend | None:
        """The backend for event loops, once it is open; else ``None``."""
        return None if self._door is None else self._door.backend

    async def async_backend(self) -> AsyncBackend:
        """Return the backend for event loops: the plugin's own, or the synchronous one in threads.

        The first call opens it. Raises :class:`~dynamorm.exceptions.BackendClosed`, and what the plugin raises for it.
        """
        return await self._usable_door().opened()

    def for_table(self, options: TableOptions) -> Connection:
        """Return the connection for a table with these *options*: this one, unless its backend knows some of them.

        It is the same for equal options, and is closed together with this one.
        """
        configured = self.backend.configured_for(options)
        if configured is self.backend:
            return self
        table = self._known(configured) or self._derive(configured, options)
        table.return_consumed_capacity = self.return_consumed_capacity
        table.rate = self.rate
        return table

    def close(self) -> None:
        """Close the backend. Operations raise :class:`~dynamorm.exceptions.BackendClosed` from then on."""
        try:
            for door in self._doors():
                door.close()
        finally:
            self.backend.close()

    async def aclose(self) -> None:
        """Close the backend, as :meth:`close` does, and wait for its asynchronous side too."""
        from dynamorm.engine.run.event_loops import is_loop_running

        if not is_loop_running():
            # Under trio, say. No awaited verb works there, and at the end of a block that is the error to be seen.
            self.close()
            return
        from contextlib import AsyncExitStack

        from dynamorm.ports.threads import SharedCall

        # All are closed, also when the task is cancelled meanwhile.
        async with AsyncExitStack() as closing:
            closing.push_async_callback(SharedCall[None]("dynamorm-close").result, self.backend.close)
            for door in reversed(self._doors()):
                closing.push_async_callback(door.aclose)

    def release(self) -> None:
        """End the threads that the core has begun for the backend, which stays open."""
        for each in (*self._tables, self):
            if each._door is not None:
                each._door.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _doors(self) -> list[AsyncDoor]:
        """Return the doors that may be open, to be closed; no other opens from now on."""
        doors = []
        for each in (*self._tables, self):
            with each._lock:
                each._closed = True
                if each._door is not None:
                    doors.append(each._door)
        return doors

    def _usable_door(self) -> AsyncDoor:
        return self._door or self._make_door()

    def _make_door(self) -> AsyncDoor:
        from dynamorm.engine.run.async_door import AsyncDoor, AsyncOnlyBackend

        with self._lock:
            if self._door is None:
                if self._closed:
                    raise BackendClosed(
                        f"The connection '{self._text}' was closed. Connect again with dynamorm.connect()."
                    )
                opened = self.backend.awaited if isinstance(self.backend, AsyncOnlyBackend) else None
                self._door = AsyncDoor(self.backend, self._connect_async, self._max_concurrency, self._text, opened)
            return self._door

    def _known(self, configured: Backend) -> Connection | None:
        for table in self._tables:
            if table.backend is configured:
                return table
        return None

    def _derive(self, configured: Backend, options: TableOptions) -> Connection:
        with self._lock:
            table = self._known(configured)
            if table is None:
                table = Connection(
                    configured,
                    address=self._address,
                    max_concurrency=self._max_concurrency,
                    table_prefix=self.table_prefix,
                    rate=self.rate,
                    connect_async=None
                    if self._connect_async is None
                    else lambda: self._usable_door().open().configured_for(options),
                )
                self._tables = (*self._tables, table)
            return table


def _synchronous(backend: AsyncBackend) -> Backend:
    from dynamorm.engine.run.async_door import AsyncOnlyBackend

    return AsyncOnlyBackend(backend)
