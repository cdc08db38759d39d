"""Values: what is stored comes back, of the type that it should be, on every backend; the rest is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from dynamorm import DynaModel
from dynamorm.data import identical
from dynamorm.exceptions import DynamoException, InvalidKey, InvalidValue, ItemTooLarge
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

NINES = "9" * 38


class Thing(DynaModel):
    class Table:
        name = "things"
        hash_key = "id"

    class Schema:
        id = fields.text()
        raw = fields.anything()
        number = fields.integer()
        price = fields.decimal()
        rate = fields.real()
        tags = fields.list_of(fields.anything())
        place = fields.map_of()


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


STORED: dict[str, tuple[Any, Any]] = {
    "text": ("text", "text"),
    "empty text": ("", ""),
    "script": ("\N{SNOWMAN}\U0001f600\x00", "\N{SNOWMAN}\U0001f600\x00"),
    "int": (7, 7),
    "float": (0.1, Decimal("0.1")),
    "integral float": (2.0, 2),
    "third": (1 / 3, Decimal("0.3333333333333333")),
    "large float": (1e100, 10**100),
    "38 digits": (int(NINES), int(NINES)),
    "38 digits, negative": (-int(NINES), -int(NINES)),
    "38 digits of a fraction": (Decimal(f"0.{NINES}"), Decimal(f"0.{NINES}")),
    "38 digits around the point": (Decimal(f"{NINES[:19]}.{NINES[19:]}"), Decimal(f"{NINES[:19]}.{NINES[19:]}")),
    "integral decimal": (Decimal("5.00"), 5),
    "smallest": (Decimal("1E-130"), Decimal("1E-130")),
    "largest": (Decimal(f"{NINES}E+88"), int(NINES) * 10**88),
    "bytes": (b"\x00\xff", b"\x00\xff"),
    "no bytes": (b"", b""),
    "bytearray": (bytearray(b"a"), b"a"),
    "true": (True, True),
    "false": (False, False),
    "list": ([1, "a", None, [True, {}]], [1, "a", None, [True, {}]]),
    "tuple": ((1, 2), [1, 2]),
    "map": ({"a.b": {"c": [0.5]}}, {"a.b": {"c": [Decimal("0.5")]}}),
    "null in a map": ({"a": None}, {"a": None}),
    "set of text": ({"a", "b"}, {"a", "b"}),
    "set of numbers": ({1, 2.5}, {1, Decimal("2.5")}),
    "set of bytes": (frozenset({b"a"}), {b"a"}),
    # What is inside the innermost list is on level 32.
    "32 levels": (nested(31), nested(31)),
}


@pytest.mark.usefixtures("connected")
def test_what_is_stored_comes_back() -> None:
    table_of(Thing).create_table()
    wrong = {}
    for name, (value, expected) in STORED.items():
        Thing(id="1", raw=value).save()
        found = Thing.get(id="1")
        assert found is not None
        (read,) = Thing.get_batch([{"id": "1"}])
        scanned = next(Thing.scan())
        if not all(identical(thing.raw, expected) for thing in (found, read, scanned)):
            wrong[name] = found.raw
    assert wrong == {}


@pytest.mark.usefixtures("connected")
def test_a_schema_may_ask_for_floats() -> None:
    table_of(Thing).create_table()
    Thing(id="1", rate=0.1, price="0.10").save()
    found = Thing.get(id="1")
    assert found is not None
    assert isinstance(found.rate, float)
    assert found.rate == 0.1
    assert found.price == Decimal("0.1")


@pytest.mark.usefixtures("connected")
def test_none_at_the_top_is_not_stored_and_null_there_reads_as_none() -> None:
    table = table_of(Thing)
    table.create_table()
    Thing(id="1", raw=None, place={"a": None, "b": [None]}, tags=[]).save()
    assert table.get(id="1") == {"id": "1", "place": {"a": None, "b": [None]}, "tags": []}
    Thing.update_item(id="1", place__null=None)
    found = Thing.get(id="1")
    assert found is not None
    assert (found.raw, found.place) == (None, {"a": None, "b": [None], "null": None})


REFUSED: dict[str, tuple[dict[str, Any], type[DynamoException], str]] = {
    "NaN": ({"rate": float("nan")}, InvalidValue, "Attribute 'rate' is NaN"),
    "decimal NaN": ({"price": Decimal("NaN")}, InvalidValue, "Attribute 'price' is NaN"),
    "infinity": ({"rate": float("inf")}, InvalidValue, "Attribute 'rate' is an infinity"),
    "nested infinity": ({"place": {"a": [float("-inf")]}}, InvalidValue, r"'place\.a\[0\]' is an infinity"),
    "39 digits": (
        {"number": int("1" * 39)},
        InvalidValue,
        "'number' is a number of 39 significant digits; .* at most 38",
    ),
    "too large": ({"number": 10**126}, InvalidValue, "'number' is a number beyond DynamoDB's range"),
    "too small": ({"price": Decimal("1E-131")}, InvalidValue, "'price' is a number beyond DynamoDB's range"),
    "empty key": ({"id": ""}, InvalidKey, "'id' is empty, .* primary key of 'things'; DynamoDB allows no empty keys"),
    "long key": ({"id": "s3cr3t" * 400}, InvalidKey, "'id' has 2,400 bytes, .* allows 2,048 for a hash key"),
    "item over 400 KB": (
        {"raw": "s3cr3t" * 70_000},
        ItemTooLarge,
        "item for 'things' has 420,006 bytes.* allows 409,600",
    ),
    "unsupported": (
        {"raw": object()},
        InvalidValue,
        "'raw' holds a value of the type object, .* Use a schema field",
    ),
    "unsupported in a list": ({"tags": [range(3)]}, InvalidValue, r"'tags\[0\]' holds a value of the type range"),
    "empty set": ({"raw": set()}, InvalidValue, "'raw' is an empty set, .* Leave an empty set out"),
    "mixed set": ({"raw": {"s3cr3t", 1}}, InvalidValue, "'raw' is a set of mixed types"),
    "set of tuples": ({"raw": {(1,)}}, InvalidValue, "'raw' is a set with an element of the type tuple"),
    "33 levels": ({"raw": nested(32)}, InvalidValue, "'raw' is nested deeper than the 32 levels .* Flatten it"),
    "name that is no text": ({"place": {1: "s3cr3t"}}, DynamoException, "place"),
    "lone surrogate": ({"raw": "s3cr3t\ud800"}, InvalidValue, "'raw' holds a string with a lone surrogate"),
}


@pytest.mark.parametrize(("values", "kind", "words"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_stored_is_refused_and_nothing_is_sent(
    values: dict[str, Any], kind: type[DynamoException], words: str, recorder: RecordingBackend
) -> None:
    item = {"id": "1", **values}
    calls: list[Callable[[], object]] = [
        lambda: Thing.put(item),
        lambda: Thing.put_unique(item),
        lambda: Thing.put_batch({"id": "0"}, item),
        lambda: Thing(**item).save(),
        lambda: Thing(**item).save(unique=True),
    ]
    for call in calls:
        with pytest.raises(kind, match=words) as raised:
            call()
        assert "s3cr3t" not in str(raised.value)
    assert recorder.sent == []
