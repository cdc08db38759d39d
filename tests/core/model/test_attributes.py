"""Attributes of instances: those that nothing would store are refused, with the name that may be meant."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import marshmallow
import pytest
from marshmallow import fields as marshmallow_fields
from pydantic import ConfigDict

import dynamorm
from dynamorm import DynaModel, ManyToOne, batch, transaction
from dynamorm.exceptions import DynaModelException, InvalidUpdate, UnknownAttribute
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        year = fields.integer()

    display: str = ""
    shelf: str
    sequel: ManyToOne[Any] = ManyToOne("Book", query=lambda book: {"isbn": book.title})

    @property
    def spine(self) -> str:
        title: str | None = self.title
        return title or ""

    @spine.setter
    def spine(self, value: str) -> None:
        self.title = value


class Mixin:
    mixed: int


class Slotted(Mixin, Book):
    __slots__ = ("slotted",)


def test_unknown_attribute_is_refused_with_a_suggestion(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    Book.put({"isbn": "1"})
    message = (
        "^Book has no field 'titel', so nothing would store it. Did you mean 'title'?"
        " An attribute of the program's own is annotated in the class, 'titel: …', or has an underscore in front.$"
    )
    made, read, raw = Book(isbn="1"), Book.get(isbn="1"), Book.new_from_raw({"isbn": "1"})
    for book in (made, read, raw, Book(), Book(partial=True), copy.copy(made), pickle.loads(pickle.dumps(made))):
        with pytest.raises(UnknownAttribute, match=message.replace("?", r"\?")) as raised:
            book.titel = "x"  # type: ignore[union-attr]
        assert isinstance(raised.value, AttributeError)
        assert isinstance(raised.value, DynaModelException)
        assert not hasattr(book, "titel")
        book.title = "x"  # type: ignore[union-attr]
        assert book.title == "x"  # type: ignore[union-attr]
    with pytest.raises(UnknownAttribute, match="Its fields are isbn, sequel, title, year"):
        made.completely_different = 1
    with pytest.raises(UnknownAttribute, match="Did you mean 'sequel'"):
        made.sequels = made


def test_what_a_class_or_a_base_declares_is_allowed(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    for model in (Book, Slotted):
        book: Any = model(isbn="1")
        book.display, book.shelf, book.spine, book._cache = "d", "s", "t", {}
        book.display = book.display + "d"
        assert (book.display, book.shelf, book.title, book._cache) == ("dd", "s", "t", {})
        book.save()
        del book.shelf
        with pytest.raises(AttributeError):
            assert book.shelf
    book.mixed = 5
    book.slotted = 6
    assert (book.mixed, book.slotted) == (5, 6)
    book.save()
    found: Any = Slotted.get(isbn="1")
    found.slotted = 7
    assert (type(found), found.slotted, found.title) == (Slotted, 7, "t")
    assert table_of(Book).get(isbn="1") == {"isbn": "1", "title": "t"}


def test_it_needs_no_constructor_of_ours() -> None:
    class Own(Book):
        def __init__(self, **values: Any) -> None:
            self.helper = 1
            self.title: Any = values.get("title")
            self._reset()

        def _reset(self) -> None:
            self.titel = "x"

    with pytest.raises(UnknownAttribute, match="Own has no field 'titel'"):
        Own(title="t")

    class Allowed(Own):
        def _reset(self) -> None:
            self.helper += 1

    assert (Allowed(title="t").helper, Allowed(title="t").title) == (2, "t")


def test_a_model_may_have_constructors_and_setters_of_its_own(recorder: RecordingBackend) -> None:
    class Careful(Book):
        def __new__(cls, *arguments: Any, **values: Any) -> Careful:
            made: Careful = super().__new__(cls)
            made._made = True
            return made

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value.strip() if isinstance(value, str) else value)

    table_of(Book).create_table()
    Careful(isbn="1", title="t").save()
    found = Careful.get(isbn="1")
    assert found is not None
    found.title = " u "
    assert (found._made, found.title) == (True, "u")


def test_a_value_set_past_the_class_is_left_alone() -> None:
    book = Book(isbn="1")
    book.__dict__["remembered"] = 1
    book.remembered = 2
    assert book.remembered == 2
    assert "remembered" not in book.to_dict()


def including() -> type[DynaModel]:
    class Thing(DynaModel):
        class Table:
            name = "things"
            hash_key = "id"

        class Schema:
            class Meta:
                unknown = marshmallow.INCLUDE

            id = marshmallow_fields.String(required=True)
            title = marshmallow_fields.String()

    return Thing


def allowing() -> type[DynaModel]:
    class Thing(DynaModel):
        class Table:
            name = "things"
            hash_key = "id"

        class Schema:
            model_config = ConfigDict(extra="allow")

            id: str
            title: str | None = None

    return Thing


@pytest.mark.parametrize("make", [including, allowing])
def test_schema_that_keeps_unknown_names_keeps_those_that_are_set(make: Any, recorder: RecordingBackend) -> None:
    thing: Any = make()
    thing.Table.create_table()
    made = thing(id="1", colour="red")
    made.colour, made.size = "blue", {1, 2}
    made._private = "p"
    made.save()
    assert thing.Table.get(id="1") == {"id": "1", "colour": "blue", "size": {1, 2}}
    found = thing.get(id="1")
    found.size = 3
    found.save(partial=True)
    assert thing.Table.get(id="1") == {"id": "1", "colour": "blue", "size": 3}
    found.weight = 4
    with transaction() as tx:
        tx.save(found, partial=True)
    found.save()
    assert thing.Table.get(id="1") == {"id": "1", "colour": "blue", "size": 3, "weight": 4}


@pytest.mark.parametrize("make", [including, allowing])
def test_every_verb_keeps_them(make: Any, recorder: RecordingBackend) -> None:
    thing: Any = make()
    thing.Table.create_table()
    made = thing(id="1", colour="red")
    made.colour, made.move = "blue", "a name that a verb has"
    dynamorm.verbs.copy(made, id="2").save()
    kept = {"colour": "blue", "move": "a name that a verb has"}
    assert thing.Table.get(id="2") == {"id": "2", **kept}
    with batch() as writes:
        writes.put(made)
    made.colour = "green"
    made.refresh()
    made.save()
    assert thing.Table.get(id="1") == {"id": "1", **kept}
    dynamorm.verbs.move(made, id="3")
    assert thing.Table.get(id="3") == {"id": "3", **kept}


@pytest.mark.parametrize("make", [including, allowing])
def test_a_move_is_refused_while_they_are_not_saved(make: Any, recorder: RecordingBackend) -> None:
    thing: Any = make()
    thing.Table.create_table()
    thing(id="1", colour="red").save()
    found = thing.get(id="1")
    found.colour, found.size = "blue", 1
    with pytest.raises(InvalidUpdate, match="not saved, of 'colour', 'size'"):
        found.move(id="2")
    found.save(partial=True)
    found.move(id="2")
    assert thing.Table.get(id="2") == {"id": "2", "colour": "blue", "size": 1}


def test_former_attributes_of_an_instance_say_so() -> None:
    book: Any = Book(isbn="1")
    for name in ("_raw", "_validated_data"):
        with pytest.raises(UnknownAttribute, match=re.escape(f"Book has no attribute '{name}'. 0.11 had it: ")):
            getattr(book, name)
