"""A schema library of the tests' own, and its adapter: what a third party would write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data import KeyType
from dynamorm.exceptions import ValidationError
from dynamorm.ports.schemas import SchemaAdapter, SchemaField

TYPES: Mapping[KeyType, type] = {"S": str, "N": int, "B": bytes}


class PlainField(SchemaField):
    """A field that holds text, whole numbers or bytes."""

    def __init__(self, key_type: KeyType) -> None:
        self.key_type = key_type

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = self.attribute = name

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        assert self.key_type is not None
        if not isinstance(value, TYPES[self.key_type]):
            raise ValidationError(value, "Plain", {self.name: f"not {self.key_type}"})
        return value


class PlainAdapter(SchemaAdapter):
    """Native values are stored values."""

    def __init__(self, model_name: str, definition: type) -> None:
        self.schema = definition
        self.fields = {name: field for name, field in vars(definition).items() if isinstance(field, PlainField)}

    @staticmethod
    def claims(definition: type) -> bool:
        return any(isinstance(value, PlainField) for value in vars(definition).values())

    def defaults(self) -> dict[str, Any]:
        return {}

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return {name: self.fields[name].dump(value) for name, value in values.items()}

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return {name: value for name, value in item.items() if name in self.fields}

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return dict(values)
