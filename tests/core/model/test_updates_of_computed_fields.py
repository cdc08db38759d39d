"""Updates of what a schema computes or only serialises, with every library: refused, also in nested schemas."""

from __future__ import annotations

import functools
import types
from typing import Any

import attrs
import marshmallow
import pytest
from marshmallow import fields
from pydantic import BaseModel, computed_field
from schematics import Model
from schematics import types as kinds
from schematics.types.serializable import serializable

from dynamorm import DynaModel
from dynamorm.exceptions import InvalidSchemaField, InvalidUpdate
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


def model_of(schema: type) -> Any:
    """The model ``Book`` with this schema, whose table is there."""
    body = {"Table": type("Table", (), {"name": "books", "hash_key": "id"}), "Schema": schema}
    model: type[DynaModel] = types.new_class("Book", (DynaModel,), exec_body=lambda namespace: namespace.update(body))
    if not table_of(model).exists:
        table_of(model).create_table()
    return model


def stored(model: type[DynaModel]) -> dict[str, Any]:
    item = table_of(model).get(id="1")
    assert item is not None
    return item


@pytest.mark.parametrize(
    "change",
    [
        *(
            "home__label",
            "homes__0__label",
            "label__if_not_exists",
            "label__plus",
            "home__label__plus",
            "home__parts__a",
        ),
        *("home__label__if_not_exists",),
    ],
)
def test_a_value_that_no_item_is_read_with_is_not_stored(recorder: RecordingBackend, change: str) -> None:
    class MarshmallowPlace(marshmallow.Schema):
        city = fields.String()
        label = fields.Function(lambda values: values["city"])
        parts = fields.Dict(dump_only=True)

    class InMarshmallow(MarshmallowPlace):
        id = fields.String()
        home = fields.Nested(MarshmallowPlace)
        homes = fields.List(fields.Nested(MarshmallowPlace))

    class SchematicsPlace(Model):
        city = kinds.StringType()

        @serializable(type=kinds.StringType())
        def label(self) -> str:
            return str(self.city)

        @serializable(type=kinds.DictType(kinds.StringType))
        def parts(self) -> dict[str, str]:
            return {}

    class InSchematics(SchematicsPlace):
        id = kinds.StringType()
        home = kinds.ModelType(SchematicsPlace)
        homes = kinds.ListType(kinds.ModelType(SchematicsPlace))

    class PydanticPlace(BaseModel):
        city: str = ""

        @computed_field
        def label(self) -> str:
            return self.city

    class InPydantic(PydanticPlace):
        id: str
        home: PydanticPlace
        homes: list[PydanticPlace]

    @attrs.define(kw_only=True)
    class AttrsPlace:
        city: str = ""
        label: str = attrs.field(init=False)
        parts: dict[str, str] = attrs.field(init=False)

        def __attrs_post_init__(self) -> None:
            self.label, self.parts = self.city, {}

    @attrs.define(kw_only=True)
    class InAttrs(AttrsPlace):
        id: str
        home: AttrsPlace
        homes: list[AttrsPlace]

    for schema in (InMarshmallow, InSchematics, InPydantic, InAttrs):
        book = model_of(schema)
        book(id="1", city="Rome", home={"city": "Oslo"}, homes=[{"city": "Oslo"}]).save()
        before = stored(book)
        for update in (book.get(id="1").update, functools.partial(book.update_item, id="1")):
            with pytest.raises((InvalidUpdate, InvalidSchemaField), match=r"can't be set|has no field '(label|parts)'"):
                update(**{change: 1 if change.endswith("plus") else "x"})
        assert stored(book) == before


def test_a_field_that_is_only_dumped_is_updated_where_unknown_names_are_included(recorder: RecordingBackend) -> None:
    class Place(marshmallow.Schema):
        seen = fields.Integer(dump_only=True)

    class Schema(marshmallow.Schema):
        id = fields.String()
        home = fields.Nested(Place, unknown=marshmallow.INCLUDE)

    book = model_of(Schema)
    book(id="1", home={"seen": 1}).save()
    book.update_item(id="1", home__seen__plus=1)
    assert book.get(id="1").home == {"seen": 2}
