"""Types whose stored form does not sort like their values: hash keys, but no range keys, and not compared."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from marshmallow import fields as marshmallow_fields
from pydantic import ConfigDict, Field, IPvAnyAddress, PlainSerializer, TypeAdapter
from schematics import types as schematics_types

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidOperator
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of

AS_GIVEN = {"stored_form": "as_given"}


def pydantic_schema(annotation: Any, **body: Any) -> type:
    return type("Schema", (), {**body, "__annotations__": {"id": str, "value": annotation}})


def as_text(kind: Any) -> Any:
    annotation: Any = Annotated[kind, PlainSerializer(str, return_type=str)]
    try:
        TypeAdapter(annotation)
    except ValueError as error:
        pytest.skip(f"Pydantic 2.7 takes no built-in class for a serializer: {error}")
    return annotation


def marshmallow_schema(field: Any) -> type:
    return type("Schema", (), {"id": marshmallow_fields.String(), "value": field})


def schematics_schema(field: Any) -> type:
    return type("Schema", (), {"id": schematics_types.StringType(), "value": field})


def model_of(schema: type, table: dict[str, Any], **indexes: type) -> Any:
    settings = type("Table", (), {"name": "things", **table})
    return type("Thing", (DynaModel,), {"Table": settings, "Schema": schema, "__module__": __name__, **indexes})


M, S = marshmallow_fields, schematics_types
#: Schemas whose value is not ordered.
UNORDERED: dict[str, Callable[[], type]] = {
    "pydantic: timedelta": lambda: pydantic_schema(datetime.timedelta),
    "pydantic: timedelta | None": lambda: pydantic_schema(datetime.timedelta | None, value=None),
    "pydantic: IPv4Address": lambda: pydantic_schema(IPv4Address),
    "pydantic: IPv6Address": lambda: pydantic_schema(IPv6Address),
    "pydantic: IPv6Network": lambda: pydantic_schema(IPv6Network),
    "pydantic: IPvAnyAddress": lambda: pydantic_schema(IPvAnyAddress),
    "pydantic: Decimal as a string": lambda: pydantic_schema(as_text(Decimal)),
    "pydantic: int as a string": lambda: pydantic_schema(as_text(int)),
    "pydantic: a union with timedelta": lambda: pydantic_schema(datetime.timedelta | UUID),
    "pydantic: datetime as given": lambda: pydantic_schema(
        Annotated[datetime.datetime, Field(json_schema_extra={"stored_form": "as_given"})]
    ),
    "marshmallow: rfc": lambda: marshmallow_schema(M.DateTime(format="rfc")),
    "marshmallow: rfc822": lambda: marshmallow_schema(M.AwareDateTime(format="rfc822")),
    "marshmallow: day first": lambda: marshmallow_schema(M.DateTime(format="%d.%m.%Y %H:%M")),
    "marshmallow: two digits of a year": lambda: marshmallow_schema(M.DateTime(format="%y-%m-%d")),
    "marshmallow: no month": lambda: marshmallow_schema(M.DateTime(format="%Y %H:%M")),
    "marshmallow: date, day first": lambda: marshmallow_schema(M.Date(format="%d/%m/%Y")),
    "marshmallow: time, minute first": lambda: marshmallow_schema(M.Time(format="%M:%H")),
    "marshmallow: Decimal as a string": lambda: marshmallow_schema(M.Decimal(as_string=True)),
    "marshmallow: Integer as a string": lambda: marshmallow_schema(M.Integer(as_string=True)),
    "marshmallow: IP": lambda: marshmallow_schema(M.IP()),
    "marshmallow: IPv6": lambda: marshmallow_schema(M.IPv6()),
    "marshmallow: IPv4Interface": lambda: marshmallow_schema(M.IPv4Interface()),
    "marshmallow: DateTime as given": lambda: marshmallow_schema(M.DateTime(metadata=AS_GIVEN)),
    "schematics: day first": lambda: schematics_schema(S.DateTimeType(serialized_format="%d.%m.%Y")),
    "schematics: IPv4Type": lambda: schematics_schema(S.IPv4Type()),
    "schematics: IPAddressType": lambda: schematics_schema(S.IPAddressType()),
    "schematics: DateTimeType as given": lambda: schematics_schema(S.DateTimeType(metadata=AS_GIVEN)),
}
#: Schemas whose value is.
ORDERED: dict[str, Callable[[], type]] = {
    "pydantic: timedelta as a number": lambda: pydantic_schema(
        datetime.timedelta, model_config=ConfigDict(ser_json_timedelta="float")
    ),
    "pydantic: time": lambda: pydantic_schema(datetime.time),
    "pydantic: date": lambda: pydantic_schema(datetime.date),
    "pydantic: UUID": lambda: pydantic_schema(UUID),
    "pydantic: Literal": lambda: pydantic_schema(Literal["a", "b"]),
    "pydantic: Decimal": lambda: pydantic_schema(Decimal),
    "pydantic: a serializer of one's own": lambda: pydantic_schema(
        Annotated[int, PlainSerializer(lambda number: f"{number:010}", return_type=str)]
    ),
    "marshmallow: a format from the year down": lambda: marshmallow_schema(M.DateTime(format="%Y%m%dT%H%M%S.%f%z")),
    "marshmallow: timestamp": lambda: marshmallow_schema(M.DateTime(format="timestamp")),
    "marshmallow: TimeDelta": lambda: marshmallow_schema(M.TimeDelta()),
    "marshmallow: Time": lambda: marshmallow_schema(M.Time()),
    "marshmallow: Date": lambda: marshmallow_schema(M.Date()),
    "marshmallow: UUID": lambda: marshmallow_schema(M.UUID()),
    "schematics: TimedeltaType": lambda: schematics_schema(S.TimedeltaType()),
    "schematics: DateType": lambda: schematics_schema(S.DateType()),
    "schematics: TimestampType": lambda: schematics_schema(S.TimestampType()),
    "schematics: a function as the format": lambda: schematics_schema(
        S.DateTimeType(serialized_format=datetime.datetime.isoformat)
    ),
}


@pytest.mark.parametrize("schema", UNORDERED.values(), ids=UNORDERED)
def test_range_key_is_refused(schema: Callable[[], type]) -> None:
    class Other(GlobalIndex):
        name = "other"
        hash_key = "id"
        range_key = "value"
        projection = ProjectAll()

    class Local(LocalIndex):
        name = "local"
        hash_key = "id"
        range_key = "value"
        projection = ProjectAll()

    advice = r"'value' .* does not sort like its values.*unordered_range_key = True"
    with pytest.raises(InvalidKey, match=advice):
        model_of(schema(), {"hash_key": "id", "range_key": "value"})
    for index in (Other, Local):
        with pytest.raises(
            InvalidKey, match=f"'value' of the index {index.__name__} of Thing .* does not sort like its values"
        ):
            model_of(schema(), {"hash_key": "id"}, **{index.__name__: index})
    model_of(schema(), {"hash_key": "value"})
    model_of(schema(), {"hash_key": "id", "range_key": "value", "unordered_range_key": True}, Other=Other, Local=Local)


@pytest.mark.parametrize("schema", ORDERED.values(), ids=ORDERED)
def test_range_key_that_sorts(schema: Callable[[], type]) -> None:
    model_of(schema(), {"hash_key": "id", "range_key": "value"})


@pytest.mark.parametrize("schema", UNORDERED.values(), ids=UNORDERED)
def test_comparisons_are_refused(schema: Callable[[], type]) -> None:
    thing = model_of(schema(), {"hash_key": "id"})
    reason = r"on 'value' needs an order.*eq, ne or in"
    with dynamorm.using("sqlite:///:memory:"):
        for operator in ("lt", "lte", "gt", "gte"):
            with pytest.raises(InvalidOperator, match=f"'{operator}' {reason}"):
                thing.scan(**{f"value__{operator}": "x"})
        with pytest.raises(InvalidOperator, match=f"'between' {reason}"):
            thing.scan(value__between=["x", "y"])
        with pytest.raises(InvalidOperator, match=f"'lt' {reason}"):
            thing.update_item(id="1", conditions=thing.value < "x")
        thing.scan(value__size__gt=1)
        thing.scan(value__exists=True)


class ByLength(GlobalIndex):
    name = "by-length"
    hash_key = "id"
    range_key = "length"
    projection = ProjectAll()


class Recording(DynaModel):
    """A table that exists already, with durations as its range key."""

    class Table:
        name = "recordings"
        hash_key = "id"
        range_key = "length"
        unordered_range_key = True

    class ByLength(ByLength):
        pass

    class Schema:
        id: str
        length: datetime.timedelta
        title: str = ""


def test_what_an_unordered_range_key_keeps(backend: Backend) -> None:
    lengths = [datetime.timedelta(seconds=seconds) for seconds in (9, 10, 100)]
    with dynamorm.using(backend):
        table_of(Recording).create_table()
        for length in lengths:
            Recording.put({"id": "a", "length": length})
        recording = Recording.get(id="a", length=lengths[0])
        assert recording is not None
        recording.update(title="x")
        assert {found.length for found in Recording.query(id="a")} == set(lengths)
        assert [found.title for found in Recording.query(id="a", length=lengths[0])] == ["x"]
        assert Recording.ByLength.query(id="a", length=lengths[1]).count() == 1
        with pytest.raises(InvalidOperator, match="'gt' on 'length' needs an order"):
            Recording.query(id="a", length__gt=lengths[0])
        for read in (Recording.query(id="a"), Recording.ByLength.query(id="a")):
            with pytest.raises(InvalidKey, match=r"reverse\(\) needs the order of the range key 'length' of Recording"):
                read.reverse()
        with pytest.raises(InvalidKey, match="needs the order"):
            Recording.query(id="a", query_kwargs={"ScanIndexForward": False})


def test_setting_that_is_no_boolean() -> None:
    with pytest.raises(DynaModelException, match="unordered_range_key of the Table of Thing must be True or False"):
        model_of(pydantic_schema(str), {"hash_key": "id", "range_key": "value", "unordered_range_key": "value"})


def test_model_that_shares_its_parents_table() -> None:
    parent = model_of(pydantic_schema(str), {"hash_key": "id", "range_key": "value"})
    with pytest.raises(
        InvalidKey, match="'value' of the Table that Child shares with its parent has a field type whose"
    ):
        type("Child", (parent,), {"Schema": pydantic_schema(datetime.timedelta), "__module__": __name__})


class Host(DynaModel):
    class Table:
        name = "hosts"
        hash_key = "address"

    class Schema:
        address: IPvAnyAddress
        opens: datetime.time | None = None
        note: str = ""


def test_hash_key_of_an_unordered_type(backend: Backend) -> None:
    with dynamorm.using(backend):
        table_of(Host).create_table()
        Host.put({"address": "10.0.0.1", "opens": datetime.time(9, 30), "note": "09:00+02:00"})
        assert Host.get(address=ip_address("10.0.0.1")) is not None
        assert Host.scan(address__in=["10.0.0.1"]).count() == 1
        assert Host.scan(opens__gt=datetime.time(9)).count() == 1
        for time in (datetime.time(9, tzinfo=datetime.UTC), "09:00:00Z", "09:00+02:00"):
            with pytest.raises(
                InvalidOperator, match="on 'opens' needs an order, which times of day with a UTC offset"
            ):
                Host.scan(opens__gt=time)
        assert Host.scan(opens__gt="09:00:00").count() == 1
        assert Host.scan(note__gte="09:00+02:00").count() == 1
