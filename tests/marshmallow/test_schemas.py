"""The bases, options and defaults that a ``Schema`` may have."""

from __future__ import annotations

import datetime
from typing import Any

import marshmallow
import pytest
from marshmallow import Schema, fields, validate

from dynamorm import DynaModel, using
from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.ports.schemas import Claim
from dynamorm_marshmallow.plugin import claims, dynamorm_register_schema
from tests.marshmallow.models import model_of, stored


class Named:
    """A mixin that is no schema."""

    name = fields.String(required=True)


class Dated(Schema):
    """A mixin that is one."""

    day = fields.Date()

    class Meta:
        dateformat = "%d.%m.%Y"


def test_schema_may_be_bare_or_inherit_or_mix() -> None:
    class Bare:
        id = fields.String()

    class Whole(Schema):
        id = fields.String()

    class Mixing(Named, Dated):
        id = fields.String()

    class MixingBare(Named):
        id = fields.String()

    for schema in (Bare, Whole, Mixing, MixingBare):
        adapted = model_of(schema).Schema
        assert issubclass(adapted, schema)
        assert issubclass(adapted, Schema)
        assert adapted.__name__ == "ThingSchema"
    thing: Any = model_of(Mixing)
    assert thing(id="1", name="x", day="02.01.2020").day == datetime.date(2020, 1, 2)


def test_method_resolution_order_decides() -> None:
    class Short(Schema):
        id = fields.String(validate=validate.Length(max=3))

        def label(self) -> str:
            return "short"

    class Long(Schema):
        id = fields.String(validate=validate.Length(max=9))

        def label(self) -> str:
            return "long"

    class ShortFirst(Short, Long):
        pass

    class LongFirst(Long, Short):
        pass

    assert model_of(LongFirst)(id="12345").id == "12345"
    assert model_of(LongFirst).Schema().label() == "long"
    with pytest.raises(ValidationError):
        model_of(ShortFirst)(id="12345")


def test_child_schema_inherits_from_the_parent_s(recorder: Backend) -> None:
    class Book(DynaModel):
        class Table:
            name = "books"
            hash_key = "id"

        class Schema:
            id = fields.String()
            title = fields.String()

    class Novel(Book):
        class Schema(Book.Schema):
            title = fields.String(required=True)
            genre = fields.String()

    assert Novel(id="1", title="x", genre="y").to_dict() == {"id": "1", "title": "x", "genre": "y"}
    assert Book(id="1").title is None
    with pytest.raises(ValidationError, match="title"):
        Novel(id="1")


@pytest.mark.parametrize(
    ("definition", "claimed"),
    [
        (type("Schema", (), {"id": fields.String()}), Claim.FIELDS),
        (type("Schema", (Named,), {}), Claim.FIELDS),
        (type("Schema", (Schema,), {}), Claim.CLASS),
        (type("Schema", (), {"id": fields.String}), Claim.NONE),
        (type("Schema", (), {"id": str, "other": 5}), Claim.NONE),
    ],
)
def test_claims_what_is_made_of_marshmallow(definition: type, claimed: Claim) -> None:
    assert claims(definition) is claimed
    assert dynamorm_register_schema().name == "marshmallow"


@pytest.mark.parametrize(
    ("unknown", "kept"), [(marshmallow.RAISE, None), (marshmallow.EXCLUDE, {}), (marshmallow.INCLUDE, {"more": 5})]
)
def test_unknown_names_are_treated_as_the_schema_says(unknown: str, kept: dict[str, Any] | None, recorder: Any) -> None:
    meta = type("Meta", (), {"unknown": unknown})
    thing: Any = model_of(type("Schema", (Schema,), {"id": fields.String(), "Meta": meta}))
    thing.Table.create_table()
    if kept is None:
        with pytest.raises(ValidationError, match=r"'more'.*Unknown field"):
            thing(id="1", more=5)
        with pytest.raises(ValidationError, match=r"'more'.*Unknown field"):
            thing.put({"id": "1", "more": 5})
        assert recorder.sent == []
    else:
        thing(id="1", more=5).save()
        assert stored(thing, id="1") == {"id": "1", **kept}
        thing.put({"id": "1", "more": 5})
        assert stored(thing, id="1") == {"id": "1", **kept}
    thing.Table.put({"id": "1", "newer": 1})
    found = thing.get(id="1")
    found.save()
    assert stored(thing, id="1") == {"id": "1", "newer": 1}


def test_defaults_are_filled_in_unless_partial(recorder: Backend) -> None:
    class Defaults(Schema):
        id = fields.String(required=True)
        fixed = fields.Integer(load_default=5)
        made = fields.List(fields.Integer(), load_default=lambda: [1])
        day = fields.Date(load_default=datetime.date(2020, 1, 2))
        nothing = fields.String(load_default=None, allow_none=True)
        written = fields.String(dump_default="when dumped")

    thing: Any = model_of(Defaults)
    thing.Table.create_table()
    made, bare = thing(id="1"), thing()
    for instance in (made, bare):
        assert (instance.fixed, instance.made, instance.day) == (5, [1], datetime.date(2020, 1, 2))
        assert (instance.nothing, instance.written) == (None, None)
    assert thing(partial=True, id="1").fixed is None
    made.save()
    assert stored(thing, id="1") == {"id": "1", "fixed": 5, "made": [1], "day": "2020-01-02", "written": "when dumped"}
    thing.update_item(id="2", fixed=1)
    assert stored(thing, id="2") == {"id": "2", "fixed": 1}


def test_attribute_of_a_field_names_the_instance_s_value(recorder: Backend) -> None:
    class Renamed(Schema):
        id = fields.String()
        title = fields.String(attribute="caption", data_key="Title")

    thing: Any = model_of(Renamed)
    thing.Table.create_table()
    thing(id="1", title="x").save()
    assert stored(thing, id="1") == {"id": "1", "Title": "x"}
    assert thing.get(id="1").title == "x"
    assert [found.title for found in thing.scan(title="x")] == ["x"]


def test_attribute_that_leads_elsewhere_is_refused() -> None:
    words = r"'city' of Thing has attribute='place.city', a path into another object\..*data_key"
    with pytest.raises(DynaModelException, match=words):
        model_of(type("Schema", (), {"id": fields.String(), "city": fields.String(attribute="place.city")}))


def test_schema_that_names_itself_below(recorder: Backend) -> None:
    class Tree(Schema):
        id = fields.String()
        children = fields.List(fields.Nested(lambda: Tree()))  # noqa: PLW0108 # it has no name yet

    tree: Any = model_of(Tree)
    tree.Table.create_table()
    tree(id="1", children=[{"id": "2", "children": [{"id": "3"}]}]).save()
    assert [found.id for found in tree.scan(children__0__children__0__id="3")] == ["1"]


def test_field_that_is_no_instance_is_refused_when_the_model_is_defined() -> None:
    class Unfinished:
        id = fields.String()
        day: Any = fields.Date

    with pytest.raises(DynaModelException, match="Marshmallow refuses the Schema of Thing: "):
        model_of(Unfinished)


def test_schema_of_a_program_keeps_its_name(sqlite_memory: Backend) -> None:
    reader_schema = type(
        "SchemaOfAProgram", (Schema,), {"id": fields.String(required=True), "__module__": "its.own.module"}
    )

    class Reader(DynaModel):
        class Table:
            name = "readers"
            hash_key = "id"

        Schema = reader_schema

    class Club(Schema):
        id = fields.String(required=True)
        readers = fields.List(fields.Nested("SchemaOfAProgram"))

    with using(sqlite_memory):
        club = model_of(Club)
        club.Table.create_table()
        club.put({"id": "1", "readers": [Reader(id="2").to_dict()]})
        assert stored(club, id="1") == {"id": "1", "readers": [{"id": "2"}]}


def test_field_that_is_only_dumped_is_not_removed_by_an_update(sqlite_memory: Backend) -> None:
    class Lenient(Schema):
        id = fields.String(required=True)
        label = fields.String(dump_only=True)

        class Meta:
            unknown = marshmallow.EXCLUDE

    with using(sqlite_memory):
        thing = model_of(Lenient)
        thing.Table.create_table()
        thing.Table.put({"id": "1", "label": "made elsewhere"})
        with pytest.raises(ValidationError) as refused:
            thing.update_item(id="1", label="mine")
        assert refused.value.errors == {"label": ["Unknown field."]}
        assert stored(thing, id="1") == {"id": "1", "label": "made elsewhere"}


def test_paths_lead_into_a_tuple(sqlite_memory: Backend) -> None:
    class Placed(Schema):
        id = fields.String(required=True)
        move = fields.Tuple((fields.Nested(Dated), fields.Date()))

    with using(sqlite_memory):
        thing = model_of(Placed)
        thing.Table.create_table()
        day = datetime.date(2020, 1, 2)
        thing.put({"id": "1", "move": ({"day": day}, day)})
        assert [found.id for found in thing.scan(move__1=day, move__0__day=day)] == ["1"]
        thing.update_item(id="1", move__1=datetime.date(2021, 1, 2))
        assert stored(thing, id="1")["move"] == [{"day": "02.01.2020"}, "2021-01-02"]
