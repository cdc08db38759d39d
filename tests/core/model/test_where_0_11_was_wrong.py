"""What DynamORM 0.11 got wrong, row by row as the upgrade notes list it, and 1.0 does not."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from dynamorm import DynaModel, Q
from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchGetResult,
    DescribeTable,
    Item,
    KeyAttribute,
    TableDescription,
    TableSpec,
)
from dynamorm.engine.run.connections import using
from dynamorm.exceptions import InvalidValue, TableNotFound, UnprocessedItems
from dynamorm.plugins import finder
from dynamorm.ports.backends import Backend
from dynamorm.ports.hooks import hookimpl
from dynamorm.ports.schemas import SchemaProvider
from dynamorm.testing.schemas import fields
from tests.support.backends import ScriptedBackend
from tests.support.schema_libraries.in_plain import PlainField, PlainLibrary, PlainSchema
from tests.support.tables import table_of

RESERVED_WORDS = (Path(__file__).parent / "reserved_words.txt").read_text().split()


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text()
        count = fields.integer()
        price = fields.anything()
        place = fields.map_of()


def stored() -> Item | None:
    return table_of(Book).get(isbn="1")


@pytest.fixture
def _books(connected: Backend) -> None:
    table_of(Book).create_table()


def test_what_a_schema_is_made_of_decides_and_several_libraries_work_side_by_side(connected: Backend) -> None:
    class PlainPlugin:
        @hookimpl
        def dynamorm_register_schema(self) -> SchemaProvider:
            return PlainLibrary().provider

    plugin = PlainPlugin()
    finder().register(plugin)
    try:

        class Film(DynaModel):
            class Table:
                name = "films"
                hash_key = "title"

            class Schema(PlainSchema):
                title = PlainField(fields.text())
                year = PlainField(fields.integer())

    finally:
        finder().unregister(plugin)
    for model in (Book, Film):
        table: type[DynaModel] = model
        table.Table.create_table()
    Film(title="Metropolis", year=1927).save()
    Book(isbn="1", count=1).save()
    assert [(film.title, film.year) for film in Film.scan(year__lt=1930)] == [("Metropolis", 1927)]
    assert [(book.isbn, book.count) for book in Book.scan(count=1)] == [("1", 1)]


@pytest.mark.usefixtures("_books")
def test_in_is_an_operator() -> None:
    Book.put_batch(*({"isbn": str(number), "count": number} for number in range(4)))
    assert sorted(book.isbn for book in Book.scan(count__in=[1, 3, 5])) == ["1", "3"]


def test_all_reserved_words_work_as_attribute_names(connected: Backend) -> None:
    assert len(RESERVED_WORDS) == 573
    keys: dict[str, Any] = {"f_hash": "h", "f_range": "r"}
    names = [name for name in (f"f_{word}" for word in RESERVED_WORDS) if name not in keys]

    class Word(DynaModel):
        class Table:
            name = "words"
            hash_key = "f_hash"
            range_key = "f_range"

        Schema = type("Schema", (), {name: fields.text(attribute=name[2:]) for name in (*keys, *names)})

    table_of(Word).create_table()
    Word.put_unique({**keys, **dict.fromkeys(names, "1")})
    for start in range(0, len(names), 50):
        chunk = names[start : start + 50]
        before, after = (dict.fromkeys(chunk, text) for text in ("1", "2"))
        Word.update_item({getattr(Word, name): text for name, text in after.items()}, before, **keys)
        (word,) = Word.query(Q(**keys), Q(**after)).specific_attributes(chunk)
        assert [getattr(word, name) for name in chunk] == ["2"] * len(chunk)


@pytest.mark.usefixtures("_books")
def test_save_keeps_attributes_that_the_schema_does_not_know() -> None:
    table_of(Book).put({"isbn": "1", "from-a-newer-version": {"a": [1, None]}})
    (book,) = Book.scan()
    book.count = 1
    book.save()
    assert stored() == {"isbn": "1", "count": 1, "from-a-newer-version": {"a": [1, None]}}


@pytest.mark.usefixtures("_books")
def test_none_is_null_inside_maps_and_lists_and_nothing_at_the_top() -> None:
    Book.put({"isbn": "1", "count": None, "place": {"a": None, "b": [None, {"c": None}]}})
    assert stored() == {"isbn": "1", "place": {"a": None, "b": [None, {"c": None}]}}


@pytest.mark.usefixtures("_books")
def test_floats_are_stored_exactly_and_nan_and_infinity_refused_by_name() -> None:
    Book.put({"isbn": "1", "price": 0.1, "place": {"a": 1e-7}})
    assert stored() == {"isbn": "1", "price": Decimal("0.1"), "place": {"a": Decimal("1E-7")}}
    with pytest.raises(InvalidValue, match="Attribute 'price' is NaN"):
        Book.put({"isbn": "2", "price": float("nan")})
    with pytest.raises(InvalidValue, match=r"Attribute 'place\.a' is an infinity"):
        Book.put({"isbn": "2", "place": {"a": float("inf")}})
    assert Book.scan().count() == 1


@pytest.mark.usefixtures("_books")
def test_numbers_come_back_as_int_or_decimal() -> None:
    Book.put({"isbn": "1", "price": 5, "place": {"a": 1.5, "b": [7.0]}})
    (book,) = Book.scan()
    assert [type(number) for number in (book.price, book.place["a"], book.place["b"][0])] == [int, Decimal, int]


@pytest.mark.usefixtures("_books")
def test_update_can_set_remove_add_and_delete() -> None:
    Book.put({"isbn": "1", "count": 1, "price": {1, 2}, "place": {"a": 1}})
    Book.update_item(isbn="1", count__add=2, price__delete={1}, place__remove=True)
    assert stored() == {"isbn": "1", "count": 3, "price": {2}}
    Book.update_item(isbn="1", count=9)
    assert stored() == {"isbn": "1", "count": 9, "price": {2}}


def test_get_batch_sends_100_keys_at_a_time_and_gives_up_on_what_is_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("dynamorm.engine.run.sync.time.sleep", pauses.append)
    keys: list[Item] = [{"isbn": str(number)} for number in range(150)]
    left = (BatchGetKeys("books", tuple(keys[99:100])),)
    refused = BatchGetResult({}, (BatchGetKeys("books", tuple(keys[99:])),))
    backend = ScriptedBackend(BatchGetResult({"books": keys[:99]}, left), *[refused] * 20)
    with using(backend):
        books = Book.get_batch(keys)
        assert [next(books).isbn for _ in range(99)] == [key["isbn"] for key in keys[:99]]
        with pytest.raises(UnprocessedItems, match="are unprocessed") as raised:
            next(books)
    assert raised.value.unprocessed == (BatchGetKeys("books", tuple(keys[99:])),)
    assert [len(sent.requests[0].keys) for sent in backend.sent if isinstance(sent, BatchGet)][:2] == [100, 51]
    assert 1 < len(pauses) == len(backend.sent) - 1


def test_exists_describes_one_table() -> None:
    spec = TableSpec("books", KeyAttribute("isbn", "S"))
    backend = ScriptedBackend(TableDescription(spec, "CREATING"), TableNotFound("none"))
    with using(backend):
        assert table_of(Book).exists
        assert not table_of(Book).exists
    assert backend.sent == [DescribeTable("books"), DescribeTable("books")]


def test_importing_the_library_imports_no_boto3() -> None:
    program = "import sys, dynamorm; sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_errors_of_boto3_are_ours_with_the_original_as_their_cause(moto: Backend) -> None:
    with using(moto), pytest.raises(TableNotFound) as raised:
        Book.get(isbn="1")
    cause: Any = raised.value.__cause__
    assert isinstance(cause, botocore.exceptions.ClientError)
    assert not isinstance(raised.value, botocore.exceptions.ClientError)
