"""Reads are complete, exact about their position, and not stopped by one bad item: each way of reading alike.

The cases come from bug reports about other libraries: PynamoDB #243 (a page taken for everything), #406 and #1266
(positions at the end of the page), #1067 (one item that can't be read raises for ever).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from threading import Barrier, Thread
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, ManyToOne, ProjectAll, ProjectKeys, using
from dynamorm.data import Item, PageResult, SegmentPositions
from dynamorm.exceptions import (
    BackendUnavailable,
    DynaModelException,
    InvalidCursor,
    InvalidValue,
    MultipleItemsFound,
    NoItemFound,
    Unsupported,
    ValidationError,
)
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend, ScriptedBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Owner(DynaModel):
    class Table:
        name = "owners"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        name = fields.text(required=True)


class Entry(DynaModel):
    class Table:
        name = "entries"
        hash_key = "id"
        range_key = "number"

    class ByKind(GlobalIndex):
        name = "by-kind"
        hash_key = "kind"
        range_key = "place"
        projection = ProjectAll()

    class ByPlace(LocalIndex):
        name = "by-place"
        hash_key = "id"
        range_key = "place"
        projection = ProjectKeys()

    class Schema:
        id = fields.text(required=True)
        number = fields.integer(required=True)
        name = fields.text(required=True)
        kind = fields.text()
        place = fields.text()
        pad = fields.text()

    owner = ManyToOne(
        Owner, query=lambda entry: {"id": entry.id}, back_query=lambda owner: {"id": owner.id}, back_reference="entries"
    )


def put(*numbers: int, pad: str = "", without_name: tuple[int, ...] = ()) -> None:
    """Put the entries of these numbers; the schema refuses those without a name."""
    for model in (Owner, Entry):
        table_of(model).create_table()
    table_of(Owner).put({"id": "b", "name": "Bob"})
    for number in numbers:
        name = {} if number in without_name else {"name": f"n{number}"}
        place = {"kind": "k", "place": f"{number:03}"}
        table_of(Entry).put({"id": "b", "number": number, "pad": pad, **name, **place})


def owner() -> Any:
    found = Owner.get(id="b")
    assert found is not None
    return found


Reading = Callable[[], Any]

READS: dict[str, Reading] = {
    "query": lambda: Entry.query(id="b"),
    "query, backwards": lambda: Entry.query(id="b").reverse(),
    "query with a filter": lambda: Entry.query(id="b", pad__exists=True),
    "query with prefetching": lambda: Entry.query(id="b").prefetch("owner"),
    "query of some attributes": lambda: Entry.query(id="b").specific_attributes(["name"]),
    "scan": Entry.scan,
    "scan with a filter": lambda: Entry.scan(pad__exists=True),
    "scan of some attributes": lambda: Entry.scan().specific_attributes(["name", "number"]),
    "parallel scan": lambda: Entry.scan().parallel(3),
    "parallel scan of some attributes": lambda: Entry.scan().parallel(3).specific_attributes(["name"]),
    "one segment": lambda: Entry.scan().segment(0, of=1),
    "global index": lambda: Entry.ByKind.query(kind="k"),
    "scan of a global index": Entry.ByKind.scan,
    "some attributes of a global index": lambda: Entry.ByKind.query(kind="k").specific_attributes(["name"]),
    "local index": lambda: Entry.ByPlace.query(id="b"),
    "relationship": lambda: owner().entries,
    "filtered relationship": lambda: owner().entries.filter(pad__exists=True),
}
#: Those whose instances are refused if they have no name.
STRICT = [name for name in READS if "attributes" not in name and name != "local index"]

each_read = pytest.mark.parametrize("reading", READS)
each_strict_read = pytest.mark.parametrize("reading", STRICT)


def names(found: Any) -> list[Any]:
    """Return something that tells the entries apart, whatever was read of them."""
    return [entry.name or entry.place for entry in found]


@pytest.fixture
def entries(connected: Backend) -> Backend:
    """Each backend in turn, in force, with nine entries."""
    put(*range(9))
    return connected


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Any]:
    """The operations that were sent after nine entries were put."""
    put(*range(9))
    recorder.sent.clear()
    return recorder.sent


# All items


@pytest.mark.usefixtures("connected")
def test_forty_large_items_are_forty_however_they_are_read() -> None:
    put(*range(40), pad="x" * 60_000)
    for name, reading in READS.items():
        if "backwards" in name or "relationship" in name:
            continue  # as a query, and slow
        read = reading()
        assert len(list(read)) == 40, name
        assert len(read.recursive()) == read.count() == 40, name
        assert sum(len(page) for page in read.pages()) == 40, name
        assert read.exists(), name
        assert read, name


@each_read
def test_all_ways_to_ask_speak_of_the_same_items(entries: Backend, reading: str) -> None:
    read = READS[reading]()
    everything = names(read)
    assert len(everything) == len(set(everything)) == 9
    assert names(read) == names(read.recursive()) == everything
    assert read.count() == len(read) == len(READS[reading]()) == 9
    assert names([read.first()]) == everything[:1]
    assert read.exists()
    assert bool(READS[reading]())
    assert names(entry for page in read.page_size(2).pages() for entry in page) == everything
    with pytest.raises(
        MultipleItemsFound, match=r"A read of Entry found more than one item, but one\(\) needs exactly"
    ):
        read.one()


@each_read
@pytest.mark.parametrize("limit", [1, 4, 9, 20])
def test_a_limit_counts_the_items_that_are_given(entries: Backend, reading: str, limit: int) -> None:
    everything = names(READS[reading]())
    for size in (None, 2, 100):
        read = READS[reading]().limit(limit)
        read = read if size is None else read.page_size(size)
        found = names(read)
        assert len(found) == min(limit, 9)
        assert set(found) <= set(everything)
        assert "parallel" in reading or found == everything[:limit]
        assert len(read) == read.count() == sum(map(len, read.pages())) == min(limit, 9)


def test_one_is_the_only_item(entries: Backend) -> None:
    assert Entry.query(id="b", name="n3").one().number == 3
    assert owner().entries.filter(number=4).one().number == 4
    assert Entry.scan(name="n3").parallel(2).one().number == 3
    with pytest.raises(NoItemFound, match=r"A read of Entry found no item, but one\(\) needs exactly one\. first\(\)"):
        Entry.query(id="none").one()
    assert issubclass(NoItemFound, LookupError)
    assert issubclass(MultipleItemsFound, ValueError)


def test_nothing_is_found_in_each_way(entries: Backend) -> None:
    for read in (Entry.query(id="none"), Entry.scan(name="none"), Entry.scan(name="none").parallel(2)):
        assert list(read) == list(read) == []
        assert (read.first(), read.exists(), read.count(), len(read), bool(read)) == (None, False, 0, 0, False)
        assert [len(page) for page in read.pages() if len(page)] == []
        assert (read.last, read.cursor) == (None, None)


def test_the_first_item_is_found_behind_any_number_of_others(sent: list[Any]) -> None:
    Entry.put_batch(*({"id": "b", "number": n, "name": "x"} for n in range(100, 400)))
    sent.clear()
    assert Entry.query(id="b", name="n8").first().number == 8  # type: ignore[union-attr]
    assert [query.limit for query in sent] == [100]
    sent.clear()
    assert Entry.query(id="b", number__gt=8, name="y").first() is None
    assert [query.limit for query in sent] == [100, 200, 400]
    sent.clear()
    assert Entry.query(id="b").first().number == 0  # type: ignore[union-attr]
    assert Entry.query(id="b").exists()
    assert [(query.limit, query.count_only) for query in sent] == [(1, False), (1, True)]


def test_what_a_limit_asks_for(sent: list[Any]) -> None:
    def limits(read: Any) -> list[int | None]:
        sent.clear()
        list(read)
        return [query.limit for query in sent]

    assert limits(Entry.query(id="b")) == [None]
    assert limits(Entry.query(id="b").limit(4)) == [4]
    assert limits(Entry.query(id="b").limit(4).page_size(3)) == [3, 3]
    assert limits(Entry.query(id="b", name__exists=True).limit(150)) == [150]
    assert limits(Entry.query(id="b", name__exists=True).limit(4).page_size(3)) == [3, 3]
    assert limits(Entry.query(id="b").page_size(5)) == [5, 5]


@pytest.mark.parametrize("size", [0, -1, True, 1.5, "3", None])
def test_a_page_size_is_a_whole_number_from_one(size: Any) -> None:
    with pytest.raises(InvalidValue, match="A page size must be a whole number, at least 1"):
        Entry.scan().page_size(size)


@pytest.mark.parametrize("ask", [list, len, lambda read: [entry for page in read.pages() for entry in page]])
def test_the_old_parameter_limit_ends_after_its_page(sent: list[Any], ask: Callable[[Any], Any]) -> None:
    for read in (
        Entry.query(id="b", name__in=["n1", "n7"], query_kwargs={"Limit": 4}),
        Entry.scan(name__in=["n1", "n7"], scan_kwargs={"Limit": 4}).recursive(),
    ):
        sent.clear()
        found = ask(read)
        assert (found if isinstance(found, int) else len(found)) == 1
        assert [query.limit for query in sent] == [4]
        assert read.count() == 1
    assert names(Entry.query(id="b", query_kwargs={"Limit": 4}).limit(6)) == [f"n{n}" for n in range(6)]
    nothing = Entry.query(id="b", name="n7", query_kwargs={"Limit": 4})
    assert list(nothing) == []
    assert nothing.last == {"id": "b", "number": 3}
    assert names(nothing.again()) == ["n7"]


# Reads don't change


@each_read
def test_configuring_makes_a_new_read(entries: Backend, reading: str) -> None:
    read = READS[reading]()
    everything = names(read)
    limited = read.limit(2)
    paged = limited.page_size(1).start(None).after(None).invalid("skip").partial(True).recursive()
    assert limited is not read
    assert (len(names(limited)), len(names(paged)), names(read)) == (2, 2, everything)


@pytest.mark.parametrize(
    "configuring",
    [
        "limit(2)",
        "page_size(2)",
        "start(None)",
        "after(None)",
        "signed(b'sixteen bytes are enough')",
        "consistent()",
        "specific_attributes(['name'])",
        "recursive()",
        "partial(True)",
        "invalid('skip')",
        "prefetch('owner')",
        "unexpired(False)",
        "parallel(2)",
        "segment(1, of=2)",
        "limit(2).page_size(2)",
    ],
)
def test_a_read_whose_configuration_is_ignored_warns(configuring: str, sent: list[Any]) -> None:
    names: dict[str, Any] = {"read": Entry.scan()}
    with pytest.warns(RuntimeWarning, match=r"configured, and the result ignored.*read = read\.limit\(10\)"):
        exec(f"read.{configuring}", names)
    exec(f"kept = read.{configuring}\ndel kept", names)  # it was not needed in the end
    assert sent == []


@pytest.mark.usefixtures("entries")
def test_a_configured_query_set_can_be_filtered_further() -> None:
    some = owner().entries.limit(3).reverse().filter(number__lt=8)
    assert [entry.number for entry in some] == [7, 6, 5]
    assert [entry.number for entry in some.filter(number__lt=7, name__in=["n0", "n6"])] == [6, 0]
    assert some.filter(number__lt=2).first().number == 1
    assert [len(page) for page in some.page_size(2).pages()] == [2, 1]


# Iterations


@each_read
def test_iterating_again_reads_again(entries: Backend, reading: str) -> None:
    read = READS[reading]()
    assert len(list(read)) == len(list(read)) == 9
    table_of(Entry).delete_item(id="b", number=0)
    assert len(list(read)) == 8
    assert next(read, None) is None
    assert [len(list(islice(read, 2))) for _ in range(3)] == [2, 2, 2]


@each_read
def test_an_iteration_within_another_is_one_of_its_own(entries: Backend, reading: str) -> None:
    read = READS[reading]().limit(3)
    assert len([(one.name, other.name) for one in read for other in read]) == 9
    if read:  # its page is kept for the first iteration only
        assert len([(one.name, other.name) for one in read for other in read]) == 9


def test_next_begins_an_iteration_that_for_goes_on_with(sent: list[Any]) -> None:
    read = Entry.query(id="b").limit(4)
    assert next(read).number == 0
    assert [entry.number for entry in islice(read, 1)] == [1]
    assert [entry.number for entry in read] == [2, 3]
    assert len(sent) == 1
    with pytest.raises(StopIteration):
        next(read)
    assert [entry.number for entry in read] == [0, 1, 2, 3]
    for _ in read:
        break
    assert next(read).number == 1
    assert [entry.number for entry in read] == [0, 1, 2, 3]


@each_read
@pytest.mark.parametrize("collect", [list, tuple, sorted, lambda read: [*read], set, lambda read: list(iter(read))])
def test_collecting_sends_each_page_once(reading: str, collect: Callable[[Any], Any], sent: list[Any]) -> None:
    read = READS[reading]().page_size(4)
    Entry.__lt__ = lambda self, other: names([self]) < names([other])
    sent.clear()
    try:
        assert len(collect(read)) == 9
    finally:
        del Entry.__lt__
    once = len(sent)
    sent.clear()
    for _ in READS[reading]().page_size(4):
        pass
    assert len([each for each in sent if not hasattr(each, "key")]) == once


def test_length_is_counted_once_an_item_was_given(sent: list[Any]) -> None:
    read = Entry.query(id="b").page_size(4)
    assert len(read) == len(read) == 9
    assert [query.count_only for query in sent] == [False] * 3
    next(read)
    assert len(read) == 9
    assert [query.count_only for query in sent] == [False] * 3 + [True] * 3
    assert len(list(read)) == 8


def test_truth_asks_for_one_page_and_keeps_it(sent: list[Any]) -> None:
    read = Entry.query(id="b").page_size(4)
    assert read
    assert read
    assert len(sent) == 1
    assert len([*read]) == 9
    assert len(sent) == 3
    empty = Entry.query(id="none")
    assert not empty
    Entry.put({"id": "none", "number": 1, "name": "late"})
    assert empty
    assert names(empty) == ["late"]


# Positions


@each_read
def test_last_is_after_the_last_item_that_was_given(entries: Backend, reading: str) -> None:
    everything = names(READS[reading]())
    for taken in range(1, 9):
        for read in (READS[reading](), READS[reading]().limit(8), READS[reading]().page_size(3)):
            assert (read.last, read.cursor) == (None, None)
            found = names(islice(read, taken))
            rests = [READS[reading]().start(read.last), READS[reading]().after(read.cursor)]
            found_then = [names(rest) for rest in rests]
            assert all(sorted([*found, *rest]) == sorted(everything) for rest in found_then)
            assert "parallel" in reading or found_then == [everything[taken:]] * 2
            assert names(read.again()) == found_then[0][: 8 if "parallel" not in reading else None] or read is not None


def test_length_and_truth_leave_the_position(entries: Backend) -> None:
    for ask in (len, bool):
        read = Entry.query(id="b").page_size(4)
        found = names(next(read.pages()))
        position = read.last, read.cursor
        assert position[0] is not None
        assert ask(read)
        assert (read.last, read.cursor) == position
        assert len([*found, *read.again()]) == 9


@each_read
def test_again_goes_on_item_by_item(entries: Backend, reading: str) -> None:
    read = READS[reading]()
    found = []
    # The last segments of a parallel scan may turn out to be empty.
    while (entry := next(read, None)) is not None:
        found += names([entry])
        if read.last is None:
            break
        assert read.again() is read
    assert sorted(found) == sorted(names(READS[reading]()))


@each_read
def test_the_cursor_of_each_item_of_a_page(entries: Backend, reading: str) -> None:
    everything = names(READS[reading]())
    given: list[Any] = []
    for page in READS[reading]().page_size(4).pages():
        for entry in page:
            given += names([entry])
            rest = names(READS[reading]().after(page.cursor_of(entry)))
            if "parallel" in reading:
                assert sorted(given + rest) == sorted(everything)
            else:
                assert given + rest == everything
    assert given == everything


def test_a_cursor_is_only_that_of_an_item_of_the_page(sent: list[Any]) -> None:
    first, second = islice(Entry.query(id="b").page_size(4).pages(), 2)
    with pytest.raises(DynaModelException, match="Entry that is not one of this page's instances"):
        first.cursor_of(second[0])


def test_a_parallel_scan_has_a_position_for_each_segment(recorder: RecordingBackend) -> None:
    table_of(Entry).create_table()
    Entry.put_batch(*({"id": f"i{n}", "number": n, "name": f"n{n}"} for n in range(30)))
    recorder.max_concurrency = 4
    for taken in range(1, 30):
        read = Entry.scan().parallel(4).page_size(3)
        found = names(islice(read, taken))
        assert isinstance(read.last, SegmentPositions)
        assert sorted(found + names(Entry.scan().parallel(4).start(read.last))) == sorted(f"n{n}" for n in range(30))


def test_projections_have_only_what_was_asked_for(entries: Backend) -> None:
    for read in (
        Entry.query(id="b").specific_attributes(["name"]),
        Entry.scan().parallel(2).specific_attributes(["name"]),
        Entry.ByKind.query(kind="k").specific_attributes(["name"]),
    ):
        assert {(entry.id, entry.number, entry.kind, entry.place) for entry in read} == {(None,) * 4}
        assert {(entry.id, entry.number) for page in read.pages() for entry in page} == {(None, None)}
        assert names([read.first()]) == names(islice(read, 1))


# Items that the schema refuses


@each_strict_read
@pytest.mark.usefixtures("connected")
def test_an_item_that_is_refused_raises_once_and_does_not_stop_the_read(reading: str) -> None:
    put(*range(9), without_name=(0, 4, 8))
    for read in (READS[reading](), READS[reading]().page_size(2)):
        found, refused, again = [], [], []
        iteration = iter(read)
        while True:
            try:
                found.append(next(iteration).number)
            except StopIteration:
                break
            except ValidationError as error:
                refused.append((error.key or {})["number"])
                rest = [] if read.last is None else READS[reading]().start(read.last).invalid("skip")
                again.append(sorted(found + [entry.number for entry in rest]))
        assert (sorted(found), sorted(refused)) == ([1, 2, 3, 5, 6, 7], [0, 4, 8])
        assert again == [sorted(found)] * 3


@each_strict_read
@pytest.mark.parametrize("collect", [list, tuple, sorted, lambda read: [*read], lambda read: list(iter(read))])
def test_no_collection_lacks_an_item_that_is_refused(
    reading: str, collect: Callable[[Any], Any], sqlite_memory: Backend
) -> None:
    with using(sqlite_memory):
        put(*range(3), without_name=(1,))
        assert len(READS[reading]()) == READS[reading]().count() == 3
        with pytest.raises(ValidationError) as raised:
            collect(READS[reading]())
        assert raised.value.key == {"id": "b", "number": 1}


@each_strict_read
@pytest.mark.usefixtures("connected")
def test_items_that_are_refused_are_left_out_or_handed_over(reading: str) -> None:
    put(*range(9), without_name=(0, 4, 8))
    good = [1, 2, 3, 5, 6, 7]
    skipping = READS[reading]().invalid("skip")
    for read in (skipping, skipping.page_size(2)):
        assert sorted(entry.number for entry in read) == sorted(entry.number for entry in list(read)) == good
        assert len(read) == sum(map(len, read.pages())) == 6
        assert read.count() == 9  # counted in the table, which does not know the schema
        assert names([read.first()]) == names(islice(read, 1))
        assert len(list(read.limit(4))) == len(read.limit(4)) == 4
        assert read
        for taken in range(1, 6):
            partly = read.limit(9)
            found = [entry.number for entry in islice(partly, taken)]
            assert sorted(found + [entry.number for entry in read.start(partly.last)]) == good

    handed: list[tuple[Any, Any]] = []
    read = READS[reading]().invalid(lambda item, error: handed.append((item["number"], error.key["number"])))
    assert sorted(entry.number for entry in read) == good
    assert sorted(handed) == [(0, 0), (4, 4), (8, 8)]
    handed.clear()
    assert len(list(read)) == 6  # with its length
    assert sorted(handed) == [(0, 0), (4, 4), (8, 8)]


@pytest.mark.usefixtures("connected")
def test_a_read_of_nothing_but_refused_items() -> None:
    put(*range(3), without_name=(0, 1, 2))
    read = Entry.query(id="b").invalid("skip")
    assert (list(read), read.first(), bool(read), len(read)) == ([], None, False, 0)
    assert read.exists()
    assert [len(page) for page in read.pages()] == [0]
    with pytest.raises(NoItemFound):
        read.one()
    asks: list[Callable[[Any], Any]] = [
        lambda read: read.first(),
        lambda read: read.one(),
        lambda read: next(read.pages()),
    ]
    for ask in asks:
        with pytest.raises(ValidationError):
            ask(Entry.query(id="b"))


def test_pages_go_on_after_an_item_that_is_refused(sqlite_memory: Backend) -> None:
    with using(sqlite_memory):
        put(*range(6), without_name=(1, 4))
        pages, found = Entry.query(id="b").page_size(3).pages(), []
        for _ in range(4):
            try:
                found.append([entry.number for entry in next(pages)])
            except ValidationError as error:
                found.append(error.key)  # type: ignore[arg-type]
        assert found == [{"id": "b", "number": 1}, [0, 2], {"id": "b", "number": 4}, [3, 5]]


def test_what_a_function_for_refused_items_raises_is_raised_at_the_items_turn(sqlite_memory: Backend) -> None:
    def stop(item: Any, error: Any) -> None:
        raise RuntimeError("quarantine is full")

    with using(sqlite_memory):
        put(*range(4), without_name=(2,))
        for begin in (lambda read: None, len, bool):
            read = Entry.query(id="b").invalid(stop)
            begin(read)
            assert [next(read).number, next(read).number] == [0, 1]
            with pytest.raises(RuntimeError, match="quarantine is full"):
                next(read)
            assert [entry.number for entry in read] == [3]


def test_a_related_item_that_is_refused_stops_only_who_asks_for_it(sqlite_memory: Backend) -> None:
    with using(sqlite_memory):
        put(0, 1)
        table_of(Owner).put({"id": "b"})
        found = list(Entry.scan().prefetch("owner"))
        assert [entry.number for entry in found] == [0, 1]
        with pytest.raises(ValidationError):
            _ = found[0].owner


@pytest.mark.usefixtures("connected")
def test_an_item_that_is_refused_does_not_stop_a_batch_of_gets() -> None:
    put(*range(5), without_name=(1, 3))
    for attributes in (None, "id, number, name"):
        found = Entry.get_batch([{"id": "b", "number": n} for n in range(5)], attrs=attributes)
        numbers, refused = [], []
        while True:
            try:
                numbers.append(next(found).number)
            except StopIteration:
                break
            except ValidationError as error:
                refused.append((error.key or {})["number"])
        expected = [[0, 2, 4], [1, 3]] if attributes is None else [[0, 1, 2, 3, 4], []]
        assert [sorted(numbers), sorted(refused)] == expected


def test_a_batch_of_gets_that_failed_does_not_look_like_its_end() -> None:
    with using(ScriptedBackend(BackendUnavailable("gone"))):
        found = Entry.get_batch([{"id": "b", "number": 1}])
        for _ in range(2):
            with pytest.raises(BackendUnavailable, match="gone"):
                next(found)


@pytest.mark.parametrize("invalid", ["ignore", None, 1, []])
def test_what_is_done_with_refused_items_is_one_of_three(invalid: Any) -> None:
    with pytest.raises(InvalidValue, match=r"invalid\(\) takes 'raise', 'skip', or a function"):
        Entry.scan().invalid(invalid)


@pytest.mark.usefixtures("connected")
def test_the_error_of_any_read_has_the_key() -> None:
    put(0, without_name=(0,))
    asks: list[Callable[[], Any]] = [
        lambda: Entry.get(id="b", number=0),
        lambda: list(Entry.get_batch([{"id": "b", "number": 0}])),
        lambda: dynamorm.transact_get((Entry, {"id": "b", "number": 0})),
        lambda: next(Entry.scan()),
        lambda: list(Entry.query(id="b").specific_attributes(["kind"]).partial(False)),
    ]
    for ask in asks:
        with pytest.raises(ValidationError) as raised:
            ask()
        assert raised.value.key == {"id": "b", "number": 0}
        assert "'b'" not in str(raised.value).partition("Errors")[0]
    with pytest.raises(ValidationError) as raised:
        Entry(id="b", number=1)
    assert raised.value.key is None


def test_stop_iteration_of_a_validator_is_no_end_of_the_read(sqlite_memory: Backend) -> None:
    def stop(number: int) -> None:
        if number == 1:
            raise StopIteration

    class Stopping(Entry):
        class Schema:
            id = fields.text(required=True)
            number = fields.integer(required=True, validator=stop)
            kind = fields.text()
            place = fields.text()

    with using(sqlite_memory):
        put(0, 1, 2)
        read = Stopping.query(id="b")
        assert next(read).number == 0
        with pytest.raises(RuntimeError):
            next(read)
        assert [entry.number for entry in read] == [2]


# Segments, threads, interruptions


@pytest.mark.usefixtures("connected")
def test_the_workers_of_a_fleet_read_each_item_once() -> None:
    table_of(Entry).create_table()
    Entry.put_batch(*({"id": f"i{n}", "number": n, "name": f"n{n}"} for n in range(30)))
    workers = [Entry.scan().segment(number, of=3) for number in range(3)]
    assert sorted(name for worker in workers for name in names(worker)) == sorted(f"n{n}" for n in range(30))
    assert sum(worker.count() for worker in workers) == 30
    worker = next(worker for worker in workers if worker.count() > 1)
    found = names(islice(worker, 1))
    cursor = worker.cursor
    assert sorted(found + names(worker.after(cursor))) == sorted(names(worker))
    other = next(each for each in workers if each is not worker)
    with pytest.raises(InvalidCursor, match="belongs to another segment"):
        list(other.after(cursor))
    with pytest.raises(InvalidCursor, match="belongs to another number of segments"):
        list(Entry.scan().after(cursor))


@pytest.mark.parametrize(("number", "of"), [(3, 3), (-1, 3), (True, 3), ("0", 3), (0.0, 1)])
def test_a_segment_that_is_not_there_is_refused(number: Any, of: int, sent: list[Any]) -> None:
    with pytest.raises(InvalidValue, match=rf"counted from 0: of {of}, the last one is {of - 1}"):
        Entry.scan().segment(number, of=of)
    with pytest.raises(InvalidValue, match="A scan of one segment needs a whole number of segments, from 1"):
        Entry.scan().segment(0, of=0)
    assert sent == []


def test_a_backend_without_segments_refuses_one_of_them(recorder: RecordingBackend) -> None:
    recorder.capabilities = recorder.capabilities - {Capability.PARALLEL_SCAN}
    with pytest.raises(Unsupported, match="each worker would read all of it"):
        Entry.scan().segment(0, of=2)


def test_threads_that_share_a_read_get_each_item_once(sqlite_memory: Backend) -> None:
    with using(sqlite_memory):
        table_of(Entry).create_table()
        Entry.put_batch(*({"id": "b", "number": n, "name": f"n{n}"} for n in range(400)))
        for iteration in (
            iter(Entry.query(id="b").page_size(7)),
            iter(Entry.scan().parallel(3).page_size(5)),
            Entry.query(id="b").page_size(7),
            Entry.query(id="b").page_size(7).invalid("skip"),
        ):
            found: list[str] = []
            problems: list[BaseException] = []
            together = Barrier(4)

            def work(iteration: Any, together: Barrier = together, found: Any = found) -> None:
                together.wait()
                try:
                    while (entry := next(iteration, None)) is not None:
                        found.append(entry.name)
                except BaseException as problem:  # noqa: BLE001 - told below
                    problems.append(problem)  # noqa: B023

            threads = [Thread(target=work, args=(iteration,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert problems == []
            assert sorted(found) == sorted(f"n{n}" for n in range(400))


def test_a_read_can_not_be_asked_from_within(sqlite_memory: Backend) -> None:
    reads: list[Any] = []

    def ask(number: int) -> None:
        if reads:
            next(reads.pop())

    class Asking(Entry):
        class Schema:
            id = fields.text(required=True)
            number = fields.integer(required=True, validator=ask)
            kind = fields.text()
            place = fields.text()

    with using(sqlite_memory):
        put(0, 1)
        read = Asking.query(id="b").prefetch("owner")
        reads.append(read)
        with pytest.raises(DynaModelException, match="was asked for an item while it was reading a page"):
            list(read)


def test_an_interrupted_request_is_sent_again() -> None:
    def page(number: int, last: bool = False) -> PageResult:
        key: Item = {"id": "b", "number": number}
        return PageResult(({**key, "name": f"n{number}"},), 1, 1, None if last else key)

    backend = ScriptedBackend(page(0), KeyboardInterrupt(), page(1), page(2, last=True))
    with using(backend):
        read = Entry.query(id="b").limit(3)
    assert next(read).number == 0
    with pytest.raises(KeyboardInterrupt):
        next(read)
    assert [entry.number for entry in read] == [1, 2]
    asked: list[Any] = backend.sent
    assert [(query.start_key or {}).get("number") for query in asked] == [None, 0, 0, 1]
    assert [query.limit for query in asked] == [3, 2, 2, 1]


def test_a_service_that_never_moves_on_is_an_error() -> None:
    stuck = PageResult(({"id": "b", "number": 1, "name": "n"},), 1, 1, {"id": "b", "number": 1})
    for ask in (list, len, lambda read: read.count(), lambda read: list(read.pages())):
        with (
            using(ScriptedBackend(stuck, stuck)),
            pytest.raises(BackendUnavailable, match="ends at the position where"),
        ):
            ask(Entry.query(id="b"))


# As plans


VERBS: dict[str, Callable[[Any], Any]] = {
    "first": lambda read: read.first(),
    "one": lambda read: read.one(),
    "exists": lambda read: read.exists(),
    "count": lambda read: read.count(),
    "bool": bool,
    "len": len,
    "list": list,
    "pages": lambda read: list(read.pages()),
}


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_of_a_read_is_explained(verb: str, sent: list[Any]) -> None:
    def run() -> Any:
        return VERBS[verb](Entry.query(id="b", number=3))

    explanation = dynamorm.explain(run)
    assert sent == []
    run()
    assert [each.operation for each in explanation] == sent[:1]
    assert json.dumps(explanation.request)
