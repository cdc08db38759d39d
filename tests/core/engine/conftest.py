"""What the tests of the engine share: both runners, and a clock that does not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from dynamorm.data import Operation
from tests.core.engine.rated_books import Book
from tests.core.engine.runners import AsyncRunner, Runner, SyncRunner
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


@pytest.fixture(params=["sync", "async"])
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """The synchronous runner, then the asynchronous one."""
    if request.param == "sync":
        yield SyncRunner()
    else:
        with asyncio.Runner() as loop:
            yield AsyncRunner(loop)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the runners were asked to wait, which they don't."""
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)

    monkeypatch.setattr("dynamorm.engine.run.sync.time.sleep", asked.append)
    monkeypatch.setattr("asyncio.sleep", sleep)
    return asked


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Operation[Any]]:
    """What is sent about items."""
    table_of(Book).create_table()
    return recorder.sent


@pytest.fixture
def books(sent: list[Operation[Any]]) -> list[Operation[Any]]:
    """What is sent about items, with a table that has 40 of 4 KB."""
    Book.put_batch(*({"isbn": str(n), "text": "x" * 4000} for n in range(40)))
    sent.clear()
    return sent
