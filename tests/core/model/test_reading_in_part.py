"""Instances that were read only in part: what was not read is not lost when they are written back."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest

from dynamorm import DynaModel, GlobalIndex, ManyToOne, OneToMany, ProjectKeys
from dynamorm.exceptions import DynaModelException, InvalidUpdate
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        name = fields.text()

    namesakes = OneToMany("Novel", index="ByTitle", query=lambda author: {"title": author.name})


class Novel(DynaModel):
    class Table:
        name = "novels"
        hash_key = "isbn"

    class ByTitle(GlobalIndex):
        name = "by-title"
        hash_key = "title"
        projection = ProjectKeys()

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        author_id = fields.text()

    author = ManyToOne(
        Author,
        query=lambda novel: {"id": novel.writer},
        back_query=lambda author: {"author_id": author.id},
        back_reference=None,
    )

    @property
    def writer(self) -> Any:
        return self.author_id


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        place = fields.map_of()


STORED: dict[str, Any] = {"isbn": "1", "title": "x", "place": {"city": "Oslo", "street": "x"}, "shelf": {"row": 3}}


def item() -> dict[str, Any] | None:
    return table_of(Book).get(consistent=True, isbn="1")


@pytest.fixture(autouse=True)
def _stored(connected: Backend) -> None:
    table_of(Book).create_table()
    table_of(Book).put(STORED)


def read_in_part(*names: str) -> list[Any]:
    attributes = ["isbn", *names]
    return [
        *Book.scan().specific_attributes(attributes),
        *Book.scan().specific_attributes(attributes).partial(False),
        *Book.get_batch([{"isbn": "1"}], attrs=attributes),
        Book.get(isbn="1", attrs=attributes),
    ]


def test_instance_that_was_read_in_part_is_not_saved_as_a_whole() -> None:
    for book in read_in_part("title"):
        book.title = "y"
        with pytest.raises(DynaModelException, match=r"This Book was read without all .* Use save\(partial=True\)"):
            book.save()
        assert item() == STORED
        book.save(partial=True)
        assert item() == {**STORED, "title": "y"}
        book.update(title="x", return_all=True)
        book.save()
        assert item() == STORED


def test_attribute_that_was_read_in_part_is_not_written_back() -> None:
    for book in read_in_part("place.city"):
        book.place["city"] = "Rome"
        with pytest.raises(InvalidUpdate, match=r"part of 'place' of this Book was read.* Use update"):
            book.save(partial=True)
        book.update(place__city="Bergen")
        assert book.place == {"city": "Bergen", "street": "x"}
        book.place["city"] = "Narvik"
        book.save(partial=True)
        assert (item() or {})["place"] == {"city": "Narvik", "street": "x"}


def test_instance_that_was_read_as_a_whole_but_loaded_as_partial_can_be_saved() -> None:
    (book,) = Book.scan().partial(True)
    book.title = "y"
    book.save()
    assert (item() or {})["title"] == "y"


UNREAD = r"^Novel\.author needs 'author_id', and this Novel was read without\. Read that too"


@pytest.fixture
def _novels(connected: Backend) -> None:
    for model in (Author, Novel):
        table_of(model).create_table()
    Author(id="a", name="x").save()
    Novel(isbn="1", title="x", author_id="a").save()


def novels_without_author() -> list[Any]:
    novels = [
        *Novel.scan().specific_attributes(["isbn"]),
        *Novel.ByTitle.query(title="x"),
        *Novel.get_batch([{"isbn": "1"}], attrs="isbn"),
        Novel.get(isbn="1", attrs="isbn"),
    ]
    return [*novels, *map(copy.deepcopy, novels), *pickle.loads(pickle.dumps(novels))]


@pytest.mark.usefixtures("_novels")
def test_a_relationship_whose_field_was_not_read_is_refused() -> None:
    for novel in novels_without_author():
        with pytest.raises(DynaModelException, match=UNREAD):
            assert novel.author
        with pytest.raises(DynaModelException, match=UNREAD):
            asyncio.run(novel.afetch("author"))
    (author,) = Author.scan().specific_attributes(["id"])
    with pytest.raises(DynaModelException, match=r"^Author\.namesakes needs 'name'"):
        assert author.namesakes


@pytest.mark.usefixtures("_novels")
def test_a_relationship_is_found_by_what_was_read_or_is_known_since() -> None:
    Novel(isbn="2", title="y").save()
    read = Novel.scan().specific_attributes(["isbn", "author_id"]).prefetch("author")
    authors = {novel.isbn: novel.author and novel.author.name for novel in read}
    assert authors == {"1": "x", "2": None}
    (alone,) = Novel.get_batch([{"isbn": "2"}], attrs=["author_id"])
    assert alone.author is None
    novels: list[Any] = [Novel.get(isbn="1", attrs="isbn") for _ in range(5)]
    refreshed, assigned, updated, removed, emptied = novels
    refreshed.refresh()
    assigned.author = Author.get(id="a")
    updated.update(author_id="a")
    assert [each.author.name for each in (refreshed, assigned, updated)] == ["x", "x", "x"]
    removed.update(author_id=None)
    emptied.author_id = None
    assert [each.author for each in (removed, emptied)] == [None, None]


def test_a_prefetch_by_what_is_not_read_is_refused_before_anything_is_sent(recorder: RecordingBackend) -> None:
    refusal = r"^Novel\.author can't be prefetched: it needs 'author_id', which the read leaves out\."
    for read in (
        Novel.scan().specific_attributes(["isbn"]).prefetch("author"),
        Novel.query(isbn="1").prefetch("author").specific_attributes(["isbn"]),
        Novel.ByTitle.query(title="x").prefetch("author"),
    ):
        for begin in (list, lambda read: read.first(), lambda read: asyncio.run(read.afirst())):
            with pytest.raises(DynaModelException, match=refusal):
                begin(read)
    assert recorder.sent == []
