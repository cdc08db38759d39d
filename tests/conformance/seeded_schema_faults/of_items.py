"""Mistakes with items and parts: defaults, missing and unknown names, errors, nested schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from dynamorm.exceptions import ValidationError
from dynamorm.ports.schemas import SchemaAdapter
from tests.conformance.seeded_schema_faults.faults import Fault, WrappedAdapter, WrappedField


class SharedDefaults(WrappedAdapter):
    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(inner, *arguments)
        self._shared: dict[str, Any] | None = None

    def defaults(self) -> dict[str, Any]:
        if self._shared is None:
            self._shared = self.inner.defaults()
        return self._shared


class DefaultsInParts(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return {**self.inner.defaults(), **self.inner.load(item, partial=partial)}


class DefaultsInStoredParts(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.inner.dump({**self.inner.defaults(), **values}, partial=partial)


class DefaultsForNone(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        defaults = self.inner.defaults()
        given = {name: defaults.get(name) if value is None else value for name, value in values.items()}
        return self.inner.dump(given, partial=partial)


class NoDefaults(WrappedAdapter):
    def defaults(self) -> dict[str, Any]:
        return {}


class SerialisedDefaults(WrappedAdapter):
    def defaults(self) -> dict[str, Any]:
        return self.inner.dump(self.inner.defaults(), partial=True)


class NoneInParts(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return {**dict.fromkeys(self.fields), **self.inner.validate(values, partial=partial)}


class DefaultsMadeTwice(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        self.inner.defaults()
        return self.inner.validate(values, partial=partial)


class StoredNone(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        given = {name: value for name, value in item.items() if value is not None}
        return self.inner.load(given, partial=partial)


class RequiredInParts(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.inner.validate(values, partial=False)


class ItemsLackWhatIsRequired(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.inner.load(item, partial=True)


class NoneIsMissing(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        nones = {name: None for name, value in values.items() if value is None}
        given = {name: value for name, value in values.items() if value is not None}
        return {**self.inner.validate(given, partial=partial or bool(nones)), **nones}


class UnknownNamesAreDropped(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        given = {name: value for name, value in values.items() if name in self.fields}
        return self.inner.validate(given, partial=partial)


class UnknownNamesInParts(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        given = {name: value for name, value in values.items() if name in self.fields or not partial}
        return self.inner.validate(given, partial=partial)


class UnknownAttributesAreKept(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        attributes = {field.attribute for field in self.fields.values()}
        more = {name: value for name, value in item.items() if name not in attributes}
        return {**more, **self.inner.load(item, partial=partial)}


class UnknownAttributesAreRefused(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        attributes = {field.attribute for field in self.fields.values()}
        unknown = item.keys() - attributes
        if unknown:
            raise ValidationError(dict(item), self.schema.__name__, {name: ["Unknown."] for name in unknown})
        return self.inner.load(item, partial=partial)


class StoredByFieldName(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        names = {field.attribute: name for name, field in self.fields.items()}
        return {names.get(name, name): value for name, value in self.inner.dump(values, partial=partial).items()}


class LoadedByFieldName(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        given = {self.fields[name].attribute if name in self.fields else name: value for name, value in item.items()}
        return self.inner.load(given, partial=partial)


class ComputedInParts(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.inner.dump(values, partial=False)


class Translated(WrappedAdapter):
    """An adapter that raises other errors than the one that it wraps."""

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        try:
            return self.inner.validate(values, partial=partial)
        except ValidationError as error:
            raise self.other(error, values) from error

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        try:
            return self.inner.load(item, partial=partial)
        except ValidationError as error:
            raise self.other(error, item) from error

    def other(self, error: ValidationError, given: Mapping[str, Any]) -> Exception:
        raise NotImplementedError


class FirstError(Translated):
    def other(self, error: ValidationError, given: Mapping[str, Any]) -> Exception:
        first = dict([next(iter(error.errors.items()))])
        return ValidationError(error.raw, error.schema_name, first)


class ErrorsByAttribute(Translated):
    def other(self, error: ValidationError, given: Mapping[str, Any]) -> Exception:
        errors = {
            self.fields[name].attribute if name in self.fields else name: each for name, each in error.errors.items()
        }
        return ValidationError(error.raw, error.schema_name, errors)


class ErrorsOfTheSchema(Translated):
    def other(self, error: ValidationError, given: Mapping[str, Any]) -> Exception:
        return ValidationError(error.raw, error.schema_name, {"_schema": [str(error.errors)]})


class ErrorsByTheNestedName(Translated):
    def other(self, error: ValidationError, given: Mapping[str, Any]) -> Exception:
        flat: dict[str, Any] = {}
        for name, each in error.errors.items():
            flat.update(each if isinstance(each, dict) else {name: each})
        return ValidationError(error.raw, error.schema_name, flat)


class ErrorsWithoutPlaces(Translated):
    def other(self, error: ValidationError, given: Mapping[str, Any]) -> Exception:
        return ValidationError(error.raw, error.schema_name, {name: ["Wrong."] for name in error.errors})


class ErrorsWithoutMessages(Translated):
    def other(self, error: ValidationError, given: Mapping[str, Any]) -> Exception:
        return ValidationError(error.raw, error.schema_name, dict.fromkeys(error.errors, ()))


class NameOfTheModel(Translated):
    def other(self, error: ValidationError, given: Mapping[str, Any]) -> Exception:
        return ValidationError(error.raw, "Thing", error.errors)


class NoData(Translated):
    def other(self, error: ValidationError, given: Mapping[str, Any]) -> Exception:
        return ValidationError({}, error.schema_name, error.errors)


class ErrorOfPython(Translated):
    def other(self, error: ValidationError, given: Mapping[str, Any]) -> Exception:
        return ValueError(str(error))


class PythonsErrorInConditions(WrappedField):
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        try:
            return self.inner.dump(value, validate=validate)
        except ValidationError as error:
            raise TypeError(str(error)) from error


class AttributesInConditions(WrappedField):
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        try:
            return self.inner.dump(value, validate=validate)
        except ValidationError as error:
            raise ValidationError(value, error.schema_name, {"value": ["Wrong."]}) from error


class NoFieldNames(WrappedAdapter):
    def json_location(self, location: Sequence[str | int]) -> tuple[str | int, ...]:
        return tuple(location)


def plain_objects(value: Any) -> Any:
    """A *value* with dicts in place of objects."""
    return vars(value) if isinstance(value, SimpleNamespace) else value


class DictsForObjects(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.load(item, partial=partial)
        return {name: plain_objects(value) for name, value in found.items()}


class DictsEverywhere(DictsForObjects):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.validate(values, partial=partial)
        return {name: plain_objects(value) for name, value in found.items()}


class StoresComputedValues(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return {**self.inner.dump(values, partial=partial), **values}

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return {**self.inner.validate(values, partial=partial), **values}


class ObjectsAreRefused(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        wrong = [name for name, value in values.items() if isinstance(value, SimpleNamespace)]
        if wrong:
            raise ValidationError(dict(values), self.schema.__name__, {name: ["No dict."] for name in wrong})
        return self.inner.validate(values, partial=partial)


class ObjectsInConditions(WrappedField):
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        if isinstance(value, SimpleNamespace):
            raise ValidationError(value, "Schema", {self.name: ["No dict."]})
        return self.inner.dump(value, validate=validate)


class NestedByFieldName(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.dump(values, partial=partial)
        nested = {self.fields[name].attribute: value for name, value in values.items() if isinstance(value, dict)}
        return {**found, **nested}


class NestedByAttributeOnly(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        for name, value in values.items():
            names = self.fields[name].child_names() if name in self.fields and isinstance(value, dict) else None
            for each in names or ():
                child = self.fields[name].child(each)
                if child is not None and child.attribute != each and each in value:
                    raise ValidationError(dict(values), self.schema.__name__, {name: {each: ["Unknown."]}})
        return self.inner.validate(values, partial=partial)


class PartsAreWhole(WrappedAdapter):
    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return self.inner.load(item, partial=True)


class PartsAreTrusted(WrappedAdapter):
    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        names = {field.attribute: name for name, field in self.fields.items()}
        return {names[name]: value for name, value in item.items() if name in names}


class NestedPartsEverywhere(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.inner.load_part(item)


class NoNulls(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.dump(values, partial=partial)
        return {
            name: {key: entry for key, entry in value.items() if entry is not None}
            if isinstance(value, dict)
            else value
            for name, value in found.items()
        }


FAULTS = (
    Fault("defaults that are shared", ("test_defaults_are_fresh",), "pydantic", adapter=SharedDefaults),
    Fault("defaults in a part", ("test_defaults",), "marshmallow", adapter=DefaultsInParts),
    Fault("defaults in what is stored", ("test_values_of_no_field",), adapter=DefaultsInStoredParts),
    Fault("defaults in place of None", ("test_values_of_no_field",), "schematics", adapter=DefaultsForNone),
    Fault("defaults that are not told", ("test_defaults",), "pydantic", adapter=NoDefaults),
    Fault("defaults in their stored form", ("test_defaults_are_native",), "marshmallow", adapter=SerialisedDefaults),
    Fault("None for what a part lacks", ("test_partial_data",), "pydantic", adapter=NoneInParts),
    Fault("defaults that are made twice", ("test_defaults_are_called_once",), adapter=DefaultsMadeTwice),
    Fault(
        "a stored None that becomes the default",
        ("test_none_of_a_field_with_a_default",),
        "pydantic",
        adapter=StoredNone,
    ),
    Fault("required fields in a part", ("test_partial_data",), "marshmallow", adapter=RequiredInParts),
    Fault("items without required fields", ("test_what_is_required",), adapter=ItemsLackWhatIsRequired),
    Fault("None for a required field", ("test_null_of_a_required_field",), "marshmallow", adapter=NoneIsMissing),
    Fault("unknown names that are dropped", ("test_unknown_names",), "pydantic", adapter=UnknownNamesAreDropped),
    Fault("unknown names in a part", ("test_unknown_names",), "schematics", adapter=UnknownNamesInParts),
    Fault(
        "unknown attributes that are kept", ("test_unknown_attributes_of_an_item",), adapter=UnknownAttributesAreKept
    ),
    Fault(
        "unknown attributes that are refused",
        ("test_unknown_attributes_of_an_item",),
        "marshmallow",
        adapter=UnknownAttributesAreRefused,
    ),
    Fault("items by field name", ("test_aliases",), adapter=StoredByFieldName),
    Fault("items that are read by field name", ("test_aliases",), "pydantic", adapter=LoadedByFieldName),
    Fault("computed values in a part", ("test_computed_field",), "pydantic", adapter=ComputedInParts),
    Fault("the first error alone", ("test_several_mistakes", "test_mistakes_in_an_item"), adapter=FirstError),
    Fault("errors by attribute", ("test_errors_name_fields",), adapter=ErrorsByAttribute),
    Fault("errors of no field", ("test_errors_name_fields", "test_what_is_required"), adapter=ErrorsOfTheSchema),
    Fault("errors by the name below", ("test_errors_of_nested_fields",), adapter=ErrorsByTheNestedName),
    Fault("errors without places", ("test_errors_of_nested_fields",), "marshmallow", adapter=ErrorsWithoutPlaces),
    Fault("errors without messages", ("test_errors_are_texts",), adapter=ErrorsWithoutMessages),
    Fault("errors of the model", ("test_several_mistakes",), "marshmallow", adapter=NameOfTheModel),
    Fault("errors without the data", ("test_several_mistakes",), "pydantic", adapter=NoData),
    Fault("errors of Python's", ("test_value_of_another_type",), "schematics", adapter=ErrorOfPython),
    Fault(
        "errors of Python's in conditions",
        ("test_value_of_another_type", "test_errors_of_one_field"),
        fields=PythonsErrorInConditions,
    ),
    Fault("errors of a value", ("test_errors_of_one_field",), "marshmallow", fields=AttributesInConditions),
    Fault("places by attribute", ("test_json_has_the_names_of_fields",), "pydantic", adapter=NoFieldNames),
    Fault("dicts for objects", ("test_nested_value",), adapter=DictsForObjects),
    Fault("dicts for objects everywhere", ("test_nested_value",), adapter=DictsEverywhere),
    Fault("computed values of the user", ("test_computed_value_that_is_given",), adapter=StoresComputedValues),
    Fault("objects that are refused", ("test_nested_value",), "marshmallow", adapter=ObjectsAreRefused),
    Fault("objects that are refused in conditions", ("test_nested_value",), fields=ObjectsInConditions),
    Fault("nested values by field name", ("test_nested_aliases",), adapter=NestedByFieldName),
    Fault("nested values by attribute alone", ("test_nested_aliases",), adapter=NestedByAttributeOnly),
    Fault(
        "parts of nested schemas that are refused", ("test_part_of_a_nested_schema",), "pydantic", adapter=PartsAreWhole
    ),
    Fault("parts of nested schemas as they are stored", ("test_part_of_a_nested_schema",), adapter=PartsAreTrusted),
    Fault(
        "nested schemas that are always parts",
        ("test_required_in_a_nested_schema",),
        adapter=NestedPartsEverywhere,
    ),
    Fault("nested None that is lost", ("test_null_in_a_nested_schema",), "marshmallow", adapter=NoNulls),
)
