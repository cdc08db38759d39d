"""Plans that create and delete tables, and wait until a table is ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dynamorm.data.operations import CreateTable, DeleteTable, DescribeTable, UpdateTimeToLive
from dynamorm.data.records import replace
from dynamorm.data.tables import IndexState, TableDescription, TableSettings, TableSpec
from dynamorm.engine.plans.steps import Plan, Sleep
from dynamorm.exceptions import TableNotActive, TableNotFound

#: boto3's waiters ask every 20 seconds, 25 times. These ask sooner, and give up after the same time.
FIRST_WAIT = 0.05
LONGEST_WAIT = 5.0
WAITS = 110
#: Creating an index of a large table takes hours: these waits take six.
INDEX_WAITS = 4320
#: How often a table that was created just now is described although it is not found yet: for about ten seconds.
NEW_TABLE_WAITS = 8
#: The temporary statuses.
PASSING = ("CREATING", "UPDATING")


def begin_table(spec: TableSpec, settings: TableSettings) -> Plan[TableDescription]:
    """Create a table with its indexes and those settings that it can be created with, without waiting for it."""
    description: TableDescription = yield creation_of(spec, settings)
    return description


def creation_of(spec: TableSpec, settings: TableSettings) -> CreateTable:
    """Return the operation that creates a table, with those settings that it can be created with."""
    complete = replace(
        spec,
        table_class=settings.table_class or "STANDARD",
        deletion_protection=bool(settings.deletion_protection),
    )
    return CreateTable(complete, settings.tags or None)


def finish_table(description: TableDescription, settings: TableSettings) -> Plan[None]:
    """Wait until a table that was created is active, and give it the settings that it could not be created with."""
    name = description.spec.name
    yield from until_active(name, description, "it was created", is_new=True)
    if settings.time_to_live is not None:
        yield UpdateTimeToLive(name, settings.time_to_live, on=True)


def delete_table(name: str, *, wait: bool) -> Plan[None]:
    """Delete a table with all its items, and *wait* until it is gone.

    Raises:
        TableNotFound: There is no table with this name.
        TableProtected: The table's deletion protection is on.
        TableNotActive: The table still exists after about eight minutes.
    """
    yield DeleteTable(name)
    if not wait:
        return
    for pause in waits(WAITS):
        if not (yield from exists(name)):
            return
        yield pause
    raise TableNotActive(f"The table '{name}' is still being deleted after eight minutes. Check it again later.")


def exists(name: str) -> Plan[bool]:
    """Return whether a table with this *name* exists, in any state."""
    try:
        yield DescribeTable(name)
    except TableNotFound:
        return False
    return True


def until_active(
    name: str,
    description: TableDescription,
    since: str,
    shows: Callable[[TableDescription], bool] = lambda _: True,
    *,
    with_indexes: bool = True,
    is_new: bool = False,
) -> Plan[TableDescription]:
    """Wait until a table and its global indexes are active, and return its description.

    Args:
        name: The name of the table.
        description: The newest description of the table.
        since: The change that is waited for, for error messages.
        shows: Return whether a description shows the change; the first ones may not.
        with_indexes: Wait for the indexes, too, and not only for the table itself.
        is_new: The table was created just now, and may not be found at first.

    Raises:
        TableNotActive: The state is not temporary, or lasts for more than eight minutes, or six hours for an index. An
            index is created or removed while the table itself is active.
    """
    for number, pause in enumerate(waits(INDEX_WAITS)):
        if description.status == "ACTIVE":
            if shows(description) and not (with_indexes and unfinished_indexes(description)):
                return description
        elif description.status not in PASSING or number >= WAITS:
            break
        yield pause
        if is_new:
            description = yield from describe_new(name)
        else:
            description = yield DescribeTable(name)
    if description.status not in ("ACTIVE", *PASSING):
        raise not_changeable(description)
    indexes = (f" with the index '{each.name}' {each.status}" for each in unfinished_indexes(description))
    raise TableNotActive(
        f"The table '{name}' is still {description.status}{' and'.join(indexes)}, long after {since}. The change "
        "continues in DynamoDB: check the table again later."
    )


def describe_new(name: str) -> Plan[TableDescription]:
    """Describe a table that was created just now, and may not be found at first: see "DescribeTable".

    Raises :class:`~dynamorm.exceptions.TableNotFound` if it is not there after about ten seconds.
    """
    description: TableDescription
    for pause in waits(NEW_TABLE_WAITS):
        try:
            description = yield DescribeTable(name)
        except TableNotFound:
            yield pause
        else:
            return description
    description = yield DescribeTable(name)
    return description


def not_changeable(description: TableDescription) -> TableNotActive:
    """Return the exception for a table whose status is not a temporary one: it is being deleted, say."""
    return TableNotActive(
        f"The table '{description.spec.name}' is {description.status}, and can't be changed. Check it again later."
    )


def unfinished_indexes(description: TableDescription) -> tuple[IndexState, ...]:
    """Return the states of the global indexes that are being created, changed or removed."""
    return tuple(state for state in description.index_states if state.status != "ACTIVE")


def waits(number: int) -> Iterator[Sleep]:
    """Yield this *number* of pauses of growing length."""
    seconds = FIRST_WAIT
    for _ in range(number):
        yield Sleep(seconds)
        seconds = min(LONGEST_WAIT, seconds * 2)
