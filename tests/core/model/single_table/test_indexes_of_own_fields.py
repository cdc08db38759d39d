"""Indexes of a shared table whose key attributes are fields of models, or those of the table's own key."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, ProjectKeys, Q, SharedTable
from dynamorm.exceptions import DynaModelException
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields


def table() -> Any:
    class Shop(SharedTable):
        name = "shop"
        hash_key = "pk"
        range_key = "sk"

        class Gsi1(GlobalIndex):
            name = "gsi1"
            hash_key = "gsi1pk"
            range_key = "gsi1sk"
            projection = ProjectKeys()

        class Inverted(GlobalIndex):
            name = "inverted"
            hash_key = "sk"
            range_key = "pk"
            projection = ProjectKeys()

    return Shop


def model_with_fields(shop: Any, name: str) -> Any:
    class Model(DynaModel):
        class Table(shop):
            kind = name
            hash_key = Key(f"{name}#{{id}}")
            range_key = Key("DAY#{day}")

        class Schema:
            id = fields.text(required=True)
            day = fields.text(required=True)
            gsi1pk = fields.text()
            gsi1sk = fields.text()

    Model.__qualname__ = Model.__name__ = name
    return Model


def test_a_child_is_refused_if_the_index_of_its_fields_does_not_hold_the_kind() -> None:
    parent = model_with_fields(table(), "parent")
    with pytest.raises(
        DynaModelException, match="in the index gsi1 of Shop, and the index gsi1 does not project 'kind'"
    ):

        class Child(parent):
            class Table(parent.Table):
                kind = "child"


def test_two_models_whose_fields_are_the_key_of_an_index_are_refused_if_it_does_not_hold_the_kind() -> None:
    shop = table()
    model_with_fields(shop, "first")
    with pytest.raises(DynaModelException, match="can have the same keys in the index gsi1"):

        class Second(DynaModel):
            class Table(shop):
                kind = "second"
                hash_key = Key("SECOND#{id}")
                range_key = Key("SECOND")

            class Use(shop.Gsi1):
                hash_key = Key("{value}")
                range_key = Key("{id}")

            class Schema:
                id = fields.text(required=True)
                value = fields.text()


def test_an_inverted_index_is_read_by_the_fields_of_the_tables_key(connected: Backend) -> None:
    shop = table()

    class Visit(DynaModel):
        class Table(shop):
            kind = "visit"
            hash_key = Key("VISIT#{visit_id}")
            range_key = Key("DAY#{day}")

        class Schema:
            visit_id = fields.text(required=True)
            day = fields.text(required=True)

    class Call(DynaModel):
        class Table(shop):
            kind = "call"
            hash_key = Key("CALL#{call_id}")
            range_key = Key("DAY#{day}")

        class Schema:
            call_id = fields.text(required=True)
            day = fields.text(required=True)

    shop.create_table()
    for day in "12":
        Visit(visit_id="a", day=day).save()
        Call(call_id="b", day=day).save()

    def shown(read: Any) -> list[tuple[str, str]]:
        assert read.count() == len(read)
        return [(type(each).__name__, each.day) for each in read]

    both = [("Call", "1"), ("Visit", "1")]
    assert shown(shop.Inverted.query(Visit, Call, day="1")) == both
    assert shown(shop.Inverted.query(day="1")) == both
    assert shown(shop.Inverted.query(sk="DAY#1")) == both
    assert shown(shop.Inverted.query(Visit, day="1")) == [("Visit", "1")]
    assert shown(shop.Inverted.query(Call, day="2", call_id="b")) == [("Call", "2")]


def test_a_child_with_another_key_in_an_index_of_its_parent_is_refused() -> None:
    class Shop(SharedTable):
        name = "shop"
        hash_key = "pk"
        range_key = "sk"

        class Gsi1(GlobalIndex):
            name = "gsi1"
            hash_key = "gsi1pk"
            range_key = "gsi1sk"
            projection = ProjectAll()

    class Animal(DynaModel):
        class Table(Shop):
            kind = "animal"
            hash_key = Key("OWNER#{owner}")
            range_key = Key("PET#{name}")

        class ByColour(Shop.Gsi1):
            hash_key = Key("COLOUR#{colour}")
            range_key = Key("{name}")

        class Schema:
            owner = fields.text(required=True)
            name = fields.text(required=True)
            colour = fields.text()

    with pytest.raises(
        DynaModelException, match=r"Cat and Animal, which it inherits from, have different keys in .*gsi1"
    ):

        class Cat(Animal):
            class Table(Animal.Table):
                kind = "cat"

            class ByColour(Shop.Gsi1):
                hash_key = Key("CATS#{colour}")
                range_key = Key("{name}")

    class Dog(Animal):
        class Table(Animal.Table):
            kind = "dog"

        class ByColour(Shop.Gsi1):
            hash_key = Key("COLOUR#{colour}")
            range_key = Key("{name}")
            only_if = Q(colour__ne="white")

    assert Shop.models == (Animal, Dog)
