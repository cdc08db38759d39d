"""Checking which fields a schema library refused, whatever its messages are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dynamorm.exceptions import ValidationError
from dynamorm.testing import SchemaLibrary


@contextmanager
def refused(library: SchemaLibrary, *names: str) -> Iterator[None]:
    """Expects a ``ValidationError`` about the fields of these *names*, and no others."""
    with pytest.raises(ValidationError) as raised:
        yield
    assert library.refused(raised.value.errors) == set(names)
