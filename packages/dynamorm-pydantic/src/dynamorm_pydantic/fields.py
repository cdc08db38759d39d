"""One field of a Pydantic model, as DynamORM's core sees it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import pydantic
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, SchemaSerializer, SchemaValidator

from dynamorm.data import PathElement
from dynamorm.ports.schemas import SchemaField
from dynamorm_pydantic.core_schemas import CoreNode, unvalidated, validator_of, with_definitions, without_default
from dynamorm_pydantic.errors import error_of_mistakes, serialisation_error, validation_error
from dynamorm_pydantic.given_values import GivenValues, Mistakes
from dynamorm_pydantic.instances import instance_of
from dynamorm_pydantic.places import NamedPlace, Place
from dynamorm_pydantic.stored_forms import SCALARS, stored_forms


class PydanticField(SchemaField):
    """A field of a model, or of what is nested in it, or the element of a list or a map.

    *owner* is the Pydantic model whose field it is, if it is one: its serialisers need an instance.
    """

    #: Whether it holds a single value that nothing of the user's serialises, so that it is stored as it is.
    stored_as_is = False

    def __init__(
        self,
        name: str,
        attribute: str,
        place: Place,
        schema_name: str,
        owner: type[BaseModel] | None = None,
    ) -> None:
        self.name = name
        self.attribute = attribute
        self.shape = place.shape
        self.key_type = place.key_type
        self.required = place.node["type"] != "default" and not place.is_nullable
        self._place = place
        self._schema_name = schema_name
        self._owner = owner

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """The stored form of one *value*; see :meth:`SchemaField.dump`.

        What the user's validators make of a value counts, as an item holds it so; what they refuse is let through,
        unless it is to be stored.
        """
        mistakes: Mistakes = []
        prepared = self._given.prepared(value, (self.name,), mistakes)
        if mistakes:
            raise error_of_mistakes(value, self._schema_name, mistakes)
        try:
            native = self._validated.validate_python({self.name: prepared})[self.name]
        except Exception as error:
            if validate and isinstance(error, pydantic.ValidationError):
                raise validation_error(value, self._schema_name, error) from error
            if validate:
                raise
            # A validator of the user's may raise anything for a value that no item may have.
            native = self._checked(prepared)
        if self.stored_as_is and type(native) in SCALARS:
            return native
        try:
            return stored_forms(lambda mode, _: self._serialised(native, mode), None, {})[self.attribute]
        except PydanticSerializationError as error:
            raise serialisation_error(value, self._schema_name, error) from error

    def child(self, element: PathElement) -> SchemaField | None:
        """The field of a nested model, or of the elements of a list, or of the entries of a map."""
        if self._named is None:
            place = self._place.element()
            return None if place is None else PydanticField(str(element), str(element), place, self._schema_name)
        found = self._named.get(str(element))
        if found is None:
            return None
        model = self._place.model
        owner = model if model is not None and issubclass(model, BaseModel) else None
        return PydanticField(str(element), found.attribute, found.place, self._schema_name, owner)

    def child_names(self) -> frozenset[str] | None:
        """The fields of a nested model; ``None`` for anything else."""
        return None if self._named is None else frozenset(self._named)

    @cached_property
    def _named(self) -> Mapping[str, NamedPlace] | None:
        return self._place.named()

    @cached_property
    def _given(self) -> GivenValues:
        return GivenValues(self._place)

    @cached_property
    def _validated(self) -> SchemaValidator:
        return self._validator(without_default(self._place.node))

    @cached_property
    def _unvalidated(self) -> SchemaValidator:
        return self._validator(unvalidated(without_default(self._place.node)))

    def _validator(self, node: CoreNode) -> SchemaValidator:
        # As a field, because a validator may ask for the name of the field and for the other ones.
        field = {"type": "typed-dict-field", "schema": node}
        tree = {"type": "typed-dict", "fields": {self.name: field}, "config": dict(self._place.config)}
        return validator_of(tree, self._place.definitions)

    def _checked(self, value: Any) -> Any:
        try:
            return self._unvalidated.validate_python({self.name: value})[self.name]
        except pydantic.ValidationError as error:
            raise validation_error(value, self._schema_name, error) from error

    def _serialised(self, native: Any, mode: Literal["python", "json"]) -> dict[str, Any]:
        if self._owner is not None:
            instance = instance_of(self._owner, {self.name: native})
            serialised = instance.model_dump(mode=mode, include={self.name}, by_alias=True, warnings=False)
            if self.attribute in serialised:
                return serialised
        return {self.attribute: self._serialiser.to_python(native, mode=mode, by_alias=True, warnings=False)}

    @cached_property
    def _serialiser(self) -> SchemaSerializer:
        node = with_definitions(self._place.node, self._place.definitions)
        return SchemaSerializer(node, dict(self._place.config))  # type: ignore[arg-type] # made of Pydantic's own
