"""The report in the documentation: the tables of two pages, the chart, and the numbers behind them."""

from __future__ import annotations

from pathlib import Path

from benchmarks.chart import chart
from benchmarks.contenders import ROOT
from benchmarks.report import Report
from benchmarks.tables import markdown, summary

#: Where the report is, below the root.
FOLDER = Path("docs", "explanation")

#: What stands around the part of a page that is written by the command.
BEGIN, END = "<!-- begin: written by hatch run bench --publish -->\n", "<!-- end -->\n"


def publish(report: Report, root: Path = ROOT) -> None:
    """Write the report into the docs and the readme below the *root*.

    ``benchmarks.json`` and ``.svg`` in ``docs/explanation`` are written anew, and the tables of ``benchmarks.md`` there
    and of ``README.md``.
    """
    docs = root / FOLDER
    tables = {docs / "benchmarks.md": markdown(report), root / "README.md": summary(report)}
    # All pages are looked at before the first one is written.
    pages = {page: _with_tables(page, written) for page, written in tables.items()}
    for page, text in pages.items():
        page.write_text(text, encoding="utf-8")
    (docs / "benchmarks.json").write_text(report.to_json(), encoding="utf-8")
    (docs / "benchmarks.svg").write_text(chart(report), encoding="utf-8")


def published(root: Path = ROOT) -> Report:
    """Return the report whose numbers are below the *root*."""
    return Report.from_json((root / FOLDER / "benchmarks.json").read_text(encoding="utf-8"))


def _with_tables(page: Path, tables: str) -> str:
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(
            f"{page.name} has no place for the tables: a line {BEGIN.strip()} and later one {END.strip()}."
        )
    return f"{before}{BEGIN}\n{tables}\n{END}{after}"
