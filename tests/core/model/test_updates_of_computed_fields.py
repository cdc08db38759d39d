"""Updates of what a schema computes or only serialises, and of what it computes that from, with every library."""

from __future__ import annotations

import asyncio
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

from dynamorm import DynaModel, transaction
from dynamorm.exceptions import ConditionFailed, InvalidSchemaField, InvalidUpdate
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


class MarshmallowHome(marshmallow.Schema):
    city = fields.String()
    zip = fields.String()
    lines = fields.List(fields.String())
    label = fields.Function(lambda values: label_of(values.get("city"), values.get("zip")), data_key="Label")


class SchematicsHome(Model):
    city = kinds.StringType()
    zip = kinds.StringType()
    lines = kinds.ListType(kinds.StringType)

    @serializable(type=kinds.StringType(), serialized_name="Label")
    def label(self) -> str | None:
        return label_of(self.city, self.zip)


class PydanticHome(BaseModel):
    city: str | None = None
    zip: str | None = None
    lines: list[str] | None = None

    @computed_field(alias="Label")
    def label(self) -> str | None:
        return label_of(self.city, self.zip)


@attrs.define(kw_only=True)
class AttrsHome:
    city: str | None = None
    zip: str | None = None
    lines: list[str] | None = None
    label: str | None = attrs.field(init=False, metadata={"attribute": "Label"})

    def __attrs_post_init__(self) -> None:
        self.label = label_of(self.city, self.zip)


def label_of(city: str | None, code: str | None) -> str | None:
    return None if city is None else f"{city} {code}"


def nested_schemas() -> list[type]:
    class InMarshmallow(MarshmallowHome):
        id = fields.String()
        home = fields.Nested(MarshmallowHome)
        homes = fields.List(fields.Nested(MarshmallowHome))
        named = fields.Dict(fields.String(), fields.Nested(MarshmallowHome))
        visits = fields.Integer()

    class InSchematics(SchematicsHome):
        id = kinds.StringType()
        home = kinds.ModelType(SchematicsHome)
        homes = kinds.ListType(kinds.ModelType(SchematicsHome))
        named = kinds.DictType(kinds.ModelType(SchematicsHome))
        visits = kinds.IntType()

    class InPydantic(PydanticHome):
        id: str
        home: PydanticHome | None = None
        homes: list[PydanticHome] | None = None
        named: dict[str, PydanticHome] | None = None
        visits: int | None = None

    @attrs.define(kw_only=True)
    class InAttrs(AttrsHome):
        id: str
        home: AttrsHome | None = None
        homes: list[AttrsHome] | None = None
        named: dict[str, AttrsHome] | None = None
        visits: int | None = None

    return [InMarshmallow, InSchematics, InPydantic, InAttrs]


OSLO = {"city": "Oslo", "zip": "1"}
GIVEN: dict[str, Any] = {"id": "1", **OSLO, "home": OSLO, "homes": [OSLO, OSLO], "named": {"a": OSLO}}


@pytest.fixture(params=range(4), ids=["marshmallow", "schematics", "pydantic", "attrs"])
def book(recorder: RecordingBackend, request: pytest.FixtureRequest) -> Any:
    model = model_of(nested_schemas()[request.param])
    model.put(GIVEN)
    return model


def labels(book: type[DynaModel]) -> dict[str, Any]:
    item = stored(book)
    return {
        "": item.get("Label"),
        "home": item.get("home", {}).get("Label"),
        "homes": [each.get("Label") for each in item["homes"]],
        "named": {name: each.get("Label") for name, each in item["named"].items()},
    }


UNCHANGED = {"": "Oslo 1", "home": "Oslo 1", "homes": ["Oslo 1", "Oslo 1"], "named": {"a": "Oslo 1"}}


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"home__city": "Rome"}, {"home": "Rome 1"}),
        ({"home__city__remove": True}, {"home": None}),
        ({"home__lines": ["x"], "home__zip": "2"}, {"home": "Oslo 2"}),
        ({"homes__1__zip": "2", "homes__0__city": "Rome"}, {"homes": ["Rome 1", "Oslo 2"]}),
        ({"named__a__zip": "3"}, {"named": {"a": "Oslo 3"}}),
        ({"home": {"city": "Rome"}}, {"home": "Rome None"}),
        ({"city": "Rome"}, {"": "Rome 1"}),
        ({"city__remove": True, "home__zip": "2"}, {"": None, "home": "Oslo 2"}),
        ({"home__zip": "2", "visits__plus": 1}, {"home": "Oslo 2"}),
    ],
)
def test_an_update_of_an_instance_stores_what_the_schema_computes_from_it(
    book: Any, changes: dict[str, Any], changed: dict[str, Any]
) -> None:
    book.update_item(id="1", visits=1)
    book.get(id="1").update(**changes)
    assert labels(book) == {**UNCHANGED, **changed}
    book.put({**GIVEN, "visits": 1})
    found = book.get(id="1")
    with transaction() as tx:
        tx.update(found, **changes)
    assert labels(book) == {**UNCHANGED, **changed}
    book.get(id="1").save()
    assert labels(book) == {**UNCHANGED, **changed}


def test_so_does_an_awaited_update(book: Any) -> None:
    async def program() -> None:
        found = await book.aget(id="1")
        await found.aupdate(home__city="Rome", homes__0__city="Rome")
        with pytest.raises(InvalidUpdate, match=r"'home\.city' of Book can't be updated by itself"):
            await book.aupdate_item(id="1", home__city="Rome")

    asyncio.run(program())
    assert labels(book) == {**UNCHANGED, "home": "Rome 1", "homes": ["Rome 1", "Oslo 1"]}


@pytest.mark.parametrize("partial", [True, False])
def test_a_save_stores_what_the_schema_computes(book: Any, partial: bool) -> None:
    found = book.get(id="1")
    for home in (found.home, found.homes[1], found.named["a"]):
        if isinstance(home, dict):
            home["city"] = "Rome"
        else:
            home.city = "Rome"
    found.save(partial=partial)
    assert labels(book) == {"": "Oslo 1", "home": "Rome 1", "homes": ["Oslo 1", "Rome 1"], "named": {"a": "Rome 1"}}


def test_an_update_below_a_map_that_is_missing_computes_all_of_it(book: Any) -> None:
    found = book.get(id="1")
    found.update(home=None)
    found.update(home__city="Rome")
    assert labels(book)["home"] == "Rome None"


def test_an_update_whose_computed_values_are_unknown_is_refused(book: Any, recorder: RecordingBackend) -> None:
    found = book.get(id="1")
    part = book.scan().specific_attributes(["id", "home.city"]).first()
    new = book(id="2")
    before = stored(book)
    recorder.sent.clear()
    for update in (
        functools.partial(book.update_item, id="1", home__city="Rome"),
        functools.partial(book.update_item, id="1", homes__0__city="Rome"),
        functools.partial(book.update_item, {book.named["a"]["city"]: "Rome"}, id="1"),
        functools.partial(book.update_item, id="1", home__lines__append=["x"]),
        functools.partial(found.update, home__lines__append=["x"]),
        functools.partial(found.update, home__city=book.city),
        functools.partial(found.update, homes__0__remove=True, homes__1__city="Rome"),
        functools.partial(part.update, home__city="Rome"),
        functools.partial(new.update, home__city="Rome"),
    ):
        with pytest.raises(
            InvalidUpdate, match=r"can't be updated by itself: the schema computes '.*label' from what is"
        ):
            update()
    with (
        pytest.raises(InvalidUpdate, match=r"set the new value on the instance and call save\(partial=True\), or set"),
        transaction() as tx,
    ):
        tx.update(book, id="1", home__city="Rome")
    assert recorder.sent == []
    assert stored(book) == before


def test_an_update_of_what_was_read_computes_although_the_rest_was_not(book: Any) -> None:
    part = book.scan().specific_attributes(["id", "home"]).first()
    part.update(home__city="Rome")
    assert labels(book) == {**UNCHANGED, "home": "Rome 1"}


def test_computed_values_are_named_in_conditions_filters_and_projections(book: Any) -> None:
    for condition in (
        {"home__label": "Oslo 1"},
        {"homes__1__label__begins_with": "Oslo"},
        {"named__a__label__in": ["Oslo 1"]},
        book.home["label"] == "Oslo 1",
    ):
        found = book.scan(**condition) if isinstance(condition, dict) else book.scan(condition)
        assert [each.id for each in found] == ["1"]
        book.get(id="1").save(conditions=condition)
        book.update_item(id="1", visits=1, conditions=condition)
    assert list(book.query(id="1", home__label="Rome 1")) == []
    with pytest.raises(ConditionFailed):
        book.update_item(id="1", visits=1, conditions={"home__label": "Rome 1"})
    assert book.scan().specific_attributes(["home.label"]).count() == 1


class Tree(BaseModel):
    size: int = 0
    trees: list[Tree] = []

    @computed_field  # type: ignore[prop-decorator] # mypy's, as Pydantic documents it
    @property
    def total(self) -> int:
        return self.size + sum(tree.total for tree in self.trees)


class Cat(BaseModel):
    lives: int

    @computed_field
    def label(self) -> str:
        return f"cat with {self.lives}"


class Dog(BaseModel):
    name: str


def test_every_level_of_nested_models_and_unions_is_computed(recorder: RecordingBackend) -> None:
    class Schema:
        id: str
        tree: Tree
        pet: Cat | Dog

        @computed_field
        def both(self) -> str:
            return f"{self.tree.total} {type(self.pet).__name__}"

    book = model_of(Schema)
    leaf, twig = {"size": 4}, {"size": 3}
    book.put({"id": "1", "tree": {"size": 1, "trees": [twig, {"size": 2, "trees": [leaf]}]}, "pet": {"lives": 9}})
    found = book.get(id="1")
    found.update(tree__trees__1__trees__0__size=10, pet__lives=8)
    item = stored(book)
    tree = item["tree"]
    totals = [tree["total"], *(each["total"] for each in tree["trees"]), tree["trees"][1]["trees"][0]["total"]]
    assert totals == [16, 3, 12, 10]
    assert (item["pet"], item["both"]) == ({"lives": 8, "label": "cat with 8"}, "16 Cat")
    found.update(pet={"name": "Rex"})
    assert (stored(book)["pet"], stored(book)["both"]) == ({"name": "Rex"}, "16 Dog")
    assert [each.id for each in book.scan(tree__trees__1__total__gt=11)] == ["1"]
    assert book.from_json(found.to_json()).tree == found.tree
