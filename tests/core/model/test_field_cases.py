"""Small programs that lost something with other object mappers for DynamoDB, as people reported it.

Each stands for a kind; the other members of the kind are in the modules that are named beside it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidSchemaField, StaleItem, ValidationError
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of

NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
#: Noon as PynamoDB writes it.
FOREIGN = "2026-01-01T12:00:00.000000+0000"


class D(DynaModel):
    class Table:
        name = "d-items"
        hash_key = "id"

    class Schema(BaseModel):
        id: str
        name: str = ""
        n: int = 0
        tags: list[str] = []
        labels: set[str] = set()
        max_items: int | None = 100


class E(DynaModel):
    class Table:
        name = "e-items"
        hash_key = "id"
        range_key = "at"

    class Schema(BaseModel):
        id: str
        at: datetime.datetime
        name: str = ""
        pad: str = ""


class VersionedE(DynaModel):
    class Table:
        name = "versioned-e"
        hash_key = "id"
        range_key = "at"
        version = "version"

    class Schema(E.Schema):
        version: int | None = None


class ByUuid(DynaModel):
    class Table:
        name = "by-uuid"
        hash_key = "id"

    class Schema(BaseModel):
        id: UUID
        name: str = ""


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str = ""


class Owner(DynaModel):
    class Table:
        name = "owners"
        hash_key = "id"

    class Schema(BaseModel):
        id: str
        pet: Annotated[Cat | Dog, Field(discriminator="kind")]


@pytest.fixture(autouse=True)
def _tables(connected: Backend) -> None:
    for model in (D, E, VersionedE, ByUuid, Owner):
        table_of(model).create_table()


def put_in_transaction(x: Any) -> None:
    with dynamorm.transaction() as tx:
        tx.put(x)


# An instance forgets its key (boto #873, PynamoDB #699, #652); also test_stored_keys.

WRITES: dict[str, Callable[[Any], None]] = {
    "update": lambda x: x.update(name="new"),
    "partial save": lambda x: x.save(partial=True),
    "save": lambda x: x.save(),
    "put in a transaction": put_in_transaction,
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("model", [E, VersionedE])
def test_a_key_in_the_form_of_another_mapper_is_written_under_that_key(model: Any, write: str) -> None:
    table_of(model).put({"id": "a", "at": FOREIGN, "name": "old", "pad": ""})
    (x,) = model.query(id="a")
    x.name = "new"
    WRITES[write](x)
    item = table_of(model).get(id="a", at=FOREIGN)
    assert item is not None
    assert item["name"] == "new"
    assert model.query(id="a").count() == 1


def test_a_key_in_the_form_of_another_mapper_is_put_in_a_batch_and_deleted() -> None:
    table_of(E).put({"id": "a", "at": FOREIGN})
    (x,) = E.query(id="a")
    with dynamorm.batch() as batch:
        batch.put(x)
    assert E.query(id="a").count() == 1
    x.update(name="new", conditions={"at": x.at})
    x.delete()
    assert E.query(id="a").count() == 0


def test_a_uuid_in_capitals_is_the_key_that_it_is() -> None:
    capitals = str(UUID(int=0xABCDEF)).upper()
    table_of(ByUuid).put({"id": capitals})
    (x,) = ByUuid.scan()
    x.update(name="new")
    x.save()
    assert ByUuid.scan().count() == 1
    x.delete()
    assert ByUuid.scan().count() == 0


# Ghosts (dynogels #51, dynamodb-data-mapper-js #179); also test_presence.


def update_in_transaction(x: Any) -> None:
    with dynamorm.transaction() as tx:
        tx.update(x, n=1)


def save_in_transaction(x: Any) -> None:
    with dynamorm.transaction() as tx:
        tx.save(x, partial=True)


PARTIAL_WRITES: dict[str, Callable[[Any], None]] = {
    "update": lambda x: x.update(n=1),
    "partial save": lambda x: x.save(partial=True),
    "update in a transaction": update_in_transaction,
    "partial save in a transaction": save_in_transaction,
}


@pytest.mark.parametrize("write", PARTIAL_WRITES)
@pytest.mark.parametrize("deleted_by", ["another", "itself"])
def test_an_update_of_an_item_that_is_gone_stores_nothing(write: str, deleted_by: str) -> None:
    D.put({"id": "1", "name": "x"})
    mine: Any = D.get(id="1")
    (mine if deleted_by == "itself" else D(id="1")).delete()
    mine.n = 5
    with pytest.raises(StaleItem):
        PARTIAL_WRITES[write](mine)
    assert D.scan().count() == 0
    D.update_item(id="1", n=1)
    assert D.scan().count() == 1


# Lists changed in place by two writers (dynamoose #956, PynamoDB #685); also test_two_writers.


@pytest.fixture
def two() -> tuple[Any, Any]:
    D.put({"id": "1", "tags": ["a", "b", "c"]})
    return D.get(id="1"), D.get(id="1")


def test_two_writers_that_append_to_a_list_both_do(two: tuple[Any, Any]) -> None:
    a, b = two
    a.tags.append("x")
    b.tags.append("y")
    a.save(partial=True)
    b.save(partial=True)
    assert b.tags == ["a", "b", "c", "x", "y"]
    read: Any = D.get(id="1")
    assert read.tags == b.tags


def test_two_writers_that_remove_from_a_list_do_not_undo_each_other(two: tuple[Any, Any]) -> None:
    a, b = two
    a.tags.remove("a")
    b.tags.remove("c")
    a.save(partial=True)
    with pytest.raises(StaleItem, match="tags"):
        b.save(partial=True)
    read: Any = D.get(id="1")
    assert read.tags == ["b", "c"]


# Reads; also test_complete_reads.


def test_a_query_of_more_than_a_page_returns_all_items() -> None:  # PynamoDB #243
    for minute in range(40):
        E.put({"id": "b", "at": NOON + datetime.timedelta(minutes=minute), "pad": "x" * 60_000})
    assert len(list(E.query(id="b"))) == 40
    assert len(E.query(id="b")) == E.query(id="b").count() == 40


def test_a_position_is_behind_the_last_item_that_was_given() -> None:  # PynamoDB #406, #1266
    times = [NOON + datetime.timedelta(minutes=minute) for minute in range(20)]
    E.put_batch(*({"id": "b", "at": at} for at in times))
    it = E.query(id="b").limit(10)
    assert [next(it).at for _ in range(3)] == times[:3]
    assert [x.at for x in E.query(id="b").start(it.last)] == times[3:]
    assert [x.at for x in E.query(id="b").after(it.cursor)] == times[3:]
    assert [x.at for x in it.again()][:3] == times[3:6]


def test_an_item_that_the_schema_refuses_does_not_block_those_behind_it() -> None:  # PynamoDB #1067
    for minute in range(3):
        E.put({"id": "b", "at": NOON + datetime.timedelta(minutes=minute)})
    (_, second, _) = E.query(id="b")
    second.delete()
    table_of(E).put({"id": "b", "at": "2026-01-01T12:01:00.000000Z", "name": [1]})
    read, found, errors = E.query(id="b"), 0, 0
    while errors < 5:
        try:
            next(read)
            found += 1
        except ValidationError:
            errors += 1
        except StopIteration:
            break
    assert (found, errors) == (2, 1)


def test_a_read_is_read_twice() -> None:
    D.put_batch({"id": "1"}, {"id": "2"})
    q = D.scan()
    assert len(list(q)) == 2
    assert len(list(q)) == 2


# Dates (aws-sdk-java-v2 #2219, PynamoDB #1060, dynogels #57); also test_dates_in_keys, test_unordered_keys.


def test_dates_are_instants() -> None:
    later = NOON + datetime.timedelta(milliseconds=250)
    E.put({"id": "a", "at": NOON})
    E.put({"id": "a", "at": later})
    assert E.query(id="a", at__gt=NOON).count() == 1
    assert [e.at.microsecond for e in E.query(id="a")] == [0, 250000]
    elsewhere = NOON.astimezone(datetime.timezone(datetime.timedelta(hours=2)))
    assert E.get(id="a", at=elsewhere) is not None
    assert E.query(id="a", at__between=[NOON, NOON + datetime.timedelta(milliseconds=500)]).count() == 2


def test_a_duration_is_no_range_key() -> None:
    with pytest.raises(InvalidKey, match="unordered_range_key"):

        class Lap(DynaModel):
            class Table:
                name = "laps"
                hash_key = "id"
                range_key = "time"

            class Schema(BaseModel):
                id: str
                time: datetime.timedelta


# None (PynamoDB #241, #309; dynamorm #103, #112); also test_none.


def test_none_in_place_of_a_default_stays_none() -> None:
    p: Any = D(id="1", max_items=5)
    p.save()
    p.max_items = None
    p.save()
    read: Any = D.get(id="1")
    assert read.max_items is None


def test_none_of_a_new_instance_is_written_by_a_partial_save() -> None:
    D.put({"id": "1", "max_items": 5})
    D(id="1", max_items=None).save(partial=True)
    read: Any = D.get(id="1")
    assert read.max_items is None


def test_a_set_that_was_emptied_is_empty() -> None:
    D.put({"id": "1", "labels": {"x"}})
    x: Any = D.get(id="1")
    x.labels.clear()
    x.save(partial=True)
    read: Any = D.get(id="1")
    assert (x.labels, read.labels) == (set(), set())


def test_what_is_removed_is_what_the_next_read_gives() -> None:
    D.put({"id": "1", "n": 5})
    x: Any = D.get(id="1")
    x.update(n__remove=True)
    read: Any = D.get(id="1")
    assert x.n == read.n == 0


# Settings (PynamoDB #198, #781); also test_settings, test_attributes.


def test_a_table_is_not_renamed_by_an_assignment() -> None:
    with pytest.raises(DynaModelException, match="table_prefix"):
        D.Table.name = "tenant-b"
    assert D.Table.name == "d-items"


def test_a_setting_of_another_library_is_refused() -> None:
    with pytest.raises(DynaModelException, match="range_key"):

        class Sorted(DynaModel):
            class Table:
                name = "x"
                hash_key = "id"
                sort_key = "n"

            class Schema(BaseModel):
                id: str
                n: int


def test_an_attribute_with_a_slip_of_the_pen_is_refused() -> None:
    book = D(id="1")
    with pytest.raises(AttributeError, match="Did you mean 'name'"):
        book.nam = "x"


# Updates (dynamodb-toolbox #884; PynamoDB's and dyntastic's own tests); also test_update_operands.


def test_an_update_appends_to_a_list_that_is_not_there() -> None:
    table_of(D).put({"id": "1"})
    D.update_item(id="1", tags__append=["x"])
    read: Any = D.get(id="1")
    assert read.tags == ["x"]


def test_an_update_uses_other_attributes() -> None:
    D.put({"id": "1", "n": 3})
    D.update_item({D.max_items: D.n}, id="1")
    D.update_item({D.max_items: D.max_items + 5}, id="1")
    D.update_item({D.n: D.n.if_not_exists(0) + 1}, id="1")
    read: Any = D.get(id="1")
    assert (read.n, read.max_items) == (4, 8)


# Unions (PynamoDB #1183, #836); also tests/pydantic.


def test_a_path_below_a_union_looks_into_each_variant() -> None:
    Owner.put({"id": "1", "pet": {"kind": "dog", "name": "Rex"}})
    Owner.put({"id": "2", "pet": {"kind": "cat"}})
    assert [x.id for x in Owner.scan(pet__kind="dog")] == ["1"]
    assert [x.id for x in Owner.scan(pet__lives__gt=1)] == ["2"]
    with pytest.raises(InvalidSchemaField, match="wings"):
        Owner.scan(pet__wings=1)
