"""``dynamorm apply``: create and change live tables until they are what the models describe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import click

from dynamorm_cli.consent import consent_options, is_interactive
from dynamorm_cli.group import command
from dynamorm_cli.plan_options import Removals, in_words, plan_options
from dynamorm_cli.plan_output import document, print_plan
from dynamorm_cli.quantities import count
from dynamorm_cli.statuses import Interrupted, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamorm.data.progress import Progress
    from dynamorm.operate import TablesPlan
    from dynamorm.operate.model_names import ModelClass
    from dynamorm_cli.context import Context


@command()
@plan_options
@consent_options
@click.option("--wait", is_flag=True, help="Wait until new indexes can be read, which can take hours.")
def apply(
    context: Context,
    models: tuple[str, ...],
    yes: bool,
    confirm: tuple[str, ...],
    wait: bool,
    **removals: Unpack[Removals],
) -> None:
    """Create and change live tables until they are what MODELS describe.

    It shows the plan and asks. Then it makes the plan anew, and stops if that is another one. What would remove
    something is done only if an option names it. The exit status is 2 if a change is left.
    """
    from dynamorm import operate

    found = context.find_models(models)
    backend = context.connect()
    planned = operate.plan(found, backend=backend, **removals)
    if not context.json:
        print_plan(context, planned, only_differences=context.quiet)
    if not planned.refused:
        _ask(context, planned, found, yes=yes, confirm=confirm)
    with context.resumable(tells_notes=True), context.out.progress() as bar:
        try:
            applied = operate.apply(
                found, expected=planned, wait=wait, progress=bar or _Notes(context), backend=backend, **removals
            )
        except KeyboardInterrupt as error:
            made = " ".join(["Interrupted.", *getattr(error, "__notes__", ())])
            raise Interrupted(f"{made} What was begun goes on in DynamoDB.", resume=context.command_line()) from error
    if context.json:
        building = [{"table": table, "index": index.name, "status": index.status} for table, index in applied.building]
        context.out.json(document(applied.plan) | {"building": building})
    elif applied.made or applied.building:
        context.out.text(str(applied))
    if applied.building:
        context.out.note("'dynamorm plan --wait' waits until it has ended.")
    if applied.left:
        context.exit(Status.DIFFERENCE)


def _ask(
    context: Context, planned: TablesPlan, models: Sequence[ModelClass], *, yes: bool, confirm: tuple[str, ...]
) -> None:
    """Ask for consent to the changes of a plan, if there are any, and say where they are made."""
    from dynamorm.operate.described_tables import described_tables

    tables = [table.table for table in planned if table.done]
    if not tables:
        return
    changed = {(table.table, table.backend) for table in planned if table.done}
    # By what they are called: tables with options of their own have connections of their own, to the same place.
    connections = {
        each.connection.describe(): each.connection
        for each in described_tables(models, "apply", context.connect())
        if (each.name, each.connection.describe()) in changed
    }
    changes = count(sum(len(table.done) for table in planned), "change")
    place = " and ".join(each.describe(account=True) for each in connections.values())
    consent = context.consent_on(*connections.values())
    if consent.is_answered(tables, yes=yes, confirm=confirm):
        context.out.note(f"{changes} to make in {place}.")
    elif context.json and is_interactive():
        # Nobody can consent to what was not shown.
        for line in planned.lines(in_words):
            context.out.asked(line)
    consent.ask(f"Make {changes} in {place}?", tables, yes=yes, confirm=confirm)


class _Notes:
    """Prints a note when a change begins, where no bar is shown: the last one is what takes long."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._before: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        """Print a report on a beginning: not the first one, and not those on what was done."""
        if self._before is not None and progress.done == self._before.done:
            number = min(progress.done + 1, progress.total or 0)
            self._context.out.note(f"{number} of {progress.total}: {progress.subject}")
        self._before = progress
