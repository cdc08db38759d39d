"""Validation: when Pydantic is called, with which data, and what happens to its results and errors."""

from __future__ import annotations

import datetime as dt
import itertools
import types
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, computed_field, field_validator, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from dynamorm import Q
from dynamorm.data import UpdateItem
from dynamorm.exceptions import MissingKey, ValidationError
from tests.pydantic.models import created, errors_at, model_of, stored_by, table_of
from tests.support.backends import RecordingBackend

numbers = itertools.count(1)


class Fields:
    isbn: str = Field(min_length=1)
    title: str | None = Field(None, max_length=20, alias="Title")
    start: int = 1
    end: int = Field(default_factory=lambda: 5)
    number: int = Field(default_factory=lambda: next(numbers))

    @field_validator("title")
    @classmethod
    def stripped(cls, title: str | None) -> str | None:
        if title == "forbidden":
            raise ValueError("This title is forbidden.")
        return title.strip() if title else title

    @model_validator(mode="before")
    @classmethod
    def renamed(cls, data: dict[str, Any]) -> dict[str, Any]:
        return {"Title" if name == "old_title" else name: value for name, value in data.items()}

    @model_validator(mode="after")
    def ordered(self) -> Fields:
        if self.start > self.end:
            raise PydanticCustomError("order", "The start is behind the end.")
        return self


def test_validators_and_defaults() -> None:
    book = created(model_of(Fields))
    instance = book(isbn="1", title=" x ", start="3")
    assert (instance.title, instance.start, instance.end) == ("x", 3, 5)
    assert book(isbn="1", old_title="y").title == "y"
    book.put({"isbn": "1", "Title": " z "})
    assert (stored_by(book) or {})["Title"] == "z"
    one, other = book(), book()
    assert other.number == one.number + 1


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"isbn": ""}, ("string_too_short", ("isbn",)), "at least 1 character"),
        ({}, ("missing", ("isbn",)), "Field required"),
        ({"isbn": "1", "title": "forbidden"}, ("value_error", ("Title",)), "This title is forbidden."),
        ({"isbn": "1", "start": 9}, ("order", ()), "The start is behind the end."),
    ],
)
def test_errors_are_pydantic_s_own(
    given: dict[str, Any], error: tuple[str, Any], words: str, recorder: RecordingBackend
) -> None:
    book = model_of(Fields)
    with pytest.raises(ValidationError, match=words) as raised:
        book.put(given)
    assert errors_at(raised.value.errors) == [error]
    assert (raised.value.raw, raised.value.schema_name) == (given, "BookSchema")
    assert recorder.sent == []


def test_all_errors_are_reported() -> None:
    with pytest.raises(ValidationError) as raised:
        model_of(Fields)(title="x" * 21, start="soon")
    assert [location for _, location in errors_at(raised.value.errors)] == [("isbn",), ("Title",), ("start",)]


def test_values_stay_out_of_messages() -> None:
    book = created(model_of(Fields))
    table_of(book).put({"isbn": "1", "start": "s3cr3t"})
    for action in (
        lambda: book(isbn="1", start="s3cr3t"),
        lambda: book(partial=True, start="s3cr3t"),
        lambda: book.get(isbn="1"),
        lambda: book.scan(start="s3cr3t"),
    ):
        with pytest.raises(ValidationError) as raised:
            action()
        assert "s3cr3t" not in f"{raised.value} {raised.value.__cause__}"


def test_stored_item_that_the_model_refuses() -> None:
    book = created(model_of(Fields))
    table_of(book).put({"isbn": "1", "Title": 5})
    with pytest.raises(ValidationError) as raised:
        book.get(isbn="1")
    assert errors_at(raised.value.errors) == [("string_type", ("Title",))]


# Partial data


def test_partial_data_lack_what_is_required_and_get_no_defaults() -> None:
    book = model_of(Fields)
    assert book(partial=True, title=" x ").to_dict() == {"Title": "x"}
    assert vars(book(partial=True)).keys() == set()
    for wrong in ({"title": "forbidden"}, {"title": "x" * 21}, {"start": "soon"}):
        with pytest.raises(ValidationError):
            book(partial=True, **wrong)
    with pytest.raises(ValidationError, match="Field required"):
        book(partial=True, title="x").validate()


def test_update_validates_what_it_changes(recorder: RecordingBackend) -> None:
    book: Any = created(model_of(Fields))
    book(isbn="1", title="a").save()
    recorder.sent.clear()
    for wrong in ({"title": "forbidden"}, {"title": "x" * 21}, {"start": "soon"}):
        with pytest.raises(ValidationError):
            book.update_item(isbn="1", **wrong)
    assert recorder.sent == []
    book.update_item(isbn="1", title=" b ", start=2)
    stored = stored_by(book) or {}
    assert (stored["Title"], stored["start"]) == ("b", 2)


def test_model_s_validators_see_partial_data_only_when_nothing_required_is_missing() -> None:
    book = created(model_of(Fields))
    # An update does not know the item's other end.
    book.update_item(isbn="1", start=9)
    instance = book(isbn="2")
    instance.save()
    instance.start = 9
    with pytest.raises(ValidationError, match="The start is behind the end"):
        instance.save(partial=True)
    (part,) = book.scan(isbn="2").specific_attributes(["start"])
    assert (part.start, part.isbn, part.end) == (1, None, None)


def test_partial_save_sends_only_what_changed(recorder: RecordingBackend) -> None:
    book = created(model_of(Fields))
    book(isbn="1", title="a").save()
    found = book.get(isbn="1")
    assert found is not None
    found.end = "7"
    recorder.sent.clear()
    found.save(partial=True)
    (update,) = recorder.sent
    assert isinstance(update, UpdateItem)
    assert [str(action.path) for action in update.actions] == ["end"]
    assert found.end == 7


# Values of conditions


def test_conditions_may_compare_with_what_no_item_may_have() -> None:
    book = created(model_of(Fields))
    book(isbn="1", title="x").save()
    assert [found.isbn for found in book.scan(title__lt="y" * 30)] == ["1"]
    assert list(book.scan(title="forbidden")) == []
    assert list(book.scan(isbn="")) == []
    book.update_item(isbn="1", conditions=Q(title__ne="forbidden"), start__plus=1)
    with pytest.raises(ValidationError):
        book.scan(start="soon")


def test_keys_are_made_as_the_field_makes_them() -> None:
    class Lower:
        email: str

        @field_validator("email")
        @classmethod
        def lowered(cls, email: str) -> str:
            return email.lower()

    user = created(model_of(Lower, hash_key="email"))
    user(email="A@B.c").save()
    assert user.get(email="A@B.C") is not None


def test_validator_that_asks_for_its_field_and_the_others() -> None:
    class Schema:
        isbn: str
        low: int = 0
        high: int = 0

        @field_validator("high")
        @classmethod
        def above(cls, high: int, info: Any) -> int:
            assert info.field_name == "high"
            low: int = info.data.get("low", 0)
            return max(high, low)

    book = model_of(Schema)
    assert book(isbn="1", low=5, high=1).high == 5
    assert book(partial=True, low=5, high=1).high == 5
    assert book(partial=True, high=1).high == 1
    book.scan(high__gt=3)


# Unknown attributes


@pytest.mark.parametrize("base", [(), (BaseModel,)])
def test_unknown_names_are_treated_as_the_model_says(base: tuple[type, ...]) -> None:
    def book_with(extra: str) -> Any:
        body = {"__annotations__": {"isbn": str}, "model_config": {"extra": extra}, "__module__": __name__}
        return model_of(types.new_class("Schema", base, exec_body=lambda namespace: namespace.update(body)))

    ignoring, allowing, forbidding = created(book_with("ignore")), book_with("allow"), book_with("forbid")
    ignoring(isbn="1", colour="red").save()
    assert stored_by(ignoring) == {"isbn": "1"}
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        forbidding.put({"isbn": "1", "colour": "red"})
    instance = allowing(isbn="1", colour="red")
    instance.save()
    assert (instance.colour, stored_by(allowing)) == ("red", {"isbn": "1", "colour": "red"})
    allowing.put({"isbn": "1", "colour": "blue"})
    for book in (ignoring, allowing, forbidding):
        # What is stored and unknown is kept, whatever the model says. It is an attribute where the model allows it.
        found = book.get(isbn="1")
        assert found is not None
        found.save()
        assert vars(found) == ({"isbn": "1", "colour": "blue"} if book is allowing else {"isbn": "1"})
        assert stored_by(book) == {"isbn": "1", "colour": "blue"}


# Computed fields and serialisers


class Person:
    name: str
    city: str | None = None
    since: dt.date | None = None

    @computed_field
    def label(self) -> str:
        return f"{self.name} of {self.city}"

    @computed_field(alias="Jubilee")
    def jubilee(self) -> dt.date | None:
        return self.since and self.since.replace(year=self.since.year + 10)


@pytest.mark.parametrize("partial", [True, False])
def test_computed_fields_are_stored_and_can_be_asked_for(partial: bool) -> None:
    person = created(model_of(Person, hash_key="name"))
    person(name="Ann", since="2020-01-01").save(partial=partial)
    expected = {"name": "Ann", "label": "Ann of None", "since": "2020-01-01", "Jubilee": "2030-01-01"}
    assert stored_by(person, name="Ann") == expected
    ann = person.get(name="Ann")
    assert ann is not None
    ann.city = "Oslo"
    ann.save(partial=partial)
    assert stored_by(person, name="Ann") == {**expected, "city": "Oslo", "label": "Ann of Oslo"}
    assert ann.to_dict()["label"] == "Ann of Oslo"
    assert [found.name for found in person.scan(label="Ann of Oslo", jubilee__lt=dt.date(2031, 1, 1))] == ["Ann"]


def test_computed_field_can_not_be_set() -> None:
    person = created(model_of(Person, hash_key="name"))
    with pytest.raises(ValidationError, match="computed and can't be set"):
        person.update_item(name="Ann", label="x")
    ann = person(name="Ann")
    person.put(ann.to_dict())
    assert (stored_by(person, name="Ann") or {})["label"] == "Ann of None"
    person.update_item(name="Ann", city="Rome")
    (part,) = person.scan().specific_attributes(["city"])
    assert part.to_dict() == {"city": "Rome"}


def test_key_that_is_computed() -> None:
    class Schema:
        title: str

        @computed_field
        def isbn(self) -> str:
            return f"book#{self.title}"

    book = created(model_of(Schema))
    book(title="x").save()
    found = book.get(isbn="book#x")
    assert found is not None
    assert found.title == "x"
    with pytest.raises(MissingKey):
        found.delete()


def test_serialiser_of_the_model() -> None:
    class Schema:
        isbn: str
        title: str = "x"

        @model_serializer(mode="wrap")
        def signed(self, handler: Any) -> dict[str, Any]:
            return {**handler(self), "day": dt.date(2020, 1, 1)}

    book = created(model_of(Schema))
    book(isbn="1").save()
    assert stored_by(book) == {"isbn": "1", "title": "x", "day": "2020-01-01"}


def test_serialiser_that_fails() -> None:
    class Schema:
        isbn: str

        @model_serializer(mode="plain")
        def broken(self) -> dict[str, Any]:
            raise ValueError("It is broken.")

    with pytest.raises(ValidationError, match="It is broken"):
        model_of(Schema)(isbn="1").to_dict()


def test_other_exception_of_a_validator_is_raised() -> None:
    class Schema:
        isbn: str

        @field_validator("isbn")
        @classmethod
        def broken(cls, isbn: str) -> str:
            raise KeyError("nowhere")

    with pytest.raises(KeyError, match="nowhere"):
        model_of(Schema)(isbn="1")


def test_frozen_models_and_excluded_fields() -> None:
    class Schema:
        isbn: str
        hidden: str = Field("x", exclude=True)
        model_config = ConfigDict(frozen=True)

    book = created(model_of(Schema))
    instance = book(isbn="1")
    instance.hidden = "y"
    instance.save()
    assert stored_by(book) == {"isbn": "1"}
