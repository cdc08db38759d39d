"""Faults of tables, their settings, transactions and consumed capacity."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from dynamorm.data import (
    CreateTable,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    KeyAttribute,
    ListTables,
    ListTags,
    Path,
    PutItem,
    Scan,
    Set,
    SetCapacity,
    SetDeletionProtection,
    TableDescription,
    TableSpec,
    TagTable,
    TimeToLive,
    TransactGet,
    TransactGetResult,
    TransactWrite,
    TransactWriteResult,
    UntagTable,
    UpdateItem,
    UpdateTable,
    UpdateTimeToLive,
    Value,
)
from dynamorm.exceptions import (
    CancellationReason,
    ConditionFailed,
    DynamoException,
    InvalidKey,
    RequestRejected,
    TableAlreadyExists,
    TableNotFound,
    TableProtected,
    TransactionCancelled,
    Unsupported,
)
from dynamorm.ports.backends import Capability
from tests.conformance.seeded_backend_faults.faults import Fault, Faulty, answers, executes, raises, sends

_ACTIVE = TableDescription(TableSpec("books", KeyAttribute("id", "S")), "ACTIVE")


def _spec(**changes: Any) -> Any:
    """Create each table from another spec."""
    return sends(
        lambda operation: (
            replace(operation, spec=replace(operation.spec, **changes))
            if isinstance(operation, CreateTable)
            else operation
        )
    )


def _forgiven(kind: type, errors: type[Exception], result: Any) -> Any:
    """Answer a *result* to operations of a kind that should have failed."""
    return raises(
        lambda operation, error: result if isinstance(operation, kind) and isinstance(error, errors) else error
    )


def _again(faulty: Faulty, operation: Any) -> Any:
    if isinstance(operation, CreateTable):
        try:
            faulty.real.execute(DeleteTable(operation.spec.name))
        except DynamoException:
            return faulty.real.execute(operation)
    return faulty.real.execute(operation)


def _one_by_one(faulty: Faulty, operation: Any) -> Any:
    if not isinstance(operation, TransactWrite) or operation.token or operation.return_consumed_capacity != "NONE":
        return faulty.real.execute(operation)
    for action in operation.actions:
        faulty.real.execute(TransactWrite((action,)))
    return TransactWriteResult()


def _first_reason(operation: Any, error: BaseException) -> Any:
    if not isinstance(error, TransactionCancelled):
        return error
    found = False
    reasons = []
    for reason in error.reasons:
        reasons.append(CancellationReason("None") if found else reason)
        found = found or reason.code != "None"
    return TransactionCancelled(str(error), reasons)


def _without_items(operation: Any, error: BaseException) -> Any:
    if isinstance(error, TransactionCancelled):
        return TransactionCancelled(str(error), [CancellationReason(reason.code) for reason in error.reasons])
    return error


def _reads_one_by_one(faulty: Faulty, operation: Any) -> Any:
    if not isinstance(operation, TransactGet) or operation.return_consumed_capacity != "NONE":
        return faulty.real.execute(operation)
    items = []
    for get in operation.gets:
        items.append(faulty.real.execute(GetItem(get.table, get.key, get.projection)).item)
        time.sleep(0.0005)
    return TransactGetResult(tuple(items))


class _Tokens(Faulty):
    """Remembers tokens, and not what they were for."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: set[str] = set()

    def execute(self, operation: Any) -> Any:
        if isinstance(operation, TransactWrite) and operation.token is not None and len(operation.token) <= 36:
            if operation.token in self.tokens:
                return TransactWriteResult()
            self.tokens.add(operation.token)
        return self.real.execute(operation)


def _unlimited(faulty: Faulty, operation: Any) -> Any:
    if isinstance(operation, TransactWrite) and len(operation.actions) > 100:
        faulty.real.execute(TransactWrite(operation.actions[:100]))
        return faulty.real.execute(TransactWrite(operation.actions[100:]))
    return faulty.real.execute(operation)


def _described(change: Any) -> Any:
    return answers(lambda _, result: change(result) if isinstance(result, TableDescription) else result)


def _protected(operation: Any, error: BaseException) -> Any:
    return RequestRejected(str(error)) if isinstance(error, TableProtected) else error


def _units(change: Any) -> Any:
    """Change what operations report as consumed."""

    def changed(operation: Any, result: Any) -> Any:
        consumed = getattr(result, "consumed_capacity", ())
        return replace(result, consumed_capacity=change(operation, consumed)) if consumed else result

    return answers(changed)


def _times(factor: float, kind: type) -> Any:
    return _units(
        lambda operation, consumed: (
            tuple(replace(each, total=each.total * factor) for each in consumed)
            if isinstance(operation, kind)
            else consumed
        )
    )


class _Fewer(Faulty):
    """States fewer capabilities, and refuses nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = frozenset({Capability.CONCURRENT_CALLS})


class _Foreign(Faulty):
    """States what it made up."""

    def __init__(self) -> None:
        super().__init__()
        made_up: Any = "transactions"
        self.capabilities = frozenset({made_up})


def _without_wrong_indexes(faulty: Faulty, operation: Any) -> Any:
    try:
        return faulty.real.execute(operation)
    except RequestRejected:
        if isinstance(operation, CreateTable) and operation.spec.indexes:
            return faulty.real.execute(replace(operation, spec=replace(operation.spec, indexes=())))
        raise


def _replacing_tags(faulty: Faulty, operation: Any) -> Any:
    if isinstance(operation, TagTable) and operation.tags:
        present = faulty.real.execute(ListTags(operation.table)).tags
        gone = tuple(name for name in present if name not in operation.tags)
        if gone:
            faulty.real.execute(UntagTable(operation.table, gone))
    return faulty.real.execute(operation)


class _WithDeletedNames(Faulty):
    """Lists the tables that were deleted, too."""

    def __init__(self) -> None:
        super().__init__()
        self._deleted: list[str] = []

    def execute(self, operation: Any) -> Any:
        result: Any = self.real.execute(operation)
        if isinstance(operation, DeleteTable):
            self._deleted.append(operation.table)
        if isinstance(operation, ListTables) and result.last is None:
            return replace(result, names=(*result.names, *self._deleted))
        return result


FAULTS = (
    Fault("a table that exists is made again", executes(_again), ("test_table_create_twice",)),
    Fault(
        "creating a table that exists is no error",
        raises(
            lambda operation, error: (
                TableDescription(operation.spec, "ACTIVE") if isinstance(error, TableAlreadyExists) else error
            )
        ),
        ("test_table_create_twice",),
    ),
    Fault(
        "deleting a table that does not exist is no error",
        _forgiven(DeleteTable, TableNotFound, None),
        ("test_no_such_table",),
    ),
    Fault(
        "reading a table that does not exist finds nothing",
        _forgiven(Scan, TableNotFound, None),
        ("test_no_such_table",),
    ),
    Fault(
        "a table is described without its range key",
        _described(lambda result: replace(result, spec=replace(result.spec, range_key=None))),
        ("test_table_keys",),
    ),
    Fault(
        "tables that were deleted are still listed",
        _WithDeletedNames,
        ("test_list_tables",),
    ),
    Fault(
        "pages of tables begin with the last table of the page before",
        answers(
            lambda operation, result: (
                replace(result, names=(operation.after, *result.names)[: operation.limit])
                if isinstance(operation, ListTables) and operation.after is not None
                else result
            )
        ),
        ("test_list_tables_in_pages",),
    ),
    Fault(
        "a list of tables ends with its first page",
        answers(lambda operation, result: replace(result, last=None) if isinstance(operation, ListTables) else result),
        ("test_list_tables_in_pages",),
    ),
    Fault(
        "the limit of a list of tables is ignored",
        sends(lambda operation: replace(operation, limit=None) if isinstance(operation, ListTables) else operation),
        ("test_list_tables_in_pages", "test_list_tables_wrong_limit"),
    ),
    Fault("streams are forgotten", _spec(stream=None), ("test_table_stream",)),
    Fault(
        "provisioned throughput is forgotten",
        _described(lambda result: replace(result, spec=replace(result.spec, throughput=None))),
        ("test_table_provisioned_throughput",),
    ),
    Fault(
        "indexes are described with all attributes",
        _described(
            lambda result: replace(
                result,
                spec=replace(
                    result.spec,
                    indexes=tuple(replace(index, projection=type(index.projection)()) for index in result.spec.indexes),
                ),
            )
        ),
        ("test_table_indexes",),
    ),
    Fault("wrong indexes are left out", executes(_without_wrong_indexes), ("test_table_wrong_indexes",)),
    Fault(
        "wrong names of tables are mended",
        sends(
            lambda operation: (
                replace(operation, spec=replace(operation.spec, name=f"{operation.spec.name}-mended"))
                if isinstance(operation, CreateTable) and len(operation.spec.name) < 4
                else operation
            )
        ),
        ("test_table_wrong_name",),
    ),
    Fault(
        "names of tables are cut",
        sends(
            lambda operation: (
                replace(operation, spec=replace(operation.spec, name=operation.spec.name[:60]))
                if isinstance(operation, CreateTable)
                else replace(operation, table=operation.table[:60])
                if hasattr(operation, "table")
                else operation
            )
        ),
        ("test_table_longest_name", "test_table_wrong_name"),
    ),
    Fault(
        "tables whose names are alike share items",
        sends(
            lambda operation: (
                replace(operation, table=operation.table.partition(".")[0])
                if isinstance(operation, PutItem)
                else operation
            )
        ),
        ("test_tables_are_apart",),
    ),
    Fault(
        "the number of items counts writes",
        _described(lambda result: replace(result, item_count=result.item_count * 2 + 1)),
        ("test_table_item_count",),
    ),
    Fault(
        "the number of items is negative",
        _described(lambda result: replace(result, item_count=-1)),
        ("test_table_item_count",),
    ),
    Fault("deletion protection is forgotten", _spec(deletion_protection=False), ("test_update_deletion_protection",)),
    Fault(
        "a protected table is refused with another exception", raises(_protected), ("test_update_deletion_protection",)
    ),
    Fault(
        "deletion protection can't be switched off",
        sends(
            lambda operation: (
                replace(operation, change=SetDeletionProtection(on=True))
                if isinstance(operation, UpdateTable) and operation.change == SetDeletionProtection(on=False)
                else operation
            )
        ),
        ("test_update_deletion_protection",),
    ),
    Fault("the class of a table is forgotten", _spec(table_class="STANDARD"), ("test_update_table_class",)),
    Fault(
        "changes of capacity are forgotten",
        executes(
            lambda faulty, operation: (
                faulty.real.execute(DescribeTable(operation.table))
                if isinstance(operation, UpdateTable) and isinstance(operation.change, SetCapacity)
                else faulty.real.execute(operation)
            )
        ),
        ("test_update_capacity",),
    ),
    Fault(
        "an unknown change of a table changes nothing",
        raises(
            lambda operation, error: (
                _ACTIVE if isinstance(operation, UpdateTable) and isinstance(error, Unsupported) else error
            )
        ),
        ("test_unknown_change_of_a_table",),
    ),
    Fault(
        "changes that change nothing are accepted",
        raises(
            lambda operation, error: (
                _ACTIVE if isinstance(operation, UpdateTable) and type(error) is RequestRejected else error
            )
        ),
        ("test_update_refused", "test_update_stream_that_is_off"),
    ),
    Fault(
        "time to live is always off",
        answers(
            lambda operation, result: TimeToLive("DISABLED") if isinstance(operation, DescribeTimeToLive) else result
        ),
        ("test_time_to_live",),
    ),
    Fault(
        "time to live forgets its attribute",
        answers(
            lambda operation, result: (
                replace(result, attribute=None) if isinstance(operation, DescribeTimeToLive) else result
            )
        ),
        ("test_time_to_live",),
    ),
    Fault(
        "time to live can be on twice", _forgiven(UpdateTimeToLive, RequestRejected, None), ("test_time_to_live_that",)
    ),
    Fault(
        "tags of a new table are lost",
        sends(lambda operation: replace(operation, tags=None) if isinstance(operation, CreateTable) else operation),
        ("test_table_with_tags",),
    ),
    Fault("tags replace all tags", executes(_replacing_tags), ("test_tags",)),
    Fault(
        "removing a tag removes all",
        executes(
            lambda faulty, operation: (
                faulty.real.execute(replace(operation, keys=tuple(faulty.real.execute(ListTags(operation.table)).tags)))
                if isinstance(operation, UntagTable)
                else faulty.real.execute(operation)
            )
        ),
        ("test_tags",),
    ),
    Fault("wrong tags are accepted", _forgiven(TagTable, RequestRejected, None), ("test_tags_refused",)),
    Fault(
        "a transaction is carried out action by action",
        executes(_one_by_one),
        (
            "test_transaction_that_is_cancelled",
            "test_transaction_sees",
        ),
    ),
    Fault(
        "tokens are ignored",
        sends(lambda operation: replace(operation, token=None) if isinstance(operation, TransactWrite) else operation),
        ("test_transaction_token",),
    ),
    Fault(
        "a token works for other actions", _Tokens, ("test_transaction_token_of_other", "test_transaction_token_of_a")
    ),
    Fault("only the first failed action has a reason", raises(_first_reason), ("test_transaction_that_is_cancelled",)),
    Fault("reasons have no items", raises(_without_items), ("test_transaction_that_is_cancelled",)),
    Fault(
        "a cancelled transaction is a failed condition",
        raises(
            lambda operation, error: ConditionFailed(str(error)) if isinstance(error, TransactionCancelled) else error
        ),
        ("test_transaction_that_is_cancelled",),
    ),
    Fault("a transaction of too many actions is split", executes(_unlimited), ("test_transaction_most_actions",)),
    Fault(
        "an item may be twice in a transaction",
        _forgiven(TransactWrite, InvalidKey, None),
        ("test_transaction_with_two_actions",),
    ),
    Fault(
        "condition checks are left out",
        sends(
            lambda operation: (
                replace(
                    operation,
                    actions=tuple(each for each in operation.actions if type(each).__name__ != "ConditionCheck")
                    or operation.actions,
                )
                if isinstance(operation, TransactWrite)
                else operation
            )
        ),
        ("test_transaction_sees_what_was_before", "test_transaction_that_is_cancelled"),
    ),
    Fault(
        "an unknown action of a transaction is left out",
        sends(
            lambda operation: (
                replace(
                    operation,
                    actions=tuple(each for each in operation.actions if type(each).__name__ != "PartOfAnotherVersion"),
                )
                if isinstance(operation, TransactWrite)
                else operation
            )
        ),
        ("test_unknown_action_of_a_transaction",),
    ),
    Fault(
        "reads of a transaction leave out missing items",
        answers(
            lambda operation, result: (
                replace(result, items=tuple(each for each in result.items if each is not None))
                if isinstance(operation, TransactGet)
                else result
            )
        ),
        ("test_transaction_of_reads",),
    ),
    Fault(
        "reads of a transaction are in the order of tables",
        executes(
            lambda faulty, operation: (
                TransactGetResult(
                    tuple(
                        faulty.real.execute(GetItem(each.table, each.key, each.projection)).item
                        for each in sorted(operation.gets, key=lambda get: (get.projection is None, get.table))
                    )
                )
                if isinstance(operation, TransactGet) and operation.return_consumed_capacity == "NONE"
                else faulty.real.execute(operation)
            )
        ),
        ("test_transaction_of_",),
    ),
    Fault("reads of a transaction are no transaction", executes(_reads_one_by_one), ("test_transactions_at_once",)),
    Fault(
        "updates of nothing are accepted in a transaction",
        sends(
            lambda operation: (
                replace(
                    operation,
                    actions=tuple(
                        replace(each, actions=(Set(Path.of("touched"), Value(1)),))
                        if isinstance(each, UpdateItem) and not each.actions
                        else each
                        for each in operation.actions
                    ),
                )
                if isinstance(operation, TransactWrite)
                else operation
            )
        ),
        ("test_transaction_with_a_mistake",),
    ),
    Fault(
        "consumed capacity is told unasked",
        sends(
            lambda operation: (
                replace(operation, return_consumed_capacity="TOTAL")
                if getattr(operation, "return_consumed_capacity", "") == "NONE"
                else operation
            )
        ),
        ("test_capacity_is_told_when_asked",),
    ),
    Fault(
        "INDEXES is TOTAL",
        sends(
            lambda operation: (
                replace(operation, return_consumed_capacity="TOTAL")
                if getattr(operation, "return_consumed_capacity", "") == "INDEXES"
                else operation
            )
        ),
        ("test_capacity_detail", "test_capacity_of_index"),
    ),
    Fault("reads cost whole units", _times(2, GetItem), ("test_capacity_of_get",)),
    Fault("writes cost as little as reads", _times(0.5, PutItem), ("test_capacity_of_put",)),
    Fault("scans cost nothing", _times(0, Scan), ("test_capacity_of_scan",)),
    Fault("transactions cost as much as single writes", _times(0.5, TransactWrite), ("test_transaction_capacity",)),
    Fault(
        "capabilities that are not stated are not refused",
        _Fewer,
        (
            "test_transaction_token",
            "test_scan_segments",
            "test_table_with_tags",
            "test_capacity_detail",
        ),
    ),
    Fault("capabilities are made up", _Foreign, ("test_capabilities",)),
)
