"""Reads further: their length and truth, limits over pages, indexes, and what an error leaves."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, ProjectKeys, using
from dynamorm.data.results import PageResult
from dynamorm.data.values import Item
from dynamorm.exceptions import BackendUnavailable, DynaModelException, InvalidKey
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
    Reply.put_batch(*({"forum": "a", "number": n, "text": f"t{n}", "user": "ann"} for n in range(10)))


@pytest.fixture
def replies_of_a(connected: Backend) -> Backend:
    """Each backend in turn, in force, with ten replies."""
    _ten_replies()
    return connected


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Any]:
    """The operations that were sent after a table with ten replies was made."""
    _ten_replies()
    recorder.sent.clear()
    return recorder.sent


def numbers(found: Any) -> list[int]:
    return [reply.number for reply in found]


def test_length_agrees_with_count_and_keeps_what_it_read(sent: list[Any]) -> None:
    replies = Reply.query(forum="a").limit(4)
    next(replies)
    assert len(replies) == replies.count() == 4
    assert numbers(replies) == [1, 2, 3]
    assert len(replies) == 4
    assert len(Reply.query(forum="a")) == Reply.query(forum="a").count() == 10
    assert len(Reply.query(forum="none")) == Reply.query(forum="none").count() == 0


def test_list_of_a_read_sends_nothing_twice(sent: list[Any]) -> None:
    assert len(list(Reply.query(forum="a"))) == 10
    assert len(sent) == 1


def test_a_read_is_true_when_it_finds_something(sent: list[Any]) -> None:
    replies = Reply.query(forum="a").limit(3)
    assert replies
    assert numbers(replies) == [0, 1, 2]
    assert replies
    assert not Reply.query(forum="none")
    assert len(sent) == 2


def test_an_error_while_the_length_is_asked_for_is_not_lost(replies_of_a: Backend) -> None:
    def refuse(number: int) -> None:
        if number == 2:
            raise TypeError("strange")

    class Strange(Reply):
        class Schema:
            forum = fields.text(required=True)
            number = fields.integer(required=True, validator=refuse)
            text = fields.text()

    replies = Strange.query(forum="a")
    with pytest.raises(TypeError, match="strange"):
        list(replies)
    replies = Strange.query(forum="a")
    assert len(replies) == 10
    assert [next(replies).number, next(replies).number] == [0, 1]
    with pytest.raises(TypeError, match="strange"):
        next(replies)
    assert numbers(replies) == [*range(3, 10)]


def test_what_follows_an_error_is_not_taken_for_the_end() -> None:
    backend = ScriptedBackend(
        PageResult(({"forum": "a", "number": 1, "text": "t"},), 1, 1, {"forum": "a", "number": 1}),
        BackendUnavailable("gone"),
        PageResult(({"forum": "a", "number": 2, "text": "t"},), 1, 1),
    )
    with using(backend):
        replies = Reply.query(forum="a")
    assert next(replies).number == 1
    for ask in (next, next, len, list):
        with pytest.raises(BackendUnavailable, match="gone"):
            ask(replies)
    assert numbers(replies.again()) == [2]
    asked: list[Any] = backend.sent
    assert [query.start_key for query in asked] == [None, *[{"forum": "a", "number": 1}] * 2]


@pytest.mark.parametrize("attributes", [None, ["number"], ["forum", "number"]])
def test_a_limited_read_goes_on_where_it_stopped(replies_of_a: Backend, attributes: list[str] | None) -> None:
    found: list[int] = []
    last: Any = None
    for _ in range(4):
        replies = Reply.query(forum="a", text__in=["t1", "t4", "t5", "t7", "t8"]).limit(2).start(last)
        if attributes is not None:
            replies = replies.specific_attributes(attributes)
        found += numbers(replies)
        last = replies.last
        if last is None:
            break
    assert found == [1, 4, 5, 7, 8]
    assert Reply.query(forum="a", text__in=["t1", "t4", "t5", "t7", "t8"]).limit(2).count() == 2


def test_a_filter_that_lets_little_through_takes_few_pages(sent: list[Any]) -> None:
    assert numbers(Reply.query(forum="a", text="t9").limit(1)) == [9]
    assert [query.limit for query in sent] == [100]


def test_a_filter_that_lets_nothing_through_asks_for_no_more_than_the_service_gives() -> None:
    def page(number: int, *found: int) -> PageResult:
        items: list[Item] = [{"forum": "a", "number": each, "text": "t"} for each in found]
        return PageResult(items, len(items), 1000, {"forum": "a", "number": number})

    backend = ScriptedBackend(*map(page, range(40)), page(40, 1, 2, 3), *map(page, range(40)), page(40, 1, 2, 3))
    with using(backend):
        replies = Reply.query(forum="a", text="t").limit(3)
        assert numbers(replies) == [1, 2, 3]
        assert replies.count() == 3
    asked: list[Any] = backend.sent
    assert [query.limit for query in asked[:4]] == [100, 200, 400, 800]
    assert max(query.limit for query in asked) == 1_000_000


def test_a_start_that_is_no_key_is_refused() -> None:
    key: Any = "a"
    with pytest.raises(InvalidKey, match=r"^A read of Reply starts after a key, .* not str\.$"):
        Reply.scan().start(key)


@pytest.mark.parametrize(
    ("read", "key", "refusal"),
    [
        (Reply.scan, {"forum": "a"}, r"which is forum and number; number was not given\.$"),
        (Reply.scan, {}, r"forum and number were not given\.$"),
        (lambda: Reply.query(forum="a"), {"number": 1}, r"forum was not given\.$"),
        (Reply.ByUser.scan, {"forum": "a", "number": 1}, r"which is forum and number and user; user was not given\.$"),
        (
            lambda: Reply.query(forum="a"),
            {"forum": "a", "number": 1, "user": "ann"},
            r"forum and number, without 'user'\.$",
        ),
    ],
)
def test_a_read_starts_after_a_whole_key_only(sent: list[Any], read: Any, key: Item, refusal: str) -> None:
    with pytest.raises(InvalidKey, match=f"^A read of Reply starts after a .*{refusal}"):
        list(read().start(key))
    assert sent == []


def test_a_limit_may_be_as_large_as_one_likes(replies_of_a: Backend) -> None:
    assert len(Reply.scan().limit(2**40)) == Reply.scan().limit(2**40).count() == 10


@pytest.mark.parametrize("read", ["query", "scan"])
def test_an_index_may_be_named_as_a_request_parameter(replies_of_a: Backend, read: str) -> None:
    if read == "query":
        found = Reply.query(user="ann", number=3, query_kwargs={"IndexName": "by-user"})
        assert [reply.number for reply in found] == [3]
    else:
        scanned = Reply.scan(number=3, scan_kwargs={"IndexName": "by-user"})
        assert [reply.number for reply in scanned] == [3]
    with pytest.raises(DynaModelException, match=r"Reply has no index 'nope'\. Its indexes are by-user"):
        Reply.query(user="ann", query_kwargs={"IndexName": "nope"})


def test_again_and_start_on_an_index_and_across_pages(replies_of_a: Backend) -> None:
    replies = Reply.ByUser.scan().limit(3)
    found: list[int] = []
    while True:
        found += numbers(replies)
        if replies.last is None:
            break
        replies.again()
    assert sorted(found) == list(range(10))
    first = Reply.ByUser.scan().limit(3)
    numbers(first)
    assert numbers(Reply.ByUser.scan().start(first.last)) == found[3:]


def test_two_reads_share_no_state(replies_of_a: Backend) -> None:
    parameters = {"Limit": 2}
    one, other = (Reply.query(forum="a", query_kwargs=parameters) for _ in range(2))
    one = one.reverse()
    assert [next(one).number, next(other).number, next(one).number, next(other).number] == [9, 0, 8, 1]
    assert parameters == {"Limit": 2}
