"""``create_all`` and ``exist_ok``: tables that exist are accepted if they are as their models describe them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectKeys, explain, using
from dynamorm.data import DescribeTable, Operation, TableSpec, UpdateTimeToLive
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import DynaModelException, TableAlreadyExists, TableMismatch
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


def model(**settings: Any) -> type[DynaModel]:
    """A model with other settings of one table."""
    index = settings.pop("index", None)

    class Book(DynaModel):
        Table = type("Table", (), {"name": "books", "hash_key": "isbn", **settings})
        if index is not None:
            Index = index

        class Schema:
            isbn = fields.text(required=True)
            title = fields.text()
            sold = fields.integer()
            expires = fields.integer()

    return Book


class ByTitle(GlobalIndex):
    name = "by-title"
    hash_key = "title"
    projection = ProjectAll()


class KeysByTitle(GlobalIndex):
    name = "by-title"
    hash_key = "title"
    projection = ProjectKeys()


class BySold(LocalIndex):
    name = "by-sold"
    hash_key = "isbn"
    range_key = "sold"
    projection = ProjectAll()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"range_key": "title", "index": BySold},
        {"index": ByTitle, "stream": "KEYS_ONLY"},
        {"ttl": "expires", "deletion_protection": False},
    ],
)
def test_table_that_is_as_its_model_describes_it_is_accepted(connected: Backend, settings: dict[str, Any]) -> None:
    table = table_of(model(**settings))
    table.create_table(exist_ok=True)
    table.create_table(exist_ok=True)
    dynamorm.create_all([model(**settings)])
    with pytest.raises(TableAlreadyExists):
        table.create_table()
    assert len(table.plan()) == 0


@pytest.mark.parametrize(
    ("live", "wanted", "message"),
    [
        ({}, {"index": ByTitle}, "index 'by-title': none → "),
        ({"index": ByTitle}, {}, "index 'by-title': .* → none"),
        ({"index": ByTitle}, {"index": KeysByTitle}, "index 'by-title'"),
        ({}, {"range_key": "title"}, "its model"),
        ({}, {"read": 5, "write": 5}, "capacity: on demand → "),
        ({"read": 5, "write": 5}, {}, "capacity: .* → on demand"),
        ({}, {"stream": "KEYS_ONLY"}, "stream: off → KEYS_ONLY"),
    ],
)
def test_table_that_differs_is_refused(
    connected: Backend, live: dict[str, Any], wanted: dict[str, Any], message: str
) -> None:
    table_of(model(**live)).create_table()
    before = connected.execute(DescribeTable("books")).spec
    creates: tuple[Callable[[], None], ...] = (
        lambda: table_of(model(**wanted)).create_table(exist_ok=True),
        lambda: table_of(model(**wanted)).create_table(wait=False, exist_ok=True),
        lambda: dynamorm.create_all([model(**wanted)]),
    )
    for create in creates:
        with pytest.raises(TableMismatch, match=message):
            create()
    assert connected.execute(DescribeTable("books")).spec == before


def test_what_differs_says_what_to_do(sqlite_memory: Backend) -> None:
    with using(sqlite_memory):
        table_of(model()).create_table()
        with pytest.raises(TableMismatch, match=r"Nothing was changed.*__table__\.update\(\)"):
            table_of(model(index=ByTitle, stream="KEYS_ONLY")).create_table(exist_ok=True)


def test_capacity_is_left_to_who_scales_it(connected: Backend) -> None:
    table_of(model(read=5, write=5)).create_table()
    table_of(model(read=7, write=9)).create_table(exist_ok=True)
    dynamorm.create_all([model(read=7, write=9)])


def test_time_to_live_that_differs_is_refused(sqlite_memory: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while, in which whoever creates the table may switch it on."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    with using(sqlite_memory):
        table_of(model()).create_table()
        with pytest.raises(TableMismatch, match="time to live: off → at 'expires'"):
            table_of(model(ttl="expires")).create_table(exist_ok=True)


def test_two_programs_create_a_table_at_the_same_time(sqlite_memory: Backend) -> None:
    """The other one has not yet switched on the time to live."""

    class Late(RecordingBackend):
        asked = 0

        def execute(self, operation: Operation[Any]) -> Any:
            if type(operation).__name__ == "DescribeTimeToLive":
                self.asked += 1
                if self.asked == 3:
                    super().execute(UpdateTimeToLive("books", "expires", on=True))
            return super().execute(operation)

    with using(sqlite_memory):
        table_of(model()).create_table()
    late = Late(sqlite_memory)
    with using(late):
        table_of(model(ttl="expires")).create_table(exist_ok=True)
    assert late.asked == 3


def test_create_all_creates_what_is_missing(connected: Backend) -> None:
    class Author(DynaModel):
        class Table:
            name = "authors"
            hash_key = "name"
            ttl = "expires"

        class Schema:
            name = fields.text(required=True)
            expires = fields.integer()

    class Writer(Author):
        pass

    book = model(index=ByTitle)
    table_of(book).create_table()
    dynamorm.create_all([book, Author, Writer, Author])
    dynamorm.create_all(iter((book, Author)))
    Writer.put({"name": "ann"})
    assert len(table_of(Author).plan()) == 0
    dynamorm.create_all([])


def test_create_all_goes_to_the_backend_of_each_table(sqlite_memory: Backend) -> None:
    with open_backend("sqlite:///:memory:") as other, using(sqlite_memory):
        dynamorm.create_all([model(), model(backend=other)])
        for backend in (sqlite_memory, other):
            spec: TableSpec = backend.execute(DescribeTable("books")).spec
            assert spec.name == "books"


def test_create_all_creates_what_several_models_describe(sqlite_memory: Backend) -> None:
    with using(sqlite_memory):
        both = [model(index=ByTitle), model(ttl="expires", stream="KEYS_ONLY")]
        dynamorm.create_all(both)
        dynamorm.create_all(reversed(both))
        spec = sqlite_memory.execute(DescribeTable("books")).spec
        assert ([index.name for index in spec.indexes], spec.stream) == (["by-title"], "KEYS_ONLY")
        message = "the Table of Book and the Table of Book both describe the table 'books', and differ in the stream"
        with pytest.raises(DynaModelException, match=message):
            dynamorm.create_all([*both, model(stream="NEW_IMAGE")])


@pytest.mark.parametrize("wrong", [[object], [None], None, 5, ["Book"], DynaModel])
def test_what_is_no_list_of_models_is_refused(recorder: RecordingBackend, wrong: Any) -> None:
    with pytest.raises(DynaModelException, match=r"dynamorm\.create_all\(\[Book, Author\]\)"):
        dynamorm.create_all(wrong)


def test_explanation_sends_nothing(recorder: RecordingBackend) -> None:
    assert "CreateTable" in str(explain(table_of(model()).create_table, exist_ok=True))
    assert "CreateTable" in str(explain(dynamorm.create_all, [model()]))
    assert not table_of(model()).exists


def test_the_verbs_of_the_table_for_new_programs(connected: Backend) -> None:
    book = model(index=ByTitle)
    table = book.__table__
    assert table is book.Table
    table.create()
    assert table.exists
    with pytest.raises(TableAlreadyExists):
        table.create(wait=False)
    table.create(exist_ok=True)
    assert table.update() == 0
    table.drop()
    assert not table.exists
    for verb, former in (
        (table.create, table.create_table),
        (table.drop, table.delete),
        (table.update, table.update_table),
    ):
        assert explain(verb).operations == explain(former).operations
