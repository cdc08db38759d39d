"""The options of ``plan``, ``check`` and ``apply``: the models, and the removals that are allowed."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

if TYPE_CHECKING:
    from dynamorm.data.table_plans import Consent, RemovalArgument

Function = TypeVar("Function", bound=Callable[..., Any])

#: The settings that ``--switch-off`` takes.
SETTINGS = ("stream", "ttl", "deletion_protection")
#: The option that gives a consent, by the argument of :func:`dynamorm.operate.plan`.
OPTIONS: dict[RemovalArgument, str] = {
    "drop_indexes": "--drop-index",
    "drop_tags": "--drop-tag",
    "switch_off": "--switch-off",
}


class Removals(TypedDict):
    """The removals that are allowed, as :func:`dynamorm.operate.plan` takes them."""

    drop_indexes: tuple[str, ...]
    drop_tags: tuple[str, ...]
    switch_off: tuple[str, ...]


def plan_options(function: Function) -> Function:
    """Add the arguments of a plan to a command: ``models``, ``wait``, and those of :class:`Removals`."""
    for decorator in reversed(
        (
            click.argument("models", nargs=-1),
            _option("drop_indexes", "TABLE/INDEX", "A global index that may be dropped. Give it once for each."),
            _option("drop_tags", "TABLE/KEY", "A tag that may be removed."),
            _option("switch_off", "TABLE/SETTING", f"A setting that may be switched off: {', '.join(SETTINGS)}."),
        )
    ):
        function = decorator(function)
    return function


def in_words(consent: Consent) -> str:
    """Return the options that give a *consent*: ``--drop-index books/by-author``."""
    return " ".join(f"{OPTIONS[consent.argument]} {name}" for name in consent.names)


def _option(argument: RemovalArgument, metavar: str, text: str) -> Callable[[Function], Function]:
    return click.option(OPTIONS[argument], argument, multiple=True, metavar=metavar, help=text, callback=_check)


def _check(_context: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        # A tag's key may have slashes, the name of a table may not.
        table, _slash, part = name.partition("/")
        if not (table and part):
            raise click.BadParameter(f"'{name}' is not {parameter.metavar}: a table, and what may be removed of it.")
        if parameter.name == "switch_off" and part not in SETTINGS:
            close = get_close_matches(part, SETTINGS, 1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise click.BadParameter(f"'{part}' can't be switched off; that can {', '.join(SETTINGS)}.{hint}")
    return names
