"""Limits of rate as programs use them: in blocks, on connections and on tables, for verbs that block or are awaited."""

from __future__ import annotations

import asyncio
import copy
import gc
import logging
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import Connection, DynaModel, Key, RateLimit, SharedTable
from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchGetResult,
    BatchWrite,
    BatchWriteResult,
    ConditionCheck,
    ConsumedCapacity,
    DeleteItem,
    DeleteRequest,
    GetItem,
    Item,
    Operation,
    PageResult,
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
from dynamorm.engine.run.rates import calls, estimates, gates
from dynamorm.engine.run.rates.limiters import AppliedLimiter
from dynamorm.exceptions import (
    BackendMisconfigured,
    BackendUnavailable,
    BudgetExceeded,
    ConditionFailed,
    DynaModelException,
    DynamoException,
    RateExceeded,
    Throttled,
    TransactionCancelled,
)
from dynamorm.testing import Faults
from tests.support.backends import RecordingBackend, ScriptedBackend
from tests.support.tables import table_of
from tests.support.ticking import Ticker

#: So many units that nobody waits for them.
MANY = 1e6


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.String()
        text = fields.String()


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Operation[Any]]:
    """What is sent about items."""
    table_of(Book).create_table()
    return recorder.sent


@pytest.fixture
def books(sent: list[Operation[Any]]) -> list[Operation[Any]]:
    """What is sent about items, with a table that has 40 of 4 KB."""
    Book.put_batch(*({"isbn": str(n), "text": "x" * 4000} for n in range(40)))
    sent.clear()
    return sent


def settle(limit: RateLimit, operation: Operation[Any], *, units: float) -> None:
    """Let an *operation* cost so many *units* within a *limit*."""
    with dynamorm.rate(limit):
        Connection(ScriptedBackend(WriteResult(None, (ConsumedCapacity("books", units),)))).execute(operation)


PUT = PutItem("books", {"isbn": "1"})


def put(kilobytes: int) -> PutItem:
    return PutItem("books", {"isbn": "1", "text": "x" * (kilobytes * 1024 - 20)})


#: What costs something else.
DELETE = DeleteItem("books", {"isbn": "1"})


class TestBlocks:
    def test_operations_wait_and_the_limit_says_how_much(self, books: list[Operation[Any]]) -> None:
        with dynamorm.rate(read=41, write=MANY) as limit:
            assert len(list(Book.scan())) == 40
            assert limit.consumed.read == 20
            assert limit.waited == 0
            for _ in range(3):
                list(Book.scan())
            Book.put({"isbn": "1"})
        # Eighty units, of which forty were saved.
        assert limit.waited > 0
        assert limit.consumed == (80, 4)
        assert limit.rate == (41, MANY)
        assert limit.rate.write == MANY
        assert limit.throttled == 0
        assert repr(limit) == (
            "<RateLimit: 41 read units and 1e+06 write units a second; 80 read units and 4 write units consumed, "
            f"{limit.waited:.1f} seconds waited>"
        )
        list(Book.scan())
        assert limit.consumed.read == 80

    def test_all_nested_ones_apply(self, books: list[Operation[Any]]) -> None:
        shared = RateLimit(read=MANY)
        with dynamorm.rate(read=MANY) as outer, dynamorm.rate(shared) as inner, dynamorm.rate(shared):
            Book.get(isbn="1")
            assert inner is shared
        with dynamorm.rate(shared):
            Book.get(isbn="1")
        assert (outer.consumed.read, shared.consumed.read) == (0.5, 1)

    def test_it_holds_for_the_threads_of_a_parallel_scan_and_of_batches(self, books: list[Operation[Any]]) -> None:
        with dynamorm.rate(read=MANY, write=MANY) as limit:
            assert len(list(Book.scan().parallel(4))) == 40
            Book.put_batch(*({"isbn": str(n)} for n in range(40)))
            assert len(list(Book.get_batch([str(n) for n in range(40)]))) == 40
        assert limit.consumed.read >= 40
        assert limit.consumed.write == 40 * 4

    def test_other_threads_and_tasks_are_not_in_it(self, books: list[Operation[Any]]) -> None:
        async def elsewhere() -> None:
            await Book.aget(isbn="1")

        async def main() -> RateLimit:
            task = asyncio.create_task(elsewhere())
            with dynamorm.rate(read=MANY) as limit:
                await task
                await asyncio.create_task(elsewhere())
            return limit

        assert asyncio.run(main()).consumed.read == 0.5
        connection = current_connection()

        def read() -> None:
            with dynamorm.using(connection):
                Book.get(isbn="1")

        with dynamorm.rate(read=MANY) as limit:
            thread = Thread(target=read)
            thread.start()
            thread.join()
        assert limit.consumed.read == 0

    def test_decorated_function_has_one_limit_for_all_calls(self, books: list[Operation[Any]]) -> None:
        limit = RateLimit(read=MANY)

        @dynamorm.rate(limit)
        def read() -> None:
            Book.get(isbn="1")

        @dynamorm.rate(limit)
        async def aread() -> None:
            await Book.aget(isbn="1")

        read()
        read()
        asyncio.run(aread())
        assert limit.consumed.read == 1.5

    def test_block_is_in_use_once_at_a_time(self) -> None:
        block = dynamorm.rate(read=1)
        with block, pytest.raises(DynaModelException, match=r"This rate\(\) is in use already"), block:
            pass
        with block:
            pass

    def test_operations_on_tables_cost_nothing(self, sent: list[Operation[Any]]) -> None:
        with dynamorm.rate(read=0.001, write=0.001, fail_fast=True):
            for _ in range(5):
                assert table_of(Book).exists


class TestConnectionsAndTables:
    def test_connection_keeps_its_rate(self) -> None:
        limit = RateLimit(read=MANY, write=MANY)
        with dynamorm.using("sqlite:///:memory:", rate=limit) as connection:
            table_of(Book).create_table()
            Book.put({"isbn": "1"})
            assert connection.rate is limit
            with dynamorm.rate(limit):
                Book.get(isbn="1")
            connection.rate = None
            Book.get(isbn="1")
        assert limit.consumed == (0.5, 1)

    def test_faults_keep_the_rate_of_their_connection(self) -> None:
        limit = RateLimit(read=MANY)
        with dynamorm.using("sqlite:///:memory:", rate=limit) as connection:
            table_of(Book).create_table()
            with dynamorm.using(Faults(connection)):
                Book.get(isbn="1")
        assert limit.consumed.read == 0.5

    @pytest.mark.parametrize("rate", [200, {"read": 200}, "200"])
    def test_rate_of_a_connection_is_a_limit(self, rate: Any) -> None:
        with pytest.raises(BackendMisconfigured, match=r"The option rate of the backend 'sqlite' is a RateLimit, not"):
            dynamorm.connect("sqlite", rate=rate)
        connection = Connection(ScriptedBackend())
        with pytest.raises(
            BackendMisconfigured, match=r"The option rate of the backend 'ScriptedBackend' is a RateLimit"
        ):
            connection.rate = rate

    def test_table_keeps_its_rate(self, sent: list[Operation[Any]]) -> None:
        limit = RateLimit(read=MANY, write=MANY)

        class Author(DynaModel):
            class Table:
                name = "authors"
                hash_key = "name"
                rate = limit

            class Schema:
                name = fields.String()

        class Writer(DynaModel):
            class Table(Author.Table):
                name = "writers"

            class Schema:
                name = fields.String()

        for model in (Author, Writer):
            table_of(model).create_table()
            model.put({"name": "Ann"})
        assert limit.consumed == (0, 2)
        with dynamorm.rate(limit):
            Author.get(name="Ann")
        assert limit.consumed == (0.5, 2)
        Book.put({"isbn": "1"})
        with dynamorm.transaction() as transaction:
            transaction.put(Book, {"isbn": "1"})
            transaction.put(Author, {"name": "Ann"})
            transaction.put(Writer, {"name": "Ann"})
        assert limit.consumed == (0.5, 6)
        with dynamorm.batch() as batch:
            batch.put(Book, {"isbn": "2"})
            batch.put(Author, {"name": "Bea"})
        assert limit.consumed == (0.5, 7)

    def test_shared_table_keeps_its_rate(self, recorder: RecordingBackend) -> None:
        limit = RateLimit(write=MANY)

        class Shop(SharedTable):
            name = "shop"
            hash_key = "pk"
            rate = limit

        class Customer(DynaModel):
            class Table(Shop):
                kind = "customer"
                hash_key = Key("CUSTOMER#{number}")

            class Schema:
                number = fields.String()

        table_of(Customer).create_table()
        Customer.put({"number": "1"})
        assert limit.consumed.write == 1

    def test_rate_of_a_table_is_a_limit(self) -> None:
        with pytest.raises(
            DynaModelException, match=r"^The rate of the Table of Slow is a RateLimit, not int: rate = "
        ):

            class Slow(DynaModel):
                class Table:
                    name = "slow"
                    hash_key = "isbn"
                    rate = 200

                class Schema:
                    isbn = fields.String()

    def test_table_that_is_slow_does_not_hold_up_others(self) -> None:
        """An operation waits at the limit of its table, not at that of the connection, whichever was made first."""
        slow, wide = RateLimit(write=0.001), RateLimit(write=MANY)
        limiter_of(slow).narrow()
        settle(slow, PUT, units=1)
        held = calls.course(ScriptedBackend(), PUT, [AppliedLimiter(limiter_of(each)) for each in (slow, wide)])
        assert not isinstance(next(held), Operation)
        settle(wide, PUT, units=1)
        assert wide.consumed.write == 1
        held.close()

    def test_inner_block_that_is_slow_does_not_hold_up_the_outer_one(self) -> None:
        wide, slow = RateLimit(write=MANY), RateLimit(write=0.001)
        settle(slow, PUT, units=1)
        held = calls.course(ScriptedBackend(), PUT, [AppliedLimiter(limiter_of(each)) for each in (slow, wide)])
        assert not isinstance(next(held), Operation)
        settle(wide, PUT, units=1)
        assert wide.consumed.write == 1
        held.close()


class TestWaiting:
    def test_awaited_operations_wait_without_blocking_the_event_loop(self, books: list[Operation[Any]]) -> None:
        async def main() -> int:
            async with Ticker() as ticker:
                with dynamorm.rate(read=40):
                    for _ in range(3):
                        async for _ in Book.scan():
                            pass
                return ticker.ticks

        assert asyncio.run(main()) > 5

    def test_cancelled_task_gives_its_units_back(self) -> None:
        limit = RateLimit(write=0.001, burst=10_000)
        settle(limit, PUT, units=10)
        backend = ScriptedBackend(*[WriteResult(None, (ConsumedCapacity("books", 1),))] * 3)

        async def main() -> None:
            connection = Connection(backend)
            with dynamorm.rate(limit):
                task = asyncio.create_task(connection.aexecute(PUT))
                others = [asyncio.create_task(connection.aexecute(PUT)) for _ in range(3)]
                for _ in range(5):
                    await asyncio.sleep(0)
                for each in (others[1], task, others[0], others[2]):
                    each.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await each

        balance = limiter_of(limit).gates["write"].bucket.balance
        asyncio.run(main())
        assert limiter_of(limit).gates["write"].bucket.balance == pytest.approx(balance, abs=0.1)
        assert backend.sent == []
        assert limit.consumed.write == 10

    @pytest.mark.parametrize("awaited", [False, True])
    def test_wait_that_goes_on_does_not_spin(self, monkeypatch: pytest.MonkeyPatch, *, awaited: bool) -> None:
        limit = RateLimit(write=100)
        within = [AppliedLimiter(limiter_of(limit))]
        # It holds back 400 units until it is done.
        held = calls.course(ScriptedBackend(), DELETE, within)
        next(held)
        looks, looked = 0, Event()
        poll = gates.Ticket.poll

        def counted(ticket: gates.Ticket, now: float) -> float | None:
            nonlocal looks
            seconds = poll(ticket, now)
            looks += 1
            if looks == 2:
                looked.set()
            return seconds

        monkeypatch.setattr(gates.Ticket, "poll", counted)
        connection = Connection(ScriptedBackend(WriteResult(None, (ConsumedCapacity("books", 1),))))

        def end() -> None:
            with suppress(StopIteration):
                held.send(WriteResult(None, (ConsumedCapacity("books", 110),)))

        def wait() -> None:
            with dynamorm.rate(limit):
                connection.execute(PUT)

        async def main() -> None:
            with dynamorm.rate(limit):
                task = asyncio.create_task(connection.aexecute(PUT))
            while looks < 2:
                await asyncio.sleep(0)
            end()
            await task

        if awaited:
            asyncio.run(main())
        else:
            thread = Thread(target=wait)
            thread.start()
            looked.wait()
            end()
            thread.join()
        assert limit.consumed.write == 111
        assert looks < 10

    def test_task_whose_loop_has_ended_disturbs_nobody(self) -> None:
        limit = RateLimit(write=100)
        settle(limit, DELETE, units=110)
        loop = asyncio.new_event_loop()
        with dynamorm.rate(limit):
            task = loop.create_task(Connection(ScriptedBackend()).aexecute(PUT))
        for _ in range(3):
            loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        settle(limit, PUT, units=1)
        assert limit.consumed.write == 111
        task.get_coro().close()

    def test_limit_keeps_nothing_of_waits_that_ended(self) -> None:
        limit = RateLimit(write=0.001)
        settle(limit, PUT, units=1)
        held, *others = (calls.course(ScriptedBackend(), PUT, [AppliedLimiter(limiter_of(limit))]) for _ in range(5))
        for each in (held, *others):
            next(each)
        for each in others:
            each.close()
        assert len(limiter_of(limit).gates["write"]._queue) == 1
        held.close()

    def test_limit_knows_a_bounded_number_of_tables(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(estimates, "MOST_GROUPS", 3)
        limit = RateLimit(read=MANY)
        with dynamorm.rate(limit):
            for n in range(10):
                page = PageResult((), 4, 4, None, (ConsumedCapacity(f"books-{n}", 2),))
                Connection(ScriptedBackend(page)).execute(Scan(f"books-{n}", limit=4))
        known = limiter_of(limit).estimates
        assert list(known._units_per_item) == [(Scan, f"books-{n}", None, False) for n in (7, 8, 9)]
        assert len(known._ratios) == 3

    @pytest.mark.parametrize("interrupt", [KeyboardInterrupt, GeneratorExit])
    def test_interrupted_wait_gives_its_units_back(self, interrupt: type[BaseException]) -> None:
        limit = RateLimit(write=0.001)
        settle(limit, PUT, units=1)
        within = [AppliedLimiter(limiter_of(limit))]
        waiting, following = (calls.course(ScriptedBackend(), PUT, within) for _ in range(2))
        next(waiting)
        next(following)
        with pytest.raises(interrupt):
            waiting.throw(interrupt())
        step = next(following)
        assert not isinstance(step, Operation)
        assert step.seconds == pytest.approx(1000, rel=0.1)
        following.close()

    def test_synchronous_verb_does_not_block_an_event_loop(self, books: list[Operation[Any]]) -> None:
        async def main() -> None:
            with dynamorm.rate(read=0.001):
                Book.get(isbn="1")
                with pytest.raises(DynaModelException, match=r"GetItem on table 'books' would .* block the event loop"):
                    Book.get(isbn="1")

        asyncio.run(main())
        assert len(books) == 1

    def test_interrupted_program_stops_threads_that_wait(self) -> None:
        from dynamorm.ports.interruption import interruptible

        limit = RateLimit(write=0.001)
        settle(limit, PUT, units=1)
        backend, failures = ScriptedBackend(), []

        def work() -> None:
            interruptible(lambda: True)
            try:
                with dynamorm.rate(limit):
                    Connection(backend).execute(PUT)
            except BackendUnavailable as error:
                failures.append(error)

        thread = Thread(target=work)
        thread.start()
        thread.join()
        assert len(failures) == 1
        assert backend.sent == []

    def test_threads_share_a_limit(self, books: list[Operation[Any]]) -> None:
        limit = RateLimit(read=40)

        def read() -> None:
            with dynamorm.using(connection), dynamorm.rate(limit):
                for n in range(15):
                    Book.get(isbn=str(n))

        connection = current_connection()
        threads = [Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert limit.consumed.read == 60
        assert len(books) == 120
        assert limit.waited > 0

    def test_event_loops_of_several_threads_share_a_limit(self) -> None:
        limit = RateLimit(write=1000, burst=0.01)
        results = [WriteResult(None, (ConsumedCapacity("books", 1),))] * 400
        backend = ScriptedBackend(*results)

        async def main() -> None:
            with dynamorm.rate(limit):
                await asyncio.gather(*(Connection(backend).aexecute(PUT) for _ in range(100)))

        threads = [Thread(target=asyncio.run, args=(main(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(backend.sent) == 400
        assert limit.consumed.write == 400

    def test_tasks_of_a_loop_that_was_given_up_hold_nobody_up(self) -> None:
        limit = RateLimit(write=0.001)
        settle(limit, PUT, units=1)
        connection = Connection(ScriptedBackend(), rate=limit)
        loop = asyncio.new_event_loop()
        tasks = [loop.create_task(connection.aexecute(PUT)) for _ in range(5)]
        for _ in range(5):
            loop.run_until_complete(asyncio.sleep(0))
        for task in tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.close()
        del tasks, task, loop
        gc.collect()
        last = calls.course(ScriptedBackend(), PUT, [AppliedLimiter(limiter_of(limit))])
        step = next(last)
        assert not isinstance(step, Operation)
        assert step.seconds < 1001
        last.close()

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
    def test_forked_process_does_not_wait_for_threads_of_its_parent(self) -> None:
        limit = RateLimit(write=1000, burst=1)
        settle(limit, PUT, units=1)
        within = [AppliedLimiter(limiter_of(limit))]
        settle(limit, PUT, units=5000)
        waiting = calls.course(ScriptedBackend(), PUT, within)
        next(waiting)
        with gates._lock:
            child = os.fork()
            if not child:
                limiter_of(limit).gates["write"].bucket.balance = 1000.0
                settle(limit, PUT, units=1)
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        waiting.close()


class TestFailing:
    def test_fail_fast_raises_in_place_of_waiting(self, books: list[Operation[Any]]) -> None:
        with dynamorm.rate(read=0.01, fail_fast=True) as limit:
            list(Book.scan().limit(1))
            consumed = limit.consumed.read
            with pytest.raises(
                RateExceeded,
                match=r"^Scan on table 'books' would have to wait about \d.* seconds to keep the rate of 0.01 read units a "
                r"second, and was not sent, because of fail_fast\.",
            ) as refused:
                list(Book.scan())
            assert refused.value.seconds > 10
            assert isinstance(refused.value, RuntimeError)
            assert limit.consumed.read == consumed

    def test_patience_is_the_longest_wait(self) -> None:
        limit = RateLimit(write=100, patience=0.5)
        settle(limit, DELETE, units=110)
        settle(limit, PUT, units=1)
        limit = RateLimit(write=100, patience=0.5)
        settle(limit, DELETE, units=1000)
        with pytest.raises(RateExceeded, match=r"because of patience=0\.5") as refused:
            settle(limit, PUT, units=1)
        assert refused.value.seconds > 5

    def test_patience_holds_for_those_behind_others(self) -> None:
        limit = RateLimit(write=100, patience=0.5)
        settle(limit, DELETE, units=145)
        within = [AppliedLimiter(limiter_of(limit))]
        now = monotonic()
        first, second = (calls.course(ScriptedBackend(), PUT, within, lambda: now) for _ in range(2))
        for each in (first, second):
            step = next(each)
            assert not isinstance(step, Operation)
            assert step.seconds <= 0.5
        first.close()
        second.close()

    def test_wait_of_each_is_told_by_what_is_in_front_of_it(self) -> None:
        limit = RateLimit(write=10)
        settle(limit, DELETE, units=10)
        now = limiter_of(limit).gates["write"].bucket._at
        assert now is not None
        within = [AppliedLimiter(limiter_of(limit))]
        waiting = [calls.course(ScriptedBackend(), put(10), within, lambda: now) for _ in range(4)]
        seconds = [getattr(next(each), "seconds", None) for each in waiting]
        assert seconds == pytest.approx([1, 2, 3, 4], abs=0.1)
        waiting.pop(0).close()
        assert [next(each).seconds for each in waiting] == pytest.approx([1, 2, 3], abs=0.1)  # type: ignore[union-attr]
        for each in waiting:
            each.close()

    def test_nobody_overtakes_at_a_further_limit(self) -> None:
        """Whoever comes at the narrow limit lets those through that wait at the wide one, but not past others there."""
        wide = RateLimit(write=100)
        narrow = RateLimit(write=1000)
        both = [AppliedLimiter(limiter_of(each)) for each in (narrow, wide)]
        sent, large, small, following = (
            calls.course(ScriptedBackend(), put(kilobytes), within, lambda: 0.0)
            for kilobytes, within in ((80, both[1:]), (50, both[1:]), (10, both), (10, both))
        )
        assert isinstance(next(sent), PutItem)
        for _ in range(2):
            for each in (large, small, following):
                assert not isinstance(next(each), Operation)
        for each in (sent, large, small, following):
            each.close()

    def test_refused_batch_tells_what_is_left(self, books: list[Operation[Any]]) -> None:
        books.clear()
        made = [{"isbn": f"new {n}"} for n in range(40)]
        with dynamorm.rate(write=10, fail_fast=True), pytest.raises(RateExceeded) as refused:
            Book.put_batch(*made)
        assert [request.item for request in refused.value.unprocessed] == made[10:]

    @pytest.mark.parametrize("on_a_loop", [False, True])
    def test_batch_of_which_a_part_was_made_tells_the_rest(
        self, books: list[Operation[Any]], *, on_a_loop: bool
    ) -> None:
        requests = tuple(PutRequest("books", {"isbn": f"new {n}"}) for n in range(25))

        def write() -> None:
            with dynamorm.rate(write=10, fail_fast=not on_a_loop):
                current_connection().execute(BatchWrite(requests))

        async def main() -> None:
            write()

        with pytest.raises(DynamoException, match=r"(and|so it) was not sent") as refused:
            asyncio.run(main()) if on_a_loop else write()
        assert refused.value.unprocessed == requests[10:]
        assert "A part of the batch was made before" in refused.value.__notes__[0]
        assert Book.get(isbn="new 9") is not None

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({}, "A rate limits read units, write units or both. Say how many a second"),
            ({"read": 0}, "A rate can't be 0 read units a second. Give a number above 0"),
            ({"read": 10**400}, "A rate can't be 1000"),
            ({"write": -5}, "A rate can't be -5 write units a second"),
            ({"read": float("nan")}, "A rate can't be nan read units a second"),
            ({"read": float("inf")}, "A rate can't be inf read units a second"),
            ({"read": "200"}, "The read rate is a number of units a second, not str"),
            ({"read": True}, "The read rate is a number of units a second, not bool"),
            ({"read": 1, "burst": -1}, "The burst of a rate can't be -1 seconds"),
            ({"read": 1, "burst": None}, "The burst of a rate is a number of seconds, not NoneType"),
            ({"read": 1, "patience": -1}, "The patience of a rate can't be -1 seconds"),
            ({"read": 1, "patience": 1, "fail_fast": True}, "A rate with fail_fast never waits"),
            ({"read": 1, "adaptive": 1}, "adaptive of a rate is True or False, not int"),
            ({"read": 1, "fail_fast": None}, "fail_fast of a rate is True or False, not NoneType"),
        ],
    )
    def test_wrong_limit_is_refused_where_it_is_made(self, arguments: dict[str, Any], message: str) -> None:
        for make in (RateLimit, dynamorm.rate):
            with pytest.raises(DynaModelException) as refused:
                make(**arguments)
            assert str(refused.value).startswith(message)

    def test_wait_is_told_where_the_rate_rises_meanwhile(self) -> None:
        limit = RateLimit(write=100, adaptive=True, patience=3)
        with dynamorm.rate(limit), pytest.raises(Throttled):
            Connection(ScriptedBackend(Throttled("slower"))).execute(PUT)
        limiter_of(limit).gates["write"].bucket.balance = -400
        with pytest.raises(RateExceeded) as refused:
            settle(limit, PUT, units=1)
        assert refused.value.seconds == pytest.approx(5.7, abs=0.2)
        assert limit.waited < 1

    def test_block_takes_a_limit_or_its_settings(self) -> None:
        anything: Any = 200
        with pytest.raises(
            DynaModelException, match=r"rate\(\) takes a RateLimit, or the units a second by name, not int"
        ):
            dynamorm.rate(anything)
        with pytest.raises(DynaModelException, match=r"was given a RateLimit and settings of one"):
            dynamorm.rate(RateLimit(read=1), read=2)

    @pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
    def test_limit_is_not_copied(self, copied: Callable[[RateLimit], object]) -> None:
        with pytest.raises(DynaModelException, match="A RateLimit belongs to its process"):
            copied(RateLimit(read=1))


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
