"""``dynamorm scan``: the items of a whole table, within a budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dynamorm_cli.group import command
from dynamorm_cli.item_reads import ReadOptions, read_options, run_read
from dynamorm_cli.rates import Units

if TYPE_CHECKING:
    from dynamorm_cli.context import Context

#: How many read units a scan may use if nothing is said: about 800 KB of items.
DEFAULT_BUDGET = 100.0


EXAMPLES = (
    "\b\nExamples:\n"
    "  dynamorm scan Book year=1999 --budget 500 --json | jq .title\n"
    "  dynamorm scan --table books year__gt=N:1999\n"
)


@command(streams_items=True, epilog=EXAMPLES)
@click.argument("words", nargs=-1, metavar="MODEL[.INDEX] [FIELD=VALUE]...")
@read_options
@click.option("--csv", is_flag=True, help="Print CSV, which loses types.")
@click.option(
    "--budget",
    type=Units(allows_infinity=True),
    metavar="UNITS",
    default=DEFAULT_BUDGET,
    show_default=True,
    help="Stop before more read units are used; 'inf' for no limit.",
)
def scan(context: Context, words: tuple[str, ...], **options: Any) -> None:
    """Print the items of a table or an index that fulfil conditions. All of its items are read.

    It stops when the budget is used up, with the command that goes on and exit status 3.
    """
    run_read(context, words, ReadOptions(**options), verb="scan")
