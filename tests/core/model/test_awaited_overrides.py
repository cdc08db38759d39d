"""Models that override verbs: what is awaited runs the program's own code, or is refused before anything is sent."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, ManyToOne
from dynamorm.exceptions import DynaModelException
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.event_loops import awaited
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library

#: The names of those who were saved by a method of the program.
saved: list[str] = []


class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)


class Stamped(Author):
    """Overrides the synchronous verb only."""

    def save(self, **arguments: Any) -> None:  # type: ignore[override]  # as programs do
        saved.append(f"save {self.name}")
        super().save(**arguments)


class StampedTwice(Stamped):
    """Overrides the other one, too."""

    async def asave(self, **arguments: Any) -> None:  # type: ignore[override]
        saved.append(f"asave {self.name}")
        await super().asave(**arguments)


class Restamped(StampedTwice):
    """Overrides the synchronous verb again."""

    def save(self, **arguments: Any) -> None:  # type: ignore[override]
        super().save(**arguments)


class AwaitedOnly(Author):
    """Overrides the awaited verb only."""

    async def asave(self, **arguments: Any) -> None:  # type: ignore[override]
        saved.append(f"asave {self.name}")
        await super().asave(**arguments)


def book_by(kind: type[Author]) -> Any:
    class Book(DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"

        class Schema:
            isbn = fields.text(required=True)
            author_name = fields.text()

        author = ManyToOne(
            kind,
            query=lambda book: {"name": book.author_name},
            back_query=lambda author: {"author_name": author.name},
            back_reference=None,
        )

    return Book(isbn="1", author=kind(name="Ann"))


@pytest.fixture(autouse=True)
def _tables(recorder: RecordingBackend) -> None:
    table_of(Author).create_table()
    table_of(type(book_by(Author))).create_table()
    recorder.sent.clear()
    saved.clear()


@pytest.mark.parametrize("author", [Stamped, Restamped])
@pytest.mark.parametrize(
    "verb",
    [
        lambda author: author(name="Ann").asave(),
        lambda author: author.acreate(name="Ann"),
        lambda author: author.aget_or_create("Ann"),
        lambda author: book_by(author).asave(),
        lambda author: book_by(author).asave(partial=True),
        lambda author: book_by(author).aupdate(isbn="1"),
    ],
)
def test_a_verb_that_would_bypass_an_override_sends_nothing(
    author: type[Author], verb: Callable[[type[Author]], Awaitable[object]], recorder: RecordingBackend
) -> None:
    with pytest.raises(
        DynaModelException, match=f"{author.__name__} overrides save, but not asave, .*Nothing was sent"
    ):
        awaited(verb(author))
    assert (recorder.sent, saved) == ([], [])


@pytest.mark.parametrize("author", [StampedTwice, AwaitedOnly])
def test_an_awaited_verb_calls_the_awaited_override(author: Any, recorder: RecordingBackend) -> None:
    awaited(author(name="Ann").asave())
    awaited(author.acreate(name="Bob"))
    awaited(author.aget_or_create("Cid"))
    awaited(book_by(author).asave())
    awaited(book_by(author).asave(partial=True))
    assert saved == ["asave Ann", "asave Bob", "asave Cid", "asave Ann", "asave Ann"]
    assert [type(each).__name__ for each in recorder.sent].count("GetItem") == 1


def test_synchronous_verbs_call_the_synchronous_override() -> None:
    StampedTwice(name="Ann").save()
    StampedTwice.get_or_create("Bob")
    book_by(StampedTwice).save()
    book_by(AwaitedOnly).save()
    AwaitedOnly.create(name="Dan")
    assert saved == ["save Ann", "save Bob", "save Ann"]


def test_the_functions_bypass_them(recorder: RecordingBackend) -> None:
    awaited(dynamorm.verbs.asave(Stamped(name="Ann")))
    assert (len(recorder.sent), saved) == (1, [])


def test_verbs_of_classes_too(recorder: RecordingBackend) -> None:
    class Cached(Author):
        @classmethod
        def get(cls, name: str) -> Any:  # type: ignore[override]
            return super().get(name)

        @classmethod
        def get_batch(cls, keys: list[str]) -> Any:  # type: ignore[override]
            return super().get_batch(keys)

    with pytest.raises(DynaModelException, match=r"Cached overrides get, but not aget, .*verbs\.aget\("):
        awaited(Cached.aget("Ann"))
    with pytest.raises(DynaModelException, match="Cached overrides get_batch, but not aget_batch"):
        Cached.aget_batch(["Ann"])
    assert recorder.sent == []
    assert awaited(Cached.aexists("Ann")) is False


def test_what_is_refused_looks_like_the_verb() -> None:
    for verb in (Stamped.asave, Stamped(name="Ann").asave):
        assert inspect.iscoroutinefunction(verb)
    assert inspect.signature(Stamped.asave) == inspect.signature(Author.asave)


def test_a_mixin_counts(recorder: RecordingBackend) -> None:
    class Noisy:
        def save(self, **arguments: Any) -> None:
            super().save(**arguments)  # type: ignore[misc]

    class Loud(Noisy, Author):  # type: ignore[misc]
        pass

    class Quiet(Loud):
        async def asave(self, **arguments: Any) -> None:  # type: ignore[override]
            await super().asave(**arguments)

    with pytest.raises(DynaModelException, match="Loud overrides save, but not asave"):
        awaited(Loud(name="Ann").asave())
    awaited(Quiet(name="Ann").asave())
    assert len(recorder.sent) == 1


def test_a_field_wins_over_the_name_of_a_verb() -> None:
    class Odd(Stamped):
        class Table:
            name = "odd"
            hash_key = "name"

        class Schema:
            name = fields.text(required=True)
            asave = fields.text()
            aget = fields.text()
            exists = fields.text()

    table_of(Odd).create_table()
    odd: Any = Odd(name="Ann", asave="x", aget="y", exists="z")
    odd.save()
    assert (odd.asave, odd.aget) == ("x", "y")
    assert awaited(Odd.aexists("Ann"))
    assert awaited(dynamorm.verbs.aget(Odd, "Ann")) == odd


# explain


def test_explain_tells_what_a_create_would_send(recorder: RecordingBackend) -> None:
    (by_override,) = dynamorm.explain(StampedTwice.create, name="Ann")
    (by_awaited_override,) = dynamorm.explain(StampedTwice.acreate, name="Ann")
    assert by_override.request == by_awaited_override.request == dynamorm.explain(Author.create, name="Ann")[0].request
    assert saved == ["save Ann", "asave Ann"]
    with pytest.raises(DynaModelException, match="Stamped overrides save, but not asave"):
        dynamorm.explain(Stamped.acreate, name="Ann")
    with pytest.raises(DynaModelException, match="Stamped overrides save, but not asave"):
        dynamorm.explain(Stamped(name="Ann").asave)
    assert recorder.sent == []


def test_explain_takes_verbs_and_functions_that_are_awaited(recorder: RecordingBackend) -> None:
    async def rename(author: Author) -> None:
        await author.aupdate(name="Ann")
        await Author.aget("Ann")

    async def wait() -> None:
        import asyncio

        await asyncio.sleep(0)

    assert dynamorm.explain(Author.aget, "Ann")[0].request == dynamorm.explain(Author.get, "Ann")[0].request
    assert dynamorm.explain(Author.aget_batch, ["Ann", "Bob"])[0].action == "BatchGetItem"
    assert dynamorm.explain(rename, Author(name="Ann"))[0].action == "GetItem"
    assert dynamorm.explain(table_of(Author).aexists)[0].action == "DescribeTable"
    with pytest.raises(DynaModelException, match="explain does not wait, and this function awaits something before"):
        dynamorm.explain(wait)
    assert recorder.sent == []
