"""The results of queries and scans: lazy iterators over instances."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar

from dynamorm.data.operations import Operation, Query, Scan
from dynamorm.data.positions import Position, SegmentPositions
from dynamorm.data.results import PageResult
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
    from dynamorm.engine.costs.explanations import Explanation
    from dynamorm.model.reads.cursors import Cursors, Secret

Model = TypeVar("Model")
ReadOperation = TypeVar("ReadOperation", Query, Scan)

#: A page of items, and the position after it.
ReadPage: TypeAlias = tuple[PageResult, Position | None]
#: The instances of a page, which can be iterated over once, with the page and the position after it.
LoadedPage: TypeAlias = tuple[Iterable[Model], PageResult, Position | None]


class ReadIterator(Generic[Model, ReadOperation]):
    """A lazy iterator over the instances that a query or a scan finds.

    Nothing is sent before the first item is requested. It ends after one page (at most 1 MB of items, before the
    filter), unless it is :meth:`recursive`. It can be iterated over once; :meth:`again` prepares it for another
    iteration. The methods that configure it return the iterator itself::

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
        # The connection that is current here, wherever the items are requested.
        self._connection = mapper.table.connection()
        self._partial = partial
        self._loaded = LoadedAttributes(complete=False) if partial else ALL_LOADED
        self._recursive = False
        self._unexpired = mapper.table.hides_expired
        self._prefetches: list[Prefetch] = []
        self._instances: Iterator[Model] | None = None
        self._buffered: deque[Model] = deque()
        #: How many instances were found so far, including those that are buffered.
        self._found_count = 0
        self._start: Position | None = None
        self._cursor: str | None = None
        self._secrets: tuple[bytes, ...] = ()
        self._last: Position | None = None
        for name, value in (parameters or {}).items():
            self._set_parameter(name, value)

    @property
    def last(self) -> Position | None:
        """The position of the next page, for :meth:`start`; ``None`` when there are no more pages.

        It is known once the first item was requested. It is a key; for a parallel scan, it holds a key for each
        segment.
        """
        return self._last

    @property
    def cursor(self) -> str | None:
        """The position of the next page as a string for :meth:`after`, safe in a URL; ``None`` when there are no more.

        It is known once the first item was requested. Anyone who has it can read the values of the key that it holds,
        even when it is :meth:`signed`.
        """
        return None if self._last is None else self._make_cursor(self._last)

    @property
    def started(self) -> bool:
        """Whether an item was requested since the iterator was created, or prepared :meth:`again`."""
        return self._instances is not None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Model:
        if self._buffered:
            return self._buffered.popleft()
        instance = next(self._running())
        self._found_count += 1
        return instance

    def __len__(self) -> int:
        """Return how many items the read finds. Unlike :meth:`count`, it reads them, and keeps them for the iteration.

        ``list()`` asks for the length too, and so sends nothing twice.
        """
        self._buffer_from(self._running())
        return self._found_count

    def __bool__(self) -> bool:
        if not self._found_count:
            self._buffer_from(islice(self._running(), 1))
        return bool(self._found_count)

    def _buffer_from(self, instances: Iterator[Model]) -> None:
        waiting = len(self._buffered)
        try:
            self._buffered.extend(instances)
        finally:
            self._found_count += len(self._buffered) - waiting

    def limit(self, limit: int) -> Self:
        """Read at most *limit* items, before the filter; with :meth:`recursive`, return at most that many."""
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise InvalidValue("A limit must be a whole number, at least 1.")
        return self._change(limit=limit)

    def start(self, last: Mapping[str, Any] | SegmentPositions | None) -> Self:
        """Start after the item with the key *last*, the :attr:`last` of an earlier read; ``None``: at the beginning."""
        if last is not None and not isinstance(last, (Mapping, SegmentPositions)):
            raise InvalidKey(
                f"A read of {self._mapper.model_name} starts after a key, a dict by attribute name as in 'last', not "
                f"{type(last).__name__}."
            )
        self._cursor = None
        self._start = normalise_item(last) if isinstance(last, Mapping) else last
        return self

    def after(self, cursor: str | None) -> Self:
        """Continue where a page ended, by its *cursor*; ``None``: start at the beginning.

        The read must be the same as the one that the cursor was made for: the same table or index, key condition,
        filter, direction and number of segments. The attributes that are read, and the limit, may differ. A read that
        is :meth:`signed` accepts only signed cursors. A wrong cursor raises :class:`~dynamorm.exceptions.InvalidCursor`
        when the read begins, before anything is sent.
        """
        self._cursor = cursor
        self._start = None
        return self

    def signed(self, secret: Secret) -> Self:
        """Sign cursors with a *secret*, a string or bytes of at least 16 bytes, and accept only signed cursors.

        Of several secrets, the first one signs, and :meth:`after` accepts all of them, so that secrets can be rotated.
        Signing (HMAC-SHA256) prevents anyone without the secret from making or changing cursors; it hides nothing. A
        shorter secret raises :class:`~dynamorm.exceptions.InvalidValue`.
        """
        from dynamorm.model.reads.cursors import parse_secrets  # deferred: start-up cost

        self._secrets = parse_secrets(secret)
        return self

    def consistent(self) -> Self:
        """Read consistently, at twice the cost. A global index raises :class:`~dynamorm.exceptions.Unsupported`."""
        index = self._mapper.table.index(self._operation.index)
        if index is not None and index.kind == "global":
            raise Unsupported(
                f"The index '{index.name}' of '{self._operation.table}' is a global index, which DynamoDB can't read "
                "consistently. Read the table, or a local index."
            )
        return self._change(consistent=True)

    def specific_attributes(self, attrs: Iterable[str | FieldPath]) -> Self:
        """Read only these attributes, as partial instances: field names, with dots for values below, or field paths.

        An unknown name raises :class:`~dynamorm.exceptions.InvalidSchemaField`.
        """
        self._partial = True
        projection = projection_of(self._mapper.fields, attrs)
        self._loaded = LoadedAttributes.of(projection)
        return self._change(projection=projection)

    def recursive(self) -> Self:
        """Read all pages, each when its first item is requested."""
        self._recursive = True
        return self

    def partial(self, partial: bool) -> Self:
        """Load items as partial instances, which may lack required fields; with ``False``, as complete ones."""
        self._partial = bool(partial)
        return self

    def unexpired(self, unexpired: bool = True) -> Self:
        """Leave out items that have expired when the read starts, as ``hide_expired`` does; ``False`` keeps them.

        Raises:
            DynaModelException: The model has no ``ttl``, or the index does not hold it.
            InvalidKey: A query reads by the ``ttl`` as its key.
        """
        if unexpired:
            self._mapper.table.without_expired(self._operation)
        self._unexpired = bool(unexpired)
        return self

    def prefetch(self, *relationships: str) -> Self:
        """Load the related instances of a whole page with batch gets, for these *relationships* to one.

        A relationship that does not use the primary key raises :class:`~dynamorm.exceptions.DynaModelException`.
        """
        self._prefetches += prefetches(self._mapper, relationships)
        return self

    def count(self) -> int:
        """Count the items that the read finds, in one page, or in all when it is recursive. Each call reads again."""
        return drive_on(self._connection, self._count_plan())

    def pages(self) -> Iterator[Page[Model]]:
        """Iterate over the pages, each with its cost and read when it is requested. Each call reads again.

        All pages are returned: :meth:`limit` is how many items each page reads. If the read is :meth:`recursive`, the
        limit applies to the items of all pages together. :attr:`last` and :attr:`cursor` are those of the latest page.
        """
        return Pages(self._loaded_pages())

    def explain(self) -> Explanation:
        """Explain what the read would send and what that would cost, without sending anything.

        The explanation covers the first page, or the first page of each segment that is read in parallel, without
        prefetched instances. Raises what the read would raise before it sends anything.
        """
        from dynamorm.engine.costs.explanations import explanation_of  # deferred: start-up cost

        operations, repeats = self._first_operations()
        return explanation_of(operations, [self._mapper.spec], repeats=repeats)

    def again(self) -> Self:
        """Prepare the iterator for another iteration: from :attr:`last` on if there is more, else the same again."""
        self._instances = None
        self._buffered.clear()
        self._found_count = 0
        return self.start(self._last) if self._last is not None else self

    def _running(self) -> Iterator[Model]:
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
            # The next item must not look like the end of the read: list() takes a TypeError of len() to mean that the
            # length is not known, and continues.
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
        """Emit for each page its instances, with prefetched ones, the page itself, and the position after it."""

        def load_page(found: ReadPage) -> StreamPlan[LoadedPage[Model]]:
            page, last = found
            # Loaded one by one on request: a page may hold thousands.
            instances: Iterable[Model] = map(self._load, page.items, repeat(self._partial), repeat(self._loaded))
            if self._prefetches:
                instances = list(instances)
                for prefetch in self._prefetches:
                    yield from prefetch.load(instances, consistent=operation.consistent)
            yield Emit((instances, page, last))

        return map_stream(self._pages_plan(operation, endless=endless), load_page)

    def _pages_plan(self, operation: ReadOperation, *, endless: bool) -> StreamPlan[ReadPage]:
        """Emit the pages of an *operation* from the starting position, each with the position after it."""

        def with_position(page: PageResult) -> StreamPlan[ReadPage]:
            yield Emit((page, page.last_key))

        plan = paging.pages(
            self._from_start(operation), recursive=self._recursive, keys=self._keys_read(), endless=endless
        )
        return map_stream(plan, with_position)

    def _count_plan(self) -> Plan[int]:
        return paging.count(self._from_start(self._operation), recursive=self._recursive)

    def _first_operations(self) -> tuple[Sequence[Operation[Any]], bool]:
        """Return the operations that are sent first, and whether more of them may follow."""
        return [paging.first(self._from_start(self._operation))], self._recursive

    def _from_start(self, operation: ReadOperation) -> ReadOperation:
        """Return the *operation* as it is sent now, from the starting position."""
        return replace(self._without_expired(operation), start_key=self._start_key())

    def _without_expired(self, operation: ReadOperation) -> ReadOperation:
        """Return the *operation* as it is sent now: expired items are left out if they should be."""
        return self._mapper.table.without_expired(operation) if self._unexpired else operation

    def _starting_position(self) -> Position | None:
        return self._start if self._cursor is None else self._cursors().decode(self._cursor)

    def _start_key(self) -> Item | None:
        position = self._starting_position()
        if isinstance(position, SegmentPositions):
            raise InvalidKey(
                f"This read of {self._mapper.model_name} was asked to start where a scan in {position.total} segments "
                f"ended. Only such a scan can continue there: scan(…).parallel({position.total})."
            )
        return position

    def _make_cursor(self, position: Position) -> str:
        return self._cursors().encode(position)

    def _cursors(self) -> Cursors:
        from dynamorm.model.reads.cursors import Cursors  # deferred: start-up cost

        mapper, operation = self._mapper, self._operation
        keys = mapper.table.key_attributes_read(operation.index)
        return Cursors(mapper.model_name, operation, self._segments, keys, self._secrets)

    @property
    def _segments(self) -> int | None:
        """The number of segments, if there are several."""
        return None

    def _keys_read(self) -> Sequence[str]:
        return [attribute.name for attribute in self._mapper.table.key_attributes_read(self._operation.index)]

    def _change(self, **changes: Any) -> Self:
        self._operation = replace(self._operation, **changes)
        return self

    def _set_parameter(self, name: str, value: Any) -> None:
        """Set one of boto3's request parameters, which DynamORM 0.11 passed on."""
        if name == "Limit":
            self.limit(value)
        elif name == "ExclusiveStartKey":
            self.start(value)
        elif name == "ConsistentRead":
            if value:
                self.consistent()
        else:
            raise DynaModelException(
                f"The request parameter '{name}' is not supported here, only Limit, ExclusiveStartKey, ConsistentRead "
                "and (for queries) ScanIndexForward. For the rest, use the arguments and the methods of this read."
            )


class _Failed(Iterator[Any]):
    """An iterator that raises the error of a read that failed."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __next__(self) -> Any:
        raise self._error


class QueryIterator(ReadIterator[Model, Query]):
    """A lazy iterator over the instances that a query finds, in the order of the range key."""

    def reverse(self) -> Self:
        """Return the items in descending order of the range key: an ``InvalidKey`` if that has a type without order."""
        self._mapper.refuse_reverse(self._operation.index)
        return self._change(forward=False)

    def _set_parameter(self, name: str, value: Any) -> None:
        if name == "ScanIndexForward":
            _ = self._change(forward=True) if value else self.reverse()
        else:
            super()._set_parameter(name, value)
