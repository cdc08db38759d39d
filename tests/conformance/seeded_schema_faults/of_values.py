"""Mistakes with values of single fields: types, forms, offsets, sets, bytes."""

from __future__ import annotations

import base64
import datetime
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dynamorm.exceptions import ValidationError
from tests.conformance.seeded_schema_faults.faults import Fault, WrappedAdapter, WrappedField, everywhere

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class NumbersStayText(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        texts = {name for name, value in values.items() if isinstance(value, str) and self.fields[name].key_type == "N"}
        given = {name: int(value) if name in texts and value.isdigit() else value for name, value in values.items()}
        found = self.inner.validate(given, partial=partial)
        return {name: values[name] if name in texts else value for name, value in found.items()}


class NumbersStayTextInConditions(WrappedField):
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        is_text = self.key_type == "N" and isinstance(value, str) and value.isdigit()
        return value if is_text else self.inner.dump(value, validate=validate)


class BooleansAreNumbers(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        given = {name: self._number(name, value) for name, value in values.items()}
        return self.inner.validate(given, partial=partial)

    def _number(self, name: str, value: Any) -> Any:
        is_number = name in self.fields and self.fields[name].key_type == "N"
        return int(value) if isinstance(value, bool) and is_number else value


class EverythingIsText(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        texts = {name for name in values if name in self.fields and self.inner.fields[name].key_type == "S"}
        given = {name: str(value) if name in texts else value for name, value in values.items()}
        return self.inner.validate(given, partial=partial)


class DecimalsOfFloats(WrappedField):
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        # This has all the digits of a binary fraction.
        return self.inner.dump(Decimal(value) if isinstance(value, float) else value, validate=validate)


class LoadsCanonicalNumbers(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.load(item, partial=partial)
        return {
            name: int(value) if isinstance(value, float) and value.is_integer() else value
            for name, value in found.items()
        }


class LoadsFloats(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.load(item, partial=partial)
        return {name: float(value) if isinstance(value, Decimal) else value for name, value in found.items()}


class IntegersThroughFloats(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.dump(values, partial=partial)
        return {name: int(float(value)) if type(value) is int else value for name, value in found.items()}


class KeepsBuffers(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        buffers = {name: value for name, value in values.items() if isinstance(value, (bytearray, memoryview))}
        given = {name: bytes(value) if name in buffers else value for name, value in values.items()}
        return {**self.inner.validate(given, partial=partial), **buffers}


class BytesAsText(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        def text(value: Any) -> Any:
            return base64.b64encode(value).decode() if isinstance(value, bytes) else value

        return {name: everywhere(value, text) for name, value in self.inner.dump(values, partial=partial).items()}


def local_in_utc(value: Any) -> Any:
    """A naive date-time in UTC, as if it were local."""
    is_naive = isinstance(value, datetime.datetime) and value.tzinfo is None
    return value.astimezone(datetime.UTC).replace(tzinfo=None) if is_naive else value


class NaiveIsLocal(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.inner.dump({name: local_in_utc(value) for name, value in values.items()}, partial=partial)


class NaiveIsUtc(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        given = {
            name: value.replace(tzinfo=datetime.UTC)
            if isinstance(value, datetime.datetime) and value.tzinfo is None
            else value
            for name, value in values.items()
        }
        return self.inner.validate(given, partial=partial)


def without_offset(value: Any) -> Any:
    """The time on the wall, wherever that is."""
    return value.replace(tzinfo=datetime.UTC) if isinstance(value, datetime.datetime) and value.tzinfo else value


class DropsOffsets(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return self.inner.dump({name: without_offset(value) for name, value in values.items()}, partial=partial)


class LoadsNaive(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.load(item, partial=partial)
        return {
            name: value.replace(tzinfo=None) if isinstance(value, datetime.datetime) else value
            for name, value in found.items()
        }


def with_offset_in_text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.datetime) and value.tzinfo else value


class OffsetsInLists(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.dump(values, partial=partial)
        for name, value in values.items():
            if isinstance(value, (list, dict)):
                attribute = self.fields[name].attribute
                given = everywhere(value, with_offset_in_text)
                found[attribute] = given if given != value else found[attribute]
        return found


class OffsetsInConditions(WrappedField):
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        self.inner.dump(value, validate=validate)
        return value.isoformat() if isinstance(value, datetime.datetime) else self.inner.dump(value, validate=validate)


class ConvertsWhatIsAsGiven(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        given = {
            name: value.astimezone(datetime.UTC) if isinstance(value, datetime.datetime) and value.tzinfo else value
            for name, value in values.items()
        }
        return self.inner.dump(given, partial=partial)


class WholeSeconds(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        given = {
            name: value.replace(microsecond=0) if isinstance(value, datetime.datetime) else value
            for name, value in values.items()
        }
        return self.inner.dump(given, partial=partial)


class ShortFractions(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.dump(values, partial=partial)
        return {
            name: value.replace(".000000", "") if isinstance(value, str) else value for name, value in found.items()
        }


class LeavesOutEmptySets(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        return {name: value for name, value in self.inner.dump(values, partial=partial).items() if value != set()}


class LeavesOutWhatIsEmpty(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.dump(values, partial=partial)
        return {name: value for name, value in found.items() if value or value == 0}


class LeavesOutWhatIsFalse(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.dump(values, partial=partial)
        return {name: value for name, value in found.items() if value or isinstance(value, (list, dict, set))}


class StripsText(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.load(item, partial=partial)
        return {name: value.strip() if isinstance(value, str) else value for name, value in found.items()}


class SerialisedElements(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.load(item, partial=partial)
        return {name: item[name] if isinstance(value, set) else value for name, value in found.items()}


class EmptySetsAreNone(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.validate(values, partial=partial)
        return {name: None if value == set() else value for name, value in found.items()}


class SetsInLists(WrappedAdapter):
    def dump(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.dump(values, partial=partial)
        return {name: sorted(value) if isinstance(value, set) else value for name, value in found.items()}


class FrozenSets(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.load(item, partial=partial)
        return {name: frozenset(value) if isinstance(value, set) else value for name, value in found.items()}


class TuplesForLists(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.validate(values, partial=partial)
        return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


class NativeOnly(WrappedAdapter):
    def validate(self, values: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        found = self.inner.validate(values, partial=partial)
        wrong = [name for name in values if isinstance(values[name], str) and not isinstance(found[name], str)]
        if wrong:
            raise ValidationError(dict(values), self.schema.__name__, {name: ["Serialised."] for name in wrong})
        return found


class NativeOnlyInConditions(WrappedField):
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        found = self.inner.dump(value, validate=validate)
        if isinstance(value, str) and _DATE.fullmatch(value):
            raise ValidationError(value, "Schema", {self.name: ["Serialised."]})
        return found


class NoneIsEverything(WrappedField):
    def dump(self, value: Any, *, validate: bool = False) -> Any:
        return None if value is None else self.inner.dump(value, validate=validate)


class ItemsAreTrusted(WrappedAdapter):
    def load(self, item: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
        try:
            return self.inner.load(item, partial=partial)
        except ValidationError:
            return dict(item)


FAULTS = (
    Fault("numbers as strings that stay so", ("test_similar_value",), adapter=NumbersStayText),
    Fault(
        "numbers as strings in conditions", ("test_similar_value",), "marshmallow", fields=NumbersStayTextInConditions
    ),
    Fault("booleans that are numbers", ("test_value_of_another_type",), adapter=BooleansAreNumbers),
    Fault("anything that becomes a string", ("test_value_of_another_type",), "pydantic", adapter=EverythingIsText),
    Fault("decimals of binary fractions", ("test_similar_value",), fields=DecimalsOfFloats),
    Fault(
        "floats that are loaded as integers", ("test_values_are_loaded_as_they_were",), adapter=LoadsCanonicalNumbers
    ),
    Fault("decimals that are loaded as floats", ("test_round_trip",), "schematics", adapter=LoadsFloats),
    Fault("integers through floats", ("test_equal_values_are_stored_alike",), adapter=IntegersThroughFloats),
    Fault("buffers that stay", ("test_similar_value", "test_bytes_are_copied"), "pydantic", adapter=KeepsBuffers),
    Fault("bytes that are stored as strings", ("test_round_trip",), "pydantic", adapter=BytesAsText),
    Fault("naive date-times that are local", ("test_naive_date_times",), adapter=NaiveIsLocal),
    Fault("naive date-times that are UTC", ("test_naive_date_times",), "marshmallow", adapter=NaiveIsUtc),
    Fault("missing offsets that are UTC", ("test_offset_that_is_missing",), "pydantic", adapter=NaiveIsUtc),
    Fault("offsets that are dropped", ("test_offsets",), adapter=DropsOffsets),
    Fault("instants that are loaded without offsets", ("test_offsets",), "marshmallow", adapter=LoadsNaive),
    Fault("offsets in lists", ("test_offsets_below",), adapter=OffsetsInLists),
    Fault("offsets in nested schemas", ("test_offsets_in_nested_schemas",), adapter=OffsetsInLists),
    Fault("offsets in conditions", ("test_equal_values_are_stored_alike",), "pydantic", fields=OffsetsInConditions),
    Fault("as_given that is converted", ("test_stored_form_as_given",), "schematics", adapter=ConvertsWhatIsAsGiven),
    Fault("date-times in whole seconds", ("test_round_trip",), "marshmallow", adapter=WholeSeconds),
    Fault("fractions of different lengths", ("test_order",), "schematics", adapter=ShortFractions),
    Fault("empty sets that are left out", ("test_empty_set_without_a_default",), adapter=LeavesOutEmptySets),
    Fault("empty sets that are None", ("test_empty_set",), "pydantic", adapter=EmptySetsAreNone),
    Fault("empty lists that are left out", ("test_round_trip",), "marshmallow", adapter=LeavesOutWhatIsEmpty),
    Fault("zeros that are left out", ("test_false_values",), "schematics", adapter=LeavesOutWhatIsFalse),
    Fault("strings that are stripped", ("test_values_are_loaded_as_they_were",), "pydantic", adapter=StripsText),
    Fault("sets of stored values", ("test_elements_of_sets",), adapter=SerialisedElements),
    Fault("sets that are stored as lists", ("test_round_trip", "test_elements_of_sets"), adapter=SetsInLists),
    Fault("frozen sets", ("test_round_trip",), "pydantic", adapter=FrozenSets),
    Fault("tuples for lists", ("test_round_trip",), "schematics", adapter=TuplesForLists),
    Fault("native values alone", ("test_serialised_values_are_taken_too",), adapter=NativeOnly),
    Fault("native values alone in conditions", ("test_one_value",), fields=NativeOnlyInConditions),
    Fault("None for what is required", ("test_none_for_what_is_required",), fields=NoneIsEverything),
    Fault("items that are not validated", ("test_value_of_another_type",), "pydantic", adapter=ItemsAreTrusted),
)
