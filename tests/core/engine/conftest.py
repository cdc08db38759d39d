"""What the tests of the engine share: both runners, and a clock that does not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.core.engine.runners import AsyncRunner, Runner, SyncRunner


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
