"""Two programs that change the same lists, maps and sets in place: both changes are kept, or the second is refused."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeAlias

import pytest

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import ItemTooLarge, RequestRejected, StaleItem
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Shelf(DynaModel):
    class Table:
        name = "shelves"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        tags = fields.list_of(fields.text(), attribute="Tags")
        new = fields.list_of(fields.text(), default=lambda: ["first"])
        lines = fields.list_of(fields.nested({"sku": fields.text(), "count": fields.integer()}))
        rows = fields.list_of(fields.list_of(fields.text()))
        lists = fields.map_of(fields.list_of(fields.text()))
        home = fields.nested({"city": fields.text(attribute="City"), "phones": fields.list_of(fields.text())})
        notes = fields.map_of()


ITEM: dict[str, Any] = {
    "id": "1",
    "Tags": ["a", "b", "c"],
    "lines": [{"sku": "x", "count": 1}, {"sku": "y", "count": 1}],
    "rows": [["a"], ["b"]],
    "lists": {"p": ["a"], "q": ["b"]},
    "home": {"City": "Oslo", "phones": ["1"]},
    "notes": {"m": {"n": 1}, "l": [1, 2]},
}
STALE = object()
Change: TypeAlias = Callable[[Shelf], object]


def _set(values: Any, name: Any, value: Any) -> None:
    values[name] = value


def append(text: str) -> Change:
    return lambda shelf: shelf.tags.append(text)


def assign(index: int) -> Change:
    return lambda shelf: _set(shelf.tags, index, "new")


#: What one program and another one change, and what of the item has changed then; ``STALE``: the second is refused.
CASES: dict[str, tuple[Change, Change, object]] = {
    "append, append": (append("x"), append("y"), {"Tags": ["a", "b", "c", "x", "y"]}),
    "append, assign": (append("x"), assign(0), STALE),
    "assign, append": (assign(0), append("x"), {"Tags": ["new", "b", "c", "x"]}),
    "assign, assign another": (assign(0), assign(2), {"Tags": ["new", "b", "new"]}),
    "assign, assign the same": (assign(0), assign(0), STALE),
    "remove, remove": (lambda s: s.tags.remove("a"), lambda s: s.tags.remove("c"), STALE),
    "append, remove": (append("x"), lambda s: s.tags.remove("c"), STALE),
    "append, pop": (append("x"), lambda s: s.tags.pop(), STALE),
    "pop, append": (lambda s: s.tags.pop(), append("x"), {"Tags": ["a", "b", "x"]}),
    "insert, assign": (lambda s: s.tags.insert(0, "x"), assign(0), STALE),
    "assign, insert": (assign(2), lambda s: s.tags.insert(0, "x"), STALE),
    "assign, sort": (assign(1), lambda s: s.tags.reverse(), STALE),
    "append, replace": (append("x"), lambda s: _set(s.__dict__, "tags", ["z"]), STALE),
    "append, clear": (append("x"), lambda s: s.tags.clear(), STALE),
    "append, none": (append("x"), lambda s: _set(s.__dict__, "tags", None), STALE),
    "none, append": (lambda s: _set(s.__dict__, "tags", None), append("x"), {"Tags": ["x"]}),
    "a default, twice": (
        lambda s: s.new.append("x"),
        lambda s: s.new.append("y"),
        {"new": ["first", "x", "y"]},
    ),
    "in a list of maps": (
        lambda s: _set(s.lines[0], "count", 5),
        lambda s: _set(s.lines[1], "count", 6),
        {"lines": [{"sku": "x", "count": 5}, {"sku": "y", "count": 6}]},
    ),
    "in one map of a list": (lambda s: _set(s.lines[0], "count", 5), lambda s: _set(s.lines[0], "sku", "z"), STALE),
    "maps that have moved": (lambda s: s.lines.reverse(), lambda s: _set(s.lines[0], "count", 5), STALE),
    "append maps": (
        lambda s: s.lines.append({"sku": "v", "count": 1}),
        lambda s: s.lines.append({"sku": "w", "count": 1}),
        {"lines": [*ITEM["lines"], {"sku": "v", "count": 1}, {"sku": "w", "count": 1}]},
    ),
    "append below a list": (lambda s: s.rows[0].append("x"), lambda s: s.rows[0].append("y"), STALE),
    "append below others": (
        lambda s: s.rows[0].append("x"),
        lambda s: s.rows[1].append("y"),
        {"rows": [["a", "x"], ["b", "y"]]},
    ),
    "append in a map": (
        lambda s: s.lists["p"].append("x"),
        lambda s: s.lists["p"].append("y"),
        {"lists": {"p": ["a", "x", "y"], "q": ["b"]}},
    ),
    "remove in a map": (lambda s: s.lists["p"].append("x"), lambda s: s.lists["p"].clear(), STALE),
    "new lists in a map": (lambda s: _set(s.lists, "r", ["x"]), lambda s: _set(s.lists, "r", ["y"]), STALE),
    "other lists in a map": (
        lambda s: _set(s.lists, "r", ["x"]),
        lambda s: _set(s.lists, "s", ["y"]),
        {"lists": {"p": ["a"], "q": ["b"], "r": ["x"], "s": ["y"]}},
    ),
    "a list that is gone": (
        lambda s: s.lists.pop("p"),
        lambda s: s.lists["p"].append("x"),
        {"lists": {"p": ["x"], "q": ["b"]}},
    ),
    "a list that has grown": (lambda s: s.lists["p"].append("x"), lambda s: s.lists.pop("p"), STALE),
    "in a nested schema": (
        lambda s: s.home["phones"].append("2"),
        lambda s: s.home["phones"].append("3"),
        {"home": {"City": "Oslo", "phones": ["1", "2", "3"]}},
    ),
    "beside a list": (
        lambda s: s.home["phones"].append("2"),
        lambda s: _set(s.home, "city", "Rome"),
        {"home": {"City": "Rome", "phones": ["1", "2"]}},
    ),
    "a schema that is gone": (
        lambda s: _set(s.__dict__, "home", None),
        lambda s: s.home["phones"].append("3"),
        STALE,
    ),
    "a map that is gone": (lambda s: s.notes.pop("m"), lambda s: _set(s.notes["m"], "n", 2), STALE),
    "a map that has changed": (lambda s: _set(s.notes["m"], "n", 2), lambda s: s.notes.pop("m"), STALE),
    "a map that has become another thing": (
        lambda s: _set(s.notes, "m", "text"),
        lambda s: _set(s.notes["m"], "n", 2),
        STALE,
    ),
    "a list that has become another thing": (
        lambda s: _set(s.notes, "l", None),
        lambda s: s.notes["l"].append(3),
        STALE,
    ),
    "new maps": (lambda s: _set(s.notes, "k", {"a": 1}), lambda s: _set(s.notes, "k", {"b": 1}), STALE),
    "entries of maps": (
        lambda s: _set(s.notes, "k", 1),
        lambda s: _set(s.notes, "k", 2),
        {"notes": {**ITEM["notes"], "k": 2}},
    ),
    "another field": (
        lambda s: s.rows.clear(),
        append("y"),
        {"rows": [], "Tags": ["a", "b", "c", "y"]},
    ),
}
SHORT: dict[str, tuple[Change, Change, object]] = {
    "lists": (lambda s: _set(s.__dict__, "tags", ["x"]), lambda s: _set(s.__dict__, "tags", ["y"]), STALE),
    "maps": (lambda s: _set(s.__dict__, "notes", {"x": 1}), lambda s: _set(s.__dict__, "notes", {"y": 1}), STALE),
}


def _read() -> Shelf:
    shelf = Shelf.get(id="1", consistent=True)
    assert shelf is not None
    return shelf


def _item() -> dict[str, Any]:
    return table_of(Shelf).get(id="1", consistent=True) or {}


def save_alone(shelf: Shelf) -> None:
    shelf.save(partial=True)


def save_in_transaction(*shelves: Shelf) -> None:
    with dynamorm.transaction() as tx:
        for shelf in shelves:
            tx.save(shelf, partial=True)


@pytest.mark.parametrize("save", [save_alone, save_in_transaction])
@pytest.mark.parametrize(("cases", "before"), [(CASES, ITEM), (SHORT, {"id": "1"})], ids=["there", "not there"])
def test_what_two_programs_change(
    connected: Backend,
    cases: dict[str, tuple[Change, Change, object]],
    before: dict[str, Any],
    save: Callable[[Shelf], None],
) -> None:
    table_of(Shelf).create_table()
    wrong: list[str] = []
    for name, (first, second, expected) in cases.items():
        table_of(Shelf).put(before)
        mine, theirs = _read(), _read()
        unchanged = deepcopy(theirs.to_dict())
        first(mine)
        second(theirs)
        changed = [name for name, value in theirs.to_dict().items() if value != unchanged.get(name)]
        save(mine)
        after_first = _item()
        seen: object
        try:
            save(theirs)
            seen = {each: value for each, value in _item().items() if value != before.get(each)}
            if save is save_alone:
                # A transaction returns nothing: there the instance has what it wrote.
                mine_now, now = theirs.to_dict(), _read().to_dict()
                wrong += [f"{name}: the instance" for each in changed if mine_now.get(each) != now.get(each)]
        except StaleItem:
            seen = STALE
            assert _item() == after_first
        if seen != expected:
            wrong.append(f"{name}: {'StaleItem' if seen is STALE else seen}")
    assert not wrong


def test_the_message_says_what_has_changed(connected: Backend) -> None:
    table_of(Shelf).create_table()
    table_of(Shelf).put(ITEM)
    mine, theirs = _read(), _read()
    mine.tags.pop()
    save_alone(mine)
    theirs.tags.insert(0, "x")
    theirs.rows.pop()
    with pytest.raises(StaleItem, match="'tags' differs, so the change") as raised:
        save_alone(theirs)
    assert "rows" not in str(raised.value)
    assert raised.value.item == _item()


@pytest.mark.parametrize(("count", "depth"), [(300, 1), (90, 8)])
def test_many_parts_are_one_value(connected: Backend, count: int, depth: int) -> None:
    def notes(value: int) -> dict[str, Any]:
        return {str(number): _nested(value, depth) for number in range(count)}

    table_of(Shelf).create_table()
    table_of(Shelf).put({"id": "1", "notes": notes(0), "Tags": ["a"]})
    mine, theirs, third = _read(), _read(), _read()
    for number in range(count):
        mine.notes[str(number)] = _nested(1, depth)
        theirs.notes[str(number)] = _nested(2, depth)
    mine.tags.append("b")
    save_alone(mine)
    with pytest.raises(StaleItem, match="'notes'"):
        save_alone(theirs)
    assert _item() == {"id": "1", "notes": notes(1), "Tags": ["a", "b"]}
    third.notes["other"] = 1
    save_alone(third)
    assert _item()["notes"] == {**notes(1), "other": 1}


def _nested(value: int, depth: int) -> Any:
    return value if depth == 1 else {"deep": _nested(value, depth - 1)}


@pytest.mark.one_schema_library
def test_errors_name_lists_that_are_too_large(connected: Backend) -> None:
    table_of(Shelf).create_table()
    table_of(Shelf).put({"id": "1", "Tags": ["x" * 1000] * 390})
    too_large = "It changes {}, and compares these with what was read"
    for position in (0, 390):
        shelf = _read()
        shelf.tags.insert(position, "x" * 50_000)
        with pytest.raises(ItemTooLarge, match=too_large.format("'tags'")):
            save_alone(shelf)
        with pytest.raises(ItemTooLarge, match=too_large.format("'Shelf.tags'")):
            save_in_transaction(shelf)
    shelves = [Shelf(id=str(number), tags=["x" * 1000] * 200) for number in range(12)]
    for shelf in shelves:
        shelf.save()
        shelf.tags.insert(0, "y")
    with pytest.raises(RequestRejected, match=r"4 MB.*" + too_large.format("'Shelf.tags'")):
        save_in_transaction(*shelves)
    assert table_of(Shelf).get(id="0", consistent=True) == {"id": "0", "Tags": ["x" * 1000] * 200, "new": ["first"]}
