"""What queries and scans give: lazy iterators over instances."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Generic, Self, TypeAlias, TypeVar

from dynamorm.data.operations import Query, Scan
from dynamorm.data.results import Page
from dynamorm.data.values import Item, normalise_item
from dynamorm.engine import paging
from dynamorm.engine.runner import run, stream
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidValue, Unsupported
from dynamorm.model.field_paths import FieldPath
from dynamorm.model.mapper import Mapper
from dynamorm.model.prefetching import Prefetch, prefetches
from dynamorm.model.stored import Reach

Model = TypeVar("Model")
ReadOperation = TypeVar("ReadOperation", Query, Scan)

#: Makes an instance of a stored item, partial or not, and how much of that was read.
Loader: TypeAlias = Callable[[Item, bool, Reach], Model]


class ReadIterator(Generic[Model, ReadOperation]):
    """A lazy iterator over the instances that a query or a scan finds.

    Nothing is sent before the first item is asked for. It ends after one page (at most 1 MB of items,
    before the filter), unless it is :meth:`recursive`. It is used up by one iteration; :meth:`again`
    makes it ready for the next. The methods that configure it answer the iterator itself::

        for book in Book.scan(author="Mr. Bar").limit(10).consistent():
            ...
    """

    def __init__(
        self,
        mapper: Mapper,
        load: Loader[Model],
        operation: ReadOperation,
        parameters: Mapping[str, Any] | None = None,
        *,
        partial: bool = False,
    ) -> None:
        self._mapper = mapper
        self._load = load
        self._operation: ReadOperation = operation
        # The one in force here, wherever the items are asked for.
        self._backend = mapper.backend()
        self._partial = partial
        self._reach = Reach(complete=not partial)
        self._recursive = False
        self._unexpired = mapper.hides_expired
        self._prefetches: list[Prefetch] = []
        self._instances: Iterator[Model] | None = None
        self._ready: deque[Model] = deque()
        self._given = 0
        self._last: Item | None = None
        for name, value in (parameters or {}).items():
            self._set_parameter(name, value)

    @property
    def last(self) -> Item | None:
        """Where the next page starts: the key to give to :meth:`start`, ``None`` when there is no more.

        It is known once the first item was asked for.
        """
        return self._last

    @property
    def started(self) -> bool:
        """Whether an item was asked for since it was made, or made ready :meth:`again`."""
        return self._instances is not None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Model:
        instance = self._ready.popleft() if self._ready else next(self._started())
        self._given += 1
        return instance

    def __len__(self) -> int:
        """How many items the read finds, as :meth:`count` does. Here they are read, and kept for the iteration.

        ``list()`` asks for it too, and so sends nothing twice.
        """
        self._ready.extend(self._started())
        return self._given + len(self._ready)

    def __bool__(self) -> bool:
        if not self._given and not self._ready:
            self._ready.extend(islice(self._started(), 1))
        return bool(self._given or self._ready)

    def limit(self, limit: int) -> Self:
        """Read at most *limit* items, before the filter; together with :meth:`recursive`, give at most so many."""
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise InvalidValue("A limit is a whole number, and at least 1.")
        return self._change(limit=limit)

    def start(self, last: Mapping[str, Any] | None) -> Self:
        """Start behind the item with the key *last*, the :attr:`last` of an earlier read; ``None``: at the beginning."""
        if last is not None and not isinstance(last, Mapping):
            raise InvalidKey(
                f"A read of {self._mapper.model_name} starts behind a key, a dict by attribute name as 'last' gives it, not "
                f"{type(last).__name__}."
            )
        return self._change(start_key=None if last is None else normalise_item(last))

    def consistent(self) -> Self:
        """Read what was written last, at twice the cost. A global index can't be read so: ``Unsupported``."""
        index = self._mapper.index(self._operation.index)
        if index is not None and index.kind == "global":
            raise Unsupported(
                f"The index '{index.name}' of '{self._operation.table}' is a global one, which DynamoDB can't read consistently. Read "
                "the table, or a local index."
            )
        return self._change(consistent=True)

    def specific_attributes(self, attrs: Iterable[str | FieldPath]) -> Self:
        """Read only these *attrs*: field names, with dots for what is below, or field paths.

        Instances are partial. Raises :class:`~dynamorm.exceptions.InvalidSchemaField`.
        """
        self._partial = True
        projection = self._mapper.projection(attrs)
        self._reach = Reach.of(projection)
        return self._change(projection=projection)

    def recursive(self) -> Self:
        """Read all pages, each when its first item is asked for."""
        self._recursive = True
        return self

    def partial(self, partial: bool) -> Self:
        """Whether items are loaded as partial instances, which may lack required fields."""
        self._partial = bool(partial)
        return self

    def unexpired(self, unexpired: bool = True) -> Self:
        """Leave out items that have expired and were not deleted yet, as ``hide_expired`` in ``Table`` does; with ``False`` keep them.

        What has expired is decided each time the read starts. Raises :class:`~dynamorm.exceptions.DynaModelException` for a model
        without ``ttl``, and for an index that does not hold it; and :class:`~dynamorm.exceptions.InvalidKey` where it is the key.
        """
        if unexpired:
            self._mapper.unexpired(self._operation)
        self._unexpired = bool(unexpired)
        return self

    def prefetch(self, *relationships: str) -> Self:
        """Load the related instances of a whole page with batch gets, for the *relationships* to one that are named.

        Raises :class:`~dynamorm.exceptions.DynaModelException` for one that is not found by its primary key.
        """
        self._prefetches += prefetches(self._mapper, relationships)
        return self

    def count(self) -> int:
        """How many items the read finds: in one page, or in all when it is recursive. Asks anew each time."""
        return run(paging.count(self._judging(self._operation), recursive=self._recursive), self._backend)

    def again(self) -> Self:
        """Makes the iterator ready for another iteration: of what follows :attr:`last`, else of the same."""
        self._instances = None
        self._ready.clear()
        self._given = 0
        return self.start(self._last) if self._last is not None else self

    def _started(self) -> Iterator[Model]:
        if self._instances is None:
            self._instances = self._read()
        return self._instances

    def _read(self) -> Iterator[Model]:
        try:
            yield from self._found()
        except Exception as error:
            # What is asked for next must not look like the end of the read. And list() takes a TypeError of len() to mean
            # that the length is not known, and goes on.
            self._instances = _Failed(error)
            raise

    def _found(self) -> Iterator[Model]:
        self._last = None
        keys = self._mapper.keys_read(self._operation.index)
        page: Page
        operation = self._judging(self._operation)
        for page in stream(paging.pages(operation, recursive=self._recursive, keys=keys), self._backend):
            self._last = page.last_key
            instances = (self._load(item, self._partial, self._reach) for item in page.items)
            yield from self._with_related(instances) if self._prefetches else instances

    def _judging(self, operation: ReadOperation) -> ReadOperation:
        """The *operation* as it is sent now: what has expired is left out, if asked to."""
        return self._mapper.unexpired(operation) if self._unexpired else operation

    def _with_related(self, instances: Iterable[Model]) -> Sequence[Model]:
        loaded = list(instances)
        for prefetch in self._prefetches:
            prefetch.load(loaded, consistent=self._operation.consistent)
        return loaded

    def _change(self, **changes: Any) -> Self:
        self._operation = replace(self._operation, **changes)
        return self

    def _set_parameter(self, name: str, value: Any) -> None:
        """Takes one of boto3's request parameters, which DynamORM 0.11 passed through."""
        if name == "Limit":
            self.limit(value)
        elif name == "ExclusiveStartKey":
            self.start(value)
        elif name == "ConsistentRead":
            if value:
                self.consistent()
        else:
            raise DynaModelException(
                f"The request parameter '{name}' has no place here. Limit, ExclusiveStartKey, ConsistentRead and (for queries) "
                "ScanIndexForward are known; for the rest use the arguments and the methods of this read."
            )


class _Failed(Iterator[Any]):
    """What is left of a read that failed: the error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __next__(self) -> Any:
        raise self._error


class ScanIterator(ReadIterator[Model, Scan]):
    """A lazy iterator over what a scan finds, in no certain order."""


class QueryIterator(ReadIterator[Model, Query]):
    """A lazy iterator over what a query finds, in the order of the range key."""

    def reverse(self) -> Self:
        """Give the items in descending order of the range key."""
        return self._change(forward=False)

    def _set_parameter(self, name: str, value: Any) -> None:
        if name == "ScanIndexForward":
            self._change(forward=bool(value))
        else:
            super()._set_parameter(name, value)
