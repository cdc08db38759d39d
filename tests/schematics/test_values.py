"""Values of each Schematics type: native and serialised ones are accepted, stored, read and compared."""

from __future__ import annotations

import datetime
import enum
import uuid
from decimal import Decimal
from typing import Any

import pytest
from schematics import types
from schematics.contrib.enum_type import EnumType
from schematics.exceptions import ConversionError

from dynamorm.exceptions import InvalidValue, ValidationError
from tests.schematics.models import define, stored, table_of, with_value

UTC = types.DateTimeType.UTC
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")
DAY, MOMENT = datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3, 4, 5, 6)


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Isbn(types.BaseType):
    """A type of a user's own: a tuple of its parts is native, text is serialised."""

    primitive_type = str
    native_type = tuple

    def to_native(self, value: Any, context: Any = None) -> Any:
        if isinstance(value, tuple):
            return value
        if isinstance(value, str) and "-" in value:
            return tuple(value.split("-"))
        raise ConversionError("No ISBN.")

    def to_primitive(self, value: Any, context: Any = None) -> Any:
        return "-".join(value)


class CommaDecimal(types.DecimalType):
    def to_native(self, value: Any, context: Any = None) -> Any:
        return Decimal(value.replace(",", ".")) if isinstance(value, str) else value

    def to_primitive(self, value: Any, context: Any = None) -> Any:
        return str(value).replace(".", ",")


VALUES: list[Any] = [
    # the field, the native value, the serialised one, the stored one
    pytest.param(types.StringType(), "x", "x", "x", id="string"),
    pytest.param(types.EmailType(), "a@example.com", "a@example.com", "a@example.com", id="email"),
    pytest.param(types.IntType(), 5, "5", 5, id="int"),
    pytest.param(types.FloatType(), 1.5, "1.5", Decimal("1.5"), id="float"),
    pytest.param(types.DecimalType(), Decimal("9.90"), "9.90", Decimal("9.9"), id="decimal"),
    pytest.param(types.BooleanType(), True, "true", True, id="boolean"),
    pytest.param(types.UUIDType(), ID, str(ID), str(ID), id="uuid"),
    pytest.param(types.DateType(), DAY, "2020-01-02", "2020-01-02", id="date"),
    pytest.param(types.DateType(formats="%d.%m.%Y"), DAY, "02.01.2020", "2020-01-02", id="date read otherwise"),
    pytest.param(
        types.DateTimeType(), MOMENT, "2020-01-02T03:04:05.000006", "2020-01-02T03:04:05.000006", id="naive datetime"
    ),
    pytest.param(
        types.DateTimeType(),
        MOMENT.replace(tzinfo=UTC),
        "2020-01-02T03:04:05.000006Z",
        "2020-01-02T03:04:05.000006+0000",
        id="aware datetime",
    ),
    pytest.param(
        types.DateTimeType(serialized_format="%d.%m.%Y %H:%M:%S.%f"),
        MOMENT,
        "02.01.2020 03:04:05.000006",
        "02.01.2020 03:04:05.000006",
        id="datetime written otherwise",
    ),
    pytest.param(
        types.UTCDateTimeType(),
        MOMENT,
        "2020-01-02T04:04:05.000006+01:00",
        "2020-01-02T03:04:05.000006Z",
        id="utc datetime",
    ),
    pytest.param(
        types.TimestampType(),
        MOMENT.replace(tzinfo=UTC),
        1577934245.000006,
        Decimal("1577934245.000006"),
        id="timestamp",
    ),
    pytest.param(types.DateType(), datetime.date.min, "0001-01-01", "0001-01-01", id="first day"),
    pytest.param(
        types.DateTimeType(), datetime.datetime.min, "0001-01-01T00:00", "0001-01-01T00:00:00.000000", id="first moment"
    ),
    pytest.param(types.TimedeltaType(), datetime.timedelta(minutes=2), 120, 120, id="timedelta"),
    pytest.param(types.GeoPointType(), [1.5, 2.0], [1.5, 2.0], [Decimal("1.5"), 2], id="point"),
    pytest.param(
        types.MultilingualStringType(default_locale="en"), {"en": "x", "de": "y"}, {"en": "x", "de": "y"},
        {"en": "x", "de": "y"}, id="multilingual",
    ),
    pytest.param(EnumType(Colour), Colour.RED, "RED", "RED", id="enum"),
    pytest.param(EnumType(Colour, use_values=True), Colour.RED, 1, 1, id="enum by value"),
    pytest.param(types.BaseType(), b"\x00", b"\x00", b"\x00", id="bytes"),
    pytest.param(types.BaseType(), {"a", "b"}, {"a", "b"}, {"a", "b"}, id="set"),
    pytest.param(Isbn(), ("1", "2"), "1-2", "1-2", id="custom"),
    pytest.param(CommaDecimal(), Decimal("1.5"), "1,5", "1,5", id="custom decimal"),
    pytest.param(types.ListType(types.DateType), [DAY], ["2020-01-02"], ["2020-01-02"], id="list"),
    pytest.param(
        types.ListType(types.ListType(types.DecimalType)), [[Decimal("1.5")]], [["1.5"]], [[Decimal("1.5")]],
        id="list of lists",
    ),
    pytest.param(types.DictType(types.UUIDType), {"a": ID}, {"a": str(ID)}, {"a": str(ID)}, id="dict"),
    pytest.param(types.UnionType((types.StringType, types.IntType)), 5, 5, 5, id="union number"),
    pytest.param(types.UnionType((types.IntType, types.StringType)), "5", "5", "5", id="union text"),
    pytest.param(types.UnionType((types.DecimalType, types.ListType(types.DateType))), [DAY], ["2020-01-02"],
                 ["2020-01-02"], id="union list"),
    pytest.param(types.UnionType((types.DateType, types.DecimalType)), DAY, "2020-01-02", "2020-01-02", id="union date"),
    pytest.param(types.UnionType((types.DateType, types.DecimalType)), Decimal("1.5"), "1.5", Decimal("1.5"),
                 id="union decimal"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "native", "serialised", "kept"), VALUES)
def test_native_and_serialised_values_are_taken_alike(field: Any, native: Any, serialised: Any, kept: Any) -> None:
    book = with_value(field)
    for given in (native, serialised):
        instance = book(id="1", value=given)
        assert (type(instance.value), instance.value) == (type(native), native)
        instance.save()
        assert stored(book) == {"id": "1", "value": kept}
        book.put({"id": "1", "value": given})
        assert stored(book) == {"id": "1", "value": kept}
        assert [found.id for found in book.scan(value=given)] == ["1"]
        book.update_item(id="1", value__remove=True)
        book.update_item(id="1", value=given)
        assert stored(book) == {"id": "1", "value": kept}
    found = book.get(id="1")
    assert found is not None
    assert (type(found.value), found.value) == (type(native), native)
    found.save()
    assert stored(book) == {"id": "1", "value": kept}


@pytest.mark.parametrize(
    ("field", "native"),
    [pytest.param(*each.values[:2], id=each.id) for each in VALUES if each.id not in ("bytes", "set")],
)
def test_values_in_json_are_read_again(field: Any, native: Any) -> None:
    book = with_value(field)
    read = book.from_json(book(id="1", value=native).to_json())
    assert (type(read.value), read.value) == (type(native), native)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        (types.StringType(), 5),
        (types.StringType(), b"x"),
        (types.StringType(), True),
        (types.EmailType(), 5),
        (types.MD5Type(), 5),
        (types.IntType(), True),
        (types.IntType(), 5.5),
        (types.IntType(), "5.5"),
        (types.IntType(), b"5"),
        (types.IntType(), float("inf")),
        (types.FloatType(), True),
        (types.FloatType(), 10**400),
        (types.DecimalType(), True),
        (types.DecimalType(), "x"),
        (types.BooleanType(), "yes"),
        (types.BooleanType(), 2),
        (types.UUIDType(), 5),
        (types.UUIDType(), []),
        (types.UUIDType(), "5"),
        (types.DateType(), MOMENT),
        (types.DateType(), 5),
        (types.DateType(), "yesterday"),
        (types.DateTimeType(), True),
        (types.DateTimeType(), DAY),
        (types.DateTimeType(), "inf"),
        (types.DateTimeType(), b"5"),
        (types.TimedeltaType(), True),
        (types.TimedeltaType(), "soon"),
        (types.GeoPointType(), [1]),
        (EnumType(Colour), "BLUE"),
        (Isbn(), 5),
        (types.ListType(types.StringType), "a"),
        (types.ListType(types.IntType), b"a"),
        (types.ListType(types.StringType), [5]),
        (types.DictType(types.IntType), [1]),
        (types.DictType(types.IntType), {"a": True}),
        (types.UnionType((types.StringType, types.DateType)), 5),
        (types.UnionType((types.IntType, types.DateType)), True),
    ],
)
def test_wrong_type_is_refused_and_never_converted(field: Any, wrong: Any) -> None:
    book = with_value(field)
    for action in (
        lambda: book(id="1", value=wrong),
        lambda: book.put({"id": "1", "value": wrong}),
        lambda: book.update_item(id="1", value=wrong),
        lambda: book.scan(value=wrong),
    ):
        with pytest.raises(ValidationError) as raised:
            action()
        assert list(raised.value.errors) == ["value"]
        assert raised.value.schema_name == "BookSchema"
    assert table_of(book).get(id="1") is None


def test_type_of_the_program_decides_what_it_casts() -> None:
    class Lenient(types.StringType):
        allow_casts = (int,)

    class Upper(types.StringType):
        def to_native(self, value: Any, context: Any = None) -> Any:
            return super().to_native(value, context).upper()

    assert with_value(Lenient())(id="1", value=5).value == "5"
    assert with_value(Upper())(id="1", value=5).value == "5"


def test_resolver_of_a_union_decides() -> None:
    union = types.UnionType((types.StringType, types.IntType), resolver=lambda value, context: types.StringType)
    book = with_value(union)
    book(id="1", value="5").save()
    assert stored(book) == {"id": "1", "value": "5"}
    with pytest.raises(ValidationError, match="as any of"):
        book(id="1", value=5)


def test_stored_value_of_another_type_is_refused_when_it_is_read() -> None:
    book = with_value(types.StringType())
    table_of(book).put({"id": "1", "value": 5})
    with pytest.raises(ValidationError, match="Couldn't interpret '5' as string"):
        book.get(id="1")


def test_decimals_that_were_stored_as_text_are_read() -> None:
    book = with_value(types.DecimalType())
    table_of(book).put({"id": "1", "value": "9.90"})
    found = book.get(id="1")
    assert found is not None
    assert found.value == Decimal("9.90")


def test_dates_are_read_in_the_format_that_wrote_them() -> None:
    book = with_value(types.DateTimeType(formats=["%m/%d/%Y"], serialized_format="%d/%m/%Y"))
    table_of(book).put({"id": "1", "value": "02/01/2020"})
    found = book.get(id="1")
    assert found is not None
    assert found.value == datetime.datetime(2020, 1, 2)
    assert book(id="1", value="01/02/2020").value == datetime.datetime(2020, 1, 2)


def test_no_number_is_refused_by_name() -> None:
    book = with_value(types.FloatType())
    with pytest.raises(InvalidValue, match="'value' is NaN"):
        book.put({"id": "1", "value": float("nan")})


def test_none_is_null_where_a_default_would_be_read_and_below_the_top() -> None:
    class Schema:
        id = types.StringType()
        title = types.StringType(default="x")
        tags = types.ListType(types.StringType)
        notes = types.DictType(types.StringType)

    book = define(Schema)
    book(id="1", title=None, tags=["a", None], notes={"a": None}).save()
    assert stored(book) == {"id": "1", "title": None, "tags": ["a", None], "notes": {"a": None}}
    found = book.get(id="1")
    assert found is not None
    assert (found.title, found.tags, found.notes) == (None, ["a", None], {"a": None})
    found.tags = None
    found.save()
    assert stored(book) == {"id": "1", "title": None, "notes": {"a": None}}
