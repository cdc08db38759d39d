"""Plans for items and tables: which operations they make, and what they do with the results."""

from __future__ import annotations

import pytest

from dynamorm.data import (
    AttributeExists,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    GetItem,
    Item,
    ItemResult,
    KeyAttribute,
    KeyCondition,
    PageResult,
    Path,
    PutItem,
    Query,
    Scan,
    Set,
    TableDescription,
    TableSettings,
    TableSpec,
    TableStatus,
    UpdateItem,
    Value,
    WriteResult,
)
from dynamorm.engine.plans import items as plans
from dynamorm.engine.plans import pages as paging
from dynamorm.engine.plans import writes
from dynamorm.engine.tables import creating
from dynamorm.engine.tables import lifecycle as tables
from dynamorm.exceptions import BackendUnavailable, TableAlreadyExists, TableNotActive, TableNotFound
from tests.core.engine.runners import Runner
from tests.support.backends import ScriptedBackend

SPEC = TableSpec("books", KeyAttribute("isbn", "S"))
KEY = {"isbn": "1"}
CONDITION = AttributeExists(Path.of("isbn"))
SCAN = Scan("books")
QUERY = Query("books", KeyCondition(("isbn", "1")))


def described(status: TableStatus) -> TableDescription:
    return TableDescription(SPEC, status)


def page(*numbers: int, last: str | None = None, count: int | None = None) -> PageResult:
    items: list[Item] = [{"number": number} for number in numbers]
    return PageResult(items, len(items) if count is None else count, 9, None if last is None else {"isbn": last})


def test_get(runner: Runner) -> None:
    backend = ScriptedBackend(ItemResult({"isbn": "1"}), ItemResult(None))
    assert runner.run(plans.get(SPEC, {"isbn": "1"}, consistent=True), backend) == KEY
    assert runner.run(plans.get(SPEC, {"isbn": "2"}), backend) is None
    assert backend.sent == [GetItem("books", {"isbn": "1"}, consistent=True), GetItem("books", {"isbn": "2"})]


def test_writes(runner: Runner) -> None:
    actions = [Set(Path.of("title"), Value("x"))]
    backend = ScriptedBackend(WriteResult(), WriteResult({"title": "x"}), WriteResult())
    runner.run(plans.write(writes.put(SPEC, {"isbn": "1"}, CONDITION)), backend)
    updated = runner.run(plans.write(writes.update(SPEC, {"isbn": "1"}, actions, CONDITION, "UPDATED_NEW")), backend)
    assert updated == {"title": "x"}
    runner.run(plans.write(writes.delete(SPEC, {"isbn": "1"}, CONDITION)), backend)
    assert backend.sent == [
        PutItem("books", {"isbn": "1"}, CONDITION),
        UpdateItem("books", {"isbn": "1"}, tuple(actions), CONDITION, "UPDATED_NEW"),
        DeleteItem("books", {"isbn": "1"}, CONDITION),
    ]


@pytest.mark.parametrize("operation", [SCAN, QUERY])
def test_pages_of_a_read_follow_one_another(runner: Runner, operation: Query | Scan) -> None:
    backend = ScriptedBackend(page(1, 2, last="a"), page(last="b"), page(3))
    pages = list(runner.stream(paging.pages(operation, keys=("isbn",)), backend))
    assert [item["number"] for each in pages for item in each.result.items] == [1, 2, 3]
    assert [each.end for each in pages] == [{"isbn": "a"}, {"isbn": "b"}, None]
    assert [sent.start_key for sent in backend.sent if isinstance(sent, (Query, Scan))] == [
        None,
        {"isbn": "a"},
        {"isbn": "b"},
    ]


def test_a_single_page_is_the_end_if_asked_for(runner: Runner) -> None:
    backend = ScriptedBackend(page(1, last="a"))
    limits = paging.ReadLimits(page_size=1, single_page=True)
    (found,) = runner.stream(paging.pages(SCAN, limits, keys=("isbn",)), backend)
    assert found.end == {"isbn": "a"}
    assert backend.sent == [Scan("books", limit=1)]


def test_limit_bounds_all_pages_together(runner: Runner) -> None:
    backend = ScriptedBackend(page(1, 2, last="a"), page(3, last="b"))
    read = list(runner.stream(paging.pages(SCAN, paging.ReadLimits(limit=3), keys=("isbn",)), backend))
    assert sum(each.result.count for each in read) == 3
    assert [sent.limit for sent in backend.sent if isinstance(sent, Scan)] == [3, 1]


@pytest.mark.parametrize(("limit", "total"), [(None, 5), (4, 4), (1, 1)])
def test_count_reads_no_items(runner: Runner, limit: int | None, total: int) -> None:
    backend = ScriptedBackend(page(count=2, last="a"), page(count=3))
    pages = paging.pages(paging.counting(SCAN), paging.ReadLimits(limit=limit), keys=("isbn",))
    assert runner.run(paging.count(pages), backend) == total
    assert all(sent.count_only for sent in backend.sent if isinstance(sent, Scan))


@pytest.mark.parametrize("operation", [SCAN, QUERY])
def test_a_page_that_ends_where_it_began_is_not_followed_for_ever(runner: Runner, operation: Query | Scan) -> None:
    backend = ScriptedBackend(page(1, last="a"), page(2, last="a"))
    with pytest.raises(BackendUnavailable, match="ends at the position where it began, so the read would never end"):
        list(runner.stream(paging.pages(operation, keys=("isbn",)), backend))


def test_create_table_waits_until_it_is_active(runner: Runner, pauses: list[float]) -> None:
    backend = ScriptedBackend(described("CREATING"), described("CREATING"), described("ACTIVE"))
    runner.run(creating.create_table(SPEC, TableSettings(), wait=True), backend)
    assert backend.sent == [CreateTable(SPEC), DescribeTable("books"), DescribeTable("books")]
    assert pauses == [tables.FIRST_WAIT, 2 * tables.FIRST_WAIT]


def test_create_table_does_not_wait_when_told_so_or_when_active(runner: Runner, pauses: list[float]) -> None:
    backend = ScriptedBackend(described("CREATING"), described("ACTIVE"))
    runner.run(creating.create_table(SPEC, TableSettings(), wait=False), backend)
    runner.run(creating.create_table(SPEC, TableSettings(), wait=True), backend)
    assert backend.sent == [CreateTable(SPEC), CreateTable(SPEC)]
    assert pauses == []


def test_create_table_gives_up_at_last(runner: Runner, pauses: list[float]) -> None:
    backend = ScriptedBackend(*[described("CREATING")] * (tables.WAITS + 1))
    with pytest.raises(TableNotActive, match="'books' is still CREATING, long after it was created"):
        runner.run(creating.create_table(SPEC, TableSettings(), wait=True), backend)
    assert len(pauses) == tables.WAITS
    assert max(pauses) == tables.LONGEST_WAIT


def test_new_table_that_is_not_found_at_first(runner: Runner, pauses: list[float]) -> None:
    """DescribeTable is eventually consistent: see the API reference."""
    not_yet = TableNotFound("not yet")
    backend = ScriptedBackend(described("CREATING"), not_yet, not_yet, described("CREATING"), described("ACTIVE"))
    runner.run(creating.create_table(SPEC, TableSettings(), wait=True), backend)
    assert backend.unanswered == []
    # Another program has created it.
    backend = ScriptedBackend(TableAlreadyExists("it is there"), not_yet, described("ACTIVE"))
    runner.run(creating.create_table(SPEC, TableSettings(), wait=True, exist_ok=True), backend)
    assert backend.unanswered == []
    pauses.clear()
    backend = ScriptedBackend(described("CREATING"), *[TableNotFound("deleted")] * (tables.NEW_TABLE_WAITS + 1))
    with pytest.raises(TableNotFound, match="deleted"):
        runner.run(creating.create_table(SPEC, TableSettings(), wait=True), backend)
    assert 5 < sum(pauses) < 20


def test_delete_table_waits_until_it_is_gone(runner: Runner, pauses: list[float]) -> None:
    backend = ScriptedBackend(described("DELETING"), described("DELETING"), TableNotFound("gone"))
    runner.run(tables.delete_table("books", wait=True), backend)
    assert backend.sent == [DeleteTable("books"), DescribeTable("books"), DescribeTable("books")]
    assert pauses == [tables.FIRST_WAIT]


def test_delete_table_does_not_wait_when_told_so(runner: Runner, pauses: list[float]) -> None:
    backend = ScriptedBackend(described("DELETING"))
    runner.run(tables.delete_table("books", wait=False), backend)
    assert backend.sent == [DeleteTable("books")]
    assert pauses == []


def test_delete_table_gives_up_at_last(runner: Runner, pauses: list[float]) -> None:
    backend = ScriptedBackend(*[described("DELETING")] * (tables.WAITS + 1))
    with pytest.raises(TableNotActive, match="'books' is still being deleted"):
        runner.run(tables.delete_table("books", wait=True), backend)


def test_delete_table_that_is_missing(runner: Runner) -> None:
    with pytest.raises(TableNotFound):
        runner.run(tables.delete_table("books", wait=True), ScriptedBackend(TableNotFound("none")))


def test_exists(runner: Runner) -> None:
    backend = ScriptedBackend(described("CREATING"), TableNotFound("none"))
    assert runner.run(tables.exists("books"), backend)
    assert not runner.run(tables.exists("books"), backend)
