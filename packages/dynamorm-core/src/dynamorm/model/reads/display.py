"""How reads show themselves: with their configuration, and in a notebook or with rich as a table of the first items.

The ``repr`` of a read sends nothing. A table sends one request, for a few items, because the display asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from dynamorm.data.conditions import paths
from dynamorm.data.display import short_text
from dynamorm.data.operations import Query, Scan
from dynamorm.data.positions import Position
from dynamorm.engine.plans.pages import NO_LIMITS
from dynamorm.model.mapping.display import html_table, set_fields
from dynamorm.model.reads.raw_items import RawItem
from dynamorm.model.reads.settings import ReadSettings

if TYPE_CHECKING:
    from rich.table import Table

#: The most rows and columns of a table.
MOST_ROWS = 25
MOST_COLUMNS = 12
#: How many items the request for a table looks at, if the read has a filter, which may let few of them through.
FILTERED_SIZE = 100


def text_of(kind: str, settings: ReadSettings | None, label: str) -> str:
    """Return the ``repr`` of a read of this *kind*; *label* is what it reads, if it has no *settings* yet."""
    if settings is None:
        return f"<{kind} of {label}>"
    where = settings.mapper.model_name
    if settings.operation.index is not None:
        where += f" by the index '{settings.operation.index}'"
    told = ", ".join((*_conditions(settings.operation), *_configuration(settings)))
    return f"<{kind} of {where}{': ' if told else ''}{told}>"


def _conditions(operation: Query | Scan) -> Iterator[str]:
    if isinstance(operation, Query):
        key = operation.key_condition
        yield f"key {_named([*key.hash_values, *(path for each in key.range_conditions for path in paths(each))])}"
    if operation.filter is not None:
        yield f"filter on {_named(paths(operation.filter))}"


def _named(found: Iterable[object]) -> str:
    return " and ".join(dict.fromkeys(map(str, found)))


def _configuration(settings: ReadSettings) -> Iterator[str]:
    operation, limits = settings.operation, settings.limits
    if limits.limit is not None:
        yield f"limit {limits.limit}"
    if limits.page_size is not None:
        yield f"page_size {limits.page_size}"
    if isinstance(operation, Query) and not operation.forward:
        yield "reverse"
    if operation.consistent:
        yield "consistent"
    if operation.projection is not None:
        yield f"attributes {_named(operation.projection)}"
    if isinstance(operation, Scan) and operation.segment is not None:
        yield f"segment {operation.segment} of {operation.total_segments}"
    if settings.parallel > 1:
        yield f"parallel {settings.parallel}"
    if settings.cursor is not None or settings.start is not None:
        yield "from a cursor" if settings.cursor is not None else "from a position"
    flags = (
        ("partial", settings.partial),
        ("unexpired", settings.unexpired),
        ("signed", settings.secrets),
        ("invalid items are left out", settings.invalid != "raise"),
    )
    yield from (name for name, is_on in flags if is_on)
    yield from (f"prefetch {each.name}" for each in settings.prefetches)


class PageLike(Protocol):
    """The part of a page that a table needs."""

    def __iter__(self) -> Iterator[Any]: ...
    @property
    def count(self) -> int:
        """The number of instances."""

    @property
    def scanned_count(self) -> int:
        """The number of items that were read."""

    @property
    def last(self) -> Position | None:
        """The position of the next page."""


class Contents(NamedTuple):
    """What a table has: a caption, the names of the fields, and the cells of each row."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def html(self) -> str:
        """Return the table as HTML."""
        return html_table(self.caption, self.columns or ("no items",), self.rows)

    def rich(self) -> Table:
        """Return the table for rich, which is imported here only: it is rich that has asked for it."""
        from rich.table import Table
        from rich.text import Text

        table = Table(title=Text(self.caption), title_justify="left")
        for column in self.columns or ("no items",):
            table.add_column(Text(column))
        for row in self.rows:
            table.add_row(*map(Text, row))
        return table


def settings_for_display(settings: ReadSettings) -> ReadSettings:
    """Return the *settings* of a read for a table of its first items: one small request, and nothing prefetched."""
    limits = NO_LIMITS if settings.limits.single_page else settings.limits
    wanted = FILTERED_SIZE if settings.operation.filter is not None else min(limits.limit or MOST_ROWS, MOST_ROWS)
    size = min(limits.page_size or wanted, wanted)
    return settings._replace(
        limits=limits._replace(page_size=size),
        start=_start(settings.start),
        parallel=1,
        prefetches=(),
        progress=None,
        invalid="skip",
    )


def _names(instance: Any, values: Iterable[str]) -> Iterable[str]:
    return values if isinstance(instance, RawItem) else instance._mapper.adapter.fields


def _start(start: Position | None) -> Position | None:
    # The position of a parallel scan has a key for each segment, of which a single request can use none.
    return start if isinstance(start, dict) else None


def contents_of(page: PageLike | None, model_name: str, limit: int | None = None) -> Contents:
    """Return the contents of a table of the first *page* of a read with this *limit*; ``None``: it finds nothing."""
    instances = [] if page is None else list(page)[:MOST_ROWS]
    found = [each.item if isinstance(each, RawItem) else set_fields(each) for each in instances]
    fields = dict.fromkeys(name for each, values in zip(instances, found, strict=True) for name in _names(each, values))
    used = [name for name in fields if any(name in values for values in found)]
    columns = used[:MOST_COLUMNS]
    rows = [[short_text(values[name]) if name in values else "" for name in columns] for values in found]
    if page is None:
        return Contents(f"{model_name}: no items", columns, rows)
    caption = f"{model_name}: {len(rows)} {'item' if len(rows) == 1 else 'items'}"
    if page.scanned_count > page.count:
        caption += f" of the first {page.scanned_count}"
    if page.count > len(rows) or (page.last is not None and page.count != limit):
        caption += ", more follow"
    if len(used) > len(columns):
        caption += f"; {len(used) - len(columns)} more fields"
    return Contents(caption, columns, rows)
