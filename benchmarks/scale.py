"""How much work a run does."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.programs import PROGRAMS

#: How many books each author has: the items of one page of a query.
BOOKS_OF_AN_AUTHOR = 50


@dataclass(frozen=True, slots=True)
class Scale:
    """Rounds of each race, operations of one kind in a round, items in the larger of two tables, and who takes part.

    The items are those of whole authors: a multiple of 50. ``scanned`` are those of the scan whose memory is measured.
    The contenders are those of the transport's figures.
    """

    rounds: int = 5
    operations: int = 1_000
    items: int = 200_000
    scanned: int = 1_000_000
    contenders: tuple[str, ...] = tuple(PROGRAMS)

    @property
    def starts(self) -> int:
        """Return how many interpreters are started for one reading."""
        return min(10, self.operations)

    @property
    def few_items(self) -> int:
        """Return how many items the smaller of two tables has: 1,000 besides 200,000."""
        return max(BOOKS_OF_AN_AUTHOR, self.items // 200)

    def __post_init__(self) -> None:
        if min(self.rounds, self.operations, self.items, self.scanned) < 1 or self.items % BOOKS_OF_AN_AUTHOR:
            raise ValueError(
                f"A scale is made of whole numbers from 1 on, and its items are a multiple of {BOOKS_OF_AN_AUTHOR}."
            )
        if unknown := [name for name in self.contenders if name not in PROGRAMS]:
            raise ValueError(f"There is no contender {', '.join(unknown)}; there are {'; '.join(PROGRAMS)}.")
