"""Typed models whose schema is a Struct that is made of their annotations, and what OpenAPI says of them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pydantic
import pytest
from msgspec import Struct

from dynamorm import Mapped, Model, mapped
from dynamorm.exceptions import DynaModelException, ValidationError
from tests.msgspec.models import stored_by


class Place(Struct):
    city: str


class Author(Model):
    class Table:
        name = "authors"
        hash_key = "id"
        schema_library = "msgspec"

    id: Mapped[str] = mapped(min_length=1, description="A name.")
    born: Mapped[int | None] = mapped(default=None, ge=1000, attribute="Born")
    places: Mapped[list[Place]] = mapped(default_factory=list)
    price: Mapped[Decimal] = mapped(default=Decimal(1))
    later: Mapped[Later | None] = mapped(default=None)


class Novelist(Author):
    novels: Mapped[list[str]] = mapped(default_factory=list)


class Later(Struct):
    day: datetime.date


def test_annotations_are_the_schema() -> None:
    Author.__table__.create()
    assert issubclass(Author.__schema__, Struct)
    author = Author(id="1", born=1970, places=[Place("Oslo")], later=Later(datetime.date(2020, 1, 2)))
    author.save()
    assert stored_by(Author) == {
        "id": "1",
        "Born": 1970,
        "places": [{"city": "Oslo"}],
        "price": 1,
        "later": {"day": "2020-01-02"},
    }
    found = Author.get(id="1")
    assert found is not None
    assert (found.born, found.places, found.later) == (1970, [Place("Oslo")], Later(datetime.date(2020, 1, 2)))
    assert [each.id for each in Author.scan(Author.born > 1960, Author.places[0]["city"] == "Oslo")] == ["1"]


def test_constraints_and_parents() -> None:
    for model in (Author, Novelist):
        with pytest.raises(ValidationError) as raised:
            model(id="", born=5)
        assert raised.value.errors.keys() == {"id", "born"}
    assert Novelist(id="1", novels=["Emma"]).novels == ["Emma"]


def test_setting_that_msgspec_does_not_have_is_refused() -> None:
    with pytest.raises(DynaModelException, match=r"'number' of Wrong has 'max_digits' in mapped.*Leave it out"):

        class Wrong(Model):
            class Table:
                name = "wrong"
                hash_key = "id"
                schema_library = "msgspec"

            id: Mapped[str]
            number: Mapped[Decimal] = mapped(default=Decimal(1), max_digits=3)


def test_schema_beside_annotations() -> None:
    class Described(Model):
        class Table:
            name = "described"
            hash_key = "id"

        class Schema(Struct):
            id: str
            number: int = 5

        id: Mapped[str]
        number: Mapped[int] = mapped(default=5)

    assert Described(id="1").number == 5


def test_what_openapi_says() -> None:
    schema: Any = pydantic.TypeAdapter(Author).json_schema()
    properties = schema["properties"]
    assert properties["id"]["minLength"] == 1
    assert properties["born"]["anyOf"][0] == {"type": "integer", "minimum": 1000}
    assert properties["places"]["items"]["properties"] == {"city": {"type": "string"}}
    assert msgspec.json.encode(schema)
