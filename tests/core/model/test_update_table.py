"""``Table.plan`` and ``Table.update_table``: from a live table to what its model describes, on every backend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from marshmallow import fields

from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectInclude, ProjectKeys, using
from dynamorm.data import (
    AddIndex,
    CreateTable,
    DescribeTable,
    DescribeTimeToLive,
    IndexSpec,
    KeyAttribute,
    ListTags,
    Operation,
    TableSpec,
    TagTable,
    Throughput,
    UpdateTable,
    UpdateTimeToLive,
)
from dynamorm.exceptions import (
    DynaModelException,
    DynamoException,
    MissingTableAttribute,
    TableMismatch,
    TableNotFound,
    TableProtected,
    Unsupported,
)
from dynamorm.ports.backends import Backend
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

BY_AUTHOR = {"name": "by-author", "hash_key": "author", "projection": ProjectAll()}
BY_YEAR = {"name": "by-year", "hash_key": "author", "range_key": "year", "projection": ProjectInclude("title")}
CAPACITY: dict[str, Any] = {"read": 2, "write": 3}


def model(*indexes: dict[str, Any], local: tuple[dict[str, Any], ...] = (), **table: Any) -> type[DynaModel]:
    """A model of books, with these indexes and settings of its table."""
    inner = {
        **{f"Global{number}": type("Index", (GlobalIndex,), index) for number, index in enumerate(indexes)},
        **{f"Local{number}": type("Index", (LocalIndex,), index) for number, index in enumerate(local)},
    }

    class Schema:
        isbn = fields.String()
        number = fields.Integer()
        author = fields.String(data_key="Author")
        year = fields.Integer()
        title = fields.String()
        expires = fields.Integer(data_key="Expires")
        stale = fields.Integer()

    settings = type("Table", (), {"name": "books", "hash_key": "isbn", **table})
    return type("Book", (DynaModel,), {"Table": settings, "Schema": Schema, **inner})


def live(backend: Backend) -> TableSpec:
    """The live table."""
    return backend.execute(DescribeTable("books")).spec


def update(book: type[DynaModel], **allowed: Any) -> tuple[int, list[str]]:
    """How many changes were made to the table of *book*, and what the plan said of each."""
    plan = table_of(book).plan(**allowed)
    made = table_of(book).update_table(**allowed)
    assert made == len(plan.done)
    assert table_of(book).update_table(**allowed) == 0
    return made, [str(change) for change in plan]


def test_nothing_to_change(connected: Backend) -> None:
    book = model(BY_AUTHOR | CAPACITY, stream="NEW_IMAGE", **CAPACITY)
    table_of(book).create_table()
    assert update(book) == (0, [])
    assert str(table_of(book).plan()) == "Table 'books' is as its model describes it."


def test_each_kind_of_change_in_one_call(connected: Backend) -> None:
    table_of(model(BY_AUTHOR)).create_table()
    book = model(BY_AUTHOR | {"read": 4, "write": 5}, BY_YEAR | CAPACITY, stream="NEW_IMAGE", ttl="expires", **CAPACITY)
    book.put({"isbn": "1", "author": "a", "year": 1, "title": "t"})
    changes = [
        "capacity: on demand → 2 read, 3 write; index 'by-author': 4 read, 5 write",
        "stream: off → NEW_IMAGE",
        "index 'by-year': none → hash key 'Author' (a string), range key 'year' (a number), with title",
        "time to live: off → at 'Expires'; loses data: items whose time has passed, which DynamoDB then deletes",
    ]
    assert str(table_of(book).plan()).splitlines() == [
        "Table 'books' differs from its model (4 to make):",
        *(f"  {number}. {change}" for number, change in enumerate(changes, start=1)),
    ]
    assert live(connected).throughput is None
    assert update(book) == (4, changes)
    spec = live(connected)
    assert (spec.throughput, spec.stream) == (Throughput(2, 3), "NEW_IMAGE")
    assert {index.name: index.throughput for index in spec.indexes} == {
        "by-author": Throughput(4, 5),
        "by-year": Throughput(2, 3),
    }
    assert connected.execute(DescribeTimeToLive("books")).attribute == "Expires"
    assert [found.title for found in book.Global1.query(author="a")] == ["t"]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"read": 1, "write": 1}, {"read": 7, "write": 1}, "capacity: 1 read, 1 write → 7 read, 1 write"),
        ({"read": 1, "write": 1}, {}, "capacity: 1 read, 1 write → on demand"),
        ({}, {"read": 1, "write": 2}, "capacity: on demand → 1 read, 2 write"),
    ],
)
def test_capacity_and_billing(connected: Backend, before: dict[str, Any], after: dict[str, Any], change: str) -> None:
    table_of(model(**before)).create_table()
    assert update(model(**after)) == (1, [change])
    assert live(connected).throughput == (Throughput(after["read"], after["write"]) if after else None)


def test_capacity_of_an_index(connected: Backend) -> None:
    table_of(model(BY_AUTHOR | CAPACITY, **CAPACITY)).create_table()
    change = "capacity of index 'by-author': 2 read, 3 write → 9 read, 8 write"
    assert update(model(BY_AUTHOR | {"read": 9, "write": 8}, **CAPACITY)) == (1, [change])
    assert live(connected).indexes[0].throughput == Throughput(9, 8)


def test_index_of_others_gets_a_capacity_when_the_table_does(connected: Backend) -> None:
    table_of(model(BY_AUTHOR)).create_table()
    made, changes = update(model(**CAPACITY))
    assert made == 1
    assert changes[-1] == "capacity: on demand → 2 read, 3 write; index 'by-author': 2 read, 3 write"
    assert live(connected).indexes[0].throughput == Throughput(2, 3)


def test_new_index_has_the_items_that_there_are(connected: Backend) -> None:
    book = model(BY_AUTHOR, BY_YEAR)
    table_of(model()).create_table()
    book.put_batch(*({"isbn": str(number), "author": "a", "year": number, "title": "t"} for number in range(30)))
    book.put({"isbn": "without a year", "author": "a"})
    book.put({"isbn": "without an author", "year": 1})
    assert update(book)[0] == 2
    assert book.Global0.query(author="a").count() == 31
    assert [found.isbn for found in book.Global1.query(author="a")] == [str(number) for number in range(30)]
    book.put({"isbn": "late", "author": "a", "year": 99})
    assert [found.isbn for found in book.Global1.query(author="a", year=99)] == ["late"]


def test_index_is_dropped_only_by_name(connected: Backend) -> None:
    table_of(model(BY_AUTHOR, BY_YEAR)).create_table()
    book = model(BY_YEAR)
    book.put({"isbn": "1", "author": "a", "year": 1})
    left = (
        "index 'by-author': hash key 'Author' (a string), with all attributes → none; loses data: the index, which can't "
        "be queried any more; NOT DONE, needs drop_indexes=['by-author']"
    )
    assert update(book) == (0, [left])
    assert update(book, drop_indexes=["by-year"]) == (0, [left])
    assert {index.name for index in live(connected).indexes} == {"by-author", "by-year"}
    plan = table_of(book).plan(drop_indexes=["by-author"])
    assert [(change.loses_data, change.is_done) for change in plan] == [(True, True)]
    assert update(book, drop_indexes=["by-author", "by-year"])[0] == 1
    assert [index.name for index in live(connected).indexes] == ["by-year"]
    assert [found.isbn for found in book.Global0.query(author="a")] == ["1"]


@pytest.mark.parametrize(
    "changed",
    [{"projection": ProjectKeys()}, {"range_key": "year"}, {"hash_key": "title"}],
    ids=["projection", "range-key", "hash-key"],
)
def test_changed_index_is_made_again_only_by_name(connected: Backend, changed: dict[str, Any]) -> None:
    table_of(model(BY_AUTHOR)).create_table()
    book = model(BY_AUTHOR | changed)
    book.put({"isbn": "1", "author": "a", "title": "a", "year": 1})
    made, changes = update(book)
    assert made == 0
    assert len(changes) == 2
    assert all(change.endswith("NOT DONE, needs drop_indexes=['by-author']") for change in changes)
    assert "the index, which can't be queried until it is created again" in changes[0]
    assert len(live(connected).indexes[0].key_attributes) == 1
    assert update(book, drop_indexes=["by-author"])[0] == 2
    assert replace(live(connected).indexes[0], throughput=None) == table_of(book).indexes["by-author"].spec
    assert book.Global0.scan().count() == 1


SEVERAL = BY_AUTHOR | {"hash_key": ["author", "title"], "range_key": ["year", "number"]}
SEVERAL_IN_WORDS = (
    "hash key 'Author' (a string) and 'title' (a string), range key 'year' (a number) and 'number' (a number), with all "
    "attributes"
)


def test_index_with_keys_of_several_fields(connected: Backend) -> None:
    table_of(model()).create_table()
    book = model(SEVERAL)
    book.put({"isbn": "1", "author": "a", "title": "t", "year": 1, "number": 1})
    book.put({"isbn": "2", "author": "a", "title": "t", "year": 1})
    assert update(book) == (1, [f"index 'by-author': none → {SEVERAL_IN_WORDS}"])
    assert replace(live(connected).indexes[0], throughput=None) == table_of(book).indexes["by-author"].spec
    assert [found.isbn for found in book.Global0.query(author="a", title="t", year=1)] == ["1"]


@pytest.mark.parametrize(
    "changed",
    [
        {"hash_key": "author", "range_key": ["title", "year", "number"]},
        {"hash_key": ["title", "author"]},
        {"range_key": ["number", "year"]},
        {"range_key": "year"},
    ],
    ids=["hash-attribute-in-the-range-key", "order-of-the-hash-key", "order-of-the-range-key", "shorter-range-key"],
)
def test_changed_key_of_several_fields_is_made_again_only_by_name(connected: Backend, changed: dict[str, Any]) -> None:
    table_of(model(SEVERAL)).create_table()
    book = model(SEVERAL | changed)
    made, changes = update(book)
    assert (made, len(changes)) == (0, 2)
    assert changes[0].startswith(f"index 'by-author': {SEVERAL_IN_WORDS} → none; loses data")
    assert all(change.endswith("NOT DONE, needs drop_indexes=['by-author']") for change in changes)
    assert update(book, drop_indexes=["by-author"])[0] == 2
    assert replace(live(connected).indexes[0], throughput=None) == table_of(book).indexes["by-author"].spec


def test_attribute_of_another_type_in_an_index_that_stays(connected: Backend) -> None:
    index = IndexSpec("by-text", "global", KeyAttribute("year", "S"))
    connected.execute(CreateTable(TableSpec("books", KeyAttribute("isbn", "S"), indexes=(index,))))
    book = model(BY_YEAR)
    made, changes = update(book)
    assert made == 0
    assert changes[1].startswith("index 'by-year': none → ")
    assert changes[1].endswith("NOT DONE, needs drop_indexes=['by-text']")
    assert update(book, drop_indexes=["by-text"])[0] == 2
    assert live(connected).indexes[0].range_key == table_of(book).indexes["by-year"].spec.range_key


OFF = "stream: NEW_IMAGE → off; loses data: the stream's records that nobody has read yet"
ON = "stream: off → OLD_IMAGE"
NEEDS = "; NOT DONE, needs switch_off=['stream']"


def test_stream(connected: Backend) -> None:
    table_of(model()).create_table()
    assert update(model(stream="NEW_IMAGE")) == (1, ["stream: off → NEW_IMAGE"])
    assert update(model(stream="OLD_IMAGE")) == (0, [OFF + NEEDS, ON + NEEDS])
    assert update(model()) == (0, [OFF + NEEDS])
    assert live(connected).stream == "NEW_IMAGE"
    assert update(model(), switch_off=["stream"]) == (1, [OFF])
    assert live(connected).stream is None


@pytest.mark.parametrize("name", ["sqlite_memory", "sqlite_file", "local"])
def test_stream_with_another_view(request: pytest.FixtureRequest, name: str) -> None:
    # moto never lets a stream be switched on again.
    backend: Backend = request.getfixturevalue(name)
    with using(backend):
        table_of(model(stream="NEW_IMAGE")).create_table()
        assert update(model(stream="OLD_IMAGE"), switch_off=["stream"]) == (2, [OFF, ON])
    assert live(backend).stream == "OLD_IMAGE"


def test_time_to_live(connected: Backend) -> None:
    table_of(model(ttl="expires")).create_table(wait=False)
    assert connected.execute(DescribeTimeToLive("books")).attribute == "Expires"
    assert update(model()) == (0, [])
    assert update(model(ttl="expires"), switch_off=["ttl"]) == (0, [])
    made, changes = update(model(ttl="stale"))
    assert made == 2
    assert changes[0] == "time to live: at 'Expires' → off"
    assert changes[1].startswith("time to live: off → at 'stale'; loses data: items")
    assert connected.execute(DescribeTimeToLive("books")).attribute == "stale"
    assert update(model(), switch_off=["ttl"]) == (1, ["time to live: at 'stale' → off"])
    assert connected.execute(DescribeTimeToLive("books")).attribute is None


def test_deletion_protection(connected: Backend) -> None:
    table = table_of(model(deletion_protection=True))
    table.create_table()
    with pytest.raises(TableProtected, match=r"'books'.*update\(switch_off=\['deletion_protection'\]\)"):
        table.delete()
    assert table.exists
    assert update(model(deletion_protection=True), switch_off=["deletion_protection"]) == (0, [])
    assert update(model()) == (0, [])
    left = "deletion protection: on → off; NOT DONE, needs switch_off=['deletion_protection']"
    assert update(model(deletion_protection=False)) == (0, [left])
    assert live(connected).deletion_protection
    assert update(model(deletion_protection=False), switch_off=["deletion_protection"])[0] == 1
    assert update(model(deletion_protection=True)) == (1, ["deletion protection: off → on"])
    assert update(model(), switch_off=["deletion_protection"]) == (1, ["deletion protection: on → off"])
    table.delete()


def test_protection_goes_on_first_and_off_last(connected: Backend) -> None:
    table_of(model()).create_table()
    made, changes = update(model(BY_AUTHOR, deletion_protection=True))
    assert (made, changes[0]) == (2, "deletion protection: off → on")
    made, changes = update(model(**CAPACITY), switch_off=["deletion_protection"], drop_indexes=["by-author"])
    assert [change.partition(":")[0] for change in changes] == ["index 'by-author'", "capacity", "deletion protection"]
    assert live(connected).throughput == Throughput(2, 3)


@pytest.mark.parametrize("name", ["sqlite_memory", "sqlite_file"])
def test_table_class(request: pytest.FixtureRequest, name: str) -> None:
    # Neither moto nor DynamoDB Local keeps it.
    backend: Backend = request.getfixturevalue(name)
    with using(backend):
        table_of(model(table_class="STANDARD_INFREQUENT_ACCESS")).create_table()
        assert live(backend).table_class == "STANDARD_INFREQUENT_ACCESS"
        assert update(model()) == (0, [])
        change = "table class: STANDARD_INFREQUENT_ACCESS → STANDARD"
        assert update(model(table_class="STANDARD")) == (1, [change])
        assert live(backend).table_class == "STANDARD"


@pytest.fixture(params=["sqlite_memory", "sqlite_file", "moto"])
def tagging(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """The backends that keep tags, in force; DynamoDB Local does not."""
    backend: Backend = request.getfixturevalue(request.param)
    with using(backend):
        yield backend


def tags(backend: Backend) -> dict[str, str]:
    arn = backend.execute(DescribeTable("books")).arn
    return dict(backend.execute(ListTags("books", arn)).tags)


def test_tags(tagging: Backend) -> None:
    table_of(model(tags={"team": "books", "cost": "12"})).create_table()
    assert tags(tagging) == {"team": "books", "cost": "12"}
    assert update(model()) == (0, [])
    left = "tags: cost=12 → none; NOT DONE, needs drop_tags=['cost']"
    made, changes = update(model(tags={"team": "shelves", "stage": ""}))
    assert (made, changes) == (1, ["tags: team=books, stage=none → team=shelves, stage=", left])
    assert tags(tagging) == {"team": "shelves", "stage": "", "cost": "12"}
    assert update(model(tags={"team": "shelves"}), drop_tags=["cost", "gone"])[0] == 1
    assert tags(tagging) == {"team": "shelves", "stage": ""}
    assert update(model(), drop_tags=["team"]) == (1, ["tags: team=shelves → none"])
    assert tags(tagging) == {"stage": ""}


def test_many_tags(tagging: Backend) -> None:
    wanted = {f"tag{number}": str(number) for number in range(50)}
    table_of(model(tags=wanted)).create_table()
    assert update(model(tags=wanted)) == (0, [])


def test_tags_that_the_server_does_not_keep(local: Backend) -> None:
    with using(local):
        table_of(model()).create_table()
        assert update(model(**CAPACITY))[0] == 1
        tagged = table_of(model(tags={"team": "books"}))
        for verb in (tagged.plan, tagged.update_table):
            with pytest.raises(
                Unsupported, match=r"ListTags on table 'books' .* DynamoDB Local, for example, has no tags"
            ):
                verb()
        assert live(local).throughput == Throughput(2, 3)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (
            {"hash_key": "title"},
            r"has the hash key 'isbn' \(a string\) and no range key, and its model the hash key 'title' \(a string\)",
        ),
        (
            {"range_key": "year"},
            r"no range key, and its model the hash key 'isbn' \(a string\) and the range key 'year' \(a number\)",
        ),
        ({"hash_key": "number"}, r"its model the hash key 'number' \(a number\)"),
    ],
)
def test_other_keys_are_refused(connected: Backend, keys: dict[str, Any], words: str) -> None:
    table_of(model(BY_AUTHOR, stream="NEW_IMAGE")).create_table()
    before = live(connected)
    table = table_of(model(BY_YEAR | CAPACITY, stream="OLD_IMAGE", deletion_protection=True, **CAPACITY, **keys))
    for verb in (table.plan, table.update_table):
        with pytest.raises(TableMismatch, match=f"The table 'books' .*{words}.* nothing was changed. Fix the model"):
            verb(drop_indexes=["by-author"], switch_off=["stream"])
    assert live(connected) == before


LOCAL = {"name": "by-title", "hash_key": "isbn", "range_key": "title", "projection": ProjectAll()}


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ((), "and the table does not have it"),
        (
            (LOCAL | {"range_key": "author"},),
            r"and the table has it as hash key 'isbn' \(a string\), range key 'Author'",
        ),
        ((LOCAL | {"projection": ProjectKeys()},), "and the table has it as .* with keys only"),
    ],
    ids=["missing", "other-key", "other-projection"],
)
def test_other_local_indexes_are_refused(connected: Backend, before: tuple[dict[str, Any], ...], words: str) -> None:
    table_of(model(local=before, range_key="year")).create_table()
    table = table_of(model(local=(LOCAL,), range_key="year", **CAPACITY))
    for verb in (table.plan, table.update_table):
        with pytest.raises(
            TableMismatch, match=f"'books' has the local index 'by-title' as .*{words}.*Make it a global"
        ):
            verb()
    assert live(connected).throughput is None


def test_local_index_that_the_model_does_not_have_is_told_and_stays(connected: Backend) -> None:
    table_of(model(local=(LOCAL,), range_key="year")).create_table()
    made, changes = update(model(range_key="year", **CAPACITY), drop_indexes=["by-title"])
    assert made == 1
    assert changes[0].startswith("local index 'by-title': hash key 'isbn' (a string), range key 'title' (a string)")
    assert changes[0].endswith(
        "NOT DONE, needs a new table: DynamoDB creates and removes local indexes only together with their table"
    )
    assert [index.name for index in live(connected).indexes] == ["by-title"]


def test_no_table(connected: Backend) -> None:
    table = table_of(model())
    for verb in (table.plan, table.update_table):
        with pytest.raises(TableNotFound, match=r"'books'.*__table__\.create\(\)"):
            verb()


class Everything(RecordingBackend):
    """Keeps all operations that it is sent, those on tables too."""

    def execute(self, operation: Operation[Any]) -> Any:
        self.sent.append(operation)
        return self._backend.execute(operation)


def test_only_what_the_model_mentions_is_asked_for(sqlite_memory: Backend) -> None:
    everything = Everything(sqlite_memory)
    with using(everything):
        table_of(model()).create_table()
        table_of(model()).update_table()
        assert everything.sent == [CreateTable(table_of(model()).spec), DescribeTable("books")]


def test_plan_changes_nothing(sqlite_memory: Backend) -> None:
    book = model(BY_AUTHOR, stream="NEW_IMAGE", ttl="expires", tags={"team": "books"}, deletion_protection=True)
    everything = Everything(sqlite_memory)
    with using(everything):
        table_of(model()).create_table()
        everything.sent.clear()
        assert len(table_of(book).plan()) == 5
        kinds = [type(operation) for operation in everything.sent]
        assert kinds == [DescribeTable, DescribeTimeToLive, ListTags]


def test_plan_is_a_sequence_of_operations_in_their_order(sqlite_memory: Backend) -> None:
    book = model(BY_AUTHOR, stream="NEW_IMAGE", ttl="expires", tags={"team": "books"})
    with using(sqlite_memory):
        table_of(model()).create_table()
        plan = table_of(book).plan()
    assert [type(change.operation) for change in plan] == [UpdateTable, UpdateTable, UpdateTimeToLive, TagTable]
    assert plan[0] in plan
    assert plan[:2] == plan.changes[:2]
    assert [change.loses_data for change in plan] == [False, False, True, False]
    operation = plan[1].operation
    assert isinstance(operation, UpdateTable)
    assert isinstance(operation.change, AddIndex)


ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    ({"drop_indexes": "by-author"}, r"drop_indexes is a list of names, such as drop_indexes=\['by-author'\]"),
    ({"drop_tags": [1]}, r"drop_tags is a list of names, such as drop_tags=\['team'\]"),
    ({"switch_off": "stream"}, r"switch_off is a list of names, such as switch_off=\['stream'\]"),
    (
        {"switch_off": ["time_to_live"]},
        r"'time_to_live' is not a setting of the table 'books' that can be switched off; those are deletion_protection, str",
    ),
]


@pytest.mark.parametrize(("arguments", "words"), ARGUMENTS)
def test_wrong_arguments(sqlite_memory: Backend, arguments: dict[str, Any], words: str) -> None:
    with using(sqlite_memory):
        for verb in (table_of(model()).plan, table_of(model()).update_table):
            with pytest.raises(DynaModelException, match=words):
                verb(**arguments)


def test_incomplete_capacity(sqlite_memory: Backend) -> None:
    with using(sqlite_memory):
        table_of(model()).create_table()
        with pytest.raises(MissingTableAttribute, match="The Table of Book has 'read' but no 'write'"):
            table_of(model(read=1)).update_table()


SETTINGS: list[tuple[dict[str, Any], type[DynamoException], str]] = [
    ({"ttl": "gone"}, LookupError, "The ttl 'gone' of the Table of Book is not in the schema, whose fields are author"),  # type: ignore[list-item]
    ({"ttl": 5}, LookupError, "The ttl '5' of the Table of Book is not in the schema"),  # type: ignore[list-item]
    ({"ttl": "title"}, DynaModelException, "The ttl 'title' of the Table of Book is stored as a string. Use a field"),
    (
        {"deletion_protection": "yes"},
        DynaModelException,
        "deletion_protection of the Table of Book must be True or False",
    ),
    ({"table_class": "GLACIER"}, DynaModelException, "must be one of STANDARD, STANDARD_INFREQUENT_ACCESS"),
    ({"tags": ["a"]}, DynaModelException, "The tags of the Table of Book must be a dict of strings"),
    ({"tags": {"a": 1}}, DynaModelException, "The tags of the Table of Book must be a dict of strings"),
    ({"tags": {"": "a"}}, DynaModelException, "The tag '' of the Table of Book is too long, or has no key"),
    ({"tags": {"a": "b" * 257}}, DynaModelException, "a key has 1 to 128 characters, a value at most 256"),
    ({"tags": {"AWS:a": "b"}}, DynaModelException, "begins with 'aws:', which AWS reserves"),
    ({"tags": {"a": "b;c"}}, DynaModelException, "has a character that DynamoDB does not allow"),
    (
        {"tags": {str(n): "" for n in range(51)}},
        DynaModelException,
        "The Table of Book has 51 tags; DynamoDB allows 50",
    ),
]


@pytest.mark.parametrize(("setting", "kind", "words"), SETTINGS)
def test_wrong_setting(setting: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        model(**setting)
