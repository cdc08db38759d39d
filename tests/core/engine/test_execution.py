"""What an operation is asked to tell of its costs: as much as someone wants to know, and nothing when nobody does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dynamorm import budget, observe
from dynamorm.data import (
    CapacityDetail,
    ConsumedCapacity,
    DescribeTable,
    GetItem,
    ItemResult,
    KeyAttribute,
    Operation,
    TableDescription,
    TableSpec,
)
from dynamorm.engine.plans.steps import Plan
from dynamorm.exceptions import BudgetExceeded, NotYetSupported, Unsupported
from dynamorm.ports.backends import Capability
from dynamorm.ports.hooks import hookimpl
from tests.core.engine.runners import Runner
from tests.support.backends import ScriptedBackend

GET = GetItem("books", {"isbn": "1"})
ANSWER = ItemResult(None, (ConsumedCapacity("books", 0.5),), 2)


def only(operation: Operation[Any]) -> Plan[Any]:
    result: Any = yield operation
    return result


class Measuring:
    """Takes the consumed capacity, and all else that there is to be known."""

    def __init__(self) -> None:
        self.told: list[tuple[int, tuple[ConsumedCapacity, ...], int]] = []

    @hookimpl
    def dynamorm_operation_done(
        self, retries: int, consumed_capacity: tuple[ConsumedCapacity, ...], items: int
    ) -> None:
        self.told.append((retries, consumed_capacity, items))


class Timing:
    """Takes something else."""

    @hookimpl
    def dynamorm_operation_done(self, operation: Operation[Any], seconds: float) -> None:
        pass


def sent(runner: Runner, operation: Operation[Any], setting: CapacityDetail = "NONE") -> Operation[Any]:
    backend = ScriptedBackend(ANSWER)
    assert runner.run(only(operation), backend, setting) is ANSWER
    (only_one,) = backend.sent
    return only_one


def test_nothing_is_asked_when_nobody_wants_to_know(runner: Runner) -> None:
    assert sent(runner, GET) is GET


def test_observer_of_something_else_has_nothing_asked(runner: Runner) -> None:
    with observe(Timing()):
        assert sent(runner, GET) is GET


def test_observer_of_capacity_has_the_total_asked(runner: Runner) -> None:
    with observe(Timing()), observe(Measuring()):
        assert sent(runner, GET) == replace(GET, return_consumed_capacity="TOTAL")
    assert sent(runner, GET) is GET


def test_budget_has_the_total_asked(runner: Runner) -> None:
    with budget():
        assert sent(runner, GET) == replace(GET, return_consumed_capacity="TOTAL")


@pytest.mark.parametrize("setting", ["TOTAL", "INDEXES"])
def test_setting_of_the_connection_is_asked(runner: Runner, setting: CapacityDetail) -> None:
    assert sent(runner, GET, setting) == replace(GET, return_consumed_capacity=setting)


def test_most_of_what_is_wanted_is_asked(runner: Runner) -> None:
    asking = replace(GET, return_consumed_capacity="INDEXES")
    with budget(), observe(Measuring()):
        assert sent(runner, GET, "INDEXES") == asking
        assert sent(runner, asking) is asking
    assert sent(runner, asking, "TOTAL") is asking


def test_operation_on_a_table_is_not_asked(runner: Runner) -> None:
    description = TableDescription(TableSpec("books", KeyAttribute("isbn", "S")), "ACTIVE")
    backend, observer = ScriptedBackend(description), Measuring()
    with observe(observer):
        assert runner.run(only(DescribeTable("books")), backend, "INDEXES") is description
    assert backend.sent == [DescribeTable("books")]
    assert observer.told == [(0, (), 0)]


def test_observer_is_told_what_the_result_tells(runner: Runner) -> None:
    observer = Measuring()
    with observe(observer):
        sent(runner, GET)
    assert observer.told == [(2, ANSWER.consumed_capacity, 0)]


@pytest.fixture
def without_capacity() -> ScriptedBackend:
    """A backend that does not report consumed capacity."""
    backend = ScriptedBackend(ItemResult(None))
    backend.capabilities = frozenset()
    return backend


@pytest.mark.parametrize("setting", ["TOTAL", "INDEXES"])
def test_setting_that_the_backend_lacks_is_refused_before_anything_is_sent(
    runner: Runner, without_capacity: ScriptedBackend, setting: CapacityDetail
) -> None:
    with pytest.raises(
        Unsupported,
        match=rf"^return_consumed_capacity='{setting}' needs .* does not\. Nothing was sent\. Connect without it",
    ):
        runner.run(only(GET), without_capacity, setting)
    assert without_capacity.sent == []


def test_budget_of_capacity_that_the_backend_lacks_is_refused_before_anything_is_sent(
    runner: Runner, without_capacity: ScriptedBackend
) -> None:
    without_capacity.planned = frozenset({Capability.CONSUMED_CAPACITY})
    message = r"^dynamorm\.budget\(capacity=…\) needs .* does not\. Nothing was sent\. .*budget\(requests=…\)"
    with budget(capacity=5), budget(), pytest.raises(NotYetSupported, match=message):
        runner.run(only(GET), without_capacity)
    assert without_capacity.sent == []


def test_budget_of_requests_needs_no_capability(runner: Runner, without_capacity: ScriptedBackend) -> None:
    with budget(requests=1) as spent:
        runner.run(only(GET), without_capacity)
        with pytest.raises(BudgetExceeded):
            runner.run(only(GET), without_capacity)
    assert (spent.requests, spent.capacity) == (1, 0.5)
    assert without_capacity.sent == [GET]


def test_observer_of_capacity_does_not_ask_a_backend_that_lacks_it(
    runner: Runner, without_capacity: ScriptedBackend
) -> None:
    observer = Measuring()
    with observe(observer):
        runner.run(only(GET), without_capacity)
    assert without_capacity.sent == [GET]
    assert observer.told == [(0, (), 0)]


def test_operation_on_a_table_needs_no_capability(runner: Runner, without_capacity: ScriptedBackend) -> None:
    with budget(capacity=0):
        runner.run(only(DescribeTable("books")), without_capacity, "TOTAL")
    assert without_capacity.sent == [DescribeTable("books")]
