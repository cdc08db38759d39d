"""Count what verbs do with composed keys and with those that are fields: ``python -m benchmarks.work_of_keys NAME``.

Both kinds have a hash key and a range key, and an index. It is done in its own process, on the embedded backend.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from unittest.mock import patch

from pydantic import BaseModel

import dynamorm
from benchmarks.counting import work_of
from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll

ITEMS = 100


class Values(BaseModel):
    """The fields of an order, of which keys are made."""

    customer: str
    number: int
    status: str = "open"
    total: int = 0


class Plain(DynaModel):
    """Orders with keys that are fields."""

    class Table:
        """The settings."""

        name = "plain"
        hash_key = "customer"
        range_key = "number"

    class ByStatus(GlobalIndex):
        """The index."""

        name = "by-status"
        hash_key = "status"
        range_key = "number"
        projection = ProjectAll()

    class Schema(Values):
        """The fields."""


class Composed(DynaModel):
    """Orders with keys that templates compose."""

    class Table:
        """The settings."""

        name = "composed"
        hash_key = Key("CUSTOMER#{customer}")
        range_key = Key("ORDER#{number:06d}")

    class ByStatus(GlobalIndex):
        """The index."""

        name = "by-status"
        hash_key = Key("STATUS#{status}", attribute="gsi1pk")
        range_key = Key("ORDER#{number:06d}", attribute="gsi1sk")
        projection = ProjectAll()

    class Schema(Values):
        """The fields."""


#: The models, by what the figures call their keys.
KEYS: dict[str, type[DynaModel]] = {"keys that are fields": Plain, "composed keys": Composed}


def figures(keys: str) -> dict[str, int]:
    """Return the figures of the model with these *keys*."""
    model = KEYS[keys]
    dynamorm.connect("sqlite:///:memory:", max_concurrency=1)
    model.Table.create_table()
    for number in range(ITEMS):
        model.put({"customer": "1", "number": number, "total": number})
    order = model.get(customer="1", number=7)
    assert order is not None
    works: dict[str, Callable[[], object]] = {
        "get": lambda: model.get(customer="1", number=7),
        "put": lambda: model.put({"customer": "1", "number": 7, "total": 7}),
        "update of a field of no key": lambda: order.update(total=8),
        "update of a field of an index's key": lambda: order.update(status="paid"),
        f"page of {ITEMS}": lambda: list(model.query(customer="1")),
    }
    # A second that begins is work for whoever writes the time into requests.
    with patch("time.time", new=lambda: 1_795_420_800.0):
        return {
            f"{keys}: {work}, {unit}": count
            for work, operation in works.items()
            for unit, count in work_of(operation).items()
        }


if __name__ == "__main__":
    print(json.dumps(figures(sys.argv[1])))
