"""Queries by the fields of composed keys find the items that a filter in Python finds, on every backend."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, Q
from dynamorm.exceptions import InvalidOperator
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

START = datetime(2025, 1, 1, tzinfo=UTC)
INSTANTS = [START + timedelta(microseconds=each) for each in (0, 1, 250_000, 1_000_000, 90_000_000)]
NAMES = ["a", "a b", "ab", "a!", "a$", "b", "A", "é", "a-", "a\N{GRINNING FACE}", "2025-01-01"]
#: Some hold a separator, or what is written for it.
ESCAPED_NAMES = [*NAMES, "a#", "a#b", "a|b", "a%", "a%23", "%", "#", "a$#"]
DAYS = [date(2025, 1, 1), date(2025, 1, 2), date(2025, 12, 31)]
NUMBERS = [0, 9, 10, 999]
#: The fields of the range keys, in their order.
RANGES = {"table": ("name", "placed", "number"), "by_day": ("day", "name"), "by_number": ("number", "placed")}
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "ne": operator.ne,
}


def order_model(separator: str, *, escape: bool) -> Any:
    """A model, made for the library in force, as its date-times have a form of their own in keys."""
    s, escapes = separator, escape

    class Order(DynaModel):
        class Table:
            name = "orders"
            hash_key = Key(f"CUSTOMER{s}{{customer}}")
            range_key = Key(f"ORDER{s}{{name}}{s}{{placed}}{s}{{number:03d}}")
            separator = s
            escape = escapes

        class ByDay(GlobalIndex):
            name = "by-day"
            hash_key = Key(f"PAID{s}{{paid}}", attribute="gsi1pk")
            range_key = Key(f"{{day}}{s}{{name}}", attribute="gsi1sk")
            projection = ProjectAll()

        class ByNumber(GlobalIndex):
            name = "by-number"
            hash_key = Key("ALL", attribute="gsi2pk")
            range_key = Key(f"{{number:05d}}{s}{{placed}}{s}end", attribute="gsi2sk")
            projection = ProjectAll()

        class Schema:
            customer = fields.text(required=True)
            name = fields.text(required=True)
            placed = fields.instant(required=True)
            number = fields.integer(required=True)
            paid = fields.boolean()
            day = fields.date()

    return Order


def items(names: list[str]) -> list[dict[str, Any]]:
    """Items of which many share a beginning of their keys."""
    pairs = enumerate(product(names, INSTANTS[:3]))
    found: list[dict[str, Any]] = [
        {
            "customer": "c" if place % 7 else "other",
            "name": name,
            "placed": placed,
            "number": NUMBERS[place % 4],
            "paid": bool(place % 3),
            "day": DAYS[place % len(DAYS)],
        }
        for place, (name, placed) in pairs
    ]
    found += [{**each, "placed": INSTANTS[3 + each["number"] % 2], "name": "a"} for each in found[:8]]
    return list({identified(each): each for each in found}.values())


def values_of(name: str, names: list[str]) -> st.SearchStrategy[Any]:
    """Values to compare a field with, of which most are some item's."""
    zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])
    return {
        "name": st.sampled_from([*names, "aa", "z", "\N{LATIN SMALL LETTER E}"]),
        "placed": st.builds(datetime.astimezone, st.sampled_from(INSTANTS), zones),
        "number": st.sampled_from([*NUMBERS, 5, 11]),
        "day": st.sampled_from([*DAYS, date(2025, 6, 1)]),
    }[name]


@st.composite
def conditions(draw: st.DrawFn, read: str, names: list[str]) -> dict[str, Any]:
    """Conditions on the first fields of a range key, of which the last one need not be ``=``, and filters."""
    fields_of_key = RANGES[read]
    depth = draw(st.integers(0, len(fields_of_key)))
    chosen = {name: draw(values_of(name, names)) for name in fields_of_key[:depth]}
    if depth < len(fields_of_key) and draw(st.booleans()):
        name = fields_of_key[depth]
        kinds = [*OPERATORS, "between", "in", *(["begins_with"] if name in {"name", "day"} else [])]
        kind = draw(st.sampled_from(kinds))
        if kind in {"between", "in"}:
            pair = [draw(values_of(name, names)) for _ in range(2)]
            chosen[f"{name}__{kind}"] = sorted(pair)
        elif kind == "begins_with":
            prefixes = ["a", "a-", "2025", "é"] if name == "name" else ["2025", "2025-01", "2025-12-31"]
            chosen[f"{name}__begins_with"] = draw(st.sampled_from(prefixes))
        else:
            chosen[f"{name}__{kind}"] = draw(values_of(name, names))
    return chosen


def meets(item: Mapping[str, Any], chosen: Mapping[str, Any]) -> bool:
    """Whether an *item* meets the conditions, as Python compares."""
    for keyword, value in chosen.items():
        name, _, kind = keyword.partition("__")
        own = item[name]
        if kind == "between":
            holds = value[0] <= own <= value[1]
        elif kind == "in":
            holds = own in value
        elif kind == "begins_with":
            holds = str(own).startswith(value)
        else:
            holds = OPERATORS[kind or "eq"](own, value)
        if not holds:
            return False
    return True


def identified(item: Any) -> tuple[Any, ...]:
    """What tells an item from others."""
    get = item.get if isinstance(item, dict) else lambda name: getattr(item, name)
    return get("customer"), get("name"), get("placed"), get("number")


def may_be_refused(chosen: Mapping[str, Any], separator: str) -> bool:
    """Whether a range of texts is asked for by a text with a character below the separator."""
    return any(
        keyword.partition("__")[2] in {"lt", "lte", "gt", "gte", "between"}
        and any(each < separator for text in ([value] if isinstance(value, str) else value) for each in text)
        for keyword, value in chosen.items()
        if keyword.startswith("name__")
    )


def is_refused(query: Callable[..., Any], chosen: Mapping[str, Any]) -> bool:
    """Whether a query with these conditions is refused for their operator."""
    try:
        query(**chosen)
    except InvalidOperator:
        return True
    return False


@pytest.mark.parametrize(("separator", "escape"), [("#", False), ("#", True), ("\x1f", False), ("|", True)])
def test_queries_find_what_a_filter_in_python_finds(connected: Backend, separator: str, escape: bool) -> None:
    model = order_model(separator, escape=escape)
    table_of(model).create_table()
    names = ESCAPED_NAMES if escape else NAMES
    stored = items(names)
    model.put_batch(*stored)
    reads: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
        "table": (lambda **chosen: model.query(customer="c", **chosen), {"customer": "c"}),
        "by_day": (lambda **chosen: model.ByDay.query(paid=True, **chosen), {"paid": True}),
        "by_number": (model.ByNumber.query, {}),
    }

    @settings(max_examples=120, suppress_health_check=list(HealthCheck))
    @given(st.data(), st.sampled_from(list(reads)))
    def finds(data: st.DataObject, read: str) -> None:
        query, hash_values = reads[read]
        chosen = data.draw(conditions(read, names))
        # In by_day, the name is the end of the key, so that nothing sorts after it.
        must_be_refused = may_be_refused(chosen, separator) and not escape and read != "by_day"
        if must_be_refused or (escape and is_refused(query, chosen)):
            with pytest.raises(InvalidOperator, match="separator"):
                query(**chosen)
            assert may_be_refused(chosen, separator)
            return
        found = list(query(**chosen))
        expected = [item for item in stored if meets(item, {**hash_values, **chosen})]
        assert sorted(map(identified, found)) == sorted(map(identified, expected))

    finds()


def test_other_conditions_filter_by_the_attributes_of_fields(connected: Backend) -> None:
    model = order_model("#", escape=False)
    table_of(model).create_table()
    stored = items(NAMES)
    model.put_batch(*stored)
    cases: list[tuple[Any, Callable[[dict[str, Any]], bool]]] = [
        (model.query(customer="c", name__ne="a"), lambda item: item["name"] != "a"),
        (model.query(customer="c", number__ne=9), lambda item: item["number"] != 9),
        (model.query(customer="c", name__in=["a", "b"]), lambda item: item["name"] in {"a", "b"}),
        (model.query(customer="c", name__contains="b"), lambda item: "b" in item["name"]),
        (
            model.query(Q(name="a") | Q(number=9), customer="c"),
            lambda item: item["name"] == "a" or item["number"] == 9,
        ),
        (model.query(~Q(name="a"), customer="c"), lambda item: item["name"] != "a"),
        (
            model.query(customer="c", name__gte="ab", name__ne="b"),
            lambda item: item["name"] >= "ab" and item["name"] != "b",
        ),
    ]
    for read, holds in cases:
        expected = [item for item in stored if item["customer"] == "c" and holds(item)]
        assert sorted(map(identified, read)) == sorted(map(identified, expected))
