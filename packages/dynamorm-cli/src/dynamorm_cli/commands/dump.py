"""``dynamorm dump``: a table into files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dynamorm_cli.group import command
from dynamorm_cli.quantities import count, duration, money, size
from dynamorm_cli.rates import rate_option
from dynamorm_cli.statuses import Stopped

if TYPE_CHECKING:
    from dynamorm.data.progress import ProgressCallback
    from dynamorm.operate import Dump, DumpEstimate
    from dynamorm_cli.context import Context

FORMAT = 1


@command()
@click.argument("table")
@click.option("-o", "--output", "folder", metavar="FOLDER", required=True, help="The folder that the files go into.")
@click.option(
    "--segments",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Read in N segments; by default one for each 64 MB, at most 8.",
)
@rate_option
@click.option("--consistent", is_flag=True, default=None, help="Read consistently, which costs twice as much.")
@click.option("--resume", is_flag=True, help="Go on with the dump that was begun in the folder.")
def dump(
    context: Context,
    table: str,
    *,
    folder: str,
    segments: int | None,
    rate: float | None,
    consistent: bool | None,
    resume: bool,
) -> None:
    """Write all items of TABLE into files, in the format of DynamoDB's own exports to S3.

    TABLE is the complete name of a table, or a model, as in app.models:Book.
    """
    from dynamorm import operate

    given = context.given_table(table)
    backend = context.connect()
    estimate = operate.estimate_dump(given, backend=backend, rate=rate, consistent=bool(consistent))
    context.out.note(_estimate_text(estimate, rate))
    if not resume:
        context.out.note(_consistency_text(estimate))
    with _resumable(context, folder), _bar(context, estimate.table) as progress:
        done = operate.dump(
            given,
            folder,
            backend=backend,
            segments=segments,
            consistent=consistent,
            resume=resume,
            rate=rate,
            progress=progress,
        )
    if context.json:
        context.out.json(_document(done))
    else:
        context.out.text(f"{done.table}: {done.item_count:,} items in {count(done.files, 'file')} in {folder}")


def _estimate_text(estimate: DumpEstimate, rate: float | None = None) -> str:
    text = f"{estimate.table}  about {count(estimate.item_count, 'item')}"
    if estimate.size_bytes is not None:
        text += f", {size(estimate.size_bytes)}"
    facts = []
    if estimate.units is not None:
        facts.append(f"about {count(round(estimate.units), 'read unit')}")
    pace = "" if rate is None else f"at most {rate:g} read units/s"
    if estimate.seconds is not None:
        facts.append(_about(duration(estimate.seconds)) + (f" with {pace}" if pace else ""))
    elif pace:
        facts.append(pace)
    if estimate.dollars is not None:
        facts.append(_about(money(estimate.dollars)))
    return f"{text}; {', '.join(facts)}" if facts else text


def _about(text: str) -> str:
    return text if text.startswith("less than") else f"about {text}"


def _consistency_text(estimate: DumpEstimate) -> str:
    text = "A scan is no snapshot: of what is written meanwhile, the dump may have some and lack some."
    if estimate.point_in_time_export is not None:
        text += f" For the table as it is at one moment: {estimate.point_in_time_export}"
    return text


@contextmanager
def _resumable(context: Context, folder: str) -> Iterator[None]:
    """Say how to go on, whatever stops the dump after it has begun: a full disk as well."""
    from dynamorm.exceptions import DynamoException
    from dynamorm.operate.dumps.manifests import PROGRESS

    try:
        with context.resumable("--resume", saved=(Path(folder) / PROGRESS).exists):
            yield
    except (DynamoException, OSError) as error:
        if not getattr(error, "resumable", False):
            raise
        resume = context.command_line("--resume")
        raise Stopped(f"Stopped: {error}", resume=resume, name=type(error).__name__) from error


@contextmanager
def _bar(context: Context, table: str) -> Iterator[ProgressCallback | None]:
    if not context.out.shows_progress:
        yield None
        return
    from dynamorm_cli.dump_bars import DumpBar

    with DumpBar(table) as bar:
        yield bar


def _document(done: Dump) -> dict[str, object]:
    return {
        "format": FORMAT,
        "table": done.table,
        "folder": str(done.folder),
        "items": done.item_count,
        "files": done.files,
        "read_units": done.units,
        "resumed": done.resumed,
        "consistency": done.consistency,
        "point_in_time_export": done.point_in_time_export,
    }
