"""The related instances of an instance, on the many side of a relationship."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import ref

from dynamorm.model.query.expressions import Expression
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.reads.reads import QueryIterator

if TYPE_CHECKING:
    from dynamorm.engine.costs.explanations import Explanation

Model = TypeVar("Model")


class QuerySet(Generic[Model]):
    """The related instances of one instance, iterable any number of times, and read again each time.

    Nothing is sent before the first instance is requested. All pages are read, each when its first item is requested.
    """

    def __init__(
        self,
        query: Callable[..., QueryIterator[Model]],
        lookups: Mapping[str, Any],
        expressions: tuple[Expression, ...] = (),
    ) -> None:
        self._query = query
        self._lookups = dict(lookups)
        self._expressions = expressions
        self._latest: Callable[[], QueryIterator[Model] | None] = lambda: None

    def __iter__(self) -> QueryIterator[Model]:
        iterator = self._query(*self._expressions, **self._lookups).recursive()
        self._latest = ref(iterator)
        return iterator

    def __len__(self) -> int:
        # list() asks for an iterator, then for the length, then for the items, which must be read only once.
        latest = self._latest()
        return self.count() if latest is None or latest.started else len(latest)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def count(self) -> int:
        """Return the number of instances. The service counts them, which reads them all, again at each call."""
        return iter(self).count()

    def filter(self, /, *expressions: Expression, **lookups: Any) -> QuerySet[Model]:
        """Return a query set of those instances that also match *expressions* and *lookups*, written as for ``query``.

        A lookup replaces one of the same name.
        """
        return QuerySet(self._query, self._lookups | lookups, (*self._expressions, *expressions))

    def explain(self) -> Explanation:
        """Explain what reading the instances would send and what that would cost, without sending anything."""
        return iter(self).explain()

    def limit(self, limit: int) -> QueryIterator[Model]:
        """Read at most *limit* instances; see :meth:`~dynamorm.model.reads.reads.ReadIterator.limit`."""
        return iter(self).limit(limit)

    def reverse(self) -> QueryIterator[Model]:
        """Read the instances in descending order of the range key."""
        return iter(self).reverse()

    def consistent(self) -> QueryIterator[Model]:
        """Read the instances consistently, which a global index can't do."""
        return iter(self).consistent()

    def unexpired(self, unexpired: bool = True) -> QueryIterator[Model]:
        """Leave out expired instances; see :meth:`~dynamorm.model.reads.reads.ReadIterator.unexpired`."""
        return iter(self).unexpired(unexpired)

    def prefetch(self, *relationships: str) -> QueryIterator[Model]:
        """Load the instances' own related instances; see :meth:`~dynamorm.model.reads.reads.ReadIterator.prefetch`."""
        return iter(self).prefetch(*relationships)

    def specific_attributes(self, attrs: Iterable[str | FieldPath]) -> QueryIterator[Model]:
        """Read only these attributes, as partial instances."""
        return iter(self).specific_attributes(attrs)
