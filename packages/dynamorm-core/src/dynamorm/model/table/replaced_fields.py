"""The fields of a schema adapter with some of them replaced, for adapters that wrap another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
