"""Cassettes: a program is recorded once, and gets the same without a backend; what does not fit is said by name."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import Connection, DynaModel
from dynamorm.data import BatchWrite, GetItem, PutItem
from dynamorm.data.values import identical
from dynamorm.exceptions import (
    BackendMisconfigured,
    HashKeyExists,
    Throttled,
    TransactionConditionFailed,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing import CassetteMismatch, Faults, cassette, using_everywhere
from tests.core.testing.recordings import Order, play, put, record
from tests.core.testing.samples import EXACT
from tests.support.backends import AsyncTwin, RecordingBackend
from tests.support.tables import table_of


class Pinned(DynaModel):
    class Table:
        name = "pinned"
        hash_key = "id"
        backend = "boto3://eu-west-1"

    class Schema:
        id = fields.String(required=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassettes" / "orders.jsonl"


@pytest.fixture(autouse=True)
def _nothing_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_URL", "none")
    monkeypatch.setattr("dynamorm.engine.plans.backoff.FIRST_PAUSE", 0)


def shop() -> list[object]:
    """A program with everything."""
    seen: list[object] = []
    Order.put_batch(*({"id": str(number), "customer": "ann", "total": Decimal("1.50")} for number in range(30)))
    with dynamorm.transaction() as tx:
        tx.update(Order, id="1", total__plus=1, conditions={"total__lt": 5})
        tx.put(Order, {"id": "x", "customer": "bob"}, unique=True)
    try:
        Order.put_unique({"id": "1"})
    except HashKeyExists as error:
        seen.append((str(error), error.item))
    try:
        with dynamorm.transaction() as tx:
            tx.put(Order, {"id": "1"}, unique=True)
            tx.delete(Order, id="x")
    except TransactionConditionFailed as error:
        seen += [str(error), repr(error.reasons), [reason.item for reason in error.reasons]]
    seen += sorted(order.id for order in Order.ByCustomer.query(customer="ann"))
    seen += [Order.scan().count(), sorted(order.id for order in Order.get_batch([{"id": "1"}, {"id": "2"}]))]
    order = Order.get(id="1", consistent=True)
    assert order is not None
    seen.append(order.to_dict())
    order.update(total__minus=Decimal("0.1"), return_all=True)
    return [*seen, order.to_dict(), table_of(Order).exists]


async def awaited_shop() -> list[object]:
    await Order.aput_batch(*({"id": str(number), "customer": "ann"} for number in range(30)))
    async with dynamorm.transaction() as tx:
        tx.put(Order, {"id": "x"})
    found = await asyncio.gather(*(Order.aget(id=str(number)) for number in range(20)))
    return [
        [order.id for order in found if order is not None],
        sorted([order.id async for order in Order.ByCustomer.query(customer="ann")]),
    ]


def test_program_gets_the_same_without_a_backend(path: Path) -> None:
    recorded = record(path, shop)
    for _ in range(2):
        assert play(path, shop) == recorded


def test_awaited_program_gets_the_same_without_a_backend(path: Path) -> None:
    recorded = record(path, lambda: asyncio.run(awaited_shop()))
    for _ in range(3):
        assert play(path, lambda: asyncio.run(awaited_shop())) == recorded


def test_what_was_recorded_blocking_can_not_be_told_from_what_was_awaited(path: Path) -> None:
    record(path, lambda: put("1", "2"))

    async def main() -> None:
        for each in ("1", "2"):
            await Order.aput({"id": each})

    play(path, lambda: asyncio.run(main()))


def test_backends_of_all_kinds_are_recorded(path: Path, sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory) as connection:
        table_of(Order).create_table()
    targets: tuple[Backend | Connection, ...] = (sqlite_memory, connection, Faults(sqlite_memory))
    for number, target in enumerate(targets):
        own = path.with_name(f"{number}.jsonl")
        with cassette(own, target):
            put("1")
        play(own, lambda: put("1"))


def test_asynchronous_backend_is_recorded(path: Path, sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory):
        table_of(Order).create_table()

    async def main() -> None:
        with cassette(path, AsyncTwin(sqlite_memory)):
            await Order.aput({"id": "1"})

    asyncio.run(main())
    play(path, lambda: put("1"))


def test_backend_that_is_named_is_opened_for_the_block(path: Path) -> None:
    with cassette(path, "sqlite:///:memory:") as connection:
        table_of(Order).create_table()
        put("1")
        assert connection.execute(GetItem("orders", {"id": "1"})).item == {"id": "1"}
    text = path.read_text()
    with cassette(path, "boto3://eu-west-1"):
        table_of(Order).create_table()
        put("1")
        Order.get(id="1")
    assert path.read_text() == text


def test_all_models_are_recorded_in_all_threads(path: Path) -> None:
    def program() -> None:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda number: Pinned.put({"id": str(number)}), range(20)))

    with cassette(path, "sqlite:///:memory:"):
        table_of(Pinned).create_table()
        program()
    for _ in range(3):
        with cassette(path):
            table_of(Pinned).create_table()
            program()


def test_other_threads_may_come_earlier_or_later(path: Path) -> None:
    def put_in_a_thread() -> None:
        with ThreadPoolExecutor(1) as threads:
            threads.submit(put, "thread").result()

    def program(*steps: Callable[[], None]) -> None:
        table_of(Order).create_table()
        for step in steps:
            step()

    def first() -> None:
        put("first")

    def last() -> None:
        put("last")

    with cassette(path, "sqlite:///:memory:"):
        program(first, put_in_a_thread, last)
    with cassette(path):
        program(first, last, put_in_a_thread)
    with cassette(path):
        program(put_in_a_thread, first, last)
    with pytest.raises(CassetteMismatch), cassette(path):
        program(last, put_in_a_thread, first)


def test_requests_of_one_batch_are_sent_one_after_the_other(path: Path, sqlite_memory: Backend) -> None:
    recording = RecordingBackend(sqlite_memory)
    recording.max_concurrency = 10
    with dynamorm.using(recording), cassette(path) as connection:
        assert connection.max_concurrency == 1
    with cassette(path) as connection:
        assert connection.max_concurrency == 1


def test_cassette_comes_before_a_block_and_before_what_is_connected(path: Path, sqlite_memory: Backend) -> None:
    record(path, lambda: put("1"))
    recording = RecordingBackend(sqlite_memory)
    with dynamorm.using(recording):
        play(path, lambda: put("1"))
    with using_everywhere(recording):
        play(path, lambda: put("1"))
    assert recording.sent == []


def test_names_of_tables_have_no_prefix(path: Path) -> None:
    def program() -> list[object]:
        Order.put_unique({"id": "1"})
        with pytest.raises(HashKeyExists):
            Order.put_unique({"id": "1"})
        Order.put_batch({"id": "2"}, {"id": "3"})
        found = sorted(order.id for order in Order.get_batch([{"id": "2"}, {"id": "3"}]))
        return [found, table_of(Order).exists]

    with dynamorm.using("sqlite:///:memory:", table_prefix="pytest-1-"):
        table_of(Order).create_table()
        with cassette(path):
            recorded = program()
    assert "pytest-1-" not in path.read_text()
    assert play(path, program) == recorded
    with dynamorm.using("sqlite:///:memory:", table_prefix="dev-"):
        assert play(path, program) == recorded


def test_consumed_capacity_is_asked_for_as_it_was(path: Path) -> None:
    with dynamorm.using("sqlite:///:memory:", return_consumed_capacity="TOTAL"):
        table_of(Order).create_table()
        with cassette(path):
            put("1")
    assert '"total": 1.0' in path.read_text()
    play(path, lambda: put("1"))


def test_exceptions_come_with_their_attempts(path: Path) -> None:
    faults = Faults("sqlite:///:memory:")
    with dynamorm.using(faults):
        table_of(Order).create_table()
    faults.lose_response(PutItem, retry=True)
    faults.throttle(GetItem, reason="TableReadKeyRangeThroughputExceeded")
    faults.leave_unprocessed(BatchWrite, keep=3, times=2)

    def program() -> list[object]:
        with pytest.raises(HashKeyExists) as exists:
            Order.put_unique({"id": "1"})
        with pytest.raises(Throttled) as throttled:
            Order.get(id="1")
        Order.put_batch(*({"id": str(number)} for number in range(10)))
        error, other = exists.value, throttled.value
        return [str(error), error.retries, error.may_be_own, type(other), str(other), other.tries, other.reasons]

    with cassette(path, faults):
        recorded = program()
    assert play(path, program) == recorded


# What does not fit


def mismatch(path: Path, program: Callable[[], object], **options: Any) -> str:
    with pytest.raises(CassetteMismatch) as caught:
        play(path, program, **options)
    message = str(caught.value)
    assert message.startswith(("PutItem", "GetItem", "UpdateItem", "TransactWrite", f"The cassette '{path}'"))
    assert message.endswith("If the program is right, delete the file to record it again.")
    return message.replace(f"'{path}'", "FILE")


def test_operation_that_differs_is_shown_beside_the_nearest_one(path: Path) -> None:
    record(path, lambda: put("secret-1", total=Decimal("5.5"), customer="ann"))
    message = mismatch(path, lambda: put("secret-1", total=Decimal("7.5"), created="now"))
    assert message.startswith(
        "PutItem on table 'orders' is not recorded in the cassette FILE. The nearest recorded one is PutItem on table "
        "'orders' (line 2), which differs in item.created, item.customer, item.total. "
    )
    assert "secret" not in message
    assert "No further operation on this table" not in message


def test_operation_of_another_kind_is_shown_with_the_next_one(path: Path) -> None:
    record(path, lambda: put("1"))
    message = mismatch(path, lambda: Order.get(id="1"))
    assert "The next recorded operation on this table is PutItem on table 'orders' (line 2)." in message


def test_operation_that_is_sent_again_is_not_recorded_twice(path: Path) -> None:
    record(path, lambda: put("1"))
    assert "It is recorded once, and the program sends it again." in mismatch(path, lambda: put("1", "1"))
    assert "No further operation on this table is recorded." in mismatch(path, lambda: put("1", "2"))


def test_operations_come_in_order(path: Path) -> None:
    record(path, lambda: put("1", "2", "3"))
    message = mismatch(path, lambda: put("1", "3", "2"))
    assert (
        "It is recorded, as PutItem on table 'orders' (line 4), after PutItem on table 'orders' (line 3), which the program "
        "has not sent yet."
    ) in message


def test_values_are_exact(path: Path) -> None:
    with dynamorm.using("sqlite:///:memory:") as connection:
        table_of(Order).create_table()
        with cassette(path) as recording:
            item = {name: value for name, value in EXACT.items() if name} | {"id": "1"}
            recording.execute(PutItem("orders", item))
            recorded = recording.execute(GetItem("orders", {"id": "1"}))
        assert connection.execute(GetItem("orders", {"id": "1"})) == recorded
    with cassette(path) as playing:
        playing.execute(PutItem("orders", item))
        played = playing.execute(GetItem("orders", {"id": "1"}))
    assert identical(played.item, recorded.item)


def test_equal_operations_have_their_results_in_order(path: Path) -> None:
    def program() -> list[object]:
        seen = []
        for number in range(3):
            order = Order.get(id="1")
            seen.append(order and order.customer)
            put("1", customer=str(number))
        return seen

    record(path, program)
    assert play(path, program) == [None, "0", "1"]


def test_tables_have_orders_of_their_own(path: Path) -> None:
    def program(models: Iterable[type[DynaModel]]) -> None:
        for model in models:
            model.put({"id": "1"})

    with cassette(path, "sqlite:///:memory:"):
        for model in (Order, Pinned):
            table_of(model).create_table()
        program((Order, Pinned))
    with cassette(path):
        for model in (Pinned, Order):
            table_of(model).create_table()
        program((Pinned, Order))


def test_recorded_operations_have_to_be_sent(path: Path) -> None:
    record(path, lambda: put("1", "2"))
    assert mismatch(path, lambda: put("1")).startswith(
        "The cassette FILE has operations that the program has not sent: PutItem on table 'orders' (line 3)."
    )


def test_mismatch_that_the_program_has_caught_is_raised_at_the_end(path: Path) -> None:
    record(path, lambda: put("1"))

    def program() -> None:
        put("1")
        with suppress(Exception):
            put("2")

    assert mismatch(path, program).startswith("PutItem on table 'orders' is not recorded")


def test_failure_of_the_program_is_what_is_seen(path: Path) -> None:
    record(path, lambda: put("1", "2"))

    def program() -> None:
        put("1")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        play(path, program)


def test_values_that_differ_each_time_can_be_ignored(path: Path) -> None:
    def program(created: str) -> Callable[[], object]:
        def run() -> None:
            put("1", created=created, customer="ann")
            Order.update_item(id="1", created=f"{created}!", customer="bob", conditions={"created__lte": created})
            with dynamorm.transaction() as tx:
                tx.put(Order, {"id": "2", "created": created})

        return run

    record(path, program("monday"), ignore=["created"])
    play(path, program("tuesday"), ignore=["created"])
    assert "item.created" in mismatch(path, program("tuesday"))
    assert "monday" in path.read_text()


def test_token_of_a_transaction_does_not_matter(path: Path) -> None:
    def program() -> None:
        with dynamorm.transaction() as tx:
            tx.put(Order, {"id": "1"})

    record(path, program)
    assert "token" not in path.read_text()
    play(path, program)


def test_values_can_be_scrubbed_from_the_file(path: Path) -> None:
    def scrub(name: str, value: Any) -> Any:
        return f"customer-{len(value)}" if name == "customer" else value

    def program() -> object:
        put("1", customer="ann@example.com")
        found = list(Order.ByCustomer.query(customer="ann@example.com"))
        return [order.customer for order in found]

    assert record(path, program, scrub=scrub) == ["ann@example.com"]
    assert "example.com" not in path.read_text()
    assert play(path, program, scrub=scrub) == ["customer-15"]
    with pytest.raises(BackendMisconfigured) as caught, cassette(path, scrub="customer"):  # type: ignore[arg-type]
        pass
    assert "scrub is a function that gets the name and the value of an attribute" in str(caught.value)
    with pytest.raises(BackendMisconfigured, match=r"scrub returned a value of the type object for '(id|customer)'"):
        play(path, program, scrub=lambda _name, _value: object())


def test_cassette_within_another_one_is_refused(path: Path, sqlite_memory: Backend) -> None:
    """The outer one would have what the inner one records, and miss it when the inner one plays."""
    inner = path.with_name("payments.jsonl")
    for mode in ("while it records", "while it plays"):
        with using_everywhere(sqlite_memory), cassette(path), pytest.raises(BackendMisconfigured) as caught:
            cassette(inner).__enter__()
        assert re.match(
            f"The cassette '{inner}' would be within another one, '{path}', which .* Use one", str(caught.value)
        ), mode
        assert not inner.exists()


def test_cassette_of_another_backend_may_be_within_one(path: Path, sqlite_memory: Backend) -> None:
    inner = path.with_name("payments.jsonl")
    with using_everywhere(sqlite_memory):
        table_of(Order).create_table()
    for _ in range(2):
        with using_everywhere(sqlite_memory), cassette(path):
            put("1")
            with cassette(inner, "sqlite:///:memory:"):
                table_of(Order).create_table()
                put("2")
            put("3")
