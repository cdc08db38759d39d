"""Order and equality: stored values are compared in the table, where only their stored form counts."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from ipaddress import IPv4Address
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from dynamorm.data.values import normalise
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import Kind
from dynamorm.testing.schemas.library import SchemaLibrary
from dynamorm.testing.schemas.suite import SchemaSuite, adapted, stored, through_json

NOON = datetime.datetime(2020, 1, 2, 12)
#: Less than a second apart, where many formats have fewer digits, and more than a day.
_APART = (0, 1, 5, 250_000, 999_999, 1_000_000, 3_600_000_000, 36_000_000_000, 86_400_000_000)
MOMENTS = tuple(NOON + datetime.timedelta(microseconds=apart) for apart in _APART)
#: The same instants with several offsets each.
INSTANTS = tuple(
    moment.replace(tzinfo=datetime.UTC).astimezone(datetime.timezone(datetime.timedelta(minutes=minutes)))
    for moment in MOMENTS
    for minutes in (0, 120, -570)
)
#: The last two differ in the last of the digits that DynamoDB keeps.
DECIMALS = ("-10", "-9.5", "0", "1.10", "1.1", "9", "10", "1E+2", f"0.{'1' * 38}", f"0.{'1' * 37}2")
#: Values of each kind, in any order, of which some are equal.
VALUES: dict[str, tuple[fields.Field, tuple[Any, ...]]] = {
    "text": (fields.text(), ("a", "B", "ab", "é", "e\u0301", " a ", "a\n", "𝄞", "\uffff", "10", "9")),
    "integer": (fields.integer(), (-10, -9, 0, 9, 10, 10**20, 10**20 + 1, 10**37 + 1)),
    "decimal": (fields.decimal(), tuple(map(Decimal, DECIMALS))),
    "real": (fields.real(), (-1.5, -0.25, 0.0, 9.0, 10.0, 1e20)),
    "date": (fields.date(), tuple(datetime.date(*parts) for parts in ((999, 12, 31), (2020, 1, 2), (2020, 10, 1)))),
    "moment": (fields.moment(), (*MOMENTS, NOON.replace(year=999))),
    "instant": (fields.instant(), (*INSTANTS, INSTANTS[0].replace(year=999))),
    "identifier": (fields.identifier(), tuple(UUID(int=number) for number in (0, 9, 10, 2**100, 2**128 - 1))),
    "duration": (fields.duration(), tuple(datetime.timedelta(seconds=number) for number in (0, 9, 10, 60, 86_400))),
    "address": (fields.address(), tuple(map(IPv4Address, ("9.0.0.1", "10.0.0.1", "10.0.0.2", "192.0.2.1")))),
}

#: Kinds whose stored forms sort: strings, numbers and ISO dates.
_SORTED = (Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.REAL, Kind.DATE)


class OrderTests(SchemaSuite):
    """Test pairs of values."""

    @pytest.mark.parametrize(("field", "values"), VALUES.values(), ids=VALUES)
    def test_stored_type_is_that_of_the_key(
        self, library: SchemaLibrary, field: fields.Field, values: tuple[Any, ...]
    ) -> None:
        """What is stored has the type that the field says it has as a key."""
        adapter = adapted(library, {"value": field})
        item = stored(adapter, adapter.validate({"value": values[0]}, partial=False))
        assert adapter.fields["value"].key_type == ("S" if isinstance(item["value"], str) else "N")

    @pytest.mark.parametrize(("field", "values"), VALUES.values(), ids=VALUES)
    def test_equal_values_are_stored_alike(
        self, library: SchemaLibrary, field: fields.Field, values: tuple[Any, ...]
    ) -> None:
        """Two values have the same stored form if they are equal, and only then."""
        pairs = _pairs(library, field, values)
        assert [(a, b) for a, b, stored_a, stored_b in pairs if (a == b) != (stored_a == stored_b)] == []

    @pytest.mark.parametrize(("field", "values"), VALUES.values(), ids=VALUES)
    def test_order(self, library: SchemaLibrary, field: fields.Field, values: tuple[Any, ...]) -> None:
        """Stored values sort in DynamoDB as the native values do, or the field says that they are not ``ordered``.

        Strings, numbers and dates always sort.
        """
        pairs = _pairs(library, field, values)
        wrong = [(a, b) for a, b, stored_a, stored_b in pairs if _in_order(a, b) != _in_order(stored_a, stored_b)]
        ordered = adapted(library, {"value": field}).fields["value"].ordered
        if ordered:
            assert wrong == []
        assert ordered or field.kind not in _SORTED

    @pytest.mark.parametrize(("field", "values"), VALUES.values(), ids=VALUES)
    def test_values_are_loaded_as_they_were(
        self, library: SchemaLibrary, field: fields.Field, values: tuple[Any, ...]
    ) -> None:
        """A value is loaded from its canonical stored form as it was, with its own type."""
        adapter = adapted(library, {"value": field})
        for value in values:
            loaded = adapter.load(stored(adapter, {"value": value}), partial=False)["value"]
            assert loaded == value
            assert type(loaded) is type(value)

    @pytest.mark.parametrize(("field", "values"), VALUES.values(), ids=VALUES)
    def test_values_are_read_from_json_as_they_were(
        self, library: SchemaLibrary, field: fields.Field, values: tuple[Any, ...]
    ) -> None:
        """A value is written as JSON, and read as it was, with all its digits."""
        adapter = adapted(library, {"value": field})
        for value in values:
            read = adapter.validate(through_json(adapter, {"value": value}), partial=False)["value"]
            assert read == value
            assert type(read) is type(value)


def _pairs(library: SchemaLibrary, field: fields.Field, values: Iterable[Any]) -> list[tuple[Any, Any, Any, Any]]:
    """Return pairs of values and of their stored forms: as a part of an item, and as a value of a condition."""
    adapter = adapted(library, {"value": field})
    forms = []
    for value in values:
        native = adapter.validate({"value": value}, partial=False)
        in_item, single = stored(adapter, native)["value"], normalise(adapter.fields["value"].dump(value), "value")
        forms += [(value, in_item), (value, single)]
    return [(a, b, stored_a, stored_b) for (a, stored_a), (b, stored_b) in product(forms, repeat=2)]


def _in_order(a: Any, b: Any) -> bool:
    """Return whether *a* comes before *b*: strings by their UTF-8 bytes, as in DynamoDB."""
    return bool(a.encode() < b.encode()) if isinstance(a, str) else bool(a < b)
