"""Faults of locks: backends that store items in dictionaries, and lock too little of them, or nothing."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from threading import Lock, RLock
from typing import Any, TypeVar, cast

from dynamorm.data import (
    BatchGet,
    ConditionCheck,
    GetItem,
    Item,
    Operation,
    Query,
    Scan,
    TransactGet,
    TransactWrite,
    UpdateItem,
)
from dynamorm.exceptions import BackendClosed
from dynamorm.ports.backends import Backend, Capability
from dynamorm.ports.needed_capabilities import check_capabilities
from dynamorm.rules import CheckedItem, KeyTuple, Selection, StoredPage, execute
from tests.conformance.seeded_backend_faults.faults import Fault
from tests.support.dictionary_store import Dictionaries, Table

Result = TypeVar("Result")
#: For how long a storage waits for its disk, in seconds.
_A_MOMENT = 0.00001


class InPlace(Dictionaries):
    """Changes an item attribute by attribute, as long as its attributes are the same.

    Other threads come in between, as they do where a storage waits for a disk.
    """

    def read(self, table: Table, key: KeyTuple) -> tuple[Item, int] | None:
        time.sleep(_A_MOMENT)
        return super().read(table, key)

    def read_page(self, table: Table, selection: Selection, limit: int | None) -> StoredPage[Item]:
        time.sleep(_A_MOMENT)
        return super().read_page(table, selection, limit)

    def replace(self, table: Table, new: CheckedItem, old: Item | None) -> None:
        present = table.items.get(new.key)
        if present is None or present.item.keys() != new.item.keys():
            super().replace(table, new, old)
        else:
            for name, value in new.item.items():
                present.item[name] = value
                time.sleep(_A_MOMENT)


class Locked(Backend):
    """One lock for everything, which is right."""

    capabilities = frozenset({Capability.CONCURRENT_CALLS, Capability.TRANSACTIONS, Capability.GLOBAL_INDEXES})

    def __init__(self) -> None:
        self.store = InPlace()
        self.lock = RLock()
        self.is_closed = False

    def execute(self, operation: Operation[Result]) -> Result:
        if self.is_closed:
            raise BackendClosed("This backend was closed. Connect again with dynamorm.connect().")
        check_capabilities(self, operation)
        with self.locked(operation):
            return execute(self.store, operation)

    def locked(self, operation: Operation[Any]) -> AbstractContextManager[object]:
        return self.lock

    def close(self) -> None:
        self.is_closed = True


def without_lock(kind: type) -> Callable[[], Backend]:
    """Return the maker of a backend that takes no lock for one *kind* of operation."""

    class WithoutLock(Locked):
        def locked(self, operation: Operation[Any]) -> AbstractContextManager[object]:
            return nullcontext() if isinstance(operation, kind) else self.lock

    return WithoutLock


class LockForEachTable(Locked):
    """Locks the tables of an operation, one after the other, and holds what :meth:`held` says."""

    def __init__(self) -> None:
        super().__init__()
        self.locks: defaultdict[str, Lock] = defaultdict(Lock)

    def locked(self, operation: Operation[Any]) -> AbstractContextManager[object]:
        return self.hold(self.held(tables_of(operation)))

    @contextmanager
    def hold(self, tables: Iterable[str]) -> Iterator[None]:
        with ExitStack() as stack:
            for table in tables:
                stack.enter_context(self.locks[table])
            yield

    def held(self, tables: list[str]) -> Iterable[str]:
        return sorted(set(tables))


class LockOfTheFirstTable(LockForEachTable):
    def held(self, tables: list[str]) -> Iterable[str]:
        return tables[:1]


class WritesOneByOne(Locked):
    """Looks at all conditions of a transaction at one moment, and then locks for each of its writes."""

    def __init__(self) -> None:
        super().__init__()
        self.transactions = Lock()

    def execute(self, operation: Operation[Result]) -> Result:
        if not isinstance(operation, TransactWrite) or not all(
            isinstance(each, UpdateItem) for each in operation.actions
        ):
            return super().execute(operation)
        updates = cast("tuple[UpdateItem, ...]", operation.actions)
        checks = tuple(ConditionCheck(each.table, each.key, each.condition) for each in updates if each.condition)
        with self.transactions:
            result: Any = super().execute(TransactWrite(checks))
            for update in updates:
                time.sleep(_A_MOMENT)
                super().execute(update)
            return cast("Result", result)


def tables_of(operation: Any) -> list[str]:
    """Return the names of the tables that an *operation* reads or writes, in its order."""
    parts = getattr(operation, "actions", None) if isinstance(operation, TransactWrite) else None
    parts = parts or getattr(operation, "gets", None) or getattr(operation, "requests", None) or (operation,)
    return [part.spec.name if hasattr(part, "spec") else getattr(part, "table", "") for part in parts]


FAULTS = (
    *(
        Fault(f"{kind.__name__} takes no lock", without_lock(kind), ("test_concurrent_reads_of_whole_items",), 10)
        for kind in (GetItem, BatchGet, Query, Scan)
    ),
    Fault("TransactGet takes no lock", without_lock(TransactGet), ("test_transactions_at_once",), 10),
    Fault("TransactWrite takes no lock", without_lock(TransactWrite), ("test_transactions_at_once",), 10),
    Fault("a transaction locks its first table", LockOfTheFirstTable, ("test_transactions_at_once",), 10),
    Fault("a transaction locks for each of its writes", WritesOneByOne, ("test_transactions_at_once",), 10),
)
#: What is right, with the same tests.
HEALTHY = tuple(
    Fault(name, make, ("test_concurrent_reads_of_whole_items", "test_transactions_at_once"))
    for name, make in (("one lock", Locked), ("all locks of a transaction's tables", LockForEachTable))
)
