"""Keys of each type, in tables and indexes, on every backend: they are found however they are written, and in their order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll
from dynamorm.exceptions import InvalidKey, InvalidValue, ValidationError
from dynamorm.ports.backends import Backend
from tests.support.tables import table_of


class ByNumber(DynaModel):
    class Table:
        name = "by-number"
        hash_key = "id"
        range_key = "at"

    class ByOther(GlobalIndex):
        name = "by-other"
        hash_key = "other"
        range_key = "at"
        projection = ProjectAll()

    class Schema:
        id: Decimal
        at: Decimal
        other: Decimal | None = None


class ByBytes(DynaModel):
    class Table:
        name = "by-bytes"
        hash_key = "id"
        range_key = "at"

    class ByOther(LocalIndex):
        name = "by-other"
        hash_key = "id"
        range_key = "other"
        projection = ProjectAll()

    class Schema:
        id: bytes
        at: bytes
        other: bytes | None = None


class ByText(DynaModel):
    class Table:
        name = "by-text"
        hash_key = "id"
        range_key = "at"

    class ByOther(GlobalIndex):
        name = "by-other"
        hash_key = "other"
        range_key = "id"
        projection = ProjectAll()

    class Schema:
        id: str
        at: str
        other: str | None = None


NINES = "9" * 38
#: Keys in their order.
NUMBERS: list[Decimal] = [
    Decimal(f"-{NINES}E+88"),
    Decimal(f"-{NINES}"),
    Decimal(-10),
    Decimal("-9.5"),
    Decimal("-1E-130"),
    Decimal(0),
    Decimal("1E-130"),
    Decimal(f"0.{NINES}"),
    Decimal(1),
    Decimal(10),
    Decimal(f"{NINES[:19]}.{NINES[19:]}"),
    Decimal(f"{NINES}E+88"),
]
BYTES = [b"\x00", b"\x00\x00", b"\x00\xff", b"\x01", b"a", b"\x7f", b"\x80", b"\xff", b"\xff\xff", b"\xff" * 1024]
TEXTS = [
    "\x00",
    " ",
    "#n0",
    "10",
    "9",
    ":v0",
    "Z",
    "a",
    "a\x00",
    "a.b",
    "e\N{COMBINING ACUTE ACCENT}",
    "é",
    "日本",
    "\uffff",
    "\N{GRINNING FACE}",
]
KEYS: list[tuple[type[DynaModel], list[Any]]] = [(ByNumber, NUMBERS), (ByBytes, BYTES), (ByText, TEXTS)]
by_type = pytest.mark.parametrize(("model", "keys"), KEYS, ids=["numbers", "bytes", "texts"])


@by_type
@pytest.mark.usefixtures("connected")
def test_each_key_is_found_again(model: type[DynaModel], keys: list[Any]) -> None:
    table_of(model).create_table()
    model.put_batch(*({"id": key, "at": key, "other": key} for key in keys))
    wrong = []
    for key in keys:
        found = [
            model.get(id=key, at=key),
            *model.get_batch([{"id": key, "at": key}]),
            *model.query(id=key),
            *model.query(id=key, at=key),
        ]
        if [(thing.id, thing.at, thing.other) for thing in found if thing is not None] != [(key, key, key)] * 4:
            wrong.append(key)
        model.update_item(id=key, at=key, other=None)
        thing = model.get(id=key, at=key)
        assert thing is not None
        assert thing.other is None
        thing.delete()
    assert wrong == []
    assert list(model.scan()) == []


@by_type
@pytest.mark.usefixtures("connected")
def test_range_keys_are_in_their_order(model: type[DynaModel], keys: list[Any], request: pytest.FixtureRequest) -> None:
    table_of(model).create_table()
    first = keys[0]
    model.put_batch(*({"id": first, "at": key} for key in reversed(keys)))
    assert [thing.at for thing in model.query(id=first)] == keys
    assert [thing.at for thing in model.query(id=first).reverse().limit(3)] == keys[::-1][:3]
    wrong = []
    for place, key in enumerate(keys):
        ranges = {
            "lt": keys[:place],
            "lte": keys[: place + 1],
            "gt": keys[place + 1 :],
            "gte": keys[place:],
        }
        wrong += [
            (key, operator)
            for operator, expected in ranges.items()
            if [thing.at for thing in model.query(id=first, **{f"at__{operator}": key})] != expected
        ]
        if [thing.at for thing in model.query(id=first, at__between=[key, keys[-1]])] != keys[place:]:
            wrong.append((key, "between"))
        if model is not ByNumber:
            expected = [other for other in keys if other.startswith(key)]
            if [thing.at for thing in model.query(id=first, at__begins_with=key)] != expected:
                wrong.append((key, "begins_with"))
    assert wrong == []


@by_type
@pytest.mark.usefixtures("connected")
def test_keys_of_indexes(model: type[DynaModel], keys: list[Any]) -> None:
    table_of(model).create_table()
    index: Any = model.ByOther
    first = keys[0]
    model.put_batch(*({"id": first, "at": key, "other": key} for key in keys), {"id": keys[1], "at": first})
    for key in keys:
        condition = {"other": key, **({"id": first} if model is not ByNumber else {"at": key})}
        assert [thing.at for thing in index.query(**condition)] == [key]
    model.update_item(id=first, at=first, other=None)
    assert {thing.at for thing in index.scan()} == set(keys[1:])


@pytest.mark.usefixtures("connected")
def test_a_number_is_one_key_however_it_is_written() -> None:
    table_of(ByNumber).create_table()
    ByNumber.put({"id": Decimal("10.00"), "at": Decimal("-0.0")})
    ByNumber.put({"id": 10.0, "at": -0.0})
    ByNumber.put({"id": "1E+1", "at": 0})
    ByNumber.update_item(id=Decimal("1E1"), at=Decimal("0E-10"), other=1)
    (only,) = ByNumber.scan()
    assert (only.id, only.at, only.other) == (10, 0, 1)


REFUSED: dict[str, tuple[type[DynaModel], dict[str, Any], type[Exception], str]] = {
    "no text": (
        ByText,
        {"id": "", "at": "x"},
        InvalidKey,
        "'id' is empty, and it is part of the primary key of 'by-text'",
    ),
    "no bytes": (ByBytes, {"id": b"x", "at": b""}, InvalidKey, "'at' is empty, and it is part of the primary key"),
    "another type": (ByText, {"id": 5, "at": "x"}, ValidationError, "id"),
    "NaN": (ByNumber, {"id": Decimal("NaN"), "at": 1}, ValidationError, "id"),
    "39 digits": (ByNumber, {"id": Decimal("1" * 39), "at": 1}, InvalidValue, "'id' is a number of 39 significant"),
    "long range key": (
        ByText,
        {"id": "x", "at": "x" * 1025},
        InvalidKey,
        "'at' has 1,025 bytes.* allows 1,024 for a range",
    ),
    "empty index key": (ByText, {"id": "x", "at": "x", "other": ""}, InvalidKey, "'other' is empty.* index 'by-other'"),
}


@pytest.mark.parametrize(("model", "item", "kind", "words"), REFUSED.values(), ids=REFUSED)
def test_what_can_be_no_key_is_refused(
    model: type[DynaModel], item: dict[str, Any], kind: type[Exception], words: str, connected: Backend
) -> None:
    table_of(model).create_table()
    with pytest.raises(kind, match=words):
        model.put(item)
    with pytest.raises(kind, match=words):
        model(**item).save()
    if "other" not in item:
        with pytest.raises(kind, match=words):
            model.get(**item)
    assert list(model.scan()) == []
