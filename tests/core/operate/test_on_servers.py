"""What inspects, reads and deletes, on DynamoDB's own server: segments, pages, costs, and what is left."""

from __future__ import annotations

from typing import Any

import pytest

import dynamorm
from dynamorm import operate
from dynamorm.data import PutItem
from dynamorm.operate import TableCondition
from dynamorm.ports.backends import Backend
from tests.core.operate.sales import Sale


@pytest.fixture(params=["sqlite_memory", "local"])
def backend(request: pytest.FixtureRequest) -> Any:
    backend: Backend = request.getfixturevalue(request.param)
    with dynamorm.using(backend):
        Sale.Table.create_table()  # type: ignore[attr-defined]
        Sale.put_batch(*({"shop": f"s{number % 7}", "number": number, "notes": "x" * 90_000} for number in range(60)))
        Sale.put_batch(*({"shop": f"t{number}", "number": number, "day": "1"} for number in range(300)))
        backend.execute(PutItem("sales", {"shop": "s1", "number": 1000, "notes": 5}))
        yield backend
        Sale.Table.delete()  # type: ignore[attr-defined]


def test_all_three(backend: Backend) -> None:
    found = operate.inspect(Sale, sample=None)
    assert (found.items, found.complete, found.invalid) == (361, True, 1)
    assert {each.spec.name: each.absent for each in found.indexes} == {"by-day": 61, "by-clerk": 361}
    assert found.busiest is not None
    assert found.busiest.items == 10
    assert found.capacity is not None
    assert found.capacity > 600
    sampled = operate.inspect(Sale, sample=30, seed=1)
    assert 30 <= sampled.items <= 60
    assert not sampled.complete
    assert sampled.total_segments >= 20

    pages = list(operate.query_table("sales", TableCondition("shop", values=("s1",))).pages())
    assert [row.item["number"] for page in pages for row in page.rows] == [*range(1, 60, 7), 1000]
    first, *_ = operate.query_table("sales", TableCondition("shop", values=("s1",)), limit=3).pages()
    rest = operate.query_table("sales", TableCondition("shop", values=("s1",)), after=first.cursor)
    assert sum(len(page.rows) for page in rest.pages()) == 7
    read = operate.read_rows(Sale.query(shop="s1"))
    assert [row.problems for page in read for row in page.rows][-1] == ("notes: Not a valid string.",)

    size = operate.partition_size(Sale, {"shop": "s1"})
    assert (size.items, size.index_capacity) == (10, {})
    assert size.write_capacity == 9 * 88 + 1
    assert operate.partition_size("sales", {"shop": "t5"}).index_capacity == {"by-day": 1.0}
    assert operate.delete_partition(Sale, {"shop": "s1"}).deleted == 10
    assert operate.delete_partition("sales", {"shop": "s2"}).deleted == 9
    assert operate.inspect("sales", sample=None).items == 342
