"""Which fields of each schema library can hold a time to live, and what a program sees of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Annotated, Any

import marshmallow.fields
import msgspec
import pydantic
import pytest
import schematics.types

from dynamorm import DynaModel, using
from dynamorm.exceptions import DynaModelException, ValidationError
from tests.support.tables import table_of

SECOND = 2_000_000_000
AWARE = datetime.datetime(2033, 5, 18, 3, 33, 20, tzinfo=UTC)
NAIVE = AWARE.replace(tzinfo=None)
EARLIER_ZONE = AWARE.astimezone(datetime.timezone(timedelta(hours=-8)))


def in_marshmallow(field: Any) -> type:
    return type("Schema", (), {"id": marshmallow.fields.String(required=True), "expires": field})


def in_pydantic(kind: Any) -> type:
    body = {"__annotations__": {"id": str, "expires": kind | None}, "expires": None, "__module__": __name__}
    return type("Schema", (pydantic.BaseModel,), body)


def in_schematics(field: Any) -> type:
    return type("Schema", (), {"id": schematics.types.StringType(required=True), "expires": field})


def in_msgspec(kind: Any) -> type:
    return msgspec.defstruct("Schema", [("id", str), ("expires", kind | None, None)])


def refuse(value: Any) -> None:
    raise marshmallow.ValidationError("Nothing is good enough.")


#: Fields, what can be given for them, and what a program then sees.
FIELDS: dict[str, tuple[type, tuple[Any, ...], Any]] = {
    "marshmallow DateTime": (in_marshmallow(marshmallow.fields.DateTime()), (AWARE, NAIVE, EARLIER_ZONE), AWARE),
    "marshmallow AwareDateTime": (in_marshmallow(marshmallow.fields.AwareDateTime()), (AWARE, EARLIER_ZONE), AWARE),
    "marshmallow AwareDateTime with a default": (
        in_marshmallow(marshmallow.fields.AwareDateTime(default_timezone=UTC)),
        (AWARE, NAIVE, EARLIER_ZONE),
        AWARE,
    ),
    "marshmallow NaiveDateTime": (in_marshmallow(marshmallow.fields.NaiveDateTime()), (NAIVE,), NAIVE),
    "marshmallow NaiveDateTime of UTC": (
        in_marshmallow(marshmallow.fields.NaiveDateTime(timezone=UTC)),
        (AWARE, NAIVE, EARLIER_ZONE),
        NAIVE,
    ),
    "marshmallow rfc": (in_marshmallow(marshmallow.fields.DateTime(format="rfc")), (AWARE, EARLIER_ZONE), AWARE),
    "marshmallow timestamp": (in_marshmallow(marshmallow.fields.DateTime(format="timestamp")), (AWARE, NAIVE), NAIVE),
    "marshmallow timestamp_ms": (
        in_marshmallow(marshmallow.fields.DateTime(format="timestamp_ms")),
        (AWARE, NAIVE),
        NAIVE,
    ),
    "marshmallow Integer": (in_marshmallow(marshmallow.fields.Integer()), (SECOND,), SECOND),
    "marshmallow Float": (in_marshmallow(marshmallow.fields.Float()), (SECOND + 0.25,), float(SECOND)),
    "marshmallow Decimal": (in_marshmallow(marshmallow.fields.Decimal()), (SECOND,), SECOND),
    "pydantic datetime": (in_pydantic(datetime.datetime), (AWARE, NAIVE, EARLIER_ZONE), AWARE),
    "pydantic AwareDatetime": (in_pydantic(pydantic.AwareDatetime), (AWARE, EARLIER_ZONE), AWARE),
    "pydantic NaiveDatetime": (in_pydantic(pydantic.NaiveDatetime), (NAIVE,), NAIVE),
    "pydantic FutureDatetime": (in_pydantic(pydantic.FutureDatetime), (AWARE, EARLIER_ZONE), AWARE),
    "pydantic int": (in_pydantic(int), (SECOND,), SECOND),
    "pydantic float": (in_pydantic(float), (SECOND + 0.25,), float(SECOND)),
    "msgspec datetime": (in_msgspec(datetime.datetime), (AWARE, NAIVE, EARLIER_ZONE), AWARE),
    "msgspec aware": (in_msgspec(Annotated[datetime.datetime, msgspec.Meta(tz=True)]), (AWARE, EARLIER_ZONE), AWARE),
    "msgspec naive": (in_msgspec(Annotated[datetime.datetime, msgspec.Meta(tz=False)]), (NAIVE,), NAIVE),
    "msgspec int": (in_msgspec(int), (SECOND,), SECOND),
    "msgspec float": (in_msgspec(float), (SECOND + 0.25,), float(SECOND)),
    "schematics DateTimeType": (in_schematics(schematics.types.DateTimeType()), (AWARE, NAIVE, EARLIER_ZONE), AWARE),
    "schematics UTCDateTimeType": (
        in_schematics(schematics.types.UTCDateTimeType()),
        (AWARE, NAIVE, EARLIER_ZONE),
        NAIVE,
    ),
    "schematics TimestampType": (in_schematics(schematics.types.TimestampType()), (AWARE, EARLIER_ZONE), AWARE),
    "schematics IntType": (in_schematics(schematics.types.IntType()), (SECOND,), SECOND),
    "schematics FloatType": (in_schematics(schematics.types.FloatType()), (SECOND + 0.25,), float(SECOND)),
}

if "timestamp" not in marshmallow.fields.DateTime.SERIALIZATION_FUNCS:
    # Marshmallow has these formats since 3.19.
    FIELDS = {case: given for case, given in FIELDS.items() if not case.startswith("marshmallow timestamp")}

#: Fields that no time to live can be kept in.
REFUSED: dict[str, type] = {
    "marshmallow Date": in_marshmallow(marshmallow.fields.Date()),
    "marshmallow Time": in_marshmallow(marshmallow.fields.Time()),
    "marshmallow String": in_marshmallow(marshmallow.fields.String()),
    "marshmallow DateTime of days": in_marshmallow(marshmallow.fields.DateTime(format="%Y-%m-%d")),
    "marshmallow List": in_marshmallow(marshmallow.fields.List(marshmallow.fields.DateTime())),
    "pydantic date": in_pydantic(datetime.date),
    "pydantic time": in_pydantic(datetime.time),
    "pydantic str": in_pydantic(str),
    "pydantic bool": in_pydantic(bool),
    "msgspec date": in_msgspec(datetime.date),
    "msgspec str": in_msgspec(str),
    "schematics DateType": in_schematics(schematics.types.DateType()),
    "schematics StringType": in_schematics(schematics.types.StringType()),
    "schematics BaseType": in_schematics(schematics.types.BaseType()),
}


def model_of(schema: type) -> type[DynaModel]:
    table = type("Table", (), {"name": "sessions", "hash_key": "id", "ttl": "expires"})
    return type("Session", (DynaModel,), {"Table": table, "Schema": schema, "__module__": __name__})


@pytest.fixture(autouse=True)
def _memory() -> Iterator[None]:
    with using("sqlite:///:memory:"):
        yield


@pytest.mark.parametrize("case", FIELDS)
def test_fields_that_can_hold_it(case: str) -> None:
    schema, forms, seen = FIELDS[case]
    model = model_of(schema)
    table_of(model).create_table()
    for form in (*forms, SECOND) if not isinstance(seen, float) else forms:
        model(id="1", expires=form).save()
        model.update_item(id="2", expires=form)
        for key in ("1", "2"):
            stored = table_of(model).get(id=key)
            assert stored is not None
            assert (stored["expires"], type(stored["expires"])) == (SECOND, int)
            instance: Any = model.get(id=key)
            assert instance.expires == seen
            assert not isinstance(seen, datetime.datetime) or instance.expires.utcoffset() == seen.utcoffset()
            assert type(instance.expires) is type(seen) or case == "marshmallow Decimal"
        assert sorted(found.id for found in model.scan(expires=form)) == ["1", "2"]
        assert model.scan(expires__gt=form).count() == 0
    with pytest.raises(ValidationError, match="milliseconds"):
        model(id="1", expires=SECOND * 1000)


@pytest.mark.parametrize("case", REFUSED)
def test_fields_that_can_not_hold_it_are_refused_when_the_model_is_defined(case: str) -> None:
    with pytest.raises(
        DynaModelException, match=r"The ttl 'expires' of the Table of Session is stored as .* or a date-time"
    ):
        model_of(REFUSED[case])


def test_validators_that_would_refuse_any_time_do_not_hide_a_date_time() -> None:
    model = model_of(in_marshmallow(marshmallow.fields.DateTime(validate=refuse)))
    table_of(model).create_table()
    with pytest.raises(ValidationError, match="Nothing is good enough"):
        model(id="1", expires=AWARE)
    with pytest.raises(ValidationError, match="Nothing is good enough"):
        model.update_item(id="1", expires__if_not_exists=SECOND)
    # Validators are about what is stored, and not about what one looks for.
    assert model.scan(expires__lt=AWARE).count() == 0


def test_default_that_the_schema_makes_up_is_stored_in_seconds() -> None:
    model = model_of(in_marshmallow(marshmallow.fields.DateTime(load_default=lambda: AWARE)))
    table_of(model).create_table()
    model(id="1").save()
    stored = table_of(model).get(id="1")
    assert stored == {"id": "1", "expires": SECOND}


def test_not_a_number_is_refused_by_its_name() -> None:
    model = model_of(in_marshmallow(marshmallow.fields.Float(allow_nan=True)))
    table_of(model).create_table()
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="expires"):
            model(id="1", expires=wrong).save()
