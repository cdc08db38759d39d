"""Mistakes that only the service can find: DynamoDB Local's answers become the exceptions that fit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from dynamorm.data import (
    Add,
    AttributeNotExists,
    AttributeValue,
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    BeginsWith,
    Between,
    Comparison,
    CreateTable,
    Delete,
    DeleteItem,
    DeleteRequest,
    DeleteTable,
    GetItem,
    In,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    ListAppend,
    Operation,
    Path,
    Plus,
    PutItem,
    PutRequest,
    Query,
    Remove,
    Scan,
    Set,
    TableSpec,
    UpdateAction,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import (
    ConditionFailed,
    DynamoException,
    InvalidKey,
    InvalidUpdate,
    InvalidValue,
    ItemTooLarge,
    RequestRejected,
    TableAlreadyExists,
    TableNotFound,
)
from dynamorm.ports.backends import Backend, BackendAddress
from dynamorm_boto3 import plugin

ISBN, YEAR, AUTHOR = KeyAttribute("isbn", "S"), KeyAttribute("year", "N"), KeyAttribute("author", "S")
TABLE = TableSpec("mistakes", ISBN, YEAR, (IndexSpec("by-author", "global", AUTHOR),))
# What must not be in a message, whatever it says.
SECRET = "s3cr3t-v4lu3"
KEY: Item = {"isbn": SECRET, "year": 1999}
STORED: Item = {**KEY, "map": {"a": 1}, "list": [1], "text": SECRET, "set": {"a"}, "nines": int("9" * 38)}


@pytest.fixture(scope="module")
def books(dynamodb_local: str) -> Iterator[Backend]:
    """DynamoDB Local with one table that holds one item, which no test changes."""
    options = {"endpoint_url": dynamodb_local, "aws_access_key_id": "mistakes", "aws_secret_access_key": "x"}
    address = BackendAddress("boto3", "eu-west-1", "boto3://eu-west-1")
    with plugin.connect(address, options) as backend:
        backend.execute(CreateTable(TABLE))
        backend.execute(PutItem("mistakes", STORED))
        yield backend
        backend.execute(DeleteTable("mistakes"))


def put(**attributes: AttributeValue) -> PutItem:
    return PutItem("mistakes", {**KEY, **attributes})


def update(*actions: UpdateAction) -> UpdateItem:
    return UpdateItem("mistakes", KEY, actions)


def query(condition: KeyCondition, **options: Any) -> Query:
    return Query("mistakes", condition, **options)


def path(*elements: str | int) -> Path:
    return Path(elements)


def nested(levels: int) -> AttributeValue:
    value: AttributeValue = SECRET
    for _ in range(levels):
        value = [value]
    return value


HASH = ("isbn", SECRET)
ONE, TEXT = Value(1), Value(SECRET)

MISTAKES: dict[str, tuple[Operation[Any], type[DynamoException]]] = {
    "put without key": (PutItem("mistakes", {"text": SECRET}), InvalidKey),
    "put without range key": (PutItem("mistakes", {"isbn": SECRET}), InvalidKey),
    "put with a key of another type": (PutItem("mistakes", {"isbn": 5, "year": 1}), InvalidKey),
    "put with a null key": (PutItem("mistakes", {"isbn": None, "year": 1}), InvalidKey),
    "put with an empty key": (PutItem("mistakes", {"isbn": "", "year": 1}), InvalidKey),
    "put with a long key": (PutItem("mistakes", {"isbn": SECRET * 200, "year": 1}), InvalidKey),
    "put with an index key of another type": (put(author=5), InvalidKey),
    "put with an empty index key": (put(author=""), InvalidKey),
    "put with a long index key": (put(author=SECRET * 200), InvalidKey),
    "get without range key": (GetItem("mistakes", {"isbn": SECRET}), InvalidKey),
    "get without key": (GetItem("mistakes", {}), InvalidKey),
    "get with more than the key": (GetItem("mistakes", {**KEY, "text": SECRET}), InvalidKey),
    "get with a key of another type": (GetItem("mistakes", {"isbn": 5, "year": 1}), InvalidKey),
    "get with an empty key": (GetItem("mistakes", {"isbn": "", "year": 1}), InvalidKey),
    "delete without range key": (DeleteItem("mistakes", {"isbn": SECRET}), InvalidKey),
    "update without range key": (UpdateItem("mistakes", {"isbn": SECRET}, ()), InvalidKey),
    "update of an index key's type": (update(Set(path("author"), ONE)), InvalidKey),
    "batch get of one key twice": (BatchGet((BatchGetKeys("mistakes", (KEY, KEY)),)), InvalidKey),
    "batch get without range key": (BatchGet((BatchGetKeys("mistakes", ({"isbn": SECRET},)),)), InvalidKey),
    "batch get without key": (BatchGet((BatchGetKeys("mistakes", (KEY, {})),)), InvalidKey),
    "batch write of one key twice": (
        BatchWrite((PutRequest("mistakes", KEY), DeleteRequest("mistakes", KEY))),
        InvalidKey,
    ),
    "batch write without range key": (BatchWrite((PutRequest("mistakes", {"isbn": SECRET}),)), InvalidKey),
    "query by what is no key": (query(KeyCondition(("text", SECRET))), InvalidKey),
    "query with a range that is no key": (query(KeyCondition(HASH, Comparison("=", path("text"), TEXT))), InvalidKey),
    "query with a hash key of another type": (query(KeyCondition(("isbn", 5))), InvalidKey),
    "query with a range key of another type": (
        query(KeyCondition(HASH, Comparison("<", path("year"), TEXT))),
        InvalidKey,
    ),
    "query with an empty hash key": (query(KeyCondition(("isbn", ""))), InvalidKey),
    "query for another range key": (query(KeyCondition(HASH, Comparison("<>", path("year"), ONE))), InvalidKey),
    "query for a number's beginning": (query(KeyCondition(HASH, BeginsWith(path("year"), ONE))), InvalidKey),
    "query with a range upside down": (
        query(KeyCondition(HASH, Between(path("year"), Value(987654321), Value(2)))),
        InvalidKey,
    ),
    "query with a range of two types": (query(KeyCondition(HASH, Between(path("year"), ONE, TEXT))), InvalidKey),
    "filter on a key": (query(KeyCondition(HASH), filter=Comparison("=", path("year"), ONE)), InvalidKey),
    "start key of another table": (query(KeyCondition(HASH), start_key={"isbn": SECRET}), InvalidKey),
    "update of a key": (update(Set(path("isbn"), TEXT)), InvalidUpdate),
    "removal of a key": (update(Remove(path("year"))), InvalidUpdate),
    "overlapping paths": (update(Set(path("map"), ONE), Remove(path("map", "a"))), InvalidUpdate),
    "one path twice": (update(Set(path("map"), ONE), Set(path("map"), TEXT)), InvalidUpdate),
    "conflicting paths": (update(Set(path("map", 0), ONE), Set(path("map", "a"), ONE)), InvalidUpdate),
    "a path into nothing": (update(Set(path("nothing", "a"), ONE)), InvalidUpdate),
    "a path into text": (update(Set(path("text", "a"), ONE)), InvalidUpdate),
    "an index into a map": (update(Set(path("map", 0), ONE)), InvalidUpdate),
    "addition to text": (update(Add(path("text"), 1)), InvalidUpdate),
    "addition of text": (update(Add(path("nothing"), SECRET)), InvalidUpdate),
    "deletion from another set": (update(Delete(path("set"), {b"a"})), InvalidUpdate),
    "sum with text": (update(Set(path("nothing"), Plus(path("text"), ONE))), InvalidUpdate),
    "sum of text": (update(Set(path("nothing"), Plus(ONE, TEXT))), InvalidUpdate),
    "sum with nothing": (update(Set(path("nothing"), Plus(path("nobody"), ONE))), InvalidUpdate),
    "appending to text": (update(Set(path("text"), ListAppend(path("text"), Value([1])))), InvalidUpdate),
    "a sum of too many digits": (
        update(Set(path("nines"), Plus(path("nines"), Value(Decimal("0.5"))))),
        InvalidValue,
    ),
    "39 digits": (put(number=int("1" * 39)), InvalidValue),
    "a number too large": (put(number=Decimal("1E126")), InvalidValue),
    "a number too small": (put(number=Decimal("1E-131")), InvalidValue),
    "33 levels": (put(deep=nested(33)), InvalidValue),
    "33 levels in an update": (update(Set(path("deep"), Value(nested(33)))), InvalidValue),
    "an attribute without a name": (PutItem("mistakes", {**KEY, "": SECRET}), InvalidValue),
    "an item too large": (put(text=SECRET * 40_000), ItemTooLarge),
    "an item grown too large": (update(Set(path("more"), Value(SECRET * 35_000))), ItemTooLarge),
    "an item too large in a batch": (
        BatchWrite((PutRequest("mistakes", {**KEY, "text": SECRET * 40_000}),)),
        ItemTooLarge,
    ),
    "no such table": (GetItem("missing", KEY), TableNotFound),
    "no such table in a batch": (BatchGet((BatchGetKeys("missing", (KEY,)),)), TableNotFound),
    "no such table to delete": (DeleteTable("missing"), TableNotFound),
    "no such index": (Scan("mistakes", index="by-title"), TableNotFound),
    "a table that exists": (CreateTable(TABLE), TableAlreadyExists),
    "a condition that fails": (
        PutItem("mistakes", KEY, AttributeNotExists(path("isbn"))),
        ConditionFailed,
    ),
    "101 choices": (
        Scan("mistakes", filter=In(path("text"), tuple(Value(f"{SECRET}{number}") for number in range(101)))),
        RequestRejected,
    ),
    "a filter upside down": (
        Scan("mistakes", filter=Between(path("text"), Value(SECRET + "z"), Value(SECRET))),
        RequestRejected,
    ),
    "a consistent read of a global index": (Scan("mistakes", index="by-author", consistent=True), RequestRejected),
    "a page of no items": (Scan("mistakes", limit=-1), RequestRejected),
    "a segment beyond the last": (Scan("mistakes", segment=3, total_segments=3), RequestRejected),
}


@pytest.mark.parametrize(("operation", "kind"), MISTAKES.values(), ids=MISTAKES.keys())
def test_each_mistake_has_its_exception_and_nothing_is_written(
    books: Backend, operation: Operation[Any], kind: type[DynamoException]
) -> None:
    with pytest.raises(DynamoException) as raised:
        books.execute(operation)
    assert type(raised.value) is kind, raised.value
    assert SECRET not in str(raised.value)
    assert "987654321" not in str(raised.value)
    assert raised.value.__cause__ is not None
    assert books.execute(Scan("mistakes")).items == [STORED]


def test_a_failed_condition_carries_the_whole_item(books: Backend) -> None:
    with pytest.raises(ConditionFailed) as raised:
        books.execute(UpdateItem("mistakes", KEY, (Set(path("x"), ONE),), AttributeNotExists(path("text"))))
    assert raised.value.item == STORED
