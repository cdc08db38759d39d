"""Cursors of keys that only Pydantic has fields for: bytes, and numbers of 38 digits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from dynamorm import DynaModel, using
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of


class Reading(DynaModel):
    class Table:
        name = "readings"
        hash_key = "device"
        range_key = "value"

    class Schema(BaseModel):
        device: bytes
        value: Decimal


@pytest.mark.parametrize("secret", [None, b"sixteen bytes are"])
def test_a_cursor_holds_bytes_and_long_numbers(backend: Backend, secret: bytes | None) -> None:
    device = b"\x00\x10\x7f"
    values = [
        Decimal("-1.2345678901234567890123456789012345678"),
        Decimal("1E-130"),
        Decimal(10**37 + 1),
        Decimal("9.9E+125"),
    ]
    found: list[Any] = []
    with using(backend):
        table_of(Reading).create_table()
        Reading.put_batch(*({"device": device, "value": value} for value in values))
        cursor = None
        while True:
            readings = Reading.query(device=device).limit(1).after(cursor)
            if secret is not None:
                readings = readings.signed(secret)
            found += [reading.value for reading in readings]
            cursor = readings.cursor
            if cursor is None:
                break
    assert found == values
