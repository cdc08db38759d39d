"""A place in a schema: what its core schema tells of the values that stand there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from functools import cached_property

from dynamorm.data import KeyType
from dynamorm.data.records import record
from dynamorm.ports.schemas import Shape
from dynamorm_pydantic.core_schemas import Config, CoreNode, is_library_s

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
#: Wrappers of a schema, each with the place of the schema inside that describes the serialised form.
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


class Place:
    """A node of a core schema, with the definitions that it refers to and the configuration of the model around it."""

    def __init__(self, node: CoreNode, definitions: Mapping[str, CoreNode], config: Config) -> None:
        self.node = node
        self.definitions = definitions
        self.config = config

    @property
    def shape(self) -> Shape:
        """What can stand below."""
        if self._content is None:
            return Shape.ANY
        if self._content.node["type"] in UNIONS:
            shapes = {choice.shape for choice in self._content.choices()}
            return shapes.pop() if len(shapes) == 1 else Shape.ANY
        return _SHAPES.get(self._content.node["type"], Shape.ANY)

    @property
    def key_type(self) -> KeyType | None:
        """The DynamoDB type of the stored form, if it can be a key and is always the same."""
        serialised = self._serialised_by_user
        if serialised is not None:
            return None if serialised is self else serialised.key_type
        place = self._inside
        if place is not None:
            return place.key_type
        kind = self.node["type"]
        if kind in UNIONS:
            return _only(choice.key_type for choice in self.choices())
        if kind == "enum":
            return _only(_key_type_of_value(member.value) for member in self.node["members"])
        if kind == "literal":
            return _only(_key_type_of_value(value) for value in self.node["expected"])
        if kind in _TEMPORAL:
            return "S" if self._is_text(kind) else "N"
        return _KEY_TYPES.get(kind)

    @property
    def is_nullable(self) -> bool:
        """Whether None is a value that may stand here."""
        kind = self.node["type"]
        if kind in ("nullable", "none", "any"):
            return True
        if kind in UNIONS:
            return any(choice.is_nullable for choice in self.choices())
        return self._inside is not None and self._inside.is_nullable

    @cached_property
    def model(self) -> type | None:
        """The class of the nested model that stands here, if one does."""
        place: Place | None = self
        while place is not None and place.node["type"] != "model":
            place = place._inside
        return None if place is None else place.node["cls"]

    def element(self) -> Place | None:
        """An element of a list or a set, or an entry of a map; ``None`` when there is none, or of several types."""
        content = self.content.node
        if content["type"] == "dict":
            return self.content._below(content.get("values_schema"))
        items = content.get("items_schema")
        if isinstance(items, list):
            items = items[0] if len(items) == 1 else None
        return self.content._below(items)

    def named(self) -> dict[str, NamedPlace] | None:
        """What stands below by name; ``None`` when any name may stand there.

        Of several models that may stand here, the first one that has a name describes it.
        """
        content = self.content
        if content.node["type"] in UNIONS:
            found: dict[str, NamedPlace] = {}
            for choice in content.choices():
                named = choice.named()
                if named is None:
                    return None
                found = {**named, **found}
            return found
        fields = content.node.get("fields")
        if fields is None:
            return None
        by_name = {field["name"]: field for field in fields} if isinstance(fields, list) else fields
        return {
            name: NamedPlace(
                field.get("serialization_alias", name),
                _key(field.get("validation_alias"), name),
                Place(field["schema"], self.definitions, content.config),
            )
            for name, field in by_name.items()
        }

    @property
    def is_stored_as_is(self) -> bool:
        """Whether what stands here is a single value that is neither turned into another nor serialised by the user."""
        if "serialization" in self.node:
            return False
        return self._is_native() if self._inside is None else self._inside.is_stored_as_is

    @cached_property
    def content(self) -> Place:
        """What stands here under all wrappers."""
        return self if self._inside is None else self._inside.content

    @property
    def is_converted(self) -> bool:
        """Whether a validator of the user's sees values before their type is checked, and may take any."""
        if self.node["type"] in ("function-before", "function-wrap") and not is_library_s(
            self.node["function"]["function"]
        ):
            return True
        return self._inside is not None and self._inside.is_converted

    @cached_property
    def _content(self) -> Place | None:
        """What stands here under all wrappers; ``None`` when the user serialises it otherwise."""
        if self._serialised_by_user is not None:
            return None
        return self if self._inside is None else self._inside._content

    @cached_property
    def _inside(self) -> Place | None:
        """What is inside of a wrapper; ``None`` when this is none."""
        kind = self.node["type"]
        if kind == "definition-ref":
            return self._below(self.definitions.get(self.node["schema_ref"]))
        if kind == "chain":
            return self._below(self.node["steps"][-1])
        return self._below(self.node[_WRAPPERS[kind]]) if kind in _WRAPPERS else None

    @cached_property
    def _serialised_by_user(self) -> Place | None:
        """What a serialiser of the user's answers; the place itself when that is not said; ``None`` without one."""
        serialiser = self.node.get("serialization")
        if serialiser is None or is_library_s(serialiser.get("function")):
            return None
        if serialiser["type"] in ("to-string", "format"):
            return self._below({"type": "str"})
        if serialiser["type"] not in ("function-plain", "function-wrap"):
            return None
        if str(serialiser.get("when_used")).startswith("json") and self._is_native():
            # What is stored natively is not turned into JSON.
            return None
        answered = serialiser.get("return_schema")
        return self if answered is None or answered["type"] == "any" else self._below(answered)

    def _is_native(self) -> bool:
        return self.content.node["type"] in ("str", "int", "float", "decimal", "bytes", "bool")

    def _is_text(self, temporal: str) -> bool:
        if temporal == "timedelta" and self.config.get("ser_json_timedelta", "iso8601") != "iso8601":
            return False
        return bool(self.config.get("ser_json_temporal", "iso8601") == "iso8601")

    def choices(self) -> list[Place]:
        """What may stand here, of a union."""
        choices = self.node["choices"]
        # Behind a discriminator they stand by its values; a choice may have a label, or lead to another one.
        listed = choices.values() if isinstance(choices, dict) else choices
        nodes = [choice[0] if isinstance(choice, tuple) else choice for choice in listed if not isinstance(choice, str)]
        places = [Place(node, self.definitions, self.config) for node in nodes]
        return [place for place in places if place.node["type"] != "none"]

    def _below(self, node: CoreNode | None) -> Place | None:
        return None if node is None else Place(node, self.definitions, self.node.get("config", self.config))


@record
class NamedPlace:
    """A place with its name in the table, and its name in the data that Pydantic validates."""

    attribute: str
    key: str
    place: Place


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
