"""Pages: what each request of a read found, what it cost, and where the next one starts."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, ProjectKeys, using
from dynamorm.data import ConsumedCapacity, Item, PageResult, SegmentPositions
from dynamorm.exceptions import Throttled
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend, ScriptedBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Reply(DynaModel):
    class Table:
        name = "replies"
        hash_key = "forum"
        range_key = "number"

    class ByUser(GlobalIndex):
        name = "by-user"
        hash_key = "user"
        range_key = "number"
        projection = ProjectKeys()

    class Schema:
        forum = fields.text(required=True)
        number = fields.integer(required=True)
        text = fields.text(required=True)
        user = fields.text()


def _ten_replies() -> None:
    table_of(Reply).create_table()
    Reply.put_batch(*({"forum": "a", "number": n, "text": f"t{n % 2}", "user": "ann"} for n in range(10)))


@pytest.fixture
def _replies(connected: Backend) -> None:
    _ten_replies()


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Any]:
    """The operations that were sent after a table with ten replies was made."""
    _ten_replies()
    recorder.sent.clear()
    return recorder.sent


def numbers(found: Any) -> list[int]:
    return [reply.number for reply in found]


@pytest.mark.usefixtures("_replies")
def test_all_pages_are_given_each_of_the_size_that_was_asked_for() -> None:
    pages = list(Reply.query(forum="a").page_size(4).pages())
    assert [numbers(page) for page in pages] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert [page.last for page in pages] == [{"forum": "a", "number": 3}, {"forum": "a", "number": 7}, None]
    assert [len(page) for page in pages] == [page.count for page in pages] == [4, 4, 2]
    assert numbers(Reply.query(forum="a").start(pages[0].last).limit(1)) == [4]


@pytest.mark.usefixtures("_replies")
def test_a_page_counts_what_was_read_and_what_passed_the_filter() -> None:
    pages = list(Reply.query(forum="a", text="t1").page_size(5).pages())
    assert [(page.count, page.scanned_count) for page in pages if page.scanned_count] == [(2, 5), (3, 5)]


@pytest.mark.usefixtures("_replies")
def test_a_limit_bounds_all_pages_together() -> None:
    pages = list(Reply.query(forum="a", text="t1").limit(3).page_size(2).pages())
    assert [number for page in pages for number in numbers(page)] == [1, 3, 5]


@pytest.mark.usefixtures("_replies")
def test_what_a_page_cost_is_told_by_table_and_index() -> None:
    for read, index in ((Reply.scan(), None), (Reply.ByUser.query(user="ann"), "by-user")):
        for page in read.pages():
            for consumed in page.consumed_capacity:
                assert consumed.table == "replies"
                assert consumed.total > 0
                if index is not None:
                    assert consumed.indexes is not None
                    assert consumed.indexes[index] > 0


def test_capacity_is_asked_for_and_passed_on() -> None:
    consumed = ConsumedCapacity("replies", 0.5, table_units=0.5, indexes={})
    backend = ScriptedBackend(PageResult((), 0, 3, None, (consumed,)))
    with using(backend):
        (page,) = Reply.scan().pages()
    assert page.consumed_capacity == (consumed,)
    (scan,) = backend.sent
    assert getattr(scan, "return_consumed_capacity", None) == "INDEXES"


def test_capacity_is_not_asked_of_a_backend_that_lacks_it() -> None:
    backend = ScriptedBackend(PageResult((), 0, 3))
    backend.capabilities = frozenset()
    with using(backend):
        (page,) = Reply.scan().pages()
    assert page.consumed_capacity == ()
    (scan,) = backend.sent
    assert getattr(scan, "return_consumed_capacity", None) == "NONE"


@pytest.mark.usefixtures("_replies")
def test_pages_of_a_parallel_scan() -> None:
    pages = list(Reply.scan().parallel(3).page_size(2).pages())
    assert sorted(number for page in pages for number in numbers(page)) == list(range(10))
    assert all(page.scanned_count <= 2 for page in pages)
    assert all(isinstance(page.last, SegmentPositions) for page in pages[:-1])
    assert pages[-1].last is None


def test_each_page_is_read_when_it_is_asked_for(sent: list[Any]) -> None:
    read = Reply.query(forum="a").page_size(4)
    pages = read.pages()
    assert sent == []
    next(pages)
    assert len(sent) == 1
    assert read.last == {"forum": "a", "number": 3}
    next(pages)
    assert len(sent) == 2


def test_pages_are_read_anew_each_time_and_apart_from_the_items(sent: list[Any]) -> None:
    read = Reply.query(forum="a").page_size(6)
    assert next(read).number == 0
    assert (
        [numbers(page) for page in read.pages()]
        == [numbers(page) for page in read.pages()]
        == [[*range(6)], [*range(6, 10)]]
    )
    assert numbers(read) == [*range(1, 10)]


def test_a_page_is_a_sequence(sent: list[Any]) -> None:
    page = next(Reply.query(forum="a").page_size(3).pages())
    assert (page[0].number, page[-1].number, numbers(page[1:])) == (0, 2, [1, 2])
    assert numbers(page) == numbers(page)
    assert repr(page) == "<Page of 3 of 3 items, more follow>"
    assert repr(next(Reply.query(forum="a").pages())) == "<Page of 10 of 10 items, the last one>"


def test_pages_that_failed_do_not_look_like_the_end() -> None:
    key: Item = {"forum": "a", "number": 1}
    backend = ScriptedBackend(
        PageResult(({**key, "text": "t"},), 1, 1, key), Throttled("slower"), PageResult(({**key, "text": "t"},), 1, 1)
    )
    with using(backend):
        read = Reply.scan()
    pages = read.pages()
    next(pages)
    for _ in range(2):
        with pytest.raises(Throttled, match="slower"):
            next(pages)
    assert [len(page) for page in read.again().pages()] == [1]
    asked: Any = backend.sent[-1]
    assert asked.start_key == key
