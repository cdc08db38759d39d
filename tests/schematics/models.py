"""Models made of Schematics' types, for the tests."""

from __future__ import annotations

import types
from typing import Any

from schematics.types import StringType

from dynamorm import DynaModel
from dynamorm.model.tables import ModelTable


def define(schema: type, hash_key: str = "id", **inner: Any) -> type[DynaModel]:
    """The model ``Book`` with this inner ``Schema``, and its table, if there is none yet."""
    table = type("Table", (), {"name": "books", "hash_key": hash_key})
    body = {"Table": table, "Schema": schema, **inner}
    model: type[DynaModel] = types.new_class("Book", (DynaModel,), exec_body=lambda namespace: namespace.update(body))
    if not table_of(model).exists:
        table_of(model).create_table()
    return model


def with_value(field: Any) -> type[DynaModel]:
    """The model ``Book`` with the key ``id`` and one *field*, called ``value``."""
    return define(type("Schema", (), {"id": StringType(required=True), "value": field}))


def table_of(model: type[DynaModel]) -> ModelTable:
    """The table of a *model*."""
    return model.__table__


def stored(model: type[DynaModel]) -> dict[str, Any]:
    """The item with the ``id`` 1, as it is stored."""
    found = table_of(model).get(id="1")
    assert found is not None
    return dict(found)
