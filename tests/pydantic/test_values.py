"""Types of fields: their stored form, the values that they accept, and the type of their keys."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import uuid
from collections import defaultdict, deque
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType

import pytest
from pydantic import (
    AnyUrl,
    AwareDatetime,
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    PositiveInt,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    field_serializer,
    model_serializer,
)
from pydantic_core import CoreSchema, core_schema

from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidValue, ValidationError
from tests.pydantic.models import created, errors_at, model_of, model_with, stored_by, table_of
from tests.support.backends import RecordingBackend


class Colour(enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    SMALL = 1


class Mixed(enum.Enum):
    TEXT = "a"
    NUMBER = 1


class Pair(NamedTuple):
    number: int
    day: dt.date


class Point:
    """A type of the program's own, which tells Pydantic how it is validated and serialised."""

    def __init__(self, x: int) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and self.x == other.x

    def __hash__(self) -> int:
        return hash(self.x)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        number = core_schema.no_info_after_validator_function(cls, core_schema.int_schema())
        either = core_schema.union_schema([core_schema.is_instance_schema(cls), number])
        serialiser = core_schema.plain_serializer_function_ser_schema(
            lambda point: point.x, return_schema=core_schema.int_schema()
        )
        return core_schema.no_info_after_validator_function(lambda point: point, either, serialization=serialiser)


class Isbn(str):
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, handler(str))


UserId = NewType("UserId", int)
Stamp = Annotated[dt.datetime, PlainSerializer(lambda value: int(value.timestamp()), return_type=int)]
Month = Annotated[dt.date, PlainSerializer(lambda value: f"{value:%Y-%m-01}", return_type=str, when_used="json")]
DAY, NOON = dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 12, tzinfo=dt.UTC)
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")

#: Annotations with a native value and what is stored of it.
STORED: list[tuple[Any, Any, Any]] = [
    (str, "x", "x"),
    (int, 5, 5),
    (float, 1.25, Decimal("1.25")),
    (float, 2.0, 2),
    (Decimal, Decimal("9.90"), Decimal("9.9")),
    (bool, True, True),
    (bytes, b"\xff\x00", b"\xff\x00"),
    (dt.date, DAY, "2020-01-02"),
    (dt.datetime, NOON, "2020-01-02T12:00:00.000000Z"),
    (dt.datetime, dt.datetime(2020, 1, 2, 3, 4, 5, 6), "2020-01-02T03:04:05.000006"),
    (dt.time, dt.time(1, 2), "01:02:00"),
    (dt.timedelta, dt.timedelta(hours=1), "PT1H"),
    (uuid.UUID, ID, str(ID)),
    (Colour, Colour.RED, "red"),
    (Size, Size.SMALL, 1),
    (Mixed, Mixed.NUMBER, 1),
    (Literal["a", 1], 1, 1),
    (ipaddress.IPv4Address, ipaddress.IPv4Address("10.0.0.1"), "10.0.0.1"),
    (Path, Path("/a/b"), "/a/b"),
    (AnyUrl, TypeAdapter(AnyUrl).validate_python("http://a.b/"), "http://a.b/"),
    (ByteSize, ByteSize(1000), 1000),
    (Point, Point(3), 3),
    (Isbn, Isbn("x"), "x"),
    (Stamp, NOON, 1577966400),
    (Month, dt.date(2020, 1, 1), "2020-01-01"),
    (int | str, "5", "5"),
    (int | str, 5, 5),
    (dt.date | Decimal, Decimal("1.5"), Decimal("1.5")),
    (dt.date | int, DAY, "2020-01-02"),
    (Any, {"a": [1, {"b": {1, 2}}]}, {"a": [1, {"b": {1, 2}}]}),
    (list[dt.date], [DAY], ["2020-01-02"]),
    (list[Decimal | dt.date], [Decimal("1.5"), DAY], [Decimal("1.5"), "2020-01-02"]),
    (tuple[int, dt.date], (1, DAY), [1, "2020-01-02"]),
    (set[str], {"a", "b"}, {"a", "b"}),
    (set[Decimal], {Decimal("1.5")}, {Decimal("1.5")}),
    (set[bytes], {b"\xff"}, {b"\xff"}),
    (set[uuid.UUID], {ID, uuid.UUID(int=1)}, {str(ID), str(uuid.UUID(int=1))}),
    (frozenset[dt.date], frozenset([DAY]), {"2020-01-02"}),
    (set[Size], {Size.SMALL}, {1}),
    (Sequence[dt.date], [DAY], ["2020-01-02"]),
    (deque[int], deque([1, 2]), [1, 2]),
    (defaultdict[str, list[int]], defaultdict(list, a=[1]), {"a": [1]}),
    (Pair, Pair(1, DAY), [1, "2020-01-02"]),
    (dict[str, Any], {"a": None, "b": b"x"}, {"a": None, "b": b"x"}),
    (dict[int, dt.date], {1: DAY}, {"1": "2020-01-02"}),
    (dict[Colour, list[Colour]], {Colour.RED: [Colour.RED]}, {"red": ["red"]}),
    (dict[str, tuple[dt.date, bytes]], {"a": (DAY, b"\xff")}, {"a": ["2020-01-02", b"\xff"]}),
]


@pytest.mark.parametrize(("annotation", "native", "stored"), STORED, ids=range(len(STORED)))
def test_native_and_stored_values(annotation: Any, native: Any, stored: Any) -> None:
    book = created(model_with(annotation))
    for given in (native, stored):
        book.put({"isbn": "1", "value": given})
        assert stored_by(book) == {"isbn": "1", "value": stored}
        found = book.get(isbn="1")
        assert found is not None
        assert (found.value, type(found.value)) == (native, type(native))
        assert [one.isbn for one in book.scan(value=given)] == ["1"]
        found.save(partial=True)
        book.update_item(isbn="1", value=given)
        assert stored_by(book) == {"isbn": "1", "value": stored}


KEYS: list[tuple[Any, str | None]] = [
    (str, "S"),
    (Annotated[str, StringConstraints(min_length=2)], "S"),
    (Isbn, "S"),
    (uuid.UUID, "S"),
    (dt.date, "S"),
    (AwareDatetime, "S"),
    (dt.time, "S"),
    (dt.timedelta, "S"),
    (Colour, "S"),
    (Literal["a", "b"], "S"),
    (ipaddress.IPv6Network, "S"),
    (AnyUrl, "S"),
    (Path, "S"),
    (Month, "S"),
    (str | None, "S"),
    (str | uuid.UUID, "S"),
    (int, "N"),
    (PositiveInt, "N"),
    (UserId, "N"),
    (float, "N"),
    (Decimal, "N"),
    (Size, "N"),
    (Literal[1, 2], "N"),
    (int | Decimal, "N"),
    (ByteSize, "N"),
    (Stamp, "N"),
    (Point, "N"),
    (bytes, "B"),
    (bool, None),
    (Mixed, None),
    (int | str, None),
    (Literal["a", 1], None),
    (list[str], None),
    (set[str], None),
    (dict[str, str], None),
    (Any, None),
    (Annotated[dt.date, PlainSerializer(lambda value: value.toordinal())], None),
]


@pytest.mark.parametrize(("annotation", "type_"), KEYS, ids=range(len(KEYS)))
def test_type_of_a_key(annotation: Any, type_: str | None) -> None:
    schema = type("Schema", (), {"__annotations__": {"isbn": annotation}})
    if type_ is None:
        with pytest.raises(InvalidKey, match="'isbn' of the Table of Book has a field type that can't be a key"):
            model_of(schema)
    else:
        assert table_of(model_of(schema)).attribute_definitions == [{"AttributeName": "isbn", "AttributeType": type_}]


def test_settings_of_the_model_say_how_keys_are_stored() -> None:
    class Schema:
        isbn: dt.timedelta
        model_config = ConfigDict(ser_json_timedelta="float")

    book = created(model_of(Schema))
    book(isbn=dt.timedelta(seconds=90)).save()
    assert stored_by(book, isbn=90) == {"isbn": 90}
    assert book.get(isbn=dt.timedelta(seconds=90)) is not None


def test_serialiser_of_a_field_says_how_it_is_stored() -> None:
    class Schema:
        isbn: dt.date

        @field_serializer("isbn")
        def ordinal(self, value: dt.date) -> str:
            return f"D{value:%Y%m%d}"

        value: dt.date | None = None

    book = model_of(Schema)
    assert table_of(book).attribute_definitions == [{"AttributeName": "isbn", "AttributeType": "S"}]
    assert book(isbn=DAY).to_dict() == {"isbn": "D20200102"}


def test_key_that_is_serialised_otherwise_is_found() -> None:
    class OfField:
        isbn: str

        @field_serializer("isbn")
        def shouted(self, value: str) -> str:
            return value.upper()

    class OfType:
        isbn: Annotated[str, PlainSerializer(str.upper, return_type=str)]

    class OfModel:
        isbn: str

        @model_serializer(mode="wrap")
        def shouted(self, handler: Any) -> dict[str, Any]:
            return {name: value.upper() for name, value in handler(self).items()}

    for number, schema in enumerate((OfField, OfType, OfModel)):
        book = model_of(schema, Table=type("Table", (), {"name": f"books-{number}", "hash_key": "isbn"}))
        created(book)(isbn="a").save()
        assert stored_by(book, isbn="A") == {"isbn": "A"}
        assert book.get(isbn="a") is not None


@pytest.mark.parametrize(
    ("annotation", "wrong", "error"),
    [
        (str, 5, "string_type"),
        (str, b"x", "string_type"),
        (bytes, "x", "bytes_type"),
        (int, True, "int_type"),
        (int, "soon", "int_parsing"),
        (int, 1.5, "int_from_float"),
        (float, False, "float_type"),
        (Decimal, True, "decimal_type"),
        (bool, 1, "bool_type"),
        (bool, Decimal(0), "bool_type"),
        (int | None, True, "int_type"),
        (int | str, True, "int_type"),
        (PositiveInt, True, "int_type"),
        (uuid.UUID, "12", "uuid_parsing"),
        (dt.date, "yesterday", "date_from_datetime_parsing"),
        (dt.datetime, [], "datetime_type"),
        (Colour, "blue", "enum"),
        (list[str], "a", "list_type"),
        (set[str], 5, "set_type"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_wrong_type_is_refused_everywhere(annotation: Any, wrong: Any, error: str, recorder: RecordingBackend) -> None:
    book = created(model_with(annotation))
    instance = book(partial=True, isbn="1")
    instance.value = wrong
    for action in (
        lambda: book(isbn="1", value=wrong),
        lambda: book(partial=True, value=wrong),
        lambda: book.put({"isbn": "1", "value": wrong}),
        lambda: book.update_item(isbn="1", value=wrong),
        lambda: book.update_item(isbn="1", value__if_not_exists=wrong),
        lambda: book.scan(value=wrong),
        instance.save,
        lambda: instance.save(partial=True),
    ):
        with pytest.raises(ValidationError) as raised:
            action()
        assert errors_at(raised.value.errors) == [(error, ("value",))]
    assert recorder.sent == []


@pytest.mark.parametrize(
    ("annotation", "wrong", "location"),
    [
        (list[int], [1, True], ("value", 1)),
        (dict[str, bytes], {"a": "x"}, ("value", "a")),
        (set[str], {b"x"}, ("value", 0)),
        (list[dict[str, str]], [{"a": b"x"}], ("value", 0, "a")),
    ],
)
def test_wrong_type_inside_is_refused(annotation: Any, wrong: Any, location: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError) as raised:
        model_with(annotation)(isbn="1", value=wrong)
    assert [error["loc"] for error in raised.value.errors] == [location]


def test_validator_before_the_type_may_take_any() -> None:
    from pydantic import BeforeValidator

    book = model_with(Annotated[int, BeforeValidator(lambda value: 7 if value is True else value)])
    assert book(isbn="1", value=True).value == 7


def test_union_that_knows_a_type_takes_it() -> None:
    assert model_with(int | bool)(isbn="1", value=True).value is True
    assert model_with(str | bytes)(isbn="1", value=b"x").value == b"x"


def test_strict_models_take_native_values_only() -> None:
    class Schema:
        isbn: str
        year: int = 1
        model_config = ConfigDict(strict=True)

    with pytest.raises(ValidationError, match="int_type"):
        model_of(Schema)(isbn="1", year="5")


def test_strict_models_read_what_they_stored() -> None:
    class Loan(BaseModel):
        model_config = ConfigDict(strict=True)
        due: dt.date

    class Schema:
        isbn: str
        published: dt.date
        pages: tuple[int, ...] = ()
        loan: Loan | None = None
        model_config = ConfigDict(strict=True)

    values = {"isbn": "1", "published": dt.date(2020, 1, 2), "pages": (1, 2), "loan": Loan(due=dt.date(2021, 1, 1))}
    book = created(model_of(Schema))
    book.put(values)
    found = book.get(isbn="1")
    assert found is not None
    assert found.to_dict(native=True) == values
    found.published = dt.date(2021, 1, 2)
    found.save(partial=True)
    assert [each.published for each in book.scan(published=dt.date(2021, 1, 2))] == [dt.date(2021, 1, 2)]
    assert [each.published for each in book.scan().specific_attributes(["published"])] == [dt.date(2021, 1, 2)]
    with pytest.raises(ValidationError, match="date_type"):
        book.update_item(isbn="1", published="2022-01-02")
    table_of(book).put({"isbn": "2", "published": "never"})
    with pytest.raises(ValidationError, match="date_from_datetime_parsing"):
        book.get(isbn="2")


def test_none_is_left_out_where_it_reads_as_none_and_is_null_elsewhere() -> None:
    class Schema:
        isbn: str
        title: str | None
        year: int | None = 5
        pages: int = 3

    book = created(model_of(Schema))
    book(isbn="1", title=None).save()
    assert stored_by(book) == {"isbn": "1", "year": 5, "pages": 3}
    found = book.get(isbn="1")
    assert found is not None
    assert (found.title, found.year) == (None, 5)
    found.title, found.year = "x", None
    found.save()
    assert stored_by(book) == {"isbn": "1", "title": "x", "year": None, "pages": 3}
    found.update(title=None)
    assert stored_by(book) == {"isbn": "1", "year": None, "pages": 3}
    found.pages = None
    with pytest.raises(ValidationError, match="pages__remove=True"):
        found.save()
    with pytest.raises(ValidationError, match="Field required"):
        book(isbn=None)


def test_none_inside_is_stored() -> None:
    book = created(model_with(list[int | None]))
    book(isbn="1", value=[None, 1]).save()
    assert stored_by(book) == {"isbn": "1", "value": [None, 1]}


def test_empty_set_is_left_out_when_the_default_brings_it_back() -> None:
    class Schema:
        isbn: str
        tags: set[str] = Field(default_factory=set)
        codes: set[int] | None = None

    book = created(model_of(Schema))
    instance = book(isbn="1", tags={"a"})
    instance.save()
    instance.tags.clear()
    instance.save(partial=True)
    assert stored_by(book) == {"isbn": "1"}
    found = book.get(isbn="1")
    assert found is not None
    assert found.tags == set()
    with pytest.raises(InvalidValue, match="'codes' is an empty set"):
        book(isbn="1", codes=set()).save()


def test_what_dynamodb_can_not_store_is_refused_by_name() -> None:
    class Thing:
        pass

    book = model_of(
        type("Schema", (BaseModel,), {"__annotations__": {"isbn": str, "value": Any}, "__module__": __name__})
    )
    for value, words in ((Thing(), "type Thing"), (float("nan"), "NaN"), ({(1, 2)}, "element of the type tuple")):
        with pytest.raises(InvalidValue, match=f"'value'.*{words}"):
            book.put({"isbn": "1", "value": value})


def test_secret_is_not_stored_as_asterisks() -> None:
    with pytest.raises(DynaModelException, match="'value' is a secret, which Pydantic serialises as asterisks"):
        model_with(SecretStr).put({"isbn": "1", "value": "x"})
    shown = Annotated[SecretStr, PlainSerializer(lambda secret: secret.get_secret_value(), return_type=str)]
    book = created(model_with(shown))
    book.put({"isbn": "1", "value": "x"})
    assert stored_by(book) == {"isbn": "1", "value": "x"}


def test_keys_of_a_map_of_anything_are_strings() -> None:
    for value in ({1: "x"}, [{"a": {1: "x"}}]):
        with pytest.raises(ValidationError) as raised:
            model_with(Any)(isbn="1", value=value)
        assert errors_at(raised.value.errors) == [("string_type", ("value", "[key]"))]
