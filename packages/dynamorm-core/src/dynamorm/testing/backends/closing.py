"""Closing a backend."""

from __future__ import annotations

import pytest

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    Item,
    KeyCondition,
    ListTables,
    ListTags,
    Operation,
    Path,
    PutItem,
    PutRequest,
    Query,
    Scan,
    Set,
    SetStream,
    TagTable,
    TransactGet,
    TransactWrite,
    UntagTable,
    UpdateItem,
    UpdateTable,
    UpdateTimeToLive,
    Value,
)
from dynamorm.exceptions import BackendClosed, TableNotFound
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, table_spec
from dynamorm.testing.backends.threads import at_once


class ClosedBackendTests(Suite):
    """Test ``close``, on backends that the author's fixture opens besides the one that the other tests use."""

    @pytest.fixture(scope="class")
    @classmethod
    def closed(cls, spare_backends: tuple[Backend, Backend]) -> Backend:
        """Use a backend, close it, and return it."""
        used, _ = spare_backends
        with refuses(used, TableNotFound):
            used.execute(DescribeTable("no-such-table"))
        used.close()
        return used

    def test_closed_backend_executes_nothing(self, closed: Backend, table: str, key: str) -> None:
        """After ``close``, every operation raises ``BackendClosed``."""
        item: Item = {"id": key}
        operations: tuple[Operation[object], ...] = (
            GetItem(table, item),
            PutItem(table, item),
            UpdateItem(table, item, (Set(Path.of("a"), Value(1)),)),
            DeleteItem(table, item),
            Query(table, KeyCondition(("id", key))),
            Scan(table),
            BatchGet((BatchGetKeys(table, (item,)),)),
            BatchWrite((PutRequest(table, item),)),
            CreateTable(table_spec()),
            DescribeTable(table),
            DeleteTable("no-such-table"),
        )
        for operation in operations:
            with refuses(closed, BackendClosed):
                closed.execute(operation)

    @pytest.mark.parametrize(
        "capability",
        [
            Capability.TRANSACTIONS,
            Capability.TABLE_UPDATES,
            Capability.TIME_TO_LIVE,
            Capability.TAGS,
            Capability.LIST_TABLES,
        ],
        ids=lambda capability: capability.name.lower().replace("_", "-"),
    )
    def test_closed_backend_executes_nothing_that_needs(
        self, closed: Backend, tables: TableMaker, table: str, key: str, capability: Capability
    ) -> None:
        """Nor does it execute an operation that needs a capability."""
        put, get = PutItem(table, {"id": key}), GetItem(table, {"id": key})
        arn = f"arn:aws:dynamodb:eu-west-1:123456789012:table/{table}"
        operations: dict[Capability, tuple[Operation[object], ...]] = {
            Capability.TRANSACTIONS: (TransactWrite((put,)), TransactGet((get,))),
            Capability.TABLE_UPDATES: (UpdateTable(table, SetStream("NEW_IMAGE")),),
            Capability.TIME_TO_LIVE: (DescribeTimeToLive(table), UpdateTimeToLive(table, "expires", on=True)),
            Capability.TAGS: (ListTags(table, arn), TagTable(table, {"a": "b"}, arn), UntagTable(table, ("a",), arn)),
            Capability.LIST_TABLES: (ListTables(),),
        }
        tables.require(capability, lambda: operations[capability][0])
        for operation in operations[capability]:
            with refuses(closed, BackendClosed):
                closed.execute(operation)

    def test_closed_backend_leaves_others_open(self, backend: Backend, closed: Backend, table: str, key: str) -> None:
        """A backend that is closed closes no other one."""
        with refuses(closed, BackendClosed):
            closed.execute(DescribeTable(table))
        backend.execute(PutItem(table, {"id": key}))
        assert backend.execute(GetItem(table, {"id": key})).item == {"id": key}

    def test_closed_backend_closes_again(self, closed: Backend) -> None:
        """Closing twice is no error, also in several threads at once, and opens nothing."""
        closed.close()
        at_once(closed, lambda _: closed.close(), 4)
        with refuses(closed, BackendClosed):
            closed.execute(DescribeTable("no-such-table"))

    def test_closed_backend_that_was_never_used(self, spare_backends: tuple[Backend, Backend]) -> None:
        """A backend that executed nothing can be closed, too."""
        _, unused = spare_backends
        unused.close()
        unused.close()
        with refuses(unused, BackendClosed):
            unused.execute(DescribeTable("no-such-table"))
