"""Items that have expired and were not deleted yet: reads leave them out when they are asked to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, LocalIndex, ManyToOne, ProjectAll, ProjectInclude, ProjectKeys
from dynamorm.exceptions import DynaModelException, HashKeyExists, InvalidKey
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

#: In 2033, so that no server has deleted anything when the clock of a test says so.
SECOND = 2_000_000_000
MOMENT = datetime(2033, 5, 18, 3, 33, 20, tzinfo=UTC)


class Seen(DynaModel):
    """Hides nothing by itself."""

    class Table:
        name = "seen"
        hash_key = "user"
        range_key = "number"
        ttl = "expires"

    class ByExpiry(GlobalIndex):
        name = "by-expiry"
        hash_key = "kind"
        range_key = "expires"
        projection = ProjectAll()

    class ByKind(GlobalIndex):
        name = "by-kind"
        hash_key = "kind"
        projection = ProjectKeys()

    class Schema:
        user = fields.text(required=True)
        number = fields.integer(required=True)
        kind = fields.text()
        expires = fields.moment()


class Owner(DynaModel):
    class Table:
        name = "owners"
        hash_key = "name"
        ttl = "expires"
        hide_expired = True

    class Schema:
        name = fields.text(required=True)
        expires = fields.integer(attribute="e")
        text = fields.text()


class Note(DynaModel):
    class Table:
        name = "notes"
        hash_key = "owner_name"
        range_key = "number"
        ttl = "expires"
        hide_expired = True

    class ByKind(LocalIndex):
        name = "by-kind"
        hash_key = "owner_name"
        range_key = "kind"
        projection = ProjectInclude("expires")

    class Schema:
        owner_name = fields.text(required=True)
        number = fields.integer(required=True)
        kind = fields.text()
        expires = fields.moment()

    owner = ManyToOne(
        Owner,
        query=lambda note: {"name": note.owner_name},
        back_query=lambda owner: {"owner_name": owner.name},
        auto_create=False,
    )


class Clock:
    """What the time is taken to be."""

    def __init__(self) -> None:
        self.second = SECOND

    def __call__(self) -> int:
        return self.second


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("dynamorm.model.table.expiry.now", clock)
    return clock


def _items() -> None:
    for model in (Seen, Owner, Note):
        table_of(model).create_table()
    # Of one second before, at this one and after it; never, and never because it is no number.
    for number, expires in enumerate([SECOND - 1, SECOND, SECOND + 1, None]):
        item = {"user": "ann", "number": number, "kind": "a", "expires": expires}
        table_of(Seen).put(item)
        table_of(Note).put({"owner_name": "ann", "number": number, "kind": "a", "expires": expires})
        table_of(Owner).put({"name": f"{number}", "e": expires, "text": "x"})
    table_of(Owner).put({"name": "ann", "e": SECOND + 1})
    table_of(Owner).put({"name": "text", "e": "2020-01-01", "text": "x"})


@pytest.fixture
def tables(connected: Backend, clock: Clock) -> Clock:
    """Each backend in turn, in force, with items that expire at about the time of the clock."""
    _items()
    return clock


def numbers(found: Any) -> list[int]:
    return sorted(each.number for each in found)


def test_reads_give_what_has_expired_unless_they_are_told_otherwise(tables: Clock) -> None:
    assert numbers(Seen.query(user="ann")) == [0, 1, 2, 3]
    assert numbers(Seen.query(user="ann").unexpired()) == [2, 3]
    assert numbers(Seen.scan().unexpired().consistent()) == [2, 3]
    assert numbers(Seen.scan(number__lt=3).unexpired()) == [2]
    assert numbers(Seen.scan().unexpired().unexpired(False)) == [0, 1, 2, 3]
    assert Seen.scan().unexpired().count() == 2
    assert len(Seen.query(user="ann").unexpired()) == 2
    assert Seen.get(user="ann", number=0) is not None


def test_what_has_expired_is_decided_each_time_a_read_starts(tables: Clock) -> None:
    found = Seen.query(user="ann").unexpired()
    assert numbers(found) == [2, 3]
    tables.second += 1
    assert numbers(found.again()) == [3]
    assert found.count() == 1
    tables.second -= 2
    assert numbers(found.again()) == [1, 2, 3]


def test_key_that_is_the_time_to_live_is_read_from_now_on(tables: Clock) -> None:
    assert numbers(Seen.ByExpiry.query(kind="a")) == [0, 1, 2]
    assert numbers(Seen.ByExpiry.query(kind="a").unexpired()) == [2]
    assert Seen.ByExpiry.query(kind="a").unexpired().count() == 1
    assert numbers(Seen.ByExpiry.scan().unexpired()) == [2]
    with pytest.raises(InvalidKey, match=r"'expires' is part of the key that this query of 'seen' uses.*expires__gt"):
        Seen.ByExpiry.query(kind="a", expires__lt=MOMENT).unexpired()
    assert numbers(Seen.ByExpiry.query(kind="a", expires__lt=MOMENT).unexpired(False)) == [0]


def test_index_that_does_not_hold_it_is_refused(tables: Clock) -> None:
    with pytest.raises(
        DynaModelException, match=r"The index 'by-kind' of 'seen' does not hold .*Include\('expires', …\), or leave out"
    ):
        Seen.ByKind.query(kind="a").unexpired()
    assert numbers(Seen.ByKind.query(kind="a")) == [0, 1, 2, 3]


def test_table_may_hide_them_from_all_reads(tables: Clock) -> None:
    assert numbers(Note.query(owner_name="ann")) == [2, 3]
    assert numbers(Note.scan().consistent()) == [2, 3]
    assert numbers(Note.ByKind.query(owner_name="ann", kind="a")) == [2, 3]
    assert Note.query(owner_name="ann").count() == 2
    assert numbers(Note.query(owner_name="ann").unexpired(False)) == [0, 1, 2, 3]
    assert Note.query(owner_name="ann").unexpired(False).count() == 4
    assert [Owner.get(name=f"{number}", consistent=True) is None for number in range(5)] == [
        True,
        True,
        False,
        False,
        True,
    ]
    keys = [{"name": name} for name in ("0", "1", "2", "3", "ann", "none", "text")]
    assert sorted(owner.name for owner in Owner.get_batch(keys[:5], consistent=True)) == ["2", "3", "ann"]
    # It is past the schema that all is seen.
    assert table_of(Owner).get(name="0", consistent=True) == {"name": "0", "e": SECOND - 1, "text": "x"}
    assert dynamorm.transact_get((Owner, {"name": "0"}), (Owner, {"name": "9"})) == (None, None)


def test_segments_pages_and_cursors_leave_them_out_too(tables: Clock) -> None:
    assert numbers(Note.scan().parallel(3)) == [2, 3]
    assert Note.scan().parallel(3).count() == 2
    assert [number for page in Note.query(owner_name="ann").page_size(2).pages() for number in numbers(page)] == [2, 3]
    assert "expires" in str(Note.scan().explain())
    assert "expires" in str(Note.scan().parallel(3).explain())
    first = Note.query(owner_name="ann").limit(1)
    assert numbers(first) == [2]
    tables.second += 1
    assert numbers(Note.query(owner_name="ann").after(first.cursor)) == [3]


def test_batch_get_of_some_attributes_reads_when_they_expire_too(tables: Clock) -> None:
    keys = [{"name": name} for name in ("0", "1", "2", "3", "text")]
    found = list(Owner.get_batch(keys, attrs="name", consistent=True))
    assert sorted(owner.name for owner in found) == ["2", "3", "text"]
    assert all(owner.expires is None and owner.text is None for owner in found)
    [owner] = Owner.get_batch([{"name": "2"}], attrs="name, expires", consistent=True)
    assert owner.expires == SECOND + 1


def test_related_instances_that_have_expired_are_not_there(tables: Clock) -> None:
    [note, _] = Note.query(owner_name="ann")
    assert note.owner is not None
    assert numbers(note.owner.notes) == [2, 3]
    assert note.owner.notes.count() == 2
    assert numbers(note.owner.notes.unexpired(False)) == [0, 1, 2, 3]
    [note, _] = Note.query(owner_name="ann").prefetch("owner")
    assert note.owner is not None
    tables.second += 1
    [note] = Note.query(owner_name="ann")
    assert note.owner is None
    [note] = Note.query(owner_name="ann").prefetch("owner")
    assert note.owner is None


def test_writes_meet_what_reads_hide(tables: Clock) -> None:
    assert Owner.get(name="0") is None
    with pytest.raises(HashKeyExists):
        Owner.put_unique({"name": "0"})
    Owner.put({"name": "0", "text": "anew"})
    assert getattr(Owner.get(name="0", consistent=True), "text", None) == "anew"


def test_pages_hold_fewer_and_are_no_end(recorder: RecordingBackend, clock: Clock) -> None:
    _items()
    recorder.sent.clear()
    assert numbers(Note.query(owner_name="ann").limit(1)) == [2]
    first = Note.query(owner_name="ann", query_kwargs={"Limit": 1})
    assert numbers(first) == []
    assert first.last is not None


def test_model_without_a_time_to_live_has_nothing_to_leave_out() -> None:
    class Book(DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"

        class Schema:
            isbn = fields.text(required=True)

    with pytest.raises(DynaModelException, match="The Table of Book has no ttl"):
        Book.scan().unexpired()


def test_settings_that_can_not_be() -> None:
    body = {"isbn": fields.text(required=True), "expires": fields.integer(), "kind": fields.text()}

    def define(**settings: Any) -> None:
        table = type("Table", (), {"name": "books", "hash_key": "isbn", **settings})
        index = type("ByKind", (GlobalIndex,), {"name": "by-kind", "hash_key": "kind", "projection": ProjectKeys()})
        type("Book", (DynaModel,), {"Table": table, "Schema": type("Schema", (), body), "ByKind": index})

    with pytest.raises(DynaModelException, match="The hide_expired of the Table of Book must be True or False"):
        define(hide_expired="yes", ttl="expires")
    with pytest.raises(DynaModelException, match="The Table of Book has hide_expired but no ttl"):
        define(hide_expired=True)
    with pytest.raises(DynaModelException, match=r"'by-kind' .* does not hold 'expires'.* instead of hide_expired"):
        define(hide_expired=True, ttl="expires")
    define(hide_expired=False, ttl="expires")


def test_clock_is_that_of_the_machine(sqlite_memory: Backend) -> None:
    with dynamorm.using(sqlite_memory):
        table_of(Owner).create_table()
        table_of(Owner).put({"name": "past", "e": 1_000_000_000})
        table_of(Owner).put({"name": "future", "e": 90_000_000_000})
        assert [owner.name for owner in Owner.scan()] == ["future"]
