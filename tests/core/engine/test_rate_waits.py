"""Operations that wait for their units, in threads and tasks, and those that may not wait so long."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest

import dynamorm
from dynamorm import Connection, RateLimit
from dynamorm.data import (
    BatchWrite,
    ConsumedCapacity,
    Operation,
    PageResult,
    PutItem,
    PutRequest,
    Scan,
    WriteResult,
)
from dynamorm.engine.run.connections import current_connection
from dynamorm.engine.run.rate_limits import limiter_of
from dynamorm.engine.run.rates import calls, estimates, gates
from dynamorm.engine.run.rates.limiters import AppliedLimiter
from dynamorm.exceptions import (
    BackendUnavailable,
    DynaModelException,
    DynamoException,
    RateExceeded,
    Throttled,
)
from tests.core.engine.rated_books import DELETE, MANY, PUT, Book, put, settle
from tests.support.backends import ScriptedBackend
from tests.support.ticking import Ticker


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
