"""Reading and rewriting Pydantic's core schemas, of which its compiled validators are made.

The core schema of a model is a tree of dictionaries, which Pydantic documents and publishes as the model's
``__pydantic_core_schema__``, and of which ``pydantic_core`` makes validators. So a single field, or some fields of a
model, can be validated with their validators and without the rest of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic_core import SchemaValidator

CoreNode: TypeAlias = dict[str, Any]
Rewrite: TypeAlias = Callable[[CoreNode], CoreNode]
Config: TypeAlias = Mapping[str, Any]

#: The keys of a node that hold the nodes below it: one node, a list, or a dict by name.
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
#: Pydantic validates nested models with their own compiled validators, whatever the tree has below these nodes.
_COMPILED = ("model", "dataclass")
#: Nodes whose values hold no list, map or set.
_SINGLE_VALUES = frozenset(
    {
        *("str", "int", "float", "decimal", "bool", "bytes", "none", "enum", "literal"),
        *("date", "time", "datetime", "timedelta", "uuid", "url", "multi-host-url"),
    }
)
#: Nodes that make a new list, map or set, with the key of the node of its elements or values.
_ELEMENTS: Mapping[str, str] = {
    **dict.fromkeys(("list", "tuple", "set", "frozenset"), "items_schema"),
    "dict": "values_schema",
}
#: Nodes whose values are made by the nodes below them.
_TRANSPARENT = frozenset(
    {
        *("nullable", "default", "union", "tagged-union", "definition-ref"),
        *("model", "model-fields", "model-field", "typed-dict", "typed-dict-field"),
    }
)
#: The keys of a field that name it otherwise.
_ALIASES = frozenset({"validation_alias", "serialization_alias"})
FUNCTIONS = ("function-before", "function-after", "function-wrap")
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
    }
)


def unvalidated(node: CoreNode) -> CoreNode:
    """Return a core schema without constraints and without the user's validators: it checks types only.

    Nested models keep theirs, because they validate themselves.
    """
    if node["type"] in _COMPILED:
        return node
    if node["type"] in FUNCTIONS and not is_from_pydantic(node["function"]["function"]):
        inner = unvalidated(node["schema"])
        return {**inner, "ref": node["ref"]} if "ref" in node else inner
    return rewritten_below({name: value for name, value in node.items() if name not in _CONSTRAINTS}, unvalidated)


def rewritten_below(node: CoreNode, rewrite: Rewrite) -> CoreNode:
    """Return a *node* with each of the nodes directly below it rewritten."""
    return {key: _rewritten(below, rewrite) if key in _BELOW else below for key, below in node.items()}


def _rewritten(below: Any, rewrite: Rewrite) -> Any:
    if isinstance(below, list):
        return [_rewritten(node, rewrite) for node in below]
    if isinstance(below, tuple):
        # A choice of a union and its label.
        return (_rewritten(below[0], rewrite), *below[1:])
    if isinstance(below, dict):
        if isinstance(below.get("type"), str):
            return rewrite(below)
        return {name: _rewritten(node, rewrite) for name, node in below.items()}
    return below


def nodes_below(node: CoreNode) -> Iterator[CoreNode]:
    """Yield the nodes directly below a *node*."""
    for key in _BELOW:
        yield from _nodes_in(node.get(key))


def _nodes_in(below: Any) -> Iterator[CoreNode]:
    if isinstance(below, dict) and isinstance(below.get("type"), str):
        yield below
    elif isinstance(below, (dict, list, tuple)):
        for node in below.values() if isinstance(below, dict) else below:
            yield from _nodes_in(node)


def all_nodes(node: CoreNode, definitions: Mapping[str, CoreNode]) -> Iterator[CoreNode]:
    """Yield a *node*, and all nodes below it or that it refers to."""
    waiting, seen = [node], set()
    while waiting:
        found = waiting.pop()
        reference = found.get("schema_ref")
        if found["type"] == "definition-ref" and reference not in seen:
            seen.add(reference)
            waiting.append(definitions[str(reference)])
        yield found
        waiting.extend(nodes_below(found))


def copies_containers(node: CoreNode) -> bool:
    """Return whether a *node* validates a list, a map or a set into a new one, and never changes its input."""
    kind = node["type"]
    if kind in _TRANSPARENT:
        return not node.get("custom_init") and "allow" not in (
            node.get("extra_behavior"),
            node.get("config", {}).get("extra_fields_behavior"),
        )
    return kind in _SINGLE_VALUES or _ELEMENTS.get(kind, kind) in node


def is_strict(node: CoreNode) -> bool:
    """Return whether a *node* or one below it may be validated in Pydantic's strict mode."""
    if node.get("strict") or node.get("config", {}).get("strict"):
        return True
    return any(map(is_strict, nodes_below(node)))


def is_from_pydantic(function: object) -> bool:
    """Return whether a *function* in a core schema is Pydantic's own."""
    module = str(getattr(function, "__module__", None))
    return module.partition(".")[0] in ("pydantic", "pydantic_core")


def core_schema_of(model: type[BaseModel]) -> CoreNode:
    """Return the core schema of a Pydantic *model*."""
    node: Any = model.__pydantic_core_schema__
    if not isinstance(node, dict):
        # A model that is not built yet has a placeholder there. Imported here: expensive, and rarely needed.
        from pydantic import TypeAdapter

        node = dict(TypeAdapter(model).core_schema)
    return dict(node)


def definitions_of(node: CoreNode) -> tuple[CoreNode, dict[str, CoreNode]]:
    """Split a whole core schema into its tree and the definitions that it refers to."""
    if node["type"] != "definitions":
        return node, {}
    definitions = {definition["ref"]: definition for definition in node["definitions"]}
    return node["schema"], definitions


def without_aliases(
    tree: CoreNode, definitions: Mapping[str, CoreNode], model_name: str
) -> tuple[CoreNode, dict[str, CoreNode]]:
    """Return the *tree* of a model, and its *definitions*, with the names of fields in place of aliases.

    If nested models have aliases, the references to them get the *model_name* in front of theirs: their JSON Schemas
    differ from those that the same models have elsewhere.
    """
    has_aliases = any(map(_has_aliases, (*definitions.values(), *nodes_below(_fields_of_root(tree)))))
    prefix = model_name if has_aliases else ""
    named = {_renamed(ref, prefix): _without_aliases(node, prefix) for ref, node in definitions.items()}
    return _without_aliases(tree, prefix, is_root=True), named


def _renamed(reference: str, prefix: str) -> str:
    """Return a *reference*, ``module.Class:identity``, to a class with a *prefix* in front of its name."""
    path, colon, identity = reference.partition(":")
    module, dot, name = path.rpartition(".")
    return f"{module}{dot}{prefix}{name}{colon}{identity}"


def _fields_of_root(node: CoreNode) -> CoreNode:
    while node["type"] != "model-fields" and isinstance(node.get("schema"), dict):
        node = node["schema"]
    # The fields themselves are renamed in any case; what counts is below them.
    fields = node.get("fields")
    return {"type": "fields", "fields": {n: f["schema"] for n, f in fields.items()}} if fields else node


def _has_aliases(node: CoreNode) -> bool:
    return not _ALIASES.isdisjoint(node) or any(map(_has_aliases, nodes_below(node)))


def _without_aliases(node: CoreNode, prefix: str, *, is_root: bool = False) -> CoreNode:
    kept = {key: value for key, value in node.items() if key not in _ALIASES}
    if node["type"] == "computed-field":
        kept.pop("alias", None)
    for reference in ("ref", "schema_ref"):
        if reference in kept:
            kept[reference] = _renamed(kept[reference], prefix)
    if is_root:
        # The model's own class is what JSON Schemas refer to.
        kept.pop("ref", None)
        is_root = node["type"] not in ("model-fields", "definition-ref")
    for key in (*_BELOW, "computed_fields"):
        if key in kept:
            kept[key] = _without_aliases_below(kept[key], prefix, is_root=is_root and key == "schema")
    return kept


def _without_aliases_below(below: Any, prefix: str, *, is_root: bool) -> Any:
    if isinstance(below, list):
        return [_without_aliases_below(node, prefix, is_root=False) for node in below]
    if isinstance(below, tuple):
        return (_without_aliases_below(below[0], prefix, is_root=False), *below[1:])
    if isinstance(below, dict):
        if isinstance(below.get("type"), str):
            return _without_aliases(below, prefix, is_root=is_root)
        return {name: _without_aliases_below(node, prefix, is_root=False) for name, node in below.items()}
    return below


def with_definitions(node: CoreNode, definitions: Mapping[str, CoreNode]) -> CoreNode:
    """Join a tree and its definitions: the inverse of :func:`definitions_of`."""
    if not definitions:
        return node
    return {"type": "definitions", "schema": node, "definitions": list(definitions.values())}


def without_default(node: CoreNode) -> CoreNode:
    """Return the *node* of a field without its default, so that the field may be missing."""
    inner: CoreNode = node["schema"] if node["type"] == "default" else node
    return inner


def validator_of(node: CoreNode, definitions: Mapping[str, CoreNode], config: Config | None = None) -> SchemaValidator:
    """Return a compiled validator. Its errors leave out the input, because items stay out of messages."""
    configuration = {"hide_input_in_errors": True, **(config or {})}
    return SchemaValidator(with_definitions(node, definitions), configuration)  # type: ignore[arg-type] # Pydantic's


def dictionary_of(fields: Mapping[str, CoreNode], *, config: Config, extra: str) -> CoreNode:
    """Return a core schema for a dictionary with any of these *fields* of a model, each validated as in the model."""
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
