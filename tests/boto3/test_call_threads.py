"""The threads in which boto3's client is called for an event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dynamorm.exceptions import BackendClosed
from dynamorm_boto3.background import CallThreads


def test_close_while_a_call_begins_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = CallThreads(1, lambda: BackendClosed("It was closed."))
    submit = ThreadPoolExecutor.submit

    def close_first(pool: ThreadPoolExecutor, *call: Any) -> Any:
        threads.close()
        return submit(pool, *call)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", close_first)
    with pytest.raises(BackendClosed, match="It was closed"):
        asyncio.run(threads.run(lambda: pytest.fail("It must not be called.")))


def test_another_failure_to_begin_is_raised_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = CallThreads(1, lambda: BackendClosed("It was closed."))

    def fail(pool: ThreadPoolExecutor, *call: Any) -> Any:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(ThreadPoolExecutor, "submit", fail)
    with pytest.raises(RuntimeError, match="new thread"):
        asyncio.run(threads.run(lambda: None))
    threads.close()
