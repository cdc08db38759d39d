"""Iterations over what is found on the pages of a table, which know their position."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Generic, TypeAlias, TypeVar

from dynamorm.engine.run.event_loops import shared_by_tasks
from dynamorm.exceptions import DynaModelException

Result = TypeVar("Result")

#: What was found on a page, and the cursor after it.
PageOf: TypeAlias = tuple[Sequence[Result], str | None]


class _Position(Generic[Result]):
    """What was found so far, and was not returned yet."""

    def __init__(self, after: str | None) -> None:
        self._cursor = after
        self._after_page = after
        self._waiting: deque[Result] = deque()
        self._error: Exception | None = None

    def __repr__(self) -> str:
        return "<Findings of a check, on request>"

    @property
    def cursor(self) -> str | None:
        """The position, for ``after``, from which another check finds all that this one has not returned yet.

        It is the beginning of a page, so that some may be found again. ``None`` at the beginning and at the end.
        """
        return self._cursor if self._waiting else self._after_page

    def _take(self, page: PageOf[Result]) -> None:
        found, cursor = page
        self._cursor, self._after_page = self._after_page, cursor
        self._waiting.extend(found)

    def _fail(self, error: BaseException) -> None:
        """Keep the *error* that ends the iteration, so that it does not look like the end."""
        self._error = error if isinstance(error, Exception) else _interrupted()


class PositionedIterator(_Position[Result], Iterator[Result]):
    """An iterator over what ``check`` finds. Pages of items are read when the next finding is requested."""

    def __init__(self, pages: Iterator[tuple[Sequence[Result], str | None]], after: str | None) -> None:
        super().__init__(after)
        self._pages = pages

    def __next__(self) -> Result:
        while not self._waiting:
            if self._error is not None:
                raise self._error
            try:
                page = next(self._pages)
            except StopIteration:
                raise
            except BaseException as error:
                self._fail(error)
                raise
            self._take(page)
        return self._waiting.popleft()


class PositionedAsyncIterator(_Position[Result], AsyncIterator[Result]):
    """An iterator over what ``acheck`` finds, for ``async for``."""

    def __init__(self, pages: AsyncIterator[tuple[Sequence[Result], str | None]], after: str | None) -> None:
        super().__init__(after)
        self._pages = pages
        self._is_reading = False

    async def __anext__(self) -> Result:
        while not self._waiting:
            if self._error is not None:
                raise self._error
            if self._is_reading:
                # It ends this task's iteration, and not that of the other one.
                raise shared_by_tasks()
            self._is_reading = True
            try:
                page = await anext(self._pages)
            except StopAsyncIteration:
                raise
            except BaseException as error:
                self._fail(error)
                raise
            finally:
                self._is_reading = False
            self._take(page)
        return self._waiting.popleft()


def _interrupted() -> DynaModelException:
    return DynaModelException(
        "This check was interrupted or cancelled, and can't continue. Begin another one with its 'cursor' as 'after'."
    )
