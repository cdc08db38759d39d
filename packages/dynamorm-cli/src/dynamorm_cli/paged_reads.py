"""Queries and scans by pages, which keep a budget: the size of each page is chosen so that it suffices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import click

from dynamorm_cli.operands import look_ups, table_conditions
from dynamorm_cli.subjects import Subject

if TYPE_CHECKING:
    from dynamorm.engine.costs.explanations import Explanation
    from dynamorm.operate import RowPage


@dataclass(frozen=True)
class ReadOptions:
    """The options of a query or a scan."""

    table: str | None
    index: str | None
    limit: int | None
    after: str | None
    fields: str | None
    consistent: bool
    raw: bool
    explain: bool
    budget: float | None
    rate: float | None = None
    reverse: bool = False
    csv: bool = False


class PagedRead(Protocol):
    """A query or a scan that has not begun."""

    def explain(self) -> Explanation:
        """Return what would be sent."""

    def pages(self, after: str | None, limit: int | None, page_size: int | None) -> Iterator[RowPage]:
        """Return the pages *after* a cursor, of *page_size* items before the filter, with at most *limit* items."""


class ModelRead:
    """A read of a model, of an index or of a shared table."""

    def __init__(self, subject: Subject, options: ReadOptions, verb: str) -> None:
        read = getattr(subject.reader, verb)(**look_ups(subject.operands, subject.given))
        if options.fields is not None:
            read = read.specific_attributes([name.strip() for name in options.fields.split(",")])
        if options.consistent:
            read = read.consistent()
        if options.reverse:
            read = read.reverse()
        self._read = read
        self._limit = options.limit

    def explain(self) -> Explanation:
        """Return what would be sent."""
        explanation: Explanation = self._configured(None, self._limit, None).explain()
        return explanation

    def pages(self, after: str | None, limit: int | None, page_size: int | None) -> Iterator[RowPage]:
        """Return the pages."""
        from dynamorm.operate import read_rows

        return read_rows(self._configured(after, limit, page_size))

    def _configured(self, after: str | None, limit: int | None, page_size: int | None) -> Any:
        read = self._read
        if after is not None:
            read = read.after(after)
        if limit is not None:
            read = read.limit(limit)
        return read if page_size is None else read.page_size(page_size)


class TableRead:
    """A read of a table without a model."""

    def __init__(self, subject: Subject, options: ReadOptions, verb: str) -> None:
        if options.fields is not None:
            raise click.UsageError("--fields needs a model.")
        self._limit = options.limit
        self._settings: dict[str, Any] = {
            "table": subject.given,
            "conditions": tuple(table_conditions(subject.operands)),
            "is_query": verb == "query",
            "index": options.index,
            "consistent": options.consistent,
            "forward": not options.reverse,
        }

    def explain(self) -> Explanation:
        """Return what would be sent."""
        from dynamorm import operate

        return operate.TableRead(**self._settings, limit=self._limit).explain()

    def pages(self, after: str | None, limit: int | None, page_size: int | None) -> Iterator[RowPage]:
        """Return the pages."""
        from dynamorm import operate

        return operate.TableRead(**self._settings, after=after, limit=limit, page_size=page_size).pages()


def pages_within(read: PagedRead, options: ReadOptions) -> Iterator[RowPage]:
    """Yield the pages of a *read*, each as large as the rest of the budget allows by what the items before have cost.

    Raises :class:`~dynamorm.exceptions.BudgetExceeded` when it does not suffice for one more item.
    """
    if options.budget is None:
        yield from read.pages(options.after, options.limit, None)
        return
    from dynamorm.exceptions import BudgetExceeded
    from dynamorm.operate.reading.page_sizes import PageSizes

    sizes = PageSizes(consistent=options.consistent)
    cursor, left, rest = options.after, options.limit, options.budget
    while True:
        size = sizes.fitting(rest)
        if not size:
            raise BudgetExceeded("The next item would probably exceed the budget, and was not read.")
        page = next(read.pages(cursor, left, size), None)
        if page is None:
            return
        yield page
        sizes.add(page.scanned, page.capacity)
        cursor, rest = page.cursor, rest - (page.capacity or 0.0)
        if left is not None:
            left -= len(page.rows)
        if cursor is None or (left is not None and left <= 0):
            return
