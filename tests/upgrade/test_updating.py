"""What programs for 0.11 gave to updates, and no other test does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from marshmallow import fields

from dynamorm import DynaModel, Q
from dynamorm.exceptions import InvalidUpdate
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"
        read = 1
        write = 1

    class Schema:
        isbn = fields.String()
        title = fields.String()
        tags = fields.List(fields.String())


def updated(*arguments: Any) -> None:
    book = Book.get(isbn="1")
    assert book is not None
    book.update(*arguments, title="new")


def updated_as_item(*arguments: Any) -> None:
    Book.update_item(*arguments, isbn="1", title="new")


@pytest.mark.parametrize("update", [updated, updated_as_item])
@pytest.mark.parametrize(
    "conditions",
    [
        {"title": "other"},
        {"tags__exists": True},
        Q(title="other"),
        [Q(title="other")],
        {"title": "other", Book.tags[0]: 1},
    ],
    ids=["dict", "operator", "Q", "list", "both"],
)
def test_conditions_without_their_name_are_never_taken_for_changes(
    update: Callable[..., None], conditions: Any, recorder: RecordingBackend
) -> None:
    table_of(Book).create_table()
    Book.put({"isbn": "1", "title": "old", "tags": ["a"]})
    recorder.sent.clear()
    with pytest.raises(InvalidUpdate, match=r"conditions as conditions=…"):
        update(conditions)
    assert [type(operation).__name__ for operation in recorder.sent if type(operation).__name__ != "GetItem"] == []


@pytest.mark.parametrize("update", [updated, updated_as_item])
@pytest.mark.parametrize("nothing", [None, {}])
def test_no_conditions_are_none(update: Callable[..., None], nothing: Any, recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    Book.put({"isbn": "1", "title": "old", "tags": ["a"]})
    update(nothing)
    assert table_of(Book).get(isbn="1") == {"isbn": "1", "title": "new", "tags": ["a"]}
