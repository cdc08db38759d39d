"""What happens to the operations of a test: the rules, and the log of what happened, for all threads and tasks."""

from __future__ import annotations

from functools import partial
from threading import RLock
from typing import Any, NamedTuple

from dynamorm.data.operations import Operation
from dynamorm.data.records import replace
from dynamorm.exceptions import (
    BackendMisconfigured,
    BackendUnavailable,
    ConditionFailed,
    DynamoException,
    Throttled,
    TransactionCancelled,
)
from dynamorm.testing.faults.fault_rules import FixedRule, Rule
from dynamorm.testing.faults.kinds import Fault
from dynamorm.testing.faults.lagging import LaggingIndex, send_followed
from dynamorm.testing.faults.matching import Matcher
from dynamorm.testing.faults.operations import WRITES
from dynamorm.testing.faults.steps import Begin, Course, SentAgain, send
from dynamorm.wire.subjects import tables_of


class InjectedFault(NamedTuple):
    """A fault that happened to an operation. It equals a tuple of these three strings.

    Attributes:
        kind: The kind of the fault: the name of the method that added it, such as ``"throttle"``.
        action: DynamoDB's name of the operation, such as ``"PutItem"``.
        table: The table, as its model names it; of several tables all, with commas.
    """

    kind: str
    action: str
    table: str


class Script:
    """The rules of a test, and what happened. *prefix* is that of the connection's tables."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._rules: list[Rule] = []
        self._log: list[InjectedFault] = []
        # One that the test's own function may take again, by looking at the log.
        self._lock = RLock()

    @property
    def log(self) -> list[InjectedFault]:
        """What happened so far."""
        with self._lock:
            return list(self._log)

    def add(self, rule: Rule) -> None:
        """Add a rule, which comes after those that there are."""
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            rules, self._rules = self._rules, []
        for index, _ in _lagging(rules):
            index.close()

    def close(self) -> None:
        """Delete the copies of tables whose indexes lag. The rules stay: whether they were used may be asked later."""
        for index, _ in _lagging(self._rules):
            index.close()

    def catch_up(self, name: str | None) -> None:
        """Let the indexes with this *name*, or all, show what was written."""
        with self._lock:
            faults = [rule.fault for rule in self._rules if isinstance(rule, FixedRule)]
        indexes = [fault for fault in faults if isinstance(fault, LaggingIndex) and name in {None, fault.index}]
        if name is not None and not indexes:
            raise BackendMisconfigured(f"catch_up: no index '{name}' lags. Add that with stale_index('{name}').")
        for index in indexes:
            index.catch_up()

    def unused(self) -> list[str]:
        """Return the rules that were not used as often as they say, or never."""
        with self._lock:
            return [str(rule) for rule in self._rules if not rule.used or (rule.times and rule.used < rule.times)]

    def course(self, operation: Operation[Any]) -> Course:
        """Return the course of an *operation*: as often as the backend itself would send it, and what happens then."""
        if not self._rules:
            return (yield from send(operation))
        retries = unconfirmed = 0
        while True:
            try:
                result = yield from self._attempt(operation)
            except SentAgain as again:
                retries += 1
                unconfirmed += again.is_unconfirmed
            except DynamoException as error:
                if retries:
                    _add_attempts(error, operation, retries, unconfirmed)
                raise
            else:
                return _with_retries(result, retries)

    def _attempt(self, operation: Operation[Any]) -> Course:
        for rule in list(self._rules):
            if isinstance(rule, FixedRule) and not rule.is_exhausted:
                yield from rule.fault.check(operation, rule.matcher)
        lagging = _lagging(self._rules)
        begin: Begin = partial(send_followed, indexes=lagging) if lagging else send
        for fault, matcher in reversed(self._chosen(operation)):
            begin = partial(fault.inject, matcher=matcher, begin=begin)
        return (yield from begin(operation))

    def _chosen(self, operation: Operation[Any]) -> list[tuple[Fault, Matcher]]:
        """Return what happens to an *operation*: all that let it go on, and the first that does not, in this order."""
        chosen: list[tuple[Fault, Rule]] = []
        has_ended = False
        with self._lock:
            for rule in self._rules:
                fault = rule.choose(operation, has_ended=has_ended)
                if fault is not None:
                    has_ended = has_ended or not fault.goes_on
                    chosen.append((fault, rule))
            if has_ended:
                chosen = [each for each in chosen if not _is_without_result(*each)]
            chosen.sort(key=lambda each: (isinstance(each[0], LaggingIndex), not each[0].goes_on))
            tables = ", ".join(each.removeprefix(self.prefix) for each in tables_of(operation))
            self._log += [InjectedFault(fault.kind, type(operation).__name__, tables) for fault, _ in chosen]
        return [(fault, rule.matcher) for fault, rule in chosen]


def _is_without_result(fault: Fault, rule: Rule) -> bool:
    """Return whether a *fault* does not happen because there is no result, and let its *rule* not count it."""
    if fault.shapes_result:
        rule.take_back()
    return fault.shapes_result


def _lagging(rules: list[Rule]) -> list[tuple[LaggingIndex, Matcher]]:
    return [
        (rule.fault, rule.matcher)
        for rule in rules
        if isinstance(rule, FixedRule) and isinstance(rule.fault, LaggingIndex) and not rule.is_exhausted
    ]


def _with_retries(result: Any, retries: int) -> Any:
    # Tables are described without them.
    return replace(result, retries=result.retries + retries) if retries and hasattr(result, "retries") else result


def _add_attempts(error: DynamoException, operation: Operation[Any], retries: int, unconfirmed: int) -> None:
    """Add to an *error* the attempts that the backend made before it, as boto3's backend does."""
    error.retries += retries
    error.unconfirmed_attempts += unconfirmed
    if isinstance(error, Throttled):
        error.tries = 1 + error.retries
    # The core says what a failed condition means then, and a transaction has a token.
    told = (ConditionFailed, TransactionCancelled, BackendUnavailable)
    if unconfirmed and type(operation) in WRITES and not isinstance(error, told):
        message = f"{error} An attempt got no response or a server error, and may have been carried out."
        error.args = (message, *error.args[1:])
