"""Faults of conditions."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from dynamorm.data import (
    And,
    AttributeExists,
    AttributeIsType,
    AttributeNotExists,
    BeginsWith,
    Between,
    Comparison,
    ConditionCheck,
    Contains,
    DeleteItem,
    GetItem,
    In,
    Not,
    Or,
    Path,
    PutItem,
    Query,
    Scan,
    Set,
    Size,
    UpdateItem,
    Value,
)
from dynamorm.exceptions import ConditionFailed, DynamoException, RequestRejected, Unsupported
from dynamorm.rules import conditions as rules
from tests.conformance.seeded_backend_faults.faults import Fault, Faulty, executes, parts, raises, sends

_ORDER = ("test_condition[order-of",)


def _operator(wrong: str, right: str) -> Any:
    """Take one comparison for another."""
    taken: Any = right
    return parts(lambda part: replace(part, operator=taken) if is_comparison(part, wrong) else part)


def is_comparison(part: object, operator: str) -> bool:
    return isinstance(part, Comparison) and part.operator == operator


def _numbers_as_text(part: Any) -> Any:
    if isinstance(part, Comparison) and isinstance(part.right, Value) and isinstance(part.right.value, int):
        return replace(part, right=Value(str(part.right.value)))
    return part


def _large_numbers_as_floats(part: Any) -> Any:
    if isinstance(part, Value) and type(part.value) is int and abs(part.value) > 2**53:
        return Value(int(float(part.value)))
    return part


def _on_the_new_item(faulty: Faulty, operation: Any) -> Any:
    if isinstance(operation, PutItem) and operation.condition is not None:
        if not rules.holds(operation.condition, operation.item):
            raise ConditionFailed("The condition failed.")
        return faulty.real.execute(replace(operation, condition=None))
    return faulty.real.execute(operation)


def _check_then_write(faulty: Faulty, operation: Any) -> Any:
    if isinstance(operation, DeleteItem) and operation.condition is not None:
        item = faulty.real.execute(GetItem(operation.table, operation.key)).item
        if not rules.holds(operation.condition, item):
            raise ConditionFailed("The condition failed.", item)
        time.sleep(0.0005)
        return faulty.real.execute(replace(operation, condition=None))
    return faulty.real.execute(operation)


def _written_though_failed(faulty: Faulty, operation: Any) -> Any:
    try:
        return faulty.real.execute(operation)
    except ConditionFailed:
        faulty.real.execute(replace(operation, condition=None))
        raise


def _unknown_is(answer: bool) -> Any:
    """Take an unknown condition for one that holds, or that does not."""
    known = (And, Or, Not, Comparison, Between, In, BeginsWith, Contains, AttributeExists, AttributeNotExists)
    stands = AttributeExists(Path.of("id")) if answer else AttributeNotExists(Path.of("id"))

    def known_one(condition: Any) -> Any:
        if condition is None:
            return None
        if isinstance(condition, (And, Or)):
            return replace(condition, conditions=tuple(map(known_one, condition.conditions)))
        if isinstance(condition, Not):
            return Not(known_one(condition.condition))
        return condition if isinstance(condition, (*known, AttributeIsType)) else stands

    def change(operation: Any) -> Any:
        changes = {
            name: known_one(getattr(operation, name)) for name in ("condition", "filter") if hasattr(operation, name)
        }
        return replace(operation, **changes) if changes and not isinstance(operation, ConditionCheck) else operation

    return sends(change)


def _unknown_operand_is_null(part: Any) -> Any:
    if isinstance(part, Comparison) and not isinstance(part.right, (Value, Path, Size)):
        return replace(part, right=Value(None))
    return part


FAULTS = (
    Fault("less than is less or equal", _operator("<", "<="), _ORDER),
    Fault("less or equal is less than", _operator("<=", "<"), _ORDER),
    Fault("greater than is greater or equal", _operator(">", ">="), _ORDER),
    Fault("greater or equal is less or equal", _operator(">=", "<="), _ORDER),
    Fault("unequal is equal", _operator("<>", "="), ("test_condition[equality",)),
    Fault(
        "a missing attribute is never unequal",
        parts(
            lambda part: (
                And((AttributeExists(part.left), part))
                if is_comparison(part, "<>") and isinstance(part.left, Path) and isinstance(part.right, Value)
                else part
            )
        ),
        ("test_condition[missing",),
    ),
    Fault("numbers are compared as text", parts(_numbers_as_text), ("test_condition[order-of-number",)),
    Fault("large numbers are compared as floats", parts(_large_numbers_as_floats), ("test_equality_of_large_numbers",)),
    Fault(
        "BETWEEN leaves its bounds out",
        parts(
            lambda part: (
                And((Comparison(">", part.operand, part.low), Comparison("<", part.operand, part.high)))
                if isinstance(part, Between) and isinstance(part.low, Value) and part.low != part.high
                else part
            )
        ),
        ("test_condition[number-at", "test_condition[size-between"),
    ),
    Fault(
        "BETWEEN upside down holds for nothing",
        raises(lambda operation, error: error if not isinstance(error, RequestRejected) else ConditionFailed("No.")),
        ("test_mistake[between",),
    ),
    Fault(
        "IN looks at its first choice only",
        parts(lambda part: replace(part, choices=part.choices[:1]) if isinstance(part, In) else part),
        ("test_condition[choices",),
    ),
    Fault(
        "begins_with is contains",
        parts(lambda part: Contains(part.path, part.prefix) if isinstance(part, BeginsWith) else part),
        ("test_condition[string-begins",),
    ),
    Fault(
        "contains is begins_with",
        parts(
            lambda part: (
                BeginsWith(part.path, part.operand)
                if isinstance(part, Contains)
                and isinstance(part.operand, Value)
                and type(part.operand.value) in (str, bytes)
                else part
            )
        ),
        ("test_condition[string-contains", "test_condition[list-contains", "test_condition[strings"),
    ),
    Fault(
        "an attribute that is null does not exist",
        parts(
            lambda part: (
                And((part, Not(AttributeIsType(part.path, "NULL")))) if isinstance(part, AttributeExists) else part
            )
        ),
        ("test_condition[attributes-exist",),
    ),
    Fault(
        "attribute_type of a number is that of a string",
        parts(lambda part: replace(part, type="S") if isinstance(part, AttributeIsType) and part.type == "N" else part),
        ("test_condition[type-of",),
    ),
    Fault(
        "size is one too few",
        parts(
            lambda part: (
                replace(part, right=Value(part.right.value + 1))
                if isinstance(part, Comparison)
                and isinstance(part.left, Size)
                and isinstance(part.right, Value)
                and type(part.right.value) is int
                else part
            )
        ),
        ("test_condition[size",),
    ),
    Fault(
        "size of a string is in bytes",
        parts(
            lambda part: (
                replace(part, right=Value(part.right.value - 3))
                if isinstance(part, Comparison)
                and part.left == Size(Path.of("accent"))
                and isinstance(part.right, Value)
                and type(part.right.value) is int
                else part
            )
        ),
        ("test_condition[size",),
    ),
    Fault(
        "OR is AND", parts(lambda part: And(part.conditions) if isinstance(part, Or) else part), ("test_condition[or",)
    ),
    Fault(
        "AND is OR", parts(lambda part: Or(part.conditions) if isinstance(part, And) else part), ("test_condition[and",)
    ),
    Fault(
        "NOT is left out",
        parts(lambda part: part.condition if isinstance(part, Not) else part),
        ("test_condition[not",),
    ),
    Fault(
        "nested paths end at their first element",
        parts(lambda part: Path(part.elements[:1]) if isinstance(part, Path) else part),
        ("test_condition[entry", "test_condition[missing-entry", "test_condition[element"),
    ),
    Fault(
        "conditions of puts are ignored",
        sends(lambda operation: replace(operation, condition=None) if isinstance(operation, PutItem) else operation),
        ("test_failed_condition_writes_nothing",),
    ),
    Fault(
        "conditions of deletes are ignored",
        sends(lambda operation: replace(operation, condition=None) if isinstance(operation, DeleteItem) else operation),
        ("test_failed_condition_writes_nothing",),
    ),
    Fault(
        "conditions of updates are ignored",
        sends(lambda operation: replace(operation, condition=None) if isinstance(operation, UpdateItem) else operation),
        ("test_failed_condition_writes_nothing",),
    ),
    Fault(
        "a condition is evaluated on the new item",
        executes(_on_the_new_item),
        (
            "test_condition_that_holds",
            "test_failed_condition_on_no_item",
        ),
    ),
    Fault(
        "a write whose condition failed takes place",
        executes(_written_though_failed),
        ("test_failed_condition_writes_nothing",),
    ),
    Fault(
        "a failed condition has no item",
        raises(lambda operation, error: ConditionFailed("No.") if isinstance(error, ConditionFailed) else error),
        ("test_failed_condition_writes_nothing",),
    ),
    Fault(
        "a failed condition on no item has an empty one",
        raises(
            lambda operation, error: (
                ConditionFailed("No.", error.item or {}) if isinstance(error, ConditionFailed) else error
            )
        ),
        ("test_failed_condition_on_no_item",),
    ),
    Fault(
        "a condition of a delete is checked before it",
        executes(_check_then_write),
        ("test_concurrent_conditional_deletes",),
    ),
    Fault(
        "mistakes in filters are noticed with the first item only",
        executes(
            lambda faulty, operation: faulty.real.execute(
                replace(operation, filter=None) if isinstance(operation, (Query, Scan)) else operation
            )
        ),
        ("test_mistake[",),
    ),
    Fault("an unknown condition holds", _unknown_is(True), ("test_unknown_condition",)),
    Fault("an unknown condition does not hold", _unknown_is(False), ("test_unknown_condition",)),
    Fault("an unknown operand is null", parts(_unknown_operand_is_null), ("test_unknown_condition",)),
    Fault(
        "an unknown operator is =",
        parts(lambda part: replace(part, operator="=") if is_comparison(part, "~") else part),
        ("test_unknown_condition",),
    ),
    Fault(
        "an unknown condition raises an error of its own",
        raises(lambda operation, error: KeyError("~") if isinstance(error, Unsupported) else error),
        ("test_unknown_condition", "test_unknown_operation"),
    ),
    Fault(
        "an unknown condition of an update is one that fails",
        raises(
            lambda operation, error: (
                ConditionFailed("No.")
                if isinstance(error, DynamoException) and isinstance(operation, UpdateItem)
                else error
            )
        ),
        ("test_unknown_condition",),
    ),
    Fault(
        "sets are compared as lists",
        parts(
            lambda part: Value(list(part.value)) if isinstance(part, Value) and isinstance(part.value, set) else part
        ),
        ("test_condition[set", "test_condition[equality-of-strings"),
    ),
    Fault(
        "SET of a path in a condition is not checked",
        sends(
            lambda operation: (
                replace(
                    operation,
                    actions=tuple(
                        Set(action.path, Value(1))
                        if isinstance(action, Set) and isinstance(action.value, Path)
                        else action
                        for action in operation.actions
                    ),
                )
                if isinstance(operation, UpdateItem)
                else operation
            )
        ),
        ("test_mistaken_update[operand",),
    ),
)
