"""Pages: the result of one request of a read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

from dynamorm.data.capacity import ConsumedCapacity
from dynamorm.data.positions import Position
from dynamorm.data.results import PageResult

Model = TypeVar("Model")


class Page(Generic[Model]):
    """The instances that one request of a read found, with its counts, its cost and the position after it.

    It can be iterated over any number of times, has a ``len()``, and is indexed like a list. A page may be empty
    although more follow: DynamoDB ends a page after 1 MB, before the filter ("Paginating table query results").
    """

    def __init__(
        self,
        instances: Sequence[Model],
        result: PageResult,
        last: Position | None,
        make_cursor: Callable[[Position], str],
    ) -> None:
        self._instances = tuple(instances)
        self._result = result
        self._last = last
        self._make_cursor = make_cursor

    def __iter__(self) -> Iterator[Model]:
        return iter(self._instances)

    def __len__(self) -> int:
        return len(self._instances)

    @overload
    def __getitem__(self, index: int) -> Model: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Model, ...]: ...
    def __getitem__(self, index: int | slice) -> Model | tuple[Model, ...]:
        return self._instances[index]

    @property
    def count(self) -> int:
        """The number of items that passed the filter, which is the number of instances."""
        return len(self._instances)

    @property
    def scanned_count(self) -> int:
        """The number of items that were read, and paid for, before the filter."""
        return self._result.scanned_count

    @property
    def consumed_capacity(self) -> tuple[ConsumedCapacity, ...]:
        """The cost of the page, by table and index; empty if the backend does not report it."""
        return self._result.consumed_capacity

    @property
    def last(self) -> Position | None:
        """The position of the next page, for ``start``; ``None`` when this is the last one."""
        return self._last

    @property
    def cursor(self) -> str | None:
        """The position of the next page as a string for ``after``; ``None`` when this is the last one."""
        return None if self._last is None else self._make_cursor(self._last)

    def __repr__(self) -> str:
        more = "the last one" if self._last is None else "more follow"
        return f"<Page of {self.count} of {self.scanned_count} items, {more}>"


class Pages(Iterator[Page[Model]]):
    """The pages of a read, each read on request. After a failure, every further request raises the same error."""

    def __init__(self, pages: Iterator[Page[Model]]) -> None:
        self._pages = pages
        self._error: Exception | None = None

    def __next__(self) -> Page[Model]:
        if self._error is not None:
            raise self._error
        try:
            return next(self._pages)
        except StopIteration:
            raise
        except Exception as error:
            self._error = error
            raise
