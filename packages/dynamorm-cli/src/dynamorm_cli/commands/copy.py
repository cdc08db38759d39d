"""``dynamorm copy``: the items of one table into another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from dynamorm_cli.context import Context
from dynamorm_cli.group import command
from dynamorm_cli.transfers import TransferOptions, core_options, print_result, transfer_options

if TYPE_CHECKING:
    from dynamorm.engine.run.connection import Connection
    from dynamorm_cli.consent import Consent


@command()
@click.argument("source")
@click.argument("target", required=False)
@click.option("--to", metavar="URL", help="The backend to write to, such as sqlite:///books.db.")
@click.option("--to-env", metavar="NAME", help="The environment to write to, of pyproject.toml.")
@click.option(
    "--segments",
    type=click.IntRange(1, 1_000_000),
    default=4,
    show_default=True,
    metavar="N",
    help="Read in N segments.",
)
@click.option("--no-create", is_flag=True, help="Don't create the target if it does not exist.")
@transfer_options("copy")
def copy(
    context: Context,
    source: str,
    target: str | None,
    *,
    to: str | None,
    to_env: str | None,
    segments: int,
    no_create: bool,
    yes: bool,
    confirm: tuple[str, ...],
    **options: Unpack[TransferOptions],
) -> None:
    """Write the items of the table SOURCE into the table TARGET, or into one of the same name elsewhere.

    Both are complete names of tables, or models, as in app.models:Book. The target is created if it does not exist,
    with the keys and indexes of the source. An item with the same key is replaced; a table never is.

    A scan is no snapshot, and it reads the whole table, whatever is chosen. The exit status is 1 if items could not be
    written, or if there were none.
    """
    from dynamorm import operate
    from dynamorm.operate.resolved_tables import ResolvedTable

    if to is not None and to_env is not None:
        context.usage_error("--to and --to-env name two backends. Give one of them.")
    given = context.given_table(source)
    reading = ResolvedTable(given, context.connect())
    connection, consent = _writing(context, to, to_env)
    other = given if target is None else context.given_table(target)
    writing = ResolvedTable(other, connection or (reading.connection if isinstance(other, str) else context.connect()))
    arguments = core_options(context, given, f"{writing.name}.copy", options)
    place = context.target(writing.connection, account=True)
    what = f"the table '{reading.name}' in {context.target(reading.connection)} to '{writing.name}' in {place}"
    consent = consent or context.consent_on(writing.connection, is_other_side=to is not None)
    consent.ask(f"Copy {what}?", [writing.name], yes=yes, confirm=confirm)
    context.out.note(f"Copying {what}.")
    with context.resumable("--resume", saved=arguments["state"].exists), context.out.progress() as bar:
        result = operate.copy(
            given,
            other,
            to=writing.connection,
            create=not no_create,
            segments=segments,
            progress=bar,
            backend=reading.connection,
            **arguments,
        )
    print_result(context, result)


def _writing(context: Context, url: str | None, env: str | None) -> tuple[Connection | None, Consent | None]:
    """Return the connection that is written to, if one is named, and who its environment says is asked before."""
    if url is not None:
        return context.open(url), None
    if env is None:
        return None, None
    from dynamorm_cli.configuration import read_configuration
    from dynamorm_cli.consent import Consent

    named = read_configuration(Path.cwd(), env)
    if named.url is None:
        context.usage_error(f"The environment '{env}' has no url to write to.")
    consent = Consent(env) if named.protect else context.consent_for(named.url, named.options)
    return context.open(named.url, **named.options), consent
