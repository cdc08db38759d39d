"""Counts of what tests have done. The command ``hatch run soak`` reports them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

#: How often each thing was done in this process, and in programs that it has run.
COUNTS: Counter[str] = Counter()
_MARK = "count"


def count_line(number: int, thing: str) -> str:
    """Return the line with which a program says that it has done a *thing* so often."""
    return f"{_MARK} {number} {thing}"


def take_counts(lines: Iterable[str]) -> list[str]:
    """Add the counts that a program has printed. Return its other *lines*."""
    others = []
    for line in lines:
        if line.startswith(f"{_MARK} "):
            _, number, thing = line.split(" ", 2)
            COUNTS[thing] += int(number)
        else:
            others.append(line)
    return others
