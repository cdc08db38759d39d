"""Date-times in UTC, wherever Pydantic writes them, and what a program's own serialisers make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    NaiveDatetime,
    PlainSerializer,
    field_serializer,
    model_serializer,
)
from typing_extensions import TypedDict

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import ValidationError
from dynamorm.model.mapping.changed_instances import differences

T = datetime(2026, 1, 1, 12, tzinfo=UTC)
AT_EAST = T.astimezone(timezone(timedelta(hours=2)))
TEXT = "2026-01-01T12:00:00.000000Z"
GIVEN = "2026-01-01T14:00:00+02:00"


class Home(BaseModel):
    since: datetime
    before: datetime | None = None


class Serialised(BaseModel):
    since: datetime

    @field_serializer("since")
    def own(self, since: datetime) -> str:
        return since.isoformat()


class Whole(BaseModel):
    since: datetime

    @model_serializer
    def own(self) -> dict[str, Any]:
        return {"since": self.since.isoformat()}


class Typed(TypedDict):
    since: datetime


@dataclass
class Data:
    since: datetime


class Later(datetime):
    """As tools that stop the clock make them."""


@dataclass
class Case:
    annotation: Any
    value: Any
    stored: Any


CASES = {
    "datetime": Case(datetime, AT_EAST, TEXT),
    "aware": Case(AwareDatetime, AT_EAST, TEXT),
    "subclass": Case(datetime, Later(2026, 1, 1, 14, tzinfo=AT_EAST.tzinfo), TEXT),
    "union": Case(datetime | int, AT_EAST, TEXT),
    "any": Case(Any, {"a": [AT_EAST]}, {"a": [TEXT]}),
    "list": Case(list[datetime], [AT_EAST, T], [TEXT, TEXT]),
    "tuple": Case(tuple[datetime, int], (AT_EAST, 1), [TEXT, 1]),
    "set": Case(set[datetime], {AT_EAST}, {TEXT}),
    "frozenset": Case(frozenset[datetime], frozenset({AT_EAST}), {TEXT}),
    "dict": Case(dict[datetime, datetime], {AT_EAST: AT_EAST}, {TEXT: TEXT}),
    "model": Case(Home, {"since": AT_EAST}, {"since": TEXT, "before": None}),
    "list of models": Case(list[Home], [Home(since=AT_EAST)], [{"since": TEXT, "before": None}]),
    "typed dict": Case(Typed, {"since": AT_EAST}, {"since": TEXT}),
    "dataclass": Case(Data, Data(AT_EAST), {"since": TEXT}),
    "serialised": Case(Annotated[datetime, PlainSerializer(lambda t: t.isoformat(), return_type=str)], AT_EAST, GIVEN),
    "serialised for JSON": Case(
        Annotated[datetime, PlainSerializer(lambda t: t.isoformat(" "), return_type=str, when_used="json")],
        AT_EAST,
        GIVEN.replace("T", " "),
    ),
    "serialised field": Case(Serialised, {"since": AT_EAST}, {"since": GIVEN}),
    "serialised model": Case(Whole, {"since": AT_EAST}, {"since": GIVEN}),
}


def model_of(annotation: Any, **body: Any) -> Any:
    table = type("Table", (), {"name": "things", "hash_key": "id"})
    schema = type("Schema", (), {**body, "__annotations__": {"id": str, "value": annotation}})
    return type("Thing", (DynaModel,), {"Table": table, "Schema": schema, "__module__": __name__})


@pytest.mark.parametrize("fast_path", ["1", "0"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_stored_form(case: Case, fast_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_SCHEMA_FAST_PATH", fast_path)
    mapper = model_of(case.annotation)._mapper
    assert mapper.item({"id": "1", "value": case.value})["value"] == case.stored
    assert mapper.adapter.fields["value"].dump(case.value) == case.stored
    stored = mapper.item({"id": "1", "value": case.stored})
    assert stored["value"] == case.stored
    loaded = mapper.loaded(stored, partial=False)
    assert mapper.dumped(loaded)["value"] == case.stored


def test_another_offset_is_no_change() -> None:
    thing = model_of(list[Home])
    item = {"id": "1", "value": [{"since": GIVEN, "before": "2026-01-01T12:00:00Z"}]}
    assert differences(thing._load(item)).values == {}


def test_serialised_as_numbers() -> None:
    """With ``ser_json_temporal``, new in Pydantic 2.12."""
    try:
        thing = model_of(datetime, model_config=ConfigDict(ser_json_temporal="seconds"))
        field = thing._mapper.adapter.fields["value"]
        assert field.key_type == "N"
    except (AssertionError, TypeError):
        pytest.skip("this Pydantic has no ser_json_temporal")
    assert (field.ordered, field.date_times) == (True, False)
    assert field.dump(AT_EAST) == field.dump(T) == T.timestamp()


KINDS: dict[str, tuple[Any, datetime, Callable[[Any], Any]]] = {
    "aware": (AwareDatetime, T.replace(tzinfo=None), lambda thing: thing.value),
    "naive": (NaiveDatetime, T, lambda thing: thing.value),
}


@pytest.mark.parametrize("kind", KINDS)
def test_condition_refuses_the_other_kind(kind: str) -> None:
    annotation, wrong, path = KINDS[kind]
    thing = model_of(annotation)
    with dynamorm.using("sqlite:///:memory:"):
        for condition in (path(thing) == wrong, path(thing) > wrong, path(thing).is_in([wrong])):
            with pytest.raises(ValidationError, match="timezone"):
                thing.scan(condition)
