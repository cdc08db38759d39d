"""Fixtures of the msgspec adapter's tests: the embedded backend in memory, as the default one."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def embedded(recorder: object) -> None:
    """It is in force for every test."""
