"""Keys: the DynamoDB type comes from the field, and every verb takes native and serialised keys alike."""

from __future__ import annotations

import datetime
import enum
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import Schema, fields

from dynamorm.exceptions import InvalidKey, ValidationError
from dynamorm.ports.backends import Backend
from tests.marshmallow.models import model_of, stored

ENUM: Any = getattr(fields, "Enum", None)
DAY = datetime.date(2020, 1, 2)
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Rank(enum.Enum):
    FIRST = 1
    SECOND = 2


class Mixed(enum.Enum):
    ONE = 1
    TWO = "two"


def enums(*arguments: Any, **keywords: Any) -> Any:
    return None if ENUM is None else ENUM(*arguments, **keywords)


#: A field, its type as a key, a native value, and all that may be given for it.
CASES: dict[str, tuple[Any, str, Any, list[Any]]] = {
    "String": (fields.String(), "S", "x", []),
    "Email": (fields.Email(), "S", "a@b.org", []),
    "UUID": (fields.UUID(), "S", ID, [str(ID)]),
    "Date": (fields.Date(), "S", DAY, ["2020-01-02"]),
    "DateTime": (fields.DateTime(), "S", datetime.datetime(2020, 1, 2), ["2020-01-02T00:00:00"]),
    "Time": (fields.Time(), "S", datetime.time(1, 2, 3), ["01:02:03"]),
    "Integer": (fields.Integer(), "N", 5, ["5"]),
    "Integer, as text": (fields.Integer(as_string=True), "S", 5, ["5"]),
    "Float": (fields.Float(), "N", 0.5, ["0.5", Decimal("0.5")]),
    "Decimal": (fields.Decimal(), "N", Decimal("1.5"), ["1.5", 1.5]),
    "Decimal, as text": (fields.Decimal(as_string=True), "S", Decimal("1.5"), ["1.5"]),
    "TimeDelta": (fields.TimeDelta(), "N", datetime.timedelta(seconds=90), [90]),
    "Raw": (fields.Raw(), "B", b"\x00\xff", [bytearray(b"\x00\xff")]),
    "Constant": (fields.Constant("x"), "S", "x", []),
    "Constant number": (fields.Constant(5), "N", 5, []),
    "Pluck": (fields.Pluck(Schema.from_dict({"day": fields.Date()}), "day"), "S", {"day": DAY}, ["2020-01-02"]),
    "Enum": (enums(Colour), "S", Colour.RED, ["RED"]),
    "Enum by value": (enums(Colour, by_value=True), "S", Colour.RED, ["red"]),
    "Enum by a number": (enums(Rank, by_value=True), "N", Rank.FIRST, [1]),
    "Enum by a field": (enums(Rank, by_value=fields.Integer(as_string=True)), "S", Rank.FIRST, ["1"]),
}
NO_KEYS: dict[str, Any] = {
    "Boolean": fields.Boolean(),
    "List": fields.List(fields.String()),
    "Tuple": fields.Tuple((fields.String(),)),
    "Dict": fields.Dict(),
    "Nested": fields.Nested(Schema.from_dict({"a": fields.String()})),
    "Constant list": fields.Constant([1]),
    "Enum of many types": enums(Mixed, by_value=True),
}


def thing_with(field: Any) -> Any:
    if field is None:
        pytest.skip("this Marshmallow has no Enum field")
    return model_of(type("Schema", (), {"key": field, "text": fields.String()}), hash_key="key")


@pytest.mark.parametrize(("field", "key_type", "native", "others"), CASES.values(), ids=CASES)
def test_key_is_taken_natively_and_serialised_by_every_verb(
    field: Any, key_type: str, native: Any, others: list[Any], recorder: Backend
) -> None:
    thing = thing_with(field)
    assert thing.Table.attribute_definitions == [{"AttributeName": "key", "AttributeType": key_type}]
    thing.Table.create_table()
    for given in (native, *others):
        thing.put({"key": given, "text": "x"})
        assert [found.text for found in thing.query(key=given)] == ["x"]
        assert [found.text for found in thing.scan(thing.key == given)] == ["x"]
        assert [found.text for found in thing.get_batch([{"key": given}])] == ["x"]
        thing.update_item(key=given, text="y", conditions={"key": given})
        found = thing.get(key=given)
        assert (found.key, found.text) == (native, "y")
        thing(key=given).delete()
        assert thing.get(key=given) is None


@pytest.mark.parametrize("field", NO_KEYS.values(), ids=NO_KEYS)
def test_field_that_can_not_be_a_key(field: Any) -> None:
    with pytest.raises(InvalidKey, match="hash_key 'key' of the Table of Thing has a field type that can't be a key"):
        thing_with(field)


@pytest.mark.parametrize(
    ("field", "wrong"), [(fields.UUID(), "12"), (fields.Integer(), "x"), (fields.Date(), 5), (fields.String(), 5)]
)
def test_key_of_the_wrong_type_is_refused(field: Any, wrong: Any, recorder: Any) -> None:
    thing = thing_with(field)
    calls: list[Callable[[], object]] = [
        lambda: thing.get(key=wrong),
        lambda: thing.query(key=wrong),
        lambda: thing.update_item(key=wrong, text="x"),
        lambda: thing.put({"key": wrong}),
    ]
    for call in calls:
        with pytest.raises(ValidationError, match=r"key.*Not a valid"):
            call()
    assert recorder.sent == []


def test_number_is_refused_as_a_string_key(recorder: Backend) -> None:
    class Custom(fields.Field):  # type: ignore[type-arg] # Marshmallow 3 has no parameter here
        """A field of no known type, whose values are stored as they are."""

    thing = thing_with(Custom())
    thing.Table.create_table()
    thing.put({"key": "x"})
    assert stored(thing, key="x") == {"key": "x"}
    with pytest.raises(InvalidKey, match="'key' is part of the primary key of 'things', which is a string"):
        thing.put({"key": 5})
