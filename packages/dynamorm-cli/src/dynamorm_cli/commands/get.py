"""``dynamorm get``: one item by its primary key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dynamorm_cli.cells import cell, printable
from dynamorm_cli.group import command
from dynamorm_cli.item_reads import form_of, print_explanation
from dynamorm_cli.operands import key_of_table, look_ups
from dynamorm_cli.row_printing import RowPrinter
from dynamorm_cli.statuses import Failed
from dynamorm_cli.subjects import Subject, find_subject, only_reading, table_option

#: The most characters of a value: nearly all of what an item can hold.
LONGEST = 100_000

if TYPE_CHECKING:
    from dynamorm.operate import Row
    from dynamorm_cli.context import Context


EXAMPLES = "\b\nExamples:\n  dynamorm get Book isbn=9876543210\n  dynamorm get --table books isbn=S:9876543210\n"


@command(streams_items=True, epilog=EXAMPLES)
@click.argument("words", nargs=-1, metavar="MODEL FIELD=VALUE...")
@table_option
@click.option("--consistent", is_flag=True, help="Read consistently, which costs twice as much.")
@click.option("--raw", is_flag=True, help="Print DynamoDB JSON, as the item is stored.")
@click.option("--explain", is_flag=True, help="Print what would be sent and cost, and read nothing.")
@click.option("--key-hash", is_flag=True, help="Print the hash of the key, which inspect shows, and read no item.")
def get(
    context: Context,
    words: tuple[str, ...],
    table: str | None,
    *,
    consistent: bool,
    raw: bool,
    explain: bool,
    key_hash: bool,
) -> None:
    """Print the item with a primary key.

    On a terminal it is shown field by field, else as JSON. If there is none, the exit status is 1.
    """
    subject = find_subject(context, words, table)
    if subject.index is not None:
        raise click.UsageError("An index has no unique keys. Use dynamorm query.")
    if not subject.is_table and not hasattr(subject.given, "_mapper"):
        raise click.UsageError(f"{subject.label} is a shared table. Name one of its models, or use --table.")
    key = key_of_table(subject.operands) if subject.is_table else look_ups(subject.operands, subject.given)
    if key_hash:
        _print_hash(context, _key_to_hash(context, subject, key))
        return
    with only_reading(context, subject.given):
        if explain:
            _explain(context, subject, key, consistent=consistent)
            return
        row = _row(subject, key, consistent=consistent)
    if row is None:
        raise Failed(f"There is no item of {subject.label} with this key.", name="NoItemFound")
    form = form_of(context, raw=raw)
    if form == "table":
        _print_fields(context, row)
    else:
        printer = RowPrinter(context.out, form)
        printer.add([row])
        printer.end()


def _row(subject: Subject, key: dict[str, Any], *, consistent: bool) -> Row | None:
    from dynamorm.operate import get_row, get_table_row

    if subject.is_table:
        return get_table_row(subject.given, key, consistent=consistent)
    return get_row(subject.given, key, consistent=consistent)


def _explain(context: Context, subject: Subject, key: dict[str, Any], *, consistent: bool) -> None:
    import dynamorm

    if subject.is_table:
        raise click.UsageError("--explain of get needs a model. With --table it is one GetItem.")
    print_explanation(context, dynamorm.explain(subject.given.get, consistent=consistent, **key))


def _key_to_hash(context: Context, subject: Subject, key: dict[str, Any]) -> dict[str, Any]:
    """Return the *key* by the names of attributes: only the table itself knows them if no model is named."""
    from dynamorm.operate import primary_keys

    if not subject.is_table:
        return primary_keys.stored_key(subject.given, key)
    with only_reading(context, subject.given):
        return primary_keys.key_of_table(subject.given, key)


def _print_hash(context: Context, key: dict[str, Any]) -> None:
    from dynamorm.operate import key_hash

    digest = key_hash(key)
    if context.json:
        context.out.json_line({"key_hash": digest})
    else:
        context.out.text(digest)


def _print_fields(context: Context, row: Row) -> None:
    stored = {cell(name): value for name, value in row.stored().items()}
    width = max(map(len, stored))
    for name, value in stored.items():
        context.out.text(f"{name:<{width}}  {cell(value, LONGEST)}")
    for problem in row.problems:
        context.out.note(f"✗ {printable(problem)}")
