"""Faults: what happens to operations that are alone, in a batch and in a transaction, and what a program sees of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel
from dynamorm.data import (
    BatchGet,
    BatchWrite,
    CreateTable,
    DeleteItem,
    GetItem,
    Operation,
    PutItem,
    Query,
    Scan,
    TransactGet,
    TransactWrite,
    UpdateItem,
)
from dynamorm.exceptions import (
    BackendClosed,
    BackendUnavailable,
    ConditionFailed,
    DynamoException,
    HashKeyExists,
    Throttled,
    TransactionCancelled,
    TransactionConflict,
    UnprocessedItems,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing import Faults, InjectedFault, using_everywhere
from tests.support.backends import AsyncTwin, RecordingBackend
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.String(required=True)
        title = fields.String()
        copies = fields.Integer()


@pytest.fixture
def recording(sqlite_memory: Backend) -> RecordingBackend:
    return RecordingBackend(sqlite_memory)


@pytest.fixture
def faults(recording: RecordingBackend) -> Iterator[Faults]:
    faults = Faults(recording)
    with dynamorm.using(faults):
        table_of(Book).create_table()
        yield faults


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let retries come without pauses."""
    monkeypatch.setattr("dynamorm.engine.plans.backoff.FIRST_PAUSE", 0)


def put_transaction(*isbns: str) -> None:
    with dynamorm.transaction() as tx:
        for isbn in isbns:
            tx.put(Book, {"isbn": isbn}, unique=True)


def stored() -> set[str]:
    return {book.isbn for book in Book.scan().consistent()}


#: A verb for each operation on items.
VERBS: dict[type[Operation[Any]], Callable[[], object]] = {
    GetItem: lambda: Book.get(isbn="1"),
    PutItem: lambda: Book.put({"isbn": "1"}),
    UpdateItem: lambda: Book.update_item(isbn="1", title="x"),
    DeleteItem: lambda: Book.delete_item(isbn="1"),
    Query: lambda: list(Book.query(isbn="1")),
    Scan: lambda: list(Book.scan()),
    BatchGet: lambda: list(Book.get_batch([{"isbn": "1"}])),
    BatchWrite: lambda: Book.put_batch({"isbn": "1"}),
    TransactGet: lambda: dynamorm.transact_get((Book, {"isbn": "1"})),
    TransactWrite: lambda: put_transaction("1"),
}
ALONE = [operation for operation in VERBS if operation not in {BatchGet, BatchWrite}]


@pytest.mark.parametrize("operation", VERBS)
def test_nothing_happens_without_a_fault(
    faults: Faults, recording: RecordingBackend, operation: type[Operation[Any]]
) -> None:
    VERBS[operation]()
    assert [type(each) for each in recording.sent] == [operation]
    assert faults.log == []
    assert faults.all_used()


@pytest.mark.parametrize("operation", ALONE)
def test_throttled_operation_is_not_carried_out(
    faults: Faults, recording: RecordingBackend, operation: type[Operation[Any]]
) -> None:
    faults.throttle(operation)
    with pytest.raises(Throttled, match=f"{operation.__name__} on table 'books' failed") as caught:
        VERBS[operation]()
    assert (caught.value.tries, caught.value.retries, caught.value.unconfirmed_attempts) == (1, 0, 0)
    assert recording.sent == []
    assert faults.log == [("throttle", operation.__name__, "books")]
    VERBS[operation]()
    assert faults.all_used()


def test_throttled_batches_end_well(faults: Faults) -> None:
    faults.throttle((BatchWrite, BatchGet), times=4)
    Book.put_batch(*({"isbn": str(number)} for number in range(30)))
    assert len(list(Book.get_batch([{"isbn": str(number)} for number in range(30)]))) == 30
    assert faults.all_used()


def test_backend_that_is_throttled_can_send_again_by_itself(faults: Faults, recording: RecordingBackend) -> None:
    faults.throttle(GetItem, times=2, retry=True)
    assert faults.execute(GetItem("books", {"isbn": "1"})).retries == 2
    assert len(recording.sent) == 1


@pytest.mark.parametrize("keep", [1, 5, 12])
def test_unprocessed_requests_of_batches_are_sent_again(faults: Faults, recording: RecordingBackend, keep: int) -> None:
    faults.leave_unprocessed(Operation, keep=keep, times=2)
    Book.put_batch(*({"isbn": str(number)} for number in range(25)))
    assert faults.all_used()
    sizes = [len(each.requests) for each in recording.sent if isinstance(each, BatchWrite)]
    assert sizes[:2] == [keep, min(keep, 25 - keep)]
    faults.leave_unprocessed(BatchGet, keep=keep)
    found = Book.get_batch([{"isbn": str(number)} for number in range(25)])
    assert {book.isbn for book in found} == stored() == {str(number) for number in range(25)}
    assert faults.all_used()


def test_batch_that_is_kept_as_a_whole_leaves_nothing_unprocessed(faults: Faults) -> None:
    faults.leave_unprocessed(BatchWrite, keep=2)
    Book.put_batch({"isbn": "1"}, {"isbn": "2"})
    assert faults.log == []
    with pytest.raises(AssertionError, match="leave_unprocessed of BatchWrite, 1 of 1 left"):
        faults.all_used()


def test_batch_of_which_only_one_item_is_ever_left_ends_with_unprocessed_items(faults: Faults) -> None:
    faults.throttle(BatchWrite, key={"isbn": "7"}, times=None)
    with pytest.raises(UnprocessedItems) as caught:
        Book.put_batch(*({"isbn": str(number)} for number in range(10)))
    assert len(caught.value.unprocessed) == 10
    assert isinstance(caught.value.__cause__, Throttled)


@pytest.mark.parametrize("operation", VERBS)
def test_lost_request_and_lost_response_look_the_same(
    faults: Faults, recording: RecordingBackend, operation: type[Operation[Any]]
) -> None:
    messages = []
    for add in (faults.lose_request, faults.lose_response):
        add(operation)
        with pytest.raises(BackendUnavailable, match="may have been carried out") as caught:
            VERBS[operation]()
        assert (caught.value.retries, caught.value.unconfirmed_attempts) == (0, 1)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert [type(each) for each in recording.sent] == [operation]
    assert [fault.kind for fault in faults.log] == ["lose_request", "lose_response"]


def test_lost_response_of_a_batch_names_what_may_have_been_written(faults: Faults) -> None:
    faults.lose_response(BatchWrite)
    with pytest.raises(BackendUnavailable) as caught:
        Book.put_batch(*({"isbn": str(number)} for number in range(30)))
    assert len(caught.value.unprocessed) == 30
    assert len(stored()) == 25


def test_answer_that_is_lost_may_have_been_a_refusal(faults: Faults) -> None:
    Book.put({"isbn": "1"})
    faults.lose_response(PutItem)
    with pytest.raises(BackendUnavailable):
        Book.put_unique({"isbn": "1"})


def test_backend_that_sends_again_by_itself_finds_its_own_write(faults: Faults) -> None:
    faults.lose_response(PutItem, retry=True, times=2)
    with pytest.raises(HashKeyExists) as caught:
        Book.put_unique({"isbn": "1"})
    assert (caught.value.retries, caught.value.unconfirmed_attempts, caught.value.may_be_own) == (2, 2, True)
    faults.lose_request(PutItem, retry=True)
    Book.put_unique({"isbn": "2"})
    faults.lose_response(TransactWrite, retry=True)
    put_transaction("3", "4")
    assert faults.all_used()
    assert stored() == {"1", "2", "3", "4"}


def test_failure_after_a_lost_response_says_that_the_write_may_have_been_carried_out(faults: Faults) -> None:
    faults.lose_response(UpdateItem, retry=True)
    faults.throttle(UpdateItem)
    with pytest.raises(Throttled, match="An attempt got no response or a server error, and may have been") as caught:
        Book.update_item(isbn="1", title="x")
    assert (caught.value.tries, caught.value.unconfirmed_attempts) == (2, 1)


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_cancelled_transactions_end_well(faults: Faults, recording: RecordingBackend, code: str) -> None:
    faults.cancel(TransactWrite, code, times=3)
    put_transaction("1", "2")
    faults.cancel(TransactGet, code)
    assert None not in dynamorm.transact_get((Book, {"isbn": "1"}), (Book, {"isbn": "2"}))
    assert [type(each) for each in recording.sent] == [TransactWrite, TransactGet]
    assert faults.all_used()


def test_transaction_that_is_always_cancelled_says_why(faults: Faults) -> None:
    faults.cancel(TransactWrite, "ThrottlingError", key={"isbn": "2"}, times=None)
    with pytest.raises(TransactionCancelled) as caught:
        put_transaction("1", "2", "3")
    assert [reason.code for reason in caught.value.reasons] == ["None", "ThrottlingError", "None"]
    assert caught.value.retries == 7
    faults.clear()
    faults.cancel(TransactWrite, action=2)
    with pytest.raises(TransactionCancelled) as caught:
        faults.execute(TransactWrite(tuple(PutItem("books", {"isbn": isbn}) for isbn in "123")))
    assert [reason.code for reason in caught.value.reasons] == ["None", "None", "TransactionConflict"]
    faults.cancel(TransactWrite, action=3)
    put_transaction("1", "2", "3")
    with pytest.raises(AssertionError, match="cancel of TransactWrite"):
        faults.all_used()


def test_single_writes_meet_transactions(faults: Faults) -> None:
    faults.conflict(Operation, times=3)
    Book.put({"isbn": "1"})
    assert faults.all_used()
    faults.conflict(UpdateItem, times=None)
    with pytest.raises(TransactionConflict):
        Book.update_item(isbn="1", title="x")


def test_transaction_meets_its_own_attempt(faults: Faults) -> None:
    # Because of another one it is cancelled, and tells the reasons of its actions.
    faults.conflict(TransactWrite)
    with pytest.raises(TransactionConflict, match="TransactionInProgressException"):
        faults.execute(TransactWrite((PutItem("books", {"isbn": "1"}),)))


def test_pages_of_operations_that_fail_are_not_short(faults: Faults) -> None:
    Book.put_batch({"isbn": "1"}, {"isbn": "2"})
    faults.short_pages(Scan, 1, times=1)
    faults.throttle(Scan)
    with pytest.raises(Throttled):
        faults.execute(Scan("books"))
    assert faults.log == [("throttle", "Scan", "books")]
    assert len(faults.execute(Scan("books")).items) == 1
    assert faults.all_used()


def test_short_pages_lose_nothing(faults: Faults, recording: RecordingBackend) -> None:
    Book.put_batch(*({"isbn": str(number), "copies": number} for number in range(7)))
    recording.sent.clear()
    faults.short_pages(Scan, 2)
    assert len(list(Book.scan())) == 7
    assert len(recording.sent) == 4
    assert [book.isbn for book in Book.scan(copies__gte=6)] == ["6"]
    assert len(list(Book.scan().limit(5))) == 5
    assert Book.scan().count() == 7


def test_page_that_is_short_already_is_left_alone(faults: Faults) -> None:
    faults.short_pages(Scan, 5)
    faults.execute(Scan("books", limit=5))
    assert faults.log == []


def test_delay_waits_and_goes_on(faults: Faults) -> None:
    faults.delay(GetItem, 0.02, times=1)
    faults.throttle(GetItem)
    begun = time.monotonic()
    with pytest.raises(Throttled):
        Book.get(isbn="1")
    assert time.monotonic() - begun >= 0.02
    assert [fault.kind for fault in faults.log] == ["delay", "throttle"]


def test_faults_are_for_tables_keys_and_whatever_a_function_says(faults: Faults, sqlite_memory: Backend) -> None:
    faults.throttle(PutItem, table="others")
    faults.throttle(PutItem, key={"isbn": "2"})
    faults.throttle(PutItem, where=lambda put: isinstance(put, PutItem) and "title" in put.item)
    Book.put({"isbn": "1"})
    for item in ({"isbn": "2"}, {"isbn": "1", "title": "x"}):
        with pytest.raises(Throttled):
            Book.put(item)
    with pytest.raises(AssertionError, match="throttle of PutItem on table 'others', 1 of 1 left"):
        faults.all_used()
    faults.throttle((Query, Scan), key={"isbn": "2"})
    assert [list(Book.query(isbn="1")), list(Book.scan(isbn="2"))] != []
    with pytest.raises(Throttled):
        list(Book.query(isbn="2"))
    for operation in (BatchWrite, TransactWrite):
        faults.lose_request(operation, key={"isbn": "9"})
    Book.put_batch({"isbn": "3"})
    put_transaction("4")
    with pytest.raises(BackendUnavailable):
        Book.put_batch({"isbn": "8"}, {"isbn": "9"})
    with pytest.raises(BackendUnavailable):
        put_transaction("8", "9")


def test_names_of_tables_are_those_of_models(sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory, table_prefix="dev-") as connection:
        table_of(Book).create_table()
        faults = Faults(connection)
        faults.throttle(GetItem, table="books")
        with dynamorm.using(faults), pytest.raises(Throttled, match="'dev-books'"):
            Book.get(isbn="1")
        assert faults.log == [InjectedFault("throttle", "GetItem", "books")]


def test_first_of_several_faults_happens_first(faults: Faults) -> None:
    faults.throttle(GetItem)
    faults.lose_request(GetItem)
    for kind in (Throttled, BackendUnavailable):
        with pytest.raises(kind):
            Book.get(isbn="1")


@pytest.mark.parametrize("seed", range(3))
def test_faults_at_random_are_the_same_with_each_seed(sqlite_memory: Backend, seed: int) -> None:
    logs = []
    with dynamorm.using(sqlite_memory):
        table_of(Book).create_table()
    for _ in range(2):
        faults = Faults(sqlite_memory)
        faults.at_random(0.3, seed=seed, kinds=["throttle", "leave_unprocessed", "cancel", "conflict", "short_pages"])
        with dynamorm.using(faults):
            for number in range(5):
                Book.put_batch(*({"isbn": f"{number}-{each}"} for each in range(30)))
                put_until_not_throttled(number)
        logs.append(faults.log)
        assert faults.all_used()
        with dynamorm.using(sqlite_memory):
            assert len(stored()) == 155
    assert logs[0] == logs[1]


def test_faults_at_random_do_not_depend_on_the_order_of_the_kinds(sqlite_memory: Backend) -> None:
    logs = []
    for kinds in (["throttle", "conflict", "lose_request"], ["lose_request", "throttle", "conflict"]):
        faults = Faults(sqlite_memory)
        faults.at_random(0.9, seed=1, kinds=kinds)
        for _ in range(10):
            with suppress(DynamoException):
                faults.execute(PutItem("books", {"isbn": "1"}))
        logs.append(faults.log)
    assert logs[0] == logs[1]


def put_until_not_throttled(number: int) -> None:
    while True:
        try:
            with dynamorm.transaction() as tx:
                tx.put(Book, {"isbn": f"t{number}"})
        except Throttled:
            continue
        return


def test_all_kinds_happen_at_random(faults: Faults) -> None:
    faults.at_random(0.5, seed=1)
    for _ in range(30):
        for verb in VERBS.values():
            try:
                verb()
            except (DynamoException, ConditionFailed):
                continue
    kinds = {"throttle", "leave_unprocessed", "cancel", "conflict", "short_pages", "lose_response", "lose_request"}
    # These verbs have one item in a batch: there is nothing to leave.
    assert {fault.kind for fault in faults.log} == kinds - {"leave_unprocessed"}


def test_tables_are_not_made_by_accident_at_random(sqlite_memory: Backend) -> None:
    faults = Faults(sqlite_memory)
    faults.at_random(1, seed=1)
    with dynamorm.using(faults):
        table_of(Book).create_table()
    assert faults.log == []
    faults.lose_response(CreateTable)
    faults.throttle(CreateTable)


def test_each_fault_happens_once_among_many_threads(sqlite_memory: Backend) -> None:
    faults = Faults(sqlite_memory)
    with dynamorm.using(sqlite_memory):
        table_of(Book).create_table()
    faults.throttle(GetItem, times=37)

    def read(_: int) -> int:
        try:
            faults.execute(GetItem("books", {"isbn": "1"}))
        except Throttled:
            return 1
        return 0

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(read, range(200))) == 37
    assert len(faults.log) == 37


def test_faults_can_hold_everywhere(sqlite_memory: Backend) -> None:
    with using_everywhere(sqlite_memory) as connection:
        table_of(Book).create_table()
        faults = Faults(connection)
        faults.throttle(GetItem)
        with using_everywhere(faults), ThreadPoolExecutor(1) as threads, pytest.raises(Throttled):
            threads.submit(Book.get, isbn="1").result()
        assert Book.get(isbn="1") is None
    assert faults.all_used()


@pytest.mark.parametrize("kind", ["open", "address", "asynchronous only"])
def test_awaited_verbs_see_the_same_faults(sqlite_memory: Backend, kind: str) -> None:
    with dynamorm.using(sqlite_memory):
        table_of(Book).create_table()
    targets: dict[str, Any] = {
        "open": sqlite_memory,
        "address": "sqlite:///:memory:",
        "asynchronous only": AsyncTwin(sqlite_memory),
    }
    faults = Faults(targets[kind])

    async def main() -> None:
        async with dynamorm.using(faults):
            if kind == "address":
                await Book.__table__.acreate()
            faults.throttle(PutItem)
            faults.leave_unprocessed(BatchWrite, keep=2, times=3)
            faults.lose_response(UpdateItem, retry=True)
            faults.delay(GetItem, 0.001)
            with pytest.raises(Throttled):
                await Book.aput({"isbn": "0"})
            await Book.aput_batch(*({"isbn": str(number)} for number in range(10)))
            with pytest.raises(ConditionFailed) as caught:
                await Book.aupdate_item(isbn="1", title="x", conditions={"title__not_exists": True})
            assert caught.value.may_be_own
            assert await Book.aget(isbn="1") is not None
            assert await Book.scan().acount() == 10
        assert faults.all_used()
        await faults.asynchronous().close()

    asyncio.run(main())


def test_delay_leaves_the_event_loop_to_others(faults: Faults) -> None:
    faults.delay(GetItem, 0.05, key={"isbn": "slow"})
    ended = []

    async def read(isbn: str) -> None:
        await faults.asynchronous().execute(GetItem("books", {"isbn": isbn}))
        ended.append(isbn)

    async def main() -> None:
        await asyncio.gather(read("slow"), read("quick"))

    asyncio.run(main())
    assert ended == ["quick", "slow"]


def test_backend_that_is_closed_has_no_faults(sqlite_memory: Backend) -> None:
    faults = Faults(sqlite_memory)
    faults.throttle(GetItem, times=None)
    faults.stale_index("by-author")
    faults.close()
    faults.close()
    with pytest.raises(BackendClosed):
        faults.execute(GetItem("books", {"isbn": "1"}))
    # What was asked for has not happened, closed or not.
    with pytest.raises(AssertionError, match="throttle of GetItem; stale_index of Query and Scan"):
        faults.all_used()


def test_connection_that_its_owner_has_closed_has_no_faults(sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory) as connection:
        faults = Faults(connection)
        faults.throttle(GetItem)
    connection.close()
    with pytest.raises(BackendClosed):
        faults.execute(GetItem("books", {"isbn": "1"}))
    assert faults.log == []


def test_faults_show_what_they_are_in_front_of(sqlite_memory: Backend) -> None:
    faults = Faults(sqlite_memory)
    assert repr(faults) == "<Faults in front of <SqliteBackend in memory>>"
    assert faults.capabilities == sqlite_memory.capabilities
    assert faults.max_concurrency == sqlite_memory.max_concurrency
