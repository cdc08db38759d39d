"""A program of 2020 on Schematics: what 0.11 wrote with it, 1.0 reads with it."""

from __future__ import annotations

import datetime
from decimal import Decimal
from uuid import UUID

from schematics import Model, types

from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectKeys

UTC = datetime.UTC
NOON = datetime.datetime(2020, 1, 2, 12, 0, 5)
OSLO = datetime.timezone(datetime.timedelta(hours=1))


class Home(Model):
    city = types.StringType()
    since = types.DateType()


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
        range_key = "score"
        projection = ProjectAll()
        read = 1
        write = 1

    class ByText(LocalIndex):
        name = "by-text"
        hash_key = "owner"
        range_key = "text"
        projection = ProjectKeys()

    class Schema:
        owner = types.StringType(required=True)
        number = types.IntType(required=True)
        text = types.StringType()
        score = types.IntType()
        price = types.DecimalType()
        flag = types.BooleanType()
        at = types.DateTimeType()
        utc = types.UTCDateTimeType()
        day = types.DateType()
        uuid = types.UUIDType()
        mail = types.EmailType()
        numbers = types.ListType(types.IntType())
        prices = types.ListType(types.DecimalType())
        named = types.DictType(types.IntType)
        free = types.BaseType()
        home = types.ModelType(Home)
        homes = types.ListType(types.ModelType(Home))


class Event(DynaModel):
    class Table:
        name = "events"
        hash_key = "day"
        range_key = "at"
        read = 1
        write = 1

    class Schema:
        day = types.DateType(required=True)
        at = types.DateTimeType(required=True)
        what = types.StringType()


DAY = datetime.date(2020, 1, 2)
THINGS = [
    {"owner": "Ann", "number": 1},
    {
        "owner": "Ann",
        "number": 2,
        "text": "é 日本 \N{GRINNING FACE}",
        "score": 7,
        "price": Decimal("1.50"),
        "flag": False,
        "at": NOON.replace(tzinfo=OSLO),
        "utc": NOON.replace(tzinfo=UTC),
        "day": DAY,
        "uuid": UUID("00000000-0000-0000-0000-000000000007"),
        "mail": "a@example.com",
        "numbers": [1, -2, 3],
        "prices": [Decimal("2.5")],
        "named": {"a": 1},
        "free": {"x": [1, {"y": "z"}], "n": None, "f": Decimal("0.1")},
        "home": {"city": "Oslo", "since": DAY},
        "homes": [{"city": "Oslo"}, {"city": None}],
    },
    {"owner": "Bo", "number": 10**20, "free": {1, Decimal("2.5")}, "flag": True, "numbers": []},
    {"owner": "Bo", "number": -1, "at": NOON, "free": b"\x00\x01", "text": "old"},
]
EVENTS = [
    {"day": DAY, "at": NOON, "what": "naive"},
    {"day": DAY, "at": NOON.replace(tzinfo=UTC, microsecond=120000), "what": "aware"},
    {"day": DAY, "at": datetime.datetime(2020, 1, 3, tzinfo=UTC), "what": "later"},
]
