"""Plans for tables: create, delete, wait."""

from __future__ import annotations

from collections.abc import Iterator

from dynamorm.data.operations import CreateTable, DeleteTable, DescribeTable
from dynamorm.data.tables import TableDescription, TableSpec
from dynamorm.engine.steps import Pause, Plan
from dynamorm.exceptions import TableNotActive, TableNotFound

#: boto3's own waiters ask every 20 seconds, 25 times; this asks sooner, and gives up as late.
FIRST_WAIT = 0.05
LONGEST_WAIT = 5.0
WAITS = 110


def create_table(spec: TableSpec, *, wait: bool) -> Plan[None]:
    """Creates a table with its indexes, and waits until it is active, if asked to.

    Raises :class:`~dynamorm.exceptions.TableAlreadyExists`, and
    :class:`~dynamorm.exceptions.TableNotActive` when it is not active after about eight minutes.
    """
    description: TableDescription = yield CreateTable(spec)
    if not wait:
        return
    for pause in _waits():
        if description.status == "ACTIVE":
            return
        yield pause
        description = yield DescribeTable(spec.name)
    raise TableNotActive(
        f"The table '{spec.name}' is still {description.status} long after it was created. Look at it later."
    )


def delete_table(name: str, *, wait: bool) -> Plan[None]:
    """Deletes a table with all its items, and waits until it is gone, if asked to.

    Raises :class:`~dynamorm.exceptions.TableNotFound`, and
    :class:`~dynamorm.exceptions.TableNotActive` when it is still there after about eight minutes.
    """
    yield DeleteTable(name)
    if not wait:
        return
    for pause in _waits():
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


def _waits() -> Iterator[Pause]:
    seconds = FIRST_WAIT
    for _ in range(WAITS):
        yield Pause(seconds)
        seconds = min(LONGEST_WAIT, seconds * 2)
