"""Updates: every kind of change, on every backend, through the class and through an instance."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from dynamorm import DynaModel, Q
from dynamorm.data import UpdateItem
from dynamorm.exceptions import ConditionFailed, DynaModelException, InvalidKey, InvalidUpdate, ValidationError
from dynamorm.paths import Path
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Thing(DynaModel):
    class Table:
        name = "things"
        hash_key = "id"

    class Schema:
        id = fields.text()
        text = fields.text(attribute="Text", longest=10)
        number = fields.integer()
        price = fields.decimal()
        day = fields.date()
        tags = fields.list_of(fields.text())
        days = fields.list_of(fields.date())
        child = fields.map_of()
        address = fields.nested(
            {
                "state": fields.text(attribute="S"),
                "since": fields.date(),
                "zip": fields.text(nullable=True, longest=9),
            }
        )
        raw = fields.anything()
        conditions = fields.text()


DAY = datetime.date(2020, 1, 2)
BEFORE: dict[str, Any] = {
    "id": "1",
    "Text": "a",
    "number": 5,
    "tags": ["b"],
    "child": {"foo": {"bar": 1, "list": [1, 2, 3]}, "a.b": 1, "set": {"x", "y"}},
    "address": {"S": "CA"},
    "raw": {1, 2},
    "unknown": 1,
}
#: The changes, and what they make of the item: attributes that differ, ``None`` for those that are gone.
CASES: dict[str, tuple[dict[str | Path[Any], Any], dict[str, Any]]] = {
    "set": ({"text": "z", "number": 6}, {"Text": "z", "number": 6}),
    "set what was not there": ({"price": 1.5, "day": DAY}, {"price": Decimal("1.5"), "day": "2020-01-02"}),
    "set serialised": ({"day": "2020-01-02", "price": "2.50"}, {"day": "2020-01-02", "price": Decimal("2.5")}),
    "set to None": ({"text": None, "price": None}, {"Text": None}),
    "append": ({"tags__append": ["c", "d"]}, {"tags": ["b", "c", "d"]}),
    "prepend": ({"tags__prepend": ["a"]}, {"tags": ["a", "b"]}),
    "append to an entry": (
        {"child__foo__list__append": [4]},
        {"child": {**BEFORE["child"], "foo": {"bar": 1, "list": [1, 2, 3, 4]}}},
    ),
    "plus": ({"number__plus": 2}, {"number": 7}),
    "minus": ({"number__minus": 10}, {"number": -5}),
    "if_not_exists": ({"number__if_not_exists": 1, "price__if_not_exists": 1}, {"price": 1}),
    "if_not_exists, native": ({"days__if_not_exists": [DAY]}, {"days": ["2020-01-02"]}),
    "remove": ({"tags__remove": True, "text__remove": True}, {"tags": None, "Text": None}),
    "remove what is not there": ({"price__remove": True, "number": 1}, {"number": 1}),
    "add": ({"number__add": -3, "price__add": Decimal("0.1")}, {"number": 2, "price": Decimal("0.1")}),
    "add to a set": ({"raw__add": {2, 3}}, {"raw": {1, 2, 3}}),
    "add to a set in a map": (
        {"child__new__add": {"z"}, "child__foo__bar": 2},
        {"child": {"foo": {"bar": 2, "list": [1, 2, 3]}, "a.b": 1, "set": {"x", "y"}, "new": {"z"}}},
    ),
    "delete": ({"raw__delete": {1, 9}}, {"raw": {2}}),
    "delete the last": ({"raw__delete": {1, 2}}, {"raw": None}),
    "nested": ({"child__foo__bar": 2}, {"child": {**BEFORE["child"], "foo": {"bar": 2, "list": [1, 2, 3]}}}),
    "nested field": ({"address__state": "NY"}, {"address": {"S": "NY"}}),
    "nested, native": ({"address__since": DAY}, {"address": {"S": "CA", "since": "2020-01-02"}}),
    "nested None is NULL": (
        {"address__zip": None, "child__x": None},
        {"address": {"S": "CA", "zip": None}, "child": {**BEFORE["child"], "x": None}},
    ),
    "nested remove": ({"address__state__remove": True}, {"address": {}}),
    "nested plus": (
        {"child__foo__bar__plus": 1},
        {"child": {**BEFORE["child"], "foo": {"bar": 2, "list": [1, 2, 3]}}},
    ),
    "element": (
        {"child__foo__list__1": 9, "tags__0": "z"},
        {"child": {**BEFORE["child"], "foo": {"bar": 1, "list": [1, 9, 3]}}, "tags": ["z"]},
    ),
    "remove an element": (
        {"child__foo__list__0__remove": True},
        {"child": {**BEFORE["child"], "foo": {"bar": 1, "list": [2, 3]}}},
    ),
    "path": ({Thing.child["a.b"]: 2}, {"child": {**BEFORE["child"], "a.b": 2}}),
    "path to a field": ({Thing.text: "z", Thing.address["state"]: "NY"}, {"Text": "z", "address": {"S": "NY"}}),
    "field called like a parameter": ({Thing.conditions: "mint"}, {"conditions": "mint"}),
    "whole map": ({"address": {"state": "TX"}}, {"address": {"S": "TX"}}),
    "several kinds": (
        {"number__plus": 1, "text__remove": True, "raw__delete": {1}, "price": 1, "tags__append": ["c"]},
        {"number": 6, "Text": None, "raw": {2}, "price": 1, "tags": ["b", "c"]},
    ),
}


def split(changes: dict[str | Path[Any], Any]) -> tuple[dict[Path[Any], Any], dict[str, Any]]:
    paths = {path: value for path, value in changes.items() if isinstance(path, Path)}
    return paths, {name: value for name, value in changes.items() if isinstance(name, str)}


def after(difference: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**BEFORE, **difference}.items() if value is not None}


def stored() -> dict[str, Any] | None:
    return table_of(Thing).get(id="1", consistent=True)


@pytest.fixture
def thing(connected: Backend) -> Thing:
    table_of(Thing).create_table()
    table_of(Thing).put(BEFORE)
    found = Thing.get(id="1")
    assert found is not None
    return found


@pytest.mark.one_schema_library
def test_field_of_the_name_of_an_argument_is_changed_by_its_path(connected: Backend) -> None:
    class Named(DynaModel):
        class Table:
            name = "named"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)
            return_all = fields.text()

    model: Any = Named
    model.Table.create_table()
    named = model(id="1", return_all="a")
    named.save()
    with pytest.raises(InvalidUpdate, match=r"True or False.* give its path: update\({Named.return_all: …}\)"):
        named.update(return_all="b")
    named.update({model.return_all: "b"})
    assert (named.return_all, model.get(id="1").return_all) == ("b", "b")


def test_update_item_and_update_change_the_stored_item_alike(thing: Thing) -> None:
    wrong = {}
    for name, (changes, difference) in CASES.items():
        paths, keywords = split(changes)
        table_of(Thing).put(BEFORE)
        assert Thing.update_item(paths, id="1", **keywords) == {}
        by_class = stored()
        table_of(Thing).put(BEFORE)
        instance = Thing.get(id="1", consistent=True)
        assert instance is not None
        instance.update(paths, **keywords)
        loaded = Thing.get(id="1")
        assert loaded is not None
        if not by_class == stored() == after(difference) or instance.to_dict() != loaded.to_dict():
            wrong[name] = (by_class, stored(), instance.to_dict())
    assert wrong == {}


def test_update_makes_the_item_that_is_not_there(thing: Thing) -> None:
    Thing.update_item(id="2", number__add=1, text="x")
    assert table_of(Thing).get(id="2") == {"id": "2", "number": 1, "Text": "x"}


def test_update_item_answers_what_it_is_asked_for(thing: Thing) -> None:
    answer = Thing.update_item(id="1", text="z", number__plus=1, update_item_kwargs={"ReturnValues": "UPDATED_NEW"})
    assert answer == {"Attributes": {"Text": "z", "number": 6}}
    answer = Thing.update_item(id="1", text="y", update_item_kwargs={"ReturnValues": "ALL_OLD"})
    assert answer == {"Attributes": after({"Text": "z", "number": 6})}


@pytest.mark.parametrize("conditions", [{"text": "a"}, Q(text__begins_with="a"), [Q(number=5), Thing.tags.exists()]])
def test_update_under_a_condition(thing: Thing, conditions: Any) -> None:
    thing.update(text="z", conditions=conditions)
    assert thing.text == "z"
    with pytest.raises(ConditionFailed) as raised:
        thing.update(text="y", conditions={"text": "a"})
    assert raised.value.item == after({"Text": "z"}) == stored()
    with pytest.raises(ConditionFailed):
        Thing.update_item(id="1", text="y", conditions=[Q(text="z"), Q(number=4)])
    assert stored() == after({"Text": "z"})
    assert thing.text == "z"


def test_update_of_an_instance_refreshes_what_changed_only(thing: Thing) -> None:
    Thing.update_item(id="1", number=100, text="b", tags=["meanwhile"])
    thing.update(number__plus=1)
    assert (thing.number, thing.text, thing.tags) == (101, "a", ["b"])
    thing.update(number__plus=1, return_all=True)
    assert (thing.number, thing.text, thing.tags) == (102, "b", ["meanwhile"])


def test_update_keeps_what_the_schema_does_not_know(thing: Thing) -> None:
    thing.update(address__state="NY")
    thing.save()
    assert (stored() or {})["unknown"] == 1


def test_update_asks_for_no_more_than_it_needs(recorder: RecordingBackend) -> None:
    table_of(Thing).create_table()
    thing = Thing(id="1")
    thing.update(text="x", number__add=1)
    thing.update(child={})
    thing.update(child__a=1)
    thing.update(text="y", return_all=True)
    Thing.update_item(id="1", text="z")
    asked = [sent.return_values for sent in recorder.sent if isinstance(sent, UpdateItem)]
    assert asked == ["UPDATED_NEW", "UPDATED_NEW", "ALL_NEW", "ALL_NEW", "NONE"]


def test_update_of_nothing_sends_nothing(recorder: RecordingBackend) -> None:
    table_of(Thing).create_table()
    Thing(id="1").update()
    assert recorder.sent == []


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"text": "x" * 11}, ValidationError, "[Tt]ext"),
        ({"number": "many"}, ValidationError, "number"),
        ({"number": True}, ValidationError, "number"),
        ({"tags": [5]}, ValidationError, "tags"),
        ({"number__plus": "many"}, ValidationError, "number"),
        ({"tags__append": [5]}, ValidationError, "tags"),
        ({"tags__append": "c"}, ValidationError, "tags"),
        ({"address__since": "soon"}, ValidationError, "since"),
        ({"address__zip": "1234567890"}, ValidationError, "zip"),
        ({"text__if_not_exists": "x" * 11}, ValidationError, "text"),
        ({"id": "2"}, InvalidUpdate, "'id' is part of the primary key of Thing, which a write can't change"),
    ],
)
def test_wrong_changes_send_nothing(
    changes: dict[str, Any], kind: type[Exception], words: str, recorder: RecordingBackend
) -> None:
    with pytest.raises(kind, match=words):
        Thing(id="1").update(**changes)
    if "id" not in changes:
        with pytest.raises(kind, match=words):
            Thing.update_item(id="1", **changes)
    assert recorder.sent == []


def test_update_of_an_instance_without_a_key(recorder: RecordingBackend) -> None:
    with pytest.raises(InvalidKey, match="id was not given"):
        Thing().update(text="x")
    assert recorder.sent == []


def test_request_parameters_that_have_no_place_are_refused(recorder: RecordingBackend) -> None:
    with pytest.raises(
        DynaModelException, match="UpdateExpression are not supported in update_item_kwargs, which takes Ret"
    ):
        Thing.update_item(id="1", update_item_kwargs={"UpdateExpression": "SET a = b"})
    with pytest.raises(DynaModelException, match="does not support update_item_kwargs"):
        Thing(id="1").update(text="x", update_item_kwargs={"ReturnValues": "ALL_OLD"})
    assert recorder.sent == []


def test_an_update_may_name_the_key_that_the_item_has(thing: Thing) -> None:
    thing.update(id="1", number=9)
    assert (stored() or {})["number"] == 9


def test_a_nested_value_that_an_update_sets_is_to_be_complete(recorder: RecordingBackend) -> None:
    class Person(DynaModel):
        class Table:
            name = "people"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)
            home = fields.nested({"city": fields.text(required=True), "street": fields.text()})
            others = fields.list_of(fields.nested({"city": fields.text(required=True)}))

    table_of(Person).create_table()
    person = Person(id="1", home={"city": "Oslo", "street": "Long Lane"}, others=[])
    person.save()
    before = table_of(Person).get(id="1")
    recorder.sent.clear()
    wrong: tuple[dict[str, Any], ...] = (
        {"home": {}},
        {"home": {"street": "x"}},
        {"others": [{}]},
        {"others__append": [{}]},
    )
    for changes in wrong:
        with pytest.raises(ValidationError, match="city"):
            Person.update_item(id="1", **changes)
        with pytest.raises(ValidationError, match="city"):
            person.update(**changes)
    assert recorder.sent == []
    assert table_of(Person).get(id="1") == before
    person.update(home={"city": "Rome"}, others=[{"city": "Bergen"}])
    assert table_of(Person).get(id="1") == {"id": "1", "home": {"city": "Rome"}, "others": [{"city": "Bergen"}]}
