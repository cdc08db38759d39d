"""``TableView``: what people see of the items of a table: pages by a model or an index, single items, partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynamorm.data.capacity import ConsumedCapacity
from dynamorm.data.conditions import KeyCondition
from dynamorm.data.operations import GetItem, Query
from dynamorm.data.records import field, record, replace
from dynamorm.data.results import ItemResult, PageResult
from dynamorm.data.tables import IndexSpec, KeyAttribute, TableSpec
from dynamorm.data.values import AttributeValue, Item, normalise_item
from dynamorm.engine.plans.checks import check_key
from dynamorm.engine.plans.pages import ReadLimits, ReadPage
from dynamorm.engine.plans.steps import Plan, collect
from dynamorm.engine.run.connections import Target, pinned_connection, using
from dynamorm.exceptions import DynaModelException, InvalidKey
from dynamorm.model.query.operators import Q
from dynamorm.model.reads.cursors import Cursors
from dynamorm.model.reads.plans import read_pages
from dynamorm.model.upkeep.models import TableModels
from dynamorm.model.verbs.drivers import adrive_on, drive_on
from dynamorm.operate.browsing.item_views import ItemView, ItemViewer
from dynamorm.operate.reading.filters import Filter
from dynamorm.operate.resolved_tables import table_of
from dynamorm.ports.backends import Capability

if TYPE_CHECKING:
    from dynamorm.engine.costs.explanations import Explanation
    from dynamorm.engine.run.connection import Connection
    from dynamorm.model.query.fields import SchemaFields
    from dynamorm.model.reads.reads import ReadIterator

#: How many items a page reads by default, before the filter.
PAGE_SIZE = 25


@record
class ItemPage:
    """The items that one request has found, and what it cost.

    Attributes:
        items: The items, in the order of the read.
        scanned_count: How many items were read and paid for, before the filter.
        consumed_capacity: The cost by table and index; empty if the backend does not tell it.
        cursor: Where the next page starts, for ``after``; ``None`` on the last one.
    """

    items: tuple[ItemView, ...] = field(repr=False)
    scanned_count: int
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    cursor: str | None = field(default=None, repr=False)

    @property
    def read_units(self) -> float | None:
        """The read units that the page has cost; ``None`` if the backend does not report them."""
        return sum(each.total for each in self.consumed_capacity) if self.consumed_capacity else None

    def by_model(self) -> dict[type[Any] | None, tuple[ItemView, ...]]:
        """Return the items by model, in the order in which the models occur; ``None`` has the items of no model."""
        found: dict[type[Any] | None, list[ItemView]] = {}
        for each in self.items:
            found.setdefault(each.model, []).append(each)
        return {model: tuple(items) for model, items in found.items()}


class TableView:
    """A view of the items of a table for people, through a model, a shared table, or an index of one of them.

    ::

        view = operate.TableView(Book, "ByAuthor")
        page = view.page([Filter.parse("author=Mr. Bar"), Filter.parse("year__gt=2000")])
        for each in page.items:
            print(each.values, each.problems)

    Each method sends one request, and none of them writes. Items that the schema refuses are among the items, with the
    reason, and so are expired ones. Nothing is scanned unless ``scan=True`` asks for it.

    Args:
        owner: A model, or the class of a shared table.
        index: The name of the class of its index, or of the index itself.
        backend: What ``connect`` takes, in place of the connection of the model. A URL is opened once a process.

    Raises:
        DynaModelException: There is no such index, or *owner* is neither a model nor a shared table.
    """

    def __init__(self, owner: type[Any], index: str | None = None, *, backend: Target | None = None) -> None:
        table = table_of(owner)
        if table is None:
            name = getattr(owner, "__name__", type(owner).__name__)
            raise DynaModelException(f"A view is of a model or of a shared table, and {name} is none.")
        self.owner = owner
        layout = self._layout = table.layout
        self._backend = backend
        self._is_shared = layout.model is None
        #: The names of the classes of the indexes, by those of the indexes.
        self.indexes: Mapping[str, str] = {
            each.name: layout.index_classes.get(each.name, each.name)
            for each in layout.spec.indexes
            if hasattr(owner, layout.index_classes.get(each.name, each.name))
        }
        #: The name of the class of the index; ``None`` for the table.
        self.index: str | None = None
        self._index_name: str | None = None
        if index is not None:
            named = [(name, each) for name, each in self.indexes.items() if index in (name, each)]
            if not named:
                known = ", ".join(self.indexes.values()) or "none"
                raise DynaModelException(f"{owner.__name__} has no index '{index}'. Its indexes are {known}.")
            self._index_name, self.index = named[0]

    def __repr__(self) -> str:
        return f"<TableView of {self.label}>"

    @property
    def label(self) -> str:
        """The names of the model and of the index: ``Book.ByAuthor``."""
        return self.owner.__name__ if self.index is None else f"{self.owner.__name__}.{self.index}"

    @property
    def index_spec(self) -> IndexSpec | None:
        """The index; ``None`` for the table."""
        found: IndexSpec | None = self._layout.index(self._index_name)
        return found

    @property
    def fields(self) -> tuple[str, ...]:
        """The names that filters can have: of fields, and in a shared table also of its attributes."""
        registry = self._layout.kinds if self._is_shared else None
        if registry is not None:
            keys = [each.name for each in self._layout.spec.attribute_definitions()]
            names = [name for model in registry.models for name in model._mapper.adapter.fields]
            return tuple(dict.fromkeys((*keys, *([registry.attribute] if registry.attribute else []), *names)))
        return tuple(self.owner._mapper.adapter.fields)

    @property
    def key_fields(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of the fields of the hash key and of the range key that are queried."""
        spec = self.index_spec or self._layout.spec
        if self._is_shared:
            return tuple(each.name for each in spec.hash_keys), tuple(each.name for each in spec.range_keys)
        mapper = self.owner._mapper
        composed = None if mapper.composed is None else mapper.composed.key_of(self._index_name)
        if composed is not None:
            hash_fields = composed.hash.fields
            range_fields = () if composed.range is None else composed.range.fields
            return hash_fields, tuple(each for each in range_fields if each not in hash_fields)

        def names(attributes: Sequence[KeyAttribute]) -> tuple[str, ...]:
            return tuple(mapper.field_name(each.name) for each in attributes)

        return names(spec.hash_keys), names(spec.range_keys)

    def can_query(self, filters: Sequence[Filter]) -> bool:
        """Return whether these *filters* give the whole hash key, so that nothing has to be scanned."""
        names = [each.name for each in filters if each.operator == "eq" and each.text]
        return {*names, *(name.replace("__", ".") for name in names)}.issuperset(self.key_fields[0])

    def keywords(self, filters: Sequence[Filter]) -> list[tuple[str, Any]]:
        """Return the keywords of ``query`` and ``scan`` that mean the same as *filters*, with their operands.

        Raises what :meth:`page` raises for a wrong filter.
        """
        fields = self._fields()
        return [(each.keyword, each.operand(fields)) for each in filters]

    # One request each

    def explain(
        self,
        filters: Sequence[Filter] = (),
        *,
        scan: bool = False,
        page_size: int = PAGE_SIZE,
        after: str | None = None,
        descending: bool = False,
    ) -> Explanation:
        """Explain what :meth:`page` would send and what it can cost, without sending anything.

        Raises what :meth:`page` raises before it sends anything.
        """
        from dynamorm.engine.costs.explanations import explanation_of  # deferred: start-up cost
        from dynamorm.model.reads.plans import first_operations  # deferred: start-up cost

        settings = self._read(filters, scan, page_size, after, descending)
        spec = self._layout.spec_on(settings.connection)
        return explanation_of(first_operations(settings), [spec], read_limits=settings.limits)

    def page(
        self,
        filters: Sequence[Filter] = (),
        *,
        scan: bool = False,
        page_size: int = PAGE_SIZE,
        after: str | None = None,
        descending: bool = False,
    ) -> ItemPage:
        """Read one page: a query, or with *scan* a page of a scan.

        Args:
            filters: The conditions. A query needs one of equality for each field of the hash key.
            scan: Scan the table or the index, instead of a query.
            page_size: How many items are read, before the filter.
            after: The cursor of the page before.
            descending: Read in descending order of the range key.

        Raises:
            InvalidKey: The conditions are not those of a query.
            InvalidCursor: The cursor belongs to another read.
            InvalidOperator, InvalidSchemaField, InvalidValue, ValidationError: A filter is wrong.
        """
        settings = self._read(filters, scan, page_size, after, descending)
        return drive_on(settings.connection, self._page(settings))

    async def apage(
        self,
        filters: Sequence[Filter] = (),
        *,
        scan: bool = False,
        page_size: int = PAGE_SIZE,
        after: str | None = None,
        descending: bool = False,
    ) -> ItemPage:
        """Read one page, as :meth:`page` does, on an event loop."""
        settings = self._read(filters, scan, page_size, after, descending)
        return await adrive_on(settings.connection, self._page(settings))

    def item(self, key: Mapping[str, Any]) -> ItemPage:
        """Read the item with this primary *key*, by attribute name, from the table. The page is empty without one.

        Raises :class:`~dynamorm.exceptions.InvalidKey` for what is not a key of this table.
        """
        connection, spec = self._connected()
        return drive_on(connection, self._item(connection, spec, normalise_item(key)))

    async def aitem(self, key: Mapping[str, Any]) -> ItemPage:
        """Read the item with this primary *key*, as :meth:`item` does, on an event loop."""
        connection, spec = self._connected()
        return await adrive_on(connection, self._item(connection, spec, normalise_item(key)))

    def partition(
        self, hash_key: Mapping[str, Any], *, page_size: int = PAGE_SIZE, after: str | None = None
    ) -> ItemPage:
        """Read a page of all items with this *hash_key*, by attribute name, of all models.

        ``page.by_model()`` groups them. Raises :class:`~dynamorm.exceptions.InvalidKey` for other attributes than those
        of the hash key, and :class:`~dynamorm.exceptions.InvalidCursor` for the cursor of another read.
        """
        connection, spec = self._connected()
        return drive_on(connection, self._partition(connection, spec, hash_key, page_size, after))

    async def apartition(
        self, hash_key: Mapping[str, Any], *, page_size: int = PAGE_SIZE, after: str | None = None
    ) -> ItemPage:
        """Read a page of all items with this *hash_key*, as :meth:`partition` does, on an event loop."""
        connection, spec = self._connected()
        return await adrive_on(connection, self._partition(connection, spec, hash_key, page_size, after))

    # Plans

    def _page(self, settings: Any) -> Plan[ItemPage]:
        pages: list[ReadPage] = yield from collect(read_pages(settings))
        result, kinds = pages[0].result, settings.kinds
        items = [item for item in result.items if kinds is None or kinds.gives(item)]
        end = pages[0].end
        cursor = None if end is None else settings.cursor_at(end)
        return self._found(result, items, cursor, self._layout.spec_on(settings.connection))

    def _item(self, connection: Connection, spec: TableSpec, key: Item) -> Plan[ItemPage]:
        check_key(spec, key)
        result: ItemResult = yield GetItem(spec.name, key, return_consumed_capacity=_detail(connection))
        items = () if result.item is None else (ItemViewer(self._models(), spec).view(result.item),)
        return ItemPage(items, len(items), result.consumed_capacity)

    def _partition(
        self, connection: Connection, spec: TableSpec, hash_key: Mapping[str, Any], page_size: int, after: str | None
    ) -> Plan[ItemPage]:
        wanted = [each.name for each in (self.index_spec or spec).hash_keys]
        if hash_key.keys() != set(wanted):
            named = " and ".join(wanted)
            raise InvalidKey(f"The hash key of {self.label} is {named}; give just that, by attribute name.")
        values: dict[str, AttributeValue] = normalise_item(hash_key)
        query = Query(spec.name, KeyCondition(values), index=self._index_name)
        cursors = Cursors(self.label, query, None, self._layout.key_attributes_read(self._index_name), (), models="*")
        start: Any = None if after is None else cursors.decode(after)
        result: PageResult = yield replace(
            query, start_key=start, limit=page_size, return_consumed_capacity=_detail(connection)
        )
        cursor = None if result.last_key is None else cursors.encode(result.last_key)
        return self._found(result, result.items, cursor, spec)

    def _found(self, result: PageResult, items: Sequence[Item], cursor: str | None, spec: TableSpec) -> ItemPage:
        viewer = ItemViewer(self._models(), spec, self.index_spec)
        return ItemPage(tuple(map(viewer.view, items)), result.scanned_count, result.consumed_capacity, cursor)

    def _models(self) -> TableModels:
        return TableModels.of_table(self._layout, "browse")

    def _source(self) -> Any:
        """Return what has ``query`` and ``scan``."""
        return self.owner if self.index is None else getattr(self.owner, self.index)

    def _fields(self) -> SchemaFields:
        if not self._is_shared:
            fields: SchemaFields = self.owner._mapper.fields
            return fields
        connection, _ = self._connected()
        with using(connection):
            unfiltered: ReadIterator[Any] = self._source().scan()
        return unfiltered._settings.mapper.fields

    # Connections

    def _connected(self) -> tuple[Connection, TableSpec]:
        connection = self._layout.connection() if self._backend is None else pinned_connection(self._backend)
        return connection, self._layout.spec_on(connection)

    def _read(self, filters: Sequence[Filter], scan: bool, page_size: int, after: str | None, descending: bool) -> Any:
        """Return the settings of the read of one page."""
        source = self._source()
        connection, spec = self._connected()
        with using(connection):
            # A keyword may come twice.
            expressions = [Q(**{keyword: operand}) for keyword, operand in self.keywords(filters)]
            read: Any = source.scan(*expressions) if scan else source.query(*expressions)
        if self._is_shared:
            read = read.unknown("raw")
        if descending and not scan:
            read = read.reverse()
        settings = read.page_size(page_size).unexpired(unexpired=False)._settings
        # A model whose Table names a backend has its reads on that one.
        operation = replace(settings.operation, table=spec.name, return_consumed_capacity=_detail(connection))
        limits = ReadLimits(page_size=page_size, single_page=True)
        return settings._replace(operation=operation, connection=connection, limits=limits, cursor=after)


def _detail(connection: Connection) -> Any:
    return "INDEXES" if Capability.CONSUMED_CAPACITY in connection.capabilities else "NONE"
