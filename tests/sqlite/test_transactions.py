"""Transactions: what a file keeps of them, for how long, and what they wait for."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dynamorm.data import (
    Add,
    AttributeNotExists,
    Comparison,
    ConditionCheck,
    CreateTable,
    DeleteItem,
    DeleteTable,
    GetItem,
    IfNotExists,
    In,
    Item,
    KeyAttribute,
    ListAppend,
    Not,
    Or,
    PutItem,
    Query,
    Scan,
    Set,
    TableSpec,
    TransactGet,
    TransactWrite,
    TransactWriteAction,
    UpdateItem,
    Value,
)
from dynamorm.data import Path as ItemPath
from dynamorm.data.conditions import KeyCondition
from dynamorm.data.limits import TRANSACTION_TOKEN_SECONDS
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import RequestRejected, TableNotFound, TransactionCancelled
from dynamorm.ports.backends import Backend
from dynamorm.rules import execute
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.files import open_memory
from dynamorm_sqlite.store import SqliteStore

KEY: Item = {"author": "counter", "year": 0}
PRICE, TEXT = ItemPath.of("price"), ItemPath.of("text")
#: 11 of these have more than 4 MB.
LARGE = "x" * 390_000

PROGRAM = """
import sys
from dynamorm.data import *
from dynamorm.engine.run.connections import open_backend

key = {"author": "counter", "year": 0}
new = Set(Path.of("tags"), Value({"alpha", "beta", "gamma", "delta"}))
with open_backend(sys.argv[1]) as backend:
    acts = (UpdateItem("books", key, (Add(Path.of("price"), 1), new)),)
    backend.execute(TransactWrite(acts, sys.argv[2]))
"""


class Clock:
    """The time that transactions read, which goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = time.time()

    def time(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock in place of the system's."""
    clock = Clock()
    monkeypatch.setattr("dynamorm.rules.transactions.time", clock)
    return clock


def raise_price(backend: Backend, token: str | None = None, by: int = 1) -> None:
    backend.execute(TransactWrite((UpdateItem("books", KEY, (Add(PRICE, by),)),), token))


def price(backend: Backend) -> object:
    item = backend.execute(GetItem("books", KEY)).item
    return item and item["price"]


def key(number: int) -> Item:
    return {"author": "a", "year": number}


def test_a_token_is_known_for_ten_minutes(books: Backend, clock: Clock) -> None:
    raise_price(books, "t")
    clock.seconds += TRANSACTION_TOKEN_SECONDS - 1
    raise_price(books, "t")
    assert price(books) == 1
    clock.seconds += 2
    raise_price(books, "t")
    assert price(books) == 2


def test_a_token_is_not_known_longer_because_it_is_used_again(books: Backend, clock: Clock) -> None:
    for _ in range(3):
        raise_price(books, "t")
        clock.seconds += TRANSACTION_TOKEN_SECONDS / 2.5
    assert price(books) == 1
    raise_price(books, "t", by=5)
    assert price(books) == 6


def test_tokens_that_expired_leave_nothing_in_the_file(path: Path, file: Backend, clock: Clock) -> None:
    for number in range(5):
        raise_price(file, f"t{number}")
    clock.seconds += TRANSACTION_TOKEN_SECONDS + 1
    raise_price(file, "last")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT token FROM dynamorm_tokens").fetchall() == [("last",)]


def test_without_a_token_each_takes_place(books: Backend) -> None:
    raise_price(books)
    raise_price(books)
    assert price(books) == 2


def test_a_token_is_kept_in_the_file(path: Path, file: Backend) -> None:
    raise_price(file, "t")
    file.close()
    with open_backend(f"sqlite:///{path}") as other:
        raise_price(other, "t")
        assert price(other) == 1
        with pytest.raises(RequestRejected, match="used this token within the last ten minutes") as caught:
            raise_price(other, "t", by=2)
        assert caught.value.code == "IdempotentParameterMismatchException"
        assert price(other) == 1


def test_processes_know_each_others_tokens(path: Path, file: Backend) -> None:
    # Each process has another order of the elements of a set.
    command = [sys.executable, "-c", PROGRAM, f"sqlite:///{path}", "t"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for process in processes:
        _, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")
    assert price(file) == 1


def test_a_cancelled_transaction_leaves_no_token(books: Backend) -> None:
    absent = (DeleteItem("books", KEY, Comparison("=", PRICE, Value(1))),)
    with pytest.raises(TransactionCancelled):
        books.execute(TransactWrite(absent, "t"))
    raise_price(books, "t")
    assert price(books) == 1


def test_a_table_that_is_gone_is_missed_when_a_transaction_is_sent_again(path: Path, file: Backend) -> None:
    raise_price(file, "t")
    with open_backend(f"sqlite:///{path}") as other:
        other.execute(DeleteTable("books"))
    with pytest.raises(TableNotFound, match="'books'"):
        raise_price(file, "t")


def test_another_backend_makes_the_table_anew(path: Path, file: Backend) -> None:
    raise_price(file)
    with open_backend(f"sqlite:///{path}") as other:
        other.execute(DeleteTable("books"))
        other.execute(CreateTable(TableSpec("books", KeyAttribute("isbn", "S"))))
    file.execute(TransactWrite((PutItem("books", {"isbn": "1"}),), "t"))
    assert file.execute(TransactGet((GetItem("books", {"isbn": "1"}),))).items == ({"isbn": "1"},)
    assert file.execute(Scan("books")).items == [{"isbn": "1"}]


def test_reads_do_not_wait_for_a_writer_and_it_not_for_them(path: Path, file: Backend) -> None:
    raise_price(file)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with open_backend(f"sqlite:///{path}?timeout=0") as impatient:
            assert impatient.execute(TransactGet((GetItem("books", KEY),))).items == ({**KEY, "price": 1},)
        other.execute("ROLLBACK")
    with pytest.raises(TableNotFound):
        file.execute(TransactGet((GetItem("books", KEY), GetItem("none", KEY))))
    raise_price(file)
    assert price(file) == 2


def test_indexes_follow(books: Backend) -> None:
    before = {**key(1), "title": "before", "genre": "g"}
    books.execute(PutItem("books", before))
    put = PutItem("books", {**key(2), "title": "new", "genre": "g"})
    update = UpdateItem("books", key(1), (Set(ItemPath.of("title"), Value("after")),))
    with pytest.raises(TransactionCancelled):
        books.execute(TransactWrite((put, update, ConditionCheck("books", KEY, Comparison("=", PRICE, Value(1))))))
    by_title = Query("books", KeyCondition(("author", "a")), "by-title")
    assert books.execute(by_title).items == [before]
    books.execute(TransactWrite((put, update)))
    assert [item["title"] for item in books.execute(by_title).items] == ["after", "new"]
    assert books.execute(Query("books", KeyCondition(("genre", "g")), "by-genre")).count == 2


ABSENT = AttributeNotExists(TEXT)
TOO_LARGE: dict[str, Callable[[int], TransactWriteAction]] = {
    "items": lambda number: PutItem("books", {**key(number), "text": LARGE}),
    "values that are set": lambda number: UpdateItem("books", key(number), (Set(TEXT, Value(LARGE)),)),
    "values that are added": lambda number: UpdateItem("books", key(number), (Add(TEXT, {LARGE}),)),
    "defaults": lambda number: UpdateItem("books", key(number), (Set(TEXT, IfNotExists(TEXT, Value(LARGE))),)),
    "operands": lambda number: UpdateItem(
        "books", key(number), (Set(TEXT, ListAppend(IfNotExists(TEXT, Value([])), Value([LARGE]))),)
    ),
    "values of conditions": lambda number: DeleteItem("books", key(number), Not(In(TEXT, (Value(LARGE),)))),
    "values of checks": lambda number: ConditionCheck(
        "books", key(number), Or((ABSENT, Comparison("=", TEXT, Value(LARGE))))
    ),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_counts_towards_four_megabytes(memory: Backend, name: str) -> None:
    acts = [TOO_LARGE[name](number) for number in range(11)]
    memory.execute(TransactWrite(tuple(acts[:10])))
    with pytest.raises(RequestRejected, match=r"has 4,29\d,\d\d\d bytes; DynamoDB allows 4,194,304"):
        memory.execute(TransactWrite(tuple(acts)))


def test_what_is_there_does_not_count_towards_four_megabytes(memory: Backend) -> None:
    for number in range(11):
        memory.execute(PutItem("books", {**key(number), "text": LARGE}))
    memory.execute(TransactWrite(tuple(UpdateItem("books", key(number), (Add(PRICE, 1),)) for number in range(11))))
    memory.execute(TransactWrite(tuple(DeleteItem("books", key(number)) for number in range(11))))
    assert memory.execute(Scan("books")).items == []


def test_what_is_read_counts_towards_four_megabytes(memory: Backend) -> None:
    for number in range(11):
        memory.execute(PutItem("books", {**key(number), "text": LARGE}))
    gets = tuple(GetItem("books", key(number)) for number in range(11))
    with pytest.raises(RequestRejected, match="4,194,304"):
        memory.execute(TransactGet(gets))
    assert len(memory.execute(TransactGet(gets[1:])).items) == 10
    names = tuple(GetItem("books", key(number), (ItemPath.of("author"),)) for number in range(11))
    assert memory.execute(TransactGet(names)).items == ({"author": "a"},) * 11


@pytest.mark.parametrize(
    "act",
    [
        PutItem("books", KEY, return_values="ALL_OLD"),
        UpdateItem("books", KEY, (Add(PRICE, 1),), return_values="ALL_NEW"),
        DeleteItem("books", KEY, return_values="ALL_OLD"),
    ],
)
def test_attributes_that_it_can_not_return_are_refused(memory: Backend, act: TransactWriteAction) -> None:
    with pytest.raises(RequestRejected, match=r"'books'.*the writes of a transaction return nothing"):
        memory.execute(TransactWrite((act,)))
    assert memory.execute(Scan("books")).items == []


def test_a_transaction_costs_the_same_after_many_others(clock: Clock) -> None:
    with closing(open_memory()) as connection:
        store = SqliteStore(connection, Catalog(), is_current=False)
        execute(store, CreateTable(TableSpec("books", KeyAttribute("id", "S"))))
        acts = (PutItem("books", {"id": "1"}),)

        def work(number: int) -> None:
            execute(store, TransactWrite(acts, f"token-{number:05}"))

        def instructions(number: int) -> int:
            count = 0

            def tick() -> int:
                nonlocal count
                count += 1
                return 0

            connection.set_progress_handler(tick, 1)
            try:
                work(number)
            finally:
                connection.set_progress_handler(None, 1)
            return count

        for number in range(10):
            work(number)
        early = instructions(10)
        for number in range(11, 2000):
            work(number)
        assert instructions(2000) <= early + 10
