"""``page.cursor_of(item)`` where keys are composed, and where a page has items of several models."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, SharedTable
from dynamorm.exceptions import DynaModelException, InvalidCursor
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields


class Shop(SharedTable):
    name = "shop"
    hash_key = "pk"
    range_key = "sk"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()


class Order(DynaModel):
    class Table(Shop):
        kind = "order"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("ORDER#{order_id}")

    class ByStatus(Shop.Gsi1):
        hash_key = Key("STATUS#{status}")
        range_key = Key("{order_id}")

    class Schema:
        customer_id = fields.text(required=True)
        order_id = fields.text(required=True)
        status = fields.text()


class Note(DynaModel):
    class Table(Shop):
        kind = "note"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("NOTE#{number}")

    class Schema:
        customer_id = fields.text(required=True)
        number = fields.text(required=True)


@pytest.fixture(autouse=True)
def shop(connected: Backend) -> None:
    Shop.create_table()
    Order.put_batch(*({"customer_id": "1", "order_id": each, "status": "open"} for each in "abcd"))
    Note.put_batch(*({"customer_id": "1", "number": each} for each in "12"))


READS: dict[str, Any] = {
    "table": lambda: Order.query(customer_id="1"),
    "index": lambda: Order.ByStatus.query(status="open"),
    "scan": Order.scan,
    "attributes": lambda: Order.query(customer_id="1").specific_attributes("order_id"),
    "several models": lambda: Shop.query(Order, Note, customer_id="1"),
    "reversed": lambda: Shop.query(Order, Note, customer_id="1").reverse(),
}


def names(found: Any) -> list[str]:
    return [getattr(each, "order_id", None) or each.number for each in found]


@pytest.mark.parametrize("read", READS)
def test_a_read_continues_after_each_item_of_a_page(read: str) -> None:
    page = next(READS[read]().pages())
    assert len(page) >= 4
    for index, item in enumerate(page):
        assert names(READS[read]().after(page.cursor_of(item))) == names(page)[index + 1 :]


def test_the_cursor_of_an_item_belongs_to_its_read() -> None:
    page = next(Shop.query(Order, Note, customer_id="1").pages())
    cursor = page.cursor_of(page[0])
    with pytest.raises(InvalidCursor):
        list(Shop.query(Order, customer_id="1").after(cursor))
    with pytest.raises(DynaModelException, match="cursor_of was given Order that is not one of this page's instances"):
        page.cursor_of(Order(customer_id="1", order_id="a"))
