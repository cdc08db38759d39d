"""What is awaited as tables: beside each rival, and beside DynamORM itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rich.box import HORIZONTALS
from rich.table import Table

from benchmarks.awaited.works import RIVALS
from benchmarks.report import Line, Report
from benchmarks.tables import cell, markdown_cell, markdown_table, pairs_grid, pairs_table, provenance

#: The report of what is awaited, beside the page that has its tables.
REPORT_FILE = "benchmarks-async.json"

#: A row: the work, what is measured, and the contender; and its lines by the rival.
_Row = tuple[tuple[str, str, str], dict[str, Line]]


def awaited_tables(report: Report) -> Iterator[Table]:
    """Yield the tables to print."""
    rows = _rows(report)
    if rows:
        table = Table(title="DynamORM, awaited", caption=report.machine, box=HORIZONTALS, show_lines=True)
        for name in ("", "Measured", "Contender"):
            table.add_column(name)
        for rival in RIVALS:
            table.add_column(f"of {rival}", justify="right", no_wrap=True)
        for (work, measure, contender), lines in rows:
            table.add_row(f"[bold]{work}[/bold]", measure, contender, *(cell(lines.get(rival)) for rival in RIVALS))
        yield table
    if own := _own(report):
        yield pairs_table(own, "DynamORM, awaited, beside itself")


def awaited_markdown(report: Report) -> str:
    """Return the tables in Markdown, and what they were taken with."""
    parts = [f"[{REPORT_FILE}]({REPORT_FILE}) contains the measurements.", provenance(report)]
    grid = [
        ("", "measured", "contender", *(f"of {rival}" for rival in RIVALS)),
        ("---", "---", "---", *("--:" for _ in RIVALS)),
        *((*row, *(markdown_cell(lines.get(rival)) for rival in RIVALS)) for row, lines in _rows(report)),
    ]
    parts.append(markdown_table(grid))
    if own := _own(report):
        parts.append(markdown_table(pairs_grid(own)))
    return "\n\n".join(parts) + "\n"


def _rows(report: Report) -> list[_Row]:
    found: dict[tuple[str, str, str], dict[str, Line]] = {}
    for line in report.pairs:
        if line.baseline in RIVALS:
            found.setdefault((line.work, line.measure, line.subject), {})[line.baseline] = line
    return list(found.items())


def _own(report: Report) -> Report | None:
    own = [line for line in report.pairs if line.baseline not in RIVALS]
    return replace(report, lines=own) if own else None
