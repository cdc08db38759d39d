"""Mistakes with what is in values: digits, order and names in containers, nested objects and what stands in them."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from dynamorm.exceptions import ValidationError
from dynamorm.ports.schemas import SchemaAdapter, SchemaField, Shape
from dynamorm.testing.schemas.fields import Field
from tests.conformance.seeded_schema_faults.faults import Fault, WrappedAdapter, WrappedField, everywhere
from tests.support.schema_libraries.in_plain import PlainLibrary


class Dumps(WrappedAdapter):
    """An adapter that changes what it dumps."""

    @staticmethod
    def changed(value: Any) -> Any:
        return value

    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return {name: self.changed(value) for name, value in self.inner.dump(values, partial=partial).items()}


class FewDigits(Dumps):
    changed = staticmethod(lambda value: round(value, 6) if isinstance(value, float) else value)


class NoNumberIsNone(Dumps):
    changed = staticmethod(lambda value: None if value != value else value)


class SortsLists(Dumps):
    changed = staticmethod(lambda value: sorted(value) if isinstance(value, list) else value)


class DropsDuplicates(Dumps):
    changed = staticmethod(lambda value: list(dict.fromkeys(value)) if isinstance(value, list) else value)


class LowerNames(Dumps):
    changed = staticmethod(
        lambda value: {name.lower(): entry for name, entry in value.items()} if isinstance(value, dict) else value
    )


def without(value: Any, is_left_out: Callable[[Any], bool]) -> Any:
    """A list or a map without some of its values."""
    if isinstance(value, dict):
        return {name: entry for name, entry in value.items() if not is_left_out(entry)}
    return [each for each in value if not is_left_out(each)] if isinstance(value, list) else value


class NoNullsBelow(Dumps):
    changed = staticmethod(lambda value: without(value, lambda entry: entry is None))


class NothingFalseBelow(Dumps):
    changed = staticmethod(lambda value: without(value, lambda entry: not entry))


class OffsetsOfNaiveFields(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        kept = {
            name: value.isoformat()
            for name, value in values.items()
            if isinstance(value, datetime.datetime) and value.tzinfo
        }
        return {**self.inner.dump(values, partial=partial), **kept}


class TextIsAList(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        given = {
            name: list(value) if isinstance(value, str) and self.fields[name].shape is Shape.LIST else value
            for name, value in values.items()
        }
        return self.inner.validate(given, partial=partial)


class FirstErrorBelow(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        try:
            return self.inner.validate(values, partial=partial)
        except ValidationError as error:
            first = {
                name: dict(list(found.items())[:1]) if isinstance(found, dict) else found
                for name, found in error.errors.items()
            }
            raise ValidationError(error.raw, error.schema_name, first) from error


def objects_in(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if isinstance(value, SimpleNamespace)}


class SameObjects(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return {**self.inner.validate(values, partial=partial), **objects_in(values)}


class TrustsObjects(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        trusted = objects_in(values)
        others = {name: value for name, value in values.items() if name not in trusted}
        return {**self.inner.validate(others, partial=partial), **trusted}


class SharedDefaultsBelow(WrappedAdapter):
    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(inner, *arguments)
        self._shared: list[Any] = []

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.validate(values, partial=partial)
        for made in objects_in(found).values():
            vars(made).update({name: self._shared for name, value in vars(made).items() if value == []})
        return found


class PartsAsDicts(WrappedAdapter):
    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        found = self.inner.load_part(item)
        return {**found, **{name: vars(value) for name, value in objects_in(found).items()}}


class RefusesNamesBelow(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        for name, value in item.items():
            known = self.fields[name].child_names() if name in self.fields else None
            if known is not None and not known.issuperset(value):
                raise ValidationError(dict(item), "Schema", {name: ["Unknown field."]})
        return self.inner.load(item, partial=partial)


class LoadsByName(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        named = {
            field.attribute: item[name]
            for name, field in self.fields.items()
            if name in item and field.attribute not in item
        }
        return self.inner.load({**item, **named}, partial=partial)


class ComputedByName(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        names = {field.attribute: name for name, field in self.fields.items() if name not in values}
        return {names.get(name, name): value for name, value in self.inner.dump(values, partial=partial).items()}


class ForgetsWhatWasGiven(WrappedField):
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        try:
            return self.inner.dump(value, validate=validate)
        except ValidationError as error:
            raise ValidationError(None, error.schema_name, error.errors) from error


class ForgetsTheSchema(WrappedField):
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        try:
            return self.inner.dump(value, validate=validate)
        except ValidationError as error:
            raise ValidationError(value, self.name, error.errors) from error


class NoDateTimes(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        self.date_times = False


class NumbersWithoutOrder(WrappedField):
    def __init__(self, inner: SchemaField) -> None:
        super().__init__(inner)
        if not self.ordered:
            self.key_type = "N"


class FormsBelowAreLost(PlainLibrary):
    """Fields of nested schemas lose what the user says about their date-times."""

    def schema(self, fields: Mapping[str, Field], *, extra: bool = False) -> type:
        def without_form(field: Field) -> Field:
            below = {name: dataclasses.replace(each, stored_form=None) for name, each in (field.below or {}).items()}
            return dataclasses.replace(field, below=below) if below else field

        return super().schema({name: without_form(field) for name, field in fields.items()}, extra=extra)


class NamesOfSets(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        given = {name: everywhere(value, lambda part: part) for name, value in item.items()}
        lists = {name: list(value) for name, value in given.items() if isinstance(value, (str, dict))}
        shapes = {field.attribute: field.shape for field in self.fields.values()}
        wrong = {name: value for name, value in lists.items() if shapes.get(name) is Shape.LIST}
        return self.inner.load({**given, **wrong}, partial=partial)


class TakesUnknownAttributes(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        known = {field.attribute for field in self.fields.values()}
        for name in item.keys() - known:
            if isinstance(item, dict):
                del item[name]
        return self.inner.load(item, partial=partial)


class PartsWithDefaults(WrappedAdapter):
    def load_part(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.inner.defaults(), **self.inner.load_part(item)}


class ObjectsAreValues(WrappedAdapter):
    def from_object(self, given: Any) -> dict[str, Any] | None:
        found = self.inner.from_object(given)
        return None if found is None else vars(given)


class PartsOfObjects(WrappedField):
    """Takes objects that lack values wherever it takes whole ones."""

    def dump(self, value: Any, *, validate: bool = False) -> Any:
        if not isinstance(value, SimpleNamespace) or self.shape is not Shape.MAP:
            return self.inner.dump(value, validate=validate)
        children = {name: self.inner.child(name) for name in vars(value)}
        return {child.attribute: child.dump(vars(value)[name]) for name, child in children.items() if child is not None}


FAULTS = (
    Fault("objects that may lack what is required", ("test_required_in_a_nested_schema",), fields=PartsOfObjects),
    Fault("unknown attributes that are removed", ("test_arguments_stay_as_they_are",), adapter=TakesUnknownAttributes),
    Fault("parts with defaults", ("test_parts_get_no_defaults",), adapter=PartsWithDefaults),
    Fault("values that are an object's own", ("test_objects_of_the_library",), "pydantic", adapter=ObjectsAreValues),
    Fault("floats of few digits", ("test_real_numbers_keep_their_digits",), adapter=FewDigits),
    Fault("NaN that is None", ("test_what_is_no_number_is_not_stored",), adapter=NoNumberIsNone),
    Fault("lists that are sorted", ("test_lists_keep_their_order",), adapter=SortsLists),
    Fault("lists without duplicates", ("test_lists_keep_their_order",), adapter=DropsDuplicates),
    Fault("names of entries in lower case", ("test_maps_keep_their_names",), adapter=LowerNames),
    Fault("None that is left out of containers", ("test_none_in_containers",), adapter=NoNullsBelow),
    Fault("false values that are left out below", ("test_false_values_in_a_nested_schema",), adapter=NothingFalseBelow),
    Fault("offsets that are not expected", ("test_offset_that_is_not_expected",), adapter=OffsetsOfNaiveFields),
    Fault("strings that are lists", ("test_text_is_no_container",), adapter=TextIsAList),
    Fault("names of maps that are lists", ("test_text_is_no_container",), adapter=NamesOfSets),
    Fault("one error below a field", ("test_several_mistakes_below_a_field",), adapter=FirstErrorBelow),
    Fault("nested objects that are shared", ("test_nested_values_are_new",), adapter=SameObjects),
    Fault("nested objects that are trusted", ("test_nested_objects_are_validated",), adapter=TrustsObjects),
    Fault("nested defaults that are shared", ("test_defaults_in_a_nested_schema",), adapter=SharedDefaultsBelow),
    Fault("parts that are dicts", ("test_part_of_a_nested_schema",), adapter=PartsAsDicts),
    Fault("names below that items may not have", ("test_unknown_names_in_a_nested_schema",), adapter=RefusesNamesBelow),
    Fault("items by the names of fields", ("test_attribute_with_the_name_of_a_field",), adapter=LoadsByName),
    Fault("computed values by name", ("test_attribute_of_a_computed_field",), adapter=ComputedByName),
    Fault("errors without what was given", ("test_errors_of_one_field",), fields=ForgetsWhatWasGiven),
    Fault("errors without the schema", ("test_errors_of_one_field",), fields=ForgetsTheSchema),
    Fault("date-times that are not said to be", ("test_only_date_times_are_date_times",), fields=NoDateTimes),
    Fault("keys of another type", ("test_stored_type_is_that_of_the_key",), fields=NumbersWithoutOrder),
    Fault("stored forms below that are lost", ("test_stored_form_below_a_field",), library=FormsBelowAreLost),
)
