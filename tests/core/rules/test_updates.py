"""Updates of one item, as DynamoDB Local judges them."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from dynamorm.data import (
    Add,
    AttributeValue,
    Delete,
    IfNotExists,
    Item,
    ListAppend,
    Minus,
    Number,
    Path,
    Plus,
    Remove,
    Set,
    UpdateAction,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import InvalidUpdate, InvalidValue, Unsupported
from dynamorm.ports.backends import Backend
from dynamorm.rules import Update
from dynamorm.wire import encode

P, V = Path.of, Value
ONES: set[Number] = {1}
ONES_AND_TWOS: set[Number] = {1, 2}
ITEM: Item = {
    "n": 5,
    "s": "x",
    "list": [1, 2, 3, 4],
    "map": {"a": 1, "b": {"c": 2}},
    "tags": {"a", "b"},
    "numbers": ONES,
}

CASES: list[tuple[list[UpdateAction], dict[str, AttributeValue]]] = [
    ([Set(P("n"), V(1))], {"n": 1}),
    ([Set(P("new"), V(None))], {"new": None}),
    ([Set(P("n"), V(100)), Set(P("s"), P("n"))], {"n": 100, "s": 5}),
    ([Set(P("n"), P("s")), Set(P("s"), P("n"))], {"n": "x", "s": 5}),
    ([Set(P("n"), Plus(P("n"), V(1)))], {"n": 6}),
    ([Set(P("n"), Minus(V(1), P("n")))], {"n": -4}),
    ([Set(P("n"), Plus(P("n"), V(Decimal("0.5"))))], {"n": Decimal("5.5")}),
    ([Set(P("n"), Minus(V(Decimal("1.5")), V(Decimal("0.5"))))], {"n": 1}),
    ([Set(P("n"), Plus(V(10**38 - 1), V(1)))], {"n": 10**38}),
    ([Set(P("new"), Plus(IfNotExists(P("new"), V(0)), V(2)))], {"new": 2}),
    ([Set(P("n"), IfNotExists(P("n"), V(1)))], {"n": 5}),
    ([Set(P("new"), IfNotExists(P("map", "x", "y"), P("list")))], {"new": [1, 2, 3, 4]}),
    ([Set(P("list"), ListAppend(P("list"), V([5])))], {"list": [1, 2, 3, 4, 5]}),
    ([Set(P("list"), ListAppend(V([0]), P("list")))], {"list": [0, 1, 2, 3, 4]}),
    ([Set(P("new"), ListAppend(IfNotExists(P("new"), V([])), V([1])))], {"new": [1]}),
    ([Set(P("map", "a"), V(2)), Set(P("map", "x"), V(3))], {"map": {"a": 2, "b": {"c": 2}, "x": 3}}),
    ([Set(P("map", "b", "c"), P("list", 3))], {"map": {"a": 1, "b": {"c": 4}}}),
    ([Set(P("list", 1), V("two"))], {"list": [1, "two", 3, 4]}),
    ([Set(P("list", 20), V("b")), Set(P("list", 10), V("a"))], {"list": [1, 2, 3, 4, "a", "b"]}),
    ([Remove(P("list", 0)), Remove(P("list", 2))], {"list": [2, 4]}),
    ([Remove(P("list", 9))], {}),
    ([Set(P("list", 1), V("one")), Remove(P("list", 0)), Remove(P("list", 2))], {"list": ["one", 4]}),
    ([Set(P("list", 4), V("e")), Remove(P("list", 1)), Remove(P("list", 0))], {"list": [3, 4, "e"]}),
    ([Remove(P("list", 4)), Set(P("list", 9), V("e"))], {"list": [1, 2, 3, 4, "e"]}),
    ([Remove(P("map", "a")), Remove(P("map", "missing"))], {"map": {"b": {"c": 2}}}),
    ([Remove(P("missing"))], {}),
    ([Add(P("n"), -2)], {"n": 3}),
    ([Add(P("new"), 2)], {"new": 2}),
    ([Add(P("list", 0), 10)], {"list": [11, 2, 3, 4]}),
    ([Add(P("list", 9), 5), Add(P("list", 7), 4)], {"list": [1, 2, 3, 4, 4, 5]}),
    ([Add(P("tags"), {"c", "a"})], {"tags": {"a", "b", "c"}}),
    ([Add(P("map", "tags"), {"c"})], {"map": {"a": 1, "b": {"c": 2}, "tags": {"c"}}}),
    ([Delete(P("tags"), {"a", "z"})], {"tags": {"b"}}),
    ([Delete(P("missing"), {"a"})], {}),
    ([Add(P("numbers"), ONES_AND_TWOS)], {"numbers": ONES_AND_TWOS}),
    ([], {}),
]

REFUSED: list[tuple[list[UpdateAction], str]] = [
    ([Set(P("n"), V(1)), Set(P("n"), V(2))], "changes 'n' twice"),
    ([Set(P("map", "a"), V(1)), Remove(P("map"))], "both 'map.a' and 'map', which overlap"),
    ([Set(P("map", "a"), V(1)), Set(P("map", 0), V(2))], r"both 'map.a' and 'map\[0\]', which overlap"),
    ([Set(P("missing", "a"), V(1))], "can't reach 'missing.a', because 'missing' is not a map"),
    ([Set(P("s", "a"), V(1))], "because 's' is not a map"),
    ([Set(P("s", 0), V(1))], "because 's' is not a list"),
    ([Set(P("list", "a"), V(1))], "because 'list' is not a map"),
    ([Set(P("list", 9, "a"), V(1))], r"because 'list\[9\]' is not a map"),
    ([Remove(P("missing", "a"))], "because 'missing' is not a map"),
    ([Delete(P("missing", "a"), {"x"})], "because 'missing' is not a map"),
    ([Set(P("n"), P("missing"))], "reads 'missing', which this item does not have"),
    ([Set(P("n"), IfNotExists(P("n"), P("missing")))], "reads 'missing', which this item does not have"),
    ([Set(P("n"), IfNotExists(P("n"), P("n")))], "gives 'n' itself as its default"),
    ([Set(P("n"), Plus(P("n"), P("s")))], "'n' in 'books' has an operand of the wrong type: it takes numbers"),
    ([Set(P("n"), Plus(P("missing"), V("x")))], "it takes numbers, not a value of the type S"),
    ([Set(P("list"), ListAppend(P("list"), P("n")))], "it takes lists, not a value of the type N"),
    ([Set(P("list"), ListAppend(P("list"), V(9)))], "it takes lists, not a value of the type N"),
    ([Add(P("n"), "x")], "ADD takes a number or a set, not a value of the type S"),
    ([Add(P("s"), 1)], "ADD can't add a N to a S"),
    ([Add(P("tags"), ONES)], "ADD can't add a NS to a SS"),
    ([Add(P("n"), ONES)], "ADD can't add a NS to a N"),
    ([Delete(P("tags"), "a")], "DELETE takes a set, not a value of the type S"),
    ([Delete(P("tags"), ONES)], "DELETE can't take a NS out of a SS"),
    ([Delete(P("n"), ONES)], "DELETE can't take a NS out of a N"),
]


@pytest.mark.parametrize(("actions", "changed"), CASES)
def test_result(actions: list[UpdateAction], changed: Item) -> None:
    before = deepcopy(ITEM)
    assert Update("books", actions).apply_to(ITEM) == {**ITEM, **changed}
    assert before == ITEM


@pytest.mark.parametrize(
    ("action", "name"),
    [(Remove(P("n")), "n"), (Delete(P("tags"), {"a", "b", "c"}), "tags"), (Delete(P("numbers"), ONES), "numbers")],
)
def test_attribute_goes(action: UpdateAction, name: str) -> None:
    assert Update("books", [action]).apply_to(ITEM) == {key: value for key, value in ITEM.items() if key != name}


@pytest.mark.parametrize(("actions", "reason"), REFUSED)
def test_is_refused(actions: list[UpdateAction], reason: str) -> None:
    with pytest.raises(InvalidUpdate, match=reason):
        Update("books", actions).apply_to(ITEM)


@pytest.mark.parametrize(
    "action",
    [
        Set(P("n"), Plus(V(10**38 - 1), V(5))),
        Set(P("n"), Plus(V(1), V(Decimal("1E-38")))),
        Set(P("n"), Minus(V(Decimal("1.1E-130")), V(Decimal("1E-130")))),
        Add(P("n"), Decimal("1E-40")),
    ],
)
def test_number_that_dynamodb_can_not_hold(action: UpdateAction) -> None:
    with pytest.raises(InvalidValue, match="'n' is a number"):
        Update("books", [action]).apply_to(ITEM)


def test_changed_attributes_are_those_that_a_path_leads_into() -> None:
    update = Update("books", [Set(P("map", "x"), V(1)), Remove(P("list", 9)), Remove(P("n")), Set(P("new"), V(1))])
    assert update.changed_attributes(ITEM) == {"n": 5}
    assert update.changed_attributes(update.apply_to(ITEM)) == {"map": {"a": 1, "b": {"c": 2}, "x": 1}, "new": 1}


@dataclass(frozen=True)
class Stranger:
    """An action or operand that some later version of the core may have."""

    path: Path


STRANGER: Any = Stranger(P("n"))


@pytest.mark.parametrize(
    "action",
    [
        STRANGER,
        Set(P("n"), STRANGER),
        Set(P("n"), Plus(P("n"), STRANGER)),
        Set(P("n"), Minus(STRANGER, V(1))),
        Set(P("list"), ListAppend(V([]), STRANGER)),
        Set(P("n"), IfNotExists(P("n"), STRANGER)),
        Set(P("n"), Plus(IfNotExists(P("n"), STRANGER), V(1))),
    ],
)
def test_what_is_unknown_is_never_ignored(action: UpdateAction, memory: Backend) -> None:
    with pytest.raises(Unsupported, match="of the type Stranger are unknown"):
        Update("books", [action])
    update = UpdateItem("books", {"author": "a", "year": 1}, (action,))
    with pytest.raises(Unsupported, match="of the type Stranger are unknown"):
        memory.execute(update)
    with pytest.raises(Unsupported, match="of the type Stranger are unknown"):
        encode(update)
