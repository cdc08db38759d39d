"""The root of a model's core schema: the node that holds the model's fields, and what the model does around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, AliasPath, BaseModel
from pydantic.fields import FieldInfo

from dynamorm.exceptions import DynaModelException
from dynamorm_pydantic.core_schemas import CoreNode


class RootNode:
    """The node of a model's fields, found inside the model's validators and settings."""

    def __init__(
        self, model_name: str, schema: type[BaseModel], tree: CoreNode, definitions: Mapping[str, CoreNode]
    ) -> None:
        node: Any = tree
        self.config: dict[str, Any] = {}
        #: Whether the model does nothing but validate its fields.
        self.is_bare = schema.__new__ is BaseModel.__new__ and _function(schema.model_validate) is _MODEL_VALIDATE
        #: Whether a validator of the model, or a constructor, sees the data before the fields do.
        self.prepares_data = _function(schema.model_validate) is not _MODEL_VALIDATE
        #: Whether no serialiser of the user's serialises the model as a whole.
        self.is_plainly_serialised = True
        while node is not None and node["type"] != "model-fields":
            self.is_plainly_serialised &= "serialization" not in node
            self.config = node.get("config", self.config)
            self.prepares_data |= node["type"] in _BEFORE_FIELDS or bool(node.get("custom_init"))
            self.is_bare &= node["type"] == "definition-ref" or _is_bare_model(node)
            node = definitions.get(node["schema_ref"]) if node["type"] == "definition-ref" else node.get("schema")
        if node is None:
            raise DynaModelException(
                f"The Schema of {model_name} makes its own core schema, in which DynamORM can't find the fields. "
                "Define __get_pydantic_core_schema__ on the types of fields only."
            )
        self.fields_node: CoreNode = node
        self.extra = str(node.get("extra_behavior") or self.config.get("extra_fields_behavior") or "ignore")
        self._by_name = bool(schema.model_config.get("populate_by_name") or schema.model_config.get("validate_by_name"))
        self._by_alias = bool(schema.model_config.get("validate_by_alias", True))

    def validation_key(self, model_name: str, name: str, info: FieldInfo) -> str:
        """Return the name of a field in the data that the model validates: its alias, or its own name."""
        alias = info.validation_alias
        if alias is None or not self._by_alias:
            return name
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
        for choice in choices:
            if isinstance(choice, str):
                return choice
        if self._by_name:
            return name
        raise DynaModelException(
            f"The field '{name}' of {model_name} has an AliasPath, a path into another attribute. The attributes of an "
            "item have names: use alias, or AliasChoices with a name besides the path."
        )


def names_of(alias: str | AliasPath | AliasChoices | None) -> list[str]:
    """Return the names in the data to which a validation *alias* leads, as a path below them or not."""
    found = []
    for choice in alias.choices if isinstance(alias, AliasChoices) else [alias]:
        name = choice.path[0] if isinstance(choice, AliasPath) else choice
        if isinstance(name, str):
            found.append(name)
    return found


def _is_bare_model(node: CoreNode) -> bool:
    """Return whether a *node* is a model without constructor, private attributes and ``model_post_init`` of its own."""
    return node["type"] == "model" and not (node.get("custom_init") or node.get("post_init") or node.get("root_model"))


def _function(method: Any) -> object:
    return getattr(method, "__func__", method)


#: The types of core nodes whose functions run before the fields are validated.
_BEFORE_FIELDS = ("function-before", "function-wrap", "function-plain")
_MODEL_VALIDATE = _function(BaseModel.model_validate)
