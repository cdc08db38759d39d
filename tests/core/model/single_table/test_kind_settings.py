"""The settings of kinds: what a ``Table`` says about them, and what is wrong with it, in words."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, OneToMany, OneToOne, ProjectAll, ProjectInclude, ProjectKeys
from dynamorm.exceptions import DynaModelException, InvalidUpdate, ValidationError, WrongKind
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Fields:
    id = fields.text(required=True)
    name = fields.text()


def settings(**given: Any) -> type:
    return type("Table", (), {"name": "animals", "hash_key": "id", **given})


def define(name: str = "Animal", base: type = DynaModel, table: type | None = None, **inner: Any) -> Any:
    """Return a model of this *name*."""
    body = {"__qualname__": name, **({} if table is None else {"Table": table}), **inner}
    if base is DynaModel:
        body.setdefault("Schema", Fields)
    return types.new_class(name, (base,), exec_body=lambda namespace: namespace.update(body))


def child(base: Any, name: str, /, **given: Any) -> Any:
    """Return a model that inherits from *base*, with these settings in its ``Table``."""
    table = types.new_class("Table", (base.Table,), exec_body=lambda namespace: namespace.update(given))
    return define(name, base, table)


@pytest.mark.one_schema_library
@pytest.mark.parametrize("kind", [3, [], [""], ["cat", 3], {"cat"}])
def test_kind_is_a_string_or_a_list_of_them(kind: object) -> None:
    with pytest.raises(
        DynaModelException, match="The kind of the Table of Animal is a string such as 'order', or a list"
    ):
        define(table=settings(kind=kind))


@pytest.mark.one_schema_library
def test_kinds_of_the_library_are_refused() -> None:
    with pytest.raises(DynaModelException, match=r"begins with 'dynamorm\.', which is for the items of the library"):
        define(table=settings(kind="dynamorm.unique"))


@pytest.mark.one_schema_library
def test_two_models_with_one_kind_are_refused() -> None:
    animal = define(table=settings(kind="animal"))
    child(animal, "Cat", kind="cat")
    with pytest.raises(
        DynaModelException, match=r"Dog has the kind 'cat', which is that of .*\.Cat in the table 'animals' already"
    ):
        child(animal, "Dog", kind=["dog", "cat"])


@pytest.mark.one_schema_library
def test_model_that_is_defined_again_takes_the_place_of_the_first(connected: Backend) -> None:
    animal = define(table=settings(kind="animal"))
    first = child(animal, "Cat", kind="cat")
    again = child(animal, "Cat", kind="cat")
    table_of(animal).create_table()
    again(id="1").save()
    assert type(animal.get(id="1")) is again
    assert type(first.get(id="1")) is first


@pytest.mark.one_schema_library
def test_kind_of_a_child_needs_one_of_its_parent() -> None:
    with pytest.raises(DynaModelException, match="Cat has the kind 'cat', but Animal, whose table 'animals' it shares"):
        child(define(table=settings()), "Cat", kind="cat")


@pytest.mark.one_schema_library
def test_child_with_another_table_begins_a_family_of_its_own(connected: Backend) -> None:
    animal = define(table=settings(kind="animal"))
    pet = child(animal, "Pet", name="pets")
    for model in (animal, pet):
        table_of(model).create_table()
    pet(id="1").save()
    assert table_of(pet).get(id="1") == {"id": "1", "kind": "animal"}
    assert type(pet.get(id="1")) is pet
    assert animal.get(id="1") is None


@pytest.mark.one_schema_library
@pytest.mark.parametrize("projection", [ProjectKeys(), ProjectInclude("name")])
def test_index_that_does_not_hold_the_kind_is_refused_when_there_are_two(projection: object) -> None:
    by_name = type("ByName", (GlobalIndex,), {"name": "by-name", "hash_key": "name", "projection": projection})
    animal = define(table=settings(kind="animal"), ByName=by_name)
    with pytest.raises(
        DynaModelException, match=r"the index ByName does not project 'kind'.*ProjectInclude\(.*'kind'\)"
    ):
        child(animal, "Cat", kind="cat")


@pytest.mark.one_schema_library
def test_index_that_includes_the_kind_gives_partial_instances_of_each_class(connected: Backend) -> None:
    included = ProjectInclude("kind")
    by_name = type("ByName", (GlobalIndex,), {"name": "by-name", "hash_key": "name", "projection": included})
    animal = define(table=settings(kind="animal"), ByName=by_name)
    cat = child(animal, "Cat", kind="cat")
    table_of(animal).create_table()
    animal(id="1", name="a").save()
    cat(id="2", name="a").save()
    assert {each.id: type(each) for each in animal.ByName.query(name="a")} == {"1": animal, "2": cat}
    assert [each.id for each in cat.ByName.query(name="a")] == ["2"]


@pytest.mark.one_schema_library
def test_child_has_the_indexes_and_the_key_of_its_family() -> None:
    animal = define(table=settings(kind="animal"))
    by_name = type("ByName", (GlobalIndex,), {"name": "by-name", "hash_key": "name", "projection": ProjectAll()})
    table = types.new_class("Table", (animal.Table,), exec_body=lambda namespace: namespace.update(kind="cat"))
    with pytest.raises(DynaModelException, match="the table 'animals', which has the same indexes for both"):
        define("Cat", animal, table, ByName=by_name)
    with pytest.raises(DynaModelException, match="the table 'animals', which has the same primary key for both"):
        child(animal, "Cat", kind="cat", range_key="name")


@pytest.mark.one_schema_library
def test_attribute_of_the_kind_has_another_name(connected: Backend) -> None:
    animal = define(table=settings(kind="animal", kind_attribute="type"))
    cat = child(animal, "Cat", kind="cat")
    table_of(animal).create_table()
    cat(id="1").save()
    assert table_of(animal).get(id="1") == {"id": "1", "type": "cat"}
    assert type(animal.scan().one()) is cat
    with pytest.raises(DynaModelException, match="The kind_attribute of the Table of Dog is 'species', and that of"):
        child(animal, "Dog", kind="dog", kind_attribute="species")
    with pytest.raises(DynaModelException, match="'id' is part of the primary key of 'animals' and can't be the kind"):
        define("Bird", table=settings(kind="bird", kind_attribute="id"))
    with pytest.raises(
        DynaModelException, match="The kind_attribute of the Table of Bird is the name of the attribute"
    ):
        define("Bird", table=settings(kind="bird", kind_attribute=["id"]))


@pytest.mark.one_schema_library
def test_program_says_which_kind_an_item_without_one_has(connected: Backend) -> None:
    def kind_of(item: Mapping[str, Any]) -> str | None:
        return {"c": "cat", "a": "animal"}.get(item["id"][0])

    animal = define(table=settings(kind="animal", kind_of=staticmethod(kind_of)))
    cat = child(animal, "Cat", kind="cat")
    dog = child(animal, "Dog", kind="dog")
    table_of(animal).create_table()
    for key in ("a1", "c1", "c2", "x1"):
        table_of(animal).put({"id": key})
    dog(id="d1").save()
    assert {each.id: type(each) for each in animal.scan()} == {"a1": animal, "c1": cat, "c2": cat, "d1": dog}
    assert sorted(each.id for each in cat.scan()) == ["c1", "c2"]
    assert (animal.scan().count(), cat.scan().count(), dog.scan().count(), cat.scan().limit(1).count()) == (4, 2, 1, 1)
    assert len(list(cat.scan().limit(2))) == 2
    assert type(animal.get(id="c1", attrs="name")) is cat
    with pytest.raises(WrongKind, match="has no attribute 'kind'"):
        animal.get(id="x1")
    # It may be a cat: whoever updates it as an animal says nothing about that.
    animal.update_item(id="c1", name="b")
    assert table_of(animal).get(id="c1") == {"id": "c1", "name": "b"}
    cat.update_item(id="c2", name="b")
    assert table_of(animal).get(id="c2") == {"id": "c2", "name": "b", "kind": "cat"}


@pytest.mark.one_schema_library
def test_kind_of_is_a_function() -> None:
    with pytest.raises(DynaModelException, match="The kind_of of the Table of Animal is a function"):
        define(table=settings(kind="animal", kind_of="animal"))


@pytest.mark.one_schema_library
def test_abstract_base_has_no_kind_and_its_children_are_a_family(connected: Backend) -> None:
    animal = define(table=settings(abstract=True))

    def of(name: str) -> Any:
        table = types.new_class(
            "Table", (animal.Table,), exec_body=lambda namespace: namespace.update(kind=name.lower())
        )
        return define(name, animal, table)

    cat, dog = of("Cat"), of("Dog")
    table_of(cat).create_table()
    cat(id="1").save()
    dog(id="2").save()
    table_of(cat).put({"id": "3"})
    assert [each.id for each in cat.scan()] == ["1"]
    assert [each.id for each in dog.scan()] == ["2"]
    with pytest.raises(WrongKind, match="is of the kind of Dog"):
        cat.get(id="2")
    with pytest.raises(WrongKind, match="has no attribute 'kind'"):
        cat.get(id="3")


@pytest.mark.one_schema_library
def test_child_without_a_kind_of_its_own_reads_the_items_of_its_parent_s_kind(connected: Backend) -> None:
    animal = define(table=settings(kind="animal"))
    cat = child(animal, "Cat", kind="cat")
    views = [define("View", animal), child(animal, "Other", read=None)]
    table_of(animal).create_table()
    views[0](id="1").save()
    cat(id="2").save()
    for view in views:
        assert [type(each) for each in view.scan()] == [view]
        assert type(view.get(id="1")) is view
        with pytest.raises(WrongKind, match="is of the kind of Cat"):
            view.get(id="2")
    assert {each.id: type(each) for each in animal.scan()} == {"1": animal, "2": cat}


class Shape(DynaModel):
    class Table:
        name = "shapes"
        hash_key = "id"
        kind = "shape"
        kind_attribute = "type"

    class BySort(GlobalIndex):
        name = "by-sort"
        hash_key = "sort"
        projection = ProjectAll()

    class Schema:
        id = fields.text(required=True)
        sort = fields.text(attribute="type")


class Circle(Shape):
    class Table(Shape.Table):
        kind = "circle"


def test_field_that_is_stored_as_the_kind_is_checked(connected: Backend) -> None:
    table_of(Shape).create_table()
    circle = Circle(id="1")
    circle.save()
    assert circle.sort == "circle"
    assert [type(each) for each in Shape.scan(sort="circle")] == [Circle]
    found = Shape.get(id="1")
    assert isinstance(found, Circle)
    assert found.sort == "circle"
    Circle(id="2", sort="circle").save()
    writes: list[Callable[[], object]] = [
        lambda: Circle(id="3", sort="shape").save(),
        lambda: Circle.put({"id": "3", "sort": "shape"}),
    ]
    for write in writes:
        with pytest.raises(ValidationError, match="The kind of Circle is 'circle'"):
            write()
    updates: list[Callable[[], object]] = [
        lambda: Circle.update_item(id="1", sort="shape"),
        lambda: found.update(sort="shape"),
        lambda: found.update(sort__remove=True),
    ]
    for update in updates:
        with pytest.raises(InvalidUpdate, match="'sort' is the kind of Circle, which an update can't change"):
            update()
    Circle(id="4", sort="circle").save(partial=True)
    assert table_of(Shape).get(id="4") == {"id": "4", "type": "circle"}


def test_kind_that_is_the_key_of_an_index_is_no_filter_of_its_queries(connected: Backend) -> None:
    table_of(Shape).create_table()
    for model in (Shape, Circle):
        model(id=model.__name__).save()
    assert [type(each) for each in Shape.BySort.query(sort="circle")] == [Circle]
    assert [type(each) for each in Circle.BySort.query(sort="circle")] == [Circle]
    assert list(Circle.BySort.query(sort="shape")) == []
    assert [Circle.BySort.query(sort=sort).count() for sort in ("circle", "shape")] == [1, 0]
    assert [type(each) for each in Circle.BySort.scan()] == [Circle]


class Keeper(DynaModel):
    class Table:
        name = "keepers"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        pet_id = fields.text()


class Pet(DynaModel):
    class Table:
        name = "pets"
        hash_key = "id"
        kind = "pet"

    class ByKeeper(GlobalIndex):
        name = "by-keeper"
        hash_key = "keeper"
        range_key = "id"
        projection = ProjectAll()

    class Schema:
        id = fields.text(required=True)
        keeper = fields.text()


class Parrot(Pet):
    class Table(Pet.Table):
        kind = "parrot"


class Owner(Keeper):
    favourite = OneToOne(Pet, query=lambda owner: {"id": owner.pet_id})
    pets = OneToMany(Pet, index="ByKeeper", query=lambda owner: {"keeper": owner.id})
    parrots = OneToMany(Parrot, index="ByKeeper", query=lambda owner: {"keeper": owner.id})
    parrot = OneToOne(Parrot, query=lambda owner: {"id": owner.pet_id})


def test_related_instances_are_of_their_own_class(connected: Backend) -> None:
    for model in (Keeper, Pet):
        table_of(model).create_table()
    Pet(id="1", keeper="k").save()
    Parrot(id="2", keeper="k").save()
    for key, pet in (("k", "2"), ("l", "1")):
        Owner(id=key, pet_id=pet).save()
    owner = Owner.get(id="k")
    assert owner is not None
    assert type(owner.favourite) is Parrot
    assert [type(each) for each in owner.pets] == [Pet, Parrot]
    assert [type(each) for each in owner.parrots] == [Parrot]
    assert {each.id: type(each.favourite) for each in Owner.scan().prefetch("favourite")} == {"k": Parrot, "l": Pet}
    other = {each.id: each for each in Owner.scan().prefetch("parrot")}["l"]
    with pytest.raises(WrongKind, match="is of the kind of Pet"):
        _ = other.parrot
