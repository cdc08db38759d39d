"""Tests that are expected to fail, because a service behind a backend is known to differ from DynamoDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest


class KnownDeviations:
    """The base of suites for backends: it expects the tests in ``known_deviations`` to fail."""

    #: Where the service behind a backend is known to differ from DynamoDB: the name of a test, alone
    #: (``"test_scan_page_of_one_megabyte"``) or with one of its cases as pytest prints it
    #: (``"test_update[no-actions]"``), and the reason. Such a test is expected to fail. If it passes one day, it is
    #: reported as failed, so that you notice and remove the entry.
    known_deviations: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture(autouse=True)
    def _expect_known_deviations(self, request: pytest.FixtureRequest) -> None:
        reason = self.known_deviations.get(request.node.name, self.known_deviations.get(request.node.originalname))
        if reason is not None:
            request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))

    def test_known_deviations_are_tests(self) -> None:
        """Every known deviation names an existing test."""
        unknown = [name for name in self.known_deviations if not hasattr(self, name.partition("[")[0])]
        assert unknown == []
