"""Instances as JSON, and as objects of the schema library, and back."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamorm
from dynamorm import DynaModel, OneToOne
from dynamorm.data import identical
from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.ports.backends import Backend
from dynamorm.testing import SchemaLibrary
from dynamorm.testing.schemas import fields
from dynamorm.testing.schemas.fields import Field
from tests.support.schema_libraries.installed import LIBRARIES
from tests.support.tables import table_of

#: The metaclass of models, for those that are made in another way than by a class statement.
META: Any = type(DynaModel)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
WHOLE = st.integers(-(10**38) + 1, 10**38 - 1)
FRACTIONS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=6)
REALS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda real: real == 0 or 1e-120 < abs(real) < 1e120)
MOMENTS = st.datetimes(datetime.datetime(1900, 1, 1))
INSTANTS = st.datetimes(
    datetime.datetime(1900, 1, 2),
    datetime.datetime(9999, 12, 30),
    timezones=st.sampled_from([datetime.UTC, datetime.timezone(datetime.timedelta(hours=5.5))]),
)
BELOW: Mapping[str, Field] = {"city": fields.text(attribute="C"), "since": fields.date(), "n": fields.integer()}
PLACES = st.fixed_dictionaries({"city": TEXT, "since": st.dates(), "n": WHOLE})

#: A field and the values of each kind.
KINDS: dict[str, tuple[Field, st.SearchStrategy[Any]]] = {
    "text": (fields.text(), TEXT),
    "integer": (fields.integer(), WHOLE),
    "decimal": (fields.decimal(), FRACTIONS),
    "real": (fields.real(), REALS),
    "boolean": (fields.boolean(), st.booleans()),
    "date": (fields.date(), st.dates()),
    "moment": (fields.moment(), MOMENTS),
    "instant": (fields.instant(), INSTANTS),
    "duration": (fields.duration(), st.integers(-(10**8), 10**8).map(lambda n: datetime.timedelta(seconds=n))),
    "address": (fields.address(), st.ip_addresses(v=4)),
    "identifier": (fields.identifier(), st.uuids()),
    "binary": (fields.binary(), st.binary()),
    "set": (fields.set_of(fields.text()), st.sets(TEXT, min_size=1)),
    "set of numbers": (fields.set_of(fields.integer()), st.sets(WHOLE, min_size=1)),
    "set of bytes": (fields.set_of(fields.binary()), st.sets(st.binary(), min_size=1)),
    "list": (fields.list_of(fields.decimal()), st.lists(FRACTIONS)),
    "list of bytes": (fields.list_of(fields.binary()), st.lists(st.binary())),
    "map": (fields.map_of(fields.date()), st.dictionaries(TEXT.filter(bool), st.dates())),
    "map of bytes": (fields.map_of(fields.binary()), st.dictionaries(TEXT.filter(bool), st.binary())),
    "nested": (fields.nested(BELOW), PLACES),
    "list of nested": (fields.list_of(fields.nested(BELOW)), st.lists(PLACES)),
    "map of lists": (fields.map_of(fields.list_of(fields.real())), st.dictionaries(TEXT.filter(bool), st.lists(REALS))),
}
#: Kinds of values that a library has not.
LACKING = {
    (library, kind)
    for library, each in LIBRARIES.items()
    for kind, (field, _) in KINDS.items()
    if not each.capabilities.issuperset(field.needs())
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_value_is_read_as_it_was_written(kind: str, library: SchemaLibrary) -> None:
    field, values = KINDS[kind]
    if (library.provider.name, kind) in LACKING:
        pytest.skip(f"{library.provider.name} has no field for it")
    schema = library.schema({"id": fields.text(required=True), "value": field})
    table = type("Table", (), {"name": "values", "hash_key": "id"})
    model: Any = META("Valued", (DynaModel,), {"__module__": __name__, "Table": table, "Schema": schema})

    @given(values)
    @settings(max_examples=40)
    def is_read(value: Any) -> None:
        made = model(id="1", value=value)
        for text in (made.to_json(), made.to_json().encode()):
            read = model.from_json(text)
            assert read.value == made.value
            assert type(read.value) is type(made.value)
            assert identical(read.to_dict(), made.to_dict())
        assert json.loads(made.to_json()).keys() == {"id", "value"}

    is_read()


class Label(DynaModel):
    class Table:
        name = "labels"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True, attribute="ID")
        name = fields.text(required=True)
        n = fields.integer(default=lambda: 3)
        price = fields.decimal()
        anything = fields.anything()
        other_id = fields.text()

    other: Any = OneToOne("Label", query=lambda label: {"id": label.other_id}, back_reference=None)


@pytest.fixture
def tables(sqlite_memory: Backend) -> Any:
    with dynamorm.using(sqlite_memory):
        table_of(Label).create_table()
        yield


def test_a_document_with_the_name_of_an_attribute_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"'ID' is its name in storage\. Give it by the field's name, 'id'"):
        Label.from_json('{"ID": "1", "name": "x"}')
    assert Label(ID="1", name="x").id == "1"


def test_names_nones_and_defaults() -> None:
    label: Any = Label(id="1", name="x", price="1.10")
    written = json.loads(label.to_json(), parse_float=Decimal)
    assert written.pop("price") in (Decimal("1.10"), "1.10")
    assert written == {"id": "1", "name": "x", "n": 3, "anything": None, "other_id": None}
    assert Label.from_json('{"id": "1", "name": "x"}').n == 3
    read = Label.from_json('{"id": "1", "name": "x", "price": null}')
    assert (read.price, read.n) == (None, 3)


def test_what_is_read_is_new_and_what_was_read_from_the_table_can_be_written(tables: None) -> None:
    table_of(Label).put({"ID": "1", "name": "x", "newer": 1})
    label: Any = Label.get(id="1", consistent=True)
    # What the schema does not know is none of the client's business.
    assert "newer" not in json.loads(label.to_json())
    read: Any = Label.from_json(label.to_json())
    table_of(Label).delete_item(ID="1")
    # It is not known to be there: an update makes it.
    read.update(n=6)
    assert table_of(Label).get(ID="1") == {"ID": "1", "n": 6}


def test_a_part_of_an_item(tables: None) -> None:
    Label.put({"id": "1", "name": "x", "price": 5})
    part: Any = Label.get(id="1", attrs="id, n", consistent=True)
    assert json.loads(part.to_json()) == {"id": "1", "n": 3}
    read: Any = Label.from_json(part.to_json(), partial=True)
    assert (read.id, read.n, read.name) == ("1", 3, None)
    with pytest.raises(ValidationError):
        Label.from_json(part.to_json())


def test_related_instances_are_left_out(tables: None) -> None:
    label: Any = Label(id="1", name="x", other_id="2")
    label.other = Label(id="2", name="y")
    assert "other" not in json.loads(label.to_json())


def test_names_that_the_schema_lacks_are_refused() -> None:
    for text in (
        '{"id": "1", "name": "x", "is_admin": true}',
        '{"id": "1", "partial": true}',
        '{"id": "1", "name": "x", "other": {"id": "2", "name": "y"}}',
    ):
        with pytest.raises(ValidationError):
            Label.from_json(text)
    with pytest.raises(ValidationError):
        Label.from_json("{}")


@pytest.mark.one_schema_library
def test_what_is_no_json_object_is_refused_without_its_text() -> None:
    wrong: dict[Any, str] = {
        "secret": r"got a string that is not valid JSON \(line 1, column 1\)",
        '{"id": NaN}': "not valid JSON",
        b"\xff\xfe\xfd": "not valid JSON",
        "[1]": "takes a JSON object, not an array",
        '"secret"': "not a string",
        "5": "not a number",
        "5.5": "not a number",
        "null": "not null",
        5: r"takes a string or bytes, not int",
    }
    for text, message in wrong.items():
        with pytest.raises(DynaModelException, match=message) as raised:
            Label.from_json(text)
        assert "secret" not in str(raised.value)


def test_values_of_any_type_are_read_as_json_has_them() -> None:
    label: Any = Label(id="1", name="x", anything={"a": [b"\xff", {"c", "b"}, None, True, 12]})
    read: Any = Label.from_json(label.to_json())
    assert read.anything["a"][0] == "/w=="
    assert sorted(read.anything["a"][1]) == ["b", "c"]
    assert read.anything["a"][2:] == [None, True, 12]


def test_objects_of_the_library(library: SchemaLibrary) -> None:
    label: Any = Label(id="1", name="x", price="1.10")
    if library.provider.name == "marshmallow":
        with pytest.raises(
            DynaModelException, match=r"to_schema of Label needs a schema library with objects.*to_dict"
        ):
            label.to_schema()
        with pytest.raises(DynaModelException, match=r"Label\(\*\*values\)"):
            Label.from_schema({})
        return
    made = label.to_schema()
    assert (made.id, made.price, made.other_id) == ("1", Decimal("1.10"), None)
    made.name = "y"
    assert label.name == "x"
    again: Any = Label.from_schema(made)
    assert (again.id, again.name, again.n, again.price) == ("1", "y", 3, Decimal("1.10"))
    label.name = 5
    with pytest.raises(ValidationError):
        label.to_schema()
    for other in ({"id": "1"}, label, None):
        with pytest.raises(DynaModelException, match="from_schema of Label takes an instance of its Schema, not "):
            Label.from_schema(other)
