"""Blocks that are opened with the wrong one of ``with`` and ``async with``, and budgets that decorate functions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

import dynamorm
from dynamorm.data import Item, ItemResult
from dynamorm.exceptions import BudgetExceeded, DynaModelException
from dynamorm.ports.hooks import hookimpl
from tests.core.engine.test_budget import Book
from tests.support.backends import AsyncTwin, ScriptedBackend


class Watching:
    @hookimpl
    def dynamorm_operation_done(self) -> None:
        """Observes nothing."""


def test_merged_reads_are_opened_with_async() -> None:
    block: Any = dynamorm.merged_reads()
    message = r"opened with async.*: async with dynamorm\.merged_reads\(\)\.$"
    with pytest.raises(DynaModelException, match=message), block:
        pytest.fail("The block must not be entered.")


@pytest.mark.parametrize(
    ("make", "usage"),
    [
        (lambda: dynamorm.budget(requests=1), r"budget\(\)"),
        (lambda: dynamorm.rate(read=1), r"rate\(\)"),
        (lambda: dynamorm.observe(Watching()), r"observe\(…\)"),
        (lambda: dynamorm.refuse_blocking(False), r"refuse_blocking\(\)"),
    ],
    ids=["budget", "rate", "observe", "refuse_blocking"],
)
def test_what_awaits_nothing_is_opened_without_async(make: Callable[[], Any], usage: str) -> None:
    async def main(block: Any) -> None:
        async with block:
            pytest.fail("The block must not be entered.")

    with make() as _:
        pass
    opened = make()
    with pytest.raises(DynaModelException, match=rf"opened without async.*: with dynamorm\.{usage}\.$"):
        asyncio.run(main(opened))
    if usage.startswith("observe"):
        opened.__exit__(None, None, None)


def test_stack_tells_it_too() -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            block: Any = dynamorm.budget()
            await stack.enter_async_context(block)

    with pytest.raises(DynaModelException, match="opened without async"):
        asyncio.run(main())


def test_one_budget_is_in_use_once_at_a_time() -> None:
    block = dynamorm.budget(requests=1)
    with block as first, pytest.raises(DynaModelException, match="in use already"), block:
        pytest.fail("The block must not be entered.")
    with block as second:
        assert second is not first


def test_negative_budget_is_refused_where_it_is_made() -> None:
    with pytest.raises(DynaModelException, match="can't be -1 requests"):
        dynamorm.budget(requests=-1)
    of_text: Any = "5"
    with pytest.raises(DynaModelException, match="capacity of a budget are a number, not str"):
        dynamorm.budget(capacity=of_text)


def test_budget_of_a_function_is_that_of_each_call() -> None:
    item: Item = {"isbn": "1"}

    @dynamorm.budget(requests=1)
    def read(times: int) -> int:
        return sum(Book.get(isbn="1") is not None for _ in range(times))

    with dynamorm.using(ScriptedBackend(*[ItemResult(item)] * 3)):
        assert [read(1), read(1)] == [1, 1]
        with pytest.raises(BudgetExceeded):
            read(2)


def test_budget_of_a_coroutine_function_holds_while_it_runs() -> None:
    item: Item = {"isbn": "1"}

    @dynamorm.budget(requests=1)
    async def read(times: int) -> None:
        for _ in range(times):
            await Book.aget(isbn="1")

    async def main() -> None:
        async with dynamorm.using(AsyncTwin(ScriptedBackend(*[ItemResult(item)] * 2))):
            await read(1)
            with pytest.raises(BudgetExceeded):
                await read(2)

    asyncio.run(main())
