"""Writes by key through one of several models that inherit from one another, and items of the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, Key, SharedTable, Unique
from dynamorm.data import Scan
from dynamorm.exceptions import ConditionFailed, DynaModelException, NotUnique, TransactionConditionFailed
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields

pytestmark = pytest.mark.one_schema_library


class Zoo(SharedTable):
    name = "zoo"
    hash_key = "pk"
    range_key = "sk"


class Animal(DynaModel):
    class Table(Zoo):
        kind = "animal"
        hash_key = Key("OWNER#{owner}")
        range_key = Key("PET#{name}")

    class Schema:
        owner = fields.text(required=True)
        name = fields.text(required=True)
        chip = fields.text()


class Cat(Animal):
    class Table(Animal.Table):
        kind = "cat"
        unique = (Unique("chip"),)


class Dog(Animal):
    class Table(Animal.Table):
        kind = "dog"


class Puppy(Dog):
    class Table(Dog.Table):
        kind = "puppy"


class Keeper(DynaModel):
    class Table(Zoo):
        kind = "keeper"
        hash_key = Key("OWNER#{owner}")
        range_key = Key("KEEPER")

    class Schema:
        owner = fields.text(required=True)
        note = fields.text()


KEY: dict[str, Any] = {"owner": "1", "name": "tom"}


@pytest.fixture(autouse=True)
def table(connected: Backend) -> None:
    Zoo.create_table()


BY_KEY: dict[str, Callable[[Any], object]] = {
    "update_item": lambda model: model.update_item(**KEY, chip="z"),
    "update": lambda model: model(**KEY).update(chip="z"),
    "partial save": lambda model: model(**KEY, chip="z").save(partial=True),
    "delete_item": lambda model: model.delete_item(**KEY),
    "delete": lambda model: model(**KEY).delete(),
}


@pytest.mark.parametrize("verb", BY_KEY)
def test_write_by_key_does_not_change_an_item_of_a_sibling(connected: Backend, verb: str) -> None:
    Dog(**KEY, chip="x").save()
    before = connected.execute(Scan("zoo")).items
    with pytest.raises(ConditionFailed, match="of a kind that Puppy can't write"):
        BY_KEY[verb](Puppy)
    assert connected.execute(Scan("zoo")).items == before
    BY_KEY[verb](Dog)


@pytest.mark.parametrize("verb", BY_KEY)
def test_write_by_key_reaches_items_of_models_that_inherit(connected: Backend, verb: str) -> None:
    Puppy(**KEY, chip="x").save()
    BY_KEY[verb](Animal)
    assert [item["chip"] for item in connected.execute(Scan("zoo")).items] in ([], ["z"])


WRITES = BY_KEY | {
    "put": lambda model: model(**KEY, chip="z").save(),
    "put values": lambda model: model.put({**KEY, "chip": "z"}),
}


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize("model", [Animal, Dog])
def test_model_does_not_write_past_the_rules_of_a_relative(connected: Backend, model: Any, verb: str) -> None:
    """The guard of the value would stay, without an owner."""
    Cat(**KEY, chip="x").save()
    before = connected.execute(Scan("zoo")).items
    with pytest.raises(ConditionFailed, match="read the item and write that instance"):
        WRITES[verb](model)
    with pytest.raises(TransactionConditionFailed), dynamorm.transaction() as tx:
        tx.delete(model, **KEY)
    assert connected.execute(Scan("zoo")).items == before
    found = Animal.get(**KEY)
    assert found is not None
    found.update(chip="y")
    with pytest.raises(NotUnique):
        Cat(owner="2", name="tom", chip="y").save()
    found.delete()
    assert connected.execute(Scan("zoo")).items == []


def test_batch_does_not_delete_past_the_rules_of_a_model_that_inherits() -> None:
    with pytest.raises(DynaModelException, match="Cat, which inherits from Animal, has rules that a batch can't keep"):
        Animal.delete_batch(("1", "tom"))
    with pytest.raises(DynaModelException, match="Cat, which inherits from Animal"), dynamorm.batch() as batch:
        batch.delete(Animal, **KEY)
    Dog.put_batch(KEY)
    Dog.delete_batch(("1", "tom"))
    assert Dog.get(**KEY) is None


def test_writes_of_models_without_relatives_have_no_condition() -> None:
    assert "ConditionExpression" not in (dynamorm.explain(Keeper.update_item, owner="1", note="x").request or {})
    assert "ConditionExpression" not in (dynamorm.explain(Keeper(owner="1").save).request or {})
