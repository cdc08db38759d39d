"""Inheritance on a shared table: a family of models has one primary key, and each item is of its own class."""

from __future__ import annotations

import types
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, Mapped, Model, ProjectAll, Q, SharedTable, mapped
from dynamorm.exceptions import DynaModelException, WrongKind
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Zoo(SharedTable):
    name = "zoo"
    hash_key = "pk"
    range_key = "sk"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()


class Animal(DynaModel):
    class Table(Zoo):
        kind = "animal"
        hash_key = Key("OWNER#{owner}")
        range_key = Key("PET#{name}")

    class Schema:
        owner = fields.text(required=True)
        name = fields.text(required=True)


class Cat(Animal):
    class Table(Animal.Table):
        kind = "cat"

    class ByPlace(Zoo.Gsi1):
        hash_key = Key("PLACE#{place}")
        range_key = Key("{name}")
        only_if = Q(place__ne="outside")

    class Schema(Animal.Schema):
        place = fields.text()


class Lion(Cat):
    class Table(Cat.Table):
        kind = "lion"


class Dog(Animal):
    class Table(Animal.Table):
        kind = "dog"


class Keeper(DynaModel):
    class Table(Zoo):
        kind = "keeper"
        hash_key = Key("OWNER#{owner}")
        range_key = Key("KEEPER")

    class Schema:
        owner = fields.text(required=True)


@pytest.fixture(autouse=True)
def animals(connected: Backend) -> None:
    Zoo.create_table()
    Animal(owner="a", name="1").save()
    Cat(owner="a", name="2", place="house").save()
    Dog(owner="a", name="3").save()
    Lion(owner="a", name="4", place="house").save()
    Keeper(owner="a").save()


def family(shared: Any, name: str, base: Any = None, **settings: Any) -> Any:
    """Return a model on a *shared* table, or one that inherits from a *base*."""
    given = {"kind": name.lower(), **settings}
    table = types.new_class(
        "Table", (shared if base is None else base.Table,), exec_body=lambda body: body.update(given)
    )

    class Schema:
        owner = fields.text(required=True)
        name = fields.text(required=True)

    body = {"__qualname__": name, "Table": table, **({"Schema": Schema} if base is None else {})}
    return types.new_class(name, (base or DynaModel,), exec_body=lambda namespace: namespace.update(body))


def zoo(**settings: Any) -> Any:
    given = {"name": "zoo", "hash_key": "pk", "range_key": "sk", **settings}
    return types.new_class("Zoo", (SharedTable,), exec_body=lambda body: body.update(given))


KEYS = {"hash_key": Key("OWNER#{owner}"), "range_key": Key("PET#{name}")}


def test_parent_gives_each_item_as_its_own_class_without_a_filter() -> None:
    assert [type(each) for each in Animal.query(owner="a")] == [Animal, Cat, Dog, Lion]
    assert type(Animal.get(owner="a", name="4")) is Lion
    assert {each.name: type(each) for each in Animal.scan()} == {"1": Animal, "2": Cat, "3": Dog, "4": Lion}
    request = Animal.query(owner="a").explain().request
    assert request is not None
    assert "FilterExpression" not in request


def test_child_gives_its_own_kinds_alone_and_refuses_another_s_key() -> None:
    assert [type(each) for each in Cat.query(owner="a")] == [Cat, Lion]
    assert [type(each) for each in Dog.scan()] == [Dog]
    assert Cat.query(owner="a").count() == 2
    with pytest.raises(WrongKind, match="is of the kind of Dog, and not of the kind of Cat"):
        Cat.get(owner="a", name="3")
    assert [type(each) for each in Cat.query(owner="a", name__gt="2")] == [Lion]


def test_child_uses_an_index_that_its_parent_does_not() -> None:
    assert [type(each) for each in Cat.ByPlace.query(place="house")] == [Cat, Lion]
    assert [type(each) for each in Lion.ByPlace.query(place="house")] == [Lion]
    cat = Cat.get(owner="a", name="2")
    assert cat is not None
    cat.update(place="outside")
    assert [type(each) for each in Cat.ByPlace.query(place="house")] == [Lion]
    assert [type(each) for each in Zoo.Gsi1.query(Cat, place="house")] == [Lion]


def test_update_through_the_parent_keeps_the_kind_and_makes_an_item_of_the_parent_s() -> None:
    Animal.update_item(owner="a", name="5")
    assert type(Animal.get(owner="a", name="5")) is Animal
    lion = Animal.get(owner="a", name="4")
    assert isinstance(lion, Lion)
    lion.update(place="cage")
    stored = table_of(Animal).get(pk="OWNER#a", sk="PET#4")
    assert stored is not None
    assert (stored["kind"], stored["gsi1pk"]) == ("lion", "PLACE#cage")


def test_collection_of_a_parent_has_its_children() -> None:
    found = Zoo.query(Animal, Keeper, owner="a")
    assert [type(each) for each in found] == [Keeper, Animal, Cat, Dog, Lion]
    assert {model.__name__: len(group) for model, group in found.grouped().items()} == {"Animal": 4, "Keeper": 1}
    assert [type(each) for each in Zoo.query(Cat, Keeper, owner="a")] == [Keeper, Cat, Lion]


def test_children_of_an_abstract_base_are_a_family(connected: Backend) -> None:
    shared = zoo(name="abstract")

    class Base(DynaModel):
        class Table(shared):  # type: ignore[misc, valid-type]
            abstract = True
            hash_key = Key("OWNER#{owner}")
            range_key = Key("PET#{name}")

        class Schema:
            owner = fields.text(required=True)
            name = fields.text(required=True)

    cat, dog = family(shared, "Cat", Base), family(shared, "Dog", Base)
    assert shared.models == (cat, dog)
    shared.create_table()
    cat(owner="a", name="1").save()
    dog(owner="a", name="2").save()
    table_of(cat).put({"pk": "OWNER#a", "sk": "PET#3", "owner": "a", "name": "3"})
    assert [type(each) for each in cat.query(owner="a")] == [cat]
    assert [type(each) for each in dog.scan()] == [dog]
    assert [type(each) for each in shared.query(cat, dog, owner="a")] == [cat, dog]
    with pytest.raises(WrongKind, match="has no attribute 'kind'"):
        cat.get(owner="a", name="3")
    with pytest.raises(DynaModelException, match="Base is none"):
        shared.query(Base, owner="a")


def test_family_has_one_primary_key() -> None:
    shared = zoo()
    animal = family(shared, "Animal", **KEYS)
    with pytest.raises(
        DynaModelException, match="Cat and Animal have the primary key of Animal, which they inherit from"
    ):
        family(shared, "Cat", animal, range_key=Key("CAT#{name}"))
    assert shared.models == (animal,)


def test_family_that_only_its_keys_would_tell_apart_is_refused() -> None:
    shared = zoo(kind=None)
    animal = family(shared, "Animal", **KEYS)
    with pytest.raises(
        DynaModelException, match="have the same keys in Zoo, whose kind is None, so that nothing tells"
    ):
        family(shared, "Cat", animal)


def test_definition_that_is_repeated_takes_the_place_of_the_first_and_of_its_children(connected: Backend) -> None:
    shared = zoo(name="again")
    shared.create_table()
    for _ in range(2):
        animal = family(shared, "Animal", **KEYS)
        assert shared.models == (animal,)
        cat = family(shared, "Cat", animal)
        assert shared.models == (animal, cat)
        cat(owner="a", name="1").save()
        assert [type(each) for each in animal.query(owner="a")] == [cat]
        assert [type(each) for each in shared.scan()] == [cat]


def test_child_without_a_kind_of_its_own_reads_its_parent_s(connected: Backend) -> None:
    shared = zoo(name="views")
    animal = family(shared, "Animal", **KEYS)
    cat = family(shared, "Cat", animal)
    view: Any = type("View", (animal,), {"__module__": __name__})
    shared.create_table()
    animal(owner="a", name="1").save()
    cat(owner="a", name="2").save()
    view(owner="a", name="3").save()
    assert [type(each) for each in animal.query(owner="a")] == [animal, cat, animal]
    assert [(type(each), each.name) for each in view.query(owner="a")] == [(view, "1"), (view, "3")]
    assert shared.models == (animal, cat)
    assert [type(each) for each in shared.query(view, owner="a")] == [view, view]


@pytest.mark.one_schema_library
def test_typed_models_share_a_table(connected: Backend) -> None:
    pytest.importorskip("pydantic")
    shared = zoo(name="typed")

    class Plant(Model):
        class Table(shared):  # type: ignore[misc, valid-type]
            kind = "plant"
            hash_key = Key("PLANT#{name}")
            range_key = Key("PLANT")

        name: Mapped[str]

    class Tree(Plant):
        class Table(Plant.Table):
            kind = "tree"

        height: Mapped[int | None] = mapped(default=None)

    shared.create_table()
    Plant(name="a").save()
    Tree(name="b", height=3).save()
    assert {each.name: type(each) for each in Plant.scan()} == {"a": Plant, "b": Tree}
    assert [type(each) for each in shared.scan(Tree)] == [Tree]
