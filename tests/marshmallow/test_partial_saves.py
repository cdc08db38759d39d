"""A partial save keeps the stored attributes that a nested schema leaves out."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, fields

from dynamorm import DynaModel
from dynamorm.engine.run.connections import using
from dynamorm.model.tables import ModelTable
from dynamorm.ports.backends import Backend


class Address(Schema):
    """A schema that does not know all that is stored."""

    class Meta:
        """Names that it does not know are left out."""

        unknown = EXCLUDE

    city = fields.String(data_key="City")
    street = fields.String()


class Person(DynaModel):
    """A model with such a schema below it, once and many times."""

    class Table:
        name = "people"
        hash_key = "name"

    class Schema:
        name = fields.String(required=True)
        home = fields.Nested(Address, data_key="Home")
        others = fields.List(fields.Nested(Address))


ITEM: dict[str, Any] = {
    "name": "Ann",
    "Home": {"City": "Oslo", "street": "Long Lane", "floor": 3},
    "others": [{"street": "a", "floor": 1}, {"street": "b", "floor": 2}],
}


def test_what_a_nested_schema_does_not_know_stays(sqlite_memory: Backend) -> None:
    table: ModelTable = vars(Person)["Table"]
    with using(sqlite_memory):
        table.create_table()
        table.put(ITEM)
        person = Person.get(name="Ann")
        assert person is not None
        person.home["city"] = "Rome"
        person.others[1]["street"] = "c"
        del person.others[0]["street"]
        person.save(partial=True)
        assert table.get(name="Ann") == {
            "name": "Ann",
            "Home": {"City": "Rome", "street": "Long Lane", "floor": 3},
            "others": [{"floor": 1}, {"street": "c", "floor": 2}],
        }
        person.save(partial=True)
        assert table.get(name="Ann") is not None
