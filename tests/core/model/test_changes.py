"""Changes that the methods of paths make: they say what the keywords of an update say."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, verbs
from dynamorm.exceptions import DynamoException, InvalidOperator, InvalidSchemaField, InvalidUpdate, ValidationError
from dynamorm.paths import Change
from dynamorm.ports.backends import Backend
from dynamorm.signals import pre_update
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "id"

    class Schema:
        id = fields.text()
        title = fields.text(attribute="Title")
        seen = fields.integer()
        stock = fields.integer()
        tags = fields.list_of(fields.text())
        labels = fields.anything()
        counts = fields.map_of()


STORED: dict[str, Any] = {"id": "1", "title": "a", "seen": 5, "tags": ["x"], "labels": {"l", "m"}, "counts": {"a": 1}}

#: Changes, the keywords that say the same, and what the fields then have.
FUNCTIONS: list[tuple[Change, dict[str, Any], dict[str, Any]]] = [
    (Book.title.set("b"), {"title": "b"}, {"title": "b"}),
    (Book.title.remove(), {"title__remove": True}, {"title": None}),
    (Book.title.set(None), {"title": None}, {"title": None}),
    (Book.seen.set_if_not_exists(9), {"seen__if_not_exists": 9}, {"seen": 5}),
    (Book.stock.set_if_not_exists(9), {"stock__if_not_exists": 9}, {"stock": 9}),
    (Book.seen.plus(2), {"seen__plus": 2}, {"seen": 7}),
    (Book.seen.minus(2), {"seen__minus": 2}, {"seen": 3}),
    (Book.stock.add(2), {"stock__add": 2}, {"stock": 2}),
    (Book.tags.append(["y"]), {"tags__append": ["y"]}, {"tags": ["x", "y"]}),
    (Book.tags.prepend(["y"]), {"tags__prepend": ["y"]}, {"tags": ["y", "x"]}),
    (Book.labels.add({"n"}), {"labels__add": {"n"}}, {"labels": {"l", "m", "n"}}),
    (Book.labels.delete({"m"}), {"labels__delete": {"m"}}, {"labels": {"l"}}),
    (Book.tags[0].set("y"), {"tags__0": "y"}, {"tags": ["y"]}),
    (Book.counts["a"].plus(1), {"counts__a__plus": 1}, {"counts": {"a": 2}}),
    (Book.counts["b"].set_if_not_exists(3), {"counts__b__if_not_exists": 3}, {"counts": {"a": 1, "b": 3}}),
    (Book.counts["a"].remove(), {"counts__a__remove": True}, {"counts": {}}),
    (Book.stock.set(Book.seen + 1), {"stock": Book.seen + 1}, {"stock": 6}),
    (Book.tags.append(Book.tags), {"tags__append": Book.tags}, {"tags": ["x", "x"]}),
]


@pytest.fixture
def book(connected: Backend) -> Book:
    table_of(Book).create_table()
    book = Book(**STORED)
    book.save()
    return book


def test_each_function_is_that_of_the_keyword(book: Book) -> None:
    for change, keywords, expected in FUNCTIONS:
        Book.put(STORED)
        Book.update_item([change], id="1")
        by_change = Book.get(id="1")
        Book.put(STORED)
        Book.update_item(id="1", **keywords)
        by_keyword = Book.get(id="1")
        assert by_change is not None
        assert by_keyword is not None
        assert by_change.to_dict() == by_keyword.to_dict(), keywords
        assert {name: getattr(by_change, name) for name in expected} == expected


def test_an_instance_has_what_its_changes_made(book: Book) -> None:
    book.update([Book.title.set("b"), Book.tags.append(["y"])], seen__plus=1, conditions=Book.seen == 5)
    assert (book.title, book.tags, book.seen) == ("b", ["x", "y"], 6)
    book.update(Book.counts["b"].set(2))
    assert book.counts == {"a": 1, "b": 2}
    verbs.update(book, (Book.title.remove(),))
    assert book.title is None
    verbs.update_item(Book, Book.title.set("c"), id="1")
    book.refresh()
    assert [book.title, book.tags, book.seen, book.counts] == ["c", ["x", "y"], 6, {"a": 1, "b": 2}]


def test_in_a_transaction(book: Book) -> None:
    with dynamorm.transaction() as tx:
        tx.update(book, [Book.title.set("b")])
        tx.update(Book, [Book.tags.append(["y"]), Book.stock.add(1)], id="2")
    assert book.title == "b"
    second = Book.get(id="2")
    assert second is not None
    assert (second.tags, second.stock) == (["y"], 1)


@pytest.mark.one_schema_library
def test_are_explained(book: Book) -> None:
    changes = [Book.title.set("b"), Book.seen.plus(1)]
    by_change = dynamorm.explain(Book.update_item, changes, id="1")
    by_keyword = dynamorm.explain(Book.update_item, id="1", title="b", seen__plus=1)
    assert by_change.operations == by_keyword.operations


@pytest.mark.one_schema_library
def test_receivers_get_them(book: Book) -> None:
    received: list[Any] = []

    def receive(sender: object, updates: dict[Any, Any], **_: object) -> None:
        received.extend(updates)

    with pre_update.connected_to(receive, sender=Book):
        book.update([Book.title.set("b"), Book.counts["a"].plus(1)])
    changes = [each for each in received if isinstance(each, Change)]
    assert [(each.names, each.function, each.value) for each in changes] == [
        (("title",), "set", "b"),
        (("counts", "a"), "plus", 1),
    ]


@pytest.mark.one_schema_library
def test_show_no_values() -> None:
    changes = [Book.title.set("secret"), Book.counts["a"].set_if_not_exists("secret"), Book.tags[0].remove()]
    assert [repr(change) for change in changes] == [
        "<Change title.set(…)>",
        "<Change counts['a'].set_if_not_exists(…)>",
        "<Change tags[0].remove()>",
    ]


MISTAKES: list[tuple[Any, type[DynamoException], str]] = [
    ([Book.title.set("b"), Book.title.remove()], InvalidUpdate, "changes 'Title' twice"),
    ([Book.seen.plus(1)] * 2, InvalidUpdate, "changes 'seen' twice"),
    ([Book.counts.set({}), Book.counts["a"].set(1)], InvalidUpdate, "'counts' and 'counts.a', which overlap"),
    ([Book.id.set("2")], InvalidUpdate, "part of the primary key"),
    ([Book.title == "x"], InvalidUpdate, r'as in \[Book.title.set\("x"\)\], not a condition'),
    (["title"], InvalidUpdate, "not str"),
    (Book.title == "x", InvalidUpdate, "not a condition. Write the key and changes of whole fields by name"),
    ("title", InvalidUpdate, "not str"),
    ({"title": "x"}, InvalidUpdate, "not a dict by other keys"),
    ([Book.seen.append([1])], InvalidUpdate, "'seen__append' changes a list, but 'seen' is a number"),
    ([Book.title.plus(1)], InvalidUpdate, "'title__plus' changes a number, but 'title' is a string"),
    ([Book.title.set(5)], ValidationError, "(?i)title"),
    ([Book.tags.append("y")], ValidationError, "tags"),
    ([Book.title["a"].set("x")], InvalidOperator, "'a' leads to nothing: 'title' is a single value"),
    ({Book.title: Book.title.set("b")}, ValidationError, "A Change is not a value"),
    ([Book.title.set(Book.tags.append(["y"]))], ValidationError, "A Change is not a value"),
]


def test_mistakes_are_refused(book: Book) -> None:
    for changes, error, message in MISTAKES:
        for update in (book.update, partial(Book.update_item, id="1")):
            with pytest.raises(error, match=message):
                update(changes)
    with pytest.raises((InvalidSchemaField, ValidationError), match="titel"):
        dynamorm.verbs.update(book, [Change(("titel",), "set", "x")])
    found = Book.get(id="1")
    assert found is not None
    assert found.to_dict() == Book(**STORED).to_dict()


@pytest.mark.one_schema_library
def test_stand_in_no_condition(book: Book) -> None:
    with pytest.raises(InvalidOperator, match="not Change"):
        book.update(title="b", conditions=[Book.title.set("x")])
