"""Faults of puts, updates and deletes, and of values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from dynamorm.data import (
    Add,
    Delete,
    GetItem,
    IfNotExists,
    Item,
    ItemResult,
    ListAppend,
    Minus,
    Path,
    Plus,
    PutItem,
    Remove,
    Set,
    UpdateItem,
    Value,
    WriteResult,
)
from dynamorm.exceptions import InvalidKey, InvalidUpdate, InvalidValue, ItemTooLarge
from tests.conformance.seeded_backend_faults.faults import (
    Fault,
    Faulty,
    answers,
    each_item,
    executes,
    parts,
    raises,
    sends,
    written,
)


def _actions(change: Any) -> Any:
    """Change each action of an update; ``None`` leaves it out."""

    def changed(actions: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(action for action in map(change, actions) if action is not None)

    return sends(
        lambda operation: (
            replace(operation, actions=changed(operation.actions)) if isinstance(operation, UpdateItem) else operation
        )
    )


def _without(kind: type) -> Any:
    return _actions(lambda action: None if isinstance(action, kind) else action)


def _returning(values: dict[str, Any]) -> Any:
    return sends(
        lambda operation: (
            replace(operation, return_values=values[operation.return_values])
            if getattr(operation, "return_values", "NONE") in values
            else operation
        )
    )


def _merging_put(faulty: Faulty, operation: Any) -> Any:
    if isinstance(operation, PutItem):
        key: Item = {name: operation.item[name] for name in ("id", "position") if name in operation.item}
        try:
            before = faulty.real.execute(GetItem(operation.table, key)).item or {}
        except InvalidKey:
            return faulty.real.execute(operation)
        return faulty.real.execute(replace(operation, item={**before, **operation.item}))
    return faulty.real.execute(operation)


def _one_by_one(faulty: Faulty, operation: Any) -> Any:
    if not isinstance(operation, UpdateItem) or operation.return_values != "NONE" or len(operation.actions) < 2:
        return faulty.real.execute(operation)
    for action in operation.actions:
        faulty.real.execute(UpdateItem(operation.table, operation.key, (action,), operation.condition))
    return WriteResult()


def _no_upsert(faulty: Faulty, operation: Any) -> Any:
    if (
        isinstance(operation, UpdateItem)
        and operation.condition is None
        and faulty.real.execute(GetItem(operation.table, operation.key)).item is None
    ):
        return WriteResult()
    return faulty.real.execute(operation)


def _known_actions(operation: Any) -> Any:
    if not isinstance(operation, UpdateItem):
        return operation
    known = tuple(each for each in operation.actions if isinstance(each, (Set, Remove, Add, Delete)))
    return replace(operation, actions=known)


def _unknown_operands(value: Any) -> Any:
    if not isinstance(value, (Path, Value, IfNotExists, Plus, Minus, ListAppend)):
        return Value(None)
    if isinstance(value, IfNotExists):
        return replace(value, default=_unknown_operands(value.default))
    return value


def _floats(value: Any) -> Any:
    if isinstance(value, Decimal):
        return Decimal(repr(float(value)))
    if isinstance(value, list):
        return list(map(_floats, value))
    return {name: _floats(each) for name, each in value.items()} if isinstance(value, dict) else value


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_empty(each) for name, each in value.items() if each != ""}
    return value


def _text_of_bytes(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, list):
        return list(map(_text_of_bytes, value))
    return {name: _text_of_bytes(each) for name, each in value.items()} if isinstance(value, dict) else value


def _lists_of_sets(value: Any) -> Any:
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, list):
        return list(map(_lists_of_sets, value))
    return {name: _lists_of_sets(each) for name, each in value.items()} if isinstance(value, dict) else value


def _ones_of_true(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return {name: _ones_of_true(each) for name, each in value.items()} if isinstance(value, dict) else value


def _whole_decimals(value: Any) -> Any:
    if type(value) is int:
        return Decimal(value)
    return {name: _whole_decimals(each) for name, each in value.items()} if isinstance(value, dict) else value


def _stripped_names(value: Any) -> Any:
    return {name.lower(): each for name, each in value.items()}


_CONTAINERS = ("test_value",)


def _refuse() -> None:
    raise InvalidUpdate("The list is not so long.")


FAULTS = (
    Fault("a put merges with the item that is there", executes(_merging_put), ("test_put_replaces",)),
    Fault("REMOVE is lost", _without(Remove), ("test_update[remove",)),
    Fault("DELETE of elements is lost", _without(Delete), ("test_update[delete",)),
    Fault(
        "ADD sets",
        _actions(lambda action: Set(action.path, Value(action.value)) if isinstance(action, Add) else action),
        ("test_update[add",),
    ),
    Fault(
        "ADD on a missing attribute is lost",
        executes(
            lambda faulty, operation: faulty.real.execute(
                operation
                if not isinstance(operation, UpdateItem)
                else replace(
                    operation,
                    actions=tuple(
                        each
                        for each in operation.actions
                        if not isinstance(each, Add)
                        or each.path.attribute
                        in (faulty.real.execute(GetItem(operation.table, operation.key)).item or {})
                    ),
                )
            )
        ),
        ("test_update[add",),
    ),
    Fault(
        "minus is plus",
        parts(lambda part: Plus(part.left, part.right) if isinstance(part, Minus) else part),
        ("test_update[minus", "test_update[value-minus"),
    ),
    Fault(
        "minus is the other way round",
        parts(lambda part: Minus(part.right, part.left) if isinstance(part, Minus) else part),
        ("test_update[minus", "test_update[value-minus"),
    ),
    Fault(
        "list_append prepends",
        parts(lambda part: ListAppend(part.right, part.left) if isinstance(part, ListAppend) else part),
        ("test_update[append", "test_update[prepend"),
    ),
    Fault(
        "if_not_exists always takes its default",
        parts(lambda part: part.default if isinstance(part, IfNotExists) else part),
        ("test_update[if-not",),
    ),
    Fault("the actions of an update see each other", executes(_one_by_one), ("test_update[operands",)),
    Fault("an update makes no new item", executes(_no_upsert), ("test_update[",)),
    Fault("an update is done in part before it is refused", executes(_one_by_one), ("test_mistaken_update[",)),
    Fault(
        "nested updates change the whole attribute",
        _actions(
            lambda action: Set(Path(action.path.elements[:1]), action.value) if isinstance(action, Set) else action
        ),
        ("test_update[set",),
    ),
    Fault(
        "an element beyond the end is refused",
        executes(
            lambda faulty, operation: (
                faulty.real.execute(operation)
                if not any(9 in getattr(action.path, "elements", ()) for action in getattr(operation, "actions", ()))
                else _refuse()
            )
        ),
        ("test_update[set",),
    ),
    Fault(
        "wrong updates are refused with another exception",
        raises(lambda _, error: InvalidValue(str(error)) if type(error) is InvalidUpdate else error),
        ("test_mistaken_update[",),
    ),
    Fault("ALL_OLD is ALL_NEW", _returning({"ALL_OLD": "ALL_NEW"}), ("test_return_values",)),
    Fault("ALL_NEW is ALL_OLD", _returning({"ALL_NEW": "ALL_OLD"}), ("test_return_values",)),
    Fault("UPDATED_NEW is ALL_NEW", _returning({"UPDATED_NEW": "ALL_NEW"}), ("test_return_values",)),
    Fault("UPDATED_OLD is UPDATED_NEW", _returning({"UPDATED_OLD": "UPDATED_NEW"}), ("test_return_values",)),
    Fault(
        "ALL_OLD of a delete is left out",
        answers(lambda operation, result: WriteResult() if type(operation).__name__ == "DeleteItem" else result),
        ("test_delete_returns_the_old_item",),
    ),
    Fault(
        "ALL_OLD of no item is an empty one",
        answers(
            lambda operation, result: (
                replace(result, attributes={})
                if getattr(operation, "return_values", "NONE") == "ALL_OLD" and result.attributes is None
                else result
            )
        ),
        ("test_put_returns_the_old_item", "test_delete_of_no_item", "test_old_values"),
    ),
    Fault(
        "writes return the item although nobody asks",
        sends(
            lambda operation: (
                replace(operation, return_values="ALL_OLD")
                if getattr(operation, "return_values", "") == "NONE"
                else operation
            )
        ),
        ("test_put_and_get", "test_delete_item", "test_return_values"),
    ),
    Fault(
        "unknown return values are NONE",
        sends(
            lambda operation: (
                replace(operation, return_values="NONE")
                if getattr(operation, "return_values", "NONE") in ("SOME", "ALL")
                else operation
            )
        ),
        ("test_unknown_return_values",),
    ),
    Fault("an unknown action is ignored", sends(_known_actions), ("test_unknown_action[",)),
    Fault(
        "an unknown operand of an update is null",
        _actions(
            lambda action: replace(action, value=_unknown_operands(action.value)) if isinstance(action, Set) else action
        ),
        ("test_unknown_action[",),
    ),
    Fault("numbers are floats", each_item(_floats), _CONTAINERS),
    Fault(
        "numbers with a point are rounded to 28 digits",
        each_item(lambda item: {name: +value if isinstance(value, Decimal) else value for name, value in item.items()}),
        _CONTAINERS,
    ),
    Fault("whole numbers come back as Decimal", each_item(_whole_decimals), ("test_types_of", *_CONTAINERS)),
    Fault("true comes back as 1", each_item(_ones_of_true), _CONTAINERS),
    Fault("empty strings are left out", written(_without_empty), _CONTAINERS),
    Fault("binary data comes back as text", each_item(_text_of_bytes), _CONTAINERS),
    Fault("sets come back as lists", each_item(_lists_of_sets), ("test_put_and_get", *_CONTAINERS)),
    Fault(
        "null attributes are left out",
        written(lambda item: {name: value for name, value in item.items() if value is not None}),
        _CONTAINERS,
    ),
    Fault("names are in lower case", written(_stripped_names), ("test_name",)),
    Fault(
        "large items are stored",
        raises(lambda operation, error: WriteResult() if isinstance(error, ItemTooLarge) else error),
        ("test_item_too_large",),
    ),
    Fault(
        "invalid values are stored as they are",
        raises(lambda operation, error: WriteResult() if isinstance(error, InvalidValue) else error),
        ("test_invalid_value_in_item", "test_nesting"),
    ),
    Fault(
        "invalid values in keys find nothing",
        raises(
            lambda operation, error: (
                ItemResult(None) if isinstance(error, InvalidValue) and isinstance(operation, GetItem) else error
            )
        ),
        ("test_invalid_value_in_key",),
    ),
    Fault(
        "wrong keys find nothing",
        raises(
            lambda operation, error: (
                ItemResult(None) if isinstance(error, InvalidKey) and isinstance(operation, GetItem) else error
            )
        ),
        ("test_item_wrong_key",),
    ),
    Fault(
        "a key with more than the key is cut",
        sends(
            lambda operation: (
                replace(
                    operation, key={name: operation.key[name] for name in operation.key if name in ("id", "position")}
                )
                if hasattr(operation, "key") and {"id", "position"} <= operation.key.keys()
                else operation
            )
        ),
        ("test_item_wrong_key",),
    ),
    Fault(
        "a missing item is an empty one",
        answers(
            lambda operation, result: (
                ItemResult({}) if isinstance(operation, GetItem) and result.item is None else result
            )
        ),
        ("test_no_such_item", "test_item_projection_of_no_item"),
    ),
    Fault(
        "an update of a missing item lacks its key",
        each_item(lambda item: {name: value for name, value in item.items() if name != "id" or len(item) > 1}),
        ("test_item_of_its_key_only",),
    ),
)
