"""Habits of other libraries get an error that names what to use, and never get in the way of a program's own names."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, ProjectAll, Q
from dynamorm.exceptions import DynaModelException, InvalidOperator, InvalidSchemaField, InvalidUpdate, UnknownAttribute
from dynamorm.model.habits import HABITS
from dynamorm.model.query.operators import OPERATORS
from dynamorm.model.query.other_words import IN_CONDITION, IN_UPDATE
from dynamorm.model.query.updates import FUNCTIONS
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

META: Any = type(DynaModel)


class Book(DynaModel):
    class Table:
        name = "books"
        hash_key = "isbn"

    class ByAuthor(GlobalIndex):
        name = "by-author"
        hash_key = "author"
        projection = ProjectAll()

    class Schema:
        isbn = fields.text(required=True)
        title = fields.text()
        author = fields.text()
        year = fields.integer()
        tags = fields.list_of(fields.text())
        address = fields.nested({"state": fields.text()})


BOOK: Any = Book


def message_of(call: Any, error: type[Exception]) -> str:
    with pytest.raises(error) as raised:
        call()
    return str(raised.value)


@pytest.mark.one_schema_library
@pytest.mark.parametrize("name", HABITS)
def test_a_model_names_what_it_has_instead(name: str, recorder: RecordingBackend) -> None:
    message = message_of(lambda: getattr(Book, name), UnknownAttribute)
    assert message.startswith(f"Book has no attribute '{name}'. ")
    assert "{" not in message.replace("{…}", "")
    assert not hasattr(DynaModel, name)
    assert name not in dir(Book)
    assert recorder.sent == []


@pytest.mark.one_schema_library
def test_of_an_abstract_base_there_is_no_key_to_name() -> None:
    base: Any = META("Base", (DynaModel,), {"__module__": __name__})
    assert message_of(lambda: base.objects, UnknownAttribute) == (
        "Base has no attribute 'objects'. A model has its verbs itself: Base.get(…), Base.query(…), Base.scan(…)."
    )


@pytest.mark.one_schema_library
def test_what_a_program_defines_wins(recorder: RecordingBackend) -> None:
    names = sorted(set(HABITS) - {"add"})
    schema = type("Schema", (), {"id": fields.text(required=True), **{name: fields.text() for name in names}})

    class Crowded(DynaModel):
        class Table:
            name = "crowded"
            hash_key = "id"

        Schema = schema

        @classmethod
        def add(cls) -> str:
            return "its own"

    model: Any = Crowded
    table_of(Crowded).create_table()
    Crowded.put({"id": "1", **dict.fromkeys(names, "value")})
    assert [each.objects for each in model.scan(model.filter == "value", model.count.exists())] == ["value"]
    assert model.add() == "its own"


@pytest.mark.one_schema_library
def test_attributes_that_are_there_cost_what_they_cost() -> None:
    # With a __getattr__, Python would look up every attribute of a model's class in the slow way.
    assert not any("__getattr__" in vars(each) for each in META.__mro__)
    assert not any("__getattr__" in vars(each) for each in Book.__mro__)


@pytest.mark.one_schema_library
@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("filter", "Conditions are arguments of query and scan: make another read with all of them."),
        ("all", "A read is iterated over, as in list(read)."),
        ("aall", "A read is iterated over, as in [each async for each in read]."),
        ("aget", "Use aone(), or afirst(), which returns None if there is nothing."),
        ("offset", "DynamoDB can't skip items. Continue after an item with after(read.cursor), or start(read.last)."),
        ("delete", "A read writes nothing. Delete by key, with delete_batch of the model."),
        ("one_or_none", "Use first(), which returns None if there is nothing."),
        ("limt", "Did you mean 'limit'?"),
    ],
)
def test_a_read_names_what_it_has_instead(name: str, advice: str, recorder: RecordingBackend) -> None:
    read: Any = Book.scan()
    assert message_of(lambda: getattr(read, name), UnknownAttribute) == f"A read has no attribute '{name}'. {advice}"
    assert message_of(lambda: read.zzz, UnknownAttribute) == "A read has no attribute 'zzz'."
    assert not hasattr(read, name)
    assert recorder.sent == []


@pytest.mark.one_schema_library
@pytest.mark.parametrize(
    ("position", "advice"),
    [
        (slice(10), "Use limit(10)."),
        (slice(0, 3), "Use limit(3)."),
        (
            slice(10, 20),
            "DynamoDB can't skip items. Use limit(…) for the first ones, and after(read.cursor) for those that follow.",
        ),
        (0, "Use first()."),
        (-1, "For the last items of a query, use reverse() and first(), or reverse() and limit(…)."),
        (3, "DynamoDB can't skip items. Take it from a list: list(read.limit(4))[3]."),
        ("title", "A read is no dict."),
    ],
)
def test_a_read_has_no_positions(position: Any, advice: str, recorder: RecordingBackend) -> None:
    read: Any = Book.scan()
    assert message_of(lambda: read[position], TypeError) == f"A read has no positions. {advice}"
    assert message_of(lambda: reversed(read), TypeError) == "Python can't reverse a read. Use reverse() of a query."
    assert recorder.sent == []


@pytest.mark.one_schema_library
@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("startswith", "Use begins_with(…)."),
        ("like", "DynamoDB matches no patterns. Use begins_with or contains, or filter in the program."),
        ("in_", "Use is_in([…])."),
        ("gte", "Use the operator >=."),
        ("desc", "A query returns items in the order of the range key, and in descending order after reverse()."),
        ("begin_with", "Did you mean 'begins_with'? A value below the field is address['begin_with']."),
        ("street", "A value below the field is address['street']."),
        ("state", "A value below the field is address['state']."),
    ],
)
def test_a_path_names_what_it_has_instead(name: str, advice: str) -> None:
    path: Any = BOOK.address
    assert message_of(lambda: getattr(path, name), UnknownAttribute) == (
        f"The field path address has no attribute '{name}'. {advice}"
    )
    assert pickle.loads(pickle.dumps(path)).names == copy.deepcopy(path).names == path.names


@pytest.mark.one_schema_library
def test_python_asks_for_the_truth_of_a_condition() -> None:
    both = (
        "A condition is neither true nor false by itself. Combine conditions with & | ~ instead of and, or, not, and "
        "put each comparison in parentheses."
    )
    assert message_of(lambda: 1 < BOOK.year < 5, InvalidOperator) == (
        f"{both} In place of a chained comparison, use year.between(lowest, highest)."
    )
    assert message_of(lambda: BOOK.year in (1, 2), InvalidOperator) == (
        f"{both} In place of Python's in, use year.is_in([…])."
    )
    assert message_of(lambda: not Q(year=1), InvalidOperator) == both
    assert message_of(lambda: "x" in BOOK.title, InvalidOperator) == (
        "Python's 'in' makes no condition. Use title.contains(…) for a part of a string, or an element of a list or "
        "set; title.is_in([…]) for one of several values."
    )


@pytest.mark.one_schema_library
def test_an_index_names_what_it_has_instead() -> None:
    index: Any = Book.ByAuthor
    assert message_of(lambda: index.get, UnknownAttribute) == (
        "The index ByAuthor has no attribute 'get'. DynamoDB gets items from the table only. Use "
        "ByAuthor.query(…).first()."
    )
    assert message_of(lambda: index.filter, UnknownAttribute) == (
        "The index ByAuthor has no attribute 'filter'. Use ByAuthor.query(…) or ByAuthor.scan(…)."
    )
    assert message_of(lambda: index.acount, UnknownAttribute) == (
        "The index ByAuthor has no attribute 'acount'. Use await ByAuthor.query(…).acount()."
    )


KEYWORDS = {
    "title__startswith": "Did you mean 'begins_with'?",
    "title__icontains": "DynamoDB compares strings as they are, upper and lower case. Store a lower-case copy of the value, "
    "and use contains.",
    "title__isnull": "Compare with None. exists and not_exists only ask whether there is an attribute.",
    "year__range": "Did you mean 'between'?",
    "title__regex": "DynamoDB matches no patterns. Use begins_with or contains, or filter in the program.",
    "year__neq": "Did you mean 'ne'?",
    "year__ge": "Did you mean 'gte'?",
    "title__begin_with": "Did you mean 'begins_with'?",
    "tags__append": "'append' is a function of updates, not of conditions.",
    "title__zzz": "The operators are eq, ne, lt, lte, gt, gte, between, in, begins_with, contains, exists, not_exists, type, "
    "size.",
}
FUNCTION_KEYWORDS = {
    "tags__apend": "Did you mean 'append'?",
    "tags__push": "Did you mean 'append'?",
    "year__inc": "Did you mean 'plus'?",
    "title__set": "A value is set without a function: title=… alone.",
    "year__gt": "'gt' is an operator of conditions, which are given apart: conditions={'year__gt': …}.",
    "title__zzz": "The functions of an update are append, prepend, plus, minus, if_not_exists, remove, add, delete.",
}


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_an_unknown_operator_suggests_the_right_one(keyword: str, recorder: RecordingBackend) -> None:
    lookups: dict[str, Any] = {keyword: "x"}
    for call in (lambda: Book.scan(**lookups), lambda: Book.put({"isbn": "1"}, conditions=lookups)):
        message = message_of(call, InvalidOperator)
        assert "is not an operator, and " in message
        assert message.endswith(f" in the schema of Book. {KEYWORDS[keyword]}")
    assert recorder.sent == []


@pytest.mark.parametrize("keyword", FUNCTION_KEYWORDS)
def test_an_unknown_function_suggests_the_right_one(keyword: str, recorder: RecordingBackend) -> None:
    changes: dict[str, Any] = {keyword: 1}
    message = message_of(lambda: Book.update_item(isbn="1", **changes), InvalidOperator)
    assert "is not a function of an update, and " in message
    assert message.endswith(f" in the schema of Book. {FUNCTION_KEYWORDS[keyword]}")
    assert recorder.sent == []


def test_below_a_nested_field_a_name_is_looked_for_first() -> None:
    assert message_of(lambda: Book.scan(address__stat="x"), InvalidSchemaField) == (
        "'address' of Book has no field 'stat'. Did you mean 'state'?"
    )
    assert message_of(lambda: Book.scan(address__startswith="x"), InvalidSchemaField) == (
        "'address' of Book has no field 'startswith'. Its fields are state. Did you mean 'begins_with'?"
    )


@pytest.mark.one_schema_library
def test_the_names_for_messages_are_those_that_there_are() -> None:
    assert list(IN_CONDITION.known) == [*OPERATORS, "size"]
    assert list(IN_UPDATE.known) == list(FUNCTIONS)
    for endings in (IN_CONDITION, IN_UPDATE):
        assert not endings.elsewhere.keys() & set(endings.known)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("put_item", "Use put(book), or put(Book, {…})."),
        ("add", "Use put(book), or put(Book, {…})."),
        ("delete_item", "Use delete(book), or delete(Book, isbn=…)."),
        ("commit", "The writes are sent at the end of the block."),
        ("rollback", "If the block raises an exception, nothing is sent."),
        ("query", "It only writes: read with query and scan of a model."),
        ("delet", "Did you mean 'delete'?"),
    ],
)
def test_batches_and_transactions_name_what_they_have_instead(name: str, advice: str) -> None:
    for block, kind in ((dynamorm.batch(), "A batch"), (dynamorm.transaction(), "A transaction")):
        assert message_of(lambda block=block: getattr(block, name), UnknownAttribute) == (
            f"{kind} has no attribute '{name}'. {advice}"
        )
        assert message_of(lambda block=block: block._zzz, UnknownAttribute) == f"{kind} has no attribute '_zzz'."
        assert not hasattr(block, name)


def test_a_batch_has_no_update_and_a_transaction_has_one() -> None:
    batch: Any = dynamorm.batch()
    assert message_of(lambda: batch.update, UnknownAttribute) == (
        "A batch has no attribute 'update'. DynamoDB's batches only put and delete. Use update in a "
        "dynamorm.transaction(), or update_item of the model."
    )
    transaction: Any = dynamorm.transaction()
    for name, advice in (
        ("update_item", "Use update(book, title=…), or update(Book, isbn=…, title=…)."),
        ("condition_check", "Use check(book, conditions=…)."),
        ("get", "It only writes: read with dynamorm.transact_get((Book, …), …)."),
    ):
        message = message_of(lambda name=name: getattr(transaction, name), UnknownAttribute)
        assert message == f"A transaction has no attribute '{name}'. {advice}"


def test_an_update_says_that_it_takes_the_key_by_name(recorder: RecordingBackend) -> None:
    for arguments in (("1",), ("1", 2), ("1", 2, 3), ("1", None, {"title": "One"})):
        message = message_of(lambda arguments=arguments: BOOK.update_item(*arguments), InvalidUpdate)
        assert message.endswith(
            "not str. Write the key and changes of whole fields by name, as in update_item(isbn=…, title=…), and "
            "conditions as conditions=…"
        )
    assert message_of(lambda: BOOK.update_item(None, None, 3, isbn="1"), DynaModelException) == (
        "update_item_kwargs is a dict by name, such as update_item_kwargs={'ReturnValues': 'ALL_NEW'}, not int."
    )
    assert recorder.sent == []


def test_a_stored_item_is_a_dict(recorder: RecordingBackend) -> None:
    for item, said in (("1", "str"), (None, "NoneType"), (["isbn"], "list")):
        assert message_of(lambda item=item: BOOK.Table.put(item), DynaModelException) == (
            f"An item of the table 'books' is a dict by attribute name, not {said}."
        )
    assert recorder.sent == []
