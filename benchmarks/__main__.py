"""The command: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import batches, client_work, embedded, growth, imports, iteration, pages, related
from benchmarks.comparisons import Comparison
from benchmarks.report import json_of, table_of
from benchmarks.scale import Scale

#: The figures by name: each takes the scale and a folder for files.
FIGURES: Mapping[str, Callable[[Scale, Path], list[Comparison]]] = {
    "embedded": lambda scale, _folder: embedded.compare(scale),
    "growth": growth.compare,
    "pages": pages.compare,
    "iteration": iteration.compare,
    "client-work": lambda scale, _folder: client_work.compare(scale),
    "batches": lambda scale, _folder: batches.compare(scale),
    "related": lambda scale, _folder: related.compare(scale),
    "imports": lambda scale, _folder: imports.compare(scale),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Takes the figures that the command's *arguments* ask for, and prints them."""
    standard = Scale()
    parser = argparse.ArgumentParser("benchmarks", description="DynamORM's speed and memory, as ratios of one run.")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"{', '.join(FIGURES)}; all when none is named")
    parser.add_argument("--rounds", type=int, default=standard.rounds, help="the best of so many (default %(default)s)")
    parser.add_argument("--operations", type=int, default=standard.operations, help="in a round (default %(default)s)")
    parser.add_argument("--items", type=int, default=standard.items, help="in the large table (default %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all readings into this file too")
    options = parser.parse_args(arguments)
    for name in options.figures:
        if name not in FIGURES:
            parser.error(f"there is no figure '{name}'; there are {', '.join(FIGURES)}")
    try:
        scale = Scale(options.rounds, options.operations, options.items)
    except ValueError as error:
        parser.error(str(error))
    console = Console()
    comparisons: list[Comparison] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.figures or FIGURES:
            with console.status(f"Taking the figure {name} …"):
                comparisons += FIGURES[name](scale, Path(folder))
    console.print(table_of(comparisons))
    if options.json is not None:
        options.json.write_text(json_of(comparisons, scale) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
