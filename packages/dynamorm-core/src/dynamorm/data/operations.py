"""What can be asked of a backend: one frozen dataclass for each operation.

An operation names its result: ``GetItem`` is an ``Operation[ItemResult]``, so that
``backend.execute(GetItem(...))`` is an :class:`~dynamorm.data.results.ItemResult`. Keys and items
are given by attribute name and hold canonical values. ``return_consumed_capacity`` asks what an operation costs: the result then says
how many capacity units it consumed, by table, or with ``"INDEXES"`` also by index.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Literal, TypeAlias, TypeVar

from dynamorm.data.batches import BatchGetKeys, BatchWriteRequest
from dynamorm.data.capacity import CapacityDetail
from dynamorm.data.conditions import Condition, KeyCondition
from dynamorm.data.paths import Path
from dynamorm.data.records import record
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
from dynamorm.data.tables import TableDescription, TableSpec, TagPage, TimeToLive
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import Item

Result_co = TypeVar("Result_co", covariant=True)
#: Which attributes a write answers: those from before or after it, all of them or those that it changed.
ReturnValues: TypeAlias = Literal["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"]


class Operation(Generic[Result_co]):
    """The base of all operations; the parameter is the type of the result."""

    __slots__ = ()


@record
class GetItem(Operation[ItemResult]):
    """Reads one item by its primary key. ``projection`` is ``None`` for all attributes."""

    table: str
    key: Item
    projection: tuple[Path, ...] | None = None
    consistent: bool = False
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class PutItem(Operation[WriteResult]):
    """Writes a whole item, in place of the one that has its key, if the condition holds for that one.

    A failed condition raises :class:`~dynamorm.exceptions.ConditionFailed` with the present item.
    ``return_values`` is ``"NONE"`` or ``"ALL_OLD"``.
    """

    table: str
    item: Item
    condition: Condition | None = None
    return_values: ReturnValues = "NONE"
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class UpdateItem(Operation[WriteResult]):
    """Changes attributes of one item, which is made when there is none, if the condition holds.

    Without actions it makes sure that the item exists. The paths of the actions don't overlap.
    """

    table: str
    key: Item
    actions: tuple[UpdateAction, ...]
    condition: Condition | None = None
    return_values: ReturnValues = "NONE"
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class DeleteItem(Operation[WriteResult]):
    """Deletes one item, if the condition holds for it. That there is none is no error.

    ``return_values`` is ``"NONE"`` or ``"ALL_OLD"``.
    """

    table: str
    key: Item
    condition: Condition | None = None
    return_values: ReturnValues = "NONE"
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class Query(Operation[PageResult]):
    """Reads one page of the items with one hash key, in the order of their range key.

    ``limit`` bounds how many items are read, before the filter. A local index may project
    attributes that it does not hold; a global one can't.
    """

    table: str
    key_condition: KeyCondition
    index: str | None = None
    filter: Condition | None = None
    projection: tuple[Path, ...] | None = None
    consistent: bool = False
    forward: bool = True
    limit: int | None = None
    start_key: Item | None = None
    count_only: bool = False
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class Scan(Operation[PageResult]):
    """Reads one page of all items of a table or an index.

    ``limit`` bounds how many items are read, before the filter. ``segment`` of ``total_segments``
    reads one share of a scan that is made in parallel.
    """

    table: str
    index: str | None = None
    filter: Condition | None = None
    projection: tuple[Path, ...] | None = None
    consistent: bool = False
    limit: int | None = None
    start_key: Item | None = None
    count_only: bool = False
    segment: int | None = None
    total_segments: int | None = None
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class BatchGet(Operation[BatchGetResult]):
    """Reads up to 100 items by their keys, from one or more tables, one ``BatchGetKeys`` a table."""

    requests: tuple[BatchGetKeys, ...]
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class BatchWrite(Operation[BatchWriteResult]):
    """Writes and deletes up to 25 items of one or more tables, each by itself: it is no transaction."""

    requests: tuple[BatchWriteRequest, ...]
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class TransactGet(Operation[TransactGetResult]):
    """Reads up to 100 items of one or more tables as they were at one moment.

    Of each read, ``consistent`` and ``return_consumed_capacity`` have no meaning here. Raises
    :class:`~dynamorm.exceptions.TransactionCancelled` when one of the items is being written at that moment.
    """

    gets: tuple[GetItem, ...]
    return_consumed_capacity: CapacityDetail = "NONE"


#: One act of a transaction. Those that write return no attributes.
TransactWriteAction: TypeAlias = PutItem | UpdateItem | DeleteItem | ConditionCheck


@record
class TransactWrite(Operation[TransactWriteResult]):
    """Up to 100 acts on as many items of one or more tables: all of them take place at one moment, or none.

    ``token`` makes it idempotent: a transaction that is sent again with the token and the acts of one that took place within
    the last ten minutes changes nothing. Raises :class:`~dynamorm.exceptions.TransactionCancelled` with a reason for each act.
    """

    actions: tuple[TransactWriteAction, ...]
    token: str | None = None
    return_consumed_capacity: CapacityDetail = "NONE"


@record
class CreateTable(Operation[TableDescription]):
    """Begins to create a table with its indexes and tags. It can be used when its status is ``"ACTIVE"``."""

    spec: TableSpec
    tags: Mapping[str, str] | None = None


@record
class DescribeTable(Operation[TableDescription]):
    """Describes a live table. Raises :class:`~dynamorm.exceptions.TableNotFound` when there is none."""

    table: str


@record
class UpdateTable(Operation[TableDescription]):
    """Begins to change a live table. It can be changed again when it and its indexes are ``"ACTIVE"``.

    A change to what is there already is refused, as is one that names an index that is not there.
    """

    table: str
    change: TableChange


@record
class DeleteTable(Operation[TableDescription]):
    """Begins to delete a table with all its items. It is gone when it can't be described any more.

    Raises :class:`~dynamorm.exceptions.TableProtected` when its deletion protection is on.
    """

    table: str


@record
class DescribeTimeToLive(Operation[TimeToLive]):
    """Tells whether a table's items expire."""

    table: str


@record
class UpdateTimeToLive(Operation[None]):
    """Has a table's items expire at the time that their ``attribute`` holds, or no longer where ``on`` is false.

    The time is a number of seconds since 1970: developer guide, "Using time to live (TTL) in DynamoDB".
    """

    table: str
    attribute: str
    on: bool


@record
class ListTags(Operation[TagPage]):
    """Reads a page of a table's tags. ``arn`` is that of its description, ``token`` that of the page before."""

    table: str
    arn: str | None = None
    token: str | None = None


@record
class TagTable(Operation[None]):
    """Adds tags to a table, in place of those with the same keys. ``arn`` is that of its description."""

    table: str
    tags: Mapping[str, str]
    arn: str | None = None


@record
class UntagTable(Operation[None]):
    """Removes the tags with these ``keys``, those that there are. ``arn`` is that of the table's description."""

    table: str
    keys: tuple[str, ...]
    arn: str | None = None
