"""The command: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from benchmarks import (
    cold_start,
    dumps,
    embedded,
    growth,
    imports,
    iteration,
    loads,
    memory,
    pages,
    related,
    schema_libraries,
    transport,
    typed,
)
from benchmarks.awaited import figure as awaited
from benchmarks.awaited.own import SECTION
from benchmarks.awaited.tables import awaited_tables
from benchmarks.comparisons import Comparison
from benchmarks.programs import PROGRAMS
from benchmarks.publication import publish
from benchmarks.report import Report
from benchmarks.scale import Scale
from benchmarks.tables import contenders_table, pairs_table

#: What a terminal must have for a column of each contender.
WIDTH = 170


def _transport(name: str, scale: Scale, folder: Path) -> list[Comparison]:
    return transport.compare(name, scale)


#: The figure that is published by itself, too.
AWAITED = "async"
#: The figures by name: each takes the scale and a folder for files.
FIGURES: Mapping[str, Callable[[Scale, Path], list[Comparison]]] = {
    **{name: partial(_transport, name) for name in transport.WORKS},
    "schemas": lambda scale, _folder: schema_libraries.compare(scale),
    "cold-start": lambda scale, _folder: cold_start.compare(scale),
    "memory": lambda scale, _folder: memory.compare_scans(scale),
    "instances": lambda scale, _folder: memory.compare_instances(scale),
    "embedded": lambda scale, _folder: embedded.compare(scale),
    "growth": growth.compare,
    "pages": pages.compare,
    "iteration": iteration.compare,
    "dumps": dumps.compare,
    "loads": loads.compare,
    "related": lambda scale, _folder: related.compare(scale),
    "imports": lambda scale, _folder: imports.compare(scale),
    "typed": lambda scale, _folder: typed.compare(scale),
    AWAITED: lambda scale, _folder: awaited.compare(scale),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Take the figures that the command's *arguments* ask for, and print them."""
    standard = Scale()
    parser = argparse.ArgumentParser("benchmarks", description="DynamORM's speed and memory, as ratios of one run.")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"{', '.join(FIGURES)}; all when none is named")
    parser.add_argument("--rounds", type=int, default=standard.rounds, help="the best of so many (default %(default)s)")
    parser.add_argument("--operations", type=int, default=standard.operations, help="in a round (default %(default)s)")
    parser.add_argument("--items", type=int, default=standard.items, help="in the large table (default %(default)s)")
    parser.add_argument("--scanned", type=int, default=standard.scanned, help="in the scan (default %(default)s)")
    parser.add_argument(
        "--contenders", nargs="+", default=standard.contenders, metavar="NAME", help=f"some of {'; '.join(PROGRAMS)}"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report into this file too")
    parser.add_argument("--publish", action="store_true", help="write the report into the documentation too")
    parser.add_argument(
        "--from", type=Path, dest="source", metavar="FILE", help="take nothing, but report what --json wrote"
    )
    options = parser.parse_args(arguments)
    for name in options.figures:
        if name not in FIGURES:
            parser.error(f"there is no figure '{name}'; there are {', '.join(FIGURES)}")
    try:
        scale = Scale(options.rounds, options.operations, options.items, options.scanned, tuple(options.contenders))
    except ValueError as error:
        parser.error(str(error))
    if options.publish and (options.figures not in ([], [AWAITED]) or options.contenders != standard.contenders):
        parser.error(f"what is published has all figures and all contenders, or the figure {AWAITED} alone.")
    console = Console()
    console.width = max(console.width, WIDTH)
    if options.source is not None:
        report = Report.from_json(options.source.read_text(encoding="utf-8"))
    else:
        report = _taken(options.figures or FIGURES, scale, console)
    _print(report, console)
    if options.json is not None:
        options.json.write_text(report.to_json(), encoding="utf-8")
    if options.publish:
        publish(report)


def _print(report: Report, console: Console) -> None:
    blocking = report.of_section("")
    if blocking.rows:
        console.print(contenders_table(blocking))
    if blocking.pairs:
        console.print(pairs_table(blocking))
    for table in awaited_tables(report.of_section(SECTION)):
        console.print(table)


def _taken(figures: Iterable[str], scale: Scale, console: Console) -> Report:
    comparisons: list[Comparison] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in figures:
            with console.status(f"Taking the figure {name} …"):
                comparisons += FIGURES[name](scale, Path(folder))
    return Report.of(comparisons, scale)


if __name__ == "__main__":
    main()
