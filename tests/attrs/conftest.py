"""Fixtures of the attrs adapter's tests: the embedded backend in memory, as the default one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dynamorm import using
from dynamorm.ports.backends import Backend


@pytest.fixture(autouse=True)
def backend(sqlite_memory: Backend) -> Iterator[Backend]:
    with using(sqlite_memory):
        yield sqlite_memory
