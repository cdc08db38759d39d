"""Reads: lazy, complete, and configured by chained methods, each of which makes a new read."""

from __future__ import annotations

from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectKeys, Q
from dynamorm.data import Item, Path, Query, Scan
from dynamorm.exceptions import DynaModelException, InvalidValue, Unsupported
from dynamorm.ports.backends import Backend
from dynamorm.testing import SchemaLibrary
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.schema_libraries.refusals import refused
from tests.support.tables import table_of


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

    class ByDay(LocalIndex):
        name = "by-day"
        hash_key = "forum"
        range_key = "day"
        projection = ProjectAll()

    class Schema:
        forum = fields.text(required=True)
        number = fields.integer(required=True)
        text = fields.text(required=True)
        user = fields.text()
        day = fields.text()
        place = fields.map_of()
        note = fields.text(default=lambda: "none")


@pytest.fixture
def _ten_replies(connected: Backend) -> None:
    table_of(Reply).create_table()
    Reply.put_batch(
        *({"forum": "a", "number": n, "text": f"t{n}", "user": "ann", "day": f"d{9 - n}"} for n in range(10))
    )


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Any]:
    """The operations that were sent after a table with five replies was made."""
    table_of(Reply).create_table()
    Reply.put_batch(*({"forum": "a", "number": n, "text": f"t{n}", "user": "ann"} for n in range(5)))
    recorder.sent.clear()
    return recorder.sent


def numbers(found: Any) -> list[int]:
    return [reply.number for reply in found]


@pytest.mark.usefixtures("_ten_replies")
def test_query_gives_the_items_of_one_hash_key_in_order() -> None:
    Reply.put({"forum": "b", "number": 1, "text": "other"})
    assert numbers(Reply.query(forum="a")) == list(range(10))
    assert numbers(Reply.query(forum="a").reverse()) == list(reversed(range(10)))
    assert numbers(Reply.query(forum="c")) == []
    assert sorted(numbers(Reply.scan())) == sorted([*range(10), 1])


@pytest.mark.usefixtures("_ten_replies")
@pytest.mark.parametrize(
    ("lookup", "found"),
    [
        ({"number": 3}, [3]),
        ({"number__eq": 3}, [3]),
        ({"number__lt": 2}, [0, 1]),
        ({"number__lte": 2}, [0, 1, 2]),
        ({"number__gt": 7}, [8, 9]),
        ({"number__gte": 7}, [7, 8, 9]),
        ({"number__between": [3, 5]}, [3, 4, 5]),
        ({"number__gt": 3, "text__in": ["t2", "t5", "t8"]}, [5, 8]),
        ({"number__gt": 3, "text__gt": "t7"}, [8, 9]),
    ],
)
def test_query_with_a_condition_on_the_range_key_and_a_filter(lookup: dict[str, Any], found: list[int]) -> None:
    assert numbers(Reply.query(forum="a", **lookup)) == found
    assert numbers(Reply.query(Q(forum="a", **lookup))) == found
    assert numbers(Reply.query(Reply.forum == "a", Q(**lookup))) == found
    assert numbers(Reply.query(Q(**lookup) & (Reply.forum == "a"))) == found
    assert Reply.query(forum="a", **lookup).count() == len(found)


@pytest.mark.usefixtures("_ten_replies")
def test_query_of_a_local_index() -> None:
    assert numbers(Reply.ByDay.query(forum="a")) == list(reversed(range(10)))
    assert numbers(Reply.ByDay.query(forum="a", day__begins_with="d1").consistent()) == [8]
    assert numbers(Reply.ByDay.query(forum="a", day__lt="d2", number=9)) == [9]


@pytest.mark.usefixtures("_ten_replies")
def test_limit_start_last_and_again() -> None:
    replies = Reply.query(forum="a").limit(4)
    assert numbers(replies) == [0, 1, 2, 3]
    assert replies.last == {"forum": "a", "number": 3}
    assert numbers(replies) == [0, 1, 2, 3]
    assert numbers(replies.again()) == [4, 5, 6, 7]
    assert numbers(replies.again()) == [8, 9]
    assert replies.last is None
    assert numbers(Reply.query(forum="a").start({"forum": "a", "number": 7})) == [8, 9]
    assert numbers(Reply.query(forum="a").start({"forum": "a", "number": 2}).reverse()) == [1, 0]
    assert numbers(Reply.query(forum="a").start({"forum": "a", "number": 7}).start(None).limit(1)) == [0]


@pytest.mark.usefixtures("_ten_replies")
def test_again_without_more_to_come_reads_the_same_anew() -> None:
    replies = Reply.query(forum="a", number__lt=2)
    assert numbers(replies) == [0, 1]
    Reply.put({"forum": "a", "number": -1, "text": "new"})
    assert numbers(replies.again()) == [-1, 0, 1]


@pytest.mark.usefixtures("_ten_replies")
def test_limit_counts_the_items_that_pass_the_filter() -> None:
    found = Reply.query(forum="a", text__gte="t3").limit(5)
    assert numbers(found) == numbers(found.recursive()) == [3, 4, 5, 6, 7]
    assert numbers(found.page_size(2)) == [3, 4, 5, 6, 7]
    assert found.count() == found.page_size(2).count() == len(found) == 5
    assert numbers(Reply.query(forum="a").limit(100)) == list(range(10))
    assert Reply.query(forum="a").limit(3).count() == 3


@pytest.mark.usefixtures("connected")
def test_a_read_is_complete_however_many_pages_that_takes() -> None:
    table_of(Reply).create_table()
    Reply.put_batch(*({"forum": "a", "number": n, "text": "x" * 300_000} for n in range(8)))
    assert len(next(Reply.query(forum="a").pages())) < 8
    for read in (Reply.query(forum="a"), Reply.scan(), Reply.scan().parallel(2), Reply.scan(text__begins_with="x")):
        assert sorted(numbers(read)) == sorted(numbers(read.recursive())) == list(range(8))
        assert read.count() == len(read) == sum(map(len, read.pages())) == 8


@pytest.mark.usefixtures("_ten_replies")
def test_specific_attributes_make_partial_instances(library: SchemaLibrary) -> None:
    Reply.put({"forum": "b", "number": 1, "text": "t", "place": {"city": "Oslo", "a.b": 1, "c": 2}})
    (reply,) = Reply.query(forum="b").specific_attributes(["number", "place.city", Reply.place["a.b"]])
    assert (reply.number, reply.text, reply.note, reply.place) == (1, None, None, {"city": "Oslo", "a.b": 1})
    (reply,) = Reply.query(forum="b").specific_attributes(attrs=["place", "place.city"])
    assert reply.place == {"city": "Oslo", "a.b": 1, "c": 2}
    assert Reply.query(forum="b").specific_attributes(["text"]).count() == 1
    with refused(library, "forum", "text"):
        list(Reply.query(forum="b").specific_attributes(["number"]).partial(False))


@pytest.mark.usefixtures("_ten_replies")
def test_index_that_does_not_hold_all_gives_partial_instances() -> None:
    assert [
        (found.number, found.user, found.text, found.note) for found in Reply.ByUser.query(user="ann", number__gt=8)
    ] == [(9, "ann", None, None)]
    assert sorted(numbers(Reply.ByUser.scan())) == list(range(10))
    (reply,) = Reply.ByDay.query(forum="a", day="d0")
    assert (reply.text, reply.note) == ("t9", "none")


def test_nothing_is_sent_before_the_first_item_is_asked_for(sent: list[Any]) -> None:
    replies = Reply.query(forum="a").limit(2).reverse().consistent().specific_attributes(["number"])
    assert sent == []
    assert next(replies).number == 4
    assert len(sent) == 1
    assert next(replies).number == 3
    assert len(sent) == 1
    Reply.scan()
    Reply.ByUser.query(user="ann")
    assert len(sent) == 1


def test_following_page_is_read_when_its_first_item_is_asked_for(sent: list[Any]) -> None:
    Reply.put_batch(*({"forum": "b", "number": number, "text": "x" * 400_000} for number in range(5)))
    sent.clear()
    read = [(reply.number, len(sent)) for reply in Reply.query(forum="b")]
    assert [number for number, _ in read] == [0, 1, 2, 3, 4]
    assert [pages for _, pages in read] in ([1, 1, 2, 2, 2], [1, 1, 1, 2, 2])


def test_what_was_chained_is_what_is_sent(sent: list[Any]) -> None:
    key: Item = {"forum": "a", "number": 1}
    list(Reply.query(forum="a").limit(2).reverse().consistent().start(key).specific_attributes(["text", "place.city"]))
    (query,) = sent
    assert isinstance(query, Query)
    assert (query.limit, query.forward, query.consistent, query.start_key) == (2, False, True, key)
    # Positions are made of the keys, so they are read too.
    assert query.projection == (Path.of("text"), Path.of("place", "city"), Path.of("forum"), Path.of("number"))
    sent.clear()
    list(Reply.scan().limit(2).consistent().start(key))
    assert sent == [Scan("replies", limit=2, consistent=True, start_key=key)]
    sent.clear()
    Reply.ByUser.scan().count()
    assert sent == [Scan("replies", index="by-user", count_only=True)]


def test_request_parameters_of_old_are_taken(sent: list[Any]) -> None:
    key: Item = {"forum": "a", "number": 1}
    old = {"Limit": 2, "ExclusiveStartKey": key, "ConsistentRead": True}
    list(Reply.scan(scan_kwargs=old))
    assert sent == [Scan("replies", limit=2, consistent=True, start_key=key)]
    assert numbers(Reply.query(forum="a", query_kwargs={"ScanIndexForward": False})) == [4, 3, 2, 1, 0]
    assert numbers(Reply.ByUser.query(user="ann", query_kwargs={"Limit": 1})) == [0]


@pytest.mark.parametrize("name", ["FilterExpression", "ScanIndexForward", "Select"])
def test_request_parameters_that_have_no_place_are_refused(name: str, sent: list[Any]) -> None:
    with pytest.raises(DynaModelException, match=f"'{name}' is not supported here, only Limit, ExclusiveStartKey"):
        Reply.scan(scan_kwargs={name: "x"})
    assert sent == []


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, "3", None])
def test_limit_is_a_whole_number_from_one(limit: Any, sent: list[Any]) -> None:
    with pytest.raises(InvalidValue, match="A limit must be a whole number, at least 1"):
        Reply.scan().limit(limit)
    assert sent == []


def test_global_index_can_not_be_read_consistently(sent: list[Any]) -> None:
    with pytest.raises(
        Unsupported, match=r"index 'by-user' of 'replies' is a global index.*Read the table, or a local index"
    ):
        Reply.ByUser.query(user="ann").consistent()
    assert sent == []


def test_iterator_reads_from_the_backend_that_was_in_force_when_it_was_made(sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory):
        table_of(Reply).create_table()
        Reply.put({"forum": "a", "number": 1, "text": "x"})
        replies = Reply.scan()
    with dynamorm.using("sqlite:///:memory:"):
        assert numbers(replies) == [1]
        assert replies.count() == 1


def test_count_asks_anew_each_time(sent: list[Any]) -> None:
    replies = Reply.query(forum="a")
    assert replies.count() == 5
    Reply.put({"forum": "a", "number": 9, "text": "x"})
    assert replies.count() == 6
    assert numbers(replies) == [0, 1, 2, 3, 4, 9]
