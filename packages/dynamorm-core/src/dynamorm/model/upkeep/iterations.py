"""Iterations over what ``check`` finds."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator

from dynamorm.exceptions import DynaModelException
from dynamorm.model.upkeep.checks import CheckedPage
from dynamorm.model.upkeep.findings import Finding


class _Pages:
    """The pages that an iteration has been given so far."""

    def __init__(self, after: str | None) -> None:
        self._cursor = after
        self._after_page = after
        self._waiting: deque[Finding] = deque()
        self._error: Exception | None = None

    def __repr__(self) -> str:
        return "<Findings of a check, on request>"

    @property
    def cursor(self) -> str | None:
        """The position, for ``after``, from which a check finds all that this one has not returned yet.

        It may find some again that were returned already: it is the beginning of a page. ``None`` at the beginning and
        at the end.
        """
        return self._cursor if self._waiting else self._after_page

    def _take(self, page: CheckedPage) -> None:
        self._cursor, self._after_page = self._after_page, page.cursor
        self._waiting.extend(page.findings)

    def _fail(self, error: BaseException) -> None:
        """Keep the *error* that ends the check, so that it does not look like the end."""
        self._error = error if isinstance(error, Exception) else _interrupted()


class Findings(_Pages, Iterator[Finding]):
    """The findings of a check. Pages of items are read when the next finding is requested."""

    def __init__(self, pages: Iterator[CheckedPage], after: str | None) -> None:
        super().__init__(after)
        self._pages = pages

    def __next__(self) -> Finding:
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


class AwaitedFindings(_Pages, AsyncIterator[Finding]):
    """The findings of a check for ``async for``, otherwise as :class:`Findings`."""

    def __init__(self, pages: AsyncIterator[CheckedPage], after: str | None) -> None:
        super().__init__(after)
        self._pages = pages

    async def __anext__(self) -> Finding:
        while not self._waiting:
            if self._error is not None:
                raise self._error
            try:
                page = await anext(self._pages)
            except StopAsyncIteration:
                raise
            except BaseException as error:
                self._fail(error)
                raise
            self._take(page)
        return self._waiting.popleft()


def _interrupted() -> DynaModelException:
    return DynaModelException(
        "This check was interrupted or cancelled, and can't continue. Begin another one with its 'cursor' as 'after'."
    )
