"""``dynamorm browse``: a read-only page about tables and their items."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import click

from dynamorm_cli.group import command

if TYPE_CHECKING:
    from dynamorm_cli.context import Context

PORT = 8765
BUDGET = 1000.0


@command()
@click.argument("models", nargs=-1)
@click.option("--port", type=click.IntRange(0, 65535), help=f"The port; 0 for any free one. By default {PORT}.")
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help="The address to listen on; by default 127.0.0.1.")
@click.option("--i-know", is_flag=True, help="Listen on an address that other computers reach.")
@click.option(
    "--budget", type=click.FloatRange(min=0), default=BUDGET, metavar="UNITS", show_default=True,
    help="How many read units all pages together may cost.",
)  # fmt: skip
@click.option("--no-budget", is_flag=True, help="Don't limit what pages cost.")
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
@click.option("--log", is_flag=True, help="Print a line to stderr for each request, without values.")
def browse(
    context: Context,
    *,
    models: tuple[str, ...],
    port: int | None,
    host: str,
    i_know: bool,
    budget: float,
    no_budget: bool,
    opens: bool,
    log: bool,
) -> None:
    """Look at tables and items of MODELS, such as app.models:Book or app.models, in a browser.

    The page only reads, and shows what each page costs. It is for you alone: its address has a secret token, and only
    this computer reaches it. Ctrl-C ends it.
    """
    from dynamorm_cli.browsing.session import serve

    if not isfinite(budget):
        context.usage_error("--budget takes a number of read units. For no limit, use --no-budget.")
    serve(
        context,
        models,
        host=host,
        port=port,
        knows=i_know,
        budget=None if no_budget else budget,
        opens=opens,
        log=log,
        default_port=PORT,
    )
