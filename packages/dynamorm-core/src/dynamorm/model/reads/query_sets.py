"""What the many side of a relationship reads as."""

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
    """The related instances of one instance: iterable any number of times, each time read anew.

    Nothing is sent before the first of them is asked for. All pages are read, each when its first item is asked for.
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
        # list() asks for an iterator, then for the length, then for the items: they are to be read only once.
        latest = self._latest()
        return self.count() if latest is None or latest.started else len(latest)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def count(self) -> int:
        """How many there are. They are counted by the service, which reads them all, and anew each time."""
        return iter(self).count()

    def filter(self, /, *expressions: Expression, **lookups: Any) -> QuerySet[Model]:
        """Those of them that meet *expressions* and *lookups* too, which are written as for ``query``.

        A lookup takes the place of one of the same name.
        """
        return QuerySet(self._query, self._lookups | lookups, (*self._expressions, *expressions))

    def explain(self) -> Explanation:
        """What reading them would send, and what that costs; nothing is sent."""
        return iter(self).explain()

    def limit(self, limit: int) -> QueryIterator[Model]:
        """At most *limit* of them; see :meth:`~dynamorm.model.reads.reads.ReadIterator.limit`."""
        return iter(self).limit(limit)

    def reverse(self) -> QueryIterator[Model]:
        """Them in descending order of the range key."""
        return iter(self).reverse()

    def consistent(self) -> QueryIterator[Model]:
        """Them as they were written last; not through a global index."""
        return iter(self).consistent()

    def unexpired(self, unexpired: bool = True) -> QueryIterator[Model]:
        """Them without those that have expired; see :meth:`~dynamorm.model.reads.reads.ReadIterator.unexpired`."""
        return iter(self).unexpired(unexpired)

    def prefetch(self, *relationships: str) -> QueryIterator[Model]:
        """Them with their own related instances; see :meth:`~dynamorm.model.reads.reads.ReadIterator.prefetch`."""
        return iter(self).prefetch(*relationships)

    def specific_attributes(self, attrs: Iterable[str | FieldPath]) -> QueryIterator[Model]:
        """Them with only these *attrs*, as partial instances."""
        return iter(self).specific_attributes(attrs)
