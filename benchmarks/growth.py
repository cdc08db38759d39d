"""An operation's cost in a table of 1,000,000 items, with a global index, against 1,000: in memory and in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.books import create_table
from benchmarks.comparisons import Comparison, Side, Target, cpu_ratio
from benchmarks.contenders import Contender, race
from benchmarks.readings import Reading, Readings, portions, reading_of
from benchmarks.scale import BOOKS_OF_AN_AUTHOR, Scale
from benchmarks.values import author, book, isbn

if TYPE_CHECKING:
    from dynamorm.ports.backends import Backend

GET, PUT, UPDATE, DELETE = "get", "put", "update with a condition", "delete"
PAGE, SCAN = f"page of {BOOKS_OF_AN_AUTHOR} from the index", "page of 10 of a scan"
MEMORY = "sqlite:///:memory:"
MODEL, OPERATION = "through the model", "without the model"
#: How many times as many items as the larger of two tables has elsewhere: 1,000,000 beside 200,000.
MORE = 5

_Act = Callable[[int], object]


def measure(url: str, items: int, count: int) -> Readings:
    """Measure each operation on *count* of the *items* in the database at *url*; one in memory is filled first."""
    import dynamorm

    with dynamorm.connect(url) as connection:
        if url == MEMORY:
            _fill(connection.backend, items)
        ways = {MODEL: _acts_of_model(), OPERATION: _acts_of(connection.backend)}
        readings: dict[str, Reading] = {}
        # What is read first also opens a file, and fills SQLite's cache with what lies above the items.
        _all(ways[OPERATION][GET], [number * 7919 % items for number in range(-count, 0)], range(count))
        done = 0
        for way, acts in ways.items():
            for work, act in acts.items():
                # The stride is a prime: the items lie all over the table, out of order, others for each operation if
                # there are enough.
                numbers = [number * 7919 % items for number in range(done, done + count)]
                done += count
                readings[f"{work} {way}"] = portions(count, partial(_all, act, numbers))
                if work == DELETE:
                    _all(acts[PUT], numbers, range(count))
        return readings


def fill(url: str, items: int) -> Readings:
    """Make the database at *url*."""
    import dynamorm

    # It need not survive that the power fails, and waits for no disk.
    with dynamorm.connect(url, synchronous="normal") as connection:
        return {"fill": reading_of(partial(_fill, connection.backend, items))}


def compare(scale: Scale, folder: Path) -> list[Comparison]:
    """Compare the large table with the small one, with files in the *folder*."""
    few, many = scale.few_items, MORE * scale.items
    comparisons: list[Comparison] = []
    for place in ("memory", "a file"):
        contenders: dict[str, Contender] = {}
        for items in (few, many):
            url = MEMORY
            if place != "memory":
                url = f"sqlite:///{folder / f'growth-{items}.db'}"
                Contender(fill, {"url": url, "items": items}).run()
            arguments: dict[str, str | int] = {"url": url, "items": items, "count": min(scale.operations, few)}
            contenders[f"{items:,} items in {place}"] = Contender(measure, arguments)
        small, large = contenders
        taken = race(contenders, scale.rounds)
        for way in (MODEL, OPERATION):
            for work in (GET, PUT, UPDATE, DELETE, PAGE, SCAN):
                line = f"{work} {way}"
                sides = Side.of(taken, large, line), Side.of(taken, small, line)
                if way == MODEL:
                    comparisons.append(Comparison(f"{line}, in {place}", *sides, Target(cpu_ratio, 1.2)))
                else:
                    comparisons.append(Comparison(f"{line}, in {place}", *sides))
    return comparisons


def _all(act: _Act, numbers: Sequence[int], places: range) -> None:
    for place in places:
        act(numbers[place])


def _acts_of_model() -> Mapping[str, _Act]:
    """Return the operations on the item with a number, or on the page that it is in or begins."""
    from benchmarks.embedded_models import IndexedBook as Book

    def get(number: int) -> None:
        assert Book.get(isbn=isbn(number)) is not None

    def page(number: int) -> None:
        assert len(list(Book.ByAuthor.query(author=author(number)))) == BOOKS_OF_AN_AUTHOR

    def scan(number: int) -> None:
        list(Book.scan().limit(10).start({"isbn": isbn(number)}))

    return {
        GET: get,
        UPDATE: lambda number: Book.update_item(isbn=isbn(number), year__plus=1, conditions={"year__gt": 0}),
        PUT: lambda number: Book.put(book(number)),
        PAGE: page,
        SCAN: scan,
        DELETE: lambda number: Book(partial=True, isbn=isbn(number)).delete(),
    }


def _acts_of(backend: Backend) -> Mapping[str, _Act]:
    from benchmarks.embedded_models import IndexedBook
    from dynamorm.data import (
        Comparison as Compare,
    )
    from dynamorm.data import (
        DeleteItem,
        GetItem,
        KeyCondition,
        Path,
        Plus,
        PutItem,
        Query,
        Scan,
        Set,
        UpdateItem,
        Value,
    )

    name, year = IndexedBook.Table.name, Path.of("year")
    actions, condition = (Set(year, Plus(year, Value(1))),), Compare(">", year, Value(0))

    def page(number: int) -> Query:
        return Query(name, KeyCondition(("author", author(number))), IndexedBook.ByAuthor.name)

    return {
        GET: lambda number: backend.execute(GetItem(name, {"isbn": isbn(number)})),
        UPDATE: lambda number: backend.execute(UpdateItem(name, {"isbn": isbn(number)}, actions, condition)),
        PUT: lambda number: backend.execute(PutItem(name, book(number))),
        PAGE: lambda number: backend.execute(page(number)),
        SCAN: lambda number: backend.execute(Scan(name, limit=10, start_key={"isbn": isbn(number)})),
        DELETE: lambda number: backend.execute(DeleteItem(name, {"isbn": isbn(number)})),
    }


def _fill(backend: Backend, items: int) -> None:
    """Make the table of *items*, without the schema, which would take most of the time and matters to nothing here."""
    from benchmarks.embedded_models import IndexedBook
    from dynamorm.data import BatchWrite, PutRequest
    from dynamorm.data.limits import BATCH_WRITE_REQUESTS

    create_table(IndexedBook)
    name = IndexedBook.Table.name
    for first in range(0, items, BATCH_WRITE_REQUESTS):
        numbers = range(first, min(items, first + BATCH_WRITE_REQUESTS))
        backend.execute(BatchWrite(tuple(PutRequest(name, book(number)) for number in numbers)))
