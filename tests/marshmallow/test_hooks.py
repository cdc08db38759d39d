"""Hooks and validators: Marshmallow calls them as usual, and errors have its messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import marshmallow
import pytest
from marshmallow import Schema, fields, post_dump, post_load, pre_dump, pre_load, validate, validates, validates_schema

from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.ports.backends import Backend
from tests.marshmallow.models import model_of, stored


def test_hooks_run_where_marshmallow_runs_them(recorder: Backend) -> None:
    calls: list[str] = []

    class Hooked(Schema):
        id = fields.String()
        name = fields.String()

        @pre_load
        def strip(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
            calls.append("pre_load")
            return {key: value.strip() if isinstance(value, str) else value for key, value in data.items()}

        @post_load
        def title(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
            calls.append("post_load")
            return {**data, "name": data.get("name", "nobody").title()}

        @pre_dump
        def lower(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
            calls.append("pre_dump")
            return {**data, "name": data["name"].lower()}

        @post_dump
        def mark(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
            calls.append("post_dump")
            return {**data, "version": 1}

    thing: Any = model_of(Hooked)
    thing.Table.create_table()
    made = thing(id="1", name="  ann smith ")
    assert made.name == "Ann Smith"
    assert calls == ["pre_load", "post_load"]
    calls.clear()
    made.save()
    assert calls == ["pre_load", "post_load", "pre_dump", "post_dump"]
    assert stored(thing, id="1") == {"id": "1", "name": "ann smith", "version": 1}
    calls.clear()
    assert thing.get(id="1").name == "Ann Smith"
    assert calls == ["pre_load", "post_load"]
    thing.put({"id": "2"})
    assert stored(thing, id="2") == {"id": "2", "name": "nobody", "version": 1}
    found = thing.get(id="1")
    found.save()
    assert stored(thing, id="1") == {"id": "1", "name": "ann smith", "version": 1}


def test_validators_run_before_anything_is_written(recorder: Any) -> None:
    class Span(Schema):
        id = fields.String(validate=validate.Regexp(r"^\d+$", error="Only digits."))
        first = fields.Integer(validate=validate.Range(min=0))
        last = fields.Integer()

        @validates("last")
        def check_last(self, value: int, **_: Any) -> None:
            if value == 13:
                raise marshmallow.ValidationError("Unlucky.")

        @validates_schema
        def in_order(self, data: dict[str, Any], **_: Any) -> None:
            if data.get("first", 0) > data.get("last", 99):
                raise marshmallow.ValidationError("Upside down.", "first")

    span: Any = model_of(Span)
    span.Table.create_table()
    wrong: dict[str, dict[str, Any]] = {
        "Only digits.": {"id": "x"},
        "Must be greater than or equal to 0.": {"id": "1", "first": -1},
        "Unlucky.": {"id": "1", "last": 13},
        "Upside down.": {"id": "1", "first": 2, "last": 1},
    }
    for message, values in wrong.items():
        for action in (span.put, span.put_unique, span.put_batch, lambda item: span(**item)):
            with pytest.raises(ValidationError) as raised:
                action(values)
            assert list(raised.value.errors.values()) == [[message]]
            assert isinstance(raised.value.__cause__, marshmallow.ValidationError)
        made = span(id="1")
        for name, value in values.items():
            setattr(made, name, value)
        with pytest.raises(ValidationError, match=message):
            made.save()
    assert recorder.sent == []


def test_errors_are_marshmallow_s_in_its_own_shape() -> None:
    class Deep(Schema):
        id = fields.String(required=True, error_messages={"required": "Give an id."})
        days = fields.List(fields.Date())
        place = fields.Nested(Schema.from_dict({"zip": fields.String(required=True, data_key="Z")}))

    with pytest.raises(ValidationError) as raised:
        model_of(Deep)(days=["2020-01-02", "soon"], place={}, other=1)
    assert raised.value.errors == {
        "id": ["Give an id."],
        "days": {1: ["Not a valid date."]},
        "place": {"Z": ["Missing data for required field."]},
        "other": ["Unknown field."],
    }
    assert raised.value.raw == {"days": ["2020-01-02", "soon"], "place": {}, "other": 1}
    assert raised.value.schema_name == "ThingSchema"
    assert isinstance(raised.value, ValueError)


def test_objects_made_by_hooks_become_values_again(recorder: Backend) -> None:
    class Place(Schema):
        city = fields.String(data_key="C")

        @post_load
        def make(self, data: dict[str, Any], **_: Any) -> SimpleNamespace:
            return SimpleNamespace(**data)

    class Person(Schema):
        id = fields.String()
        home = fields.Nested(Place)
        others = fields.List(fields.Nested(Place))

        @post_load
        def make(self, data: dict[str, Any], **_: Any) -> SimpleNamespace:
            return SimpleNamespace(**data)

    person: Any = model_of(Person)
    person.Table.create_table()
    person(id="1", home={"city": "Oslo"}, others=[{"city": "Rome"}]).save()
    found = person.get(id="1")
    assert (found.home.city, found.others[0].city) == ("Oslo", "Rome")
    found.home.city = "Bergen"
    found.others.append(SimpleNamespace(city="Paris"))
    found.save()
    assert stored(person, id="1") == {"id": "1", "home": {"C": "Bergen"}, "others": [{"C": "Rome"}, {"C": "Paris"}]}
    found.home = SimpleNamespace(city="Narvik")
    found.save(partial=True)
    assert stored(person, id="1")["home"] == {"C": "Narvik"}
    with pytest.raises(ValidationError, match="home"):
        person(id="1", home="Oslo")


@pytest.mark.parametrize(
    "place", ["pre_load", "post_load", "pre_dump", "post_dump", "validates_schema", "_deserialize"]
)
def test_exception_in_a_hook_is_raised_with_a_note_that_names_the_model(place: str, recorder: Any) -> None:
    def fault(*_: Any, **__: Any) -> Any:
        raise KeyError("a fault")

    if place == "_deserialize":
        kind: Any = type("Faulty", (fields.String,), {place: fault})
        faulty: dict[str, Any] = {"name": kind()}
    else:
        hook: Any = getattr(marshmallow, place)
        faulty = {"hook": hook(fault)}
    thing: Any = model_of(type("Schema", (Schema,), {"id": fields.String(), "name": fields.String(), **faulty}))
    actions: tuple[Callable[[], object], ...] = (
        lambda: thing.put({"id": "1", "name": "x"}),
        lambda: thing(id="1", name="x").save(),
    )
    for action in actions:
        with pytest.raises(KeyError, match="a fault") as raised:
            action()
        assert "Raised in the Schema of Thing" in raised.value.__notes__[0]
    assert recorder.sent == []


def test_nested_schema_that_is_named_is_checked_when_it_is_used_first() -> None:
    thing: Any = model_of(type("Schema", (Schema,), {"id": fields.String(), "home": fields.Nested("CollidingHome")}))
    type("CollidingHome", (Schema,), {"city": fields.String(data_key="C"), "town": fields.String(data_key="C")})
    with pytest.raises(DynaModelException, match=r"Marshmallow refuses the schema in 'home' of Thing: .* collides"):
        thing(id="1", home={"city": "Oslo"})
