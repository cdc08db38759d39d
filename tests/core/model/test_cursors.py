"""Cursors: a text goes on with the read that it was made for, and with no other."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, ProjectAll
from dynamorm.exceptions import DynaModelException, InvalidCursor, InvalidValue
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library

SECRET = b"sixteen bytes are"
OTHER = "another secret, just as long"


class Reply(DynaModel):
    class Table:
        name = "replies"
        hash_key = "forum"
        range_key = "number"

    class ByUser(GlobalIndex):
        name = "by-user"
        hash_key = "user"
        range_key = "number"
        projection = ProjectAll()

    class Schema:
        forum = fields.text(required=True)
        number = fields.integer(required=True)
        text = fields.text()
        user = fields.text()
        tags = fields.list_of(fields.text())


class Thread(DynaModel):
    class Table:
        name = "threads"
        hash_key = "forum"
        range_key = "number"

    class Schema:
        forum = fields.text(required=True)
        number = fields.integer(required=True)


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


def cursor_of(read: Any) -> str:
    list(read)
    assert isinstance(read.cursor, str)
    return read.cursor


@pytest.mark.usefixtures("_replies")
@pytest.mark.parametrize("secret", [None, SECRET])
def test_a_read_goes_on_behind_its_cursor(secret: bytes | None) -> None:
    def reads() -> Iterator[Any]:
        yield Reply.query(forum="a")
        yield Reply.query(forum="a").reverse()
        yield Reply.query(forum="a", text__in=["t0", "t1"], user="ann")
        yield Reply.ByUser.query(user="ann")
        yield Reply.scan()
        yield Reply.ByUser.scan()
        yield Reply.scan().parallel(3)

    for place, _ in enumerate(reads()):
        found: list[int] = []
        cursor: str | None = None
        while True:
            read = list(reads())[place].limit(4)
            if secret is not None:
                read = read.signed(secret)
            read = read.after(cursor)
            found += numbers(read)
            cursor = read.cursor
            if cursor is None:
                break
            assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
        assert sorted(found) == list(range(10))


@pytest.mark.usefixtures("_replies")
def test_a_page_has_a_cursor() -> None:
    first = next(Reply.query(forum="a").page_size(4).pages())
    (second, third) = Reply.query(forum="a").page_size(4).after(first.cursor).pages()
    assert (numbers(second), numbers(third)) == ([4, 5, 6, 7], [8, 9])
    assert third.cursor is None


@pytest.mark.usefixtures("_replies")
def test_what_is_read_of_an_item_and_how_much_may_change() -> None:
    cursor = cursor_of(Reply.query(forum="a").limit(4))
    going_on = Reply.query(forum="a").after(cursor).limit(2).specific_attributes(["number"]).consistent()
    assert numbers(going_on) == [4, 5]
    assert Reply.query(forum="a").after(cursor).count() == 6


def test_the_order_of_conditions_makes_no_other_read(sent: list[Any]) -> None:
    cursor = cursor_of(Reply.query(forum="a", text__in=["t0", "t1"], user="ann").limit(2))
    assert numbers(Reply.query(user="ann", text__in=["t1", "t0"], forum="a").after(cursor)) == list(range(2, 10))


FOREIGN: dict[str, tuple[Callable[[], Any], str]] = {
    "table": (Thread.scan, "another table"),
    "index": (Reply.ByUser.scan, "another index"),
    "kind": (lambda: Reply.query(forum="a"), "another kind of read and another key condition"),
    "filter": (lambda: Reply.scan(text="t1"), "another filter"),
    "segments": (lambda: Reply.scan().parallel(2), "another number of segments"),
}


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("secret", [None, SECRET])
def test_a_cursor_of_another_read_is_refused(what: str, secret: bytes | None, sent: list[Any]) -> None:
    make, differing = FOREIGN[what]
    read, other = Reply.scan().limit(3), make()
    if secret is not None:
        read, other = read.signed(secret), other.signed(secret)
    cursor = cursor_of(read)
    sent.clear()
    with pytest.raises(
        InvalidCursor, match=rf"^The cursor for a read of \w+ belongs to {differing}\. A cursor can continue only"
    ):
        list(other.after(cursor))
    assert sent == []


@pytest.mark.parametrize(
    ("going_on", "differing"),
    [
        (lambda: Reply.query(forum="b"), "key condition"),
        (lambda: Reply.query(forum="a", number__gt=1), "key condition"),
        (lambda: Reply.query(forum="a").reverse(), "direction"),
        (lambda: Reply.query(forum="a", text="t0"), "filter"),
    ],
)
def test_a_cursor_of_another_query_is_refused(going_on: Any, differing: str, sent: list[Any]) -> None:
    cursor = cursor_of(Reply.query(forum="a").limit(3))
    with pytest.raises(InvalidCursor, match=f"^The cursor for a read of Reply belongs to another {differing}\\."):
        list(going_on().after(cursor))


def test_the_order_of_the_methods_does_not_matter(sent: list[Any]) -> None:
    cursor = cursor_of(Reply.query(forum="a").reverse().signed(SECRET).limit(3))
    assert numbers(Reply.query(forum="a").after(cursor).limit(2).signed(SECRET).reverse()) == [6, 5]
    with pytest.raises(InvalidCursor, match="not signed"):
        list(Reply.query(forum="a").after(cursor_of(Reply.query(forum="a").limit(3))).signed(SECRET))


@pytest.mark.parametrize(
    "ask", [list, len, lambda read: read.count(), lambda read: next(read.pages()), lambda read: read.explain()]
)
def test_a_cursor_is_checked_before_anything_is_sent(ask: Any, sent: list[Any]) -> None:
    with pytest.raises(InvalidCursor, match="is not a cursor, or was changed or cut off"):
        ask(Reply.scan().after("nonsense!"))
    assert sent == []


def test_start_and_after_take_the_place_of_one_another(sent: list[Any]) -> None:
    cursor = cursor_of(Reply.query(forum="a").limit(3))
    assert numbers(Reply.query(forum="a").start({"forum": "a", "number": 7}).after(cursor).limit(1)) == [3]
    assert numbers(Reply.query(forum="a").after(cursor).start({"forum": "a", "number": 7})) == [8, 9]
    assert numbers(Reply.query(forum="a").after(cursor).after(None).limit(1)) == [0]


def test_signed_and_unsigned_cursors_do_not_mix(sent: list[Any]) -> None:
    unsigned, signed = cursor_of(Reply.scan().limit(3)), cursor_of(Reply.scan().signed(SECRET).limit(3))
    with pytest.raises(InvalidCursor, match="is not signed, but this read accepts only signed cursors"):
        list(Reply.scan().signed(SECRET).after(unsigned))
    with pytest.raises(
        InvalidCursor, match=r"is signed, but this read has no secret to check it with\. .*signed\(secret\)"
    ):
        list(Reply.scan().after(signed))
    with pytest.raises(InvalidCursor, match="was changed, or signed with another secret"):
        list(Reply.scan().signed(OTHER).after(signed))


def test_a_secret_takes_the_place_of_another(sent: list[Any]) -> None:
    old = cursor_of(Reply.query(forum="a").signed(SECRET).limit(3))
    both = Reply.query(forum="a").signed([OTHER, SECRET]).limit(3).after(old)
    assert numbers(both) == [3, 4, 5]
    new = both.cursor
    assert numbers(Reply.query(forum="a").signed(OTHER).limit(3).after(new)) == [6, 7, 8]
    with pytest.raises(InvalidCursor, match="another secret"):
        list(Reply.query(forum="a").signed(SECRET).after(new))


@pytest.mark.parametrize("secret", ["short", b"fifteen bytes..", [], [SECRET, "short"]])
def test_a_short_secret_is_refused_without_telling_it(secret: Any) -> None:
    with pytest.raises(InvalidValue, match=r"at least") as raised:
        Reply.scan().signed(secret)
    assert "short" not in str(raised.value)
    assert "fifteen" not in str(raised.value)


def test_a_secret_is_text_or_bytes() -> None:
    secret: Any = [16]
    with pytest.raises(DynaModelException, match="A secret for cursors must be a string or bytes, not int"):
        Reply.scan().signed(secret)


@pytest.mark.parametrize("secret", [None, 16, object()])
def test_a_secret_of_another_type_is_refused(secret: Any) -> None:
    with pytest.raises(DynaModelException, match="must be a string or bytes, or a list of those, not "):
        Reply.scan().signed(secret)


def test_a_signed_cursor_is_bound_to_its_context(sent: list[Any]) -> None:
    cursor = cursor_of(Reply.query(forum="a").signed(SECRET, context="tenant 1").limit(3))
    assert numbers(Reply.query(forum="a").signed(SECRET, context="tenant 1").after(cursor).limit(1)) == [3]
    rotated = Reply.query(forum="a").signed([OTHER, SECRET], context="tenant 1").after(cursor).limit(1)
    assert numbers(rotated) == [3]
    sent.clear()
    for context in ("tenant 2", ""):
        with pytest.raises(InvalidCursor, match="with another secret or for another context"):
            list(Reply.query(forum="a").signed(SECRET, context=context).after(cursor))
    assert sent == []
    other: Any = 5
    with pytest.raises(DynaModelException, match="The context of signed cursors must be a string, not int"):
        Reply.scan().signed(SECRET, context=other)


def test_a_cursor_is_a_text() -> None:
    cursor: Any = 5
    with pytest.raises(InvalidCursor, match="must be a string, not int"):
        list(Reply.scan().after(cursor))


def test_a_cursor_of_another_format_is_refused() -> None:
    later = base64.urlsafe_b64encode(b"\x07" + b"x" * 100).decode().rstrip("=")
    with pytest.raises(
        InvalidCursor, match="made by another version of DynamORM: its format is 7, and this version reads format 1"
    ):
        list(Reply.scan().after(later))
