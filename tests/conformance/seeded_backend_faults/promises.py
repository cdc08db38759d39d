"""Faults of closing, of exceptions, of objects that are shared with the store, of threads, and of operations that hang."""

from __future__ import annotations

import copy
import time
from dataclasses import replace
from threading import Event, Lock, get_ident
from typing import Any

from dynamorm.data import (
    BatchGet,
    CreateTable,
    DeleteItem,
    DescribeTable,
    GetItem,
    Path,
    PutItem,
    Query,
    Scan,
    TableDescription,
    UpdateItem,
)
from dynamorm.exceptions import (
    BackendClosed,
    BackendUnavailable,
    ConditionFailed,
    DynamoException,
    InvalidKey,
    ItemTooLarge,
    TableNotFound,
    Unsupported,
)
from tests.conformance.seeded_backend_faults.faults import Fault, Faulty, answers, executes, raises

#: Ends what hangs, after the tests.
ENOUGH = Event()


class _Open(Faulty):
    def close(self) -> None:
        """Close nothing."""


class _ClosedOnce(Faulty):
    closed = False

    def close(self) -> None:
        if self.closed:
            raise BackendClosed("It was closed before.")
        self.closed = True
        super().close()


class _OpensAgain(Faulty):
    closed = False

    def execute(self, operation: Any) -> Any:
        if self.closed:
            self.__init__()  # type: ignore[misc]
            self.closed = False
        return super().execute(operation)

    def close(self) -> None:
        self.closed = True
        super().close()


class _AnswersReads(Faulty):
    closed = False

    def execute(self, operation: Any) -> Any:
        if self.closed and isinstance(operation, GetItem):
            from dynamorm.data import ItemResult

            return ItemResult(None)
        return super().execute(operation)

    def close(self) -> None:
        self.closed = True
        super().close()


class _UnusedIsNone(Faulty):
    """Opens with the first operation, and closes what it has not opened."""

    opened = False

    def execute(self, operation: Any) -> Any:
        self.opened = True
        return super().execute(operation)

    def close(self) -> None:
        if not self.opened:
            raise AttributeError("'NoneType' object has no attribute 'close'")
        super().close()


class _Shared(Faulty):
    """Keeps the objects that it is given, and returns the objects that it keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], Any] = {}

    def key(self, table: str, item: Any) -> tuple[str, str]:
        return table, repr(sorted((name, repr(item[name])) for name in ("id", "position") if name in item))

    def keep(self, table: str, item: Any) -> Any:
        return self.kept.setdefault(self.key(table, item), item)

    def hand_out(self, table: str, item: Any) -> Any:
        kept = self.kept.get(self.key(table, item))
        return item if kept is None else kept


class _KeepsWhatIsPut(_Shared):
    def execute(self, operation: Any) -> Any:
        result: Any = self.real.execute(operation)
        if isinstance(operation, PutItem):
            self.kept[self.key(operation.table, operation.item)] = operation.item
        elif isinstance(operation, (UpdateItem, DeleteItem)):
            self.kept.pop(self.key(operation.table, operation.key), None)
        elif isinstance(operation, GetItem) and operation.projection is None and result.item is not None:
            return replace(result, item=copy.deepcopy(self.hand_out(operation.table, operation.key)))
        return result


class _HandsOut(_Shared):
    """Returns one object for an item again and again, by one kind of operation."""

    kind: type = GetItem

    def execute(self, operation: Any) -> Any:
        result: Any = self.real.execute(operation)
        if isinstance(operation, (PutItem, UpdateItem, DeleteItem)):
            self.kept.clear()
        elif type(operation) is self.kind and getattr(operation, "projection", None) is None:
            if isinstance(operation, GetItem):
                return result if result.item is None else replace(result, item=self.keep(operation.table, result.item))
            if isinstance(operation, BatchGet):
                return replace(
                    result,
                    items={table: [self.keep(table, item) for item in items] for table, items in result.items.items()},
                )
            table = getattr(operation, "table")  # noqa: B009 -- it is a query or a scan
            return replace(result, items=[self.keep(table, item) for item in result.items])
        elif isinstance(operation, GetItem) and operation.projection is None and result.item is not None:
            return replace(result, item=copy.deepcopy(self.hand_out(operation.table, result.item)))
        return result


class _HandsOutQueried(_HandsOut):
    kind = Query


class _HandsOutScanned(_HandsOut):
    kind = Scan


class _HandsOutBatches(_HandsOut):
    kind = BatchGet


class _HandsOutProjections(_HandsOut):
    """Returns parts of the item that it keeps."""

    def execute(self, operation: Any) -> Any:
        if not isinstance(operation, GetItem) or operation.projection != (Path.of("document"),):
            return super().execute(operation)
        item = super().execute(replace(operation, projection=None)).item
        return (
            self.real.execute(operation)
            if item is None
            else replace(self.real.execute(operation), item={"document": item["document"]})
        )


class _HandsOutFailures(_HandsOut):
    def execute(self, operation: Any) -> Any:
        try:
            return super().execute(operation)
        except ConditionFailed as error:
            if error.item is not None:
                error.item = self.keep(operation.table, error.item)
            raise


class _ChangesOperations(Faulty):
    def execute(self, operation: Any) -> Any:
        result: Any = self.real.execute(operation)
        if isinstance(operation, UpdateItem):
            for action in operation.actions:
                value = getattr(getattr(action, "value", None), "value", None)
                if isinstance(value, dict):
                    value.clear()
        return result


class _OneThread(Faulty):
    """Belongs to the first thread that uses it."""

    thread: int | None = None

    def execute(self, operation: Any) -> Any:
        self.thread = self.thread or get_ident()
        if self.thread != get_ident():
            raise BackendUnavailable("It belongs to another thread.")
        return super().execute(operation)


class _ReadsThenWrites(Faulty):
    """Loses additions of threads that write at the same time."""

    def execute(self, operation: Any) -> Any:
        if isinstance(operation, UpdateItem) and operation.condition is None and operation.return_values == "NONE":
            item: Any = self.real.execute(GetItem(operation.table, operation.key)).item
            result: Any = self.real.execute(operation)
            after = self.real.execute(GetItem(operation.table, operation.key)).item or {}
            time.sleep(0.001)
            if item is not None and type(item.get("count")) is int:
                self.real.execute(PutItem(operation.table, {**after, "count": item["count"] + 1}))
            return result
        return super().execute(operation)


class _Deadlocks(Faulty):
    """Waits for itself when two threads write at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = Lock()

    def execute(self, operation: Any) -> Any:
        if isinstance(operation, UpdateItem):
            if not self.lock.acquire(blocking=False):
                ENOUGH.wait(20)
                return super().execute(operation)
            try:
                time.sleep(0.001)
                return super().execute(operation)
            finally:
                self.lock.release()
        return super().execute(operation)


def _hangs(kind: type) -> Any:
    def hang(faulty: Faulty, operation: Any) -> Any:
        if isinstance(operation, kind):
            ENOUGH.wait(20)
        return faulty.real.execute(operation)

    return executes(hang)


class _HangsWhenClosed(Faulty):
    def close(self) -> None:
        ENOUGH.wait(20)
        super().close()


class _Sticks(Faulty):
    """Never gives a page a new last key."""

    def execute(self, operation: Any) -> Any:
        result: Any = super().execute(operation)
        if isinstance(operation, (Query, Scan)) and operation.start_key is not None and result.last_key is not None:
            return replace(result, last_key=operation.start_key)
        return result


def _with_values(operation: Any, error: BaseException) -> Any:
    values = getattr(operation, "item", None) or getattr(operation, "key", None) or operation
    error.args = (f"{error} ({values!r})", *error.args[1:])
    return error


def _with_a_cause(operation: Any, error: BaseException) -> Any:
    if isinstance(error, DynamoException):
        values = getattr(operation, "item", None) or getattr(operation, "key", None)
        error.__cause__ = ValueError(f"rejected {values!r}")
    return error


def _only(kind: type[Exception], change: Any) -> Any:
    return raises(lambda operation, error: change(operation, error) if isinstance(error, kind) else error)


FAULTS = (
    Fault("a closed backend goes on", _Open, ("test_closed_backend",)),
    Fault("a closed backend opens again", _OpensAgain, ("test_closed_backend",)),
    Fault("a closed backend answers reads", _AnswersReads, ("test_closed_backend",)),
    Fault("closing twice is an error", _ClosedOnce, ("test_closed_backend_closes_again",)),
    Fault("closing an unused backend is an error", _UnusedIsNone, ("test_closed_backend_that_was_never_used",)),
    Fault(
        "a closed backend raises an error of its library",
        raises(lambda _, error: ValueError("closed") if isinstance(error, BackendClosed) else error),
        ("test_closed_backend",),
    ),
    Fault(
        "a closed backend is one that can't be reached",
        raises(lambda _, error: BackendUnavailable("closed") if isinstance(error, BackendClosed) else error),
        ("test_closed_backend",),
    ),
    Fault(
        "an unknown operation raises a KeyError",
        raises(lambda _, error: KeyError("?") if isinstance(error, Unsupported) else error),
        ("test_unknown_operation",),
    ),
    Fault(
        "an unknown operation returns None",
        raises(lambda _, error: None if isinstance(error, Unsupported) else error),
        ("test_unknown_operation",),
    ),
    Fault(
        "a missing table is an error of its library",
        raises(lambda _, error: LookupError("no such table") if isinstance(error, TableNotFound) else error),
        ("test_no_such_table",),
    ),
    Fault("messages of failed conditions have the item", _only(ConditionFailed, _with_values), ("test_secret_values",)),
    Fault("messages of wrong keys have the key", _only(InvalidKey, _with_values), ("test_secret_values",)),
    Fault("messages of large items have the item", _only(ItemTooLarge, _with_values), ("test_secret_values",)),
    Fault("causes have the item in their text", _only(DynamoException, _with_a_cause), ("test_secret_values",)),
    Fault(
        "the store keeps the items that it is given", _KeepsWhatIsPut, ("test_results_are", "test_items_that_are_put")
    ),
    Fault("gets return the items of the store", _HandsOut, ("test_results_are_apart",)),
    Fault("queries return the items of the store", _HandsOutQueried, ("test_results_are_apart",)),
    Fault("scans return the items of the store", _HandsOutScanned, ("test_results_are_apart",)),
    Fault("batches return the items of the store", _HandsOutBatches, ("test_results_are_apart",)),
    Fault("projections return parts of the store", _HandsOutProjections, ("test_results_are_apart",)),
    Fault("failed conditions return the items of the store", _HandsOutFailures, ("test_results_are_apart",)),
    Fault("operations are changed when they are executed", _ChangesOperations, ("test_operations_are_left",)),
    Fault("it belongs to one thread", _OneThread, ("test_any_thread",)),
    Fault("additions of several threads are lost", _ReadsThenWrites, ("test_concurrent_additions",)),
    Fault("two threads wait for each other", _Deadlocks, ("test_concurrent_additions",), 0.5),
    Fault("a get never returns", _hangs(GetItem), ("test_no_such_item",), 0.5),
    Fault("a put never returns", _hangs(PutItem), ("test_put_and_get",), 0.5),
    Fault("creating a table never returns", _hangs(CreateTable), ("test_no_such_item",), 0.5),
    Fault("closing never returns", _HangsWhenClosed, ("test_closed_backend",), 0.5),
    Fault(
        "a table is never active",
        answers(
            lambda operation, result: (
                TableDescription(result.spec, "CREATING")
                if isinstance(operation, (CreateTable, DescribeTable))
                else result
            )
        ),
        ("test_no_such_item",),
        0.5,
    ),
    Fault("pages have no end", _Sticks, ("test_query_limit[1-", "test_scan_limit[1")),
)
