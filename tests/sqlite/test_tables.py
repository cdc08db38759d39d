"""Tables and their indexes: what can be made, what indexes keep, and what writes refuse."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dynamorm.data import (
    AttributeNotExists,
    BatchWrite,
    Comparison,
    CreateTable,
    DeleteItem,
    DeleteRequest,
    DeleteTable,
    DescribeTable,
    GetItem,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    Operation,
    Path,
    ProjectionSpec,
    PutItem,
    PutRequest,
    Query,
    Remove,
    Scan,
    Set,
    TableSpec,
    Throughput,
    UpdateItem,
    Value,
)
from dynamorm.data.results import ItemResult
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import (
    ConditionFailed,
    DynamoException,
    InvalidKey,
    InvalidUpdate,
    InvalidValue,
    ItemTooLarge,
    RequestRejected,
    TableNotFound,
    Unsupported,
)
from dynamorm.ports.backends import Backend
from dynamorm.rules import spec_from_json, spec_to_json

HASH, OTHER = KeyAttribute("h", "S"), KeyAttribute("g", "S")
SECRET = "the value of an item"


def index(name: str = "by-other", **changes: object) -> IndexSpec:
    settings: dict[str, object] = {"kind": "global", "hash_key": OTHER, **changes}
    return IndexSpec(name, **settings)  # type: ignore[arg-type]


def local(name: str = "by-other", range_key: KeyAttribute | None = OTHER) -> IndexSpec:
    return IndexSpec(name, "local", HASH, range_key)


RANGED = KeyAttribute("r", "N")
LETTERS = tuple(KeyAttribute(letter, "S") for letter in "abcde")
MANY = ProjectionSpec("INCLUDE", tuple(f"a{number}" for number in range(51)))
REFUSED: list[tuple[TableSpec, str]] = [
    (TableSpec("my books", HASH), "'my books' can't be the name"),
    (TableSpec("bs", HASH), "3 to 255 characters"),
    (TableSpec("b" * 256, HASH), "3 to 255 characters"),
    (TableSpec("books", HASH, HASH), "'h' appears more than once in the key of 'books'"),
    (TableSpec("books", HASH, KeyAttribute("h", "N")), "'h' appears more than once"),
    (TableSpec("books", HASH, None, (index("by"),)), "'by' can't be the name"),
    (TableSpec("books", HASH, None, (index(), index())), "'by-other' appears more than once"),
    (TableSpec("books", HASH, RANGED, (index(), local())), "'by-other' appears more than once"),
    (TableSpec("books", HASH, None, (local(),)), "no range key, so the index 'by-other' .* can't be local"),
    (TableSpec("books", HASH, RANGED, (local(range_key=None),)), "range key of their own"),
    (TableSpec("books", HASH, RANGED, (index(kind="local", range_key=RANGED),)), "have the table's hash key 'h'"),
    (
        TableSpec("books", HASH, None, tuple(index(f"index{n}") for n in range(21))),
        "21 global indexes; DynamoDB allows 20",
    ),
    (
        TableSpec("books", HASH, RANGED, tuple(local(f"index{n}") for n in range(6))),
        "6 local indexes; DynamoDB allows 5",
    ),
    (TableSpec("books", HASH, None, (index(projection=ProjectionSpec("INCLUDE")),)), "and it needs at least one"),
    (TableSpec("books", HASH, None, (index(projection=ProjectionSpec("ALL", ("a",))),)), "is ALL"),
    (
        TableSpec("books", HASH, None, (index(projection=ProjectionSpec("INCLUDE", ("a", "a"))),)),
        "'a' appears more than",
    ),
    (
        TableSpec("books", HASH, None, (index(projection=MANY), index("again", projection=MANY))),
        "indexes of 'books' include 102 attributes in all; DynamoDB allows 100",
    ),
    (
        TableSpec("books", HASH, None, (index(hash_key=KeyAttribute("h", "N")),)),
        "'h' appears more than once in the types",
    ),
    (
        TableSpec("books", HASH, None, (index(hash_key=LETTERS),)),
        "hash key of the index 'by-other' of 'books' has 5 attributes; DynamoDB allows 4",
    ),
    (TableSpec("books", HASH, None, (index(range_key=LETTERS),)), "range key of the index .* has 5 attributes"),
    (TableSpec("books", HASH, None, (index(hash_key=()),)), "index 'by-other' of 'books' has no hash key"),
    (TableSpec("books", HASH, None, (index(range_key=(RANGED, OTHER)),)), "'g' appears more than once in the key of"),
    (
        TableSpec("books", HASH, RANGED, (index(kind="local", hash_key=HASH, range_key=LETTERS[:2]),)),
        "range key of .* has 2 attributes, which only the keys of global indexes can have. Make it a global index",
    ),
    (TableSpec("books", HASH, throughput=Throughput(0, 1)), "capacity of at least 1"),
    (
        TableSpec("books", HASH, None, (index(),), Throughput(1, 1)),
        "index 'by-other' of 'books' has no read and write capacity",
    ),
]


@pytest.mark.parametrize(("spec", "reason"), REFUSED, ids=[reason for _, reason in REFUSED])
def test_table_that_dynamodb_refuses(spec: TableSpec, reason: str) -> None:
    with open_backend("sqlite") as backend:
        with pytest.raises(RequestRejected, match=reason):
            backend.execute(CreateTable(spec))
        with pytest.raises((TableNotFound, RequestRejected)):
            backend.execute(DescribeTable(spec.name))


@pytest.mark.parametrize(
    "spec",
    [
        TableSpec("books", HASH),
        TableSpec(
            "books",
            HASH,
            RANGED,
            (
                index(projection=ProjectionSpec("INCLUDE", ("a", "b")), throughput=Throughput(3, 4)),
                local("by-local", KeyAttribute("é", "B")),
                index("by-several", hash_key=(OTHER, RANGED), range_key=LETTERS[:3], throughput=Throughput(3, 4)),
            ),
            Throughput(1, 2),
            "NEW_IMAGE",
        ),
    ],
)
def test_spec_as_text(spec: TableSpec) -> None:
    assert spec_from_json(spec_to_json(spec)) == spec


def test_names_that_differ_in_case_are_different(memory: Backend) -> None:
    for name in ("Books", "sqlite_books", "books.2"):
        memory.execute(CreateTable(TableSpec(name, HASH, None, (index("IDX"), index("idx")))))
        memory.execute(PutItem(name, {"h": name, "g": "x"}))
        assert memory.execute(Scan(name, "idx")).items == [{"h": name, "g": "x"}]
    assert memory.execute(Scan("books")).items == []


def test_table_made_anew_is_empty(memory: Backend, spec: TableSpec) -> None:
    memory.execute(PutItem("books", {"author": "a", "year": 1, "genre": "g"}))
    memory.execute(DeleteTable("books"))
    memory.execute(CreateTable(spec))
    assert memory.execute(DescribeTable("books")).item_count == 0
    assert memory.execute(Scan("books", "by-genre")).items == []


def test_index_follows_its_items(memory: Backend) -> None:
    key: Item = {"author": "a", "year": 1}

    def genres() -> dict[str, int]:
        return {
            genre: memory.execute(Query("books", KeyCondition(("genre", genre)), "by-genre")).count for genre in "xy"
        }

    memory.execute(PutItem("books", {**key, "genre": "x"}))
    assert genres() == {"x": 1, "y": 0}
    memory.execute(UpdateItem("books", key, (Set(Path.of("genre"), Value("y")),)))
    assert genres() == {"x": 0, "y": 1}
    memory.execute(UpdateItem("books", key, (Remove(Path.of("genre")),)))
    assert genres() == {"x": 0, "y": 0}
    memory.execute(BatchWrite((PutRequest("books", {**key, "genre": "x"}),)))
    memory.execute(PutItem("books", {**key, "genre": "y"}))
    assert genres() == {"x": 0, "y": 1}
    memory.execute(BatchWrite((DeleteRequest("books", key),)))
    assert genres() == {"x": 0, "y": 0}
    memory.execute(PutItem("books", {**key, "genre": "x"}))
    memory.execute(DeleteItem("books", key))
    assert genres() == {"x": 0, "y": 0}


SECRETS: list[tuple[Operation[object], type[DynamoException]]] = [
    (PutItem("books", {"author": SECRET}), InvalidKey),
    (PutItem("books", {"author": "a", "year": SECRET}), InvalidKey),
    (PutItem("books", {"author": SECRET * 200, "year": 1}), InvalidKey),
    (PutItem("books", {"author": "a", "year": 1, "genre": SECRET * 200}), InvalidKey),
    (PutItem("books", {"author": "a", "year": 1, "genre": [SECRET]}), InvalidKey),
    (PutItem("books", {"author": "a", "year": 1, "text": SECRET * 50_000}), ItemTooLarge),
    (PutItem("books", {"author": "a", "year": 1, "": SECRET}), InvalidValue),
    (PutItem("books", {"author": "a", "year": 1, "map": [{"": SECRET}]}), InvalidValue),
    (PutItem("books", {"author": "b", "year": 1}, AttributeNotExists(Path.of("author"))), ConditionFailed),
    (GetItem("books", {"author": SECRET, "year": 1, "x": 1}), InvalidKey),
    (UpdateItem("books", {"author": "b", "year": 1}, (Set(Path.of("text", "x"), Value(SECRET)),)), InvalidUpdate),
    (UpdateItem("books", {"author": "b", "year": 1}, (Set(Path.of("year"), Value(SECRET)),)), InvalidUpdate),
    (Query("books", KeyCondition(("author", 1))), InvalidKey),
    (Query("books", KeyCondition(("year", SECRET))), InvalidKey),
    (Query("books", KeyCondition(("author", "a")), start_key={"author": SECRET, "year": 1}), InvalidKey),
    (BatchWrite((PutRequest("books", {"author": SECRET, "year": 1}),) * 2), InvalidKey),
]


@pytest.mark.parametrize(
    ("operation", "kind"), SECRETS, ids=[f"{type(o).__name__}-{n}" for n, (o, _) in enumerate(SECRETS)]
)
def test_message_names_the_table_and_no_values(
    books: Backend, operation: Operation[object], kind: type[DynamoException]
) -> None:
    present: Item = {"author": "b", "year": 1, "text": SECRET}
    books.execute(PutItem("books", present))
    with pytest.raises(kind) as caught:
        books.execute(operation)
    assert "'books'" in str(caught.value) or "'map'" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert books.execute(Scan("books")).items == [present]
    assert books.execute(Scan("books", "by-genre")).items == []


BY_LETTERS = IndexSpec("by-letters", "global", LETTERS[:2], LETTERS[2:])
C, D = (Comparison("=", Path.of(letter), Value(SECRET)) for letter in "cd")
UNFIT_CONDITIONS: list[tuple[KeyCondition, str]] = [
    (KeyCondition(("a", SECRET)), "gives 'a', but the hash key of .* is a and b. Give a value for each of them"),
    (KeyCondition({"a": SECRET, "b": SECRET}, D), "condition on 'd', so it also needs a value for 'c'"),
    (
        KeyCondition({"a": SECRET, "b": SECRET}, (Comparison(">", Path.of("c"), Value(SECRET)), D)),
        "needs a value for 'c', which comes before it in the key of the index 'by-letters' of 'texts'",
    ),
    (KeyCondition({"a": SECRET, "b": SECRET}, (C, C)), "has two conditions on 'c'. Give one, such as BETWEEN"),
    (
        KeyCondition({"a": SECRET, "b": SECRET}, Comparison("=", Path.of("x"), Value(SECRET))),
        "compares its range key 'c', 'd', 'e' with a value",
    ),
]


@pytest.mark.parametrize(("condition", "words"), UNFIT_CONDITIONS)
def test_condition_that_does_not_fit_a_key_of_several_attributes(
    memory: Backend, condition: KeyCondition, words: str
) -> None:
    memory.execute(CreateTable(TableSpec("texts", HASH, None, (BY_LETTERS,))))
    with pytest.raises(InvalidKey, match=words) as caught:
        memory.execute(Query("texts", condition, "by-letters"))
    assert SECRET not in str(caught.value)


def test_part_of_a_key_of_several_attributes_that_does_not_fit(memory: Backend) -> None:
    memory.execute(CreateTable(TableSpec("texts", HASH, None, (BY_LETTERS,))))
    with pytest.raises(
        InvalidKey, match=r"'a', 'b' have 2,080 bytes together, .* 'texts'; DynamoDB allows 2,048 bytes"
    ):
        memory.execute(PutItem("texts", {"h": "1", "a": SECRET * 52, "b": SECRET * 52}))
    assert memory.execute(Scan("texts")).items == []


@dataclass(frozen=True)
class Stranger(Operation[ItemResult]):
    """An operation that some later version of the core may have."""


def test_unknown_operation(memory: Backend) -> None:
    with pytest.raises(Unsupported, match="Stranger"):
        memory.execute(Stranger())


def test_unknown_table_and_index(memory: Backend) -> None:
    with pytest.raises(TableNotFound, match="no table 'shelves' in this database"):
        memory.execute(Scan("shelves"))
    with pytest.raises(TableNotFound, match=r"'books' has no index 'by-year'\. Its indexes: 'by-genre', 'by-title'"):
        memory.execute(Scan("books", "by-year"))
