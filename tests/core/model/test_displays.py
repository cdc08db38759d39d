"""How objects show themselves: what they are, without the values of items, in logs, with rich and in notebooks."""

from __future__ import annotations

import io
import pprint
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console
from rich.pretty import pretty_repr

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ManyToOne, ProjectAll, ProjectInclude, ProjectKeys, Q
from dynamorm.data import GetItem, PutItem, Scan
from dynamorm.data.display import VALUES_VARIABLE
from dynamorm.exceptions import TransactionCancelled
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)
        city = fields.text()


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author_name"
        range_key = "year"
        projection = ProjectAll()

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        author_name = fields.text()
        year = fields.integer()
        tags = fields.list_of(fields.text())

    author = ManyToOne(
        Author,
        query=lambda book: {"name": book.author_name},
        back_query=lambda author: {"author_name": author.name},
        back_index="ByAuthor",
    )


class Base(DynaModel):
    def __init__(self) -> None:
        pass


SECRET = "s3cret <b>"


@pytest.fixture(autouse=True)
def no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VALUES_VARIABLE, raising=False)


@pytest.fixture
def recorder() -> Iterator[RecordingBackend]:
    with dynamorm.connect("sqlite:///:memory:") as connection:
        backend = RecordingBackend(connection.backend)
        with dynamorm.using(backend):
            table_of(Book).create_table()
            table_of(Author).create_table()
            for number in range(60):
                Book(isbn=f"{number:02}", title=SECRET, author_name="Mr. Bar", year=2000 + number).save()
            backend.sent.clear()
            yield backend


def test_an_instance_shows_its_key_and_the_names_of_its_fields() -> None:
    book = Book(isbn="1", title=SECRET, year=2000)
    assert repr(book) == "Book(isbn='1', title=…, year=…)"
    assert str(book) == repr(book)
    assert repr(Book(partial=True, title=SECRET)) == "Book(title=…)"
    assert repr(Book()) == "Book()"
    assert repr([book]) == f"[{book!r}]"
    assert "s3cret" not in f"{book} {pprint.pformat([book])}"


def test_values_are_shown_where_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VALUES_VARIABLE, "1")
    book = Book(isbn="1", title=SECRET, tags=["a"])
    assert repr(book) == "Book(isbn='1', title='s3cret <b>', tags=['a'])"
    book.title = "x" * 100_000
    assert len(repr(book)) < 200
    book.tags.append(book)
    assert "Book(isbn='1'" in repr(book), "it ends, although it holds itself"
    assert repr(Book.title == "x") == "<Condition title == 'x'>"
    assert repr(GetItem("books", {"isbn": "1"})).startswith("GetItem(table='books', key={'isbn': '1'}")
    monkeypatch.setenv(VALUES_VARIABLE, "0")
    assert "'a'" not in repr(book)


def test_the_repr_never_raises() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    assert repr(Base()) == "Base()"
    assert repr(Book.__new__(Book)) == "Book()"
    book = Book()
    book.isbn = Broken()
    assert repr(book).startswith("Book(isbn=<Broken instance at")


def test_nothing_is_read_for_a_repr(recorder: RecordingBackend) -> None:
    book = Book.get(isbn="01")
    author: Any = Author(name="Mr. Bar")
    read = Book.scan(author_name="Mr. Bar").limit(3)
    recorder.sent.clear()
    texts = [repr(each) for each in (book, author, author.books, read, Book.scan().pages(), Book.author, Book.Table)]
    assert recorder.sent == []
    assert not any("s3cret" in text or "Mr. Bar" in text for text in texts[:1] + texts[2:])
    assert author.name == "Mr. Bar"


def test_conditions_and_operands_print_as_they_are_written() -> None:
    told = {
        "<Condition title == …>": Book.title == SECRET,
        "<Condition (author_name != … & year > …) | ~(title.begins_with(…))>": (
            (Book.author_name != SECRET) & (Book.year > 3) | ~Book.title.begins_with(SECRET)
        ),
        "<Condition tags.size() >= year>": Book.tags.size() >= Book.year,
        "<Condition tags[0].is_in(…)>": Book.tags[0].is_in([SECRET]),
        "<Condition year.between(…)>": Book.year.between(1, 2),
        "<Condition title.exists()>": Book.title.exists(),
        "<Condition Q(title=…) & ~(Q(year__gt=…, tags=…))>": Q(title=SECRET) & ~Q(year__gt=1, tags=SECRET),
        "<FieldPath tags[0]>": Book.tags[0],
        "<FieldPath tags.size()>": Book.tags.size(),
        "year.if_not_exists(…) + …": Book.year.if_not_exists(3) + 1,
        "year - year": Book.year - Book.year,
    }
    assert {text: repr(each) for text, each in told.items()} == {text: text for text in told}
    condition = Book.title == "x"
    for _ in range(5000):
        condition = ~condition
    assert repr(condition) == "<Condition, deeply nested>"


def test_reads_print_their_configuration(recorder: RecordingBackend) -> None:
    scan, query = Book.scan, Book.ByAuthor.query
    told = {
        "<Scan of Book>": scan(),
        "<Scan of Book: filter on title and year, limit 3, page_size 2, consistent>": (
            scan(title=SECRET, year=3).limit(3).page_size(2).consistent()
        ),
        "<Query of Book by the index 'by-author': key author_name and year, filter on title, reverse>": (
            query(author_name=SECRET, year__gt=3, title=SECRET).reverse()
        ),
        "<Scan of Book: attributes isbn and tags[0], parallel 4, partial>": (
            scan().specific_attributes(["isbn", Book.tags[0]]).parallel(4)
        ),
        "<Scan of Book: segment 0 of 2>": scan().segment(0, of=2) if recorder.capabilities else scan(),
        "<Scan of Book: from a cursor, signed, invalid items are left out, prefetch author>": (
            scan().after("abc").signed("0123456789abcdef").invalid("skip").prefetch("author")
        ),
        "<Scan of Book: from a position>": scan().start({"isbn": SECRET}),
    }
    assert {text: repr(each) for text, each in told.items()} == {text: text for text in told}
    assert recorder.sent == []
    author: Any = Author(name=SECRET)
    assert repr(author.books) == "<QuerySet of Author.books>"
    assert len(author.books) == 0
    assert repr(author.books.limit(3)) == "<QuerySet of Book by the index 'by-author': key author_name, limit 3>"


def test_other_objects_print_what_they_are(recorder: RecordingBackend) -> None:
    assert repr(table_of(Book)) == "<Table 'books' of Book: hash_key='isbn'>"
    assert repr(Book.ByAuthor) == "<ByAuthor, the index 'by-author' of Book: hash_key='author_name', range_key='year'>"
    assert [repr(each) for each in (ProjectAll(), ProjectKeys(), ProjectInclude("title", "year"))] == [
        "ProjectAll()",
        "ProjectKeys()",
        "ProjectInclude('title', 'year')",
    ]
    with dynamorm.batch() as batch:
        batch.put(Book, {"isbn": "1", "title": SECRET})
        assert repr(batch) == "<Batch of 1 write, open>"
    assert repr(batch) == "<Batch of 1 write, over>"
    assert repr(dynamorm.transaction()) == "<Transaction of 0 writes, not open yet>"
    with dynamorm.budget(requests=3, capacity=0.5) as budget:
        assert repr(budget) == "<Budget: 0 requests of 3 and 0 capacity units of 0.5 used>"
    page = next(Book.scan().page_size(2).pages())
    assert repr(page) == "<Page of 2 of 2 items, more follow>"
    assert "s3cret" not in repr(dynamorm.explain(Book(isbn="1", title=SECRET).save))


def test_pages_and_batches_print_what_they_are(recorder: RecordingBackend) -> None:
    assert repr(Book.scan(title="secret").limit(3).pages()) == "<Pages of Book: filter on title, limit 3>"
    assert repr(Book.get_batch(["secret"])) == "<Instances that get_batch reads, on request>"
    assert recorder.sent == []


def test_backends_print_where_they_are(tmp_path: Any) -> None:
    with dynamorm.connect("sqlite:///:memory:") as memory, dynamorm.connect(f"sqlite:///{tmp_path}/a.db") as file:
        assert repr(memory.backend) == "<SqliteBackend in memory>"
        assert repr(file.backend) == f"<SqliteBackend '{tmp_path}/a.db'>"
    with dynamorm.connect("boto3://eu-west-1", aws_secret_access_key=SECRET) as boto3:
        assert repr(boto3.backend) == "<Boto3Backend 'boto3://eu-west-1'>"
        assert "s3cret" not in repr(vars(boto3.backend))


def test_operations_and_results_hide_the_values_of_items(recorder: RecordingBackend) -> None:
    put = PutItem("books", {"isbn": SECRET}, Book.title.exists().resolve(Book._mapper.fields))
    assert "s3cret" not in repr(put)
    assert repr(put).startswith("PutItem(table='books', item=…, condition=AttributeExists(")
    results = [
        recorder.execute(GetItem("books", {"isbn": "01"})),
        Book.scan().explain()[0].operation,
        Book.scan(title=SECRET).explain()[0].operation,
    ]
    assert "s3cret" not in repr(results)
    Book(isbn="1").save()
    with pytest.raises(TransactionCancelled) as caught, dynamorm.transaction() as tx:
        tx.put(Book, {"isbn": "01", "title": SECRET}, unique=True)
    assert caught.value.reasons[0].item
    assert "s3cret" not in repr(caught.value.reasons)
    assert "item=…" in repr(caught.value.reasons)


def console_text(shown: object) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(shown)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_rich_shows_an_instance_like_its_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book(isbn="1", title=SECRET)
    assert pretty_repr(book) == "Book(isbn='1', title=…)"
    assert console_text(book) == "Book(isbn='1', title=…)\n"
    monkeypatch.setenv(VALUES_VARIABLE, "1")
    assert pretty_repr(book) == "Book(isbn='1', title='s3cret <b>')"
    assert pretty_repr(Base()) == "Base()"


def test_rich_shows_the_first_items_of_a_read(recorder: RecordingBackend) -> None:
    text = console_text(Book.scan().prefetch("author"))
    assert "Book: 25 items, more follow" in text
    assert text.count("s3cret <b>") == 25, "markup is text"
    assert len(recorder.sent) == 1
    assert isinstance(recorder.sent[0], Scan)
    assert pretty_repr(Book.scan()) == "<Scan of Book>", "in a container or a traceback it is not read"
    assert len(recorder.sent) == 1


def test_a_notebook_shows_the_first_items_of_a_read(recorder: RecordingBackend) -> None:
    read = Book.ByAuthor.query(author_name="Mr. Bar").limit(2)
    html = read._repr_html_()
    assert html.startswith(
        "<table><caption>Book: 2 items</caption><thead><tr><th>isbn</th><th>title</th>"
        "<th>author_name</th><th>year</th></tr></thead><tbody><tr><td>00</td><td>s3cret &lt;b&gt;</td><td>Mr. Bar</td>"
        "<td>2000</td></tr>"
    )
    assert len(recorder.sent) == 1
    assert read.last is None, "the read itself has not moved"
    assert [book.isbn for book in read] == ["00", "01"]


def test_a_table_of_a_filtered_read_looks_at_few_items(recorder: RecordingBackend) -> None:
    for number in range(100, 400):
        Book(isbn=str(number)).save()
    recorder.sent.clear()
    assert "Book: 0 items of the first 100, more follow" in Book.scan(title="not there")._repr_html_()
    assert len(recorder.sent) == 1


def test_tables_of_items_that_are_odd(recorder: RecordingBackend) -> None:
    table_of(Book).put({"isbn": "invalid", "tags": "no list"})
    assert "Book: 1 item<" in Book.query(isbn="01")._repr_html_()
    assert "invalid" not in Book.query(isbn="invalid")._repr_html_()
    assert "no items" in Book.query(isbn="none")._repr_html_()
    assert "no items" in console_text(Book.query(isbn="none"))
    Book(isbn="long", title="x" * 5000, tags=["<script>"]).save()
    html = Book.query(isbn="long")._repr_html_()
    assert len(html) < 500
    assert "&lt;script&gt;" in html


def test_a_notebook_shows_an_instance_and_a_page(recorder: RecordingBackend) -> None:
    assert Book(isbn="1", title="<b>")._repr_html_() == (
        "<table><caption>Book</caption><tbody><tr><th>isbn</th><td>1</td></tr><tr><th>title</th><td>&lt;b&gt;</td>"
        "</tr></tbody></table>"
    )
    page = next(Book.scan().page_size(2).pages())
    recorder.sent.clear()
    assert "<caption>Book: 2 items, more follow</caption>" in page._repr_html_()
    assert "s3cret <b>" in console_text(page)
    assert recorder.sent == []


def test_programs_define_their_own() -> None:
    class Own(Book):
        def __repr__(self) -> str:
            return "own"

        def __rich_repr__(self) -> Iterator[Any]:
            yield "own"

        def _repr_html_(self) -> str:
            return "<b>own</b>"

    own = Own(isbn="1")
    assert (repr(own), pretty_repr(own), own._repr_html_()) == ("own", "Own('own')", "<b>own</b>")


def test_rich_is_imported_by_nobody_else() -> None:
    program = "import sys, dynamorm; repr(dynamorm.Q(a=1)); print('rich' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )
