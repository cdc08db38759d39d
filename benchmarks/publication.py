"""The report in the documentation: the tables of two pages, the chart, and the numbers behind them."""

from __future__ import annotations

from pathlib import Path

from benchmarks.awaited.own import SECTION
from benchmarks.awaited.tables import REPORT_FILE, awaited_markdown
from benchmarks.chart import chart
from benchmarks.contenders import ROOT
from benchmarks.report import Report
from benchmarks.tables import markdown, summary

#: Where the report is, below the root.
FOLDER = Path("docs", "explanation")

#: What stands around the part of a page that is written by the command.
BEGIN, END = "<!-- begin: written by hatch run bench --publish -->\n", "<!-- end -->\n"
BEGIN_AWAITED = "<!-- begin: written by hatch run bench async --publish -->\n"
END_AWAITED = "<!-- end of what is awaited -->\n"


def publish(report: Report, root: Path = ROOT) -> None:
    """Write the report into the docs and the readme below the *root*.

    ``benchmarks.json`` and ``.svg`` in ``docs/explanation`` are written anew, and the tables of ``benchmarks.md`` there
    and of ``README.md``. What is awaited has a table of its own in ``benchmarks.md``, and ``benchmarks-async.json``.
    Either part stays as it was when the report has no line of it.
    """
    docs = root / FOLDER
    page, readme = docs / "benchmarks.md", root / "README.md"
    blocking, awaited = report.of_section(""), report.of_section(SECTION)
    # All pages are looked at before the first one is written.
    written = {page: page.read_text(encoding="utf-8")}
    if blocking.lines:
        written[readme] = _with_tables(readme, readme.read_text(encoding="utf-8"), summary(blocking), BEGIN, END)
        written[page] = _with_tables(page, written[page], markdown(blocking), BEGIN, END)
        written[docs / "benchmarks.json"] = blocking.to_json()
        written[docs / "benchmarks.svg"] = chart(blocking)
    if awaited.lines:
        written[page] = _with_tables(page, written[page], awaited_markdown(awaited), BEGIN_AWAITED, END_AWAITED)
        written[docs / REPORT_FILE] = awaited.to_json()
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")


def published(root: Path = ROOT, file: str = "benchmarks.json") -> Report:
    """Return the report whose numbers are in a *file* of the docs below the *root*."""
    return Report.from_json((root / FOLDER / file).read_text(encoding="utf-8"))


def _with_tables(page: Path, text: str, tables: str, begin: str, end: str) -> str:
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(
            f"{page.name} has no place for the tables: a line {begin.strip()} and later one {end.strip()}."
        )
    return f"{before}{begin}\n{tables}\n{end}{after}"
