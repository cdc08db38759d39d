"""Run the suite's tests on faulty backends, many in one session of pytest."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest

from dynamorm.ports.backends import Backend
from dynamorm.testing import BackendConformance
from tests.conformance.seeded_backend_faults.faults import Fault, Faulty

#: Plugins that the inner runs do without: importing Hypothesis takes longer than most of them.
OPTIONS = (
    "-p",
    "no:asyncio",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:hypothesispytest",
    "-p",
    "no:xdist",
    "--tb=line",
    "-q",
)
HEALTHY = "the healthy backend"


class Outcomes:
    """A plugin of the inner run: it selects tests, and ends each class with its first failure."""

    def __init__(self, selected: Mapping[str, Sequence[str]]) -> None:
        self._selected = selected
        #: The first failed test of each class, with the line that says why.
        self.failed: dict[str, str] = {}
        self.passed: dict[str, int] = defaultdict(int)
        self.others: dict[str, list[str]] = defaultdict(list)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests that can catch the fault of their class."""
        items[:] = [item for item in items if item.name.startswith(tuple(self._selected[_class_of(item.nodeid)]))]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what comes after the first failure."""
        if _class_of(item.nodeid) in self.failed:
            pytest.skip("caught already")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember the outcome of a test."""
        name = _class_of(report.nodeid)
        if report.failed:
            reason = getattr(getattr(report.longrepr, "reprcrash", None), "message", str(report.longrepr))
            self.failed.setdefault(name, f"{report.nodeid.rpartition('::')[2]}: {reason.splitlines()[0]}")
        elif report.skipped:
            self.others[name].append(report.nodeid)
        elif report.when == "call":
            self.passed[name] += 1


def _class_of(nodeid: str) -> str:
    return nodeid.split("::")[1]


def suite_of(make: Callable[[], Backend], tests: Sequence[str], seconds: float = 60) -> type:
    """Return a class with the tests of the suite that can be meant, for one backend."""

    @pytest.fixture(scope="class")
    def backend(_: object) -> Iterator[Backend]:
        with make() as opened:
            yield opened

    names = {name for name in dir(BackendConformance) if name.startswith("test_")}
    meant = {name for name in names for test in tests if name.startswith(test.partition("[")[0])}
    hidden = dict.fromkeys(names - meant)
    attributes = {
        **hidden,
        "backend": backend,
        "seconds_to_wait": seconds,
        "_reports_tiers": False,
        "__module__": __name__,
    }
    return type("Suite", (BackendConformance,), attributes)


def run(pytester: pytest.Pytester, faults: Sequence[Fault]) -> tuple[dict[str, str], Outcomes]:
    """Run what can catch each of the *faults*, and return what did, by their names; and the same on a healthy backend."""
    everything = sorted({test for fault in faults for test in fault.tests})
    classes = {
        f"TestFault{number}": suite_of(fault.make, fault.tests, fault.seconds) for number, fault in enumerate(faults)
    }
    selected: dict[str, Any] = {f"TestFault{number}": fault.tests for number, fault in enumerate(faults)}
    classes["TestHealthy"], selected["TestHealthy"] = suite_of(Faulty, everything), everything
    holder = ModuleType("faulty_backends")
    vars(holder).update({"__all__": [*classes], **classes})
    module = pytester.makepyfile(test_faults="from faulty_backends import *")
    outcomes = Outcomes(selected)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, holder.__name__, holder)
        pytester.inline_run(module, *OPTIONS, plugins=[outcomes])
    caught = {fault.name: outcomes.failed.get(f"TestFault{number}", "") for number, fault in enumerate(faults)}
    return caught, outcomes
