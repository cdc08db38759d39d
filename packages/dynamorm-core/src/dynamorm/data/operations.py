"""The operations of a backend, one frozen dataclass for each.

An operation names the type of its result: ``GetItem`` is an ``Operation[ItemResult]``, so
``backend.execute(GetItem(...))`` returns an :class:`~dynamorm.data.results.ItemResult`. Keys and items are mappings
from attribute names to canonical values.

These fields mean the same in every operation that has them:

- ``projection`` lists the attributes to return; ``None`` stands for all.
- ``condition`` must hold for the item as it is in the table, or the operation raises
  :class:`~dynamorm.exceptions.ConditionFailed` and writes nothing.
- ``return_values`` says which attributes a write returns.
- ``return_consumed_capacity`` asks for the capacity units that the operation consumed, for each table with ``"TOTAL"``,
  and also for each index with ``"INDEXES"``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Literal, TypeAlias, TypeVar

from dynamorm.data.batches import BatchGetKeys, BatchWriteRequest
from dynamorm.data.capacity import CapacityDetail
from dynamorm.data.conditions import Condition, KeyCondition
from dynamorm.data.paths import Path
from dynamorm.data.records import field, record
from dynamorm.data.results import (
    BatchGetResult,
    BatchWriteResult,
    ItemResult,
    PageResult,
    TransactGetResult,
    TransactWriteResult,
    WriteResult,
)
from dynamorm.data.table_changes import TableChange
from dynamorm.data.tables import TableDescription, TableNames, TableSpec, TagPage, TimeToLive
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import Item

Result_co = TypeVar("Result_co", covariant=True)
#: The attributes that a write returns: as they were before it or after it, all of them or only the changed ones.
ReturnValues: TypeAlias = Literal["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"]


class Operation(Generic[Result_co]):
    """The base class of all operations. Its type parameter is the type of the result."""

    __slots__ = ()


@record
class GetItem(Operation[ItemResult]):
    """Read one item by its primary key."""

    table: str
    key: Item = field(repr=False)
    projection: tuple[Path, ...] | None = None
    consistent: bool = False
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class PutItem(Operation[WriteResult]):
    """Write a whole item, and replace the item that has the same key, if there is one.

    ``return_values`` is ``"NONE"`` or ``"ALL_OLD"``.
    """

    table: str
    item: Item = field(repr=False)
    condition: Condition | None = None
    return_values: ReturnValues = "NONE"
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class UpdateItem(Operation[WriteResult]):
    """Change attributes of one item, which is created if it does not exist.

    Without actions, it only makes sure that the item exists. The paths of the actions must not overlap.
    """

    table: str
    key: Item = field(repr=False)
    actions: tuple[UpdateAction, ...]
    condition: Condition | None = None
    return_values: ReturnValues = "NONE"
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class DeleteItem(Operation[WriteResult]):
    """Delete one item. Deleting an item that does not exist is not an error.

    ``return_values`` is ``"NONE"`` or ``"ALL_OLD"``.
    """

    table: str
    key: Item = field(repr=False)
    condition: Condition | None = None
    return_values: ReturnValues = "NONE"
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class Query(Operation[PageResult]):
    """Read one page of the items that have the same hash key, ordered by their range key.

    A local index can return attributes that it does not hold (each item is then fetched from the table), a global index
    can't.

    Attributes:
        key_condition: The hash key of the items, and optionally a condition on their range keys.
        index: The name of the index to read; ``None`` for the table itself.
        filter: A condition that the returned items meet. It is applied after the items were read, so it saves no
            capacity.
        consistent: Read consistently, which a global index does not support.
        forward: Return the items in ascending order of their range keys, otherwise in descending order.
        limit: The most items to read, before the filter is applied.
        start_key: Continue after the item with this key: the ``last_key`` of the page before.
        count_only: Count the items instead of returning them.
    """

    table: str
    key_condition: KeyCondition
    index: str | None = None
    filter: Condition | None = None
    projection: tuple[Path, ...] | None = None
    consistent: bool = False
    forward: bool = True
    limit: int | None = None
    start_key: Item | None = field(default=None, repr=False)
    count_only: bool = False
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class Scan(Operation[PageResult]):
    """Read one page of all items of a table or an index.

    The fields that :class:`Query` has as well mean the same here.

    Attributes:
        segment: The segment of a parallel scan to read, counted from 0; ``None`` when the scan is not parallel.
        total_segments: The number of segments of a parallel scan.
    """

    table: str
    index: str | None = None
    filter: Condition | None = None
    projection: tuple[Path, ...] | None = None
    consistent: bool = False
    limit: int | None = None
    start_key: Item | None = field(default=None, repr=False)
    count_only: bool = False
    segment: int | None = None
    total_segments: int | None = None
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class BatchGet(Operation[BatchGetResult]):
    """Read up to 100 items by key ("BatchGetItem" in the API reference), with one ``BatchGetKeys`` for each table."""

    requests: tuple[BatchGetKeys, ...]
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class BatchWrite(Operation[BatchWriteResult]):
    """Write and delete up to 25 items of one or more tables ("BatchWriteItem"). It is not a transaction."""

    requests: tuple[BatchWriteRequest, ...]
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class TransactGet(Operation[TransactGetResult]):
    """Read up to 100 items of one or more tables as they were at one moment ("TransactGetItems" in the API reference).

    ``consistent`` and ``return_consumed_capacity`` of the single reads are ignored. Raises
    :class:`~dynamorm.exceptions.TransactionCancelled` when one of the items is being written at that moment.
    """

    gets: tuple[GetItem, ...]
    return_consumed_capacity: CapacityDetail = "NONE"


#: One action of a transaction. Its ``return_values`` must be ``"NONE"``.
TransactWriteAction: TypeAlias = PutItem | UpdateItem | DeleteItem | ConditionCheck


@record
class TransactWrite(Operation[TransactWriteResult]):
    """Carry out up to 100 actions on different items ("TransactWriteItems" in the API reference): all of them, or none.

    Raises :class:`~dynamorm.exceptions.TransactionCancelled`, with a reason for each action, when it does not take
    place.

    Attributes:
        actions: The actions, at least one.
        token: Makes the transaction idempotent: sent again with the same token and the same actions within ten
            minutes, it changes nothing.
    """

    actions: tuple[TransactWriteAction, ...]
    token: str | None = None
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class CreateTable(Operation[TableDescription]):
    """Start to create a table with its indexes and tags. It can be used when its status is ``"ACTIVE"``."""

    spec: TableSpec
    tags: Mapping[str, str] | None = None


@record
class DescribeTable(Operation[TableDescription]):
    """Describe a table. Raises :class:`~dynamorm.exceptions.TableNotFound` when it does not exist."""

    table: str


@record
class ListTables(Operation[TableNames]):
    """Read a page of the names of all tables: of the account in this region, or of the database.

    Attributes:
        after: The ``last`` of the page before; ``None`` for the first page.
        limit: The most names to return, up to 100, which is the default.
    """

    after: str | None = None
    limit: int | None = None


@record
class UpdateTable(Operation[TableDescription]):
    """Start to change a table. It can be changed again when the table and its indexes are ``"ACTIVE"``.

    A change that would change nothing is refused, and so is one that names an index that does not exist.
    """

    table: str
    change: TableChange


@record
class DeleteTable(Operation[TableDescription]):
    """Start to delete a table with all its items. It is gone when ``DescribeTable`` no longer finds it.

    Raises :class:`~dynamorm.exceptions.TableProtected` when its deletion protection is on.
    """

    table: str


@record
class DescribeTimeToLive(Operation[TimeToLive]):
    """Describe whether a table's items expire, and which attribute decides when."""

    table: str


@record
class UpdateTimeToLive(Operation[None]):
    """Switch time to live on or off: items expire at the time that their ``attribute`` holds.

    The time is a number of seconds since 1970; see "Using time to live (TTL) in DynamoDB" in the developer guide.
    """

    table: str
    attribute: str
    on: bool


@record
class ListTags(Operation[TagPage]):
    """Read a page of a table's tags.

    Attributes:
        arn: The ``arn`` in the table's description, which DynamoDB requires.
        token: The ``token`` of the page before; ``None`` for the first page.
    """

    table: str
    arn: str | None = None
    token: str | None = None


@record
class TagTable(Operation[None]):
    """Add tags to a table, and replace those that have the same keys. ``arn`` is the one in its description."""

    table: str
    tags: Mapping[str, str]
    arn: str | None = None


@record
class UntagTable(Operation[None]):
    """Remove the tags with these ``keys``, if they exist. ``arn`` is the one in the table's description."""

    table: str
    keys: tuple[str, ...]
    arn: str | None = None
