"""Which capabilities operations need, and their refusal by a backend that lacks them."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm.data import (
    AddIndex,
    CreateTable,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    IndexSpec,
    KeyAttribute,
    KeyCondition,
    ListTables,
    ListTags,
    Operation,
    PutItem,
    Query,
    Scan,
    SetDeletionProtection,
    SetStream,
    SetTableClass,
    TableSpec,
    TransactGet,
    TransactWrite,
    UpdateTable,
    UpdateTimeToLive,
)
from dynamorm.exceptions import NotYetSupported, Unsupported
from dynamorm.ports.backends import BackendTraits, Capability
from dynamorm.ports.needed_capabilities import check_capabilities, needed_capabilities

A, B = KeyAttribute("a", "S"), KeyAttribute("b", "S")
GLOBAL, LOCAL = IndexSpec("by-b", "global", B), IndexSpec("by-b-here", "local", A, B)
NEEDS: list[tuple[Operation[Any], set[Capability]]] = [
    (GetItem("t", {"a": "1"}), set()),
    (Query("t", KeyCondition(("a", "1")), "by-b"), set()),
    (Scan("t"), set()),
    (DescribeTable("t"), set()),
    (CreateTable(TableSpec("t", A)), set()),
    (PutItem("t", {"a": "1"}, return_consumed_capacity="TOTAL"), {Capability.CONSUMED_CAPACITY}),
    (Scan("t", segment=0, total_segments=1), {Capability.PARALLEL_SCAN}),
    (TransactGet((GetItem("t", {"a": "1"}),)), {Capability.TRANSACTIONS}),
    (
        TransactWrite((PutItem("t", {"a": "1"}),), return_consumed_capacity="INDEXES"),
        {Capability.TRANSACTIONS, Capability.CONSUMED_CAPACITY},
    ),
    (
        CreateTable(TableSpec("t", A, None, (GLOBAL, LOCAL))),
        {Capability.GLOBAL_INDEXES, Capability.LOCAL_INDEXES},
    ),
    (
        CreateTable(TableSpec("t", A, None, (IndexSpec("by-both", "global", (A, B)),))),
        {Capability.GLOBAL_INDEXES, Capability.MULTI_ATTRIBUTE_KEYS},
    ),
    (
        CreateTable(TableSpec("t", A, table_class="STANDARD_INFREQUENT_ACCESS", deletion_protection=True), {"a": "b"}),
        {Capability.TABLE_CLASSES, Capability.DELETION_PROTECTION, Capability.TAGS},
    ),
    (UpdateTable("t", SetStream(None)), {Capability.TABLE_UPDATES}),
    (UpdateTable("t", AddIndex(GLOBAL, (A, B))), {Capability.TABLE_UPDATES, Capability.GLOBAL_INDEXES}),
    (UpdateTable("t", SetDeletionProtection(True)), {Capability.TABLE_UPDATES, Capability.DELETION_PROTECTION}),
    (UpdateTable("t", SetTableClass("STANDARD")), {Capability.TABLE_UPDATES, Capability.TABLE_CLASSES}),
    (UpdateTimeToLive("t", "expires", on=True), {Capability.TIME_TO_LIVE}),
    (DescribeTimeToLive("t"), {Capability.TIME_TO_LIVE}),
    (ListTags("t"), {Capability.TAGS}),
    (ListTables(), {Capability.LIST_TABLES}),
]


@pytest.mark.parametrize(("operation", "needs"), NEEDS)
def test_an_operation_needs_these(operation: Operation[Any], needs: set[Capability]) -> None:
    assert set(needed_capabilities(operation)) == needs


@pytest.mark.parametrize(("operation", "needs"), NEEDS)
def test_a_backend_that_lacks_one_refuses_the_operation(operation: Operation[Any], needs: set[Capability]) -> None:
    backend = BackendTraits()
    for missing in needs:
        backend.capabilities = frozenset(Capability) - {missing}
        with pytest.raises(Unsupported, match=missing.value) as raised:
            check_capabilities(backend, operation)
        assert not isinstance(raised.value, NotYetSupported)
    backend.capabilities = frozenset(needs)
    check_capabilities(backend, operation)
