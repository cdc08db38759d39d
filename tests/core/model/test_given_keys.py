"""Keys by position, by name and in lists, in every verb that takes one; and ``exists``."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, verbs
from dynamorm.data import DeleteItem, GetItem
from dynamorm.exceptions import DynaModelException, DynamoException, InvalidKey, InvalidSchemaField, MissingKey
from dynamorm.ports.backends import Backend
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


class Page(DynaModel):
    class Table:
        name = "pages"
        hash_key = "isbn"
        range_key = "number"

    class Schema:
        isbn = fields.text(required=True)
        number = fields.integer(required=True)
        text = fields.text()


@pytest.fixture
def tables(connected: Backend) -> None:
    for model in (Book, Page):
        table_of(model).create_table()
    Book.put({"isbn": "1", "title": "One"})
    Page.put({"isbn": "1", "number": 2, "text": "two"})


@pytest.mark.usefixtures("tables")
def test_the_parts_of_a_key_are_given_by_position_or_by_name() -> None:
    assert Book.get("1").title == "One"  # type: ignore[union-attr]
    for found in (
        Page.get("1", 2),
        Page.get("1", number=2),
        Page.get(isbn="1", number=2),
        Page.get("1", 2, attrs="text"),
    ):
        assert found is not None
        assert found.text == "two"
    assert (Book.get("2"), Page.get("1", 3, consistent=True), Page.get("2", 2)) == (None, None, None)
    assert (Book.exists("1"), Book.exists(isbn="2"), Book.exists("1", consistent=True)) == (True, False, True)
    assert (Page.exists("1", 2), Page.exists("1", number=3)) == (True, False)
    assert Page.delete_item("1", 2, return_old=True).text == "two"  # type: ignore[union-attr]
    assert Page.delete_item("1", number=2) is None
    assert not Page.exists("1", 2)


@pytest.mark.usefixtures("tables")
def test_the_keys_of_a_list_are_dicts_tuples_or_single_values() -> None:
    Book.put({"isbn": "2", "title": "Two"})
    assert sorted(book.isbn for book in Book.get_batch(["1", ("2",), "3"])) == ["1", "2"]
    assert sorted(book.isbn for book in Book.get_batch([{"isbn": "1"}, "2"], attrs="isbn")) == ["1", "2"]
    assert [page.text for page in Page.get_batch([("1", 2), {"isbn": "1", "number": 3}])] == ["two"]
    book, page, missing = dynamorm.transact_get((Book, "1"), (Page, ("1", 2)), (Book, {"isbn": "9"}))
    assert book is not None
    assert page is not None
    assert (book.title, page.text, missing) == ("One", "two", None)
    Book.delete_batch("1", {"isbn": "2"})
    Page.delete_batch(("1", 2))
    assert (Book.scan().count(), Page.scan().count()) == (0, 0)


@pytest.mark.usefixtures("tables")
def test_blocks_take_keys_by_position() -> None:
    Book.put({"isbn": "2", "title": "Two"})
    with dynamorm.transaction() as tx:
        tx.check(Book, "1", conditions={"title": "One"})
        tx.delete(Page, "1", 2)
    with dynamorm.batch() as batch:
        batch.delete(Book, "2")
    assert (Book.exists("1"), Book.exists("2"), Page.exists("1", 2)) == (True, False, False)


def test_what_0_11_took_by_position_keeps_its_meaning_with_a_warning(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        Book.get(True, isbn="1")
        verbs.get(Book, False, isbn="1")
    # Schematics warns of itself, too.
    told = [(str(each.message), each.category, each.filename) for each in warned if "Book" in str(each.message)]
    rest = "Values that are given by position are the parts of the key."
    assert told == [
        (f"Book.get({value}, …): consistent is given by name, consistent={value}. {rest}", DeprecationWarning, __file__)
        for value in (True, False)
    ]
    assert [operation.consistent for operation in recorder.sent if isinstance(operation, GetItem)] == [True, False]


def test_an_overridden_get_may_take_other_arguments(recorder: RecordingBackend) -> None:
    class Reader(DynaModel):
        class Table:
            name = "readers"
            hash_key = "email"

        class Schema:
            email = fields.text(required=True)

        @classmethod
        def get(cls, email: str | None = None) -> Any:  # type: ignore[override]
            return super().get(email=email)

    table_of(Reader).create_table()
    Reader.put({"email": "a@b.c"})
    assert Reader.get("a@b.c").email == Reader.get(email="a@b.c").email == "a@b.c"
    assert verbs.get(Reader, "a@b.c").email == "a@b.c"  # type: ignore[union-attr]
    assert Reader.exists("a@b.c")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: Book.get("1", 2),
            InvalidKey,
            (
                "The primary key of Book is isbn, one value, but get was given 2 by position. Its other arguments are given "
                "by name."
            ),
        ),
        (
            lambda: Page.get("1", 2, 3),
            InvalidKey,
            (
                "The primary key of Page is isbn and number, 2 values, but get was given 3 by position. Its other arguments "
                "are given by name."
            ),
        ),
        (lambda: Book.get("1", isbn="1"), InvalidKey, "get was given 'isbn' of Book twice, by position and by name."),
        (lambda: Page.get("1"), MissingKey, "The primary key of Page is isbn and number; number was not given."),
        (Page.get, MissingKey, "The primary key of Page is isbn and number; isbn and number were not given."),
        (lambda: Book.get(None), MissingKey, "The primary key of Book is isbn; isbn was not given."),
        (
            lambda: Book.get(True),
            InvalidKey,
            (
                "get of Book was given True or False as a part of the key, which no key can be. Give other arguments by "
                "name: get(isbn=…, consistent=True)."
            ),
        ),
        (
            lambda: Book.delete_item("1", True),
            InvalidKey,
            (
                "delete_item of Book was given True or False as a part of the key, which no key can be. Give other arguments "
                "by name: delete_item(isbn=…, conditions=…)."
            ),
        ),
        (
            lambda: Book.get({"isbn": "1"}),
            InvalidKey,
            "get of Book was given a dict as a part of the key. Give the parts by name: get(**key).",
        ),
        (
            lambda: Page.get(("1", 2)),
            InvalidKey,
            "get of Page was given a tuple as a part of the key. Give each part by itself: get(isbn, number).",
        ),
        (
            lambda: Book.get(Book(isbn="1")),
            InvalidKey,
            "get of Book was given an instance of Book as a part of the key. Give the values of its key.",
        ),
        (lambda: Book.get("1", titel="x"), InvalidSchemaField, "Book has no field 'titel'. Did you mean 'title'?"),
        (
            Book.exists,
            MissingKey,
            (
                "exists needs the primary key of a Book: isbn. To ask whether a read finds an item, use exists() of the "
                "read, as in Book.scan(…).exists(); to ask whether the table exists, Book.__table__.exists. exists of "
                "an instance needs the key, too."
            ),
        ),
        (
            lambda: Book.get_batch("12"),
            DynaModelException,
            (
                "get_batch of Book takes a list of keys, not str. A key is a dict by field name, a tuple of the key's "
                "parts, or the value of a key that has one part."
            ),
        ),
        (
            lambda: Book.get_batch({"isbn": "1"}),
            DynaModelException,
            (
                "get_batch of Book takes a list of keys, not dict. A key is a dict by field name, a tuple of the key's "
                "parts, or the value of a key that has one part."
            ),
        ),
        (
            lambda: Page.get_batch(["1"]),
            MissingKey,
            "The primary key of Page is isbn and number; number was not given.",
        ),
        (
            lambda: Page.delete_batch(["1", "2"]),
            InvalidKey,
            (
                "delete_batch of Page was given a list as a part of the key. Give each key by itself, and a key of several "
                "parts as a tuple: delete_batch(*keys)."
            ),
        ),
        (
            lambda: Book.get_batch([("1", "2")]),
            InvalidKey,
            "The primary key of Book is isbn, one value, but a key of get_batch has 2.",
        ),
        (
            lambda: dynamorm.transact_get((Book, ("1", "2"))),
            InvalidKey,
            "The primary key of Book is isbn, one value, but a key of transact_get has 2.",
        ),
    ],
)
def test_wrong_keys_are_refused_before_anything_is_sent(
    call: Callable[[], object], error: type[DynamoException], message: str, recorder: RecordingBackend
) -> None:
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == message
    assert recorder.sent == []


def test_blocks_refuse_a_key_besides_an_instance(recorder: RecordingBackend) -> None:
    book = Book(isbn="1")
    with dynamorm.transaction() as tx:
        for verb in (tx.delete, tx.check):
            with pytest.raises(DynamoException, match="An instance of Book is given alone"):
                verb(book, "1")
    with dynamorm.batch() as batch, pytest.raises(DynamoException, match="An instance of Book is given alone"):
        batch.delete(book, "1")


def test_exists_reads_the_key_alone(recorder: RecordingBackend) -> None:
    table_of(Page).create_table()
    Page.put({"isbn": "1", "number": 2, "text": "two"})
    recorder.sent.clear()
    assert Page.exists("1", 2)
    (sent,) = recorder.sent
    assert isinstance(sent, GetItem)
    assert [str(path) for path in sent.projection or ()] == ["isbn", "number"]
    (explained,) = dynamorm.explain(Page.exists, "1", 2).operations
    assert explained.operation == sent


def test_exists_does_not_count_what_has_expired_and_is_hidden(recorder: RecordingBackend) -> None:
    class Session(DynaModel):
        class Table:
            name = "sessions"
            hash_key = "id"
            ttl = "expires"
            hide_expired = True

        class Schema:
            id = fields.text(required=True)
            expires = fields.moment()

    table_of(Session).create_table()
    present = datetime.datetime.now(datetime.UTC)
    Session.put({"id": "1", "expires": present + datetime.timedelta(hours=1)})
    Session.put({"id": "2", "expires": present - datetime.timedelta(hours=1)})
    assert (Session.exists("1"), Session.exists("2"), Session.exists("3")) == (True, False, False)


@pytest.mark.one_schema_library
def test_explain_takes_keys_by_position(recorder: RecordingBackend) -> None:
    for verb in (Page.get, Page.delete_item):
        assert str(dynamorm.explain(verb, "1", 2)) == str(dynamorm.explain(verb, isbn="1", number=2))
    assert not any(isinstance(operation, DeleteItem) for operation in recorder.sent)
