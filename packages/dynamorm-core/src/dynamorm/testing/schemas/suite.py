"""What all parts of the suite for schema adapters share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

from dynamorm.data.values import Item, normalise_item
from dynamorm.exceptions import ValidationError
from dynamorm.model.interchange.json_text import parse, text_of
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm.testing.schemas.fields import Field, SchemaCapability
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.natives import NestedForm
from dynamorm.testing.schemas.tiers import current_test
from dynamorm.testing.tier_report import PROPERTY, ensure_report

#: These say how a field is written. A library without them may not even look at it.
_FORMS = {SchemaCapability.NESTED_OBJECTS, SchemaCapability.STORED_FORMS}


class SchemaSuite:
    """The base of each part of :class:`~dynamorm.testing.SchemaConformance`."""

    #: Whether the report at the end of a run tells which tiers are kept: of the whole suite, not of a part.
    _reports_tiers: ClassVar[bool] = False

    @pytest.fixture(scope="class")
    @classmethod
    def library(cls) -> SchemaLibrary:
        """Return the library whose adapter is tested. Override this fixture."""
        pytest.fail(f"{cls.__name__} has to override the fixture 'library': see dynamorm.testing.SchemaConformance.")

    @pytest.fixture(autouse=True)
    def _current_test(self, request: pytest.FixtureRequest, library: SchemaLibrary) -> None:
        """Note the tiers of the test on its report."""
        entry = current_test.begin(type(self).__name__, library)
        if self._reports_tiers:
            ensure_report(request.config)
            request.node.user_properties.append((PROPERTY, entry))

    @pytest.fixture(params=[False, True], ids=["dicts", "objects"])
    def nested(self, library: SchemaLibrary, request: pytest.FixtureRequest) -> NestedForm:
        """Describe nested schemas of which native values have one form."""
        return NestedForm(library, as_object=request.param)


def adapted(library: SchemaLibrary, fields: Mapping[str, Field], *, extra: bool = False) -> SchemaAdapter:
    """Return the adapter of a schema with these *fields*.

    If they need a capability that the *library* does not state, it has to refuse them, and the test is skipped.
    """
    needed = {capability for field in fields.values() for capability in field.needs()}
    if extra:
        needed.add(SchemaCapability.EXTRA)
    current_test.needs(capability.value for capability in needed)
    lacking = needed - library.capabilities
    if lacking - _FORMS:
        with pytest.raises(NotImplementedError):
            library.schema(fields, extra=extra)
    if lacking:
        pytest.skip(f"{library.provider.name} does not state {', '.join(sorted(found.value for found in lacking))}")
    return library.adapter(fields, extra=extra)


def stored(adapter: SchemaAdapter, values: Mapping[str, Any], *, partial: bool = False) -> Item:
    """Return the item that the core stores for native *values*. It leaves out ``None`` at the top."""
    given = {name: value for name, value in values.items() if value is not None}
    dumped = adapter.dump(given, partial=partial)
    return normalise_item({name: value for name, value in dumped.items() if value is not None})


def set_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return native *values* without ``None``, the value of fields that are not set."""
    return {name: value for name, value in values.items() if value is not None}


@contextmanager
def refused(library: SchemaLibrary, *names: str, by: str = "") -> Iterator[pytest.ExceptionInfo[ValidationError]]:
    """Expect a ``ValidationError`` about the fields of these *names* and no others. Messages name the call, *by*."""
    __tracebackhide__ = True
    try:
        with pytest.raises(ValidationError) as raised:
            yield raised
    except pytest.fail.Exception:
        pytest.fail(f"{by or 'The call'} has to raise a ValidationError about {' and '.join(names)}, and did not.")
    found = library.refused(raised.value.errors)
    assert found == set(names), f"{by or 'The call'} raised errors about {found}, not about {set(names)}."


def through_json(adapter: SchemaAdapter, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``validate`` takes for native *values* that were written as JSON, and read again."""
    return adapter.from_json(parse(text_of(adapter.to_json(values)), "Test"))


def unless_refused(library: SchemaLibrary, call: Callable[[], Any]) -> Any:
    """Return the result of a *call*, or ``None`` if it refuses the value of the only field, ``value``."""
    try:
        return call()
    except ValidationError as error:
        names = library.refused(error.errors)
    assert names == {"value"}
    return None
