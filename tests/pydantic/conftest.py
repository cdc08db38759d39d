"""Fixtures of the Pydantic adapter's tests: the embedded backend in memory, as the default one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dynamorm import using
from dynamorm.ports.backends import Backend
from tests.support.backends import RecordingBackend


@pytest.fixture(autouse=True)
def recorder(sqlite_memory: Backend) -> Iterator[RecordingBackend]:
    """It keeps the operations on items that it was sent."""
    recording = RecordingBackend(sqlite_memory)
    with using(recording):
        yield recording
