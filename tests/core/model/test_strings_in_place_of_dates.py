"""Strings in conditions on dates: the beginning of a stored one is a bound, and any other string is refused."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import DynaModel
from dynamorm.exceptions import InvalidOperator
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Event(DynaModel):
    class Table:
        name = "events"
        hash_key = "name"
        range_key = "at"

    class Schema:
        name = fields.text()
        at = fields.instant()
        day = fields.date()


NO_DATES = ("yesterday", "soon", "12:00", "1.1.2026", "2026-01-01 12", "2026-01-01t1x")
BEGINNINGS = ("2", "2026", "2026-01", "2026-01-01", "2026-01-01T1")


@pytest.mark.parametrize("text", NO_DATES)
def test_a_string_that_begins_no_date_is_refused(text: str, recorder: RecordingBackend) -> None:
    """It would be compared character by character: ``at__gt="yesterday"`` would find nothing, and say nothing."""
    conditions: list[dict[str, Any]] = [
        {"at__gt": text},
        {"at__lte": text},
        {"at__between": ["2026", text]},
        {"at__begins_with": text},
    ]
    if not text.startswith("2026-01-01"):
        # A day is before all that begins with it.
        conditions.append({"day__gt": text})
    for condition in conditions:
        with pytest.raises(InvalidOperator, match="begins like a stored one") as raised:
            Event.scan(**condition).count()
        assert text not in str(raised.value), condition
    with pytest.raises(InvalidOperator, match="begins like a stored one"):
        Event.query(name="a", at__gt=text).first()
    assert recorder.sent == []


@pytest.mark.parametrize("text", BEGINNINGS)
def test_the_beginning_of_a_date_is_a_bound(text: str, recorder: RecordingBackend) -> None:
    table_of(Event).create_table()
    Event.put({"name": "a", "at": "2026-01-01T12:00:00+00:00", "day": "2026-01-01"})
    assert Event.query(name="a", at__gte=text, day__gte=text[:10]).count() == 1
    assert Event.query(name="a", at__begins_with=text).count() == 1
