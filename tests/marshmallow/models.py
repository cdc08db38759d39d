"""Models made of a schema, for tests that are about the schema only."""

from __future__ import annotations

from typing import Any, cast

from dynamorm import DynaModel
from dynamorm.model.tables import ModelTable


def model_of(schema: type, *, hash_key: str = "id") -> type[DynaModel]:
    """A model ``Thing`` with this *schema*."""

    class Thing(DynaModel):
        Table = cast("ModelTable", type("Table", (), {"name": "things", "hash_key": hash_key}))
        Schema = schema

    return Thing


def stored(model: type[DynaModel], **key: Any) -> dict[str, Any]:
    """The item with this *key* as the table of the *model* holds it."""
    item = model.__table__.get(**key)
    assert item is not None
    return item
