"""``delete_partition``: what it costs, that nothing is left, and what happens to guards."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import dynamorm
from dynamorm import operate
from dynamorm.data import BatchWrite, Operation, PutItem, Query, Scan
from dynamorm.exceptions import BackendUnavailable, DynaModelException, InvalidKey, UnknownKind
from dynamorm.ports.backends import Backend
from dynamorm.progress import Progress
from tests.core.operate.sales import Sale
from tests.support.backends import RecordingBackend
from tests.support.shop_models import Customer, Order, Shop


@pytest.fixture
def backend(sqlite_memory: Backend) -> Iterator[Backend]:
    with dynamorm.using(sqlite_memory):
        Sale.Table.create_table()  # type: ignore[attr-defined]
        Shop.create_table()
        for shop in ("a", "b"):
            Sale.put_batch(*({"shop": shop, "number": number, "day": "1", "notes": "x" * 1500} for number in range(40)))
        for customer in ("1", "2"):
            Customer(customer_id=customer, email=f"{customer}@x").save()
            Order(customer_id=customer, number="1").save()
        yield sqlite_memory


def stored(backend: Backend, table: str) -> list[Any]:
    return list(backend.execute(Scan(table)).items)


@pytest.mark.parametrize(("table", "raw"), [(Sale, False), (Sale, True), ("sales", False)])
def test_the_cost_is_told_and_the_partition_is_emptied(backend: Backend, table: Any, raw: bool) -> None:
    size = operate.partition_size(table, {"shop": "a"}, raw=raw)
    assert (size.table, size.items, size.through_models) == ("sales", 40, False)
    assert 60_000 < size.size < 64_000
    assert size.read_capacity == 7.5
    assert (size.write_capacity, size.index_capacity) == (80.0, {"by-day": 80.0})
    recording = RecordingBackend(backend)
    reports: list[Progress] = []
    deleted = operate.delete_partition(table, {"shop": "a"}, raw=raw, backend=recording, progress=reports.append)
    assert deleted == operate.DeletedPartition("sales", 40, 0)
    assert {item["shop"] for item in stored(backend, "sales")} == {"b"}
    queries = [each for each in recording.sent if isinstance(each, Query)]
    assert all(query.consistent for query in queries)
    assert {str(path) for query in queries for path in query.projection or ()} == {"shop", "number"}
    assert len(queries) == 2
    assert (reports[-1].done, reports[-1].finished) == (40, True)
    assert operate.delete_partition(table, {"shop": "a"}, raw=raw).deleted == 0


def test_guards_are_kept_by_deleting_through_the_models(backend: Backend) -> None:
    size = operate.partition_size(Shop, {"customer_id": "1"})
    assert (size.items, size.through_models) == (2, True)
    assert operate.delete_partition(Shop, {"customer_id": "1"}).deleted == 2
    assert len([item for item in stored(backend, "shop") if item["pk"].startswith("CUSTOMER#")]) == 2
    Customer(customer_id="3", email="1@x").save()


def test_raw_deletes_the_items_alone(backend: Backend) -> None:
    with pytest.raises(InvalidKey, match="The hash key of the table 'shop' is 'pk', and customer_id was given"):
        operate.delete_partition(Shop, {"customer_id": "1"}, raw=True)
    assert operate.delete_partition(Shop, {"pk": "CUSTOMER#1"}, raw=True).deleted == 2
    # The guard of the unique value stays.
    assert len(stored(backend, "shop")) == 4
    with pytest.raises(dynamorm.exceptions.NotUnique):
        Customer(customer_id="3", email="1@x").save()


def test_a_model_of_a_shared_table_deletes_its_own_items(backend: Backend) -> None:
    assert operate.partition_size(Order, {"customer_id": "1"}).items == 1
    assert operate.delete_partition(Order, {"customer_id": "1"}).deleted == 1
    assert Customer.get(customer_id="1") is not None


def test_items_of_no_kind_are_deleted_raw_only(backend: Backend) -> None:
    backend.execute(PutItem("shop", {"pk": "CUSTOMER#1", "sk": "X"}))
    with pytest.raises(UnknownKind):
        operate.delete_partition(Shop, {"customer_id": "1"})
    assert operate.delete_partition("shop", {"hash": "CUSTOMER#1"}).deleted == 3


class Meddling(RecordingBackend):
    """Writes another item after each batch, *times* times."""

    def __init__(self, backend: Backend, times: int) -> None:
        super().__init__(backend)
        self.times = times

    def execute(self, operation: Operation[Any]) -> Any:
        result = super().execute(operation)
        if isinstance(operation, BatchWrite) and self.times:
            self.times -= 1
            self._backend.execute(PutItem("sales", {"shop": "a", "number": -self.times}))
        return result


@pytest.mark.parametrize("table", [Sale, "sales"])
def test_it_asks_again_until_the_partition_is_empty(backend: Backend, table: Any) -> None:
    deleted = operate.delete_partition(table, {"shop": "a"}, backend=Meddling(backend, 3))
    assert (deleted.deleted, deleted.written_meanwhile > 0) == (43, True)
    assert {item["shop"] for item in stored(backend, "sales")} == {"b"}


def test_it_gives_up_when_others_write_all_the_time(backend: Backend) -> None:
    with pytest.raises(BackendUnavailable, match="Others write to this partition of 'sales' faster than it is deleted"):
        operate.delete_partition("sales", {"shop": "a"}, backend=Meddling(backend, 10_000))


class Interrupting(RecordingBackend):
    """Raises KeyboardInterrupt in place of the third batch."""

    def execute(self, operation: Operation[Any]) -> Any:
        if isinstance(operation, BatchWrite) and sum(isinstance(each, BatchWrite) for each in self.sent) == 1:
            raise KeyboardInterrupt
        return super().execute(operation)


@pytest.mark.parametrize("table", [Sale, "sales"])
def test_an_interrupted_deletion_is_done_by_another_call(backend: Backend, table: Any) -> None:
    with pytest.raises(KeyboardInterrupt) as raised:
        operate.delete_partition(table, {"shop": "a"}, backend=Interrupting(backend))
    assert "items of the partition were deleted before" in "".join(raised.value.__notes__)
    left = len([item for item in stored(backend, "sales") if item["shop"] == "a"])
    assert 0 < left < 40
    assert operate.delete_partition(table, {"shop": "a"}).deleted == left


@pytest.mark.parametrize(
    ("table", "key", "message"),
    [
        (Sale, {}, "takes the fields of the hash key, and was given nothing"),
        (Sale, {"shop": "a", "number": 1}, "was given shop and number"),
        (
            "sales",
            {"shop": "a", "number": 1},
            "The hash key of the table 'sales' is 'shop', and shop and number was given",
        ),
        ("sales", {"shop": 1}, "The hash key 'shop' of the table 'sales' is .*, and was given another type"),
    ],
)
def test_anything_but_a_hash_key_is_refused(backend: Backend, table: Any, key: dict[str, Any], message: str) -> None:
    recording = RecordingBackend(backend)
    for call in (operate.partition_size, operate.delete_partition):
        with pytest.raises(InvalidKey, match=message):
            call(table, key, backend=recording)
    assert recording.sent == []


def test_it_keeps_a_rate(backend: Backend) -> None:
    limit = dynamorm.RateLimit(read=100_000, write=100_000)
    size = operate.partition_size(Sale, {"shop": "a"}, rate=limit)
    assert limit.consumed == (size.read_capacity, 0)
    assert operate.delete_partition(Sale, {"shop": "a"}, rate=limit).deleted == 40
    assert limit.consumed.write == size.write_capacity + sum(size.index_capacity.values())
    assert operate.delete_partition("sales", {"shop": "b"}, rate=100_000).deleted == 40
    with pytest.raises(DynaModelException):
        operate.delete_partition(Sale, {"shop": "a"}, rate=-1)


def test_it_works_awaited(backend: Backend) -> None:
    async def program() -> None:
        assert (await operate.apartition_size(Sale, {"shop": "a"}, backend=backend)).items == 40
        assert (await operate.adelete_partition(Sale, {"shop": "a"}, backend=backend)).deleted == 40

    asyncio.run(program())
