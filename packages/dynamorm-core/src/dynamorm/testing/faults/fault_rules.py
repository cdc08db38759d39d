"""The rules of a test: which fault happens to which operations, and how often."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from random import Random
from typing import Any

from dynamorm.data.operations import BatchGet, BatchWrite, Operation
from dynamorm.testing.faults.kinds import (
    CANCELLATION_CODES,
    Cancellation,
    Conflict,
    Fault,
    LostRequest,
    LostResponse,
    ShortPages,
    Unprocessed,
)
from dynamorm.testing.faults.matching import Matcher
from dynamorm.testing.faults.operations import LEGAL, names_of
from dynamorm.testing.faults.throttling import Throttling

#: The kinds of faults that can happen at random.
RANDOM_KINDS = (
    "throttle",
    "leave_unprocessed",
    "cancel",
    "conflict",
    "short_pages",
    "lose_response",
    "lose_request",
)


@dataclass(slots=True, kw_only=True)
class Rule(ABC):
    """Decides what happens to operations. Whoever asks it holds a lock."""

    matcher: Matcher
    #: How often it happens; ``None`` for always.
    times: int | None
    used: int = field(default=0, init=False)

    @property
    def is_exhausted(self) -> bool:
        """Whether it happens no more."""
        return self.times is not None and self.used >= self.times

    @property
    def goes_on(self) -> bool:
        """Whether operations are carried out all the same."""
        return False

    def choose(self, operation: Operation[Any], *, has_ended: bool) -> Fault | None:
        """Return what happens to an *operation*, and count it; ``None`` for nothing.

        *has_ended* says whether something happens to it that does not let it go on.
        """
        if self.is_exhausted or (has_ended and not self.goes_on) or not self.matcher.matches(operation):
            return None
        fault = self._fault(operation)
        if fault is not None:
            self.used += 1
        return fault

    def take_back(self) -> None:
        """Do not count what was chosen last: it does not happen."""
        self.used -= 1

    @abstractmethod
    def _fault(self, operation: Operation[Any]) -> Fault | None:
        """Return what happens to an *operation* that matches."""

    @abstractmethod
    def __str__(self) -> str:
        """Return the rule as it was written, without values."""


@dataclass(slots=True, kw_only=True)
class FixedRule(Rule):
    """One fault, for each operation that it is for."""

    fault: Fault

    @property
    def goes_on(self) -> bool:
        """Whether operations are carried out all the same."""
        return self.fault.goes_on

    def _fault(self, operation: Operation[Any]) -> Fault | None:
        return self.fault if self.fault.fits(operation, self.matcher) else None

    def __str__(self) -> str:
        return f"{self.fault.kind} of {_described(self)}"


@dataclass(slots=True, kw_only=True)
class RandomRule(Rule):
    """Any of several kinds of faults, with a *probability*. It is the same with each seed that is the same."""

    probability: float
    kinds: tuple[str, ...]
    random: Random

    def _fault(self, operation: Operation[Any]) -> Fault | None:
        if self.random.random() >= self.probability:
            return None
        fitting = [kind for kind in self.kinds if type(operation) in LEGAL[kind][0]]
        if not fitting:
            return None
        fault = _drawn(self.random.choice(fitting), operation, self.random)
        return fault if fault.fits(operation, self.matcher) else None

    def __str__(self) -> str:
        return f"at_random of {_described(self)}"


def _described(rule: Rule) -> str:
    operations = rule.matcher.operations
    text = names_of(operations) if len(operations) <= 4 else f"{len(operations)} kinds of operations"
    if rule.matcher.table is not None:
        text += f" on table '{rule.matcher.table}'"
    if rule.matcher.key is not None:
        text += f" with a certain {' and '.join(rule.matcher.key)}"
    if rule.times is not None:
        text += f", {rule.times - rule.used} of {rule.times} left"
    return text


def _drawn(kind: str, operation: Operation[Any], random: Random) -> Fault:
    match kind:
        case "throttle":
            return Throttling()
        case "leave_unprocessed":
            assert isinstance(operation, (BatchGet, BatchWrite))
            return Unprocessed(random.randint(1, max(1, _size(operation) - 1)))
        case "cancel":
            return Cancellation(random.choice(list(CANCELLATION_CODES)))
        case "conflict":
            return Conflict()
        case "short_pages":
            return ShortPages(random.randint(1, 10))
        case "lose_response":
            return LostResponse()
    return LostRequest()


def _size(operation: BatchGet | BatchWrite) -> int:
    if isinstance(operation, BatchGet):
        return sum(len(each.keys) for each in operation.requests)
    return len(operation.requests)
