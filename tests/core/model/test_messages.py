"""Messages that say what was meant, and nothing was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectInclude, ProjectKeys, Q
from dynamorm.exceptions import DynamoException, InvalidCursor, InvalidKey, InvalidOperator, MissingKey, RequestRejected
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        range_key = "edition"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        projection = ProjectInclude("title")

    class ByShelf(GlobalIndex):
        name = "by-shelf"
        hash_key = ("room", "shelf")
        projection = ProjectKeys()

    class ByTitle(LocalIndex):
        name = "by-title"
        hash_key = "isbn"
        range_key = "title"
        projection = ProjectKeys()

    class Schema:
        isbn = fields.text(required=True)
        edition = fields.integer(required=True)
        title = fields.text(attribute="T")
        author = fields.text(attribute="A")
        year = fields.integer(attribute="Y")
        room = fields.text()
        shelf = fields.text()


BOOK: Any = Book
KEY: dict[str, Any] = {"isbn": "1", "edition": 1}
SCAN_ALL = "To search all items, use scan, which reads them all."
Case = tuple[Callable[[], object], type[DynamoException], str]

CONDITIONS: dict[str, Case] = {
    "a dict": (
        lambda: BOOK.scan({"title": "x"}),
        InvalidOperator,
        "scan takes conditions as keywords or expressions, not as a dict. Write scan(title=…).",
    ),
    "a large dict": (
        lambda: BOOK.query({"isbn": "1", "title": "x", "year": 1, "author": "x"}),
        InvalidOperator,
        "query takes conditions as keywords or expressions, not as a dict. Write query(**conditions).",
    ),
    "a list": (
        lambda: BOOK.ByAuthor.query([Q(author="x")]),
        InvalidOperator,
        "query takes expressions one by one, not in a list: query(*conditions).",
    ),
    "a value": (
        lambda: BOOK.query("1"),
        InvalidOperator,
        (
            "query takes conditions as keywords or expressions, not str. Give values by the names of their fields: "
            "query(field=…)."
        ),
    ),
    "a comparison of values": (
        lambda: BOOK.scan(BOOK(**KEY, year=1).year == 1),
        InvalidOperator,
        (
            "scan takes conditions as keywords or expressions, not bool. A comparison is a condition if one side is a field "
            "of the model's class, as in Book.year == 2020."
        ),
    ),
    "a text as the condition of a write": (
        lambda: Book.put({**KEY}, conditions="title = 1"),  # type: ignore[arg-type]
        InvalidOperator,
        "Conditions are a dict of keywords, a Q, a comparison of a field, or a list of Qs and comparisons, not str.",
    ),
    "a number": (
        lambda: Book.delete_item(**KEY, conditions=5),  # type: ignore[arg-type]
        InvalidOperator,
        "Conditions are a dict of keywords, a Q, a comparison of a field, or a list of Qs and comparisons, not int.",
    ),
    "a list of dicts": (
        lambda: Book.update_item(**KEY, title="x", conditions=[{"year": 1}]),  # type: ignore[list-item]
        InvalidOperator,
        "A list of conditions holds Qs and comparisons of fields, not dicts. Write Q(year=…).",
    ),
}
QUERIES: dict[str, Case] = {
    "the key of an index": (
        lambda: Book.query(author="x"),
        MissingKey,
        (
            "A query of 'books' needs the value of its hash key 'isbn'. 'author' is the hash key of the index 'by-author': "
            f"Book.ByAuthor.query(author=…). {SCAN_ALL}"
        ),
    ),
    "the key of several fields": (
        lambda: Book.query(Book.room == "x", shelf="y", year=1),
        MissingKey,
        (
            "A query of 'books' needs the value of its hash key 'isbn'. 'room' and 'shelf' are the hash key of the index "
            f"'by-shelf': Book.ByShelf.query(room=…, shelf=…). {SCAN_ALL}"
        ),
    ),
    "the key of the table": (
        lambda: Book.ByAuthor.query(isbn="x"),
        MissingKey,
        (
            "A query of the index 'by-author' of 'books' needs the value of its hash key 'A'. 'isbn' is the hash key of the "
            f"table: Book.query(isbn=…). {SCAN_ALL}"
        ),
    ),
    "no key": (
        lambda: Book.query(year=1, author__begins_with="x"),
        MissingKey,
        f"A query of 'books' needs the value of its hash key 'isbn'. {SCAN_ALL}",
    ),
    "a filter that a global index can't apply": (
        lambda: Book.ByAuthor.query(author="x", year=1),
        RequestRejected,
        (
            "The index 'by-author' of 'books' does not hold 'Y', by which the query filters. Query the table, filter in the "
            "program, or add it to the projection of the index."
        ),
    ),
    "a filter that a local index can't apply": (
        lambda: Book.ByTitle.query(~Q(year=1), isbn="x"),
        RequestRejected,
        (
            "The index 'by-title' of 'books' does not hold 'Y', by which the query filters. Query the table, filter in the "
            "program, or add it to the projection of the index."
        ),
    ),
    "a filter of a scan that a global index can't apply": (
        lambda: Book.ByAuthor.scan(~Q(year=1)),
        RequestRejected,
        (
            "The index 'by-author' of 'books' does not hold 'Y', by which the scan filters. Scan the table, filter in the "
            "program, or add it to the projection of the index."
        ),
    ),
    "an attribute that a global index can't return": (
        lambda: Book.ByAuthor.scan().specific_attributes(["title", "year"]),
        RequestRejected,
        (
            "The index 'by-author' of 'books' does not hold 'Y'. Read other attributes, read the table, or add the attribute "
            "to the projection of the index."
        ),
    ),
}
SWAPPED = "takes the lowest value first, but was given the highest one first. Swap them."
BOUNDS: dict[str, Callable[[], object]] = {
    "filter": lambda: Book.scan(year__between=[9, 1]),
    "filter of a query": lambda: Book.query(isbn="1", year__between=[9, 1]),
    "below ~": lambda: Book.scan(~BOOK.year.between(9, 1)),
    "condition": lambda: Book.put({**KEY}, conditions=BOOK.year.between(9, 1)),
    "condition of an update": lambda: Book.update_item(**KEY, title="x", conditions={"year__between": [9, 1]}),
    "texts": lambda: Book.scan(title__between=["b", "a"]),
    "range key": lambda: Book.query(isbn="1", edition__between=[9, 1]),
    "size": lambda: Book.scan(title__size__between=[9, 1]),
}


@pytest.mark.parametrize("case", CONDITIONS)
def test_what_is_no_condition_is_told(case: str, recorder: RecordingBackend) -> None:
    _check(CONDITIONS[case], recorder)


@pytest.mark.parametrize("case", QUERIES)
def test_a_query_is_told_where_it_belongs(case: str, recorder: RecordingBackend) -> None:
    _check(QUERIES[case], recorder)


def _check(case: Case, recorder: RecordingBackend) -> None:
    call, error, message = case
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == message
    assert recorder.sent == []


@pytest.mark.parametrize("case", BOUNDS)
def test_bounds_in_the_wrong_order_are_refused(case: str, recorder: RecordingBackend) -> None:
    with pytest.raises(InvalidOperator) as raised:
        BOUNDS[case]()
    assert str(raised.value).startswith("The operator 'between' on '")
    assert str(raised.value).endswith(SWAPPED)
    assert recorder.sent == []


def test_bounds_may_be_equal_or_unknown(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    Book.put({**KEY, "year": 5})
    assert Book.scan(year__between=[5, 5]).count() == 1
    assert Book.scan(BOOK.year.between(BOOK.edition, 9)).count() == 1


def test_an_index_is_asked_for_what_it_holds(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    Book.put({**KEY, "title": "x", "author": "y", "year": 5})
    assert Book.ByAuthor.query(author="y", title="x").specific_attributes(["title", "edition"]).count() == 1
    # A local index fetches from the table what it does not hold, except for the filter of a query.
    assert [book.year for book in Book.ByTitle.query(isbn="1").specific_attributes(["year"])] == [5]


def test_one_item_twice_is_told_with_its_place(recorder: RecordingBackend) -> None:
    with pytest.raises(InvalidKey) as raised:
        dynamorm.transact_get((Book, ("1", 1)), (Book, ("2", 1)), (Book, ("1", 1)))
    assert str(raised.value) == (
        "The actions 1 and 3 of a transaction are about one item of 'books', which DynamoDB does not allow. Read it "
        "once, and use the result for both."
    )
    with pytest.raises(InvalidKey) as raised:
        Book.put_batch({**KEY}, {"isbn": "2", "edition": 1}, {**KEY})
    assert str(raised.value) == (
        "The writes 1 and 3 of a batch have the same isbn and edition, the primary key of 'books', which DynamoDB "
        "refuses. Keep only one of them."
    )
    assert recorder.sent == []


@pytest.mark.parametrize("cursor", ["abc", "", "next", "eyJpc2JuIjogIjEifQ"])
def test_a_text_that_is_no_cursor_is_told_as_such(cursor: str, recorder: RecordingBackend) -> None:
    with pytest.raises(InvalidCursor) as raised:
        next(Book.scan().after(cursor))
    assert str(raised.value) == (
        "The cursor for a read of Book is not a cursor, or was changed or cut off. Start with the first page again."
    )


@pytest.mark.one_schema_library
@pytest.mark.parametrize(
    ("url", "advice"),
    [
        (
            "http://localhost:8000",
            (
                "No backend is called 'http'. 'http://localhost:8000' is the address of a server, which boto3 takes as "
                "endpoint_url: dynamorm.connect('boto3://eu-west-1', endpoint_url='http://localhost:8000')."
            ),
        ),
        (
            "https://user:secret@host/?token=secret",
            (
                "No backend is called 'https'. 'https://…@host/?…' is the address of a server, which boto3 takes as "
                "endpoint_url: dynamorm.connect('boto3://eu-west-1', endpoint_url='https://…@host/?…')."
            ),
        ),
        (
            "localhost:8000",
            (
                "'localhost:8000' is neither the name of a backend nor a URL of one, such as boto3://eu-west-1 or "
                "sqlite:///books.db. For a server, use dynamorm.connect('boto3://eu-west-1', "
                "endpoint_url='http://localhost:8000')."
            ),
        ),
        (
            "marshmallow",
            (
                "No backend is called 'marshmallow'. 'marshmallow' is a schema library, which models use without being "
                "connected to it. A backend stores the items, such as boto3 or sqlite."
            ),
        ),
        (
            "eu-west-1",
            "No backend is called 'eu-west-1'. 'eu-west-1' is a region of AWS: dynamorm.connect('boto3://eu-west-1').",
        ),
        (
            "dynamodb://eu-west-1",
            "No backend is called 'dynamodb'. The backend for DynamoDB is boto3: dynamorm.connect('boto3://eu-west-1').",
        ),
        ("books.db", "No backend is called 'books.db'. A file is opened with dynamorm.connect('sqlite:///books.db')."),
        ("sqlit:///books.db", "No backend is called 'sqlit'. Did you mean 'sqlite'?"),
    ],
)
def test_what_is_no_backend_is_told(url: str, advice: str) -> None:
    with pytest.raises(DynamoException) as raised:
        dynamorm.connect(url)
    assert str(raised.value) == advice
