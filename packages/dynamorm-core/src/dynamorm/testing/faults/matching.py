"""Which operations a fault is for: by class, by table, by the key of an item, or by a function of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dynamorm.data.batches import BatchGetKeys, BatchWriteRequest, PutRequest
from dynamorm.data.operations import (
    BatchGet,
    BatchWrite,
    DeleteItem,
    GetItem,
    Operation,
    PutItem,
    Query,
    TransactGet,
    TransactWrite,
    TransactWriteAction,
    UpdateItem,
)
from dynamorm.data.values import Item, identical
from dynamorm.wire.subjects import tables_of

#: Decides whether a fault is for an operation.
Predicate = Callable[[Operation[Any]], bool]
#: A part of an operation that is about one item.
Part = GetItem | TransactWriteAction | BatchWriteRequest


@dataclass(frozen=True, slots=True)
class Matcher:
    """The operations that a fault is for.

    Attributes:
        operations: Their classes.
        table: The name of their table, with or without the *prefix* of the connection; ``None`` for any.
        key: Values that their item has, by attribute name; ``None`` for any.
        where: A function of the test that decides further; ``None`` for none.
        prefix: The connection's prefix of the names of tables.
    """

    operations: frozenset[type[Operation[Any]]]
    table: str | None = None
    key: Item | None = None
    where: Predicate | None = None
    prefix: str = ""

    def matches(self, operation: Operation[Any]) -> bool:
        """Return whether the fault is for an *operation*."""
        if type(operation) not in self.operations:
            return False
        if self.key is not None:
            if not any(self.has(table, item) for table, item in items_of(operation)):
                return False
        elif not any(map(self.is_table, tables_of(operation) or ("",))):
            return False
        return self.where is None or bool(self.where(operation))

    def table_of(self, operation: Operation[Any]) -> str:
        """Return the first table of an *operation* that is meant."""
        if self.key is None:
            return next(filter(self.is_table, tables_of(operation) or ("",)))
        return next(table for table, item in items_of(operation) if self.has(table, item))

    def is_table(self, name: str) -> bool:
        """Return whether the table with this *name* is meant."""
        return self.table is None or name in {self.table, f"{self.prefix}{self.table}"}

    def has(self, table: str, item: Mapping[str, Any]) -> bool:
        """Return whether an *item*, or the key of one, of a *table* is meant."""
        return self.is_table(table) and (
            self.key is None or all(name in item and identical(item[name], self.key[name]) for name in self.key)
        )

    def has_part(self, part: Part) -> bool:
        """Return whether a *part* of a batch or of a transaction is meant."""
        return self.has(part.table, _item_of(part))


def items_of(operation: Operation[Any]) -> Iterator[tuple[str, Item]]:
    """Yield the table and the key of each item that an *operation* names; of items that are put, the whole item.

    Of a query, it is the hash key of the items that it reads.
    """
    match operation:
        case Query():
            yield operation.table, dict(operation.key_condition.hash_values)
        case GetItem() | PutItem() | UpdateItem() | DeleteItem():
            yield operation.table, _item_of(operation)
        case BatchGet(requests=reads):
            yield from ((each.table, key) for each in reads for key in each.keys)
        case BatchWrite(requests=writes):
            yield from ((each.table, _item_of(each)) for each in writes)
        case TransactGet(gets=gets):
            yield from ((each.table, each.key) for each in gets)
        case TransactWrite(actions=actions):
            yield from ((each.table, _item_of(each)) for each in actions)


def single_reads(requests: tuple[BatchGetKeys, ...]) -> Iterator[tuple[BatchGetKeys, Item]]:
    """Yield the keys of a batch one by one, each with the request that it is part of."""
    for request in requests:
        for key in request.keys:
            yield request, key


def _item_of(part: Part) -> Item:
    return part.item if isinstance(part, (PutItem, PutRequest)) else part.key
