"""Throttling that outlasts the retries: the error says what it stopped, and the program can go on there."""

from __future__ import annotations

import pytest

from dynamorm import DynaModel, using
from dynamorm.data.operations import Query
from dynamorm.data.results import PageResult
from dynamorm.data.values import Item
from dynamorm.exceptions import CapacityExceeded, Throttled
from dynamorm.testing.schemas import fields
from tests.support.backends import ScriptedBackend

pytestmark = pytest.mark.one_schema_library


class Reply(DynaModel):
    class Table:
        name = "replies"
        hash_key = "forum"
        range_key = "number"

    class Schema:
        forum = fields.text(required=True)
        number = fields.integer(required=True)


def page(number: int, *, more: bool = True) -> PageResult:
    item: Item = {"forum": "s3cr3t", "number": number}
    return PageResult([item], 1, 1, item if more else None)


def test_a_read_that_is_throttled_goes_on_where_it_stopped() -> None:
    backend = ScriptedBackend(page(1), page(2), Throttled("slower", 4, 2.5), page(3, more=False))
    with using(backend):
        replies = Reply.query(forum="s3cr3t")
        assert [next(replies).number, next(replies).number] == [1, 2]
        with pytest.raises(Throttled, match=r"It was sent 4 times, in 2\.5 seconds\.") as raised:
            next(replies)
        [note] = raised.value.__notes__
        assert "2 pages of this read were returned" in note
        assert "s3cr3t" not in note
        assert replies.last == {"forum": "s3cr3t", "number": 2}
        assert [reply.number for reply in replies.again()] == [3]
    starts = [operation.start_key for operation in backend.sent if isinstance(operation, Query)]
    assert starts == [None, *({"forum": "s3cr3t", "number": number} for number in (1, 2, 2))]


def test_a_first_page_that_is_throttled_is_asked_for_again() -> None:
    with using(ScriptedBackend(Throttled("slower"), page(1, more=False))):
        replies = Reply.scan()
        with pytest.raises(Throttled, match="slower"):
            next(replies)
        assert replies.last is None
        assert [reply.number for reply in replies.again()] == [1]


def test_a_put_that_is_throttled_has_the_key_of_its_item() -> None:
    with using(ScriptedBackend(CapacityExceeded("slower"))), pytest.raises(CapacityExceeded) as raised:
        Reply.put({"forum": "s3cr3t", "number": 1})
    assert raised.value.key == {"forum": "s3cr3t", "number": 1}
    assert "s3cr3t" not in str(raised.value)
