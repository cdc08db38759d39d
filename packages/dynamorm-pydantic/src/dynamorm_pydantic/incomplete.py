"""Schemas that name classes which are not defined yet: what is known of them until they can be completed."""

from __future__ import annotations

import types
import warnings
from collections.abc import Mapping
from typing import Any, NoReturn

from pydantic import BaseModel, Field, PydanticUndefinedAnnotation, create_model
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from dynamorm.exceptions import DynaModelException
from dynamorm.ports.schemas import SchemaAdapter, SchemaField
from dynamorm_pydantic.adapter import PydanticAdapter
from dynamorm_pydantic.definitions import UndefinedName, incomplete_model, pydantic_model


def adapter_of(model_name: str, definition: type) -> SchemaAdapter:
    """Return the adapter of a model's inner ``Schema`` class; an incomplete one if it names what is not defined yet."""
    try:
        return PydanticAdapter(model_name, pydantic_model(model_name, definition))
    except UndefinedName as error:
        return IncompleteAdapter(model_name, definition, error)


class _Unknown:
    """The type of a field whose own type is not known yet."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return core_schema.any_schema()


class IncompleteAdapter(SchemaAdapter):
    """Knows the names of all fields, and the types of those that name nothing that is undefined."""

    def __init__(self, model_name: str, definition: type, error: UndefinedName) -> None:
        self.schema = definition
        self._model_name = model_name
        self._definition = definition
        #: Models that share the schema share the adapter.
        self._complete: PydanticAdapter | None = None
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
        self.fields: Mapping[str, SchemaField] = outline.fields

    def complete(self) -> SchemaAdapter:
        """Return the adapter of the schema, now that all of its names should be defined."""
        if self._complete is None:
            self._complete = self._completed()
        return self._complete

    def _completed(self) -> PydanticAdapter:
        try:
            return PydanticAdapter(self._model_name, pydantic_model(self._model_name, self._definition))
        except UndefinedName as error:
            raise DynaModelException(
                f"An annotation in the Schema of {self._model_name} names '{error.name}', which is not defined, "
                "neither before the model nor after it. Define it in the same module, or import it there, and not "
                "under 'if TYPE_CHECKING': annotations of models are used at run time."
            ) from error

    def defaults(self) -> NoReturn:
        """Raise ``DynaModelException``: only a complete adapter has values."""
        raise self._unusable()

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> NoReturn:
        """Raise as :meth:`defaults` does."""
        raise self._unusable()

    def load(self, item: Mapping[str, Any], *, partial: bool) -> NoReturn:
        """Raise as :meth:`defaults` does."""
        raise self._unusable()

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> NoReturn:
        """Raise as :meth:`defaults` does."""
        raise self._unusable()

    def _unusable(self) -> DynaModelException:
        return DynaModelException(f"The Schema of {self._model_name} is not complete yet.")


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
