"""The kinds of faults, apart from throttling: what the service may do to an operation, and nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

from dynamorm.data.batches import BatchGetKeys
from dynamorm.data.operations import (
    BatchGet,
    BatchWrite,
    Operation,
    Query,
    Scan,
    TransactGet,
    TransactWrite,
)
from dynamorm.data.records import replace
from dynamorm.data.values import Item
from dynamorm.exceptions import (
    BackendUnavailable,
    DynamoTableException,
    RequestRejected,
    Throttled,
    TransactionConflict,
)
from dynamorm.testing.faults.matching import Matcher, single_reads
from dynamorm.testing.faults.steps import Begin, Course, SentAgain, Wait
from dynamorm.wire.errors import exception_for
from dynamorm.wire.subjects import subject_of

#: What the service answers when it refuses an operation.
_ANSWERS = (DynamoTableException, RequestRejected, Throttled, TransactionConflict)


class Fault(ABC):
    """Something that happens to an operation."""

    #: Its name, in the log and in messages.
    kind: ClassVar[str]
    #: Whether the operation is carried out all the same, so that another fault can happen to it too.
    goes_on: ClassVar[bool] = False
    #: Whether it is about the result of the operation, so that it does not happen to one without a result.
    shapes_result: ClassVar[bool] = False

    def check(self, operation: Operation[Any], matcher: Matcher) -> Course:
        """Refuse what can't happen, where only the tables of an *operation* tell."""
        yield from ()

    def fits(self, operation: Operation[Any], matcher: Matcher) -> bool:
        """Return whether it can happen to an *operation* that the *matcher* lets through."""
        return True

    @abstractmethod
    def inject(self, operation: Operation[Any], matcher: Matcher, begin: Begin) -> Course:
        """Let it happen to an *operation*; *begin* begins what happens without it."""


@dataclass(frozen=True, slots=True)
class Delay(Fault):
    """The operation takes longer."""

    kind: ClassVar[str] = "delay"
    goes_on: ClassVar[bool] = True
    seconds: float

    def inject(self, operation: Operation[Any], matcher: Matcher, begin: Begin) -> Course:
        """Wait before the operation is sent."""
        yield Wait(self.seconds)
        return (yield from begin(operation))


@dataclass(frozen=True, slots=True)
class ShortPages(Fault):
    """A page has fewer items than were asked for, and others follow."""

    kind: ClassVar[str] = "short_pages"
    goes_on: ClassVar[bool] = True
    shapes_result: ClassVar[bool] = True
    size: int

    def fits(self, operation: Operation[Any], matcher: Matcher) -> bool:
        """Return whether the page could be longer."""
        assert isinstance(operation, (Query, Scan))
        return operation.limit is None or operation.limit > self.size

    def inject(self, operation: Operation[Any], matcher: Matcher, begin: Begin) -> Course:
        """Read fewer items: the page says itself where the next one begins, as it has read some."""
        return (yield from begin(replace(operation, limit=self.size)))  # type: ignore[type-var]  # a record, by fits()


@dataclass(frozen=True, slots=True)
class LostResponse(Fault):
    """The operation is carried out, and its response is lost."""

    kind: ClassVar[str] = "lose_response"
    #: Whether the backend sends the request again by itself.
    retry: bool = False

    def inject(self, operation: Operation[Any], matcher: Matcher, begin: Begin) -> Course:
        """Carry the operation out, and fail: an answer that says why it was refused is lost as well."""
        with suppress(*_ANSWERS):
            yield from begin(operation)
        raise lost(operation, retry=self.retry)


@dataclass(frozen=True, slots=True)
class LostRequest(Fault):
    """The operation is not carried out, because the request is lost: for the program it is a lost response."""

    kind: ClassVar[str] = "lose_request"
    retry: bool = False

    def inject(self, operation: Operation[Any], matcher: Matcher, begin: Begin) -> Course:
        """Fail."""
        yield from ()
        raise lost(operation, retry=self.retry)


@dataclass(frozen=True, slots=True)
class Conflict(Fault):
    """A transaction is writing the same item."""

    kind: ClassVar[str] = "conflict"

    def inject(self, operation: Operation[Any], matcher: Matcher, begin: Begin) -> Course:
        """Fail. A transaction that meets another one is cancelled; what it may meet is its own first attempt."""
        yield from ()
        if isinstance(operation, TransactWrite):
            message = "Transaction with this token is already in progress"
            raise exception_for(operation, "TransactionInProgressException", message, {})
        message = "Transaction is ongoing for the item"
        raise exception_for(operation, "TransactionConflictException", message, {})


#: The codes with which a transaction can be cancelled whatever its conditions are, with the service's messages.
CANCELLATION_CODES = {
    "TransactionConflict": "Transaction is ongoing for the item",
    "ThrottlingError": "Throughput exceeds the current capacity for one or more global secondary indexes.",
    "ProvisionedThroughputExceeded": "The level of configured provisioned throughput for the table was exceeded.",
}


@dataclass(frozen=True, slots=True)
class Cancellation(Fault):
    """A transaction is cancelled because of one of its actions."""

    kind: ClassVar[str] = "cancel"
    code: str
    #: The place of the action; ``None`` for the first one that the fault is for.
    action: int | None = None

    def fits(self, operation: Operation[Any], matcher: Matcher) -> bool:
        """Return whether the transaction has the action."""
        return self.action is None or self.action < len(_actions(operation))

    def inject(self, operation: Operation[Any], matcher: Matcher, begin: Begin) -> Course:
        """Fail, with a reason for each action."""
        yield from ()
        actions = _actions(operation)
        meant = self.action
        if meant is None:
            meant = next((place for place, action in enumerate(actions) if matcher.has_part(action)), 0)
        reasons = [{"Code": "None"} for _ in actions]
        reasons[meant] = {"Code": self.code, "Message": CANCELLATION_CODES[self.code]}
        code = "TransactionCanceledException"
        raise exception_for(operation, code, "Transaction cancelled", {"CancellationReasons": reasons})


@dataclass(frozen=True, slots=True)
class Unprocessed(Fault):
    """A part of a batch is not processed."""

    kind: ClassVar[str] = "leave_unprocessed"
    #: How many of the requests that the fault is for are processed.
    keep: int

    def fits(self, operation: Operation[Any], matcher: Matcher) -> bool:
        """Return whether the batch has more requests than are processed."""
        if isinstance(operation, BatchWrite):
            return sum(map(matcher.has_part, operation.requests)) > self.keep
        assert isinstance(operation, BatchGet)
        return sum(matcher.has(each.table, key) for each, key in single_reads(operation.requests)) > self.keep

    def inject(self, operation: Operation[Any], matcher: Matcher, begin: Begin) -> Course:
        """Process the rest: the service fails where it can process nothing."""
        left: tuple[object, ...]
        if isinstance(operation, BatchWrite):
            writes = [(each, matcher.has_part(each)) for each in operation.requests]
            sent, left = self._divided(writes)
            result = yield from begin(replace(operation, requests=sent))
        else:
            assert isinstance(operation, BatchGet)
            reads = [(each, matcher.has(each[0].table, each[1])) for each in single_reads(operation.requests)]
            read, unread = self._divided(reads)
            result = yield from begin(replace(operation, requests=_joined(read)))
            left = _joined(unread)
        return replace(result, unprocessed=(*result.unprocessed, *left))

    def _divided(self, requests: Sequence[tuple[Any, bool]]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return the requests to send, and those to leave out: of those that are meant, all but the first ones."""
        sent, left, kept = [], [], 0
        for request, is_meant in requests:
            if is_meant and kept >= self.keep:
                left.append(request)
            else:
                sent.append(request)
                kept += is_meant
        return tuple(sent), tuple(left)


def lost(operation: Operation[Any], *, retry: bool) -> Exception:
    """Return what to raise when a request or its response is lost."""
    if retry:
        return SentAgain(is_unconfirmed=True)
    failure = BackendUnavailable(
        f"{subject_of(operation)} failed: no response arrived. If it was a write, it may have been carried out."
    )
    failure.unconfirmed_attempts = 1
    return failure


def _actions(operation: Operation[Any]) -> Sequence[Any]:
    assert isinstance(operation, (TransactGet, TransactWrite))
    return operation.gets if isinstance(operation, TransactGet) else operation.actions


def _joined(reads: Sequence[tuple[BatchGetKeys, Item]]) -> tuple[BatchGetKeys, ...]:
    keys: dict[int, list[Item]] = {}
    requests: dict[int, BatchGetKeys] = {}
    for request, key in reads:
        requests[id(request)] = request
        keys.setdefault(id(request), []).append(key)
    return tuple(replace(request, keys=tuple(keys[each])) for each, request in requests.items())
