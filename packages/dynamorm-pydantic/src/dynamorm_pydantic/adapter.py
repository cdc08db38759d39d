"""A model's Pydantic schema as the :class:`~dynamorm.ports.schemas.SchemaAdapter` of DynamORM's core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, TypeAlias, TypeVar

import pydantic
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticSerializationError, SchemaValidator

from dynamorm.exceptions import ValidationError
from dynamorm.ports.date_times import AS_GIVEN
from dynamorm.ports.passthrough import fast_path_enabled
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_pydantic.core_nodes import NamedNode, SchemaNode
from dynamorm_pydantic.core_schemas import (
    all_nodes,
    copies_containers,
    core_schema_of,
    definitions_of,
    dictionary_of,
    is_strict,
    validator_of,
)
from dynamorm_pydantic.documents import NOT_IN_JSON, PydanticDocuments
from dynamorm_pydantic.errors import input_error, serialisation_error, validation_error
from dynamorm_pydantic.fields import PydanticField, computed_field
from dynamorm_pydantic.forbidden_names import without_forbidden
from dynamorm_pydantic.inputs import LineErrors, prepare_fields, preparers_by_name
from dynamorm_pydantic.instances import has_parts, instance_of
from dynamorm_pydantic.parts import part_validator
from dynamorm_pydantic.root_node import RootNode, names_of
from dynamorm_pydantic.round_trip_checks import check_round_trips, stored_form
from dynamorm_pydantic.serialization import DateTimeAttributes, stored_values

T = TypeVar("T")
#: Returns the values of fields by name, the extra ones, and the names of the fields that were given.
FieldsValidator: TypeAlias = Callable[[Mapping[str, Any]], tuple[dict[str, Any], Any, Any]]
#: Pydantic's argument ``strict``; ``None`` leaves it to the schema.
_LAX = False


class PydanticAdapter(SchemaAdapter):
    """Validates and serialises with one Pydantic model, which is made once.

    The model validates whole data, the validators of its fields validate partial data: see :meth:`validate`. Names in
    the data follow the model's aliases.

    On the fast path the model's fields validate whole data, without an instance of the model.

    When it is taken: for a model that does nothing but validate its fields, not in strict mode. Validators of the
    model, a constructor, private attributes and ``model_post_init`` exclude it, and so does
    ``DYNAMORM_SCHEMA_FAST_PATH=0`` in the environment. It is decided once, when the model is defined.

    What it saves: an instance of the Pydantic model for each item, which would be thrown away immediately.
    """

    schema: type[BaseModel]
    fields: dict[str, PydanticField]
    has_objects = True
    #: Validates stored items on the fast path, once it has been made.
    _validate_stored: FieldsValidator | None = None

    def __init__(self, model_name: str, schema: type[BaseModel]) -> None:
        self.schema = schema
        self._name = self.schema.__name__
        tree, self._definitions = definitions_of(core_schema_of(self.schema))
        self._root = RootNode(model_name, self.schema, tree, self._definitions)
        self._infos: Mapping[str, FieldInfo] = self.schema.model_fields
        check_round_trips(model_name, self._root.fields_node["fields"], self._definitions)
        self._keys = {name: self._root.validation_key(model_name, name, info) for name, info in self._infos.items()}
        named = self._named_nodes()
        self._preparers = preparers_by_name(named)
        computed = SchemaNode(self._root.fields_node, self._definitions, self._root.config).computed()
        self._computed = {name: computed_field(name, found, self._name) for name, found in computed.items()}
        fast_path = fast_path_enabled()
        self.fields = {**self._validated_fields(named, fast_path=fast_path), **self._computed}
        self._attributes = {field.attribute: name for name, field in self.fields.items()}
        self._date_times = _date_time_attributes(self.fields.values())
        are_sets = [name for name, found in named.items() if found.node.content.kind in ("set", "frozenset")]
        self._set_attributes = [self.fields[name].attribute for name in are_sets]
        nodes = self._root.fields_node["fields"]
        self._documents = PydanticDocuments(self.schema, self.fields, (nodes, self._definitions), are_sets)
        self._stored_keys = {self.fields[name].attribute: key for name, key in self._keys.items()}
        # Stored items need no renaming when attributes have the names that the model validates, and it ignores others.
        self._as_stored = self._root.extra == "ignore" and all(name == key for name, key in self._stored_keys.items())
        self.keeps_unknown = self._root.extra == "allow"
        # Pydantic ignores unknown names by default. A validator that runs before the fields may know more names.
        refuses = self.schema.model_config.get("extra") is None and not self._root.prepares_data
        self._accepted = frozenset(self._accepted_names()) if refuses else None
        self._is_strict = any(map(is_strict, (tree, *self._definitions.values())))
        self._has_fast_path = fast_path and self._root.is_bare and not self._is_strict
        self.copies_on_load = self._root.is_bare and all(map(copies_containers, all_nodes(tree, self._definitions)))
        self._required = {name for name in self._keys if self.fields[name].required}
        #: A serialiser of the user's gets the None of these only, which is stored as NULL.
        self._holds_null = {name for name, field in self.fields.items() if field.nullable and field.has_default}
        self._nullable = [
            self._keys[name]
            for name, info in self._infos.items()
            if info.is_required() and not self.fields[name].required
        ]

    def _named_nodes(self) -> dict[str, NamedNode]:
        nodes = SchemaNode(self._root.fields_node, self._definitions, self._root.config).named() or {}
        return {
            name: NamedNode(found.attribute, self._keys[name], found.node, is_stored=found.is_stored)
            for name, found in nodes.items()
        }

    def _validated_fields(self, named: Mapping[str, NamedNode], *, fast_path: bool) -> dict[str, PydanticField]:
        skips_serialiser = fast_path and self._root.is_plainly_serialised
        fields = {}
        for name, found in named.items():
            fields[name] = PydanticField(name, found.attribute, found.node, self._name, self.schema)
            fields[name].is_stored = found.is_stored
            fields[name].stored_form = stored_form(self._infos[name])
            if fields[name].stored_form == AS_GIVEN:
                fields[name].ordered = False
            fields[name].stored_as_is = skips_serialiser and found.node.is_stored_as_is
            fields[name].plain_date_times = (
                skips_serialiser and found.node.has_plain_date_times and fields[name].stored_form != AS_GIVEN
            )
        return fields

    def computed_names(self) -> frozenset[str]:
        """Return the names of the computed fields."""
        return frozenset(self._computed)

    def _accepted_names(self) -> Iterator[str]:
        """Return the names under which data may hold the values of fields."""
        for name, info in self._infos.items():
            yield name
            yield from filter(None, (info.alias, *names_of(info.validation_alias)))
        yield from self._computed

    def defaults(self) -> dict[str, Any]:
        """Return each field's default, unless its ``default_factory`` needs the values of other fields."""
        found = {name: _default(info) for name, info in self._infos.items()}
        return {name: value for name, value in found.items() if value is not None}

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a user's values as the model validates them. Its ``extra`` setting decides about unknown names.

        Without such a setting they are refused, as with ``extra="forbid"``: a misspelled name must not be lost.

        Partial data are validated by the fields' validators. Validators of the model expect whole instances: they are
        called for partial data only if the model has required fields and none of them is missing.
        """
        errors: LineErrors = []
        if self._accepted is not None and not self._accepted.issuperset(values):
            unknown = [name for name in values if name not in self._accepted]
            errors += [InitErrorDetails(type="extra_forbidden", loc=(name,), input=values[name]) for name in unknown]
        given = values
        if self._computed:
            given = {name: value for name, value in values.items() if name not in self._computed}
        data = prepare_fields(self._preparers, given, (), errors)
        if errors:
            raise input_error(dict(values), self._name, errors)
        if not partial:
            whole, extra = self._validate_whole(data, values)
            for value in whole.values():
                if value is None:
                    whole = {name: value for name, value in whole.items() if value is not None or name in values}
                    break
            return {**whole, **extra} if extra else whole
        for name in self._computed:
            if name in values:
                error = {"type": "computed_field", "loc": (name,), "msg": "The field is computed and can't be set"}
                raise ValidationError(dict(values), self._name, [error])
        try:
            return self._validate_partial(data, values)
        except ValidationError:
            if not has_parts(values):
                raise
            # Parts of nested models, as load_part has made them.
            return self._validate_with(lambda strict: self._validate_parts(data, strict), values, stored=False)

    def _validate_partial(self, data: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
        # Without required fields there is no telling whether the data are whole.
        if self._required and self._required.issubset(values):
            instance = self._validate_instance(data, values)
            set_now = instance.model_fields_set | values.keys()
            native = {name: value for name, value in vars(instance).items() if name in set_now}
            return {**native, **(instance.model_extra or {})}
        return self._validate_part(data, values)

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a stored item as the model validates it.

        In a strict model, a stored form that differs from the native one, such as the string of a date, is read in lax
        mode. Names that a nested model forbids are left out.
        """
        validate = self._validate_stored
        if validate is not None and not partial:
            # What is done below, without the calls: every item that is read passes here.
            try:
                return validate(item)[0]
            except pydantic.ValidationError:
                pass  # contextlib.suppress would take as long as a tenth of the validation
        data = item if self._as_stored else self._by_key(item)
        if partial:
            native = self._load(self._validate_part, data, item)
            return {name: value for name, value in native.items() if name in self.fields}
        if (of_fields := self._validate_fields) is not None and not self._nullable:
            self._validate_stored = of_fields if self._as_stored else lambda item: of_fields(self._by_key(item))
        return self._load(self._validate_whole, data, item)[0]

    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored item of which parts were read below its attributes. Nested models may lack required fields.

        They are validated as whole ones first, with their validators and defaults.
        """
        try:
            return self.load(item, partial=True)
        except ValidationError:
            return self._load(self._validate_read_parts, self._by_key(item), item)

    def _by_key(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        return {self._stored_keys[name]: value for name, value in item.items() if name in self._stored_keys}

    def _load(self, validate: Callable[..., T], data: Mapping[str, Any], item: Mapping[str, Any]) -> T:
        try:
            return validate(data, item, stored=True)
        except ValidationError as error:
            lenient = without_forbidden(data, error.errors)
            if lenient is None:
                raise
            return validate(lenient, item, stored=True)

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return native values in their stored form, as ``model_dump`` serialises them."""
        instance, include = self._to_serialise(values, partial=partial)

        def serialise(mode: Literal["python", "json"], names: set[str] | None) -> dict[str, Any]:
            return instance.model_dump(mode=mode, include=names, by_alias=True, warnings=False)

        try:
            stored = stored_values(serialise, include, self._attributes, self._date_times)
        except PydanticSerializationError as error:
            raise serialisation_error(dict(values), self._name, error) from error
        for attribute in self._set_attributes:
            if stored.get(attribute) == set() and _default(self._infos[self._attributes[attribute]]) == set():
                # DynamoDB stores no empty set; on loading, the default is one.
                del stored[attribute]
        return stored

    def _to_serialise(self, values: Mapping[str, Any], *, partial: bool) -> tuple[BaseModel, set[str] | None]:
        """Return an instance of the model with native *values*, and the names of its fields to serialise."""
        known = {
            name: value
            for name, value in values.items()
            if name in self._infos and (value is not None or name in self._holds_null)
        }
        include: set[str] | None = None
        if partial or (self._computed and not self._required.issubset(known)):
            # Computed fields read other fields, which may be missing.
            include = set(known)
        elif self._computed:
            include = {*known, *self._computed}
            known = {**dict.fromkeys(self._infos), **self.defaults(), **known}
        return instance_of(self.schema, known), include

    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return native values as ``model_dump(mode="json")`` does, by field name, with bytes as base64."""
        instance, include = self._to_serialise(values, partial=False)
        binary = self._documents.binary_values(values)
        try:
            return self._documents.to_json(instance, include, self.dump(binary, partial=True) if binary else {})
        except NOT_IN_JSON:
            # There are bytes, or other values of any type, where the schema does not tell.
            return super().to_json(values)

    def from_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return JSON data as :meth:`validate` takes them, without what the model computes."""
        given = {name: value for name, value in data.items() if name not in self._computed}
        found = self._documents.from_json(given)
        if self._is_strict:
            # JSON has no form for what a strict model takes, such as dates.
            found = {name: self._lax(name, value) for name, value in found.items()}
        return found

    def _lax(self, name: str, value: Any) -> Any:
        return self.fields[name].lax(value) if name in self.fields else value

    def json_location(self, location: Sequence[str | int]) -> tuple[str | int, ...]:
        """Return a location in JSON data for one in Pydantic's errors, which has aliases in it."""
        if not location:
            return ()
        first, *rest = location
        names = {key: name for name, key in self._keys.items()}
        return self._documents.forms.named((names.get(str(first), first), *rest))

    def to_object(self, values: Mapping[str, Any]) -> BaseModel:
        """Return an instance of the model, which validates the values."""
        errors: LineErrors = []
        given = {name: value for name, value in values.items() if name not in self._computed}
        data = prepare_fields(self._preparers, given, (), errors)
        if errors:
            raise input_error(dict(values), self._name, errors)
        return self._validate_instance(data, values)

    def from_object(self, given: Any) -> dict[str, Any] | None:
        """Return the values of an instance of the model, or of the one that it was made of."""
        return self._documents.from_object(given)

    def pydantic_core_schema(self) -> Any:
        """Return the model's core schema with the names of fields."""
        return self._documents.core_schema

    def _validate_whole(
        self, data: Mapping[str, Any], raw: Mapping[str, Any], *, stored: bool = False
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Return the values of the model's fields by name, and the extra ones, for whole *data*."""
        if self._validate_fields is None:
            instance = self._validate_instance(data, raw, stored=stored)
            return vars(instance).copy(), instance.model_extra
        try:
            values, extra, _ = self._validate_fields(self._with_nulls(data) if self._nullable else data)
        except pydantic.ValidationError as error:
            raise validation_error(dict(raw), self._name, error) from error
        return values, extra

    def _validate_instance(self, data: Mapping[str, Any], raw: Mapping[str, Any], *, stored: bool = False) -> BaseModel:
        whole = self._with_nulls(data) if self._nullable else data
        return self._validate_with(lambda strict: self.schema.model_validate(whole, strict=strict), raw, stored=stored)

    def _with_nulls(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        # A top-level None is not stored. So a required field that allows None is None when its attribute is missing.
        return {**dict.fromkeys(self._nullable), **data}

    def _validate_part(
        self, data: Mapping[str, Any], raw: Mapping[str, Any], *, stored: bool = False
    ) -> dict[str, Any]:
        def validate(strict: bool | None) -> dict[str, Any]:
            native: dict[str, Any] = self._partial_validator.validate_python(dict(data), strict=strict)
            return native

        return self._validate_with(validate, raw, stored=stored)

    def _validate_with(self, validate: Callable[[bool | None], T], raw: Mapping[str, Any], *, stored: bool) -> T:
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
    def _validate_fields(self) -> FieldsValidator | None:
        """The fast path: validates whole data without an instance; ``None`` where it is not taken."""
        if not self._has_fast_path:
            return None
        return validator_of(self._root.fields_node, self._definitions, self._root.config).validate_python

    def _validate_read_parts(self, data: Mapping[str, Any], raw: Mapping[str, Any], *, stored: bool) -> dict[str, Any]:
        return self._validate_with(lambda strict: self._validate_parts(data, strict), raw, stored=stored)

    def _validate_parts(self, data: Mapping[str, Any], strict: bool | None) -> dict[str, Any]:
        native: dict[str, Any] = self._part_validator.validate_python(dict(data), strict=strict)
        return native

    @cached_property
    def _part_validator(self) -> SchemaValidator:
        return part_validator(self._root.fields_node["fields"], self._definitions, self._root.config)

    @cached_property
    def _partial_validator(self) -> SchemaValidator:
        tree = dictionary_of(self._root.fields_node["fields"], config=self._root.config, extra=self._root.extra)
        return validator_of(tree, self._definitions)


def _date_time_attributes(fields: Iterable[PydanticField]) -> DateTimeAttributes:
    listed = list(fields)
    return DateTimeAttributes(
        frozenset(field.attribute for field in listed if field.plain_date_times),
        frozenset(field.attribute for field in listed if field.stored_form == AS_GIVEN),
    )


def _default(info: FieldInfo) -> Any:
    if info.is_required() or getattr(info, "default_factory_takes_validated_data", False):
        return None
    return info.get_default(call_default_factory=True)
