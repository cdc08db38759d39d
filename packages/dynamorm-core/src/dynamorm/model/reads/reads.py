"""The results of queries and scans: lazy reads of instances."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, Self

from dynamorm.data.operations import Query, Scan
from dynamorm.data.positions import Position
from dynamorm.data.records import replace
from dynamorm.data.tables import IndexSpec
from dynamorm.exceptions import UnknownAttribute
from dynamorm.model.mapping.loaded_attributes import ALL_LOADED, LoadedAttributes
from dynamorm.model.mapping.loading import Loader
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.reads import plans
from dynamorm.model.reads.configuring import ConfigurableRead, Model
from dynamorm.model.reads.iteration import Iteration, Pages
from dynamorm.model.reads.settings import ReadSettings
from dynamorm.model.reads.without_arguments import awaited_takes_no_arguments, takes_no_arguments
from dynamorm.model.verbs.drivers import adrive_on, drive_on
from dynamorm.ports.backends import Capability

if TYPE_CHECKING:
    from rich.table import Table

    from dynamorm.engine.costs.explanations import Explanation
    from dynamorm.model.reads.display import Contents

#: Held while an iteration begins: threads that share a read must not begin one each.
_beginning = RLock()


class ReadIterator(ConfigurableRead[Model]):
    """A lazy read of the instances that a query or a scan finds: all of them, page by page.

    Nothing is sent before the first item is requested, and each page is requested when its first item is. You can
    iterate over a read any number of times; each time it reads again. The methods that configure a read return a new
    one::

        for book in Book.scan(author="Mr. Bar").limit(10).consistent():
            ...

    On an event loop, use ``async for``, and the verbs with an ``a`` in front. A read itself is not awaitable::

        async for book in Book.scan(author="Mr. Bar"):
            ...
        number = await Book.scan(author="Mr. Bar").acount()

    An item that the schema refuses raises a :class:`~dynamorm.exceptions.ValidationError` with its ``key``; the next
    request continues after it. See ``invalid()`` for other ways.
    """

    #: What the ``repr`` calls it.
    _kind: ClassVar[str] = "Read"

    #: The newest iteration over the items, and the newest one of those and of the iterations over pages.
    _newest: Iteration[Model] | None
    _latest: Iteration[Model] | Pages[Model] | None
    #: Whether ``iter`` continues the newest iteration.
    _is_continued: bool
    #: Where ``again`` has moved the read.
    _moved_to: Position | None

    def __init__(
        self,
        mapper: Mapper,
        load: Loader[Model],
        operation: Query | Scan,
        parameters: Mapping[str, Any] | None = None,
        *,
        partial: bool = False,
    ) -> None:
        table = mapper.table
        if table.holds_guards:
            operation = table.without_guards(operation)
        loaded = _loaded_from(mapper, table.index(operation.index)) if partial else ALL_LOADED
        here = table.connection(), table.origin()
        hidden = table.hides_expired
        super().__init__(ReadSettings(mapper, load, operation, *here, partial, loaded, hidden, kinds=mapper.kind))
        self._forget_iterations()
        for name, value in (parameters or {}).items():
            self._configured = self._with_parameter(name, value)._settings

    if not TYPE_CHECKING:
        # Type checkers report what is missing.

        def __getattr__(self, name: str) -> object:
            """Say what to use in place of a method that the reads of other libraries have."""
            if name.startswith("_"):
                raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
            from dynamorm.model.reads.habits import attribute_advice  # deferred: start-up cost

            known = [each for each in dir(type(self)) if not each.startswith("_")]
            raise UnknownAttribute(f"A read has no attribute '{name}'.{attribute_advice(name, known)}")

        def __getitem__(self, position: object) -> object:
            """Say what to use in place of a position or a slice."""
            from dynamorm.model.reads.habits import position_advice  # deferred: start-up cost

            raise TypeError(f"A read has no positions. {position_advice(position)}")

        def __reversed__(self) -> object:
            """Say what to use: Python would ask for the length, and for positions."""
            raise TypeError("Python can't reverse a read. Use reverse() of a query.")

    # Displays

    def __repr__(self) -> str:
        """Show the configuration of the read. Nothing is sent."""
        from dynamorm.model.reads.display import text_of  # deferred: start-up cost

        self._unused_since = None
        return text_of(self._kind, self._configured, self._label())

    def _repr_html_(self) -> str:
        """Show the first items in a notebook, as a table. It sends one request."""
        return self._contents().html()

    def __rich__(self) -> Table:
        """Show the first items with rich, as a table. It sends one request."""
        return self._contents().rich()

    def _contents(self) -> Contents:
        from dynamorm.model.reads.display import contents_of, settings_for_display  # deferred: start-up cost

        settings = settings_for_display(self._settings_to_display)
        page = next(self._with(settings).pages(), None)
        return contents_of(page, settings.mapper.model_name, settings.limits.limit)

    def _label(self) -> str:
        """Return what the read reads, before it has settings."""
        return ""

    # Iterations

    def __iter__(self) -> Iterator[Model]:
        """Begin a new iteration; continue one that ``next`` began and that has not ended."""
        return self._iteration()

    def __next__(self) -> Model:
        """Return the next item of the newest iteration, and begin one if there is none."""
        return next(self._current())

    def __aiter__(self) -> AsyncIterator[Model]:
        """Begin a new iteration, for ``async for``; continue one that ``anext`` began and that has not ended."""
        return self._iteration()

    async def __anext__(self) -> Model:
        """Return the next item of the newest iteration, and begin one if there is none."""
        return await anext(self._current())

    def __len__(self) -> int:
        """Return how many items the read finds.

        Before the first item of an iteration, this reads the items and keeps them for the iteration, so ``list()``,
        which asks for the length, sends nothing twice. Afterwards, the service counts them; it does not know which
        items are ``invalid()``, so they are read again if these are left out.
        """
        newest = self._newest
        if newest is None or not newest.has_given or newest.error is not None:
            return self._unused_iteration().read_all()
        settings = self._settings
        return self.count() if settings.invalid == "raise" else Iteration(settings).read_all()

    def __bool__(self) -> bool:
        """Return whether the read finds something. Ask the service, unless the newest iteration has found something."""
        newest = self._newest
        return (newest is not None and newest.has_given) or self._unused_iteration().has_more()

    @property
    def last(self) -> Position | None:
        """The position after the last item that the newest iteration returned, for ``start()``.

        It is ``None`` before the first item, and when nothing more follows. It is a key; for a parallel scan, it holds
        a key for each segment.
        """
        return self._moved_to if self._latest is None else self._latest.position

    @property
    def cursor(self) -> str | None:
        """The position after the last item that the newest iteration returned, as a string for ``after()``.

        It is ``None`` where ``last`` is. It is safe in a URL. Anyone who has it can read the values of the key that
        it holds, even when it is ``signed()``.
        """
        last = self.last
        return None if last is None else self._settings.cursor_at(last)

    def again(self) -> Self:
        """Let this read continue after ``last``, or begin again if it has reached its end. Return the read itself."""
        last, settings = self.last, self._settings
        self._forget_iterations()
        self._moved_to = last
        if last is not None:
            self._configured = settings.starting_at(last)
        return self

    def pages(self) -> Pages[Model]:
        """Iterate over the pages, with ``for`` or ``async for``. Each call reads again, each page when it is requested.

        ``page_size()`` is how many items each page reads; ``limit()`` applies to the items of all pages together.
        ``last`` and ``cursor`` are then those of the latest page.
        """
        settings = self._settings
        if Capability.CONSUMED_CAPACITY in settings.connection.capabilities:
            settings = settings._replace(operation=replace(settings.operation, return_consumed_capacity="INDEXES"))
        pages: Pages[Model] = Pages(settings)
        self._latest = pages
        return pages

    # Verbs, each independent of iterations: it reads from the read's start

    @takes_no_arguments
    def count(self) -> int:
        """Return the number of items that the read finds, which the service counts without the schema."""
        settings = self._settings
        return drive_on(settings.connection, plans.count(settings))

    @awaited_takes_no_arguments
    async def acount(self) -> int:
        """Do what :meth:`count` does, on an event loop."""
        settings = self._settings
        return await adrive_on(settings.connection, plans.count(settings))

    @takes_no_arguments
    def exists(self) -> bool:
        """Return whether the read finds an item. It reads no further than the first one."""
        settings = self._settings
        return drive_on(settings.connection, plans.exists(settings))

    @awaited_takes_no_arguments
    async def aexists(self) -> bool:
        """Do what :meth:`exists` does, on an event loop."""
        settings = self._settings
        return await adrive_on(settings.connection, plans.exists(settings))

    @takes_no_arguments
    def first(self) -> Model | None:
        """Return the first item, or ``None`` if there is none. It reads no further than that."""
        settings = self._settings
        found: Model | None = drive_on(settings.connection, plans.first(settings))
        return found

    @awaited_takes_no_arguments
    async def afirst(self) -> Model | None:
        """Do what :meth:`first` does, on an event loop."""
        settings = self._settings
        found: Model | None = await adrive_on(settings.connection, plans.first(settings.on_event_loop()))
        return found

    @takes_no_arguments
    def one(self) -> Model:
        """Return the only item.

        Raises:
            NoItemFound: There is none.
            MultipleItemsFound: There are several.
        """
        settings = self._settings
        found: Model = drive_on(settings.connection, plans.one(settings))
        return found

    @awaited_takes_no_arguments
    async def aone(self) -> Model:
        """Do what :meth:`one` does, on an event loop."""
        settings = self._settings
        found: Model = await adrive_on(settings.connection, plans.one(settings.on_event_loop()))
        return found

    def explain(self) -> Explanation:
        """Explain what the read would send and what that would cost, without sending anything.

        The explanation covers the first page, or the first page of each segment that is read in parallel, without
        prefetched instances. Raises what the read would raise before it sends anything.
        """
        from dynamorm.engine.costs.explanations import explanation_of  # deferred: start-up cost

        settings = self._settings
        spec = settings.mapper.table.spec_on(settings.connection)
        return explanation_of(plans.first_operations(settings), [spec], read_limits=settings.limits)

    def _iteration(self) -> Iteration[Model]:
        """Return the iteration for a loop over the read."""
        newest = self._newest
        if newest is None or newest.has_ended or not self._is_continued:
            return self._begin(is_continued=False)
        # One that the length or the truth of the read began is continued once: until then, nobody has got anything.
        self._is_continued = newest.has_given
        self._latest = newest
        return newest

    def _current(self) -> Iteration[Model]:
        """Return the newest iteration, and begin one if there is none."""
        newest = self._newest
        if newest is None:
            with _beginning:
                newest = self._newest
                if newest is None:
                    newest = self._begin(is_continued=True)
        self._latest = newest
        return newest

    def _begin(self, *, is_continued: bool) -> Iteration[Model]:
        """Begin an iteration; the next ``iter`` of the read continues it if it *is_continued*."""
        newest: Iteration[Model] = Iteration(self._settings)
        self._newest = self._latest = newest
        self._is_continued = is_continued
        return newest

    def _unused_iteration(self) -> Iteration[Model]:
        """Return the newest iteration if it has returned nothing, else a new one. An empty one is not used twice.

        The position of the read stays: nobody has got anything from a new one yet.
        """
        newest, latest = self._newest, self._latest
        if newest is None or newest.has_ended or (self._is_continued and newest.is_empty):
            newest = self._begin(is_continued=True)
            self._latest = latest
        return newest

    def _forget_iterations(self) -> None:
        self._newest = self._latest = self._moved_to = None
        self._is_continued = False


class QueryIterator(ReadIterator[Model]):
    """A lazy read of the instances that a query finds, in the order of the range key."""

    _kind = "Query"

    def reverse(self) -> Self:
        """Return the items in descending order of the range key.

        Raises:
            InvalidKey: The range key has a type without an order.
        """
        settings = self._settings
        settings.mapper.refuse_reverse(settings.operation.index)
        return self._with_operation(forward=False)

    def joined(self, *relationships: str) -> Self:
        """Load the related instances of these to-many *relationships* with the same query.

        ::

            customer = Customer.query(customer_id="1").joined("orders").one()
            for order in customer.orders:  # sends nothing
                ...

        Both models share a table, and the query of the relationship gives the hash key of the same partition and
        nothing else. The whole partition is read, as far as its items are those of these models, before the first
        instance is returned, so that each has all that is related to it, in ascending order of the keys. The attribute
        gives these items, each time as new instances, until the instance is refreshed; a read of it that is configured
        or filtered further asks the service. A read that is limited, or begins at a position, reads the whole partition
        all the same.

        Raises:
            DynaModelException: A relationship can't be joined, or the read has a filter, is of an index, or reads only
                some attributes; nothing was sent.
        """
        from dynamorm.model.reads.joins import joined  # deferred: start-up cost

        settings = self._settings
        return self._changed(joins=joined(settings.mapper, settings.operation, settings.joins, relationships))

    def _with_parameter(self, name: str, value: Any) -> Self:
        if name == "ScanIndexForward":
            return self._with_operation(forward=True) if value else self.reverse()
        return super()._with_parameter(name, value)


def _loaded_from(mapper: Mapper, index: IndexSpec | None) -> LoadedAttributes:
    """Return the attributes that a read of partial instances loads from an *index*; ``None`` is the table."""
    if index is None or index.projection.kind == "ALL":
        return LoadedAttributes(complete=False)
    held = {each.name for each in mapper.table.key_attributes_read(index.name)} | set(index.projection.include)
    if mapper.composed is not None:
        for key in filter(None, map(mapper.composed.key_of, (None, index.name))):
            held |= {mapper.fields.field(name.partition(".")[0]).attribute for name in key.fields}
    return LoadedAttributes(complete=False, names=frozenset(held))
