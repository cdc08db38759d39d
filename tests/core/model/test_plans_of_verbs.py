"""A verb is one plan: the synchronous runner, the asynchronous one and the dry run send the same, and signals are its steps."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest

import dynamorm
from dynamorm import DynaModel, ManyToOne, signals
from dynamorm.data import DeleteItem, PutItem, UpdateItem
from dynamorm.engine.plans.steps import Plan, StreamPlan, collect
from dynamorm.engine.run.aio import run_async
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.sync import run
from dynamorm.exceptions import ConditionFailed, DynaModelException, HashKeyExists, TableNotFound
from dynamorm.model.tables import ModelTable
from dynamorm.model.verbs import batches, instances, items, tables
from dynamorm.model.verbs.drivers import dry_run
from dynamorm.model.verbs.planned import is_planned, plan_of
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import AsyncTwin, RecordingBackend
from tests.support.tables import table_of

Running = Callable[[Plan[Any], Backend], Any]


class Author(DynaModel):
    class Table:
        name = "authors"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)
        born = fields.integer()


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        pages = fields.integer()
        author_name = fields.text()

    author: Any = ManyToOne(
        Author, query=lambda book: {"name": book.author_name}, back_query=lambda author: {"author_name": author.name}
    )


PLANNED = [
    (owner, name)
    for owner in (DynaModel, ModelTable)
    for name in dir(owner)
    if is_planned(inspect.getattr_static(owner, name)) or is_planned(getattr(owner, name, None))
]


@pytest.mark.parametrize(("owner", "name"), PLANNED, ids=lambda part: getattr(part, "__name__", part))
def test_plan_that_a_verb_names_takes_the_arguments_of_the_verb(owner: type, name: str) -> None:
    verb = getattr(owner, name)
    plan = plan_of(verb)
    assert plan is not None
    named = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    taken, given = (
        {each.name for each in inspect.signature(function).parameters.values() if each.kind in named}
        for function in (plan, verb)
    )
    assert given - taken <= {"self"}


def test_each_verb_has_a_plan() -> None:
    assert {
        "get",
        "aget",
        "get_batch",
        "get_or_create",
        "create",
        "put",
        "move",
        "copy",
        "save",
        "aupdate",
        "drop",
    } <= {name for _, name in PLANNED}


def test_package_of_verbs_has_no_other_attributes() -> None:
    with pytest.raises(AttributeError, match=r"module 'dynamorm\.model\.verbs' has no attribute 'gets'"):
        dynamorm.model.verbs.gets  # type: ignore[attr-defined] # noqa: B018


def blocking(plan: Plan[Any], backend: Backend) -> Any:
    return run(plan, Connection(backend))


def in_event_loop(plan: Plan[Any], backend: Backend) -> Any:
    return asyncio.run(run_async(plan, Connection(AsyncTwin(backend))))


@pytest.fixture(params=[blocking, in_event_loop])
def running(request: pytest.FixtureRequest) -> Running:
    found: Running = request.param
    return found


@pytest.fixture
def stored(recorder: RecordingBackend) -> RecordingBackend:
    """A backend with one book, in force; it keeps what was sent since."""
    table_of(Book).create_table()
    table_of(Author).create_table()
    Book.put({"isbn": "1", "title": "One", "pages": 1})
    recorder.sent.clear()
    return recorder


def found(isbn: str = "1") -> Book:
    book = Book.get(isbn=isbn)
    assert book is not None
    return book


def changed(**values: Any) -> Book:
    book = found()
    for name, value in values.items():
        setattr(book, name, value)
    return book


def as_plan(plan: Plan[Any] | StreamPlan[Any]) -> Plan[Any]:
    return collect(plan)


VERBS: dict[str, tuple[Callable[[], Plan[Any]], Callable[[], Any]]] = {
    "put": (lambda: items.put(Book, {"isbn": "2"}), lambda: Book.put({"isbn": "2"})),
    "put_unique": (lambda: items.put_unique(Book, {"isbn": "2"}), lambda: Book.put_unique({"isbn": "2"})),
    "get": (lambda: items.get(Book, isbn="1"), lambda: Book.get(isbn="1")),
    "update_item": (
        lambda: items.update_item(Book, isbn="1", pages__plus=1),
        lambda: Book.update_item(isbn="1", pages__plus=1),
    ),
    "delete_item": (lambda: items.delete_item(Book, isbn="1"), lambda: Book.delete_item(isbn="1")),
    "put_batch": (
        lambda: batches.put_batch(Book, {"isbn": "2"}, {"isbn": "3"}),
        lambda: Book.put_batch({"isbn": "2"}, {"isbn": "3"}),
    ),
    "delete_batch": (lambda: batches.delete_batch(Book, {"isbn": "1"}), lambda: Book.delete_batch({"isbn": "1"})),
    "get_batch": (
        lambda: as_plan(batches.get_batch(Book, [{"isbn": "1"}])),
        lambda: list(Book.get_batch([{"isbn": "1"}])),
    ),
    "save": (lambda: instances.save(changed(title="x")), lambda: changed(title="x").save()),
    "partial save": (
        lambda: instances.save(changed(title="x"), partial=True),
        lambda: changed(title="x").save(partial=True),
    ),
    "update": (lambda: instances.update(found(), pages__plus=2), lambda: found().update(pages__plus=2)),
    "delete": (lambda: instances.delete(found()), lambda: found().delete()),
    "Table.get": (lambda: tables.get(table_of(Book), isbn="1"), lambda: table_of(Book).get(isbn="1")),
    "Table.exists": (lambda: tables.exists(table_of(Book)), lambda: table_of(Book).exists),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_sends_what_its_plan_does(verb: str, running: Running, stored: RecordingBackend) -> None:
    plan, method = VERBS[verb]
    first = plan()
    stored.sent.clear()
    answer = running(first, stored)
    by_plan = list(stored.sent)
    delete_all()
    Book.put({"isbn": "1", "title": "One", "pages": 1})
    stored.sent.clear()
    assert type(method()) is type(answer)
    # The instance is read first, for the plan before it was run.
    assert stored.sent[verb in {"save", "partial save", "update", "delete"} :] == by_plan


def delete_all() -> None:
    for book in Book.scan().recursive():
        book.delete()


@pytest.mark.parametrize("verb", VERBS)
def test_the_dry_run_collects_what_is_sent_first(verb: str, stored: RecordingBackend) -> None:
    plan, _ = VERBS[verb]
    dry = plan()
    stored.sent.clear()
    operations = dry_run(lambda: dry).operations
    assert stored.sent == []
    blocking(plan(), stored)
    assert [type(each) for each in operations] == [type(operations[0])]
    assert verb == "Table.exists" or operations[0] in stored.sent


def test_an_instance_knows_what_was_written(running: Running, stored: RecordingBackend) -> None:
    book = Book(isbn="2", title="Two")
    running(instances.save(book), stored)
    stored.sent.clear()
    running(instances.save(book, partial=True), stored)
    assert stored.sent == []
    running(instances.update(book, pages=3), stored)
    assert (book.pages, found("2").pages) == (3, 3)
    running(instances.delete(book), stored)
    assert Book.get(isbn="2") is None


def test_failures_are_those_of_the_verb(running: Running, stored: RecordingBackend) -> None:
    with pytest.raises(HashKeyExists):
        running(items.put_unique(Book, {"isbn": "1"}), stored)
    with pytest.raises(ConditionFailed):
        running(instances.update(found(), pages=2, conditions={"title": "other"}), stored)


# Signals are steps


@pytest.fixture
def told() -> Iterator[list[str]]:
    names: list[str] = []

    async def receive_async(sender: object, **_: object) -> None:
        await asyncio.sleep(0)
        names.append("coroutine")

    def receive(sender: object, **_: object) -> None:
        names.append("function")

    for signal in (signals.pre_save, signals.post_save):
        signal.connect(receive_async, sender=Book)
        signal.connect(receive, sender=Book)
    yield names
    for signal in (signals.pre_save, signals.post_save):
        signal.disconnect(receive_async, sender=Book)
        signal.disconnect(receive, sender=Book)


def test_receivers_that_are_coroutine_functions_are_awaited(told: list[str], stored: RecordingBackend) -> None:
    in_event_loop(instances.save(Book(isbn="2")), stored)
    assert sorted(told) == ["coroutine", "coroutine", "function", "function"]
    assert [type(sent) for sent in stored.sent] == [PutItem]


def save_in_part(book: Book) -> None:
    book.pages = 9
    book.save(partial=True)


def add_to(tx: Any, operation: type, book: Book) -> None:
    if operation is UpdateItem:
        tx.update(book, pages=2)
    else:
        (tx.put if operation is PutItem else tx.delete)(book)


@pytest.mark.parametrize(
    ("signal", "verb", "operation"),
    [
        (signals.pre_save, lambda book: book.save(), PutItem),
        (signals.post_save, lambda book: book.save(), PutItem),
        (signals.pre_update, lambda book: book.update(pages=2), UpdateItem),
        (signals.post_update, lambda book: book.update(pages=2), UpdateItem),
        (signals.post_update, save_in_part, UpdateItem),
        (signals.pre_delete, lambda book: book.delete(), DeleteItem),
        (signals.post_delete, lambda book: book.delete(), DeleteItem),
    ],
)
def test_a_synchronous_verb_refuses_them_before_it_writes(
    signal: Any, verb: Callable[[Book], Any], operation: type, stored: RecordingBackend
) -> None:
    async def receive(sender: object, **_: object) -> None:
        pytest.fail("It was called.")

    book = found()
    stored.sent.clear()
    name = signal.name.removeprefix("dynamorm.")
    message = rf"receiver .*receive of {name} is a coroutine function, .* verb of Book can't await"
    with signal.connected_to(receive, sender=Book):
        with pytest.raises(DynaModelException, match=message):
            verb(book)
        with pytest.raises(DynaModelException, match=message), dynamorm.transaction() as tx:
            add_to(tx, operation, book)
    assert stored.sent == []
    verb(book)
    assert [type(sent) for sent in stored.sent] == [operation]


def test_what_a_receiver_raises_after_the_write_leaves_the_instance_knowing(stored: RecordingBackend) -> None:
    def refuse(sender: object, **_: object) -> None:
        raise PermissionError("not today")

    one, two = Book(isbn="2"), Book(isbn="3")
    with signals.post_save.connected_to(refuse, sender=Book):
        for block in (dynamorm.transaction(), dynamorm.batch()):
            with pytest.raises(PermissionError, match="not today"):
                put_both(block, one, two)
    stored.sent.clear()
    one.save(partial=True)
    two.save(partial=True)
    assert stored.sent == []


def put_both(block: Any, one: Book, two: Book) -> None:
    with block:
        block.put(one)
        block.put(two)


# Verbs that a program overrides


def test_a_related_instance_is_saved_through_its_own_save(stored: RecordingBackend) -> None:
    saved: list[str] = []

    class Stamped(Author):
        def save(self) -> None:  # type: ignore[override]  # as programs do
            saved.append(self.name)
            super().save()

    class Novel(Book):
        author = ManyToOne(
            Stamped,
            query=lambda book: {"name": book.author_name},
            back_query=lambda author: {"author_name": author.name},
            back_reference=None,
        )

    novel = Novel(isbn="2", author=Stamped(name="Ann"))
    novel.save()
    assert saved == ["Ann"]
    assert Author.get(name="Ann") is not None
    plan = instances.save(Novel(isbn="3", author=Stamped(name="Bob")))
    stored.sent.clear()
    with pytest.raises(DynaModelException, match=r"Stamped overrides save, but not asave"):
        in_event_loop(plan, stored)
    assert stored.sent == []


@pytest.mark.parametrize("replace", [functools.wraps(Author.save), lambda save: mock.Mock(wraps=save)])
def test_what_stands_in_for_a_save_is_called(replace: Callable[[Any], Any], stored: RecordingBackend) -> None:
    author: Any = Author(name="Ann")
    saved: list[object] = []
    author.__dict__["save"] = replace(lambda *_, **__: saved.append(author))
    Book(isbn="2", author=author).save()
    assert saved == [author]
    assert Author.get(name="Ann") is None


def test_a_decorated_verb_is_explained_as_it_is_called(stored: RecordingBackend) -> None:
    def stamped(save: Any) -> Any:
        @functools.wraps(save)
        def stamp_and_save(book: Book, **arguments: Any) -> None:
            book.title = "stamped"
            save(book, **arguments)

        return stamp_and_save

    class Stamped(Book):
        save = stamped(Book.save)

    (put,) = dynamorm.explain(Stamped(isbn="2").save)
    assert put.request["Item"]["title"] == {"S": "stamped"}


def test_what_a_verb_calls_sends_nothing_while_it_is_explained(stored: RecordingBackend) -> None:
    class Counted(Book):
        def validate(self) -> dict[str, Any]:
            Book.update_item(isbn="count", pages__add=1)
            return super().validate()

    (update,) = dynamorm.explain(Counted(isbn="2").save)
    assert update.action == "UpdateItem"
    assert stored.sent == []


def test_explain_names_wrong_arguments(stored: RecordingBackend) -> None:
    explain: Any = dynamorm.explain
    with pytest.raises(DynaModelException, match="nothing in place of an instance"):
        explain(Book.save)
    with pytest.raises(DynaModelException, match=r"delete_batch\(\) has no argument 'unique'"):
        explain(Book.delete_batch, "1", unique=True)
    with pytest.raises(DynaModelException, match=r"put_unique\(\) has no argument 'unique'"):
        explain(Book.put_unique, {"isbn": "1"}, unique=True)
    with pytest.raises(DynaModelException, match=r"put\(\) has no argument 'unique'. .* use Book.put_unique"):
        explain(Book.put, {"isbn": "1"}, unique=True)
    with pytest.raises(DynaModelException, match="str in place of an instance"):
        explain(Book.save, "x")
    assert explain(Book.save, Book(isbn="1"))[0].action == "PutItem"


def test_a_receiver_may_choose_the_backend(stored: RecordingBackend) -> None:
    with dynamorm.using("sqlite:///:memory:") as other:

        def choose(sender: object, **_: object) -> None:
            using.__enter__()

        using = dynamorm.using(other)
        table_of(Book).create_table()
        with dynamorm.using(stored):
            with signals.pre_save.connected_to(choose, sender=Book):
                Book(isbn="2").save()
            using.__exit__(None, None, None)
        assert Book.get(isbn="2") is not None
    assert stored.sent == []


def test_a_failed_batch_keeps_what_a_receiver_raises(stored: RecordingBackend) -> None:
    class Elsewhere(Book):
        class Table:
            name = "elsewhere"
            hash_key = "isbn"
            backend = "sqlite:///:memory:?timeout=7"

    def refuse(sender: object, **_: object) -> None:
        raise PermissionError("not today")

    def write_both() -> None:
        with dynamorm.batch() as block:
            block.put(Book(isbn="2"))
            block.put(Elsewhere, {"isbn": "3"})

    with signals.post_save.connected_to(refuse, sender=Book), pytest.raises(TableNotFound) as caught:
        write_both()
    assert len(caught.value.unprocessed) == 1
    assert caught.value.__notes__[-1] == "After what was written, receivers raised: PermissionError."
    first: BaseException = caught.value
    while first.__cause__ or first.__context__:
        first = first.__cause__ or first.__context__  # type: ignore[assignment]
    assert isinstance(first, PermissionError)


def test_a_relationship_reads_past_a_get_of_the_model(stored: RecordingBackend) -> None:
    class ByMail:
        @classmethod
        def get(cls, mail: str) -> Any:
            pytest.fail("It was called.")

    class Writer(ByMail, Author):  # type: ignore[misc]  # as programs do
        pass

    class Novel(Book):
        author = ManyToOne(Writer, query=lambda book: {"name": book.author_name})

    Author.put({"name": "Ann", "born": 1})
    novel: Any = Novel(isbn="2", author_name="Ann")
    assert novel.author.born == 1
