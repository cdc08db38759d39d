"""Values of each type: their native and their stored form, their JSON, paths below them, unions, keys."""

from __future__ import annotations

import datetime
import enum
import ipaddress
import pathlib
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType

import attrs
import pytest
from attrs import define, field, validators

import dynamorm
from dynamorm import DynaModel, Mapped, mapped
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidSchemaField, InvalidValue, ValidationError
from tests.attrs.models import defined, errors_of, model_of


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


class Isbn(str):
    """A string with a class of its own."""

    __slots__ = ()


@define
class Place:
    city: str
    since: datetime.date | None = None
    tags: set[str] = field(factory=set)


Number = NewType("Number", int)
DAY = datetime.date(2020, 1, 2)
ID = uuid.UUID(int=5)
#: An annotation, a native value, what is stored for it, and the type of a key.
CASES: dict[str, tuple[Any, Any, Any, str | None]] = {
    "enum": (Colour, Colour.RED, "red", "S"),
    "enum of numbers": (Size, Size.LARGE, 2, "N"),
    "literal": (Literal["a", "b"], "b", "b", "S"),
    "literal with none": (Literal["a", None], "a", "a", "S"),
    "string of its own": (Isbn, Isbn("1"), "1", "S"),
    "new type": (Number, 5, 5, "N"),
    "annotated": (Annotated[int, "whatever"], 5, 5, "N"),
    "time": (datetime.time, datetime.time(3, 4), "03:04:00", "S"),
    "duration": (datetime.timedelta, datetime.timedelta(seconds=1, microseconds=500_000), Decimal("1.5"), "N"),
    "path": (pathlib.PurePosixPath, pathlib.PurePosixPath("/a/b"), "/a/b", "S"),
    "network": (ipaddress.IPv6Network, ipaddress.IPv6Network("::/64"), "::/64", "S"),
    "tuple": (tuple[int, datetime.date], (5, DAY), [5, "2020-01-02"], None),
    "tuple of any length": (tuple[datetime.date, ...], (DAY, DAY), ["2020-01-02"] * 2, None),
    "frozen set": (frozenset[uuid.UUID], frozenset({ID}), {str(ID)}, None),
    "set of numbers": (set[int], {1, 2}, {1, 2}, None),
    "set of bytes": (set[bytes], {b"a"}, {b"a"}, None),
    "map by dates": (dict[datetime.date, int], {DAY: 1}, {"2020-01-02": 1}, None),
    "map by enums": (dict[Colour, list[Size]], {Colour.RED: [Size.SMALL]}, {"red": [1]}, None),
    "bare list": (list, ["a", 1], ["a", 1], None),
    "bare map": (dict, {"a": [1]}, {"a": [1]}, None),
    "nested": (Place, Place("Oslo", DAY), {"city": "Oslo", "since": "2020-01-02"}, None),
    "map of nested": (
        dict[str, Place],
        {"a": Place("Oslo", None, {"x"})},
        {"a": {"city": "Oslo", "since": None, "tags": {"x"}}},
        None,
    ),
    "numbers": (int | Decimal, Decimal("1.5"), Decimal("1.5"), "N"),
    "choice": (int | list[datetime.date], [DAY], ["2020-01-02"], None),
}


@pytest.mark.parametrize(("annotation", "native", "stored", "key_type"), CASES.values(), ids=CASES)
def test_value_is_stored_and_read_as_it_was(annotation: Any, native: Any, stored: Any, key_type: str | None) -> None:
    schema = attrs.make_class("Schema", {"id": field(type=str), "value": field(type=annotation, default=None)})
    model = model_of(schema)
    model(id="1", value=native).save()
    assert model.__table__.get(id="1") == {"id": "1", "value": stored}
    thing: Any = model.get(id="1")
    assert thing.value == native
    assert type(thing.value) is type(native)
    thing = model(id="1", value=stored)
    assert (thing.value, type(thing.value)) == (native, type(native))
    read: Any = model.from_json(thing.to_json())
    assert read.value == native
    assert thing._mapper.adapter.fields["value"].key_type == key_type


def test_type_that_can_be_no_key_is_refused_as_one() -> None:
    with pytest.raises(InvalidKey, match="'id'"):
        defined(attrs.make_class("Schema", {"id": field(type=bool)}))


@define
class Cat:
    lives: int = 9
    kind: Literal["cat"] = "cat"


@define
class Dog:
    name: str
    kind: Literal["dog"] = "dog"


@define
class Puppy:
    name: str
    weeks: int


@define
class Owner:
    id: str
    pet: Cat | Dog | Puppy | None = None
    pets: list[Cat | Dog] = field(factory=list)


def test_union_is_read_as_the_class_that_knows_the_names() -> None:
    model = model_of(Owner)
    for number, pet in enumerate((Cat(5), Dog("Rex"), Puppy("Max", 3))):
        model(id=str(number), pet=pet, pets=[Dog("a"), Cat()]).save()
    pets: Any = {thing.id: thing.pet for thing in model.scan()}
    assert pets == {"0": Cat(5), "1": Dog("Rex"), "2": Puppy("Max", 3)}
    assert [thing.id for thing in model.scan(pet__kind="dog")] == ["1"]
    model.update_item(id="1", pet__name="Bello")
    thing: Any = model.get(id="1")
    assert (thing.pet, thing.pets) == (Dog("Bello"), [Dog("a"), Cat()])
    assert errors_of(model, id="1", pet={"kind": "bird"}) == {"pet": ["Not a value of any of the types."]}


def test_name_that_the_classes_of_a_union_store_differently_has_no_path() -> None:
    other = attrs.make_class("Other", {"name": field(type=str, metadata={"attribute": "N"})})
    union: Any = Dog | other
    model = defined(attrs.make_class("Schema", {"id": field(type=str), "value": field(type=union)}))
    with pytest.raises(InvalidSchemaField, match="'name' is stored under several names"):
        list(model.scan(value__name="x"))


def test_part_of_a_nested_class_is_read_and_stored_again() -> None:
    schema = attrs.make_class("Schema", {"id": field(type=str), "place": field(type=Place), "n": field(default=0)})
    model = model_of(schema)
    model(id="1", place=Place("Oslo", DAY, {"x"})).save()
    thing: Any = model.get(id="1", attrs="id, place.since")
    assert thing.place.since == DAY
    assert not hasattr(thing.place, "city")
    thing.n = 5
    thing.save(partial=True)
    assert model.__table__.get(id="1") == {
        "id": "1",
        "n": 5,
        "place": {"city": "Oslo", "since": "2020-01-02", "tags": {"x"}},
    }


def test_changes_of_a_nested_instance_are_saved() -> None:
    schema = attrs.make_class("Schema", {"id": field(type=str), "place": field(type=Place)})
    model = model_of(schema)
    model(id="1", place=Place("Oslo")).save()
    thing: Any = model.get(id="1")
    thing.place.city = "Rome"
    thing.save()
    again: Any = model.get(id="1")
    assert again.place == Place("Rome")


def test_stored_form_of_date_times() -> None:
    @define
    class Schema:
        id: str
        at: datetime.datetime = field(metadata={"stored_form": "pynamodb"})
        given: datetime.datetime = field(metadata={"stored_form": "as_given", "attribute": "G"})

    model = model_of(Schema)
    at = datetime.datetime(2020, 1, 2, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    model(id="1", at=at, given=at).save()
    assert model.__table__.get(id="1") == {
        "id": "1",
        "at": "2020-01-02T10:00:00.000000+0000",
        "G": "2020-01-02T12:00:00+02:00",
    }
    thing: Any = model.get(id="1")
    assert (thing.at, thing.given) == (at, at)


class Book(dynamorm.Model):
    class Table:
        name = "books"
        hash_key = "isbn"
        schema_library = "attrs"

    class Schema:
        def __attrs_post_init__(self) -> None:
            if self.title == self.isbn:  # type: ignore[attr-defined]
                raise ValueError("has no title")

    isbn: Mapped[Annotated[str, field(converter=str.upper)]] = mapped(pattern="^[A-Z]+$", attribute="ISBN")
    title: Mapped[str | None] = mapped(default=None, max_length=5)
    copies: Mapped[int] = mapped(default=1, ge=1, title="How many")
    at: Mapped[datetime.datetime | None] = mapped(default=None, json_schema_extra={"stored_form": "as_given"})
    place: Mapped[Place | None] = mapped(default=None)


def test_typed_model() -> None:
    Book.__table__.create()
    Book(isbn="a", title="Foo", place=Place("Oslo")).save()
    assert Book(isbn="b").title is None
    assert Book.__table__.get(ISBN="A") == {
        "ISBN": "A",
        "title": "Foo",
        "copies": 1,
        "place": {"city": "Oslo", "since": None},
    }
    assert [book.isbn for book in Book.scan((Book.copies >= 1) & (Book.place["city"] == "Oslo"))] == ["A"]
    assert attrs.has(Book.__schema__)
    with pytest.raises(ValidationError) as raised:
        Book(isbn="1", title="too long", copies=0)
    assert sorted(raised.value.errors) == ["copies", "isbn", "title"]
    with pytest.raises(ValidationError, match="has no title"):
        Book(isbn="a", title="A")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"max_digits": 5}, "max_digits=…, which attrs has no validator for"),
        ({"default_factory": str}, "attrs refuses"),
    ],
)
def test_setting_of_a_typed_model_that_attrs_does_not_have(setting: dict[str, Any], words: str) -> None:
    from dynamorm_attrs.plugin import dynamorm_register_schema

    make = dynamorm_register_schema().schema_from
    assert make is not None
    with pytest.raises(DynaModelException, match=words):
        make("Book", {"isbn": str}, {"isbn": {"default": "x", **setting}}, (), {"__module__": __name__})


def test_class_of_attrs_stays_one_without_its_model() -> None:
    class Shelf(DynaModel):
        class Table:
            name = "shelves"
            hash_key = "city"

        Schema = Place

    assert Shelf.Schema is Place
    assert Shelf.from_schema(Place("Oslo")).to_schema() == Place("Oslo")
    with pytest.raises(DynaModelException, match="not Dog"):
        Shelf.from_schema(Dog("Rex"))


def test_results_are_the_same_without_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = attrs.make_class(
        "Schema",
        {"id": field(type=str), "n": field(type=int, default=1), "tags": field(type=list[str], factory=list)},
    )
    item = {"id": "1", "tags": ["a"], "unknown": 5}
    fast: Any = defined(schema)
    monkeypatch.setenv("DYNAMORM_SCHEMA_FAST_PATH", "0")
    slow: Any = defined(schema)
    loaded = [each._mapper.adapter.load(item, partial=False) for each in (fast, slow)]
    assert loaded == [{"id": "1", "n": 1, "tags": ["a"]}] * 2
    assert [errors_of(each, id=5, n="x", tags=[1]) for each in (fast, slow)] == [
        {"id": ["Not a string."], "n": ["Not a whole number."], "tags": {0: ["Not a string."]}}
    ] * 2


def test_validators_of_keys_and_conditions() -> None:
    schema = attrs.make_class(
        "Schema",
        {
            "id": field(type=str, converter=str.upper),
            "name": field(type=str, default="", validator=validators.max_len(3)),
        },
    )
    model = model_of(schema)
    model(id="a", name="abc").save()
    assert model.get(id="a")
    assert list(model.scan(name="longer than any")) == []


def test_date_time_before_the_year_1_in_utc_is_refused_as_a_value_that_can_not_be_stored() -> None:
    @define
    class Schema:
        id: str
        at: datetime.datetime | None = None
        all: list[datetime.datetime] = field(factory=list)

    model = model_of(Schema)
    early = datetime.datetime.min.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    for refused in (
        lambda: model(id="1", at=early).save(),
        lambda: model(id="1", all=[early]).save(),
        lambda: model.update_item(id="1", at=early),
    ):
        with pytest.raises(InvalidValue, match="Give it in UTC"):
            refused()
