"""Date-times in UTC, wherever Marshmallow writes them: nested, in objects, in formats of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from marshmallow import EXCLUDE, Schema, fields, post_load

from dynamorm import DynaModel
from dynamorm.data.values import normalise
from dynamorm.exceptions import InvalidValue
from dynamorm.model.mapping.changed_instances import differences
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

T = datetime(2026, 1, 1, 12, tzinfo=UTC)
EAST = timezone(timedelta(hours=2))
AT_EAST = T.astimezone(EAST)
TEXT = "2026-01-01T12:00:00+00:00"


class Visit:
    """What a hook makes of a nested value."""

    def __init__(self, since: datetime, days: list[datetime]) -> None:
        self.since = since
        self.days = days


class VisitSchema(Schema):
    since = fields.DateTime()
    days = fields.List(fields.AwareDateTime())

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Visit:
        return Visit(**data)


class DatedSchema(Schema):
    since = fields.DateTime()
    renamed = fields.DateTime(attribute="other")


class Tree(Schema):
    since = fields.DateTime()
    below = fields.Nested(lambda: Tree())  # noqa: PLW0108 - Tree does not exist yet


class Keeps(fields.DateTime):
    """A field of the program's own, which writes its values itself."""

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        return value.isoformat()


class Plain:
    """Fields alone, which take the fast path."""

    id = fields.String()
    at = fields.DateTime()
    aware = fields.AwareDateTime()
    rfc = fields.DateTime(format="rfc")
    own_format = fields.DateTime(format="%Y-%m-%d %H:%M")
    kept = Keeps()
    visit = fields.Nested(VisitSchema)
    by_name = fields.Nested("DatedSchema")
    instance = fields.Nested(DatedSchema(unknown=EXCLUDE))
    many = fields.Nested(DatedSchema, many=True)
    listed = fields.List(fields.Nested(DatedSchema))
    plucked = fields.Pluck(DatedSchema, "since")
    tree = fields.Nested(Tree)
    pair = fields.Tuple((fields.DateTime(), fields.String()))
    keyed = fields.Dict(keys=fields.DateTime(), values=fields.DateTime())


class Hooked(Plain):
    """The same with a hook, so that Marshmallow loads and dumps."""

    @post_load
    def same(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        return data


class Moved(Plain):
    """The same with a ``get_attribute`` of its own, which is called."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        return obj.get(attr, default)


@pytest.fixture(params=[Plain, Hooked, Moved])
def model(request: pytest.FixtureRequest) -> Any:
    table = type("Table", (), {"name": "things", "hash_key": "id"})
    return type("Thing", (DynaModel,), {"Table": table, "Schema": request.param, "__module__": __name__})


def dated(**more: Any) -> dict[str, Any]:
    return {"since": AT_EAST, **more}


VALUES: dict[str, tuple[Any, Any]] = {
    "at": (AT_EAST, TEXT),
    "aware": (AT_EAST, TEXT),
    "rfc": (AT_EAST, "Thu, 01 Jan 2026 12:00:00 +0000"),
    "own_format": (AT_EAST, "2026-01-01 12:00"),
    "kept": (AT_EAST, "2026-01-01T14:00:00+02:00"),
    "visit": (Visit(AT_EAST, [AT_EAST]), {"since": TEXT, "days": [TEXT]}),
    "by_name": (dated(), {"since": TEXT}),
    "instance": (dated(), {"since": TEXT}),
    "many": ([dated(), dated()], [{"since": TEXT}] * 2),
    "listed": ([dated()], [{"since": TEXT}]),
    "plucked": (dated(), TEXT),
    "tree": (dated(below=dated(below=dated())), {"since": TEXT, "below": {"since": TEXT, "below": {"since": TEXT}}}),
    "pair": ((AT_EAST, "x"), [TEXT, "x"]),
    "keyed": ({AT_EAST: AT_EAST}, {TEXT: TEXT}),
}


@pytest.mark.parametrize("name", VALUES)
def test_stored_in_utc(model: Any, name: str) -> None:
    value, expected = VALUES[name]
    for _ in range(2):
        assert model._mapper.item({"id": "1", name: value})[name] == expected
        assert (
            model._mapper.dumped({name: model(id="1", **{name: value}).__dict__[name]}, partial=True)[name] == expected
        )
    assert normalise(model._mapper.adapter.fields[name].dump(value), name) == expected


def test_users_own_schemas_stay_as_they_are(model: Any) -> None:
    model._mapper.item({"id": "1", "instance": dated(), "listed": [dated()]})
    assert DatedSchema().dump({"since": AT_EAST}) == {"since": "2026-01-01T14:00:00+02:00"}


def test_another_offset_in_a_nested_value_is_no_change(model: Any) -> None:
    stored = "2026-01-01T14:00:00+02:00"
    item = {"id": "1", "many": [{"since": stored}], "tree": {"since": stored}, "keyed": {TEXT: stored}}
    assert differences(model._load(item)).values == {}


def test_naive_field_with_a_time_zone() -> None:
    class Thing(DynaModel):
        class Table:
            name = "things"
            hash_key = "at"

        class Schema:
            at = fields.NaiveDateTime(timezone=EAST)
            default = fields.AwareDateTime(default_timezone=EAST)

    thing = Thing(at=T, default=T.replace(tzinfo=None))
    assert thing.at == datetime(2026, 1, 1, 14)
    assert Thing._mapper.dumped(thing.__dict__) == {
        "at": "2026-01-01T14:00:00",
        "default": "2026-01-01T10:00:00+00:00",
    }


class EarlySchema(Schema):
    at = fields.DateTime(format="%Y%m%d%H%M%S")


class Early(DynaModel):
    class Table:
        name = "early-in-marshmallow"
        hash_key = "id"
        range_key = "at"

    class Schema:
        id = fields.String(required=True)
        at = fields.DateTime(format="%Y%m%d%H%M%S")
        day = fields.Date(format="%Y%m%d")
        days = fields.List(fields.Date(format="100%% %Y-%m-%d"))
        below = fields.Nested(EarlySchema)
        by_day = fields.Dict(keys=fields.Date(format="%Y%m%d"), values=fields.Integer())


EARLY = [datetime(1, 1, 2), datetime(33, 1, 2, 3, 4, 5), datetime(999, 12, 31), datetime(2026, 1, 2)]


@pytest.mark.usefixtures("recorder")
def test_early_dates_in_a_compact_format_are_read_again_and_sort() -> None:
    table_of(Early).create_table()
    for at in reversed(EARLY):
        Early(id="1", at=at, day=at.date(), below={"at": at}, by_day={at.date(): 1}).save()
    found: list[Any] = list(Early.query(id="1"))
    assert [each.at for each in found] == EARLY
    assert [each.day for each in found] == [at.date() for at in EARLY]
    assert [each.below["at"] for each in found] == EARLY
    assert [list(each.by_day) for each in found] == [[at.date()] for at in EARLY]
    assert Early.query(id="1", at__lt=EARLY[2]).count() == 2
    found[1].update(days=[EARLY[1].date()])
    assert table_of(Early).get(id="1", at="00330102030405") == {
        "id": "1",
        "at": "00330102030405",
        "day": "00330102",
        "days": ["100% 0033-01-02"],
        "below": {"at": "00330102030405"},
        "by_day": {"00330102": 1},
    }


def test_a_date_that_its_format_cannot_hold_is_refused(recorder: RecordingBackend) -> None:
    class Post(DynaModel):
        class Table:
            name = "posts"
            hash_key = "id"

        class Schema:
            id = fields.String(required=True)
            at = fields.DateTime(format="rfc")
            all = fields.List(fields.DateTime(format="rfc"))
            seconds = fields.DateTime(format="timestamp")
            offset = fields.DateTime(format="%Y-%m-%dT%H:%M:%S%z")

    early = datetime(33, 1, 2)
    for refused in (
        lambda: Post.put({"id": "1", "at": early}),
        lambda: Post(id="1", all=[early]).save(),
        lambda: Post.update_item(id="1", at=early),
    ):
        with pytest.raises(InvalidValue, match=r"format 'rfc' can't hold a date before the year 100.* Use the format"):
            refused()
    with pytest.raises(InvalidValue, match="format 'timestamp' can't hold a date-time before 1970"):
        Post.put({"id": "1", "seconds": datetime(1960, 1, 1)})
    with pytest.raises(InvalidValue, match=r"format '.*%z' can't hold a date-time without a UTC offset.* 'iso'"):
        Post.put({"id": "1", "offset": datetime(2026, 1, 1)})
    assert recorder.sent == []
