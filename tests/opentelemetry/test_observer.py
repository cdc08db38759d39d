"""Spans and metrics of what models do, as OpenTelemetry's SDK receives them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from marshmallow import fields
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectAll
from dynamorm.data import (
    AttributeExists,
    BatchGet,
    BatchGetKeys,
    BatchGetResult,
    ConditionCheck,
    ConsumedCapacity,
    GetItem,
    ItemResult,
    Operation,
    PageResult,
    Path,
    PutItem,
    Scan,
    TransactGet,
    TransactGetResult,
    TransactWrite,
    TransactWriteResult,
)
from dynamorm.engine.plans.steps import Parallel, Plan
from dynamorm.engine.run.aio import run_async
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.sync import run
from dynamorm.exceptions import HashKeyExists, HotKey, Throttled, ThrottlingReason
from dynamorm.ports.backends import Backend
from dynamorm_opentelemetry import OpenTelemetryObserver
from tests.support.backends import ScriptedBackend
from tests.support.tables import table_of

GET = GetItem("books", {"isbn": "secret"})
DURATION = "db.client.operation.duration"


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        projection = ProjectAll()

    class Schema:
        isbn = fields.String()
        author = fields.String()
        year = fields.Integer()


class Telemetry:
    """What was recorded."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meters = MeterProvider([self._reader])

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    def attributes(self) -> list[dict[str, Any]]:
        """The attributes of each span."""
        return [dict(span.attributes or {}) for span in self.spans]

    def points(self, name: str) -> list[NumberDataPoint | HistogramDataPoint]:
        """What was counted for a metric."""
        data = self._reader.get_metrics_data()
        assert data is not None
        return [
            point
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
            if isinstance(point, NumberDataPoint | HistogramDataPoint)
        ]


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    """What is recorded while the test runs."""
    recorded = Telemetry()
    observer = OpenTelemetryObserver(tracer_provider=recorded.tracers, meter_provider=recorded.meters)
    with dynamorm.observe(observer):
        yield recorded
    recorded.tracers.shutdown()
    recorded.meters.shutdown()


@pytest.fixture
def books(sqlite_memory: Backend, telemetry: Telemetry) -> Iterator[Telemetry]:
    """A table of books in force."""
    with dynamorm.using(sqlite_memory):
        table_of(Book).create_table()
        yield telemetry


def only(operation: Operation[Any]) -> Plan[Any]:
    result: Any = yield operation
    return result


def together(*operations: Operation[Any]) -> Plan[list[Any]]:
    results: list[Any] = yield Parallel(operations)
    return results


def test_a_span_for_each_operation(books: Telemetry) -> None:
    Book.put({"isbn": "secret", "author": "secret"})
    Book.put_batch({"isbn": "1"}, {"isbn": "2"})
    assert len(list(Book.ByAuthor.query(author="secret"))) == 1
    assert [(span.name, span.kind) for span in books.spans] == [
        (name, SpanKind.CLIENT)
        for name in ("CreateTable books", "PutItem books", "BatchWriteItem books", "Query books")
    ]
    assert all(attributes["db.system.name"] == "aws.dynamodb" for attributes in books.attributes())
    assert "secret" not in str(books.attributes())


def test_attributes_of_a_query(books: Telemetry) -> None:
    Book.put({"isbn": "1", "author": "a", "year": 1999})
    Book.put({"isbn": "2", "author": "a"})
    query = (
        Book.ByAuthor.query(author="a", year__gt=1900).page_size(5).reverse().specific_attributes(["isbn", "author"])
    )
    assert len(list(query)) == 1
    attributes = books.attributes()[-1]
    consumed = attributes.pop("aws.dynamodb.consumed_capacity")
    assert attributes == {
        "db.system.name": "aws.dynamodb",
        "db.operation.name": "Query",
        "db.collection.name": "books",
        "aws.dynamodb.table_names": ("books",),
        "aws.dynamodb.index_name": "by-author",
        "aws.dynamodb.consistent_read": False,
        "aws.dynamodb.limit": 5,
        "aws.dynamodb.scan_forward": False,
        "aws.dynamodb.projection": "isbn, author",
        "aws.dynamodb.count": 1,
        "aws.dynamodb.scanned_count": 2,
        "dynamorm.items": 1,
    }
    assert [json.loads(text) for text in consumed] == [{"TableName": "books", "CapacityUnits": 0.5}]


@pytest.mark.parametrize(
    ("operation", "result", "expected"),
    [
        (
            Scan("books", consistent=True, count_only=True, segment=1, total_segments=4),
            PageResult((), 7, 9),
            {
                "aws.dynamodb.consistent_read": True,
                "aws.dynamodb.select": "COUNT",
                "aws.dynamodb.segment": 1,
                "aws.dynamodb.total_segments": 4,
                "aws.dynamodb.scanned_count": 9,
                "dynamorm.items": 7,
            },
        ),
        (GET, ItemResult(None, (), 3), {"dynamorm.items": 0, "dynamorm.retries": 3}),
        (
            BatchGet((BatchGetKeys("books", ({"isbn": "1"}, {"isbn": "2"})), BatchGetKeys("films", ({"title": "1"},)))),
            BatchGetResult({"books": [{"isbn": "1"}], "films": []}),
            {
                "db.operation.name": "BatchGetItem",
                "aws.dynamodb.table_names": ("books", "films"),
                "db.operation.batch.size": 3,
                "dynamorm.items": 1,
            },
        ),
        (TransactGet((GET,)), TransactGetResult((None,)), {"db.operation.batch.size": 1, "dynamorm.items": 0}),
        (
            TransactWrite(
                (
                    PutItem("books", {"isbn": "1"}),
                    ConditionCheck("films", {"title": "1"}, AttributeExists(Path.of("title"))),
                )
            ),
            TransactWriteResult(),
            {"aws.dynamodb.table_names": ("books", "films"), "db.operation.batch.size": 2, "dynamorm.items": 1},
        ),
    ],
    ids=["scan", "get", "batch", "transactional-read", "transactional-write"],
)
def test_attributes_of_other_operations(
    telemetry: Telemetry, operation: Operation[Any], result: object, expected: Mapping[str, object]
) -> None:
    run(only(operation), Connection(ScriptedBackend(result)))
    (attributes,) = telemetry.attributes()
    assert {name: attributes.get(name) for name in expected} == expected
    assert ("db.collection.name" in attributes) == (len(attributes["aws.dynamodb.table_names"]) == 1)


def test_span_of_several_tables_is_named_after_its_action(telemetry: Telemetry) -> None:
    batch = BatchGet((BatchGetKeys("books", ({"isbn": "1"},)), BatchGetKeys("films", ({"title": "1"},))))
    run(only(batch), Connection(ScriptedBackend(BatchGetResult({}))))
    assert [span.name for span in telemetry.spans] == ["BatchGetItem"]


def test_consumed_capacity_of_indexes(telemetry: Telemetry) -> None:
    told = (ConsumedCapacity("books", 3.0, 1.0, 2.0, 0.5, {"by-author": 2.5}), ConsumedCapacity("films", 1.0))
    run(only(GET), Connection(ScriptedBackend(ItemResult(None, told))))
    (attributes,) = telemetry.attributes()
    assert [json.loads(text) for text in attributes["aws.dynamodb.consumed_capacity"]] == [
        {
            "TableName": "books",
            "CapacityUnits": 3.0,
            "ReadCapacityUnits": 1.0,
            "WriteCapacityUnits": 2.0,
            "Table": {"CapacityUnits": 0.5},
            "Indexes": {"by-author": {"CapacityUnits": 2.5}},
        },
        {"TableName": "films", "CapacityUnits": 1.0},
    ]


def test_failure_is_an_error_of_the_span(books: Telemetry) -> None:
    Book.put({"isbn": "secret"})
    with pytest.raises(HashKeyExists):
        Book.put_unique({"isbn": "secret"})
    span = books.spans[-1]
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ConditionFailed")
    assert dict(span.attributes or {})["error.type"] == "dynamorm.exceptions.ConditionFailed"
    assert books.spans[-2].status.status_code is StatusCode.UNSET


def test_throttled_operation_has_the_reasons_of_the_service(telemetry: Telemetry) -> None:
    texts = ["TableReadKeyRangeThroughputExceeded", "TableReadAccountLimitExceeded"]
    error = HotKey("hot", reasons=[ThrottlingReason(text, resource="123456789012") for text in texts])
    for raised in (error, Throttled("slower")):
        with pytest.raises(Throttled):
            run(only(GET), Connection(ScriptedBackend(raised)))
    first, second = telemetry.attributes()
    assert list(first["dynamorm.throttling.reason"]) == texts
    assert first["error.type"] == "dynamorm.exceptions.HotKey"
    assert "123456789012" not in str(first)
    assert "dynamorm.throttling.reason" not in second
    assert all("dynamorm.throttling.reason" not in (point.attributes or {}) for point in telemetry.points(DURATION))


def test_exception_that_is_none_of_ours(telemetry: Telemetry) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(only(GET), Connection(ScriptedBackend(KeyboardInterrupt())))
    assert telemetry.attributes()[0]["error.type"] == "KeyboardInterrupt"


def test_span_lasts_as_long_as_its_operation(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 12.5])
    monkeypatch.setattr("dynamorm.engine.run.observed_call.perf_counter", lambda: next(clock))
    run(only(GET), Connection(ScriptedBackend(ItemResult(None))))
    (span,) = telemetry.spans
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.end_time - span.start_time == 2_500_000_000


@pytest.mark.parametrize("runs_async", [False, True])
def test_current_span_of_the_caller_is_the_parent(telemetry: Telemetry, runs_async: bool) -> None:
    backend = ScriptedBackend(*[ItemResult(None)] * 3, concurrent=True)

    async def main() -> None:
        await run_async(together(GET, GET, GET), Connection(backend))

    with telemetry.tracers.get_tracer("shop").start_as_current_span("checkout") as parent:
        if runs_async:
            asyncio.run(main())
        else:
            run(together(GET, GET, GET), Connection(backend))
    *spans, _ = telemetry.spans
    assert [span.parent for span in spans] == [parent.get_span_context()] * 3


def test_durations_are_measured(books: Telemetry) -> None:
    for _ in range(3):
        Book.get(isbn="1")
    Book.put({"isbn": "1"})
    with pytest.raises(HashKeyExists):
        Book.put_unique({"isbn": "1"})
    counts: dict[tuple[object, object], int] = {}
    for point in books.points("db.client.operation.duration"):
        assert isinstance(point, HistogramDataPoint)
        assert point.explicit_bounds[0] == 0.001
        attributes = dict(point.attributes or {})
        assert (attributes["db.system.name"], attributes["db.collection.name"]) == ("aws.dynamodb", "books")
        counts[attributes["db.operation.name"], attributes.get("error.type")] = point.count
    assert counts == {
        ("CreateTable", None): 1,
        ("GetItem", None): 3,
        ("PutItem", None): 1,
        ("PutItem", "dynamorm.exceptions.ConditionFailed"): 1,
    }


def test_capacity_is_counted(books: Telemetry) -> None:
    for _ in range(3):
        Book.get(isbn="1")
    Book.put({"isbn": "1", "author": "a"})
    units = {}
    for point in books.points("dynamorm.consumed_capacity"):
        assert isinstance(point, NumberDataPoint)
        attributes = dict(point.attributes or {})
        units[attributes["db.operation.name"], attributes["db.collection.name"]] = point.value
    assert units == {("GetItem", "books"): 1.5, ("PutItem", "books"): 2}


def test_it_needs_no_sdk(sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory), dynamorm.observe(OpenTelemetryObserver()):
        table_of(Book).create_table()
        Book.put({"isbn": "1"})
        assert Book.get(isbn="1") is not None
