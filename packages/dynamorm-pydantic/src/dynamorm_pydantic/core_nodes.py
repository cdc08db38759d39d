"""Nodes of a core schema, as the adapter reads them: which values a node allows, and what is below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from functools import cached_property

from dynamorm.data import KeyType
from dynamorm.data.records import record
from dynamorm.ports.schemas import Shape
from dynamorm_pydantic.core_schemas import Config, CoreNode, is_from_pydantic

_SHAPES: Mapping[str, Shape] = {
    **dict.fromkeys(("list", "tuple", "set", "frozenset"), Shape.LIST),
    **dict.fromkeys(("dict", "model-fields", "dataclass-args", "typed-dict"), Shape.MAP),
    **dict.fromkeys(("str", "int", "float", "decimal", "bool", "bytes", "enum", "literal"), Shape.SCALAR),
    **dict.fromkeys(("date", "time", "datetime", "timedelta", "uuid", "url", "multi-host-url"), Shape.SCALAR),
}
_KEY_TYPES: Mapping[str, KeyType] = {
    **dict.fromkeys(("str", "uuid", "url", "multi-host-url"), "S"),
    **dict.fromkeys(("int", "float", "decimal"), "N"),
    "bytes": "B",
}
UNIONS = ("union", "tagged-union")
_TEMPORAL = ("date", "time", "datetime", "timedelta")
#: Kinds of nodes whose text is the value, or sorts like it without a serialiser.
_TEXTS = ("str", "enum", "literal", "uuid", "url", "multi-host-url")
#: Kinds of nodes that wrap another one, with the name of the inner node that describes the serialised form.
_WRAPPERS: Mapping[str, str] = {
    "default": "schema",
    "nullable": "schema",
    "function-before": "schema",
    "function-after": "schema",
    "function-wrap": "schema",
    "custom-error": "schema",
    "model": "schema",
    "dataclass": "schema",
    "lax-or-strict": "strict_schema",
    "json-or-python": "json_schema",
}

#: Kinds of nodes that choose one of two nodes by where the value comes from.
_EITHER = ("lax-or-strict", "json-or-python")


class SchemaNode:
    """A node of a core schema, with the definitions that it refers to and the configuration of the model around it."""

    def __init__(self, core: CoreNode, definitions: Mapping[str, CoreNode], config: Config) -> None:
        self.core = core
        #: What Pydantic calls the type of the node: ``str``, ``model``, ``nullable`` …
        self.kind: str = core["type"]
        self.definitions = definitions
        self.config = config

    @property
    def shape(self) -> Shape:
        """The shape of what can be below the node."""
        if self._stored_content is None:
            return Shape.ANY
        if self._stored_content.kind in UNIONS:
            shapes = {choice.shape for choice in self._stored_content.choices()}
            return shapes.pop() if len(shapes) == 1 else Shape.ANY
        return _SHAPES.get(self._stored_content.kind, Shape.ANY)

    @property
    def key_type(self) -> KeyType | None:
        """The DynamoDB type of the stored form, if it can be a key and is always the same."""
        serialised = self._serialised_by_user
        if serialised is not None:
            return None if serialised is self else serialised.key_type
        if self._inside is not None:
            return self._inside.key_type
        kind = self.kind
        if kind in UNIONS:
            return _only(choice.key_type for choice in self.choices())
        if kind == "enum":
            return _only(_key_type_of_value(member.value) for member in self.core["members"])
        if kind == "literal":
            return _only(_key_type_of_value(value) for value in self.core["expected"])
        if kind in _TEMPORAL:
            return "S" if self._is_text(kind) else "N"
        return _KEY_TYPES.get(kind)

    @property
    def ordered(self) -> bool:
        """True if stored values sort as the native values do, as far as the node tells.

        A serialiser of the user's decides for itself, unless it is ``str`` for values that are no text.
        """
        serialiser = self.core.get("serialization")
        if serialiser is not None:
            function = serialiser.get("function")
            if serialiser["type"] == "to-string" or function is str:
                return self.content.kind in _TEXTS and not _is_address(self.core)
            if not is_from_pydantic(function):
                return True
        if _is_address(self.core):
            return False
        if self._inside is not None:
            return self._inside.ordered
        if self.kind in UNIONS:
            return all(choice.ordered for choice in self.choices())
        # A duration has no fixed width: PT9S comes after PT10S.
        return self.kind != "timedelta" or not self._is_text("timedelta")

    @property
    def has_date_times(self) -> bool:
        """True if the values are date-times that Pydantic writes as text."""
        content = self._stored_content
        return content is not None and content.kind == "datetime" and self.key_type == "S"

    @property
    def has_plain_date_times(self) -> bool:
        """True if the values are date-times that Pydantic writes as text, and no serialiser is called for them."""
        if "serialization" in self.core:
            return False
        return self.has_date_times if self._inside is None else self._inside.has_plain_date_times

    @property
    def is_nullable(self) -> bool:
        """True if the node allows None."""
        if self.kind in ("nullable", "none", "any"):
            return True
        if self.kind in UNIONS:
            return any(choice.is_nullable for choice in self.choices())
        return self._inside is not None and self._inside.is_nullable

    @cached_property
    def model(self) -> type | None:
        """The class of the nested model that the node stands for, if it is one."""
        node: SchemaNode | None = self
        while node is not None and node.kind != "model":
            node = node._inside
        return None if node is None else node.core["cls"]

    def models(self) -> list[type]:
        """Return the nested models and dataclasses that the node stands for, as which it serialises their instances."""
        if "serialization" in self.core:
            return []
        if self.kind in UNIONS:
            return [model for choice in self.choices() for model in choice.models()]
        if self.kind in ("model", "dataclass"):
            is_whole = self.core.get("config", {}).get("polymorphic_serialization")
            return [] if is_whole else [self.core["cls"]]
        return [] if self._inside is None else self._inside.models()

    def element(self) -> SchemaNode | None:
        """Return the node of the elements of a list or a set, or of the values of a map.

        Return ``None`` when the node has no elements, or elements of several types.
        """
        content = self.content
        if content.kind == "dict":
            return content._below(content.core.get("values_schema"))
        items = content.core.get("items_schema")
        if isinstance(items, list):
            items = items[0] if len(items) == 1 else None
        return content._below(items)

    def named(self) -> dict[str, NamedNode] | None:
        """Return the fields below the node by name; ``None`` when any name is allowed, and for a union."""
        content = self.content
        fields = content.core.get("fields")
        if fields is None:
            return None
        by_name = {field["name"]: field for field in fields} if isinstance(fields, list) else fields
        return {
            name: NamedNode(
                field.get("serialization_alias", name),
                _key(field.get("validation_alias"), name),
                SchemaNode(field["schema"], self.definitions, content.config),
                bool(field.get("required", True)),
                not field.get("serialization_exclude"),
            )
            for name, field in by_name.items()
        }

    def computed(self) -> dict[str, NamedNode]:
        """Return the computed fields below the node by name."""
        content = self.content
        return {
            core["property_name"]: NamedNode(
                core.get("alias", core["property_name"]),
                core["property_name"],
                SchemaNode(core["return_schema"], self.definitions, content.config),
            )
            for core in content.core.get("computed_fields", ())
        }

    @property
    def is_stored_as_is(self) -> bool:
        """True if the node allows only single values, which neither Pydantic nor the user serialises to others."""
        if "serialization" in self.core:
            return False
        return self._is_native() if self._inside is None else self._inside.is_stored_as_is

    @cached_property
    def content(self) -> SchemaNode:
        """The node inside all wrappers."""
        return self if self._inside is None else self._inside.content

    @property
    def is_converted(self) -> bool:
        """True if a validator of the user's gets values before their type is checked, and so may accept any."""
        if self.kind in ("function-before", "function-wrap") and not is_from_pydantic(
            self.core["function"]["function"]
        ):
            return True
        return self._inside is not None and self._inside.is_converted

    @cached_property
    def _stored_content(self) -> SchemaNode | None:
        """The node inside all wrappers; ``None`` when a serialiser of the user's changes the stored form."""
        if self._serialised_by_user is not None:
            return None
        return self if self._inside is None else self._inside._stored_content

    @cached_property
    def _inside(self) -> SchemaNode | None:
        """The node inside a wrapper; ``None`` when this node is no wrapper."""
        kind = self.kind
        if kind == "definition-ref":
            return self._below(self.definitions.get(self.core["schema_ref"]))
        if kind == "chain":
            return self._below(self.core["steps"][-1])
        return self._below(self.core[_WRAPPERS[kind]]) if kind in _WRAPPERS else None

    @cached_property
    def _serialised_by_user(self) -> SchemaNode | None:
        """The node of what a serialiser of the user's returns; ``None`` without a serialiser.

        The node itself when the serialiser does not say what it returns.
        """
        serialiser = self.core.get("serialization")
        if serialiser is None or is_from_pydantic(serialiser.get("function")):
            return None
        if serialiser["type"] in ("to-string", "format"):
            return self._below({"type": "str"})
        if serialiser["type"] not in ("function-plain", "function-wrap"):
            return None
        if str(serialiser.get("when_used")).startswith("json") and self._is_native():
            # Such values are stored as they are, so a serialiser for JSON is never called.
            return None
        returned = serialiser.get("return_schema")
        return self if returned is None or returned["type"] == "any" else self._below(returned)

    def _is_native(self) -> bool:
        return self.content.kind in ("str", "int", "float", "decimal", "bytes", "bool")

    def _is_text(self, temporal: str) -> bool:
        if temporal == "timedelta" and self.config.get("ser_json_timedelta", "iso8601") != "iso8601":
            return False
        return bool(self.config.get("ser_json_temporal", "iso8601") == "iso8601")

    def choices(self) -> list[SchemaNode]:
        """Return the nodes of a union's choices, except ``None``."""
        choices = self.core["choices"]
        # With a discriminator, choices are a dict by its values. A choice may have a label, or name another choice.
        listed = choices.values() if isinstance(choices, dict) else choices
        cores = [choice[0] if isinstance(choice, tuple) else choice for choice in listed if not isinstance(choice, str)]
        nodes = [SchemaNode(core, self.definitions, self.config) for core in cores]
        return [node for node in nodes if node.kind != "none"]

    def _below(self, core: CoreNode | None) -> SchemaNode | None:
        return None if core is None else SchemaNode(core, self.definitions, self.core.get("config", self.config))


@record
class NamedNode:
    """A node with its names: *attribute* in the table, *key* in the data that Pydantic validates."""

    attribute: str
    key: str
    node: SchemaNode
    #: Whether a ``TypedDict`` requires it; true where only the node tells.
    required: bool = True
    #: Whether Pydantic serialises it.
    is_stored: bool = True


def _is_address(core: CoreNode) -> bool:
    """Return whether a node is one of Python's IP addresses, which Pydantic describes in several ways."""
    function = core.get("function", {}).get("function")
    if any(getattr(found, "__module__", None) == "ipaddress" for found in (core.get("cls"), function)):
        return True
    below = ("strict_schema", "json_schema", "python_schema") if core["type"] in _EITHER else ()
    return any(_is_address(core[key]) for key in below if key in core)


def _key(alias: str | list[str | int] | list[list[str | int]] | None, name: str) -> str:
    paths = (
        [alias]
        if isinstance(alias, str)
        else [path[0] for path in alias or () if isinstance(path, list) and len(path) == 1]
    )
    return next((path for path in paths if isinstance(path, str)), name)


def _only(kinds: Iterable[KeyType | None]) -> KeyType | None:
    found = set(kinds)
    return found.pop() if len(found) == 1 else None


def _key_type_of_value(value: object) -> KeyType | None:
    if isinstance(value, Enum):
        return _key_type_of_value(value.value)
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float, Decimal)):
        return "N"
    return "S" if isinstance(value, str) else "B" if isinstance(value, bytes) else None
