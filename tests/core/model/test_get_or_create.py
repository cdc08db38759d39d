"""``get_or_create``: one item for a key, whoever else makes it, and what the item is created from."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, signals, verbs
from dynamorm.data import GetItem, PutItem
from dynamorm.exceptions import (
    DynaModelException,
    DynamoException,
    HashKeyExists,
    InvalidKey,
    InvalidSchemaField,
    MissingKey,
    StaleItem,
    ValidationError,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        version = "version"
        write_token = "token"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        pages = fields.integer()
        version = fields.integer()
        token = fields.text()


class Page(DynaModel):
    class Table:
        name = "pages"
        hash_key = "isbn"
        range_key = "number"

    class Schema:
        isbn = fields.text(required=True)
        number = fields.integer(required=True)
        text = fields.text(required=True)


class Session(DynaModel):
    class Table:
        name = "sessions"
        hash_key = "id"
        ttl = "expires"
        hide_expired = True

    class Schema:
        id = fields.text(required=True)
        user = fields.text()
        expires = fields.moment()


MODELS = (Book, Page, Session)


@pytest.fixture
def tables(connected: Backend) -> None:
    for model in MODELS:
        table_of(model).create_table()


@pytest.fixture
def sent(recorder: RecordingBackend) -> list[Any]:
    for model in MODELS:
        table_of(model).create_table()
    return recorder.sent


@pytest.mark.usefixtures("tables")
def test_the_item_is_created_once() -> None:
    book, created = Book.get_or_create(isbn="1", defaults={"title": "One"})
    assert (book.title, book.version, created) == ("One", 1, True)
    again, created = Book.get_or_create("1", defaults={"title": "Another"})
    assert (again.title, again.version, created) == ("One", 1, False)
    book.title = "changed"
    book.save()
    with pytest.raises(StaleItem):
        again.save()
    page, created = Page.get_or_create("1", number=2, defaults={"text": "two"})
    assert (page.text, created) == ("two", True)
    assert Page.get_or_create("1", 2, defaults={"text": "other"})[0].text == "two"


@pytest.mark.usefixtures("tables")
def test_of_many_at_once_one_creates_it(connected: Backend) -> None:
    def call(number: int) -> tuple[str, bool]:
        with dynamorm.using(connected):
            book, created = Book.get_or_create("1", defaults={"title": str(number)})
        return book.title, created

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(call, range(16)))
    assert len({title for title, _ in found}) == 1
    assert [created for _, created in found].count(True) == 1


@pytest.fixture
def connect_receiver() -> Iterator[Callable[[Any, Callable[..., None]], None]]:
    connected: list[tuple[Any, Callable[..., None]]] = []

    def connect(signal: Any, receiver: Callable[..., None]) -> None:
        signal.connect(receiver, sender=Book)
        connected.append((signal, receiver))

    yield connect
    for signal, receiver in connected:
        signal.disconnect(receiver, sender=Book)


def test_another_writer_may_be_faster(sent: list[Any], connect_receiver: Any) -> None:
    def overtake(sender: Any, instance: Any, put_kwargs: Any) -> None:
        if instance.title != "the other's":
            Book(isbn="1", title="the other's").save(unique=True)

    connect_receiver(signals.pre_save, overtake)
    book, created = Book.get_or_create("1", defaults={"title": "mine"})
    assert (book.title, created) == ("the other's", False)
    reads = [operation.consistent for operation in sent if isinstance(operation, GetItem)]
    assert reads == [False, True]


def test_another_writer_may_delete_the_item_again(sent: list[Any], connect_receiver: Any) -> None:
    # The put meets the other writer's item, and the read after it finds none: so the item is put again.
    seen: list[int] = []

    def appear(sender: Any, instance: Any, put_kwargs: Any) -> None:
        seen.append(len(seen))
        if seen == [0]:
            verbs.put(Book, {"isbn": "1", "title": "the other's"})

    def disappear(operation: Any) -> None:
        if isinstance(operation, GetItem) and operation.consistent:
            Book.delete_item("1")

    connect_receiver(signals.pre_save, appear)
    with dynamorm.using(Watching(disappear)):
        table_of(Book).create_table()
        book, created = Book.get_or_create("1", defaults={"title": "mine"})
    assert (book.title, created, seen) == ("mine", True, [0, 1])


def test_one_that_always_comes_and_goes_is_told(sent: list[Any], connect_receiver: Any) -> None:
    def appear(sender: Any, instance: Any, put_kwargs: Any) -> None:
        Book.update_item(isbn="1", title="the other's")

    def disappear(operation: Any) -> None:
        if isinstance(operation, GetItem) and operation.consistent:
            Book.delete_item("1")

    connect_receiver(signals.pre_save, appear)
    with dynamorm.using(Watching(disappear)):
        table_of(Book).create_table()
        with pytest.raises(HashKeyExists):
            Book.get_or_create("1")


class Watching(RecordingBackend):
    """Calls a function with each operation before it passes it on."""

    def __init__(self, watch: Callable[[Any], None]) -> None:
        from dynamorm.engine.run.connections import open_backend

        super().__init__(open_backend("sqlite:///:memory:"))
        self._watch = watch

    def execute(self, operation: Any) -> Any:
        self._watch(operation)
        return super().execute(operation)


def test_signals_are_those_of_a_save(sent: list[Any], connect_receiver: Any) -> None:
    called: list[str] = []
    connect_receiver(signals.pre_save, lambda sender, instance, put_kwargs: called.append(f"pre {instance.isbn}"))
    connect_receiver(signals.post_save, lambda sender, instance, put_kwargs: called.append(f"post {instance.version}"))
    Book.get_or_create("1")
    Book.get_or_create("1")
    assert called == ["pre 1", "post 1"]


def test_an_item_that_has_expired_is_replaced(sent: list[Any]) -> None:
    present = datetime.datetime.now(datetime.UTC)
    past, future = present - datetime.timedelta(hours=1), present + datetime.timedelta(hours=1)
    Session.put({"id": "1", "user": "old", "expires": past})
    session, created = Session.get_or_create("1", defaults={"user": "new", "expires": future})
    assert (session.user, created) == ("new", True)
    session, created = Session.get_or_create("1", defaults={"user": "newer"})
    assert (session.user, created) == ("new", False)
    # An item that may not expire is never replaced, whoever has put it meanwhile.
    with pytest.raises(HashKeyExists):
        Session(id="1", user="x").save(unique=True)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: Book.get_or_create(isbn="1", title="One"),
            InvalidKey,
            (
                "'title' is not part of the primary key of Book, by which get_or_create finds the item. Pass the value of a "
                "new item in defaults: defaults={'title': …}."
            ),
        ),
        (
            lambda: Book.get_or_create(defaults={"title": "One"}),
            MissingKey,
            "The primary key of Book is isbn; isbn was not given.",
        ),
        (
            lambda: Page.get_or_create("1", defaults={"number": 2, "text": "x"}),
            InvalidKey,
            "'number' is part of the primary key of Page. Give it as an argument of get_or_create, not in the defaults.",
        ),
        (
            lambda: Book.get_or_create("1", defaults=[("title", "x")]),  # type: ignore[arg-type]
            DynaModelException,
            "The defaults of get_or_create must be a dict of the values of a new Book by field name, not list.",
        ),
        (
            lambda: Book.get_or_create("1", defaults={"partial": True}),
            InvalidSchemaField,
            "Book has no field 'partial'. Its fields are isbn, pages, title, token, version.",
        ),
    ],
)
def test_wrong_arguments_are_refused(
    call: Callable[[], object], error: type[DynamoException], message: str, recorder: RecordingBackend
) -> None:
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == message
    assert recorder.sent == []


def test_the_values_are_validated_before_anything_is_sent(recorder: RecordingBackend) -> None:
    for call in (
        lambda: Book.get_or_create("1", defaults={"pages": "many"}),
        lambda: Page.get_or_create("1", 2),
        lambda: Book.get_or_create("1", defaults={"titel": "One"}),
    ):
        with pytest.raises(ValidationError):
            call()
    assert recorder.sent == []


def test_explain_shows_the_get(recorder: RecordingBackend) -> None:
    explanation = dynamorm.explain(Book.get_or_create, "1", defaults={"title": "One"})
    assert [type(explained.operation) for explained in explanation.operations] == [GetItem]
    with pytest.raises(ValidationError):
        dynamorm.explain(Book.get_or_create, "1", defaults={"pages": "many"})
    assert recorder.sent == []


def test_a_save_of_the_program_creates_the_item(recorder: RecordingBackend) -> None:
    class Note(DynaModel):
        class Table:
            name = "notes"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)
            slug = fields.text()

        def save(self, **arguments: Any) -> None:  # type: ignore[override]
            self.slug = f"slug-{self.id}"
            super().save(**arguments)

    table_of(Note).create_table()
    note, created = Note.get_or_create("1")
    assert (note.slug, created) == ("slug-1", True)
    assert Note.get_or_create("1")[1] is False
    assert [operation.item for operation in recorder.sent if isinstance(operation, PutItem)] == [
        {"id": "1", "slug": "slug-1"}
    ]


def test_a_save_of_the_program_replaces_an_item_that_has_expired(recorder: RecordingBackend) -> None:
    present = datetime.datetime.now(datetime.UTC)
    past, future = present - datetime.timedelta(hours=1), present + datetime.timedelta(hours=1)
    meanwhile: list[datetime.datetime] = []

    class Login(DynaModel):
        class Table:
            name = "logins"
            hash_key = "id"
            ttl = "expires"
            hide_expired = True

        class Schema:
            id = fields.text(required=True)
            user = fields.text()
            expires = fields.moment()

        def save(self, **arguments: Any) -> None:  # type: ignore[override]
            if meanwhile:
                Login.put({"id": self.id, "user": "faster", "expires": meanwhile.pop()})
            super().save(**arguments)

    table_of(Login).create_table()
    Login.put({"id": "1", "user": "old", "expires": past})
    login, created = Login.get_or_create("1", defaults={"user": "new", "expires": future})
    assert (login.user, created) == ("new", True)
    login, created = Login.get_or_create("1", defaults={"user": "newer"})
    assert (login.user, created) == ("new", False)
    # An item that another writer has put meanwhile is not deleted.
    Login.put({"id": "2", "user": "old", "expires": past})
    meanwhile.append(future)
    login, created = Login.get_or_create("2", defaults={"user": "new"})
    assert (login.user, created) == ("faster", False)


def test_a_save_that_can_not_refuse_to_overwrite_is_refused(recorder: RecordingBackend) -> None:
    class Note(DynaModel):
        class Table:
            name = "notes"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)

        def save(self) -> None:  # type: ignore[override]
            super().save()

    with pytest.raises(DynaModelException) as raised:
        Note.get_or_create("1")
    assert str(raised.value) == (
        "Note overrides save without its parameter 'unique', so get_or_create can't create an item without overwriting "
        "one that another writer has created. Add the parameter, and pass it to super().save()."
    )
    assert recorder.sent == []


def test_the_key_is_read_as_it_would_be_stored(recorder: RecordingBackend) -> None:
    class Day(DynaModel):
        class Table:
            name = "days"
            hash_key = "day"

        class Schema:
            day = fields.date(required=True)

    table_of(Day).create_table()
    _, created = Day.get_or_create("2026-01-02")
    _, again = Day.get_or_create(datetime.date(2026, 1, 2))
    assert (created, again) == (True, False)
