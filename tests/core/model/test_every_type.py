"""Each type of value in each place that takes it: items, conditions, updates and partial saves, on every backend."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dynamorm import DynaModel, Q
from dynamorm.data import identical, type_of
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Thing(DynaModel):
    class Table:
        name = "things"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        value = fields.anything()
        values = fields.list_of(fields.anything(nullable=True))
        place = fields.map_of()


NINES = "9" * 38


def nested(levels: int) -> Any:
    """A list or map around another, so many times, and a text in the innermost."""
    value: Any = "deep"
    for level in range(levels):
        value = [value] if level % 2 else {"a.b": value}
    return value


VALUES: dict[str, Any] = {
    "text": "text",
    "empty text": "",
    "text like a placeholder": ":v0",
    "text beyond the basic plane": "\N{GRINNING FACE}\x00e\N{COMBINING ACUTE ACCENT}",
    "zero": 0,
    "negative": -5,
    "fraction": Decimal("-0.5"),
    "38 digits": int(NINES),
    "38 digits around the point": Decimal(f"{NINES[:19]}.{NINES[19:]}"),
    "largest": int(NINES) * 10**88,
    "smallest": Decimal("-1E-130"),
    "bytes": b"\x00\xff",
    "no bytes": b"",
    "true": True,
    "false": False,
    "null": None,
    "strings": {"a", "", "\N{GRINNING FACE}"},
    "numbers": {1, Decimal("0.5"), int(NINES)},
    "binaries": {b"a", b""},
    "empty list": [],
    "list": ["", 0, b"", None, True, [], {}, {"a"}],
    "empty map": {},
    "map": {"a.b": {"c d": [Decimal("1E-130")]}, "#n0": None, ":v0": {1}, "": 1} | {"x": 1},
    "nested": nested(29),
}
VALUES["map"].pop("")  # names are not empty

ORDERED = ("S", "N", "B")
SIZED = ("S", "B", "L", "M", "SS", "NS", "BS")
#: moto does otherwise than DynamoDB here, as tests/support/moto_deviations.py says: it takes NULL for what is
#: missing, and counts characters.
MOTO_DIFFERS = ("null", "text beyond the basic plane")
MOTO_ROUNDS = ("38 digits around the point", "smallest")


@pytest.fixture
def known(connected: Backend, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The values that a backend is tried with, and the table."""
    table_of(Thing).create_table()
    on_moto = "moto" in request.node.name
    return {name: value for name, value in VALUES.items() if not (on_moto and name in MOTO_DIFFERS)}


def size_of(value: Any) -> int:
    """The size of a value to a condition: of a text, the units of its UTF-16 form."""
    return len(value.encode("utf-16-le")) // 2 if isinstance(value, str) else len(value)


def stored() -> dict[str, Any]:
    return table_of(Thing).get(consistent=True, id="1") or {}


def test_in_items_however_they_are_read(known: dict[str, Any]) -> None:
    wrong = {}
    for name, value in known.items():
        Thing.put({"id": "1", "value": value, "values": [value, value], "place": {"a": value}})
        found = [Thing.get(id="1"), *Thing.get_batch([{"id": "1"}]), *Thing.query(id="1"), *Thing.scan()]
        read = [(thing.value, thing.values, thing.place) for thing in found if thing is not None]
        expected = [value, [value, value], {"a": value}]
        if len(read) != 4 or not all(identical(list(parts), expected) for parts in read):
            wrong[name] = read
    assert wrong == {}


def test_in_batches_and_whole_saves(known: dict[str, Any]) -> None:
    Thing.put_batch(*({"id": name, "place": {"a": value}} for name, value in known.items()))
    read = {thing.id: thing.place["a"] for thing in Thing.get_batch([{"id": name} for name in known])}
    assert {name: identical(read[name], value) for name, value in known.items()} == dict.fromkeys(known, True)
    for name, value in known.items():
        thing = Thing.get(id=name)
        assert thing is not None
        thing.values = [value]
        thing.save()
    read = {thing.id: thing.values for thing in Thing.scan().recursive()}
    assert {name: identical(read[name], [value]) for name, value in known.items()} == dict.fromkeys(known, True)


def test_in_conditions(known: dict[str, Any]) -> None:
    wrong = []
    for name, value in known.items():
        Thing.put({"id": "1", "value": value, "values": [value], "place": {"a": value, "b": [value]}})
        kind = type_of(value)
        holding: dict[str, Any] = {
            "element": Q(values__0=value),
            "entry": Q(place__a__eq=value),
            "path": Thing.place["b"][0] == value,
            "in": Q(place__a__in=["another", value]),
            "contains": Q(values__contains=value),
            "contains below": Thing.place["b"].contains(value),
            "type": Q(place__a__type=kind),
            "another value": Thing.place["a"] != "another",
        }
        if value is not None:
            holding["eq"] = Q(value=value)
            holding["a field and another place"] = Thing.value == Thing.place["a"]
        if kind in ORDERED:
            holding["between"] = Q(place__a__between=[value, value])
            holding["lte"] = Q(place__a__lte=value)
        if kind in SIZED:
            holding["size"] = Q(place__a__size=size_of(value))
        for case, condition in holding.items():
            if [thing.id for thing in Thing.scan(condition)] != ["1"] or list(Thing.scan(~condition)):
                wrong.append((name, case))
    assert wrong == []


def test_in_conditions_of_writes(known: dict[str, Any]) -> None:
    for value in known.values():
        Thing.put({"id": "1", "place": {"a": value}})
        Thing.update_item(id="1", value="x", conditions={"place__a": value})
        assert stored()["value"] == "x"


def test_in_updates(known: dict[str, Any]) -> None:
    wrong = []
    for name, value in known.items():
        changes: dict[str, tuple[dict[str, Any], Any]] = {
            "set an entry": ({"place__a": value}, {"a": value, "c": 1}),
            "set what is not there": ({"place__b__if_not_exists": value}, {"b": value, "c": 1}),
            "leave what is there": ({"place__c__if_not_exists": value}, {"c": 1}),
        }
        for case, (change, expected) in changes.items():
            Thing.put({"id": "1", "place": {"c": 1}})
            Thing.update_item(id="1", **change)
            if not identical(stored()["place"], expected):
                wrong.append((name, case, stored()))
        lists: dict[str, tuple[dict[str, Any], Any]] = {
            "append": ({"values__append": [value, value]}, [1, 2, value, value]),
            "prepend": ({"values__prepend": [value]}, [value, 1, 2]),
            "set an element": ({"values__0": value}, [value, 2]),
            "set one more": ({"values__9": value}, [1, 2, value]),
        }
        for case, (change, expected) in lists.items():
            Thing.put({"id": "1", "values": [1, 2]})
            Thing.update_item(id="1", **change)
            if not identical(stored()["values"], expected):
                wrong.append((name, case, stored()))
        Thing.put({"id": "1"})
        Thing.update_item(id="1", value=value)
        if not identical(stored(), {"id": "1"} if value is None else {"id": "1", "value": value}):
            wrong.append((name, "set", stored()))
    assert wrong == []


def test_numbers_and_sets_are_added_to_and_sets_taken_from(
    known: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    wrong = []
    for name, value in known.items():
        kind = type_of(value)
        if kind not in ("N", "SS", "NS", "BS") or ("moto" in request.node.name and name in MOTO_ROUNDS):
            continue
        taken: dict[str, Any] = {"value__minus": value} if kind == "N" else {"value__delete": {min(value)}}
        taken |= {"place__a__minus": value} if kind == "N" else {"place__a__delete": value}
        left: dict[str, Any] = (
            {"value": 0, "place": {"a": 0}} if kind == "N" else {"value": value - {min(value)}, "place": {}}
        )
        Thing.put({"id": "1", "place": {}})
        Thing.update_item(id="1", value__add=value, place__a__add=value)
        added = stored()
        Thing.update_item(id="1", **taken)
        if not identical(added, {"id": "1", "value": value, "place": {"a": value}}):
            wrong.append((name, "add", added))
        if not identical(stored(), {"id": "1", **left}):
            wrong.append((name, "take away", stored()))
    assert wrong == []


def test_in_partial_saves(known: dict[str, Any]) -> None:
    wrong = []
    for name, value in known.items():
        Thing.put({"id": "1", "values": ["x", "y"], "place": {"a": {"b": 1}, "c": 1}})
        thing = Thing.get(id="1")
        assert thing is not None
        thing.value = value
        thing.values[1] = value
        thing.place["a"]["b"] = value
        thing.save(partial=True)
        expected = {"id": "1", "value": value, "values": ["x", value], "place": {"a": {"b": value}, "c": 1}}
        if value is None:
            del expected["value"]
        again = Thing.get(id="1")
        assert again is not None
        again.save(partial=True)
        if not identical(stored(), expected) or not identical(thing.place, {"a": {"b": value}, "c": 1}):
            wrong.append((name, stored()))
    assert wrong == []
