"""Nested models, and lists and maps of them: their values, their names, and paths into them."""

from __future__ import annotations

import copy
import datetime
import pickle
from decimal import Decimal
from typing import Any

import pytest
from schematics import Model, types
from schematics.exceptions import ValidationError as SchematicsValidationError
from schematics.types.serializable import serializable

from dynamorm import DynaModel
from dynamorm.exceptions import InvalidOperator, InvalidSchemaField, ValidationError
from tests.schematics.models import define, stored, table_of

DAY = datetime.date(2020, 1, 2)


class Address(Model):
    state = types.StringType(required=True, max_length=2)
    zip = types.StringType(serialized_name="Z")
    since = types.DateType(serialized_name="Since")
    price = types.DecimalType()

    @serializable(type=types.StringType())
    def label(self) -> str:
        return f"{self.zip or '?'} {self.state}"


class Cat(Model):
    kind = types.StringType(default="cat")
    lives = types.IntType()

    @classmethod
    def _claim_polymorphic(cls, data: Any) -> bool:
        return bool(data.get("kind") == "cat")


class Dog(Model):
    kind = types.StringType(default="dog")
    tricks = types.ListType(types.StringType)

    @classmethod
    def _claim_polymorphic(cls, data: Any) -> bool:
        return bool(data.get("kind") == "dog")


class Fields:
    id = types.StringType(required=True)
    home = types.ModelType(Address)
    homes = types.ListType(types.ModelType(Address))
    named = types.DictType(types.ModelType(Address))
    pet = types.PolyModelType([Cat, Dog])


NATIVE: dict[str, Any] = {"state": "CA", "zip": "9", "since": DAY, "price": Decimal("1.5")}
SERIALISED = {"state": "CA", "Z": "9", "Since": "2020-01-02", "price": "1.5"}
STORED = {"state": "CA", "Z": "9", "Since": "2020-01-02", "price": Decimal("1.5"), "label": "9 CA"}


@pytest.fixture
def book() -> type[DynaModel]:
    return define(Fields)


@pytest.mark.parametrize(
    "given", [NATIVE, SERIALISED, Address(SERIALISED), STORED], ids=["native", "serialised", "model", "stored"]
)
def test_nested_models_are_taken_in_every_form(book: type[DynaModel], given: Any) -> None:
    one = book(id="1", home=given, homes=[given], named={"a": given})
    assert (one.home, one.homes, one.named) == (NATIVE, [NATIVE], {"a": NATIVE})
    one.save()
    assert stored(book) == {"id": "1", "home": STORED, "homes": [STORED], "named": {"a": STORED}}
    found = book.get(id="1")
    assert found is not None
    assert (found.home, found.homes, found.named) == (NATIVE, [NATIVE], {"a": NATIVE})
    assert [found.id for found in book.scan(home=given)] == ["1"]


def test_what_was_not_given_is_not_stored_and_none_is(book: type[DynaModel]) -> None:
    book(id="1", home={"state": "CA"}, homes=[{"state": "CA", "zip": None}]).save()
    assert stored(book) == {
        "id": "1",
        "home": {"state": "CA", "label": "? CA"},
        "homes": [{"state": "CA", "Z": None, "label": "? CA"}],
    }
    found = book.get(id="1")
    assert found is not None
    assert (found.home, found.homes) == ({"state": "CA"}, [{"state": "CA", "zip": None}])


def test_nested_values_changed_in_place_are_saved(book: type[DynaModel]) -> None:
    book(id="1", home=NATIVE).save()
    found = book.get(id="1")
    assert found is not None
    found.home["state"] = "NY"
    found.save(partial=True)
    assert stored(book)["home"] == {**STORED, "state": "NY", "label": "9 NY"}


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"home": {}}, {"home": {"state": ["This field is required."]}}),
        ({"home": {"state": "CAL"}}, {"home": {"state": ["String value is too long."]}}),
        ({"home": {"state": 5}}, {"home": {"state": ["Couldn't interpret '5' as string."]}}),
        ({"home": {"state": "CA", "unknown": 1}}, {"home": {"unknown": "Rogue field"}}),
        ({"home": "CA"}, {"home": ["Input must be a mapping or 'Address' instance"]}),
        ({"home": Cat({})}, {"home": ["Input must be a mapping or 'Address' instance"]}),
        ({"homes": [NATIVE, {"state": 5}]}, {"homes": {"1": {"state": ["Couldn't interpret '5' as string."]}}}),
        ({"pet": {"kind": "cow"}}, {"pet": ["Got ambiguous input for polymorphic field"]}),
        ({"pet": "cat"}, {"pet": ["Please use a mapping for this field or an instance of Cat, Dog"]}),
    ],
)
def test_errors_lead_to_the_nested_field(book: type[DynaModel], given: dict[str, Any], errors: Any) -> None:
    with pytest.raises(ValidationError) as raised:
        book(id="1", **given)
    found = raised.value.errors
    assert {name: _named(value) for name, value in found.items()} == errors


def _named(errors: Any) -> Any:
    """Errors with the indexes of list elements as text, whichever way the library gives them."""
    return {str(name): value for name, value in errors.items()} if isinstance(errors, dict) else errors


def test_polymorphic_models(book: type[DynaModel]) -> None:
    for given in ({"kind": "dog", "tricks": ["sit"]}, Dog({"tricks": ["sit"]})):
        book(id="1", pet=given).save()
        assert stored(book) == {"id": "1", "pet": {"kind": "dog", "tricks": ["sit"]}}
        found = book.get(id="1")
        assert found is not None
        assert found.pet == {"kind": "dog", "tricks": ["sit"]}
        assert [found.id for found in book.scan(pet=given)] == ["1"]


def test_model_in_a_union() -> None:
    union = types.UnionType((types.IntType(), types.ModelType(Address)))
    mixed = define(type("Schema", (), {"id": types.StringType(), "values": types.ListType(union)}))
    mixed(id="1", values=[5, SERIALISED]).save()
    assert stored(mixed) == {"id": "1", "values": [5, STORED]}
    found = mixed.get(id="1")
    assert found is not None
    assert found.values == [5, NATIVE]


def test_paths_are_written_with_the_fields_names(book: type[DynaModel]) -> None:
    book(id="1", home=NATIVE, homes=[NATIVE], named={"a": NATIVE}).save()
    for lookup in (
        {"home__zip": "9"},
        {"home__since": DAY},
        {"home__since__gt": "2020-01-01"},
        {"homes__0__zip": "9"},
        {"named__a__zip__begins_with": "9"},
        {"home__price__lt": 2},
    ):
        assert [found.id for found in book.scan(**lookup)] == ["1"]
    assert [found.id for found in book.scan(book.homes[0]["since"] == DAY)] == ["1"]
    found: Any = book.get(id="1")
    found.update(home__zip="8", homes__0__since=datetime.date(2021, 1, 1))
    assert (stored(book)["home"]["Z"], stored(book)["homes"][0]["Since"]) == ("8", "2021-01-01")
    (part,) = book.scan().specific_attributes(["home.zip"])
    assert part.home == {"zip": "8"}


def test_paths_that_lead_nowhere_are_refused(book: type[DynaModel]) -> None:
    with pytest.raises(InvalidSchemaField, match=r"'home' of Book has no field 'zipp'\. Did you mean 'zip'"):
        book.scan(home__zipp="9")
    with pytest.raises(InvalidOperator, match="'zip' is not an operator, and 'homes' is a list"):
        book.scan(homes__zip="9")
    with pytest.raises(InvalidOperator, match="'x' is not an operator, and 'id' is a single value"):
        book.scan(id__x="9")
    with pytest.raises(ValidationError, match="as string"):
        book.scan(home__zip=9)


def test_entries_of_maps_keep_their_names() -> None:
    entries = types.DictType(types.IntType(serialized_name="never"))
    counted = define(type("Schema", (), {"id": types.StringType(), "counts": entries}))
    counted(id="1", counts={"a": "1"}).save()
    counted.update_item(id="1", counts__a__plus=1, counts__b=5)
    assert stored(counted)["counts"] == {"a": 2, "b": 5}


def test_swapped_names_are_not_taken_for_one_another() -> None:
    class Swapped(Model):
        a = types.StringType(serialized_name="b")
        b = types.StringType(serialized_name="a")

    fields = {"id": types.StringType(), "a": Swapped.a, "b": Swapped.b, "below": types.ModelType(Swapped)}
    swapped = define(type("Schema", (), fields))
    swapped(id="1", a="A", b="B", below={"a": "A", "b": "B"}).save()
    assert stored(swapped) == {"id": "1", "a": "B", "b": "A", "below": {"a": "B", "b": "A"}}
    found = swapped.get(id="1")
    assert found is not None
    assert (found.a, found.b, found.below) == ("A", "B", {"a": "A", "b": "B"})


def test_older_name_of_an_attribute_is_read() -> None:
    renamed = define(type("Schema", (), {"id": types.StringType(), "title": types.StringType(deserialize_from="name")}))
    table_of(renamed).put({"id": "1", "name": "x"})
    found = renamed.get(id="1")
    assert found is not None
    assert found.title == "x"


@pytest.mark.parametrize("copy_of", [copy.copy, copy.deepcopy, lambda book: pickle.loads(pickle.dumps(book))])
def test_copies_hold_nested_values(book: type[DynaModel], copy_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.schematics.test_nested.Book", book, raising=False)
    monkeypatch.setattr(book, "__module__", "tests.schematics.test_nested")
    assert copy_of(book(id="1", home=NATIVE)).home == NATIVE


class Part(Model):
    name = types.StringType()
    parts = types.ListType(types.ModelType("Part"))


def test_model_may_hold_itself() -> None:
    assembled = define(type("Schema", (), {"id": types.StringType(), "whole": types.ModelType(Part)}))
    assembled(id="1", whole={"name": "a", "parts": [{"name": "b", "parts": []}]}).save()
    assert stored(assembled)["whole"] == {"name": "a", "parts": [{"name": "b", "parts": []}]}
    assert [found.id for found in assembled.scan(whole__parts__0__name="b")] == ["1"]


def test_instance_of_a_subclass_whose_fields_could_not_be_read_back_is_refused(book: type[DynaModel]) -> None:
    class Villa(Address):
        pool = types.BooleanType()

    assert book(id="1", home=Villa({"state": "CA"})).home == {"state": "CA"}
    with pytest.raises(ValidationError, match="Rogue field"):
        book(id="1", home=Villa({"state": "CA", "pool": True}))


def test_nested_validators_run_and_see_all_fields() -> None:
    class Range(Model):
        low = types.IntType()
        high = types.IntType()

        def validate_low(self, data: dict[str, Any], value: Any) -> None:
            if data["high"] is not None and value > data["high"]:
                raise SchematicsValidationError("The lowest is the highest.")

    ranged = define(type("Schema", (), {"id": types.StringType(), "range": types.ModelType(Range)}))
    assert ranged(id="1", range={"low": 1}).range == {"low": 1}
    with pytest.raises(ValidationError, match="The lowest is the highest"):
        ranged(id="1", range={"low": 2, "high": 1})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"home__state": "LONG"}, "String value is too long"),
        ({"home__state": None}, "This field is required"),
        ({"home__price": "cheap"}, "is not decimal"),
    ],
)
def test_update_below_a_nested_model_is_validated(book: type[DynaModel], changes: dict[str, Any], message: str) -> None:
    instance = book(id="1", home={"state": "CA"})
    instance.save()
    with pytest.raises(ValidationError, match=message):
        instance.update(**changes)
    assert stored(book)["home"]["state"] == "CA"
    assert list(book.scan(home__state="LONGER")) == []
    instance.update(home__state="NY")
    assert stored(book)["home"]["state"] == "NY"


def test_a_path_below_a_polymorphic_field_looks_into_every_model() -> None:
    class Bird(Model):
        kind = types.StringType(default="bird")
        wings = types.IntType(serialized_name="W")

        @classmethod
        def _claim_polymorphic(cls, data: Any) -> bool:
            return bool(data.get("kind") == "bird")

    class Schema:
        id = types.StringType(required=True)
        pet = types.PolyModelType([Cat, Bird])
        pets = types.ListType(types.PolyModelType([Cat, Dog]))

    book = define(Schema)
    book(id="1", pet={"kind": "bird", "wings": 2}, pets=[{"kind": "dog", "tricks": ["sit"]}]).save()
    lookups: list[dict[str, Any]] = [{"pet__kind": "bird"}, {"pet__wings": 2}, {"pets__0__tricks__contains": "sit"}]
    assert [book.scan(**each).count() for each in lookups] == [1, 1, 1]
    assert book.scan(pets__0__lives=2).count() == 0
    book.update_item(id="1", pet__wings=3)
    assert stored(book)["pet"]["W"] == 3
    with pytest.raises(ValidationError, match="wings"):
        book.update_item(id="1", pet__wings="many")
    with pytest.raises(InvalidSchemaField, match=r"'pet' of Book has no field 'wing'\. Did you mean 'wings'"):
        book.scan(pet__wing=2)
    with pytest.raises(InvalidOperator, match="an index into a list, but 'pet' is a map"):
        book.scan(book.pet[0] == 2)
