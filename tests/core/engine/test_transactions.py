"""Plans for transactions, driven by hand: what is refused before it is sent, and what is tried again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dynamorm.data import (
    Add,
    AttributeExists,
    ConditionCheck,
    DeleteItem,
    GetItem,
    IndexSpec,
    Item,
    KeyAttribute,
    Path,
    PutItem,
    Remove,
    Set,
    TableSpec,
    TransactGet,
    TransactGetResult,
    TransactWrite,
    TransactWriteAction,
    TransactWriteResult,
    UpdateItem,
    Value,
    WriteResult,
)
from dynamorm.data.limits import TRANSACTION_ACTIONS
from dynamorm.engine.plans import backoff, transactions, writes
from dynamorm.engine.plans import items as plans
from dynamorm.engine.plans.steps import Sleep
from dynamorm.exceptions import (
    BackendUnavailable,
    CancellationReason,
    ConditionFailed,
    DynamoException,
    InvalidKey,
    InvalidUpdate,
    ItemTooLarge,
    MissingKey,
    RequestRejected,
    TableNotFound,
    TransactionCancelled,
    TransactionConflict,
)
from tests.core.engine.runners import Runner
from tests.support.backends import ScriptedBackend

BOOKS = TableSpec(
    "books",
    KeyAttribute("isbn", "S"),
    None,
    (IndexSpec("by-year", "global", KeyAttribute("year", "N")),),
)
PAGES = TableSpec("pages", KeyAttribute("isbn", "S"), KeyAttribute("number", "N"))
EXISTS = AttributeExists(Path.of("isbn"))
ADD = Add(Path.of("count"), 1)
TOKEN = "the-token"
DONE = TransactWriteResult()
PUT: tuple[TableSpec, TransactWriteAction] = (BOOKS, PutItem("books", {"isbn": "s3cr3t", "title": "hidden"}))
DELETE: tuple[TableSpec, TransactWriteAction] = (PAGES, DeleteItem("pages", {"isbn": "s3cr3t", "number": 1}, EXISTS))
WRITES = [PUT, DELETE]
OPERATION = TransactWrite(tuple(action for _, action in WRITES), TOKEN)
GETS = [
    (BOOKS, GetItem("books", {"isbn": "1"})),
    (PAGES, GetItem("pages", {"isbn": "1", "number": 2}, (Path.of("text"),))),
]


def cancelled(*codes: str) -> TransactionCancelled:
    return TransactionCancelled("It was cancelled.", [CancellationReason(code) for code in codes])


CONFLICTS: dict[str, list[DynamoException]] = {
    "conflict": [cancelled("None", "TransactionConflict")],
    "conflict of all": [cancelled("TransactionConflict", "TransactionConflict")],
    "throttled": [cancelled("ThrottlingError", "None")],
    "no capacity": [cancelled("ProvisionedThroughputExceeded", "TransactionConflict")],
    "still in progress": [TransactionConflict("It is in progress.")],
    "one after the other": [cancelled("None", "TransactionConflict"), TransactionConflict("It is in progress.")],
}


def test_all_writes_go_out_in_one_operation_with_the_token(runner: Runner) -> None:
    actions: list[tuple[TableSpec, TransactWriteAction]] = [
        *WRITES,
        (BOOKS, UpdateItem("books", {"isbn": "2"}, (ADD,), EXISTS)),
        (BOOKS, ConditionCheck("books", {"isbn": "3"}, EXISTS)),
    ]
    backend = ScriptedBackend(DONE)
    runner.run(transactions.write_all(actions, TOKEN), backend)
    assert backend.sent == [TransactWrite(tuple(action for _, action in actions), TOKEN)]


def test_all_reads_go_out_in_one_operation_and_come_back_in_their_order(runner: Runner) -> None:
    backend = ScriptedBackend(TransactGetResult((None, {"text": "x"})))
    assert runner.run(transactions.get_all(GETS), backend) == (None, {"text": "x"})
    assert backend.sent == [TransactGet(tuple(get for _, get in GETS))]


def test_nothing_to_do_sends_nothing(runner: Runner) -> None:
    backend = ScriptedBackend()
    runner.run(transactions.write_all([], TOKEN), backend)
    assert runner.run(transactions.get_all([]), backend) == ()
    assert backend.sent == []


MISTAKES: list[tuple[TableSpec, TransactWriteAction, type[DynamoException], str]] = [
    (PAGES, PutItem("pages", {"isbn": "s3cr3t"}), MissingKey, "'number' is missing: .* of 'pages'"),
    (PAGES, PutItem("pages", {"isbn": "s3cr3t", "number": "s3cr3t"}), InvalidKey, "'number' is part of .* 'pages'"),
    (BOOKS, PutItem("books", {"isbn": ""}), InvalidKey, "'isbn' is empty, .* 'books'"),
    (BOOKS, PutItem("books", {"isbn": "x", "year": "s3cr3t"}), InvalidKey, "index 'by-year' of 'books'"),
    (BOOKS, PutItem("books", {"isbn": "x", "text": "s3cr3t" * 70_000}), ItemTooLarge, "The item for 'books' has 4"),
    (BOOKS, DeleteItem("books", {"isbn": "x", "year": 1}), InvalidKey, "'year' is not part of .* 'books'"),
    (BOOKS, ConditionCheck("books", {}, EXISTS), MissingKey, "'isbn' is missing: .* of 'books'"),
    (
        BOOKS,
        UpdateItem("books", {"isbn": "x"}, (Set(Path.of("isbn"), Value("s3cr3t")),)),
        InvalidUpdate,
        "'isbn' is part of the primary key of 'books'",
    ),
    (
        BOOKS,
        UpdateItem("books", {"isbn": "x"}, (Remove(Path.of("a")), Set(Path.of("a", "b"), Value(1)))),
        InvalidUpdate,
        "'books' changes both 'a' and 'a.b'",
    ),
    (BOOKS, UpdateItem("books", {"isbn": "x"}, ()), InvalidUpdate, "an update of 'books' that changes nothing"),
    (
        BOOKS,
        UpdateItem("books", {"isbn": "x"}, (ADD,), return_values="ALL_NEW"),
        RequestRejected,
        "a write to 'books', asks for ALL_NEW",
    ),
    (BOOKS, PutItem("books", {"isbn": "x"}, return_values="ALL_OLD"), RequestRejected, "asks for ALL_OLD"),
]


@pytest.mark.parametrize(("spec", "action", "kind", "words"), MISTAKES)
def test_a_mistake_is_found_before_anything_is_sent_and_names_the_action(
    runner: Runner, spec: TableSpec, action: TransactWriteAction, kind: type[DynamoException], words: str
) -> None:
    backend = ScriptedBackend()
    with pytest.raises(kind, match=rf"^Action 3 of a transaction.*{words}") as raised:
        runner.run(transactions.write_all([*WRITES, (spec, action)], TOKEN), backend)
    assert "s3cr3t" not in str(raised.value)
    assert backend.sent == []


def test_a_mistake_in_a_read_is_found_before_anything_is_sent(runner: Runner) -> None:
    backend = ScriptedBackend()
    with pytest.raises(MissingKey, match=r"^Action 2 of a transaction: 'number' is missing: .* 'pages'"):
        runner.run(transactions.get_all([GETS[0], (PAGES, GetItem("pages", {"isbn": "1"}))]), backend)
    assert backend.sent == []


@pytest.mark.parametrize(
    "other",
    [
        PutItem("books", {"isbn": "s3cr3t", "title": "other"}),
        UpdateItem("books", {"isbn": "s3cr3t"}, (ADD,)),
        DeleteItem("books", {"isbn": "s3cr3t"}),
        ConditionCheck("books", {"isbn": "s3cr3t"}, EXISTS),
    ],
)
def test_two_actions_on_one_item_are_refused_whatever_they_are(runner: Runner, other: TransactWriteAction) -> None:
    backend = ScriptedBackend()
    with pytest.raises(
        InvalidKey, match="The actions 1 and 3 of a transaction are about one item of 'books'"
    ) as raised:
        runner.run(transactions.write_all([*WRITES, (BOOKS, other)], TOKEN), backend)
    assert "s3cr3t" not in str(raised.value)
    assert backend.sent == []


def test_one_item_is_read_once(runner: Runner) -> None:
    with pytest.raises(InvalidKey, match="The actions 1 and 3 of a transaction are about one item of 'books'"):
        runner.run(transactions.get_all([*GETS, GETS[0]]), ScriptedBackend())


def test_keys_that_are_alike_in_two_tables_are_two_items(runner: Runner) -> None:
    other = TableSpec("others", KeyAttribute("isbn", "S"))
    actions = [PUT, (other, PutItem("others", {"isbn": "s3cr3t"}))]
    backend = ScriptedBackend(DONE)
    runner.run(transactions.write_all(actions, TOKEN), backend)
    assert len(backend.sent) == 1


def puts(count: int, text: str = "") -> list[tuple[TableSpec, TransactWriteAction]]:
    return [(BOOKS, PutItem("books", {"isbn": str(number), "text": text})) for number in range(count)]


def test_a_hundred_actions_are_sent_together_and_one_more_is_never_split(runner: Runner) -> None:
    backend = ScriptedBackend(DONE)
    runner.run(transactions.write_all(puts(TRANSACTION_ACTIONS), TOKEN), backend)
    assert len(backend.sent) == 1
    with pytest.raises(RequestRejected, match="A transaction has 101 actions, and DynamoDB allows 100"):
        runner.run(transactions.write_all(puts(TRANSACTION_ACTIONS + 1), TOKEN), backend)
    gets = [(BOOKS, GetItem("books", {"isbn": str(number)})) for number in range(TRANSACTION_ACTIONS + 1)]
    with pytest.raises(RequestRejected, match="A transaction has 101 actions"):
        runner.run(transactions.get_all(gets), backend)
    assert len(backend.sent) == 1


def updates(count: int, text: str) -> list[tuple[TableSpec, TransactWriteAction]]:
    change = Set(Path.of("text"), Value(text))
    return [(BOOKS, UpdateItem("books", {"isbn": str(number)}, (change,))) for number in range(count)]


@pytest.mark.parametrize("made", [puts, updates])
def test_more_than_four_megabytes_are_refused(runner: Runner, made: type) -> None:
    text = "x" * 390_000
    backend = ScriptedBackend(DONE)
    runner.run(transactions.write_all(made(10, text), TOKEN), backend)
    with pytest.raises(RequestRejected, match=r"A transaction has 4,29\d,\d\d\d bytes, and DynamoDB allows 4,194,304"):
        runner.run(transactions.write_all(made(11, text), TOKEN), backend)
    assert len(backend.sent) == 1


@pytest.mark.parametrize("name", CONFLICTS)
def test_what_passes_by_itself_is_sent_again_with_the_same_token(
    runner: Runner, pauses: list[float], name: str
) -> None:
    backend = ScriptedBackend(*CONFLICTS[name], DONE)
    runner.run(transactions.write_all(WRITES, TOKEN), backend)
    assert backend.sent == [OPERATION] * (len(CONFLICTS[name]) + 1)
    assert len(pauses) == len(CONFLICTS[name])


@pytest.mark.parametrize("name", CONFLICTS)
def test_reads_that_meet_a_transaction_are_sent_again(runner: Runner, pauses: list[float], name: str) -> None:
    backend = ScriptedBackend(*CONFLICTS[name], TransactGetResult((None, None)))
    assert runner.run(transactions.get_all(GETS), backend) == (None, None)
    assert len(backend.sent) == len(pauses) + 1 == len(CONFLICTS[name]) + 1


def test_pauses_grow_at_random_and_have_a_bound() -> None:
    bounds = [min(backoff.LONGEST_PAUSE, backoff.FIRST_PAUSE * 2**number) for number in range(1, backoff.TRIES)]
    taken: list[list[float]] = []
    for _ in range(40):
        plan = transactions.write_all(WRITES, TOKEN)
        assert next(plan) == OPERATION
        seconds = []
        for _ in bounds:
            pause = plan.throw(cancelled("None", "TransactionConflict"))
            assert isinstance(pause, Sleep)
            seconds.append(pause.seconds)
            assert plan.send(None) == OPERATION
        taken.append(seconds)
        with pytest.raises(TransactionCancelled):
            plan.throw(cancelled("None", "TransactionConflict"))
    assert all(0 <= pause <= bound for seconds in taken for pause, bound in zip(seconds, bounds, strict=True))
    # With full jitter, short and long pauses come at each step.
    for each, bound in zip(zip(*taken, strict=True), bounds, strict=True):
        assert min(each) < bound / 2 < max(each)


@pytest.mark.parametrize(
    "made", [lambda: cancelled("None", "TransactionConflict"), lambda: TransactionConflict("It is in progress.")]
)
def test_the_error_in_the_end_says_how_often_and_how_long_it_was_tried(
    runner: Runner, pauses: list[float], made: Callable[[], DynamoException]
) -> None:
    errors = [made() for _ in range(backoff.TRIES)]
    backend = ScriptedBackend(*errors)
    first = str(errors[0])
    with pytest.raises(type(errors[0])) as raised:
        runner.run(transactions.write_all(WRITES, TOKEN), backend)
    assert backend.sent == [OPERATION] * backoff.TRIES
    assert len(pauses) == backoff.TRIES - 1
    said = f"The transaction was tried {backoff.TRIES} times, with pauses of {sum(pauses):.1f} seconds in all."
    assert str(raised.value) == f"{first} {said}"


FINAL = [
    cancelled("None", "ConditionalCheckFailed"),
    cancelled("TransactionConflict", "ConditionalCheckFailed"),
    cancelled("None", "ItemCollectionSizeLimitExceeded"),
    cancelled(),
    cancelled("None", "None"),
    RequestRejected("Another transaction has the token.", "IdempotentParameterMismatchException"),
    TableNotFound("There is no table."),
    BackendUnavailable("The response was lost."),
]


@pytest.mark.parametrize("error", FINAL)
def test_what_does_not_pass_by_itself_is_tried_once(
    runner: Runner, pauses: list[float], error: DynamoException
) -> None:
    backend = ScriptedBackend(error)
    before = str(error)
    with pytest.raises(type(error)) as raised:
        runner.run(transactions.write_all(WRITES, TOKEN), backend)
    assert str(raised.value) == before
    assert backend.sent == [OPERATION]
    assert pauses == []


def test_a_condition_that_fails_after_a_conflict_ends_it(runner: Runner, pauses: list[float]) -> None:
    backend = ScriptedBackend(cancelled("None", "TransactionConflict"), cancelled("None", "ConditionalCheckFailed"))
    with pytest.raises(TransactionCancelled) as raised:
        runner.run(transactions.write_all(WRITES, TOKEN), backend)
    assert [reason.code for reason in raised.value.reasons] == ["None", "ConditionalCheckFailed"]
    assert "tried" not in str(raised.value)
    assert len(pauses) == 1


def test_each_reason_is_told_with_its_action(runner: Runner) -> None:
    present: Item = {"isbn": "s3cr3t", "number": 1}
    given = TransactionCancelled(
        "", [CancellationReason("None"), CancellationReason("ConditionalCheckFailed", "why", present)]
    )
    with pytest.raises(TransactionCancelled) as raised:
        runner.run(transactions.write_all(WRITES, TOKEN), ScriptedBackend(given))
    assert raised.value.reasons == (
        CancellationReason("None", action="PutItem", table="books", key={"isbn": "s3cr3t"}),
        CancellationReason(
            "ConditionalCheckFailed", "why", present, "DeleteItem", "pages", {"isbn": "s3cr3t", "number": 1}
        ),
    )


def test_the_reasons_of_reads_are_told_with_their_keys(runner: Runner, pauses: list[float]) -> None:
    error = cancelled("TransactionConflict", "None")
    with pytest.raises(TransactionCancelled) as raised:
        runner.run(transactions.get_all(GETS), ScriptedBackend(*[error] * backoff.TRIES))
    assert [(reason.action, reason.table, reason.key) for reason in raised.value.reasons] == [
        ("GetItem", "books", {"isbn": "1"}),
        ("GetItem", "pages", {"isbn": "1", "number": 2}),
    ]


SINGLE = [
    writes.put(BOOKS, {"isbn": "1"}, EXISTS),
    writes.update(BOOKS, {"isbn": "1"}, [ADD]),
    writes.delete(BOOKS, {"isbn": "1"}),
]


@pytest.mark.parametrize("write", SINGLE)
def test_a_single_write_that_meets_a_transaction_is_sent_again(
    runner: Runner, pauses: list[float], write: writes.Write
) -> None:
    conflict = TransactionConflict("A transaction was writing.")
    backend = ScriptedBackend(conflict, conflict, WriteResult({"isbn": "1"}))
    assert runner.run(plans.write(write), backend) == {"isbn": "1"}
    assert backend.sent == [write.operation] * 3
    assert len(pauses) == 2


@pytest.mark.parametrize("write", SINGLE)
def test_a_single_write_that_meets_transactions_all_the_time_gives_up(
    runner: Runner, pauses: list[float], write: writes.Write
) -> None:
    backend = ScriptedBackend(*[TransactionConflict("A transaction was writing.")] * backoff.TRIES)
    with pytest.raises(TransactionConflict) as raised:
        runner.run(plans.write(write), backend)
    said = f"The write was tried {backoff.TRIES} times, with pauses of {sum(pauses):.1f} seconds in all."
    assert str(raised.value) == f"A transaction was writing. {said}"


def test_a_condition_of_a_single_write_that_fails_after_a_conflict_ends_it(runner: Runner, pauses: list[float]) -> None:
    backend = ScriptedBackend(TransactionConflict("A transaction was writing."), ConditionFailed("no"))
    with pytest.raises(ConditionFailed):
        runner.run(plans.write(SINGLE[0]), backend)
    assert len(pauses) == 1
