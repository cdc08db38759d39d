"""The schema adapter of a model whose items have attributes that are computed: composed keys, and a kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from dynamorm.data.values import AttributeValue
from dynamorm.model.table.replaced_fields import WrappingAdapter
from dynamorm.ports.schemas import SchemaAdapter


class ComputedAttributes(Protocol):
    """Attributes of an item that are computed."""

    def readable(self, item: Mapping[str, AttributeValue]) -> Mapping[str, AttributeValue]:
        """Return a stored *item* as the schema reads it."""


class ComposedAdapter(WrappingAdapter):
    """An adapter that loads items without the attributes that are computed; ``inner`` is the schema's own adapter."""

    def __init__(self, inner: SchemaAdapter, computed: ComputedAttributes) -> None:
        super().__init__(inner, {})
        self._computed = computed

    def complete(self) -> SchemaAdapter:
        """Return the complete adapter of the schema, with the same attributes."""
        return ComposedAdapter(self.inner.complete(), self._computed)

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a user's *values*, validated by the schema."""
        return self.inner.validate(values, partial=partial)

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return the native values of a stored *item*."""
        return self.inner.load(self._computed.readable(item), partial=partial)

    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the native values of a stored *item* of which parts were read."""
        return self.inner.load_part(self._computed.readable(item))

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return *values* as the schema serialises them."""
        return self.inner.dump(values, partial=partial)
