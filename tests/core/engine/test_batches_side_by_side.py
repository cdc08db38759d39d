"""Batches over several connections: rounds of chunks at once, faults in any of them, and nothing lost."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from threading import Barrier, Lock, get_ident
from typing import Any, TypeVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamorm.data import (
    BatchGet,
    BatchGetKeys,
    BatchGetResult,
    BatchWrite,
    BatchWriteRequest,
    BatchWriteResult,
    DeleteRequest,
    Item,
    KeyAttribute,
    Operation,
    PutRequest,
    TableSpec,
    limits,
)
from dynamorm.data.sizes import max_json_size
from dynamorm.engine.plans import batches
from dynamorm.engine.plans.backoff import TRIES
from dynamorm.engine.plans.steps import Emit, GetConcurrency, Parallel, Sleep
from dynamorm.exceptions import (
    AccessDenied,
    BackendUnavailable,
    DynamoException,
    HotKey,
    Throttled,
    ThrottlingReason,
    UnprocessedItems,
)
from dynamorm.ports.backends import Backend, Capability
from dynamorm.wire import AttributeCodec, encode
from tests.core.engine.runners import Runner, SyncRunner
from tests.support.randomised import SHARED_FIXTURE

Result = TypeVar("Result")

#: What becomes of the requests of a call.
Fate = Callable[[Sequence[Any]], int | tuple[int, DynamoException]]

JSON = AttributeCodec(encode_binary=lambda data: b64encode(data).decode())
SPEC = TableSpec("books", KeyAttribute("isbn", "N"))


def items(count: int) -> list[Item]:
    return [{"isbn": number} for number in range(count)]


def puts(found: list[Item]) -> tuple[PutRequest, ...]:
    return tuple(PutRequest("books", item) for item in found)


def writes(found: list[Item]) -> list[tuple[TableSpec, BatchWriteRequest]]:
    return [(SPEC, request) for request in puts(found)]


class KeepingBackend(Backend):
    """Keeps the items of one table, and does as much of each call as its *fate* says.

    A fate gets the requests of a call, and answers how many of them are done: all, some or none; or also what is raised then.
    """

    def __init__(self, connections: int, fate: Fate | None = None) -> None:
        self.capabilities = frozenset({Capability.CONCURRENT_CALLS})
        self.max_concurrency = connections
        self.items: dict[int, Item] = {}
        self.calls: list[Operation[Any]] = []
        self.threads: set[int] = set()
        self.most_at_once = 0
        self._at_once = 0
        self._fate = fate
        self._lock = Lock()

    def execute(self, operation: Operation[Result]) -> Result:
        with self._lock:
            self.threads.add(get_ident())
            self.calls.append(operation)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self.meet()
            with self._lock:
                return cast("Result", self._done(operation))
        finally:
            with self._lock:
                self._at_once -= 1

    def meet(self) -> None:
        """What happens outside of any lock."""

    def close(self) -> None:
        pass

    def _done(self, operation: Operation[Any]) -> object:
        assert isinstance(operation, (BatchGet, BatchWrite))
        requests: Any = operation.requests[0].keys if isinstance(operation, BatchGet) else operation.requests
        outcome = len(requests) if self._fate is None else self._fate(requests)
        done, error = outcome if isinstance(outcome, tuple) else (outcome, None)
        if isinstance(operation, BatchWrite):
            for request in requests[:done]:
                self._write(request)
        if error is not None:
            raise error
        if isinstance(operation, BatchWrite):
            return BatchWriteResult(requests[done:])
        found = [self.items[key["isbn"]] for key in requests[:done] if key["isbn"] in self.items]
        left = (BatchGetKeys("books", requests[done:]),) if requests[done:] else ()
        return BatchGetResult({"books": found}, left)

    def _write(self, request: BatchWriteRequest) -> None:
        if isinstance(request, PutRequest):
            self.items[cast("int", request.item["isbn"])] = request.item
        else:
            self.items.pop(cast("int", request.key["isbn"]), None)


class MeetingBackend(KeepingBackend):
    """Does nothing before as many calls as it has connections are there at once."""

    def __init__(self, connections: int) -> None:
        super().__init__(connections)
        self._barrier = Barrier(connections, timeout=60)

    def meet(self) -> None:
        self._barrier.wait()


def test_chunks_of_a_write_run_at_once_and_no_more_than_there_are_connections() -> None:
    backend = MeetingBackend(4)
    SyncRunner().run(batches.write_all(writes(items(200))), backend)
    assert sorted(backend.items) == list(range(200))
    assert len(backend.calls) == 8
    assert backend.most_at_once == 4


def test_chunks_of_a_read_run_at_once_in_the_threads_of_one_pool() -> None:
    backend = MeetingBackend(3)
    backend.items = {number: {"isbn": number} for number in range(900)}
    found = [item for chunk in SyncRunner().stream(batches.get_all(SPEC, items(900)), backend) for item in chunk]
    assert found == items(900)
    assert len(backend.calls) == 9
    # Three rounds of three calls, and never another thread.
    assert len(backend.threads) == 3
    assert get_ident() not in backend.threads


def test_a_read_is_not_far_ahead_of_what_is_asked_for(runner: Runner) -> None:
    backend = KeepingBackend(2)
    backend.items = {number: {"isbn": number} for number in range(1000)}
    found = runner.stream(batches.get_all(SPEC, items(1000)), backend)
    assert backend.calls == []
    assert len(next(found)) + len(next(found)) == 200
    assert len(backend.calls) == 2
    assert len(next(found)) == 100
    assert len(backend.calls) == 4


def test_one_connection_needs_no_thread() -> None:
    backend = KeepingBackend(1)
    SyncRunner().run(batches.write_all(writes(items(60))), backend)
    assert backend.threads == {get_ident()}
    assert [len(call.requests) for call in backend.calls if isinstance(call, BatchWrite)] == [25, 25, 10]


def test_backend_that_takes_one_call_at_a_time_gets_one_at_a_time(runner: Runner) -> None:
    backend = KeepingBackend(8)
    backend.capabilities = frozenset()
    runner.run(batches.write_all(writes(items(100))), backend)
    assert backend.most_at_once == 1
    assert len(backend.calls) == 4


def test_plan_of_a_write_by_hand() -> None:
    written = puts(items(100))
    plan = batches.write_all(writes(items(100)))
    assert next(plan) == GetConcurrency()
    round_ = plan.send(3)
    assert round_ == Parallel(
        (BatchWrite(written[:25]), BatchWrite(written[25:50]), BatchWrite(written[50:75])), return_exceptions=True
    )
    pause = plan.send([BatchWriteResult(), Throttled("slower"), BatchWriteResult(written[50:51])])
    assert isinstance(pause, Sleep)
    # What was throttled and what was left over goes out first.
    left = (*written[25:50], written[50], *written[75:])
    assert plan.send(None) == Parallel((BatchWrite(left[:25]), BatchWrite(left[25:50]), BatchWrite(left[50:])), True)
    with pytest.raises(StopIteration):
        plan.send([BatchWriteResult()] * 3)


def test_plan_of_a_read_gives_what_was_read_before_it_fails() -> None:
    plan = batches.get_all(SPEC, items(250))
    next(plan)
    assert isinstance(plan.send(2), Parallel)
    first = plan.send([BatchGetResult({"books": items(100)}), AccessDenied("no longer")])
    assert first == Emit(items(100))
    with pytest.raises(AccessDenied, match="no longer") as raised:
        next(plan)
    assert raised.value.unprocessed == (BatchGetKeys("books", tuple(items(250)[100:])),)
    assert "150 of the 250 reads of a batch were not made" in raised.value.__notes__[0]


def test_failure_in_the_middle_stops_the_batch_and_names_what_was_not_written(runner: Runner) -> None:
    fates: dict[int, int | tuple[int, DynamoException]] = {
        0: 25,
        25: 10,
        50: (0, AccessDenied("no longer")),
        75: (25, BackendUnavailable("no answer")),
    }
    backend = KeepingBackend(4, lambda requests: fates[requests[0].item["isbn"]])
    with pytest.raises(AccessDenied, match="no longer") as raised:
        runner.run(batches.write_all(writes(items(200))), backend)
    assert len(backend.calls) == 4
    # Those of 75 and on are written, but the response was lost.
    assert [request.item["isbn"] for request in raised.value.unprocessed] == list(range(35, 200))
    assert sorted(backend.items) == [*range(35), *range(75, 100)]
    assert any("165 of the 200 writes of a batch" in note for note in raised.value.__notes__)
    assert any("failed too, with BackendUnavailable" in note for note in raised.value.__notes__)


def test_throttling_that_lasts_ends_in_what_is_left_with_its_cause(runner: Runner, pauses: list[float]) -> None:
    backend = KeepingBackend(2, lambda _: (0, Throttled("slower")))
    with pytest.raises(UnprocessedItems, match="70 of the 70 writes of a batch are unprocessed") as raised:
        runner.run(batches.write_all(writes(items(70))), backend)
    assert raised.value.unprocessed == puts(items(70))
    assert isinstance(raised.value.__cause__, Throttled)
    assert str(raised.value).endswith("The table or an index has too little capacity for this rate.")
    assert len(pauses) == TRIES - 1
    assert len(backend.calls) == 2 * TRIES


def test_throttling_with_a_reason_is_told_with_what_is_left(runner: Runner, pauses: list[float]) -> None:
    hot = HotKey("One hash key is too hot.", reasons=[ThrottlingReason("TableWriteKeyRangeThroughputExceeded")])
    backend = KeepingBackend(2, lambda _: (0, hot))
    with pytest.raises(UnprocessedItems) as raised:
        runner.run(batches.write_all(writes(items(30))), backend)
    assert raised.value.__cause__ is hot
    assert str(raised.value).endswith("The last request was throttled: One hash key is too hot.")
    assert pauses


def test_progress_in_any_chunk_makes_patience_new(runner: Runner, pauses: list[float]) -> None:
    pair: list[int | tuple[int, DynamoException]] = [(0, Throttled("slower")), 1]
    fates = deque(pair * 3 * TRIES)

    def fate(requests: Sequence[Any]) -> int | tuple[int, DynamoException]:
        return fates.popleft() if fates else len(requests)

    backend = KeepingBackend(2, fate)
    runner.run(batches.write_all(writes(items(200))), backend)
    assert sorted(backend.items) == list(range(200))
    assert len(pauses) > TRIES


KINDS = st.sampled_from(["all", "all", "some", "none", "throttled", "denied", "no answer"])


@settings(suppress_health_check=SHARED_FIXTURE, max_examples=200)
@given(
    fates=st.lists(KINDS, max_size=40),
    total=st.integers(0, 300),
    connections=st.integers(1, 6),
    seed=st.integers(0, 10_000),
)
def test_whatever_goes_wrong_each_write_is_done_as_asked_or_in_the_error(
    pauses: list[float], fates: list[str], total: int, connections: int, seed: int
) -> None:
    pauses.clear()
    chance = random.Random(seed)
    kinds = iter(fates)

    def fate(requests: Sequence[Any]) -> int | tuple[int, DynamoException]:
        kind = next(kinds, "all")
        if kind == "throttled":
            return 0, Throttled("slower")
        if kind == "denied":
            return 0, AccessDenied("no longer")
        if kind == "no answer":
            return chance.choice([0, len(requests)]), BackendUnavailable("no answer")
        return {"all": len(requests), "some": chance.randint(0, len(requests)), "none": 0}[kind]

    backend = KeepingBackend(connections, fate)
    backend.items = {number: {"isbn": number, "old": True} for number in range(0, total, 2)}
    wanted: list[BatchWriteRequest] = [
        DeleteRequest("books", {"isbn": number}) if number % 3 == 0 else PutRequest("books", {"isbn": number})
        for number in range(total)
    ]
    left: list[Any] = []
    try:
        SyncRunner().run(batches.write_all([(SPEC, request) for request in wanted]), backend)
    except (UnprocessedItems, AccessDenied, BackendUnavailable) as error:
        left = list(error.unprocessed)
        assert left
    assert all(request in wanted for request in left)
    assert len({primary_key_values(request) for request in left}) == len(left)
    unsure = {primary_key_values(request) for request in left}
    for request in wanted:
        number = primary_key_values(request)
        if number not in unsure:
            assert backend.items.get(number) == (request.item if isinstance(request, PutRequest) else None)
    if not set(fates) - {"all", "some"}:
        assert not left


def primary_key_values(request: BatchWriteRequest) -> int:
    return cast("int", (request.item if isinstance(request, PutRequest) else request.key)["isbn"])


@settings(suppress_health_check=SHARED_FIXTURE, max_examples=100)
@given(
    fates=st.lists(KINDS, max_size=20),
    total=st.integers(0, 900),
    connections=st.integers(1, 4),
)
def test_whatever_goes_wrong_each_read_is_given_or_in_the_error(
    pauses: list[float], fates: list[str], total: int, connections: int
) -> None:
    kinds = iter(fates)

    def fate(requests: Sequence[Any]) -> int | tuple[int, DynamoException]:
        kind = next(kinds, "all")
        if kind in ("throttled", "denied", "no answer"):
            return 0, {"throttled": Throttled, "denied": AccessDenied, "no answer": BackendUnavailable}[kind](kind)
        return {"all": len(requests), "some": len(requests) // 3, "none": 0}[kind]

    backend = KeepingBackend(connections, fate)
    backend.items = {number: {"isbn": number} for number in range(total)}
    given_: list[Any] = []
    left: list[Any] = []
    try:
        for chunk in SyncRunner().stream(batches.get_all(SPEC, items(total)), backend):
            given_ += [item["isbn"] for item in chunk]
    except (UnprocessedItems, AccessDenied, BackendUnavailable) as error:
        left = [key["isbn"] for unprocessed in error.unprocessed for key in unprocessed.keys]
    assert sorted([*given_, *left]) == list(range(total))


TEXTS = ("é" * 190_000, "\x00" * 380_000, "漢" * 130_000, "a" * 390_000, "😀" * 95_000, '"' * 390_000)
VALUES: tuple[Any, ...] = (*TEXTS, b"\x00" * 390_000, [True] * 100_000, {f"{n}": n for n in range(40_000)})


@pytest.mark.parametrize("value", TEXTS, ids=range(len(TEXTS)))
def test_no_request_is_larger_than_dynamodb_takes(runner: Runner, value: Any) -> None:
    large: list[Item] = [{"isbn": number, "value": value} for number in range(40)]
    backend = KeepingBackend(4)
    runner.run(batches.write_all(writes(large)), backend)
    assert len(backend.items) == 40
    for call in backend.calls:
        assert len(json.dumps(encode(call, JSON)[1])) <= limits.BATCH_WRITE_BYTES


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"": ""},
        {"é\x00": [False, None, "", [], {}, {"": {"": b""}}]},
        {"n": [10**125, Decimal("-1.5E-129"), Decimal("1E+125"), 12345678901234567890123456789012345678]},
        {"s": {"a", "\x00"}, "b": {b"", b"1234"}, "n": {1, 2}},
        *({"value": value} for value in VALUES),
    ],
)
def test_estimate_of_a_request_is_never_too_small(item: Item) -> None:
    request = encode(BatchWrite((PutRequest("books", item),)), JSON)[1]["RequestItems"]["books"][0]["PutRequest"][
        "Item"
    ]
    assert len(json.dumps(request)) <= max_json_size(item) + 2
