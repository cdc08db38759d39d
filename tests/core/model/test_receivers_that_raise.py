"""Receivers that raise at the end of a batch or a transaction: all are told of what was written, and no error is lost."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, signals, using
from dynamorm.data import PutRequest
from dynamorm.data.results import BatchWriteResult, TransactWriteResult
from dynamorm.exceptions import AccessDenied
from dynamorm.testing.schemas import fields
from tests.support.backends import AsyncTwin, ScriptedBackend

pytestmark = pytest.mark.one_schema_library


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)


class IndexFull(Exception):
    """What a receiver raises."""


@pytest.fixture
def told() -> Iterator[list[str]]:
    """The keys of instances that a receiver was told of, which raises for the first and for the last of three."""
    heard: list[str] = []

    def index(sender: type, instance: Any, **arguments: Any) -> None:
        heard.append(instance.isbn)
        if instance.isbn == "00":
            raise IndexFull("the first")
        if instance.isbn == "02":
            raise ValueError("the last")

    with signals.post_save.connected_to(index, sender=Book):
        yield heard


def write_now(backend: ScriptedBackend, make: Callable[[], Any], numbers: int) -> None:
    with using(backend), make() as block:
        for number in range(numbers):
            block.put(Book(isbn=f"{number:02}"))


def await_writes(backend: ScriptedBackend, make: Callable[[], Any], numbers: int) -> None:
    async def main() -> None:
        async with using(AsyncTwin(backend)), make() as block:
            for number in range(numbers):
                block.put(Book(isbn=f"{number:02}"))

    asyncio.run(main())


WAYS = pytest.mark.parametrize("write", [write_now, await_writes])


def chain_of(error: BaseException) -> list[BaseException]:
    """An error and what it came from; fails for a ring."""
    found: list[BaseException] = []
    each: BaseException | None = error
    while each is not None:
        assert not any(each is other for other in found)
        found.append(each)
        each = each.__cause__ or each.__context__
    return found


@WAYS
@pytest.mark.parametrize(
    ("make", "result"), [(dynamorm.batch, BatchWriteResult()), (dynamorm.transaction, TransactWriteResult())]
)
def test_each_instance_is_told_and_each_error_is_kept(
    write: Callable[..., None], make: Callable[[], Any], result: Any, told: list[str]
) -> None:
    with pytest.raises(IndexFull, match="the first") as raised:
        write(ScriptedBackend(result), make, 3)
    assert told == ["00", "01", "02"]
    assert raised.value.__notes__ == ["After what was written, receivers raised: ValueError."]
    assert [str(each) for each in chain_of(raised.value)] == ["the first", "the last"]


@WAYS
def test_the_error_that_ends_a_batch_is_raised_with_those_of_receivers(
    write: Callable[..., None], told: list[str]
) -> None:
    backend = ScriptedBackend(BatchWriteResult(), AccessDenied("no longer"))
    with pytest.raises(AccessDenied, match="no longer") as raised:
        write(backend, dynamorm.batch, 30)
    assert raised.value.unprocessed == tuple(PutRequest("books", {"isbn": f"{number:02}"}) for number in range(25, 30))
    assert told == [f"{number:02}" for number in range(25)]
    assert raised.value.__notes__[-1] == "After what was written, receivers raised: IndexFull, ValueError."
    group = chain_of(raised.value)[-1]
    assert isinstance(group, ExceptionGroup)
    assert [str(each) for each in group.exceptions] == ["the first", "the last"]
    assert "IndexFull: the first" in "".join(traceback.format_exception(raised.value))


def test_an_interrupt_in_a_receiver_has_the_requests_that_were_not_made() -> None:
    def stop(sender: type, **arguments: Any) -> None:
        raise KeyboardInterrupt

    backend = ScriptedBackend(BatchWriteResult(), AccessDenied("no longer"))
    with signals.post_save.connected_to(stop, sender=Book), pytest.raises(KeyboardInterrupt) as raised:
        write_now(backend, dynamorm.batch, 30)
    assert len(raised.value.unprocessed) == 5  # type: ignore[attr-defined]
    assert any(isinstance(each, AccessDenied) for each in chain_of(raised.value))


def test_a_cancelled_batch_stays_cancelled_when_a_receiver_raises(told: list[str]) -> None:
    class Slow(AsyncTwin):
        async def execute(self, operation: Any) -> Any:
            if len(backend.sent) == 1:
                await asyncio.sleep(60)
            return await super().execute(operation)

    backend = ScriptedBackend(BatchWriteResult(), BatchWriteResult())
    backend.max_concurrency = 1

    async def main() -> asyncio.CancelledError:
        async def write() -> None:
            async with using(Slow(backend)), dynamorm.batch() as batch:
                for number in range(30):
                    batch.put(Book(isbn=f"{number:02}"))

        task = asyncio.create_task(write())
        while not backend.sent:
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as raised:
            await task
        return raised.value

    cancelled = asyncio.run(main())
    assert len(told) == 25
    notes = [note for each in chain_of(cancelled) for note in getattr(each, "__notes__", [])]
    assert any("receivers raised: IndexFull, ValueError" in note for note in notes)
