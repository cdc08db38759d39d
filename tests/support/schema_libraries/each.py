"""Models that are made once of each schema library: the library in force is the one that they use.

The tests of models describe an inner ``Schema`` with the fields of ``dynamorm.testing.schemas.fields``. A plugin of the
tests makes a schema of it for each library, by that library's own plugin, and hands each call over to the adapter of
the library that is in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import Claim, SchemaAdapter, SchemaField, SchemaProvider
from dynamorm.testing import SchemaLibrary
from dynamorm.testing.schemas.fields import Field
from tests.support.schema_libraries.installed import LIBRARIES


class EachLibrary:
    """The plugin, and what says which library is in force."""

    def __init__(self) -> None:
        #: Models are defined when their module is imported, and no library is in force; any one tells their keys.
        self.in_force: SchemaLibrary = next(iter(LIBRARIES.values()))

    @contextmanager
    def using(self, library: SchemaLibrary) -> Iterator[SchemaLibrary]:
        """Puts a *library* in force, for all threads."""
        before, self.in_force = self.in_force, library
        yield library
        self.in_force = before

    @hookimpl
    def dynamorm_register_schema(self) -> SchemaProvider:
        return SchemaProvider(
            "tests", 1, lambda definition: Claim.FIELDS if described(definition) else Claim.NONE, self.adapt
        )

    def adapt(self, model_name: str, definition: type) -> SchemaAdapter:
        return AdapterInForce(self, model_name, definition)


class AdapterInForce(SchemaAdapter):
    """The adapters of one description by library; all is done by the one of the library in force."""

    def __init__(self, each: EachLibrary, model_name: str, definition: type) -> None:
        self.schema = definition
        self._each = each
        self._model_name = model_name
        self._extra: bool = getattr(definition, "extra", False)
        self._adapters: dict[SchemaLibrary, SchemaAdapter] = {}
        self.fields = FieldsInForce(self)
        # A library that refuses a schema does it when the model is defined.
        assert self.adapter.schema is not definition

    @property
    def adapter(self) -> SchemaAdapter:
        """The one of the library in force."""
        library = self._each.in_force
        if library not in self._adapters:
            fields = described(self.schema)
            try:
                self._adapters[library] = library.adapter(fields, extra=self._extra, model_name=self._model_name)
            except NotImplementedError as lacking:
                pytest.skip(str(lacking))
        return self._adapters[library]

    def computed_names(self) -> frozenset[str]:
        return self.adapter.computed_names()

    def defaults(self) -> dict[str, Any]:
        return self.adapter.defaults()

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.adapter.validate(values, partial=partial)

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.adapter.load(item, partial=partial)

    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return self.adapter.load_part(item)

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.adapter.dump(values, partial=partial)

    @property
    def has_objects(self) -> bool:  # type: ignore[override] # that of the library in force
        return self.adapter.has_objects

    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return self.adapter.to_json(values)

    def from_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return self.adapter.from_json(data)

    def json_location(self, location: Sequence[str | int]) -> tuple[str | int, ...]:
        return self.adapter.json_location(location)

    def to_object(self, values: Mapping[str, Any]) -> Any:
        return self.adapter.to_object(values)

    def from_object(self, given: Any) -> dict[str, Any] | None:
        return self.adapter.from_object(given)

    def pydantic_core_schema(self) -> Any:
        return self.adapter.pydantic_core_schema()


class FieldsInForce(Mapping[str, SchemaField]):
    """The fields of the adapter in force."""

    def __init__(self, owner: AdapterInForce) -> None:
        self._owner = owner

    def __getitem__(self, name: str) -> SchemaField:
        return self._owner.adapter.fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._owner.adapter.fields)

    def __len__(self) -> int:
        return len(self._owner.adapter.fields)


def described(definition: type) -> dict[str, Field]:
    """The described fields of a class and of its bases, those of the bases first."""
    bodies = (vars(base) for base in reversed(definition.__mro__))
    return {name: value for body in bodies for name, value in body.items() if isinstance(value, Field)}


EACH = EachLibrary()
