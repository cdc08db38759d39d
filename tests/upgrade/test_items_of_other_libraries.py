"""Runs :mod:`tests.upgrade.items_of_other_libraries`, which imports moto: its handlers stay in botocore for good."""

from __future__ import annotations

from tests.support.processes import run_tests


def test_items_of_other_libraries() -> None:
    run_tests("tests/upgrade/items_of_other_libraries.py")
