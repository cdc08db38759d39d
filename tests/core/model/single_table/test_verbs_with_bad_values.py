"""Values that a key can't hold: each verb refuses them with the same words, before anything is sent."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, SharedTable
from dynamorm.exceptions import InvalidKey, MissingKey
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend

DAY = datetime.date(2026, 1, 1)
ORDER: dict[str, Any] = {"customer": "1", "day": DAY, "number": 7, "status": "open"}
KEY = ("customer", "day", "number")


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
        hash_key = Key("CUSTOMER#{customer}")
        range_key = Key("ORDER#{day}#{number:04d}")

    class ByStatus(Shop.Gsi1):
        hash_key = Key("STATUS#{status}")
        range_key = Key("{number:04d}")

    class Schema:
        customer = fields.text()
        day = fields.date(required=True)
        number = fields.integer(required=True)
        status = fields.text()


def key_of(order: dict[str, Any]) -> dict[str, Any]:
    return {name: order[name] for name in KEY}


def put_in_transaction(order: dict[str, Any]) -> None:
    with dynamorm.transaction() as tx:
        tx.put(Order, order)


def put_in_batch(order: dict[str, Any]) -> None:
    with dynamorm.batch() as batch:
        batch.put(Order(**order))


WRITES: dict[str, Callable[[dict[str, Any]], object]] = {
    "put": Order.put,
    "save": lambda order: Order(**order).save(),
    "put in a transaction": put_in_transaction,
    "put in a batch": put_in_batch,
    "put_batch": Order.put_batch,
    "update_item": lambda order: Order.update_item(**order),
}
BY_KEY: dict[str, Callable[[dict[str, Any]], object]] = {
    "get": lambda order: Order.get(**key_of(order)),
    "get_batch": lambda order: list(Order.get_batch([key_of(order)])),
    "delete_item": lambda order: Order.delete_item(**key_of(order)),
    "exists": lambda order: Order.exists(**key_of(order)),
    "key": lambda order: Order.key(**key_of(order)),
}
QUERIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "query": lambda order: list(Order.query(**key_of(order))),
    "query of several models": lambda order: list(Shop.query(Order, **key_of(order))),
}
BY_INDEX: dict[str, Callable[[dict[str, Any]], object]] = {
    "query of the index": lambda order: list(Order.ByStatus.query(status=order["status"], number=order["number"])),
}
OF_KEY = {**WRITES, **BY_KEY, **QUERIES}
CASES: list[tuple[dict[str, Any], dict[str, Callable[[dict[str, Any]], object]], str]] = [
    ({"customer": "a#b"}, OF_KEY, "'customer' of Order holds '#', which separates the parts of 'pk'. Let the schema"),
    ({"customer": ""}, OF_KEY, "'customer' of Order is empty, and is part of the key 'pk'"),
    ({"customer": "\U0010ffff"}, OF_KEY, r"'customer' of Order begins with U\+10FFFF"),
    ({"number": -1}, {**OF_KEY, **BY_INDEX}, "'number' of Order is negative, and is part of the key"),
    ({"number": 10_000}, {**OF_KEY, **BY_INDEX}, "'number' of Order has more than 4 digits, and is part of the key"),
    ({"status": "a#b"}, {**WRITES, **BY_INDEX}, "'status' of Order holds '#', which separates the parts of 'gsi1pk'"),
    ({"status": ""}, {**WRITES, **BY_INDEX}, "'status' of Order is empty, and is part of the key 'gsi1pk'"),
]


@pytest.mark.parametrize(
    ("verb", "order", "message"),
    [
        pytest.param(verb, {**ORDER, **bad}, message, id=f"{name}: {next(iter(bad))} {number}")
        for number, (bad, verbs, message) in enumerate(CASES)
        for name, verb in verbs.items()
    ],
)
def test_a_value_that_a_key_can_not_hold_is_refused(
    recorder: RecordingBackend, verb: Callable[[dict[str, Any]], object], order: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidKey, match=message):
        verb(order)
    assert recorder.sent == []


@pytest.mark.parametrize("verb", [*WRITES.values(), *BY_KEY.values()], ids=[*WRITES, *BY_KEY])
def test_a_value_that_is_missing_is_named(recorder: RecordingBackend, verb: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(MissingKey, match=r"key of Order is customer and day and number; customer was not given"):
        verb({**ORDER, "customer": None})
    assert recorder.sent == []
