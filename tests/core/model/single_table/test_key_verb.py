"""The verb ``key``: a primary key by attribute name, as the table holds it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dynamorm import DynaModel, Key, using, verbs
from dynamorm.exceptions import DynaModelException, InvalidKey, InvalidUpdate, MissingKey
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of


class Visit(DynaModel):
    class Table:
        name = "visits"
        hash_key = Key("GUEST#{guest}")
        range_key = Key("VISIT#{number:03d}", attribute="sort")

    class Schema:
        guest = fields.text(required=True)
        number = fields.integer(required=True)
        note = fields.text()


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True, attribute="i")


class Lock(DynaModel):
    class Table:
        name = "locks"
        hash_key = "key"

    class Schema:
        key = fields.text(required=True)


def test_a_model_composes_a_key_of_fields() -> None:
    key = {"pk": "GUEST#ann", "sort": "VISIT#007"}
    assert Visit.key(guest="ann", number=7) == key
    assert Visit.key("ann", 7) == key
    assert Visit.key("ann", number=7) == key
    assert verbs.key(Visit, "ann", number=7) == key
    assert Book.key(isbn="1") == {"i": "1"}


def test_an_instance_knows_its_key() -> None:
    visit = Visit(guest="ann", number=7)
    assert visit.key() == {"pk": "GUEST#ann", "sort": "VISIT#007"}
    assert verbs.key(visit) == visit.key()
    assert Book(isbn="1").key() == {"i": "1"}
    assert Visit.part(guest="ann", number=7).key() == visit.key()


@pytest.mark.one_schema_library
def test_the_key_of_an_instance_is_where_its_item_is() -> None:
    with using("sqlite:///:memory:"):
        table = table_of(Visit)
        table.create_table()
        Visit.put({"guest": "ann", "number": 7})
        visit = Visit.get("ann", 7)
        assert visit is not None
        assert visit.key() == Visit.key("ann", 7)
        visit.number = 8
        with pytest.raises(InvalidUpdate, match="'number' is part of the primary key of Visit"):
            visit.key()


@pytest.mark.one_schema_library
def test_wrong_keys_are_refused() -> None:
    with pytest.raises(MissingKey, match="key of Visit is guest and number; number was not given"):
        Visit.key("ann")
    with pytest.raises(InvalidKey, match="'note' is not part of the primary key of Visit"):
        Visit.key("ann", 7, note="x")
    with pytest.raises(InvalidKey, match="'guest' of Visit holds '#'"):
        Visit.key("a#b", 7)
    with pytest.raises(MissingKey, match="number was not given"):
        Visit.part(guest="ann").key()
    with pytest.raises(DynaModelException, match="An instance of Visit is given alone"):
        verbs.key(Visit(guest="ann", number=7), guest="bob")


@pytest.mark.one_schema_library
def test_a_field_of_this_name_wins() -> None:
    lock: Any = Lock(key="a")
    assert lock.key == "a"
    assert verbs.key(lock) == {"key": "a"}
    assert verbs.key(Lock, key="b") == {"key": "b"}


def test_stored_items_are_named_by_key_attributes_and_not_by_the_fields_in_them() -> None:
    table, day = table_of(Visit), datetime(2026, 1, 1, tzinfo=UTC)
    with using("sqlite:///:memory:"):
        table.create_table()
        Visit(guest="ann", number=7).save()
        assert table.get(**Visit.key("ann", 7)) == {"pk": "GUEST#ann", "sort": "VISIT#007", "guest": "ann", "number": 7}
        for verb in (table.get, table.delete_item):
            with pytest.raises(InvalidKey, match=r"'guest' is not part of .* of 'visits', which is pk and sort"):
                verb(guest=day)
