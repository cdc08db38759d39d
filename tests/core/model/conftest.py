"""What the tests of models share: a backend in force."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dynamorm import using
from dynamorm.ports.backends import Backend
from tests.core.backends import RecordingBackend


@pytest.fixture
def connected(backend: Backend) -> Iterator[Backend]:
    """Each backend in turn, in force."""
    with using(backend):
        yield backend


@pytest.fixture
def recorder(sqlite_memory: Backend) -> Iterator[RecordingBackend]:
    """The embedded backend in memory, in force; it keeps the operations on items that it was sent."""
    recording = RecordingBackend(sqlite_memory)
    with using(recording):
        yield recording
