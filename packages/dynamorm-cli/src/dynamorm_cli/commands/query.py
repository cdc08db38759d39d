"""``dynamorm query``: items with one hash key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dynamorm_cli.group import command
from dynamorm_cli.item_reads import ReadOptions, read_options, run_read
from dynamorm_cli.rates import Units

if TYPE_CHECKING:
    from dynamorm_cli.context import Context


EXAMPLES = (
    "\b\nExamples:\n"
    "  dynamorm query Book.ByAuthor author='Mr. Bar' year__gt=2000 --limit 20\n"
    "  dynamorm query --table orders customer=S:c42 placed__gt=N:5\n"
)


@command(streams_items=True, epilog=EXAMPLES)
@click.argument("words", nargs=-1, metavar="MODEL[.INDEX] FIELD=VALUE...")
@read_options
@click.option("--reverse", is_flag=True, help="Begin with the last one.")
@click.option(
    "--budget",
    type=Units(allows_infinity=True),
    metavar="UNITS",
    help="Stop before more read units are used; default: no limit.",
)
def query(context: Context, words: tuple[str, ...], **options: Any) -> None:
    """Print the items with one hash key, in the order of the range key.

    On a terminal they are a table, else JSON lines. Other conditions than those on the key are a filter, for which
    all items with the hash key are read.
    """
    run_read(context, words, ReadOptions(**options), verb="query")
