"""Models of every schema library as types of Pydantic's and FastAPI's."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any

import pydantic
import pytest
from fastapi import Body, FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.testclient import TestClient
from pydantic import BaseModel, TypeAdapter

import dynamorm
from dynamorm import Changes, DynaModel, OneToOne
from dynamorm.exceptions import DynaModelException
from dynamorm.ports.backends import Backend
from dynamorm.signals import pre_init
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

CALLS: list[Any] = []


class Stamp(DynaModel):
    class Table:
        name = "stamps"
        hash_key = "id"
        version = "revision"

    class Schema:
        id = fields.text(required=True, attribute="ID")
        name = fields.text(required=True, validator=CALLS.append)
        n = fields.integer(default=lambda: 3)
        price = fields.decimal()
        day = fields.date()
        place = fields.nested({"city": fields.text(attribute="C"), "n": fields.integer()})
        other_id = fields.text()
        revision = fields.integer()

    other: Any = OneToOne("Stamp", query=lambda stamp: {"id": stamp.other_id}, back_reference=None)


class Album(BaseModel):
    best: Stamp
    stamps: list[Stamp] = []
    last: Stamp | None = None


VALUES: dict[str, Any] = {
    "id": "1",
    "name": "x",
    "price": "1.5",
    "day": "2020-01-02",
    "place": {"city": "Oslo", "n": 1},
}
WRITTEN: dict[str, Any] = {**VALUES, "n": 3, "other_id": None, "revision": None}


def adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def written(value: Any) -> Any:
    """Return what was written as JSON, with a price that is a string in some libraries and a number in others."""
    return {**value, "price": str(value["price"])} if value.get("price") is not None else value


def locations(error: pydantic.ValidationError) -> dict[tuple[Any, ...], Any]:
    return {each["loc"]: each["input"] for each in error.errors()}


def test_data_become_an_instance_and_an_instance_stays_what_it_is() -> None:
    for read in (adapter(Stamp).validate_python(VALUES), adapter(Stamp).validate_json(json.dumps(VALUES))):
        assert isinstance(read, Stamp)
        made: Any = read
        assert (made.id, made.n, made.price, made.day.year, made.place["city"]) == (
            "1",
            3,
            Decimal("1.5"),
            2020,
            "Oslo",
        )
    assert adapter(Stamp).validate_python(made) is made
    made.name = 5  # It is the program's: nobody looks at it again.
    album = Album(best=made, stamps=[made, VALUES])  # type: ignore[list-item] # data of one
    assert album.best is album.stamps[0] is made
    assert isinstance(album.stamps[1], Stamp)
    assert adapter(Stamp | None).validate_python(None) is None


def test_an_instance_is_written_by_field_name_wherever_it_stands() -> None:
    stamp: Any = Stamp(**VALUES)
    assert written(json.loads(adapter(Stamp).dump_json(stamp))) == WRITTEN
    assert written(adapter(Stamp).dump_python(stamp, mode="json")) == WRITTEN
    assert written(adapter(Stamp).dump_python(stamp, mode="json", by_alias=True)) == WRITTEN
    album = json.loads(Album(best=stamp, stamps=[stamp], last=None).model_dump_json(by_alias=True))
    assert (written(album["best"]), written(album["stamps"][0]), album["last"]) == (WRITTEN, WRITTEN, None)
    native = adapter(Stamp).dump_python(stamp)
    assert (native["price"], native["day"]) == (stamp.price, stamp.day)
    assert native.keys() == WRITTEN.keys()
    assert native["revision"] is None


def test_options_of_the_serializer() -> None:
    stamp: Any = Stamp(id="1", name="x", place={"city": "Oslo", "n": 1})
    dump = adapter(Stamp).dump_python
    assert dump(stamp, mode="json", exclude_unset=True) == {"id": "1", "name": "x", "n": 3, "place": VALUES["place"]}
    assert dump(stamp, mode="json", exclude_none=True, exclude_defaults=True).keys() == {"id", "name", "place"}
    assert dump(stamp, mode="json", include={"id", "n"}) == {"id": "1", "n": 3}
    assert dump(stamp, mode="json", include={"place": {"city"}}) == {"place": {"city": "Oslo"}}
    assert dump(stamp, mode="json", exclude={"place", "name"}, exclude_none=True) == {"id": "1", "n": 3}
    stamps = adapter(list[Stamp]).dump_python([stamp], mode="json", include={"__all__": {"id"}})
    assert stamps == [{"id": "1"}]


def test_defaults_that_reading_filled_in_are_unset(sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory):
        table_of(Stamp).create_table()
        table_of(Stamp).put({"ID": "1", "name": "x"})
        stamp: Any = Stamp.get(id="1", consistent=True)
    assert adapter(Stamp).dump_python(stamp, mode="json", exclude_unset=True) == {"id": "1", "name": "x"}
    stamp.n = 4
    assert adapter(Stamp).dump_python(stamp, mode="json", exclude_unset=True) == {"id": "1", "name": "x", "n": 4}
    assert adapter(Stamp).dump_python(stamp, exclude_unset=True) == {"id": "1", "name": "x", "n": 4}


def test_errors_have_the_places_of_the_values() -> None:
    given: dict[str, Any] = {"name": "x", "n": "many", "place": {"city": 5}}
    with pytest.raises(pydantic.ValidationError) as raised:
        Album(best=given)  # type: ignore[arg-type] # data of one
    assert locations(raised.value) == {
        ("best", "id"): given,
        ("best", "n"): "many",
        ("best", "place", "city"): 5,
    }
    for nothing in ({}, {"id": "1"}):
        with pytest.raises(pydantic.ValidationError) as raised:
            adapter(Stamp).validate_python(nothing)
        assert ("name",) in locations(raised.value)
    for wrong in (5, "x", [VALUES], None):
        with pytest.raises(pydantic.ValidationError, match="valid dictionary or instance of Stamp"):
            adapter(Stamp).validate_python(wrong)


@pytest.mark.parametrize("name", ["is_admin", "partial", "other", "self"])
def test_names_that_the_schema_lacks_are_refused(name: str) -> None:
    with pytest.raises(pydantic.ValidationError) as raised:
        adapter(Stamp).validate_python({**VALUES, name: {"id": "2", "name": "y"}})
    assert list(locations(raised.value)) == [(name,)]


def test_validators_run_once_and_receivers_hear_of_it_once() -> None:
    adapter(Stamp)
    CALLS.clear()
    made: list[Any] = []
    with pre_init.connected_to(lambda sender, instance, **_: made.append(instance), sender=Stamp):
        read = adapter(Stamp).validate_python(VALUES)
        assert (CALLS, made) == (["x"], [read])
        adapter(list[Stamp]).validate_python([read])
    assert (CALLS, made) == (["x"], [read])


def test_an_instance_of_a_body_is_new(sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory):
        table_of(Stamp).create_table()
        stamp: Any = adapter(Stamp).validate_python(VALUES)
        stamp.save(partial=True)
        assert table_of(Stamp).get(ID="1") is not None


def test_changes_are_the_fields_that_were_given() -> None:
    validate = adapter(Changes[Stamp]).validate_python
    assert validate({}) == {}
    changes = validate({"day": "2020-01-02", "price": None})
    assert (changes["day"].year, changes["price"], changes.keys()) == (2020, None, {"day", "price"})
    for given, name in (
        ({"id": "2"}, "id"),
        ({"revision": 5}, "revision"),
        ({"n": "many"}, "n"),
        ({"naem": "x"}, "naem"),
        ({"n__plus": 1}, "n__plus"),
        ({"partial": True}, "partial"),
        ({"name": None}, "name"),
        ({"name": None, "price": "1"}, "name"),
    ):
        with pytest.raises(pydantic.ValidationError) as raised:
            validate(given)
        assert list(locations(raised.value)) == [(name,)]
    with pytest.raises(pydantic.ValidationError, match="valid dictionary"):
        validate([1])
    with pytest.raises(pydantic.ValidationError, match="This field is required and can't be removed"):
        validate({"name": None})
    assert Changes[Stamp] is Changes[Stamp]


@pytest.mark.one_schema_library
def test_changes_need_a_model() -> None:
    wrong: Any = dict
    with pytest.raises(DynaModelException, match=r"takes a model, as in Changes\[Book\], and not 'dict'"):
        Changes[wrong]
    with pytest.raises(DynaModelException, match=r"write Changes\[Book\]"):
        TypeAdapter(Changes)


def test_the_description_of_a_service() -> None:
    app = FastAPI()

    @app.post("/stamps")
    def create(stamp: Annotated[Stamp, Body()]) -> Stamp:
        return stamp

    @app.get("/stamps")
    def stamps() -> list[Stamp]:
        return [Stamp(**VALUES)]

    @app.get("/found")
    def found() -> Stamp | None:
        return None

    @app.patch("/stamps")
    def change(changes: Changes[Stamp]) -> Album:
        return Album(best=Stamp(**{**VALUES, **changes}))

    @app.get("/bare")
    def bare() -> dict[str, Any]:
        return {"stamp": Stamp(**VALUES)}

    components = app.openapi()["components"]["schemas"]
    names = {name.partition("-")[0] for name in components}
    assert names >= {"Album", "Stamp", "StampChanges"}
    stamp = components.get("Stamp") or components["Stamp-Input"]
    assert (stamp["title"], stamp["required"], stamp["additionalProperties"]) == ("Stamp", ["id", "name"], False)
    assert stamp["properties"].keys() == WRITTEN.keys()
    assert "required" not in components["StampChanges"]
    assert components["StampChanges"]["properties"].keys() == stamp["properties"].keys() - {"id", "revision"}
    with TestClient(app) as client:
        assert written(client.post("/stamps", json=VALUES).json()) == WRITTEN
        assert [written(each) for each in client.get("/stamps").json()] == [WRITTEN]
        assert client.get("/found").json() is None
        assert client.patch("/stamps", json={"n": 7}).json()["best"]["n"] == 7
        assert client.patch("/stamps", json={"n": "x"}).json()["detail"][0]["loc"] == ["body", "n"]
        refused = client.post("/stamps", json={**VALUES, "place": {"n": "x"}})
        assert [(each["loc"], each["input"]) for each in refused.json()["detail"]] == [(["body", "place", "n"], "x")]
        assert written(client.get("/bare").json()["stamp"]) == WRITTEN
    assert jsonable_encoder(Stamp(**VALUES))["day"] == "2020-01-02"
