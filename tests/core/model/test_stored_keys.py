"""Instances know their key as it stands in the table, in whatever form another program has written it there."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, OneToOne, ProjectAll, ProjectKeys, Q
from dynamorm.exceptions import ConditionFailed, InvalidUpdate
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Event(DynaModel):
    class Table:
        name = "events"
        hash_key = "id"
        range_key = "at"

    class ByTitle(GlobalIndex):
        name = "by-title"
        hash_key = "title"
        projection = ProjectAll()

    class ByCount(GlobalIndex):
        name = "by-count"
        hash_key = "n"
        projection = ProjectKeys()

    class Schema:
        id = fields.text(required=True)
        at = fields.moment(required=True)
        title = fields.text()
        n = fields.integer()


class VersionedEvent(DynaModel):
    class Table:
        name = "versioned-events"
        hash_key = "id"
        range_key = "at"
        version = "revision"

    class Schema:
        id = fields.text(required=True)
        at = fields.moment(required=True)
        title = fields.text()
        n = fields.integer()
        revision = fields.integer()


class Thing(DynaModel):
    class Table:
        name = "things"
        hash_key = "id"

    class Schema:
        id = fields.identifier(required=True, attribute="Id")
        title = fields.text()
        n = fields.integer()


class Reading(DynaModel):
    class Table:
        name = "readings"
        hash_key = "id"
        range_key = "at"

    class Schema:
        id = fields.text(required=True)
        at = fields.real(required=True)
        title = fields.text()
        n = fields.integer()


class Note(DynaModel):
    class Table:
        name = "notes"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        event_id = fields.text()

    event = OneToOne(
        Event, index="ByTitle", query=lambda note: {"title": note.event_id}, back_reference=None, auto_create=False
    )


REST: dict[str, Any] = {"title": "old", "n": 1, "unknown": "kept"}
#: Models, and keys in a form that the schema reads, and writes in another form.
KEYS: dict[str, tuple[type[DynaModel], dict[str, Any]]] = {
    "moment": (Event, {"id": "a", "at": "2026-01-01T14:00:00.5+02:00"}),
    "moment, with versions": (VersionedEvent, {"id": "a", "at": "2026-01-01T14:00:00.5+02:00"}),
    "identifier in capitals": (Thing, {"Id": "C0FFEE00-0000-4000-8000-00000000ABCD"}),
    "number of many digits": (Reading, {"id": "a", "at": Decimal("0.10000000000000000555")}),
}


KEYS_OF = dict(KEYS.values())


@pytest.fixture(params=list(KEYS))
def stored(request: pytest.FixtureRequest, connected: Backend) -> Any:
    model, _ = KEYS[request.param]
    table_of(model).create_table()
    return put_and_read(model)


def put_and_read(model: type[DynaModel]) -> Any:
    """Put the item of a *model*, and return the instance that reads it."""
    version = {"revision": 3} if model is VersionedEvent else {}
    table_of(model).put({**KEYS_OF[model], **REST, **version})
    (found,) = model.scan().consistent()
    return found


def items(instance: Any) -> list[dict[str, Any]]:
    """Return all items of the table, without their versions."""
    model = type(instance)
    assert model.scan().consistent().count() <= 1, "a second item"
    found = table_of(model).get(consistent=True, **KEYS_OF[model])
    return [] if found is None else [{name: value for name, value in found.items() if name != "revision"}]


def in_a_transaction(add: Callable[[Any, Any], Any]) -> Callable[[Any], None]:
    def write(instance: Any) -> None:
        with dynamorm.transaction() as tx:
            add(tx, instance)

    return write


def in_a_batch(add: Callable[[Any, Any], Any]) -> Callable[[Any], None]:
    def write(instance: Any) -> None:
        with dynamorm.batch() as batch:
            add(batch, instance)

    return write


def changed(instance: Any) -> Any:
    instance.title = "new"
    return instance


WRITES: dict[str, Callable[[Any], Any]] = {
    "save": lambda x: changed(x).save(),
    "partial save": lambda x: changed(x).save(partial=True),
    "update": lambda x: x.update(title="new"),
    "update that returns all": lambda x: x.update(title="new", return_all=True),
    "update under a condition": lambda x: x.update(title="new", conditions={"n": 1}),
    "save of a copy": lambda x: changed(copy.copy(x)).save(),
    "save of a pickled one": lambda x: changed(pickle.loads(pickle.dumps(x))).save(partial=True),
    "put in a transaction": in_a_transaction(lambda tx, x: tx.put(changed(x))),
    "save in a transaction": in_a_transaction(lambda tx, x: tx.save(changed(x))),
    "partial save in a transaction": in_a_transaction(lambda tx, x: tx.save(changed(x), partial=True)),
    "update in a transaction": in_a_transaction(lambda tx, x: tx.update(x, title="new")),
    "put in a batch": in_a_batch(lambda batch, x: batch.put(changed(x))),
}


def possible(writes: dict[str, Callable[[Any], Any]], model: type[DynaModel]) -> list[str]:
    """Return the names of the *writes* of a *model*: a batch checks no versions."""
    return [name for name in writes if model is not VersionedEvent or "batch" not in name]


def test_each_write_changes_the_item_that_was_read(stored: Any) -> None:
    model = type(stored)
    for name in possible(WRITES, model):
        instance = put_and_read(model)
        WRITES[name](instance)
        assert items(stored) == [{**KEYS_OF[model], **REST, "title": "new"}], name


def test_one_write_follows_another(stored: Any) -> None:
    stored.update(n=2)
    changed(stored).save(partial=True)
    stored.save()
    stored.update(n__plus=1)
    assert items(stored) == [{**KEYS_OF[type(stored)], **REST, "title": "new", "n": 3}]


def test_a_copy_has_the_key_as_it_stands_in_the_table(stored: Any) -> None:
    """In another form it would be the key of a second item."""
    model = type(stored)
    if model is VersionedEvent:
        stored.delete()
    copied = changed(stored.copy())
    copied.save()
    assert items(stored) == [{**KEYS_OF[model], **REST, "title": "new"}]
    copied.update(title="newer")
    assert items(stored) == [{**KEYS_OF[model], **REST, "title": "newer"}]


class Entry(DynaModel):
    class Table:
        name = "entries"
        hash_key = "log"
        range_key = "number"

    class Schema:
        log = fields.identifier(required=True)
        number = fields.integer(required=True)


def test_a_copy_with_another_range_key_is_beside_the_first_one(connected: Backend) -> None:
    table_of(Entry).create_table()
    log = "C0FFEE00-0000-4000-8000-00000000ABCD"
    table_of(Entry).put({"log": log, "number": 1})
    (found,) = Entry.scan().consistent()
    found.copy(number=2).save()
    assert table_of(Entry).get(log=log, number=2, consistent=True) is not None


DELETES: dict[str, Callable[[Any], Any]] = {
    "delete": lambda x: x.delete(),
    "delete under a condition": lambda x: x.delete(conditions={"n": 1}),
    "delete in a transaction": in_a_transaction(lambda tx, x: tx.delete(x)),
    "delete in a batch": in_a_batch(lambda batch, x: batch.delete(x)),
}


def test_each_delete_deletes_the_item_that_was_read(stored: Any) -> None:
    model = type(stored)
    for name in possible(DELETES, model):
        instance = put_and_read(model)
        DELETES[name](instance)
        assert items(stored) == [], name
        instance.save()
        assert items(stored) == [{**KEYS_OF[model], **REST}], name


@pytest.mark.one_schema_library
def test_saving_finds_nothing_to_do_in_an_unchanged_instance(recorder: RecordingBackend) -> None:
    for model, key in KEYS.values():
        table_of(model).create_table()
        table_of(model).put({**key, **REST})
        (found,) = model.scan()
        recorder.sent.clear()
        found.save(partial=True)
        assert recorder.sent == []


def key_name(instance: Any) -> str:
    return "id" if type(instance) is Thing else "at"


def test_a_condition_with_the_value_that_was_read_holds(stored: Any) -> None:
    name = key_name(stored)
    value = getattr(stored, name)
    field = getattr(type(stored), name)
    stored.update(n=2, conditions={name: value})
    stored.update(n=3, conditions=[Q(n=2) & Q(**{name: value}), ~(field != value)])
    changed(stored).save(conditions=field == value)
    with dynamorm.transaction() as tx:
        tx.update(stored, n=4, conditions={name: value})
    assert items(stored) == [{**KEYS_OF[type(stored)], **REST, "title": "new", "n": 4}]
    with dynamorm.transaction() as tx:
        tx.check(stored, conditions={name: value})
    with pytest.raises(ConditionFailed):
        stored.update(n=5, conditions=field != value)
    with pytest.raises(ConditionFailed):
        stored.update(n=5, conditions={"n": 3})
    stored.delete(conditions={name: value})
    assert items(stored) == []


OTHER: dict[str, Any] = {"id": UUID(int=1), "at": datetime(2026, 2, 3, tzinfo=UTC)}


def test_another_key_is_refused_and_both_ways_out_are_named(stored: Any) -> None:
    model, name = type(stored), key_name(stored)
    setattr(stored, name, 0.5 if model is Reading else OTHER[name])
    writes = WRITES | DELETES
    for write in possible(writes, model):
        with pytest.raises(InvalidUpdate) as refused:
            writes[write](stored)
        words = rf"'{name}' is part of the primary key of {model.__name__}.*copy\({name}=…\).*move\({name}=…\)"
        assert re.search(words, str(refused.value)), write
    assert items(stored) == [{**KEYS_OF[model], **REST}]


def test_the_key_of_a_new_instance_may_change_until_it_is_saved(connected: Backend) -> None:
    table_of(Event).create_table()
    event = Event(id="a", at=OTHER["at"])
    event.id = "b"
    event.save()
    assert [each.id for each in Event.scan()] == ["b"]
    event.delete()
    event.id = "c"
    event.save()
    assert [each.id for each in Event.scan()] == ["c"]


def test_an_update_may_name_the_key_that_the_instance_has(stored: Any) -> None:
    name = key_name(stored)
    stored.update(n=2, **{name: getattr(stored, name)})
    assert items(stored) == [{**KEYS_OF[type(stored)], **REST, "n": 2}]
    with pytest.raises(InvalidUpdate, match=f"'{name}' is part of the primary key"):
        stored.update(n=3, **{name: 0.5 if type(stored) is Reading else OTHER[name]})


def test_an_instance_read_from_an_index_or_in_part_keeps_the_key(connected: Backend) -> None:
    table_of(Event).create_table()
    key = KEYS_OF[Event]
    table_of(Event).put({**key, **REST})
    (event,) = Event.ByTitle.query(title="old")
    event.save()
    (event,) = Event.ByCount.query(n=1)
    event.update(n=2)
    (event,) = Event.scan().specific_attributes(["id", "at", "n"])
    event.n = 3
    event.save(partial=True)
    assert table_of(Event).get(**key) == {**key, **REST, "n": 3}
    event.delete()
    assert Event.scan().count() == 0


def test_a_related_instance_is_saved_and_deleted_under_its_key(connected: Backend) -> None:
    table_of(Event).create_table()
    table_of(Note).create_table()
    key = KEYS_OF[Event]
    table_of(Event).put({**key, **REST})
    note = Note(id="1", event_id="old")
    assert note.event is not None
    note.event.n = 7
    note.save()
    assert table_of(Event).get(**key) == {**key, **REST, "n": 7}
    note.event.n = 8
    note.update(event_id="old")
    assert table_of(Event).get(**key) == {**key, **REST, "n": 8}
    del note.event
    assert Event.scan().count() == 0


def test_an_item_handed_over_by_the_program_keeps_its_key(stored: Any) -> None:
    """A stream hands over items as they are stored."""
    model = type(stored)
    item: Any = table_of(model).get(**KEYS_OF[model])
    item.pop("unknown")
    given = model.new_from_raw(item)
    assert given is not None
    given.update(n=2)
    assert items(stored) == [{**KEYS_OF[model], **REST, "n": 2}]
    given.delete()
    assert items(stored) == []
