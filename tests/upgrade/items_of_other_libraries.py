"""Tables that PynamoDB, dyntastic and boto3's resource share with our models: each reads what the other has written."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
from marshmallow import fields
from moto import mock_aws
from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer
from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NullAttribute,
    NumberAttribute,
    NumberSetAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.models import Model
from schematics import types

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import StaleItem, ValidationError
from tests.support.tables import table_of

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
#: As PynamoDB stores it.
NOON_TEXT = "2026-01-01T12:00:00.000000+0000"
EXPIRES = dt.datetime(2033, 5, 18, 3, 33, 20, tzinfo=dt.UTC)
PYNAMODB = {"stored_form": "pynamodb"}

Schema = type[Any]


class Place(MapAttribute):
    city = UnicodeAttribute()
    zip_code = UnicodeAttribute(null=True, attr_name="Zip")


class Theirs(Model):
    class Meta:
        table_name = "replies"
        region = "eu-west-1"
        billing_mode = "PAY_PER_REQUEST"

    forum = UnicodeAttribute(hash_key=True)
    at = UTCDateTimeAttribute(range_key=True)
    seen = UTCDateTimeAttribute(null=True)
    open = BooleanAttribute(default=True)
    score = NumberAttribute(default=0)
    tags = UnicodeSetAttribute(null=True)
    numbers = NumberSetAttribute(null=True)
    extra = JSONAttribute(null=True)
    place = Place(null=True)
    parts = ListAttribute(null=True)
    data = BinaryAttribute(null=True, legacy_encoding=False)
    nothing = NullAttribute(null=True)
    note = UnicodeAttribute(null=True)
    expires = TTLAttribute(null=True)
    version = VersionAttribute()


def parse_json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


class PydanticPlace(BaseModel):
    city: str
    zip_code: str | None = Field(None, alias="Zip")


class OfPydantic:
    forum: str
    at: dt.datetime = Field(json_schema_extra={"stored_form": "pynamodb"})
    seen: dt.datetime | None = Field(None, json_schema_extra={"stored_form": "pynamodb"})
    open: bool = True
    score: float = 0
    tags: set[str] = Field(default_factory=set)
    numbers: set[float] = Field(default_factory=set)
    extra: Annotated[Any, BeforeValidator(parse_json), PlainSerializer(json.dumps, return_type=str)] = None
    place: PydanticPlace | None = None
    parts: list[Any] | None = None
    data: bytes | None = None
    nothing: None = None
    note: str | None = None
    expires: dt.datetime | None = None
    version: int | None = None


class MarshmallowJson(fields.Field):  # type: ignore[type-arg] # Marshmallow 3 has no parameter here
    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else json.dumps(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return parse_json(value)


class OfMarshmallow:
    forum = fields.String(required=True)
    at = fields.AwareDateTime(required=True, metadata=PYNAMODB)
    seen = fields.AwareDateTime(metadata=PYNAMODB)
    open = fields.Boolean(load_default=True)
    score = fields.Float(load_default=0)
    tags = fields.Raw()
    numbers = fields.Raw()
    extra = MarshmallowJson()
    place = fields.Dict()
    parts = fields.List(fields.Raw(allow_none=True))
    data = fields.Raw()
    nothing = fields.Raw(allow_none=True)
    note = fields.String()
    expires = fields.AwareDateTime()
    version = fields.Integer()


class SchematicsJson(types.BaseType):
    primitive_type = str

    def to_native(self, value: Any, context: Any = None) -> Any:
        return parse_json(value)

    def to_primitive(self, value: Any, context: Any = None) -> Any:
        return json.dumps(value)


class OfSchematics:
    forum = types.StringType(required=True)
    at = types.DateTimeType(required=True, metadata=PYNAMODB)
    seen = types.DateTimeType(metadata=PYNAMODB)
    open = types.BooleanType(default=True)
    score = types.FloatType(default=0)
    tags = types.BaseType()
    numbers = types.BaseType()
    extra = SchematicsJson()
    place = types.BaseType()
    parts = types.BaseType()
    data = types.BaseType()
    nothing = types.BaseType()
    note = types.StringType()
    expires = types.UTCDateTimeType()
    version = types.IntType()


@pytest.fixture(autouse=True)
def service() -> Iterator[None]:
    with mock_aws(), dynamorm.using("boto3://eu-west-1"):
        Theirs.create_table(wait=True)
        yield


@pytest.fixture(params=[OfPydantic, OfMarshmallow, OfSchematics])
def ours(request: pytest.FixtureRequest) -> type[DynaModel]:
    class Reply(DynaModel):
        class Table:
            name = "replies"
            hash_key = "forum"
            range_key = "at"
            version = "version"
            ttl = "expires"

        Schema = request.param

    return Reply


def store_theirs(**values: Any) -> None:
    Theirs(
        forum="python",
        at=NOON,
        seen=NOON,
        score=1.5,
        tags={"a", "b"},
        numbers={1, 2.5},
        extra={"k": [1, 2.5, None]},
        place=Place(city="Oslo", zip_code="0150"),
        parts=[1, "x", None, {"y": True}],
        data=b"\x00\xff",
        expires=EXPIRES,
        **values,
    ).save()


def stored(model: type[DynaModel]) -> dict[str, Any]:
    found = table_of(model).get(forum="python", at=NOON_TEXT)
    assert found is not None
    return dict(found)


def test_an_item_of_pynamodb_is_read_and_saved_unchanged(ours: type[DynaModel]) -> None:
    store_theirs()
    before = stored(ours)
    reply: Any = ours.get(forum="python", at=NOON)
    assert (reply.score, reply.open, reply.seen, reply.extra) == (1.5, True, NOON, {"k": [1, 2.5, None]})
    assert (reply.tags, reply.numbers, reply.parts) == ({"a", "b"}, {1, 2.5}, [1, "x", None, {"y": True}])
    assert (reply.data, reply.note, reply.nothing, reply.version) == (b"\x00\xff", None, None, 1)
    reply.save()
    assert stored(ours) == {**before, "version": 2}


def test_an_item_of_ours_is_read_by_pynamodb(ours: type[DynaModel]) -> None:
    values: dict[str, Any] = {"tags": {"a"}, "extra": {"k": [None]}, "parts": [1, {"x": None}], "data": b"\xff"}
    ours.put({"forum": "python", "at": NOON, "seen": NOON, "expires": EXPIRES, "place": {"city": "Oslo"}, **values})
    found = Theirs.get("python", NOON)
    assert {name: getattr(found, name) for name in values} == values
    assert (found.seen, found.expires, found.place.city, found.open, found.version) == (NOON, EXPIRES, "Oslo", True, 1)


def test_comparisons_find_what_pynamodb_has_stored(ours: type[DynaModel]) -> None:
    store_theirs()
    later = NOON + dt.timedelta(seconds=1)
    finds: list[tuple[Callable[[], Any], bool]] = [
        (lambda: ours.query(forum="python", at__lt=later), True),
        (lambda: ours.query(forum="python", at__gte=later), False),
        (lambda: ours.scan(seen=NOON, expires=EXPIRES), True),
        (lambda: ours.scan(extra={"k": [1, 2.5, None]}), True),
        (lambda: ours.scan(note=None, nothing=None), True),
        (lambda: ours.scan(tags__contains="a", open=True, score__gt=1), True),
    ]
    assert [read().exists() for read, _ in finds] == [found for _, found in finds]


def test_versions_are_checked_across_libraries(ours: type[DynaModel]) -> None:
    store_theirs()
    reply: Any = ours.get(forum="python", at=NOON)
    Theirs.get("python", NOON).save()
    with pytest.raises(StaleItem):
        reply.update(note="late")
    fresh: Any = ours.get(forum="python", at=NOON)
    fresh.update(note="now")
    assert Theirs.get("python", NOON).version == 3


def test_what_an_aware_form_refuses(ours: type[DynaModel]) -> None:
    with pytest.raises(ValidationError, match="at"):
        ours.put({"forum": "python", "at": NOON.replace(tzinfo=None)})
