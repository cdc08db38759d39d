"""Reading an item again, copying an instance, and giving an item another key."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, OneToOne, ProjectKeys, explain, using, verbs
from dynamorm.data import DeleteItem, GetItem, PutItem, Scan, TransactWrite
from dynamorm.data.operations import Operation
from dynamorm.exceptions import (
    DynaModelException,
    HashKeyExists,
    InvalidKey,
    InvalidSchemaField,
    InvalidUpdate,
    ItemTooLarge,
    StaleItem,
    ValidationError,
)
from dynamorm.ports.backends import Backend
from dynamorm.signals import post_update, pre_update
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)
        city = fields.text()


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "shelf"
        range_key = "number"

    class ByTitle(dynamorm.GlobalIndex):
        name = "by-title"
        hash_key = "title"
        projection = ProjectKeys()

    class Schema:
        shelf = fields.text(required=True, longest=2000)
        number = fields.real(required=True)
        title = fields.text()
        year = fields.integer(default=lambda: 1999)
        tags = fields.list_of(fields.text())
        place = fields.map_of()
        where = fields.computed(lambda values: f"on {values['shelf']}", attribute="Where")
        author_name = fields.text()

    author = OneToOne(Author, query=lambda book: {"name": book.author_name}, back_reference=None, auto_create=False)


class VersionedBook(DynaModel):
    class Table:
        name = "versioned-books"
        hash_key = "shelf"
        range_key = "number"
        version = "revision"

    class Schema:
        shelf = fields.text(required=True)
        number = fields.real(required=True)
        title = fields.text()
        year = fields.integer(default=lambda: 1999)
        tags = fields.list_of(fields.text())
        place = fields.map_of()
        revision = fields.integer()


#: The number has more digits than the schema writes.
KEY: dict[str, Any] = {"shelf": "a", "number": Decimal("0.10000000000000000555")}
ITEM: dict[str, Any] = {**KEY, "title": "old", "year": 2000, "tags": ["x"], "place": {"b": [1]}, "unknown": "kept"}


@pytest.fixture(params=[Book, VersionedBook], ids=["no version", "version"])
def model(request: pytest.FixtureRequest, connected: Backend) -> Any:
    table_of(request.param).create_table()
    return request.param


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Operation[Any]]:
    table_of(Book).create_table()
    return recorder.sent


def of(model: Any) -> Any:
    """Put the item of a *model* as another program stores it, and return the instance that reads it."""
    table_of(model).put({**ITEM, **({"Where": "on a"} if model is Book else {"revision": 3})})
    (found,) = model.query(shelf="a").consistent()
    return found


def theirs(model: Any, **changes: Any) -> None:
    """Change the item as another writer does."""
    (instance,) = model.query(shelf="a").consistent()
    instance.update(**changes)


def items(model: Any) -> list[dict[str, Any]]:
    """Return all items of the table, without what writes and the schema set by themselves."""
    page = table_of(model).layout.connection().execute(Scan(table_of(model).name, consistent=True))
    found = [{n: value for n, value in item.items() if n not in {"revision", "Where"}} for item in page.items]
    return sorted(found, key=lambda item: (item["shelf"], item["number"]))


# refresh


def test_refresh_reads_all_again_and_drops_changes(model: Any) -> None:
    mine = of(model)
    theirs(model, title="new", year__remove=True, tags=["y"])
    mine.place["c"] = 1
    mine.shelf = "b"
    mine.refresh()
    assert (mine.shelf, mine.title, mine.year, mine.tags, mine.place) == ("a", "new", 1999, ["y"], {"b": [1]})
    mine.tags.append("z")
    mine.save(partial=True)
    assert items(model) == [
        {name: each for name, each in {**ITEM, "title": "new", "tags": ["y", "z"]}.items() if name != "year"}
    ]


def test_refresh_of_an_item_that_is_gone_is_stale(model: Any) -> None:
    mine = of(model)
    table_of(model).delete_item(**KEY)
    with pytest.raises(StaleItem, match="is gone"):
        mine.refresh()
    assert mine.title == "old"


def test_refresh_knows_what_another_has_made_anew(model: Any) -> None:
    mine = of(model)
    mine.delete()
    with pytest.raises(StaleItem, match="is gone"):
        mine.refresh()
    table_of(model).put({**KEY, "title": "theirs"})
    mine.refresh()
    mine.update(year=1)
    assert (mine.title, mine.year) == ("theirs", 1)


def test_refresh_of_a_new_instance_reads_its_item(model: Any) -> None:
    table_of(model).put({**ITEM, "number": 1})
    mine = model(partial=True, shelf="a", number=1)
    mine.refresh()
    assert (mine.title, mine.tags) == ("old", ["x"])
    mine.save()
    assert items(model) == [{**ITEM, "number": 1}]


def test_refresh_completes_what_was_read_in_part(connected: Backend) -> None:
    table_of(Book).create_table()
    of(Book)
    for read in (
        lambda: Book.ByTitle.query(title="old"),
        lambda: Book.scan().specific_attributes(["shelf", "number", "year"]),
    ):
        (mine,) = read()
        with pytest.raises(DynaModelException, match="read without all of its attributes"):
            mine.save()
        mine.refresh()
        mine.save()
        assert items(Book) == [ITEM]


def test_refresh_is_one_consistent_read(sent: list[Operation[Any]]) -> None:
    mine = of(Book)
    sent.clear()
    assert [each.action for each in explain(mine.refresh).operations] == ["GetItem"]
    assert sent == []
    mine.refresh()
    assert sent == [GetItem("books", KEY, consistent=True)]


def test_refresh_reads_related_instances_again(connected: Backend) -> None:
    for each in (Book, Author):
        table_of(each).create_table()
    Author.put({"name": "ann", "city": "Rome"})
    of(Book).update(author_name="ann")
    (mine,) = Book.scan()
    assert mine.author is not None
    Author.update_item(name="ann", city="Oslo")
    assert mine.author.city == "Rome"
    mine.refresh()
    assert mine.author.city == "Oslo"


# copy


def test_a_copy_is_a_new_item(model: Any) -> None:
    mine = of(model)
    copied = mine.copy(shelf="b", title="copied")
    assert type(copied) is model
    copied.tags.append("y")
    copied.save()
    assert items(model) == [
        ITEM,
        {**ITEM, "shelf": "b", "number": Decimal("0.1"), "title": "copied", "tags": ["x", "y"]},
    ]
    assert (mine.tags, getattr(copied, "revision", 1)) == (["x"], 1)


def test_a_copy_makes_an_item_anew_that_is_gone(model: Any) -> None:
    mine = of(model)
    table_of(model).delete_item(**KEY)
    mine.copy().update(title="new")
    assert model.scan().consistent().count() == 1


def test_a_copy_sends_nothing(sent: list[Operation[Any]]) -> None:
    mine = of(Book)
    sent.clear()
    mine.copy(shelf="b")
    assert not explain(mine.copy, shelf="b").operations
    assert sent == []


def test_a_copy_is_validated(connected: Backend) -> None:
    table_of(Book).create_table()
    mine = of(Book)
    with pytest.raises(ValidationError, match="year"):
        mine.copy(year="soon")
    (part,) = Book.scan().specific_attributes(["shelf", "number"])
    with pytest.raises(
        DynaModelException, match=r"read without all of its attributes, which a copy would lack.*refresh"
    ):
        part.copy(shelf="b")


def test_a_copy_goes_to_another_backend(connected: Backend) -> None:
    table_of(Book).create_table()
    mine = of(Book)
    with using("sqlite:///:memory:"):
        table_of(Book).create_table()
        mine.copy().save()
        assert Book.scan().count() == 1


# move


MOVES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "hash key": ({"shelf": "b"}, {"shelf": "b"}),
    "range key": ({"number": 0.5}, {"number": Decimal("0.5")}),
    "both": ({"shelf": "b", "number": Decimal("0.5")}, {"shelf": "b", "number": Decimal("0.5")}),
}


def test_a_move_takes_all_attributes_along(model: Any) -> None:
    for key, stored in MOVES.values():
        mine = of(model)
        mine.move(**key)
        assert items(model) == [{**ITEM, **stored}]
        assert (mine.shelf, mine.number) == (stored.get("shelf", "a"), float(stored.get("number", 0.1)))
        assert getattr(mine, "revision", 4) == 4
        mine.update(year=2001)
        mine.title = "new"
        mine.save()
        assert items(model) == [{**ITEM, **stored, "year": 2001, "title": "new"}]
        mine.delete()


def test_a_move_takes_along_what_others_have_written_and_what_was_not_read(connected: Backend) -> None:
    table_of(Book).create_table()
    of(Book)
    (mine,) = Book.scan().specific_attributes(["shelf", "number", "title"])
    theirs(Book, year=2001)
    mine.move(shelf="b")
    assert items(Book) == [{**ITEM, "shelf": "b", "year": 2001}]
    assert (mine.year, mine.tags) == (2001, ["x"])
    assert (table_of(Book).get(shelf="b", number=KEY["number"]) or {})["Where"] == "on b"


def test_a_move_is_one_read_and_one_transaction(sent: list[Operation[Any]]) -> None:
    mine = of(Book)
    sent.clear()
    assert [each.action for each in explain(mine.move, shelf="b").operations] == ["GetItem"]
    mine.move(shelf="b")
    read, moved = sent
    assert read == GetItem("books", KEY, consistent=True)
    assert isinstance(moved, TransactWrite)
    assert [type(action) for action in moved.actions] == [PutItem, DeleteItem]


def test_a_move_does_not_overwrite(model: Any) -> None:
    mine = of(model)
    table_of(model).put({**ITEM, "shelf": "b"})
    with pytest.raises(HashKeyExists) as refused:
        mine.move(shelf="b")
    assert refused.value.item is not None
    assert mine.shelf == "a"
    assert items(model) == [ITEM, {**ITEM, "shelf": "b"}]


def test_a_move_of_an_item_that_is_gone_is_stale(model: Any) -> None:
    mine = of(model)
    table_of(model).delete_item(**KEY)
    with pytest.raises(StaleItem, match="is gone"):
        mine.move(shelf="b")
    mine = of(model)
    mine.delete()
    with pytest.raises(StaleItem, match="has deleted its item"):
        mine.move(shelf="b")
    assert items(model) == []


def test_a_move_checks_the_version_that_the_instance_has(connected: Backend) -> None:
    table_of(VersionedBook).create_table()
    mine = of(VersionedBook)
    theirs(VersionedBook, title="theirs")
    with pytest.raises(StaleItem, match="does not have the version"):
        mine.move(shelf="b")
    assert items(VersionedBook) == [{**ITEM, "title": "theirs"}]


class Meddler(RecordingBackend):
    """Lets another writer change the item between the read of a move and its transaction."""

    def __init__(self, backend: Backend, meddle: Callable[[], Any]) -> None:
        super().__init__(backend)
        self._meddle = meddle

    def execute(self, operation: Operation[Any]) -> Any:
        if isinstance(operation, TransactWrite):
            with using(self._backend):
                self._meddle()
        return super().execute(operation)


MEDDLING: dict[str, Callable[[Any], Any]] = {
    "changed": lambda model: theirs(model, title="theirs"),
    "changed below": lambda model: theirs(model, place__b__append=[2]),
    "removed": lambda model: theirs(model, tags__remove=True),
    "added": lambda model: theirs(model, year=1),
    "deleted": lambda model: table_of(model).delete_item(**KEY),
}


def test_a_move_loses_nothing_that_another_writes_meanwhile(model: Any, connected: Backend) -> None:
    for name, meddle in MEDDLING.items():
        of(model).update(year__remove=True)
        with using(Meddler(connected, partial(meddle, model))):
            (mine,) = model.query(shelf="a").consistent()
            with pytest.raises(StaleItem):
                mine.move(shelf="b")
        assert mine.shelf == "a", name
        assert "b" not in {item["shelf"] for item in items(model)}, name


def test_a_move_of_unsaved_changes_is_refused(model: Any) -> None:
    mine = of(model)
    mine.shelf = "b"  # the key may be set already
    mine.title = "new"
    mine.tags.append("y")
    with pytest.raises(InvalidUpdate, match=r"changes that are not saved, of 'title', 'tags'.*save\(partial=True\)"):
        mine.move(shelf="b")
    assert items(model) == [ITEM]
    mine.refresh()
    mine.shelf = "b"
    mine.move(shelf="b")
    assert items(model) == [{**ITEM, "shelf": "b"}]


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "nothing": ({}, InvalidKey, "needs another key than the item has: give a new value of shelf or number"),
    "the same key": ({"shelf": "a"}, InvalidKey, "needs another key than the item has"),
    "no part of the key": ({"title": "x"}, InvalidKey, "'title' is not part of the primary key of Book"),
    "no field": ({"shelv": "x"}, InvalidSchemaField, "has no field 'shelv'"),
    "a value that the schema refuses": ({"shelf": "x" * 2001}, ValidationError, "shelf"),
    "a value of another type": ({"number": "soon"}, ValidationError, "number"),
    "None": ({"shelf": None}, InvalidKey, "shelf was not given"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_what_a_move_refuses(sent: list[Operation[Any]], case: str) -> None:
    mine = of(Book)
    key, kind, message = REFUSED[case]
    sent.clear()
    with pytest.raises(kind, match=message):
        mine.move(**key)
    with pytest.raises(DynaModelException, match="This Book was neither read nor saved"):
        Book(shelf="a", number=1).move(shelf="b")
    assert sent == []


@pytest.mark.moto_differs("moto counts the size of an item otherwise")
def test_a_move_of_too_large_an_item_is_refused_before_it_is_written(connected: Backend) -> None:
    table_of(Book).create_table()
    mine = of(Book)
    table_of(Book).put({**ITEM, "unknown": "x" * (400 * 1024 - 200)})
    with pytest.raises(ItemTooLarge):
        mine.move(shelf="b" * 1000)
    mine.move(shelf="b")
    assert mine.shelf == "b"


def test_a_move_compares_up_to_140_attributes(connected: Backend) -> None:
    table_of(Book).create_table()
    table_of(VersionedBook).create_table()
    # With the fields that the item lacks.
    others = {f"attribute {number}": number for number in range(200)}
    for model, more, passes in ((Book, 133, True), (Book, 134, False), (VersionedBook, 200, True)):
        table_of(model).put({**ITEM, **dict(list(others.items())[:more])})
        (mine,) = model.query(shelf="a")
        if passes:
            mine.move(shelf="b")
            mine.delete()
            continue
        with pytest.raises(DynaModelException, match=r"more than 140.*Give the Table a 'version'"):
            mine.move(shelf="b")
        assert model.query(shelf="a").count() == 1


def test_a_move_sends_the_signals_of_an_update(connected: Backend) -> None:
    table_of(Book).create_table()
    mine = of(Book)
    heard: list[tuple[str, Any]] = []

    def before(sender: Any, **arguments: Any) -> None:
        heard.append((arguments["instance"].shelf, arguments["updates"]))

    with pre_update.connected_to(before, Book), post_update.connected_to(before, Book):
        mine.move(shelf="b")
    assert heard == [("a", {"shelf": "b"}), ("b", {"shelf": "b"})]


# Models that read items in a way of their own


class Renamed(DynaModel):
    class Table:
        name = "renamed"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        title = fields.text(required=True)
        count = fields.integer(default=lambda: 0)

    @classmethod
    def new_from_raw(cls, raw: Any, partial: bool = False) -> Any:
        if raw is not None and "name" in raw:
            raw = {"title" if name == "name" else name: value for name, value in raw.items()}
        return super().new_from_raw(raw, partial)


def test_what_is_read_again_is_read_as_the_model_reads(connected: Backend) -> None:
    table_of(Renamed).create_table()
    table_of(Renamed).put({"id": "1", "name": "x"})
    found: Any = Renamed.get(id="1", consistent=True)
    found.refresh()
    assert found.title == "x"
    found.update(count=1, return_all=True)
    assert (found.title, found.count) == ("x", 1)
    found.save(partial=True)
    found.move(id="2")
    assert (found.title, found.count) == ("x", 1)
    assert table_of(Renamed).get(id="2") == {"id": "2", "name": "x", "title": "x", "count": 1}


class Capitalised(DynaModel):
    class Table:
        name = "capitalised"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        title = fields.text(required=True)
        count = fields.integer()

    @classmethod
    def new_from_raw(cls, raw: Any, partial: bool = False) -> Any:
        raw = {**raw, "title": raw["title"].capitalize(), "count": raw.get("count", 0) + 1}
        return super().new_from_raw(raw, partial)


def test_what_a_model_makes_of_the_items_it_reads_is_no_unsaved_change(connected: Backend) -> None:
    table_of(Capitalised).create_table()
    table_of(Capitalised).put({"id": "1", "title": "x"})
    found: Any = Capitalised.get(id="1", consistent=True)
    found.move(id="2")
    assert table_of(Capitalised).get(id="2") == {"id": "2", "title": "x"}
    assert (found.id, found.title, found.count) == ("2", "X", 1)
    found.title, found.count = "other", None
    with pytest.raises(InvalidUpdate, match="changes that are not saved, of 'title', 'count'"):
        found.move(id="3")


# Names


@pytest.mark.filterwarnings("ignore:Field name:UserWarning")
def test_fields_of_these_names_win(connected: Backend) -> None:
    class NamedModel(DynaModel):
        class Table:
            name = "named"
            hash_key = "copy"

        class Schema:
            copy = fields.text(required=True)
            move = fields.integer()
            refresh = fields.text()

    model: Any = NamedModel
    table_of(NamedModel).create_table()
    named: Any = model(copy="1", move=2, refresh="x")
    named.save()
    assert (named.copy, named.move, model(copy="2").refresh) == ("1", 2, None)
    verbs.copy(named, copy="2").save()
    verbs.move(named, copy="3")
    verbs.refresh(named)
    assert sorted((each.copy, each.move, each.refresh) for each in model.scan()) == [("2", 2, "x"), ("3", 2, "x")]
    named.copy = "4"
    with pytest.raises(InvalidUpdate, match=r"copy\(copy=…\)"):
        named.save()


@pytest.mark.filterwarnings("ignore:Field name:UserWarning")
def test_fields_of_the_names_of_parameters_are_keywords(connected: Backend) -> None:
    class Named(DynaModel):
        class Table:
            name = "named"
            hash_key = "self"
            range_key = "instance"

        class Schema:
            self = fields.text(required=True)
            instance = fields.text(required=True)

    table_of(Named).create_table()
    model: Any = Named
    named = model(self="1", instance="a")
    named.save()
    named.copy(self="2", instance="b").save()
    named.move(self="3", instance="c")
    stored = [(each.to_dict()["self"], each.to_dict()["instance"]) for each in Named.scan()]
    assert sorted(stored) == [("2", "b"), ("3", "c")]
