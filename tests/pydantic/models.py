"""Models with Pydantic schemas, made in one line, and their tables."""

from __future__ import annotations

import types
from typing import Any

from dynamorm import DynaModel
from dynamorm.model.tables import ModelTable


def model_of(schema: type, name: str = "Book", hash_key: str = "isbn", **inner: Any) -> type[DynaModel]:
    """The model with this inner *schema*, and further inner classes."""
    body = {"Table": type("Table", (), {"name": "books", "hash_key": hash_key}), "Schema": schema, **inner}
    model: type[DynaModel] = types.new_class(name, (DynaModel,), exec_body=lambda namespace: namespace.update(body))
    return model


def model_with(annotation: object, **values: object) -> type[DynaModel]:
    """The model whose field ``value`` has this *annotation*."""
    annotations = {"isbn": str, "value": annotation}
    return model_of(type("Schema", (), {"__annotations__": annotations, **values}))


def table_of(model: type[DynaModel]) -> ModelTable:
    """The table of a *model*."""
    return model.__table__


def created(model: type[DynaModel]) -> type[DynaModel]:
    """A *model* whose table is there."""
    table_of(model).create_table()
    return model


def stored_by(model: type[DynaModel], **key: Any) -> dict[str, Any] | None:
    """The item in the table of a *model*."""
    return table_of(model).get(**(key or {"isbn": "1"}))


def errors_at(errors: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    """Of Pydantic's list of errors, the types and the places."""
    return [(error["type"], error["loc"]) for error in errors]
