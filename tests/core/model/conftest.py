"""What the tests of models share: each backend, in force."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dynamorm import using
from dynamorm.ports.backends import Backend


@pytest.fixture
def connected(backend: Backend) -> Iterator[Backend]:
    """Each backend in turn, in force."""
    with using(backend):
        yield backend
