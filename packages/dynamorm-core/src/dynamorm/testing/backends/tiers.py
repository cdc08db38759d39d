"""Tiers: the capability that a test is about, for the report at the end of a run.

A test that needs no capability belongs to the basic tier.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dynamorm.ports.backends import Capability
from dynamorm.testing.tier_report import BASIC


class CurrentTest:
    """The test that is running, and the tier that it belongs to. One test runs at a time in a process."""

    def __init__(self) -> None:
        self._entry: list[Any] = []

    def begin(self, suite: str, needed: Capability | None, missing: Sequence[str]) -> list[Any]:
        """Begin a test of a class, and return what its report is to say: the class, the tier, and the tiers it lacks.

        *needed* is the capability that all tests of its part of the suite need, if there is one.
        """
        self._entry = [suite, BASIC if needed is None else needed.value, list(missing)]
        return self._entry

    def needs(self, capability: Capability) -> None:
        """Note that the test needs a *capability*. It belongs to the tier of the one that it asked for first."""
        if self._entry and self._entry[1] == BASIC:
            self._entry[1] = capability.value


current_test: Final = CurrentTest()
