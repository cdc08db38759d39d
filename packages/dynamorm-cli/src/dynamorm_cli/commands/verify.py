"""``dynamorm verify``: whether a dump is whole, and how it differs from a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dynamorm_cli.group import command
from dynamorm_cli.quantities import count
from dynamorm_cli.rates import rate_option
from dynamorm_cli.statuses import Status

if TYPE_CHECKING:
    from dynamorm.operate import Verification
    from dynamorm_cli.context import Context

FORMAT = 1


@command()
@click.argument("folder")
@click.option("--against", metavar="TABLE", help="Compare the items with those of a table, which is scanned.")
@rate_option
def verify(context: Context, folder: str, against: str | None, rate: float | None) -> None:
    """Check the files of the dump in FOLDER against its manifest: checksums, numbers of lines, each line.

    The exit status is 1 if something is wrong, and 2 if the items differ from those of the table.
    """
    from dynamorm import operate

    if rate is not None and against is None:
        context.usage_error("--rate is for the scan of a table: name it with --against.")
    table = None if against is None else context.given_table(against)
    backend = None if table is None else context.connect()
    with context.out.progress(folder) as progress:
        found = operate.verify(folder, against=table, backend=backend, rate=rate, progress=progress)
    if context.json:
        context.out.json(_document(found))
    else:
        _print(context, found)
    if not found.is_whole:
        context.exit(Status.FAILED)
    if found.difference is not None and not found.difference.is_none:
        context.exit(Status.DIFFERENCE)


def _print(context: Context, found: Verification) -> None:
    for problem in found.problems:
        context.out.styled(f"wrong: {problem}", "red")
    for warning in found.warnings:
        context.out.text(f"warning: {warning}")
    state = "whole" if found.is_whole else "not whole"
    context.out.text(f"{found.folder}: {state}, {found.item_count:,} items in {count(found.files, 'file')}")
    if (difference := found.difference) is not None:
        if difference.is_none:
            context.out.text(f"{difference.table}: the same {difference.equal:,} items")
            return
        context.out.text(
            f"{difference.table}: {difference.equal:,} items are the same, {difference.changed:,} differ, "
            f"{difference.missing:,} are in the dump only, {difference.added:,} in the table only"
        )


def _document(found: Verification) -> dict[str, object]:
    difference = found.difference
    return {
        "format": FORMAT,
        "folder": str(found.folder),
        "whole": found.is_whole,
        "items": found.item_count,
        "files": found.files,
        "problems": [{"file": each.file, "line": each.line, "message": each.message} for each in found.problems],
        "warnings": [{"file": each.file, "line": each.line, "message": each.message} for each in found.warnings],
        "difference": None
        if difference is None
        else {
            "table": difference.table,
            "equal": difference.equal,
            "changed": difference.changed,
            "missing": difference.missing,
            "added": difference.added,
        },
    }
