"""The option ``--rate`` of commands that read or write much."""

from __future__ import annotations

import click

rate_option = click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    metavar="UNITS",
    help="Use at most so many capacity units a second.",
)
