"""Values that Marshmallow only dumps, fills in or sets itself: none is lost or changed by reading and writing items."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator
from typing import Any

import marshmallow
import pytest
from marshmallow import fields

from dynamorm import DynaModel, transaction, using
from dynamorm.exceptions import InvalidUpdate
from dynamorm.ports.backends import Backend
from tests.marshmallow.models import model_of
from tests.marshmallow.models import stored as stored_item


@pytest.fixture(autouse=True)
def _in_memory(sqlite_memory: Backend) -> Iterator[None]:
    with using(sqlite_memory):
        yield


def define(schema: type) -> type[DynaModel]:
    model = model_of(schema)
    model.__table__.create_table()
    return model


def stored(model: type[DynaModel]) -> dict[str, Any]:
    return stored_item(model, id="1")


DAY = datetime.datetime(2020, 1, 2)


def dates() -> Any:
    days = itertools.count()
    return lambda: DAY + datetime.timedelta(days=next(days))


def test_a_save_keeps_what_the_schema_only_dumps() -> None:
    class Schema:
        id = fields.String()
        title = fields.String()
        created = fields.DateTime(dump_only=True, dump_default=dates(), data_key="Created")
        seen = fields.Integer(dump_only=True)
        kind = fields.Constant("v2", dump_only=True)
        label = fields.Function(lambda values: f"<{values.get('title')}>")

    book = define(Schema)
    book(id="1", title="a").save()
    assert stored(book) == {"id": "1", "title": "a", "Created": DAY.isoformat(), "kind": "v2", "label": "<a>"}
    book.__table__.put({**stored(book), "seen": 5, "kind": "v1"})
    kept = {"id": "1", "Created": DAY.isoformat(), "seen": 5}
    found: Any = book.get(id="1")
    found.title = "b"
    found.save()
    assert stored(book) == {**kept, "title": "b", "kind": "v2", "label": "<b>"}
    found.title = "c"
    found.save(partial=True)
    found.update(title="d")
    again: Any = book.get(id="1")
    again.title = "e"
    again.save(partial=True)
    with transaction() as tx:
        tx.put(again)
    assert stored(book) == {**kept, "title": "e", "kind": "v2", "label": "<e>"}


def test_where_unknown_names_are_included_items_are_read_with_what_is_only_dumped() -> None:
    class Schema:
        id = fields.String()
        created = fields.DateTime(dump_only=True, data_key="Created")
        seen = fields.Integer(dump_only=True)

        class Meta:
            unknown = marshmallow.INCLUDE

    book = define(Schema)
    book(id="1", created=DAY, seen=5, other=1).save()
    item = {"id": "1", "Created": DAY.isoformat(), "seen": 5, "other": 1}
    assert stored(book) == item
    found: Any = book.get(id="1")
    assert (found.created, found.seen, found.other) == (DAY, 5, 1)
    found.save()
    found.save(partial=True)
    assert stored(book) == item
    found.seen = 6
    found.save(partial=True)
    book.update_item(id="1", created=DAY.replace(year=2021))
    assert stored(book) == {**item, "seen": 6, "Created": "2021-01-02T00:00:00"}


def test_a_constant_stays_what_it_is() -> None:
    class Place(marshmallow.Schema):
        city = fields.String()
        kind = fields.Constant("place")

    class Schema:
        id = fields.String()
        home = fields.Nested(Place)
        kind = fields.Constant("book")

    book: Any = define(Schema)
    book(id="1", home={"city": "Oslo"}).save()
    item = {"id": "1", "kind": "book", "home": {"city": "Oslo", "kind": "place"}}
    found: Any = book.get(id="1")
    assert (found.kind, found.home) == ("book", {"city": "Oslo", "kind": "place"})
    for change in ("home__kind", "home__kind__if_not_exists", "kind__if_not_exists"):
        with pytest.raises(InvalidUpdate, match=r"'(home\.)?kind' of Thing can't be set"):
            book.update_item(id="1", **{change: "other"})
    book.update_item(id="1", home__city="Rome", kind="other")
    assert stored(book) == {**item, "home": {"city": "Rome", "kind": "place"}}
    assert [each.id for each in book.scan(home__kind="place", kind="book")] == ["1"]
