"""Date-times as keys and in conditions: instants, with each schema library on every backend. FIELD-CASES.md, "Dates"."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields as marshmallow_fields
from schematics import types as schematics_types

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, OneToMany, ProjectAll, ProjectKeys, Q
from dynamorm.exceptions import InvalidKey, InvalidOperator, InvalidValue, ValidationError
from dynamorm.model.mapping.changed_instances import differences
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of

T = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = T + timedelta(milliseconds=250)
EAST, WEST = timezone(timedelta(hours=2)), timezone(-timedelta(hours=9, minutes=30))
AT_EAST = T.astimezone(EAST)


class Keyed(GlobalIndex):
    name = "seen"
    hash_key = "name"
    range_key = "seen"
    projection = ProjectAll()


class Local(LocalIndex):
    name = "local"
    hash_key = "id"
    range_key = "seen"
    projection = ProjectKeys()


class InPydantic(DynaModel):
    class Table:
        name = "pydantic-events"
        hash_key = "id"
        range_key = "at"

    class BySeen(Keyed):
        pass

    class LocalSeen(Local):
        pass

    class Schema:
        id: str
        at: datetime
        name: str | None = None
        seen: datetime | None = None
        days: list[datetime] = []  # noqa: RUF012
        more: dict[str, datetime] = {}  # noqa: RUF012


class InMarshmallow(DynaModel):
    class Table:
        name = "marshmallow-events"
        hash_key = "id"
        range_key = "at"

    class BySeen(Keyed):
        pass

    class LocalSeen(Local):
        pass

    class Schema:
        id = marshmallow_fields.String(required=True)
        at = marshmallow_fields.DateTime(required=True)
        name = marshmallow_fields.String()
        seen = marshmallow_fields.DateTime()
        days = marshmallow_fields.List(marshmallow_fields.DateTime(), load_default=list)
        more = marshmallow_fields.Dict(values=marshmallow_fields.DateTime(), load_default=dict)


class InSchematics(DynaModel):
    class Table:
        name = "schematics-events"
        hash_key = "id"
        range_key = "at"

    class BySeen(Keyed):
        pass

    class LocalSeen(Local):
        pass

    class Schema:
        id = schematics_types.StringType(required=True)
        at = schematics_types.DateTimeType(required=True)
        name = schematics_types.StringType()
        seen = schematics_types.DateTimeType()
        days = schematics_types.ListType(schematics_types.DateTimeType, default=list)
        more = schematics_types.DictType(schematics_types.DateTimeType, default=dict)


class InSchematicsUTC(DynaModel):
    class Table:
        name = "schematics-utc-events"
        hash_key = "id"
        range_key = "at"

    class BySeen(Keyed):
        pass

    class LocalSeen(Local):
        pass

    class Schema:
        id = schematics_types.StringType(required=True)
        at = schematics_types.UTCDateTimeType(required=True)
        name = schematics_types.StringType()
        seen = schematics_types.UTCDateTimeType()
        days = schematics_types.ListType(schematics_types.UTCDateTimeType, default=list)
        more = schematics_types.DictType(schematics_types.UTCDateTimeType, default=dict)


#: How each library writes noon.
NOON: dict[Any, str] = {
    InPydantic: "2026-01-01T12:00:00.000000Z",
    InMarshmallow: "2026-01-01T12:00:00+00:00",
    InSchematics: "2026-01-01T12:00:00.000000+0000",
    InSchematicsUTC: "2026-01-01T12:00:00.000000Z",
}


@pytest.fixture(params=NOON, ids=lambda model: model.Table.name)
def model(request: pytest.FixtureRequest, backend: Backend) -> Iterator[Any]:
    """A model of each library, with a table that holds an event at noon and one a quarter of a second later."""
    chosen: Any = request.param
    with dynamorm.using(backend):
        chosen.Table.create_table()
        chosen.put({"id": "a", "at": T, "name": "first", "seen": AT_EAST, "days": [AT_EAST], "more": {"x": AT_EAST}})
        chosen.put({"id": "a", "at": LATER.astimezone(WEST), "name": "first", "seen": LATER})
        yield chosen


def instant(value: datetime) -> datetime:
    """Returns a date-time with its offset: that of a library whose values are in UTC without one."""
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def found(read: Any) -> list[datetime]:
    return [instant(event.at) for event in read]


def test_text_of_a_utc_value_is_the_librarys(model: Any) -> None:
    noon = NOON[model]
    raw = model.Table.get(id="a", at=noon)
    assert raw == {"id": "a", "at": noon, "name": "first", "seen": noon, "days": [noon], "more": {"x": noon}}


def test_order_of_a_query(model: Any) -> None:
    assert found(model.query(id="a")) == [T, LATER]
    assert found(model.query(id="a").reverse()) == [LATER, T]


def test_get_with_any_offset(model: Any) -> None:
    for at in (T, AT_EAST, T.astimezone(WEST), T.isoformat(), AT_EAST.isoformat(), "2026-01-01T12:00:00Z"):
        assert instant(model.get(id="a", at=at).at) == T
    assert len(list(model.get_batch([{"id": "a", "at": AT_EAST}, {"id": "a", "at": LATER.astimezone(EAST)}]))) == 2


def test_one_item_whatever_the_offset(model: Any) -> None:
    model.put({"id": "a", "at": AT_EAST, "name": "second"})
    assert model.query(id="a").count() == 2
    model.update_item(id="a", at=T.astimezone(WEST), name="third")
    assert model.get(id="a", at=T).name == "third"
    model(id="a", at=AT_EAST, name="third").delete()
    assert found(model.query(id="a")) == [LATER]


RANGES: dict[str, tuple[dict[str, Any], list[datetime]]] = {
    "gt": ({"gt": AT_EAST}, [LATER]),
    "gte": ({"gte": AT_EAST}, [T, LATER]),
    "lt": ({"lt": LATER.astimezone(WEST)}, [T]),
    "lte": ({"lte": LATER.astimezone(WEST).isoformat()}, [T, LATER]),
    "between": ({"between": [AT_EAST, (T + timedelta(milliseconds=500)).astimezone(WEST)]}, [T, LATER]),
    "eq": ({"eq": AT_EAST.isoformat()}, [T]),
    "beginning": ({"begins_with": "2026-01-01T12"}, [T, LATER]),
    "beginning, another": ({"begins_with": "2026-01-01T14"}, []),
    "whole, in another offset": ({"begins_with": AT_EAST.isoformat()}, [T]),
    "shorter text": ({"between": ["2026", "2026-01-02"]}, [T, LATER]),
    "shorter text, gt": ({"gt": "2026-01-01"}, [T, LATER]),
    "shorter text, lt": ({"lt": "2026-01-01T12"}, []),
}


@pytest.mark.parametrize("name", RANGES)
def test_ranges(model: Any, name: str) -> None:
    """As a range key, in an index's, and in a filter."""
    operators, expected = RANGES[name]
    ((operator, value),) = operators.items()
    assert found(model.query(id="a", **{f"at__{operator}": value})) == expected
    assert found(model.BySeen.query(name="first", **{f"seen__{operator}": value})) == expected
    assert found(model.LocalSeen.query(id="a", **{f"seen__{operator}": value})) == expected
    assert sorted(found(model.scan(**{f"seen__{operator}": value}))) == expected


def test_other_conditions(model: Any) -> None:
    assert found(model.scan(seen__in=[AT_EAST, AT_EAST + timedelta(hours=1)])) == [T]
    assert found(model.scan(seen__ne=AT_EAST)) == [LATER]
    assert found(model.scan(Q(days__contains=T.astimezone(WEST)))) == [T]
    assert found(model.scan(more__x=T.astimezone(WEST))) == [T]
    model.update_item(id="a", at=T, name="x", conditions={"seen": T.astimezone(WEST), "days__0__lte": T})
    assert model.get(id="a", at=T).name == "x"
    model.update_item(id="a", at=T, more__x=LATER.astimezone(EAST), days__append=[LATER.astimezone(EAST)])
    assert found(model.scan(Q(days__contains=LATER), more__x=LATER)) == [T]


def test_beginning_of_a_date_time_is_no_key(model: Any) -> None:
    for text in ("2026-01-01", "2026", "2026-01-01T12"):
        with pytest.raises(InvalidKey, match=r"'at' .* is a date-time, and this string is only the beginning of one"):
            model.get(id="a", at=text)
        for lookup in ({"seen": text}, {"seen__ne": text}, {"seen__in": [text]}):
            with pytest.raises(InvalidOperator, match=r"on 'seen' compares a whole date-time.*begins_with, between"):
                model.scan(**lookup)
    with pytest.raises(InvalidOperator, match="'eq' on 'at' compares a whole date-time"):
        model.query(id="a", at="2026-01-01")
    with pytest.raises(InvalidOperator, match=r"'contains' on 'days' compares a whole date-time.* give all of it"):
        model.scan(days__contains="2026-01-01")


def test_items_of_another_form_are_read(model: Any) -> None:
    other = {"at": "2026-01-01T14:00:00+02:00", "seen": "2026-01-01T14:00:00.000000+0200"}
    model.Table.put({"id": "b", **other})
    (event,) = model.query(id="b")
    assert (instant(event.at), instant(event.seen)) == (T, T)
    # Another form of the same value is no change.
    assert differences(event).values == {}
    event.name = "changed"
    assert differences(event).values == {"name": "changed"}


def test_keys_stored_before_are_found(model: Any) -> None:
    """The text of a UTC value is the library's, so that items of DynamORM 0.11 keep their keys."""
    stored = T.isoformat() if model is InMarshmallow else NOON[model]
    model.Table.put({"id": "old", "at": stored})
    event = model.get(id="old", at=AT_EAST)
    event.update(name="x")
    event.save()
    assert [item.name for item in model.query(id="old")] == ["x"]


def test_naive_and_aware_in_one_range(model: Any) -> None:
    if model is InSchematicsUTC:
        # Without an offset is UTC here.
        assert found(model.query(id="a", at__between=[T.replace(tzinfo=None), LATER])) == [T, LATER]
        return
    for bounds in ([T.replace(tzinfo=None), LATER], [T, LATER.replace(tzinfo=None)], ["2026-01-01T12:00:00", LATER]):
        with pytest.raises(InvalidOperator, match="two date-times with a UTC offset, or two without"):
            model.query(id="a", at__between=bounds)


def test_naive_date_times_stay_so(model: Any) -> None:
    naive = T.replace(tzinfo=None)
    model.put({"id": "n", "at": naive})
    model.put({"id": "n", "at": naive + timedelta(microseconds=1)})
    assert [event.at.tzinfo for event in model.query(id="n")] == [None, None]
    assert [event.at for event in model.query(id="n", at__gt=naive)] == [naive + timedelta(microseconds=1)]
    assert model.get(id="n", at=naive).at == naive


class Shift(DynaModel):
    class Table:
        name = "shifts"
        hash_key = "begins"

    class Schema:
        begins: datetime

    incidents: OneToMany[Any] = OneToMany(
        "Incident",
        index="ByShift",
        query=lambda shift: {"shift_begins": shift.begins},
        back_query=lambda incident: {"begins": incident.shift_begins},
    )


class Incident(DynaModel):
    class Table:
        name = "incidents"
        hash_key = "id"

    class ByShift(GlobalIndex):
        name = "by-shift"
        hash_key = "shift_begins"
        projection = ProjectAll()

    class Schema:
        id: str
        shift_begins: datetime


def test_relationships_by_date_times(backend: Backend) -> None:
    with dynamorm.using(backend):
        for model in (Shift, Incident):
            table_of(model).create_table()
        shift = Shift(begins=T)
        shift.save()
        Incident.put({"id": "1", "shift_begins": AT_EAST})
        Incident.put({"id": "2", "shift_begins": T.astimezone(WEST).isoformat()})
        assert sorted(incident.id for incident in shift.incidents) == ["1", "2"]
        incident = Incident.get(id="1")
        assert incident is not None
        assert incident.shift.begins == T


@pytest.mark.parametrize("model", NOON, ids=lambda model: model.Table.name)
def test_out_of_range_in_utc(model: Any) -> None:
    for extreme in (datetime.min.replace(tzinfo=EAST), datetime.max.replace(tzinfo=WEST)):
        with pytest.raises((InvalidValue, ValidationError)):
            model._mapper.item({"id": "a", "at": extreme})


INSTANTS = st.datetimes(
    datetime(1, 1, 3),
    datetime(9999, 12, 28),
    timezones=st.builds(timezone, st.timedeltas(-timedelta(hours=23, minutes=59), timedelta(hours=23, minutes=59))),
)


@pytest.mark.parametrize("model", NOON, ids=lambda model: model.Table.name)
@given(a=INSTANTS, apart=st.just(timedelta()) | st.timedeltas(-timedelta(days=1), timedelta(days=1)), b=INSTANTS)
def test_stored_text_sorts_as_the_instants_do(model: Any, a: datetime, apart: timedelta, b: datetime) -> None:
    field = model._mapper.adapter.fields["at"]
    near = (a.astimezone(UTC) + apart).astimezone(b.tzinfo)
    for other in (near, b):
        item_a, item_b = (model._mapper.item({"id": "1", "at": value})["at"] for value in (a, other))
        assert (item_a, item_b) == (field.dump(a), field.dump(other))
        assert (item_a < item_b, item_a == item_b) == (a < other, a == other)
        assert instant(model._mapper.loaded({"id": "1", "at": item_a}, partial=False)["at"]) == a
