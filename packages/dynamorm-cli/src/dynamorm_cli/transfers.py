"""What ``load`` and ``copy`` share: options, conditions, and how they tell what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

from dynamorm_cli.consent import consent_options
from dynamorm_cli.quantities import count
from dynamorm_cli.rates import rate_option
from dynamorm_cli.statuses import Status

if TYPE_CHECKING:
    from dynamorm.operate import LoadResult
    from dynamorm_cli.context import Context

Function = TypeVar("Function", bound=Callable[..., Any])

FORMAT = 1
#: How many failures are printed; the file has all.
PRINTED_FAILURES = 5


class TransferOptions(TypedDict):
    """The options that both commands have, by their names."""

    settings: bool
    if_absent: bool
    where: tuple[str, ...]
    change: str | None
    without_expired: bool
    limit: int | None
    check: bool
    allow_empty: bool
    rate: float | None
    state: str | None
    failed: str | None
    resume: bool


def transfer_options(command: str) -> Callable[[Function], Function]:
    """Return what adds the options that both commands have, and those of consent, to the function of a *command*."""

    def add(function: Function) -> Function:
        for option in reversed(_options(command)):
            function = option(function)
        return consent_options(function)

    return add


def _options(command: str) -> list[Callable[[Any], Any]]:
    files = {"failed": f"TABLE.{command}.failed.jsonl", "state": f"TABLE.{command}.json"}
    return [
        click.option(
            "--settings", is_flag=True, help="Create it with capacity, stream, time to live, class and tags, too."
        ),
        click.option(
            "--where",
            metavar="OPERAND",
            multiple=True,
            help="Write only items that meet this, such as author=Ann or year__gt=2000. Several must all hold.",
        ),
        click.option(
            "--change",
            metavar="MODULE:FUNCTION",
            help="Call it with each item; write what it returns, if anything.",
        ),
        click.option("--without-expired", is_flag=True, help="Leave out items that have expired."),
        click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Write at most N items."),
        click.option(
            "--if-absent", is_flag=True, help="Keep items that are there: one request for each item, so slower."
        ),
        rate_option,
        click.option("--check", is_flag=True, help="Read each item again and compare it, which costs read units."),
        click.option("--allow-empty", is_flag=True, help="Accept that there is nothing to write."),
        click.option(
            "--failed",
            metavar="FILE",
            help=f"Where items go that can't be written, with the reasons; by default {files['failed']}.",
        ),
        click.option(
            "--state", metavar="FILE", help=f"Where it saves how far it has come; by default {files['state']}."
        ),
        click.option("--resume", is_flag=True, help="Go on where it has stopped."),
    ]


def where_of(given: Any, words: Sequence[str]) -> Any:
    """Return the conditions that *words* say, about the fields of a model or the attributes of a table."""
    if not words:
        return None
    from dynamorm_cli.operands import look_ups, table_conditions

    return table_conditions(words) if isinstance(given, str) else look_ups(words, given)


def core_options(context: Context, given: Any, name: str, options: TransferOptions) -> dict[str, Any]:
    """Return the arguments of ``operate.load`` and ``operate.copy`` that the *options* say.

    *name* is the beginning of the names of files, for this command and its table: two transfers into one table would
    mix their files, so the second one is refused while there are those of the first.
    """
    change = options["change"]
    return {
        **options,
        "where": where_of(given, options["where"]),
        "change": None if change is None else context.find_function(change),
        "state": Path(options["state"] or f"{name}.json"),
        "failed": Path(options["failed"] or f"{name}.failed.jsonl"),
    }


def print_result(context: Context, result: LoadResult) -> None:
    """Print what was done. The exit status is 1 if items could not be written."""
    for warning in result.warnings:
        context.out.note(f"warning: {warning}")
    if context.json:
        context.out.json(document(result))
    else:
        context.out.text(result_text(result))
    if not result.failed:
        return
    for failure in result.failures[:PRINTED_FAILURES]:
        place = "" if failure.file is None else f"{failure.file}, line {failure.line:,}: "
        context.out.note(f"  {place}{failure.message} ({failure.error})")
    more = result.failed - len(result.failures[:PRINTED_FAILURES])
    if more:
        context.out.note(f"  and {more:,} more")
    if result.failed_file is not None:
        context.out.note(f"They are in {result.failed_file}, with the reasons. Fix them there, and load that file.")
    context.exit(Status.FAILED)


def result_text(result: LoadResult) -> str:
    """Return what was done in one line."""
    counts = {
        "written": result.written,
        "deleted": result.deleted,
        "already there": result.present,
        "left out": result.left_out,
        "repeated": result.repeated,
        "failed": result.failed,
    }
    told = ", ".join(f"{number:,} {what}" for what, number in counts.items() if number or what == "written")
    return f"{result.source} -> {result.table}: {count(result.read, 'item')} read, {told}"


def document(result: LoadResult) -> dict[str, Any]:
    """Return what was done as JSON."""
    failures = [asdict(failure) for failure in result.failures]
    return {"format": FORMAT, **asdict(result), "failures": failures}
