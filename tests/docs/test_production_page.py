"""Runs :mod:`tests.docs.production_page`, which imports moto: its handlers stay in botocore for good."""

from __future__ import annotations

from tests.support.processes import run_tests


def test_production_page() -> None:
    run_tests("tests/docs/production_page.py")
