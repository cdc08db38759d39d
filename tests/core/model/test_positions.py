"""Positions: however a read is taken in parts, it returns each item once, in the order of the read as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectInclude
from dynamorm.exceptions import ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Entry(DynaModel):
    class Table:
        name = "positions"
        hash_key = "id"
        range_key = "number"
        ttl = "expires"

    class ByKind(GlobalIndex):
        name = "by-kind"
        hash_key = "kind"
        range_key = "place"
        projection = ProjectAll()

    class Places(LocalIndex):
        name = "places"
        hash_key = "id"
        range_key = "place"
        projection = ProjectInclude("expires")

    class Schema:
        id = fields.text(required=True)
        number = fields.integer(required=True)
        name = fields.text()
        kind = fields.text()
        place = fields.integer()
        expires = fields.integer()


READS: dict[str, Callable[..., Any]] = {
    "query": lambda **conditions: Entry.query(id="a", number__gt=1, **conditions),
    "scan": Entry.scan,
    "global index": lambda **conditions: Entry.ByKind.query(kind="x", **conditions),
    "scan of an index": Entry.ByKind.scan,
    "local index": lambda **_: Entry.Places.query(id="a"),
    "parallel": lambda **conditions: Entry.scan(**conditions).parallel(3),
    "segment": lambda **conditions: Entry.scan(**conditions).segment(0, of=1),
}
FILTERS: tuple[dict[str, Any], ...] = ({}, {"name": "n"}, {"name": "nobody"}, {"expires__exists": True})


def items() -> st.SearchStrategy[list[dict[str, Any]]]:
    item = st.fixed_dictionaries(
        {"id": st.sampled_from("ab"), "number": st.integers(0, 30)},
        optional={
            # The schema refuses a list.
            "name": st.sampled_from(["n", "o", ["refused"]]),
            "kind": st.sampled_from("xy"),
            "place": st.integers(0, 3),
            "expires": st.sampled_from([1_000_000_000, 90_000_000_000]),
        },
    )
    return st.lists(item, max_size=25, unique_by=lambda found: (found["id"], found["number"]))


#: What is asked of a read in between, and leaves its position.
ASKED: dict[str, Callable[[Any], object]] = {"len": len, "bool": bool, "count": lambda read: read.count()}


class Part(NamedTuple):
    """What is taken of a read, and how it goes on."""

    taken: int
    asked: str
    then: str


PARTS = st.builds(Part, st.integers(1, 6), st.sampled_from(("", *ASKED)), st.sampled_from(("start", "after", "again")))
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "page_size": st.integers(1, 8).map(lambda size: (size,)),
        "limit": st.integers(1, 8).map(lambda limit: (limit,)),
        "unexpired": st.just(()),
        "invalid": st.just(("skip",)),
        "specific_attributes": st.just((["id", "number"],)),
    },
)


def key_of(given: Iterator[Any]) -> tuple[Any, ...]:
    """The key of the next item, which the schema may refuse."""
    try:
        entry = next(given)
    except ValidationError as error:
        key = error.key
        assert key is not None
        return key["id"], key["number"]
    return entry.id, entry.number


def keys(given: Iterator[Any]) -> list[tuple[Any, ...]]:
    return list(iter(lambda: _key_or_end(given), ()))


def _key_or_end(given: Iterator[Any]) -> tuple[Any, ...]:
    try:
        return key_of(given)
    except StopIteration:
        return ()


def in_parts(template: Any, parts: Callable[[], Part]) -> list[tuple[Any, ...]]:
    """The keys of the items of a read that is taken in parts."""
    read, found = template, []
    while True:
        part = parts()
        if part.asked:
            ASKED[part.asked](read)
        for _ in range(part.taken):
            if not (key := _key_or_end(read)):
                break
            found.append(key)
        position, cursor = read.last, read.cursor
        assert (position is None) == (cursor is None)
        if position is None:
            return found
        if part.then == "again":
            read.again()
        else:
            read = template.start(position) if part.then == "start" else template.after(cursor)


@pytest.mark.parametrize("reading", READS)
def test_parts_of_a_read_are_the_whole(backend: Backend, reading: str, request: pytest.FixtureRequest) -> None:
    @settings(max_examples=60 if "sqlite" in request.node.name else 5)
    @given(items(), st.sampled_from(FILTERS), SETTINGS, st.data())
    def check(stored: list[dict[str, Any]], conditions: dict[str, Any], chosen: dict[str, Any], data: Any) -> None:
        for item in stored:
            table_of(Entry).put(item)
        try:
            whole, part_by_part = READS[reading](**conditions), READS[reading](**conditions)
            for name, arguments in chosen.items():
                part_by_part = getattr(part_by_part, name)(*arguments)
                if name != "limit":
                    whole = getattr(whole, name)(*arguments)
            expected = keys(iter(whole))
            found = in_parts(part_by_part, lambda: data.draw(PARTS))
            assert sorted(found) == sorted(expected)
            assert reading == "parallel" or found == expected
        finally:
            Entry.delete_batch(*({"id": item["id"], "number": item["number"]} for item in stored))

    with dynamorm.using(backend):
        table_of(Entry).create_table()
        check()
