"""Typed models: their fields are annotations, of which the schema is made."""

from __future__ import annotations

import copy
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, Generic, Literal, TypeVar

import pytest

import dynamorm
from dynamorm import (
    DynaModel,
    GlobalIndex,
    LocalIndex,
    ManyToOne,
    Mapped,
    Model,
    ProjectAll,
    ProjectKeys,
    mapped,
    verbs,
)
from dynamorm.exceptions import (
    DynaModelException,
    InvalidSchemaField,
    SchemaNotRecognised,
    UnknownAttribute,
    ValidationError,
)
from dynamorm.model.typed import declared
from dynamorm.model.typed.mapped import FIELD_ARGUMENTS
from dynamorm.plugins import finder
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.programs import ANNOTATIONS, Programs

pytestmark = pytest.mark.one_schema_library
T = TypeVar("T")


@pytest.fixture(params=ANNOTATIONS, ids=["values", "strings"])
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(monkeypatch, request.param)


class Author(Model):
    class Table:
        name = "authors"
        hash_key = "id"

    id: Mapped[str]


class Dated(Model):
    created: Mapped[datetime] = mapped(default_factory=lambda: datetime(2026, 1, 2, tzinfo=UTC))

    def age(self) -> str:
        return f"of {self.created.year}"


class Book(Dated):
    """A book."""

    class Table:
        name = "books"
        hash_key = "isbn"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        projection = ProjectAll()

    isbn: Mapped[str]
    title: Mapped[str] = mapped(max_length=20)
    author: Mapped[str] = mapped(default="nobody", attribute="AuthorId")
    price: Mapped[Decimal] = mapped(default=Decimal(0), ge=0)
    year: Mapped[int | None] = mapped(default=None)
    kind: Mapped[Literal["paper", "audio"] | None] = mapped(default=None)
    tags: Mapped[list[str]] = mapped(default_factory=list)
    SHELF: ClassVar[int] = 7
    writer: ManyToOne[Author] = ManyToOne(Author, query=lambda book: {"id": book.author})


def fields_of(model: Any) -> list[str]:
    return list(model.__schema__.model_fields)


@pytest.fixture
def tables(connected: Backend) -> Backend:
    dynamorm.create_all([Author, Book])
    return connected


def test_annotations_are_the_schema(tables: Backend) -> None:
    book = Book(isbn="1", title="Dune", author="herbert", tags=["a"])
    book.save()
    found = Book.get(isbn="1")
    assert found is not None
    assert (found.title, found.year, found.price, found.tags) == ("Dune", None, Decimal(0), ["a"])
    assert (found.created, found.age(), found.SHELF) == (datetime(2026, 1, 2, tzinfo=UTC), "of 2026", 7)
    assert Book.__table__.get(isbn="1") == {
        "isbn": "1",
        "title": "Dune",
        "AuthorId": "herbert",
        "created": "2026-01-02T00:00:00.000000Z",
        "price": 0,
        "tags": ["a"],
    }
    assert [each.isbn for each in Book.ByAuthor.query(author="herbert")] == ["1"]
    assert [each.isbn for each in Book.scan(Book.title == "Dune", Book.tags.contains("a"))] == ["1"]
    Book.update_item(isbn="1", author="frank")
    assert Book.__table__.get(isbn="1")["AuthorId"] == "frank"  # type: ignore[index]


def test_schema_refuses_what_the_annotations_refuse() -> None:
    with pytest.raises(ValidationError) as caught:
        Book(isbn=1, title="x" * 21, author=5, price=-1)  # type: ignore[arg-type]
    assert {each["loc"][0]: each["type"] for each in caught.value.errors} == {
        "isbn": "string_type",
        "title": "string_too_long",
        "author": "string_type",
        "price": "greater_than_equal",
    }
    with pytest.raises(ValidationError, match="missing"):
        Book(isbn="1")  # type: ignore[call-arg]
    with pytest.raises(ValidationError, match="kind"):
        Book(isbn="1", title="x", kind="film")  # type: ignore[arg-type]


def test_schema_is_named_and_described_as_its_model() -> None:
    schema = Book.__schema__
    assert schema is Book.__schema__
    assert (schema.__name__, schema.__module__, schema.__doc__) == ("BookSchema", __name__, "A book.")
    assert fields_of(Book)[:3] == ["created", "isbn", "title"]


def test_incomplete_instances_are_made_at_run_time_as_ever() -> None:
    model: Any = Book
    assert model().isbn is None
    assert model(partial=True, isbn="1").created is None


# Abstract bases, and what models inherit


def test_model_without_a_table_is_an_abstract_base() -> None:
    assert fields_of(Dated) == ["created"]
    for use in (lambda: Dated.get(isbn="1"), lambda: Dated.__table__, lambda: Dated.query(isbn="1")):
        with pytest.raises(
            UnknownAttribute, match="Dated has fields, but no inner class 'Table', so it is an abstract"
        ):
            use()
    for attribute in ("__table__", "__schema__"):
        with pytest.raises(UnknownAttribute, match="Model is an abstract base, which has no table"):
            getattr(Model, attribute)


def test_child_adds_fields_and_shares_the_table(tables: Backend) -> None:
    class Comic(Book):
        artist: Mapped[str]

    class Plain(Book):
        pass

    assert Comic.__table__ is Book.__table__
    assert (Plain.__schema__, Plain.__table__) == (Book.__schema__, Book.__table__)
    Comic(isbn="2", title="Tintin", artist="herge").save()
    assert [each.artist for each in Comic.ByAuthor.query(author="nobody")] == ["herge"]
    assert issubclass(Comic.__schema__, Book.__schema__)
    with pytest.raises(ValidationError, match="artist"):
        Comic(isbn="2", title="Tintin")  # type: ignore[call-arg]
    with pytest.raises(ValidationError, match="artist"):
        Book(isbn="2", title="Tintin", artist="herge")  # type: ignore[call-arg]


def test_child_redefines_a_field() -> None:
    class Report(Book):
        title: Mapped[str] = mapped(default="untitled")
        year: Mapped[int]

    assert Report(isbn="1", year=2026).title == "untitled"
    assert Report(isbn="1", year=2026, title="x" * 30).year == 2026
    with pytest.raises(ValidationError, match="year"):
        Report(isbn="1")  # type: ignore[call-arg]


def test_several_bases_that_are_models_are_joined() -> None:
    class Owned(Model):
        owner: Mapped[str] = mapped(default="nobody")

    class Thing(Dated, Owned):
        class Table:
            name = "things"
            hash_key = "id"

        id: Mapped[str]

    class Both(Dated, Owned):
        class Table:
            name = "both"
            hash_key = "owner"

    assert vars(Thing(id="1")) == {"id": "1", "owner": "nobody", "created": datetime(2026, 1, 2, tzinfo=UTC)}
    assert Both().owner == "nobody"
    assert Thing.age(Thing(id="1")) == "of 2026"


def test_abstract_bases_of_dynamodel_and_plain_mixins_are_inherited() -> None:
    class Base(DynaModel):
        def greet(self) -> str:
            return f"I am {self.id}"

    class Mixin:
        def shout(self) -> str:
            return "!"

    class Thing(Mixin, Base, Model):
        class Table:
            name = "things"
            hash_key = "id"

        id: Mapped[str]

    assert (Thing(id="1").greet(), Thing(id="1").shout()) == ("I am 1", "!")


def test_abstract_table_with_settings() -> None:
    class Base(Model):
        class Table:
            abstract = True
            read = 5
            write = 5

        id: Mapped[str]

    class Thing(Base):
        class Table(Base.Table):
            name = "things"
            hash_key = "id"

    assert (Thing.__table__.read, Thing(id="1").id) == (5, "1")
    with pytest.raises(UnknownAttribute, match="Base has fields, but no inner class 'Table'"):
        Base.get(id="1")


def test_parameters_of_generic_bases_are_given() -> None:
    class Base(Model, Generic[T]):
        id: Mapped[str]
        value: Mapped[T] = mapped(attribute="v")
        values: Mapped[list[T]] = mapped(default_factory=list)

    class Number(Base[int]):
        class Table:
            name = "numbers"
            hash_key = "id"
            range_key = "value"

    class Listed(Base[list[T]]):
        pass

    class Lists(Listed[str]):
        class Table:
            name = "lists"
            hash_key = "id"

    assert Number.__table__.attribute_definitions[1] == {"AttributeName": "v", "AttributeType": "N"}
    with pytest.raises(ValidationError, match="value"):
        Number(id="1", value="x")  # type: ignore[arg-type]
    assert Lists(id="1", value=["x"], values=[["y"]]).values == [["y"]]
    with pytest.raises(ValidationError, match="value"):
        Lists(id="1", value=[5])  # type: ignore[list-item]


# An inner Schema that has the fields


def test_annotations_beside_a_schema_tell_type_checkers_only() -> None:
    class Thing(Model):
        class Table:
            name = "things"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)
            size = fields.integer(default=lambda: 5)
            note = fields.text()

        id: Mapped[str]
        size: Mapped[int] = mapped(default=7)

    thing = Thing(id="1")
    assert (thing.size, thing.id) == (5, "1")

    class Child(Thing):
        note: Mapped[str | None]

    assert Child.Schema is Thing.Schema

    class Lenient(DynaModel):
        class Table:
            name = "things"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)

        id: Mapped[str]
        label: str = "an attribute of the class"

    assert (Lenient(id="1").id, Lenient(id="1").label) == ("1", "an attribute of the class")


@pytest.mark.parametrize("base", [Model, DynaModel])
def test_name_that_the_schema_lacks_is_refused(base: type[DynaModel]) -> None:
    with pytest.raises(InvalidSchemaField, match=r"'titel' of Thing is declared with Mapped, but is not in its Schema, "
                       r"whose fields are id, title. Did you mean 'title'\?"):  # fmt: skip

        class Thing(base):  # type: ignore[valid-type, misc]
            class Table:
                name = "things"
                hash_key = "id"

            class Schema:
                id = fields.text(required=True)
                title = fields.text()

            titel: Mapped[str]


def test_attribute_that_differs_from_the_schema_is_refused() -> None:
    with pytest.raises(DynaModelException, match="with attribute='Id', but its Schema stores it as 'id'"):

        class Thing(Model):
            class Table:
                name = "things"
                hash_key = "id"

            class Schema:
                id = fields.text(required=True)

            id: Mapped[str] = mapped(attribute="Id")


def test_child_of_a_model_with_a_schema_of_another_library_needs_the_field_there() -> None:
    class Thing(DynaModel):
        class Table:
            name = "things"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)

    with pytest.raises(InvalidSchemaField, match="'size' of Child is declared with Mapped, but is not in its Schema"):

        class Child(Thing, Model):
            size: Mapped[int]


# Names


def test_mapped_is_recognised_whatever_it_is_called(programs: Programs) -> None:
    program = programs.run(
        """
        import dynamorm as dm
        from dynamorm import Mapped as M
        Text = Mapped[str]

        class Thing(Model):
            class Table:
                name = "things"
                hash_key = "id"
            class Kind(str): pass
            id: Text
            one: M[int]
            two: dm.Mapped[Annotated[int, "even"]]
            three: "Mapped[int]"
            four: Mapped["int | None"] = mapped(default=None)
            five: Mapped[list["int"]] = mapped(default=[])
            six: "M['int']" = mapped(default=6)
            _private: dict[str, int] = {}
            constant: ClassVar[int] = 7
        """
    )
    thing = program.Thing(id="1", one=1, two=2, three=3)
    assert (thing.one, thing.four, thing.five, thing.six) == (1, None, [], 6)
    assert list(program.Thing.__schema__.model_fields) == ["id", "one", "two", "three", "four", "five", "six"]
    with pytest.raises(ValidationError) as caught:
        program.Thing(id=1, one="x", two="x", three="x", four="x", five=["x"], six="x")
    assert len(caught.value.errors) == 7
    assert program.Thing(id="2", one=1, two=2, three=3).five is not thing.five


def test_classes_around_may_be_local(programs: Programs) -> None:
    program = programs.run(
        """
        def outer():
            class Name(str): pass
            def inner():
                class Size(int): pass
                class Thing(Model):
                    class Table:
                        name = "things"
                        hash_key = "id"
                    class Schema:
                        model_config = {"arbitrary_types_allowed": True}
                    class Colour(str): pass
                    id: Mapped[str]
                    name: Mapped[Name | None] = mapped(default=None)
                    size: Mapped[Size | None] = mapped(default=None)
                    colour: Mapped[Colour | None] = mapped(default=None)
                return Thing, Name, Size
            return inner()
        Thing, Name, Size = outer()
        """
    )
    infos = program.Thing.__schema__.model_fields
    assert (infos["name"].annotation, infos["size"].annotation) == (program.Name | None, program.Size | None)
    assert infos["colour"].annotation == program.Thing.Colour | None


def test_later_names_give_way_to_fields() -> None:
    class Crowded(Model):
        class Table:
            name = "crowded"
            hash_key = "part"

        part: Mapped[str]  # type: ignore[assignment]
        create: Mapped[str]  # type: ignore[assignment]
        copy: Mapped[str] = mapped(default="c")  # type: ignore[assignment]
        json: Mapped[str] = mapped(default="j")
        model_id: Mapped[str] = mapped(default="m")

    crowded = Crowded(part="1", create="2")
    assert (crowded.part, crowded.create, crowded.copy, crowded.json, crowded.model_id) == ("1", "2", "c", "j", "m")
    assert verbs.part(Crowded, part="3").create is None


# Verbs that typed models need


def test_part_and_create(tables: Backend) -> None:
    part: Any = Book.part(isbn="1")
    assert (part.title, part.created, part.tags) == (None, None, None)
    made = Book.create(isbn="1", title="Dune")
    assert type(made) is Book
    assert Book.query(isbn="1").one().title == made.title == "Dune"
    assert verbs.create(Author, id="a").id == "a"
    assert dynamorm.explain(Book.create, isbn="2", title="Emma").request is not None
    assert Book.get(isbn="2") is None
    with pytest.raises(ValidationError, match="title"):
        Book.create(isbn="1")  # type: ignore[call-arg]


def test_create_calls_an_overriding_save(tables: Backend) -> None:
    class Shouting(Book):
        def save(self, *args: Any, **keywords: Any) -> None:
            self.title = self.title.upper()
            super().save(*args, **keywords)

    Shouting.create(isbn="1", title="Dune")
    assert Book.query(isbn="1").one().title == "DUNE"


def test_copies_can_be_made_with_replace() -> None:
    book = Book(isbn="1", title="Dune")
    changed = book.__replace__(title="Emma", isbn="2")
    assert (type(changed), changed.title, changed.created, book.title) == (Book, "Emma", book.created, "Dune")
    if sys.version_info >= (3, 13):
        assert copy.replace(book, title="Emma").title == "Emma"
    with pytest.raises(ValidationError, match="titel"):
        book.__replace__(titel="Emma")


def test_table_of_a_model(connected: Backend) -> None:
    table = Book.__table__
    assert table.exists is False
    table.create(wait=True)
    table.create(exist_ok=True)
    assert table.exists is True
    assert list(table.plan()) == []
    assert table.update() == 0
    assert table.drop() is True
    assert table.exists is False


# Indexes as values


class Pen(Model):
    class Table:
        name = "pens"
        hash_key = "id"
        range_key = "number"

    id: Mapped[str]
    number: Mapped[int]
    colour: Mapped[str] = mapped(default="red")
    by_colour = GlobalIndex("by-colour", hash_key="colour", projection=ProjectAll())
    by_id = LocalIndex("by-id", hash_key="id", range_key="colour", projection=ProjectKeys())


class Pencil(Pen):
    soft: Mapped[bool] = mapped(default=True)


def test_index_may_be_a_value(connected: Backend) -> None:
    assert Pen.__table__.indexes.keys() == {"by-colour", "by-id"}
    Pen.__table__.create()
    Pen.create(id="1", number=1)
    assert [type(each) for each in Pen.by_colour.query(colour="red")] == [Pen]
    assert [type(each) for each in Pencil.by_colour.query(colour="red")] == [Pencil]
    assert Pencil.by_colour.query(colour="red").one().soft is True
    assert [each.number for each in Pen.by_id.query(id="1", colour="red")] == [1]
    assert Pen(id="2", number=2).by_colour is Pen.by_colour
    assert Pen.by_id.spec.kind == "local"


def test_index_of_a_base_belongs_to_each_model() -> None:
    class Base(Model):
        colour: Mapped[str]
        by_colour = GlobalIndex("by-colour", hash_key="colour", projection=ProjectAll())

    class One(Base):
        class Table:
            name = "one"
            hash_key = "id"

        id: Mapped[str]

    class Two(Base):
        class Table:
            name = "two"
            hash_key = "id"

        id: Mapped[int]

    assert One.by_colour.spec == Two.by_colour.spec
    indexes: list[object] = [One.by_colour, Two.by_colour]
    assert indexes[0] is not indexes[1]
    with pytest.raises(UnknownAttribute, match="belongs to no table yet"):
        Base.by_colour.query(colour="red")


# Plugins


def test_without_the_plugin_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder(), "_provider", lambda kind, name: None)
    with pytest.raises(SchemaNotRecognised, match=r"of which Pydantic's adapter .* pip install dynamorm-pydantic"):

        class Thing(Model):
            id: Mapped[str]


def test_library_that_makes_no_schemas_of_annotations_is_named() -> None:
    with pytest.raises(SchemaNotRecognised, match="'marshmallow', the schema_library in its Table, makes no schema"):

        class Thing(Model):
            class Table:
                name = "things"
                hash_key = "id"
                schema_library = "marshmallow"

            id: Mapped[str]

    with pytest.raises(SchemaNotRecognised, match=r"'nothing', the schema_library .* names no installed schema plugin"):

        class Other(Model):
            class Table:
                name = "things"
                hash_key = "id"
                schema_library = "nothing"

            id: Mapped[str]


def test_type_checkers_and_run_time_know_the_same_arguments() -> None:
    assert tuple(declared.FieldArguments.__annotations__) == FIELD_ARGUMENTS
