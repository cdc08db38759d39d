"""Which classes msgspec's plugin takes, and what is refused when a model is defined."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import subprocess
import sys
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

import attrs
import msgspec
import pydantic
import pydantic.dataclasses
import pytest
from msgspec import Meta, Struct

from dynamorm import DynaModel
from dynamorm.exceptions import DynaModelException, InvalidKey, ValidationError
from dynamorm.ports.schemas import Claim
from dynamorm_msgspec.plugin import claims
from tests.msgspec.models import model_of, model_with, stored_by


class Book(Struct):
    id: str
    title: str = "untitled"


@dataclasses.dataclass
class DataBook:
    id: str
    title: str = "untitled"


class Plain:
    id: str


class TypedPlain(TypedDict):
    id: str


def test_structs_and_dataclasses_are_claimed_and_nothing_else() -> None:
    claimed = (Book, DataBook, type("Child", (Book,), {}), type("Child", (DataBook,), {}))
    assert {claims(each) for each in claimed} == {Claim.CLASS}
    assert claims(OnlyFields) == Claim.FIELDS
    others = (
        Plain,
        object,
        attrs.define(type("A", (), {"__annotations__": {"id": str}})),
        pydantic.dataclasses.dataclass(type("P", (), {"__annotations__": {"id": str}})),
        type("M", (pydantic.BaseModel,), {}),
        TypedPlain,
    )
    assert {claims(each) for each in others} == {Claim.NONE}


def test_claiming_imports_nothing() -> None:
    program = """
import dataclasses, sys
from dynamorm_msgspec.plugin import claims, dynamorm_register_schema
dynamorm_register_schema()
@dataclasses.dataclass
class Schema:
    id: str
assert claims(Schema)
assert not claims(int)
print("msgspec" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("schema", [Book, DataBook])
def test_existing_class_is_the_schema_itself(schema: Any) -> None:
    book = model_of(schema)
    assert book.Schema is schema
    made = book.from_schema(schema(id="1"))
    made.save()
    assert stored_by(book) == {"id": "1", "title": "untitled"}
    assert book.get(id="1").to_schema() == schema(id="1")
    child = model_of(type("Schema", (schema,), {}))
    assert child.from_schema(schema(id="2")).id == "2"
    with pytest.raises(DynaModelException):
        book.from_schema(Plain())


def test_errors_have_the_name_of_the_model() -> None:
    class Schema(Struct):
        id: str

    assert model_of(Schema).Schema is Schema
    with pytest.raises(ValidationError, match="schema BookSchema"):
        model_of(Schema)(id=5)


class Raw(Struct):
    raw: msgspec.Raw


class Row(Struct, array_like=True):
    city: str


class Tagged(Struct, tag=True):
    id: str


class OfRow(Struct):
    id: str
    rows: list[Row]


class Undecorated(DataBook):
    pages: int = 0


class Mixed(enum.Enum):
    A = 1
    B = "b"


class Right(enum.Flag):
    READ = 1


class Meant(Struct):
    id: str
    city: Annotated[str, Meta(extra={"attribute": "C"})]


class Since(TypedDict):
    since: Annotated[datetime.datetime, Meta(extra={"stored_form": "pynamodb"})]


@dataclasses.dataclass
class Colliding:
    city: str
    other: str = dataclasses.field(metadata={"attribute": "city"})


@dataclasses.dataclass
class OwnInit:
    id: str

    def __init__(self, text: str) -> None:
        self.id = text.upper()


@dataclasses.dataclass
class Computing:
    id: str
    label: str = dataclasses.field(init=False)


class OfDataclass(Struct):
    id: str
    title: Any = dataclasses.field(default="x")


A_FIELD: Any = pydantic.Field(default="x")


@dataclasses.dataclass
class OfPydantic:
    id: str
    title: Any = A_FIELD


class OnlyFields:
    id: str
    title: str = msgspec.field(default="x")


@attrs.define
class OfAttrs:
    city: str


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "array_like": (lambda: model_of(Row, "city"), "is a Struct with array_like=True.*Leave array_like out"),
    "nested array_like": (lambda: model_of(OfRow), r"'rows\[\]' of Book is a Struct with array_like=True"),
    "tag": (lambda: model_of(Tagged), r"Write 'class Schema\(Tagged, tag=False\)'"),
    "undecorated": (lambda: model_of(Undecorated), "'pages' would be ignored. Decorate it with @dataclass"),
    "own __init__": (lambda: model_of(OwnInit), "OwnInit, .* has an __init__ of its own, which msgspec does not call"),
    "nested, of Pydantic": (
        lambda: model_with(pydantic.dataclasses.dataclass(type("P", (), {"__annotations__": {"id": str}}))),
        "has an __init__ of its own",
    ),
    "nested, of attrs": (lambda: model_with(list[OfAttrs]), "The attrs class OfAttrs, in the Schema of Book, can't"),
    "init=False": (lambda: model_of(Computing), "'label' with init=False, .* Give it a default, which __post_init__"),
    "dataclasses.field in a Struct": (lambda: model_of(OfDataclass), "'title' of OfDataclass, .* Use msgspec.field"),
    "pydantic.Field": (lambda: model_of(OfPydantic), "'title' of OfPydantic, .* pydantic.fields.FieldInfo"),
    "fields alone": (lambda: model_of(OnlyFields), "has msgspec's fields, but is no Struct"),
    "set of tuples": (lambda: model_with(set[tuple[int, int]]), "'value' of Book is a set that DynamoDB can't store"),
    "set with None": (lambda: model_with(list[set[str | None]]), r"'value\[\]' of Book is a set that DynamoDB can't"),
    "set of two types": (lambda: model_with(frozenset[int | str]), "only one of them. Use a list"),
    "keys": (lambda: model_with(dict[bool, int]), "'value' of Book is a dictionary whose keys can't be names"),
    "flag": (lambda: model_with(Right), "'value' of Book is .* Make it an enum.IntFlag"),
    "raw": (lambda: model_with(Raw), r"'value\.raw' of Book is of a type that only a wire format .* Use bytes"),
    "unknown type": (lambda: model_with(complex), "'value' of Book is of the type complex.*dec_hook.*enc_hook"),
    "enum": (lambda: model_with(Mixed), "msgspec refuses the Schema of Book: Enums must contain either all str or"),
    "union": (lambda: model_with(str | datetime.date), "msgspec refuses the Schema of Book: Type unions may not"),
    "constraint": (lambda: model_with(Annotated[str, Meta(ge=5)]), "msgspec refuses the Schema of Book: Can only set"),
    "attribute of a Struct": (
        lambda: model_of(Meant),
        r"takes no notice of. Write city: … = msgspec.field\(name='C'\)",
    ),
    "nested stored_form": (lambda: model_with(Since), r"'value\.since' of Book has a stored_form, which only"),
    "nested names": (lambda: model_with(list[Colliding]), "'city' and 'other' in 'value' of Book are both stored as"),
    "names": (lambda: model_of(Colliding, "city"), "'city' and 'other' of Book are both stored as the attribute"),
    "key": (lambda: model_of(msgspec.defstruct("S", [("id", list[str])])), "a field type that can't be a key"),
}


@pytest.mark.parametrize(("define", "words"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_work_is_refused_when_the_model_is_defined(define: Callable[[], Any], words: str) -> None:
    with pytest.raises((DynaModelException, InvalidKey), match=words):
        define()


def test_tag_may_be_left_out() -> None:
    class Untagged(Tagged, tag=False):
        pass

    book = model_of(Untagged)
    book(id="1").save()
    assert stored_by(book) == {"id": "1"}


def test_ranges_that_do_not_sort() -> None:
    for annotation in (datetime.timedelta, Annotated[datetime.time, Meta(tz=True)]):
        schema = msgspec.defstruct("Schema", [("id", str), ("value", annotation)])
        with pytest.raises(InvalidKey, match="unordered_range_key"):
            model_of(schema, range_key="value")


class Later(Struct):
    id: str
    home: NotYet | None = None


class Never(Struct):
    id: str
    home: Nowhere | None = None  # type: ignore[name-defined] # noqa: F821 - the mistake


def test_class_that_is_defined_later() -> None:
    book: Any = define_later()
    book(id="1", home={"city": "Oslo"}).save()
    assert book.get(id="1").home == NotYet("Oslo")


def define_later() -> type[DynaModel]:
    """The model, at whose definition the class of ``home`` is not known."""
    known = globals().pop("NotYet")
    try:

        class LaterBook(DynaModel):
            class Table:
                name = "later"
                hash_key = "id"

            Schema = Later

        assert LaterBook.home is not None
    finally:
        globals()["NotYet"] = known
    LaterBook.Table.create_table()  # type: ignore[attr-defined] # a table by now
    return LaterBook


class NotYet(Struct):
    city: str


def test_class_that_is_never_defined() -> None:
    with pytest.raises(DynaModelException, match=r"names 'Nowhere', which is not defined.*not inside of a function"):
        model_of(Never)(id="1")
