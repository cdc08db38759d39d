"""Names that a newer program has stored, in nested models that forbid names they don't know."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from dynamorm.exceptions import ValidationError
from tests.pydantic.models import created, model_of, stored_by, table_of


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Inner(Closed):
    number: int = Field(1, alias="N")


class Place(Closed):
    city: str
    inner: Inner = Inner(N=1)
    inners: list[Inner] = []
    by_name: dict[str, Inner] = {}


class Cat(Closed):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(Closed):
    kind: Literal["dog"] = "dog"
    name: str | None = None


class Left(Closed):
    left: int | None = None


class Right(Closed):
    right: int | None = None


class Schema(Closed):
    isbn: str = Field(alias="I")
    place: Place | None = Field(None, alias="P")
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    side: Left | Right | None = None


PLACE = {
    "city": "Oslo",
    "+": 1,
    "inner": {"N": 2, "+": [1]},
    "inners": [{"N": 3}, {"N": 4, "+": None}],
    "by_name": {"k": {"N": 5, "+": {"a": 1}}},
}


@pytest.mark.parametrize("is_strict", [False, True])
def test_forbidden_names_of_items_are_left_out(is_strict: bool) -> None:
    schema: type[Any] = type("Schema", (Schema,), {"model_config": ConfigDict(strict=is_strict)})
    book: Any = created(model_of(schema))
    table_of(book).put({"I": "1", "P": PLACE, "pet": {"kind": "dog", "name": "Rex", "+": 1}, "top": 1})
    expected = Place(city="Oslo", inner=Inner(N=2), inners=[Inner(N=3), Inner(N=4)], by_name={"k": Inner(N=5)})
    found = book.get(isbn="1")
    assert (found.place, found.pet) == (expected, Dog(name="Rex"))
    assert book.get(isbn="1", attrs="place").place == expected
    assert book.get(isbn="1", attrs="place.inner.number, place.inners[1]").place.inner == Inner(N=2)
    found.update(place__city="Rome")
    assert found.place.city == "Rome"
    found.save(partial=True)
    item: Any = stored_by(book, I="1")
    assert item["P"]["inner"] == {"N": 2, "+": [1]}


def test_forbidden_names_that_are_given_are_refused() -> None:
    book: Any = created(model_of(Schema))
    actions: tuple[Any, ...] = (
        lambda: book(isbn="1", place=PLACE),
        lambda: book.put({"isbn": "1", "place": PLACE}),
        lambda: book.update_item(isbn="1", place=PLACE),
    )
    for action in actions:
        with pytest.raises(ValidationError, match="extra_forbidden"):
            action()


@pytest.mark.parametrize(
    "item",
    [
        {"P": {"+": 1}},  # a name that is required is missing as well
        {"side": {"left": 1, "+": 1}},  # both models of a union forbid something
        {"pet": {"kind": "fish", "+": 1}},
    ],
)
def test_other_mistakes_in_items_are_told(item: dict[str, Any]) -> None:
    book: Any = created(model_of(Schema))
    table_of(book).put({"I": "1", **item})
    with pytest.raises(ValidationError) as raised:
        book.get(isbn="1")
    assert raised.value.errors
