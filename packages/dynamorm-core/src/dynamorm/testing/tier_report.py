"""The report of a conformance suite: which tiers a backend has kept, in pytest's summary.

Importing this module imports neither the suites nor the core. The suites note on each test what it belongs to, in its
``user_properties``, which pytest-xdist sends to the process that reports.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pytest

#: The name of the property of a test: the class, the test's tier, and the tiers of the class that are not tested.
PROPERTY: Final = "dynamorm_tier"
PLUGIN: Final = "dynamorm-tiers"
#: The tier of the tests that need no capability.
BASIC: Final = "basic"


def ensure_report(config: pytest.Config) -> None:
    """See that the tiers are reported at the end of the run, whether or not DynamORM's plugin for pytest is there."""
    if not config.pluginmanager.has_plugin(PLUGIN):
        config.pluginmanager.register(_Reporter(), PLUGIN)


class _Reporter:
    """Reports in the process that runs the tests. With pytest-xdist another process does, in ``dynamorm_pytest``."""

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        write_report(terminalreporter)


def write_report(reporter: pytest.TerminalReporter) -> None:
    """Write a paragraph for each class of the run's reports that notes its tiers."""
    classes: dict[str, _ClassReport] = {}
    for report in (each for reports in reporter.stats.values() for each in reports):
        for name, value in getattr(report, "user_properties", ()):
            if name == PROPERTY:
                suite, tier, missing = value
                classes.setdefault(suite, _ClassReport(suite)).add(report, tier, missing)
    if not classes:
        return
    reporter.write_sep("=", "conformance of plugins")
    if reporter.stats.get("deselected"):
        reporter.write_line("Some tests were deselected. What follows is about those that ran.")
    for each in classes.values():
        reporter.write_line(each.text(), red=each.has_failed, green=not each.has_failed)


class _ClassReport:
    """The results of one class."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tests: dict[str, set[str]] = defaultdict(set)
        self._failed: dict[str, set[str]] = defaultdict(set)
        self._deviations: Counter[str] = Counter()
        self._missing: Sequence[str] = ()

    @property
    def has_failed(self) -> bool:
        return any(self._failed.values())

    def add(self, report: pytest.TestReport, tier: str, missing: Sequence[str]) -> None:
        self._missing = missing
        if report.failed:
            self._failed[tier].add(report.nodeid)
        if hasattr(report, "wasxfail") and report.when == "call":
            self._deviations[tier] += 1
        if report.when == "call" and tier not in missing:
            self._tests[tier].add(report.nodeid)

    def text(self) -> str:
        kept = list(self._kept())
        failed = [f"{_named(tier)} ({_number(len(self._failed[tier]), 'test')} failed)" for tier in self._failed]
        parts = [*kept, *([f"NOT kept: {', '.join(failed)}"] if failed else [])]
        if self._missing:
            parts.append(f"not stated: {', '.join(self._missing)}")
        return f"{self._name}: {'; '.join(parts)}"

    def _kept(self) -> Iterator[str]:
        for tier in _basic_first(self._tests):
            if not self._failed.get(tier):
                deviations = self._deviations[tier]
                known = f" but for {_number(deviations, 'known deviation')}" if deviations else ""
                yield f"{_named(tier)} kept{known}"


def _named(tier: str) -> str:
    return f"{tier} tier" if tier == BASIC else tier


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _basic_first(tiers: Iterable[str]) -> list[str]:
    return sorted(tiers, key=lambda tier: (tier != BASIC, tier))
