"""The classes that a Pydantic schema can be made of, and the messages for those that it can't."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from abc import ABC
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, TypeVar

import attrs
import msgspec
import pydantic
import pytest
from marshmallow import fields
from pydantic import (
    AliasChoices,
    AliasPath,
    Base64Bytes,
    Base64Encoder,
    Base64Str,
    Base64UrlStr,
    BaseModel,
    ConfigDict,
    EncodedBytes,
    Field,
    Json,
    PrivateAttr,
    RootModel,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass

from dynamorm import DynaModel
from dynamorm.exceptions import AmbiguousSchema, DynaModelException, InvalidKey, InvalidSchemaField, ValidationError
from dynamorm.ports.schemas import Claim
from dynamorm_pydantic.plugin import claims
from tests.pydantic.models import created, model_of, model_with, stored_by, table_of

Value = TypeVar("Value")


class Plain:
    isbn: str
    year: int = 1999


class Whole(BaseModel):
    isbn: str
    year: int = 1999


@pytest.mark.parametrize("schema", [Plain, Whole])
def test_plain_class_and_model_of_pydantic_work_alike(schema: type) -> None:
    book = created(model_of(schema))
    book(isbn="1").save()
    found = book.get(isbn="1")
    assert found is not None
    assert (found.isbn, found.year) == ("1", 1999)
    assert issubclass(book.Schema, BaseModel)
    assert issubclass(book.Schema, schema)
    assert (book.Schema.__name__, book.Schema.__module__) == ("BookSchema", __name__)


def test_plain_class_is_left_as_it_was() -> None:
    before = dict(vars(Plain))
    model_of(Plain)
    assert dict(vars(Plain)) == before
    assert model_of(Plain).Schema is not model_of(Plain).Schema


def test_schema_needs_nothing_of_pydantic_to_be_imported(tmp_path: Path) -> None:
    program = """
import sys, dynamorm
assert "pydantic" not in sys.modules
class Book(dynamorm.DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
    class Schema:
        isbn: str
        year: int = 1999
assert "pydantic" in sys.modules
assert not {"boto3", "marshmallow", "sqlite3"} & set(sys.modules)
print(Book(isbn="1").year)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "1999\n"


def test_claiming_imports_nothing(tmp_path: Path) -> None:
    program = """
import sys
from dynamorm.ports.schemas import Claim
from dynamorm_pydantic.plugin import claims
class Annotated:
    isbn: str
class Child(Annotated):
    pass
class Bare:
    isbn = str
assert (claims(Annotated), claims(Child), claims(Bare)) == (Claim.ANNOTATIONS, Claim.ANNOTATIONS, Claim.NONE)
assert "pydantic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)


def test_what_is_not_claimed() -> None:
    class Bare:
        pass

    class OfFields:
        isbn: fields.String = fields.String()

    class OfSomebody(metaclass=type("Meta", (type,), {})):  # type: ignore[metaclass]
        isbn: str

    assert [claims(schema) for schema in (Bare, OfFields, OfSomebody)] == [Claim.NONE] * 3


def test_annotated_class_with_fields_of_another_library_is_that_library_s() -> None:
    class Schema:
        isbn: fields.String = fields.String()

    assert "marshmallow" in {base.__module__.partition(".")[0] for base in model_of(Schema).Schema.__mro__}


def test_fields_of_two_libraries_are_refused() -> None:
    class Both:
        isbn: str = Field(min_length=3)
        title = fields.String()

    with pytest.raises(AmbiguousSchema, match=r"The Schema of Book is claimed by marshmallow and pydantic"):
        model_of(Both)


def test_models_of_two_libraries_live_side_by_side() -> None:
    class Author(DynaModel):
        class Table:
            name = "authors"
            hash_key = "name"

        class Schema:
            name = fields.String(required=True)

    book = created(model_of(Plain))
    created(Author)
    Author(name="a").save()
    book(isbn="1").save()
    assert [author.name for author in Author.scan()] == ["a"]
    assert [found.year for found in book.scan()] == [1999]


# Inheritance


class Stamped:
    created: int = 5
    title: str = "from the mixin"
    model_config = ConfigDict(str_to_lower=True, extra="forbid")

    @field_validator("title")
    @classmethod
    def checked(cls, title: str) -> str:
        return f"{title} by the mixin"

    def describe(self) -> str:
        return "mixin"


class Titled(Stamped):
    title: str = "own"
    isbn: str
    kinds: ClassVar[tuple[str, ...]] = ("novel",)
    model_config = ConfigDict(extra="ignore")

    def describe(self) -> str:
        return f"{super().describe()} and own"

    @model_validator(mode="after")
    def described(self) -> Titled:
        if not self.title.startswith("own"):
            self.title = f"{self.title}, {self.describe()}"
        return self


def test_plain_mixins_keep_their_order() -> None:
    book = model_of(Titled)
    made = book(isbn="1", title="A", other=1)
    assert (made.title, made.created) == ("a by the mixin, mixin and own", 5)
    assert book(isbn="1").title == "own"
    assert list(book.Schema.__mro__[1:3]) == [Titled, Stamped]


def test_overridden_validator_of_a_mixin_is_the_child_s() -> None:
    class Child(Titled):
        @field_validator("title")
        @classmethod
        def checked(cls, title: str) -> str:
            return f"{super().checked(title)} and the child"

    class Unchecked(Titled):
        checked = None  # type: ignore[assignment]

    assert model_of(Child)(isbn="1", title="own").title == "own by the mixin and the child"
    with pytest.raises(DynaModelException, match=r"non-annotated attribute was detected: `checked"):
        model_of(Unchecked)


def test_annotation_without_a_value_has_the_default_of_a_plain_base() -> None:
    class Exact(Plain):
        year: Annotated[int, Field(le=2000)]

    assert model_of(Exact)(isbn="1").year == 1999
    with pytest.raises(ValidationError, match="year"):
        model_of(Exact)(isbn="1", year=2001)


def test_mixins_of_pydantic_keep_their_order() -> None:
    class Mixin(BaseModel):
        title: str = "mixin"
        pages: int = 1

        @field_validator("pages")
        @classmethod
        def doubled(cls, pages: int) -> int:
            return pages * 2

    class Schema(Mixin, Whole):
        title: str = "own"

    book = model_of(Schema)(isbn="1", pages=2)
    assert (book.title, book.pages, book.year) == ("own", 4, 1999)


def test_abstract_and_generic_bases() -> None:
    class Abstract(ABC):
        isbn: str

    class Boxed(BaseModel, Generic[Value]):
        isbn: str
        value: Value

    assert model_of(Abstract)(isbn="1").isbn == "1"
    with pytest.raises(ValidationError, match="value"):
        model_of(Boxed[int])(isbn="1", value="x")


def test_child_s_schema_may_inherit_from_the_parent_s() -> None:
    parent = model_of(Plain)
    schema = type(
        "Schema", (parent.Schema,), {"__annotations__": {"artist": str}, "artist": "nobody", "__module__": __name__}
    )
    child: type[DynaModel] = type("Comic", (parent,), {"Schema": schema})
    assert child(isbn="1").to_dict() == {"isbn": "1", "year": 1999, "artist": "nobody"}


@pytest.mark.parametrize("base", [(), (BaseModel,)])
def test_names_of_the_function_around_are_known_to_annotations(base: tuple[type, ...]) -> None:
    class Page(BaseModel):
        number: int

    class Schema(*base):  # type: ignore[misc]
        class Cover(BaseModel):
            colour: str

        isbn: str
        pages: list[Page] = Field(default_factory=list)
        cover: Cover | None = None

    book = model_of(Schema)(isbn="1", pages=[{"number": 5}], cover={"colour": "red"})
    assert (book.pages[0].number, book.cover.colour) == (5, "red")


def test_annotation_that_is_not_defined() -> None:
    class Plainly:
        isbn: Nowhere  # type: ignore[name-defined]  # noqa: F821

    class Wholly(BaseModel):
        isbn: Nowhere  # type: ignore[name-defined]  # noqa: F821

    for schema in (Plainly, Wholly):
        with pytest.raises(
            InvalidSchemaField, match=r"The hash_key 'isbn' .* needs 'Nowhere', which is not defined yet"
        ):
            model_of(schema)


# Settings that can't work


def test_field_without_an_annotation_is_refused_in_pydantic_s_words() -> None:
    class Schema:
        isbn: str
        title = "x"

    with pytest.raises(
        DynaModelException, match=r"Pydantic refuses the Schema of Book: A non-annotated attribute.*title"
    ):
        model_of(Schema)


def test_named_tuple_is_refused() -> None:
    class Schema(NamedTuple):
        isbn: str

    with pytest.raises(DynaModelException, match=r"Schema of Book is a NamedTuple.*annotations are enough"):
        model_of(Schema)


class OfPydantic:
    """The table of a model whose schema another plugin would take."""

    name = "books"
    hash_key = "isbn"
    schema_library = "pydantic"


@pytest.mark.parametrize("decorate", [dataclasses.dataclass, pydantic_dataclass])
def test_dataclass_is_refused(decorate: Any) -> None:
    class Schema:
        isbn: str

    with pytest.raises(DynaModelException, match=r"Schema of Book is a dataclass.*Remove the decorator"):
        model_of(decorate(Schema), Table=OfPydantic)


@pytest.mark.parametrize("slots", [True, False])
def test_attrs_class_is_refused(slots: bool) -> None:
    schema = attrs.make_class("Schema", {"isbn": attrs.field(type=str)}, slots=slots)
    with pytest.raises(DynaModelException, match=r"Schema of Book is an attrs class.*Remove the decorator"):
        model_of(schema, Table=OfPydantic)


@pytest.mark.parametrize("field", [attrs.field(default="x"), msgspec.field(default="x")])
def test_field_of_another_library_is_no_default(field: Any) -> None:
    schema = type("Schema", (), {"__annotations__": {"isbn": str, "title": str}, "title": field})
    with pytest.raises(DynaModelException, match=r"'title' of the Schema of Book has a field of .* Use pydantic.Field"):
        model_of(schema, Table=OfPydantic)


def test_private_attribute_of_a_plain_class_is_refused() -> None:
    class Schema:
        isbn: str
        _count: int = PrivateAttr(0)

    with pytest.raises(DynaModelException, match=r"'_count' of the Schema of Book is a private attribute.*BaseModel"):
        model_of(Schema)


def test_root_model_is_refused() -> None:
    with pytest.raises(DynaModelException, match=r"The Schema of Book is a RootModel, which has no fields"):
        model_of(RootModel[dict[str, str]])


def test_model_of_pydantic_1_is_refused() -> None:
    old = pytest.importorskip("pydantic.v1")
    schema = type(old.BaseModel)("Schema", (old.BaseModel,), {"__annotations__": {"isbn": str}, "__module__": __name__})
    with pytest.raises(DynaModelException, match=r"pydantic\.v1\.main\.ModelMetaclass, which is not Pydantic 2's"):
        model_of(schema)


@pytest.mark.parametrize(
    ("alias", "words"),
    [
        (Field(alias="isbn"), "'isbn' and 'value' of Book are both stored as the attribute 'isbn'"),
        (Field(validation_alias=AliasPath("a", 0)), "'value' of Book has an AliasPath.*AliasChoices with a name"),
    ],
)
def test_alias_that_can_not_work(alias: Any, words: str) -> None:
    with pytest.raises(DynaModelException, match=words):
        model_with(str, value=alias)


def test_json_is_refused() -> None:
    for annotation in (Json[list[int]], dict[str, Json[int] | None]):
        with pytest.raises(DynaModelException, match=r"field 'value' of Book is a Json.*type of the content"):
            model_with(annotation)


def test_encoded_types_are_refused() -> None:
    kinds: list[tuple[Any, str]] = [
        (Base64Bytes, "bytes"),
        (Base64Str | None, "str"),
        (list[Base64UrlStr], "str"),
        (Annotated[bytes, EncodedBytes(encoder=Base64Encoder)], "bytes"),
    ]
    for annotation, plain in kinds:
        with pytest.raises(DynaModelException, match=rf"field 'value' of Book is encoded.*Make it {plain}, "):
            model_with(annotation)


def test_iterable_is_refused() -> None:
    for annotation in (Iterable[int], dict[str, Iterable[int]]):
        with pytest.raises(DynaModelException, match=r"field 'value' of Book is an Iterable.*a list or a Sequence"):
            model_with(annotation)


def test_nested_alias_that_is_stored_and_not_loaded_is_refused() -> None:
    class Inner(BaseModel):
        colour: str = Field("red", serialization_alias="Colour")

    for annotation in (Inner, list[Inner], dict[str, Inner | None]):
        with pytest.raises(DynaModelException, match=r"'colour' in 'value' of Book is serialised as 'Colour'"):
            model_with(annotation)


def test_aliases_that_differ_for_validation_and_serialisation() -> None:
    class Schema:
        isbn: str
        title: str = Field(validation_alias=AliasChoices(AliasPath("t", 0), "name"), serialization_alias="Title")
        # Each one's attribute is the other one's field.
        one: int = Field(1, alias="other")
        other: int = Field(2, alias="one")

    book = created(model_of(Schema))
    book(isbn="1", title="x", other=3).save()
    assert stored_by(book) == {"isbn": "1", "Title": "x", "other": 1, "one": 3}
    found = book.get(isbn="1")
    assert found is not None
    assert (found.title, found.one, found.other) == ("x", 1, 3)


def test_alias_generator_names_attributes() -> None:
    class Schema:
        isbn: str
        book_title: str = "x"
        model_config = ConfigDict(alias_generator=str.upper)

    book = created(model_of(Schema))
    book(isbn="1").save()
    assert stored_by(book, ISBN="1") == {"ISBN": "1", "BOOK_TITLE": "x"}
    assert [found.isbn for found in book.scan(book_title__begins_with="x")] == ["1"]


@pytest.mark.parametrize("name", ["get", "partial", "Table"])
def test_field_that_would_hide_a_part_of_the_model(name: str) -> None:
    hiding = type("Schema", (), {"__annotations__": {"isbn": str, name: str}})
    with pytest.raises(DynaModelException, match=f"The field '{name}' of Book would hide.*Pydantic's alias"):
        model_of(hiding)
    mapped = {"__annotations__": {"isbn": str, f"{name}_": str}, f"{name}_": Field(alias=name)}
    values: dict[str, Any] = {"isbn": "1", f"{name}_": "x"}
    assert model_of(type("Schema", (), mapped))(**values).to_dict()[name] == "x"


def test_key_that_is_not_in_the_schema_or_can_not_be_one() -> None:
    with pytest.raises(InvalidSchemaField, match=r"'title' of the Table of Book is not in the schema, .* isbn, year"):
        model_of(Plain, hash_key="title")
    with pytest.raises(InvalidKey, match=r"'value' of the Table of Book has a field type that can't be a key"):
        model_of(type("Schema", (), {"__annotations__": {"value": Annotated[list[str], Field()]}}), hash_key="value")


def test_schema_that_makes_its_own_core_schema_is_refused() -> None:
    class Schema(BaseModel):
        isbn: str

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            return pydantic.TypeAdapter(dict[str, str]).core_schema

    with pytest.raises(DynaModelException, match=r"Schema of Book makes its own core schema"):
        model_of(Schema)


def test_table_is_that_of_the_model() -> None:
    assert table_of(model_of(Plain)).attribute_definitions == [{"AttributeName": "isbn", "AttributeType": "S"}]
