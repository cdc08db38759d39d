"""Models with Structs, made in one line, on the embedded backend."""

from __future__ import annotations

import types
from typing import Any

import msgspec

from dynamorm import DynaModel
from tests.support.tables import table_of


def model_of(schema: type, hash_key: str = "id", **settings: Any) -> Any:
    """The model ``Book`` with this *schema*, whose table is there."""
    body = {"Table": type("Table", (), {"name": "books", "hash_key": hash_key, **settings}), "Schema": schema}
    model: type[DynaModel] = types.new_class("Book", (DynaModel,), exec_body=lambda namespace: namespace.update(body))
    if not table_of(model).exists:
        table_of(model).create_table()
    return model


def model_with(annotation: Any, *default: Any) -> Any:
    """The model whose field ``value`` has this *annotation*."""
    return model_of(msgspec.defstruct("Schema", [("id", str), ("value", annotation, *default)], kw_only=True))


def stored_by(model: Any) -> dict[str, Any]:
    """The item with the id 1."""
    found = table_of(model).get(id="1")
    assert found is not None
    return dict(found)
