"""A model's Schematics schema, as DynamORM's core uses it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from schematics.deprecated import SchematicsDeprecationWarning
from schematics.exceptions import BaseError, DataError

from dynamorm.exceptions import ValidationError
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm_schematics.conversion import (
    by_field_name,
    conversion_context,
    native_values,
    only_given,
    validation_context,
)
from dynamorm_schematics.fields import SchematicsField, fields_by_name
from dynamorm_schematics.loops import ExportLoop, ImportLoop, has_roles, is_made_of_types
from dynamorm_schematics.schemas import attribute_of, check_nested_attributes, fields_of, is_computed, schema_of
from dynamorm_schematics.storing import stored_values

# Schematics 2.1 calls its own deprecated functions whenever it imports or exports a model, which nobody who uses it can
# mend; a program that makes errors of warnings could not use it at all. Deprecated calls of the program's own still warn.
warnings.filterwarnings("ignore", category=SchematicsDeprecationWarning, module=r"schematics\.")


class SchematicsAdapter(SchemaAdapter):
    """Validates with the schema's own import loop, and stores what its export loop gives.

    Instances of the schema are made for that, and are not kept: a DynamORM instance has the values. A schema of types
    alone is asked type by type, which does the same and takes less time.
    """

    def __init__(self, model_name: str, definition: type) -> None:
        self.schema = schema_of(model_name, definition)
        check_nested_attributes(model_name, self.schema)
        self.fields: Mapping[str, SchematicsField] = fields_by_name(self.schema, self.schema.__name__)
        self._types = fields_of(self.schema)
        self._own_keys = _own_keys({name: field.attribute for name, field in self.fields.items()})
        plain = not self._own_keys and is_made_of_types(definition, self.schema)
        self._validation_loop = ImportLoop(self.schema, stored=False) if plain else None
        self._load_loop = ImportLoop(self.schema, stored=True) if plain else None
        self._dump_loop = ExportLoop(self.schema) if plain and not has_roles(definition) else None

    def defaults(self) -> dict[str, Any]:
        """Each field's ``default``, if it has one."""
        try:
            if self._load_loop is not None:
                return self._load_loop.defaults()
            context = conversion_context(apply_defaults=True)
            return native_values(self.schema({}, context=context))
        except BaseError as error:
            raise ValidationError({}, self.schema.__name__, error.to_primitive()) from error

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What Schematics makes of a user's values; names that it does not know are rogue fields to it."""
        if self._validation_loop is not None and self._validation_loop.knows(values):
            return self._loaded(self._validation_loop, values, partial=partial, stored=False)
        if partial:
            self._refuse_computed(values)
        return self._imported(values, values, partial=partial, stored=False)

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What Schematics makes of a stored item."""
        if self._load_loop is not None:
            return self._loaded(self._load_loop, item, partial=partial, stored=True)
        return self._imported(by_field_name(self.schema, item), item, partial=partial, stored=True)

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        """What Schematics exports of native values; its ``default`` role and export levels decide what that is."""
        try:
            if self._dump_loop is not None:
                return self._dump_loop.dump(values)
            stored = stored_values(self.schema, values)
        except BaseError as error:
            raise ValidationError(dict(values), self.schema.__name__, error.to_primitive()) from error
        named = {attribute_of(name, self._types[name]) for name in values if name in self._types}
        return {name: value for name, value in stored.items() if value is not None and (name in named or not partial)}

    def _loaded(self, loop: ImportLoop, values: Mapping[str, Any], *, partial: bool, stored: bool) -> dict[str, Any]:
        try:
            try:
                return loop.load(values, partial=partial)
            except BaseError:
                raise
            except Exception:
                # A nested model's validate_<field> method may have stumbled, as below.
                self._convert(by_field_name(self.schema, values) if stored else values, partial=partial, stored=stored)
                raise
        except DataError as error:
            raise ValidationError(dict(values), self.schema.__name__, error.to_primitive()) from error

    def _imported(
        self, data: Mapping[str, Any], raw: Mapping[str, Any], *, partial: bool, stored: bool
    ) -> dict[str, Any]:
        try:
            model = self._validated(dict(data), partial=partial, stored=stored)
        except DataError as error:
            errors = self._errors_of_given(error.to_primitive(), data) if partial else error.to_primitive()
            if errors:
                raise ValidationError(dict(raw), self.schema.__name__, errors) from error
            model = self.schema(trusted_data=error.partial_data, init_values=False, apply_defaults=False)
        return native_values(only_given(model, data))

    def _validated(self, data: dict[str, Any], *, partial: bool, stored: bool) -> Any:
        data = {self._own_keys.get(name, name): value for name, value in data.items()}
        keys = self._own_keys
        try:
            return self.schema(data, context=validation_context(partial=partial, stored=stored, keys=keys))
        except BaseError:
            raise
        except Exception:
            # A validate_<field> method is called even when other fields were refused, and stumbles over their absence. What
            # was refused tells more.
            self._convert(data, partial=partial, stored=stored)
            raise

    def _convert(self, data: Mapping[str, Any], *, partial: bool, stored: bool) -> None:
        """Raises Schematics' ``DataError`` for what types refuse; no ``validate_<field>`` method is called."""
        context = validation_context(partial=partial, stored=stored, validate=False, keys=self._own_keys)
        self.schema(dict(data), context=context)

    def _errors_of_given(self, errors: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """The *errors* of partial *data* without those of fields that were not given.

        Schematics calls ``validate_<field>`` for every field, with ``None`` when there is no value.
        """
        absent = {
            attribute_of(name, field)
            for name, field in self._types.items()
            if not data.keys() & set(field.get_input_keys())
        }
        return {name: error for name, error in errors.items() if name not in absent}

    def _refuse_computed(self, values: Mapping[str, Any]) -> None:
        computed = [name for name in values if name in self._types and is_computed(self._types[name])]
        errors = {name: ["This field is computed and can't be set."] for name in computed if not self._settable(name)}
        if errors:
            raise ValidationError(dict(values), self.schema.__name__, errors)

    def _settable(self, name: str) -> bool:
        return self._types[name].fset is not None


def _own_keys(attributes: Mapping[str, str]) -> dict[str, str]:
    """Keys that only one field looks for, for those whose name is the attribute of another one.

    Schematics looks for a field under both of its names, and would take another field's value for it.
    """
    taken = {attribute for name, attribute in attributes.items() if attribute != name and attribute in attributes}
    return {name: f"{name}\0" for name, attribute in attributes.items() if name in taken or attribute in taken}
