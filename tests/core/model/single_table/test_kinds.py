"""Kinds: models that inherit from one another and share one table, each item an instance of its own class."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectAll, Q
from dynamorm.data import Query, Scan
from dynamorm.exceptions import InvalidCursor, WrongKind
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Animal(DynaModel):
    class Table:
        name = "animals"
        hash_key = "owner"
        range_key = "name"
        kind = "animal"

    class ByFood(GlobalIndex):
        name = "by-food"
        hash_key = "food"
        projection = ProjectAll()

    class Schema:
        owner = fields.text(required=True)
        name = fields.text(required=True)
        food = fields.text()


class Cat(Animal):
    class Table(Animal.Table):
        kind = ("cat", "tomcat")  # type: ignore[assignment] # several instead of one

    class Schema(Animal.Schema):
        indoor = fields.text()


class Lion(Cat):
    class Table(Animal.Table):
        kind = "lion"


class Dog(Animal):
    class Table(Animal.Table):
        kind = "dog"

    class Schema(Animal.Schema):
        tricks = fields.integer()


@pytest.fixture(autouse=True)
def animals(connected: Backend) -> None:
    table_of(Animal).create_table()
    Animal(owner="a", name="1", food="hay").save()
    Cat(owner="a", name="2", food="fish", indoor="yes").save()
    Dog(owner="a", name="3", food="bones", tricks=3).save()
    Lion(owner="a", name="4", food="fish", indoor="no").save()


def kinds() -> dict[str, object]:
    """Return the kinds of the items that are stored, by the names of the animals."""
    found = {str(number): table_of(Animal).get(owner="a", name=str(number)) for number in range(10)}
    return {name: item.get("kind") for name, item in found.items() if item is not None}


def test_whole_puts_store_the_kind_and_instances_do_not_have_it() -> None:
    assert kinds() == {"1": "animal", "2": "cat", "3": "dog", "4": "lion"}
    cat = Cat.get(owner="a", name="2")
    assert cat is not None
    assert not hasattr(cat, "kind")
    assert cat.to_dict() == {"owner": "a", "name": "2", "food": "fish", "indoor": "yes"}


def test_every_read_of_the_parent_gives_each_item_as_its_own_class() -> None:
    expected = {"1": Animal, "2": Cat, "3": Dog, "4": Lion}
    keys = [("a", name) for name in expected]
    for reads in (
        [Animal.get(owner="a", name=name) for name in expected],
        [Animal.get("a", name, attrs="name") for name in expected],
        [*Animal.query(owner="a")],
        [*Animal.query(owner="a").specific_attributes("name")],
        [*Animal.scan()],
        [*Animal.scan().parallel(3)],
        [*Animal.get_batch(keys)],
        [*Animal.get_batch(keys, attrs="name")],
        [*dynamorm.transact_get(*((Animal, key) for key in keys))],
        [each for page in Animal.query(owner="a").page_size(2).pages() for each in page],
    ):
        assert {each.name: type(each) for each in reads if each is not None} == expected
    assert [type(each) for each in Animal.ByFood.query(food="fish")] in ([Cat, Lion], [Lion, Cat])


def test_projection_gives_only_what_was_asked_for() -> None:
    for cat in (
        Animal.get("a", "2", attrs="food"),
        Animal.query(owner="a", name="2").specific_attributes("food").one(),
    ):
        assert isinstance(cat, Cat)
        assert {name for name, value in cat.__dict__.items() if value is not None} == {"food"}
        assert cat.indoor is None


def test_reads_of_a_child_give_its_kinds_alone() -> None:
    assert [type(each) for each in Cat.query(owner="a")] == [Cat, Lion]
    assert sorted(each.name for each in Cat.scan()) == ["2", "4"]
    assert [each.name for each in Lion.query(owner="a")] == ["4"]
    assert [each.name for each in Cat.ByFood.query(Q(indoor="yes"), food="fish")] == ["2"]
    assert (Cat.query(owner="a").count(), Dog.scan().count(), len(Dog.scan())) == (2, 1, 1)
    assert Dog.query(owner="a").exists()
    assert not Dog.query(owner="b").exists()
    assert [each.name for each in Cat.query(owner="a").limit(1)] == ["2"]
    first = Dog.query(owner="a").first()
    assert isinstance(first, Dog)


def test_key_of_another_kind_is_an_error() -> None:
    for read in (
        lambda: Cat.get(owner="a", name="3"),
        lambda: Cat.get("a", "3", attrs="name"),
        lambda: Cat.exists(owner="a", name="3"),
        lambda: list(Cat.get_batch([("a", "3")])),
        lambda: dynamorm.transact_get((Cat, ("a", "3"))),
        lambda: Cat.get_or_create(owner="a", name="3"),
    ):
        with pytest.raises(
            WrongKind, match="is of the kind of Dog, and not of the kind of Cat, which is 'cat'"
        ) as raised:
            read()
        assert (raised.value.kind, raised.value.key) == ("dog", {"owner": "a", "name": "3"})
        assert isinstance(raised.value, LookupError)
    assert Cat.get(owner="a", name="9") is None
    assert Cat.exists(owner="a", name="4")


def test_old_value_of_a_write_is_of_its_own_class() -> None:
    old = Animal.put({"owner": "a", "name": "2"}, return_old=True)
    assert isinstance(old, Cat)
    assert kinds()["2"] == "animal"
    assert isinstance(Animal.delete_item("a", "4", return_old=True), Lion)


def test_parent_puts_an_instance_of_a_child_as_that() -> None:
    Animal.put(Cat(owner="a", name="5"))
    Animal.put_batch(Dog(owner="a", name="6"), {"owner": "a", "name": "7"})
    with dynamorm.batch() as batch:
        batch.put(Cat, {"owner": "a", "name": "8"})
    with dynamorm.transaction() as tx:
        tx.put(Lion(owner="a", name="9"))
    found = kinds()
    assert {name: found[name] for name in "56789"} == {"5": "cat", "6": "dog", "7": "animal", "8": "cat", "9": "lion"}


def test_update_sets_the_kind_of_an_item_that_it_creates_and_of_no_other() -> None:
    Animal.update_item(owner="a", name="2", food="milk")
    Animal.update_item(owner="a", name="5", food="milk")
    Dog(owner="a", name="6").update(food="meat")
    Cat(owner="a", name="7", food="mice").save(partial=True)
    with dynamorm.transaction() as tx:
        tx.update(Dog, owner="a", name="8", food="meat")
        tx.update(new := Cat(owner="a", name="9"), food="mice")
    found = kinds()
    assert {name: found[name] for name in "256789"} == {
        "2": "cat",
        "5": "animal",
        "6": "dog",
        "7": "cat",
        "8": "dog",
        "9": "cat",
    }
    new.indoor = "no"
    new.save()
    assert found["9"] == kinds()["9"] == "cat"


def test_update_of_an_instance_that_was_read_does_not_send_the_kind() -> None:
    cat = Cat.get(owner="a", name="2")
    assert cat is not None
    explained = dynamorm.explain(cat.update, food="milk")
    assert explained.request is not None
    assert "kind" not in str(explained.request["UpdateExpression"])
    assert "kind" not in explained.request["ExpressionAttributeNames"].values()


def test_all_names_of_a_kind_are_read_and_the_first_is_written() -> None:
    table_of(Animal).put({"owner": "a", "name": "5", "kind": "tomcat"})
    tom = Animal.get(owner="a", name="5")
    assert isinstance(tom, Cat)
    assert [each.name for each in Cat.query(owner="a")] == ["2", "4", "5"]
    tom.update(food="mice")
    assert kinds()["5"] == "tomcat"
    tom.save()
    assert kinds()["5"] == "cat"


def test_item_without_a_kind_is_the_parent_s() -> None:
    table_of(Animal).put({"owner": "a", "name": "0"})
    assert type(Animal.get(owner="a", name="0")) is Animal
    assert [each.name for each in Animal.query(owner="a")] == ["0", "1", "2", "3", "4"]
    assert Animal.query(owner="a").count() == 5
    assert Cat.query(owner="a").count() == 2
    with pytest.raises(WrongKind, match="is of the kind of Animal, and not of the kind of Cat") as raised:
        Cat.get(owner="a", name="0")
    assert raised.value.kind is None


def test_items_of_a_kind_that_no_model_has_are_left_out() -> None:
    table_of(Animal).put({"owner": "a", "name": "0", "kind": "bird"})
    assert [each.name for each in Animal.query(owner="a")] == ["1", "2", "3", "4"]
    assert [each.name for each in Animal.query(owner="a").limit(2)] == ["1", "2"]
    assert Animal.query(owner="a").count() == len(Animal.query(owner="a")) == 4
    first = Animal.query(owner="a").first()
    assert first is not None
    assert first.name == "1"
    assert Animal.query(owner="a", name="1").exists()
    assert not Animal.query(owner="a", name="0").exists()
    with pytest.raises(WrongKind, match="has a kind that no model has") as raised:
        Animal.get(owner="a", name="0")
    assert raised.value.kind == "bird"


def test_parent_reads_without_a_filter_and_a_child_with_one() -> None:
    parent, child = Animal.query(owner="a").explain(), Cat.query(owner="a").explain()
    assert parent.request is not None
    assert child.request is not None
    assert "FilterExpression" not in parent.request
    sent = {value["S"] for value in child.request["ExpressionAttributeValues"].values()}
    assert sent == {"a", "cat", "tomcat", "lion"}
    assert [type(each.operation) for each in (*parent, *child)] == [Query, Query]
    assert isinstance(Animal.scan().explain()[0].operation, Scan)


def test_awaited_reads_give_each_item_as_its_own_class() -> None:
    async def read() -> None:
        assert type(await Animal.aget(owner="a", name="2")) is Cat
        assert [type(each) async for each in Animal.query(owner="a")] == [Animal, Cat, Dog, Lion]
        assert [type(each) async for each in Cat.query(owner="a")] == [Cat, Lion]
        assert [type(each) async for each in Animal.aget_batch([("a", "4")])] == [Lion]
        assert await Cat.query(owner="a").acount() == 2
        assert await Dog.query(owner="a").aexists()
        with pytest.raises(WrongKind):
            await Cat.aget(owner="a", name="3")
        await Dog.aupdate_item(owner="a", name="5", food="meat")

    asyncio.run(read())
    assert kinds()["5"] == "dog"


async def _merged() -> list[type]:
    async with dynamorm.merged_reads():
        found = await asyncio.gather(*(Animal.aget(owner="a", name=name) for name in "1234"))
    return [type(each) for each in found]


def test_merged_reads_give_each_item_as_its_own_class() -> None:
    assert asyncio.run(_merged()) == [Animal, Cat, Dog, Lion]


def test_cursor_belongs_to_the_model_that_was_read() -> None:
    read = Animal.query(owner="a")
    next(read)
    assert [each.name for each in Animal.query(owner="a").after(read.cursor)] == ["2", "3", "4"]
    with pytest.raises(InvalidCursor, match="another model"):
        list(Cat.query(owner="a").after(read.cursor))


def test_conditions_of_a_child_may_name_its_own_fields() -> None:
    assert [each.name for each in Dog.query(owner="a", tricks__gt=2)] == ["3"]
    assert Dog.query(owner="a", tricks__gt=3).first() is None


def test_item_moves_with_its_kind() -> None:
    cat = Animal.get(owner="a", name="2")
    assert isinstance(cat, Cat)
    cat.move(name="7")
    assert type(Animal.get(owner="a", name="7")) is Cat
    copied = cat.copy(name="8")
    copied.save()
    assert kinds()["8"] == "cat"


def test_constructor_of_the_program_s_own_does_not_get_the_kind() -> None:
    given: list[set[str]] = []

    class Parrot(Animal):
        class Table(Animal.Table):
            kind = "parrot"

        def __init__(self, **raw: Any) -> None:
            given.append(set(raw))
            super().__init__(**raw)

    Parrot(owner="a", name="5").save()
    assert isinstance(Animal.get(owner="a", name="5"), Parrot)
    assert given == [{"owner", "name"}, {"owner", "name"}]
