"""Commands that tests add, to see what all commands share."""

from __future__ import annotations

from threading import Event

import click

from dynamorm.exceptions import TableNotFound, Throttled
from dynamorm_cli.consent import consent_options
from dynamorm_cli.context import Context
from dynamorm_cli.group import command
from dynamorm_cli.statuses import Failed, Status


@command()
@click.argument("models", nargs=-1)
def show(context: Context, models: tuple[str, ...]) -> None:
    """Print where operations would go, and which models are found."""
    context.connect()
    found = context.find_models(models) if models else []
    context.out.note("A note.")
    context.out.json(
        {
            "target": context.target(),
            "explicit": context.connect() is not None,
            "models": [model.__name__ for model in found],
            "quiet": context.quiet,
        }
    )


@command()
@click.argument("kind")
def fail(context: Context, kind: str) -> None:
    """Fail as the argument says."""
    match kind:
        case "difference":
            context.exit(Status.DIFFERENCE)
        case "failed":
            raise Failed("It failed.")
        case "unavailable":
            raise TableNotFound("The table is not there.")
        case "file":
            open("nothing").close()
        case "truncated":
            raise EOFError("The file ends too early.")
        case "wait":
            with context.resumable("--resume"):
                context.out.note("Waiting.")
                Event().wait()
        case "interrupt":
            raise KeyboardInterrupt
        case "usage":
            context.usage_error("Not so.")
        case "fault":
            _ = 1 // 0
    with context.resumable("--resume"):
        raise KeyboardInterrupt if kind == "saved" else Throttled("Too much.")


@command(streams_items=True)
def stream(context: Context) -> None:
    """Print an item and fail."""
    context.out.json_line({"item": 1})
    raise TableNotFound("It is gone.")


@command()
def all_models(context: Context) -> None:
    """Print the models of the configuration."""
    context.out.json([model.__name__ for model in context.find_models()])


@command()
@click.argument("tables", nargs=-1)
@click.option("--by-name", is_flag=True)
@click.option("--to")
@consent_options
def write(
    context: Context, tables: tuple[str, ...], by_name: bool, to: str | None, yes: bool, confirm: tuple[str, ...]
) -> None:
    """Ask, and say that it was done."""
    connections = [context.open(to)] if to else [each for each in [context.connect()] if each]
    consent = context.consent_on(*connections, is_other_side=to is not None)
    if by_name:
        consent.ask_by_name(tables, confirm=confirm)
    else:
        consent.ask("Change them?", tables, yes=yes, confirm=confirm)
    context.out.text("Done.")
