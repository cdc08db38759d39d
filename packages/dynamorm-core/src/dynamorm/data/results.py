"""What a backend answers to each operation. Every value in them is canonical."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dynamorm.data.batches import BatchGetKeys, BatchWriteRequest
from dynamorm.data.nouns import noun
from dynamorm.data.values import Item


@noun
class ItemResult:
    """The item that was asked for, or ``None`` when there is none."""

    item: Item | None


@noun
class WriteResult:
    """The attributes that ``return_values`` asked for; ``None`` when it asked for none or there are none."""

    attributes: Item | None = None


@noun
class Page:
    """One page of a query or a scan.

    ``count`` is how many items passed the filter, ``scanned_count`` how many were read. ``items`` is
    empty when only a count was asked for. ``last_key`` is where the next page starts (the
    ``start_key`` of the next operation), ``None`` when there is none.
    """

    items: Sequence[Item]
    count: int
    scanned_count: int
    last_key: Item | None = None


@noun
class BatchGetResult:
    """The items found, by table, in no certain order, and the keys that were not read, to be asked for again."""

    items: Mapping[str, Sequence[Item]]
    unprocessed: tuple[BatchGetKeys, ...] = ()


@noun
class BatchWriteResult:
    """The requests that were not processed, to be sent again."""

    unprocessed: tuple[BatchWriteRequest, ...] = ()
