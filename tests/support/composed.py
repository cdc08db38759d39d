"""A model with composed keys, and items of it that another program wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from dynamorm import DynaModel, GlobalIndex, Key, LocalIndex, ProjectAll, Q
from dynamorm.data import DeleteItem, PutItem, Scan
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields

PLACED = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def order_model() -> Any:
    """Return a model whose keys are composed, and were others before."""

    class Order(DynaModel):
        class Table:
            name = "orders"
            hash_key = Key("CUSTOMER#{customer}", also="C#{customer}")
            range_key = Key("ORDER#{placed}#{number:06d}")

        class ByStatus(GlobalIndex):
            name = "by-status"
            hash_key = Key("STATUS#{status}", attribute="gsi1pk")
            range_key = Key("{placed}#{number:06d}", attribute="gsi1sk")
            projection = ProjectAll()
            only_if = Q(status__ne="archived")

        class ByCity(GlobalIndex):
            name = "by-city"
            hash_key = Key("CITY#{address.city}", attribute="gsi2pk")
            range_key = "total"
            projection = ProjectAll()

        class ByTotal(LocalIndex):
            name = "by-total"
            hash_key = Key("CUSTOMER#{customer}")
            range_key = Key("TOTAL#{total:08d}", attribute="lsi1sk")
            projection = ProjectAll()

        class Schema:
            customer = fields.text()
            placed = fields.instant(required=True)
            number = fields.integer(required=True)
            status = fields.text()
            total = fields.integer()
            address = fields.nested({"city": fields.text()})

    return Order


def values(number: int = 7, **changes: Any) -> dict[str, Any]:
    """Return the values of an order."""
    return {"customer": "1", "placed": PLACED, "number": number, "status": "open", "total": 5, **changes}


def items(backend: Backend, table: str = "orders") -> list[dict[str, Any]]:
    """Return all items of a table."""
    return list(backend.execute(Scan(table)).items)


def rewrite(backend: Backend, changes: Mapping[str, Any], without: Iterable[str] = (), table: str = "orders") -> None:
    """Write the only item of a table as another program does: with *changes*, and *without* some attributes."""
    (item,) = items(backend, table)
    rewritten = {name: value for name, value in {**item, **changes}.items() if name not in set(without)}
    backend.execute(DeleteItem(table, {name: item[name] for name in ("pk", "sk")}))
    backend.execute(PutItem(table, rewritten))
