"""Updates whose values DynamoDB computes: paths, ``if_not_exists``, ``+`` and ``-``; and paths where none may stand."""

# Python's + is what is tried here.
# ruff: noqa: RUF005

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, Q
from dynamorm.exceptions import (
    DynamoException,
    InvalidKey,
    InvalidOperator,
    InvalidSchemaField,
    InvalidUpdate,
    ValidationError,
)
from dynamorm.paths import Path
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "id"

    class Schema:
        id = fields.text()
        title = fields.text(attribute="Title", longest=10)
        other_title = fields.text()
        price = fields.decimal()
        list_price = fields.decimal(attribute="ListPrice")
        rebate = fields.decimal()
        seen = fields.integer()
        stock = fields.integer(greatest=1000)
        published = fields.date()
        reprinted = fields.date()
        tags = fields.list_of(fields.text())
        more_tags = fields.list_of(fields.text(), attribute="More")
        days = fields.list_of(fields.date())
        numbers = fields.list_of(fields.integer())
        labels = fields.anything()
        info = fields.nested({"pages": fields.integer(attribute="P"), "notes": fields.list_of(fields.text())})
        counts = fields.map_of()
        raw = fields.anything()
        new = fields.boolean()
        used = fields.boolean()


DAY = datetime.date(2020, 1, 2)
BEFORE: dict[str, Any] = {
    "id": "1",
    "Title": "a",
    "ListPrice": 20,
    "rebate": Decimal("2.5"),
    "stock": 5,
    "published": "2020-01-02",
    "tags": ["a"],
    "More": ["b"],
    "labels": {"x"},
    "info": {"P": 100, "notes": ["n"]},
    "counts": {"a.b": 1, "c": 2, "l": [1]},
    "unknown": 1,
}
#: Changes, and the attributes that they change.
CASES: dict[str, tuple[dict[str | Path[Any], Any], dict[str, Any]]] = {
    "another attribute": ({"price": Book.list_price}, {"price": 20}),
    "another attribute, both renamed": ({"title": Book.other_title.if_not_exists("z")}, {"Title": "z"}),
    "a date": ({"reprinted": Book.published}, {"reprinted": "2020-01-02"}),
    "a list": ({"tags": Book.more_tags}, {"tags": ["b"]}),
    "a boolean": ({"used": Book.new.if_not_exists(True)}, {"used": True}),
    "a set": ({"raw": Book.labels}, {"raw": {"x"}}),
    "difference": ({"price": Book.list_price - Book.rebate}, {"price": Decimal("17.5")}),
    "sum": ({"price": Book.list_price + Book.rebate}, {"price": Decimal("22.5")}),
    "sum with a number": ({"price": Book.list_price + Decimal("0.5")}, {"price": Decimal("20.5")}),
    "number before": ({"price": 100 - Book.list_price, "seen": 1 + Book.stock}, {"price": 80, "seen": 6}),
    "serialised number": ({"price": Book.list_price - "0.5"}, {"price": Decimal("19.5")}),
    "of itself": ({"stock": Book.stock + 1}, {"stock": 6}),
    "twice itself": ({"stock": Book.stock + Book.stock}, {"stock": 10}),
    "a delta that no value may have": ({"stock": 1005 - Book.stock}, {"stock": 1000}),
    "counting": ({"seen": Book.seen.if_not_exists(0) + 1}, {"seen": 1}),
    "counting on": ({"stock": Book.stock.if_not_exists(0) + 1}, {"stock": 6}),
    "default": ({"price": Book.price.if_not_exists(3)}, {"price": 3}),
    "default of another": ({"price": Book.rebate.if_not_exists(3)}, {"price": Decimal("2.5")}),
    "another as default": ({"price": Book.price.if_not_exists(Book.list_price)}, {"price": 20}),
    "native default": ({"reprinted": Book.reprinted.if_not_exists(DAY)}, {"reprinted": "2020-01-02"}),
    "defaults in a row": (
        {"price": Book.price.if_not_exists(Book.seen.if_not_exists(Book.list_price.if_not_exists(1)))},
        {"price": 20},
    ),
    "two defaults": ({"seen": Book.seen.if_not_exists(1) + Book.seen.if_not_exists(2)}, {"seen": 3}),
    "joined": ({"tags": Book.tags + ["c"]}, {"tags": ["a", "c"]}),
    "joined before": ({"tags": ["c"] + Book.tags}, {"tags": ["c", "a"]}),
    "joined paths": ({"tags": Book.tags + Book.more_tags}, {"tags": ["a", "b"]}),
    "joined with a missing list": ({"days": Book.days.if_not_exists([]) + [DAY]}, {"days": ["2020-01-02"]}),
    "two missing lists": ({"days": Book.days.if_not_exists([]) + Book.days.if_not_exists([])}, {"days": []}),
    "append": ({"tags__append": ["c"]}, {"tags": ["a", "c"]}),
    "append to a missing list": ({"days__append": [DAY]}, {"days": ["2020-01-02"]}),
    "prepend to a missing list": ({"days__prepend": [DAY]}, {"days": ["2020-01-02"]}),
    "append to a missing entry": (
        {"counts__new__append": [1], "info__notes__append": ["m"]},
        {"counts": {**BEFORE["counts"], "new": [1]}, "info": {"P": 100, "notes": ["n", "m"]}},
    ),
    "append another": ({"tags__append": Book.more_tags}, {"tags": ["a", "b"]}),
    "prepend another": ({"tags__prepend": Book.more_tags}, {"tags": ["b", "a"]}),
    "append another to a missing list": ({"raw__append": Book.more_tags}, {"raw": ["b"]}),
    "append a default": ({"tags__append": Book.days.if_not_exists([])}, {"tags": ["a"]}),
    "plus another": ({"stock__plus": Book.info["pages"]}, {"stock": 105}),
    "minus another": ({"stock__minus": Book.seen.if_not_exists(2)}, {"stock": 3}),
    "if_not_exists another": ({"price__if_not_exists": Book.list_price}, {"price": 20}),
    "if_not_exists another, there": ({"stock__if_not_exists": Book.seen.if_not_exists(1)}, {}),
    "nested": ({"info__pages": Book.info["pages"] + 1}, {"info": {"P": 101, "notes": ["n"]}}),
    "nested operand": ({"stock": Book.info["pages"] - Book.stock}, {"stock": 95}),
    "element": ({"other_title": Book.tags[0]}, {"other_title": "a"}),
    "by path": (
        {Book.counts["a.b"]: Book.counts["a.b"] + 1, Book.title: Book.tags[0], Book.counts["d.e"]: Book.counts["c"]},
        {"counts": {"a.b": 2, "c": 2, "l": [1], "d.e": 2}, "Title": "a"},
    ),
    "entries without a schema": (
        {"counts__l": Book.counts["l"] + [2], "counts__c": Book.counts["c"] - 1},
        {"counts": {"a.b": 1, "c": 1, "l": [1, 2]}},
    ),
    "as it was before": ({"price": Book.stock, "stock": Book.list_price - 10}, {"price": 5, "stock": 10}),
    "with other changes": (
        {"price": Book.list_price, "title": "b", "rebate__remove": True, "seen__add": 1},
        {"price": 20, "Title": "b", "rebate": None, "seen": 1},
    ),
}


def split(changes: dict[str | Path[Any], Any]) -> tuple[dict[Path[Any], Any], dict[str, Any]]:
    paths = {path: value for path, value in changes.items() if isinstance(path, Path)}
    return paths, {name: value for name, value in changes.items() if isinstance(name, str)}


def after(difference: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**BEFORE, **difference}.items() if value is not None}


def stored() -> dict[str, Any] | None:
    return table_of(Book).get(id="1", consistent=True)


def reset() -> Book:
    table_of(Book).put(BEFORE)
    found = Book.get(id="1", consistent=True)
    assert found is not None
    return found


@pytest.fixture
def table(connected: Backend) -> None:
    table_of(Book).create_table()


@pytest.mark.moto_differs("moto knows no default that is not a path or a value")
def test_each_verb_computes_alike(table: None) -> None:
    def in_transaction(target: Any, paths: dict[Path[Any], Any], keywords: dict[str, Any]) -> None:
        with dynamorm.transaction() as tx:
            tx.update(target, paths, **keywords)

    wrong = {}
    for name, (changes, difference) in CASES.items():
        paths, keywords = split(changes)
        found = []
        reset()
        Book.update_item(paths, id="1", **keywords)
        found.append(stored())
        instance = reset()
        instance.update(paths, **keywords)
        found.append(stored())
        in_transaction(reset(), paths, keywords)
        found.append(stored())
        reset()
        in_transaction(Book, paths, {"id": "1", **keywords})
        found.append(stored())
        loaded = Book.get(id="1", consistent=True)
        assert loaded is not None
        if found != [after(difference)] * 4 or instance.to_dict() != loaded.to_dict():
            wrong[name] = (found, instance.to_dict())
    assert wrong == {}


def test_a_transaction_leaves_what_it_computes_to_the_next_read(table: None) -> None:
    book = reset()
    with dynamorm.transaction() as tx:
        tx.update(book, seen=Book.stock + 1, title="b")
    assert (book.seen, book.title) == (None, "b")


@pytest.mark.moto_differs("moto refuses begins_with and contains of two paths")
def test_a_condition_compares_two_fields(table: None) -> None:
    reset()
    holds: list[Any] = [
        Book.list_price > Book.rebate,
        Q(list_price__gt=Book.rebate),
        Book.tags != Book.more_tags,
        Book.stock.between(Book.rebate, Book.list_price),
        Book.stock.is_in([Book.rebate, Book.stock.size(), 5]),
        Book.title.begins_with(Book.tags[0]),
        Book.tags.contains(Book.title),
        Book.tags.size() == Book.more_tags.size(),
        Book.stock > Book.tags.size(),
    ]
    wrong = [condition for condition in holds if Book.scan(condition).count() != 1]
    wrong += [condition for condition in holds if Book.scan(~condition).count() != 0]
    assert wrong == []
    Book.update_item(id="1", title="b", conditions=Book.list_price > Book.rebate)
    with pytest.raises(dynamorm.exceptions.ConditionFailed):
        Book.update_item(id="1", title="c", conditions=Book.list_price < Book.rebate)


#: Changes that are refused before anything is sent, with the exception and words of its message.
REFUSED: dict[str, tuple[dict[str, Any], type[DynamoException], str]] = {
    "wrong number": ({"price": Book.list_price + "many"}, ValidationError, "price"),
    "no number": ({"price": Book.list_price + True}, ValidationError, "price"),
    "wrong default": ({"price": Book.list_price.if_not_exists("many")}, ValidationError, "price"),
    "default that the field refuses": ({"title": Book.title.if_not_exists("x" * 11)}, ValidationError, "[Tt]itle"),
    "default with a sum": ({"seen": Book.seen.if_not_exists("many") + 1}, ValidationError, "seen"),
    "wrong element": ({"days": Book.days + ["soon"]}, ValidationError, "days"),
    "wrong element of a default": ({"days": Book.days.if_not_exists(["soon"])}, ValidationError, "days"),
    "append a wrong element": ({"days__append": ["soon"]}, ValidationError, "days"),
    "a field of another type": (
        {"price": Book.title},
        ValidationError,
        "'title' is a string in the schema of Book, but is set to 'price'",
    ),
    "a list as a number": ({"price": Book.tags}, ValidationError, "'tags' is a list or a set"),
    "a number as a boolean": ({"new": Book.stock}, ValidationError, "'stock' is a number .*, but is set to 'new'"),
    "a boolean as a number": ({"stock": Book.new}, ValidationError, "'new' is a boolean"),
    "sum of booleans": ({"stock": Book.new + 1}, ValidationError, "'new' is a boolean"),
    "a list of others": ({"tags": Book.numbers}, ValidationError, r"'numbers\[…\]' is a number .* becomes 'tags\[…\]'"),
    "joined with a list of others": ({"tags": Book.tags + Book.numbers}, ValidationError, "is a number"),
    "append a list of others": ({"tags__append": Book.numbers}, ValidationError, "is a number"),
    "sum of strings": ({"title": Book.title + "x"}, ValidationError, r"'title' is a string .* is used with \+, which"),
    "sum with a string": ({"price": Book.list_price + Book.title}, ValidationError, "'title' is a string"),
    "list with a number": ({"tags": Book.tags + Book.stock}, ValidationError, "'stock' is a number"),
    "number set to a list": ({"stock": Book.stock + [1]}, ValidationError, "'stock' is a number"),
    "difference of lists": ({"tags": Book.tags - ["a"]}, InvalidUpdate, "Remove elements by their index"),
    "sum of sets": ({"labels": Book.labels + {"y"}}, InvalidUpdate, "'labels__add' or 'labels__delete'"),
    "plus a string": ({"stock__plus": Book.title}, ValidationError, "'title' is a string"),
    "append a number": ({"tags__append": Book.stock}, ValidationError, "'stock' is a number"),
    "plus to a string": ({"title__plus": Book.stock}, InvalidUpdate, "'title__plus' changes a number, but 'title' is"),
    "three operands": ({"stock__plus": Book.seen + 1}, InvalidUpdate, r"one \+ or - of two operands"),
    "sum as a default": ({"stock__if_not_exists": Book.seen + 1}, InvalidUpdate, r"one \+ or - of two operands"),
    "sum in a default": ({"stock": Book.stock.if_not_exists(Book.seen + 1)}, InvalidUpdate, r"one \+ or -"),
    "its own default": ({"stock": Book.stock.if_not_exists(Book.stock)}, InvalidUpdate, "'stock' is its own default"),
    "add a path": ({"stock__add": Book.seen}, InvalidUpdate, "'stock__add' takes a value, not what the item has"),
    "delete a path": ({"labels__delete": Book.labels}, InvalidUpdate, "'labels__delete' takes a value"),
    "remove a path": ({"stock__remove": Book.seen}, InvalidUpdate, "'stock__remove' takes"),
    "size": ({"stock": Book.tags.size()}, InvalidUpdate, "'stock' was given the size of a value"),
    "size in a sum": ({"stock": Book.stock + Book.tags.size()}, InvalidUpdate, "'stock' was given the size"),
    "unknown field below": ({"stock": Book.info["page"]}, InvalidSchemaField, "Did you mean 'pages'"),
    "path in a list": ({"tags": [Book.title]}, ValidationError, "tags.*FieldPath is not a value"),
    "path in a map": ({"counts": {"x": Book.stock}}, ValidationError, "counts.*FieldPath is not a value"),
    "path in a nested list": ({"raw": {"x": [Book.stock + 1]}}, ValidationError, "raw.*Sum is not a value"),
    "path in an element": ({"tags__append": [Book.title]}, ValidationError, "tags.*FieldPath is not a value"),
    "condition as a value": ({"title": Book.title == "x"}, ValidationError, "title.*Lookup is not a value"),
    "Q as a value": ({"title": Q(title="x")}, ValidationError, "title.*Q is not a value"),
}


def test_wrong_operands_send_nothing(recorder: RecordingBackend) -> None:
    table_of(Book).create_table()
    wrong = {}
    for name, (changes, kind, words) in REFUSED.items():
        for verb in (lambda each: Book.update_item(id="1", **each), lambda each: Book(id="1").update(**each)):
            try:
                with pytest.raises(kind, match=words):
                    verb(changes)
            except BaseException as error:  # noqa: BLE001 - collected
                wrong[name] = repr(error)
    assert wrong == {}
    assert recorder.sent == []


def test_three_operands_are_refused_where_they_are_written() -> None:
    computations: list[Callable[[], Any]] = [
        lambda: Book.price + 1 + 2,
        lambda: 1 + (Book.price - 1),
        lambda: Book.price - (Book.price + 1),
        lambda: (Book.price + 1) - Book.price,
    ]
    for compute in computations:
        with pytest.raises(InvalidUpdate, match=r"one \+ or - of two operands"):
            compute()


def test_conditions_compute_nothing(recorder: RecordingBackend) -> None:
    for condition in (
        lambda: Book.price > Book.list_price + 1,
        lambda: Book.price == Book.list_price.if_not_exists(0),
        lambda: Book.price + 1 > 5,
        lambda: Book.seen.if_not_exists(0) == 1,
        lambda: Q(price__between=[1, Book.price + 1]),
    ):
        with pytest.raises(InvalidOperator, match="can only be the value of an update"):
            Book.scan(condition())
    for lookups in ({"title__type": Book.tags}, {"tags__exists": Book.tags}, {"stock__in": Book.tags}):
        with pytest.raises(InvalidOperator, match="takes"):
            Book.scan(**lookups)
    assert recorder.sent == []


#: Where a value must be given, with the field that the message names.
VALUES: dict[str, tuple[Callable[[], Any], str]] = {
    **{
        f"constructor, {number}": (partial(Book, **{"id": "1", name: value}), name)
        for number, (name, value) in enumerate(
            [
                *(("title", Book.other_title), ("price", Book.list_price + 1), ("seen", Book.stock.if_not_exists(0))),
                *(("published", Book.reprinted), ("tags", Book.more_tags), ("tags", [Book.title])),
                *(("info", Book.info), ("info", {"pages": Book.stock}), ("seen", Book.stock.size())),
            ]
        )
    },
    "put": (lambda: Book.put({"id": "1", "title": Book.other_title}), "title"),
    "put anything": (lambda: Book.put({"id": "1", "raw": [Book.title]}), "raw"),
    "put a key": (lambda: Book.put({"id": Book.title}), "id"),
    "put_unique": (lambda: Book.put_unique({"id": "1", "price": Book.list_price}), "price"),
    "put_batch": (lambda: Book.put_batch({"id": "1", "price": Book.list_price}), "price"),
    "get": (lambda: Book.get(id=Book.title), "id"),
    "get_batch": (lambda: Book.get_batch([{"id": Book.title}]), "id"),
    "delete_batch": (lambda: Book.delete_batch({"id": Book.title}), "id"),
    "update_item": (lambda: Book.update_item(id=Book.title, seen=1), "id"),
    "save": (lambda: assigned().save(), "price"),
    "partial save": (lambda: assigned().save(partial=True), "price"),
    "update of an assigned": (lambda: assigned().validate(), "price"),
}


def assigned() -> Book:
    book = Book(id="1")
    book.price = Book.list_price + 1
    return book


def test_a_path_where_a_value_must_be_given_is_refused_with_the_name(recorder: RecordingBackend) -> None:
    wrong = {}
    for name, (give, field) in VALUES.items():
        try:
            with pytest.raises(ValidationError, match="is not a value") as raised:
                give()
            assert set(raised.value.errors) == {field}
        except BaseException as error:  # noqa: BLE001 - collected
            wrong[name] = repr(error)
    with pytest.raises(InvalidKey, match="can only be compared with a value"):
        Book.query(id=Book.title)
    assert wrong == {}
    assert recorder.sent == []


def test_what_is_missing_is_said_with_what_to_do(table: None) -> None:
    reset()
    missing: dict[str, dict[str, Any]] = {
        "price": {"price__plus": 1},
        "seen": {"price": Book.seen + 1},
        "days": {"days": Book.days + [DAY]},
    }
    for name, changes in missing.items():
        with pytest.raises(InvalidUpdate, match=rf"'{name}'.*'__add' instead of '__plus'.*if_not_exists"):
            Book.update_item(id="1", **changes)
        with (
            pytest.raises(InvalidUpdate, match=rf"'{name}'.*'__add' instead of '__plus'"),
            dynamorm.transaction() as tx,
        ):
            tx.update(Book, id="1", **changes)
    # As the message says.
    Book.update_item(id="1", price__add=1)
    Book.update_item(id="1", seen=Book.seen.if_not_exists(0) + 1)
    assert stored() == after({"price": 1, "seen": 1})


@pytest.mark.moto_differs("moto takes a key that is read for one that is changed")
def test_below_a_missing_map_update_item_says_what_to_do(table: None) -> None:
    table_of(Book).put({"id": "1"})
    for changes in ({"counts__a": 1}, {"counts__a__remove": True}, {"counts__a__add": 1}, {"counts__a": Book.id}):
        with pytest.raises(InvalidUpdate, match=r"'counts\.a'.*child__if_not_exists=\{\}"):
            Book.update_item(id="1", **changes)
    Book.update_item(id="1", counts__if_not_exists={})
    Book.update_item(id="1", counts__a=1)
    assert stored() == {"id": "1", "counts": {"a": 1}}
