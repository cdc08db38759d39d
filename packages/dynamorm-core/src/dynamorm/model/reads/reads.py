"""What queries and scans give: lazy iterators over instances."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar

from dynamorm.data.operations import Operation, Query, Scan
from dynamorm.data.positions import Position, SegmentPositions
from dynamorm.data.results import Page as PageResult
from dynamorm.data.values import Item, normalise_item
from dynamorm.engine.plans import pages as paging
from dynamorm.engine.plans.steps import Emit, Plan, StreamPlan, map_stream
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidValue, Unsupported
from dynamorm.model.mapping.loading import Loader
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.snapshots import ALL_LOADED, LoadedAttributes
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.query.operations import projection_of
from dynamorm.model.reads.pages import Page, Pages
from dynamorm.model.reads.prefetch import Prefetch, prefetches
from dynamorm.model.verbs.drivers import DryRunEnded, drive_on, drive_stream

if TYPE_CHECKING:
    # Few programs need them, and each would pay for them when it starts.
    from dynamorm.engine.costs.explanations import Explanation
    from dynamorm.model.reads.cursors import Cursors, Secret

Model = TypeVar("Model")
ReadOperation = TypeVar("ReadOperation", Query, Scan)

#: A page of items, and the position behind it.
ReadPage: TypeAlias = tuple[PageResult, Position | None]
#: The instances of a page, which can be iterated over once, with the page and the position.
LoadedPage: TypeAlias = tuple[Iterable[Model], PageResult, Position | None]


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
        self._connection = mapper.table.connection()
        self._partial = partial
        self._loaded = LoadedAttributes(complete=False) if partial else ALL_LOADED
        self._recursive = False
        self._unexpired = mapper.table.hides_expired
        self._prefetches: list[Prefetch] = []
        self._instances: Iterator[Model] | None = None
        self._ready: deque[Model] = deque()
        #: How many instances were found so far, given out or ready.
        self._taken = 0
        self._start: Position | None = None
        self._cursor: str | None = None
        self._secrets: tuple[bytes, ...] = ()
        self._last: Position | None = None
        for name, value in (parameters or {}).items():
            self._set_parameter(name, value)

    @property
    def last(self) -> Position | None:
        """Where the next page starts: the key to give to :meth:`start`, ``None`` when there is no more.

        It is known once the first item was asked for. That of a parallel scan has a place for each segment.
        """
        return self._last

    @property
    def cursor(self) -> str | None:
        """Where the next page starts, as a text for :meth:`after` that is safe in a URL; ``None`` when there is no more.

        It is known once the first item was asked for. Whoever has it can read the values of the key that it holds,
        also when it is :meth:`signed`.
        """
        return None if self._last is None else self._make_cursor(self._last)

    @property
    def started(self) -> bool:
        """Whether an item was asked for since it was made, or made ready :meth:`again`."""
        return self._instances is not None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Model:
        if self._ready:
            return self._ready.popleft()
        instance = next(self._started())
        self._taken += 1
        return instance

    def __len__(self) -> int:
        """How many items the read finds, as :meth:`count` does. Here they are read, and kept for the iteration.

        ``list()`` asks for it too, and so sends nothing twice.
        """
        self._get_ready(self._started())
        return self._taken

    def __bool__(self) -> bool:
        if not self._taken:
            self._get_ready(islice(self._started(), 1))
        return bool(self._taken)

    def _get_ready(self, instances: Iterator[Model]) -> None:
        waiting = len(self._ready)
        try:
            self._ready.extend(instances)
        finally:
            self._taken += len(self._ready) - waiting

    def limit(self, limit: int) -> Self:
        """Read at most *limit* items, before the filter; together with :meth:`recursive`, give at most so many."""
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise InvalidValue("A limit is a whole number, and at least 1.")
        return self._change(limit=limit)

    def start(self, last: Mapping[str, Any] | SegmentPositions | None) -> Self:
        """Start behind the item with the key *last*, the :attr:`last` of an earlier read; ``None``: at the beginning."""
        if last is not None and not isinstance(last, (Mapping, SegmentPositions)):
            raise InvalidKey(
                f"A read of {self._mapper.model_name} starts behind a key, a dict by attribute name as 'last' gives it, not "
                f"{type(last).__name__}."
            )
        self._cursor = None
        self._start = normalise_item(last) if isinstance(last, Mapping) else last
        return self

    def after(self, cursor: str | None) -> Self:
        """Go on where a page ended, by its *cursor*; ``None``: start at the beginning.

        The read has to be the one that the cursor was made for: of the same table or index, with the same key condition, filter and
        direction, and in as many segments. What is read of each item, and how much at once, may be another. A read that is
        :meth:`signed` takes only cursors that are.

        Raises :class:`~dynamorm.exceptions.InvalidCursor` when the read begins, before anything is sent.
        """
        self._cursor = cursor
        self._start = None
        return self

    def signed(self, secret: Secret) -> Self:
        """Sign cursors with a *secret*, and take no others: a text or bytes, at least 16 of them.

        Of several the first one signs, and each is good for :meth:`after`, so that one can take the place of another. Signing
        (HMAC-SHA256) keeps anyone without the secret from making or changing cursors; it hides nothing.
        Raises :class:`~dynamorm.exceptions.InvalidValue` for a short one.
        """
        from dynamorm.model.reads.cursors import secrets_of

        self._secrets = secrets_of(secret)
        return self

    def consistent(self) -> Self:
        """Read what was written last, at twice the cost. A global index can't be read so: ``Unsupported``."""
        index = self._mapper.table.index(self._operation.index)
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
        projection = projection_of(self._mapper.fields, attrs)
        self._loaded = LoadedAttributes.of(projection)
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
            self._mapper.table.without_expired(self._operation)
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
        return drive_on(self._connection, self._count_plan())

    def pages(self) -> Iterator[Page[Model]]:
        """Page after page, each read when it is asked for, with what it cost; anew each time.

        All pages are given: :meth:`limit` is how many items each of them reads. When it is :meth:`recursive`, the limit
        bounds the items of all pages together. :attr:`last` and :attr:`cursor` are then those of the latest page.
        """
        return Pages(self._loaded_pages())

    def explain(self) -> Explanation:
        """What the read would send, and what that costs; nothing is sent.

        It is about the first page, or the first of each segment that is read side by side. Related instances that are
        prefetched are left out. Raises what the read would raise before it sends anything.
        """
        from dynamorm.engine.costs.explanations import explanation_of

        operations, repeats = self._first_operations()
        return explanation_of(operations, [self._mapper.spec], repeats=repeats)

    def again(self) -> Self:
        """Makes the iterator ready for another iteration: of what follows :attr:`last`, else of the same."""
        self._instances = None
        self._ready.clear()
        self._taken = 0
        return self.start(self._last) if self._last is not None else self

    def _started(self) -> Iterator[Model]:
        if self._instances is None:
            self._instances = self._read()
        return self._instances

    def _read(self) -> Iterator[Model]:
        try:
            self._last = None
            plan = self._instances_plan(self._operation, endless=False)
            for instances, _, last in drive_stream(self._connection, plan):
                self._last = last
                yield from instances
        except Exception as error:
            # What is asked for next must not look like the end of the read. And list() takes a TypeError of len() to mean
            # that the length is not known, and goes on.
            self._instances = _Failed(error)
            raise
        except DryRunEnded:
            self._instances = None
            raise

    def _loaded_pages(self) -> Iterator[Page[Model]]:
        self._last = None
        operation = replace(self._operation, return_consumed_capacity="INDEXES")
        plan = self._instances_plan(operation, endless=not self._recursive)
        for instances, page, last in drive_stream(self._connection, plan):
            loaded = list(instances)
            self._last = last
            yield Page(loaded, page, last, self._make_cursor)

    def _instances_plan(self, operation: ReadOperation, *, endless: bool) -> StreamPlan[LoadedPage[Model]]:
        """Emit for each page its instances, with those that are prefetched, the page itself, and the position behind it."""

        def load_page(found: ReadPage) -> StreamPlan[LoadedPage[Model]]:
            page, last = found
            # Made one by one as they are asked for: a page may hold thousands.
            instances: Iterable[Model] = map(self._load, page.items, repeat(self._partial), repeat(self._loaded))
            if self._prefetches:
                instances = list(instances)
                for prefetch in self._prefetches:
                    yield from prefetch.load(instances, consistent=operation.consistent)
            yield Emit((instances, page, last))

        return map_stream(self._pages_plan(operation, endless=endless), load_page)

    def _pages_plan(self, operation: ReadOperation, *, endless: bool) -> StreamPlan[ReadPage]:
        """Emit the pages of an *operation* from the starting position, each with the position behind it."""

        def with_position(page: PageResult) -> StreamPlan[ReadPage]:
            yield Emit((page, page.last_key))

        plan = paging.pages(self._begun(operation), recursive=self._recursive, keys=self._keys_read(), endless=endless)
        return map_stream(plan, with_position)

    def _count_plan(self) -> Plan[int]:
        return paging.count(self._begun(self._operation), recursive=self._recursive)

    def _first_operations(self) -> tuple[Sequence[Operation[Any]], bool]:
        """What is sent first, and whether more of the same may follow."""
        return [paging.first(self._begun(self._operation))], self._recursive

    def _begun(self, operation: ReadOperation) -> ReadOperation:
        """The *operation* as it is sent now, from the starting position."""
        return replace(self._judging(operation), start_key=self._start_key())

    def _judging(self, operation: ReadOperation) -> ReadOperation:
        """The *operation* as it is sent now: what has expired is left out, if asked to."""
        return self._mapper.table.without_expired(operation) if self._unexpired else operation

    def _starting_position(self) -> Position | None:
        return self._start if self._cursor is None else self._cursors().opened(self._cursor)

    def _start_key(self) -> Item | None:
        position = self._starting_position()
        if isinstance(position, SegmentPositions):
            raise InvalidKey(
                f"This read of {self._mapper.model_name} is to start where a scan in {position.total} segments ended. Only such a scan "
                f"can go on there: scan(…).parallel({position.total})."
            )
        return position

    def _make_cursor(self, position: Position) -> str:
        return self._cursors().made(position)

    def _cursors(self) -> Cursors:
        from dynamorm.model.reads.cursors import Cursors

        mapper, operation = self._mapper, self._operation
        keys = mapper.table.key_attributes_read(operation.index)
        return Cursors(mapper.model_name, operation, self._segments, keys, self._secrets)

    @property
    def _segments(self) -> int | None:
        """The number of segments that are read, where there are several."""
        return None

    def _keys_read(self) -> Sequence[str]:
        return [attribute.name for attribute in self._mapper.table.key_attributes_read(self._operation.index)]

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
