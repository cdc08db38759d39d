"""A small program with a model of one schema library, for an environment in which the others are not installed.

``python one_schema_library.py LIBRARY`` stops at the first fault with a traceback.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from types import new_class

import dynamorm
from dynamorm.exceptions import SchemaNotRecognised, ValidationError


def attrs_schema() -> type:
    """Return an attrs class."""
    import attrs

    annotations = {"isbn": str, "published": datetime.date | None}
    return attrs.define(type("Schema", (), {"__annotations__": annotations, "published": None}))


def marshmallow_schema() -> type:
    """Return a schema of Marshmallow's fields."""
    from marshmallow import fields

    return type("Schema", (), {"isbn": fields.String(required=True), "published": fields.Date()})


def msgspec_schema() -> type:
    """Return a Struct."""
    from msgspec import defstruct

    return defstruct("Schema", [("isbn", str), ("published", datetime.date | None, None)])


def schematics_schema() -> type:
    """Return a schema of Schematics' types."""
    from schematics import types

    return type("Schema", (), {"isbn": types.StringType(required=True), "published": types.DateType()})


def pydantic_schema() -> type:
    """Return a schema of annotations."""
    return type("Schema", (), {"__annotations__": {"isbn": str, "published": datetime.date | None}, "published": None})


SCHEMAS: Mapping[str, Callable[[], type]] = {
    "attrs": attrs_schema,
    "marshmallow": marshmallow_schema,
    "msgspec": msgspec_schema,
    "pydantic": pydantic_schema,
    "schematics": schematics_schema,
}


def model_of(schema: type) -> type[dynamorm.DynaModel]:
    """Return the model ``Book`` with this *schema*."""
    body = {"Table": type("Table", (), {"name": "books", "hash_key": "isbn"}), "Schema": schema}
    model: type[dynamorm.DynaModel] = new_class(
        "Book", (dynamorm.DynaModel,), exec_body=lambda namespace: namespace.update(body)
    )
    return model


def main(library: str) -> None:
    """Define a model, store an item, find it, and try to store one that is wrong."""
    others = [name for name in SCHEMAS if name != library]
    for name in (*others, "boto3"):
        if find_spec(name) is not None:
            raise SystemExit(f"{name} is installed beside {library}.")
    book = model_of(SCHEMAS[library]())
    with dynamorm.connect("sqlite:///:memory:"):
        book.Table.create_table()
        book(isbn="1", published="2020-01-02").save()
        (found,) = book.scan(published__lt=datetime.date(2021, 1, 1))
        if found.published != datetime.date(2020, 1, 2):
            raise SystemExit("The item reads otherwise than it was written.")
        try:
            book(published="soon")
        except ValidationError:
            pass
        else:
            raise SystemExit("A wrong value was not refused.")
    try:
        model_of(type("Schema", (), {"isbn": "text"}))
    except SchemaNotRecognised:
        print(f"A model of {library} works without {' and '.join(others)}.")
    else:
        raise SystemExit("A class that is no schema was taken for one.")


if __name__ == "__main__":
    main(sys.argv[1])
