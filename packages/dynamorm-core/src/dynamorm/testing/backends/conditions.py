"""Conditions of writes and filters of reads: whether they hold, and which ones are refused."""

from __future__ import annotations

import pytest

from dynamorm.data import (
    And,
    AttributeExists,
    AttributeNotExists,
    BeginsWith,
    Between,
    Comparison,
    Condition,
    DeleteItem,
    In,
    Item,
    KeyCondition,
    Not,
    Path,
    PutItem,
    Query,
    Scan,
    Set,
    UpdateItem,
    Value,
)
from dynamorm.data.limits import IN_OPERANDS
from dynamorm.exceptions import ConditionFailed, RequestRejected
from dynamorm.ports.backends import Backend
from dynamorm.testing.backends import comparison_cases, function_cases
from dynamorm.testing.backends.condition_subject import SUBJECT, Case
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker

RULES = [
    pytest.param(cases, id=rule.replace(" ", "-"))
    for rules in (comparison_cases.RULES, function_cases.RULES)
    for rule, cases in rules.items()
]

# The service checks the types of constants before it reads an item.
MISTAKES = [
    pytest.param(In(Path.of("number"), ()), id="in-nothing"),
    pytest.param(In(Path.of("number"), tuple(map(Value, range(IN_OPERANDS + 1)))), id="in-too-much"),
    pytest.param(Comparison("<", Path.of("true"), Value(value=False)), id="less-than-a-boolean"),
    pytest.param(Comparison(">=", Path.of("null"), Value(None)), id="not-less-than-null"),
    pytest.param(Comparison("<", Path.of("list"), Value([1])), id="less-than-a-list"),
    pytest.param(Comparison(">", Path.of("map"), Value({})), id="more-than-a-map"),
    pytest.param(Comparison("<=", Path.of("strings"), Value({"a"})), id="not-more-than-a-set"),
    pytest.param(Comparison("=", Path.of("number"), Path.of("number")), id="equal-to-itself"),
    pytest.param(Between(Path.of("number"), Value(9), Value(1)), id="between-upside-down"),
    pytest.param(Between(Path.of("number"), Value(1), Value("z")), id="between-types"),
    pytest.param(Between(Path.of("true"), Value(value=False), Value(value=True)), id="between-booleans"),
    pytest.param(BeginsWith(Path.of("number"), Value(5)), id="begins-with-a-number"),
    pytest.param(BeginsWith(Path.of("null"), Value(None)), id="begins-with-null"),
]


class ConditionTests(Suite):
    """Test each condition as the condition of a write and as the filter of a read."""

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, backend: Backend, tables: TableMaker) -> tuple[str, Item]:
        """Create the item that the conditions are tested on, and return its table and key."""
        key: Item = {"id": "the subject"}
        table = tables.create()
        backend.execute(PutItem(table, {**key, **SUBJECT}))
        return table, key

    @pytest.mark.parametrize("cases", RULES)
    def test_condition(self, backend: Backend, subject: tuple[str, Item], cases: list[Case]) -> None:
        """A write happens only if its condition holds, and a filter keeps an item only if it holds for the item."""
        table, key = subject
        wrong = [name for name, condition, holds in cases if outcomes(backend, table, key, name, condition) != {holds}]
        assert wrong == []

    @pytest.mark.parametrize("mistake", MISTAKES)
    def test_mistake(self, backend: Backend, subject: tuple[str, Item], mistake: Condition) -> None:
        """An invalid condition is refused, not merely false, also inside of other conditions."""
        table, key = subject
        for condition in (mistake, And((AttributeExists(Path.of("missing")), mistake)), Not(mistake)):
            with refuses(backend, RequestRejected):
                backend.execute(PutItem(table, key, condition))
            with refuses(backend, RequestRejected):
                backend.execute(Query(table, KeyCondition(("id", "the subject")), filter=condition))
            with refuses(backend, RequestRejected):
                backend.execute(Scan(table, filter=condition))

    def test_condition_where_there_is_no_item(self, backend: Backend, table: str, key: str) -> None:
        """If there is no item, it has no attributes, and its key does not exist either: no part of a condition holds.

        A negated condition does hold, and so does one that something differs.
        """
        number, name = Path.of("number"), Path.of("id")
        held: list[Condition] = [
            AttributeNotExists(name),
            Not(AttributeExists(number)),
            Not(Comparison("=", name, Value(key))),
            Comparison("<>", number, Value(1)),
        ]
        absent: Item = {"id": key}
        for condition in held:
            with refuses(backend, ConditionFailed) as failure:
                backend.execute(UpdateItem(table, absent, (Set(number, Value(1)),), Not(condition)))
            assert failure.value.item is None
            with refuses(backend, ConditionFailed) as failure:
                backend.execute(DeleteItem(table, absent, Not(condition)))
            assert failure.value.item is None
            backend.execute(DeleteItem(table, absent, condition))
            backend.execute(UpdateItem(table, absent, (Set(number, Value(1)),), condition))
            backend.execute(DeleteItem(table, absent))

    def test_mistake_where_there_is_no_item(self, backend: Backend, table: str, key: str) -> None:
        """An invalid condition is refused even if there is no item."""
        mistake = Between(Path.of("number"), Value(9), Value(1))
        with refuses(backend, RequestRejected):
            backend.execute(PutItem(table, {"id": key}, mistake))
        with refuses(backend, RequestRejected):
            backend.execute(Query(table, KeyCondition(("id", key)), filter=mistake))


def outcomes(backend: Backend, table: str, key: Item, name: str, condition: Condition) -> set[bool]:
    """Return whether a *condition* holds in a write, as a filter, and as a negated filter, which have to agree."""
    try:
        return {
            is_written(backend, PutItem(table, {**key, **SUBJECT}, condition)),
            is_kept(backend, table, condition),
            not is_kept(backend, table, Not(condition)),
        }
    except Exception as error:
        error.add_note(f"in the case {name!r}")
        raise


def is_written(backend: Backend, write: PutItem) -> bool:
    """Return whether the condition of a *write* holds. If it fails, the exception has to hold the present item."""
    try:
        backend.execute(write)
    except ConditionFailed as failure:
        present = failure.item
    else:
        return True
    assert present == write.item
    return False


def is_kept(backend: Backend, table: str, condition: Condition) -> bool:
    """Return whether a query with this *condition* as its filter returns the item that it reads."""
    page = backend.execute(Query(table, KeyCondition(("id", "the subject")), filter=condition))
    assert (page.count, page.scanned_count) == (len(page.items), 1)
    return page.count == 1
