"""The report as tables: for a terminal, and in Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.box import HORIZONTALS
from rich.table import Table

from benchmarks.comparisons import MEGABYTE
from benchmarks.programs import CLIENT
from benchmarks.readings import Reading
from benchmarks.report import Line, Report

NOTE = (
    "A ratio is the contender's best reading of all rounds, divided by the best one of what stands under “of”. "
    "DynamORM is on its direct path, or on boto3's client where that is said."
)
#: How long a line of a page in Markdown may be.
PAGE_COLUMNS = 120
#: The contenders of the summary: how each library is used when nothing else is asked for.
SUMMARISED = ("DynamORM Pydantic", "DynamORM Marshmallow", CLIENT, "PynamoDB", "dyntastic", "pydynox")


def contenders_table(report: Report) -> Table:
    """Return the table of the transport's figures to print: a row for each, a column for each contender."""
    table = Table(
        title="DynamORM and others",
        caption=f"{report.machine}. {NOTE}",
        box=HORIZONTALS,
        show_lines=True,
    )
    table.add_column("")
    table.add_column("of")
    for name in report.contenders:
        table.add_column(name.replace(" ", "\n"), justify="right", no_wrap=True)
    for row in report.rows:
        cells = (cell(row.lines.get(name)) for name in report.contenders)
        table.add_row(f"[bold]{row.work}[/bold]\n{row.measure}", row.baseline, *cells)
    return table


def pairs_table(report: Report, title: str = "DynamORM by itself") -> Table:
    """Return the table of the other figures to print: what was compared, both readings, and what they amount to."""
    table = Table(title=title, caption=report.machine, box=HORIZONTALS, show_lines=True)
    table.add_column("", no_wrap=True)
    for name in ("Measured", "Result", "At most", "Met"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in report.pairs:
        sides = f"{line.subject}: {_reading(line.subject_best)}\n{line.baseline}: {_reading(line.baseline_best)}"
        table.add_row(f"[bold]{line.work}[/bold]\n{sides}", line.measure, line.text, line.bound, _verdict(line))
    return table


def markdown(report: Report) -> str:
    """Return both tables in Markdown, and what they were taken with."""
    contenders = report.contenders
    grid = [
        ("", "of", *contenders),
        ("---", "---", *("--:" for _ in contenders)),
        *(
            (f"{row.work}: {row.measure}", row.baseline, *(markdown_cell(row.lines.get(name)) for name in contenders))
            for row in report.rows
        ),
    ]
    parts = [provenance(report)]
    parts += [markdown_table(table) for table in (grid, pairs_grid(report)) if len(table) > 2]
    return "\n\n".join(parts) + "\n"


def provenance(report: Report) -> str:
    """Return what a report was taken with, for a page in Markdown."""
    libraries = ", ".join(f"{name} {release}" for name, release in report.libraries.items())
    taken = f"{report.machine}; {libraries}. Rounds: {report.scale.rounds}, of which the best reading counts."
    return textwrap.fill(taken, PAGE_COLUMNS, break_on_hyphens=False, break_long_words=False)


def pairs_grid(report: Report) -> Sequence[Sequence[str]]:
    """Return the rows of the other figures in Markdown."""
    return [
        ("", "compared", "measured", "result", "target"),
        ("---", "---", "---", "--:", "--:"),
        *(
            (
                line.work,
                f"{line.subject}, {line.baseline}",
                line.measure,
                line.text,
                f"{line.bound} {mark(line)}".strip(),
            )
            for line in report.pairs
        ),
    ]


def summary(report: Report) -> str:
    """Return the report's headlines in Markdown, for the contenders of :data:`SUMMARISED`."""
    names = [name for name in SUMMARISED if name in report.contenders]
    rows = [
        (f"{row.work}: {row.measure}", *(line.text if (line := row.lines.get(name)) else "" for name in names))
        for row in report.headlines
    ]
    return markdown_table([("", *names), ("---", *("--:" for _ in names)), *rows]) + "\n"


def markdown_table(table: Sequence[Sequence[str]]) -> str:
    """Return a *table* of cells in Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in table)


def cell(line: Line | None) -> str:
    """Return a line as a cell to print: what was measured, its bound, and whether that is met."""
    if line is None:
        return ""
    return line.text if line.met is None else f"{line.text}\n{line.bound}\n{_verdict(line)}"


def _verdict(line: Line) -> str:
    return {None: "", True: "[green]met[/green]", False: "[bold red]NOT MET[/bold red]"}[line.met]


def markdown_cell(line: Line | None) -> str:
    """Return a line as a cell in Markdown."""
    if line is None:
        return ""
    if line.met is None:
        return line.text
    # Its parts stay on one line.
    bound = f"({line.bound} {mark(line)})".replace(" ", "\N{NO-BREAK SPACE}")
    return f"**{line.text}** {bound}"


def mark(line: Line) -> str:
    """Return whether a line's bound is met, as a character."""
    return {None: "", True: "✓", False: "✗"}[line.met]


def _reading(reading: Reading) -> str:
    cpu, wall = _milliseconds(reading.cpu), _milliseconds(reading.wall)
    return f"{cpu} CPU, {wall}, {reading.peak / MEGABYTE:,.0f} MB"


def _milliseconds(seconds: float) -> str:
    milliseconds = seconds * 1_000
    return f"{milliseconds:,.0f} ms" if milliseconds >= 10 else f"{milliseconds:.3f} ms"
