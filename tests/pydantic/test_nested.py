"""Nested models and containers: names, values, conditions and updates below a field."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pydantic
import pytest
from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, field_serializer
from typing_extensions import TypedDict

from dynamorm import DynaModel
from dynamorm.exceptions import InvalidOperator, InvalidSchemaField, ValidationError
from dynamorm.model.query.expressions import Expression
from tests.pydantic.models import created, model_of, stored_by
from tests.support.backends import RecordingBackend

JANUARY = dt.date(2020, 1, 1)


class Address(BaseModel):
    state: str = Field(min_length=2)
    zip: str = Field("0", alias="Z")
    size: int = 1
    since: dt.date | None = None
    month: dt.date | None = None

    @field_serializer("month")
    def shortened(self, month: dt.date | None) -> str | None:
        return None if month is None else f"{month:%Y-%m-01}"


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str = Field(alias="N")


class Size(TypedDict, total=False):
    height: int
    printed: dt.date


@dataclass
class Shelf:
    row: int
    since: dt.date


class Node(BaseModel):
    value: int = Field(alias="V")
    next: Node | None = None


class Tree(BaseModel):
    isbn: str
    children: list[Tree] = Field(default_factory=list)


class Fields:
    isbn: str
    address: Address | None = None
    homes: list[Address] = Field(default_factory=list)
    by_name: dict[str, Address] = Field(default_factory=dict)
    days: list[dt.date] = Field(default_factory=list)
    dates: dict[str, dt.date] = Field(default_factory=dict)
    tags: set[dt.date] = Field(default_factory=set)
    pair: tuple[int, dt.date] | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    plain_pet: Cat | Dog | None = None
    size: Size | None = None
    shelf: Shelf | None = None
    node: Node | None = None
    anything: Any = None


@pytest.fixture
def book() -> type[DynaModel]:
    model = created(model_of(Fields))
    model.put(
        {
            "isbn": "1",
            "address": {"state": "CA", "zip": "9", "since": JANUARY, "month": dt.date(2020, 5, 6)},
            "homes": [{"state": "NY", "Z": "4"}, Address(state="TX", Z="0")],
            "by_name": {"work": {"state": "WA"}},
            "days": [JANUARY],
            "dates": {"first": JANUARY},
            "tags": {JANUARY},
            "pair": (1, JANUARY),
            "pet": {"kind": "dog", "N": "Rex"},
            "plain_pet": Dog(N="Rex"),
            "size": {"height": 3, "printed": "2020-01-01"},
            "shelf": {"row": 2, "since": JANUARY},
            "node": {"value": 1, "next": {"value": 2}},
            "anything": {"a": [1]},
        }
    )
    return model


def test_what_is_stored_and_read(book: type[DynaModel]) -> None:
    assert stored_by(book) == {
        "isbn": "1",
        "address": {"state": "CA", "Z": "9", "size": 1, "since": "2020-01-01", "month": "2020-05-01"},
        "homes": [
            {"state": "NY", "Z": "4", "size": 1, "since": None, "month": None},
            {"state": "TX", "Z": "0", "size": 1, "since": None, "month": None},
        ],
        "by_name": {"work": {"state": "WA", "Z": "0", "size": 1, "since": None, "month": None}},
        "days": ["2020-01-01"],
        "dates": {"first": "2020-01-01"},
        "tags": {"2020-01-01"},
        "pair": [1, "2020-01-01"],
        "pet": {"kind": "dog", "N": "Rex"},
        "plain_pet": {"kind": "dog", "N": "Rex"},
        "size": {"height": 3, "printed": "2020-01-01"},
        "shelf": {"row": 2, "since": "2020-01-01"},
        "node": {"V": 1, "next": {"V": 2, "next": None}},
        "anything": {"a": [1]},
    }
    found = book.get(isbn="1")
    assert found is not None
    assert found.address == Address(state="CA", Z="9", since=JANUARY, month=dt.date(2020, 5, 1))
    assert isinstance(found.pet, Dog)
    assert isinstance(found.plain_pet, Dog)
    assert (found.size, found.shelf) == ({"height": 3, "printed": JANUARY}, Shelf(2, JANUARY))
    assert found.node.next.value == 2


@pytest.mark.parametrize(
    "lookup",
    [
        {"address__state": "CA"},
        {"address__zip__begins_with": "9"},
        {"address__size": 1},
        {"address__size__lt": 2, "isbn": "2"},
        {"address__since__lte": JANUARY},
        {"address__month": dt.date(2020, 5, 20)},
        {"address__state__lt": "CAA"},
        {"address": {"state": "CA", "zip": "9", "since": JANUARY, "month": dt.date(2020, 5, 1)}},
        {"homes__0__zip": "4"},
        {"homes__contains": Address(state="TX", Z="0")},
        {"by_name__work__zip": "0"},
        {"days__0": JANUARY},
        {"days__contains": JANUARY},
        {"dates__first__lt": dt.date(2021, 1, 1)},
        {"tags__contains": JANUARY},
        {"tags": {JANUARY}},
        {"pet__name": "Rex"},
        {"plain_pet__name": "Rex"},
        {"size__height__gt": 2},
        {"size__printed": JANUARY},
        {"shelf__since": JANUARY},
        {"node__next__value": 2},
        {"anything__a__0": 1},
    ],
    ids=lambda lookup: next(iter(lookup)),
)
def test_conditions_below_a_field(book: type[DynaModel], lookup: dict[str, Any]) -> None:
    assert [found.isbn for found in book.scan(**lookup)] == ([] if "isbn" in lookup else ["1"])


def test_paths_below_a_field(book: type[DynaModel]) -> None:
    expressions: list[Expression] = [
        book.address["zip"] == "9",
        book.homes[1]["state"] == "TX",
        book.node["next"]["value"] > 1,
    ]
    for expression in expressions:
        assert [found.isbn for found in book.scan(expression)] == ["1"]
    (part,) = book.scan().specific_attributes(["isbn", "dates.first"])
    assert part.dates == {"first": JANUARY}


@pytest.mark.parametrize(
    ("lookup", "kind", "words"),
    [
        ("address__stat", InvalidSchemaField, "'address' of Book has no field 'stat'. Did you mean 'state'"),
        ("address__Z", InvalidSchemaField, "'address' of Book has no field 'Z'"),
        ("address__state__x", InvalidOperator, "'x' is not an operator, and 'address.state' is a single value"),
        ("days__first", InvalidOperator, "'first' is not an operator, and 'days' is a list"),
        ("node__next__x", InvalidSchemaField, "'node.next' of Book has no field 'x'"),
    ],
)
def test_what_can_not_be_below(book: Any, lookup: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        book.scan(**{lookup: "x"})


def test_updates_below_a_field(book: type[DynaModel]) -> None:
    book.update_item(
        isbn="1",
        address__zip="8",
        address__since=dt.date(2021, 1, 1),
        homes__0__size__plus=2,
        dates__second="2022-02-02",
        tags__add={dt.date(2021, 1, 1)},
    )
    book.update_item(isbn="1", homes__append=[{"state": "OR"}])
    found = book.get(isbn="1")
    assert found is not None
    assert (found.address.zip, found.address.since) == ("8", dt.date(2021, 1, 1))
    assert [(home.state, home.size) for home in found.homes] == [("NY", 3), ("TX", 1), ("OR", 1)]
    assert found.dates["second"] == dt.date(2022, 2, 2)
    assert found.tags == {JANUARY, dt.date(2021, 1, 1)}


def test_nested_instance_that_was_changed_in_place(book: type[DynaModel]) -> None:
    found = book.get(isbn="1")
    assert found is not None
    found.address.state = "OR"
    found.homes[0].size = 7
    found.node.next.value = 3
    found.save(partial=True)
    stored = stored_by(book) or {}
    assert (stored["address"]["state"], stored["homes"][0]["size"], stored["node"]["next"]["V"]) == ("OR", 7, 3)
    found.address.state = 5
    with pytest.raises(ValidationError) as raised:
        found.save()
    assert raised.value.errors[0]["loc"] == ("address", "state")
    found.address.state = "x"
    with pytest.raises(ValidationError, match="at least 2 characters"):
        found.save(partial=True)


def test_instance_in_a_union_that_was_changed_in_place(book: type[DynaModel]) -> None:
    found = book.get(isbn="1")
    assert found is not None
    for name in ("pet", "plain_pet"):
        setattr(found, name, Dog(N="Rex"))
        getattr(found, name).name = 5
        with pytest.raises(ValidationError):
            found.save()
        setattr(found, name, None)


@pytest.mark.parametrize(
    ("given", "location"),
    [
        ({"address": {"state": 5}}, ("address", "state")),
        ({"address": {"state": "CA", "size": True}}, ("address", "size")),
        ({"address": {"state": "CA", "zip": b"9"}}, ("address", "Z")),
        ({"homes": [{"state": "CA"}, {"zip": "1"}]}, ("homes", 1, "state")),
        ({"address": "CA"}, ("address",)),
        ({"size": {"height": True}}, ("size", "height")),
    ],
)
def test_wrong_values_below(given: dict[str, Any], location: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError) as raised:
        model_of(Fields)(isbn="1", **given)
    assert [error["loc"] for error in raised.value.errors] == [location]


def test_nested_model_s_own_rule_for_unknown_names() -> None:
    class Closed(BaseModel):
        model_config = ConfigDict(extra="forbid")
        state: str

    class Schema:
        isbn: str
        place: Closed

    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        model_of(Schema)(isbn="1", place={"state": "CA", "city": "x"})


def test_nested_model_in_a_union_is_given_by_alias() -> None:
    book = model_of(Fields)
    assert book(isbn="1", pet={"kind": "dog", "N": "Rex"}).pet.name == "Rex"
    with pytest.raises(ValidationError, match="Field required"):
        book(isbn="1", pet={"kind": "dog", "name": "Rex"})


class Labelled(Address):
    def label(self) -> str:
        return f"{self.state} {self.zip}"


class Detailed(Address):
    floor: int = 1


@pydantic.dataclasses.dataclass
class Row:
    number: int = 1


@pydantic.dataclasses.dataclass
class LongRow(Row):
    length: int = 2


class OfSubclasses(BaseModel):
    isbn: str
    address: Address | None = None
    others: list[Address] = []
    named: dict[str, Address] = {}
    one_of: Address | Dog | None = None
    listed: Detailed | Address | None = None
    whole: SerializeAsAny[Address] | None = None
    row: Row | None = None


def test_subclass_of_a_nested_model_without_fields_of_its_own_is_taken() -> None:
    book = model_of(OfSubclasses)
    assert book(isbn="1", address=Labelled(state="CA", Z="1")).to_dict()["address"]["state"] == "CA"
    changed = Labelled(state="CA", Z="1")
    changed.size = "large"  # type: ignore[assignment]
    with pytest.raises(ValidationError) as raised:
        book(isbn="1", address=changed)
    assert [error["loc"] for error in raised.value.errors] == [("address", "size")]


@pytest.mark.parametrize(
    ("name", "value", "location"),
    [
        ("address", Detailed(state="CA", Z="1"), ("address",)),
        ("others", [Address(state="CA", Z="1"), Detailed(state="CA", Z="1")], ("others", 1)),
        ("named", {"k": Detailed(state="CA", Z="1")}, ("named", "k")),
        ("one_of", Detailed(state="CA", Z="1"), ("one_of",)),
        ("row", LongRow(), ("row",)),
    ],
)
def test_subclass_whose_own_fields_would_be_lost_is_refused(
    name: str, value: Any, location: tuple[Any, ...], recorder: RecordingBackend
) -> None:
    book = created(model_of(OfSubclasses))
    loaded = book(isbn="1")
    loaded.save()
    recorder.sent.clear()
    setattr(loaded, name, value)
    for write in (
        lambda: book(isbn="1", **{name: value}),
        lambda: book.put({"isbn": "1", name: value}),
        lambda: book.update_item(isbn="1", **{name: value}),
        lambda: loaded.update(**{name: value}),
        loaded.save,
        lambda: loaded.save(partial=True),
    ):
        with pytest.raises(ValidationError, match="whose own fields would be lost") as raised:
            write()
        assert [error["loc"] for error in raised.value.errors] == [location]
    assert recorder.sent == []


def test_subclass_is_stored_where_the_annotation_says_so() -> None:
    book = created(model_of(OfSubclasses))
    book(isbn="1", listed=Detailed(state="CA", Z="1", floor=3), whole=Detailed(state="NY", Z="1", floor=4)).save()
    found = book.get(isbn="1")
    assert found is not None
    assert found.listed == Detailed(state="CA", Z="1", floor=3)
    item = stored_by(book)
    assert item is not None
    assert item["whole"]["floor"] == 4


def test_model_that_contains_itself() -> None:
    book = created(model_of(Tree))
    book(isbn="1", children=[{"isbn": "2", "children": [Tree(isbn="3")]}]).save()
    assert [found.isbn for found in book.scan(children__0__children__0__isbn="3")] == ["1"]
    found = book.get(isbn="1")
    assert found is not None
    assert found.children[0].children == [Tree(isbn="3")]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"limits__low": 0}, "greater_than_equal"),
        ({"limits__low": "x"}, "int_parsing"),
        ({"limits__low": None}, "int_type"),
    ],
)
def test_update_below_a_nested_model_is_validated(changes: dict[str, Any], kind: str) -> None:
    class Limits(BaseModel):
        low: int = Field(ge=1)

    book = created(model_of(type("Schema", (), {"__annotations__": {"isbn": str, "limits": Limits}})))
    instance = book(isbn="1", limits={"low": 1})
    instance.save()
    with pytest.raises(ValidationError) as raised:
        instance.update(**changes)
    assert [error["type"] for error in raised.value.errors] == [kind]
    assert stored_by(book) == {"isbn": "1", "limits": {"low": 1}}
    assert list(book.scan(limits__low=0)) == []
    instance.update(limits__low=5)
    assert stored_by(book) == {"isbn": "1", "limits": {"low": 5}}
