"""Consent before something is written: by an option, or by somebody at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from dynamorm_cli.statuses import ConsentMissing, Declined

Function = TypeVar("Function", bound=Callable[..., Any])


def consent_options(function: Function) -> Function:
    """Add the options ``--yes`` and ``--confirm TABLE`` to a command: its arguments ``yes`` and ``confirm``."""
    confirm = click.option(
        "--confirm",
        metavar="TABLE",
        multiple=True,
        help="Consent to writes to this table, where its name would have to be typed.",
    )
    yes = click.option("--yes", is_flag=True, help="Don't ask. Protected environments need --confirm TABLE instead.")
    return yes(confirm(function))


class Consent:
    """Asks before something is written.

    Prompts appear on a terminal only. Without one, a consent that is missing is an error, which names the option.
    """

    def __init__(self, protected: str | None) -> None:
        #: The environment that is protected, so that ``--yes`` is not enough; ``None`` for none.
        self.protected = protected

    def ask(self, question: str, tables: Sequence[str], *, yes: bool, confirm: Sequence[str] = ()) -> None:
        """Ask a *question* before *tables* are written to, unless consent was given by options.

        In a protected environment, the name of each table has to be typed below the question, or given with
        ``--confirm``.

        Args:
            question: A question that "yes" or "no" answers.
            tables: The names of the tables that are written to.
            yes: Whether ``--yes`` was given.
            confirm: The tables that were given with ``--confirm``.

        Raises:
            ConsentMissing: Nobody can be asked. Exit status 64.
            Declined: The answer was no. Exit status 1.
        """
        if self.protected is not None:
            self.ask_by_name(tables, confirm=confirm, question=question)
        elif not self.is_answered(tables, yes=yes, confirm=confirm):
            if not is_interactive():
                raise ConsentMissing(
                    f"{question} There is no terminal to ask at, so this needs --yes. Nothing was done."
                )
            answer = _prompt(f"{question} [y/N] ")
            if answer.casefold() not in {"y", "yes"}:
                raise Declined("Nothing was done.")

    def is_answered(self, tables: Sequence[str], *, yes: bool, confirm: Sequence[str] = ()) -> bool:
        """Return whether options have given the consent that :meth:`ask` would ask for."""
        return (yes and self.protected is None) or (bool(tables) and set(tables) <= set(confirm))

    def ask_by_name(self, tables: Sequence[str], *, confirm: Sequence[str] = (), question: str | None = None) -> None:
        """Ask for the name of each table to be typed, unless ``--confirm`` named it, as :meth:`ask` does.

        The *question* says what is asked; ``None`` if that was printed before.
        """
        missing = [table for table in tables if table not in confirm]
        if not missing:
            return
        if not is_interactive():
            options = " ".join(f"--confirm {table}" for table in missing)
            reason = "This can't be undone" if self.protected is None else f"'{self.protected}' is protected"
            asked = "" if question is None else f"{question} "
            raise ConsentMissing(
                f"{asked}{reason}, so --yes is not enough, and there is no terminal to type the table's name at. This "
                f"needs {options}. Nothing was done."
            )
        if question is not None:
            print(question, file=sys.stderr)
        for table in missing:
            if _prompt(f"Type the table's name to go on: {table}\n> ") != table:
                raise Declined(f"That is not '{table}'. Nothing was done.")


def is_interactive() -> bool:
    """Return whether somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _prompt(text: str) -> str:
    # Not input(): it would write to stdout, which may be read by another program.
    print(text, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise Declined("Nothing was typed. Nothing was done.")
    return line.strip()
