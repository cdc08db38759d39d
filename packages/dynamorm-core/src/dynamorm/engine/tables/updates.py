"""Plans that bring a live table to its model: what would be changed, and the changes themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data.operations import DescribeTable, DescribeTimeToLive, ListTags, Operation, UpdateTable
from dynamorm.data.table_changes import AddIndex, DropIndex
from dynamorm.data.table_plans import TablePlan
from dynamorm.data.tables import TableDescription, TableSettings, TableSpec, TagPage, TimeToLive
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.tables.allowed_removals import AllowedRemovals
from dynamorm.engine.tables.differences import LiveTable, planned_changes
from dynamorm.engine.tables.lifecycle import until_active, waits
from dynamorm.exceptions import TableNotActive

#: How often a change is tried that meets a table which is not ready for it: some 20 seconds long.
TRIES = 10


def plan_update(spec: TableSpec, settings: TableSettings, consent: AllowedRemovals) -> Plan[TablePlan]:
    """What :func:`update_table` would do, without doing anything.

    Raises :class:`~dynamorm.exceptions.TableNotFound`, and
    :class:`~dynamorm.exceptions.TableMismatch` for what can't be changed.
    """
    description: TableDescription = yield DescribeTable(spec.name)
    live = yield from _live_table(settings, consent, description)
    return planned_changes(spec, settings, live, consent)


def update_table(spec: TableSpec, settings: TableSettings, consent: AllowedRemovals) -> Plan[int]:
    """Makes the changes that bring a live table to its model, one after the other; answers how many it made.

    It waits for table and indexes before the first change and after each. Raises as :func:`plan_update` does, before
    anything is changed, and :class:`~dynamorm.exceptions.TableNotActive` when a wait takes too long.
    """
    description: TableDescription = yield DescribeTable(spec.name)
    description = yield from until_active(spec.name, description, "a change that was begun before")
    live = yield from _live_table(settings, consent, description)
    changes = planned_changes(spec, settings, live, consent).done
    for change in changes:
        if change.operation is not None:
            yield from _carry_out(change.operation, f"the change of its {change.subject}")
    return len(changes)


def _live_table(settings: TableSettings, consent: AllowedRemovals, description: TableDescription) -> Plan[LiveTable]:
    # Only what somebody has named is asked for: it may need a permission of its own, or not be there on every backend.
    name = description.spec.name
    time_to_live: TimeToLive | None = None
    if settings.time_to_live is not None or "ttl" in consent.switch_off:
        time_to_live = yield DescribeTimeToLive(name)
    tags: Mapping[str, str] | None = None
    if settings.tags is not None or consent.drop_tags:
        tags = yield from _tags(description)
    return LiveTable(description, time_to_live, tags)


def _tags(description: TableDescription) -> Plan[dict[str, str]]:
    page: TagPage = yield ListTags(description.spec.name, description.arn)
    tags = dict(page.tags)
    while page.token is not None:
        page = yield ListTags(description.spec.name, description.arn, page.token)
        tags |= page.tags
    return tags


def _carry_out(operation: Operation[Any], what: str) -> Plan[None]:
    description = yield from _begun(operation)
    if isinstance(operation, UpdateTable):
        change = operation.change

        def shows(description: TableDescription) -> bool:
            # A description may be a moment old, and tell of an index that is gone or not of one that has come.
            names = {index.name for index in description.spec.indexes}
            if isinstance(change, DropIndex):
                return change.index not in names
            return change.index.name in names if isinstance(change, AddIndex) else True

        yield from until_active(operation.table, description, what, shows)


def _begun(operation: Operation[Any]) -> Plan[Any]:
    for pause in waits(TRIES):
        try:
            return (yield operation)
        except TableNotActive:
            # The change before is not over yet for the service, though the description said so.
            yield pause
    return (yield operation)
