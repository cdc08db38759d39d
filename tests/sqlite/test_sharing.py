"""Several threads, several backends and several processes on one database."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from dynamorm.data import (
    AttributeNotExists,
    BatchGet,
    BatchGetKeys,
    Comparison,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    GetItem,
    IfNotExists,
    IndexSpec,
    Item,
    KeyAttribute,
    KeyCondition,
    ListTags,
    Plus,
    ProjectionSpec,
    PutItem,
    Query,
    Scan,
    Set,
    TableSpec,
    UpdateItem,
    Value,
)
from dynamorm.data import Path as ItemPath
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import (
    BackendClosed,
    BackendUnavailable,
    ConditionFailed,
    InvalidKey,
    TableAlreadyExists,
    TableNotFound,
)
from dynamorm.ports.backends import Backend
from dynamorm.rules import execute
from dynamorm_sqlite.addresses import Location
from dynamorm_sqlite.catalog import Catalog
from dynamorm_sqlite.files import open_file
from dynamorm_sqlite.store import SqliteStore

KEY: Item = {"author": "counter", "year": 0}
COUNT = ItemPath.of("count")
PROGRAM = """
import sys
from dynamorm.data import *
from dynamorm.engine.run.connections import open_backend
from dynamorm.exceptions import TableAlreadyExists

spec = TableSpec("books", KeyAttribute("author", "S"), KeyAttribute("year", "N"))
with open_backend(sys.argv[1]) as backend:
    print("open", flush=True)
    sys.stdin.readline()
    try:
        backend.execute(CreateTable(spec))
    except TableAlreadyExists:
        pass
    for _ in range(int(sys.argv[2])):
        backend.execute(UpdateItem("books", {"author": "counter", "year": 0}, (Add(Path.of("count"), 1),)))
"""


def increment(backend: Backend, times: int) -> None:
    for _ in range(times):
        present = IfNotExists(COUNT, Value(0))
        backend.execute(UpdateItem("books", KEY, (Set(COUNT, Plus(present, Value(1))),)))


def count_of(backend: Backend) -> object:
    item = backend.execute(GetItem("books", KEY)).item
    return item and item["count"]


def test_threads_lose_no_update(books: Backend) -> None:
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(increment, books, 25) for _ in range(8)]:
            done.result()
    assert count_of(books) == 200


def test_one_of_many_threads_wins_a_condition(books: Backend) -> None:
    start = threading.Barrier(8)

    def put(number: int) -> bool:
        start.wait()
        try:
            books.execute(PutItem("books", {**KEY, "winner": number}, AttributeNotExists(ItemPath.of("author"))))
        except ConditionFailed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number, won in enumerate(pool.map(put, range(8))) if won]
    assert len(winners) == 1
    assert books.execute(GetItem("books", KEY)).item == {**KEY, "winner": winners[0]}


def test_readers_and_writers_at_once(file: Backend) -> None:
    def read(_: int) -> None:
        page = file.execute(Query("books", KeyCondition(("author", "counter")), "by-title"))
        for item in page.items:
            # Item and index entry are written together.
            assert item["title"] == f"volume {item['count']!r}"

    def write(number: int) -> None:
        file.execute(PutItem("books", {**KEY, "title": f"volume {number}", "count": number}))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work, number) for number in range(100) for work in (read, write)]:
            done.result()


def test_close_while_threads_are_at_work(books: Backend) -> None:
    started = threading.Event()

    def work() -> bool:
        try:
            while True:
                increment(books, 1)
                started.set()
        except BackendClosed:
            return True

    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(work) for _ in range(4)]
        started.wait()
        books.close()
        assert all(result.result() for result in results)


def test_threads_that_end_leave_no_connection_open(path: Path, file: Backend) -> None:
    for _ in range(3):
        thread = threading.Thread(target=increment, args=(file, 1))
        thread.start()
        thread.join()
    file.close()
    assert [left.name for left in path.parent.iterdir()] == ["books.db"]


def test_processes_on_a_new_file_lose_no_update(path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, f"sqlite:///{path}", "50"]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
    # All of them begin at the same time, with the table not there yet.
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")
    with open_backend(f"sqlite:///{path}") as backend:
        assert count_of(backend) == 200


def test_several_programs_create_a_file_at_the_same_time(tmp_path: Path) -> None:
    files = [f"sqlite:///{tmp_path / f'{number}.db'}" for number in range(30)]
    start = threading.Barrier(4)

    def create_all() -> None:
        for file in files:
            start.wait()
            open_backend(file).close()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(create_all) for _ in range(4)]:
            done.result()


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system can't fork")
def test_forked_process_uses_connections_of_its_own(file: Backend) -> None:
    increment(file, 1)
    child = multiprocessing.get_context("fork").Process(target=increment, args=(file, 10))
    child.start()
    increment(file, 10)
    child.join()
    assert child.exitcode == 0
    assert count_of(file) == 21


def test_second_backend_of_a_file_does_not_take_the_locks_of_the_first(path: Path, file: Backend) -> None:
    increment(file, 1)
    with open_backend(f"sqlite:///{path}"):
        pass
    # Without the first backend's lock on the file, another process that closes it last deletes SQLite's log.
    for _ in range(2):
        subprocess.run([sys.executable, "-c", PROGRAM, f"sqlite:///{path}", "1"], check=True, input=b"go\n")
        increment(file, 1)
    with open_backend(f"sqlite:///{path}") as other:
        assert count_of(other) == 5
    assert path.with_name("books.db-wal").exists()


def test_databases_in_memory_are_apart(memory: Backend) -> None:
    with open_backend("sqlite") as other, pytest.raises(TableNotFound):
        other.execute(DescribeTable("books"))


OPERATIONS: list[Callable[[Backend], object]] = [
    lambda backend: backend.execute(GetItem("books", {"isbn": "1"})).item,
    lambda backend: backend.execute(BatchGet((BatchGetKeys("books", ({"isbn": "1"},)),))).items["books"],
    lambda backend: backend.execute(Scan("books")).items,
    lambda backend: backend.execute(Query("books", KeyCondition(("isbn", "1")))).items,
    lambda backend: backend.execute(PutItem("books", {"isbn": "1"})),
    lambda backend: backend.execute(
        UpdateItem("books", {"isbn": "1"}, (), Comparison("=", ItemPath.of("isbn"), Value("1")))
    ),
    lambda backend: backend.execute(DescribeTable("books")),
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_table_that_another_backend_made_anew(
    path: Path, file: Backend, operation: Callable[[Backend], object]
) -> None:
    file.execute(PutItem("books", KEY))
    with open_backend(f"sqlite:///{path}") as other:
        other.execute(DeleteTable("books"))
        other.execute(CreateTable(TableSpec("books", KeyAttribute("isbn", "S"))))
        other.execute(PutItem("books", {"isbn": "1"}))
        operation(file)
        assert file.execute(Scan("books")).items == [{"isbn": "1"}]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_table_that_another_backend_deleted(path: Path, file: Backend, operation: Callable[[Backend], object]) -> None:
    with open_backend(f"sqlite:///{path}") as other:
        other.execute(DeleteTable("books"))
        with pytest.raises(TableNotFound, match="'books'"):
            operation(file)


def test_table_that_another_backend_made(path: Path, file: Backend, spec: TableSpec) -> None:
    with open_backend(f"sqlite:///{path}") as other, pytest.raises(TableAlreadyExists, match="'books'"):
        other.execute(CreateTable(spec))
    assert file.execute(DescribeTable("books")).spec == spec


def test_threads_on_a_table_that_another_backend_makes_anew_again_and_again(path: Path, file: Backend) -> None:
    specs = [
        TableSpec("books", KeyAttribute("author", "S"), KeyAttribute("year", "N")),
        TableSpec("books", KeyAttribute("author", "S"), KeyAttribute("year", "S")),
    ]
    stop = threading.Event()

    def work() -> int:
        done = 0
        while not stop.is_set():
            try:
                file.execute(PutItem("books", {"author": "a", "year": 1}))
                done += 1
            except (TableNotFound, InvalidKey):
                pass
        return done

    with ThreadPoolExecutor(3) as pool, open_backend(f"sqlite:///{path}?synchronous=normal") as other:
        workers = [pool.submit(work) for _ in range(3)]
        try:
            for number in range(40):
                other.execute(DeleteTable("books"))
                other.execute(CreateTable(specs[number % 2]))
        finally:
            stop.set()
        for worker in workers:
            worker.result()


def test_damaged_catalog(path: Path, file: Backend) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE table_1_books")
    with pytest.raises(BackendUnavailable, match=r"damaged: no such table: table_1_books\. Restore it"):
        file.execute(Scan("books"))


def test_item_of_an_entry_is_found_though_another_connection_deletes_it(path: Path) -> None:
    shelf, title = KeyAttribute("shelf", "S"), KeyAttribute("title", "S")
    spec = TableSpec(
        "books",
        shelf,
        KeyAttribute("place", "N"),
        (IndexSpec("by-title", "local", shelf, title, ProjectionSpec("KEYS_ONLY")),),
    )
    item: Item = {"shelf": "a", "place": 1, "title": "t", "pages": 9}
    with open_backend(f"sqlite:///{path}") as backend, closing(open_file(Location(str(path)), str(path))) as reader:
        backend.execute(CreateTable(spec))
        backend.execute(PutItem("books", item))

        def delete_before_it_is_read(statement: str) -> None:
            if "SELECT item" in statement and "index" not in statement:
                backend.execute(DeleteItem("books", {"shelf": "a", "place": 1}))

        reader.set_trace_callback(delete_before_it_is_read)
        operation = Query(
            "books", KeyCondition(("shelf", "a")), "by-title", projection=(ItemPath.of("title"), ItemPath.of("pages"))
        )
        store = SqliteStore(reader, Catalog(), is_current=False)
        assert execute(store, operation).items == [{"title": "t", "pages": 9}]
        assert backend.execute(GetItem("books", {"shelf": "a", "place": 1})).item is None


def test_settings_of_a_table_that_another_connection_deletes_meanwhile(path: Path) -> None:
    with open_backend(f"sqlite:///{path}") as backend, closing(open_file(Location(str(path)), str(path))) as reader:
        backend.execute(CreateTable(TableSpec("books", KeyAttribute("isbn", "S"))))

        def delete_before_they_are_read(statement: str) -> None:
            if "SELECT settings" in statement:
                backend.execute(DeleteTable("books"))

        reader.set_trace_callback(delete_before_they_are_read)
        with pytest.raises(TableNotFound):
            execute(SqliteStore(reader, Catalog(), is_current=True), ListTags("books"))
