"""Signals: which are sent, in which order, with which arguments; and what receivers can do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from blinker import ANY

from dynamorm import DynaModel, signals
from dynamorm.data import PutItem
from dynamorm.exceptions import ConditionFailed, ValidationError
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

NAMES = (
    "pre_init",
    "post_init",
    "pre_save",
    "post_save",
    "pre_update",
    "post_update",
    "pre_delete",
    "post_delete",
)


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text()
        title = fields.text()
        conditions = fields.text()


class Other(DynaModel):
    class Table:
        name = "others"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text()


class Log:
    """The signals of a model, with their arguments, and how many operations had been sent by then."""

    def __init__(self, sent: list[Any]) -> None:
        self.entries: list[tuple[str, dict[str, Any], int]] = []
        self._sent = sent

    def receiver(self, name: str) -> Any:
        def receive(sender: type, **arguments: Any) -> None:
            assert sender is Book
            self.entries.append((name, arguments, len(self._sent)))

        return receive

    def take(self) -> list[tuple[str, dict[str, Any], int]]:
        taken, self.entries = self.entries, []
        return taken


@pytest.fixture
def log(recorder: RecordingBackend) -> Iterator[Log]:
    for model in (Book, Other):
        table: type[DynaModel] = model
        table.Table.create_table()
    log = Log(recorder.sent)
    receivers = {name: log.receiver(name) for name in NAMES}
    for name, receiver in receivers.items():
        getattr(signals, name).connect(receiver, sender=Book)
    yield log
    for name, receiver in receivers.items():
        getattr(signals, name).disconnect(receiver, sender=Book)


def test_making_an_instance(log: Log) -> None:
    book = Book(isbn="1")
    assert log.take() == [
        ("pre_init", {"instance": book, "partial": False, "raw": {"isbn": "1"}}, 0),
        ("post_init", {"instance": book, "partial": False, "raw": {"isbn": "1"}}, 0),
    ]
    book = Book(partial=True, title="x")
    assert [arguments for _, arguments, _ in log.take()] == [
        {"instance": book, "partial": True, "raw": {"title": "x"}}
    ] * 2


def test_loading_an_instance(log: Log) -> None:
    table_of(Book).put({"isbn": "1", "unknown": 5})
    book = Book.get(isbn="1")
    raw = {"isbn": "1", "unknown": 5}
    assert log.take() == [
        ("pre_init", {"instance": book, "partial": False, "raw": raw}, 2),
        ("post_init", {"instance": book, "partial": False, "raw": raw}, 2),
    ]


def test_receiver_is_told_of_what_is_loaded_while_it_is_connected(recorder: RecordingBackend) -> None:
    table: type[DynaModel] = Book
    table.Table.create_table()
    for isbn in "123":
        table_of(Book).put({"isbn": isbn})
    told: list[Any] = []

    def receive(sender: type, instance: Any, **arguments: Any) -> None:
        told.append(instance)

    books = Book.scan()
    next(books)
    with signals.post_init.connected_to(receive, sender=Book):
        second = next(books)
    next(books)
    assert told == [second]


def test_saving(log: Log) -> None:
    book = Book(isbn="1")
    log.take()
    book.save()
    assert log.take() == [
        ("pre_save", {"instance": book, "put_kwargs": {}}, 0),
        ("post_save", {"instance": book, "put_kwargs": {}}, 1),
    ]
    book.save(conditions={"isbn": "1"})
    assert [arguments["put_kwargs"] for _, arguments, _ in log.take()] == [{"conditions": {"isbn": "1"}}] * 2


def test_updating(log: Log) -> None:
    book = Book(isbn="1")
    log.take()
    book.update({Book.conditions: "mint"}, title="x", conditions={"title__not_exists": True})
    arguments = {
        "instance": book,
        "conditions": {"title__not_exists": True},
        "update_item_kwargs": None,
        "updates": {"isbn": "1", "title": "x", Book.conditions: "mint"},
    }
    assert log.take() == [("pre_update", arguments, 0), ("post_update", arguments, 1)]


def test_saving_in_part_is_an_update(log: Log) -> None:
    book = Book(isbn="1", title="x")
    book.save()
    book.title = "y"
    log.take()
    book.save(partial=True)
    arguments = {
        "instance": book,
        "conditions": None,
        "update_item_kwargs": None,
        "updates": {"isbn": "1", "title": "y"},
    }
    assert log.take() == [("pre_update", arguments, 1), ("post_update", arguments, 2)]


def test_deleting(log: Log) -> None:
    book = Book(isbn="1")
    log.take()
    book.delete()
    assert log.take() == [("pre_delete", {"instance": book}, 0), ("post_delete", {"instance": book}, 1)]


def test_verbs_of_the_class_are_none_of_an_instance(log: Log) -> None:
    Book.put({"isbn": "1"})
    Book.put_unique({"isbn": "2"})
    Book.put_batch({"isbn": "3"})
    Book.update_item(isbn="1", title="x")
    assert log.take() == []
    assert len(list(Book.scan())) == 3
    assert [name for name, _, _ in log.take()] == ["pre_init", "post_init"] * 3


def test_other_models_are_other_senders(log: Log) -> None:
    Other(isbn="1").save()
    assert log.take() == []


def test_no_signal_tells_of_what_did_not_happen(log: Log) -> None:
    book = Book(isbn="1")
    log.take()
    with pytest.raises(ConditionFailed):
        book.save(conditions={"title": "nothing"})
    with pytest.raises(ConditionFailed):
        book.update(title="x", conditions={"title": "nothing"})
    with pytest.raises(ConditionFailed):
        book.delete(conditions={"title": "nothing"})
    assert [name for name, _, _ in log.take()] == ["pre_save", "pre_update", "pre_delete"]
    book.title = 5
    with pytest.raises(ValidationError):
        book.save()
    assert [name for name, _, _ in log.take()] == ["pre_save"]


def test_receiver_may_change_what_is_made_saved_and_updated(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()

    def fill(sender: type, raw: dict[str, Any], **_: Any) -> None:
        raw.setdefault("title", "untitled")

    def shout(sender: type, instance: Book, **_: Any) -> None:
        instance.title = instance.title.upper()

    def mark(sender: type, updates: dict[str, Any], **_: Any) -> None:
        updates["conditions"] = "used"

    with (
        signals.pre_init.connected_to(fill, sender=Book),
        signals.pre_save.connected_to(shout, sender=Book),
        signals.pre_update.connected_to(mark, sender=Book),
    ):
        book = Book(isbn="1")
        book.save()
        book.update(title="x")
    assert table_of(Book).get(isbn="1") == {"isbn": "1", "title": "x", "conditions": "used"}
    assert [sent.item for sent in recorder.sent if isinstance(sent, PutItem)] == [{"isbn": "1", "title": "UNTITLED"}]


@pytest.mark.parametrize("name", ["pre_save", "pre_update", "pre_delete"])
def test_what_a_receiver_raises_before_the_act_prevents_it(name: str, recorder: RecordingBackend) -> None:
    def refuse(sender: type, **_: Any) -> None:
        raise PermissionError("not today")

    book = Book(isbn="1")
    acts: dict[str, Callable[[], object]] = {
        "pre_save": book.save,
        "pre_update": lambda: book.update(title="x"),
        "pre_delete": book.delete,
    }
    with getattr(signals, name).connected_to(refuse, sender=Book), pytest.raises(PermissionError, match="not today"):
        acts[name]()
    assert recorder.sent == []


def test_model_is_prepared_when_its_class_is_ready() -> None:
    ready: list[tuple[type, str]] = []

    def receive(sender: type[DynaModel]) -> None:
        ready.append((sender, table_of(sender).name))

    with signals.model_prepared.connected_to(receive, sender=ANY):

        class Late(DynaModel):
            class Table:
                name = "late"
                hash_key = "id"

            class Schema:
                id = fields.text()

    assert ready == [(Late, "late")]
