"""Parallel scans: every item once, in an order that the table alone decides, on every backend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import pytest

from dynamorm import DynaModel, GlobalIndex, OneToOne, ProjectKeys, using
from dynamorm.data import Operation, Scan, SegmentPositions
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidValue
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library

Result = TypeVar("Result")


class User(DynaModel):
    class Table:
        name = "users"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)


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
        text = fields.text()
        user = fields.text()

    author = OneToOne(User, query=lambda reply: {"name": reply.user})


def _thirty_replies() -> None:
    table_of(Reply).create_table()
    Reply.put_batch(
        *(
            {"forum": f"f{n % 11}", "number": n, "text": f"t{n % 3}", **({"user": f"u{n % 5}"} if n % 2 else {})}
            for n in range(30)
        )
    )


@pytest.fixture
def _replies(connected: Backend) -> None:
    _thirty_replies()


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Any]:
    """The operations that were sent after a table with thirty replies was made."""
    _thirty_replies()
    recorder.max_concurrency = 10
    recorder.sent.clear()
    return recorder.sent


def numbers(found: Any) -> list[int]:
    return [reply.number for reply in found]


@pytest.mark.usefixtures("_replies")
@pytest.mark.parametrize("segments", [1, 2, 8, 40])
def test_every_item_comes_once_and_in_the_same_order_each_time(segments: int) -> None:
    found = numbers(Reply.scan().parallel(segments))
    assert sorted(found) == list(range(30))
    assert numbers(Reply.scan().parallel(segments).recursive()) == found
    assert Reply.scan().parallel(segments).count() == len(Reply.scan().parallel(segments)) == 30


@pytest.mark.usefixtures("_replies")
def test_an_index_is_scanned_in_segments_too() -> None:
    found = list(Reply.ByUser.scan(number__lt=20).parallel(4))
    assert sorted(numbers(found)) == list(range(1, 20, 2))
    assert {reply.text for reply in found} == {None}


@pytest.mark.usefixtures("_replies")
def test_filter_projection_and_consistency() -> None:
    found = list(Reply.scan(text="t1").parallel(4).specific_attributes(["number"]).consistent())
    assert sorted(numbers(found)) == list(range(1, 30, 3))
    assert {reply.forum for reply in found} == {None}
    assert Reply.scan(text="t1").parallel(4).count() == 10
    assert Reply.scan(text="t1").parallel(4).limit(4).count() == 4


@pytest.mark.usefixtures("_replies")
@pytest.mark.parametrize("limit", [1, 3, 7, 29, 100])
@pytest.mark.parametrize("attributes", [None, ["number"]])
def test_limit_last_and_again(limit: int, attributes: list[str] | None) -> None:
    replies = Reply.scan().parallel(4).limit(limit)
    if attributes is not None:
        replies = replies.specific_attributes(attributes)
    found = []
    while True:
        some = numbers(replies)
        assert len(some) <= limit
        found += some
        if replies.last is None:
            break
        replies.again()
    assert sorted(found) == list(range(30))


@pytest.mark.usefixtures("_replies")
def test_a_limit_goes_on_where_it_stopped_behind_a_filter() -> None:
    found: list[int] = []
    last: Any = None
    for _ in range(20):
        replies = Reply.scan(text="t1").parallel(3).limit(3).start(last)
        found += numbers(replies)
        last = replies.last
        if last is None:
            break
    assert sorted(found) == list(range(1, 30, 3))


@pytest.mark.usefixtures("_replies")
def test_related_instances_are_prefetched() -> None:
    table_of(User).create_table()
    User.put_batch(*({"name": f"u{n}"} for n in range(5)))
    for reply in Reply.scan(user__exists=True).parallel(3).prefetch("author"):
        author: Any = reply.author
        assert author.name == reply.user


def test_segments_are_read_side_by_side_and_not_ahead(sent: list[Any]) -> None:
    replies = Reply.scan().parallel(25)
    assert sent == []
    next(replies)
    assert sorted(scan.segment for scan in sent) == list(range(10))
    assert sorted([*numbers(replies), 0])[-1] == 29
    assert sorted(scan.segment for scan in sent) == list(range(25))


def test_what_a_limit_asks_for_is_divided_among_the_segments(sent: list[Any]) -> None:
    assert len(numbers(Reply.scan().parallel(4).limit(9))) == 9
    assert [scan.limit for scan in sent][:4] == [3, 2, 2, 2]
    sent.clear()
    assert len(numbers(Reply.scan(text="t1").parallel(4).limit(9))) == 9
    assert [scan.limit for scan in sent] == [25] * 4
    sent.clear()
    assert len(numbers(Reply.scan().parallel(4).limit(9).page_size(50))) == 9
    assert [scan.limit for scan in sent] == [50] * 4


def test_one_segment_is_an_ordinary_scan(sent: list[Any]) -> None:
    list(Reply.scan().parallel(1))
    assert sent == [Scan("replies")]


def test_the_old_limit_of_a_page_does_not_fit_several_segments(sent: list[Any]) -> None:
    with pytest.raises(DynaModelException, match=r"'Limit' ends a scan after one page.*page_size\(n\)"):
        Reply.scan(scan_kwargs={"Limit": 5}).parallel(4)
    assert sent == []


class Limited(RecordingBackend):
    """A backend that lacks a capability, and refuses what it does not state."""

    def __init__(self, backend: Backend, lacking: Capability) -> None:
        super().__init__(backend)
        self.capabilities = backend.capabilities - {lacking}

    def execute(self, operation: Operation[Result]) -> Result:
        if Capability.PARALLEL_SCAN not in self.capabilities and isinstance(operation, Scan):
            assert operation.segment is operation.total_segments is None
        return super().execute(operation)


@pytest.fixture(params=[Capability.PARALLEL_SCAN, Capability.CONCURRENT_CALLS])
def limited(request: pytest.FixtureRequest, sqlite_memory: Backend) -> Iterator[Limited]:
    backend = Limited(sqlite_memory, request.param)
    with using(backend):
        _thirty_replies()
        backend.sent.clear()
        yield backend


def test_a_backend_that_can_do_less_answers_the_same_items(limited: Limited) -> None:
    assert sorted(numbers(Reply.scan().parallel(8))) == list(range(30))
    assert Reply.scan().parallel(8).count() == 30
    first = Reply.scan().parallel(8).limit(11)
    found = numbers(first)
    assert len(found) <= 11
    while first.last is not None:
        found += numbers(first.again())
    assert sorted(found) == list(range(30))


def test_a_backend_of_one_call_at_a_time_is_asked_only_for_what_is_needed(sqlite_memory: Backend) -> None:
    backend = Limited(sqlite_memory, Capability.CONCURRENT_CALLS)
    with using(backend):
        _thirty_replies()
        backend.sent.clear()
        next(Reply.scan().parallel(2))
        assert len(backend.sent) == 1


@pytest.mark.parametrize("segments", [0, -1, 1_000_001, True, 2.0, "8", None])
def test_the_number_of_segments_is_checked_at_once(segments: Any, sent: list[Any]) -> None:
    with pytest.raises(InvalidValue, match="A parallel scan needs a whole number of segments, from 1 to 1,000,000"):
        Reply.scan().parallel(segments)
    assert sent == []


def test_a_million_segments_are_begun_with_a_few(sent: list[Any]) -> None:
    next(Reply.scan().parallel(1_000_000))
    assert {scan.total_segments for scan in sent} == {1_000_000}
    segments = [scan.segment for scan in sent]
    assert len(segments) == len(set(segments))


def test_positions_belong_to_their_kind_of_scan(sent: list[Any]) -> None:
    parallel = Reply.scan().parallel(3).limit(3)
    numbers(parallel)
    last: Any = parallel.last
    assert isinstance(last, SegmentPositions)
    sent.clear()
    with pytest.raises(
        InvalidKey, match=r"This read of Reply was asked to start where a scan in 3 segments ended\. .*parallel\(3\)"
    ):
        list(Reply.scan().start(last))
    with pytest.raises(InvalidKey, match=r"This read of Reply was asked to start where a scan in 3 segments ended"):
        list(Reply.query(forum="f1").start(last))
    with pytest.raises(
        InvalidKey,
        match=r"This scan of Reply in 4 segments was asked to start where a scan in 3 segments ended\. Use parallel\(3\)",
    ):
        Reply.scan().parallel(4).start(last).count()
    with pytest.raises(InvalidKey, match=r"This scan of Reply in 4 segments was asked to start after a single key"):
        list(Reply.scan().parallel(4).start({"forum": "f1", "number": 1}))
    assert sent == []
    assert len(numbers(Reply.scan().start(last).parallel(3))) == 27


def test_a_query_has_no_segments() -> None:
    assert not hasattr(Reply.query(forum="f1"), "parallel")
