"""``stored_form``: date-times of tables that others write, with each schema library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from marshmallow import Schema
from marshmallow import fields as marshmallow_fields
from pydantic import AwareDatetime, BaseModel, Field, NaiveDatetime
from schematics import Model
from schematics import types as schematics_types

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidOperator, InvalidUpdate, ValidationError
from dynamorm.model.mapping.changed_instances import differences
from dynamorm.ports.backends import Backend

T = datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)
EAST = timezone(timedelta(hours=2))
AT_EAST = T.astimezone(EAST)


def schema_of(library: str, form: Any, kind: str = "") -> type:
    """The inner Schema with a field ``at`` in this form."""
    extra = {"stored_form": form}
    if library == "pydantic":
        annotation: Any = {"": datetime, "aware": AwareDatetime, "naive": NaiveDatetime, "text": str}[kind]
        at = Annotated[annotation, Field(json_schema_extra=extra)]
        return type("Schema", (), {"__annotations__": {"id": str, "at": at, "name": str | None}, "name": None})
    if library == "marshmallow":
        fields = marshmallow_fields
        field = {
            "": fields.DateTime,
            "aware": fields.AwareDateTime,
            "naive": fields.NaiveDateTime,
            "text": fields.String,
        }[kind]
        return type("Schema", (), {"id": fields.String(), "at": field(metadata=extra), "name": fields.String()})
    types = schematics_types
    made = {
        "": lambda: types.DateTimeType(metadata=extra),
        "aware": lambda: types.DateTimeType(tzd="require", metadata=extra),
        "naive": lambda: types.DateTimeType(tzd="reject", metadata=extra),
        "text": lambda: types.StringType(metadata=extra),
    }[kind]()
    return type("Schema", (), {"id": types.StringType(), "at": made, "name": types.StringType()})


def model_of(library: str, form: Any, kind: str = "", **table: Any) -> Any:
    settings = type("Table", (), {"name": "events", "hash_key": "id", "range_key": "at", **table})
    body = {"Table": settings, "Schema": schema_of(library, form, kind), "__module__": __name__}
    return type("Event", (DynaModel,), body)


LIBRARIES = ("pydantic", "marshmallow", "schematics")
COMPACT = "%Y%m%d%H%M%S%f"
FORMS = {
    "pynamodb": "2026-01-01T12:00:00.250000+0000",
    COMPACT: "20260101120000250000",
    "at %Y-%m-%d %H:%M:%S.%f%z": "at 2026-01-01 12:00:00.250000+0000",
}


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=LIBRARIES)
def schema_library(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(schema_library: str, form: str, backend: Backend) -> Iterator[Any]:
    with dynamorm.using(backend):
        found = model_of(schema_library, form)
        found.Table.create_table()
        yield found


def test_items_of_another_program(model: Any, form: str) -> None:
    """They are read, found by key, changed in place and compared."""
    model.Table.put({"id": "a", "at": FORMS[form]})
    for at in (T, AT_EAST, AT_EAST.isoformat(), FORMS[form]):
        assert model.get(id="a", at=at).at == T
    event = model.get(id="a", at=T)
    assert differences(event).values == {}
    event.update(name="x")
    event.name = "y"
    event.save()
    assert model.Table.get(id="a", at=FORMS[form]) == {"id": "a", "at": FORMS[form], "name": "y"}
    model.put({"id": "a", "at": AT_EAST + timedelta(seconds=1)})
    model.put({"id": "a", "at": FORMS[form], "name": "z"})
    assert [(found.at, found.name) for found in model.query(id="a")] == [(T, "z"), (T + timedelta(seconds=1), None)]
    assert model.query(id="a", at__gt=AT_EAST).count() == 1
    assert model.query(id="a", at__between=[AT_EAST, AT_EAST]).count() == 1
    assert model.query(id="a", at__begins_with=FORMS[form][:10]).count() == 2
    event.delete()
    assert model.query(id="a").count() == 1


def test_beginnings_of_a_form_without_separators(schema_library: str, backend: Backend) -> None:
    """Not times since 1970, which Pydantic and Schematics read in digits, and no months of one digit either."""
    with dynamorm.using(backend):
        model = model_of(schema_library, "%Y%m%d%H%M%S")
        model.Table.create_table()
        moments = [datetime(2026, month, 11, 11, 20, tzinfo=UTC) for month in (1, 3, 11)]
        model.put_batch(*({"id": "a", "at": at} for at in moments))
        ranges: list[tuple[dict[str, Any], list[datetime]]] = [
            ({"at__gte": "202602"}, moments[1:]),
            ({"at__lt": "20260311"}, moments[:1]),
            ({"at__between": ["202602", "202604"]}, moments[1:2]),
            ({"at__gte": "2026111111"}, moments[2:]),
            ({"at__gt": "20260311112000"}, moments[2:]),
        ]
        for lookup, expected in ranges:
            assert [found.at for found in model.query(id="a", **lookup)] == expected
            assert model.scan(**lookup).count() == len(expected)
        for text in ("202602", "20260311", "2026111111"):
            with pytest.raises(InvalidKey, match="this string is only the beginning of one"):
                model.get(id="a", at=text)
            with pytest.raises(InvalidOperator, match="was given only the beginning of one"):
                model.scan(at=text)


def test_fields_of_different_forms(schema_library: str, backend: Backend) -> None:
    """They are neither compared with each other nor copied: DynamoDB would do that with the text."""
    schema = schema_of(schema_library, COMPACT)
    other = schema_of(schema_library, None)
    if schema_library == "pydantic":
        schema.__annotations__["other"] = datetime | None
        schema.other = None  # type: ignore[attr-defined]
        schema.__annotations__["same"] = schema.__annotations__["at"]
    else:
        schema.other, schema.same = other.at, schema_of(schema_library, COMPACT).at  # type: ignore[attr-defined]
    table = type("Table", (), {"name": "events", "hash_key": "id"})
    model: Any = type("Event", (DynaModel,), {"Table": table, "Schema": schema, "__module__": __name__})
    with dynamorm.using(backend):
        model.Table.create_table()
        model.put({"id": "a", "at": T, "other": T, "same": T})
        for condition in (model.at == model.other, model.other > model.at, model.at.between(T, model.other)):
            with pytest.raises(
                InvalidOperator, match=r"compares with '(at|other)', which stores date-times in another"
            ):
                model.scan(condition)
        for value in (model.other, model.other.if_not_exists(T), model.same.if_not_exists(model.other)):
            with pytest.raises(InvalidUpdate, match="'at' can't take the value of 'other', which stores date-times in"):
                model.update_item(id="a", at=value)
        assert model.scan(model.at == model.same).count() == 1
        model.update_item(id="a", at=model.same)
        assert model.get(id="a").at == T


def test_instances(schema_library: str, form: str) -> None:
    model = model_of(schema_library, form)
    event = model(id="a", at=AT_EAST)
    assert event.at == T
    assert event.to_dict(native=False)["at"] == FORMS[form]
    assert model(id="a", at=FORMS[form]).at == T
    for year in (1, 999):
        early = T.replace(year=year)
        item = model._mapper.item({"id": "a", "at": early})
        assert str(year).zfill(4) in item["at"]
        assert model._mapper.loaded(item, partial=False)["at"] == early


def test_other_forms_are_read(schema_library: str, form: str) -> None:
    loaded = model_of(schema_library, form)._mapper.loaded(
        {"id": "a", "at": "2026-01-01T14:00:00.250000+0200"}, partial=False
    )
    assert loaded["at"] == T


def test_naive_date_time_is_no_instant(schema_library: str, form: str) -> None:
    model = model_of(schema_library, form)
    with pytest.raises(ValidationError, match="With stored_form, this is a date-time with a UTC offset") as raised:
        model(id="a", at=T.replace(tzinfo=None))
    assert set(raised.value.errors) == {"at"}
    with dynamorm.using("sqlite:///:memory:"), pytest.raises(ValidationError, match="with a UTC offset"):
        model.get(id="a", at=T.replace(tzinfo=None))


def test_naive_field(schema_library: str) -> None:
    model = model_of(schema_library, "%Y%m%d%H%M%S%f", "naive")
    naive = T.replace(tzinfo=None)
    item = model._mapper.item({"id": "a", "at": naive})
    assert item == {"id": "a", "at": "20260101120000250000"}
    assert model._mapper.loaded(item, partial=False)["at"] == naive
    with pytest.raises(DynaModelException, match=r"takes date-times without one only\. Use a format without %z"):
        model_of(schema_library, "pynamodb", "naive")


def test_aware_field(schema_library: str, form: str) -> None:
    model = model_of(schema_library, form, "aware")
    item = model._mapper.item({"id": "a", "at": AT_EAST})
    assert item["at"] == FORMS[form]
    assert model._mapper.loaded(item, partial=False)["at"] == T


def test_as_given(schema_library: str) -> None:
    """The text is the library's, with the offset; such texts don't sort."""
    with pytest.raises(InvalidKey, match=r"'at' .* does not sort like its values"):
        model_of(schema_library, "as_given")
    model = model_of(schema_library, "as_given", unordered_range_key=True)
    item = model._mapper.item({"id": "a", "at": AT_EAST})
    assert item["at"].endswith(("+02:00", "+0200"))
    assert model._mapper.loaded(item, partial=False)["at"].utcoffset() == timedelta(hours=2)


REFUSED: dict[str, tuple[Callable[[str], Any], str]] = {
    "an unknown form": (lambda library: model_of(library, "pynamo"), "neither 'pynamodb' nor 'as_given' nor a format"),
    "a form that is no text": (lambda library: model_of(library, 5), "neither 'pynamodb' nor 'as_given' nor a format"),
    "day first": (lambda library: model_of(library, "%d.%m.%Y"), "goes down from the year without a gap"),
    "a gap": (lambda library: model_of(library, "%Y-%m %H:%M"), "goes down from the year without a gap"),
    "no date-time": (lambda library: model_of(library, "pynamodb", "text"), "stores no date-times as strings"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_form_that_is_refused(schema_library: str, name: str) -> None:
    define, message = REFUSED[name]
    with pytest.raises(DynaModelException, match=f"The stored_form of the field 'at' of Event .*{message}"):
        define(schema_library)


class Home(BaseModel):
    since: datetime = Field(json_schema_extra={"stored_form": "pynamodb"})


class MarshmallowHome(Schema):
    since = marshmallow_fields.DateTime(metadata={"stored_form": "pynamodb"})


class SchematicsHome(Model):
    since = schematics_types.DateTimeType(metadata={"stored_form": "pynamodb"})


M, S = marshmallow_fields, schematics_types
NESTED: dict[str, Callable[[], type]] = {
    "pydantic": lambda: type("Schema", (), {"__annotations__": {"id": str, "home": Home}}),
    "pydantic, list": lambda: type("Schema", (), {"__annotations__": {"id": str, "home": list[Home]}}),
    "marshmallow": lambda: type("Schema", (), {"id": M.String(), "home": M.Nested(MarshmallowHome)}),
    "marshmallow, list": lambda: type("Schema", (), {"id": M.String(), "home": M.List(M.Nested(MarshmallowHome))}),
    "marshmallow, element": lambda: type(
        "Schema", (), {"id": M.String(), "home": M.List(M.DateTime(metadata={"stored_form": "as_given"}))}
    ),
    "schematics": lambda: type("Schema", (), {"id": S.StringType(), "home": S.ModelType(SchematicsHome)}),
    "schematics, list": lambda: type(
        "Schema", (), {"id": S.StringType(), "home": S.ListType(S.ModelType(SchematicsHome))}
    ),
    "schematics, element": lambda: type(
        "Schema", (), {"id": S.StringType(), "home": S.ListType(S.DateTimeType(metadata={"stored_form": "as_given"}))}
    ),
}


@pytest.mark.parametrize("schema", NESTED.values(), ids=NESTED)
def test_only_the_models_own_fields_have_a_form(schema: Callable[[], type]) -> None:
    settings = type("Table", (), {"name": "events", "hash_key": "id"})
    with pytest.raises(DynaModelException, match=r"home.* of Event has a stored_form, which only a date-time field of"):
        type("Event", (DynaModel,), {"Table": settings, "Schema": schema(), "__module__": __name__})
