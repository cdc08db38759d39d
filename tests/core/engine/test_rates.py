"""Limits of rate as programs use them: in blocks, on connections and on tables."""

from __future__ import annotations

import asyncio
from threading import Thread
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import Connection, DynaModel, Key, RateLimit, SharedTable
from dynamorm.data import (
    Operation,
)
from dynamorm.engine.run.connections import current_connection
from dynamorm.engine.run.rate_limits import limiter_of
from dynamorm.engine.run.rates import calls
from dynamorm.engine.run.rates.limiters import AppliedLimiter
from dynamorm.exceptions import (
    BackendMisconfigured,
    DynaModelException,
)
from dynamorm.testing import Faults
from tests.core.engine.rated_books import MANY, PUT, Book, settle
from tests.support.backends import RecordingBackend, ScriptedBackend
from tests.support.tables import table_of


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
