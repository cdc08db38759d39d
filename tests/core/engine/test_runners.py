"""Both runners drive the same plans: results go in, exceptions are thrown in, streams are read lazily."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm.data import GetItem, ItemResult
from dynamorm.engine.plans.steps import Emit, Plan, Sleep, StreamPlan
from dynamorm.exceptions import TableNotFound, Throttled
from tests.core.engine.runners import Runner
from tests.support.backends import ScriptedBackend

FIRST, SECOND = GetItem("books", {"isbn": "1"}), GetItem("books", {"isbn": "2"})


def one_after_the_other() -> Plan[list[Any]]:
    first = yield FIRST
    second = yield SECOND
    return [first, second]


def forgiving() -> Plan[str]:
    try:
        yield FIRST
    except TableNotFound:
        result: ItemResult = yield SECOND
        return f"instead: {result.item}"
    return "not needed"


def patient() -> Plan[str]:
    yield Sleep(0.25)
    yield Sleep(2)
    return "rested"


def two_values() -> StreamPlan[str]:
    first: ItemResult = yield FIRST
    yield Emit(f"first: {first.item}")
    try:
        yield SECOND
    except Throttled:
        yield Emit("throttled")


def test_plan_is_sent_the_result_of_each_operation(runner: Runner) -> None:
    backend = ScriptedBackend("one", "two")
    assert runner.run(one_after_the_other(), backend) == ["one", "two"]
    assert backend.sent == [FIRST, SECOND]


def test_plan_may_handle_what_the_backend_raises(runner: Runner) -> None:
    backend = ScriptedBackend(TableNotFound("none"), ItemResult({"isbn": "2"}))
    assert runner.run(forgiving(), backend) == "instead: {'isbn': '2'}"


def test_what_no_plan_handles_reaches_the_caller(runner: Runner) -> None:
    backend = ScriptedBackend(Throttled("slower"))
    with pytest.raises(Throttled, match="slower"):
        runner.run(forgiving(), backend)
    assert backend.sent == [FIRST]


def test_fault_of_a_backend_is_thrown_past_the_plan(runner: Runner) -> None:
    backend = ScriptedBackend(ZeroDivisionError("fault"))
    with pytest.raises(ZeroDivisionError):
        runner.run(one_after_the_other(), backend)
    assert backend.sent == [FIRST]


def test_pause_waits_as_long_as_it_says(runner: Runner, pauses: list[float]) -> None:
    assert runner.run(patient(), ScriptedBackend()) == "rested"
    assert pauses == [0.25, 2]


def test_stream_goes_on_only_when_more_is_asked_for(runner: Runner) -> None:
    backend = ScriptedBackend(ItemResult(None), Throttled("slower"))
    emitted = runner.stream(two_values(), backend)
    assert backend.sent == []
    assert next(emitted) == "first: None"
    assert backend.sent == [FIRST]
    assert next(emitted) == "throttled"
    assert backend.sent == [FIRST, SECOND]
    assert list(emitted) == []


def test_stream_raises_where_it_stands(runner: Runner) -> None:
    emitted = runner.stream(two_values(), ScriptedBackend(ItemResult(None), TableNotFound("gone")))
    assert next(emitted) == "first: None"
    with pytest.raises(TableNotFound, match="gone"):
        next(emitted)


def test_stream_of_nothing_is_empty(runner: Runner) -> None:
    def silent() -> StreamPlan[str]:
        yield FIRST

    assert list(runner.stream(silent(), ScriptedBackend(ItemResult(None)))) == []
