"""A model's attrs class as the :class:`~dynamorm.ports.schemas.SchemaAdapter` of DynamORM's core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from dynamorm.exceptions import DynaModelException, InvalidValue, ValidationError
from dynamorm.ports.passthrough import fast_path_enabled
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_attrs.annotations import Unsupported
from dynamorm_attrs.building import Builder
from dynamorm_attrs.classes import class_info, schema_of
from dynamorm_attrs.errors import REFUSALS, InvalidFields, UserFault, errors_of
from dynamorm_attrs.fields import OwnedField
from dynamorm_attrs.modes import CHANGED, GIVEN, STORED, STORED_PARTS, Mode
from dynamorm_attrs.shapes import check_field, copies
from dynamorm_attrs.storing import defaults_to_empty_set
from dynamorm_attrs.structuring import structurer


class AttrsAdapter(SchemaAdapter):
    """Reads and stores values by the fields of an attrs class, which stays as it is.

    On the fast path no instance of the class is made, and values that have the type of their field are not read.

    When it is taken: for a class without converters, validators, and factories and hooks that get an instance.
    ``DYNAMORM_SCHEMA_FAST_PATH=0`` in the environment excludes it. It is decided once, when the model is defined.

    What it saves: an instance for each item, which would be thrown away immediately, and a call for most values.
    """

    has_objects = True

    def __init__(self, model_name: str, definition: type) -> None:
        try:
            self.schema = schema_of(model_name, definition)
            self._info = class_info(self.schema)
        except Unsupported as error:
            raise DynaModelException(f"The Schema of {model_name} can't be used. {error}") from error
        self.fields: dict[str, OwnedField] = {}
        for name, field in self._info.fields.items():
            check_field(model_name, name, field.annotation)
            self.fields[name] = OwnedField(self._info, field)
            self.fields[name].take_form(field.stored_form)
        self._computed = self._info.computed
        self._is_plain = self._info.is_plain and fast_path_enabled()
        self._builders: dict[Mode, Builder] = {}
        self._names = {field.attribute: name for name, field in self.fields.items()}
        #: Whether stored items need no renaming. What no field has is left out anyway.
        self._as_stored = not self._computed and all(name == attribute for attribute, name in self._names.items())
        self._sets = [name for name, field in self._info.fields.items() if defaults_to_empty_set(field)]
        self.copies_on_load = all(
            field.converter is None and copies(field.annotation) for field in self._info.fields.values()
        )

    def computed_names(self) -> frozenset[str]:
        """Return the names of the fields that only the class sets."""
        return self._computed

    def defaults(self) -> dict[str, Any]:
        """Return each field's default, unless its factory needs the values of other fields."""
        found = {}
        builder = self._builder(GIVEN)
        for name, field in self._info.fields.items():
            if field.has_default and not field.needs_instance:
                try:
                    found[name] = builder.default_of(name)
                except REFUSALS as error:
                    raise self._error({}, {name: errors_of(error)}) from error
        return {name: value for name, value in found.items() if value is not None}

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a user's values by the fields' types, converters and validators.

        For whole data, ``__attrs_post_init__`` is called, too. Partial data are validated field by field. A validator
        gets an instance that has only the fields which are given: one that asks for another field is passed over.
        """
        known, given = self._info.fields, values
        unknown = [name for name in values if name not in known]
        if self._computed and not self._computed.isdisjoint(values):
            if partial:
                refused = self._computed & values.keys()
                raise self._error(values, {name: ["Computed by the class, and not to be set."] for name in refused})
            given = self._without_computed(values)
        native = self._read(given, values, CHANGED if partial else GIVEN, unknown, part=partial)
        return {name: value for name, value in native.items() if value is not None or name in given}

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a stored item as :meth:`validate` does, without attributes that no field has."""
        return self._read(self._by_name(item), item, STORED, part=partial)

    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored item of which parts were read below its attributes. Instances may lack values of fields."""
        return self._read(self._by_name(item), item, STORED_PARTS, part=True)

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return native values in their stored form."""
        stored: dict[str, Any] = {}
        fields = self.fields
        for name, value in values.items():
            field = fields.get(name)
            if field is None:
                continue
            if value is None:
                if field.nullable and field.has_default:
                    stored[field.attribute] = None
                continue
            try:
                stored[field.attribute] = field.store(value)
            except InvalidValue:
                raise
            except REFUSALS as error:
                raise self._error(values, {name: errors_of(error, value)}) from error
        for name in self._sets:
            if name in values and not values[name] and values[name] is not None:
                # DynamoDB stores no empty set; on loading, the default is one.
                stored.pop(fields[name].attribute, None)
        if self._computed and not partial:
            self._compute(values, stored)
        return stored

    def from_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return JSON data as :meth:`validate` takes them, without what the class computes."""
        return super().from_json(self._without_computed(data))

    def to_object(self, values: Mapping[str, Any]) -> Any:
        """Return an instance of the class, validated."""
        unknown = [name for name in values if name not in self._info.fields]
        try:
            return self._builder(GIVEN).build(self._without_computed(values), unknown)
        except UserFault as fault:
            raise fault.error from fault.error.__cause__
        except InvalidFields as error:
            raise self._error(values, error.errors) from error

    def from_object(self, given: Any) -> dict[str, Any] | None:
        """Return the values of an instance of the class, or of a base with all of its fields."""
        is_related = isinstance(given, self.schema) or issubclass(self.schema, type(given))
        if not (is_related and attrs.has(type(given))):
            return None
        if not {field.name for field in attrs.fields(type(given))} >= self._info.fields.keys():
            return None
        return self._without_computed(self._builder(GIVEN).values_of(given))

    def _read(
        self,
        values: Mapping[str, Any],
        raw: Mapping[str, Any],
        mode: Mode,
        unknown: Iterable[str] = (),
        *,
        part: bool,
    ) -> dict[str, Any]:
        builder = self._builder(mode)
        try:
            if self._is_plain:
                return builder.read(values, unknown, part=part)
            found = builder.values_of(builder.build(values, unknown, part=part))
        except UserFault as fault:
            raise fault.error from fault.error.__cause__
        except InvalidFields as error:
            raise self._error(raw, error.errors) from error
        return self._without_computed(found) if self._computed else found

    def _compute(self, values: Mapping[str, Any], stored: dict[str, Any]) -> None:
        """Add what ``__attrs_post_init__`` makes of native *values*, unless some are missing, to the *stored* ones."""
        try:
            made = self._builder(GIVEN).computed(values)
            stored.update({self.fields[name].attribute: self.fields[name].store(value) for name, value in made.items()})
        except UserFault as fault:
            raise fault.error from fault.error.__cause__
        except InvalidFields as error:
            raise self._error(values, error.errors) from error

    def _without_computed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name not in self._computed}

    def _by_name(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values of an *item* by field name. A NULL in a field that allows none is as if absent."""
        if self._as_stored and None not in item.values():
            return item
        found = {}
        names = self._names
        for attribute, value in item.items():
            name = names.get(attribute)
            if name is not None and name not in self._computed and (value is not None or self.fields[name].nullable):
                found[name] = value
        return found

    def _builder(self, mode: Mode) -> Builder:
        found = self._builders.get(mode)
        if found is None:
            found = self._builders[mode] = structurer(mode).builder(self._info, fast_path=self._is_plain)
        return found

    def _error(self, raw: Mapping[str, Any], errors: dict[str, Any]) -> ValidationError:
        return ValidationError(dict(raw), self.schema.__name__, errors)
