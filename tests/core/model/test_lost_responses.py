"""A write whose first response was lost, as a backend tells it that sends the write again by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectAll, using
from dynamorm.data import DeleteItem, Operation, PutItem, TransactWrite, UpdateItem
from dynamorm.exceptions import (
    ConditionFailed,
    DynaModelException,
    HashKeyExists,
    InvalidSchemaField,
    InvalidUpdate,
    StaleItem,
    StaleTransaction,
    TransactionConflict,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing import Faults
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend, ScriptedBackend
from tests.support.tables import table_of

Result = TypeVar("Result")


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        version = "revision"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        copies = fields.integer()
        tags = fields.list_of(fields.text())
        revision = fields.integer()


class Marked(DynaModel):
    class Table:
        name = "marked-books"
        hash_key = "isbn"
        write_token = "mark"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        copies = fields.integer()
        mark = fields.text(attribute="Mark")


#: The writes whose responses are lost.
WRITES = (PutItem, UpdateItem, DeleteItem, TransactWrite)


@pytest.fixture
def recording(sqlite_memory: Backend) -> RecordingBackend:
    return RecordingBackend(sqlite_memory)


@pytest.fixture(autouse=True)
def faults(recording: RecordingBackend) -> Iterator[Faults]:
    faults = Faults(recording)
    with using(faults):
        table_of(Book).create_table()
        table_of(Marked).create_table()
        yield faults


def failure(faults: Faults, verb: Callable[[], object]) -> ConditionFailed:
    """What a verb raises whose response is lost, and which the backend sends again."""
    faults.lose_response(WRITES, retry=True)
    with pytest.raises(ConditionFailed) as caught:
        verb()
    return caught.value


def stored(**values: Any) -> Book:
    book = Book(isbn="1", **values)
    book.save()
    return book


def save_title(book: Book) -> None:
    book.title = "y"
    book.save(partial=True)


OWN: dict[str, tuple[type[ConditionFailed], Callable[[Book], object]]] = {
    "save": (StaleItem, lambda book: book.save()),
    "partial save": (StaleItem, save_title),
    "update": (StaleItem, lambda book: book.update(title="y", copies=None, tags__append=["z"])),
    "delete": (StaleItem, lambda book: book.delete()),
    "unique put": (HashKeyExists, lambda _: Book.put_unique({"isbn": "2", "title": "x"})),
    "unique save": (HashKeyExists, lambda _: Book(isbn="2").save(unique=True)),
    "put": (ConditionFailed, lambda _: Marked.put({"isbn": "1"}, conditions={"isbn__not_exists": True})),
    "update_item": (ConditionFailed, lambda _: Book.update_item(isbn="1", title="y", conditions={"title": "x"})),
    "removal": (ConditionFailed, lambda _: Book.update_item(isbn="1", title__remove=True, conditions={"title": "x"})),
}


@pytest.mark.parametrize("write", [name for name in OWN if name != "put"])
def test_failed_condition_says_that_the_item_may_be_ones_own(faults: Faults, write: str) -> None:
    book = stored(title="x", copies=1, tags=["a"])
    kind, verb = OWN[write]
    error = failure(faults, lambda: verb(book))
    assert type(error) is kind
    assert (error.retries, error.unconfirmed_attempts, error.may_be_own) == (1, 1, True)
    assert "This was attempt 2 of the write, and an earlier one got no response" in str(error)
    assert "othing was written" not in str(error)
    # A delete leaves nothing in which a token could stand.
    proof = (
        "only in a transaction" if write == "delete" else "only with a write_token in the Table, or in a transaction"
    )
    assert proof in str(error)
    assert (error.item is None) == (write == "delete")


@pytest.mark.one_schema_library
@pytest.mark.parametrize("changes", [{"title": "z"}, {"copies__remove": True}, {"tags": []}, {"tags__append": ["z"]}])
def test_item_that_the_write_does_not_leave_is_not_ones_own(
    recording: RecordingBackend, changes: dict[str, Any]
) -> None:
    stored(title="x", copies=1, tags=["a"])

    class Losing(RecordingBackend):
        """Another writer comes in between."""

        def execute(self, operation: Operation[Result]) -> Result:
            if isinstance(operation, UpdateItem):
                error = ConditionFailed("It does not hold.", {"isbn": "1", "title": "x", "copies": 1})
                error.retries, error.unconfirmed_attempts = 1, 1
                raise error
            return super().execute(operation)

    with using(Losing(recording)), pytest.raises(ConditionFailed) as caught:
        Book.update_item(isbn="1", **changes, conditions={"title": "x"})
    assert (caught.value.retries, caught.value.may_be_own) == (1, False)
    assert "before another writer changed the item" in str(caught.value)


@pytest.mark.one_schema_library
def test_no_token_is_advised_where_none_can_prove_anything(faults: Faults) -> None:
    Marked.put({"isbn": "1", "title": "x"})
    writes: list[Callable[[], object]] = [
        lambda: Marked.put({"isbn": "1", "title": "y"}, conditions={"title": "x"}, return_old=True),
        lambda: Marked.delete_item(isbn="1", conditions={"title": "y"}),
    ]
    for write in writes:
        error = failure(faults, write)
        assert error.may_be_own
        assert "You can know for certain only in a transaction." in str(error)


@pytest.mark.one_schema_library
def test_failure_at_the_first_attempt_is_nobodys_doubt() -> None:
    stored()
    with pytest.raises(HashKeyExists) as caught:
        Book.put_unique({"isbn": "1", "revision": 1})
    assert (caught.value.retries, caught.value.unconfirmed_attempts, caught.value.may_be_own) == (0, 0, False)
    assert str(caught.value).endswith("This write changed nothing.")


@pytest.mark.one_schema_library
def test_attempts_before_a_conflict_count() -> None:
    """The backend repeats a write, and the plan repeats it again, because a transaction was in the way."""
    conflict = TransactionConflict("A transaction was writing it.")
    conflict.retries, conflict.unconfirmed_attempts = 1, 1
    scripted = ScriptedBackend(conflict, ConditionFailed("It does not hold.", {"isbn": "1", "revision": 1}))
    with using(scripted), pytest.raises(HashKeyExists) as caught:
        Book.put_unique({"isbn": "1"})
    assert (caught.value.retries, caught.value.unconfirmed_attempts, caught.value.may_be_own) == (2, 1, True)


@pytest.mark.one_schema_library
def test_reasons_of_a_transaction_are_not_in_doubt(faults: Faults) -> None:
    """The service knows it by its token when it comes again."""
    book = stored()
    Book.update_item(isbn="1", title="y")
    with pytest.raises(StaleTransaction, match="nothing was written") as caught, dynamorm.transaction() as tx:
        tx.put(book)
    assert not caught.value.may_be_own
    faults.lose_response(WRITES, retry=True)
    with dynamorm.transaction() as tx:
        tx.put(Marked, {"isbn": "9"}, unique=True)


# Write tokens


def test_write_token_makes_the_second_attempt_a_success(faults: Faults) -> None:
    faults.lose_response(WRITES, retry=True, times=5)
    Marked.put_unique({"isbn": "1", "title": "x", "copies": 1})
    found = Marked.get(isbn="1")
    assert found is not None
    first = found.mark
    found.title = "y"
    found.save(conditions={"title": "x"})
    assert found.mark != first
    found.update(title="z", conditions={"title": "y"})
    found.title = "a"
    found.save(partial=True, conditions={"title": "z"})
    found.update(copies__plus=1, return_all=True, conditions={"copies": 1})
    assert faults.all_used()
    again = Marked.get(isbn="1")
    assert again is not None
    assert again.to_dict() == found.to_dict() == {"isbn": "1", "title": "a", "copies": 2, "Mark": found.mark}


@pytest.mark.one_schema_library
@pytest.mark.parametrize(
    ("asked", "names"), [("NONE", set()), ("UPDATED_NEW", {"title", "Mark"}), ("ALL_NEW", {"isbn", "title", "Mark"})]
)
def test_update_item_returns_what_was_asked_for(faults: Faults, asked: str, names: set[str]) -> None:
    Marked.put({"isbn": "1", "title": "x"})
    faults.lose_response(WRITES, retry=True)
    returned = Marked.update_item(
        isbn="1", title="y", conditions={"title": "x"}, update_item_kwargs={"ReturnValues": asked}
    )
    assert returned.get("Attributes", {}).keys() == names


@pytest.mark.one_schema_library
@pytest.mark.parametrize("asked", ["ALL_OLD", "UPDATED_OLD"])
def test_values_before_the_update_are_lost(faults: Faults, asked: str) -> None:
    Marked.put({"isbn": "1", "title": "x"})
    kwargs = {"ReturnValues": asked}
    verb = lambda: Marked.update_item(isbn="1", title="y", conditions={"title": "x"}, update_item_kwargs=kwargs)  # noqa: E731
    assert failure(faults, verb).may_be_own


@pytest.mark.one_schema_library
def test_equal_write_of_another_worker_is_no_proof() -> None:
    Marked.put_unique({"isbn": "lock"})
    with pytest.raises(HashKeyExists) as caught:
        Marked.put_unique({"isbn": "lock"})
    assert not caught.value.may_be_own


@pytest.mark.one_schema_library
def test_token_is_in_conditional_writes_alone(recording: RecordingBackend) -> None:
    recording.sent.clear()
    Marked.put({"isbn": "1"})
    Marked.put({"isbn": "1"}, conditions={"isbn__exists": True})
    Marked.update_item(isbn="1", title="x")
    Marked.update_item(isbn="1", title="y", conditions={"title": "x"})
    plain, put, update, conditional = recording.sent
    assert isinstance(plain, PutItem)
    assert isinstance(put, PutItem)
    assert plain.item.keys() == {"isbn"}
    assert put.item.keys() == {"isbn", "Mark"}
    assert isinstance(update, UpdateItem)
    assert isinstance(conditional, UpdateItem)
    assert [str(action.path) for action in update.actions] == ["title"]
    assert [str(action.path) for action in conditional.actions] == ["title", "Mark"]
    book = Marked.get(isbn="1")
    assert book is not None
    recording.sent.clear()
    # A program's own token asks for the same actions each time.
    for _ in range(2):
        with dynamorm.transaction(token="message-1") as tx:
            tx.put(Marked, {"isbn": "2", "title": "x"}, conditions={"isbn__not_exists": True})
            tx.update(book, title="z", conditions={"title__exists": True})
    Marked.put_batch({"isbn": "3"})
    assert recording.sent[0] == recording.sent[1]
    assert "Mark" not in (table_of(Marked).get(isbn="2") or {})


def test_token_is_no_change_of_the_program(recording: RecordingBackend) -> None:
    book = Marked(isbn="1", title="x")
    book.save(unique=True)
    recording.sent.clear()
    book.save(partial=True)
    assert recording.sent == []
    with pytest.raises(InvalidUpdate, match="'mark' is the write_token of Marked"):
        book.update(mark="mine")
    with pytest.raises(InvalidUpdate, match="'mark' is the write_token of Marked"):
        Marked.update_item(isbn="1", mark="mine")


# Definitions


def defined(write_token: str, **own: Any) -> None:
    class Wrong(DynaModel):
        class Table:
            name = "wrong"
            hash_key = "isbn"

        Table.write_token = write_token  # type: ignore[attr-defined]

        class ByTitle(GlobalIndex):
            name = "by-title"
            hash_key = "title"
            projection = ProjectAll()

        class Schema:
            isbn = fields.text(required=True)
            title = fields.text()
            copies = fields.integer()
            needed = fields.text(required=True)
            given = fields.text(default=lambda: "x")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("copies", "stored as a number, but a token is a string"),
        ("isbn", "is part of a key"),
        ("title", "is part of a key"),
        ("needed", "is required"),
        ("given", "has a default"),
    ],
)
def test_field_that_can_hold_no_token_is_refused(name: str, message: str) -> None:
    with pytest.raises(DynaModelException, match=message):
        defined(name)


@pytest.mark.one_schema_library
def test_token_that_is_not_in_the_schema_is_refused() -> None:
    with pytest.raises(InvalidSchemaField, match="write_token 'mark' of the Table of Wrong is not in the schema"):
        defined("mark")
