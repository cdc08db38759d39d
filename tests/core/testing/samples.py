"""A sample of each operation, each result, each part of them and each exception, with a value in every field."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

from dynamorm import data, exceptions
from dynamorm.data import (
    Add,
    AddIndex,
    And,
    AttributeExists,
    AttributeIsType,
    AttributeNotExists,
    BatchGet,
    BatchGetKeys,
    BatchGetResult,
    BatchWrite,
    BatchWriteResult,
    BeginsWith,
    Between,
    Comparison,
    ConditionCheck,
    ConsumedCapacity,
    Contains,
    CreateTable,
    Delete,
    DeleteItem,
    DeleteRequest,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    DropIndex,
    GetItem,
    IfNotExists,
    In,
    IndexSpec,
    IndexState,
    ItemResult,
    KeyAttribute,
    KeyCondition,
    ListAppend,
    ListTables,
    ListTags,
    Minus,
    Not,
    Or,
    PageResult,
    Path,
    Plus,
    ProjectionSpec,
    PutItem,
    PutRequest,
    Query,
    Remove,
    Scan,
    Set,
    SetCapacity,
    SetDeletionProtection,
    SetIndexCapacity,
    SetStream,
    SetTableClass,
    Size,
    TableDescription,
    TableNames,
    TableSpec,
    TagPage,
    TagTable,
    Throughput,
    TimeToLive,
    TransactGet,
    TransactGetResult,
    TransactWrite,
    TransactWriteResult,
    UntagTable,
    UpdateItem,
    UpdateTable,
    UpdateTimeToLive,
    Value,
    WriteResult,
)
from dynamorm.exceptions import CancellationReason, DynamoException, ThrottlingReason

#: A string that stands in every value of an item, and in nothing else.
SECRET = "s3cret"
#: Records that no backend gets or returns.
OF_THE_CORE = {"PlannedChange", "TablePlan", "SegmentPositions", "TableSettings"}
KEY: dict[str, Any] = {"id": SECRET}
ITEM: dict[str, Any] = {
    "id": SECRET,
    "$": SECRET,
    "nested": {"$set": [SECRET, {"deep": SECRET}], "more": {"text": SECRET}},
    "strings": {SECRET, f"{SECRET}-2"},
    "bytes": SECRET.encode(),
}
#: Values whose exact form matters.
EXACT: dict[str, Any] = {
    "digits": Decimal("1.5000000000000000000000000000000000001"),
    "small": Decimal("1E-130"),
    "integer": 10**37 + 1,
    "true": True,
    "one": 1,
    "null": None,
    "text": 'ä\u2028\n"\\',
    "bytes": b"\x00\xff",
    "empty": ["", {}, [], b""],
    "numbers": {1, Decimal("1.5"), -3},
    "blobs": {b"\x00", b"\x01"},
    "strings": {"a", "b"},
    "": 1,
}
PATH, OTHER = Path.of("title"), Path.of("nested", "deep", 0)
VALUE = Value(SECRET)
CONDITION = And(
    (
        Comparison("=", PATH, VALUE),
        Or((Between(OTHER, VALUE, Value({"a": SECRET})), In(PATH, (VALUE,)))),
        Not(BeginsWith(PATH, VALUE)),
        Contains(PATH, VALUE),
        AttributeExists(PATH),
        AttributeNotExists(OTHER),
        AttributeIsType(PATH, "S"),
        Comparison("<", Size(PATH), Value(5)),
    )
)
ACTIONS = (
    Set(PATH, IfNotExists(OTHER, VALUE)),
    Set(PATH, Plus(OTHER, VALUE)),
    Set(PATH, Minus(VALUE, OTHER)),
    Set(PATH, ListAppend(OTHER, Value([SECRET]))),
    Remove(OTHER),
    Add(PATH, {SECRET}),
    Delete(PATH, {SECRET}),
)
TWO = (KeyAttribute("author", "S"), KeyAttribute("year", "N"))
INDEX = IndexSpec("by-author", "global", TWO, TWO[1], ProjectionSpec("INCLUDE", ("title",)), Throughput(1, 2))
SPEC = TableSpec(
    "books",
    TWO[0],
    TWO[1],
    (INDEX,),
    Throughput(3, 4),
    "KEYS_ONLY",
    "STANDARD_INFREQUENT_ACCESS",
    deletion_protection=True,
)
CAPACITY = (ConsumedCapacity("books", 1.5, 0.5, 1.0, 0.25, {"by-author": 0.25}),)
GET = GetItem("books", KEY, (PATH,), consistent=True, return_consumed_capacity="TOTAL")
PUT = PutItem("books", ITEM, CONDITION, "ALL_OLD", "INDEXES")
UPDATE = UpdateItem("books", KEY, ACTIONS, CONDITION, "ALL_NEW", "TOTAL")
DELETE = DeleteItem("books", KEY, CONDITION, "ALL_OLD", "TOTAL")
READS = (BatchGetKeys("books", (KEY,), (PATH,), consistent=True),)
WRITES = (PutRequest("books", ITEM), DeleteRequest("books", KEY))

RECORDS: list[Any] = [
    GET,
    PUT,
    UPDATE,
    DELETE,
    Query(
        "books",
        KeyCondition(("id", SECRET), Comparison("=", PATH, VALUE)),
        "by-author",
        CONDITION,
        (PATH,),
        consistent=True,
        forward=False,
        limit=5,
        start_key=KEY,
        count_only=True,
        return_consumed_capacity="TOTAL",
    ),
    Query("books", KeyCondition({"a": SECRET, "b": SECRET}, (Comparison("=", PATH, VALUE), BeginsWith(PATH, VALUE)))),
    Scan(
        "books",
        "by-author",
        CONDITION,
        (PATH,),
        consistent=True,
        limit=5,
        start_key=KEY,
        count_only=True,
        segment=1,
        total_segments=4,
        return_consumed_capacity="TOTAL",
    ),
    BatchGet(READS, "TOTAL"),
    BatchWrite(WRITES, "TOTAL"),
    TransactGet((GET,), "TOTAL"),
    TransactWrite((PUT, UPDATE, DELETE, ConditionCheck("books", KEY, CONDITION)), "token", "TOTAL"),
    CreateTable(SPEC, {"team": "books"}),
    DescribeTable("books"),
    UpdateTable("books", SetCapacity(Throughput(1, 2), (SetIndexCapacity("by-author", Throughput(3, 4)),))),
    UpdateTable("books", SetStream("NEW_IMAGE")),
    UpdateTable("books", SetTableClass("STANDARD")),
    UpdateTable("books", SetDeletionProtection(on=True)),
    UpdateTable("books", AddIndex(INDEX, TWO)),
    UpdateTable("books", DropIndex("by-author")),
    DeleteTable("books"),
    DescribeTimeToLive("books"),
    UpdateTimeToLive("books", "expires", on=True),
    ListTables("books", 5),
    ListTags("books", "arn", "token"),
    TagTable("books", {"team": "books"}, "arn"),
    UntagTable("books", ("team",), "arn"),
    ItemResult(ITEM, CAPACITY, 1),
    WriteResult(ITEM, CAPACITY, 1),
    PageResult([ITEM, KEY], 2, 3, KEY, CAPACITY, 1),
    BatchGetResult({"books": [ITEM, KEY]}, READS, CAPACITY, 1),
    BatchWriteResult(WRITES, CAPACITY, 1),
    TransactGetResult((ITEM, None), CAPACITY, 1),
    TransactWriteResult(CAPACITY, 1),
    TableDescription(SPEC, "UPDATING", 5, "arn", (IndexState("by-author", "CREATING"),), 812),
    TimeToLive("ENABLED", "expires"),
    TableNames(("books",), "books"),
    TagPage({"team": "books"}, "token"),
]

FAILURE = exceptions.HashKeyExists("There is one.", ITEM)
REASON = CancellationReason(
    "TransactionConflict", "A message.", ITEM, "PutItem", "books", KEY, "Book", FAILURE, "Unique"
)
THROTTLED = ThrottlingReason("IndexWrite…", "provisioned", "index", "write", "books", "by-author", "arn")
#: Exceptions that are made of more than a message.
PARTICULAR: dict[str, DynamoException] = {
    "ValidationError": exceptions.ValidationError(ITEM, "Book", {"title": ["wrong"]}),
    "ConditionFailed": exceptions.ConditionFailed("It does not hold.", ITEM),
    "NotUnique": exceptions.NotUnique("Taken.", ("email",), KEY),
    "TransactionCancelled": exceptions.TransactionCancelled("Cancelled.", (REASON, CancellationReason("None"))),
    "TransactionConditionFailed": exceptions.TransactionConditionFailed("Cancelled.", (REASON,)),
    "StaleTransaction": exceptions.StaleTransaction("Cancelled.", (REASON,)),
    "WrongKind": exceptions.WrongKind("Wrong.", "Order", KEY),
    "UnknownKind": exceptions.UnknownKind("Unknown.", "Order", KEY),
    "KeyMismatch": exceptions.KeyMismatch("Differs.", KEY, KEY, ("id",)),
    "RequestRejected": exceptions.RequestRejected("Rejected.", "SomeCode"),
    "UnprocessedItems": exceptions.UnprocessedItems("Left.", WRITES, 8, 1.5),
    **{
        name: getattr(exceptions, name)("Throttled.", 3, 1.5, reasons=(THROTTLED,), key=KEY)
        for name in ("Throttled", "HotKey", "CapacityExceeded", "OnDemandLimitReached", "AccountLimitReached")
    },
}


def exception_names() -> list[str]:
    """The names of all exceptions."""
    named = ((name, getattr(exceptions, name)) for name in dir(exceptions))
    return [name for name, kind in named if isinstance(kind, type) and issubclass(kind, DynamoException)]


def exception_sample(name: str) -> DynamoException:
    """A new exception of this *name*, with its attempts."""
    kind: type[DynamoException] = getattr(exceptions, name)
    particular = PARTICULAR.get(name)
    error = kind.__new__(kind)
    error.args = ("A message about 'books'.",) if particular is None else particular.args
    vars(error).update({} if particular is None else vars(particular))
    error.retries, error.unconfirmed_attempts = 2, 1
    error.add_note("A note.")
    return error


def record_names() -> set[str]:
    """The names of all records of ``dynamorm.data``."""
    return {name for name in dir(data) if dataclasses.is_dataclass(getattr(data, name))}


def parts_of(value: Any) -> list[Any]:
    """All records in a *value*."""
    if dataclasses.is_dataclass(value):
        return [value, *(part for each in dataclasses.fields(value) for part in parts_of(getattr(value, each.name)))]
    return [part for each in value for part in parts_of(each)] if isinstance(value, (list, tuple)) else []
