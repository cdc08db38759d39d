"""Every type of field: what it stores and reads, and that it refuses wrong values instead of converting them."""

from __future__ import annotations

import datetime
import enum
import ipaddress
import uuid
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import Schema, fields

from dynamorm.data import identical
from dynamorm.exceptions import ValidationError
from dynamorm.ports.backends import Backend
from tests.marshmallow.models import model_of, stored

DAY, MOMENT = datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3, 4, 5)
AWARE = MOMENT.replace(tzinfo=datetime.UTC)
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")
#: Marshmallow has ``Enum`` since 3.18, and timestamps since 3.19.
ENUM: Any = getattr(fields, "Enum", None)
needs_enum = pytest.mark.skipif(ENUM is None, reason="this Marshmallow has no Enum field")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Reversed(fields.String):
    """Text that is stored backwards."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value[::-1]

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return super()._deserialize(value, None, None)[::-1]


class TextSet(fields.List):  # type: ignore[type-arg] # Marshmallow 3 has no parameter here
    """A set of texts, stored as a set of DynamoDB."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(fields.String(), **keywords)

    def _serialize(self, value: Any, *arguments: Any, **keywords: Any) -> Any:
        serialised = super()._serialize(value, *arguments, **keywords)
        return set(serialised) if serialised else None

    def _deserialize(self, value: Any, *arguments: Any, **keywords: Any) -> Any:
        return set(super()._deserialize(value, *arguments, **keywords))


def enums(**keywords: Any) -> Any:
    return fields.String() if ENUM is None else ENUM(Colour, **keywords)


#: A field, a native value of it, what is stored, and what else may be given for it.
CASES: dict[str, tuple[Any, Any, Any, list[Any]]] = {
    "String": (fields.String(), "x", "x", []),
    "Email": (fields.Email(), "a@b.org", "a@b.org", []),
    "Url": (fields.Url(), "https://a.org", "https://a.org", []),
    "UUID": (fields.UUID(), ID, str(ID), [str(ID)]),
    "Integer": (fields.Integer(), 5, 5, ["5"]),
    "Integer, strict": (fields.Integer(strict=True), 5, 5, []),
    "Integer, as text": (fields.Integer(as_string=True), 5, "5", ["5"]),
    "Float": (fields.Float(), 0.5, Decimal("0.5"), ["0.5", Decimal("0.5")]),
    "Decimal": (fields.Decimal(), Decimal("1.10"), Decimal("1.1"), ["1.10", 1.1]),
    "Decimal, as text": (fields.Decimal(as_string=True), Decimal("1.10"), "1.10", ["1.10"]),
    "Decimal, with places": (fields.Decimal(places=1), Decimal("1.1"), Decimal("1.1"), ["1.1", Decimal("1.12")]),
    "Boolean": (fields.Boolean(), True, True, ["true", 1, "1"]),
    "Date": (fields.Date(), DAY, "2020-01-02", ["2020-01-02"]),
    "Date, with a format": (fields.Date(format="%d.%m.%Y"), DAY, "02.01.2020", ["02.01.2020"]),
    "Time": (fields.Time(), datetime.time(3, 4, 5), "03:04:05", ["03:04:05"]),
    "DateTime": (fields.DateTime(), MOMENT, "2020-01-02T03:04:05", ["2020-01-02T03:04:05"]),
    "NaiveDateTime": (fields.NaiveDateTime(), MOMENT, "2020-01-02T03:04:05", ["2020-01-02T03:04:05"]),
    "AwareDateTime": (fields.AwareDateTime(), AWARE, "2020-01-02T03:04:05+00:00", ["2020-01-02T03:04:05+00:00"]),
    "DateTime, with a format": (
        fields.DateTime(format="%Y-%m-%d %H:%M"),
        MOMENT.replace(second=0),
        "2020-01-02 03:04",
        ["2020-01-02 03:04"],
    ),
    "TimeDelta": (fields.TimeDelta(), datetime.timedelta(seconds=90), 90, [90]),
    "IP": (fields.IP(), ipaddress.ip_address("10.0.0.1"), "10.0.0.1", ["10.0.0.1"]),
    "IPInterface": (fields.IPInterface(), ipaddress.ip_interface("10.0.0.1/8"), "10.0.0.1/8", ["10.0.0.1/8"]),
    "Raw": (fields.Raw(), {"a": [b"x", {1, 2}]}, {"a": [b"x", {1, 2}]}, []),
    "Enum": (enums(), Colour.RED, "RED", ["RED"]),
    "Enum by value": (enums(by_value=True), Colour.RED, "red", ["red"]),
    "List": (fields.List(fields.Date()), [DAY], ["2020-01-02"], [["2020-01-02"], (DAY,)]),
    "List of lists": (fields.List(fields.List(fields.UUID())), [[ID], []], [[str(ID)], []], [[[str(ID)], []]]),
    "Tuple": (fields.Tuple((fields.Date(), fields.Integer())), (DAY, 5), ["2020-01-02", 5], [["2020-01-02", 5]]),
    "Dict": (fields.Dict(), {"a": {"b": None}}, {"a": {"b": None}}, []),
    "Dict of dates": (fields.Dict(values=fields.Date()), {"a": DAY}, {"a": "2020-01-02"}, [{"a": "2020-01-02"}]),
    "Dict by UUID": (
        fields.Dict(keys=fields.UUID(), values=fields.Integer()),
        {ID: 5},
        {str(ID): 5},
        [{str(ID): "5"}],
    ),
    "Nested": (
        fields.Nested(Schema.from_dict({"day": fields.Date(data_key="D")})),
        {"day": DAY},
        {"D": "2020-01-02"},
        [{"day": "2020-01-02"}, {"D": "2020-01-02"}],
    ),
    "Nested, many": (
        fields.Nested(Schema.from_dict({"day": fields.Date(data_key="D")}), many=True),
        [{"day": DAY}],
        [{"D": "2020-01-02"}],
        [[{"D": "2020-01-02"}], ({"day": DAY},)],
    ),
    "Nested, of a schema of many": (
        fields.Nested(Schema.from_dict({"day": fields.Date(data_key="D")})(many=True)),
        [{"day": DAY}],
        [{"D": "2020-01-02"}],
        [[{"D": "2020-01-02"}], ({"day": DAY},)],
    ),
    "List of Nested": (
        fields.List(fields.Nested(Schema.from_dict({"day": fields.Date(data_key="D")}))),
        [{"day": DAY}],
        [{"D": "2020-01-02"}],
        [[{"D": "2020-01-02"}]],
    ),
    "Pluck": (
        fields.Pluck(Schema.from_dict({"day": fields.Date()}), "day"),
        {"day": DAY},
        "2020-01-02",
        ["2020-01-02"],
    ),
    "Constant": (fields.Constant("x"), "x", "x", []),
    "custom": (Reversed(), "abc", "cba", []),
    "custom set": (TextSet(), {"a", "b"}, {"a", "b"}, [["b", "a"]]),
}
#: A field, and values that it refuses: none is turned into text, a number, or a default.
REFUSED: dict[str, tuple[Any, list[Any]]] = {
    "String": (fields.String(), [5, True, 1.5, DAY, ["x"], {}]),
    "Email": (fields.Email(), ["x", 5]),
    "Integer": (fields.Integer(), ["x", True, [5], DAY]),
    "Integer, strict": (fields.Integer(strict=True), [1.5, "1.5", True]),
    "Decimal": (fields.Decimal(), ["x", [1]]),
    "Boolean": (fields.Boolean(), ["maybe", 5, [True]]),
    "UUID": (fields.UUID(), ["12", 5]),
    "Date": (fields.Date(), ["soon", 5, True]),
    "DateTime": (fields.DateTime(), ["soon", 5]),
    "AwareDateTime": (fields.AwareDateTime(), [MOMENT]),
    "Enum": (enums(), ["GREEN", 5, ["RED"]]),
    "List": (fields.List(fields.String()), ["x", [5], [["x"]], {"a": 1}]),
    "List of integers": (fields.List(fields.Integer()), [[True], ["x"]]),
    "List of dates": (fields.List(fields.Date()), [[DAY, 5]]),
    "Tuple": (fields.Tuple((fields.String(), fields.Integer())), [("x",), ("x", "y"), (5, 5)]),
    "Dict": (fields.Dict(), ["x", [1]]),
    "Dict of integers": (fields.Dict(values=fields.Integer()), [{"a": "x"}, {"a": True}]),
    "Nested": (fields.Nested(Schema.from_dict({"a": fields.String()})), ["x", {"a": 5}, {"b": 1}, [{"a": "x"}]]),
    "custom set": (TextSet(), [{5}, "x", [5]]),
}


def thing_with(field: Any) -> Any:
    return model_of(type("Schema", (), {"id": fields.String(), "value": field}))


@pytest.mark.parametrize(("field", "native", "written", "others"), CASES.values(), ids=CASES)
def test_values_are_stored_serialised_and_read_natively(
    field: Any, native: Any, written: Any, others: list[Any], recorder: Backend
) -> None:
    if ENUM is None and isinstance(native, Colour):
        pytest.skip("this Marshmallow has no Enum field")
    thing = thing_with(field)
    thing.Table.create_table()
    for given in (native, *others):
        thing(id="1", value=given).save()
        assert identical(stored(thing, id="1")["value"], written)
        thing.put({"id": "1", "value": given})
        assert identical(stored(thing, id="1")["value"], written)
        thing.update_item(id="1", value=given)
        assert identical(stored(thing, id="1")["value"], written)
        found = thing.get(id="1")
        assert found.value == thing(id="1", value=given).value
        assert type(found.value) is type(native)
        assert [match.id for match in thing.scan(value=given)] == ["1"]
    assert thing(id="1", value=native).value == native
    found.save(partial=True)
    assert identical(stored(thing, id="1")["value"], written)


@pytest.mark.parametrize(("field", "values"), REFUSED.values(), ids=REFUSED)
def test_wrong_values_are_refused(field: Any, values: list[Any]) -> None:
    if ENUM is None and "RED" in str(values):
        pytest.skip("this Marshmallow has no Enum field")
    thing = thing_with(field)
    for value in values:
        with pytest.raises(ValidationError, match="value"):
            thing(id="1", value=value)


def test_computed_fields_are_stored_and_found(recorder: Backend) -> None:
    class Computing(Schema):
        id = fields.String()
        first = fields.String()
        name = fields.Method("make_name", data_key="Name")
        initial = fields.Function(lambda person: person["first"][0])
        kind = fields.Constant("person")

        def make_name(self, person: Any) -> str:
            return f"{person['first']} Smith"

    person: Any = model_of(Computing)
    person.Table.create_table()
    person(id="1", first="Ann").save()
    assert stored(person, id="1") == {"id": "1", "first": "Ann", "Name": "Ann Smith", "initial": "A", "kind": "person"}
    assert [found.first for found in person.scan(name__begins_with="Ann", initial="A", kind="person")] == ["Ann"]
    assert list(person.scan(kind="robot")) == []
    found = person.get(id="1")
    found.first = "Bob"
    found.save(partial=True)
    assert stored(person, id="1")["Name"] == "Bob Smith"


@needs_enum
def test_timestamps_are_numbers(recorder: Backend) -> None:
    thing = thing_with(fields.DateTime(format="timestamp"))
    thing.Table.create_table()
    thing(id="1", value=MOMENT).save()
    assert stored(thing, id="1")["value"] == 1577934245
    assert thing.get(id="1").value == MOMENT


def test_value_that_its_serialised_form_truncates_is_stored_truncated(recorder: Backend) -> None:
    thing = thing_with(fields.DateTime(format="%Y-%m-%d %H:%M"))
    thing.Table.create_table()
    thing(id="1", value=MOMENT).save()
    assert stored(thing, id="1")["value"] == "2020-01-02 03:04"
    assert thing.get(id="1").value == MOMENT.replace(second=0)
