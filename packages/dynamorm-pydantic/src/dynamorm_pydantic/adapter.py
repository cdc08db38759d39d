"""A model's Pydantic schema, as DynamORM's core uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Literal, TypeVar

import pydantic
from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticSerializationError, SchemaValidator

from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_pydantic.core_schemas import (
    CoreNode,
    all_nodes,
    copies,
    core_schema_of,
    definitions_of,
    dictionary_of,
    is_strict,
    validator_of,
)
from dynamorm_pydantic.definitions import pydantic_model
from dynamorm_pydantic.errors import error_of_mistakes, serialisation_error, validation_error
from dynamorm_pydantic.fields import PydanticField
from dynamorm_pydantic.given_values import Mistakes, named_values, prepared_fields
from dynamorm_pydantic.instances import instance_of
from dynamorm_pydantic.places import NamedPlace, Place
from dynamorm_pydantic.round_trips import check_round_trips
from dynamorm_pydantic.stored_forms import stored_forms

T = TypeVar("T")
#: Pydantic's argument ``strict``, where ``None`` leaves it to the schema.
_LAX = False


class PydanticAdapter(SchemaAdapter):
    """Validates and serialises with one Pydantic model, which is made once.

    Whole data are validated by the model, partial data by the validators of its fields: see :meth:`validate`. Names in the
    data are those that the model's aliases say.
    """

    schema: type[BaseModel]
    fields: dict[str, PydanticField]

    def __init__(self, model_name: str, definition: type) -> None:
        self.schema = pydantic_model(model_name, definition)
        self._name = self.schema.__name__
        tree, self._definitions = definitions_of(core_schema_of(self.schema))
        self._root = _Root(model_name, self.schema, tree, self._definitions)
        self._infos: Mapping[str, FieldInfo] = self.schema.model_fields
        check_round_trips(model_name, self._root.fields_node["fields"], self._definitions)
        config = self._root.config
        self._keys = {name: _validation_key(model_name, name, info, self._root) for name, info in self._infos.items()}
        places = Place(self._root.fields_node, self._definitions, config).named() or {}
        named = {name: NamedPlace(found.attribute, self._keys[name], found.place) for name, found in places.items()}
        self._given = named_values(named)
        self.fields = {
            name: PydanticField(name, found.attribute, found.place, self._name, self.schema)
            for name, found in named.items()
        }
        for name, found in named.items():
            self.fields[name].stored_as_is = self._root.is_plainly_serialised and found.place.is_stored_as_is
        self._computed: dict[str, PydanticField] = {}
        for node in self._root.fields_node.get("computed_fields", ()):
            name = node["property_name"]
            place = Place(node["return_schema"], self._definitions, config)
            self._computed[name] = PydanticField(name, node.get("alias", name), place, self._name)
            self._computed[name].required = False
        self.fields.update(self._computed)
        self._attributes = {field.attribute: name for name, field in self.fields.items()}
        self._set_attributes = [
            self.fields[name].attribute
            for name, found in named.items()
            if found.place.content.node["type"] in ("set", "frozenset")
        ]
        self._stored_keys = {self.fields[name].attribute: key for name, key in self._keys.items()}
        # A stored item is validated as it is when its names are the model's, and what the model does not know is ignored.
        self._as_stored = self._root.extra == "ignore" and all(name == key for name, key in self._stored_keys.items())
        self._is_strict = any(map(is_strict, (tree, *self._definitions.values())))
        self.copies_on_load = self._root.is_bare and all(map(copies, all_nodes(tree, self._definitions)))
        self._required = {name for name in self._keys if self.fields[name].required}
        self._nullable = [
            self._keys[name]
            for name, info in self._infos.items()
            if info.is_required() and not self.fields[name].required
        ]

    def defaults(self) -> dict[str, Any]:
        """Each field's ``default`` or what its ``default_factory`` makes, unless that is made of other fields."""
        found = {name: _default(info) for name, info in self._infos.items()}
        return {name: value for name, value in found.items() if value is not None}

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What the model makes of a user's values. Unknown names are treated as its ``extra`` says.

        Partial data are validated by the fields' validators. The model's own validators look at whole instances: they see
        partial data only when the model has required fields and none of them is missing.
        """
        mistakes: Mistakes = []
        given = values
        if self._computed:
            given = {name: value for name, value in values.items() if name not in self._computed}
        data = prepared_fields(self._given, given, (), mistakes)
        if mistakes:
            raise error_of_mistakes(dict(values), self._name, mistakes)
        if not partial:
            whole, extra = self._whole(data, values)
            native = {name: value for name, value in whole.items() if value is not None or name in values}
            return {**native, **extra} if extra else native
        for name in self._computed:
            if name in values:
                error = {"type": "computed_field", "loc": (name,), "msg": "The field is computed, and can't be set"}
                raise ValidationError(dict(values), self._name, [error])
        # Where nothing is required, nothing tells a whole from a part.
        if self._required and self._required.issubset(values):
            instance = self._instance(data, values)
            set_now = instance.model_fields_set | values.keys()
            native = {name: value for name, value in vars(instance).items() if name in set_now}
            return {**native, **(instance.model_extra or {})}
        return self._dictionary(data, values)

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What the model makes of a stored item.

        Where the model is strict, a stored form that is not the native one, a date's text say, is read in lax mode.
        """
        data = item
        if not self._as_stored:
            data = {self._stored_keys[name]: value for name, value in item.items() if name in self._stored_keys}
        if partial:
            native = self._dictionary(data, item, stored=True)
            return {name: value for name, value in native.items() if name in self.fields}
        if self._fields_alone is None or self._nullable:
            return self._whole(data, item, stored=True)[0]
        # Written out, as each item that is read passes here.
        try:
            return self._fields_alone(data)[0]
        except pydantic.ValidationError as error:
            raise validation_error(dict(item), self._name, error) from error

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What ``model_dump`` makes of native values, in their stored form."""
        known = {name: value for name, value in values.items() if name in self._infos}
        include: set[str] | None = None
        if partial or (self._computed and not self._required.issubset(known)):
            # Computed fields are made of others, which are not there.
            include = set(known)
        elif self._computed:
            include = {*known, *self._computed}
            known = {**dict.fromkeys(self._infos), **self.defaults(), **known}
        instance = instance_of(self.schema, known)

        def serialise(mode: Literal["python", "json"], names: set[str] | None) -> dict[str, Any]:
            return instance.model_dump(mode=mode, include=names, by_alias=True, warnings=False)

        try:
            stored = stored_forms(serialise, include, self._attributes)
        except PydanticSerializationError as error:
            raise serialisation_error(dict(values), self._name, error) from error
        for attribute in self._set_attributes:
            if stored.get(attribute) == set() and _default(self._infos[self._attributes[attribute]]) == set():
                # DynamoDB stores no empty set; the default brings it back.
                del stored[attribute]
        return stored

    def _whole(
        self, data: Mapping[str, Any], raw: Mapping[str, Any], *, stored: bool = False
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """What the model makes of whole *data*: the values of its fields by name, and what is extra."""
        if self._fields_alone is None:
            instance = self._instance(data, raw, stored=stored)
            return vars(instance), instance.model_extra
        try:
            values, extra, _ = self._fields_alone(self._with_nulls(data) if self._nullable else data)
        except pydantic.ValidationError as error:
            raise validation_error(dict(raw), self._name, error) from error
        return values, extra

    def _instance(self, data: Mapping[str, Any], raw: Mapping[str, Any], *, stored: bool = False) -> BaseModel:
        whole = self._with_nulls(data) if self._nullable else data
        return self._validated(lambda strict: self.schema.model_validate(whole, strict=strict), raw, stored=stored)

    def _with_nulls(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        # A top-level None is not stored; a field that must be given but may be None is None when it is not there.
        return {**dict.fromkeys(self._nullable), **data}

    def _dictionary(self, data: Mapping[str, Any], raw: Mapping[str, Any], *, stored: bool = False) -> dict[str, Any]:
        def validate(strict: bool | None) -> dict[str, Any]:
            native: dict[str, Any] = self._partial.validate_python(dict(data), strict=strict)
            return native

        return self._validated(validate, raw, stored=stored)

    def _validated(self, validate: Callable[[bool | None], T], raw: Mapping[str, Any], *, stored: bool) -> T:
        try:
            try:
                return validate(None)
            except pydantic.ValidationError:
                if not (stored and self._is_strict):
                    raise
                return validate(_LAX)
        except pydantic.ValidationError as error:
            raise validation_error(dict(raw), self._name, error) from error

    @cached_property
    def _fields_alone(self) -> Callable[[Mapping[str, Any]], tuple[dict[str, Any], Any, Any]] | None:
        """Validates whole data as the model does, without making an instance of it; ``None`` when that would not be the same.

        It answers the values by field name, what is extra, and the names of the fields that were given.
        """
        if not self._root.is_bare or self._is_strict:
            return None
        return validator_of(self._root.fields_node, self._definitions, self._root.config).validate_python

    @cached_property
    def _partial(self) -> SchemaValidator:
        tree = dictionary_of(self._root.fields_node["fields"], config=self._root.config, extra=self._root.extra)
        return validator_of(tree, self._definitions)


class _Root:
    """What stands in the core schema of the model itself, under the model's validators."""

    def __init__(
        self, model_name: str, schema: type[BaseModel], tree: CoreNode, definitions: Mapping[str, CoreNode]
    ) -> None:
        node: Any = tree
        self.config: dict[str, Any] = {}
        #: Whether the model does nothing but validate its fields.
        self.is_bare = schema.__new__ is BaseModel.__new__ and _function(schema.model_validate) is _MODEL_VALIDATE
        #: Whether nothing of the user's serialises the model as a whole.
        self.is_plainly_serialised = True
        while node is not None and node["type"] != "model-fields":
            self.is_plainly_serialised &= "serialization" not in node
            self.config = node.get("config", self.config)
            self.is_bare &= node["type"] == "definition-ref" or _is_bare_model(node)
            node = definitions.get(node["schema_ref"]) if node["type"] == "definition-ref" else node.get("schema")
        if node is None:
            raise DynaModelException(
                f"The Schema of {model_name} makes a core schema of its own, in which its fields can't be found. Leave "
                "__get_pydantic_core_schema__ to the types of fields."
            )
        self.fields_node: CoreNode = node
        self.extra = str(node.get("extra_behavior") or self.config.get("extra_fields_behavior") or "ignore")
        self.by_name = bool(schema.model_config.get("populate_by_name") or schema.model_config.get("validate_by_name"))
        self.by_alias = bool(schema.model_config.get("validate_by_alias", True))


def _is_bare_model(node: CoreNode) -> bool:
    """Whether a *node* is a model without a constructor and private attributes of its own, and without ``model_post_init``."""
    return node["type"] == "model" and not (node.get("custom_init") or node.get("post_init") or node.get("root_model"))


def _function(method: Any) -> object:
    return getattr(method, "__func__", method)


_MODEL_VALIDATE = _function(BaseModel.model_validate)


def _validation_key(model_name: str, name: str, info: FieldInfo, root: _Root) -> str:
    """What a field is called in the data that the model validates."""
    alias = info.validation_alias
    if alias is None or not root.by_alias:
        return name
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    for choice in choices:
        if isinstance(choice, str):
            return choice
    if root.by_name:
        return name
    raise DynaModelException(
        f"The field '{name}' of {model_name} has an AliasPath, which leads into another attribute. An attribute of an item has a "
        "name: use alias, or AliasChoices with a name beside the path."
    )


def _default(info: FieldInfo) -> Any:
    if info.is_required() or getattr(info, "default_factory_takes_validated_data", False):
        return None
    return info.get_default(call_default_factory=True)
