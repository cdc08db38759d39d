"""Plans that create tables which may exist already."""

from __future__ import annotations

from dynamorm.data.operations import UpdateTable
from dynamorm.data.table_changes import SetCapacity, SetIndexCapacity
from dynamorm.data.table_plans import PlannedChange
from dynamorm.data.tables import TableSettings, TableSpec
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.tables.allowed_removals import AllowedRemovals
from dynamorm.engine.tables.differences import TIME_TO_LIVE, planned_changes
from dynamorm.engine.tables.lifecycle import begin_table, describe_new, finish_table, until_active, waits
from dynamorm.engine.tables.updates import live_table
from dynamorm.exceptions import TableAlreadyExists, TableMismatch

#: How often a table that differs in its time to live alone is looked at again, for about three seconds.
SETTLING_WAITS = 6


def create_table(spec: TableSpec, settings: TableSettings, *, wait: bool, exist_ok: bool = False) -> Plan[None]:
    """Create a table with its indexes and settings, and *wait* until it is active.

    A table with a time to live is waited for in any case, because time to live can only be switched on for an active
    table. With *exist_ok* there may be a table with this name, if it is as the spec and the settings say.

    Raises:
        TableAlreadyExists: There is a table with this name.
        TableMismatch: There is, and it differs.
        TableNotActive: The table is not active after about eight minutes.
    """
    try:
        description = yield from begin_table(spec, settings)
    except TableAlreadyExists:
        if not exist_ok:
            raise
        yield from check_existing(spec, settings)
    else:
        if wait or settings.time_to_live is not None:
            yield from finish_table(description, settings)


def check_existing(spec: TableSpec, settings: TableSettings) -> Plan[None]:
    """Wait until a table that exists is active, and check that it is as its model describes it.

    How much capacity a provisioned table has is left to whoever scales it.

    Raises:
        TableMismatch: The table differs from its model.
        TableNotActive: The table is not active after about eight minutes.
    """
    description = yield from describe_new(spec.name)
    description = yield from until_active(spec.name, description, "it was created", is_new=True)
    for pause in (*waits(SETTLING_WAITS), None):
        live = yield from live_table(settings, AllowedRemovals(), description)
        plan = planned_changes(spec, settings, live, AllowedRemovals())
        differing = [each for each in plan if not _is_scaled(each)]
        if not differing:
            return
        # Who is creating it switches that on when the table is active.
        if pause is None or [each.subject for each in differing] != [TIME_TO_LIVE]:
            break
        yield pause
    listed = "; ".join(map(str, differing))
    raise TableMismatch(
        f"Table '{spec.name}' exists, but differs from its model: {listed}. Nothing was changed. Look at "
        "__table__.plan(), and change the table with __table__.update(), or give the model a table with another name."
    )


def _is_scaled(change: PlannedChange) -> bool:
    operation = change.operation
    if not isinstance(operation, UpdateTable):
        return False
    is_capacity = isinstance(operation.change, (SetCapacity, SetIndexCapacity))
    return is_capacity and "on demand" not in {change.before, change.after}
