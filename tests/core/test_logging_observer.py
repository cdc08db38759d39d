"""The observer that writes a line for each operation to a log."""

from __future__ import annotations

import logging
import re

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectAll, observe
from dynamorm.data import GetItem, ItemResult
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.sync import run
from dynamorm.exceptions import DynaModelException, HashKeyExists, Throttled
from dynamorm.observers import LoggingObserver
from dynamorm.ports.backends import Backend
from tests.support.backends import ScriptedBackend
from tests.support.tables import table_of


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


def reading() -> Plan[object]:
    result: object = yield GetItem("books", {"isbn": "secret"})
    return result


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What is logged, whatever its level."""
    caplog.set_level(logging.DEBUG, "dynamorm")
    return caplog


def told(record: logging.LogRecord) -> str:
    """A line without the time that it took."""
    line, replaced = re.subn(r" seconds=\d+\.\d{4} ", " ", record.getMessage())
    assert replaced == 1
    return line


def test_a_line_for_each_operation(sqlite_memory: Backend, log: pytest.LogCaptureFixture) -> None:
    with dynamorm.using(sqlite_memory), observe(LoggingObserver(logging.INFO)):
        table_of(Book).create_table()
        Book.put({"isbn": "secret", "author": "secret"})
        with pytest.raises(HashKeyExists):
            Book.put_unique({"isbn": "secret"})
        assert len(list(Book.ByAuthor.query(author="secret"))) == 1
        Book.put_batch({"isbn": "1"}, {"isbn": "2"})
    assert [told(record) for record in log.records] == [
        "CreateTable table=books retries=0 items=0",
        "PutItem table=books retries=0 capacity=2 items=1",
        "PutItem table=books retries=0 items=0 error=ConditionFailed",
        "Query table=books index=by-author retries=0 capacity=0.5 items=1",
        "BatchWriteItem table=books retries=0 capacity=2 items=2",
    ]
    assert {(record.name, record.levelno) for record in log.records} == {("dynamorm", logging.INFO)}


def test_what_was_sent_again_is_told(log: pytest.LogCaptureFixture) -> None:
    throttled = Throttled("slower")
    throttled.retries = 9
    with observe(LoggingObserver()):
        run(reading(), Connection(ScriptedBackend(ItemResult(None, (), 3))))
        with pytest.raises(Throttled):
            run(reading(), Connection(ScriptedBackend(throttled)))
    assert [told(record) for record in log.records] == [
        "GetItem table=books retries=3 items=0",
        "GetItem table=books retries=9 items=0 error=Throttled",
    ]


def test_slow_operation_is_a_warning(log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.4999, 10.0, 10.5])
    monkeypatch.setattr("dynamorm.engine.run.observed_call.perf_counter", lambda: next(clock))
    with observe(LoggingObserver(slow_after=0.5)):
        run(reading(), Connection(ScriptedBackend(ItemResult(None))))
        run(reading(), Connection(ScriptedBackend(ItemResult(None))))
    assert [(record.levelname, record.getMessage()) for record in log.records] == [
        ("DEBUG", "GetItem table=books seconds=0.4999 retries=0 items=0"),
        ("WARNING", "GetItem table=books seconds=0.5000 retries=0 items=0 slow"),
    ]


def test_slow_operation_is_no_less_than_all_others(log: pytest.LogCaptureFixture) -> None:
    with observe(LoggingObserver(logging.ERROR, slow_after=0)):
        run(reading(), Connection(ScriptedBackend(ItemResult(None))))
    assert [record.levelname for record in log.records] == ["ERROR"]


def test_another_logger(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.WARNING),
        observe(LoggingObserver(logging.WARNING, logger=logging.getLogger("shop.database"))),
    ):
        run(reading(), Connection(ScriptedBackend(ItemResult(None))))
    assert [record.name for record in caplog.records] == ["shop.database"]


def test_nothing_is_slower_than_never() -> None:
    with pytest.raises(DynaModelException, match="-1 seconds"):
        LoggingObserver(slow_after=-1)
