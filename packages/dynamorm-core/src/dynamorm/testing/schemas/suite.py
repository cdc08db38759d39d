"""What the parts of the suite for schema adapters share: the library, and the adapters that it makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from dynamorm.data.values import Item, normalise_item
from dynamorm.exceptions import ValidationError
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm.testing.schemas.fields import Field, SchemaCapability
from dynamorm.testing.schemas.library import SchemaLibrary


class SchemaSuite:
    """The base of each part of :class:`~dynamorm.testing.SchemaConformance`."""

    @pytest.fixture(scope="class")
    @classmethod
    def library(cls) -> SchemaLibrary:
        """The library whose adapter is tested. To be overridden."""
        pytest.fail(f"{cls.__name__} has to override the fixture 'library': see dynamorm.testing.SchemaConformance.")


def adapted(library: SchemaLibrary, fields: Mapping[str, Field], *, extra: bool = False) -> SchemaAdapter:
    """The adapter of a schema with these *fields*.

    When they need what the *library* does not state, it has to refuse them, and the test is then skipped.
    """
    needed = {capability for field in fields.values() for capability in field.needs()}
    if extra:
        needed.add(SchemaCapability.EXTRA)
    lacking = needed - library.capabilities
    if lacking:
        with pytest.raises(NotImplementedError):
            library.schema(fields, extra=extra)
        pytest.skip(f"{library.provider.name} states no {', '.join(sorted(found.value for found in lacking))}")
    return library.adapter(fields, extra=extra)


def stored(adapter: SchemaAdapter, values: Mapping[str, Any], *, partial: bool = False) -> Item:
    """The item that the core stores of native *values*; it keeps neither a top-level ``None`` nor gives one."""
    given = {name: value for name, value in values.items() if value is not None}
    dumped = adapter.dump(given, partial=partial)
    return normalise_item({name: value for name, value in dumped.items() if value is not None})


def set_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Native *values* without those that are ``None``, as which a field reads that is not set."""
    return {name: value for name, value in values.items() if value is not None}


@contextmanager
def refused(library: SchemaLibrary, *names: str) -> Iterator[pytest.ExceptionInfo[ValidationError]]:
    """Expects a ``ValidationError`` about the fields of these *names*, and no others."""
    with pytest.raises(ValidationError) as raised:
        yield raised
    assert library.refused(raised.value.errors) == set(names)
