"""Any name works, on every backend: as the name of an attribute, of a field, and of what stands below a field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, ProjectAll, Q
from dynamorm.exceptions import ConditionFailed, InvalidUpdate
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

RESERVED_WORDS = (Path(__file__).parent / "reserved_words.txt").read_text().split()
NAMES: dict[str, str] = {
    "dot": "a.b",
    "dots": "..",
    "space": "a b",
    "blank": " ",
    "hash": "#",
    "name placeholder": "#n0",
    "value placeholder": ":v0",
    "index": "things[0]",
    "digit": "0",
    "leading digit": "1st",
    "double underscore": "a__b",
    "operator": "a__gt",
    "underscores": "__",
    "dash": "-a",
    "quotes": 'it\'s "a" `b`',
    "backslash": "a\\b",
    "dollar": "$.a",
    "control": "a\nb\x00",
    "emoji": "\N{GRINNING FACE}",
    "script": "名前",
    "decomposed": "e\N{COMBINING ACUTE ACCENT}",
    "function": "size(a)",
    "condition": "a = :v0 OR b",
    "long": "x" * 200,
}
#: moto takes brackets in a name for an index, as tests/support/moto_deviations.py says, and the name of an index's
#: key for a placeholder.
MOTO_DIFFERS = ("index", "name placeholder")
#: Names that dicts, functions of Python and the bases of schemas have, and models don't.
TAKEN = (
    "items",
    "keys",
    "values",
    "pop",
    "clear",
    "self",
    "cls",
    "dump",
    "load",
    "export",
    "atoms",
    "fields",
    "context",
)


def model_with(attribute: str) -> type[DynaModel]:
    """A model that has attributes of this name: at the top, in its key and in that of its index."""

    class Thing(DynaModel):
        class Table:
            name = "things"
            hash_key = "id"

        class ByOther(GlobalIndex):
            name = "by-other"
            hash_key = "other"
            range_key = "number"
            projection = ProjectAll()

        class Schema:
            id = fields.text(required=True, attribute=attribute)
            number = fields.integer(attribute=f"{attribute}2")
            other = fields.text(attribute=f"{attribute}3")
            place = fields.map_of(attribute=f"{attribute}4")

    return Thing


@pytest.fixture(params=NAMES)
def attribute(request: pytest.FixtureRequest, connected: Backend) -> str:
    if "moto" in request.node.name and request.param in MOTO_DIFFERS:
        pytest.skip("moto takes such a name for something else")
    return NAMES[request.param]


def test_as_the_name_of_an_attribute(attribute: str) -> None:
    model = model_with(attribute)
    key, number, other = attribute, f"{attribute}2", f"{attribute}3"
    table_of(model).create_table()
    model.put_unique({"id": "1", "number": 1, "other": "x", "place": {"a": 1}})
    with pytest.raises(ConditionFailed):
        model.put_unique({"id": "1"})
    model.update_item(id="1", number__plus=1, place__b=2, conditions=Q(other="x", number__lt=2))
    named: dict[str, Any] = {key: "1"}
    assert table_of(model).get(**named) == {key: "1", number: 2, other: "x", f"{attribute}4": {"a": 1, "b": 2}}
    (found,) = model.ByOther.query(other="x", number__gte=2)
    assert found.place == {"a": 1, "b": 2}
    (found,) = model.query(Q(number__in=[2, 3]), id="1", place__b=2).specific_attributes(["id", "number", "place.b"])
    assert (found.number, found.place) == (2, {"b": 2})
    (found,) = model.get_batch([{"id": "1"}])
    found.other = None
    found.place["a"] = 5
    found.save(partial=True)
    assert [thing.place for thing in model.scan(~model.other.exists())] == [{"a": 5, "b": 2}]
    found.delete(conditions=[model.number == 2])
    assert model.get(id="1") is None


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        place = fields.map_of()


@pytest.mark.one_schema_library
def test_as_a_name_below_a_field(attribute: str) -> None:
    table_of(Book).create_table()
    path = Book.place[attribute]
    Book.put({"isbn": "1", "place": {attribute: {attribute: 1, "x": [1]}, "other": 2}})
    assert [book.place["other"] for book in Book.scan(path[attribute] == 1, path["x"].size() == 1)] == [2]
    (found,) = Book.scan(path.exists()).specific_attributes([path[attribute]])
    assert found.to_dict() == {"place": {attribute: {attribute: 1}}}
    Book.update_item({path[attribute]: 2, path["new"]: "y"}, isbn="1", conditions=path[attribute] == 1)
    book = Book.get(isbn="1")
    assert book is not None
    assert book.place == {attribute: {attribute: 2, "x": [1], "new": "y"}, "other": 2}
    book.place[attribute][attribute] = [1, 2]
    book.place[attribute].pop("new")
    book.save(partial=True)
    assert table_of(Book).get(isbn="1") == {
        "isbn": "1",
        "place": {attribute: {attribute: [1, 2], "x": [1]}, "other": 2},
    }
    with pytest.raises(InvalidUpdate):
        Book.update_item({path["missing"]["below"]: 1}, isbn="1")


def test_reserved_words_are_names_of_fields(connected: Backend) -> None:
    # They are reserved whatever their case; in capitals none is a method of a model.
    names = [word.upper() for word in RESERVED_WORDS if word != "hash"]

    class Word(DynaModel):
        class Table:
            name = "words"
            hash_key = "HASH"

        Schema = type("Schema", (), {"HASH": fields.text(required=True), **{name: fields.integer() for name in names}})

    table_of(Word).create_table()
    Word.put({"HASH": "1"})
    for start in range(0, len(names), 100):
        chunk = names[start : start + 100]
        ones: dict[str, Any] = dict.fromkeys(chunk, 1)
        Word.update_item(HASH="1", **ones)
        (word,) = Word.query(Q(HASH="1"), **ones).specific_attributes(chunk)
        assert word.to_dict() == ones
    whole = Word.get(HASH="1")
    assert whole is not None
    assert whole.to_dict() == {"HASH": "1", **dict.fromkeys(names, 1)}


@pytest.mark.parametrize("name", TAKEN)
def test_names_that_something_else_has_are_names_of_fields(name: str, recorder: RecordingBackend) -> None:
    class Named(DynaModel):
        class Table:
            name = "named"
            hash_key = "id"

        Schema = type("Schema", (), {"id": fields.text(required=True), name: fields.list_of(fields.text())})

    table_of(Named).create_table()
    Named.put({"id": "1"})
    thing = Named.get(id="1")
    assert thing is not None
    assert getattr(thing, name) is None
    assert thing.to_dict() == {"id": "1"}
    thing.save()
    setattr(thing, name, ["a"])
    thing.save(partial=True)
    change: dict[str, Any] = {f"{name}__append": ["b"]}
    Named.update_item(id="1", **change)
    condition: dict[str, Any] = {name: ["a", "b"]}
    (found,) = Named.scan(Q(**{f"{name}__contains": "b"}), **condition)
    assert found.to_dict() == {"id": "1", name: ["a", "b"]}


@pytest.mark.parametrize("name", ["self", "cls"])
def test_names_of_python_s_own_parameters_are_names_of_keys(name: str, recorder: RecordingBackend) -> None:
    model: Any = type(
        "Thing",
        (DynaModel,),
        {
            "Table": type("Table", (), {"name": "things", "hash_key": name}),
            "Schema": type("Schema", (), {name: fields.text(required=True)}),
        },
    )
    key = {name: "1"}
    model.Table.create_table()
    model(**key).save()
    assert [getattr(thing, name) for thing in (model.get(**key), *model.query(**key), *model.scan(**key))] == ["1"] * 3
    assert model.Table.get(**key) == key
    model.Table.delete_item(**key)
    assert list(model.scan(**key)) == []
