"""Plans for items: which operations a verb makes, in which order, and what it does with their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dynamorm.data.conditions import And, AttributeNotExists, Condition
from dynamorm.data.operations import DeleteItem, GetItem, PutItem, Query, ReturnValues, Scan, UpdateItem
from dynamorm.data.paths import Path
from dynamorm.data.results import ItemResult, Page, WriteResult
from dynamorm.data.tables import TableSpec
from dynamorm.data.updates import UpdateAction
from dynamorm.data.values import Item
from dynamorm.engine.checks import check_actions, check_item, check_key
from dynamorm.engine.steps import Emit, Plan, StreamPlan
from dynamorm.exceptions import ConditionFailed, HashKeyExists


def get(spec: TableSpec, key: Item, *, consistent: bool = False) -> Plan[Item | None]:
    """Reads one item by its primary *key*; answers ``None`` when there is none."""
    check_key(spec, key)
    result: ItemResult = yield GetItem(spec.name, key, consistent=consistent)
    return result.item


def put(spec: TableSpec, item: Item, condition: Condition | None = None) -> Plan[None]:
    """Writes a whole *item*, if the *condition* holds for the one that has its key now."""
    check_item(spec, item)
    yield PutItem(spec.name, item, condition)


def put_unique(spec: TableSpec, item: Item, condition: Condition | None = None) -> Plan[None]:
    """Writes a whole *item*, if there is none with its primary key and the *condition* holds.

    Raises :class:`~dynamorm.exceptions.HashKeyExists`, with the present item, when there is one.
    """
    absent = AttributeNotExists(Path.of(spec.hash_key.name))
    try:
        yield from put(spec, item, absent if condition is None else And((absent, condition)))
    except ConditionFailed as error:
        if condition is not None and error.item is None:
            raise
        raise HashKeyExists(
            f"There is an item with this primary key in '{spec.name}' already; it was not overwritten.", error.item
        ) from error


def update(
    spec: TableSpec,
    key: Item,
    actions: Sequence[UpdateAction],
    condition: Condition | None = None,
    return_values: ReturnValues = "NONE",
) -> Plan[Item | None]:
    """Changes attributes of one item; answers those that *return_values* asks for."""
    check_key(spec, key)
    check_actions(spec, actions)
    result: WriteResult = yield UpdateItem(spec.name, key, tuple(actions), condition, return_values)
    return result.attributes


def delete(spec: TableSpec, key: Item, condition: Condition | None = None) -> Plan[None]:
    """Deletes one item, if the *condition* holds for it."""
    check_key(spec, key)
    yield DeleteItem(spec.name, key, condition)


def pages(operation: Query | Scan, *, recursive: bool) -> StreamPlan[Page]:
    """Emits the pages of a query or a scan: the first one, or all when *recursive*.

    The operation's ``limit`` bounds the items of all pages together. A page without items may stand
    between others: the service stops a page after 1 MB, before the filter.
    """
    following: Query | Scan | None = operation
    while following is not None:
        page: Page = yield following
        yield Emit(page)
        following = _next(following, page) if recursive else None


def count(operation: Query | Scan, *, recursive: bool) -> Plan[int]:
    """Counts the items of the first page of a query or a scan, or of all pages when *recursive*."""
    total = 0
    following: Query | Scan | None = replace(operation, projection=None, count_only=True)
    while following is not None:
        page: Page = yield following
        total += page.count
        following = _next(following, page) if recursive else None
    return total


def _next(operation: Query | Scan, page: Page) -> Query | Scan | None:
    """The operation that reads the page after this *page*; ``None`` when there is none, or no need of one."""
    left = None if operation.limit is None else operation.limit - page.count
    if page.last_key is None or left == 0:
        return None
    return replace(operation, start_key=page.last_key, limit=left)
