"""A model's Schematics schema as the :class:`~dynamorm.ports.schemas.SchemaAdapter` of DynamORM's core."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from schematics.deprecated import SchematicsDeprecationWarning
from schematics.exceptions import BaseError, DataError
from schematics.models import Model

from dynamorm.exceptions import ValidationError
from dynamorm.ports.passthrough import fast_path_enabled
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_schematics.conversion import (
    by_field_name,
    conversion_context,
    native_values,
    only_given,
    validation_context,
)
from dynamorm_schematics.export import stored_values
from dynamorm_schematics.fast_path import FastExporter, FastImporter, has_fast_path
from dynamorm_schematics.fields import SchematicsField, fields_by_name
from dynamorm_schematics.schemas import (
    attribute_of,
    check_schema,
    computed_names,
    fields_of,
    schema_of,
    takes_values,
)

# Schematics 2.1 calls its own deprecated functions whenever it imports or exports a model. Its users can't fix that,
# and a program that turns warnings into errors could not use it. Deprecated calls by the program itself still warn.
warnings.filterwarnings("ignore", category=SchematicsDeprecationWarning, module=r"schematics\.")


class SchematicsAdapter(SchemaAdapter):
    """Validates with the schema's own import loop, and stores what its export loop returns.

    Each time an instance of the schema is made and thrown away: the DynamORM instance has the values.

    A schema of types alone takes the fast path of :mod:`dynamorm_schematics.fast_path`, with the same results.
    """

    has_objects = True

    def __init__(self, model_name: str, definition: type) -> None:
        self.schema = schema_of(model_name, definition)
        check_schema(model_name, self.schema)
        fast_path = fast_path_enabled()
        self.fields: Mapping[str, SchematicsField] = fields_by_name(
            self.schema, self.schema.__name__, fast_path=fast_path
        )
        self._types = fields_of(self.schema)
        self._known = tuple(
            base
            for base in self.schema.__mro__
            if issubclass(base, Model) and fields_of(base).keys() >= self._types.keys()
        )
        self._unique_keys = _unique_keys({name: field.attribute for name, field in self.fields.items()})
        fast_path = fast_path and not self._unique_keys and has_fast_path(definition, self.schema)
        self._fast_validator = FastImporter(self.schema, stored=False) if fast_path else None
        self._fast_loader = FastImporter(self.schema, stored=True) if fast_path else None
        self._fast_dumper = FastExporter(self.schema) if fast_path else None

    def computed_names(self) -> frozenset[str]:
        """Return the names of the computed fields."""
        return computed_names(self.schema)

    def defaults(self) -> dict[str, Any]:
        """Return the ``default`` of each field that has one."""
        try:
            if self._fast_loader is not None:
                return self._fast_loader.defaults()
            context = conversion_context(apply_defaults=True)
            return native_values(self.schema({}, context=context))
        except BaseError as error:
            raise ValidationError({}, self.schema.__name__, error.to_primitive()) from error

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a user's values as Schematics imports them. It refuses names without a field as rogue fields."""
        if self._fast_validator is not None and self._fast_validator.covers(values):
            return self._import_fast(self._fast_validator, values, partial=partial, stored=False)
        if partial:
            self._refuse_computed(values)
        return self._import(values, values, partial=partial, stored=False)

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return a stored item as Schematics imports it."""
        if self._fast_loader is not None:
            return self._import_fast(self._fast_loader, item, partial=partial, stored=True)
        return self._import(by_field_name(self.schema, item), item, partial=partial, stored=True)

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """Return native values as Schematics exports them, whatever roles and export levels say but ``DROP``."""
        try:
            if self._fast_dumper is not None:
                return self._fast_dumper.dump(values)
            stored = stored_values(self.schema, values)
        except BaseError as error:
            raise ValidationError(dict(values), self.schema.__name__, error.to_primitive()) from error
        named = {attribute_of(name, self._types[name]) for name in values if name in self._types}
        return {name: value for name, value in stored.items() if value is not None and (name in named or not partial)}

    def from_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return JSON data as :meth:`validate` takes them, without what the schema computes."""
        computed = self.computed_names()
        return super().from_json({name: value for name, value in data.items() if name not in computed})

    def to_object(self, values: Mapping[str, Any]) -> Any:
        """Return an instance of the schema, which validates the values."""
        try:
            return self._validate(dict(values), partial=False, stored=False)
        except DataError as error:
            raise ValidationError(dict(values), self.schema.__name__, error.to_primitive()) from error

    def from_object(self, given: Any) -> dict[str, Any] | None:
        """Return the values of an instance of the schema, or of a base with all its fields, by field name.

        Return ``None`` for anything else.
        """
        if not isinstance(given, self._known):
            return None
        return {name: value for name, value in native_values(given).items() if value is not None}

    def _import_fast(
        self, fast: FastImporter, values: Mapping[str, Any], *, partial: bool, stored: bool
    ) -> dict[str, Any]:
        try:
            try:
                return fast.load(values, partial=partial)
            except BaseError:
                raise
            except Exception:
                # It may come from a validate_<field> method of a nested model: see _validate.
                self._convert(by_field_name(self.schema, values) if stored else values, partial=partial, stored=stored)
                raise
        except DataError as error:
            raise ValidationError(dict(values), self.schema.__name__, error.to_primitive()) from error

    def _import(
        self, data: Mapping[str, Any], raw: Mapping[str, Any], *, partial: bool, stored: bool
    ) -> dict[str, Any]:
        try:
            model = self._validate(dict(data), partial=partial, stored=stored)
        except DataError as error:
            errors = self._errors_of_given(error.to_primitive(), data) if partial else error.to_primitive()
            if errors:
                raise ValidationError(dict(raw), self.schema.__name__, errors) from error
            model = self.schema(trusted_data=error.partial_data, init_values=False, apply_defaults=False)
        return native_values(only_given(model, data))

    def _validate(self, data: dict[str, Any], *, partial: bool, stored: bool) -> Any:
        data = {self._unique_keys.get(name, name): value for name, value in data.items()}
        context = validation_context(partial=partial, stored=stored, keys=self._unique_keys)
        try:
            return self.schema(data, context=context)
        except BaseError:
            raise
        except Exception:
            # Schematics calls a validate_<field> method even when other fields were refused, and the method may fail
            # because their values are missing. Then the refusal is the better error.
            self._convert(data, partial=partial, stored=stored)
            raise

    def _convert(self, data: Mapping[str, Any], *, partial: bool, stored: bool) -> None:
        """Raise Schematics' ``DataError`` for values that types refuse; no ``validate_<field>`` method is called."""
        context = validation_context(partial=partial, stored=stored, validate=False, keys=self._unique_keys)
        self.schema(dict(data), context=context)

    def _errors_of_given(self, errors: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the *errors* of partial *data* without those of fields that were not given.

        Schematics calls ``validate_<field>`` for every field, with ``None`` when there is no value.
        """
        absent = {
            attribute_of(name, field)
            for name, field in self._types.items()
            if not data.keys() & set(field.get_input_keys())
        }
        return {name: error for name, error in errors.items() if name not in absent}

    def _refuse_computed(self, values: Mapping[str, Any]) -> None:
        computed = [name for name in values if name in self._types and not takes_values(self._types[name])]
        errors = {name: ["This field is computed and can't be set."] for name in computed}
        if errors:
            raise ValidationError(dict(values), self.schema.__name__, errors)


def _unique_keys(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return keys that only one field looks for, for fields of which one's name is the attribute of another.

    Schematics looks for a field under both its name and its ``serialized_name``, and would find the wrong value.
    """
    taken = {attribute for name, attribute in attributes.items() if attribute != name and attribute in attributes}
    return {name: f"{name}\0" for name, attribute in attributes.items() if name in taken or attribute in taken}
