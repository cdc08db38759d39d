"""Rows: items as they are stored, and as their models load them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from dynamorm.data.capacity import CapacityDetail
from dynamorm.data.records import field, record, replace
from dynamorm.data.results import PageResult
from dynamorm.data.values import AttributeValue, Item
from dynamorm.engine.plans import items
from dynamorm.engine.plans.pages import ReadPage
from dynamorm.engine.plans.steps import Emit, Plan, StreamPlan, map_stream
from dynamorm.engine.plans.turns import CHUNK, LET_OTHERS_RUN
from dynamorm.engine.run.connections import Target
from dynamorm.exceptions import UnknownKind, ValidationError, WrongKind
from dynamorm.model.interchange.documents import document_of
from dynamorm.model.mapping.given_keys import former_key
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.models import DynaModel
from dynamorm.model.reads import plans
from dynamorm.model.reads.loaded_pages import LoadedPage
from dynamorm.model.reads.reads import ReadIterator
from dynamorm.model.reads.settings import ReadSettings
from dynamorm.model.verbs.drivers import adrive_on, adrive_stream, drive_on, drive_stream
from dynamorm.operate.connections import aopened, opened
from dynamorm.operate.reading.items import StoredValues, problems_of
from dynamorm.operate.reading.page_sizes import quota_within_budget
from dynamorm.operate.resolved_tables import ResolvedTable
from dynamorm.ports.backends import Capability
from dynamorm.ports.json_forms import plain_json


@record
class Row:
    """One item.

    Attributes:
        item: The item as it is stored, by attribute name.
        model: The model that has loaded it; ``None`` for an item of no model.
        document: The item as ``to_json()`` of its instance writes it, by field name; of an item that could not be
            loaded, as it is stored.
        problems: Why the schema refuses the item, in the words of the schema library; empty for a valid item.
    """

    item: Item = field(repr=False)
    model: type[DynaModel] | None
    document: Mapping[str, Any] = field(repr=False)
    problems: tuple[str, ...] = field(default=(), repr=False)

    def stored(self) -> dict[str, AttributeValue]:
        """Return the stored values by field name, in the order of the fields; then the other attributes.

        Fields that only a key holds are among them.
        """
        return StoredValues.of(self.model, self.item).by_name()


@record
class RowPage:
    """The rows that one request found.

    Attributes:
        rows: The rows.
        scanned: How many items were read, and paid for, before the filter.
        capacity: The capacity units that the request consumed; ``None`` if the backend does not tell.
        cursor: The position after the page, for ``after()`` of the same read; ``None`` at the end.
    """

    rows: tuple[Row, ...]
    scanned: int
    capacity: float | None
    cursor: str | None = field(repr=False)


def read_rows(read: ReadIterator[Any]) -> Iterator[RowPage]:
    """Read what a query or a scan finds, a page at a time. Items that the schema refuses are rows, too.

    In a block of :func:`dynamorm.budget` that limits the capacity, each page is as large as the rest of the budget
    allows by what the items before have cost. :class:`~dynamorm.exceptions.BudgetExceeded` is raised when it does not
    suffice for one more item.

    Raises what iterating over the *read* raises, but for these items.
    """
    settings = read._settings
    return drive_stream(settings.connection, _pages(settings))


def aread_rows(read: ReadIterator[Any]) -> AsyncIterator[RowPage]:
    """Read what a query or a scan finds, as :func:`read_rows` does, for ``async for``."""
    settings = read._settings.on_event_loop()
    return adrive_stream(settings.connection, _pages(settings))


def get_row(
    model: type[DynaModel], key: Mapping[str, Any], *, consistent: bool = False, backend: Target | None = None
) -> Row | None:
    """Return the item of a *model* with a *key*, by field name; ``None`` if there is none, or the model hides it.

    Args:
        model: The model.
        key: The primary key, by field name.
        consistent: Read consistently, at twice the cost.
        backend: What ``connect`` takes, in place of the connection of the model.

    Raises:
        InvalidKey: The key is not that of the model.
        WrongKind: The item with this key is of another model.
    """
    with opened(backend) as connection:
        table = ResolvedTable(model, connection)
        return drive_on(table.connection, _get(model, table.name, key, consistent=consistent))


async def aget_row(
    model: type[DynaModel], key: Mapping[str, Any], *, consistent: bool = False, backend: Target | None = None
) -> Row | None:
    """Return the item of a *model* with a *key*, as :func:`get_row` does."""
    async with aopened(backend) as connection:
        table = ResolvedTable(model, connection)
        return await adrive_on(table.connection, _get(model, table.name, key, consistent=consistent))


def plain_row(item: Item) -> Row:
    """Return the row of an *item* of no model."""
    return Row(item, None, {name: plain_json(value) for name, value in item.items()})


def capacity_of(page: PageResult, detail: CapacityDetail) -> float | None:
    """Return what a *page* has cost; ``None`` if nobody was asked."""
    return None if detail == "NONE" else sum(each.total for each in page.consumed_capacity)


def _pages(settings: ReadSettings) -> StreamPlan[RowPage]:
    detail: CapacityDetail = "TOTAL" if Capability.CONSUMED_CAPACITY in settings.connection.capabilities else "NONE"
    settings = settings._replace(operation=replace(settings.operation, return_consumed_capacity=detail))
    make_quota = quota_within_budget(consistent=settings.operation.consistent)
    end = None
    dropped = 0

    def rows_of(page: ReadPage) -> StreamPlan[RowPage]:
        nonlocal end, dropped
        rows: list[Row] = []
        for number, row in enumerate(_rows(page, settings), start=1):
            if settings.is_awaited and number % CHUNK == 0:
                yield LET_OTHERS_RUN
            rows.append(row)
        end = page.end
        dropped += page.result.count - len(rows)
        cursor = None if end is None else settings.cursor_at(end)
        yield Emit(RowPage(tuple(rows), page.result.scanned_count, capacity_of(page.result, detail), cursor))

    while True:
        yield from map_stream(plans.read_pages(settings, make_quota=make_quota), rows_of)
        if settings.limits.limit is None or end is None or not dropped:
            return
        # Items of other models were dropped, and the limit counts rows.
        settings, end, dropped = settings.starting_at(end).limited_to(dropped), None, 0


def _rows(page: ReadPage, settings: ReadSettings) -> Iterator[Row]:
    loaded: LoadedPage[Any] = LoadedPage(page, settings._replace(invalid="raise"))
    projection = settings.operation.projection
    asked = None if projection is None else {path.attribute for path in projection}
    while True:
        try:
            instance = next(loaded.instances)
        except StopIteration:
            return
        except (ValidationError, UnknownKind, WrongKind) as error:
            item = _asked(page.result.items[loaded.taken - 1], asked)
            yield _refused(item, settings, error)
        else:
            item = _asked(page.result.items[loaded.taken - 1], asked)
            yield _row(instance, item)


def _asked(item: Item, asked: set[str] | None) -> Item:
    """Return an *item* without the attributes that are read only because positions and kinds need them."""
    return item if asked is None else {name: value for name, value in item.items() if name in asked}


def _row(instance: Any, item: Item) -> Row:
    if not isinstance(instance, DynaModel):
        return plain_row(item)
    try:
        return Row(item, type(instance), document_of(instance, validate=False))
    except ValidationError as error:
        return replace(plain_row(item), model=type(instance), problems=problems_of(error))


def _refused(item: Item, settings: ReadSettings, error: ValidationError | UnknownKind | WrongKind) -> Row:
    if not isinstance(error, ValidationError):
        return replace(plain_row(item), problems=("no model has its kind",))
    model = settings.mapper.table.model
    if settings.mapper.kind is not None and (kind := settings.mapper.kind.of(item)) is not None:
        model = kind.model
    return replace(plain_row(item), model=model, problems=problems_of(error))


def _get(model: Any, table: str, key: Mapping[str, Any], *, consistent: bool) -> Plan[Row | None]:
    mapper: Mapper = model._mapper
    spec = replace(mapper.table.spec, name=table)
    item_key = mapper.key(key)
    item = yield from items.get(spec, item_key, consistent=consistent)
    former = former_key(mapper, item_key) if item is None and mapper.composed is not None else None
    if former is not None:
        item = yield from items.get(spec, former, consistent=consistent)
    if item is None or mapper.table.is_hidden(item):
        return None
    try:
        return _row(model._load(item), item)
    except ValidationError as error:
        return replace(plain_row(item), model=model, problems=problems_of(error))
