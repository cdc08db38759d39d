"""Which classes are schemas, in each way in which attrs defines them, and which are refused with what to do instead."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any, Generic, TypeVar

import attr
import attrs
import pytest
from attrs import define, field

from dynamorm import DynaModel
from dynamorm.exceptions import DynaModelException
from tests.attrs.models import defined, model_of

Element = TypeVar("Element")


@define
class Address:
    city: str
    zip: str = field(default="", metadata={"attribute": "Z"})


@define
class Defined:
    id: str
    number: int = 5


@attrs.frozen
class Frozen:
    id: str
    number: int = 5


@attrs.define(slots=False, kw_only=True)
class WithoutSlots:
    number: int = 5
    id: str


@attr.s(auto_attribs=True)
class Old:
    id: str
    number: int = 5


@attr.s
class Classic:
    id = attr.ib(type=str)
    number = attr.ib(type=int, default=5)


@define
class Parent:
    number: int = 5


@define(kw_only=True)
class Child(Parent):
    id: str


class NotDecorated(Defined):
    """Without fields of its own."""

    def double(self) -> int:
        return self.number * 2


@define
class Page(Generic[Element]):
    id: str
    items: list[Element] = field(factory=list)


@define
class PageOfAddresses(Page[Address]):
    pass


@define
class Tree:
    id: str
    below: list[Tree] = field(factory=list)


@pytest.mark.parametrize("schema", [Defined, Frozen, WithoutSlots, Old, Classic, Child, NotDecorated])
def test_each_way_to_define_an_attrs_class(schema: type) -> None:
    model = model_of(schema)
    model(id="1").save()
    thing: Any = model.get(id="1")
    assert (thing.id, thing.number) == ("1", 5)
    made = thing.to_schema()
    assert type(made) is schema
    assert made == schema(id="1")
    assert model.from_schema(made).id == "1"


def test_inner_schema_has_the_model_s_name() -> None:
    class Book(DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"

        @define
        class Schema:
            isbn: str

    assert Book.Schema.__name__ == "BookSchema"
    book: Any = Book.from_schema(Book.Schema(isbn="1"))
    assert book.isbn == "1"


def test_annotations_name_what_is_local() -> None:
    @define
    class Inner:
        day: datetime.date

    @define
    class Schema:
        id: str
        inner: Inner | None = None

    thing: Any = defined(Schema)(id="1", inner={"day": "2020-01-02"})
    assert thing.inner == Inner(datetime.date(2020, 1, 2))


def test_generic_classes_have_their_arguments() -> None:
    thing: Any = defined(PageOfAddresses)(id="1", items=[{"city": "Oslo"}])
    assert thing.items == [Address("Oslo")]

    @define
    class Schema:
        id: str
        numbers: Page[int]

    thing = defined(Schema)(id="1", numbers={"id": "2", "items": [1]})
    assert thing.numbers == Page("2", [1])


def test_class_that_holds_itself() -> None:
    model = model_of(Tree)
    model(id="1", below=[{"id": "2", "below": [Tree("3")]}]).save()
    thing: Any = model.get(id="1")
    assert thing.below == [Tree("2", [Tree("3")])]


def test_leading_underscore_is_part_of_the_name() -> None:
    @define
    class Schema:
        id: str
        _hidden: int = 1

    model = model_of(Schema)
    model(id="1", _hidden=5).save()
    assert model.__table__.get(id="1") == {"id": "1", "_hidden": 5}
    thing: Any = model.get(id="1")
    assert thing.to_schema() == thing.Schema("1", hidden=5)


def test_alias_is_a_name_of_the_class_s_own_init_alone() -> None:
    @define
    class Schema:
        id: str = field(alias="identity")

    thing: Any = defined(Schema)(id="1")
    assert thing.to_schema().id == "1"


def own_init() -> type:
    @define
    class WithInit:
        id: str

        def __init__(self, name: str) -> None:
            self.__attrs_init__(name)  # type: ignore[attr-defined]

    return WithInit


def own_pre_init() -> type:
    @define
    class WithPreInit:
        id: str

        def __attrs_pre_init__(self, name: str) -> None:
            pass

    return WithPreInit


def exception() -> type:
    @define
    class Failure(Exception):
        id: str

    return Failure


def without_decorator() -> type:
    class Bare:
        id: str = field()

    return Bare


def undecorated_fields() -> type:
    class More(Defined):
        more: str = ""

    return More


def cached_hash() -> type:
    return attrs.make_class("Cached", {"id": field(type=str)}, frozen=True, cache_hash=True)


def no_name() -> type:
    return attrs.make_class("Unnamed", {"id": field(type=str, metadata={"attribute": 5})})


@dataclasses.dataclass
class Data:
    id: str


def of_a_dataclass() -> type:
    return define(type("OfData", (Data,), {"__annotations__": {"more": str}}))


def field_of_dataclasses() -> type:
    return define(type("OfFields", (), {"__annotations__": {"id": str}, "id": dataclasses.field(default="x")}))


REFUSED = [
    (of_a_dataclass, "OfData inherits from the dataclass Data, whose field 'id' attrs does not know"),
    (field_of_dataclasses, "The default of 'id' of OfFields is a field of another library, dataclasses.Field"),
    (own_init, "WithInit has an __init__ of its own.*__attrs_post_init__"),
    (own_pre_init, "__attrs_pre_init__ of WithPreInit takes values"),
    (exception, "Failure is an exception"),
    (without_decorator, "The Schema of Thing .* Decorate it with @attrs.define"),
    (undecorated_fields, "More inherits from an attrs class.*'more'.*@attrs.define"),
    (cached_hash, "Cached has cache_hash=True"),
    (no_name, "'id' say attribute=5"),
]


@pytest.mark.parametrize(("make", "words"), REFUSED)
def test_class_that_can_t_be_a_schema_is_refused(make: Any, words: str) -> None:
    with pytest.raises(DynaModelException, match=words):
        defined(make())


REFUSED_TYPES = [
    (complex, "does not know how to store complex"),
    (dict[int, str], "keys of a map are strings"),
    (set[list[int]], "A set in DynamoDB holds"),
    (str | datetime.date, "date and str are both stored as a string"),
    (list[datetime.date | datetime.datetime | None], "date and datetime are both stored as a string"),
    (int | datetime.timedelta, "int and timedelta are both stored as a number"),
    (set[str | None], "A set in DynamoDB holds strings, numbers or bytes"),
    (range, "does not know how to store range"),
]


@pytest.mark.parametrize(("annotation", "words"), REFUSED_TYPES)
def test_type_that_can_t_be_stored_is_refused_with_model_and_field(annotation: Any, words: str) -> None:
    schema = attrs.make_class("Schema", {"id": field(type=str), "value": field(type=annotation, default=None)})
    with pytest.raises(DynaModelException, match=f"The field 'value' of Thing can't be stored.*{words}"):
        defined(schema)


def test_two_nested_fields_of_one_attribute_are_refused() -> None:
    nested = attrs.make_class(
        "Nested", {"a": field(type=str, metadata={"attribute": "b"}), "b": field(type=str, default="")}
    )
    schema = attrs.make_class("Schema", {"id": field(type=str), "value": field(type=list[nested])})  # type: ignore[valid-type]
    with pytest.raises(DynaModelException, match="'a' and 'b' in 'value' of Thing are both stored as 'b'"):
        defined(schema)


def test_stored_form_below_a_field_is_refused() -> None:
    nested = attrs.make_class("Nested", {"at": field(type=datetime.datetime, metadata={"stored_form": "pynamodb"})})
    schema = attrs.make_class("Schema", {"id": field(type=str), "value": field(type=nested)})
    with pytest.raises(DynaModelException, match=r"'at' in 'value' of Thing has a stored_form"):
        defined(schema)
