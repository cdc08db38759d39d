"""Nested values are stored with everything that their schema requires: without it, nobody can read the item."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynamorm import DynaModel
from dynamorm.exceptions import InvalidUpdate, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

HOME = {"city": "Oslo", "zip": "0150"}


class Person(DynaModel):
    class Table:
        name = "people"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        name = fields.text()
        home = fields.nested({"city": fields.text(required=True), "zip": fields.text()})
        homes = fields.list_of(fields.nested({"city": fields.text(required=True), "zip": fields.text()}))
        by_name = fields.map_of(fields.nested({"city": fields.text(required=True), "zip": fields.text()}))


def _assign(person: Any) -> None:
    person.home = {"zip": "1"}


def _assign_a_list(person: Any) -> None:
    person.homes = [HOME, {"zip": "1"}]


def _assign_an_element(person: Any) -> None:
    person.homes[0] = {}


def _append(person: Any) -> None:
    person.homes.append({"zip": "1"})


def _add_an_entry(person: Any) -> None:
    person.by_name["b"] = {"zip": "1"}


def _delete(person: Any) -> None:
    del person.home["city"]


def _delete_in_an_element(person: Any) -> None:
    del person.homes[0]["city"]


def _delete_in_an_entry(person: Any) -> None:
    del person.by_name["a"]["city"]


@pytest.fixture(autouse=True)
def _stored(connected: Backend) -> None:
    table_of(Person).create_table()
    Person.put({"id": "1", "name": "x", "home": HOME, "homes": [HOME], "by_name": {"a": HOME}})


@pytest.mark.parametrize(
    "change",
    [
        _assign,
        _assign_a_list,
        _assign_an_element,
        _append,
        _add_an_entry,
        _delete,
        _delete_in_an_element,
        _delete_in_an_entry,
    ],
)
@pytest.mark.parametrize("partial", [True, False], ids=["partial", "whole"])
def test_incomplete_value_is_not_saved(change: Callable[[Any], None], partial: bool) -> None:
    person, stored = Person.get(id="1"), table_of(Person).get(id="1")
    assert person is not None
    change(person)
    with pytest.raises(ValidationError, match="city"):
        person.save(partial=partial)
    assert table_of(Person).get(id="1") == stored


def test_what_is_not_required_may_be_deleted() -> None:
    person = Person.get(id="1")
    assert person is not None
    del person.home["zip"], person.homes[0]["zip"]
    person.save(partial=True)
    person = Person.get(id="1")
    assert person is not None
    assert [person.home["city"], person.homes[0]["city"], person.home.get("zip")] == ["Oslo", "Oslo", None]


def test_part_that_was_read_is_no_incomplete_value() -> None:
    person = Person.get("1", attrs=["id", "name", "home.zip"])
    assert person is not None
    assert person.to_dict()["home"] == {"zip": "0150"}
    person.name = "y"
    person.save(partial=True)
    person.home = HOME
    with pytest.raises(InvalidUpdate, match="Only a part of 'home'"):
        person.save(partial=True)
    stored = table_of(Person).get(id="1")
    assert stored is not None
    assert (stored["name"], stored["home"]) == ("y", HOME)
