"""One page of a hash key's items in a SQLite file: the same time in a small table and in a large one."""

from __future__ import annotations

from pathlib import Path

from benchmarks.comparisons import Comparison, Side, Target, time_ratio
from benchmarks.contenders import Contender, race
from benchmarks.readings import Readings, portions
from benchmarks.scale import BOOKS_OF_AN_AUTHOR, Scale
from benchmarks.stored_tables import file_with

QUERY = "pages queried"
OPERATION = "pages without the model"


def read(path: str, count: int, pages: int) -> Readings:
    """Read *pages* pages, whose hash keys are spread over a table of *count* items."""
    import dynamorm
    from benchmarks.books import BookOfAuthor
    from benchmarks.values import author
    from dynamorm.data import KeyCondition, Query

    # The stride is a prime, so that all authors have their turn, out of order.
    authors = [author(number * 7919 * BOOKS_OF_AN_AUTHOR % count) for number in range(pages)]
    with dynamorm.connect(f"sqlite:///{path}") as backend:

        def through_the_model(numbers: range) -> None:
            for name in authors[numbers.start : numbers.stop]:
                assert len(list(BookOfAuthor.query(author=name))) == BOOKS_OF_AN_AUTHOR

        def as_operations(numbers: range) -> None:
            for name in authors[numbers.start : numbers.stop]:
                page = backend.execute(Query(BookOfAuthor.Table.name, KeyCondition(("author", name))))
                assert len(page.items) == BOOKS_OF_AN_AUTHOR

        # The first page also opens the file and reads what the table is made of.
        next(BookOfAuthor.query(author=authors[0]))
        return {QUERY: portions(pages, through_the_model), OPERATION: portions(pages, as_operations)}


def compare(scale: Scale, folder: Path) -> list[Comparison]:
    """Compare the large table with the small one, with files in the *folder*."""
    pages = max(1, scale.operations // 5)
    contenders = {
        f"table of {count:,}": Contender(read, {"path": str(file_with(folder, count)), "count": count, "pages": pages})
        for count in (scale.few_items, scale.items)
    }
    small, large = contenders
    taken = race(contenders, scale.rounds)
    return [
        Comparison(
            f"{pages:,} {work}", Side.of(taken, large, work), Side.of(taken, small, work), Target(time_ratio, 1.2)
        )
        for work in (QUERY, OPERATION)
    ]
