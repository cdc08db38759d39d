"""A schema adapter around another one, with some of its fields replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dynamorm.ports.schemas import SchemaAdapter, SchemaField


class ReplacedFields(Mapping[str, SchemaField]):
    """The fields of an *adapter* by name, some of them *replaced*."""

    def __init__(self, adapter: SchemaAdapter, replaced: Mapping[str, SchemaField]) -> None:
        self._adapter = adapter
        self._replaced = replaced

    def __getitem__(self, name: str) -> SchemaField:
        # An adapter may create its fields again.
        return self._replaced.get(name) or self._adapter.fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._adapter.fields)

    def __len__(self) -> int:
        return len(self._adapter.fields)


class WrappingAdapter(SchemaAdapter):
    """An adapter around the *inner* one, which stores some *replaced* fields in another form.

    JSON and the library's objects have no part in that: they are the inner adapter's.
    """

    def __init__(self, inner: SchemaAdapter, replaced: Mapping[str, SchemaField]) -> None:
        self.inner = inner
        self.schema = inner.schema
        self.copies_on_load = inner.copies_on_load
        self.keeps_unknown = inner.keeps_unknown
        self.has_objects = inner.has_objects
        self.fields: Mapping[str, SchemaField] = ReplacedFields(inner, replaced)

    def computed_names(self) -> frozenset[str]:
        """Return the names of the fields that the schema computes."""
        return self.inner.computed_names()

    def defaults(self) -> dict[str, Any]:
        """Return the defaults of the schema."""
        return self.inner.defaults()

    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return *values* as the schema writes them in JSON."""
        return self.inner.to_json(values)

    def from_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return JSON *data* as the schema reads them."""
        return self.inner.from_json(data)

    def json_location(self, location: Sequence[str | int]) -> tuple[str | int, ...]:
        """Return the place of a value in JSON data."""
        return self.inner.json_location(location)

    def to_object(self, values: Mapping[str, Any]) -> Any:
        """Return an object of the library."""
        return self.inner.to_object(values)

    def from_object(self, given: Any) -> dict[str, Any] | None:
        """Return the values of an object of the library."""
        return self.inner.from_object(given)

    def pydantic_core_schema(self) -> Any:
        """Return the core schema of the schema."""
        return self.inner.pydantic_core_schema()
