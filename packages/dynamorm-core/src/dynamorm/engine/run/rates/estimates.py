"""Estimates of what an operation will consume, before it is sent: from those of its kind that were sent before.

What is known for certain, as the size of an item that is put, is in :mod:`dynamorm.engine.costs.minimum`. An estimate
is this minimum times the moving average of how many times as much operations of this kind have consumed. Before the
first one it is the most that it can cost, so that not many are sent together that turn out to be expensive.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from dynamorm.data import limits
from dynamorm.data.capacity import read_units, write_units
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
from dynamorm.data.results import PageResult
from dynamorm.data.transactions import ConditionCheck
from dynamorm.engine.costs.minimum import minimum_write_capacity, single_write

UnitKind: TypeAlias = Literal["read", "write"]

#: The weight of the newest operation in a moving average, once there are some; the first ones weigh the same.
WEIGHT: Final = 0.3
#: Of how many groups a limit knows what they consume: the newest ones, in a program with ever more tables.
MOST_GROUPS: Final = 5_000


class Portion(NamedTuple):
    """What a part of an operation costs: a page, or one item that is read or written.

    Attributes:
        table: The name of its table.
        kind: What it consumes, ``"read"`` or ``"write"`` units.
        group: What is averaged together.
        minimum: The fewest units that it consumes.
        most: The most units that it may be expected to consume, before anything is known.
        items: How many items a page looks at, if that is limited.
    """

    table: str
    kind: UnitKind
    group: tuple[object, ...]
    minimum: float
    most: float
    items: int | None = None


def portions(operation: Operation[Any]) -> Iterator[Portion]:
    """Return the portions of an *operation*; none if it costs nothing, as one on a table itself.

    Those of a batch are in the order of its keys or requests.
    """
    match operation:
        case Query() | Scan():
            yield _page(operation)
        case GetItem(table=table, consistent=consistent):
            yield _item_read(table, consistent=consistent)
        case PutItem() | UpdateItem() | DeleteItem():
            yield _item_write(operation)
        case BatchGet() | BatchWrite() | TransactGet() | TransactWrite():
            yield from _portions_of_several(operation)


def _portions_of_several(operation: BatchGet | BatchWrite | TransactGet | TransactWrite) -> Iterator[Portion]:
    match operation:
        case BatchGet(requests=reads):
            for keys in reads:
                portion = _item_read(keys.table, consistent=keys.consistent)
                yield from [portion] * len(keys.keys)
        case BatchWrite(requests=writes):
            for request in writes:
                yield _item_write(single_write(request))
        case TransactGet(gets=gets):
            for get in gets:
                yield _doubled(_item_read(get.table, consistent=True))
        case TransactWrite(actions=actions):
            for action in actions:
                if isinstance(action, ConditionCheck):
                    yield _doubled(_item_read(action.table, consistent=True))
                else:
                    yield _doubled(_item_write(action))


def _page(operation: Query | Scan) -> Portion:
    consistent = operation.consistent
    size, limit = limits.PAGE_BYTES, operation.limit
    if limit is not None:
        size = min(size, limit * limits.ITEM_BYTES)
    group = _reading(operation), 0 if limit is None else limit.bit_length()
    least, most = read_units(0, consistent=consistent), read_units(size, consistent=consistent)
    return Portion(operation.table, "read", group, least, most, limit)


def _reading(operation: Query | Scan) -> tuple[object, ...]:
    return type(operation), operation.table, operation.index, operation.consistent


def _item_read(table: str, *, consistent: bool) -> Portion:
    least, most = read_units(0, consistent=consistent), read_units(limits.ITEM_BYTES, consistent=consistent)
    return Portion(table, "read", ("item", table), least, most)


def _item_write(write: PutItem | UpdateItem | DeleteItem) -> Portion:
    least = minimum_write_capacity(write)
    # The item that is updated or deleted is unknown, and so is one that is replaced, which is rarely much larger.
    most = least if isinstance(write, PutItem) else max(least, write_units(limits.ITEM_BYTES))
    return Portion(write.table, "write", (type(write), write.table), least, most)


def _doubled(portion: Portion) -> Portion:
    return portion._replace(minimum=2 * portion.minimum, most=2 * portion.most)


class Estimates:
    """What one limit has learned of the operations that it applies to."""

    def __init__(self) -> None:
        # How many times its minimum a portion consumes, by its group, and how many operations have told.
        self._ratios: OrderedDict[tuple[object, ...], tuple[float, int]] = OrderedDict()
        # The units for each item that a page has looked at.
        self._units_per_item: OrderedDict[object, float] = OrderedDict()

    def of(self, portion: Portion) -> float:
        """Return how many units a *portion* will probably consume."""
        known = self._ratios.get(portion.group)
        if known is not None:
            return portion.minimum * known[0]
        if portion.items is not None and (each := self._units_per_item.get(portion.group[0])) is not None:
            return min(portion.most, max(portion.minimum, portion.items * each))
        return portion.most

    def needed(self, portion: Portion) -> float:
        """Return how many units must be there before a *portion* begins.

        The first of its group needs no more than its minimum. It takes what it may cost, so others wait until that is
        known; but it does not wait itself until so much is there, which may never be under a steady load.
        """
        return self.of(portion) if portion.group in self._ratios else portion.minimum

    def learn(self, learned: Sequence[Portion], consumed: float) -> None:
        """Take into account how many units portions have *consumed* together."""
        estimated = sum(map(self.of, learned))
        if estimated <= 0 or consumed <= 0:
            return
        factor = consumed / estimated
        for portion in {portion.group: portion for portion in learned}.values():
            ratio = self.of(portion) / portion.minimum
            _, told = self._ratios.get(portion.group, (0.0, 0))
            _keep(self._ratios, portion.group, (ratio * (1 + max(WEIGHT, 1 / (told + 1)) * (factor - 1)), told + 1))

    def learn_page(self, operation: Query | Scan, result: PageResult, consumed: float) -> None:
        """Take into account how many items a page of an *operation* has looked at."""
        if not result.scanned_count or consumed <= 0:
            return
        reading, units = _reading(operation), consumed / result.scanned_count
        before = self._units_per_item.get(reading, units)
        _keep(self._units_per_item, reading, before + WEIGHT * (units - before))

    def items_for(self, operation: Query | Scan, units: float) -> int | None:
        """Return how many items a page may look at for so many *units*; ``None`` if a whole page costs no more.

        Before anything is known, an item is taken to cost one unit, which few exceed.
        """
        if _page(operation).most <= units:
            return None
        return max(1, int(units / self._units_per_item.get(_reading(operation), 1.0)))


def _keep(known: OrderedDict[Any, Any], group: object, value: object) -> None:
    known[group] = value
    if len(known) > MOST_GROUPS:
        known.popitem(last=False)
