"""Pydantic's core schemas: what its compiled validators are made of, read and rewritten.

The core schema of a model is a tree of dictionaries, which Pydantic documents and gives out
(``__pydantic_core_schema__`` of the model); ``pydantic_core`` makes validators of such trees. So a single field, or any of the
fields of a model, can be validated with its validators and without the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic_core import SchemaValidator

CoreNode: TypeAlias = dict[str, Any]
Config: TypeAlias = Mapping[str, Any]

#: Where the nodes below a node stand: one, several in a row, or several by name.
_BELOW = (
    "schema",
    "items_schema",
    "keys_schema",
    "values_schema",
    "extras_schema",
    "lax_schema",
    "strict_schema",
    "json_schema",
    "python_schema",
    "choices",
    "steps",
    "fields",
)
#: Nested models have compiled validators of their own, which Pydantic uses whatever stands below.
_COMPILED = ("model", "dataclass")
#: Nodes that make single values of single values; nodes that make new containers, with the place that describes what goes into them;
#: and nodes that do neither, but have their values made by those below them.
_SINGLE_VALUES = frozenset(
    {
        *("str", "int", "float", "decimal", "bool", "bytes", "none", "enum", "literal"),
        *("date", "time", "datetime", "timedelta", "uuid", "url", "multi-host-url"),
    }
)
_ELEMENTS: Mapping[str, str] = {
    **dict.fromkeys(("list", "tuple", "set", "frozenset"), "items_schema"),
    "dict": "values_schema",
}
_PASSING_ON = frozenset(
    {
        *("nullable", "default", "union", "tagged-union", "definition-ref"),
        *("model", "model-fields", "model-field", "typed-dict", "typed-dict-field"),
    }
)
_FUNCTIONS = ("function-before", "function-after", "function-wrap")
_CONSTRAINTS = frozenset(
    {
        "min_length",
        "max_length",
        "pattern",
        "ge",
        "gt",
        "le",
        "lt",
        "multiple_of",
        "max_digits",
        "decimal_places",
        "now_op",
        "tz_constraint",
    }
)


def unvalidated(node: CoreNode) -> CoreNode:
    """A core schema without constraints and without the user's validators; what is left tells a type from another.

    Nested models stay as they are: they validate themselves.
    """
    if node["type"] in _COMPILED:
        return node
    if node["type"] in _FUNCTIONS and not is_library_s(node["function"]["function"]):
        inner = unvalidated(node["schema"])
        return {**inner, "ref": node["ref"]} if "ref" in node else inner
    bare = {name: value for name, value in node.items() if name not in _CONSTRAINTS}
    for place in _BELOW:
        if place in bare:
            bare[place] = _unvalidated_below(bare[place])
    return bare


def _unvalidated_below(below: Any) -> Any:
    if isinstance(below, list):
        return [_unvalidated_below(node) for node in below]
    if isinstance(below, tuple):
        # A choice of a union and its label.
        return (_unvalidated_below(below[0]), *below[1:])
    if isinstance(below, dict):
        if isinstance(below.get("type"), str):
            return unvalidated(below)
        return {name: _unvalidated_below(node) for name, node in below.items()}
    return below


def nodes_below(node: CoreNode) -> Iterator[CoreNode]:
    """The nodes right below a *node*."""
    for place in _BELOW:
        yield from _nodes_in(node.get(place))


def _nodes_in(below: Any) -> Iterator[CoreNode]:
    if isinstance(below, dict) and isinstance(below.get("type"), str):
        yield below
    elif isinstance(below, (dict, list, tuple)):
        for node in below.values() if isinstance(below, dict) else below:
            yield from _nodes_in(node)


def all_nodes(node: CoreNode, definitions: Mapping[str, CoreNode]) -> Iterator[CoreNode]:
    """A *node*, and all that are below it or that it refers to."""
    waiting, seen = [node], set()
    while waiting:
        found = waiting.pop()
        reference = found.get("schema_ref")
        if found["type"] == "definition-ref" and reference not in seen:
            seen.add(reference)
            waiting.append(definitions[str(reference)])
        yield found
        waiting.extend(nodes_below(found))


def copies(node: CoreNode) -> bool:
    """Whether what a *node* itself makes of a list, a map or a set is a new one, and its input stays as it is."""
    kind = node["type"]
    if kind in _PASSING_ON:
        return not node.get("custom_init") and "allow" not in (
            node.get("extra_behavior"),
            node.get("config", {}).get("extra_fields_behavior"),
        )
    return kind in _SINGLE_VALUES or _ELEMENTS.get(kind, kind) in node


def is_strict(node: CoreNode) -> bool:
    """Whether a *node* or one below it may be validated in Pydantic's strict mode."""
    if node.get("strict") or node.get("config", {}).get("strict"):
        return True
    return any(map(is_strict, nodes_below(node)))


def is_library_s(function: object) -> bool:
    """Whether a *function* in a core schema is Pydantic's own."""
    module = str(getattr(function, "__module__", None))
    return module.partition(".")[0] in ("pydantic", "pydantic_core")


def core_schema_of(model: type[BaseModel]) -> CoreNode:
    """The core schema of a Pydantic *model*."""
    node: Any = model.__pydantic_core_schema__
    if not isinstance(node, dict):
        # Of a model that is not built yet, something else stands there. The import is here because it costs more than all the rest,
        # and most models need it not.
        from pydantic import TypeAdapter

        node = dict(TypeAdapter(model).core_schema)
    return dict(node)


def definitions_of(node: CoreNode) -> tuple[CoreNode, dict[str, CoreNode]]:
    """A whole core schema in two: the tree, and what its references lead to."""
    if node["type"] != "definitions":
        return node, {}
    definitions = {definition["ref"]: definition for definition in node["definitions"]}
    return node["schema"], definitions


def with_definitions(node: CoreNode, definitions: Mapping[str, CoreNode]) -> CoreNode:
    """The opposite of :func:`definitions_of`."""
    if not definitions:
        return node
    return {"type": "definitions", "schema": node, "definitions": list(definitions.values())}


def without_default(node: CoreNode) -> CoreNode:
    """The *node* of a field that is missing when it is not given."""
    inner: CoreNode = node["schema"] if node["type"] == "default" else node
    return inner


def validator_of(node: CoreNode, definitions: Mapping[str, CoreNode], config: Config | None = None) -> SchemaValidator:
    """A compiled validator. Its errors do not write their input, because items stay out of messages."""
    configuration = {"hide_input_in_errors": True, **(config or {})}
    return SchemaValidator(with_definitions(node, definitions), configuration)  # type: ignore[arg-type] # Pydantic's own


def dictionary_of(fields: Mapping[str, CoreNode], *, config: Config, extra: str) -> CoreNode:
    """A core schema that validates a dictionary with any of these *fields* of a model, each as the model does."""
    described = {
        name: {
            **{key: field[key] for key in ("validation_alias",) if key in field},
            "type": "typed-dict-field",
            "schema": without_default(field["schema"]),
            "required": False,
        }
        for name, field in fields.items()
    }
    return {"type": "typed-dict", "fields": described, "config": dict(config), "extra_behavior": extra}
