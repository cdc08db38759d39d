"""Plans as ``plan``, ``check`` and ``apply`` print them: as lines for people, and as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamorm_cli.plan_options import in_words

if TYPE_CHECKING:
    from dynamorm.data.table_plans import PlannedChange
    from dynamorm.operate import PlannedTable, TablesPlan
    from dynamorm_cli.context import Context

#: The format of the document. Keys may be added to it; another number means that something else has changed.
FORMAT = 1
#: rich's styles of lines, by their first sign.
_STYLES = {"+": "green", "-": "red", "~": "yellow", "!": "bold red", "…": "cyan", "?": "magenta"}


def print_plan(context: Context, plan: TablesPlan, *, only_differences: bool = False) -> None:
    """Print a *plan* for people."""
    from dynamorm.operate import TablesPlan

    shown = plan
    if only_differences:
        shown = TablesPlan(tuple(table for table in plan if table.differs or table.action == "unknown"))
    lines = [] if only_differences else [target(plan)]
    if shown:
        lines += shown.lines(in_words)
    for line in lines:
        context.out.styled(line, _STYLES.get(line.strip()[:1], ""))


def document(plan: TablesPlan) -> dict[str, Any]:
    """Return a *plan* as the document that ``--json`` prints."""
    return {"format": FORMAT, "target": target(plan), "tables": [_table(table) for table in plan]}


def target(plan: TablesPlan) -> str:
    """Return where the tables of a *plan* are, in words. Models may have a backend of their own."""
    return " and ".join(dict.fromkeys(table.backend for table in plan))


def _table(table: PlannedTable) -> dict[str, Any]:
    return {
        "table": table.table,
        "backend": table.backend,
        "action": table.action,
        "models": list(table.models),
        "status": table.status,
        "refusal": table.refusal,
        "building": [{"index": index.name, "status": index.status} for index in table.building],
        "changes": [_change(change) for change in table.changes],
    }


def _change(change: PlannedChange) -> dict[str, Any]:
    from dynamorm import wire
    from dynamorm.data import TagTable, UntagTable
    from dynamorm.data.records import replace

    operation, made = None, change.operation
    if isinstance(made, TagTable | UntagTable) and made.arn is None:
        # A backend without ARNs, such as SQLite.
        made = replace(made, arn="")
    if made is not None:
        action, parameters = wire.encode(made)
        operation = {"action": action, "parameters": parameters}
    return {
        "subject": change.subject,
        "before": change.before,
        "after": change.after,
        "loses": change.loses,
        "needs": change.needs if change.consent is None else in_words(change.consent),
        "operation": operation,
    }
