"""Plans for tables: create, delete, wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from dynamorm.data.operations import CreateTable, DeleteTable, DescribeTable, UpdateTimeToLive
from dynamorm.data.tables import TableDescription, TableSettings, TableSpec
from dynamorm.engine.plans.steps import Plan, Sleep
from dynamorm.exceptions import TableNotActive, TableNotFound

#: boto3's own waiters ask every 20 seconds, 25 times; this asks sooner, and gives up as late.
FIRST_WAIT = 0.05
LONGEST_WAIT = 5.0
WAITS = 110
#: An index of a large table takes hours to make: this gives up after six.
INDEX_WAITS = 4320
#: The statuses that pass by themselves.
PASSING = ("CREATING", "UPDATING")


def create_table(spec: TableSpec, settings: TableSettings, *, wait: bool) -> Plan[None]:
    """Creates a table with its indexes and settings, and waits until it is active, if asked to.

    A table with a time to live is waited for in any case: only that of an active table can be switched on.

    Raises :class:`~dynamorm.exceptions.TableAlreadyExists`, and
    :class:`~dynamorm.exceptions.TableNotActive` when it is not active after about eight minutes.
    """
    complete = replace(
        spec,
        table_class=settings.table_class or "STANDARD",
        deletion_protection=bool(settings.deletion_protection),
    )
    description: TableDescription = yield CreateTable(complete, settings.tags or None)
    if not wait and settings.time_to_live is None:
        return
    yield from until_active(spec.name, description, "it was created")
    if settings.time_to_live is not None:
        yield UpdateTimeToLive(spec.name, settings.time_to_live, on=True)


def delete_table(name: str, *, wait: bool) -> Plan[None]:
    """Deletes a table with all its items, and waits until it is gone, if asked to.

    Raises :class:`~dynamorm.exceptions.TableNotFound`, :class:`~dynamorm.exceptions.TableProtected`, and
    :class:`~dynamorm.exceptions.TableNotActive` when it is still there after about eight minutes.
    """
    yield DeleteTable(name)
    if not wait:
        return
    for pause in waits(WAITS):
        if not (yield from exists(name)):
            return
        yield pause
    raise TableNotActive(f"The table '{name}' is still being deleted long after it was asked for. Look at it later.")


def exists(name: str) -> Plan[bool]:
    """Whether there is a table of this *name*, in whatever state."""
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
) -> Plan[TableDescription]:
    """Waits until a table and its global indexes are active and the description *shows* what is waited for.

    *description* is the one that is known already, *since* says in an error what has been waited for. Raises
    :class:`~dynamorm.exceptions.TableNotActive` for a state that does not pass, or lasts for more than eight minutes,
    or six hours for an index: an index is made, or removed, while the table itself is active.
    """
    for number, pause in enumerate(waits(INDEX_WAITS)):
        if description.status == "ACTIVE":
            if shows(description) and all(state.status == "ACTIVE" for state in description.index_states):
                return description
        elif description.status not in PASSING or number >= WAITS:
            break
        yield pause
        description = yield DescribeTable(name)
    if description.status not in ("ACTIVE", *PASSING):
        raise TableNotActive(f"The table '{name}' is {description.status}, and can't be changed. Look at it later.")
    indexes = (
        f" with the index '{each.name}' {each.status}" for each in description.index_states if each.status != "ACTIVE"
    )
    raise TableNotActive(
        f"The table '{name}' is still {description.status}{' and'.join(indexes)}, long after {since}. What is being done to "
        "it goes on: look at it later."
    )


def waits(number: int) -> Iterator[Sleep]:
    """This *number* of pauses, which grow longer."""
    seconds = FIRST_WAIT
    for _ in range(number):
        yield Sleep(seconds)
        seconds = min(LONGEST_WAIT, seconds * 2)
