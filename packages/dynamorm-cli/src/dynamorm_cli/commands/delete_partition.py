"""``dynamorm delete-partition``: all items with one hash key are deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dynamorm_cli.group import command
from dynamorm_cli.operands import key_of_table, look_ups
from dynamorm_cli.quantities import count, size, units
from dynamorm_cli.rates import rate_option
from dynamorm_cli.subjects import Subject, find_subject

if TYPE_CHECKING:
    from dynamorm.operate import DeletedPartition, PartitionSize
    from dynamorm_cli.context import Context


EXAMPLES = (
    "\b\nExamples:\n"
    "  dynamorm delete-partition Order customer=c42\n"
    "  dynamorm delete-partition --table orders --raw customer=S:c42\n"
)


@command(epilog=EXAMPLES)
@click.argument("words", nargs=-1, metavar="MODEL FIELD=VALUE...")
@click.option("--table", metavar="TABLE", help="Delete from this table without a model, together with --raw.")
@click.option("--raw", is_flag=True, help="Delete through no model: guards of unique values and counters stay.")
@rate_option
@click.option("--confirm", metavar="TABLE", multiple=True, help="Consent, for scripts, where the name has to be typed.")
def delete_partition(
    context: Context,
    words: tuple[str, ...],
    table: str | None,
    *,
    raw: bool,
    rate: float | None,
    confirm: tuple[str, ...],
) -> None:
    """Delete all items with one hash key, after it has shown what that costs.

    It asks for the name of the table. Items of a model go with the guards of their unique values; of a model on a
    shared table its own items are deleted, and those of all models if the shared table is named. If it is
    interrupted, run it again. To empty a table, drop and create it, which is cheaper.
    """
    from dynamorm import operate

    subject = find_subject(context, words, table)
    if subject.index is not None:
        raise click.UsageError("Items are deleted from a table, not from an index. Name the model alone.")
    if subject.is_table and not raw:
        raise click.UsageError(
            "--table knows no models, and so no guards of unique values, which would stay: add --raw if that is meant, "
            "or name the model."
        )
    if not subject.operands:
        raise click.UsageError(
            "Of which partition? Give the fields of the hash key: customer=c42. To empty the whole table, drop and "
            "create it, which costs nothing."
        )
    key = key_of_table(subject.operands) if raw else look_ups(subject.operands, subject.given)
    connection = context.connect()
    found = operate.partition_size(subject.given, key, raw=raw, rate=rate, backend=connection)
    name = f"The partition with this {' and '.join(key)}"
    if not found.items:
        _end(context, operate.DeletedPartition(found.table, 0, 0), f"{name} has no items. Nothing was done.")
        return
    context.out.note(context.target(_connection(subject, connection), account=True))
    for line in _described(found, name, raw=raw):
        context.out.note(line)
    context.consent.ask_by_name([found.table], confirm=confirm)
    with context.resumable(), context.out.progress("Deleting", total=found.items) as progress:
        if progress is None:
            context.out.note(f"Deleting {count(found.items, 'item')}.")
        deleted = operate.delete_partition(
            subject.given, key, raw=raw, rate=rate, progress=progress, backend=connection
        )
    meanwhile = deleted.written_meanwhile
    text = f"Deleted {count(deleted.deleted, 'item')}, and the partition is empty."
    if meanwhile:
        text += f" {meanwhile:,} of them were written meanwhile: somebody still writes to it."
    _end(context, deleted, text)


def _connection(subject: Subject, connection: Any) -> Any:
    from dynamorm.operate.resolved_tables import ResolvedTable

    return ResolvedTable(subject.given, connection).connection


def _described(found: PartitionSize, name: str, *, raw: bool) -> list[str]:
    read = "" if found.read_capacity is None else f" (read {units(found.read_capacity)} units)"
    lines = [f"{name} has {count(found.items, 'item')}, {size(found.size)}{read}."]
    cost = f"Deleting costs about {units(found.write_capacity)} write units"
    if found.index_capacity:
        indexes = ", ".join(f"{units(number)} for the index {index}" for index, number in found.index_capacity.items())
        cost += f", and {indexes}"
    lines.append(f"{cost}.")
    if found.through_models:
        lines.append("They are deleted one by one with their guards, in transactions, which at least doubles the cost.")
    if raw:
        lines.append("Guards of unique values and counters stay as they are (--raw).")
    return lines


def _end(context: Context, deleted: DeletedPartition, text: str) -> None:
    if context.json:
        context.out.json(
            {
                "format": 1,
                "table": deleted.table,
                "deleted": deleted.deleted,
                "written_meanwhile": deleted.written_meanwhile,
            }
        )
    else:
        context.out.text(text)
