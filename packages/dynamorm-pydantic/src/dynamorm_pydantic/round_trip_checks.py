"""Checks, when a model is defined, that what Pydantic serialises can be validated again, before any data are lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import EncodedBytes, EncodedStr
from pydantic.fields import FieldInfo

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.date_times import refuse_nested_form
from dynamorm.ports.nested_schemas import check_attributes
from dynamorm_pydantic.core_schemas import CoreNode, all_nodes

_VALIDATORS_BEFORE = ("function-before", "function-wrap")
_VALIDATORS = (*_VALIDATORS_BEFORE, "function-after")


def stored_form(info: FieldInfo) -> Any:
    """Return what a field of a Pydantic model says about the stored form of its date-times."""
    extra = info.json_schema_extra
    return extra.get("stored_form") if isinstance(extra, dict) else None


def check_round_trips(model_name: str, fields: Mapping[str, CoreNode], definitions: Mapping[str, CoreNode]) -> None:
    """Raise ``DynaModelException`` if one of the *fields*, or what is nested in it, could not be loaded once stored."""
    _check_excluded(fields, "of", model_name)
    for name, field in fields.items():
        for node in all_nodes(field["schema"], definitions):
            if node["type"] == "json":
                raise DynaModelException(
                    f"The field '{name}' of {model_name} is a Json: Pydantic serialises its content, and can't "
                    "validate that again. Give the field the type of the content."
                )
            if node["type"] == "generator":
                raise DynaModelException(
                    f"The field '{name}' of {model_name} is an Iterable or a Generator, which Pydantic can read only "
                    "once. Make it a list or a Sequence."
                )
            if isinstance(encoded := _owner_of_function(node), EncodedBytes | EncodedStr):
                kind = "str" if isinstance(encoded, EncodedStr) else "bytes"
                raise DynaModelException(
                    f"The field '{name}' of {model_name} is encoded, such as Base64Bytes: Pydantic decodes it whenever "
                    f"it is validated, also when a value that was read is saved. Make it {kind}, which DynamoDB "
                    "stores unchanged, and decode values of other programs in a property."
                )
            if node["type"] in ("model", "typed-dict", "dataclass"):
                _check_names(model_name, name, node)
            for nested, info in getattr(node.get("cls"), "model_fields", {}).items():
                if node["type"] == "model" and stored_form(info) is not None:
                    refuse_nested_form(model_name, f"The field '{nested}' in '{name}'")


def _owner_of_function(node: CoreNode) -> object:
    """Return the object whose method a node of a validating function calls, or ``None``."""
    function = node.get("function")
    return getattr(function.get("function"), "__self__", None) if isinstance(function, dict) else None


def _check_names(model_name: str, name: str, node: CoreNode) -> None:
    """Check the names that a nested model stores, and those that it takes."""
    config = node.get("config", {})
    by_name = bool(config.get("validate_by_name") or config.get("populate_by_name"))
    extra = node.get("extra_behavior") or config.get("extra_fields_behavior")
    while node.get("type") in ("model", "dataclass", *_VALIDATORS):
        if node["type"] in _VALIDATORS_BEFORE:
            # The program's own validator may take what is stored.
            extra = None
        node = node["schema"]
    fields: Any = node.get("fields", {})
    named = {field["name"]: field for field in fields} if isinstance(fields, list) else fields
    _check_aliases(model_name, name, named, by_name=by_name)
    _check_excluded(named, f"in '{name}' of", model_name)
    computed = node.get("computed_fields")
    if computed and (node.get("extra_behavior") or extra) == "forbid":
        raise DynaModelException(
            f"The model in '{name}' of {model_name} forbids unknown names, and so refuses '"
            f"{computed[0]['property_name']}', which it computes: it could not be loaded once stored. Remove "
            "extra='forbid', or make it a property without computed_field."
        )


def _check_aliases(model_name: str, name: str, named: Mapping[str, CoreNode], *, by_name: bool) -> None:
    attributes = {nested: field.get("serialization_alias", nested) for nested, field in named.items()}
    check_attributes(model_name, name, attributes, "Give each its own alias.")
    for nested, field in named.items():
        stored = attributes[nested]
        if stored not in _loaded_names(nested, field.get("validation_alias"), by_name=by_name):
            raise DynaModelException(
                f"The field '{nested}' in '{name}' of {model_name} is serialised as '{stored}' but validated under "
                "another name, so it could not be loaded once stored. Give it one alias for both."
            )


def _check_excluded(fields: Mapping[str, CoreNode], where: str, model_name: str) -> None:
    for name, field in fields.items():
        is_required = field["schema"]["type"] != "default" and field.get("required", True)
        if is_required and field.get("serialization_exclude"):
            raise DynaModelException(
                f"The field '{name}' {where} {model_name} is required, but excluded from what Pydantic serialises, so "
                "it could not be loaded once stored. Remove exclude=True to store it, or give it a default."
            )


def _loaded_names(name: str, alias: Any, *, by_name: bool) -> set[object]:
    if alias is None:
        return {name}
    paths = [[alias]] if isinstance(alias, str) else alias if isinstance(alias[0], list) else [alias]
    return {path[0] for path in paths if len(path) == 1} | ({name} if by_name else set())
