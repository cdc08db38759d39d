"""Parts of the query language in wrong places: the error says what was expected, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynamorm import DynaModel, Q, transaction
from dynamorm.exceptions import DynaModelException, DynamoException, InvalidOperator, InvalidSchemaField, InvalidUpdate
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Book(DynaModel):
    class Table:
        name = "books-of-misplaced-parts"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        n = fields.integer()
        tags = fields.list_of(fields.text())


class Rule(DynaModel):
    class Table:
        name = "rules-with-fields-like-arguments"
        hash_key = "id"

    class Schema:
        id = fields.text(required=True)
        conditions = fields.integer()
        update_item_kwargs = fields.integer()
        return_all = fields.integer()


#: The models, for what type checkers refuse, too.
BOOK: Any = Book
RULE: Any = Rule
N: Any = BOOK.n
ANY: Any = 1


def book() -> Any:
    return BOOK(id="1")


def in_transaction() -> None:
    with transaction() as block:
        block.update(BOOK, id="1", n=1, conditions=N)


COMPARED = r"A condition compares the field, as in n == …. An update sets it, as in n.set\(…\)"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: book().update(n=1, conditions=N), InvalidOperator),
        (lambda: book().update(n=1, conditions=[N]), InvalidOperator),
        (lambda: book().save(conditions=N), InvalidOperator),
        (lambda: book().delete(conditions=N), InvalidOperator),
        (lambda: BOOK.put({"id": "1"}, conditions=N), InvalidOperator),
        (lambda: BOOK.update_item(id="1", n=1, conditions=N), InvalidOperator),
        (lambda: BOOK.delete_item(id="1", conditions=N), InvalidOperator),
        (in_transaction, InvalidOperator),
        (lambda: BOOK.query(N, id="1"), InvalidOperator),
        (lambda: BOOK.scan(N), InvalidOperator),
        (lambda: book().update(N), InvalidUpdate),
        (lambda: book().update([N]), InvalidUpdate),
        (lambda: BOOK.update_item(N, id="1"), InvalidUpdate),
        (lambda: ~N, InvalidOperator),
        (lambda: -N, InvalidOperator),
        (lambda: N * 2, InvalidOperator),
        (lambda: 2 / N, InvalidOperator),
        (lambda: N & N, InvalidOperator),
        (lambda: (N == 1) & N, InvalidOperator),
        (lambda: N | (N == 1), InvalidOperator),
        (lambda: ANY | N, InvalidOperator),
    ],
)
@pytest.mark.usefixtures("connected")
def test_a_field_alone_is_neither_a_condition_nor_a_change(call: Callable[[], Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=COMPARED):
        call()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Q(n=1) & ANY, InvalidOperator, "& combines Qs and comparisons of fields, not int"),
        (lambda: Q(n=1) & _any({"n": 1}), InvalidOperator, r"& combines .* not dict\. Write Q\(n=…\)"),
        (lambda: _any({"n": 1}) | Q(n=1), InvalidOperator, r"\| combines .* not dict\. Write Q\(n=…\)"),
        (lambda: _any({"n": 1}) & (N == 1), InvalidOperator, r"& combines .* not dict\. Write Q\(n=…\)"),
        (lambda: _any(True) & (N == 1), InvalidOperator, "not bool.* if one side is a field of the model's class"),
        (lambda: (N == 1) | N.set(1), InvalidOperator, "not Change. Changes are given to an update in a list"),
        (lambda: _any(Q(n=1)) ^ Q(n=2), InvalidOperator, "Python's \\^ .* Conditions are combined with & | ~"),
        (lambda: _any(Q(n=1)) < 1, InvalidOperator, "Python's < has no meaning for Q.* combined with & | ~"),
        (lambda: _any(Q)(N == 1), InvalidOperator, "Q takes conditions as keywords.* not Lookup. .* combined with &"),
        (lambda: _any(Q)({"n": 1}), InvalidOperator, r"Q takes conditions as keywords.* Write Q\(n=…\)"),
        (lambda: ~N.size(), InvalidOperator, r"A condition compares the size, as in n\.size\(\) >= …"),
        (lambda: N.size() + 1, InvalidOperator, "DynamoDB computes nothing with it"),
        (lambda: BOOK.scan(N.size()), InvalidOperator, "A condition compares the size"),
        (lambda: (N + 1) * 2, InvalidOperator, "the value of an update, for which DynamoDB computes one"),
        (lambda: ~N.if_not_exists(1), InvalidOperator, "It can only be the value of an update"),
        (lambda: BOOK.scan(N + 1), InvalidOperator, "It can only be the value of an update"),
        (lambda: N.set(1) & N.set(2), InvalidOperator, r"in a list: update\(\[Book\.title\.set"),
        (lambda: BOOK.scan(N.set(1)), InvalidOperator, r"in a list: update\(\[Book\.title\.set"),
        (lambda: N.is_in(5), InvalidOperator, "is_in takes a list of values, .* not int"),
        (lambda: N.is_in(BOOK.tags), InvalidOperator, r"not FieldPath.* write Book\.tags\.contains"),
        (lambda: BOOK.get(id="1", attrs=N), DynaModelException, "attrs is a list of names or field paths"),
        (lambda: BOOK.scan().specific_attributes(N), DynaModelException, "attrs is a list of names or field paths"),
        (lambda: list(BOOK.get_batch(N)), DynaModelException, "get_batch of Book takes a list of keys"),
    ],
)
@pytest.mark.usefixtures("connected")
def test_what_was_expected_is_said(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def _any(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    ("argument", "value", "error"),
    [
        ("conditions", 5, InvalidOperator),
        ("conditions", ["x"], InvalidOperator),
        ("conditions", {"colour": "red"}, InvalidSchemaField),
        ("update_item_kwargs", 5, DynaModelException),
        ("return_all", 5, InvalidUpdate),
    ],
)
@pytest.mark.usefixtures("connected")
def test_a_field_with_the_name_of_an_argument_is_changed_by_its_path(
    argument: str, value: Any, error: type[Exception]
) -> None:
    way_out = rf"To change the field of this name, give its path: update\({{Rule\.{argument}: …}}\)"
    table_of(Rule).create()
    rule = RULE(id="1")
    rule.save()
    with pytest.raises(error, match=way_out):
        rule.update(**{argument: value})
    if argument != "return_all":
        with pytest.raises(error, match=way_out):
            RULE.update_item(id="1", **{argument: value})
    rule.update({getattr(RULE, argument): 5})
    assert getattr(RULE.get(id="1"), argument) == 5


@pytest.mark.usefixtures("connected")
def test_the_way_out_is_not_named_without_such_a_field() -> None:
    for argument in ("conditions", "update_item_kwargs", "return_all"):
        with pytest.raises(DynamoException) as refused:
            book().update(**{argument: 5})
        assert "of this name" not in str(refused.value)
