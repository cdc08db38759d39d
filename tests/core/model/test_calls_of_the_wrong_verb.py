"""Verbs that are called on the class in place of an instance, or with arguments of other verbs, say what to call."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel
from dynamorm.exceptions import DynaModelException
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()


#: So that types don't refuse what programs without them do.
Any_: Any = Book
VERBS = ("update", "save", "delete", "refresh", "move", "copy", "aupdate", "asave", "adelete", "arefresh", "amove")
ADVICE = {"update": "update_item(…)", "delete": "delete_item(…)", "save": "create(…)"}


def call(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
    returned = function(*arguments, **keywords)
    if inspect.isawaitable(returned):
        asyncio.run(_wait(returned))


async def _wait(awaited: Any) -> None:
    await awaited


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        ((), "called on the class"),
        (("1",), "called with str in place of one"),
        (({"isbn": "1"},), "called with dict in"),
    ],
    ids=["nothing", "key", "item"],
)
def test_verbs_of_instances_on_the_class_name_the_verb_of_the_class(
    verb: str, arguments: tuple[Any, ...], called: str, recorder: RecordingBackend
) -> None:
    with pytest.raises(DynaModelException) as raised:
        call(getattr(Any_, verb), *arguments)
    message = str(raised.value)
    assert message.startswith(f"{verb}() is a method of instances, and was {called}")
    assert ADVICE.get(verb.removeprefix("a"), "get(…) of the class returns an instance") in message
    assert recorder.sent == []


@pytest.mark.parametrize("verb", ["update", "save", "delete", "aupdate", "asave", "adelete"])
def test_values_by_name_on_the_class_name_the_verb_of_the_class(verb: str, recorder: RecordingBackend) -> None:
    with pytest.raises(DynaModelException, match=rf"^{verb}\(\) is a method of instances, and was called on the class"):
        call(getattr(Any_, verb), isbn="1", title="One")
    assert recorder.sent == []


@pytest.mark.parametrize(
    ("of_class", "verb", "arguments", "keywords", "message"),
    [
        (
            False,
            "delete",
            (),
            {"title": "One"},
            "Conditions that the item must meet are given apart: conditions={'title'",
        ),
        (False, "delete", (), {"title__ne": "One"}, "conditions={'title__ne': …}"),
        (False, "delete", (), {"condition": None}, "Did you mean 'conditions'?"),
        (False, "delete", (), {"force": True}, "Its arguments are conditions, return_old."),
        (False, "save", (), {"title": "One"}, "Assign the value before: book.title = …"),
        (True, "get_batch", (["1"],), {"consistent_read": True}, "Did you mean 'consistent'?"),
        (True, "get_batch", (["1"],), {"isbn": "2"}, "get_batch([{'isbn': …}, …])"),
        (True, "delete_batch", (), {"isbn": "1"}, "delete_batch({'isbn': …}, …)"),
        (True, "put", ({"isbn": "1"},), {"condition": None}, "Did you mean 'conditions'?"),
        (True, "put", ({"isbn": "1"},), {"unique": True}, "put_unique({…})"),
    ],
)
def test_an_unknown_argument_says_what_is_meant(
    of_class: bool,
    verb: str,
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
    message: str,
    recorder: RecordingBackend,
) -> None:
    owner: Any = Book if of_class else Book(isbn="1")
    for name in (verb, f"a{verb}"):
        with pytest.raises(DynaModelException) as raised:
            call(getattr(owner, name), *arguments, **keywords)
        assert message.replace("put_unique", f"{name}_unique") in str(raised.value)
        assert f"'{min(keywords)}'" in str(raised.value)
    assert recorder.sent == []


@pytest.mark.parametrize("method", ["count", "exists", "first", "one"])
def test_a_read_says_where_its_conditions_belong(method: str, recorder: RecordingBackend) -> None:
    for name in (method, f"a{method}"):
        asked: Any = getattr(Book.scan(), name)
        with pytest.raises(DynaModelException, match=r"Conditions are arguments of query and scan: scan\(title=…\)"):
            call(asked, title="One")
        with pytest.raises(DynaModelException, match=r"Conditions are arguments of query and scan"):
            call(asked, Book.title == "One")
        with pytest.raises(DynaModelException, match=r"For several items, use limit\(…\)"):
            call(asked, 5)
        assert list(inspect.signature(asked).parameters) == []
        assert inspect.iscoroutinefunction(asked) is name.startswith("a")
    assert recorder.sent == []


def test_an_error_of_the_program_stays_what_it_is(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()

    class Careless(Book):
        def save(self, *arguments: Any, **keywords: Any) -> None:
            None.title  # type: ignore[attr-defined] # noqa: B018

    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'title'"):
        Careless(isbn="1").save()


def test_create_all_of_a_field_says_what_it_takes() -> None:
    create_all: Any = dynamorm.create_all
    with pytest.raises(DynaModelException, match="takes a list of models"):
        create_all(Book.title)
