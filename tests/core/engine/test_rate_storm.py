"""Threads and tasks share limits of rate, and are cancelled anywhere: nobody is forgotten, and no unit is lost."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from threading import Lock, Thread
from typing import Any, TypeVar, cast

import dynamorm
from dynamorm import Connection, RateLimit
from dynamorm.data import ConsumedCapacity, GetItem, ItemResult, Operation, PutItem, WriteResult
from dynamorm.engine.run.rate_limits import limiter_of
from dynamorm.exceptions import RateExceeded, Throttled
from dynamorm.ports.backends import Backend, Capability
from tests.support.backends import AsyncTwin
from tests.support.counts import COUNTS

Result = TypeVar("Result")

GET, PUT = GetItem("books", {"isbn": "1"}), PutItem("books", {"isbn": "1"})
#: How many operations each thread and each task executes.
OPERATIONS = 40
TASKS = 10


class Service(Backend):
    """Charges some units for each operation, and throttles some."""

    capabilities = frozenset({Capability.CONSUMED_CAPACITY})

    def __init__(self, seed: int) -> None:
        self.charged = {GetItem: 0.0, PutItem: 0.0}
        self.executed = 0
        self._numbers = random.Random(seed)
        self._lock = Lock()

    def execute(self, operation: Operation[Result]) -> Result:
        with self._lock:
            self.executed += 1
            if self._numbers.random() < 0.02:
                raise Throttled("slower")
            units = self._numbers.choice([0.5, 1.0, 5.0])
            self.charged[cast("Any", type(operation))] += units
        consumed = (ConsumedCapacity("books", units),)
        result = ItemResult(None, consumed) if isinstance(operation, GetItem) else WriteResult(None, consumed)
        return cast("Result", result)

    def close(self) -> None:
        pass


def outlive_storm_of_rates(operations: int, seed: int) -> None:
    """Execute *operations* in each of some threads and tasks within limits that they share, and cancel some."""
    service = Service(seed)
    speed = 2000.0
    of_connection = RateLimit(read=4 * speed, write=4 * speed, burst=0.05)
    of_table = RateLimit(write=3 * speed, burst=0.01)
    of_block = RateLimit(read=2 * speed, burst=0.02)
    impatient = RateLimit(read=3 * speed, write=3 * speed, burst=0.02, patience=0.02)
    limiter_of(of_table).narrow()

    def chosen(numbers: random.Random) -> tuple[Any, RateLimit]:
        return numbers.choice([GET, PUT]), numbers.choice([of_block, impatient])

    def work(seed: int) -> None:
        numbers, connection = random.Random(seed), Connection(service, rate=of_connection)
        connection.limit_table("books", of_table)
        for _ in range(operations):
            operation, limit = chosen(numbers)
            with dynamorm.rate(limit), suppress(RateExceeded, Throttled):
                connection.execute(operation)

    async def one(connection: Connection, operation: Any, limit: RateLimit) -> None:
        with dynamorm.rate(limit), suppress(RateExceeded, Throttled):
            await connection.aexecute(operation)

    async def many(seed: int) -> None:
        numbers, connection = random.Random(seed), Connection(AsyncTwin(service), rate=of_connection)
        connection.limit_table("books", of_table)
        for _ in range(operations):
            tasks = [asyncio.ensure_future(one(connection, *chosen(numbers))) for _ in range(TASKS)]
            await asyncio.sleep(numbers.choice([0, 0.001, 0.005]))
            for task in numbers.sample(tasks, TASKS // 3):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    threads = [Thread(target=work, args=(seed + number,)) for number in range(4)]
    threads += [Thread(target=lambda own: asyncio.run(many(own)), args=(seed - number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    COUNTS["operations within rates"] += service.executed
    assert of_connection.consumed == (service.charged[GetItem], service.charged[PutItem])
    assert of_table.consumed.write == service.charged[PutItem]
    assert of_block.consumed.read + impatient.consumed.read == service.charged[GetItem]
    for limit in (of_connection, of_table, of_block, impatient):
        # Nobody is left in a queue: the next one goes through as soon as its units are there.
        for operation in (GET, PUT):
            with dynamorm.rate(limit), suppress(Throttled):
                Connection(service).execute(operation)


def test_storm() -> None:
    outlive_storm_of_rates(OPERATIONS, seed=1)
