"""Iterating over all items of a SQLite file: the memory that it takes does not grow with the table."""

from __future__ import annotations

from pathlib import Path

from benchmarks.comparisons import Comparison, Side, Target, more_megabytes
from benchmarks.contenders import Contender, race
from benchmarks.readings import Readings, reading_of
from benchmarks.scale import Scale
from benchmarks.stored_tables import file_with

ITERATE = "iterate with recursive()"


def iterate(path: str, count: int) -> Readings:
    """Iterate over the instances of all pages."""
    import dynamorm
    from benchmarks.books import BookOfAuthor

    def all_pages() -> None:
        assert sum(1 for _ in BookOfAuthor.scan().recursive()) == count

    with dynamorm.connect(f"sqlite:///{path}"):
        return {ITERATE: reading_of(all_pages)}


def compare(scale: Scale, folder: Path) -> list[Comparison]:
    """Compare the large table with the small one, with files in the *folder*."""
    contenders = {
        f"{count:,} items": Contender(iterate, {"path": str(file_with(folder, count)), "count": count})
        for count in (scale.few_items, scale.items)
    }
    small, large = contenders
    # Memory is hardly noisy, and the large table takes long.
    taken = race(contenders, rounds=1)
    target = Target(more_megabytes, 60)
    return [Comparison(ITERATE, Side.of(taken, large, ITERATE), Side.of(taken, small, ITERATE), target)]
