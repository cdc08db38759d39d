"""What a seeded fault is: a healthy schema library, made worse in one respect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dynamorm.data import PathElement
from dynamorm.ports.schemas import SchemaAdapter, SchemaField, SchemaProvider
from dynamorm.testing import SchemaLibrary
from tests.support.schema_libraries.in_marshmallow import MarshmallowLibrary
from tests.support.schema_libraries.in_plain import PlainLibrary
from tests.support.schema_libraries.in_pydantic import PydanticLibrary
from tests.support.schema_libraries.in_schematics import SchematicsLibrary

HEALTHY: Mapping[str, Callable[[], SchemaLibrary]] = {
    "plain": PlainLibrary,
    "marshmallow": MarshmallowLibrary,
    "schematics": SchematicsLibrary,
    "pydantic": PydanticLibrary,
}


class WrappedField(SchemaField):
    """A field that does what another one does."""

    def __init__(self, inner: SchemaField) -> None:
        self.inner = inner
        for name in ("name", "attribute", "shape", "key_type", "ordered", "date_times", "stored_form", "unresolved"):
            setattr(self, name, getattr(inner, name))
        self.required, self.nullable = inner.required, inner.nullable
        self.json_schema, self.is_union = inner.json_schema, inner.is_union

    @property
    def has_default(self) -> bool:
        return self.inner.has_default

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        return self.inner.dump(value, validate=validate)

    def child(self, element: PathElement) -> SchemaField | None:
        found = self.inner.child(element)
        return None if found is None else type(self)(found)

    def child_names(self) -> frozenset[str] | None:
        return self.inner.child_names()

    def computed_names(self) -> frozenset[str]:
        return self.inner.computed_names()


class WrappedAdapter(SchemaAdapter):
    """An adapter that does what another one does."""

    def __init__(self, inner: SchemaAdapter, fields: type[WrappedField] = WrappedField) -> None:
        self.inner = inner
        self.schema = inner.schema
        self.fields = {name: fields(each) for name, each in inner.fields.items()}
        self.copies_on_load, self.keeps_unknown = inner.copies_on_load, inner.keeps_unknown
        self.has_objects = inner.has_objects

    def computed_names(self) -> frozenset[str]:
        return self.inner.computed_names()

    def defaults(self) -> dict[str, Any]:
        return self.inner.defaults()

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.inner.validate(values, partial=partial)

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.inner.load(item, partial=partial)

    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return self.inner.load_part(item)

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.inner.dump(values, partial=partial)

    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return self.inner.to_json(values)

    def from_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return self.inner.from_json(data)

    def json_location(self, location: Sequence[str | int]) -> tuple[str | int, ...]:
        return self.inner.json_location(location)

    def to_object(self, values: Mapping[str, Any]) -> Any:
        return self.inner.to_object(values)

    def from_object(self, given: Any) -> dict[str, Any] | None:
        return self.inner.from_object(given)

    def pydantic_core_schema(self) -> Any:
        return self.inner.pydantic_core_schema()


@dataclass(frozen=True)
class Fault:
    """One mistake: what is wrong, in which library it is seeded, how, and which tests of the suite catch it."""

    name: str
    caught_by: tuple[str, ...]
    on: str = "plain"
    #: What is wrong with the adapter, its fields, or the provider.
    adapter: type[WrappedAdapter] | None = None
    fields: type[WrappedField] | None = None
    provider: Mapping[str, Any] = field(default_factory=dict)
    #: What is wrong with the library itself.
    library: Callable[[], SchemaLibrary] | None = None

    def seeded(self) -> SchemaLibrary:
        """The library with the fault."""
        library = HEALTHY[self.on]() if self.library is None else self.library()
        healthy = library.provider

        def adapt(model_name: str, definition: type) -> SchemaAdapter:
            inner = healthy.adapt(model_name, definition)
            if self.adapter is None and self.fields is None:
                return inner
            return (self.adapter or WrappedAdapter)(inner, self.fields or WrappedField)

        changed: dict[str, Any] = {"adapt": adapt, **self.provider}
        known = ("name", "contract", "claims", "adapt", "schema_from")
        library.provider = SchemaProvider(*(changed.get(name, getattr(healthy, name)) for name in known))
        library.plugin = library.plugin or healthy.claims.__module__
        return library


def everywhere(value: Any, change: Callable[[Any], Any]) -> Any:
    """A *value* with each scalar in it changed."""
    if isinstance(value, dict):
        return {name: everywhere(entry, change) for name, entry in value.items()}
    if isinstance(value, (list, set)):
        return type(value)(everywhere(each, change) for each in value)
    return change(value)
