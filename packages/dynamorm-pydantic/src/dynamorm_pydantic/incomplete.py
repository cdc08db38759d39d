"""Schemas that name classes which are not defined yet: what is known of them until they can be completed."""

from __future__ import annotations

import types
import warnings
from collections.abc import Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, Field, PydanticUndefinedAnnotation, create_model
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from dynamorm.ports.incomplete_schemas import IncompleteAdapter, UndefinedName
from dynamorm.ports.schemas import SchemaAdapter, SchemaField
from dynamorm_pydantic.adapter import PydanticAdapter
from dynamorm_pydantic.definitions import incomplete_model, pydantic_model


def adapter_of(model_name: str, definition: type) -> SchemaAdapter:
    """Return the adapter of a model's inner ``Schema`` class; an incomplete one if it names what is not defined yet."""
    try:
        return _adapt(model_name, definition)
    except UndefinedName as error:
        fields = _fields_of(model_name, definition, error)
        return IncompleteAdapter(model_name, definition, fields, partial(_adapt, model_name, definition))


def _adapt(model_name: str, definition: type) -> PydanticAdapter:
    return PydanticAdapter(model_name, pydantic_model(model_name, definition))


class _Unknown:
    """The type of a field whose own type is not known yet."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return core_schema.any_schema()


def _fields_of(model_name: str, definition: type, error: UndefinedName) -> Mapping[str, SchemaField]:
    """Return all fields of a class: those with undefined names in their annotations take any value.

    Raises:
        UndefinedName: The *error*, if the name is not in the annotation of a field.
    """
    model = incomplete_model(model_name, definition)
    unknown = [name for name, info in model.model_fields.items() if not _is_known(model, name, info)]
    if not unknown:
        raise error
    try:
        outline = PydanticAdapter(model_name, _outline(model, unknown))
    except PydanticUndefinedAnnotation:
        # That of a computed field, say.
        raise error from None
    for name in unknown:
        outline.fields[name].unresolved = error.name
        outline.fields[name].key_type = None
    return outline.fields


def _is_known(model: type[BaseModel], name: str, info: FieldInfo) -> bool:
    """Return whether all that the type of a field names is defined."""
    fields: dict[str, Any] = {name: (info.annotation, ...)}
    probe = create_model("Probe", __config__=model.model_config, __module__=model.__module__, **fields)
    return bool(probe.__pydantic_complete__)


def _outline(model: type[BaseModel], unknown: list[str]) -> type[BaseModel]:
    """Return a complete model with the validators and serialisers of an incomplete one, and its fields.

    The types of fields that are *unknown* are not.
    """
    body: dict[str, Any] = {
        "__module__": model.__module__,
        "__annotations__": dict.fromkeys(unknown, _Unknown),
        **{name: _untyped(model.model_fields[name]) for name in unknown},
    }
    with warnings.catch_warnings():
        # A plain class with the same fields may be among the bases.
        warnings.filterwarnings("ignore", 'Field name ".+" in ".+" shadows an attribute in parent')
        outline: type[BaseModel] = types.new_class(model.__name__, (model,), exec_body=lambda names: names.update(body))
    outline.model_rebuild()
    return outline


def _untyped(info: FieldInfo) -> Any:
    settings: dict[str, Any] = {
        "alias": info.alias,
        "validation_alias": info.validation_alias,
        "serialization_alias": info.serialization_alias,
    }
    if info.default_factory is not None:
        settings["default_factory"] = info.default_factory
    elif not info.is_required():
        settings["default"] = info.default
    return Field(**settings)
