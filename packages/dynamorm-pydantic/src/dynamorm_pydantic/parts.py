"""Parts of nested models: what a projection reads below a field, where the nested model has required fields.

Pydantic refuses a model without its required fields. So a core schema is made in which each nested model takes any of
its fields, validated one by one, and makes an instance with those. Validators of a nested model expect it to be whole:
they don't run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import VERSION, BaseModel
from pydantic_core import SchemaValidator

from dynamorm_pydantic.core_schemas import FUNCTIONS, CoreNode, dictionary_of, rewritten_below, validator_of
from dynamorm_pydantic.instances import instance_of

#: Before 2.8, Pydantic takes the first choice of a union that fits, and not the one with the most fields.
_TAKES_FIRST = VERSION.startswith("2.7.")


def part_validator(fields: Mapping[str, CoreNode], definitions: Mapping[str, CoreNode], config: Any) -> SchemaValidator:
    """Return a validator for a dictionary with any of these *fields*, whose nested models take any of theirs."""
    tree = dictionary_of({name: in_parts(field) for name, field in fields.items()}, config=config, extra="ignore")
    return validator_of(tree, {reference: in_parts(node) for reference, node in definitions.items()})


def in_parts(node: CoreNode) -> CoreNode:
    """Return a core schema whose models and typed dictionaries may lack fields."""
    kind = node["type"]
    changed = node
    if kind in FUNCTIONS and _is_of_model(node):
        # The user's validator expects a whole instance.
        changed = in_parts(node["schema"])
    elif kind == "model" and not node.get("root_model"):
        changed = _model_in_parts(node)
    elif kind == "tagged-union":
        # The tag may be missing.
        changed = {"type": "union", "choices": _choices([*node["choices"].values()])}
    elif kind == "typed-dict":
        fields = {name: {**field, "required": False} for name, field in node["fields"].items()}
        changed = rewritten_below({**node, "fields": fields}, in_parts)
    else:
        return rewritten_below(node, in_parts)
    return {**changed, "ref": node["ref"]} if "ref" in node else changed


def _choices(nodes: Sequence[Any]) -> list[CoreNode]:
    """Return the core schemas for the parts of a union whose tag may be missing; a string stands for another choice."""
    schemas = [node for node in nodes if isinstance(node, dict)]
    choices = list(map(in_parts, schemas))
    if _TAKES_FIRST:
        # So first come those that know all the names.
        choices = [*(_model_in_parts(node, "forbid") for node in schemas if node["type"] == "model"), *choices]
    return choices


def _is_of_model(node: CoreNode) -> bool:
    while node["type"] in FUNCTIONS and "schema" in node:
        node = node["schema"]
    return bool(node["type"] == "model")


def _model_in_parts(node: CoreNode, unknown_names: str | None = None) -> CoreNode:
    inner = node["schema"]
    while inner["type"] != "model-fields":
        if "schema" not in inner:
            return node
        inner = inner["schema"]
    own = inner.get("extra_behavior") or node.get("config", {}).get("extra_fields_behavior") or "ignore"
    fields = {name: in_parts(field) for name, field in inner["fields"].items()}
    return {
        "type": "function-after",
        "function": {"type": "no-info", "function": _instance_maker(node["cls"])},
        "schema": dictionary_of(fields, config=node.get("config", {}), extra=unknown_names or str(own)),
    }


def _instance_maker(model: type[BaseModel]) -> Callable[[dict[str, Any]], BaseModel]:
    def make(values: dict[str, Any]) -> BaseModel:
        instance = instance_of(model, {name: each for name, each in values.items() if name in model.model_fields})
        extra = {name: each for name, each in values.items() if name not in model.model_fields}
        if model.model_config.get("extra") == "allow":
            object.__setattr__(instance, "__pydantic_extra__", extra)
        return instance

    return make
