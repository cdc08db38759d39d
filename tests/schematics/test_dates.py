"""Date-times in UTC, wherever Schematics writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from schematics import Model, types

from dynamorm import DynaModel
from dynamorm.exceptions import ValidationError
from dynamorm.model.mapping.changed_instances import differences
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of

T = datetime(2026, 1, 1, 12, tzinfo=UTC)
AT_EAST = T.astimezone(timezone(timedelta(hours=2)))
TEXT = "2026-01-01T12:00:00.000000+0000"
GIVEN = "2026-01-01T14:00:00.000000+0200"


class Home(Model):
    since = types.DateTimeType()


class Keeps(types.DateTimeType):
    """A type of the program's own, which writes its values itself."""

    def to_primitive(self, value: Any, context: Any = None) -> Any:
        return value.isoformat()


class Derived(types.DateTimeType):
    """A type of the program's own, which Schematics writes."""


class Later(datetime):
    """As tools that stop the clock make them."""


class Plain:
    """Types alone, which take the fast path."""

    id = types.StringType()
    at = types.DateTimeType()
    utc = types.UTCDateTimeType()
    own_format = types.DateTimeType(serialized_format="%Y-%m-%d %H:%M")
    function = types.DateTimeType(serialized_format=datetime.isoformat)
    kept = Keeps()
    derived = Derived()
    timestamp = types.TimestampType()
    listed = types.ListType(types.DateTimeType)
    keyed = types.DictType(types.DateTimeType)
    home = types.ModelType(Home)
    homes = types.ListType(types.ModelType(Home))
    union = types.UnionType((types.DateTimeType, types.BooleanType))
    late = types.DateTimeType()


class Checked(Plain):
    """The same with a method, so that Schematics imports and exports."""

    def validate_id(self, data: Any, value: Any, context: Any) -> Any:
        return value


VALUES: dict[str, tuple[Any, Any]] = {
    "at": (AT_EAST, TEXT),
    "utc": (AT_EAST, "2026-01-01T12:00:00.000000Z"),
    "own_format": (AT_EAST, "2026-01-01 12:00"),
    "function": (AT_EAST, "2026-01-01T14:00:00+02:00"),
    "kept": (AT_EAST, "2026-01-01T14:00:00+02:00"),
    "derived": (AT_EAST, TEXT),
    "timestamp": (AT_EAST, 1767268800),
    "listed": ([AT_EAST, T], [TEXT, TEXT]),
    "keyed": ({"a": AT_EAST}, {"a": TEXT}),
    "home": ({"since": AT_EAST}, {"since": TEXT}),
    "homes": ([{"since": AT_EAST}], [{"since": TEXT}]),
    "union": (AT_EAST, TEXT),
    "late": (Later(2026, 1, 1, 14, tzinfo=AT_EAST.tzinfo), TEXT),
}


@pytest.fixture(params=[Plain, Checked])
def model(request: pytest.FixtureRequest) -> Any:
    table = type("Table", (), {"name": "things", "hash_key": "id"})
    return type("Thing", (DynaModel,), {"Table": table, "Schema": request.param, "__module__": __name__})


@pytest.mark.parametrize("name", VALUES)
def test_stored_in_utc(model: Any, name: str) -> None:
    value, expected = VALUES[name]
    assert model._mapper.item({"id": "1", name: value})[name] == expected
    assert model._mapper.adapter.fields[name].dump(value) == expected
    assert Home({"since": AT_EAST}).to_primitive() == {"since": GIVEN}


def test_fast_text_is_the_librarys(model: Any) -> None:
    for moment in (T, T.replace(microsecond=5), T.replace(year=7), T.replace(tzinfo=None)):
        for name in ("at", "utc"):
            field = model._mapper.adapter.fields[name]
            year, rest = moment.strftime(field._field.serialized_format).split("-", 1)
            assert field.dump(moment) == f"{year.zfill(4)}-{rest}"


def test_another_offset_is_no_change(model: Any) -> None:
    item = {"id": "1", "at": GIVEN, "listed": [GIVEN], "home": {"since": GIVEN}, "keyed": {"a": GIVEN}}
    assert differences(model._load(item)).values == {}


def test_condition_refuses_the_other_kind() -> None:
    class Thing(DynaModel):
        class Table:
            name = "things"
            hash_key = "id"

        class Schema:
            id = types.StringType()
            aware = types.DateTimeType(tzd="require")
            naive = types.DateTimeType(tzd="reject")

    for name, wrong in {"aware": T.replace(tzinfo=None), "naive": T}.items():
        with pytest.raises(ValidationError):
            Thing._mapper.adapter.fields[name].dump(wrong)


class EarlyBelow(Model):
    at = types.DateTimeType(serialized_format="%Y%m%d%H%M%S")


class Early(DynaModel):
    class Table:
        name = "early-in-schematics"
        hash_key = "id"
        range_key = "at"

    class Schema:
        id = types.StringType(required=True)
        at = types.DateTimeType(serialized_format="%Y%m%d%H%M%S")
        day = types.DateType()
        all = types.ListType(types.DateTimeType(serialized_format="%Y%m%d%H%M%S"))
        below = types.ModelType(EarlyBelow)


def test_early_dates_in_a_compact_format_are_read_again_and_sort(connected: Backend) -> None:
    table_of(Early).create_table()
    early = [datetime(1, 1, 2), datetime(33, 1, 2, 3, 4, 5), datetime(999, 12, 31), datetime(2026, 1, 2)]
    for at in reversed(early):
        Early.put({"id": "1", "at": at, "day": at.date(), "all": [at], "below": {"at": at}})
    found: list[Any] = list(Early.query(id="1"))
    assert [each.at for each in found] == early
    assert [(each.day, each.all, each.below["at"]) for each in found] == [(at.date(), [at], at) for at in early]
    assert Early.query(id="1", at__lt=early[2]).count() == 2
