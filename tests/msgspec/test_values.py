"""Values of each type that msgspec has: stored, read again, and refused."""

from __future__ import annotations

import datetime
import enum
import uuid
from collections import UserDict
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import msgspec
import pytest
from msgspec import UNSET, Meta, UnsetType

from dynamorm.exceptions import InvalidValue, ValidationError
from tests.msgspec.models import model_of, model_with, stored_by

UTC = datetime.UTC
EAST = datetime.timezone(datetime.timedelta(hours=2))
NOON = datetime.datetime(2020, 1, 2, 12, tzinfo=UTC)
NOON_AS_TEXT = "2020-01-02T12:00:00.000000Z"
DAY = datetime.date(2020, 1, 2)
ID = uuid.UUID(int=5)


class Color(enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    SMALL = 1


class Point(NamedTuple):
    x: int
    label: str = "-"


class Place(TypedDict, total=False):
    city: str
    zip: Annotated[str, Meta(extra={"attribute": "Z"})]


class Home(msgspec.Struct):
    city: str


class MyDateTime(datetime.datetime):
    """What libraries that stop the clock in tests put in place of a date-time."""


class MyDate(datetime.date):
    """The same for a date."""


#: The annotation, a native value, and how it is stored.
ROUND_TRIPS: dict[str, tuple[Any, Any, Any]] = {
    "float": (float, 0.1, Decimal("0.1")),
    "whole float": (float, 5.0, 5),
    "decimal": (Decimal, Decimal("1.10"), Decimal("1.1")),
    "whole decimal": (Decimal, Decimal(5), 5),
    "digits": (
        Decimal,
        Decimal("0.12345678901234567890123456789012345678"),
        Decimal("0.12345678901234567890123456789012345678"),
    ),
    "great integer": (int, 10**37, 10**37),
    "integer or decimal": (int | Decimal, Decimal("1.5"), Decimal("1.5")),
    "bytes": (bytes, b"\x00\xff", b"\x00\xff"),
    "bytearray": (bytearray, bytearray(b"\xff"), b"\xff"),
    "set of numbers": (set[Decimal], {Decimal("1.5"), Decimal(2)}, {Decimal("1.5"), 2}),
    "frozenset": (frozenset[str], frozenset({"a"}), {"a"}),
    "set of bytes": (set[bytes], {b"a"}, {b"a"}),
    "set of dates": (set[datetime.date], {DAY}, {"2020-01-02"}),
    "set of enums": (set[Color], {Color.RED}, {"red"}),
    "enum": (Color, Color.RED, "red"),
    "integer enum": (Size, Size.SMALL, 1),
    "literal": (Literal["a", "b"], "a", "a"),
    "uuid": (uuid.UUID, ID, str(ID)),
    "time": (datetime.time, datetime.time(1, 2, 3), "01:02:03"),
    "duration": (datetime.timedelta, datetime.timedelta(days=-1, seconds=5), "-PT86395S"),
    "instant": (datetime.datetime, NOON, NOON_AS_TEXT),
    "naive": (datetime.datetime, NOON.replace(tzinfo=None), "2020-01-02T12:00:00"),
    "list of instants": (list[datetime.datetime], [NOON], [NOON_AS_TEXT]),
    "tuple": (tuple[int, datetime.date], (1, DAY), [1, "2020-01-02"]),
    "long tuple": (tuple[int, ...], (1, 2), [1, 2]),
    "named tuple": (Point, Point(1), [1, "-"]),
    "map by date": (dict[datetime.date, int], {DAY: 1}, {"2020-01-02": 1}),
    "map by number": (dict[int, list[str]], {1: ["a"]}, {"1": ["a"]}),
    "typed dict": (Place, {"city": "Oslo", "zip": "1"}, {"city": "Oslo", "Z": "1"}),
    "typed dicts": (list[dict[str, Place]], [{"a": {"zip": "1"}}], [{"a": {"Z": "1"}}]),
    "typed dict or none": (Place | None, {"zip": "1"}, {"Z": "1"}),
    "anything": (Any, {"a": [b"x", {1, 2}]}, {"a": [b"x", {1, 2}]}),
}


@pytest.mark.parametrize(("annotation", "native", "stored"), ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_round_trip(annotation: Any, native: Any, stored: Any) -> None:
    book = model_with(annotation)
    book(id="1", value=native).save()
    item = stored_by(book)
    assert (item["value"], type(item["value"])) == (stored, type(stored))
    found = book.get(id="1").value
    assert (found, type(found)) == (native, type(native))
    # Its stored form is accepted, too, in the constructor, in a part and in an update.
    assert book(id="1", value=item["value"]).value == native
    assert book(partial=True, value=item["value"]).value == native
    book.update_item(id="1", value=item["value"])
    assert stored_by(book) == item
    assert [each.id for each in book.scan(value=native)] == ["1"]


def test_memoryview() -> None:
    book = model_with(memoryview)
    book(id="1", value=b"x").save()
    assert stored_by(book)["value"] == b"x"
    assert bytes(book.get(id="1").value) == b"x"


#: The annotation, what is given, and what it is natively: msgspec itself refuses the class of most of these.
GIVEN: dict[str, tuple[Any, Any, Any]] = {
    "decimal for an integer": (int, Decimal("5.00"), 5),
    "decimal for a float": (float, Decimal("0.5"), 0.5),
    "integer for a decimal": (Decimal, 5, Decimal(5)),
    "string for a decimal": (Decimal, "0.5", Decimal("0.5")),
    "subclass of datetime": (datetime.datetime, MyDateTime(2020, 1, 2, 12, tzinfo=UTC), NOON),
    "subclass of date": (datetime.date, MyDate(2020, 1, 2), DAY),
    "subclass of float": (float, type("F", (float,), {})(0.5), 0.5),
    "subclass of Decimal": (Decimal, type("D", (Decimal,), {})("0.5"), Decimal("0.5")),
    "date-time without seconds": (datetime.datetime, "2020-01-02T14:00+02:00", NOON),
    "form of PynamoDB": (datetime.datetime, "2020-01-02T12:00:00.000000+0000", NOON),
    "subclass in a list": (list[datetime.date], [MyDate(2020, 1, 2)], [DAY]),
    "another mapping": (dict[str, int], UserDict({"a": 1}), {"a": 1}),
    "list for a set": (set[str], ["a", "a"], {"a"}),
}


@pytest.mark.parametrize(("annotation", "given", "native"), GIVEN.values(), ids=GIVEN)
def test_what_is_accepted_besides(annotation: Any, given: Any, native: Any) -> None:
    book = model_with(annotation)
    for made in (book(id="1", value=given), book(partial=True, value=given)):
        assert made.value == native
        assert type(made.value) is type(native)


REFUSED: dict[str, tuple[Any, Any]] = {
    "string for an integer": (int, "5"),
    "string for a float": (float, "0.5"),
    "fraction for an integer": (int, Decimal("1.5")),
    "bool for an integer": (int, True),
    "number for a bool": (bool, 1),
    "bool for a decimal": (Decimal, True),
    "base64 for bytes": (bytes, "eA=="),
    "bytes for a string": (str, b"x"),
    "date-time for a date": (datetime.date, NOON),
    "naive for aware": (Annotated[datetime.datetime, Meta(tz=True)], NOON.replace(tzinfo=None)),
    "aware for naive": (Annotated[datetime.datetime, Meta(tz=False)], NOON),
    "number for a duration": (datetime.timedelta, 5),
    "too short a tuple": (tuple[int, int], [1]),
    "no member": (Color, "green"),
    "too long a list": (Annotated[list[int], Meta(max_length=1)], [1, 2]),
    "another key": (dict[int, int], {"a": 1}),
}


@pytest.mark.parametrize(("annotation", "wrong"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(annotation: Any, wrong: Any) -> None:
    book = model_with(annotation)
    calls: tuple[Callable[[], object], ...] = (
        lambda: book(id="1", value=wrong),
        lambda: book.update_item(id="1", value=wrong),
    )
    for call in calls:
        with pytest.raises(ValidationError) as raised:
            call()
        assert list(raised.value.errors) == ["value"]


def test_message_is_about_what_was_given() -> None:
    """And not about another form of it, that was tried."""
    for annotation, wrong, words in (
        (Annotated[str, Meta(max_length=5)], "2020-01-02T12:00:00", "Expected `str` of length <= 5"),
        (str, Decimal(5), "Expected `str`, got `decimal`"),
    ):
        with pytest.raises(ValidationError) as raised:
            model_with(annotation)(id="1", value=wrong)
        assert raised.value.errors == {"value": [words]}


def test_numbers_that_dynamodb_can_not_store() -> None:
    for annotation, value in ((float, float("nan")), (Decimal, Decimal("Infinity")), (int, 10**40 + 1)):
        with pytest.raises(InvalidValue, match="value"):
            model_with(annotation)(id="1", value=value).save()


def test_values_are_in_no_message() -> None:
    class Cat(msgspec.Struct, tag="cat"):
        lives: int = 9

    for annotation, secret in ((Color, "secret"), (Literal["a"], "secret"), (Cat, {"type": "secret"}), (Size, 77)):
        with pytest.raises(ValidationError) as raised:
            model_with(annotation)(id="1", value=secret)
        assert "secret" not in str(raised.value)
        assert "77" not in str(raised.value)


def test_date_times_of_several_offsets_are_compared_as_instants() -> None:
    book = model_of(msgspec.defstruct("Schema", [("id", str), ("at", datetime.datetime)]), "id", range_key="at")
    for moment in (NOON, NOON + datetime.timedelta(microseconds=1), NOON + datetime.timedelta(hours=1)):
        book(id="1", at=moment.astimezone(EAST)).save()
    assert [each.at for each in book.query(id="1", at__gt=NOON.astimezone(EAST))] == [
        NOON + datetime.timedelta(microseconds=1),
        NOON + datetime.timedelta(hours=1),
    ]
    assert book.get(id="1", at="2020-01-02T14:00:00+02:00").at == NOON


def test_stored_forms_of_date_times() -> None:
    forms = {"pynamodb": "2020-01-02T12:00:00.000000+0000", "as_given": "2020-01-02T14:00:00+02:00"}
    for form, text in forms.items():
        book = model_with(Annotated[datetime.datetime, Meta(extra={"stored_form": form})])
        book(id="1", value=NOON.astimezone(EAST)).save()
        assert stored_by(book)["value"] == text
        assert book.get(id="1").value == NOON


def test_what_is_unset_has_no_attribute() -> None:
    book = model_with(int | UnsetType, UNSET)
    book(id="1").save()
    assert stored_by(book) == {"id": "1"}
    assert book.get(id="1").value is None
    assert book(id="1").to_schema().value is UNSET
    book(id="1", value=5).save()
    found = book.get(id="1")
    found.value = None
    found.save()
    assert stored_by(book) == {"id": "1"}


def test_none_of_a_field_that_must_be_given() -> None:
    book = model_with(int | None)
    book(id="1", value=None).save()
    assert stored_by(book) == {"id": "1"}
    assert book.get(id="1").value is None


def test_none_of_a_field_whose_default_is_none_though_its_type_is_not() -> None:
    book = model_with(int, None)
    book(id="1", value=None).save()
    assert stored_by(book) == {"id": "1"}
    assert book(id="1", value=None).value is None


def test_empty_set_is_left_out_where_the_default_is_one() -> None:
    book = model_with(set[str], msgspec.field(default_factory=set))
    book(id="1", value=set()).save()
    assert stored_by(book) == {"id": "1"}
    assert book.get(id="1").value == set()
    with pytest.raises(InvalidValue, match="empty set"):
        model_with(set[str])(id="1", value=set()).save()


def test_all_attributes_are_stored_whatever_is_omitted_in_json() -> None:
    schema = msgspec.defstruct("Schema", [("id", str), ("number", int, 5)], omit_defaults=True)
    book = model_of(schema)
    book(id="1").save()
    assert stored_by(book) == {"id": "1", "number": 5}


def test_struct_where_anything_may_be() -> None:
    book = model_with(Any)
    book(id="1", value=[Home("Oslo"), NOON, ID, Color.RED]).save()
    assert stored_by(book)["value"] == [{"city": "Oslo"}, NOON_AS_TEXT, str(ID), "red"]
