"""Each of many seeded faults of backends is caught by the suite, by tests that the healthy backend passes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import pytest

from tests.conformance.seeded_backend_faults import conditions, details, locks, promises, reads, tables, writes
from tests.conformance.seeded_backend_faults.faults import Fault
from tests.conformance.seeded_backend_faults.running import run

pytest_plugins = ["pytester"]

AREAS: dict[str, Sequence[Fault]] = {
    "conditions": conditions.FAULTS,
    "writes": writes.FAULTS,
    "reads": reads.FAULTS,
    "tables": tables.FAULTS,
    "promises": promises.FAULTS,
    "details": details.FAULTS,
    "locks": locks.FAULTS,
}


@pytest.fixture(autouse=True)
def _end_what_hangs() -> Iterator[None]:
    promises.ENOUGH.clear()
    yield
    promises.ENOUGH.set()


@pytest.mark.parametrize("faults", AREAS.values(), ids=AREAS)
def test_each_fault_is_caught(
    pytester: pytest.Pytester, faults: Sequence[Fault], capsys: pytest.CaptureFixture[str]
) -> None:
    caught, outcomes = run(pytester, faults)
    capsys.readouterr()
    sys.stdout.write("".join(f"{name} -> {test}\n" for name, test in caught.items()))
    assert [name for name, test in caught.items() if not test] == []
    assert outcomes.failed.get("TestHealthy") is None
    assert outcomes.others["TestHealthy"] == []
    assert outcomes.passed["TestHealthy"] >= len({test for fault in faults for test in fault.tests})


def test_right_locks_pass(pytester: pytest.Pytester) -> None:
    caught, outcomes = run(pytester, locks.HEALTHY)
    assert caught == {"one lock": "", "all locks of a transaction's tables": ""}
    assert [outcomes.passed[name] for name in ("TestFault0", "TestFault1")] == [2, 2]


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [fault.name for faults in AREAS.values() for fault in faults]
    assert len(names) == len(set(names)) >= 150
