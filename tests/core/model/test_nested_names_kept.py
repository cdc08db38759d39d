"""Names in nested maps that a nested schema does not know: every write of an instance that was read keeps them.

Another version of the program has written them. What this version wrote of the map must not remove them, whatever it
writes it with.
"""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import StaleItem
from dynamorm.ports.backends import Backend
from dynamorm.signals import pre_save, pre_update
from dynamorm.testing import SchemaLibrary
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


def _place() -> dict[str, Any]:
    return {
        "city": fields.text(required=True),
        "zip": fields.text(),
        "geo": fields.nested({"north": fields.text(attribute="N"), "east": fields.text()}),
        "tags": fields.list_of(fields.text()),
    }


class Person(DynaModel):
    class Table:
        name = "people-with-nested-names"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        title = fields.text()
        home = fields.nested(_place())
        homes = fields.list_of(fields.nested(_place()))
        by_name = fields.map_of(fields.nested(_place()))


class Versioned(DynaModel):
    class Table:
        name = "versioned-people"
        hash_key = "id"
        version = "revision"

    class Schema:
        id = fields.text(required=True)
        revision = fields.integer()
        title = fields.text()
        home = fields.nested(_place())


#: What another version has written.
HOME: dict[str, Any] = {
    "city": "Oslo",
    "zip": "0150",
    "phone": "555",
    "geo": {"N": "59", "east": "10", "height": 3, "more": {"a": [1, None]}},
    "tags": ["x"],
}
SECOND: dict[str, Any] = {"city": "Bergen", "phone": "777"}
ITEM: dict[str, Any] = {"id": "1", "title": "x", "home": HOME, "homes": [HOME, SECOND], "by_name": {"a": HOME}}


def _with(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(ITEM), **changes}


def set_in(value: Any, name: str, new: Any) -> None:
    """Set a name of a nested value, whatever a schema library makes of it."""
    if isinstance(value, dict):
        value[name] = new
    else:
        setattr(value, name, new)


def get_in(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, dict) else getattr(value, name)


@pytest.fixture
def stored(connected: Backend) -> Callable[[], Any]:
    """The item as it is stored, which another version of the program has written."""
    table_of(Person).create_table()
    table_of(Person).put(copy.deepcopy(ITEM))
    return lambda: table_of(Person).get(id="1")


def read() -> Any:
    found = Person.get(id="1")
    assert found is not None
    return found


def _save(person: Any) -> None:
    person.save()


def _save_twice(person: Any) -> None:
    person.save()
    person.save()


def _save_partially(person: Any) -> None:
    person.save(partial=True)


def _save_partially_then_whole(person: Any) -> None:
    person.save(partial=True)
    person.save()


def _save_awaited(person: Any) -> None:
    asyncio.run(person.asave())


def _put(person: Any) -> None:
    Person.put(person)


def _put_batch(person: Any) -> None:
    Person.put_batch(person)


def _batch(person: Any) -> None:
    with dynamorm.batch() as batch:
        batch.put(person)


def _transaction(person: Any) -> None:
    with dynamorm.transaction() as tx:
        tx.save(person)
    person.save()


def _transaction_in_part(person: Any) -> None:
    with dynamorm.transaction() as tx:
        tx.save(person, partial=True)
    person.save()


def _update(person: Any) -> None:
    changes = {"title": person.title, "home": person.home, "homes": person.homes, "by_name": person.by_name}
    # All of them are returned: of a map that was updated, moto would return only the entries that differ.
    person.update(**changes, return_all=True)


def _update_in_transaction(person: Any) -> None:
    with dynamorm.transaction() as tx:
        tx.update(person, title=person.title, home=person.home, homes=person.homes, by_name=person.by_name)
    person.save()


def _save_deleted(person: Any) -> None:
    person.delete()
    person.save()


def _save_unpickled(person: Any) -> None:
    pickle.loads(pickle.dumps(person)).save()


def _save_copy(person: Any) -> None:
    copied = person.copy()
    person.delete()
    copied.save()


def _save_copy_partially(person: Any) -> None:
    copied = person.copy()
    person.delete()
    copied.save(partial=True)


WRITES = [
    _save,
    _save_twice,
    _save_partially,
    _save_partially_then_whole,
    _save_awaited,
    _put,
    _put_batch,
    _batch,
    _transaction,
    _transaction_in_part,
    _update,
    _update_in_transaction,
    _save_deleted,
    _save_unpickled,
    _save_copy,
    _save_copy_partially,
]
each_write = pytest.mark.parametrize("write", WRITES)


@each_write
def test_unchanged_nested_values_keep_names(write: Callable[[Any], None], stored: Callable[[], Any]) -> None:
    person = read()
    person.title = "y"
    write(person)
    assert stored() == _with(title="y")


@each_write
def test_nested_values_changed_in_place_keep_names(write: Callable[[Any], None], stored: Callable[[], Any]) -> None:
    person = read()
    set_in(person.home, "city", "Voss")
    set_in(get_in(person.home, "geo"), "north", "60")
    set_in(person.homes[1], "zip", "1")
    set_in(person.by_name["a"], "zip", "2")
    write(person)
    geo = {**HOME["geo"], "N": "60"}
    assert stored() == _with(
        home={**HOME, "city": "Voss", "geo": geo},
        homes=[HOME, {**SECOND, "zip": "1"}],
        by_name={"a": {**HOME, "zip": "2"}},
    )


@each_write
def test_what_the_program_removes_is_removed(write: Callable[[Any], None], stored: Callable[[], Any]) -> None:
    person = read()
    person.home = {"city": "Oslo"}
    person.homes = None
    person.by_name = {"b": {"city": "Voss"}}
    write(person)
    expected = _with(home={"city": "Oslo", "phone": "555"}, by_name={"b": {"city": "Voss"}})
    del expected["homes"]
    assert stored() == expected


def _insert(homes: list[Any]) -> list[Any]:
    return [{"city": "Voss"}, *homes]


def _append(homes: list[Any]) -> list[Any]:
    return [*homes, {"city": "Voss"}]


def _change_and_append(homes: list[Any]) -> list[Any]:
    set_in(homes[1], "zip", "1")
    return [*homes, {"city": "Voss"}]


def _remove_first(homes: list[Any]) -> list[Any]:
    return homes[1:]


def _reverse(homes: list[Any]) -> list[Any]:
    return homes[::-1]


def _reverse_and_change(homes: list[Any]) -> list[Any]:
    set_in(homes[1], "zip", "1")
    return homes[::-1]


@pytest.mark.parametrize("write", [_save, _save_partially_then_whole, _transaction_in_part, _update])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_insert, [{"city": "Voss"}, HOME, SECOND]),
        (_append, [HOME, SECOND, {"city": "Voss"}]),
        (_change_and_append, [HOME, {**SECOND, "zip": "1"}, {"city": "Voss"}]),
        (_remove_first, [SECOND]),
        (_reverse, [SECOND, HOME]),
        (_reverse_and_change, [{**SECOND, "zip": "1"}, HOME]),
    ],
)
def test_elements_of_lists_keep_names_where_they_are_recognised(
    change: Callable[[list[Any]], list[Any]],
    expected: list[Any],
    write: Callable[[Any], None],
    stored: Callable[[], Any],
) -> None:
    person = read()
    person.homes = change(person.homes)
    write(person)
    assert stored() == _with(homes=expected)


def test_elements_that_are_not_recognised_are_written_as_they_are(stored: Callable[[], Any]) -> None:
    person = read()
    set_in(person.homes[1], "zip", "1")
    del person.homes[0]
    person.save()
    assert stored()["homes"] == [{"city": "Bergen", "zip": "1"}]


def test_more_than_a_hundred_changed_parts_keep_names(stored: Callable[[], Any]) -> None:
    many = {str(number): HOME for number in range(120)}
    table_of(Person).put(_with(by_name=many))
    person = read()
    for home in person.by_name.values():
        set_in(home, "zip", "1")
    # All is returned: of a map that was updated, moto would return only the entries that differ.
    person.save(partial=True, return_all=True)
    assert stored() == _with(by_name={name: {**home, "zip": "1"} for name, home in many.items()})


def test_update_below_a_field_keeps_names(stored: Callable[[], Any]) -> None:
    person = read()
    person.update(home__geo={"north": "1"})
    assert stored() == _with(home={**HOME, "geo": {"N": "1", "height": 3, "more": {"a": [1, None]}}})
    person.update(by_name__a={"city": "Voss"})
    assert stored()["by_name"] == {"a": {"city": "Voss", "phone": "555"}}


def test_update_by_key_writes_what_it_is_given(stored: Callable[[], Any]) -> None:
    """It has read nothing."""
    Person.update_item(id="1", home={"city": "Voss"})
    assert stored() == _with(home={"city": "Voss"})


def test_a_value_that_was_removed_first_is_written_as_it_is(stored: Callable[[], Any]) -> None:
    person = read()
    person.home = None
    person.save()
    person.home = {"city": "Voss"}
    person.save()
    assert stored() == _with(home={"city": "Voss"})


def test_a_new_item_is_written_as_it_is(stored: Callable[[], Any]) -> None:
    Person(id="1", home={"city": "Voss"}).save()
    assert stored() == {"id": "1", "home": {"city": "Voss"}}


def test_versions(connected: Backend) -> None:
    table = table_of(Versioned)
    table.create_table()
    table.put({"id": "1", "revision": 4, "home": copy.deepcopy(HOME)})
    one, other = Versioned.get(id="1"), Versioned.get(id="1")
    assert one is not None
    assert other is not None
    set_in(one.home, "city", "Voss")
    one.save()
    assert table.get(id="1") == {"id": "1", "revision": 5, "home": {**HOME, "city": "Voss"}}
    with pytest.raises(StaleItem):
        other.save()
    one.title = "y"
    one.save()
    assert table.get(id="1") == {"id": "1", "revision": 6, "title": "y", "home": {**HOME, "city": "Voss"}}


def test_receivers_that_change_nested_values(stored: Callable[[], Any]) -> None:
    def change(sender: type, instance: Any, **arguments: Any) -> None:
        set_in(instance.home, "city", "Voss")

    def change_updates(sender: type, updates: dict[str, Any], **arguments: Any) -> None:
        set_in(updates["home"], "zip", "1")

    with pre_save.connected_to(change, sender=Person):
        read().save()
    assert stored() == _with(home={**HOME, "city": "Voss"})
    person = read()
    set_in(person.home, "city", "Bergen")
    with pre_update.connected_to(change_updates, sender=Person):
        person.save(partial=True)
    assert stored() == _with(home={**HOME, "city": "Bergen", "zip": "1"})


def test_moves_keep_names(stored: Callable[[], Any]) -> None:
    def change_updates(sender: type, updates: dict[str, Any], **arguments: Any) -> None:
        updates["home"] = {"city": "Voss"}

    read().move(id="2")
    assert table_of(Person).get(id="2") == _with(id="2")
    moved = Person.get(id="2")
    assert moved is not None
    with pre_update.connected_to(change_updates, sender=Person):
        moved.move(id="1")
    assert stored() == _with(home={"city": "Voss", "phone": "555"})


def test_names_are_kept_unread(stored: Callable[[], Any], library: SchemaLibrary) -> None:
    """An instance does not show them, before a write and afterwards."""
    person = read()
    before = copy.deepcopy(person.to_dict())
    person.save()
    assert person.to_dict() == before
    assert "phone" not in library.nested_values(person.home)
