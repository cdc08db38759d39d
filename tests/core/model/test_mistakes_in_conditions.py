"""Wrong fields, operators and values in get, query, scan and update are refused in words, and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, ProjectAll, Q
from dynamorm.exceptions import (
    DynamoException,
    InvalidKey,
    InvalidOperator,
    InvalidSchemaField,
    InvalidUpdate,
    InvalidValue,
    MissingKey,
    RequestRejected,
    ValidationError,
)
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

SECRET = "s3cr3t-v4lu3"


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        range_key = "page"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        range_key = "year"
        projection = ProjectAll()

    class Schema:
        isbn = fields.text()
        page = fields.integer()
        author = fields.text()
        year = fields.integer()
        title = fields.text(required=True)
        tags = fields.list_of(fields.text())
        place = fields.map_of()
        address = fields.nested({"state": fields.text()})


KEY: dict[str, Any] = {"isbn": SECRET, "page": 1}
Call = Callable[[], Any]
NESTED: list[Any] = []
for _ in range(32):
    NESTED = [NESTED]

#: What is called, the exception, and a regular expression for its message.
Case = tuple[Call, type[DynamoException], str]

CASES: dict[str, Case] = {
    # Unknown fields
    "get": (lambda: Book.get(isbm="1", page=1), InvalidSchemaField, "Book has no field 'isbm'. Did you mean 'isbn'?"),
    "get_batch": (lambda: Book.get_batch([{"isbm": "1"}]), InvalidSchemaField, "Book has no field 'isbm'"),
    "get_batch attrs": (lambda: Book.get_batch([KEY], attrs="isbn, titel"), InvalidSchemaField, "Did you mean 'title'"),
    "query": (
        lambda: Book.query(isbn="1", titel="x"),
        InvalidSchemaField,
        "Book has no field 'titel'. Did you mean 'title'",
    ),
    "query index": (
        lambda: Book.ByAuthor.query(autor="x"),
        InvalidSchemaField,
        "no field 'autor'. Did you mean 'author'",
    ),
    "scan": (
        lambda: Book.scan(colour="x"),
        InvalidSchemaField,
        "no field 'colour'. Its fields are address, author, isbn",
    ),
    "scan with Q": (lambda: Book.scan(~Q(titel="x")), InvalidSchemaField, "Book has no field 'titel'"),
    "scan index": (lambda: Book.ByAuthor.scan(titel="x"), InvalidSchemaField, "Book has no field 'titel'"),
    "scan nested": (lambda: Book.scan(address__stat="x"), InvalidSchemaField, "'address' of Book has no field 'stat'"),
    "path": (lambda: Book.scan(Book.address["stat"] == "x"), InvalidSchemaField, "Did you mean 'state'?"),
    "projection": (lambda: Book.scan().specific_attributes(["titel"]), InvalidSchemaField, "Did you mean 'title'?"),
    "projection of nothing": (lambda: Book.scan().specific_attributes([]), InvalidSchemaField, "No attributes of Book"),
    "update": (lambda: Book.update_item(**KEY, titel="x"), InvalidSchemaField, "Did you mean 'title'?"),
    "condition": (
        lambda: Book.put({**KEY, "title": "x"}, conditions={"titel": "x"}),
        InvalidSchemaField,
        "Did you mean 'title'",
    ),
    # Unknown and unfit operators
    "operator": (
        lambda: Book.scan(title__begins="x"),
        InvalidOperator,
        "'begins' is not an operator, and 'title' is a single value .* Did you mean 'begins_with'",
    ),
    "operator in query": (
        lambda: Book.query(isbn="1", title__like="x"),
        InvalidOperator,
        "'like' is not an operator, .* DynamoDB matches no patterns",
    ),
    "operator in condition": (
        lambda: Book.update_item(**KEY, title="x", conditions=Q(title__is="y")),
        InvalidOperator,
        "'is' is not an operator, .* Compare with None",
    ),
    "update function": (
        lambda: Book.update_item(**KEY, title__upper=True),
        InvalidOperator,
        "'upper' is not a function of an",
    ),
    "index into a map": (
        lambda: Book.scan(Book.address[0] == 1),
        InvalidOperator,
        r"\[0\] is an index .* 'address' is a map",
    ),
    "name into a list": (
        lambda: Book.scan(tags__first="x"),
        InvalidOperator,
        "'first' is not an operator, and 'tags' is a list",
    ),
    "negative index": (lambda: Book.tags[-1], InvalidOperator, "an index is 0 or more"),
    "float index": (lambda: Book.tags[1.5], InvalidOperator, "not with float"),
    "dangling": (lambda: Book.scan(title__="x"), InvalidOperator, "nothing between or after its double underscores"),
    "between": (
        lambda: Book.scan(year__between=[1]),
        InvalidOperator,
        "'between' on 'year' takes a list of two values",
    ),
    "between text": (lambda: Book.scan(title__between=SECRET), InvalidOperator, "takes a list of two values"),
    "in nothing": (lambda: Book.scan(year__in=[]), InvalidOperator, "takes 1 to 100 values, but was given 0"),
    "in too many": (lambda: Book.scan(year__in=range(101)), InvalidOperator, r"was given 101; combine several with \|"),
    "in text": (lambda: Book.scan(title__in=SECRET), InvalidOperator, "'in' on 'title' takes a list of values"),
    "exists": (lambda: Book.scan(title__exists=SECRET), InvalidOperator, "'exists' on 'title' takes True or False"),
    "not_exists": (lambda: Book.scan(title__not_exists=1), InvalidOperator, "takes True or False"),
    "type": (lambda: Book.scan(title__type="str"), InvalidOperator, "takes one of DynamoDB's types, S, N, B"),
    "begins_with": (lambda: Book.scan(title__begins_with=5), InvalidOperator, "takes a string, and was given int"),
    "size": (lambda: Book.scan(tags__size=SECRET), InvalidOperator, "compares the size of a value, which is a number"),
    "order of lists": (
        lambda: Book.scan(tags__lt=[SECRET]),
        InvalidOperator,
        "'lt' on 'tags' .* other types have no order",
    ),
    "empty |": (lambda: Book.scan(Q() | Q(title="x")), InvalidOperator, r"empty Q\(\) is combined with \|"),
    "empty ~": (lambda: Book.scan(~Q()), InvalidOperator, r"empty Q\(\) is negated with ~"),
    "no condition": (
        lambda: Book.scan("title"),  # type: ignore[arg-type]
        InvalidOperator,
        r"not str. Give values by the names of their fields: scan\(field=…\)",
    ),
    "bool(Q)": (
        lambda: bool(Q(title="x")),
        InvalidOperator,
        r"neither true nor false .* & \| ~ instead of and, or, not",
    ),
    "and": (lambda: Q(title="x") and Q(year=1), InvalidOperator, r"neither true nor false"),
    "not": (lambda: not Q(title=SECRET), InvalidOperator, r"neither true nor false"),
    "or": (lambda: (Book.year > 5) or Q(year=1), InvalidOperator, r"neither true nor false"),
    "chain": (lambda: 1 < Book.year < 5, InvalidOperator, r"neither true nor false"),
    "bool of a path": (lambda: bool(Book.title), InvalidOperator, "path of a field is neither true nor false"),
    # Keys
    "no hash key": (
        lambda: Book.query(page=1),
        MissingKey,
        "query of 'books' needs the value of its hash key 'isbn'.*scan",
    ),
    "no hash key of the index": (
        lambda: Book.ByAuthor.query(isbn="1"),
        MissingKey,
        "index 'by-author' .* hash key 'author'",
    ),
    "two values": (lambda: Book.query(Q(isbn="1"), isbn=SECRET), InvalidKey, "given 2 values for its hash key 'isbn'"),
    "hash key as a path": (lambda: Book.query(isbn=Book.title), InvalidKey, "can only be compared with a value"),
    "range key as a path": (
        lambda: Book.query(isbn="1", page=Book.year),
        InvalidKey,
        "can only be compared with values",
    ),
    "range key ne": (
        lambda: Book.query(isbn="1", page__ne=1),
        InvalidKey,
        "can't use 'ne' on its range key 'page'.*scan",
    ),
    "range key in": (lambda: Book.query(isbn="1", page__in=[1]), InvalidKey, "allows eq, lt, lte, gt, gte, between"),
    "range key exists": (lambda: Book.query(isbn="1", page__exists=True), InvalidKey, "can't use 'exists'"),
    "two on range key": (
        lambda: Book.query(isbn="1", page__gt=1, page__lt=9),
        InvalidKey,
        r"one condition on its range key 'page', but was given gt and lt. Use page__between=\[lowest, highest\]",
    ),
    "key below |": (lambda: Book.query(Q(page=1) | Q(page=2), isbn="1"), InvalidKey, "The key 'page' .* in a filter"),
    "key below ~": (lambda: Book.query(~Q(page=1), isbn="1"), InvalidKey, "no keys: below | or ~, or as a size"),
    "size of a key": (lambda: Book.query(isbn="1", isbn__size=1), InvalidKey, "'isbn' .* or as a size"),
    "key of wrong type": (lambda: Book.query(isbn=5), ValidationError, "isbn"),
    "None as key": (lambda: Book.query(isbn=None), InvalidKey, "'isbn' of 'books' is a string, .* NoneType"),
    "get without range key": (lambda: Book.get(isbn=SECRET), MissingKey, "isbn and page; page was not given"),
    "get without keys": (Book.get, MissingKey, "The primary key of Book is isbn and page; isbn and page were"),
    "get by a field": (
        lambda: Book.get(**KEY, title=SECRET),
        InvalidKey,
        "'title' is not part of the primary key of Book",
    ),
    "get with None": (lambda: Book.get(isbn=None, page=1), MissingKey, "isbn was not given"),
    "update without keys": (lambda: Book.update_item(title="x"), MissingKey, "isbn and page were not given"),
    # Updates
    "append no list": (
        lambda: Book.update_item(**KEY, place__append=SECRET),
        InvalidUpdate,
        "'place__append' changes a list, but 'place' is a map in the schema of Book",
    ),
    "append to an entry": (
        lambda: Book.update_item(**KEY, place__a__append=SECRET),
        InvalidUpdate,
        "'place.a__append' takes a list",
    ),
    "plus text": (
        lambda: Book.update_item(**KEY, title__plus=SECRET),
        InvalidUpdate,
        "'title__plus' changes a number, but 'title' is a string in the schema of Book. Set it as a whole",
    ),
    "minus a set": (
        lambda: Book.update_item(**KEY, place__a__minus={1}),
        InvalidUpdate,
        "'place.a__minus' takes a number",
    ),
    "remove False": (lambda: Book.update_item(**KEY, tags__remove=False), InvalidUpdate, "'tags__remove' takes True"),
    "add text": (lambda: Book.update_item(**KEY, place__a__add=SECRET), InvalidUpdate, "a number, or a set"),
    "delete a number": (lambda: Book.update_item(**KEY, place__a__delete=1), InvalidUpdate, "takes a set"),
    "overlap": (
        lambda: Book.update_item({Book.place["a"]["b"]: 1}, **KEY, place__a=2),
        InvalidUpdate,
        "'books' changes both 'place.a' and 'place.a.b', which overlap",
    ),
    "required": (lambda: Book.update_item(**KEY, title=None), ValidationError, "title.*required and can't be removed"),
    # Values
    "NaN": (lambda: Book.update_item(**KEY, place__a=float("nan")), InvalidValue, "'place.a' is NaN"),
    "infinity": (lambda: Book.scan(place__a=float("-inf")), InvalidValue, "'place.a' is an infinity"),
    "39 digits": (lambda: Book.update_item(**KEY, year=int("1" * 39)), InvalidValue, "'year' .* 39 significant digits"),
    "set of sets": (
        lambda: Book.update_item(**KEY, place__a={frozenset({1})}),
        InvalidValue,
        "'place.a' is a set with",
    ),
    "unsupported": (lambda: Book.scan(place__a=object()), InvalidValue, "'place.a' holds a value of the type object"),
    "too deep": (
        lambda: Book.update_item(**KEY, place__a=[NESTED]),
        InvalidValue,
        "'place.a' is nested deeper than .* 32",
    ),
    "decimal NaN": (lambda: Book.query(isbn="1", place__a__gt=Decimal("NaN")), InvalidValue, "'place.a' is NaN"),
    "empty key": (
        lambda: Book.get(isbn="", page=1),
        InvalidKey,
        "'isbn' is empty, and it is part of the primary key of 'books'",
    ),
}
HASH_KEY_OPERATORS: dict[str, Any] = {
    "ne": "1",
    "lt": "1",
    "lte": "1",
    "gt": "1",
    "gte": "1",
    "between": ["1", "2"],
    "in": ["1"],
    "begins_with": "1",
    "contains": "1",
    "exists": True,
    "not_exists": True,
    "type": "S",
}


#: These go through the schema library before DynamORM looks at them.
VALUES = {name: case for name, case in CASES.items() if issubclass(case[1], (ValidationError, InvalidValue))}
NAMES = {name: case for name, case in CASES.items() if name not in VALUES}


def is_refused(case: Case, recorder: RecordingBackend) -> None:
    call, kind, words = case
    with pytest.raises(kind, match=words) as raised:
        call()
    assert recorder.sent == []
    assert SECRET not in str(raised.value)


@pytest.mark.one_schema_library
@pytest.mark.parametrize("case", NAMES.values(), ids=NAMES)
def test_mistake_in_a_name_is_named_and_nothing_is_sent(case: Case, recorder: RecordingBackend) -> None:
    is_refused(case, recorder)


@pytest.mark.parametrize("case", VALUES.values(), ids=VALUES)
def test_mistake_in_a_value_is_named_and_nothing_is_sent(case: Case, recorder: RecordingBackend) -> None:
    is_refused(case, recorder)


@pytest.mark.one_schema_library
@pytest.mark.parametrize("operator", HASH_KEY_OPERATORS)
def test_anything_but_equal_on_a_hash_key_is_refused(operator: str, recorder: RecordingBackend) -> None:
    keyword = {f"isbn__{operator}": HASH_KEY_OPERATORS[operator]}
    with pytest.raises(InvalidKey, match="'books' needs one value of its hash key 'isbn'") as raised:
        Book.query(**keyword)
    assert f"Use scan(isbn__{operator}=…)" in str(raised.value)
    assert "make 'isbn' the range key of the table or of an index" in str(raised.value)
    assert recorder.sent == []
    table_of(Book).create_table()
    assert list(Book.scan(**keyword)) == []


@pytest.mark.one_schema_library
def test_conditions_that_are_nested_too_deeply(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    recorder.sent.clear()
    negated: Any = Q(title="x")
    mixed: Any = Q(title="x")
    for number in range(5000):
        negated = ~negated
        mixed = (mixed | Q(author="a")) if number % 2 else (mixed & Q(author="a"))
    for condition in (negated, mixed):
        calls: list[Call] = [
            lambda condition=condition: list(Book.scan(condition)),  # type: ignore[misc]
            lambda condition=condition: list(Book.query(condition, isbn="1")),  # type: ignore[misc]
            lambda condition=condition: Book(**KEY, title="x").save(conditions=condition),  # type: ignore[misc]
            lambda condition=condition: Book.update_item(conditions=condition, **KEY, title="x"),  # type: ignore[misc]
        ]
        for call in calls:
            with pytest.raises(RequestRejected, match="nested too deeply: DynamoDB allows 300 operators"):
                call()
    assert recorder.sent == []
