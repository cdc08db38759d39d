"""What operations are charged with: parts of pages and batches, what they consumed, and throttling."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

import dynamorm
from dynamorm import Connection, RateLimit
from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchGetResult,
    BatchWrite,
    BatchWriteResult,
    ConditionCheck,
    ConsumedCapacity,
    DeleteRequest,
    GetItem,
    Item,
    Operation,
    PutItem,
    PutRequest,
    Scan,
    TransactWrite,
    TransactWriteResult,
    WriteResult,
)
from dynamorm.data.conditions import AttributeExists
from dynamorm.data.paths import Path
from dynamorm.engine.run.connections import current_connection
from dynamorm.engine.run.rate_limits import limiter_of
from dynamorm.engine.run.rates import calls
from dynamorm.engine.run.rates.limiters import AppliedLimiter
from dynamorm.exceptions import (
    BackendUnavailable,
    BudgetExceeded,
    ConditionFailed,
    RateExceeded,
    Throttled,
    TransactionCancelled,
)
from dynamorm.testing import Faults
from tests.core.engine.rated_books import MANY, PUT, Book, put
from tests.support.backends import RecordingBackend, ScriptedBackend
from tests.support.tables import table_of


class TestParts:
    def test_page_costs_at_most_what_a_second_allows(self, books: list[Operation[Any]]) -> None:
        with dynamorm.rate(read=5):
            assert len(list(Book.scan().limit(40))) == 40
        books.clear()
        with dynamorm.rate(read=8, burst=10):
            assert len(list(Book.scan())) == 40
            books.clear()
            list(Book.scan())
        limits = [operation.limit for operation in books if isinstance(operation, Scan)]
        # An item costs half a unit.
        assert limits == [16, 16, 16]

    def test_page_that_the_program_limits_stays_as_it_is(self, books: list[Operation[Any]]) -> None:
        with dynamorm.rate(read=8, burst=10):
            list(Book.scan().page_size(39))
            list(Book.scan().limit(38))
        assert [operation.limit for operation in books if isinstance(operation, Scan)] == [39, 39, 38]

    def test_smallest_limit_decides_how_large_parts_are(self, books: list[Operation[Any]]) -> None:
        for outer, inner in ((8, 64), (64, 8)):
            with dynamorm.rate(read=outer, burst=10), dynamorm.rate(read=inner, burst=10):
                next(iter(Book.scan()))
        assert [operation.limit for operation in books if isinstance(operation, Scan)] == [8, 8]

    def test_parts_tell_together_what_they_consumed(self) -> None:
        requests = tuple(PutRequest("books", {"isbn": str(n)}) for n in range(4))
        parts = [
            BatchWriteResult((), (ConsumedCapacity("books", 2, None, 2, 1, {index: 1}),), 1) for index in ("one", "two")
        ]
        with dynamorm.rate(write=2, burst=10):
            result = Connection(ScriptedBackend(*parts)).execute(BatchWrite(requests))
        assert result.consumed_capacity == (ConsumedCapacity("books", 4, None, 4, 2, {"one": 1, "two": 1}),)
        assert result.retries == 2

    def test_limit_of_a_table_cuts_nothing_on_others(self) -> None:
        requests = *(PutRequest("books", {"isbn": str(n)}) for n in range(10)), PutRequest("authors", {"name": "Ann"})
        done = BatchWriteResult((), (ConsumedCapacity("books", 10), ConsumedCapacity("authors", 1)))
        backend = ScriptedBackend(done)
        connection = Connection(backend)
        connection.limit_table("authors", RateLimit(write=1))
        assert connection.execute(BatchWrite(requests)) == done
        assert len(backend.sent) == 1

    def test_page_is_whole_where_a_second_allows_it(self, books: list[Operation[Any]]) -> None:
        with dynamorm.rate(read=128):
            list(Book.scan())
        assert [operation.limit for operation in books if isinstance(operation, Scan)] == [None]

    def test_batch_is_cut(self, books: list[Operation[Any]]) -> None:
        with dynamorm.rate(write=20, burst=10) as limit:
            Book.put_batch(*({"isbn": str(n), "text": "x" * 4000} for n in range(25)))
        writes = [len(operation.requests) for operation in books if isinstance(operation, BatchWrite)]
        assert writes == [5, 5, 5, 5, 5]
        assert limit.consumed.write == 100
        books.clear()
        with dynamorm.rate(read=10, burst=10):
            assert len(list(Book.get_batch([str(n) for n in range(40)]))) == 40
        reads = [len(operation.requests[0].keys) for operation in books if isinstance(operation, BatchGet)]
        assert sum(reads) == 40
        assert max(reads) <= 20

    def test_part_that_is_not_processed_leaves_the_rest(self) -> None:
        requests = tuple(PutRequest("books", {"isbn": str(n)}) for n in range(8))
        done = BatchWriteResult((), (ConsumedCapacity("books", 2),), 1)
        partly = BatchWriteResult(requests[3:4], (ConsumedCapacity("books", 1),))
        for outcome, left in ((partly, requests[3:]), (Throttled("slower"), requests[2:])):
            backend = ScriptedBackend(done, outcome)
            with dynamorm.rate(write=2, burst=10) as limit:
                result = Connection(backend).execute(BatchWrite(requests))
            assert result.unprocessed == left
            assert result.retries == 1
            assert [len(each.requests) for each in backend.sent if isinstance(each, BatchWrite)] == [2, 2]
            assert limit.throttled == 2
        with dynamorm.rate(write=2, burst=10), pytest.raises(BackendUnavailable):
            Connection(ScriptedBackend(done, BackendUnavailable("gone"))).execute(BatchWrite(requests))

    def test_deletes_are_cut_until_their_cost_is_known(self, books: list[Operation[Any]]) -> None:
        requests = tuple(DeleteRequest("books", {"isbn": str(n)}) for n in range(5))
        with dynamorm.rate(write=1000) as limit:
            connection = current_connection()
            result = connection.execute(BatchWrite(requests))
        assert result.unprocessed == ()
        assert [len(operation.requests) for operation in books if isinstance(operation, BatchWrite)] == [2, 3]
        assert limit.consumed.write == 20


class TestCounting:
    def test_failed_condition_costs_what_its_item_does(self, sent: list[Operation[Any]]) -> None:
        Book.put({"isbn": "1", "text": "x" * 2500})
        with dynamorm.rate(write=MANY) as limit, pytest.raises(ConditionFailed):
            Book.put_unique({"isbn": "1"})
        assert limit.consumed.write == 3

    @pytest.mark.parametrize(
        ("failure", "units"),
        [
            (Throttled("slower"), 0),
            (ValueError("wrong"), 0),
            (BackendUnavailable("gone"), 1),
            (KeyboardInterrupt(), 1),
        ],
    )
    def test_failure_costs_nothing_unless_it_may_have_been_carried_out(
        self, failure: BaseException, units: int
    ) -> None:
        with dynamorm.rate(write=MANY) as limit, pytest.raises(type(failure)):
            Connection(ScriptedBackend(failure)).execute(PUT)
        assert limit.consumed.write == units

    def test_cancelled_transaction_counts_what_is_done_on_the_table_of_a_limit(self) -> None:
        limit = RateLimit(write=MANY)
        connection = Connection(ScriptedBackend(TransactionCancelled()))
        connection.limit_table("books", limit)
        with pytest.raises(TransactionCancelled):
            connection.execute(TransactWrite((put(3), PutItem("authors", {"name": "Ann"}))))
        assert limit.consumed.write == 6

    def test_transaction_counts_by_kinds_and_is_throttled_once(self) -> None:
        limit = RateLimit(read=MANY, write=MANY)
        transaction = TransactWrite((put(3), ConditionCheck("books", {"isbn": "2"}, AttributeExists(Path.of("isbn")))))
        done = TransactWriteResult((ConsumedCapacity("books", 8, 2, 6),))
        connection = Connection(ScriptedBackend(done, Throttled("slower")))
        with dynamorm.rate(limit):
            connection.execute(transaction)
            with pytest.raises(Throttled):
                connection.execute(transaction)
        assert limit.consumed == (2, 6)
        assert [round(MANY - gate.bucket.balance) for gate in limiter_of(limit).gates.values()] == [0, 0]
        assert limit.throttled == 1

    def test_each_kind_is_taken_and_given_back_by_itself(self) -> None:
        limit, table = RateLimit(read=1000, write=1000), RateLimit(write=1000)
        transaction = TransactWrite(
            (
                put(3),
                PutItem("authors", {"name": "x" * 5000}),
                ConditionCheck("books", {"isbn": "2"}, AttributeExists(Path.of("isbn"))),
            )
        )
        within = [AppliedLimiter(limiter_of(limit)), AppliedLimiter(limiter_of(table), frozenset({"books"}))]
        sent = calls.course(ScriptedBackend(), transaction, within, lambda: 0.0)

        def taken() -> list[float]:
            buckets = [gate.bucket for each in (limit, table) for gate in limiter_of(each).gates.values()]
            return [1000 - bucket.balance for bucket in buckets]

        next(sent)
        # A condition check may be about the largest item.
        assert taken() == [200, 16, 6]
        consumed = ConsumedCapacity("books", 9, 2, 7), ConsumedCapacity("authors", 11, 0, 11)
        with suppress(StopIteration):
            sent.send(TransactWriteResult(consumed))
        assert taken() == [2, 18, 7]

    def test_nothing_is_learned_from_what_is_done_in_part(self) -> None:
        limit = RateLimit(write=MANY)
        requests = tuple(PutRequest("books", {"isbn": str(n)}) for n in range(4))
        for unprocessed in (requests[1:], ()):
            result = BatchWriteResult(unprocessed, (ConsumedCapacity("books", 1),))
            with dynamorm.rate(limit):
                Connection(ScriptedBackend(result)).execute(BatchWrite(requests))
            assert bool(limiter_of(limit).estimates._ratios) == (not unprocessed)

    def test_budget_counts_what_is_sent(self, books: list[Operation[Any]]) -> None:
        with dynamorm.budget(requests=2) as budget, dynamorm.rate(write=20, burst=10), pytest.raises(BudgetExceeded):
            Book.put_batch(*({"isbn": str(n), "text": "x" * 4000} for n in range(25)))
        assert budget.requests == 2
        assert len(books) == 2

    def test_operation_beyond_the_budget_does_not_wait_first(self, books: list[Operation[Any]]) -> None:
        with dynamorm.rate(read=0.001) as limit, dynamorm.budget(requests=1):
            Book.get(isbn="1")
            with pytest.raises(BudgetExceeded, match=r"of 1 requests 1 were made"):
                Book.get(isbn="1")
        assert limit.waited == 0
        assert len(books) == 1

    def test_backend_that_does_not_tell_is_counted_by_sizes(
        self, books: list[Operation[Any]], recorder: RecordingBackend, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Mute(RecordingBackend):
            pass

        mute = Mute(recorder)
        mute.capabilities = frozenset()
        with dynamorm.using(mute), dynamorm.rate(read=MANY, write=MANY) as limit, caplog.at_level(logging.WARNING):
            Book.put({"isbn": "1", "text": "x" * 2500})
            Book.get(isbn="2")
            list(Book.get_batch(["3", "4"]))
            list(Book.scan())
            dynamorm.transact_get((Book, "5"))
            Book.delete_batch("1", "2")
        assert [record.message for record in caplog.records] == [
            "Mute does not report consumed capacity, so rates are kept by the sizes of items, without those of indexes."
        ]
        assert limit.consumed.read == pytest.approx(0.5 + 1 + 20 + 2, abs=1)
        assert limit.consumed.write == 3 + 2
        with dynamorm.using(mute), dynamorm.rate(read=MANY) as limit:
            list(Book.get_batch(["3", "none", "neither"]))
        assert limit.consumed.read == 1.5
        with dynamorm.using(mute), dynamorm.rate(read=MANY) as limit:
            assert len(list(Book.scan(text="x" * 4000))) == 38
        assert limit.consumed.read == pytest.approx(19, abs=1)

    def test_what_was_not_processed_is_not_counted_by_its_size(self) -> None:
        requests = tuple(PutRequest("books", {"isbn": str(n)}) for n in range(4))
        backend = ScriptedBackend(BatchWriteResult(requests[1:]))
        backend.capabilities = frozenset()
        with dynamorm.rate(write=MANY) as limit:
            Connection(backend).execute(BatchWrite(requests))
        assert limit.consumed.write == 1

    def test_merged_reads_are_charged_by_the_keys_of_each_caller(self, books: list[Operation[Any]]) -> None:
        async def read(isbns: range, limit: RateLimit) -> None:
            with dynamorm.rate(limit):
                await asyncio.gather(*(Book.aget(isbn=str(n)) for n in isbns))

        async def main() -> tuple[float, float]:
            one, other = RateLimit(read=MANY), RateLimit(read=MANY)
            async with dynamorm.merged_reads():
                await asyncio.gather(read(range(10), one), read(range(10, 14), other))
            return one.consumed.read, other.consumed.read

        assert asyncio.run(main()) == (5, 2)
        assert len(books) == 2

    def test_merged_reads_that_may_not_wait_are_refused_each(self, books: list[Operation[Any]]) -> None:
        async def main() -> list[Any]:
            limit = RateLimit(read=0.001, fail_fast=True)
            with dynamorm.rate(limit):
                await Book.aget(isbn="1")
                async with dynamorm.merged_reads():
                    gets = (Book.aget(isbn=str(n)) for n in range(3))
                    return list(await asyncio.gather(*gets, return_exceptions=True))

        assert [type(each) for each in asyncio.run(main())] == [RateExceeded] * 3


class TestThrottling:
    @pytest.fixture
    def faults(self) -> Iterator[Faults]:
        with dynamorm.using("sqlite:///:memory:") as connection:
            table_of(Book).create_table()
            faults = Faults(connection)
            with dynamorm.using(faults):
                yield faults

    def test_it_lowers_an_adaptive_limit_and_holds_up_all(self, faults: Faults) -> None:
        faults.throttle(PutItem, times=1)
        with dynamorm.rate(write=1000, adaptive=True) as limit:
            with pytest.raises(Throttled):
                Book.put({"isbn": "1"})
            assert limit.throttled == 1
            assert (limit.rate.write or 0) == pytest.approx(700, rel=0.2)
            Book.put({"isbn": "1"})
            assert limit.waited > 0

    def test_it_is_told_of_unprocessed_requests(self, faults: Faults) -> None:
        faults.leave_unprocessed(BatchWrite, keep=5, times=1)
        with dynamorm.rate(write=1000, adaptive=True) as limit:
            Book.put_batch(*({"isbn": str(n)} for n in range(10)))
        assert limit.throttled == 1
        assert (limit.rate.write or 0) < 800

    def test_it_is_told_of_retries_of_the_transport(self) -> None:
        with dynamorm.rate(read=1000, adaptive=True) as limit:
            result = WriteResult(None, (), 2)
            Connection(ScriptedBackend(result)).execute(GetItem("books", {"isbn": "1"}))
        assert limit.throttled == 1

    def test_it_is_told_of_transactions(self, faults: Faults) -> None:
        faults.cancel(TransactWrite, "ThrottlingError")
        with dynamorm.rate(write=1000, adaptive=True) as limit, dynamorm.transaction() as transaction:
            transaction.put(Book, {"isbn": "1"})
        assert limit.throttled == 1
        assert (limit.rate.write or 0) < 800
        assert limit.consumed.write == 4

    def test_batch_that_is_full_was_not_throttled(self) -> None:
        item: Item = {"isbn": "1", "text": "x" * (399 * 1024)}
        keys = (BatchGetKeys("books", ({"isbn": "1"},)),)
        for count, throttled in ((41, 0), (5, 1)):
            result = BatchGetResult({"books": [item] * count}, keys, (ConsumedCapacity("books", 50.0 * count),))
            with dynamorm.rate(read=MANY) as limit:
                Connection(ScriptedBackend(result)).execute(BatchGet(keys))
            assert limit.throttled == throttled

    def test_each_time_counts_that_a_batch_is_throttled(self, faults: Faults) -> None:
        faults.throttle(BatchWrite, times=2)
        with dynamorm.rate(write=MANY) as limit:
            Book.put_batch({"isbn": "1"})
        assert limit.throttled == 2
        assert limit.consumed.write == 1
