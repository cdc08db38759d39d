"""Models made of an attrs class, with a table."""

from __future__ import annotations

from typing import Any, cast

from dynamorm import DynaModel
from dynamorm.exceptions import ValidationError
from dynamorm.model.tables import ModelTable


def model_of(schema: type, *, hash_key: str = "id") -> type[DynaModel]:
    """A model ``Thing`` with this *schema*, whose table exists in the backend in force."""

    class Thing(DynaModel):
        Table = cast("ModelTable", type("Table", (), {"name": "things", "hash_key": hash_key}))
        Schema = schema

    Thing.__table__.create()
    return Thing


def defined(schema: type, *, hash_key: str = "id") -> type[DynaModel]:
    """A model ``Thing`` with this *schema*, of which no table is needed."""

    class Thing(DynaModel):
        Table = cast("ModelTable", type("Table", (), {"name": "things", "hash_key": hash_key}))
        Schema = schema

    return Thing


def errors_of(model: type[DynaModel], **values: Any) -> Any:
    """The errors with which the constructor refuses *values*."""
    try:
        model(**values)
    except ValidationError as error:
        return error.errors
    raise AssertionError("Nothing was refused.")
