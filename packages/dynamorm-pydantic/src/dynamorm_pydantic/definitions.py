"""The Pydantic model that is made of a model's inner ``Schema`` class."""

from __future__ import annotations

import dataclasses
import re
import sys
import types
import warnings
from abc import ABCMeta
from collections.abc import Mapping
from inspect import currentframe
from types import MappingProxyType
from typing import Any, get_type_hints
from weakref import WeakSet

from pydantic import BaseModel, PydanticUndefinedAnnotation, PydanticUserError
from pydantic.fields import ModelPrivateAttr

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.incomplete_schemas import UndefinedName

#: The classes that were made of the annotations of typed models, and are nobody else's.
made_of_annotations: WeakSet[type] = WeakSet()
#: The modules and the names of what other libraries put into a class for a field, which would be taken for a default.
_FIELDS_OF_OTHERS = frozenset({("msgspec", "Field"), ("attr", "_CountingAttr")})


def pydantic_model(model_name: str, definition: type) -> type[BaseModel]:
    """Return the Pydantic model of an inner ``Schema`` class.

    It is a subclass of that class, and of ``BaseModel`` too if the class is no Pydantic model. So methods and
    ``super()`` follow the class's own method resolution order. Pydantic does not look for fields and decorators in
    bases that are no models: the new class has them in its own body.

    Args:
        model_name: The name of the DynamORM model, after which the Pydantic model is named.
        definition: The inner ``Schema`` class.

    Raises:
        UndefinedName: An annotation names what is not defined, or not yet.
        DynaModelException: Pydantic refuses the class, or items can't be made of it.
    """
    name = f"{model_name}Schema"
    local_names = _local_names(definition)
    try:
        if not issubclass(definition, BaseModel):
            nested = _classes_in(definition)
            annotations = get_type_hints(definition, localns={**local_names, **nested}, include_extras=True)
            return _model_of_plain_class(name, definition, annotations)
        if definition.__pydantic_root_model__:
            raise DynaModelException(
                f"The Schema of {model_name} is a RootModel, which has no fields. An item has attributes: use a "
                "BaseModel."
            )
        if definition in made_of_annotations:
            local_names = {**local_names, **_classes_in(definition)}
        definition.model_rebuild(_types_namespace=local_names)
        if definition in made_of_annotations:
            return definition
        body = {**_attributes(definition), "model_config": configuration_of(definition.model_config)}
        return types.new_class(name, (definition,), exec_body=lambda namespace: namespace.update(body))
    except (PydanticUndefinedAnnotation, NameError) as error:
        if error.name is None:  # Pydantic 2.7 refuses the name of a field with a NameError
            raise DynaModelException(f"Pydantic refuses the Schema of {model_name}: {error}") from error
        raise UndefinedName(error.name, model_name) from error
    except PydanticUserError as error:
        raise DynaModelException(f"Pydantic refuses the Schema of {model_name}: {error.message}") from error


def incomplete_model(model_name: str, definition: type) -> type[BaseModel]:
    """Return the Pydantic model of a class whose annotations name what is not defined yet: it has all fields.

    Raises what :func:`pydantic_model` raises.
    """
    if issubclass(definition, BaseModel):
        return definition
    return _model_of_plain_class(f"{model_name}Schema", definition, _partial_annotations(definition))


def _partial_annotations(definition: type) -> dict[str, Any]:
    """Return the annotations of a class and its bases, those that name what is not defined yet as they are."""
    names = {**_local_names(definition), **_classes_in(definition)}
    found: dict[str, Any] = {}
    for base in reversed(definition.__mro__):
        module = sys.modules.get(base.__module__)
        for name, value in _kept_annotations(base).items():
            holder: Any = types.SimpleNamespace(__annotations__={name: value})
            try:
                found.update(get_type_hints(holder, vars(module) if module else {}, names, include_extras=True))
            except NameError:
                found[name] = value
    return found


def _kept_annotations(definition: type) -> Mapping[str, Any]:
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations

        return get_annotations(definition, format=Format.FORWARDREF)
    kept: Mapping[str, Any] = vars(definition).get("__annotations__", {})
    return kept


def _classes_in(definition: type) -> dict[str, Any]:
    """Return the classes in the body of a class, and in those of its bases."""
    bases = [base for base in reversed(definition.__mro__) if base not in BaseModel.__mro__]
    return {name: value for base in bases for name, value in vars(base).items() if isinstance(value, type)}


def _attributes(definition: type) -> dict[str, Any]:
    return {"__doc__": definition.__doc__, "__module__": definition.__module__}


def configuration_of(configured: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of the Pydantic model that is made of a class that was *configured* so."""
    # Pydantic would write the input into its error messages; values of items stay out of messages.
    return {"hide_input_in_errors": True, **configured}


def _model_of_plain_class(name: str, definition: type, annotations: dict[str, Any]) -> type[BaseModel]:
    model_name = name.removesuffix("Schema")
    _check_plain_class(model_name, definition)
    _check_defaults(model_name, definition, annotations)
    body, configuration = decorated_attributes(model_name, definition, annotations)
    body.update(_attributes(definition), __annotations__=annotations, model_config=configuration_of(configuration))
    with warnings.catch_warnings():
        # The base class has the same fields, as plain attributes.
        shadowed = "|".join(re.escape(base.__qualname__) for base in definition.__mro__)
        warnings.filterwarnings("ignore", f'Field name ".+" in ".+" shadows an attribute in parent "({shadowed})"')
        return types.new_class(name, (definition, BaseModel), exec_body=lambda namespace: namespace.update(body))


def decorated_attributes(
    model_name: str, definition: type, annotations: Mapping[str, Any] = MappingProxyType({})
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what Pydantic has to see of a plain class and its bases, with these *annotations*, and its configuration.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for private attributes.
    """
    body: dict[str, Any] = {}
    configuration: dict[str, Any] = {}
    for base in reversed(definition.__mro__):
        for attribute, value in vars(base).items():
            if isinstance(value, ModelPrivateAttr):
                raise DynaModelException(
                    f"'{attribute}' of the Schema of {model_name} is a private attribute, which only a class that "
                    "inherits from pydantic.BaseModel can have."
                )
            if attribute == "model_config":
                configuration.update(value)
            elif _is_for_pydantic(attribute, value, annotations):
                body[attribute] = value
            else:
                body.pop(attribute, None)
    return body, configuration


def _check_plain_class(model_name: str, definition: type) -> None:
    is_attrs = any("__attrs_attrs__" in vars(base) for base in definition.__mro__)
    if is_attrs or dataclasses.is_dataclass(definition):
        raise DynaModelException(
            f"The Schema of {model_name} is {'an attrs class' if is_attrs else 'a dataclass'}, and no Pydantic model. "
            "Remove the decorator: annotations are enough."
        )
    if issubclass(definition, tuple):
        raise DynaModelException(
            f"The Schema of {model_name} is a NamedTuple, which can't be a Pydantic model. Remove the base "
            "class: annotations are enough."
        )
    if type(definition) not in (type, ABCMeta):
        raise DynaModelException(
            f"The Schema of {model_name} is made by {type(definition).__module__}.{type(definition).__name__}, which "
            "is not Pydantic 2's. Inherit from pydantic.BaseModel, or remove the base class."
        )


def _check_defaults(model_name: str, definition: type, annotations: Mapping[str, Any]) -> None:
    for name in annotations:
        kind = type(getattr(definition, name, None))
        if (kind.__module__.partition(".")[0], kind.__name__) in _FIELDS_OF_OTHERS:
            library = "msgspec" if kind.__module__.startswith("msgspec") else "attrs"
            raise DynaModelException(
                f"'{name}' of the Schema of {model_name} has a field of {library} as its default, of which Pydantic "
                "knows nothing. Use pydantic.Field."
            )


def _is_for_pydantic(attribute: str, value: object, annotations: Mapping[str, Any]) -> bool:
    """Return whether Pydantic has to see an *attribute*: a default, a decorated function, a field without annotation.

    The last one is a mistake that Pydantic explains. Methods and nested classes are inherited, as usual in Python.
    """
    if attribute in annotations:
        return True
    if attribute.startswith("_") or isinstance(value, type):
        return False
    return type(value).__module__.partition(".")[0] == "pydantic" or not hasattr(value, "__get__")


def _local_names(definition: type) -> dict[str, Any]:
    """Return the local names of the functions in which a class is defined, which run now: annotations may use them."""
    parts = definition.__qualname__.split(".<locals>.")
    functions = {".<locals>.".join(parts[:length]) for length in range(1, len(parts))}
    found: dict[str, Any] = {}
    frame = currentframe()
    while frame is not None and functions:
        if frame.f_globals.get("__name__") == definition.__module__ and frame.f_code.co_qualname in functions:
            functions.discard(frame.f_code.co_qualname)
            # Those of an inner function, which come first, hide the others.
            found = {**frame.f_locals, **found}
        frame = frame.f_back
    return found
