"""Whether the present item can be what a write has left, by each action of an update."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm.data import (
    Add,
    Delete,
    IfNotExists,
    Item,
    KeyAttribute,
    ListAppend,
    Path,
    Plus,
    Remove,
    Set,
    TableSpec,
    Value,
)
from dynamorm.engine.plans import writes
from dynamorm.engine.plans.items import write
from dynamorm.exceptions import ConditionFailed

SPEC = TableSpec("books", KeyAttribute("isbn", "S"))
KEY: Item = {"isbn": "1"}
TITLE, TAGS, COPIES, CITY = Path.of("title"), Path.of("tags"), Path.of("copies"), Path.of("place", "city")
ITEM: Item = {
    **KEY,
    "title": "x",
    "tags": {"a", "b"},
    "copies": 2,
    "place": {"city": "Rome"},
    "list": ["a"],
    "yes": True,
}

ACTIONS: dict[str, tuple[Any, bool]] = {
    "a value": (Set(TITLE, Value("x")), True),
    "another value": (Set(TITLE, Value("y")), False),
    "True is not 1": (Set(Path.of("yes"), Value(1)), False),
    "a value below": (Set(CITY, Value("Rome")), True),
    "another value below": (Set(CITY, Value("Oslo")), False),
    "a value below nothing": (Set(Path.of("title", "city"), Value("Rome")), False),
    "a sum": (Set(COPIES, Plus(COPIES, Value(1))), True),
    "a sum that is not there": (Set(Path.of("sold"), Plus(COPIES, Value(1))), False),
    "a default": (Set(TITLE, IfNotExists(TITLE, Value("y"))), True),
    "a longer list": (Set(Path.of("list"), ListAppend(Path.of("list"), Value(["a"]))), True),
    "an element of a list": (Set(Path.of("list", 3), Value("z")), True),
    "a removal": (Remove(Path.of("gone")), True),
    "a removal of what is there": (Remove(TITLE), False),
    "a number": (Add(COPIES, 1), True),
    "elements of a set": (Add(TAGS, {"a"}), True),
    "missing elements of a set": (Add(TAGS, {"a", "z"}), False),
    "removed elements of a set": (Delete(TAGS, {"z"}), True),
    "a removed set": (Delete(Path.of("gone"), {"z"}), True),
    "present elements of a set": (Delete(TAGS, {"a", "z"}), False),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_update_may_be_ones_own(action: str) -> None:
    made, own = ACTIONS[action]
    assert failure(writes.update(SPEC, KEY, [made]), ITEM).may_be_own is own
    assert not failure(writes.update(SPEC, KEY, [made]), None).may_be_own


def test_put_may_be_ones_own() -> None:
    assert failure(writes.put(SPEC, ITEM), dict(ITEM)).may_be_own
    assert not failure(writes.put(SPEC, ITEM), {**ITEM, "more": 1}).may_be_own
    assert not failure(writes.put(SPEC, ITEM), None).may_be_own


def test_delete_may_be_ones_own() -> None:
    assert failure(writes.delete(SPEC, KEY), None).may_be_own
    assert not failure(writes.delete(SPEC, KEY), ITEM).may_be_own


def failure(made: writes.Write, item: Item | None) -> ConditionFailed:
    """The failure of a write whose second attempt finds this *item*."""
    plan = write(made)
    next(plan)
    error = ConditionFailed("It does not hold.", item)
    error.retries = error.unconfirmed_attempts = 1
    with pytest.raises(ConditionFailed) as caught:
        plan.throw(error)
    return caught.value
