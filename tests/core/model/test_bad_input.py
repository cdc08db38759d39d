"""Bad input: what a schema or the rules of DynamoDB tell is refused before anything is sent, the rest by each backend alike.

Either way the error names what is wrong and says what to do, holds no values, and leaves the item as it was.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import Any

import pytest

from dynamorm import DynaModel, Q, using
from dynamorm.exceptions import (
    DynamoException,
    InvalidOperator,
    InvalidSchemaField,
    InvalidUpdate,
    InvalidValue,
    RequestRejected,
    ValidationError,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

SECRET = "s3cr3t"
Call = Callable[[], Any]
#: What is called, the exception, and a regular expression for its message.
Case = tuple[Call, type[DynamoException], str]


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        year = fields.integer()
        price = fields.decimal()
        tags = fields.list_of(fields.text())
        place = fields.map_of()
        address = fields.nested({"state": fields.text(), "lines": fields.list_of(fields.text())})
        raw = fields.anything()


STORED: dict[str, Any] = {
    "isbn": "1",
    "title": SECRET,
    "tags": ["a"],
    "place": {
        "text": SECRET,
        "number": 1,
        "map": {},
        "list": [SECRET],
        "set": {SECRET},
        "null": None,
        "large": 10**37 + 1,
    },
    "raw": SECRET,
}


def update(changes: Any = None, **keywords: Any) -> Call:
    """An update of the stored item."""
    return lambda: Book.update_item(changes, isbn="1", **keywords)


def book() -> Book:
    """An instance of the stored item."""
    with using("sqlite:///:memory:"):
        table_of(Book).create_table()
        table_of(Book).put(STORED)
        found = Book.get(isbn="1")
    assert found is not None
    # A copy belongs to no backend.
    return copy.copy(found)


def saved_in_part(name: str, value: Any) -> Call:
    """A partial save of the stored item with one value."""

    def save() -> None:
        instance = book()
        setattr(instance, name, value)
        instance.save(partial=True)

    return save


OVERLAPS: dict[str, Case] = {
    "one field, two functions": (
        update(year=1, year__add=2),
        InvalidUpdate,
        "One update of 'books' changes 'year' twice. Make it two updates, or one change",
    ),
    "keyword and path": (update({Book.year: 1}, year__plus=2), InvalidUpdate, "'books' changes 'year' twice"),
    "a field and what is below": (
        update(place={}, place__a=1),
        InvalidUpdate,
        "both 'place' and 'place.a', which overlap. Make it two updates, or one change of the outer value",
    ),
    "an element and what is below": (
        update({Book.place["list"][0]: {}, Book.place["list"][0]["a"]: 1}),
        InvalidUpdate,
        r"both 'place.list\[0\]' and 'place.list\[0\].a'",
    ),
    "an element, set and removed": (
        update(tags__0="x", tags__0__remove=True),
        InvalidUpdate,
        r"changes 'tags\[0\]' twice",
    ),
    "of an instance": (lambda: book().update(year=1, year__remove=True), InvalidUpdate, "changes 'year' twice"),
}
FUNCTIONS: dict[str, Case] = {
    "add a number to a text": (
        update(title__add=1),
        InvalidUpdate,
        (
            "'title__add' changes a number or a set, but 'title' is a string in the schema of Book. Set it as a whole, "
            "without '__add'"
        ),
    ),
    "add a text to a text": (update(title__add=SECRET), InvalidUpdate, "'title__add' changes a number or a set"),
    "add a set to a text": (update(title__add={SECRET}), InvalidUpdate, "but 'title' is a string in the schema"),
    "add a text": (update(raw__add=SECRET), InvalidUpdate, "'raw__add' takes a number, or a set of elements"),
    "add to a map": (update(place__add=1), InvalidUpdate, "but 'place' is a map in the schema of Book"),
    "add a text to a nested text": (update(address__state__add=1), InvalidUpdate, "'address.state' is a string in the"),
    "minus on a list": (update(tags__minus=1), InvalidUpdate, "'tags' is a list or a set in the schema of Book"),
    "append to a number": (
        update(year__append=[1]),
        InvalidUpdate,
        "'year__append' changes a list, but 'year' is a num",
    ),
    "prepend to a text": (update(title__prepend=["x"]), InvalidUpdate, "'title__prepend' changes a list"),
    "delete from a number": (
        update(year__delete={1}),
        InvalidUpdate,
        "'year__delete' changes a set, but 'year' is a n",
    ),
    "delete a text": (update(raw__delete=SECRET), InvalidUpdate, "'raw__delete' takes a set of the elements"),
    "remove and a value": (update(title__remove=SECRET), InvalidUpdate, "'title__remove' takes True; leave it out"),
}
KEYS: dict[str, Case] = {
    "remove": (
        update(isbn__remove=True),
        InvalidUpdate,
        (
            "'isbn' is part of the primary key of 'books', which an update can't change. Put an item with the new key, and "
            "delete the old one"
        ),
    ),
    "remove from an instance": (
        lambda: book().update(isbn__remove=True),
        InvalidUpdate,
        "'isbn' is part of the primary",
    ),
    "set by its path": (update({Book.isbn: SECRET}), InvalidUpdate, "'isbn' is part of the primary key of 'books'"),
    "set if it is not there": (update(isbn__if_not_exists="2"), InvalidUpdate, "'isbn' is part of the primary key"),
    "save without it": (saved_in_part("isbn", None), InvalidUpdate, "'isbn' is part of the primary key of Book"),
    "save with another": (saved_in_part("isbn", "2"), InvalidUpdate, r"copy\(isbn=…\).save\(\).*move\(isbn=…\)"),
}
INDEXES: dict[str, Case] = {
    "into a text": (
        update({Book.title[0]: "x"}),
        InvalidOperator,
        r"\[0\] is an index into a list, but 'title' is a single value in the schema of Book",
    ),
    "into a map": (
        update({Book.address[0]: "x"}),
        InvalidOperator,
        r"\[0\] is an index into a list, but 'address' is a map in the schema of Book",
    ),
    "into a map, in a condition": (lambda: Book.scan(Book.address[0] == 1), InvalidOperator, "'address' is a map"),
    "into a map, in a projection": (
        lambda: Book.scan().specific_attributes(["address[0]"]),
        InvalidOperator,
        "'address' is a map",
    ),
    "as a text": (
        update({Book.tags["0"]: "x"}),
        InvalidOperator,
        r"'0' is a string, but 'tags' is a list in the schema of Book, whose index is a number: tags\[0\]",
    ),
    "as a text, in a condition": (lambda: Book.scan(Book.tags["0"] == "x"), InvalidOperator, "'0' is a string"),
    "as a text, in a projection": (
        lambda: Book.scan().specific_attributes("tags.0"),
        InvalidOperator,
        r"is a number: tags\[0\]",
    ),
    "as a text, below": (
        update({Book.address["lines"]["12"]: "x"}),
        InvalidOperator,
        r"'address.lines' is a list .* index is a number: address.lines\[12\]",
    ),
    "a name into a list": (
        update(tags__first="x"),
        InvalidOperator,
        "'first' is not a function of an update, and 'tags' is a list",
    ),
    "negative": (lambda: Book.tags[-1], InvalidOperator, "from the front: an index is 0 or more"),
}
EMPTY, MIXED = "is an empty set, which DynamoDB can't store. Leave an empty set out", "is a set of mixed types"
SETS: dict[str, Case] = {
    "none put": (lambda: Book.put({"isbn": "1", "raw": set()}), InvalidValue, f"'raw' {EMPTY}"),
    "frozen": (lambda: Book(isbn="1", raw=frozenset()).save(), InvalidValue, f"'raw' {EMPTY}"),
    "none in a list in a map": (
        lambda: Book.put({"isbn": "1", "place": {"a": [set()]}}),
        InvalidValue,
        rf"'place\.a\[0\]' {EMPTY}",
    ),
    "none in a batch": (lambda: Book.put_batch({"isbn": "1", "raw": set()}), InvalidValue, f"'raw' {EMPTY}"),
    "none set": (update(raw=set()), InvalidValue, f"'raw' {EMPTY}"),
    "none set below": (update(place__a=set()), InvalidValue, f"'place.a' {EMPTY}"),
    "none set if there is nothing": (update(raw__if_not_exists=set()), InvalidValue, f"'raw' {EMPTY}"),
    "none added": (update(raw__add=set()), InvalidValue, f"'raw' {EMPTY}"),
    "none deleted": (update(raw__delete=set()), InvalidValue, f"'raw' {EMPTY}"),
    "none saved in part": (saved_in_part("raw", set()), InvalidValue, f"'raw' {EMPTY}"),
    "none compared": (lambda: Book.scan(raw=set()), InvalidValue, f"'raw' {EMPTY}"),
    "none in a choice": (lambda: Book.scan(raw__in=[set()]), InvalidValue, f"'raw' {EMPTY}"),
    "none contained": (lambda: Book.scan(Book.raw.contains(set())), InvalidValue, f"'raw' {EMPTY}"),
    "none in a condition": (
        lambda: book().delete(conditions=Q(place__a=set())),
        InvalidValue,
        f"'place.a' {EMPTY}",
    ),
    "mixed put": (lambda: Book.put({"isbn": "1", "raw": {SECRET, 1}}), InvalidValue, f"'raw' {MIXED}"),
    "mixed set": (update(raw={SECRET, b"x"}), InvalidValue, f"'raw' {MIXED}"),
    "mixed added": (update(raw__add={1, SECRET}), InvalidValue, f"'raw' {MIXED}"),
    "mixed deleted": (update(place__a__delete={1, SECRET}), InvalidValue, f"'place.a' {MIXED}"),
    "mixed compared": (lambda: Book.scan(raw__ne={1, SECRET}), InvalidValue, f"'raw' {MIXED}"),
    "of booleans": (update(raw={True, False}), InvalidValue, "with an element of the type bool.* Use a list"),
    "of None": (update(raw={None}), InvalidValue, "'raw' is a set with an element of the type NoneType"),
    "of tuples": (update(raw={(1, 2)}), InvalidValue, "'raw' is a set with an element of the type tuple"),
}
NAN, INFINITY, LONG = float("nan"), Decimal("-Infinity"), int("1" * 39)
NUMBERS: dict[str, Case] = {
    "NaN set": (update(raw=NAN), InvalidValue, r"'raw' is NaN \(not a number\), which DynamoDB can't store"),
    "NaN added": (update(raw__add=NAN), InvalidValue, "'raw' is NaN"),
    "NaN in a set": (update(raw={1, NAN}), InvalidValue, "'raw' is NaN"),
    "NaN of a schema": (update(price=NAN), InvalidValue, "'price' is NaN"),
    "NaN compared": (lambda: Book.scan(price__lt=Decimal("NaN")), InvalidValue, "'price' is NaN"),
    "infinity set below": (update(place__a=[INFINITY]), InvalidValue, r"'place\.a\[0\]' is an infinity"),
    "infinity subtracted": (update(place__number__minus=INFINITY), InvalidValue, "'place.number' is an infinity"),
    "infinity in a choice": (lambda: Book.scan(raw__in=[1, INFINITY]), InvalidValue, "'raw' is an infinity"),
    "39 digits set": (update(year=LONG), InvalidValue, "'year' is a number of 39 significant digits; .* at most 38"),
    "39 digits added": (
        update(year__plus=LONG),
        InvalidValue,
        "'year' is a number of 39 .* Round it, or store it as a",
    ),
    "39 digits in a set": (update(raw__add={LONG}), InvalidValue, "'raw' is a number of 39 significant digits"),
    "39 digits compared": (lambda: Book.scan(year__between=[1, LONG]), InvalidValue, "'year' is a number of 39"),
    "39 digits as a size": (lambda: Book.scan(title__size=LONG), InvalidValue, "'size of title' is a number of 39"),
    "too large": (update(place__a=Decimal("1E126")), InvalidValue, "'place.a' is a number beyond DynamoDB's range"),
    "too small": (update(place__a=Decimal("1E-131")), InvalidValue, "'place.a' is a number beyond DynamoDB's range"),
}
NAMES: dict[str, Case] = {
    "update": (update(titel="x"), InvalidSchemaField, "Book has no field 'titel'. Did you mean 'title'?"),
    "update with a function": (update(titel__append=["x"]), InvalidSchemaField, "Did you mean 'title'?"),
    "update below": (
        update(address__stat="x"),
        InvalidSchemaField,
        "'address' of Book has no field 'stat'. Did you mean 'state'",
    ),
    "path below": (update({Book.address["city"]: "x"}), InvalidSchemaField, "Its fields are lines, state"),
    "condition": (update(title="x", conditions=Q(yaer=1)), InvalidSchemaField, "Did you mean 'year'?"),
    "condition of a delete": (
        lambda: book().delete(conditions={"yaer": 1}),
        InvalidSchemaField,
        "Did you mean 'year'?",
    ),
    "operator": (
        lambda: Book.scan(title__zzz="x"),
        InvalidOperator,
        "operators are eq, ne, lt, lte, gt, gte, betw",
    ),
    "function": (update(title__upper=True), InvalidOperator, "functions of an update are append, prepend, plus, minus"),
    "item": (lambda: Book.put({"isbn": "1", "titel": SECRET}), ValidationError, "titel"),
}


def grouped(**groups: dict[str, Case]) -> dict[str, Case]:
    """Return the cases of all *groups*, each named after its group."""
    return {f"{group}: {name}": case for group, cases in groups.items() for name, case in cases.items()}


REQUESTS = grouped(overlap=OVERLAPS, function=FUNCTIONS, key=KEYS, index=INDEXES)
#: These go through the schema library before DynamORM looks at them.
VALUES = grouped(set=SETS, number=NUMBERS, name=NAMES)


def is_refused(case: Case, recorder: RecordingBackend) -> None:
    call, kind, words = case
    with pytest.raises(kind, match=words) as raised:
        call()
    assert recorder.sent == []
    assert SECRET not in str(raised.value)


@pytest.mark.one_schema_library
@pytest.mark.parametrize("case", REQUESTS.values(), ids=REQUESTS)
def test_a_request_is_refused_before_anything_is_sent(case: Case, recorder: RecordingBackend) -> None:
    is_refused(case, recorder)


@pytest.mark.parametrize("case", VALUES.values(), ids=VALUES)
def test_a_value_is_refused_before_anything_is_sent(case: Case, recorder: RecordingBackend) -> None:
    is_refused(case, recorder)


#: What only the stored item tells: the change, the exception, and the paths that the error names.
BY_CONTENT: dict[str, tuple[Call, type[DynamoException], str]] = {
    "add a number to a text": (update(raw__add=1), InvalidUpdate, "'raw'"),
    "add a number to a text below": (update(place__text__add=1), InvalidUpdate, "'place.text'"),
    "add a number to NULL": (update(place__null__add=1), InvalidUpdate, "'place.null'"),
    "add a number to a set": (update(place__set__add=1), InvalidUpdate, "'place.set'"),
    "add a set to a number": (update(place__number__add={"x"}), InvalidUpdate, "'place.number'"),
    "add numbers to texts": (update(place__set__add={1}), InvalidUpdate, "'place.set'"),
    "add to a text in a list": (
        update({Book.place["list"][0]: "x"}, place__text__add=1),
        InvalidUpdate,
        "'place.text'",
    ),
    "count up a text": (update(place__text__plus=1), InvalidUpdate, "'place.text'"),
    "count up what is not there": (update(year__plus=1), InvalidUpdate, "'year'"),
    "append to a text": (update(place__text__append=[1]), InvalidUpdate, "'place.text'"),
    "delete from a list": (update(place__list__delete={"x"}), InvalidUpdate, "'place.list'"),
    "delete numbers from texts": (update(place__set__delete={1}), InvalidUpdate, "'place.set'"),
    "an element of a text": (update({Book.raw[0]: 1}), InvalidUpdate, r"'raw\[0\]'"),
    "an element of a map": (update({Book.place["map"][0]: 1}), InvalidUpdate, r"'place.map\[0\]'"),
    "an element of a set": (update({Book.place["set"][0]: "x"}), InvalidUpdate, r"'place.set\[0\]'"),
    "an element of nothing": (update({Book.place["new"][0]: 1}), InvalidUpdate, r"'place.new\[0\]'"),
    "an index as a text": (update({Book.place["list"]["0"]: 1}), InvalidUpdate, "'place.list.0'"),
    "below what is not there": (update(place__new__a=1), InvalidUpdate, "'place.new.a'"),
    "below a field that is not there": (update(address__state="x"), InvalidUpdate, "'address.state'"),
    "below a text": (update(place__text__a=1), InvalidUpdate, "'place.text.a'"),
    "remove below what is not there": (update(place__new__a__remove=True), InvalidUpdate, "'place.new.a'"),
    "add below what is not there": (update(place__new__a__add=1), InvalidUpdate, "'place.new.a'"),
    "a map and a list at once": (update({Book.raw["a"]: 1, Book.raw[0]: 1}), InvalidUpdate, r"'raw.a'.* 'raw\[0\]'"),
    "a sum of 39 digits": (update(place__large__plus=Decimal("0.1")), InvalidValue, "'place.large'"),
    "of an instance": (lambda: book().update(place__text__add=1), InvalidUpdate, "'place.text'"),
    "of an item that is not there": (lambda: Book.update_item(isbn="2", place__a=1), InvalidUpdate, "'place.a'"),
}
#: moto does otherwise here, as tests/support/moto_deviations.py says.
MOTO_DIFFERS = {
    "a sum of 39 digits",
    "below a text",
    "an index as a text",
    "add to a text in a list",
}


@pytest.fixture
def _stored(connected: Backend) -> None:
    table_of(Book).create_table()
    table_of(Book).put(STORED)


@pytest.mark.usefixtures("_stored")
def test_what_the_stored_item_tells_is_refused_by_each_backend(request: pytest.FixtureRequest) -> None:
    differs = MOTO_DIFFERS if "moto" in request.node.name else set()
    for name, (call, kind, words) in BY_CONTENT.items():
        if name not in differs:
            with pytest.raises(kind, match=words) as raised:
                call()
            assert SECRET not in str(raised.value), name
            assert "\n" not in str(raised.value), name
    assert [table_of(Book).get(consistent=True, isbn=isbn) for isbn in ("1", "2")] == [STORED, None]


@pytest.mark.usefixtures("_stored")
def test_an_index_where_no_list_is_finds_nothing() -> None:
    assert list(Book.scan(Q(raw__0="s") | Q(place__map__0__exists=True) | Q(place__set__0__exists=True))) == []


@pytest.mark.usefixtures("_stored")
def test_a_condition_of_very_many_parts(request: pytest.FixtureRequest) -> None:
    years = [Book.year == year for year in range(400)]
    assert list(Book.scan(reduce(or_, years[:150]))) == []
    assert len(list(Book.scan(reduce(and_, (~year for year in years[:100]))))) == 1
    if "moto" not in request.node.name:
        with pytest.raises(RequestRejected, match=r"on table 'books' failed.* operators|expression size"):
            list(Book.scan(reduce(or_, years)))
        with pytest.raises(InvalidUpdate, match=r"on table 'books' failed.* size|UpdateExpression has"):
            Book.update_item({Book.place[f"a{number}"]: 1 for number in range(400)}, isbn="1")
    assert table_of(Book).get(consistent=True, isbn="1") == STORED
