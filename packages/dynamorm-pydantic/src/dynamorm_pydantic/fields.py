"""Fields of Pydantic models as the :class:`~dynamorm.ports.schemas.SchemaField` of DynamORM's core."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import pydantic
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, SchemaSerializer, SchemaValidator

from dynamorm.data import PathElement
from dynamorm.ports.alternatives import AlternativeField
from dynamorm.ports.date_times import AS_GIVEN, utc_text
from dynamorm.ports.schemas import SchemaField
from dynamorm_pydantic.core_nodes import UNIONS, NamedNode, SchemaNode
from dynamorm_pydantic.core_schemas import CoreNode, unvalidated, validator_of, with_definitions, without_default
from dynamorm_pydantic.errors import input_error, serialisation_error, validation_error
from dynamorm_pydantic.inputs import InputPreparer, LineErrors
from dynamorm_pydantic.instances import instance_of
from dynamorm_pydantic.serialization import SCALARS, DateTimeAttributes, stored_values


class PydanticField(SchemaField):
    """A field of a model or of what is nested in it, or an element of a list or a map.

    *owner* is the Pydantic model that the field belongs to, if any: the model's serialisers need an instance of it.
    """

    #: Whether single values are stored as they are, because nothing of the user's serialises the field.
    stored_as_is = False
    #: Whether date-times are stored without Pydantic's serialiser, for the same reason.
    plain_date_times = False

    def __init__(
        self,
        name: str,
        attribute: str,
        node: SchemaNode,
        schema_name: str,
        owner: type[BaseModel] | None = None,
    ) -> None:
        self.name = name
        self.attribute = attribute
        self.shape = node.shape
        self.key_type = node.key_type
        self.ordered = self.key_type != "S" or node.ordered
        self.date_times = node.has_date_times
        self.nullable = node.is_nullable
        self.is_union = node.content.kind in UNIONS
        self.required = node.kind != "default" and not self.nullable
        self._node = node
        self._schema_name = schema_name
        self._owner = owner

    @property
    def has_default(self) -> bool:
        """Whether it has a default other than None."""
        core = self._node.core
        return self._node.kind == "default" and ("default_factory" in core or core.get("default") is not None)

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        """Return the stored form of one *value*; see :meth:`SchemaField.dump`.

        The user's validators run, because they may change a value and items hold the changed one. Values that they
        refuse are accepted, unless told to *validate*.
        """
        errors: LineErrors = []
        prepared = self._preparer.prepare(value, (self.name,), errors)
        if errors:
            raise input_error(value, self._schema_name, errors)
        try:
            native = self._validated.validate_python({self.name: prepared})[self.name]
        except Exception as error:
            if validate and isinstance(error, pydantic.ValidationError):
                raise validation_error(value, self._schema_name, error) from error
            if validate:
                raise
            # A validator of the user's may raise anything for a value that no item may have.
            native = self._check_type(prepared)
        if self.stored_as_is and type(native) in SCALARS:
            return native
        if self.plain_date_times and type(native) is datetime:
            return utc_text(native)
        as_given = DateTimeAttributes(as_given=frozenset({self.attribute} if self.stored_form == AS_GIVEN else ()))
        try:
            return stored_values(lambda mode, _: self._serialised(native, mode), None, {}, as_given)[self.attribute]
        except PydanticSerializationError as error:
            raise serialisation_error(value, self._schema_name, error) from error

    def lax(self, value: Any) -> Any:
        """Return the native form of a *value* from JSON; itself if it has none, which the schema is to refuse."""
        errors: LineErrors = []
        prepared = self._preparer.prepare(value, (self.name,), errors)
        if errors:
            return value
        try:
            return self._unvalidated.validate_python({self.name: prepared}, strict=False)[self.name]
        except pydantic.ValidationError:
            return value

    def child(self, element: PathElement) -> SchemaField | None:
        """Return the field of a nested model, of an element of a list, or of a value of a map, or of any in a union."""
        if self._choices is not None:
            return self._choices.child(element)
        if self._named is None:
            node = self._node.element()
            return None if node is None else PydanticField(str(element), str(element), node, self._schema_name)
        found = self._named.get(str(element))
        if found is None:
            computed = self._computed.get(str(element))
            return None if computed is None else computed_field(str(element), computed, self._schema_name)
        model = self._node.model
        owner = model if model is not None and issubclass(model, BaseModel) else None
        child = PydanticField(str(element), found.attribute, found.node, self._schema_name, owner)
        child.required = child.required and found.required
        child.is_stored = found.is_stored
        return child

    def child_names(self) -> frozenset[str] | None:
        """Return the names of the fields of a nested model, or of several in a union; ``None`` for any other field."""
        if self._choices is not None:
            return self._choices.child_names()
        return None if self._named is None else frozenset(self._named) | self.computed_names()

    def computed_names(self) -> frozenset[str]:
        """Return the names of the computed fields of a nested model, or of several in a union."""
        return self._choices.computed_names() if self._choices is not None else frozenset(self._computed)

    @cached_property
    def _choices(self) -> AlternativeField | None:
        """The choices of a union; ``None`` for any other field."""
        if self._node.content.kind not in UNIONS:
            return None
        choices = self._node.content.choices()
        return AlternativeField(
            [PydanticField(self.name, self.attribute, each, self._schema_name, self._owner) for each in choices]
        )

    @cached_property
    def _named(self) -> Mapping[str, NamedNode] | None:
        return self._node.named()

    @cached_property
    def _computed(self) -> Mapping[str, NamedNode]:
        return self._node.computed()

    @cached_property
    def _preparer(self) -> InputPreparer:
        return InputPreparer(self._node)

    @cached_property
    def _validated(self) -> SchemaValidator:
        return self._validator_of(without_default(self._node.core))

    @cached_property
    def _unvalidated(self) -> SchemaValidator:
        return self._validator_of(unvalidated(without_default(self._node.core)))

    def _validator_of(self, core: CoreNode) -> SchemaValidator:
        # As a field, because a validator may read the field's name and the values of other fields.
        field = {"type": "typed-dict-field", "schema": core}
        tree = {"type": "typed-dict", "fields": {self.name: field}, "config": dict(self._node.config)}
        return validator_of(tree, self._node.definitions)

    def _check_type(self, value: Any) -> Any:
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
        core = with_definitions(self._node.core, self._node.definitions)
        return SchemaSerializer(core, dict(self._node.config))  # type: ignore[arg-type] # made of Pydantic's own


def computed_field(name: str, found: NamedNode, schema_name: str) -> PydanticField:
    """Return the field of a model's computed field."""
    field = PydanticField(name, found.attribute, found.node, schema_name)
    field.required = False
    field.takes_values = False
    field.is_computed = True
    return field
