"""Names in nested maps that a nested schema computes, does not know, or does not store."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from marshmallow import EXCLUDE, INCLUDE, Schema, fields, post_dump, pre_load

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import DynaModelException, InvalidSchemaField, ValidationError
from dynamorm.ports.backends import Backend
from tests.marshmallow.models import model_of, stored


class Inner(Schema):
    number = fields.Integer()
    twice = fields.Method("double")

    def double(self, inner: dict[str, int]) -> int:
        return inner["number"] * 2


class Place(Schema):
    city = fields.String()
    label = fields.Function(lambda place: f"in {place['city']}")
    seen = fields.Date(dump_only=True)
    inner = fields.Nested(Inner)
    inners = fields.List(fields.Nested(Inner))


class Stamped(Schema):
    city = fields.String()

    @post_dump
    def stamp(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "form": 2}


class Renamed(Schema):
    city = fields.String()

    @pre_load
    def rename(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"city" if name == "town" else name: value for name, value in data.items()}


class Open(Schema):
    class Meta:
        unknown = INCLUDE

    number = fields.Integer(data_key="N")


class ByAttribute(Schema):
    day = fields.Date(attribute="date", data_key="D")


class Tree(Schema):
    name = fields.String()
    tag = fields.Function(lambda tree: f"<{tree['name']}>")
    below = fields.List(fields.Nested(lambda: Tree()))  # noqa: PLW0108 - it has no name yet


class Secret(Schema):
    name = fields.String()
    secret = fields.String(load_only=True)


class RequiredSecret(Schema):
    secret = fields.String(load_only=True, required=True)


def model_with(nested: Any, **options: Any) -> type[DynaModel]:
    """A model, whose table is there, with this *nested* schema in a map, a list, an entry and a tuple."""
    # Marshmallow 3 asks an instance of a schema itself whether it is one of many.
    is_class = isinstance(nested, (type, str))
    each = {
        "one": fields.Nested(nested, **options),
        "listed": fields.List(fields.Nested(nested, **options)),
        "many": fields.Nested(nested, many=True, **options) if is_class else fields.List(fields.Nested(nested)),
        "named": fields.Dict(values=fields.Nested(nested, **options)),
        "pair": fields.Tuple((fields.Nested(nested, **options), fields.Integer())),
    }
    model = model_of(type("Schema", (), {"id": fields.String(), **each}))
    model.__table__.create()
    return model


def in_each(value: Any) -> dict[str, Any]:
    """The *value* in every field of :func:`model_with`."""
    return {"one": value, "listed": [value], "many": [value], "named": {"k": value}, "pair": (value, 1)}


def values_of(instance: Any) -> dict[str, Any]:
    return {name: getattr(instance, name) for name in in_each(None)}


PLACE = {"city": "Oslo", "inner": {"number": 1}, "inners": [{"number": 2}]}
STORED_PLACE = {
    "city": "Oslo",
    "label": "in Oslo",
    "inner": {"number": 1, "twice": 2},
    "inners": [{"number": 2, "twice": 4}],
}


def test_item_with_computed_values_below_is_read_and_written_again(recorder: Backend) -> None:
    thing: Any = model_with(Place)
    thing(id="1", **in_each(PLACE)).save()
    assert stored(thing, id="1")["listed"] == [STORED_PLACE]
    found = thing.get(id="1")
    assert values_of(found) == in_each(PLACE)
    found.save()
    found.one["inner"]["number"] = 5
    found.save(partial=True)
    found.update(many__append=[PLACE])
    item = stored(thing, id="1")
    assert item["one"]["inner"] == {"number": 5, "twice": 10}
    assert item["many"] == [STORED_PLACE, STORED_PLACE]
    assert [each.id for each in thing.scan(one__label="in Oslo", listed__0__inner__twice=2)] == ["1"]


def test_computed_values_below_are_left_out_of_json_that_is_read(recorder: Backend) -> None:
    thing: Any = model_with(Place)
    made = thing(id="1", **in_each(PLACE))
    text = made.to_json()
    assert text.count('"label":"in Oslo"') == 5
    assert values_of(thing.from_json(text)) == in_each(PLACE)


def test_names_that_a_hook_has_stored_are_read(recorder: Backend) -> None:
    thing: Any = model_with(Stamped)
    thing(id="1", **in_each({"city": "Oslo"})).save()
    assert stored(thing, id="1")["one"] == {"city": "Oslo", "form": 2}
    assert values_of(thing.get(id="1")) == in_each({"city": "Oslo"})


def test_hooks_see_names_of_items_before_they_are_left_out(recorder: Backend) -> None:
    thing: Any = model_with(Renamed)
    thing.__table__.put({"id": "1", **in_each({"town": "Oslo", "new": 1})})
    assert values_of(thing.get(id="1")) == in_each({"city": "Oslo"})


@pytest.mark.parametrize("nested", [Place, Place(), f"{__name__}.Place", lambda: Place(), Tree])  # noqa: PLW0108 - as programs do
def test_names_of_a_newer_program_are_left_out_at_any_depth(nested: Any, recorder: Backend) -> None:
    thing: Any = model_with(nested)
    if nested is Tree:
        native: dict[str, Any] = {"name": "a", "below": [{"name": "b", "below": [{"name": "c"}]}]}
        newer: dict[str, Any] = {
            "name": "a",
            "+": 1,
            "below": [{"name": "b", "+": 1, "below": [{"name": "c", "+": 1}]}],
        }
    else:
        native = PLACE
        newer = {"city": "Oslo", "+": [1], "inner": {"number": 1, "+": 2}, "inners": [{"number": 2, "+": {"a": 3}}]}
    thing.__table__.put({"id": "1", **in_each(newer)})
    for _ in range(2):
        assert values_of(thing.get(id="1")) == in_each(native)
        for field, value in in_each(newer).items():
            with pytest.raises(ValidationError, match="Unknown field"):
                thing(id="1", **{field: value})
    found = thing.get(id="1")
    found.update(id="1", one=native)
    with pytest.raises(ValidationError, match="Unknown field"):
        found.update(one=newer)


def test_a_schema_of_the_program_is_not_changed(recorder: Backend) -> None:
    mine = Tree()
    thing: Any = model_with(mine)
    thing.__table__.put({"id": "1", **in_each({"name": "a", "+": 1, "below": [{"name": "b", "+": 1}]})})
    thing.get(id="1")
    for data in ({"name": "a", "+": 1}, {"name": "a", "below": [{"name": "b", "+": 1}]}):
        assert mine.validate(data)


@pytest.mark.parametrize("by_option", [False, True])
def test_names_that_a_nested_schema_includes_are_kept(by_option: bool, recorder: Backend) -> None:
    thing: Any = (
        model_with(Schema.from_dict({"number": fields.Integer(data_key="N")}), unknown=INCLUDE)
        if (by_option)
        else model_with(Open)
    )
    value = {"number": 1, "more": {"a": [1]}, "name": "x"}
    thing(id="1", **in_each(value)).save()
    assert stored(thing, id="1")["many"] == [{"N": 1, "more": {"a": [1]}, "name": "x"}]
    found = thing.get(id="1")
    assert values_of(found) == in_each(value)
    found.one["more"]["a"].append(2)
    found.save(partial=True)
    found.update(listed__append=[value])
    item = stored(thing, id="1")
    assert item["one"]["more"] == {"a": [1, 2]}
    assert item["listed"][1] == {"N": 1, "more": {"a": [1]}, "name": "x"}


def test_names_that_a_nested_schema_excludes_are_not_kept(recorder: Backend) -> None:
    thing: Any = model_with(Open(unknown=EXCLUDE))
    thing(id="1", **in_each({"number": 1, "more": 2})).save()
    assert stored(thing, id="1")["one"] == {"N": 1}


def test_nested_values_may_have_names_of_their_own(recorder: Backend) -> None:
    thing: Any = model_with(ByAttribute)
    native = {"date": datetime.date(2020, 1, 2)}
    made = thing(id="1", **in_each({"day": "2020-01-02"}))
    assert values_of(made) == in_each(native)
    made.save()
    assert stored(thing, id="1")["one"] == {"D": "2020-01-02"}
    found = thing.get(id="1")
    assert values_of(found) == in_each(native)
    found.save()
    found.one["date"] = datetime.date(2021, 1, 2)
    found.save(partial=True)
    found.update(listed__0__day="2022-01-02")
    assert (stored(thing, id="1")["one"], found.listed) == ({"D": "2021-01-02"}, [{"date": datetime.date(2022, 1, 2)}])
    assert values_of(thing.from_json(found.to_json())) == values_of(found)


@pytest.mark.parametrize("nested", [RequiredSecret, [RequiredSecret]])
def test_required_field_that_is_not_dumped_is_refused(nested: Any, recorder: Backend) -> None:
    field = fields.List(fields.Nested(nested[0])) if isinstance(nested, list) else fields.Nested(nested)
    with pytest.raises(DynaModelException, match="'secret' in 'home' of Thing is required, but load_only"):
        model_of(type("Schema", (), {"id": fields.String(), "home": field}))
    with pytest.raises(DynaModelException, match="'secret' of Thing is required, but load_only"):
        model_of(type("Schema", (RequiredSecret,), {"id": fields.String()}))


def test_field_that_is_not_dumped_is_the_instance_s_alone(recorder: Backend) -> None:
    class Person(Secret):
        id = fields.String()
        home = fields.Nested(Secret)

    person: Any = model_of(Person)
    person.__table__.create()
    made = person(id="1", secret="x", home={"name": "n", "secret": "y"})
    made.save()
    assert (made.secret, made.home["secret"]) == ("x", "y")
    assert stored(person, id="1") == {"id": "1", "home": {"name": "n"}}
    for keyword, label in (("secret", "secret"), ("home__secret", r"home\.secret")):
        actions: tuple[Any, ...] = (
            lambda keyword=keyword: made.update(**{keyword: "z"}),
            lambda keyword=keyword: person.update_item(id="1", **{keyword: "z"}),
            lambda keyword=keyword: person.scan(**{keyword: "z"}),
        )
        for action in actions:
            with pytest.raises(InvalidSchemaField, match=f"'{label}' of Thing is not in the table"):
                action()


def test_field_that_is_not_dumped_can_not_be_a_key() -> None:
    schema: type = type("Schema", (), {"id": fields.String(load_only=True)})
    with pytest.raises(InvalidSchemaField, match="is not stored: the schema leaves it out"):
        model_of(schema)


def test_block_reads_and_writes_names_below_as_well(recorder: Backend) -> None:
    thing: Any = model_with(Place)
    with dynamorm.batch() as batch:
        batch.put(thing(id="1", **in_each(PLACE)))
    with dynamorm.transaction() as tx:
        tx.update(thing.get(id="1"), one=PLACE)
    ((found,), (same,)) = thing.get_batch([{"id": "1"}]), dynamorm.transact_get((thing, "1"))
    assert values_of(found) == values_of(same) == in_each(PLACE)
