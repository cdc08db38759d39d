"""Indexes of a shared table whose key attributes are fields of models, or those of the table's own key."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, ProjectKeys, Q, SharedTable
from dynamorm.exceptions import DynaModelException
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields


class Base(SharedTable):
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


def test_a_child_is_refused_if_the_index_of_its_fields_does_not_hold_the_kind() -> None:
    class Shop(Base):
        name = "shop"

    class Parent(DynaModel):
        class Table(Shop):
            kind = "parent"
            hash_key = Key("PARENT#{id}")
            range_key = Key("ALL")

        class Schema:
            id = fields.text(required=True)
            gsi1pk = fields.text()
            gsi1sk = fields.text()

    with pytest.raises(
        DynaModelException, match=r"in the index gsi1 of Shop, and the index .* does not project 'kind'"
    ):

        class Child(Parent):
            class Table(Parent.Table):
                kind = "child"


def test_two_models_whose_fields_are_the_key_of_an_index_are_refused_if_it_does_not_hold_the_kind() -> None:
    class Shop(Base):
        name = "shop"

    class First(DynaModel):
        class Table(Shop):
            kind = "first"
            hash_key = Key("FIRST#{id}")
            range_key = Key("ALL")

        class Schema:
            id = fields.text(required=True)
            gsi1pk = fields.text()
            gsi1sk = fields.text()

    with pytest.raises(DynaModelException, match="First and Second can have the same keys in the index gsi1"):

        class Second(DynaModel):
            class Table(Shop):
                kind = "second"
                hash_key = Key("SECOND#{id}")
                range_key = Key("ALL")

            class Use(Shop.Gsi1):
                hash_key = Key("{value}")
                range_key = Key("{id}")

            class Schema:
                id = fields.text(required=True)
                value = fields.text()


def test_an_inverted_index_is_read_by_the_fields_of_the_tables_key(connected: Backend) -> None:
    class Shop(Base):
        name = "shop"

    class Visit(DynaModel):
        class Table(Shop):
            kind = "visit"
            hash_key = Key("VISIT#{visit_id}")
            range_key = Key("DAY#{day}")

        class Schema:
            visit_id = fields.text(required=True)
            day = fields.text(required=True)

    class Call(DynaModel):
        class Table(Shop):
            kind = "call"
            hash_key = Key("CALL#{call_id}")
            range_key = Key("DAY#{day}")

        class Schema:
            call_id = fields.text(required=True)
            day = fields.text(required=True)

    Shop.create_table()
    for day in "12":
        Visit(visit_id="a", day=day).save()
        Call(call_id="b", day=day).save()

    def shown(read: Any) -> list[tuple[str, str]]:
        assert read.count() == len(read)
        return [(type(each).__name__, each.day) for each in read]

    both = [("Call", "1"), ("Visit", "1")]
    assert shown(Shop.Inverted.query(Visit, Call, day="1")) == both
    assert shown(Shop.Inverted.query(day="1")) == both
    assert shown(Shop.Inverted.query(sk="DAY#1")) == both
    assert shown(Shop.Inverted.query(Visit, day="1")) == [("Visit", "1")]
    assert shown(Shop.Inverted.query(Call, day="2", call_id="b")) == [("Call", "2")]


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
