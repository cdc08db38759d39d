"""Pages: the result of one request of a read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar, overload

from dynamorm.data.capacity import ConsumedCapacity
from dynamorm.data.positions import Position
from dynamorm.engine.plans.pages import ReadPage
from dynamorm.exceptions import DynaModelException

if TYPE_CHECKING:
    from rich.table import Table

    from dynamorm.model.reads.display import Contents

Model = TypeVar("Model")


class Page(Generic[Model]):
    """The instances that one request of a read found, with its counts, its cost and the position after it.

    It can be iterated over any number of times, has a ``len()``, and is indexed like a list. A page may be empty
    although more follow: DynamoDB ends a page after 1 MB, before the filter ("Paginating table query results").
    """

    def __init__(
        self,
        instances: Sequence[Model],
        missing: Collection[int],
        page: ReadPage,
        make_cursor: Callable[[Position], str],
    ) -> None:
        self._instances = tuple(instances)
        #: The indexes of the items that could not be loaded.
        self._missing = missing
        self._page = page
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
        """The number of instances: of the items that passed the filter, without invalid ones that were left out."""
        return len(self._instances)

    @property
    def scanned_count(self) -> int:
        """The number of items that were read, and paid for, before the filter."""
        return self._page.result.scanned_count

    @property
    def consumed_capacity(self) -> tuple[ConsumedCapacity, ...]:
        """The cost of the page, by table and index; empty if the backend does not report it."""
        return self._page.result.consumed_capacity

    @property
    def last(self) -> Position | None:
        """The position of the next page, for ``start``; ``None`` when this is the last one."""
        return self._page.end

    @property
    def cursor(self) -> str | None:
        """The position of the next page as a string for ``after``; ``None`` when this is the last one."""
        return None if self.last is None else self._make_cursor(self.last)

    def cursor_of(self, item: Model) -> str:
        """Return the position after an *item* of this page as a string for ``after``: the cursor of a GraphQL edge.

        Raises:
            DynaModelException: The item is not one of this page's instances.
        """
        indexes = (index for index in range(len(self._page.result.items)) if index not in self._missing)
        for index, instance in zip(indexes, self._instances, strict=True):
            if instance is item:
                position = self._page.after(index)
                return self._make_cursor(position)
        raise DynaModelException(
            f"cursor_of was given {type(item).__name__} that is not one of this page's instances. Pass an item that "
            "you got from this page."
        )

    def _repr_html_(self) -> str:
        """Show the instances in a notebook, as a table."""
        return self._contents().html()

    def __rich__(self) -> Table:
        """Show the instances with rich, as a table."""
        return self._contents().rich()

    def _contents(self) -> Contents:
        from dynamorm.model.reads.display import contents_of  # deferred: start-up cost

        return contents_of(self, type(self._instances[0]).__name__ if self._instances else "Page")

    def __repr__(self) -> str:
        more = "the last one" if self.last is None else "more follow"
        return f"<Page of {self.count} of {self.scanned_count} items, {more}>"
