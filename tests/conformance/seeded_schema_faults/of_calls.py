"""Mistakes with calls: validators, exceptions, what is shared; JSON and objects of the library."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from dynamorm.exceptions import ValidationError
from dynamorm.ports.schemas import SchemaAdapter
from tests.conformance.seeded_schema_faults.faults import Fault, WrappedAdapter, WrappedField, everywhere


class ValidatesTwice(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.inner.validate(self.inner.validate(values, partial=True), partial=partial)


class ValidatesItemsTwice(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        self.inner.load(item, partial=True)
        return self.inner.load(item, partial=partial)


class ValidatesWhatIsStored(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        given = {name: value for name, value in values.items() if value is not None}
        return self.inner.dump({**values, **self.inner.validate(given, partial=True)}, partial=partial)


class ValidatesConditions(WrappedField):
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        return self.inner.dump(value, validate=True)


class UpdatesWithoutValidators(WrappedField):
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        return self.inner.dump(value)


class PartsWithoutValidators(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        if partial:
            return {name: self._native(name, value) for name, value in values.items()}
        return self.inner.validate(values, partial=False)

    def _native(self, name: str, value: Any) -> Any:
        self.inner.fields[name].dump(value)
        return value


class SwallowsFaults(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        try:
            return self.inner.validate(values, partial=partial)
        except KeyError:
            return dict(values)


class RefusesFaults(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        try:
            return self.inner.load(item, partial=partial)
        except KeyError as error:
            raise ValidationError(dict(item), self.schema.__name__, {"value": ["Wrong."]}) from error


class FaultsOfDefaults(WrappedAdapter):
    def defaults(self) -> dict[str, Any]:
        try:
            return self.inner.defaults()
        except KeyError:
            return {}


class OneResult(WrappedAdapter):
    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(inner, *arguments)
        self._result: dict[str, Any] = {}

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.load(item, partial=partial)
        self._result.clear()
        self._result.update(found)
        return self._result


class OneCall(WrappedAdapter):
    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(inner, *arguments)
        self._values: Mapping[str, Any] = {}

    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        self._values = values
        self.inner.validate(values, partial=partial)
        return self.inner.validate(self._values, partial=partial)


class OfTheFirstModel(WrappedAdapter):
    """A cache by the name of the schema."""

    known: ClassVar[dict[str, SchemaAdapter]] = {}

    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(self.known.setdefault(inner.schema.__name__, inner), *arguments)


class TakesValues(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.validate(values, partial=partial)
        if isinstance(values, dict):
            values.update(found)
        return found


class TakesItems(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.load(item, partial=partial)
        if isinstance(item, dict):
            for field in self.fields.values():
                item.pop(field.attribute, None)
        return found


class GivesItems(WrappedAdapter):
    def __init__(self, inner: SchemaAdapter, *arguments: Any) -> None:
        super().__init__(inner, *arguments)
        self.copies_on_load = True

    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.load(item, partial=partial)
        names = {name: field.attribute for name, field in self.fields.items()}
        return {
            name: item[names[name]] if name in names and item.get(names[name]) == value else value
            for name, value in found.items()
        }


class GivesWhatIsGiven(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.validate(values, partial=partial)
        return {name: values[name] if values.get(name) == value else value for name, value in found.items()}


class JsonByAttribute(WrappedAdapter):
    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        found = self.inner.to_json(values)
        return {self.fields[name].attribute if name in self.fields else name: value for name, value in found.items()}


class NestedJsonByAttribute(WrappedAdapter):
    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        found = self.inner.to_json(values)
        stored = self.inner.dump(values, partial=False)
        return {
            name: stored[self.fields[name].attribute] if isinstance(value, dict) else value
            for name, value in found.items()
        }


class JsonOfWholeItems(WrappedAdapter):
    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        self.inner.validate(values, partial=False)
        return self.inner.to_json(values)


class JsonOfNativeValues(WrappedAdapter):
    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return dict(values)


class FloatsInJson(WrappedAdapter):
    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        found = self.inner.to_json(values)
        return {name: float(value) if isinstance(value, Decimal) else value for name, value in found.items()}


class UnknownJson(WrappedAdapter):
    def from_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in self.inner.from_json(data).items() if name in self.fields}


class ComputedJson(WrappedAdapter):
    def from_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {**data, **self.inner.from_json(data)}


class BytesInJson(WrappedAdapter):
    def from_json(self, data: Mapping[str, Any]) -> dict[str, Any]:
        found = self.inner.from_json(data)
        return {name: data[name] if isinstance(value, bytes) else value for name, value in found.items()}


class HexInJson(WrappedAdapter):
    def to_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        def hexadecimal(value: Any) -> Any:
            return base64.b16encode(value).decode() if isinstance(value, bytes) else value

        return {
            **self.inner.to_json(values),
            **{name: everywhere(value, hexadecimal) for name, value in values.items()},
        }


class AnyObject(WrappedAdapter):
    def from_object(self, given: Any) -> dict[str, Any] | None:
        found = self.inner.from_object(given)
        return dict(getattr(given, "__dict__", {})) if found is None else found


class UnvalidatedObject(WrappedAdapter):
    def to_object(self, values: Mapping[str, Any]) -> Any:
        made: Any = object.__new__(self.schema)
        vars(made).update(values)
        return made


class ObjectsByAttribute(WrappedAdapter):
    def from_object(self, given: Any) -> dict[str, Any] | None:
        found = self.inner.from_object(given)
        return None if found is None else {self.fields[name].key_type or name: value for name, value in found.items()}


FAULTS = (
    Fault("validators that run twice", ("test_validators_run_once", "test_nested_validators"), adapter=ValidatesTwice),
    Fault(
        "validators that run twice for items",
        ("test_validators_run_once", "test_validators_of_elements"),
        "marshmallow",
        adapter=ValidatesItemsTwice,
    ),
    Fault(
        "validators for what is stored",
        ("test_validators_don_t_run_for_what_is_stored",),
        "schematics",
        adapter=ValidatesWhatIsStored,
    ),
    Fault(
        "validators in conditions",
        ("test_condition_may_compare_with_what_no_item_has",),
        "marshmallow",
        fields=ValidatesConditions,
    ),
    Fault(
        "no validators in updates",
        ("test_validated_wherever_it_is_to_be_stored",),
        "schematics",
        fields=UpdatesWithoutValidators,
    ),
    Fault("no validators in parts", ("test_validated_wherever_it_is_to_be_stored",), adapter=PartsWithoutValidators),
    Fault("faults that are swallowed", ("test_fault_in_a_validator",), "pydantic", adapter=SwallowsFaults),
    Fault("faults that are refusals", ("test_fault_in_a_validator",), "marshmallow", adapter=RefusesFaults),
    Fault("faults of defaults", ("test_fault_in_a_default",), "schematics", adapter=FaultsOfDefaults),
    Fault("one result for all calls", ("test_results_are_new",), "pydantic", adapter=OneResult),
    Fault("values of another thread", ("test_two_threads",), "marshmallow", adapter=OneCall),
    Fault("the adapter of another model", ("test_two_models_of_one_schema",), adapter=OfTheFirstModel),
    Fault("values that are changed", ("test_arguments_stay_as_they_are",), adapter=TakesValues),
    Fault("items that are changed", ("test_arguments_stay_as_they_are",), "pydantic", adapter=TakesItems),
    Fault("containers of the item", ("test_copies_on_load",), "pydantic", adapter=GivesItems),
    Fault("containers of the user", ("test_what_is_given_stays_as_it_is",), "marshmallow", adapter=GivesWhatIsGiven),
    Fault("JSON by attribute", ("test_json_has_the_names_of_fields",), "marshmallow", adapter=JsonByAttribute),
    Fault(
        "nested JSON by attribute",
        ("test_json_has_the_names_of_fields", "test_nested_values_in_json"),
        adapter=NestedJsonByAttribute,
    ),
    Fault("JSON of whole items alone", ("test_json_of_a_part",), "schematics", adapter=JsonOfWholeItems),
    Fault("JSON of native values", ("test_json_is_read_as_it_was_written",), adapter=JsonOfNativeValues),
    Fault("decimals as floats in JSON", ("test_values_are_read_from_json_as_they_were",), adapter=FloatsInJson),
    Fault(
        "unknown names in JSON", ("test_from_json_leaves_in_what_is_to_be_refused",), "pydantic", adapter=UnknownJson
    ),
    Fault("computed values in JSON", ("test_computed_fields_of_json_are_left_out",), adapter=ComputedJson),
    Fault("bytes that stay base64", ("test_json_of_bytes",), adapter=BytesInJson),
    Fault("bytes in another form", ("test_json_of_bytes",), "pydantic", adapter=HexInJson),
    Fault("objects of any class", ("test_objects_of_the_library",), "schematics", adapter=AnyObject),
    Fault("objects that are not validated", ("test_objects_of_the_library",), "pydantic", adapter=UnvalidatedObject),
    Fault("objects by other names", ("test_objects_of_the_library",), "schematics", adapter=ObjectsByAttribute),
)
