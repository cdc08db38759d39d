"""Parts of nested schemas, read by a projection: whatever else the nested schema requires is missing, and is not lost."""

from __future__ import annotations

import pickle
from typing import Annotated, Any, Literal

import pytest
from marshmallow import Schema as MarshmallowSchema
from marshmallow import fields
from pydantic import BaseModel, Field, model_validator
from schematics import types
from schematics.models import Model as SchematicsModel

from dynamorm import DynaModel
from dynamorm.exceptions import InvalidUpdate, ValidationError
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of


class MarshmallowPlace(MarshmallowSchema):
    number = fields.Integer(required=True)
    note = fields.String(required=True)


class MarshmallowHome(MarshmallowSchema):
    city = fields.String(required=True)
    zip = fields.String(required=True)
    place = fields.Nested(MarshmallowPlace, required=True)


class InMarshmallow(DynaModel):
    class Table:
        name = "parts-in-marshmallow"
        hash_key = "id"

    class Schema:
        id = fields.String(required=True)
        home = fields.Nested(MarshmallowHome, required=True)
        homes = fields.List(fields.Nested(MarshmallowHome))
        by_name = fields.Dict(values=fields.Nested(MarshmallowHome))


class SchematicsPlace(SchematicsModel):  # type: ignore[misc] # it has no annotations
    number = types.IntType(required=True)
    note = types.StringType(required=True)


class SchematicsHome(SchematicsModel):  # type: ignore[misc] # it has no annotations
    city = types.StringType(required=True)
    zip = types.StringType(required=True)
    place = types.ModelType(SchematicsPlace, required=True)


class InSchematics(DynaModel):
    class Table:
        name = "parts-in-schematics"
        hash_key = "id"

    class Schema:
        id = types.StringType(required=True)
        home = types.ModelType(SchematicsHome, required=True)
        homes = types.ListType(types.ModelType(SchematicsHome))
        by_name = types.DictType(types.ModelType(SchematicsHome))


class Place(BaseModel):
    number: int
    note: str


class Home(BaseModel):
    city: str
    zip: str
    place: Place
    tags: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def check(self) -> Home:
        assert self.zip
        return self


class InPydantic(DynaModel):
    class Table:
        name = "parts-in-pydantic"
        hash_key = "id"

    class Schema:
        id: str
        home: Home
        homes: list[Home] = Field(default_factory=list)
        by_name: dict[str, Home] | None = None


HOME: dict[str, Any] = {"city": "Oslo", "zip": "0150", "place": {"number": 1, "note": "x"}}
each_library = pytest.mark.parametrize("model", [InMarshmallow, InSchematics, InPydantic], ids=lambda m: m.__name__)
#: Projections, with the dictionary of what is read.
PARTS: dict[str, dict[str, Any]] = {
    "home.city": {"home": {"city": "Oslo"}},
    "home.city, home.place.number": {"home": {"city": "Oslo", "place": {"number": 1}}},
    "homes[1].zip": {"homes": [{"zip": "0150"}]},
    "by_name.a.place.note": {"by_name": {"a": {"place": {"note": "x"}}}},
}


ELEMENT = pytest.param(
    "homes[1].zip", marks=pytest.mark.moto_differs("moto counts a list element of a projection as an unused name")
)


@each_library
@pytest.mark.parametrize("attrs", [*(attrs for attrs in PARTS if "[" not in attrs), ELEMENT])
def test_a_part_of_a_nested_schema_is_read_and_the_rest_is_not_lost(
    model: type[DynaModel], attrs: str, connected: Backend
) -> None:
    table_of(model).create_table()
    model.put({"id": "1", "home": HOME, "homes": [HOME, HOME], "by_name": {"a": HOME}})
    stored = table_of(model).get(id="1")
    attributes = ["id", *attrs.split(", ")]
    for found in (
        model.get(id="1", attrs=attributes),
        model.scan().specific_attributes(attributes).first(),
        next(model.get_batch([{"id": "1"}], attrs=attributes)),
    ):
        assert found is not None
        assert found.to_dict() == {"id": "1", **PARTS[attrs]}
        assert pickle.loads(pickle.dumps(found)).to_dict() == found.to_dict()
        found.save(partial=True)
        assert table_of(model).get(id="1") == stored
        found.update(home__zip="0151")
        assert model.scan(home__zip="0151").count() == 1
        found.update(home__zip="0150")
    changed = model.get(id="1", attrs=["id", "home.city"])
    assert changed is not None
    if isinstance(changed.home, dict):
        changed.home["city"] = "Bergen"
    else:
        changed.home.city = "Bergen"
    with pytest.raises(InvalidUpdate, match="Only a part of 'home'"):
        changed.save(partial=True)


@each_library
def test_what_a_program_gives_is_whole(model: type[DynaModel], connected: Backend) -> None:
    table_of(model).create_table()
    for home in ({"city": "Oslo"}, {**HOME, "place": {"number": 1}}):
        with pytest.raises(ValidationError):
            model.put({"id": "1", "home": home})
        with pytest.raises(ValidationError):
            model.update_item(id="1", home=home)


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    bark: str


class Node(BaseModel):
    value: int
    next: Node | None = None


class Owner(DynaModel):
    class Table:
        name = "owners-of-parts"
        hash_key = "id"

    class Schema:
        id: str
        pet: Annotated[Cat | Dog, Field(discriminator="kind")]
        node: Node


@pytest.mark.parametrize(
    ("attrs", "read"),
    [
        ("pet.bark", {"pet": {"bark": "w"}}),
        ("pet.kind", {"pet": {"kind": "dog"}}),
        ("node.next.value", {"node": {"next": {"value": 2}}}),
    ],
)
def test_parts_of_pydantics_unions_and_of_models_that_hold_themselves(
    attrs: str, read: dict[str, Any], connected: Backend
) -> None:
    table_of(Owner).create_table()
    Owner.put({"id": "1", "pet": {"kind": "dog", "bark": "w"}, "node": {"value": 1, "next": {"value": 2}}})
    found = Owner.get(id="1", attrs=["id", attrs])
    assert found is not None
    assert found.to_dict() == {"id": "1", **read}
    found.save(partial=True)
    if attrs.startswith("pet"):
        assert isinstance(found.pet, Dog)


def test_a_part_of_the_wrong_type_is_refused(connected: Backend) -> None:
    table_of(InPydantic).create_table()
    table_of(InPydantic).put({"id": "1", "home": {**HOME, "city": 5}})
    with pytest.raises(ValidationError, match="string"):
        InPydantic.get(id="1", attrs=["id", "home.city"])
