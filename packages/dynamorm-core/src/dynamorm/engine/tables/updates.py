"""Plans that bring a live table to its model: they list the changes, or make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data.operations import DescribeTable, DescribeTimeToLive, ListTags, Operation, UpdateTable
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.table_changes import AddIndex, DropIndex
from dynamorm.data.table_plans import TablePlan
from dynamorm.data.tables import TableDescription, TableSettings, TableSpec, TagPage, TimeToLive
from dynamorm.engine.plans.reports import reporter
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.tables.allowed_removals import AllowedRemovals
from dynamorm.engine.tables.differences import LiveTable, planned_changes
from dynamorm.engine.tables.lifecycle import PASSING, not_changeable, until_active, waits
from dynamorm.exceptions import TableNotActive

#: How often a change is tried while the table is not ready for it, about 20 seconds in all.
TRIES = 10


def plan_update(spec: TableSpec, settings: TableSettings, allowed: AllowedRemovals) -> Plan[TablePlan]:
    """Return the changes that :func:`update_table` would make, without making them.

    Raises:
        TableNotFound: The table does not exist.
        TableNotActive: It is being deleted, or can't be used, so that there is nothing to compare.
        TableMismatch: The table differs from its model in something that DynamoDB can't change.
    """
    description: TableDescription = yield DescribeTable(spec.name)
    if description.status not in ("ACTIVE", *PASSING):
        raise not_changeable(description)
    live = yield from live_table(settings, allowed, description)
    return planned_changes(spec, settings, live, allowed)


def update_table(
    spec: TableSpec, settings: TableSettings, allowed: AllowedRemovals, progress: ProgressCallback | None = None
) -> Plan[int]:
    """Make the changes that bring a live table to its model, one after the other, and return their number.

    It waits for the table and its indexes before the first change and after each one. Before and after each change that
    is reported to the callback *progress*.

    Raises:
        TableNotFound: The table does not exist.
        TableMismatch: The table differs from its model in something that DynamoDB can't change; nothing was changed.
        TableNotActive: A change takes too long.
    """
    description: TableDescription = yield DescribeTable(spec.name)
    description = yield from until_active(spec.name, description, "a change that was begun before")
    live = yield from live_table(settings, allowed, description)
    changes = planned_changes(spec, settings, live, allowed).done
    reports = reporter(progress, spec.name, len(changes))
    if reports is not None:
        yield from reports.begin()
    for change in changes:
        what = f"the change of its {change.subject}"
        if reports is not None:
            yield reports.advance(subject=f"'{spec.name}': {what}")
        if change.operation is not None:
            yield from carry_out(change.operation, what)
        if reports is not None:
            yield reports.advance(1)
    return len(changes)


def live_table(settings: TableSettings, allowed: AllowedRemovals, description: TableDescription) -> Plan[LiveTable]:
    """Ask for what the *description* of a table does not have, and return all of it."""
    # Ask only for what is needed: it may require a permission of its own, or be unsupported on a backend.
    name = description.spec.name
    time_to_live: TimeToLive | None = None
    if settings.time_to_live is not None or "ttl" in allowed.switch_off:
        time_to_live = yield DescribeTimeToLive(name)
    tags: Mapping[str, str] | None = None
    if settings.tags is not None or allowed.drop_tags:
        tags = yield from read_tags(description)
    return LiveTable(description, time_to_live, tags)


def read_tags(description: TableDescription) -> Plan[dict[str, str]]:
    """Return all tags of a table."""
    page: TagPage = yield ListTags(description.spec.name, description.arn)
    tags = dict(page.tags)
    while page.token is not None:
        page = yield ListTags(description.spec.name, description.arn, page.token)
        tags |= page.tags
    return tags


def carry_out(operation: Operation[Any], what: str, *, with_indexes: bool = True) -> Plan[None]:
    """Make one change of a table, *what* in words, and wait for it.

    Without *with_indexes*, an index goes on being created or removed while the table can be changed otherwise.
    """
    description = yield from _begun(operation)
    if isinstance(operation, UpdateTable):
        change = operation.change

        def shows(description: TableDescription) -> bool:
            # A description can be slightly stale: with an index that was removed, or without one that was added.
            names = {index.name for index in description.spec.indexes}
            if isinstance(change, DropIndex):
                return change.index not in names
            return change.index.name in names if isinstance(change, AddIndex) else True

        yield from until_active(operation.table, description, what, shows, with_indexes=with_indexes)


def _begun(operation: Operation[Any]) -> Plan[Any]:
    for pause in waits(TRIES):
        try:
            return (yield operation)
        except TableNotActive:
            # The service has not finished the previous change, although the description says so.
            yield pause
    return (yield operation)
