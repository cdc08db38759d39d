"""What is changed while a write is under way, by receivers of its signals or by the program before a block is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynamorm import DynaModel, transaction
from dynamorm.exceptions import DynaModelException, InvalidUpdate, StaleItem, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.signals import pre_update
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        count = fields.integer(default=lambda: 0)
        tags = fields.list_of(fields.text(), attribute="T")
        scores = fields.map_of(fields.integer())


@pytest.fixture
def book(connected: Backend) -> Any:
    table_of(Book).create_table()
    table_of(Book).put({"isbn": "1", "title": "x", "T": ["a"], "scores": {"a": 1}})
    return Book.get(isbn="1", consistent=True)


def stored(isbn: str = "1") -> Any:
    return table_of(Book).get(isbn=isbn, consistent=True)


# The program, before a block is sent


def test_what_is_changed_before_a_block_is_sent_stays_changed(book: Any) -> None:
    book.tags.append("b")
    book.title, book.count = "y", 1
    with transaction() as tx:
        tx.save(book, partial=True)
        book.tags.append("later")
        book.title = "later"
    assert (book.tags, book.title, book.count) == (["a", "b", "later"], "later", 1)
    assert stored() == {"isbn": "1", "title": "y", "count": 1, "T": ["a", "b"], "scores": {"a": 1}}
    book.save(partial=True)
    assert (stored()["T"], stored()["title"]) == (["a", "b", "later"], "later")


def test_what_an_update_of_a_block_sets_is_set_unless_the_program_has_set_it_since(book: Any) -> None:
    with transaction() as tx:
        tx.update(book, title="y", count=5, scores__remove=True)
        book.count = 7
        book.scores["b"] = 2
    assert (book.title, book.count, book.scores) == ("y", 7, {"a": 1, "b": 2})
    assert stored() == {"isbn": "1", "title": "y", "count": 5, "T": ["a"]}
    book.save(partial=True)
    assert (stored()["count"], stored()["scores"]) == (7, {"a": 1, "b": 2})


# Receivers of pre_update


def extend(updates: Any) -> None:
    updates["tags"].append("theirs")


def replace(updates: Any) -> None:
    updates["tags"] = [*updates["tags"], "theirs"]


@pytest.mark.parametrize("change", [extend, replace])
def test_what_a_receiver_adds_to_a_list_is_stored(change: Callable[[Any], None], book: Any) -> None:
    def receive(sender: Any, updates: Any, **_: Any) -> None:
        change(updates)

    book.tags.append("b")
    with pre_update.connected_to(receive, Book):
        book.save(partial=True)
    assert (stored()["T"], book.tags) == (["a", "b", "theirs"], ["a", "b", "theirs"])


@pytest.mark.parametrize("change", [extend, replace])
def test_a_list_that_a_receiver_changes_does_not_overwrite_another_writers(
    change: Callable[[Any], None], book: Any
) -> None:
    def receive(sender: Any, updates: Any, **_: Any) -> None:
        change(updates)

    Book.update_item(isbn="1", tags__append=["other"])
    book.tags.append("b")
    with pre_update.connected_to(receive, Book), pytest.raises(StaleItem, match="'tags' differs, so the change"):
        book.save(partial=True)
    assert stored()["T"] == ["a", "other"]


def test_a_change_that_a_receiver_takes_out_is_not_stored(book: Any) -> None:
    def receive(sender: Any, updates: Any, **_: Any) -> None:
        del updates["tags"]

    book.tags.append("b")
    book.title = "y"
    with pre_update.connected_to(receive, Book):
        book.save(partial=True)
    assert (stored()["T"], stored()["title"]) == (["a"], "y")


# Receivers of a move


def test_what_a_receiver_adds_to_a_move_is_stored(book: Any) -> None:
    def receive(sender: Any, updates: Any, **_: Any) -> None:
        updates.update(title="moved", count__plus=1, scores__b=2)

    Book.update_item(isbn="1", count=4)
    with pre_update.connected_to(receive, Book):
        book.move(isbn="2")
    assert stored("2") == {"isbn": "2", "title": "moved", "count": 5, "T": ["a"], "scores": {"a": 1, "b": 2}}
    assert (book.title, book.count, book.scores) == ("moved", 5, {"a": 1, "b": 2})


def test_what_a_receiver_of_a_move_sets_on_the_instance_stays_changed(book: Any) -> None:
    def receive(sender: Any, instance: Any, **_: Any) -> None:
        instance.title = "theirs"
        instance.tags.append("theirs")

    with pre_update.connected_to(receive, Book):
        book.move(isbn="2")
    assert (stored("2")["title"], stored("2")["T"]) == ("x", ["a"])
    assert (book.title, book.tags) == ("theirs", ["a", "theirs"])
    book.save(partial=True)
    assert (stored("2")["title"], stored("2")["T"]) == ("theirs", ["a", "theirs"])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"isbn": "3"}, InvalidUpdate, "changes the new key in a move of Book"),
        ({"count": "many"}, ValidationError, "count"),
    ],
)
def test_what_a_receiver_can_not_add_to_a_move_is_refused(
    change: dict[str, Any], error: type[Exception], message: str, book: Any
) -> None:
    def receive(sender: Any, updates: Any, **_: Any) -> None:
        updates.update(change)

    with pre_update.connected_to(receive, Book), pytest.raises(error, match=message):
        book.move(isbn="2")
    assert (stored()["isbn"], stored("2")) == ("1", None)


# Advice that can be followed


@pytest.mark.parametrize(
    ("verb", "error", "message"),
    [
        (lambda book: book.save(), DynaModelException, "has deleted its item, so that the rest is gone.*a new Book"),
        (lambda book: book.copy(), DynaModelException, "Its item was deleted with them"),
        (lambda book: book.update(title="y"), StaleItem, "was read only in part, so the item can't be created"),
    ],
    ids=["save", "copy", "update"],
)
def test_of_a_part_of_what_was_deleted_no_item_is_made(
    verb: Callable[[Any], None], error: type[Exception], message: str, book: Any
) -> None:
    part: Any = Book.get(isbn="1", attrs="isbn, title")
    part.delete()
    with pytest.raises(error, match=message):
        verb(part)
