"""Use each plugin that is installed: store and find an item on SQLite with each schema library, connect with boto3."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from types import new_class
from typing import Any

import dynamorm

DAY = datetime.date(2020, 1, 2)


def of_fields(module: str, text: str, date: str) -> type:
    """Return a schema of the fields that a *module* has."""
    library = import_module(module)
    return type("Schema", (), {"isbn": getattr(library, text)(), "published": getattr(library, date)()})


#: A schema of each library, made when the library is there.
SCHEMAS: Mapping[str, Callable[[], Any]] = {
    "attrs": lambda: import_module("attrs").make_class(
        "Schema", {name: import_module("attrs").field(type=kind) for name, kind in ANNOTATIONS.items()}
    ),
    "marshmallow": lambda: of_fields("marshmallow.fields", "String", "Date"),
    "msgspec": lambda: import_module("msgspec").defstruct("Schema", list(ANNOTATIONS.items())),
    "pydantic": lambda: type("Schema", (), {"__annotations__": ANNOTATIONS}),
    "schematics": lambda: of_fields("schematics.types", "StringType", "DateType"),
}
ANNOTATIONS: Mapping[str, Any] = {"isbn": str, "published": datetime.date}


def model_of(library: str) -> type[dynamorm.DynaModel]:
    """Return a model with a schema of a *library*."""
    settings = {"name": f"books_{library}", "hash_key": "isbn", "schema_library": library}
    body = {"Table": type("Table", (), settings), "Schema": SCHEMAS[library]()}
    model: type[dynamorm.DynaModel] = new_class(
        "Book", (dynamorm.DynaModel,), exec_body=lambda namespace: namespace.update(body)
    )
    return model


def main() -> None:
    """Use what is installed."""
    backends = entry_points(group="dynamorm.backends").names
    if "boto3" in backends:
        dynamorm.connect("boto3://eu-west-1").close()
    if "sqlite" in backends:
        dynamorm.connect("sqlite:///:memory:").close()
    for library in sorted(entry_points(group="dynamorm.schemas").names):
        book = model_of(library)
        if "sqlite" not in backends:
            continue
        with dynamorm.using("sqlite:///:memory:"):
            book.Table.create_table()
            book(isbn="1", published=DAY).save()
            (found,) = book.scan()
        if found.published != DAY:
            raise SystemExit(f"With {library} the item reads otherwise than it was written.")


if __name__ == "__main__":
    main()
