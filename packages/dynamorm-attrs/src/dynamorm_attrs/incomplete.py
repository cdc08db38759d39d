"""Schemas that name classes which are not defined yet: what is known of them until they can be completed."""

from __future__ import annotations

import inspect
import sys
import types
from typing import Any, get_type_hints

import attrs

from dynamorm.ports.incomplete_schemas import IncompleteAdapter, UndefinedName
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_attrs.adapter import AttrsAdapter
from dynamorm_attrs.classes import ClassInfo, local_names, schema_of
from dynamorm_attrs.fields import OwnedField
from dynamorm_attrs.shapes import check_field


def adapter_of(model_name: str, definition: type) -> SchemaAdapter:
    """Return the adapter of a model's inner ``Schema`` class; an incomplete one if it names what is not defined yet."""
    try:
        return AttrsAdapter(model_name, definition)
    except UndefinedName:
        schema = schema_of(model_name, definition)
        fields = _fields_of(model_name, schema)
        return IncompleteAdapter(model_name, schema, fields, lambda: AttrsAdapter(model_name, definition))


def _fields_of(model_name: str, schema: Any) -> dict[str, OwnedField]:
    """Return all fields of a class: those with undefined names in their annotations take any value."""
    unknown: dict[str, str] = {}
    hints = _partial_hints(schema, unknown)
    for name, annotation in hints.items():
        try:
            check_field(model_name, name, annotation)
        except UndefinedName as error:
            unknown[name] = error.name
    info = ClassInfo(schema, {}, {**hints, **dict.fromkeys(unknown, Any)})
    fields = {name: OwnedField(info, field) for name, field in info.fields.items()}
    for name, undefined in unknown.items():
        fields[name].unresolved = undefined
    return fields


def _partial_hints(cls: Any, unknown: dict[str, str]) -> dict[str, Any]:
    """Return the annotations of the fields of a class, and add to *unknown* the names that some need."""
    names = local_names(cls)
    own = {field.name for field in attrs.fields(cls)}
    found: dict[str, Any] = {field.name: field.type for field in attrs.fields(cls) if field.type is not None}
    for base in reversed(cls.__mro__):
        module = sys.modules.get(base.__module__)
        for name, value in inspect.get_annotations(base).items():
            if name not in own:
                continue
            holder: Any = types.SimpleNamespace(__annotations__={name: value})
            try:
                found.update(get_type_hints(holder, vars(module) if module else {}, names, include_extras=True))
                unknown.pop(name, None)
            except NameError as error:
                found[name], unknown[name] = Any, str(error.name)
    return found
