"""The attributes that a shared table names, as the fields of a schema that has nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dynamorm.data.values import KEY_TYPE_NAMES, KeyType
from dynamorm.exceptions import DynaModelException
from dynamorm.ports.schemas import SchemaAdapter, SchemaField, Shape

#: What ``key_types`` may say, and the types of DynamoDB that it means.
_KEY_TYPES: Mapping[object, KeyType] = {str: "S", int: "N", bytes: "B"}


class Attribute(SchemaField):
    """An attribute of items, under its own name."""

    shape = Shape.SCALAR
    nullable = True

    def __init__(self, name: str, key_type: KeyType | None) -> None:
        self.name = self.attribute = name
        self.key_type = key_type

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """Return a *value* as it is."""
        return value


class AttributeSchema(SchemaAdapter):
    """The schema of a shared table, which names attributes only."""

    def __init__(self, schema: type, names: Iterable[str], types: Mapping[str, KeyType]) -> None:
        self.schema = schema
        self.fields = {name: Attribute(name, types.get(name, "S")) for name in names}

    def defaults(self) -> dict[str, Any]:
        """Return no defaults."""
        return {}

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return *values* as they are."""
        return dict(values)

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return an *item* as it is."""
        return dict(item)

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return *values* as they are."""
        return dict(values)


def parse_key_types(given: object, names: Iterable[str], label: str) -> dict[str, KeyType]:
    """Return the types in the setting ``key_types`` of a shared table, whose key attributes have these *names*.

    Raises:
        DynaModelException: A name is no key attribute, or a type is none of a key's.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise DynaModelException(
            f"The key_types of {label} are a dict of types by attribute name, such as {{'sk': int}}."
        )
    known = list(names)
    for name, type_ in given.items():
        if name not in known:
            raise DynaModelException(
                f"The key_types of {label} name '{name}', which is no key of the table or of an index: these are "
                f"{', '.join(known)}."
            )
        if type_ not in _KEY_TYPES:
            raise DynaModelException(
                f"The key_types of {label} give '{name}' a type that a key can't have. Use str, int or bytes: a key is "
                f"{', '.join(KEY_TYPE_NAMES.values())}."
            )
    return {name: _KEY_TYPES[type_] for name, type_ in given.items()}
