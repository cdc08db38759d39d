"""Estimates of what operations cost: the fewest and the most capacity units, known before they are sent.

The rules are those of "DynamoDB read and write operations" in the developer guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from dynamorm.data import limits
from dynamorm.data.batches import BatchGetKeys
from dynamorm.data.capacity import read_units, write_units
from dynamorm.data.conditions import paths
from dynamorm.data.operations import (
    BatchGet,
    BatchWrite,
    DeleteItem,
    GetItem,
    Operation,
    PutItem,
    Query,
    Scan,
    TransactGet,
    TransactWrite,
    UpdateItem,
)
from dynamorm.data.records import record
from dynamorm.data.sizes import size_of_item
from dynamorm.data.tables import IndexKind, IndexSpec, TableSpec
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.values import Item
from dynamorm.engine.costs.minimum import known_attributes, minimum_write_capacity, single_write
from dynamorm.engine.plans.pages import ReadLimits

CapacityKind: TypeAlias = Literal["read", "write"]

_RULES = '"DynamoDB read and write operations"'
_PAGES = '"Paginating table query results in DynamoDB"'
_INDEXES: Mapping[IndexKind, str] = {
    "global": '"Using global secondary indexes in DynamoDB"',
    "local": '"Local secondary indexes"',
}
_TRANSACTIONS = '"Amazon DynamoDB Transactions: How it works"'


@record
class Units:
    """A range of capacity units, from ``least`` to ``most``, which is ``None`` when there is no upper limit."""

    least: float = 0.0
    most: float | None = 0.0

    def __add__(self, other: Units) -> Units:
        most = None if self.most is None or other.most is None else self.most + other.most
        return Units(self.least + other.least, most)

    def __str__(self) -> str:
        if self.most is None:
            return f"{self.least:g} or more"
        return f"{self.least:g}" if self.least == self.most else f"{self.least:g} to {self.most:g}"


@record
class Charge:
    """A part of an operation's cost, with the reason and its source, a page of the developer guide."""

    kind: CapacityKind
    units: Units
    reason: str

    def __str__(self) -> str:
        return f"{self.units} {self.kind}: {self.reason}"


@record
class Estimate:
    """The cost of operations, as a list of charges."""

    charges: tuple[Charge, ...] = ()

    @property
    def read(self) -> Units:
        """The read capacity units of all charges."""
        return self._sum("read")

    @property
    def write(self) -> Units:
        """The write capacity units of all charges."""
        return self._sum("write")

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(self.charges + other.charges)

    def __str__(self) -> str:
        sums = [
            f"{units} {kind} units" for kind, units in (("read", self.read), ("write", self.write)) if units != Units()
        ]
        return " and ".join(sums) or "no units"

    def _sum(self, kind: CapacityKind) -> Units:
        return sum((charge.units for charge in self.charges if charge.kind == kind), Units())


def estimate(operation: Operation[Any], specs: Mapping[str, TableSpec]) -> Estimate:
    """Return an estimate of what an *operation* costs. Operations that manage tables cost no units.

    Args:
        operation: The operation, before it is sent.
        specs: The specs of its tables, by name. The cost of indexes is estimated for those that are given.
    """
    return Estimate(tuple(_charges(operation, specs)))


def further_pages(operation: Query | Scan, read_limits: ReadLimits) -> Charge:
    """Return the charge for the pages that may follow the page of an *operation*, the first one of a read."""
    page = read_units(limits.PAGE_BYTES, consistent=operation.consistent)
    if read_limits.limit is None:
        return Charge("read", Units(0, None), f"all further pages, each up to {page:g} units ({_PAGES})")
    which = f"further pages until {read_limits.limit:,} items are found"
    if operation.filter is not None:
        return Charge("read", Units(0, None), f"{which}, up to {_extent(operation)}, {page:g} units each ({_PAGES})")
    most: float | None = None
    # Segments may be empty, and a page may have more items than the limit, so that only this case is bounded.
    if read_limits.page_size is None and getattr(operation, "segment", None) is None:
        most = read_limits.limit * read_units(limits.ITEM_BYTES, consistent=operation.consistent) - page
    return Charge("read", Units(0, most), f"{which}, each up to {page:g} units ({_PAGES})")


def _extent(operation: Query | Scan) -> str:
    """Return what a filtered read may have to look at."""
    if isinstance(operation, Query):
        return "all items that meet the key condition"
    return "the whole table" if operation.index is None else "the whole index"


def _charges(operation: Operation[Any], specs: Mapping[str, TableSpec]) -> Iterator[Charge]:
    match operation:
        case GetItem(consistent=consistent):
            yield _item_read(1, consistent=consistent)
        case Query() | Scan():
            yield from _page(operation, specs.get(operation.table))
        case PutItem() | UpdateItem() | DeleteItem():
            yield from _write(operation, specs.get(operation.table))
        case BatchGet(requests=reads):
            yield from (_batch_read(keys) for keys in reads)
        case BatchWrite(requests=writes):
            for write in writes:
                yield from _write(single_write(write), specs.get(write.table))
        case TransactGet(gets=gets):
            yield _doubled(_item_read(len(gets), consistent=True))
        case TransactWrite(actions=actions):
            for action in actions:
                if isinstance(action, ConditionCheck):
                    yield _doubled(_item_read(1, consistent=True))
                else:
                    yield from map(_doubled, _write(action, specs.get(action.table)))


# Reads


def _item_read(number: int, *, consistent: bool) -> Charge:
    least, most = read_units(0, consistent=consistent), read_units(limits.ITEM_BYTES, consistent=consistent)
    what = "an item" if number == 1 else f"{number} items, each"
    return Charge(
        "read",
        Units(number * least, number * most),
        f"{what} of up to 400 KB, {_rate(consistent=consistent)} ({_RULES})",
    )


def _batch_read(keys: BatchGetKeys) -> Charge:
    return _item_read(len(keys.keys), consistent=keys.consistent)


def _page(operation: Query | Scan, spec: TableSpec | None) -> Iterator[Charge]:
    consistent = operation.consistent
    size, what = limits.PAGE_BYTES, "a page of up to 1 MB"
    if operation.limit is not None and operation.limit * limits.ITEM_BYTES < limits.PAGE_BYTES:
        size = operation.limit * limits.ITEM_BYTES
        what = "one item of up to 400 KB" if operation.limit == 1 else f"{operation.limit} items of up to 400 KB"
    units = Units(read_units(0, consistent=consistent), read_units(size, consistent=consistent))
    yield Charge("read", units, f"{what}, before the filter, {_rate(consistent=consistent)} ({_RULES}, {_PAGES})")
    index = _index(spec, operation.index)
    if index is not None and index.kind == "local" and spec is not None:
        missing = _asked(operation) - (_held(spec, index) or _asked(operation))
        if missing:
            most = (
                None
                if operation.limit is None
                else operation.limit * read_units(limits.ITEM_BYTES, consistent=consistent)
            )
            names = " and ".join(f"'{name}'" for name in sorted(missing))
            reason = f"each item is fetched from the table, for {names}, which the index does not hold"
            yield Charge("read", Units(0, most), f"{reason} ({_INDEXES[index.kind]})")


def _asked(operation: Query | Scan) -> set[str]:
    """Return the attributes in the projection and the filter of a read."""
    named = set(operation.projection or ())
    if operation.filter is not None:
        named.update(paths(operation.filter))
    return {path.attribute for path in named}


def _rate(*, consistent: bool) -> str:
    return "a unit for 4 KB of a consistent read" if consistent else "half a unit for 4 KB"


# Writes


def _write(operation: PutItem | UpdateItem | DeleteItem, spec: TableSpec | None) -> Iterator[Charge]:
    most = write_units(limits.ITEM_BYTES)
    known = known_attributes(operation)
    what = {
        PutItem: "the larger of the item and the one that it replaces",
        UpdateItem: "the larger of the item before and after the update",
        DeleteItem: "the item that is deleted, if there is one",
    }[type(operation)]
    yield Charge(
        "write", Units(minimum_write_capacity(operation), most), f"{what}, up to 400 KB, a unit for 1 KB ({_RULES})"
    )
    for index in () if spec is None else spec.indexes:
        assert spec is not None
        charge = _index_write(operation, known, spec, index)
        if charge is not None:
            yield charge


def _index_write(
    operation: PutItem | UpdateItem | DeleteItem, known: Item, spec: TableSpec, index: IndexSpec
) -> Charge | None:
    """Return the charge of a write for an index; ``None`` when the write can't change the index."""
    key = {attribute.name for attribute in index.key_attributes}
    held = _held(spec, index)
    one = write_units(limits.ITEM_BYTES)
    removed, replaced = "if an entry is removed", "if an entry is removed and another one added"
    if isinstance(operation, DeleteItem):
        most, how = one, removed
    elif isinstance(operation, PutItem):
        entry = {name: value for name, value in known.items() if held is None or name in held}
        enters = key <= known.keys()
        most, how = (one + write_units(size_of_item(entry)), replaced) if enters else (one, removed)
    else:
        touched = {action.path.attribute for action in operation.actions}
        enters = key <= known.keys()
        if touched & key:
            most, how = 2 * one, replaced
        elif enters or (touched if held is None else touched & held):
            most, how = one, "if its entry changes"
        else:
            return None
    return Charge("write", Units(0, most), f"the index '{index.name}', {how} ({_INDEXES[index.kind]})")


def _held(spec: TableSpec, index: IndexSpec) -> set[str] | None:
    """Return the attributes that an *index* holds; ``None`` for all."""
    if index.projection.kind == "ALL":
        return None
    keys = {attribute.name for attribute in (*spec.key_attributes, *index.key_attributes)}
    return keys | set(index.projection.include)


def _index(spec: TableSpec | None, name: str | None) -> IndexSpec | None:
    indexes = () if spec is None else spec.indexes
    return next((index for index in indexes if index.name == name), None)


def _doubled(charge: Charge) -> Charge:
    reason = f"{charge.reason}; twice as much in a transaction ({_TRANSACTIONS})"
    return Charge(charge.kind, charge.units + charge.units, reason)
