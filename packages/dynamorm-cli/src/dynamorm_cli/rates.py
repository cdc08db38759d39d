"""Options that are numbers of capacity units: ``--rate``, and the ``--budget`` of commands that read much."""

from __future__ import annotations

from math import isinf, isnan
from typing import Any

import click


class Units(click.FloatRange):
    """A number of capacity units. No comparison holds for ``nan``, and so no range refuses it."""

    def __init__(self, *, min_open: bool = False, allows_infinity: bool = False) -> None:
        super().__init__(min=0, min_open=min_open)
        self._allows_infinity = allows_infinity

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number that a *value* is."""
        number = super().convert(value, param, ctx)
        if isnan(number) or (isinf(number) and not self._allows_infinity):
            self.fail(f"'{value}' is no number of capacity units. Leave the option out for no limit.", param, ctx)
        return number


rate_option = click.option(
    "--rate",
    type=Units(min_open=True),
    metavar="UNITS",
    help="Use at most so many capacity units a second.",
)
