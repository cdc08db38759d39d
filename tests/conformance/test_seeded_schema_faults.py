"""Each of many seeded faults of schema adapters is caught by the suite, by tests that the healthy library passes."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from types import ModuleType

import pytest

from dynamorm.testing import SchemaConformance, SchemaLibrary
from tests.conformance.seeded_schema_faults import of_calls, of_fields, of_items, of_nested, of_plugins, of_values
from tests.conformance.seeded_schema_faults.faults import HEALTHY, Fault

pytest_plugins = ["pytester"]

FAULTS: tuple[Fault, ...] = (
    *of_plugins.FAULTS,
    *of_fields.FAULTS,
    *of_values.FAULTS,
    *of_items.FAULTS,
    *of_calls.FAULTS,
    *of_nested.FAULTS,
)
#: Hypothesis is imported anew for each run of pytest within pytest, which takes longer than the run.
OPTIONS = ("-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist", "--tb=no", "-q")


class Outcomes:
    """The outcomes of the tests of each class."""

    def __init__(self) -> None:
        self.by_class: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember the outcome of a test; an error in its fixtures is an ``error``."""
        _, class_name, test = report.nodeid.split("[")[0].split("::")
        if report.when == "call" or report.skipped:
            self.by_class[class_name][test].add(report.outcome)
        elif report.failed:
            self.by_class[class_name][test].add("error")


def suite_of(library: SchemaLibrary, tests: Iterable[str]) -> type:
    """A class with a few *tests* of the suite, for one library."""

    @pytest.fixture(scope="class", name="library")
    def _library(_: object) -> SchemaLibrary:
        return library

    selected = {name: getattr(SchemaConformance, name) for name in (*tests, "nested")}
    return type("Selected", (), {**selected, "library": _library})


def run(pytester: pytest.Pytester, suites: dict[str, type]) -> Outcomes:
    """Runs all classes in one session."""
    outcomes = Outcomes()
    module = pytester.makepyfile(test_faults="from faults_to_run import *")
    holder = ModuleType("faults_to_run")
    vars(holder).update(suites)
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sys.modules, "faults_to_run", holder)
        pytester.inline_run(str(module), *OPTIONS, plugins=[outcomes])
    return outcomes


def test_each_fault_is_another() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names)) >= 40


def test_each_fault_is_caught(pytester: pytest.Pytester) -> None:
    suites = {f"Test{index}": suite_of(fault.seeded(), fault.caught_by) for index, fault in enumerate(FAULTS)}
    outcomes = run(pytester, suites).by_class
    caught = {
        fault.name: [test for test, found in outcomes[f"Test{index}"].items() if found & {"failed"}]
        for index, fault in enumerate(FAULTS)
    }
    missed = {
        fault.name: [
            (test, outcomes[f"Test{index}"][test]) for test in fault.caught_by if test not in caught[fault.name]
        ]
        for index, fault in enumerate(FAULTS)
    }
    assert {name: tests for name, tests in missed.items() if tests} == {}


def test_healthy_libraries_pass_the_same_tests(pytester: pytest.Pytester) -> None:
    tests: dict[str, set[str]] = {name: set() for name in HEALTHY}
    for fault in FAULTS:
        tests[fault.on].update(fault.caught_by)
    suites = {f"Test{name.title()}": suite_of(HEALTHY[name](), sorted(found)) for name, found in tests.items()}
    outcomes = run(pytester, suites).by_class
    wrong = {
        (name, test): found
        for name, found_by_test in outcomes.items()
        for test, found in found_by_test.items()
        if "passed" not in found or found & {"failed", "error"}
    }
    assert wrong == {}
    assert {name: set(found) for name, found in outcomes.items()} == {
        f"Test{name.title()}": found for name, found in tests.items()
    }
