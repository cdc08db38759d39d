"""A nested value is stored with the defaults of its schema by each write: else every read would fill in another one."""

from __future__ import annotations

import itertools
import types
from typing import Any

import attrs
import marshmallow
import msgspec
import pytest
from marshmallow import fields
from pydantic import BaseModel, Field
from schematics import Model
from schematics import types as kinds

from dynamorm import DynaModel, transaction
from dynamorm.exceptions import ValidationError
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

_numbers = itertools.count()


def number() -> int:
    return next(_numbers)


class MarshmallowPlace(marshmallow.Schema):
    city = fields.String(required=True)
    number = fields.Integer(load_default=number)


class SchematicsPlace(Model):
    city = kinds.StringType(required=True)
    number = kinds.IntType(default=number)


class PydanticPlace(BaseModel):
    city: str
    number: int = Field(default_factory=number)


@attrs.define
class AttrsPlace:
    city: str
    number: int = attrs.Factory(number)


class MsgspecPlace(msgspec.Struct):
    city: str
    number: int = msgspec.field(default_factory=number)


class InMarshmallow(marshmallow.Schema):
    id = fields.String()
    home = fields.Nested(MarshmallowPlace)
    homes = fields.List(fields.Nested(MarshmallowPlace))
    many = fields.Nested(MarshmallowPlace, many=True)
    named = fields.Dict(fields.String(), fields.Nested(MarshmallowPlace))


class InSchematics(Model):
    id = kinds.StringType()
    home = kinds.ModelType(SchematicsPlace)
    homes = kinds.ListType(kinds.ModelType(SchematicsPlace))
    many = kinds.ListType(kinds.PolyModelType([SchematicsPlace]))
    named = kinds.DictType(kinds.ModelType(SchematicsPlace))


class InSchematicsWithMethod(InSchematics):
    def describe(self) -> str:
        return "which excludes the fast path"


class InPydantic(BaseModel):
    id: str
    home: PydanticPlace | None = None
    homes: list[PydanticPlace] | None = None
    many: list[PydanticPlace | None] | None = None
    named: dict[str, PydanticPlace] | None = None


@attrs.define
class InAttrs:
    id: str
    home: AttrsPlace | None = None
    homes: list[AttrsPlace] | None = None
    many: list[AttrsPlace | None] | None = None
    named: dict[str, AttrsPlace] | None = None


class InMsgspec(msgspec.Struct):
    id: str
    home: MsgspecPlace | None = None
    homes: list[MsgspecPlace] | None = None
    many: list[MsgspecPlace | None] | None = None
    named: dict[str, MsgspecPlace] | None = None


SCHEMAS = [InMarshmallow, InSchematics, InSchematicsWithMethod, InPydantic, InAttrs, InMsgspec]
OSLO = {"city": "Oslo"}


@pytest.fixture(params=SCHEMAS, ids=lambda schema: schema.__name__)
def book(recorder: RecordingBackend, request: pytest.FixtureRequest) -> Any:
    body = {"Table": type("Table", (), {"name": "books", "hash_key": "id"}), "Schema": request.param}
    model: type[DynaModel] = types.new_class("Book", (DynaModel,), exec_body=lambda namespace: namespace.update(body))
    table_of(model).create_table()
    return model


def numbers(value: Any) -> list[int]:
    """Return the numbers of all places in a stored value."""
    if isinstance(value, dict) and "city" in value:
        return [int(value["number"])]
    below = value.values() if isinstance(value, dict) else value
    return [found for each in below for found in numbers(each)]


@pytest.mark.parametrize(
    ("field", "value"), [("home", OSLO), ("homes", [OSLO, OSLO]), ("many", [OSLO]), ("named", {"a": OSLO})]
)
def test_each_write_stores_the_defaults_of_nested_values(book: Any, field: str, value: Any) -> None:
    def check() -> None:
        item = table_of(book).get(id="1")
        assert item is not None
        found = numbers(item[field])
        assert repr(getattr(book.get(id="1"), field)) == repr(getattr(book.get(id="1"), field))
        assert len(set(found)) == len(found)

    def changed() -> Any:
        book.put({"id": "1"})
        return book.get(id="1")

    book.put({"id": "1", field: value})
    check()
    changed().update(**{field: value})
    check()
    changed()
    book.update_item(id="1", **{field: value})
    check()
    changed()
    book.update_item(id="1", **{f"{field}__if_not_exists": value})
    check()
    instance = changed()
    setattr(instance, field, value)
    instance.save(partial=True)
    check()
    instance = changed()
    with transaction() as tx:
        tx.update(instance, **{field: value})
    check()
    if isinstance(value, list):
        book.update_item(id="1", **{f"{field}__append": value})
        check()
        book.update_item(id="1", **{f"{field}__0": OSLO})
        check()


def test_what_is_not_whole_is_still_refused(book: Any) -> None:
    book.put({"id": "1"})
    changes: list[dict[str, Any]] = [{"home": {}}, {"homes": [{}]}, {"named": {"a": {"number": 1}}}]
    for change in changes:
        with pytest.raises(ValidationError, match="city"):
            book.update_item(id="1", **change)
