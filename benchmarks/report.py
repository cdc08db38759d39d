"""The report: one table, or one JSON document."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from typing import TypedDict

from rich.box import HORIZONTALS
from rich.table import Table

from benchmarks.comparisons import MEGABYTE, Comparison, cpu_ratio, wall_ratio
from benchmarks.readings import Reading
from benchmarks.scale import Scale


class Machine(TypedDict):
    """What the figures were taken on."""

    python: str
    cores: int | None
    processor: str
    system: str


def machine() -> Machine:
    """This machine, without its name."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "system": platform.system(),
    }


def table_of(comparisons: Sequence[Comparison]) -> Table:
    """The table to print: what was compared, both readings, and their ratios, for each of the *comparisons*."""
    here = machine()
    table = Table(
        title="DynamORM's speed and memory",
        caption=f"{here['python']}, {here['cores']} cores ({here['processor']}), {here['system']}. A ratio is the first "
        "divided by the second, the median of the rounds of this run.",
        box=HORIZONTALS,
        show_lines=True,
    )
    table.add_column("", no_wrap=True)
    for name in ("CPU", "Clock", "Result", "At most"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Met", no_wrap=True)
    for comparison in comparisons:
        sides = "\n".join(f"{side.name}: {_text(side.middle)}" for side in (comparison.subject, comparison.baseline))
        table.add_row(
            f"[bold]{comparison.work}[/bold]\n{sides}",
            _ratio(comparison.middle(cpu_ratio)),
            _ratio(comparison.middle(wall_ratio)),
            *_verdict(comparison),
        )
    return table


def json_of(comparisons: Sequence[Comparison], scale: Scale) -> str:
    """The same as JSON, with all readings: seconds of CPU and on the clock, and the peak of memory in bytes."""
    lines = [
        {
            "work": comparison.work,
            "subject": asdict(comparison.subject),
            "baseline": asdict(comparison.baseline),
            "cpu_ratio": comparison.middle(cpu_ratio),
            "wall_ratio": comparison.middle(wall_ratio),
            "value": comparison.value,
            "most": None if comparison.target is None else comparison.target.most,
            "met": comparison.met,
        }
        for comparison in comparisons
    ]
    return json.dumps({"machine": machine(), "scale": asdict(scale), "comparisons": lines}, indent=2)


def _text(reading: Reading) -> str:
    return f"{reading.cpu * 1000:,.0f} ms, {reading.peak / MEGABYTE:,.0f} MB"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def _verdict(comparison: Comparison) -> tuple[str, str, str]:
    if comparison.target is None or comparison.value is None:
        return "", "", ""
    form = comparison.target.form.format
    return form(comparison.value), form(comparison.target.most), "yes" if comparison.met else "[bold red]NO[/bold red]"
