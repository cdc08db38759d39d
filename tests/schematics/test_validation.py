"""Validation: when it happens, what it refuses, and the library's own messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from schematics import types
from schematics.exceptions import ValidationError as SchematicsValidationError

from dynamorm import DynaModel, Q
from dynamorm.exceptions import ValidationError
from tests.schematics.models import define, stored, table_of


def is_even(value: int) -> None:
    if value % 2:
        raise SchematicsValidationError("Not even.")


class Fields:
    id = types.StringType(required=True, max_length=3)
    low = types.IntType(validators=[is_even])
    high = types.IntType(default=lambda: 10)
    colour = types.StringType(choices=["red", "green"])
    renamed = types.StringType(serialized_name="Renamed", regex="^[a-z]+$")
    email = types.EmailType()

    def validate_high(self, data: dict[str, Any], value: Any, context: Any) -> None:
        if value is None:
            raise SchematicsValidationError("A highest is needed.")
        if data["low"] is not None and data["low"] > value:
            raise SchematicsValidationError("The lowest is the highest.")


@pytest.fixture
def book() -> type[DynaModel]:
    return define(Fields)


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, {"id": ["This field is required."]}),
        ({"id": "1234"}, {"id": ["String value is too long."]}),
        ({"id": "1", "low": 3}, {"low": ["Not even."]}),
        ({"id": "1", "low": "x"}, {"low": ["Value 'x' is not int."]}),
        ({"id": "1", "low": 12}, {"high": ["The lowest is the highest."]}),
        ({"id": "1", "colour": "blue"}, {"colour": ["Value (blue) must be one of ['red', 'green']."]}),
        ({"id": "1", "renamed": "A"}, {"Renamed": ["String value did not match validation regex."]}),
        ({"id": "1", "Renamed": "A"}, {"Renamed": ["String value did not match validation regex."]}),
        ({"id": "1", "email": "x"}, {"email": ["Not a well-formed email address."]}),
        ({"id": "1", "unknown": 1}, {"unknown": "Rogue field"}),
        ({"low": 3, "colour": 5}, {
            "id": ["This field is required."],
            "low": ["Not even."],
            "colour": ["Couldn't interpret '5' as string."],
        }),
    ],
)  # fmt: skip
def test_the_librarys_own_messages(book: type[DynaModel], given: dict[str, Any], errors: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        book.put(given)
    assert raised.value.errors == errors
    assert raised.value.schema_name == "BookSchema"
    assert raised.value.__cause__ is not None
    with pytest.raises(ValidationError) as raised:
        book(**given).save()
    assert raised.value.errors == errors
    assert list(book.scan()) == []


def test_raw_data_are_in_the_error(book: type[DynaModel]) -> None:
    with pytest.raises(ValidationError) as raised:
        book(id="1", low=3)
    assert raised.value.raw == {"id": "1", "low": 3}


def test_partial_data_may_lack_what_is_required_and_get_no_defaults(book: type[DynaModel]) -> None:
    part = book(partial=True, low=2)
    assert (part.id, part.low, part.high) == (None, 2, None)
    with pytest.raises(ValidationError) as raised:
        book(partial=True, low=3)
    assert raised.value.errors == {"low": ["Not even."]}
    with pytest.raises(ValidationError) as raised:
        part.validate()
    assert raised.value.errors == {"id": ["This field is required."]}


def test_update_validates_what_is_given_and_nothing_else(book: type[DynaModel]) -> None:
    book(id="1", low=2, high=4).save()
    book.update_item(id="1", colour="red")
    assert stored(book) == {"id": "1", "low": 2, "high": 4, "colour": "red"}
    with pytest.raises(ValidationError, match="The lowest is the highest"):
        book.update_item(id="1", low=6, high=4)
    found = book.get(id="1")
    assert found is not None
    found.update(high=8, low__if_not_exists=2)
    assert found.high == 8


def test_bare_instance_is_filled_by_assignment_and_validated_when_saved(book: type[DynaModel]) -> None:
    one = book()
    assert one.high == 10
    with pytest.raises(ValidationError, match="required"):
        one.save()
    one.id, one.low = "1", 3
    with pytest.raises(ValidationError, match="Not even"):
        one.save()
    one.low = "2"
    one.save()
    assert one.low == 2
    assert stored(book) == {"id": "1", "low": 2, "high": 10}


def test_queries_run_no_validators(book: type[DynaModel]) -> None:
    book(id="1", low=2, colour="red").save()
    assert [found.id for found in book.scan(Q(low__gte=1) | Q(colour="blue"))] == ["1"]
    assert [found.id for found in book.scan(low__in=[1, "2", 3], id__ne="12345")] == ["1"]
    assert [found.id for found in book.scan(renamed__not_exists=True, colour__contains="e")] == ["1"]


def test_stored_attributes_that_the_schema_does_not_know_are_kept(book: type[DynaModel]) -> None:
    table_of(book).put({"id": "1", "shelf": {"row": 3}, "Renamed": "x"})
    found = book.get(id="1")
    assert found is not None
    assert found.renamed == "x"
    found.renamed = "y"
    found.save()
    assert stored(book) == {"id": "1", "shelf": {"row": 3}, "Renamed": "y", "high": 10}


def test_stored_item_that_is_not_valid_is_refused(book: type[DynaModel]) -> None:
    table_of(book).put({"id": "1", "low": 3})
    with pytest.raises(ValidationError, match="Not even"):
        book.get(id="1")


def test_other_exception_of_a_validator_is_raised() -> None:
    def broken(value: Any) -> None:
        raise RuntimeError("a fault in a validator")

    faulty = define(type("Schema", (), {"id": types.StringType(validators=[broken])}))
    with pytest.raises(RuntimeError, match="a fault in a validator"):
        faulty(id="1")


def test_validator_may_change_the_data() -> None:
    class Schema:
        id = types.StringType()
        title = types.StringType()

        def validate_title(self, data: dict[str, Any], value: Any) -> None:
            data["title"] = value.strip()

    tidy = define(Schema)
    assert tidy(id="1", title=" x ").title == "x"


def test_exception_in_a_validator_method_is_raised_with_a_note_that_names_the_model() -> None:
    class Schema:
        id = types.StringType()

        def validate_id(self, data: dict[str, Any], value: Any) -> None:
            raise KeyError("a fault")

    faulty = define(Schema)
    actions: list[Callable[[], object]] = [lambda: faulty.put({"id": "1"}), lambda: faulty(partial=True, id="1")]
    for action in actions:
        with pytest.raises(KeyError, match="a fault") as raised:
            action()
        assert "Raised in the Schema of Book" in raised.value.__notes__[0]


def test_keys_of_a_map_are_strings_unless_the_type_converts_them() -> None:
    book = define(type("Schema", (), {"id": types.StringType(), "counts": types.DictType(types.IntType)}))
    with pytest.raises(ValidationError, match="keys of a mapping must be strings"):
        book(id="1", counts={1: 1})
    numbered = types.DictType(types.IntType, coerce_key=int)
    book = define(type("Schema", (), {"id": types.StringType(), "counts": numbered}))
    assert book(id="1", counts={"1": 1}).counts == {1: 1}
