"""Fields of composed keys that are None, that only keys hold, and times of day in keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta, timezone
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, Q
from dynamorm.data import Scan
from dynamorm.exceptions import InvalidKey, InvalidUpdate, StaleItem, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Entry(DynaModel):
    class Table:
        name = "entries"
        hash_key = Key("{name}")

    class ByState(GlobalIndex):
        name = "by-state"
        hash_key = Key("STATE#{state}", attribute="gsi1pk")
        projection = ProjectAll()

    class Schema:
        name = fields.text(required=True)
        state = fields.text(default=lambda: "new", nullable=True)


class Ticket(DynaModel):
    """A model of items that have two fields in the key of an index alone."""

    class Table:
        name = "tickets"
        hash_key = "id"

    class ByState(GlobalIndex):
        name = "by-state"
        hash_key = Key("STATE#{state}", attribute="gsi1pk", only_key=["state"])
        range_key = Key("{place}#{number:03d}", attribute="gsi1sk", only_key=["place"])
        projection = ProjectAll()
        only_if = Q(hidden__not_exists=True)

    class Schema:
        id = fields.text(required=True)
        state = fields.text()
        place = fields.text()
        number = fields.integer()
        hidden = fields.boolean()


@pytest.fixture
def stored(backend: Backend) -> Iterator[Any]:
    with dynamorm.using(backend):
        table_of(Entry).create_table()
        table_of(Ticket).create_table()
        yield lambda model: [dict(item) for item in backend.execute(Scan(model.Table.name)).items]


def test_a_none_that_is_stored_as_null_takes_the_item_out_of_the_index(stored: Any) -> None:
    Entry.put({"name": "a", "state": None})
    assert stored(Entry) == [{"pk": "a", "name": "a", "state": None}]
    entry = Entry.get(name="a")
    assert entry is not None
    entry.state = "old"
    entry.save(partial=True)
    assert stored(Entry) == [{"pk": "a", "name": "a", "state": "old", "gsi1pk": "STATE#old"}]
    entry.update(state=None)
    assert stored(Entry) == [{"pk": "a", "name": "a", "state": None}]
    Entry.update_item(name="a", state="new")
    Entry.update_item(name="a", state__remove=True)
    assert stored(Entry) == [{"pk": "a", "name": "a"}]


def test_a_value_that_only_the_key_of_an_index_has_is_changed_there(stored: Any) -> None:
    ticket = Ticket(id="1", state="open", place="a", number=1)
    ticket.save()
    assert stored(Ticket) == [{"id": "1", "number": 1, "gsi1pk": "STATE#open", "gsi1sk": "a#001"}]
    ticket.update(state="done")
    assert stored(Ticket) == [{"id": "1", "number": 1, "gsi1pk": "STATE#done", "gsi1sk": "a#001"}]
    assert ticket.state == "done"
    ticket.place = "b"
    ticket.save(partial=True)
    assert stored(Ticket) == [{"id": "1", "number": 1, "gsi1pk": "STATE#done", "gsi1sk": "b#001"}]
    with dynamorm.transaction() as tx:
        tx.update(ticket, state="open")
    assert (ticket.state, ticket.place) == ("open", "b")
    found = Ticket.get(id="1")
    assert found is not None
    assert (found.state, found.place, found.number) == ("open", "b", 1)

    Ticket.update_item(id="1", state="held", known={"place": "b", "number": 1, "hidden": None})
    assert stored(Ticket) == [{"id": "1", "number": 1, "gsi1pk": "STATE#held", "gsi1sk": "b#001"}]
    with pytest.raises(StaleItem, match="'place' is not what 'known' says"):
        Ticket.update_item(id="1", state="open", known={"place": "x", "number": 1, "hidden": None})
    with pytest.raises(StaleItem, match="'state' is no longer what the instance was read with"):
        ticket.update(place="c")


def test_a_value_that_only_the_key_of_an_index_has_is_not_lost(stored: Any) -> None:
    message = "'state' of Ticket is stored only in the key of the index ByState of Ticket, as its only_key says, and an"
    with pytest.raises(InvalidKey, match=message):
        Ticket(id="1", state="open", place="a").save()
    with pytest.raises(InvalidKey, match=message):
        Ticket(id="1", state="open", place="a", number=1, hidden=True).save()
    ticket = Ticket(id="1", state="open", place="a", number=1)
    ticket.save()
    before = stored(Ticket)
    for changes in ({"number": None}, {"hidden": True}):
        with pytest.raises(InvalidKey, match=message):
            ticket.update(**changes)
    with pytest.raises(InvalidUpdate, match="together with 'state' and 'place'"):
        Ticket.update_item(id="1", number=None, hidden=None)
    assert stored(Ticket) == before


def test_a_value_that_only_a_key_has_is_there_for_receivers_and_constructors(stored: Any) -> None:
    class Numbered(Ticket):
        class Table(Ticket.Table):
            pass

        def __init__(self, partial: bool = False, **raw: Any) -> None:
            super().__init__(partial=partial, **raw)

    Ticket(id="1", state="open", place="a", number=1).save()
    before, received = stored(Ticket), []

    def receive(sender: Any, instance: Any, **_: Any) -> None:
        received.append((instance.state, instance.place))

    with dynamorm.signals.post_init.connected_to(receive):
        for model in (Ticket, Numbered):
            ticket: Any = model.get(id="1")
            assert (ticket.state, ticket.place, ticket.number) == ("open", "a", 1)
            assert ticket.to_dict() == {"id": "1", "state": "open", "place": "a", "number": 1}
            ticket.save()
            assert stored(Ticket) == before
    assert received == [("open", "a")] * 2
    ticket = Numbered.get(id="1")
    assert (ticket.state, ticket.place) == ("open", "a")


@pytest.mark.one_schema_library
def test_a_field_of_the_primary_key_is_never_null(stored: Any) -> None:
    class Wrong(DynaModel):
        class Table:
            name = "entries"
            hash_key = Key("{name}")

        class Schema:
            name = fields.text(default=lambda: "n", nullable=True)

    with pytest.raises(ValidationError, match="It is part of the primary key, and can't be None"):
        Wrong.put({"name": None})
    assert stored(Entry) == []


@pytest.mark.one_schema_library
def test_times_of_day_with_an_offset_are_refused_in_templates() -> None:
    from pydantic import BaseModel

    class Shift(DynaModel):
        class Table:
            name = "shifts"
            hash_key = "id"

        class ByStart(GlobalIndex):
            name = "by-start"
            hash_key = Key("SHIFT", attribute="gsi1pk")
            range_key = Key("{start}", attribute="gsi1sk")
            projection = ProjectAll()

        class Schema(BaseModel):
            id: str
            start: time

    early = time(6, tzinfo=timezone(timedelta(hours=2)))
    with dynamorm.using("sqlite:///:memory:"):
        table_of(Shift).create_table()
        shift: Any = Shift(id="1", start=time(6))
        shift.save()
        for write in (
            lambda: Shift(id="2", start=early).save(),
            lambda: Shift.put({"id": "2", "start": early}),
            lambda: shift.update(start=early),
            lambda: Shift.update_item(id="1", start=early),
        ):
            with pytest.raises(InvalidKey, match="'start' is part of a key of Shift, and was given a time of day with"):
                write()
        shift.update(start=time(7))
        assert [each.start for each in Shift.ByStart.scan()] == [time(7)]
