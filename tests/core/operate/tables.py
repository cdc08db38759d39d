"""Models, and a backend whose tables change meanwhile, for the tests of ``plan`` and ``apply``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import fields

from dynamorm import DynaModel, GlobalIndex, ProjectAll
from dynamorm.data import Operation
from dynamorm.ports.backends import Backend

BY_AUTHOR: dict[str, Any] = {"name": "by-author", "hash_key": "author", "projection": ProjectAll()}
BY_YEAR: dict[str, Any] = {"name": "by-year", "hash_key": "year", "projection": ProjectAll()}


def model(*indexes: dict[str, Any], model_name: str = "Book", **table: Any) -> type[DynaModel]:
    """A model of books, with these global indexes and settings of its table."""
    inner = {f"Index{number}": type("Index", (GlobalIndex,), index) for number, index in enumerate(indexes)}

    class Schema:
        isbn = fields.String()
        author = fields.String()
        title = fields.String()
        year = fields.Integer()
        expires = fields.Integer()

    settings = type("Table", (), {"name": "books", "hash_key": "isbn", **table})
    return type(model_name, (DynaModel,), {"__module__": "shop.models", "Table": settings, "Schema": Schema, **inner})


class Watched(Backend):
    """Keeps every operation that it is sent, and calls a function of the test before each one."""

    def __init__(self, backend: Backend, before: Callable[[Operation[Any]], object] = lambda _: None) -> None:
        self.capabilities = backend.capabilities
        self.sent: list[Operation[Any]] = []
        self.before = before
        self._backend = backend

    def execute(self, operation: Operation[Any]) -> Any:
        self.sent.append(operation)
        replaced = self.before(operation)
        return self._backend.execute(operation) if replaced is None else replaced

    def close(self) -> None:
        self._backend.close()
