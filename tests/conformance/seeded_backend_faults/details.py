"""Faults that a backend written by hand has: in equality, in races, and where two things meet."""

from __future__ import annotations

import contextlib
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dynamorm.data import (
    And,
    AttributeExists,
    BatchGet,
    BatchWrite,
    Between,
    Comparison,
    ConditionCheck,
    Contains,
    CreateTable,
    DeleteItem,
    DropIndex,
    GetItem,
    In,
    ListTags,
    Minus,
    Path,
    Plus,
    PutItem,
    PutRequest,
    Scan,
    Set,
    Size,
    TagTable,
    TransactGet,
    TransactGetResult,
    TransactWrite,
    UntagTable,
    UpdateItem,
    UpdateTable,
    UpdateTimeToLive,
    Value,
    read_units,
    size_of_item,
    write_units,
)
from dynamorm.exceptions import (
    BackendClosed,
    CancellationReason,
    ConditionFailed,
    InvalidKey,
    RequestRejected,
    TransactionCancelled,
)
from dynamorm.rules import conditions as rules
from tests.conformance.seeded_backend_faults.faults import Fault, Faulty, executes, parts, raises


def _strings(change: Callable[[str], str]) -> Any:
    """Take each string that something is compared with for another one."""

    def changed(part: Any) -> Any:
        if isinstance(part, Value) and isinstance(part.value, str):
            return Value(change(part.value))
        return part

    return parts(changed)


def _as_number(value: Any) -> Any:
    if isinstance(value, list):
        return [int(each) if isinstance(each, bool) else _as_number(each) for each in value]
    if isinstance(value, dict):
        return {name: int(each) if isinstance(each, bool) else _as_number(each) for name, each in value.items()}
    return value


def _nested_booleans_as_numbers(part: Any) -> Any:
    return Value(_as_number(part.value)) if isinstance(part, Value) else part


def _ends_of_and(part: Any) -> Any:
    return And((part.conditions[0], part.conditions[-1])) if isinstance(part, And) else part


def _indexes_as_names(part: Any) -> Any:
    if isinstance(part, AttributeExists):
        return AttributeExists(Path(tuple(map(str, part.path.elements))))
    return part


def _sizes_are_nothing(kind: type[Any], name: str) -> Any:
    """Take a size for a missing value, where it is the operand *name* of a condition."""

    def changed(part: Any) -> Any:
        if isinstance(part, kind) and isinstance(getattr(part, name), Size):
            return replace(part, **{name: Path.of("nothing at all")})
        return part

    return parts(changed)


def _one_bound(part: Any) -> Any:
    """Take a bound of another type, or a missing one, for one that holds."""
    if isinstance(part, Between) and isinstance(part.low, Path) and isinstance(part.high, Value):
        return Comparison("<=", part.operand, part.high)
    return part


def _first_choices(part: Any) -> Any:
    return replace(part, choices=part.choices[:50]) if isinstance(part, In) else part


def _key_in_a_missing_item(faulty: Faulty, operation: Any) -> Any:
    if isinstance(operation, (UpdateItem, DeleteItem)) and operation.condition is not None:
        item = faulty.real.execute(GetItem(operation.table, operation.key)).item
        if item is None and rules.holds(operation.condition, operation.key):
            return faulty.real.execute(replace(operation, condition=None))
    return faulty.real.execute(operation)


def _joined_strings(faulty: Faulty, operation: Any) -> Any:
    if isinstance(operation, UpdateItem):
        item = faulty.real.execute(GetItem(operation.table, operation.key)).item or {}
        for action in operation.actions:
            if isinstance(action, Set) and isinstance(action.value, Plus) and isinstance(action.value.right, Path):
                left, right = (item.get(str(each)) for each in (action.value.left, action.value.right))
                if isinstance(left, str) and isinstance(right, str):
                    return faulty.real.execute(replace(operation, actions=(Set(action.path, Value(left + right)),)))
    return faulty.real.execute(operation)


def _rounded_differences(part: Any) -> Any:
    return Minus(part.left, Value(0)) if isinstance(part, Minus) and part.right == Value(1) else part


def _distinct_keys_of_all_tables(faulty: Faulty, operation: Any) -> Any:
    keys: list[str] = []
    if isinstance(operation, BatchGet):
        keys = [repr(key) for request in operation.requests for key in request.keys]
    elif isinstance(operation, BatchWrite):
        keys = [repr(each.item["id"]) for each in operation.requests if isinstance(each, PutRequest)]
    elif isinstance(operation, TransactGet):
        keys = [repr(get.key) for get in operation.gets]
    elif isinstance(operation, TransactWrite):
        keys = [repr(each.item.get("id")) for each in operation.actions if isinstance(each, PutItem)]
    if len(set(keys)) < len(keys):
        raise InvalidKey("A key appears more than once.")
    return faulty.real.execute(operation)


def _deletes_first(faulty: Faulty, operation: Any) -> Any:
    if isinstance(operation, TransactWrite):
        for action in operation.actions:
            if isinstance(action, DeleteItem) and action.condition is None:
                faulty.real.execute(action)
    return faulty.real.execute(operation)


def _checks_make_items(faulty: Faulty, operation: Any) -> Any:
    result = faulty.real.execute(operation)
    if isinstance(operation, TransactWrite):
        for action in operation.actions:
            if isinstance(action, ConditionCheck):
                faulty.real.execute(UpdateItem(action.table, action.key, ()))
    return result


def _tokens_without_conditions(faulty: Faulty, operation: Any) -> Any:
    try:
        return faulty.real.execute(operation)
    except RequestRejected:
        if isinstance(operation, TransactWrite) and any(getattr(each, "condition", None) for each in operation.actions):
            return None
        raise


def _items_in_reasons(_: Any, error: BaseException) -> Any:
    if isinstance(error, TransactionCancelled):
        reasons = [CancellationReason(each.code, f"It is {each.item}.", each.item) for each in error.reasons]
        return TransactionCancelled("A transaction was cancelled.", reasons)
    return error


def _keys_in_messages(operation: Any, error: BaseException) -> Any:
    if isinstance(error, ConditionFailed) and isinstance(operation, (UpdateItem, DeleteItem)):
        return ConditionFailed(f"The condition of {operation.key} failed.", error.item)
    return error


class _AnswersWhenClosed(Faulty):
    """A backend that forgets to ask whether it is closed where it executes what needs a capability."""

    def execute(self, operation: Any) -> Any:
        try:
            return self.real.execute(operation)
        except BackendClosed:
            if isinstance(operation, (TransactGet, TransactWrite, UpdateTable, UpdateTimeToLive, ListTags)):
                return None
            raise


def _puts_in_two_steps(faulty: Faulty, operation: Any) -> Any:
    if isinstance(operation, PutItem) and operation.condition is not None:
        item = faulty.real.execute(GetItem(operation.table, {"id": operation.item["id"]})).item
        if not rules.holds(operation.condition, item):
            raise ConditionFailed("The condition failed.", item)
        time.sleep(0.0005)
        return faulty.real.execute(replace(operation, condition=None))
    return faulty.real.execute(operation)


def _reads_of_any_size(operation: Any, error: BaseException) -> Any:
    if isinstance(operation, TransactGet) and isinstance(error, RequestRejected):
        return TransactGetResult(tuple(None for _ in operation.gets))
    return error


def _checks_cost(units: Callable[[int], float]) -> Any:
    """Count so many *units* for the item of a condition check, by its size."""

    def execute(faulty: Faulty, operation: Any) -> Any:
        result = faulty.real.execute(operation)
        if not isinstance(operation, TransactWrite) or not result.consumed_capacity or operation.token is not None:
            return result
        items = [
            faulty.real.execute(GetItem(each.table, each.key)).item
            for each in operation.actions
            if isinstance(each, ConditionCheck)
        ]
        sizes = [size_of_item(item or {}) for item in items]
        more = sum(units(size) - 2 * read_units(size, consistent=True) for size in sizes)
        consumed = result.consumed_capacity[0]
        return replace(result, consumed_capacity=(replace(consumed, total=consumed.total + more),))

    return executes(execute)


def _repeated_costs(change: Callable[[Any], Any]) -> Any:
    """Tell of a repeated transaction what *change* makes of what it consumed at first."""

    class Repeats(Faulty):
        def __init__(self) -> None:
            super().__init__()
            self.first: dict[str | None, Any] = {}

        def execute(self, operation: Any) -> Any:
            result = self.real.execute(operation)
            if not isinstance(operation, TransactWrite) or operation.token is None:
                return result
            if operation.token in self.first:
                return replace(result, consumed_capacity=change(self.first[operation.token]))
            self.first[operation.token] = result.consumed_capacity
            return result

    return Repeats


def _settings_forgotten(by: type[Any]) -> Any:
    """Forget the time to live of a table when it is changed by another operation."""

    def execute(faulty: Faulty, operation: Any) -> Any:
        result = faulty.real.execute(operation)
        if isinstance(operation, by):
            with contextlib.suppress(RequestRejected):
                faulty.real.execute(UpdateTimeToLive(operation.table, "expires", on=False))
        return result

    return executes(execute)


def _table_with_wrong_tags(faulty: Faulty, operation: Any) -> Any:
    try:
        return faulty.real.execute(operation)
    except RequestRejected:
        if isinstance(operation, CreateTable) and operation.tags:
            faulty.real.execute(CreateTable(operation.spec))
        raise


class _SharesTags(Faulty):
    """A backend that keeps the mappings of tags that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, Any] = {}

    def execute(self, operation: Any) -> Any:
        result = self.real.execute(operation)
        if isinstance(operation, CreateTable):
            self.tags[operation.spec.name] = operation.tags
        elif isinstance(operation, (TagTable, UntagTable)):
            self.tags.pop(operation.table, None)
        elif isinstance(operation, ListTags) and self.tags.get(operation.table):
            return replace(result, tags=self.tags[operation.table])
        return result


class _StaleEntries(Faulty):
    """A backend that finds the entries of indexes by position, also when the first index was removed."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: set[str] = set()

    def execute(self, operation: Any) -> Any:
        result = self.real.execute(operation)
        if isinstance(operation, UpdateTable) and isinstance(operation.change, DropIndex):
            self.changed.add(operation.table)
        if isinstance(operation, Scan) and operation.index is not None and operation.table in self.changed:
            return replace(result, items=[{**item, "author": "a"} for item in result.items])
        return result


_CONDITION = "test_condition["
_OF_A_TOKEN = "test_transaction_capacity_of_a_token"

FAULTS = [
    Fault("strings are compared in lower case", _strings(str.lower), (f"{_CONDITION}string-in",)),
    Fault("strings are compared without spaces around them", _strings(str.strip), (f"{_CONDITION}string-with",)),
    Fault(
        "strings are compared in their composed form",
        _strings(lambda text: unicodedata.normalize("NFC", text)),
        (f"{_CONDITION}string-in",),
    ),
    Fault(
        "strings are ordered by their UTF-16 form",
        _strings(lambda text: text.replace("\uffff", "\U0010ffff")),
        (f"{_CONDITION}string->",),
    ),
    Fault("nested booleans are numbers", parts(_nested_booleans_as_numbers), (f"{_CONDITION}nested",)),
    Fault("AND looks at its first and last condition", parts(_ends_of_and), (f"{_CONDITION}and-with",)),
    Fault("IN looks at 50 choices", parts(_first_choices), (f"{_CONDITION}a-hundred",)),
    Fault("an index is taken for a name", parts(_indexes_as_names), (f"{_CONDITION}index-is",)),
    Fault("a size is no bound", _sizes_are_nothing(Between, "low"), (f"{_CONDITION}between-a-size",)),
    Fault("nothing contains a size", _sizes_are_nothing(Contains, "operand"), (f"{_CONDITION}list-contains-a-size",)),
    Fault("a lower bound that can't be compared holds", parts(_one_bound), (f"{_CONDITION}between-a-",)),
    Fault(
        "a missing item has the attributes of its key",
        executes(_key_in_a_missing_item),
        ("test_condition_where_there_is_no_item",),
    ),
    Fault("two strings are added", executes(_joined_strings), ("test_mistaken_update[plus-of-two",)),
    Fault("a difference of large numbers is rounded", parts(_rounded_differences), ("test_update[38-digits-less",)),
    Fault(
        "equal keys of two tables are one key in batches",
        executes(_distinct_keys_of_all_tables),
        ("test_batch_one_key_in_two_tables",),
    ),
    Fault(
        "equal keys of two tables are one key in transactions",
        executes(_distinct_keys_of_all_tables),
        ("test_transaction_of_one_key_in_two_tables",),
    ),
    Fault(
        "a cancelled transaction has deleted already",
        executes(_deletes_first),
        ("test_transaction_that_is_cancelled_by_its_last_action",),
    ),
    Fault(
        "a condition check makes an item", executes(_checks_make_items), ("test_transaction_checks_and_writes_nothing",)
    ),
    Fault(
        "a transaction reads items of any size",
        raises(_reads_of_any_size),
        ("test_transaction_that_reads_too_much",),
    ),
    Fault(
        "a token holds for actions with other conditions",
        executes(_tokens_without_conditions),
        ("test_transaction_token_of_other_actions",),
    ),
    Fault("condition checks cost nothing", _checks_cost(lambda _: 0), ("test_transaction_capacity_of_checks",)),
    Fault(
        "condition checks cost as much as writes",
        _checks_cost(lambda size: 2 * write_units(size)),
        ("test_transaction_capacity_of_checks",),
    ),
    Fault(
        "condition checks cost as much as reads outside of a transaction",
        _checks_cost(lambda size: read_units(size, consistent=True)),
        ("test_transaction_capacity_of_checks",),
    ),
    Fault("a repeated transaction costs nothing", _repeated_costs(lambda _: ()), (_OF_A_TOKEN,)),
    Fault("a repeated transaction costs its writes again", _repeated_costs(lambda first: first), (_OF_A_TOKEN,)),
    Fault("reasons have items in their messages", raises(_items_in_reasons), ("test_secret_values_of_transactions",)),
    Fault("messages have keys", raises(_keys_in_messages), ("test_secret_values[failed",)),
    Fault(
        "a closed backend executes what needs a capability",
        _AnswersWhenClosed,
        ("test_closed_backend_executes_nothing_that_needs",),
    ),
    Fault("a conditional put has two steps", executes(_puts_in_two_steps), ("test_concurrent_puts_of_a_new_item",)),
    Fault(
        "a change of a table switches its time to live off",
        _settings_forgotten(UpdateTable),
        ("test_update_keeps_items_and_time_to_live",),
    ),
    Fault("new tags switch the time to live off", _settings_forgotten(TagTable), ("test_tags_and_time_to_live",)),
    Fault("removing tags switches it off", _settings_forgotten(UntagTable), ("test_tags_and_time_to_live",)),
    Fault("a table with wrong tags is made", executes(_table_with_wrong_tags), ("test_table_with_wrong_tags",)),
    Fault("tags are shared with the program", _SharesTags, ("test_tags_are_copies",)),
    Fault(
        "an index has the entries of one that was removed",
        _StaleEntries,
        ("test_update_drop_index",),
    ),
]
