"""The results that a backend returns, one frozen dataclass for each kind. All values in them are canonical.

These fields mean the same in every result:

- ``consumed_capacity`` has an entry for each table, if the operation asked for it.
- ``retries`` is the number of times that the transport sent the request again. It is ignored by ``==``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dynamorm.data.batches import BatchGetKeys, BatchWriteRequest
from dynamorm.data.capacity import ConsumedCapacity
from dynamorm.data.records import field, record
from dynamorm.data.values import Item


@record
class ItemResult:
    """The item of a ``GetItem``, or ``None`` when it does not exist."""

    item: Item | None = field(repr=False)
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)


@record
class WriteResult:
    """The attributes that ``return_values`` asked for; ``None`` when it asked for none, or the item has none."""

    attributes: Item | None = field(default=None, repr=False)
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)


@record
class PageResult:
    """One page of a query or a scan.

    Attributes:
        items: The items that passed the filter; empty when the operation asked for a count only.
        count: The number of items that passed the filter.
        scanned_count: The number of items that were read.
        last_key: The ``start_key`` of the next page; ``None`` when this is the last page.
    """

    items: Sequence[Item] = field(repr=False)
    count: int
    scanned_count: int
    last_key: Item | None = field(default=None, repr=False)
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)


@record
class BatchGetResult:
    """The items that were found, by table, in any order, and the keys that were not read and have to be sent again."""

    items: Mapping[str, Sequence[Item]] = field(repr=False)
    unprocessed: tuple[BatchGetKeys, ...] = ()
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)


@record
class BatchWriteResult:
    """The requests that were not processed and have to be sent again."""

    unprocessed: tuple[BatchWriteRequest, ...] = ()
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)


@record
class TransactGetResult:
    """The items in the order of the ``gets``, with ``None`` for each item that does not exist."""

    items: tuple[Item | None, ...] = field(repr=False)
    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)


@record
class TransactWriteResult:
    """The result of a transaction that took place."""

    consumed_capacity: tuple[ConsumedCapacity, ...] = ()
    retries: int = field(default=0, compare=False)
