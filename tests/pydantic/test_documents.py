"""JSON, Pydantic's objects and JSON Schemas of models that are made of Pydantic."""

from __future__ import annotations

import datetime
import enum
import json
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, TypeAdapter, computed_field, field_validator

from dynamorm import Changes, DynaModel, Mapped, Model, mapped
from dynamorm.exceptions import DynaModelException, ValidationError

#: The metaclass of models, for those that are made in another way than by a class statement.
META: Any = type(DynaModel)


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2


class Publisher(BaseModel):
    name: str
    city: str = Field("unknown", alias="City")
    logo: bytes | None = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(9, alias="Lives")


class Dog(BaseModel):
    kind: Literal["dog"]
    born: datetime.date


class Point(NamedTuple):
    x: float
    y: float


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PUBLISHERS = st.builds(lambda name, city, logo: Publisher(name=name, City=city, logo=logo), TEXT, TEXT, st.binary())
PETS = st.one_of(
    st.builds(lambda lives: Cat(kind="cat", Lives=lives), st.integers(0, 9)),
    st.builds(lambda born: Dog(kind="dog", born=born), st.dates()),
)
#: An annotation and its values.
KINDS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "enum": (Colour, st.sampled_from(Colour)),
    "set of enums": (set[Colour], st.just({Colour.RED})),
    "literal": (Literal["a", 1], st.sampled_from(["a", 1])),
    "union": (int | str, st.one_of(st.integers(-(10**30), 10**30), TEXT)),
    "optional date": (datetime.date | None, st.none() | st.dates()),
    "duration": (datetime.timedelta, st.timedeltas(datetime.timedelta(-(10**6)), datetime.timedelta(10**6))),
    "time": (datetime.time, st.times()),
    "tuple": (tuple[int, str, datetime.date], st.tuples(st.integers(-9, 9), TEXT, st.dates())),
    "named tuple": (Point, st.builds(Point, st.integers(-9, 9).map(float), st.integers(-9, 9).map(float))),
    "frozenset": (frozenset[int], st.frozensets(st.integers(-9, 9), min_size=1)),
    "map by number": (dict[int, Decimal], st.dictionaries(st.integers(-9, 9), st.decimals(-9, 9, places=2))),
    "map by identifier": (dict[UUID, str], st.dictionaries(st.uuids(), TEXT)),
    "model": (Publisher, PUBLISHERS),
    "models": (dict[str, list[Publisher]], st.dictionaries(TEXT.filter(bool), st.lists(PUBLISHERS, max_size=2))),
    "discriminated": (Annotated[Cat | Dog, Field(discriminator="kind")], PETS),
    "union of models": (list[Cat | Dog], st.lists(PETS, max_size=3)),
    "bytes": (list[bytes | None], st.lists(st.none() | st.binary())),
}


@pytest.mark.parametrize("strict", [False, True], ids=["lax", "strict"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_type_is_read_as_it_was_written(kind: str, strict: bool) -> None:
    annotation, values = KINDS[kind]
    table = type("Table", (), {"name": "values", "hash_key": "id"})
    body = {"__annotations__": {"id": str, "value": annotation}, "__module__": __name__}
    schema = type("Schema", (), {**body, "model_config": ConfigDict(strict=strict)})
    model: Any = META("Valued", (DynaModel,), {"__module__": __name__, "Table": table, "Schema": schema})

    @given(values)
    @settings(max_examples=30)
    def is_read(value: Any) -> None:
        made = model(id="1", value=value)
        read = model.from_json(made.to_json())
        assert read.value == made.value
        assert type(read.value) is type(made.value)

    is_read()


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn: str = Field(alias="ISBN")
        title: str
        tags: set[str] = Field(default_factory=set)
        publisher: Publisher | None = Field(None, alias="Publisher")
        cover: bytes | None = None

        @computed_field(alias="Label")  # type: ignore[prop-decorator] # as Pydantic documents it
        @property
        def label(self) -> str:
            return f"{self.title}!"


def made() -> Any:
    return Book(isbn="1", title="x", tags={"b", "a"}, publisher={"name": "P", "City": "Oslo"}, cover=b"\xff")


def test_json_is_what_pydantic_writes_by_field_name() -> None:
    assert json.loads(made().to_json()) == {
        "isbn": "1",
        "title": "x",
        "tags": ["a", "b"],
        "publisher": {"name": "P", "city": "Oslo", "logo": None},
        "cover": "/w==",
        "label": "x!",
    }
    read: Any = Book.from_json(made().to_json())
    assert vars(read) == vars(made())


def test_names_that_the_schema_keeps() -> None:
    class Open(DynaModel):
        class Table:
            name = "open"
            hash_key = "id"

        class Schema:
            id: str
            model_config = ConfigDict(extra="allow")

    thing: Any = Open(id="1", more={"a": [1]})
    assert json.loads(thing.to_json()) == {"id": "1", "more": {"a": [1]}}
    read: Any = Open.from_json(thing.to_json())
    assert read.more == {"a": [1]}
    assert thing.to_schema().more == {"a": [1]}
    again: Any = Open.from_schema(thing.to_schema())
    assert again.more == {"a": [1]}
    assert TypeAdapter(Open).json_schema()["additionalProperties"] is True


class Account(BaseModel):
    """A model that a program has already."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=2)
    balance: Decimal = Decimal(0)
    _cache: dict[str, int] = PrivateAttr(default_factory=dict)

    @field_validator("name")
    @classmethod
    def lowered(cls, name: str) -> str:
        return name.lower()


class Stored(DynaModel):
    class Table:
        name = "accounts"
        hash_key = "name"

    class Schema(Account):
        pass


class Named(BaseModel):
    name: str


class Wider(DynaModel):
    class Table:
        name = "wider"
        hash_key = "name"

    class Schema(Named):
        note: str = ""


class Direct(DynaModel):
    class Table:
        name = "direct-accounts"
        hash_key = "name"

    Schema = Account


@pytest.mark.parametrize("model", [Stored, Direct])
def test_a_model_that_exists_is_a_schema(model: Any) -> None:
    account = model.from_schema(Account(name="ANN", balance=Decimal("1.50")))
    assert (account.name, account.balance) == ("ann", Decimal("1.50"))
    back = account.to_schema()
    assert isinstance(back, Account)
    assert back._cache == {}
    assert (back.name, back.model_fields_set) == ("ann", {"name", "balance"})
    assert isinstance(model.from_schema(back), model)
    assert TypeAdapter(model).validate_python(Account(name="bob")).name == "bob"
    with pytest.raises(DynaModelException, match="takes an instance of its Schema, not Publisher"):
        model.from_schema(Publisher(name="x", City="y"))
    with pytest.raises(DynaModelException, match="not Named, which lacks some of its fields"):
        Wider.from_schema(Named(name="x"))
    with pytest.raises(
        DynaModelException, match=r"dict by field name, not \w+. Make an instance of it: \w+.from_schema"
    ):
        model.put(Account(name="ANN", balance=Decimal("1.50")))
    with pytest.raises(ValidationError):
        model.from_schema(Account.model_construct(name="x", balance=Decimal(1)))


class Node(BaseModel):
    name: str = Field(alias="N")
    below: list[Node] = []


class Tree(DynaModel):
    class Table:
        name = "trees"
        hash_key = "id"

    class Schema:
        id: str
        root: Node


def test_schemas_that_contain_themselves() -> None:
    tree: Any = Tree(id="1", root={"name": "a", "below": [{"name": "b"}]})
    assert json.loads(tree.to_json())["root"] == {"name": "a", "below": [{"name": "b", "below": []}]}
    assert vars(Tree.from_json(tree.to_json())) == vars(tree)
    schema = TypeAdapter(Tree).json_schema()
    assert schema["properties"]["root"] == {"$ref": "#/$defs/TreeNode"}
    assert schema["$defs"]["TreeNode"]["properties"]["below"]["items"] == {"$ref": "#/$defs/TreeNode"}
    assert "name" in schema["$defs"]["TreeNode"]["properties"]


def shop() -> Any:
    class Book(DynaModel):
        """Another model of that name."""

        class Table:
            name = "shop-books"
            hash_key = "id"

        class Schema:
            id: str

    return Book


def test_json_schemas_have_the_names_of_models_and_fields() -> None:
    class Page(BaseModel):
        book: Book
        others: list[Book]
        publisher: Publisher

    schema = Page.model_json_schema()
    assert schema["properties"]["book"] == {"$ref": "#/$defs/Book"}
    assert schema["properties"]["others"]["items"] == {"$ref": "#/$defs/Book"}
    book = schema["$defs"]["Book"]
    assert (book["title"], book["required"]) == ("Book", ["isbn", "title"])
    assert list(book["properties"]) == ["isbn", "title", "tags", "publisher", "cover"]
    assert book["properties"]["cover"]["anyOf"][0] == {"type": "string", "format": "byte"}
    # A nested model has the names of its fields below a model, and its own elsewhere.
    assert list(schema["$defs"]["BookPublisher"]["properties"]) == ["name", "city", "logo"]
    assert list(schema["$defs"]["Publisher"]["properties"]) == ["name", "City", "logo"]
    serialised = Page.model_json_schema(mode="serialization")["$defs"]["Book"]
    assert list(serialised["properties"]) == ["isbn", "title", "tags", "publisher", "cover", "label"]
    page = Page(book=made(), others=[], publisher=Publisher(name="P", City="C"))
    assert json.loads(page.model_dump_json(by_alias=True))["book"] == json.loads(made().to_json())


def test_two_models_of_one_name_are_two() -> None:
    other_book = shop()

    class Both(BaseModel):
        one: Book
        two: other_book  # type: ignore[valid-type] # made by a function

    schema = Both.model_json_schema()
    references = {each["$ref"].rpartition("/")[2] for each in schema["properties"].values()}
    assert len(references) == 2
    assert sorted(schema["$defs"][each]["required"] for each in references) == [["id"], ["isbn", "title"]]


def test_errors_have_the_names_of_fields() -> None:
    given: dict[str, Any] = {"isbn": 1, "publisher": {"city": 5}, "tags": "x"}
    with pytest.raises(pydantic.ValidationError) as raised:
        TypeAdapter(list[Book]).validate_python([given])
    assert {(each["loc"], each["type"]) for each in raised.value.errors()} == {
        ((0, "isbn"), "string_type"),
        ((0, "title"), "missing"),
        ((0, "tags"), "set_type"),
        ((0, "publisher", "name"), "missing"),
        ((0, "publisher", "city"), "string_type"),
    }


class Typed(Model):
    class Table:
        name = "typed-books"
        hash_key = "isbn"

    isbn: Mapped[str]
    title: Mapped[str] = mapped(attribute="T", max_length=5)
    seen: Mapped[datetime.datetime | None] = mapped(default=None)


def test_typed_models() -> None:
    book = Typed(isbn="1", title="x", seen=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    assert book.to_json() == '{"isbn":"1","title":"x","seen":"2020-01-01T00:00:00Z"}'
    assert vars(Typed.from_json(book.to_json())) == vars(book)
    schema = TypeAdapter(Typed).json_schema()
    assert (list(schema["properties"]), schema["title"]) == (["isbn", "title", "seen"], "Typed")
    with pytest.raises(pydantic.ValidationError, match="at most 5 characters"):
        TypeAdapter(Typed).validate_python({"isbn": "1", "title": "too long"})


def test_a_null_is_refused_without_advice_for_programs() -> None:
    for kind, values in ((Wider, {"name": "x", "note": None}), (Changes[Wider], {"note": None})):
        with pytest.raises(pydantic.ValidationError) as raised:
            TypeAdapter[Any](kind).validate_python(values)
        assert [each["msg"] for each in raised.value.errors()] == ["Input should not be null."]
    with pytest.raises(ValidationError, match=r"use update\(note__remove=True\)"):
        Wider(name="x", note=None)


def test_numbers_in_fields_of_any_type_stay_numbers() -> None:
    class Note(Model):
        class Table:
            name = "notes"
            hash_key = "id"

        id: Mapped[str]
        anything: Mapped[Any] = mapped(default=None)
        entries: Mapped[dict[str, Any]] = mapped(default_factory=dict)
        price: Mapped[Decimal] = mapped(default=Decimal("1.50"))

    assert json.loads(Note(id="2", anything={Decimal("1.5")}).to_json())["anything"] == [1.5]
    digits = Decimal("0.1234567890123456789")
    Note.__table__.create()
    Note(id="1", anything=1.5, entries={"a": {"b": [0.1, 2, "0.1", digits]}}).save()
    read: Any = Note.get("1")
    for again in (Note.from_json(read.to_json()), TypeAdapter(Note).validate_json(TypeAdapter(Note).dump_json(read))):
        again.save()
        back: Any = Note.get("1")
        *numbers, last = back.entries["a"]["b"]
        assert (back.anything, numbers, back.price) == (Decimal("1.5"), [Decimal("0.1"), 2, "0.1"], Decimal("1.50"))
        assert Decimal(last) == digits
    document = json.loads(read.to_json(), parse_float=Decimal)
    assert (document["anything"], document["entries"]["a"]["b"][3], document["price"]) == (
        Decimal("1.5"),
        digits,
        "1.5",
    )
