"""Plans as lines of text: a sign for each table and change, as Terraform prints them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from dynamorm.data.operations import UpdateTable
from dynamorm.data.table_changes import AddIndex
from dynamorm.data.table_plans import Consent, PlannedChange
from dynamorm.operate.planning.planned_tables import PlannedTable

_SIGNS = {"create": "+", "update": "~", "none": "=", "refused": "!", "unknown": "?"}
_NOTHING = ("none", "off")


def lines_of_plan(tables: Iterable[PlannedTable], in_words: Callable[[Consent], str] = str) -> Iterator[str]:
    """Yield the lines of several tables and of their summary."""
    listed = list(tables)
    backends = {table.backend for table in listed}
    for table in listed:
        yield from lines_of_table(table, in_words, names_backend=len(backends) > 1)
    yield summary(listed)


def lines_of_table(
    table: PlannedTable, in_words: Callable[[Consent], str] = str, *, names_backend: bool = False
) -> Iterator[str]:
    """Yield a line for a *table*, and one for each of its changes; *in_words* returns how a consent is given."""
    place = f" ({table.backend})" if names_backend else ""
    head = f"{_SIGNS[table.action]} {table.table}{place}"
    match table.action:
        case "create":
            head += f"  create: {table.changes[0].after}"
        case "refused":
            head += f"  can't be changed: {table.refusal}"
        case "unknown":
            head += "  no model describes it"
    if table.status not in ("ACTIVE", None):
        head += f"  (the table is {table.status})"
    yield head
    changes = table.changes[1:] if table.action == "create" else table.changes
    width = max((len(change.subject) for change in changes), default=0)
    for change in changes:
        yield f"    {_sign(change)} {change.subject.ljust(width)}  {_change(change, table, in_words)}"
    for index in table.building:
        yield f"    … index '{index.name}': {index.status}"


def summary(tables: Collection[PlannedTable]) -> str:
    """Return one sentence with the numbers of tables and changes."""
    unknown = [table for table in tables if table.action == "unknown"]
    listed = [table for table in tables if table.action != "unknown"]
    created = sum(table.action == "create" for table in listed)
    made = sum(len(table.done) for table in listed if table.action == "update")
    left = [change for table in listed for change in table.left]
    consents = sum(change.consent is not None for change in left)
    refused = sum(table.action == "refused" for table in listed)
    unfinished = sum(not table.is_ready for table in listed)
    same = sum(not table.differs for table in listed)
    changed = created + sum(bool(table.done) for table in listed if table.action == "update")
    inner = [f"{created} to create" if created else "", counted(made, "change") if made else ""]
    parts = [
        f"{counted(changed, 'table')} to change ({', '.join(filter(None, inner))})" if changed else "",
        f"{counted(consents, 'change')} {_verb(consents, 'needs', 'need')} consent" if consents else "",
        f"{counted(len(left) - consents, 'change')} can't be made" if len(left) > consents else "",
        f"{counted(refused, 'table')} can't be changed to what is described" if refused else "",
        f"{counted(unfinished, 'table')} {_verb(unfinished, 'is', 'are')} being changed" if unfinished else "",
        f"{same} unchanged" if same else "",
        f"{counted(len(unknown), 'table')} that no model describes" if unknown else "",
    ]
    text = ", ".join(part for part in parts if part)
    return f"{text}." if changed or left or refused or unfinished else f"No differences: {text or '0 unchanged'}."


def _sign(change: PlannedChange) -> str:
    if change.before in _NOTHING:
        return "+"
    return "-" if change.after in _NOTHING else "~"


def _change(change: PlannedChange, table: PlannedTable, in_words: Callable[[Consent], str]) -> str:
    sign = _sign(change)
    text = {"+": change.after, "-": change.before}.get(sign, f"{change.before} → {change.after}")
    if isinstance(change.operation, UpdateTable) and isinstance(change.operation.change, AddIndex):
        text += f"; built from {counted(table.item_count or 0, 'item')}, and can't be read until that has ended"
    if change.loses is not None:
        text += f"; loses {change.loses}"
    if not change.is_done:
        needed = change.needs if change.consent is None else in_words(change.consent)
        text = f"NOT DONE, needs {needed}: {text}"
    return text


def counted(number: int, what: str) -> str:
    """Return a *number* of things in words: ``1 change``, ``2 changes``."""
    return f"{number:,} {what}{_verb(number, '', 's')}"


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many
