"""What tests of rates share: a model, operations on its table, and what they cost."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

import dynamorm
from dynamorm import Connection, DynaModel, RateLimit
from dynamorm.data import (
    ConsumedCapacity,
    DeleteItem,
    Operation,
    PutItem,
    WriteResult,
)
from tests.support.backends import ScriptedBackend

#: So many units that nobody waits for them.
MANY = 1e6


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.String()
        text = fields.String()


def settle(limit: RateLimit, operation: Operation[Any], *, units: float) -> None:
    """Let an *operation* cost so many *units* within a *limit*."""
    with dynamorm.rate(limit):
        Connection(ScriptedBackend(WriteResult(None, (ConsumedCapacity("books", units),)))).execute(operation)


PUT = PutItem("books", {"isbn": "1"})


def put(kilobytes: int) -> PutItem:
    return PutItem("books", {"isbn": "1", "text": "x" * (kilobytes * 1024 - 20)})


#: What costs something else.
DELETE = DeleteItem("books", {"isbn": "1"})
