"""The arguments of faults: what can't happen is refused when it is asked for, by name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchWrite,
    CreateTable,
    GetItem,
    IndexSpec,
    KeyAttribute,
    Operation,
    PutItem,
    Query,
    Scan,
    TableSpec,
    TransactWrite,
    UpdateTable,
)
from dynamorm.exceptions import (
    AccountLimitReached,
    BackendMisconfigured,
    CapacityExceeded,
    HotKey,
    OnDemandLimitReached,
    Throttled,
    UnknownBackend,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing import Faults

NOT_A_CLASS: Any = "PutItem"
UNKNOWN_ARGUMENT: Any = {"tabel": "books"}

MISTAKES: dict[str, tuple[Callable[[Faults], None], str]] = {
    "reason": (lambda faults: faults.throttle(Scan, reason="nonsense"), "reason 'nonsense' is unknown. It is one of "),
    "misspelled reason": (
        lambda faults: faults.throttle(Scan, reason="TableReadKeyRangeThroughput"),
        "Did you mean 'TableReadKeyRangeThroughputExceeded'?",
    ),
    "reason of a write": (
        lambda faults: faults.throttle((GetItem, PutItem), reason="TableWriteAccountLimitExceeded"),
        "TableWriteAccountLimitExceeded can't be the reason for GetItem. It can be for BatchWrite, DeleteItem,",
    ),
    "reason of an index": (
        lambda faults: faults.throttle(GetItem, reason="IndexReadAccountLimitExceeded"),
        "IndexReadAccountLimitExceeded can't be the reason for GetItem. It can be for Query and Scan.",
    ),
    "index without name": (
        lambda faults: faults.throttle(PutItem, reason="IndexWriteAccountLimitExceeded"),
        "needs the name of the index that holds up the write: index='by-author'.",
    ),
    "index of a table": (
        lambda faults: faults.throttle(PutItem, reason="TableWriteAccountLimitExceeded", index="by-author"),
        "is about a table, and has no index.",
    ),
    "index without reason": (lambda faults: faults.throttle(PutItem, index="by-author"), "index goes with a reason"),
    "reason of a change": (
        lambda faults: faults.throttle(UpdateTable, reason="TableWriteAccountLimitExceeded"),
        "can't be the reason for UpdateTable",
    ),
    "unprocessed put": (
        lambda faults: faults.leave_unprocessed(PutItem),
        "leave_unprocessed is for BatchGet and BatchWrite, not for PutItem. The service carries out any other",
    ),
    "nothing processed": (lambda faults: faults.leave_unprocessed(BatchWrite, keep=0), "keep is a whole number of at"),
    "cancelled put": (lambda faults: faults.cancel(PutItem), "cancel is for TransactGet and TransactWrite, not for"),
    "condition": (
        lambda faults: faults.cancel(TransactWrite, "ConditionalCheckFailed"),
        "only where a condition does not hold. Write an item that does not meet it.",
    ),
    "code": (
        lambda faults: faults.cancel(TransactWrite, "TransactionConflit"),
        "cancel: code 'TransactionConflit' is unknown. Did you mean 'TransactionConflict'?",
    ),
    "action": (lambda faults: faults.cancel(TransactWrite, action=-1), "action is the place of an action"),
    "conflict of a read": (lambda faults: faults.conflict(GetItem), "conflict is for DeleteItem, PutItem, TransactWri"),
    "pages of a get": (
        lambda faults: faults.short_pages(GetItem),
        "short_pages is for Query and Scan, not for GetItem",
    ),
    "empty pages": (lambda faults: faults.short_pages(Scan, 0), "size is a whole number of at least 1."),
    "delay": (lambda faults: faults.delay(Scan, -1), "seconds is a number that is not negative"),
    "never": (lambda faults: faults.throttle(PutItem, times=0), "throttle: times is a whole number of at least 1."),
    "half": (lambda faults: faults.throttle(PutItem, times=1.5), "throttle: times is a whole number"),  # type: ignore[arg-type]
    "again for ever": (
        lambda faults: faults.lose_response(PutItem, retry=True, times=None),
        "lose_response: with retry=True, times is a number: the request would be sent again for ever.",
    ),
    "no class": (
        lambda faults: faults.throttle(NOT_A_CLASS),
        "operations are classes of dynamorm.data, such as PutItem",
    ),
    "instance": (
        lambda faults: faults.throttle(GetItem("books", {"isbn": "1"})),  # type: ignore[arg-type]
        "name operations by their classes: GetItem, not an instance of it.",
    ),
    "list in a list": (
        lambda faults: faults.throttle([PutItem, []]),  # type: ignore[list-item]
        "operations are classes of dynamorm.data, such as PutItem; an instance of list is none of them.",
    ),
    "no operation": (lambda faults: faults.throttle([]), "throttle: name at least one operation"),
    "argument": (
        lambda faults: faults.throttle(PutItem, **UNKNOWN_ARGUMENT),
        "throttle: argument 'tabel' is unknown. Did you mean 'table'?",
    ),
    "table": (lambda faults: faults.throttle(PutItem, table=Faults), "table is the name of a table"),  # type: ignore[arg-type]
    "key": (lambda faults: faults.throttle(PutItem, key={}), "key is a dict with attributes of the item's key"),
    "value of a key": (lambda faults: faults.throttle(PutItem, key={"id": object()}), "key has a value that no key"),
    "key of a scan": (lambda faults: faults.throttle(Scan, key={"id": "1"}), "key is for operations that name an item"),
    "no kind that fits": (
        lambda faults: faults.at_random(0.1, seed=1, kinds=["cancel", "short_pages"], operations=PutItem),
        "at_random: cancel, short_pages can't happen to PutItem.",
    ),
    "where": (lambda faults: faults.throttle(PutItem, where="id"), "where is a function"),  # type: ignore[arg-type]
    "index": (lambda faults: faults.stale_index(""), "stale_index: name the index, such as 'by-author'."),
    "up to date": (lambda faults: faults.stale_index("by-author", by=0), "by is a whole number of at least 1."),
    "kinds": (
        lambda faults: faults.at_random(0.1, seed=1, kinds=["slow"]),
        "at_random: kinds 'slow' is unknown. It is",
    ),
    "one kind": (lambda faults: faults.at_random(0.1, seed=1, kinds="throttle"), "kinds is a list of names"),
    "number of kinds": (lambda faults: faults.at_random(0.1, seed=1, kinds=5), "kinds is a list of names"),  # type: ignore[arg-type]
    "no kind": (lambda faults: faults.at_random(0.1, seed=1, kinds=[]), "kinds names at least one kind"),
    "probability": (lambda faults: faults.at_random(10, seed=1), "the probability is above 0 and at most 1"),
    "seed": (lambda faults: faults.at_random(0.1, seed=0.1), "seed is a whole number"),  # type: ignore[arg-type]
    "table at random": (
        lambda faults: faults.at_random(0.1, seed=1, operations=UpdateTable),
        "Faults at random happen to operations on items.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_can_not_happen_is_refused(sqlite_memory: Backend, mistake: str) -> None:
    faults = Faults(sqlite_memory)
    add, message = MISTAKES[mistake]
    with pytest.raises(BackendMisconfigured) as caught:
        add(faults)
    assert message in str(caught.value)
    assert faults.all_used()


#: The exception for each limit.
KINDS = {
    "ProvisionedThroughputExceeded": CapacityExceeded,
    "KeyRangeThroughputExceeded": HotKey,
    "MaxOnDemandThroughputExceeded": OnDemandLimitReached,
    "AccountLimitExceeded": AccountLimitReached,
}


@pytest.mark.parametrize(
    ("operation", "reason", "index"),
    [
        (operation, f"{place}{action}{limit}", index)
        for operation, place, action, index in (
            (GetItem("books", {"isbn": "1"}), "Table", "Read", None),
            (PutItem("books", {"isbn": "1"}), "Table", "Write", None),
            (PutItem("books", {"isbn": "1"}), "Index", "Write", "by-author"),
            (Scan("books", "by-author"), "Index", "Read", None),
        )
        for limit in (
            "ProvisionedThroughputExceeded",
            "KeyRangeThroughputExceeded",
            "MaxOnDemandThroughputExceeded",
            "AccountLimitExceeded",
        )
    ],
)
def test_each_reason_can_happen(
    sqlite_memory: Backend, operation: Operation[Any], reason: str, index: str | None
) -> None:
    faults = Faults(sqlite_memory)
    faults.throttle(Operation, reason=reason, index=index)
    with pytest.raises(Throttled) as caught:
        faults.execute(operation)
    assert type(caught.value) is KINDS[reason.partition("Read")[2] or reason.partition("Write")[2]]
    (told,) = caught.value.reasons
    place, action = ("index" if index or "Index" in reason else "table"), ("read" if "Read" in reason else "write")
    assert (told.reason, told.place, told.action, told.table) == (reason, place, action, "books")
    assert told.index == ("by-author" if place == "index" else None)


def test_reason_of_an_index_is_for_reads_of_it(sqlite_memory: Backend) -> None:
    faults = Faults(sqlite_memory)
    faults.throttle((Query, Scan), reason="IndexReadAccountLimitExceeded", index="by-author", times=None)
    faults.throttle(Scan, reason="TableReadAccountLimitExceeded")
    for scan in (Scan("books"), Scan("books", "by-author")):
        with pytest.raises(Throttled):
            faults.execute(scan)
    assert faults.all_used()
    with pytest.raises(LookupError):
        faults.execute(Scan("books", "by-title"))


@pytest.mark.parametrize("operation", [PutItem("books", {"isbn": "1"}), Scan("books"), Scan("books", "by-author")])
def test_index_that_the_table_does_not_have_is_refused_by_name(
    sqlite_memory: Backend, operation: Operation[Any]
) -> None:
    author = KeyAttribute("author", "S")
    for name, indexes in (("books", (IndexSpec("by-author", "global", author),)), ("authors", ())):
        sqlite_memory.execute(CreateTable(TableSpec(name, KeyAttribute("isbn", "S"), indexes=indexes)))
    faults = Faults(sqlite_memory)
    reason = "IndexWriteAccountLimitExceeded" if isinstance(operation, PutItem) else "IndexReadAccountLimitExceeded"
    faults.throttle(Operation, reason=reason, index="by-auther", table="books")
    faults.execute(PutItem("authors", {"isbn": "1"}))
    faults.execute(Scan("authors"))
    with pytest.raises(BackendMisconfigured, match=r"'books' has no index 'by-auther'\. Did you mean 'by-author'\?"):
        faults.execute(operation)
    faults.clear()
    faults.throttle(Operation, reason=reason, index="by-author", table="books")
    if operation != Scan("books"):
        with pytest.raises(Throttled, match="books"):
            faults.execute(operation)
    assert faults.execute(Scan("books")).items == []


def test_reason_names_the_table_of_the_key(sqlite_memory: Backend) -> None:
    faults = Faults(sqlite_memory)
    faults.throttle(BatchGet, reason="TableReadKeyRangeThroughputExceeded", key={"isbn": "1"})
    with pytest.raises(Throttled) as caught:
        faults.execute(BatchGet((BatchGetKeys("authors", ({"name": "1"},)), BatchGetKeys("books", ({"isbn": "1"},)))))
    assert caught.value.reasons[0].table == "books"


def test_names_of_faults_that_did_not_happen_have_no_values(sqlite_memory: Backend) -> None:
    faults = Faults(sqlite_memory)
    faults.throttle(Operation, times=2, key={"email": "secret@example.com"})
    faults.leave_unprocessed(BatchGet, times=None)
    with pytest.raises(AssertionError) as caught:
        faults.all_used()
    assert str(caught.value) == (
        "These faults did not happen, or not as often as they should: throttle of 20 kinds of operations with a "
        "certain email, 2 of 2 left; leave_unprocessed of BatchGet."
    )


def test_backend_of_faults_is_one_that_can_be_connected_to(sqlite_memory: Backend) -> None:
    with pytest.raises(UnknownBackend):
        Faults("postgres://")
    with pytest.raises(BackendMisconfigured, match="were given with a backend that is open already"):
        Faults(sqlite_memory, timeout=5)


def test_faults_need_no_pytest_and_cost_nothing_before_they_are_used() -> None:
    program = (
        "import sys, dynamorm, dynamorm.testing; assert not any('faults' in name or 'cassettes' in name for name in "
        "sys.modules); sys.modules['pytest'] = None; from dynamorm.testing import Faults; "
        "print(Faults('sqlite:///:memory:'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "<Faults in front of <SqliteBackend in memory>>\n"
