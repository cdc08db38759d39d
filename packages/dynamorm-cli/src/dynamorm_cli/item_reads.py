"""What ``query`` and ``scan`` share: their options, and how their pages are printed."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dynamorm_cli.operands import look_ups, table_conditions, unknown_operators
from dynamorm_cli.quantities import count, units
from dynamorm_cli.rates import rate_option
from dynamorm_cli.row_printing import Form, RowPrinter
from dynamorm_cli.statuses import Failed, Interrupted, Stopped
from dynamorm_cli.subjects import Subject, find_subject, only_reading, table_option

if TYPE_CHECKING:
    from dynamorm.engine.costs.explanations import Explanation
    from dynamorm.operate import RowPage
    from dynamorm_cli.context import Context

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class ReadOptions:
    """The options of a query or a scan."""

    table: str | None
    index: str | None
    limit: int | None
    after: str | None
    fields: str | None
    consistent: bool
    raw: bool
    explain: bool
    budget: float | None
    rate: float | None = None
    reverse: bool = False
    csv: bool = False


def read_options(function: Function) -> Function:
    """Add the options of :class:`ReadOptions` that queries and scans share, but for the budget."""
    for option in reversed(
        [
            table_option,
            click.option("--index", metavar="INDEX", help="With --table: read this index of it."),
            click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Print at most N items."),
            click.option("--after", metavar="CURSOR", help="Go on after the items of an earlier run."),
            click.option("--fields", metavar="A,B", help="Read only these fields."),
            click.option("--consistent", is_flag=True, help="Read consistently, which costs twice as much."),
            click.option("--raw", is_flag=True, help="Print DynamoDB JSON, as the items are stored."),
            click.option("--explain", is_flag=True, help="Print what would be sent and cost, and read nothing."),
            rate_option,
        ]
    ):
        function = option(function)
    return function


def run_read(context: Context, words: tuple[str, ...], options: ReadOptions, *, verb: str) -> None:
    """Run the command *verb*, ``query`` or ``scan``."""
    subject = find_subject(context, words, options.table)
    if options.index is not None and not subject.is_table:
        raise click.UsageError("--index goes with --table. For a model, name the index behind it: Book.ByAuthor.")
    with only_reading(context, subject.given):
        read = _table_read(subject, options, verb) if subject.is_table else _model_read(subject, options, verb)
        if options.explain:
            print_explanation(context, read.explain())
            return
        for doubt in unknown_operators(subject.operands) if subject.is_table else ():
            context.out.note(f"warning: {doubt}")
        for warning in read.explain().warnings:
            context.out.note(f"warning: {warning}")
        from dynamorm.operate import read_rows

        _print(context, read.pages() if subject.is_table else read_rows(read), options)


def _table_read(subject: Subject, options: ReadOptions, verb: str) -> Any:
    """Return the read of a table without a model."""
    from dynamorm.operate import TableRead

    if options.fields is not None:
        raise click.UsageError("--fields needs a model.")
    return TableRead(
        subject.given,
        tuple(table_conditions(subject.operands)),
        is_query=verb == "query",
        index=options.index,
        consistent=options.consistent,
        forward=not options.reverse,
        limit=options.limit,
        after=options.after,
    )


def _model_read(subject: Subject, options: ReadOptions, verb: str) -> Any:
    """Return the read of a model, of an index or of a shared table."""
    read = getattr(subject.reader, verb)(**look_ups(subject.operands, subject.given))
    if options.fields is not None:
        read = read.specific_attributes([name.strip() for name in options.fields.split(",")])
    if options.consistent:
        read = read.consistent()
    if options.reverse:
        read = read.reverse()
    if options.after is not None:
        read = read.after(options.after)
    return read if options.limit is None else read.limit(options.limit)


def print_explanation(context: Context, explanation: Explanation) -> None:
    """Print what would be sent and what it would cost."""
    if not context.json:
        context.out.text(str(explanation))
        return
    context.out.json(
        {
            "format": 1,
            "operations": [
                {"action": each.action, "table": each.table, "capacity": str(each.capacity)} for each in explanation
            ],
            "capacity": str(explanation.capacity),
            "warnings": [str(each) for each in explanation.warnings],
        }
    )


def form_of(context: Context, *, raw: bool, csv: bool = False) -> Form:
    """Return how rows are printed."""
    if raw and csv:
        raise click.UsageError("--raw and --csv don't go together.")
    if csv:
        return "csv"
    if raw:
        return "raw"
    return "table" if sys.stdout.isatty() and not context.json else "json"


def _print(context: Context, pages: Iterator[RowPage], options: ReadOptions) -> None:
    import dynamorm
    from dynamorm.exceptions import BackendUnavailable, BudgetExceeded, Throttled

    printer = RowPrinter(context.out, form_of(context, raw=options.raw, csv=options.csv))
    looked_at, capacity = 0, 0.0
    cursor = options.after
    with ExitStack() as stack:
        if options.budget is not None:
            stack.enter_context(dynamorm.budget(capacity=options.budget))
        if options.rate is not None:
            stack.enter_context(dynamorm.rate(read=options.rate))
        try:
            for page in pages:
                printer.add(page.rows)
                looked_at, capacity, cursor = looked_at + page.scanned, capacity + (page.capacity or 0), page.cursor
        except KeyboardInterrupt as error:
            printer.end()
            raise Interrupted("Interrupted.", resume=continued(context, cursor)) from error
        except BudgetExceeded as error:
            printer.end()
            message = (
                f"The budget of {units(options.budget or 0)} read units is used up: {count(looked_at, 'item')} were "
                f"read, and {printer.printed:,} of them found. Allow more with --budget, or go on."
            )
            if not looked_at:
                raise Failed(message, name="BudgetExceeded") from error
            raise Stopped(message, resume=continued(context, cursor), name="BudgetExceeded") from error
        except (BackendUnavailable, Throttled) as error:
            if not looked_at:
                raise
            printer.end()
            name = type(error).__name__
            raise Stopped(f"Stopped: {error}", resume=continued(context, cursor), name=name) from error
    printer.end()
    of_read = "" if printer.printed == looked_at else f" of {looked_at:,} that were read"
    found = f"{count(printer.printed, 'item')}{of_read}, {units(capacity)} read units"
    context.out.note(f"{found}." if cursor is None else f"{found}. For more: {continued(context, cursor)}")
    if options.csv:
        context.out.note("CSV has no types, and sets, lists and maps are JSON in it: for a copy use dynamorm dump.")


def continued(context: Context, cursor: str | None) -> str:
    """Return the command line that goes on after a *cursor*; ``None`` begins again."""
    words, kept = iter(shlex.split(context.command_line())), []
    for word in words:
        if word == "--after":
            next(words, None)
        elif not word.startswith("--after="):
            kept.append(word)
    return shlex.join([*kept, *([] if cursor is None else ["--after", cursor])])
