"""Paths below unions: they look into every variant, in filters, conditions, updates and projections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, RootModel, field_serializer
from typing_extensions import TypedDict

from dynamorm import DynaModel
from dynamorm.exceptions import ConditionFailed, InvalidOperator, InvalidSchemaField, ValidationError
from tests.pydantic.models import created, model_of, stored_by

DAY = dt.date(2020, 1, 2)


class Collar(BaseModel):
    colour: str = Field("red", alias="C")


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9
    size: int = 1
    collar: Collar | None = None
    seen: dt.date | None = None


class Tag(BaseModel):
    colour: int = Field(alias="C")
    number: int = 0


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str = Field(alias="N", min_length=2)
    size: str = "small"
    collar: Tag | None = None
    seen: dt.datetime | None = None

    @field_serializer("name")
    def lower(self, name: str) -> str:
        return name.lower()


class Fish(TypedDict):
    kind: Literal["fish"]
    depth: int


@dataclass
class Bird:
    kind: Literal["bird"]
    wings: int = 2


class Kennel(RootModel[list[Dog]]):
    pass


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


class Fields:
    isbn: str
    pet: Pet | None = None
    plain: Cat | Dog | None = None
    any_pet: Cat | Dog | Fish | Bird | None = None
    pets: list[Pet] = Field(default_factory=list)
    by_name: dict[str, Cat | Dog] = Field(default_factory=dict)
    lists: list[Cat] | list[Dog] | None = None
    pet_or_name: Dog | str | None = None
    pet_or_days: Dog | list[dt.date] | dict[str, dt.date] | None = None
    pet_or_anything: Dog | dict[str, Any] | None = None
    nested: Annotated[Pet | Fish, Field(union_mode="left_to_right")] | None = None
    kennel: Kennel | Cat | None = None


@pytest.fixture
def book() -> type[DynaModel]:
    model = created(model_of(Fields))
    dog: dict[str, Any] = {"kind": "dog", "N": "Rex", "collar": {"C": 5}}
    model.put(
        {
            "isbn": "1",
            "pet": dog,
            "plain": dog,
            "any_pet": dog,
            "pets": [{"kind": "cat", "collar": {"C": "blue"}}, dog],
            "by_name": {"a": dog, "b": {"kind": "cat"}},
            "lists": [dog],
            "pet_or_name": dog,
            "pet_or_days": dog,
            "pet_or_anything": dog,
            "nested": dog,
            "kennel": [dog],
        }
    )
    return model


def test_filters_look_into_every_variant(book: type[DynaModel]) -> None:
    pet = book.pet
    holds: list[Any] = [
        *({f"{name}__kind": "dog"} for name in ("pet", "plain", "any_pet", "by_name__a", "pet_or_name", "nested")),
        *(
            {f"{name}__name": "rex"}
            for name in ("pet", "plain", "pets__1", "lists__0", "pet_or_days", "pet_or_anything")
        ),
        *({f"{name}__size": "small"} for name in ("pet", "plain", "any_pet", "lists__0")),
        *({f"{name}__collar__colour": 5} for name in ("pet", "pets__1", "by_name__a", "any_pet")),
        *({f"{name}__collar__colour": "blue"} for name in ("pets__0",)),
        *({f"{name}__kind__in": ["dog", "cat"]} for name in ("pet", "pets__0", "by_name__b")),
        {"pets__0__size": 1},
        {"pet__lives__not_exists": True},
        {"any_pet__wings__not_exists": True, "any_pet__depth__not_exists": True},
        {"pet_or_days__x__ne": DAY},
        {"pet_or_days__0__ne": DAY},
        {"pet_or_anything__x__y__ne": DAY.isoformat()},
        {"pets__contains": {"kind": "dog", "N": "Rex", "collar": {"C": 5}}},
        {"kennel__0__exists": True},
    ]
    wrong = [lookups for lookups in holds if book.scan(**lookups).count() != 1]
    assert wrong == []
    assert book.scan(pet["kind"] == "dog", pet["collar"]["number"] < 1).count() == 1
    assert book.scan(pet__kind="cat").count() == book.scan(pet__size=1).count() == 0
    (found,) = book.scan().specific_attributes(["pet.kind", "pet.name"])
    assert found.pet == Dog(N="rex")


def test_a_value_is_stored_as_the_variant_does_that_takes_it(book: type[DynaModel]) -> None:
    changes: dict[str, Any] = {"pet__collar__colour": 7, "pet__name": "Max", "pets__0__lives": 3, "pets__0__seen": DAY}
    book.update_item(isbn="1", **changes)
    stored = stored_by(book)
    assert stored is not None
    assert stored["pet"] == {"kind": "dog", "N": "max", "size": "small", "collar": {"C": 7, "number": 0}, "seen": None}
    assert (stored["pets"][0]["lives"], stored["pets"][0]["seen"]) == (3, "2020-01-02")
    found = book.get(isbn="1")
    assert found is not None
    found.update(by_name__b__lives__plus=1, plain__collar__colour=8, conditions={"plain__kind": "dog"})
    assert (found.by_name["b"].lives, found.plain.collar.colour) == (10, 8)
    with pytest.raises(ConditionFailed):
        found.update(plain__name="Bo", conditions={"plain__kind": "cat"})
    # A value that several variants take: as the one that keeps it.
    book.update_item(isbn="1", pet__size="5", pets__0__size=5)
    stored = stored_by(book)
    assert stored is not None
    assert (stored["pet"]["size"], stored["pets"][0]["size"]) == ("5", 5)


@pytest.mark.parametrize(
    ("use", "kind", "words"),
    [
        (lambda book: book.scan(pet__kind="bird"), ValidationError, "'cat'.*'dog'"),
        (lambda book: book.scan(any_pet__kind="cow"), ValidationError, "'cat'.*'dog'.*'fish'.*'bird'"),
        (lambda book: book.scan(pet__lives="many"), ValidationError, "lives"),
        (lambda book: book.scan(pet__collar__colour=[1]), ValidationError, "colour"),
        (lambda book: book.update_item(isbn="1", pet__name="x"), ValidationError, "at least 2"),
        (lambda book: book.update_item(isbn="1", pet__kind=None), ValidationError, "kind"),
        (lambda book: book.scan(pet__nam="x"), InvalidSchemaField, "'pet' of Book has no field 'nam'.*'name'"),
        (lambda book: book.scan(pet__wings=2), InvalidSchemaField, "'pet' of Book has no field 'wings'"),
        (lambda book: book.scan(pet_or_name__nam="x"), InvalidSchemaField, "Did you mean 'name'"),
        (lambda book: book.scan(pets__0__nam="x"), InvalidSchemaField, "Did you mean 'name'"),
        (lambda book: book.scan(book.pet[0] == 1), InvalidOperator, "an index into a list, but 'pet' is a map"),
        (lambda book: book.scan(pet__kind__x=1), InvalidOperator, "'x' is not an operator"),
    ],
)
def test_what_no_variant_has_is_refused(
    book: type[DynaModel], use: Callable[[Any], object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        use(book)


def test_one_name_with_two_attributes_is_refused() -> None:
    class One(BaseModel):
        value: int = Field(alias="V")

    class Other(BaseModel):
        value: int = Field(alias="v")

    class Schema:
        isbn: str
        either: One | Other

    with pytest.raises(InvalidSchemaField, match="'value' is stored under several names, 'V' and 'v'"):
        model_of(Schema).scan(either__value=1)


def test_a_partial_save_changes_the_variant(book: type[DynaModel]) -> None:
    found = book.get(isbn="1")
    assert found is not None
    found.pet.name = "Bo"
    found.pets[0].lives = 1
    found.by_name["a"] = Cat()
    found.save(partial=True)
    again = book.get(isbn="1")
    assert again is not None
    assert (again.pet.name, again.pets[0].lives, again.by_name["a"]) == ("bo", 1, Cat())
