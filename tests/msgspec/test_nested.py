"""Nested Structs and dataclasses: instances and dictionaries, paths, unions, and parts that a projection reads."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import pickle
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
import pytest
from msgspec import UNSET, Struct

from dynamorm.exceptions import InvalidSchemaField, InvalidUpdate, InvalidValue, ValidationError
from tests.msgspec.models import model_of, model_with, stored_by

DAY = datetime.date(2020, 1, 2)
T = TypeVar("T")


class Place(Struct, rename="camel"):
    home_city: str
    since: datetime.date | None = None


class Frozen(Struct, frozen=True, forbid_unknown_fields=True):
    city: str
    zip: str = "0"


class Labelled(Struct):
    name: str
    tags: set[str] = msgspec.field(default_factory=set[str])


@dataclasses.dataclass
class Bag:
    tags: set[str]


class Checked(Struct):
    first: int
    last: int

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError("Upside down.")


class Tree(Struct):
    name: str
    children: list[Tree] = []


class Box(Struct, Generic[T]):
    content: T


class Cat(Struct, tag="cat"):
    lives: int = 9


class Dog(Struct, tag="dog", tag_field="type"):
    name: str
    lives: int = 1


@dataclasses.dataclass
class Address:
    city: str
    zip: str = dataclasses.field(default="", metadata={"attribute": "Z"})


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    city: str


#: The annotation, a native value, and its stored form.
ROUND_TRIPS: dict[str, tuple[Any, Any, Any]] = {
    "struct": (Place, Place("Oslo", DAY), {"homeCity": "Oslo", "since": "2020-01-02"}),
    "structs": (list[Place], [Place("Oslo")], [{"homeCity": "Oslo", "since": None}]),
    "structs by name": (dict[str, Place], {"a": Place("Oslo")}, {"a": {"homeCity": "Oslo", "since": None}}),
    "tuple of structs": (tuple[Place, int], (Place("Oslo"), 1), [{"homeCity": "Oslo", "since": None}, 1]),
    "frozen": (Frozen, Frozen("Oslo"), {"city": "Oslo", "zip": "0"}),
    "recursive": (Tree, Tree("a", [Tree("b")]), {"name": "a", "children": [{"name": "b", "children": []}]}),
    "generic": (Box[Place], Box(Place("Oslo")), {"content": {"homeCity": "Oslo", "since": None}}),
    "dataclass": (Address, Address("Oslo", "1"), {"city": "Oslo", "Z": "1"}),
    "dataclasses": (dict[str, list[Address]], {"a": [Address("Oslo")]}, {"a": [{"city": "Oslo", "Z": ""}]}),
    "slots": (Slotted, Slotted("Oslo"), {"city": "Oslo"}),
    "union": (Cat | Dog | None, Dog("Rex"), {"type": "dog", "name": "Rex", "lives": 1}),
    "unions": (
        list[Cat | Dog],
        [Cat(), Dog("Rex")],
        [{"type": "cat", "lives": 9}, {"type": "dog", "name": "Rex", "lives": 1}],
    ),
    "struct or number": (Place | int, Place("Oslo"), {"homeCity": "Oslo", "since": None}),
}


@pytest.mark.parametrize(("annotation", "native", "stored"), ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_round_trip(annotation: Any, native: Any, stored: Any) -> None:
    book = model_with(annotation)
    for given in (native, stored):
        book(id="1", value=given).save()
        assert stored_by(book)["value"] == stored
        assert book.get(id="1").value == native
        assert book(partial=True, value=given).value == native
        book.update_item(id="1", value=given)
        assert stored_by(book)["value"] == stored
        assert [each.id for each in book.scan(value=given)] == ["1"]
    assert type(book.get(id="1").value) is type(native)
    assert book.from_json(book.get(id="1").to_json()).value == native


def test_instances_are_validated_and_copied() -> None:
    book, place = model_with(list[Place]), Place("Oslo")
    made = book(id="1", value=[place])
    made.value[0].home_city = "Rome"
    assert place.home_city == "Oslo"
    for wrong in (Place(5), {"home_city": 5}, {"homeCity": 5}):  # type: ignore[arg-type] # the mistake
        with pytest.raises(ValidationError) as raised:
            book(id="1", value=[place, wrong])
        assert raised.value.errors == {"value": {1: {"home_city": ["Expected `str`, got `int`"]}}}


def test_what_was_assigned_below_is_validated_and_saved() -> None:
    book = model_with(list[Place])
    book(id="1", value=[{"home_city": "Oslo"}]).save()
    found = book.get(id="1")
    found.value[0].home_city = "Rome"
    found.save()
    assert stored_by(book)["value"] == [{"homeCity": "Rome", "since": None}]
    found.value[0].home_city = 5
    with pytest.raises(ValidationError, match="home_city"):
        found.save()


def test_unknown_names_are_refused_from_a_program_and_ignored_in_the_table() -> None:
    for annotation in (Place, Frozen, Address):
        book = model_with(annotation)
        known = {"homeCity" if annotation is Place else "city": "Oslo"}
        with pytest.raises(ValidationError, match="Object contains unknown field `more`"):
            book(id="1", value={**known, "more": 1})
        book.Table.put({"id": "1", "value": {**known, "more": 1}})
        assert book.get(id="1").value == (Place if annotation is Place else annotation)("Oslo")


def test_paths_lead_to_the_names_in_the_table() -> None:
    book = model_with(Place)
    book(id="1", value=Place("Oslo", DAY)).save()
    assert [each.id for each in book.scan(value__home_city="Oslo", value__since__lte=DAY)] == ["1"]
    book.update_item(id="1", value__since=datetime.date(2021, 1, 1), conditions={"value__home_city": "Oslo"})
    assert book.get(id="1").value == Place("Oslo", datetime.date(2021, 1, 1))
    with pytest.raises(InvalidSchemaField, match="homeTown"):
        list(book.scan(value__homeTown="Oslo"))
    with pytest.raises(ValidationError, match="home_city"):
        book.update_item(id="1", value__home_city=5)


def test_paths_into_unions() -> None:
    book = model_with(Cat | Dog)
    book(id="1", value=Cat()).save()
    book(id="2", value=Dog("Rex")).save()
    assert [each.id for each in book.scan(value__lives=9)] == ["1"]
    assert [each.id for each in book.scan(value__name="Rex")] == ["2"]
    book.update_item(id="2", value__lives=3)
    assert book.get(id="2").value == Dog("Rex", 3)
    for wrong in ({"lives": 1}, {"type": "bird"}, {"type": "dog"}, {"type": "cat", "name": "Rex"}, 5):
        with pytest.raises(ValidationError) as raised:
            book(id="1", value=wrong)
        assert list(raised.value.errors) == ["value"]


def test_post_init_of_a_nested_struct() -> None:
    book = model_with(Checked)
    calls: tuple[Callable[[], object], ...] = (
        lambda: book(id="1", value={"first": 2, "last": 1}),
        lambda: book(partial=True, value={"first": 2, "last": 1}),
        lambda: book.update_item(id="1", value={"first": 2, "last": 1}),
    )
    for call in calls:
        with pytest.raises(ValidationError) as raised:
            call()
        assert raised.value.errors == {"value": ["Upside down."]}
    # A condition may compare with what no item has.
    assert list(book.scan(value={"first": 2, "last": 1})) == []


def test_parts_of_nested_structs() -> None:
    for annotation, native in ((Checked, Checked(1, 2)), (Address, Address("Oslo", "1"))):
        book = model_with(annotation)
        book(id="1", value=native).save()
        first, second = (field.name for field in _fields(annotation))
        (found,) = book.scan().specific_attributes(["id", f"value.{second}"])
        assert isinstance(found.value, annotation)
        assert getattr(found.value, second) == getattr(native, second)
        assert getattr(found.value, first, UNSET) is UNSET
        assert found.to_dict()["value"] == {"Z" if second == "zip" else second: getattr(native, second)}
        assert copy.deepcopy(found).to_dict() == found.to_dict()
        for copied in (copy.copy(found.value), pickle.loads(pickle.dumps(found.value))):
            assert isinstance(copied, annotation)
            assert getattr(copied, second) == getattr(native, second)
        setattr(found.value, second, getattr(native, second) * 2)
        with pytest.raises(InvalidUpdate, match="Only a part of 'value'"):
            found.save(partial=True)


def _fields(cls: Any) -> Any:
    return dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else msgspec.structs.fields(cls)


def test_parts_of_lists_and_unions() -> None:
    for annotation, native in ((list[Checked], [Checked(1, 2)]), (Cat | Dog, Dog("Rex"))):
        book = model_with(annotation)
        book(id="1", value=native).save()
        path = "value[0].last" if isinstance(native, list) else "value.name"
        (found,) = book.scan().specific_attributes(["id", path])
        part = found.value[0] if isinstance(native, list) else found.value
        assert (part.last if isinstance(native, list) else part.name) in (2, "Rex")


def test_paths_and_errors_in_recursive_structs() -> None:
    book = model_of(msgspec.defstruct("Schema", [("id", str), ("tree", Tree | None, None)]))
    book(id="1", tree={"name": "a", "children": [{"name": "b"}]}).save()
    assert [each.id for each in book.scan(tree__children__0__name="b")] == ["1"]
    with pytest.raises(ValidationError) as raised:
        book(id="1", tree={"name": "a", "children": [{"name": 5}, {"nam": "c"}]})
    assert raised.value.errors["tree"]["children"].keys() == {0, 1}


def test_empty_sets_in_nested_structs_are_left_out_if_they_are_the_default() -> None:
    book = model_of(msgspec.defstruct("Schema", [("id", str), ("value", list[Labelled], []), ("one", Bag, Bag({"x"}))]))
    book(id="1", value=[Labelled("a"), Labelled("b", {"x"})]).save()
    assert stored_by(book)["value"] == [{"name": "a"}, {"name": "b", "tags": {"x"}}]
    found: Any = book.get(id="1")
    assert found.value == [Labelled("a"), Labelled("b", {"x"})]
    found.value[1].tags.clear()
    found.save(partial=True)
    assert book.get(id="1").value[1] == Labelled("b")
    with pytest.raises(InvalidValue, match=r"'one\.tags' is an empty set"):
        book(id="1", one=Bag(set())).save()
