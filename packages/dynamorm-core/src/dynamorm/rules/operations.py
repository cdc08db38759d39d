"""All operations of a storing backend, on a :class:`~dynamorm.rules.stores.Store`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar, cast

from dynamorm.data import (
    BatchGet,
    BatchWrite,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    ListTables,
    ListTags,
    Operation,
    PutItem,
    Query,
    Scan,
    TagTable,
    TransactGet,
    TransactWrite,
    UntagTable,
    UpdateItem,
    UpdateTable,
    UpdateTimeToLive,
)
from dynamorm.exceptions import Unsupported
from dynamorm.rules.expressions import check_expressions
from dynamorm.rules.pages import query, scan
from dynamorm.rules.reads import batch_get, get_item
from dynamorm.rules.stores import Store
from dynamorm.rules.table_changes import create_table, delete_table, describe_table, list_tables, update_table
from dynamorm.rules.table_settings import (
    describe_time_to_live,
    list_tags,
    tag_table,
    untag_table,
    update_time_to_live,
)
from dynamorm.rules.transactions import transact_get, transact_write
from dynamorm.rules.writes import batch_write, write_item

Result = TypeVar("Result")
#: Executes one kind of operation on a store.
Handler: TypeAlias = Callable[[Store[Any, Any], Operation[Any]], Any]

#: The function that executes each operation that only reads.
READS: Final = cast(
    "Mapping[type, Handler]",
    {
        GetItem: get_item,
        Query: query,
        Scan: scan,
        BatchGet: batch_get,
        TransactGet: transact_get,
        DescribeTable: describe_table,
        DescribeTimeToLive: describe_time_to_live,
        ListTables: list_tables,
        ListTags: list_tags,
    },
)
#: The function that executes each operation that may write.
WRITES: Final = cast(
    "Mapping[type, Handler]",
    {
        PutItem: write_item,
        UpdateItem: write_item,
        DeleteItem: write_item,
        BatchWrite: batch_write,
        TransactWrite: transact_write,
        CreateTable: create_table,
        UpdateTable: update_table,
        DeleteTable: delete_table,
        UpdateTimeToLive: update_time_to_live,
        TagTable: tag_table,
        UntagTable: untag_table,
    },
)


def execute(store: Store[Any, Any], operation: Operation[Result]) -> Result:
    """Execute an *operation* on a *store*, as :meth:`~dynamorm.ports.backends.Backend.execute` is to do.

    Nothing else may use the store meanwhile. An operation whose type is a key of ``WRITES`` may change it, and all
    others only read. If a rule is broken, an exception of :mod:`dynamorm.exceptions` is raised and the store is
    unchanged. Consumed capacity is reported if the operation asks for it.

    All kinds of operations are executed. A backend that does not state all capabilities calls
    :func:`~dynamorm.ports.needed_capabilities.check_capabilities` first.

    Raises:
        Unsupported: The operation, a condition or an update action is of an unknown type.
        DynamoException: DynamoDB refuses the operation: see "Exceptions that a backend raises".
    """
    kind = type(operation)
    handler = READS.get(kind) or WRITES.get(kind)
    if handler is None:
        raise Unsupported(f"Operations of the type {kind.__name__} are unknown here. Upgrade dynamorm-core.")
    check_expressions(operation)
    return cast("Result", handler(store, operation))
