"""Schemas that can't be right, and faults in a user's validators: refused in words, or heard, with every library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynamorm import DynaModel
from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.testing import SchemaLibrary
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.schema_libraries.refusals import refused
from tests.support.tables import table_of

SECRET = 5_318_008


def define(schema: dict[str, Any]) -> type[DynaModel]:
    class Book(DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"

        Schema = type("Schema", (), {"isbn": fields.text(), **schema})

    return Book


# Aliases


@pytest.mark.parametrize(
    ("schema", "names", "attribute"),
    [
        ({"title": fields.text(attribute="T"), "name": fields.text(attribute="T")}, "'title' and 'name'", "T"),
        ({"title": fields.text(), "name": fields.text(attribute="title")}, "'title' and 'name'", "title"),
        ({"name": fields.integer(attribute="isbn")}, "'isbn' and 'name'", "isbn"),
    ],
    ids=["of-two-fields", "of-another-field", "of-the-key"],
)
def test_alias_that_collides(schema: dict[str, Any], names: str, attribute: str) -> None:
    ours = f"{names} of Book are both stored as the attribute '{attribute}', where one would overwrite the other.*data_key, Sch"
    theirs = rf"Marshmallow refuses the Schema of Book: .* collides .* \['{attribute}'\]"
    # msgspec refuses such a Struct when its class is made.
    with pytest.raises((DynaModelException, ValueError), match=f"{ours}|{theirs}|^Multiple fields rename to the same"):
        define(schema)


COLLIDING = fields.nested({"city": fields.text(attribute="C"), "C": fields.text()})


@pytest.mark.parametrize(
    "schema",
    [
        {"home": COLLIDING},
        {"home": fields.list_of(COLLIDING)},
        {"home": fields.map_of(COLLIDING)},
        {"outer": fields.nested({"home": COLLIDING})},
    ],
    ids=["nested", "in-a-list", "in-a-map", "twice-nested"],
)
def test_alias_that_collides_in_a_nested_schema(schema: dict[str, Any]) -> None:
    place = "'(home|outer|outer.home)' of Book"
    ours = f"'city' and 'C' in {place} are both stored as 'C', where one would overwrite the other"
    theirs = rf"Marshmallow refuses the schema in {place}: .* collides .* \['C'\]"
    with pytest.raises(DynaModelException, match=f"{ours}|{theirs}"):
        define(schema)


def test_aliases_that_change_places(recorder: RecordingBackend) -> None:
    book: Any = define({"left": fields.text(attribute="right"), "right": fields.text(attribute="left")})
    book.Table.create_table()
    book(isbn="1", left="L", right="R").save()
    assert table_of(book).get(isbn="1") == {"isbn": "1", "right": "L", "left": "R"}


# Validators that raise something else than their library's error


class Fault(KeyError):
    """A fault in a validator."""


class Switch:
    """A validator that is sound until it is told not to be."""

    def __init__(self) -> None:
        self.faulty = False

    def __call__(self, value: object) -> None:
        if self.faulty:
            raise Fault("nothing is there")


SWITCH = Switch()


class Counter(DynaModel):
    class Table:
        name = "counters"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        number = fields.integer(validator=SWITCH)
        size = fields.integer(greatest=9)
        tags = fields.list_of(fields.text(longest=3))


@pytest.fixture
def _faulty() -> Any:
    SWITCH.faulty = True
    yield
    SWITCH.faulty = False


def changed() -> Counter:
    counter = Counter(partial=True, id="1")
    counter.number = SECRET
    return counter


ACTS: dict[str, Callable[[], Any]] = {
    "constructor": lambda: Counter(id="1", number=SECRET),
    "partial constructor": lambda: Counter(partial=True, number=SECRET),
    "put": lambda: Counter.put({"id": "1", "number": SECRET}),
    "put_unique": lambda: Counter.put_unique({"id": "1", "number": SECRET}),
    "put_batch": lambda: Counter.put_batch({"id": "0"}, {"id": "1", "number": SECRET}),
    "save": lambda: changed().save(),
    "partial save": lambda: changed().save(partial=True),
    "validate": lambda: changed().validate(),
    "to_dict": lambda: changed().to_dict(),
    "update": lambda: changed().update(number=SECRET),
    "update_item": lambda: Counter.update_item(id="1", number=SECRET),
    "if_not_exists": lambda: Counter.update_item(id="1", number__if_not_exists=SECRET),
    "load": lambda: Counter.new_from_raw({"id": "1", "number": SECRET}),
}


@pytest.mark.usefixtures("_faulty")
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_fault_in_a_validator_comes_through_and_says_where(act: Callable[[], Any], recorder: RecordingBackend) -> None:
    with pytest.raises(Fault, match="nothing is there") as raised:
        act()
    assert raised.value.__notes__[0].startswith("Raised in the Schema of Counter")
    assert str(SECRET) not in "".join(raised.value.__notes__)
    assert recorder.sent == []


@pytest.mark.usefixtures("_faulty")
def test_fault_names_the_field_where_one_is_validated() -> None:
    with pytest.raises(Fault) as raised:
        Counter.update_item(id="1", number__if_not_exists=SECRET)
    assert "Schema of Counter, field 'number': by a validator" in raised.value.__notes__[0]


def test_fault_is_met_by_every_read(connected: Backend) -> None:
    table_of(Counter).create_table()
    Counter.put({"id": "1", "number": SECRET})
    SWITCH.faulty = True
    try:
        for read in (lambda: Counter.get(id="1"), lambda: list(Counter.scan()), lambda: list(Counter.query(id="1"))):
            with pytest.raises(Fault) as raised:
                read()
            assert "Schema of Counter" in raised.value.__notes__[0]
    finally:
        SWITCH.faulty = False
    assert [counter.number for counter in Counter.scan()] == [SECRET]


@pytest.mark.usefixtures("_faulty")
def test_conditions_run_no_validators(recorder: RecordingBackend) -> None:
    table_of(Counter).create_table()
    Counter.put({"id": "1"})
    assert list(Counter.scan(number__gt=SECRET)) == []
    with pytest.raises(ValidationError, match="number"):
        Counter.scan(number="many")


def test_fault_in_a_default() -> None:
    def broken() -> str:
        raise Fault("no default")

    book: Any = define({"title": fields.text(default=broken)})
    for make in (book, lambda: book(isbn="1")):
        with pytest.raises(Fault, match="no default") as raised:
            make()
        assert "Schema of Book" in raised.value.__notes__[0]


# Updates whose result the schema refuses


@pytest.mark.parametrize("function", ["append", "prepend"])
def test_elements_are_validated_before_they_are_added(
    function: str, recorder: RecordingBackend, library: SchemaLibrary
) -> None:
    changes: dict[str, Any] = {f"tags__{function}": ["a", "long"]}
    with refused(library, "tags"):
        Counter.update_item(id="1", **changes)
    assert recorder.sent == []


def test_update_that_was_written_says_so_when_its_result_is_refused(connected: Backend, library: SchemaLibrary) -> None:
    table_of(Counter).create_table()
    counter = Counter(id="1", size=9)
    counter.save()
    with pytest.raises(ValidationError) as raised:
        counter.update(size__plus=1)
    assert library.refused(raised.value.errors) == {"size"}
    assert (
        "The update of this Counter was written, but its Schema refuses what the table has now"
        in raised.value.__notes__[0]
    )
    assert table_of(Counter).get(id="1") == {"id": "1", "size": 10}
    assert counter.size == 9
    counter.update(size=8)
    assert counter.size == 8


def test_update_that_was_written_says_so_when_a_validator_is_faulty(recorder: RecordingBackend) -> None:
    table_of(Counter).create_table()
    counter = Counter(id="1", number=1)
    counter.save()
    SWITCH.faulty = True
    try:
        with pytest.raises(Fault) as raised:
            counter.update(number__plus=1)
    finally:
        SWITCH.faulty = False
    assert ["Schema of Counter" in note for note in raised.value.__notes__] == [True, False]
    assert "was written" in raised.value.__notes__[1]
    assert (table_of(Counter).get(id="1") or {})["number"] == 2
