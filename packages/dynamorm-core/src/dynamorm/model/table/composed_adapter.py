"""The schema adapter of a model with composed keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.model.table.composed_keys import ComposedKeys
from dynamorm.model.table.replaced_fields import WrappingAdapter
from dynamorm.ports.schemas import SchemaAdapter


class ComposedAdapter(WrappingAdapter):
    """An adapter that loads items without the attributes that are computed; ``inner`` is the schema's own adapter."""

    def __init__(self, inner: SchemaAdapter, keys: ComposedKeys) -> None:
        super().__init__(inner, {})
        self._keys = keys

    def complete(self) -> SchemaAdapter:
        """Return the complete adapter of the schema, with the same keys."""
        return ComposedAdapter(self.inner.complete(), self._keys)

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a user's *values*, validated by the schema."""
        return self.inner.validate(values, partial=partial)

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return the native values of a stored *item*."""
        return self.inner.load(self._keys.readable(item), partial=partial)

    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the native values of a stored *item* of which parts were read."""
        return self.inner.load_part(self._keys.readable(item))

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return *values* as the schema serialises them."""
        return self.inner.dump(values, partial=partial)
