"""Updates of an instance below a map that its item lacks: the map is written, if nobody else has written one."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel
from dynamorm.data import UpdateItem
from dynamorm.exceptions import InvalidUpdate, StaleItem, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Thing(DynaModel):
    class Table:
        name = "things"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        number = fields.integer()
        child = fields.map_of(attribute="Child")
        address = fields.nested(
            {
                "state": fields.text(attribute="S", required=True),
                "since": fields.date(),
                "inner": fields.nested({"size": fields.integer(attribute="Z")}, attribute="I"),
            },
            attribute="Address",
        )
        tags = fields.list_of(fields.text())
        raw = fields.anything()


DAY = datetime.date(2020, 1, 2)
#: The item before, the changes, and the attributes after.
CASES: dict[str, tuple[dict[str, Any], dict[Any, Any], dict[str, Any]]] = {
    "an entry": ({}, {"child__foo": 1}, {"Child": {"foo": 1}}),
    "several": ({}, {"child__foo": 1, "child__bar__x": None}, {"Child": {"foo": 1, "bar": {"x": None}}}),
    "deep": ({}, {"child__a__b__c": "x"}, {"Child": {"a": {"b": {"c": "x"}}}}),
    "by path": ({}, {Thing.child["a.b"]: 1}, {"Child": {"a.b": 1}}),
    "in a map": ({"Child": {"a": 1}}, {"child__foo__bar": 1}, {"Child": {"a": 1, "foo": {"bar": 1}}}),
    "in two maps": (
        {"Child": {}},
        {"child__a__x": 1, "child__b__x": 2, "raw__c": 3},
        {"Child": {"a": {"x": 1}, "b": {"x": 2}}, "raw": {"c": 3}},
    ),
    "add": ({}, {"child__n__add": 2, "child__s__add": {"x"}}, {"Child": {"n": 2, "s": {"x"}}}),
    "append": ({}, {"child__l__append": [1], "child__m__prepend": [2]}, {"Child": {"l": [1], "m": [2]}}),
    "if_not_exists": ({}, {"child__n__if_not_exists": 2}, {"Child": {"n": 2}}),
    "remove": ({}, {"child__n__remove": True, "child__m": 1}, {"Child": {"m": 1}}),
    "only remove": ({}, {"child__n__remove": True, "child__s__delete": {"x"}}, {}),
    "elements": ({}, {"tags__0": "a", "tags__1": "b"}, {"tags": ["a", "b"]}),
    "an element far away": ({}, {"tags__7": "a"}, {"tags": ["a"]}),
    "a map in a list": ({"raw": [{}]}, {"raw__0__a__b": 1}, {"raw": [{"a": {"b": 1}}]}),
    "a list in a map": ({}, {"raw__a__0__b": 1}, {"raw": {"a": [{"b": 1}]}}),
    "null": ({"Child": None}, {"child__foo": 1}, {"Child": {"foo": 1}}),
    "null below": ({"Child": {"a": None}}, {"child__a__foo": 1}, {"Child": {"a": {"foo": 1}}}),
    "with other changes": ({"number": 1}, {"child__foo": 1, "number__plus": 1}, {"Child": {"foo": 1}, "number": 2}),
}


def read() -> Thing:
    found = Thing.get(id="1", consistent=True)
    assert found is not None
    return found


def stored() -> dict[str, Any]:
    found = dict(table_of(Thing).get(id="1", consistent=True) or {})
    assert found.pop("id") == "1"
    return found


def update(thing: Thing, changes: dict[Any, Any], *, in_transaction: bool = False) -> None:
    paths = {change: value for change, value in changes.items() if not isinstance(change, str)}
    keywords = {change: value for change, value in changes.items() if isinstance(change, str)}
    if in_transaction:
        with dynamorm.transaction() as tx:
            tx.update(thing, paths, **keywords)
    else:
        thing.update(paths, **keywords)


@pytest.fixture
def table(connected: Backend) -> None:
    table_of(Thing).create_table()


def test_a_missing_map_is_written(table: None) -> None:
    wrong = {}
    for name, (before, changes, after) in CASES.items():
        for in_transaction in (False, True):
            table_of(Thing).put({"id": "1", **before})
            thing = read()
            update(thing, changes, in_transaction=in_transaction)
            expected = {attribute: value for attribute, value in {**before, **after}.items() if value is not None}
            if stored() != expected or (not in_transaction and thing.to_dict() != read().to_dict()):
                wrong[name, in_transaction] = (stored(), thing.to_dict())
    assert wrong == {}


def test_a_nested_schema_is_written_as_it_stores_its_values(table: None) -> None:
    table_of(Thing).put({"id": "1"})
    thing = read()
    thing.update(address__state="CA", address__since=DAY, address__inner__size=3)
    assert {name: value for name, value in stored()["Address"].items() if value is not None} == {
        "S": "CA",
        "since": "2020-01-02",
        "I": {"Z": 3},
    }
    assert thing.to_dict() == read().to_dict()
    table_of(Thing).put({"id": "1", "Address": {"S": "CA"}})
    thing = read()
    thing.update(address__inner__size=3)
    assert stored()["Address"]["I"] == {"Z": 3}


def test_a_nested_schema_that_lacks_what_it_requires_is_refused(recorder: RecordingBackend) -> None:
    table_of(Thing).create_table()
    table_of(Thing).put({"id": "1"})
    thing = read()
    recorder.sent.clear()
    with pytest.raises(ValidationError, match=r"'(S|state)'"):
        thing.update(address__since=DAY)
    assert recorder.sent == []
    assert stored() == {}


def test_a_map_that_another_writer_has_written_is_left_alone(table: None) -> None:
    for changes, other in (
        ({"child__foo": 1}, {"Child": {"foo": 2}}),
        ({"child__foo__remove": True}, {"Child": {"foo": 2}}),
        ({"tags__0": "a"}, {"tags": ["b"]}),
        ({"raw__a__x": 1}, {"raw": {"a": {"x": 2}}}),
        ({"raw__a__x": 1}, {"raw": "text"}),
    ):
        for in_transaction in (False, True):
            before: dict[str, Any] = {"raw": {}} if "raw__a__x" in changes else {}
            table_of(Thing).put({"id": "1", **before})
            thing = read()
            table_of(Thing).put({"id": "1", **other})
            with pytest.raises(StaleItem, match=f"'{min(changes).partition('__')[0]}' differs, so the change"):
                update(thing, changes, in_transaction=in_transaction)
            assert stored() == other
    table_of(Thing).put({"id": "1"})
    thing = read()
    Thing.delete_item(id="1")
    with pytest.raises(StaleItem, match="is gone"):
        thing.update(child__foo=1)


def test_who_does_not_know_is_told_what_to_do(table: None) -> None:
    table_of(Thing).put({"id": "1", "number": 1})
    (part,) = Thing.scan().specific_attributes(["id", "number"])
    instances = {"never read": Thing(id="1"), "read in part": part}
    for instance in instances.values():
        with pytest.raises(InvalidUpdate, match=r"'Child\.foo'.*child__if_not_exists=\{\}.*instance that was read"):
            instance.update(child__foo=1)
    # What it depends on stands only in the item.
    with pytest.raises(InvalidUpdate, match=r"'Child\.foo'.*child__if_not_exists"):
        read().update(child__foo=Thing.number)
    assert stored() == {"number": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"child__a": 1, Thing.child["a"]: 2},
        {"child__a": 1, "child__a__b": 2},
        {"raw__a": 1, Thing.raw[0]: 2},
    ],
)
def test_changes_that_contradict_one_another_are_refused(table: None, changes: dict[Any, Any]) -> None:
    table_of(Thing).put({"id": "1"})
    with pytest.raises(InvalidUpdate):
        update(read(), changes)
    assert stored() == {}


def test_it_is_one_request(recorder: RecordingBackend) -> None:
    table_of(Thing).create_table()
    Thing(id="1").save()
    thing = read()
    recorder.sent.clear()
    thing.update(child__foo=1)
    thing.update(child__bar=1)
    assert [type(sent) for sent in recorder.sent] == [UpdateItem, UpdateItem]
