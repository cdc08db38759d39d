"""Batches: chunks of what one call may hold, what is left over sent again, and an end to it. One connection."""

from __future__ import annotations

import pytest

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
    Path,
    PutRequest,
    TableSpec,
)
from dynamorm.engine.plans import batches
from dynamorm.engine.plans.backoff import FIRST_PAUSE, LONGEST_PAUSE, TRIES
from dynamorm.exceptions import InvalidKey, MissingKey, UnprocessedItems
from tests.core.engine.runners import Runner
from tests.support.backends import ScriptedBackend

SPEC = TableSpec("books", KeyAttribute("isbn", "S"), KeyAttribute("year", "N"))
OTHER = TableSpec("others", KeyAttribute("isbn", "S"), KeyAttribute("year", "N"))
NOTHING = BatchWriteResult()


def items(count: int) -> list[Item]:
    return [{"isbn": "1", "year": year} for year in range(count)]


def puts(found: list[Item]) -> tuple[PutRequest, ...]:
    return tuple(PutRequest("books", item) for item in found)


def keys(found: list[Item]) -> BatchGetKeys:
    return BatchGetKeys("books", tuple(found))


def answer(found: list[Item], left: list[Item] | None = None) -> BatchGetResult:
    return BatchGetResult({"books": found}, (keys(left),) if left else ())


def writes(found: list[Item], spec: TableSpec = SPEC) -> list[tuple[TableSpec, BatchWriteRequest]]:
    return [(spec, PutRequest(spec.name, item)) for item in found]


def test_writes_go_out_in_chunks_of_25(runner: Runner) -> None:
    backend = ScriptedBackend(NOTHING, NOTHING, NOTHING)
    runner.run(batches.write_all(writes(items(60))), backend)
    sent = puts(items(60))
    assert backend.sent == [BatchWrite(sent[:25]), BatchWrite(sent[25:50]), BatchWrite(sent[50:])]


def test_reads_go_out_in_chunks_of_100_as_they_are_asked_for(runner: Runner) -> None:
    wanted = items(150)
    backend = ScriptedBackend(answer(wanted[:100]), answer(wanted[100:120]))
    projection = (Path.of("title"),)
    read = runner.stream(batches.get_all(SPEC, wanted, projection=projection, consistent=True), backend)
    assert next(read) == wanted[:100]
    assert backend.sent == [BatchGet((BatchGetKeys("books", tuple(wanted[:100]), projection, True),))]
    assert list(read) == [wanted[100:120]]
    assert backend.sent[1:] == [BatchGet((BatchGetKeys("books", tuple(wanted[100:]), projection, True),))]


def test_nothing_to_do_sends_nothing(runner: Runner) -> None:
    backend = ScriptedBackend()
    runner.run(batches.write_all(writes([])), backend)
    assert list(runner.stream(batches.get_all(SPEC, []), backend)) == []


def test_key_that_stands_twice_is_read_once(runner: Runner) -> None:
    wanted = items(2)
    backend = ScriptedBackend(answer(wanted))
    assert list(runner.stream(batches.get_all(SPEC, [*wanted, wanted[0]]), backend)) == [wanted]
    assert backend.sent == [BatchGet((keys(wanted),))]


def test_key_that_is_written_twice_is_refused() -> None:
    with pytest.raises(InvalidKey, match="The writes 1 and 4 of a batch have the same ") as raised:
        batches.write_all(writes([*items(3), {**items(1)[0], "title": "s3cr3t"}]))
    with pytest.raises(InvalidKey, match="The writes 1 and 4 of a batch"):
        batches.write_all([*writes(items(3)), (SPEC, DeleteRequest(SPEC.name, items(1)[0]))])
    batches.write_all([*writes(items(3)), *writes(items(3), OTHER)])
    assert "'books'" in str(raised.value)
    assert "s3cr3t" not in str(raised.value)


def test_items_are_all_checked_before_the_first_is_sent(runner: Runner) -> None:
    with pytest.raises(MissingKey, match="'year' is missing"):
        batches.write_all(writes([*items(30), {"isbn": "2"}]))


def test_unprocessed_writes_are_sent_again_with_the_next(runner: Runner, pauses: list[float]) -> None:
    written = items(30)
    left = puts(written[20:25])
    backend = ScriptedBackend(BatchWriteResult(left), NOTHING)
    runner.run(batches.write_all(writes(written)), backend)
    assert backend.sent[1:] == [BatchWrite(puts(written[20:]))]
    assert len(pauses) == 1


def test_unprocessed_reads_are_sent_again_with_the_next(runner: Runner, pauses: list[float]) -> None:
    wanted = items(102)
    backend = ScriptedBackend(answer(wanted[:99], wanted[99:100]), answer(wanted[99:]))
    read = list(runner.stream(batches.get_all(SPEC, wanted), backend))
    assert [item for chunk in read for item in chunk] == wanted
    assert backend.sent[1:] == [BatchGet((keys(wanted[99:]),))]
    assert len(pauses) == 1


def test_pauses_grow_at_random_and_have_a_bound(runner: Runner, pauses: list[float]) -> None:
    written = items(40)
    steps = [BatchWriteResult(puts(written[20:25])), *[BatchWriteResult(puts(written[20:]))] * 7, NOTHING]
    runner.run(batches.write_all(writes(written)), ScriptedBackend(*steps))
    bounds = [min(LONGEST_PAUSE, FIRST_PAUSE * 2**step) for step in range(8)]
    assert len(pauses) == 8
    assert all(0 <= pause <= bound for pause, bound in zip(pauses, bounds, strict=True))
    assert len(set(pauses)) > 1


def test_writes_that_are_never_processed_are_handed_back(runner: Runner, pauses: list[float]) -> None:
    written = items(30)
    backend = ScriptedBackend(*[BatchWriteResult(puts(written[:25]))] * TRIES)
    with pytest.raises(UnprocessedItems, match="30 of the 30 writes of a batch") as raised:
        runner.run(batches.write_all(writes(written)), backend)
    assert raised.value.unprocessed == puts(written)
    assert raised.value.tries == TRIES
    assert raised.value.seconds > 0
    assert f"tried {TRIES} times, in {raised.value.seconds:.1f} seconds" in str(raised.value)
    assert len(pauses) == TRIES - 1


def test_reads_that_are_never_processed_are_handed_back(runner: Runner, pauses: list[float]) -> None:
    wanted = items(101)
    backend = ScriptedBackend(answer(wanted[:40], wanted[40:100]), *[answer([], wanted[40:])] * TRIES)
    read = runner.stream(batches.get_all(SPEC, wanted), backend)
    assert next(read) == wanted[:40]
    with pytest.raises(UnprocessedItems, match="61 of the 101 reads of a batch") as raised:
        list(read)
    assert raised.value.unprocessed == (keys(wanted[40:]),)


def test_progress_makes_patience_new(runner: Runner, pauses: list[float]) -> None:
    written = items(25)
    stuck = [BatchWriteResult(puts(written))] * (TRIES - 1)
    stuck_later = [BatchWriteResult(puts(written[1:]))] * (TRIES - 1)
    backend = ScriptedBackend(*stuck, BatchWriteResult(puts(written[1:])), *stuck_later, NOTHING)
    runner.run(batches.write_all(writes(written)), backend)
    assert backend.unanswered == []
