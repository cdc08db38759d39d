"""What a meter counts that no single operation shows: transactions, and items older than an index."""

from __future__ import annotations

import pytest

from dynamorm.data import ConsumedCapacity, IndexSpec, KeyAttribute, TableSpec
from dynamorm.rules import Meter, TableRules

BOOKS = TableRules(
    TableSpec(
        "books", KeyAttribute("isbn", "S"), indexes=(IndexSpec("by-author", "global", KeyAttribute("author", "S")),)
    )
)
FILMS = TableRules(TableSpec("films", KeyAttribute("title", "S")))


def test_a_transaction_counts_all_reads_and_writes_twice() -> None:
    meter = Meter("INDEXES", transactional=True)
    meter.write(BOOKS, None, {"isbn": "1", "author": "a"})
    meter.write(BOOKS, {"isbn": "2", "text": "x" * 1500}, None)
    meter.read(FILMS, 5000, consistent=False)
    meter.read(FILMS, 0, consistent=False)
    assert meter.consumed() == (
        ConsumedCapacity("books", 8, 0, 8, 6, {"by-author": 2}),
        ConsumedCapacity("films", 6, 6, 0, 6, {}),
    )


def test_totals_leave_out_the_indexes_but_count_them() -> None:
    meter = Meter("TOTAL")
    meter.write(BOOKS, None, {"isbn": "1", "author": "a"})
    assert meter.consumed() == (ConsumedCapacity("books", 2),)


def test_nothing_is_counted_that_nobody_asks_for() -> None:
    meter = Meter("NONE")
    meter.write(BOOKS, None, {"isbn": "1"})
    meter.read(BOOKS, 1, consistent=True)
    assert not meter.is_active
    assert meter.consumed() == ()


@pytest.mark.parametrize("author", [1, ""])
def test_item_that_can_not_be_in_an_index_pays_nothing_for_it(author: int | str) -> None:
    meter = Meter("INDEXES")
    meter.write(BOOKS, {"isbn": "1", "author": author}, {"isbn": "1", "author": "a"})
    assert meter.consumed() == (ConsumedCapacity("books", 2, None, None, 1, {"by-author": 1}),)
