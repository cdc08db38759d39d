"""``apply``: change live tables until they are what the models describe."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from dynamorm.data.operations import CreateTable, DescribeTable, UpdateTable
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.tables import IndexState, TableDescription
from dynamorm.engine.plans.reports import Reporter, reporter
from dynamorm.engine.plans.steps import OnConnection, Plan
from dynamorm.engine.run.connections import Target
from dynamorm.engine.tables.allowed_removals import AllowedRemovals
from dynamorm.engine.tables.lifecycle import PASSING, finish_table, unfinished_indexes, until_active
from dynamorm.engine.tables.updates import carry_out
from dynamorm.exceptions import (
    DynaModelException,
    PlanChanged,
    TableAlreadyExists,
    TableMismatch,
    TableNotActive,
    TableNotFound,
)
from dynamorm.model.verbs.drivers import adrive_on, drive_on
from dynamorm.operate.connections import aopened, opened
from dynamorm.operate.described_tables import DescribedTable, described_tables
from dynamorm.operate.planning.comparing import differences, plan_tables
from dynamorm.operate.planning.consents import Consents
from dynamorm.operate.planning.planned_tables import PlannedTable
from dynamorm.operate.planning.plans import AppliedPlan, TablesPlan
from dynamorm.operate.planning.texts import counted


def apply(
    models: Iterable[Any],
    *,
    expected: TablesPlan | None = None,
    drop_indexes: Collection[str] = (),
    drop_tags: Collection[str] = (),
    switch_off: Collection[str] = (),
    wait: bool = False,
    progress: ProgressCallback | None = None,
    backend: Target | None = None,
) -> AppliedPlan:
    """Change live tables until they are what *models* describe, and return what was changed.

    ::

        plan = operate.plan([Book, Author])
        print(plan)
        operate.apply([Book, Author], expected=plan)

    A new plan is made first, and again for each table when it is its turn. Tables that do not exist are created, all at
    the same time; then the others are changed one after the other. What needs a consent that is not given is left. If
    this call ends before its end, DynamoDB completes the change that was begun; call it again for the rest.

    Args:
        models: Models and shared tables.
        expected: The plan that was reviewed. Nothing is changed if it is no longer what is to be done.
        drop_indexes: Global indexes that may be dropped, with their tables: ``["books/by-author"]``.
        drop_tags: Tags that may be removed, by table and key: ``["books/team"]``.
        switch_off: Settings that may be switched off: ``["books/stream"]``, or ``ttl`` or ``deletion_protection``.
        wait: Wait until the last index of each table is created or removed, which can take hours. Other changes are
            waited for in any case, and so are indexes, where others follow.
        progress: A function that is called with a :class:`~dynamorm.progress.Progress` before and after each change.
        backend: What ``connect`` takes; by default, each model's own connection.

    Raises:
        PlanChanged: What is to be done differs from *expected*, or a table was changed by others meanwhile.
        TableMismatch: A table differs from its models in what DynamoDB can't change; nothing was changed.
        TableNotActive: A table can't be changed now, or a change takes too long.
        RequestRejected: DynamoDB refuses a change.

    It also raises what ``plan`` raises. A note of an exception lists the changes that were made before it.
    """
    consents = Consents.parse(drop_indexes, drop_tags, switch_off)
    with opened(backend) as connection:
        tables = described_tables(models, "apply", connection)
        plan = apply_tables(tables, consents, expected, wait=wait, progress=progress)
        return drive_on(tables[0].connection, plan)


async def aapply(
    models: Iterable[Any],
    *,
    expected: TablesPlan | None = None,
    drop_indexes: Collection[str] = (),
    drop_tags: Collection[str] = (),
    switch_off: Collection[str] = (),
    wait: bool = False,
    progress: ProgressCallback | None = None,
    backend: Target | None = None,
) -> AppliedPlan:
    """Change live tables until they are what *models* describe, as :func:`apply` does."""
    consents = Consents.parse(drop_indexes, drop_tags, switch_off)
    async with aopened(backend) as connection:
        tables = described_tables(models, "aapply", connection)
        plan = apply_tables(tables, consents, expected, wait=wait, progress=progress)
        return await adrive_on(tables[0].connection, plan)


def apply_tables(
    tables: Sequence[DescribedTable],
    consents: Consents,
    expected: TablesPlan | None,
    *,
    wait: bool,
    progress: ProgressCallback | None,
) -> Plan[AppliedPlan]:
    """Change live *tables* as a new plan says, which must be the *expected* one."""
    if expected is not None and not isinstance(expected, TablesPlan):
        raise DynaModelException(
            f"expected is a plan of operate.plan or operate.aplan, not {type(expected).__name__}. Nothing was changed."
        )
    plan: TablesPlan = yield from plan_tables(tables, consents)
    if expected is not None and plan.described != expected.described:
        raise PlanChanged(_what_changed(expected.described, plan.described))
    _refuse(plan)
    changes = sum(len(table.done) for table in plan)
    subject = tables[0].name if len(tables) == 1 else counted(len(tables), "table")
    application = _Application(reporter(progress, subject, changes), wait=wait)
    allowed = consents.by_table(table.name for table in tables)
    pairs = list(zip(tables, plan, strict=True))
    try:
        yield from application.begin()
        begun: list[tuple[DescribedTable, TableDescription]] = []
        for table, planned in pairs:
            if planned.action == "create":
                yield OnConnection(table.connection, application.create(table, planned, begun))
        for table, description in begun:
            yield OnConnection(table.connection, application.finish(table, description))
        for table, planned in pairs:
            if planned.action == "update" and planned.done:
                yield OnConnection(table.connection, application.change(table, planned, allowed[table.name]))
        for table, planned in pairs:
            if planned.action != "create" and (planned.done or not planned.is_ready):
                yield OnConnection(table.connection, application.settle(table))
    except BaseException as error:
        # For whoever stops it, too.
        error.add_note(application.note(changes))
        raise
    return AppliedPlan(plan, tuple(application.building))


class _Application:
    """Makes the changes of a plan, and keeps account of them."""

    def __init__(self, reports: Reporter | None, *, wait: bool) -> None:
        self._reports = reports
        self._wait = wait
        self._made: list[str] = []
        self.building: list[tuple[str, IndexState]] = []

    def begin(self) -> Plan[None]:
        """Report that nothing is done yet."""
        if self._reports is not None:
            yield from self._reports.begin()

    def create(
        self, table: DescribedTable, planned: PlannedTable, begun: list[tuple[DescribedTable, TableDescription]]
    ) -> Plan[None]:
        """Begin to create a table, and add it to those that were *begun*."""
        operation = planned.changes[0].operation
        assert isinstance(operation, CreateTable)
        yield from self._report(f"'{table.name}': its creation")
        try:
            description: TableDescription = yield operation
        except TableAlreadyExists as error:
            # An attempt that got no response is sent again by the backend.
            by = "by this call, which got no response at first, or " if error.unconfirmed_attempts else ""
            raise PlanChanged(_meanwhile(table.name, "it was created", by)) from error
        begun.append((table, description))
        yield from self._note(f"'{table.name}' created")

    def finish(self, table: DescribedTable, description: TableDescription) -> Plan[None]:
        """Wait for a table that was created, and give it the settings that it could not be created with."""
        if table.settings.time_to_live is not None:
            yield from self._report(f"'{table.name}': its time to live")
        yield from finish_table(description, table.settings)
        if table.settings.time_to_live is not None:
            yield from self._note(f"'{table.name}': time to live")

    def change(self, table: DescribedTable, planned: PlannedTable, allowed: AllowedRemovals) -> Plan[None]:
        """Make the changes of a table, if they are still those that were *planned*."""
        try:
            description: TableDescription = yield DescribeTable(table.name)
            if description.status != "ACTIVE" or unfinished_indexes(description):
                yield from self._report(f"'{table.name}': waiting for a change that was begun before")
            description = yield from until_active(table.name, description, "a change that was begun before")
            changes = yield from differences(table, allowed, description)
        except (TableNotFound, TableMismatch) as error:
            raise PlanChanged(_meanwhile(table.name, "it was replaced or deleted")) from error
        if changes != planned.changes:
            raise PlanChanged(_meanwhile(table.name, "it was changed"))
        for number, change in enumerate(planned.done, start=1):
            what = f"the change of its {change.subject}"
            yield from self._report(f"'{table.name}': {what}")
            assert change.operation is not None, "it can be made"
            # DynamoDB creates one index of a table at a time, and changes nothing else of its definition meanwhile.
            others = any(isinstance(each.operation, UpdateTable) for each in planned.done[number:])
            yield from carry_out(change.operation, what, with_indexes=others)
            yield from self._note(f"'{table.name}': {change.subject}")

    def settle(self, table: DescribedTable) -> Plan[None]:
        """Wait for the indexes of a table, or find out which are still being created or removed."""
        description: TableDescription = yield DescribeTable(table.name)
        if self._wait and description.status in ("ACTIVE", *PASSING):
            if unfinished_indexes(description):
                yield from self._report(f"'{table.name}': waiting for its indexes")
            yield from until_active(table.name, description, "the change of its indexes")
        else:
            self.building += [(table.name, index) for index in unfinished_indexes(description)]

    def note(self, changes: int) -> str:
        """Return what was made of so many *changes*, for who wants to know where it ended."""
        made = f"{len(self._made)} of {counted(changes, 'change')} made"
        return f"{made}: {', '.join(self._made)}." if self._made else f"{made}."

    def _report(self, subject: str) -> Plan[None]:
        if self._reports is not None:
            yield self._reports.advance(subject=subject)

    def _note(self, made: str) -> Plan[None]:
        self._made.append(made)
        if self._reports is not None:
            yield self._reports.advance(1, subject=made)


def _refuse(plan: TablesPlan) -> None:
    """Raise what keeps a table from being changed, before any is."""
    for table in plan.refused:
        kind = TableMismatch if table.status in ("ACTIVE", *PASSING) else TableNotActive
        raise kind(f"{table.refusal} No table was changed.")


def _what_changed(expected: Sequence[PlannedTable], found: Sequence[PlannedTable]) -> str:
    before = {(table.backend, table.table): table for table in expected}
    names = [table.table for table in found if before.pop((table.backend, table.table), None) != table]
    names += [table.table for table in before.values()]
    listed = ", ".join(f"'{name}'" for name in names)
    return (
        f"The plan for {listed} is no longer the one that was shown: somebody else changes tables, or the models or "
        "consents differ. Nothing was changed. Look at the new plan, and apply that."
    )


def _meanwhile(table: str, what: str, by: str = "") -> str:
    return (
        f"The table '{table}' is no longer as it was when the plan was made: {what} {by}by somebody else. It was not "
        "changed. Look at a new plan, and apply that."
    )
