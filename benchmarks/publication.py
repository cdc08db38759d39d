"""The report in the documentation: the page's table, the chart, and the numbers behind them."""

from __future__ import annotations

from pathlib import Path

from benchmarks.chart import chart
from benchmarks.contenders import ROOT
from benchmarks.report import Report
from benchmarks.tables import markdown

DOCS = ROOT / "docs"
#: What stands around the part of the page that is written by the command.
BEGIN, END = "<!-- begin: written by hatch run bench --publish -->\n", "<!-- end -->\n"


def publish(report: Report, folder: Path = DOCS) -> None:
    """Writes ``benchmarks.json`` and ``benchmarks.svg``, and the tables of ``benchmarks.md``, into the *folder*."""
    page = folder / "benchmarks.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(
            f"{page.name} has no place for the tables: a line {BEGIN.strip()} and later one {END.strip()}."
        )
    page.write_text(f"{before}{BEGIN}\n{markdown(report)}\n{END}{after}", encoding="utf-8")
    (folder / "benchmarks.json").write_text(report.to_json(), encoding="utf-8")
    (folder / "benchmarks.svg").write_text(chart(report), encoding="utf-8")


def published(folder: Path = DOCS) -> Report:
    """The report that the *folder* holds."""
    return Report.from_json((folder / "benchmarks.json").read_text(encoding="utf-8"))
