"""Date-times as text that sorts, for adapters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dynamorm.exceptions import InvalidValue
from dynamorm.ports.date_times import utc_text

EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "2024-01-02T03:04:05.000000Z"),
        (datetime(2024, 1, 2, 1, 4, 5, 6, tzinfo=EAST), "2024-01-01T23:04:05.000006Z"),
        (datetime(5, 1, 2, 3, 4, 5, tzinfo=UTC), "0005-01-02T03:04:05.000000Z"),
        (datetime(2024, 1, 2, 3, 4, 5), "2024-01-02T03:04:05"),
    ],
)
def test_text_is_in_utc_with_six_digits_unless_the_date_time_is_naive(value: datetime, text: str) -> None:
    assert utc_text(value) == text


def test_date_time_that_utc_can_not_have_is_refused() -> None:
    with pytest.raises(InvalidValue, match="before the year 1"):
        utc_text(datetime(1, 1, 1, tzinfo=EAST))
