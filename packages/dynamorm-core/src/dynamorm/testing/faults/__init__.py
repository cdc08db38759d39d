"""A backend to whose operations faults happen, for tests of what a program does about them."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any, Unpack

from dynamorm.data.operations import Operation
from dynamorm.engine.run.connections import Target, connection_to
from dynamorm.testing.faults import arguments
from dynamorm.testing.faults.arguments import Only, Operations
from dynamorm.testing.faults.backend import FaultyBackend
from dynamorm.testing.faults.fault_rules import RANDOM_KINDS, FixedRule, RandomRule
from dynamorm.testing.faults.kinds import (
    CANCELLATION_CODES,
    Cancellation,
    Conflict,
    Delay,
    Fault,
    LostRequest,
    LostResponse,
    ShortPages,
    Unprocessed,
)
from dynamorm.testing.faults.lagging import LaggingIndex
from dynamorm.testing.faults.matching import Matcher
from dynamorm.testing.faults.script import InjectedFault, Script
from dynamorm.testing.faults.throttling import Throttling

__all__ = ["Faults", "InjectedFault"]


class Faults(FaultyBackend):
    """A backend in front of another one, which lets faults happen to the operations that pass through it.

    Only what the service itself may do happens, so a program that can't cope with it can't cope with DynamoDB::

        faults = Faults("sqlite:///:memory:")
        faults.throttle(PutItem, times=2)
        faults.lose_response(TransactWrite, table="orders")
        with dynamorm.using(faults):
            ...
        assert faults.log == [("throttle", "PutItem", "orders"), …]
        faults.all_used()

    Without faults, it changes nothing. Verbs that block and verbs that are awaited see the same faults, in all threads
    and tasks.

    The methods that add faults take a class of operations, several of them, or ``Operation`` for all to which this can
    happen. A fault happens to what a verb sends: to a ``BatchWrite``, if items are put in a batch. ``times`` is how
    often it happens, ``None`` for always. These arguments narrow it down:

    - ``table``: the name of a table, as its model says it.
    - ``key``: a dict of attributes that the item has, or an item of the batch or transaction.
    - ``where``: a function that gets the operation, and returns whether the fault is for it.

    If there are several faults for an operation, the first one happens, and each one that only delays. Pages are short
    and indexes lag where an operation has a result.

    They raise :class:`~dynamorm.exceptions.BackendMisconfigured` for whatever can't happen.

    Args:
        backend: The URL or name of a backend, an open one, or a connection, whose ``table_prefix`` holds here as well.
        options: Those of :func:`dynamorm.connect`, for a URL or a name.
    """

    def __init__(self, backend: Target, **options: Any) -> None:
        connection = connection_to(backend, options)
        super().__init__(connection, Script(connection.table_prefix))

    def __repr__(self) -> str:
        return f"<Faults in front of {self._connection.backend!r}>"

    @property
    def log(self) -> list[InjectedFault]:
        """The faults that happened so far, in order: ``[("throttle", "PutItem", "books")]``."""
        return self._script.log

    def all_used(self) -> bool:
        """Return ``True`` if each fault has happened as often as it should: those without ``times``, at least once.

        Raises:
            AssertionError: Some have not: the message names them.
        """
        if unused := self._script.unused():
            raise AssertionError(f"These faults did not happen, or not as often as they should: {'; '.join(unused)}.")
        return True

    def clear(self) -> None:
        """Remove all faults. The log is kept."""
        self._script.clear()

    def catch_up(self, index: str | None = None) -> None:
        """Let the global indexes that lag, or the one with this name, show all that was written so far.

        Raises:
            BackendMisconfigured: No index of this name lags.
        """
        self._script.catch_up(index)

    def throttle(
        self,
        operations: Operations,
        *,
        reason: str | None = None,
        index: str | None = None,
        times: int | None = 1,
        retry: bool = False,
        **only: Unpack[Only],
    ) -> None:
        """Throttle operations: they are not carried out, and :class:`~dynamorm.exceptions.Throttled` is raised.

        Args:
            operations: The operations.
            reason: The service's reason, such as ``"TableWriteKeyRangeThroughputExceeded"``; ``None`` for none, as
                older services give none. One about reads of an index is for queries and scans of that.
            index: The name of the index that a reason is about. A reason about writes to an index needs it. It is
                refused when an operation is executed on a table without such an index: with ``table``, the others
                are left alone.
            times: How often.
            retry: Let the backend send the request again by itself, as boto3 does, instead of raising.
            only: ``table``, ``key`` and ``where``.
        """
        matcher = self._matcher("throttle", arguments.throttled(operations, reason), only)
        reason = arguments.reason(reason, index, matcher.operations)
        self._add(matcher, times, Throttling(reason, index, arguments.retry("throttle", retry, times)))

    def lose_response(
        self, operations: Operations, *, times: int | None = 1, retry: bool = False, **only: Unpack[Only]
    ) -> None:
        """Carry operations out, and lose the responses: ``BackendUnavailable`` says that this may have happened.

        *operations*, *times* and *only* are as for :meth:`throttle`.

        With *retry*, the backend sends the request again by itself, as boto3 does: the condition of a write fails then,
        if the write itself has made it false. ``may_be_own`` of :class:`~dynamorm.exceptions.ConditionFailed` tells.
        """
        matcher = self._matcher("lose_response", operations, only)
        self._add(matcher, times, LostResponse(arguments.retry("lose_response", retry, times)))

    def lose_request(
        self, operations: Operations, *, times: int | None = 1, retry: bool = False, **only: Unpack[Only]
    ) -> None:
        """Lose requests on their way: the operations are not carried out.

        The exception and the arguments are those of :meth:`lose_response`, because a program can't tell the two apart.
        """
        matcher = self._matcher("lose_request", operations, only)
        self._add(matcher, times, LostRequest(arguments.retry("lose_request", retry, times)))

    def leave_unprocessed(
        self, operations: Operations, *, keep: int = 1, times: int | None = 1, **only: Unpack[Only]
    ) -> None:
        """Process the first *keep* requests of a ``BatchWrite`` or ``BatchGet``, and leave the others unprocessed.

        *operations*, *times* and *only* are as for :meth:`throttle`.

        A batch of no more requests is not affected. There is always one that is processed: the service throttles a
        batch of which it can process nothing. With ``table`` or ``key``, only the requests that this is about count.
        """
        matcher = self._matcher("leave_unprocessed", operations, only)
        self._add(matcher, times, Unprocessed(arguments.count("leave_unprocessed", "keep", keep)))

    def cancel(
        self,
        operations: Operations,
        code: str = "TransactionConflict",
        *,
        action: int | None = None,
        times: int | None = 1,
        **only: Unpack[Only],
    ) -> None:
        """Cancel transactions: :class:`~dynamorm.exceptions.TransactionCancelled` has a reason for each action.

        Args:
            operations: ``TransactWrite``, ``TransactGet`` or both.
            code: The reason: ``"TransactionConflict"``, ``"ThrottlingError"`` or ``"ProvisionedThroughputExceeded"``,
                all of which are temporary. To see a failed condition, write an item that does not meet it.
            action: The place of the action that is the reason, from 0; ``None`` for the first that ``table`` or ``key``
                is about.
            times: How often. A verb tries a transaction again, up to eight times.
            only: ``table``, ``key`` and ``where``.
        """
        matcher = self._matcher("cancel", operations, only)
        if action is not None and (isinstance(action, bool) or not isinstance(action, int) or action < 0):
            raise arguments.wrong("cancel: action is the place of an action in the transaction, from 0.")
        self._add(matcher, times, Cancellation(arguments.code(code, CANCELLATION_CODES), action))

    def conflict(self, operations: Operations, *, times: int | None = 1, **only: Unpack[Only]) -> None:
        """Let writes find a transaction that is writing the same item: ``TransactionConflict``.

        *operations*, *times* and *only* are as for :meth:`throttle`.

        A verb tries such a write again, up to eight times. The transaction that a ``TransactWrite`` finds is its own
        earlier attempt, which has its token: because of others, the service cancels it, see :meth:`cancel`.
        """
        self._add(self._matcher("conflict", operations, only), times, Conflict())

    def short_pages(
        self, operations: Operations, size: int = 1, *, times: int | None = None, **only: Unpack[Only]
    ) -> None:
        """Let queries and scans read at most *size* items for each page, and say that there are more.

        A page whose items a filter leaves out is empty, and has the position of the next page, as DynamoDB's have.
        *operations*, *times* and *only* are as for :meth:`throttle`.
        """
        matcher = self._matcher("short_pages", operations, only)
        self._add(matcher, times, ShortPages(arguments.count("short_pages", "size", size)))

    def delay(self, operations: Operations, seconds: float, *, times: int | None = None, **only: Unpack[Only]) -> None:
        """Let operations wait for some *seconds* before they are sent: in their thread, or on the event loop.

        *operations*, *times* and *only* are as for :meth:`throttle`.
        """
        self._add(self._matcher("delay", operations, only), times, Delay(arguments.seconds(seconds)))

    def stale_index(self, index: str, *, by: int = 1, times: int | None = None, table: str | None = None) -> None:
        """Let reads of a global index show the items as they were *by* writes ago.

        Each item that is written counts as one write, of whichever key. Only writes that pass through this object are
        seen, from now on. :meth:`catch_up` lets the index show all of them; so does a read after *times* others.
        The copy that is read needs the distribution ``dynamorm-sqlite``.

        Args:
            index: The name of the index.
            by: How many writes it is behind.
            times: How many reads are behind.
            table: The name of the table, if several have an index of this name.
        """
        if not isinstance(index, str) or not index:
            raise arguments.wrong("stale_index: name the index, such as 'by-author'.")
        matcher = self._matcher("stale_index", Operation, {"table": table})
        self._add(matcher, times, LaggingIndex(index, arguments.count("stale_index", "by", by)))

    def at_random(
        self,
        probability: float,
        *,
        seed: int,
        kinds: Iterable[str] = RANDOM_KINDS,
        operations: Operations = Operation,
        times: int | None = None,
        **only: Unpack[Only],
    ) -> None:
        """Let faults happen at random, the same with each run that has the same *seed* and sends the same.

        Args:
            probability: How probable one is, for each operation on items: above 0, up to 1.
            seed: Begins the random numbers.
            kinds: The names of the methods for these faults. Without ``"lose_response"`` and ``"lose_request"``,
                batches and transactions end well, unless the probability is high.
            operations: The operations.
            times: How often at most.
            only: ``table``, ``key`` and ``where``.
        """
        matcher = self._matcher("at_random", operations, only)
        self._script.add(
            RandomRule(
                matcher=matcher,
                times=arguments.times("at_random", times),
                probability=arguments.probability(probability),
                kinds=arguments.kinds(kinds, RANDOM_KINDS, matcher.operations),
                random=Random(arguments.seed(seed)),
            )
        )

    def _matcher(self, kind: str, operations: Operations, only: Only) -> Matcher:
        return arguments.matcher(kind, operations, only, self._script.prefix)

    def _add(self, matcher: Matcher, times: int | None, fault: Fault) -> None:
        self._script.add(FixedRule(matcher=matcher, times=arguments.times(fault.kind, times), fault=fault))
