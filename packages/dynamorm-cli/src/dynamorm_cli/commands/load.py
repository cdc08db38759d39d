"""``dynamorm load``: the files of a dump or an export into a table."""

from __future__ import annotations

from typing import Unpack

import click

from dynamorm_cli.context import Context
from dynamorm_cli.group import command
from dynamorm_cli.transfers import TransferOptions, core_options, print_result, transfer_options


@command()
@click.argument("source")
@click.argument("table")
@click.option("--create", is_flag=True, help="Create the table, with the keys and indexes of the model or the dump.")
@click.option("--incremental", is_flag=True, help="Apply an incremental export: its puts and its deletes.")
@transfer_options("load")
def load(
    context: Context,
    source: str,
    table: str,
    *,
    create: bool,
    incremental: bool,
    yes: bool,
    confirm: tuple[str, ...],
    **options: Unpack[TransferOptions],
) -> None:
    """Write the items of SOURCE into TABLE.

    SOURCE is the folder of a dump or of an export of DynamoDB's, a file with an item in each line, or - for what is
    piped into the command. TABLE is the complete name of a table, or a model, as in app.models:Book. An item with the
    same key is replaced; a table never is.

    The exit status is 1 if items could not be written, or if there were none.
    """
    from dynamorm import operate
    from dynamorm.operate.resolved_tables import ResolvedTable

    given = context.given_table(table)
    target = ResolvedTable(given, context.connect())
    arguments = core_options(context, given, f"{target.name}.load", options)
    place = context.target(target.connection, account=True)
    question = f"Load '{source}' into the table '{target.name}' in {place}?"
    context.consent_on(target.connection).ask(question, [target.name], yes=yes, confirm=confirm)
    context.out.note(f"Loading '{source}' into the table '{target.name}' in {place}.")
    with context.resumable("--resume", saved=arguments["state"].exists), context.out.progress() as bar:
        result = operate.load(
            source,
            given,
            create=create,
            incremental=incremental,
            progress=bar,
            backend=context.connect(),
            **arguments,
        )
    print_result(context, result)
