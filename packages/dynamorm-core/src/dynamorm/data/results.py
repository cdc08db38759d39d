"""What a backend answers to each operation. Every value in them is canonical.

``consumed_capacity`` has an entry for each table, when the operation asked for it. ``retries`` is how often the transport sent
the request again before it was answered, and does not make one result another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from dynamorm.data.batches import BatchGetKeys, BatchWriteRequest
from dynamorm.data.capacity import ConsumedCapacity
from dynamorm.data.records import record
from dynamorm.data.values import Item


@record
class ItemResult:
    """The item that was asked for, or ``None`` when there is none."""

    item: Item | None
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)


@record
class WriteResult:
    """The attributes that ``return_values`` asked for; ``None`` when it asked for none or there are none."""

    attributes: Item | None = None
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)


@record
class PageResult:
    """One page of a query or a scan.

    ``count`` is how many items passed the filter, ``scanned_count`` how many were read. ``items`` is
    empty when only a count was asked for. ``last_key`` is where the next page starts (the
    ``start_key`` of the next operation), ``None`` when there is none.
    """

    items: Sequence[Item]
    count: int
    scanned_count: int
    last_key: Item | None = None
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)


@record
class BatchGetResult:
    """The items found, by table, in no certain order, and the keys that were not read, to be asked for again."""

    items: Mapping[str, Sequence[Item]]
    unprocessed: tuple[BatchGetKeys, ...] = ()
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)


@record
class BatchWriteResult:
    """The requests that were not processed, to be sent again."""

    unprocessed: tuple[BatchWriteRequest, ...] = ()
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)


@record
class TransactGetResult:
    """The items in the order in which they were asked for, ``None`` for each that there is not."""

    items: tuple[Item | None, ...]
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)


@record
class TransactWriteResult:
    """That a transaction took place."""

    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)
