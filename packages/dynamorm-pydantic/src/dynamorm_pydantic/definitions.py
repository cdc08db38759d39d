"""The Pydantic model that a model's inner ``Schema`` class becomes."""

from __future__ import annotations

import dataclasses
import re
import types
import warnings
from abc import ABCMeta
from collections.abc import Mapping
from inspect import currentframe
from typing import Any, get_type_hints

from pydantic import BaseModel, PydanticUndefinedAnnotation, PydanticUserError
from pydantic.fields import ModelPrivateAttr

from dynamorm.exceptions import DynaModelException


def pydantic_model(model_name: str, definition: type) -> type[BaseModel]:
    """The Pydantic model of an inner ``Schema`` class, called after the model of DynamORM.

    A Pydantic model is inherited from. A plain class is inherited from too, beside ``BaseModel``, so that methods and
    ``super()`` follow its own method resolution order; what is Pydantic's in it and in its bases, Pydantic is shown as
    if it stood in one body. Raises :class:`~dynamorm.exceptions.DynaModelException` when Pydantic refuses it.
    """
    name = f"{model_name}Schema"
    surroundings = _surroundings(definition)
    try:
        if not issubclass(definition, BaseModel):
            return _model_of_plain_class(name, definition, surroundings)
        if definition.__pydantic_root_model__:
            raise DynaModelException(
                f"The Schema of {model_name} is a RootModel, which has no fields. An item has attributes: use a BaseModel."
            )
        definition.model_rebuild(_types_namespace=surroundings)
        body = {**_face(definition), "model_config": _configuration(definition.model_config)}
        return types.new_class(name, (definition,), exec_body=lambda namespace: namespace.update(body))
    except (PydanticUndefinedAnnotation, NameError) as error:
        if error.name is None:  # Pydantic 2.7 refuses the name of a field with a NameError
            raise DynaModelException(f"Pydantic refuses the Schema of {model_name}: {error}") from error
        raise DynaModelException(
            f"An annotation in the Schema of {model_name} names '{error.name}', which is not defined where the model is."
        ) from error
    except PydanticUserError as error:
        raise DynaModelException(f"Pydantic refuses the Schema of {model_name}: {error.message}") from error


def _face(definition: type) -> dict[str, Any]:
    return {"__doc__": definition.__doc__, "__module__": definition.__module__}


def _configuration(user_s: Mapping[str, Any]) -> dict[str, Any]:
    # Pydantic writes the input into the text of its errors; items stay out of messages.
    return {"hide_input_in_errors": True, **user_s}


def _model_of_plain_class(name: str, definition: type, surroundings: Mapping[str, Any]) -> type[BaseModel]:
    model_name = name.removesuffix("Schema")
    if dataclasses.is_dataclass(definition):
        raise DynaModelException(
            f"The Schema of {model_name} is a dataclass, whose constructor is not Pydantic's. Take the decorator away: "
            "annotations are enough."
        )
    if issubclass(definition, tuple):
        raise DynaModelException(
            f"The Schema of {model_name} is a NamedTuple, which can't be a Pydantic model. Inherit from nothing: "
            "annotations are enough."
        )
    if type(definition) not in (type, ABCMeta):
        raise DynaModelException(
            f"The Schema of {model_name} is made by {type(definition).__module__}.{type(definition).__name__}, which is not "
            "Pydantic 2's. Inherit from pydantic.BaseModel, or from nothing."
        )
    nested = {n: value for base in definition.__mro__ for n, value in vars(base).items() if isinstance(value, type)}
    annotations = get_type_hints(definition, localns={**surroundings, **nested}, include_extras=True)
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
            elif _is_pydantic_s(attribute, value, annotations):
                body[attribute] = value
            else:
                body.pop(attribute, None)
    body.update(_face(definition), __annotations__=annotations, model_config=_configuration(configuration))
    with warnings.catch_warnings():
        # The class that it inherits from has the same fields, as plain attributes.
        shadowed = "|".join(re.escape(base.__qualname__) for base in definition.__mro__)
        warnings.filterwarnings("ignore", f'Field name ".+" in ".+" shadows an attribute in parent "({shadowed})"')
        return types.new_class(name, (definition, BaseModel), exec_body=lambda namespace: namespace.update(body))


def _is_pydantic_s(attribute: str, value: object, annotations: Mapping[str, Any]) -> bool:
    """Whether Pydantic is to see an *attribute*: a default, a decorated function, or a field without an annotation.

    The last is a mistake that Pydantic explains; methods and nested classes are inherited as Python does.
    """
    if attribute in annotations:
        return True
    if attribute.startswith("_") or isinstance(value, type):
        return False
    return type(value).__module__.partition(".")[0] == "pydantic" or not hasattr(value, "__get__")


def _surroundings(definition: type) -> dict[str, Any]:
    """The local names where a class was defined inside a function, which annotations that are text may use."""
    frame = currentframe()
    while frame is not None and "<locals>" in definition.__qualname__:
        if frame.f_globals.get("__name__") == definition.__module__:
            return dict(frame.f_locals)
        frame = frame.f_back
    return {}
