"""The Schematics model that is made of an inner ``Schema`` class, and the types of its fields."""

from __future__ import annotations

import copy
import types
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeAlias

from schematics.models import Model
from schematics.types import BaseType, DictType, ListType, ModelType, PolyModelType, Serializable

from dynamorm.ports.date_times import refuse_nested_form
from dynamorm.ports.nested_schemas import check_attributes

#: A field of a Schematics model, which the library calls a type. It has no annotations, hence ``Any``.
FieldType: TypeAlias = Any
#: A subclass of ``schematics.Model``.
ModelClass: TypeAlias = Any


def schema_of(model_name: str, definition: type) -> ModelClass:
    """Return the Schematics model of an inner ``Schema``: a subclass of it, and of ``Model`` if that is no base yet.

    Schematics finds fields in a class itself and in those of its bases that are models. Fields of other bases are
    copied into the new class here, in method resolution order: copied, because a field knows the class that owns it.
    """
    declared: dict[str, Any] = {}
    for base in reversed(definition.__mro__):
        if issubclass(base, Model):
            for name in fields_of(base):
                if _declares(base, name):
                    declared.pop(name, None)
            continue
        for name, value in vars(base).items():
            declared.pop(name, None)
            if isinstance(value, (BaseType, Serializable)):
                declared[name] = copy.deepcopy(value)
            elif name == "Options" or name.startswith("validate_"):
                declared[name] = value
    bases = (definition,) if issubclass(definition, Model) else (definition, Model)
    described = {"__doc__": definition.__doc__, "__module__": definition.__module__}
    return types.new_class(f"{model_name}Schema", bases, exec_body=lambda body: body.update(described | declared))


def _declares(schema: ModelClass, name: str) -> bool:
    """Return whether a Schematics model has the field *name* itself, not from a base."""
    # A model copies the fields that it inherits, and a copy shares the messages of its original.
    messages = fields_of(schema)[name].messages
    inherited = (fields_of(base).get(name) for base in schema.__bases__ if issubclass(base, Model))
    return all(field is None or field.messages is not messages for field in inherited)


@cache
def fields_of(schema: ModelClass) -> Mapping[str, FieldType]:
    """Return the fields of a Schematics model by name, computed ones included."""
    # The class's own mapping is deprecated. An instance that was never initialised has the same.
    return {atom.name: atom.field for atom in Model.atoms(schema.__new__(schema))}


def is_computed(field: FieldType) -> bool:
    """Return whether a field is a ``@serializable``."""
    return isinstance(field, Serializable)


@cache
def computed_names(schema: ModelClass) -> frozenset[str]:
    """Return the names of the fields of a Schematics model that are computed."""
    return frozenset(name for name, field in fields_of(schema).items() if is_computed(field))


def takes_values(field: FieldType) -> bool:
    """Return whether a field can be set. A ``@serializable`` can if it has a setter."""
    return not is_computed(field) or field.fset is not None


def type_of_field(field: FieldType) -> FieldType:
    """Return the type of a field; for a computed one, the type of its result."""
    return field.type if is_computed(field) else field


def attribute_of(name: str, field: FieldType) -> str:
    """Return the name under which a field is stored."""
    return str(field.serialized_name or name)


@cache
def names_by_attribute(schema: ModelClass) -> Mapping[str, str]:
    """Return the fields' names of a Schematics model by the names under which they are stored."""
    return {attribute_of(name, field): name for name, field in fields_of(schema).items()}


def stored_form(field: FieldType) -> Any:
    """Return what the metadata of a type say about the stored form of its date-times."""
    return getattr(type_of_field(field), "metadata", {}).get("stored_form")


def check_nested_attributes(model_name: str, schema: ModelClass) -> None:
    """Raise ``DynaModelException`` if a nested model stores two fields under one name, or has a ``stored_form``."""
    seen = {schema}
    waiting = [(name, field) for name, field in fields_of(schema).items()]
    while waiting:
        path, field = waiting.pop()
        if isinstance(field, (ListType, DictType)) and stored_form(field.field) is not None:
            refuse_nested_form(model_name, f"An element of '{path}'")
        for nested in _models_below(type_of_field(field)):
            if nested in seen:
                continue
            seen.add(nested)
            attributes = {name: attribute_of(name, inner) for name, inner in fields_of(nested).items()}
            check_attributes(model_name, path, attributes, "Give each its own serialized_name.")
            for name, inner in fields_of(nested).items():
                if stored_form(inner) is not None:
                    refuse_nested_form(model_name, f"The field '{path}.{name}'")
                waiting.append((f"{path}.{name}", inner))


def _models_below(field: FieldType) -> Iterable[ModelClass]:
    if isinstance(field, (ListType, DictType)):
        return _models_below(field.field)
    if isinstance(field, PolyModelType):
        return tuple(field.model_classes)
    # A dotted name is imported when it is first used; its module may not exist yet.
    if isinstance(field, ModelType) and "." not in field.model_name:
        return (field.model_class,)
    return ()
