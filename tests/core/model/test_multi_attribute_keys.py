"""Indexes whose keys have several fields: definition, queries, pages, relationships and tables, on every backend."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, ManyToOne, OneToMany, ProjectAll, ProjectKeys, Q
from dynamorm.data import IndexSpec, KeyAttribute, Query
from dynamorm.exceptions import DynaModelException, DynamoException, InvalidKey, InvalidOperator, MissingKey
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library

SECRET = "s3cr3t-v4lu3"


class Sale(DynaModel):
    class Table:
        name = "sales"
        hash_key = "id"

    class ByTime(GlobalIndex):
        name = "by-time"
        hash_key = ("tenant", "region")
        range_key = ("year", "month", "day")
        projection = ProjectAll()

    class Keys(GlobalIndex):
        name = "keys"
        hash_key = ("region", "tenant")
        projection = ProjectKeys()

    class ByDay(GlobalIndex):
        name = "by-day"
        hash_key = "tenant"
        range_key = ("day", "id")
        projection = ProjectKeys()

    class Schema:
        id = fields.text(required=True)
        tenant = fields.text()
        region = fields.integer(attribute="Region")
        year = fields.integer()
        month = fields.text(attribute="Month")
        day = fields.date()
        price = fields.integer()


class Shop(DynaModel):
    class Table:
        name = "shops"
        hash_key = "tenant"

    class ByCity(GlobalIndex):
        name = "by-city"
        hash_key = ("city", "owner")
        projection = ProjectAll()

    class Schema:
        tenant = fields.text(required=True)
        city = fields.text()
        owner = fields.text()

    sales = OneToMany(
        Sale,
        index="ByTime",
        query=lambda shop: {"tenant": shop.tenant, "region": 1},
        back_query=lambda sale: {"tenant": sale.tenant},
    )


class Visit(DynaModel):
    class Table:
        name = "visits"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        city = fields.text()
        owner = fields.text()

    shop = ManyToOne(
        Shop,
        query=lambda visit: {"city": visit.city, "owner": visit.owner},
        index="ByCity",
    )


DAY = datetime.date(2025, 5, 17)


@pytest.fixture
def sold(connected: Backend) -> Backend:
    table_of(Sale).create_table()
    number = 0
    for year in (2024, 2025):
        for month in ("05", "06"):
            for day in (1, 2, 3):
                number += 1
                Sale.put(
                    {
                        "id": f"{number:02}",
                        "tenant": "t",
                        "region": 1,
                        "year": year,
                        "month": month,
                        "day": datetime.date(year, int(month), day),
                        "price": number,
                    }
                )
    Sale.put({"id": "other region", "tenant": "t", "region": 2, "year": 2025, "month": "05", "day": DAY})
    Sale.put({"id": "other tenant", "tenant": "u", "region": 1, "year": 2025, "month": "05", "day": DAY})
    Sale.put({"id": "no day", "tenant": "t", "region": 1, "year": 2025, "month": "05"})
    return connected


def numbers(found: Any) -> list[int]:
    return [int(sale.id) for sale in found]


@pytest.mark.parametrize(
    ("lookups", "found"),
    [
        ({}, range(1, 13)),
        ({"year": 2025}, range(7, 13)),
        ({"year__lt": 2025}, range(1, 7)),
        ({"year__between": [2025, 2030]}, range(7, 13)),
        ({"year": 2024, "month": "06"}, range(4, 7)),
        ({"month__gte": "06", "year": 2025}, range(10, 13)),
        ({"year": 2024, "month__begins_with": "05"}, range(1, 4)),
        ({"year": 2025, "month": "05", "day__gt": datetime.date(2025, 5, 1)}, range(8, 10)),
        ({"year": 2025, "month": "05", "day": "2025-05-03"}, [9]),
        ({"year": 2025, "price__gt": 10}, [11, 12]),
        ({"year": 2025, "month__lte": "05", "id__ne": "08"}, [7, 9]),
    ],
)
def test_query_by_several_fields(sold: Backend, lookups: dict[str, Any], found: list[int]) -> None:
    assert numbers(Sale.ByTime.query(tenant="t", region=1, **lookups)) == list(found)
    backwards = Sale.ByTime.query(tenant="t", region=1, **lookups).reverse().limit(2)
    assert numbers(backwards) == list(found)[::-1][:2]
    assert Sale.ByTime.query(tenant="t", region=1, **lookups).count() == len(found)


def test_query_by_expressions(sold: Backend) -> None:
    keys = (Sale.tenant == "t") & Q(region=1)
    assert numbers(Sale.ByTime.query(keys, Sale.year == 2025, Sale.month > "05")) == [10, 11, 12]
    assert numbers(Sale.ByTime.query(keys, Q(price=3) | Q(price=9), year__gte=2025)) == [9]


def test_pages_follow_one_another(sold: Backend) -> None:
    sales = Sale.ByTime.query(tenant="t", region=1, year=2025).limit(2)
    assert numbers(sales) == [7, 8]
    assert sales.last == {
        "id": "08",
        "tenant": "t",
        "Region": 1,
        "year": 2025,
        "Month": "05",
        "day": "2025-05-02",
    }
    assert numbers(sales.again()) == [9, 10]
    elsewhere = Sale.ByTime.query(tenant="t", region=1, year=2025).start(sales.last)
    assert numbers(elsewhere) == [11, 12]


def test_limit_bounds_all_pages_together(sold: Backend) -> None:
    sales = Sale.ByTime.query(tenant="t", region=1, price__gt=3).limit(4)
    assert numbers(sales) == [4, 5, 6, 7]
    assert sales.last is not None
    assert numbers(sales.again()) == [8, 9, 10, 11]
    assert len(Sale.ByTime.query(tenant="t", region=1)) == 12


def test_index_holds_its_keys_and_lacks_items_without_all_of_them(sold: Backend) -> None:
    assert sorted(sale.id for sale in Sale.Keys.query(tenant="t", region=2)) == ["other region"]
    keys = Sale.Keys.query(tenant="t", region=1, id="no day")
    assert [(sale.id, sale.tenant, sale.region, sale.year) for sale in keys] == [("no day", "t", 1, None)]
    assert len(Sale.ByTime.scan()) == 14
    assert [sale.id for sale in Sale.ByDay.query(tenant="t", day=DAY)] == ["other region"]
    assert len(Sale.ByDay.query(tenant="t")) == 13


def test_index_follows_each_of_its_fields(sold: Backend) -> None:
    Sale.update_item(id="07", region=3)
    assert numbers(Sale.ByTime.query(tenant="t", region=3)) == [7]
    (sale,) = Sale.ByTime.query(tenant="t", region=3, year=2025)
    sale.month = None
    sale.save()
    assert list(Sale.ByTime.query(tenant="t", region=3)) == []
    sale.update(month="12")
    assert numbers(Sale.ByTime.query(tenant="t", region=3, year=2025, month="12")) == [7]


def test_projections_of_a_query(sold: Backend) -> None:
    (sale,) = Sale.ByTime.query(tenant="t", region=1, year=2025, month="06").limit(1).specific_attributes(["price"])
    assert (sale.price, sale.month) == (10, None)


def test_relationship_through_an_index_of_several_fields(sold: Backend) -> None:
    table_of(Shop).create_table()
    table_of(Visit).create_table()
    shop = Shop(tenant="t", city="Oslo", owner="ann")
    shop.save()
    Shop(tenant="u", city="Oslo", owner="bob").save()
    assert len(shop.sales) == 12
    assert numbers(shop.sales.filter(year=2025, month__gt="05")) == [10, 11, 12]
    assert numbers(shop.sales.filter(year=2024).reverse().limit(2)) == [6, 5]
    (sale,) = Sale.ByTime.query(tenant="t", region=1, year=2024, month="05").limit(1)
    assert sale.shop.city == "Oslo"
    Visit(id="1", city="Oslo", owner="bob").save()
    visit = Visit.get(id="1")
    assert visit is not None
    assert visit.shop is not None
    assert visit.shop.tenant == "u"


def test_prefetch_for_a_page_of_such_an_index(sold: Backend) -> None:
    table_of(Shop).create_table()
    Shop(tenant="t", city="Oslo").save()
    sales = list(Sale.ByTime.query(tenant="t", region=1, year=2025).prefetch("shop"))
    assert {sale.shop.city for sale in sales} == {"Oslo"}
    with pytest.raises(DynaModelException, match="shop"):
        Visit.scan().prefetch("shop")


def test_operation_that_is_sent(recorder: RecordingBackend) -> None:
    table_of(Sale).create_table()
    assert list(Sale.ByTime.query(year=2025, tenant="t", month__gte="05", region=1)) == []
    (query,) = recorder.sent
    assert isinstance(query, Query)
    assert query.key_condition.hash_values == {"tenant": "t", "Region": 1}
    assert [type(condition).__name__ for condition in query.key_condition.range_conditions] == ["Comparison"] * 2
    assert query.filter is None


REFUSED: dict[str, tuple[Callable[[], object], type[DynamoException], str]] = {
    "hash key in part": (
        lambda: Sale.ByTime.query(tenant=SECRET),
        MissingKey,
        "index 'by-time' of 'sales' needs the value of 'Region' of its hash key 'tenant' and 'Region'.*scan",
    ),
    "no hash key": (
        lambda: Sale.ByTime.query(year=2025),
        MissingKey,
        "the value of 'tenant' and 'Region' of its hash key 'tenant' and 'Region'",
    ),
    "range of a hash key": (
        lambda: Sale.ByTime.query(tenant="t", region__gt=1),
        InvalidKey,
        r"needs one value of its hash key 'Region', but 'gt' asks for several. Use scan\(region__gt=…\)",
    ),
    "hash key twice": (
        lambda: Sale.ByTime.query(Q(region=2), tenant="t", region=1),
        InvalidKey,
        "given 2 values for its hash key 'Region'",
    ),
    "gap": (
        lambda: Sale.ByTime.query(tenant="t", region=1, month=SECRET),
        InvalidKey,
        "none on 'year', which comes before it in the range key 'year' and 'Month' and 'day': .* Give 'year' one value as",
    ),
    "gap in the middle": (
        lambda: Sale.ByTime.query(tenant="t", region=1, year=2025, day=DAY),
        InvalidKey,
        "condition on 'day' but none on 'Month', which comes before it",
    ),
    "range before the last": (
        lambda: Sale.ByTime.query(tenant="t", region=1, year__gte=2024, month=SECRET),
        InvalidKey,
        "allows 'gte' only on the last .* 'Month' follows 'year'. Give year=… one value, or leave month out .* use scan",
    ),
    "two ranges": (
        lambda: Sale.ByTime.query(tenant="t", region=1, year=2025, month__gt=SECRET, day__lt=DAY),
        InvalidKey,
        "allows 'gt' only on the last .* 'day' follows 'Month'. Give month=… one value, or leave day out",
    ),
    "two on one field": (
        lambda: Sale.ByTime.query(tenant="t", region=1, year__gt=1, year__lt=5),
        InvalidKey,
        r"one condition on its range key 'year', but was given gt and lt. Use year__between=\[lowest, highest\]",
    ),
    "no operator for keys": (
        lambda: Sale.ByTime.query(tenant="t", region=1, year=2025, month__ne=SECRET),
        InvalidKey,
        "can't use 'ne' on its range key 'Month'",
    ),
    "beginning of a number": (
        lambda: Sale.ByTime.query(tenant="t", region=1, year__begins_with=20),
        InvalidOperator,
        "'year' is stored as a number, for which it never holds",
    ),
    "field as a value": (
        lambda: Sale.ByTime.query(tenant="t", region=Sale.year),
        InvalidKey,
        "hash key 'Region' .* can only be compared with a value",
    ),
    "key in a filter": (
        lambda: Sale.ByTime.query(Q(month="05") | Q(month="06"), tenant="t", region=1),
        InvalidKey,
        "key 'Month' of the index 'by-time' of 'sales' is used in a filter",
    ),
    "hash key in a filter": (
        lambda: Sale.ByTime.query(~Q(region=2), tenant="t", region=1),
        InvalidKey,
        "key 'Region' of the index 'by-time' of 'sales' is used in a filter",
    ),
    "hash key too long together": (
        lambda: Sale.put({"id": "1", "tenant": SECRET * 200, "region": 10**37 + 1}),
        InvalidKey,
        "'tenant' has 2,400 bytes",
    ),
    "range key too long together": (
        lambda: Sale.put({"id": "1", "year": 2025, "month": SECRET * 85, "day": DAY}),
        InvalidKey,
        "'year' and 'Month' and 'day' have 1,033 bytes together, .* key of the index 'by-time' of 'sales'; .* allows 1,024",
    ),
    "part of a key that is empty": (
        lambda: Sale.put({"id": "1", "month": ""}),
        InvalidKey,
        "'Month' is empty, and it is part of the key of the index 'by-time' of 'sales'",
    ),
}


@pytest.mark.parametrize(("call", "kind", "words"), REFUSED.values(), ids=REFUSED)
def test_mistake_is_named_and_nothing_is_sent(
    call: Callable[[], object], kind: type[DynamoException], words: str, recorder: RecordingBackend
) -> None:
    with pytest.raises(kind, match=words) as raised:
        call()
    assert recorder.sent == []
    assert SECRET not in str(raised.value)


def test_keys_as_the_class_and_the_table_have_them() -> None:
    assert (Sale.ByTime.hash_key, Sale.ByTime.range_key) == (("tenant", "region"), ("year", "month", "day"))
    tenant, region = KeyAttribute("tenant", "S"), KeyAttribute("Region", "N")
    times = (KeyAttribute("year", "N"), KeyAttribute("Month", "S"), KeyAttribute("day", "S"))
    assert table_of(Sale).indexes["by-time"].spec == IndexSpec("by-time", "global", (tenant, region), times)
    assert table_of(Sale).indexes["keys"].spec.hash_keys == (region, tenant)


def test_plan_of_a_table_with_such_indexes(connected: Backend) -> None:
    table_of(Sale).create_table()
    assert len(table_of(Sale).plan()) == 0
