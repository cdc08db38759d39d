"""The Schematics model that is made of an inner ``Schema`` class, and the types of its fields."""

from __future__ import annotations

import copy
import types
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeAlias

from schematics.common import DROP
from schematics.models import Model
from schematics.transforms import get_export_context
from schematics.types import BaseType, DictType, ListType, ModelType, PolyModelType, Serializable
from schematics.undefined import Undefined

from dynamorm.exceptions import DynaModelException
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


def has_default(field: FieldType) -> bool:
    """Return whether Schematics fills in a value other than ``None`` for a *field*."""
    default = getattr(type_of_field(field), "default", None)
    return default is not None and default is not Undefined


def level_of(field: FieldType) -> Any:
    """Return the export level of a *field*, which its model may set."""
    return field.get_export_level(get_export_context())


def is_dropped(field: FieldType) -> bool:
    """Return whether a *field* is never exported."""
    return bool(level_of(field) == DROP)


def stored_form(field: FieldType) -> Any:
    """Return what the metadata of a type say about the stored form of its date-times."""
    return getattr(type_of_field(field), "metadata", {}).get("stored_form")


def check_schema(model_name: str, schema: ModelClass) -> None:
    """Raise ``DynaModelException`` for what can't be stored, or not be read again, also in nested models.

    That is a field that the default role leaves out, or that is required and never exported; and in a nested model two
    fields of one stored name, and a ``stored_form``.
    """
    seen = {schema}
    _check_exported(schema, f"of {model_name}")
    waiting = [(name, field) for name, field in fields_of(schema).items()]
    while waiting:
        path, field = waiting.pop()
        if isinstance(field, (ListType, DictType)) and stored_form(field.field) is not None:
            refuse_nested_form(model_name, f"An element of '{path}'")
        for nested in _models_below(type_of_field(field)):
            if nested in seen:
                continue
            seen.add(nested)
            _check_exported(nested, f"in '{path}' of {model_name}")
            attributes = {name: attribute_of(name, inner) for name, inner in fields_of(nested).items()}
            check_attributes(model_name, path, attributes, "Give each its own serialized_name.")
            for name, inner in fields_of(nested).items():
                if stored_form(inner) is not None:
                    refuse_nested_form(model_name, f"The field '{path}.{name}'")
                waiting.append((f"{path}.{name}", inner))


def _check_exported(schema: ModelClass, where: str) -> None:
    role = _default_role(schema)
    for name, field in fields_of(schema).items():
        if role is not None and all(_leaves_out(role, name, value) for value in (None, object())):
            raise DynaModelException(
                f"The field '{name}' {where} would not be stored: the default role of {schema.__name__} leaves it out. "
                "Give the role another name, with which your program calls to_primitive(role=…). For a field that is "
                "not to be stored, set export_level=DROP instead."
            )
        if field.required and is_dropped(field):
            raise DynaModelException(
                f"The field '{name}' {where} is required, but its export level is DROP, so it is not stored, and no "
                "item could be read. Remove the level to store it, or required=True."
            )


def _default_role(schema: ModelClass) -> Any:
    """Return the role that Schematics exports a model with when it is told none."""
    for base in schema.__mro__:
        roles = getattr(vars(base).get("Options"), "roles", None) or {}
        if "default" in roles:
            return roles["default"]
    return None


def _leaves_out(role: Any, name: str, value: object) -> bool:
    try:
        return bool(role(name, value))
    except Exception:  # noqa: BLE001 - a function of the program's, made for values of other types
        return False


def _models_below(field: FieldType) -> Iterable[ModelClass]:
    if isinstance(field, (ListType, DictType)):
        return _models_below(field.field)
    if isinstance(field, PolyModelType):
        return tuple(field.model_classes)
    # A dotted name is imported when it is first used; its module may not exist yet.
    if isinstance(field, ModelType) and "." not in field.model_name:
        return (field.model_class,)
    return ()
