"""A program of 2020 on Marshmallow: what 0.11 wrote with it, 1.0 reads with it."""

from __future__ import annotations

import datetime
from decimal import Decimal
from uuid import UUID

from marshmallow import Schema, fields

from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectKeys

UTC = datetime.UTC
NOON = datetime.datetime(2020, 1, 2, 12, 0, 5)
OSLO = datetime.timezone(datetime.timedelta(hours=1))


class Thing(DynaModel):
    class Table:
        name = "things"
        hash_key = "owner"
        range_key = "number"
        read = 1
        write = 1

    class ByDay(GlobalIndex):
        name = "by-day"
        hash_key = "day"
        range_key = "price"
        projection = ProjectAll()
        read = 1
        write = 1

    class ByText(LocalIndex):
        name = "by-text"
        hash_key = "owner"
        range_key = "text"
        projection = ProjectKeys()

    class Schema:
        owner = fields.String(required=True)
        number = fields.Integer(required=True)
        text = fields.String(allow_none=True)
        price = fields.Decimal()
        price_text = fields.Decimal(as_string=True)
        flag = fields.Boolean()
        at = fields.DateTime()
        rfc = fields.DateTime(format="rfc")
        naive = fields.NaiveDateTime()
        aware = fields.AwareDateTime(default_timezone=UTC)
        day = fields.Date()
        time = fields.Time()
        formatted = fields.DateTime(format="%d.%m.%Y")
        uuid = fields.UUID()
        mail = fields.Email()
        took = fields.TimeDelta()
        numbers = fields.List(fields.Integer())
        free = fields.Dict()
        raw = fields.Raw()
        home = fields.Nested(Schema.from_dict({"city": fields.String(), "since": fields.Date()}))
        homes = fields.List(fields.Nested(Schema.from_dict({"city": fields.String(allow_none=True)})))
        renamed = fields.String(data_key="Other")


class Event(DynaModel):
    class Table:
        name = "events"
        hash_key = "day"
        range_key = "at"
        read = 1
        write = 1

    class Schema:
        day = fields.Date(required=True)
        at = fields.DateTime(required=True)
        what = fields.String()


DAY = datetime.date(2020, 1, 2)
THINGS = [
    {"owner": "Ann", "number": 1},
    {
        "owner": "Ann",
        "number": 2,
        "text": "é 日本 \N{GRINNING FACE}",
        "price": Decimal("1.50"),
        "price_text": Decimal("1.50"),
        "flag": False,
        "at": NOON.replace(tzinfo=UTC),
        "rfc": NOON.replace(tzinfo=UTC),
        "naive": NOON.replace(microsecond=7),
        "aware": NOON.replace(tzinfo=OSLO),
        "day": DAY,
        "time": NOON.time(),
        "formatted": datetime.datetime(2020, 1, 2),
        "uuid": UUID("00000000-0000-0000-0000-000000000007"),
        "mail": "a@example.com",
        "took": datetime.timedelta(seconds=9),
        "numbers": [1, -2, 3],
        "free": {"x": [1, {"y": "z"}], "n": None, "f": Decimal("0.1")},
        "raw": {"a", "b"},
        "home": {"city": "Oslo", "since": DAY},
        "homes": [{"city": "Oslo"}, {"city": None}],
        "renamed": "x",
    },
    {"owner": "Bo", "number": 10**20, "raw": {1, Decimal("2.5")}, "flag": True, "numbers": [], "free": {}},
    {"owner": "Bo", "number": -1, "at": NOON, "raw": [True, None, {"a": Decimal("1E-20")}], "text": "old"},
]
EVENTS = [
    {"day": DAY, "at": NOON, "what": "naive"},
    {"day": DAY, "at": NOON.replace(tzinfo=UTC, microsecond=120000), "what": "aware"},
    {"day": DAY, "at": datetime.datetime(2020, 1, 3, tzinfo=UTC), "what": "later"},
]
