"""Saving instances: whole, unique, or only what changed; with conditions; and nothing lost on the way."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from dynamorm import DynaModel, Q
from dynamorm.data import UpdateItem
from dynamorm.exceptions import (
    ConditionFailed,
    HashKeyExists,
    InvalidKey,
    InvalidUpdate,
    ValidationError,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing import SchemaLibrary
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.schema_libraries.refusals import refused
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        range_key = "year"

    class Schema:
        isbn = fields.text(required=True)
        year = fields.integer(required=True)
        title = fields.text(longest=20)
        day = fields.date(attribute="Day")
        tags = fields.list_of(fields.text())
        place = fields.map_of()
        conditions = fields.text()


KEY: dict[str, Any] = {"isbn": "1", "year": 2020}


@pytest.fixture
def stored(connected: Backend) -> Book:
    """An instance that was loaded, with an attribute that the schema does not know."""
    table_of(Book).create_table()
    table_of(Book).put({**KEY, "title": "x", "Day": "2020-01-02", "tags": ["a"], "shelf": {"row": 3}})
    book = Book.get(**KEY)
    assert book is not None
    return book


def item() -> dict[str, Any] | None:
    return table_of(Book).get(consistent=True, **KEY)


def test_save_puts_the_whole_item(stored: Book) -> None:
    Book(**KEY, title="y").save()
    assert item() == {**KEY, "title": "y"}


def test_loaded_instance_keeps_and_writes_back_what_the_schema_does_not_know(stored: Book) -> None:
    stored.title = "y"
    stored.save()
    assert item() == {**KEY, "title": "y", "Day": "2020-01-02", "tags": ["a"], "shelf": {"row": 3}}


def test_attribute_that_became_none_is_gone(stored: Book) -> None:
    stored.title = stored.day = None
    stored.save()
    assert item() == {**KEY, "tags": ["a"], "shelf": {"row": 3}}


@pytest.mark.parametrize("wrong", [{"title": "x" * 21}, {"title": 5}, {"tags": "a"}, {"year": "soon"}, {"isbn": None}])
def test_save_validates(stored: Book, wrong: dict[str, Any]) -> None:
    before = item()
    for name, value in wrong.items():
        setattr(stored, name, value)
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        stored.save()
    assert item() == before


def test_save_makes_assigned_values_native(stored: Book) -> None:
    stored.day = "2021-02-03"
    stored.save()
    assert stored.day == datetime.date(2021, 2, 3)


def test_unique_save_refuses_to_overwrite(stored: Book) -> None:
    before = item()
    with pytest.raises(
        HashKeyExists, match="item with this primary key in 'books' already\\. This write changed nothing"
    ) as raised:
        Book(**KEY, title="s3cr3t").save(unique=True)
    assert raised.value.item == before == item()
    assert isinstance(raised.value, ConditionFailed)
    assert "s3cr3t" not in str(raised.value)
    Book(isbn="1", year=2021).save(unique=True)
    Book(isbn="2", year=2020).save(unique=True)
    assert Book.scan().count() == 3


@pytest.mark.parametrize(
    "conditions",
    [{"title": "z"}, Q(title="z"), [Q(title="x"), Q(tags__size=2)], Book.title == "z", Q(title__not_exists=True)],
)
@pytest.mark.parametrize("partial", [True, False])
def test_save_under_a_condition_that_fails_writes_nothing(stored: Book, conditions: Any, partial: bool) -> None:
    before = item()
    stored.title = "y"
    with pytest.raises(ConditionFailed, match="condition") as raised:
        stored.save(partial=partial, conditions=conditions)
    assert "'books'" in str(raised.value)
    assert raised.value.item == before == item()


@pytest.mark.parametrize("partial", [True, False])
def test_save_under_a_condition_that_holds(stored: Book, partial: bool) -> None:
    stored.title = "y"
    stored.save(partial=partial, conditions=Q(title="x") & Q(year__gt=2000))
    assert (item() or {})["title"] == "y"


def test_unique_save_with_a_condition_of_its_own(connected: Backend) -> None:
    table_of(Book).create_table()
    with pytest.raises(ConditionFailed) as raised:
        Book(**KEY).save(unique=True, conditions=Q(title="x"))
    assert not isinstance(raised.value, HashKeyExists)
    assert item() is None


def test_partial_save_sends_only_what_changed(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    table_of(Book).put({**KEY, "title": "x", "tags": ["a"], "place": {"a": {"b": 1}}})
    book = Book.get(**KEY)
    assert book is not None
    table_of(Book).put({**KEY, "title": "changed meanwhile", "tags": ["a"], "place": {"a": {"b": 1}, "new": 1}})
    book.tags.append("b")
    book.place["a"]["b"] = 2
    book.day = "2020-01-02"
    recorder.sent.clear()
    book.save(partial=True)
    (update,) = recorder.sent
    assert isinstance(update, UpdateItem)
    assert sorted(str(action.path) for action in update.actions) == ["Day", "place.a.b", "tags"]
    assert item() == {
        **KEY,
        "title": "changed meanwhile",
        "tags": ["a", "b"],
        "place": {"a": {"b": 2}, "new": 1},
        "Day": "2020-01-02",
    }
    recorder.sent.clear()
    book.save(partial=True)
    assert recorder.sent == []


def test_partial_save_of_a_new_instance_sends_all_of_it(stored: Book) -> None:
    Book(isbn="2", year=1, title="new").save(partial=True)
    assert table_of(Book).get(isbn="2", year=1) == {"isbn": "2", "year": 1, "title": "new"}


def test_partial_save_removes_what_became_none(stored: Book) -> None:
    stored.title = None
    stored.save(partial=True)
    assert "title" not in (item() or {})
    assert stored.title is None


def test_partial_save_refreshes_what_it_wrote_and_all_when_asked_to(stored: Book) -> None:
    table_of(Book).put({**KEY, "title": "changed meanwhile", "Day": "2021-01-01", "tags": ["a"], "shelf": "elsewhere"})
    stored.tags = ["b"]
    stored.save(partial=True)
    assert (stored.title, stored.tags) == ("x", ["b"])
    stored.tags = ["c"]
    stored.save(partial=True, return_all=True)
    assert (stored.title, stored.tags, stored.day) == ("changed meanwhile", ["c"], datetime.date(2021, 1, 1))
    stored.save()
    assert item() == {**KEY, "title": "changed meanwhile", "tags": ["c"], "Day": "2021-01-01", "shelf": "elsewhere"}


def test_partial_save_of_a_field_that_is_called_like_a_parameter(stored: Book) -> None:
    stored.conditions = "mint"
    stored.save(partial=True, conditions={"title": "x"})
    assert (item() or {})["conditions"] == "mint"


def test_partial_save_checks_its_conditions_though_nothing_changed(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    book = Book(**KEY, title="x")
    book.save()
    book.save(partial=True, conditions={"title": "x"})
    with pytest.raises(ConditionFailed):
        book.save(partial=True, conditions={"title": "z"})


@pytest.mark.parametrize("partial", [True, False])
def test_a_save_after_a_change_of_the_key_is_refused(stored: Book, partial: bool) -> None:
    stored.year = 2021
    with pytest.raises(InvalidUpdate, match="'year' is part of the primary key of Book, which a write can't change"):
        stored.save(partial=partial)
    assert Book.scan().count() == 1


@pytest.mark.parametrize("partial", [True, False])
def test_save_of_a_computed_attribute(recorder: RecordingBackend, partial: bool) -> None:
    class Person(DynaModel):
        class Table:
            name = "people"
            hash_key = "name"

        class Schema:
            name = fields.text()
            city = fields.text()
            label = fields.computed(lambda person: f"{person['name']} of {person.get('city')}")

    table_of(Person).create_table()
    Person(name="Ann").save(partial=partial)
    person = Person.get(name="Ann")
    assert person is not None
    person.city = "Oslo"
    person.save(partial=partial)
    assert table_of(Person).get(name="Ann") == {"name": "Ann", "city": "Oslo", "label": "Ann of Oslo"}
    (found,) = Person.scan(label="Ann of Oslo").specific_attributes(["name"])
    found.save(partial=True)
    assert table_of(Person).get(name="Ann") == {"name": "Ann", "city": "Oslo", "label": "Ann of Oslo"}


def test_saving_without_a_key_sends_nothing(recorder: RecordingBackend, library: SchemaLibrary) -> None:
    table_of(Book).create_table()
    for save in (Book().save, Book(partial=True, title="x").save):
        with refused(library, "isbn", "year"):
            save()
    with pytest.raises(InvalidKey, match="The primary key of Book is isbn and year; isbn and year were not given"):
        Book(partial=True, title="x").save(partial=True)
    with pytest.raises(InvalidKey):
        Book().delete()
    assert recorder.sent == []
