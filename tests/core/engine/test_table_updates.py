"""Plans that change live tables: what they ask, what they wait for, and when they give up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dynamorm.data import (
    AddIndex,
    CreateTable,
    DescribeTable,
    DescribeTimeToLive,
    DropIndex,
    IndexSpec,
    IndexState,
    IndexStatus,
    KeyAttribute,
    ListTags,
    SetCapacity,
    SetDeletionProtection,
    SetIndexCapacity,
    SetStream,
    SetTableClass,
    TableDescription,
    TableSettings,
    TableSpec,
    TableStatus,
    TagPage,
    TagTable,
    Throughput,
    TimeToLive,
    UntagTable,
    UpdateTable,
    UpdateTimeToLive,
)
from dynamorm.engine.tables import creating
from dynamorm.engine.tables import lifecycle as tables
from dynamorm.engine.tables import updates as table_updates
from dynamorm.engine.tables.allowed_removals import AllowedRemovals
from dynamorm.engine.tables.differences import LiveTable, planned_changes
from dynamorm.exceptions import TableNotActive, TableNotFound, Unsupported
from tests.core.engine.runners import Runner
from tests.support.backends import ScriptedBackend

ISBN, AUTHOR, YEAR = KeyAttribute("isbn", "S"), KeyAttribute("author", "S"), KeyAttribute("year", "N")
SPEC = TableSpec("books", ISBN)
OLD, NEW = IndexSpec("by-author", "global", AUTHOR), IndexSpec("by-year", "global", YEAR)
SETTINGS, NOTHING = TableSettings(), AllowedRemovals()
DESCRIBE = DescribeTable("books")
SMALL, LARGE = Throughput(1, 1), Throughput(5, 5)


def described(
    *indexes: IndexSpec, status: TableStatus = "ACTIVE", index: IndexStatus = "ACTIVE", gone: tuple[str, ...] = ()
) -> TableDescription:
    """A table with *indexes* in one status, and those that are *gone* soon."""
    states = (*(IndexState(each.name, index) for each in indexes), *(IndexState(name, "DELETING") for name in gone))
    return TableDescription(replace(SPEC, indexes=indexes), status, arn="arn:books", index_states=states)


def test_everything_in_the_order_in_which_dynamodb_allows_it() -> None:
    live = LiveTable(
        TableDescription(
            replace(SPEC, indexes=(OLD, IndexSpec("kept", "global", AUTHOR)), stream="KEYS_ONLY"), "ACTIVE", arn="arn"
        ),
        TimeToLive("ENABLED", "a"),
        {"x": "1", "y": "1"},
    )
    spec = replace(SPEC, throughput=SMALL, indexes=(replace(NEW, throughput=LARGE),), stream="NEW_IMAGE")
    settings = TableSettings("b", deletion_protection=True, table_class="STANDARD_INFREQUENT_ACCESS", tags={"x": "2"})
    allowed = AllowedRemovals(frozenset({"by-author"}), frozenset({"y"}), frozenset({"stream"}))
    plan = planned_changes(spec, settings, live, allowed)
    assert [change.operation for change in plan.done] == [
        UpdateTable("books", SetDeletionProtection(on=True)),
        UpdateTable("books", DropIndex("by-author")),
        UpdateTable("books", SetCapacity(SMALL, (SetIndexCapacity("kept", SMALL),))),
        UpdateTable("books", SetTableClass("STANDARD_INFREQUENT_ACCESS")),
        UpdateTable("books", SetStream(None)),
        UpdateTable("books", SetStream("NEW_IMAGE")),
        UpdateTable("books", AddIndex(replace(NEW, throughput=LARGE), (AUTHOR, ISBN, YEAR))),
        UpdateTimeToLive("books", "a", on=False),
        UpdateTimeToLive("books", "b", on=True),
        TagTable("books", {"x": "2"}, "arn"),
        UntagTable("books", ("y",), "arn"),
    ]
    assert [change.subject for change in plan if not change.is_done] == ["index 'kept'"]
    assert [change.subject for change in plan if change.loses_data] == [
        "index 'by-author'",
        "index 'kept'",
        "stream",
        "time to live",
    ]


def test_projected_attributes_have_no_order() -> None:
    def index(*names: str) -> IndexSpec:
        return replace(OLD, projection=replace(OLD.projection, kind="INCLUDE", include=names))

    live = LiveTable(described(index("a", "b")))
    assert len(planned_changes(replace(SPEC, indexes=(index("b", "a"),)), SETTINGS, live, NOTHING)) == 0
    assert len(planned_changes(replace(SPEC, indexes=(index("b", "c"),)), SETTINGS, live, NOTHING)) == 2


def test_attribute_of_another_type_in_a_local_index_that_stays() -> None:
    local = IndexSpec("by-text", "local", ISBN, KeyAttribute("year", "S"))
    plan = planned_changes(replace(SPEC, indexes=(NEW,)), SETTINGS, LiveTable(described(local)), NOTHING)
    assert [change.is_done for change in plan] == [False, False]
    assert all("needs a new table" in str(change) for change in plan)


def test_changes_wait_for_indexes_though_the_table_is_active(runner: Runner, pauses: list[float]) -> None:
    spec = replace(SPEC, indexes=(NEW,))
    add, drop = AddIndex(NEW, (ISBN, YEAR)), DropIndex("by-author")
    backend = ScriptedBackend(
        described(OLD, index="UPDATING"),
        described(OLD),
        described(OLD),  # of UpdateTable
        described(OLD),
        described(gone=("by-author",)),
        described(),
        described(),  # of UpdateTable
        described(),
        described(NEW, index="CREATING"),
        described(NEW, status="UPDATING"),
        described(NEW),
    )
    allowed = AllowedRemovals(drop_indexes=frozenset({"by-author"}))
    assert runner.run(table_updates.update_table(spec, SETTINGS, allowed), backend) == 2
    changes = [sent for sent in backend.sent if isinstance(sent, UpdateTable)]
    assert changes == [UpdateTable("books", drop), UpdateTable("books", add)]
    assert backend.unanswered == []
    assert len(pauses) == 8


def test_table_that_is_not_ready_yet_after_all(runner: Runner, pauses: list[float]) -> None:
    spec = replace(SPEC, stream="NEW_IMAGE")
    changed = replace(described(), spec=spec)
    backend = ScriptedBackend(described(), TableNotActive("busy"), TableNotActive("busy"), changed)
    assert runner.run(table_updates.update_table(spec, SETTINGS, NOTHING), backend) == 1
    assert [type(sent) for sent in backend.sent] == [DescribeTable, UpdateTable, UpdateTable, UpdateTable]
    assert len(pauses) == 2


def test_table_that_is_never_ready(runner: Runner, pauses: list[float]) -> None:
    backend = ScriptedBackend(described(), *[TableNotActive("busy")] * (table_updates.TRIES + 1))
    with pytest.raises(TableNotActive, match="busy"):
        runner.run(table_updates.update_table(replace(SPEC, stream="NEW_IMAGE"), SETTINGS, NOTHING), backend)
    assert backend.unanswered == []


def test_index_that_takes_too_long(runner: Runner, pauses: list[float]) -> None:
    backend = ScriptedBackend(described(), described(), *[described(NEW, index="CREATING")] * tables.INDEX_WAITS)
    words = "'books' is still ACTIVE with the index 'by-year' CREATING, long after the change of its index 'by-year'"
    with pytest.raises(TableNotActive, match=words):
        runner.run(table_updates.update_table(replace(SPEC, indexes=(NEW,)), SETTINGS, NOTHING), backend)
    assert 6 * 3600 * 0.9 < sum(pauses) < 6 * 3600 * 1.1


def test_table_that_takes_too_long(runner: Runner, pauses: list[float]) -> None:
    backend = ScriptedBackend(*[described(status="UPDATING")] * (tables.WAITS + 1))
    with pytest.raises(TableNotActive, match="'books' is still UPDATING, long after a change that was begun before"):
        runner.run(table_updates.update_table(SPEC, SETTINGS, NOTHING), backend)


@pytest.mark.parametrize("status", ["DELETING", "ARCHIVED", "INACCESSIBLE_ENCRYPTION_CREDENTIALS"])
def test_table_that_can_not_be_changed(runner: Runner, pauses: list[float], status: TableStatus) -> None:
    backend = ScriptedBackend(described(status=status))
    with pytest.raises(TableNotActive, match=f"'books' is {status}, and can't be changed"):
        runner.run(table_updates.update_table(SPEC, SETTINGS, NOTHING), backend)
    with pytest.raises(TableNotActive, match=f"'books' is {status}, and can't be changed"):
        runner.run(table_updates.plan_update(SPEC, SETTINGS, NOTHING), ScriptedBackend(described(status=status)))
    assert pauses == []


def test_plan_waits_for_nothing(runner: Runner, pauses: list[float]) -> None:
    backend = ScriptedBackend(described(status="UPDATING", gone=("by-author",)))
    assert list(runner.run(table_updates.plan_update(SPEC, SETTINGS, NOTHING), backend)) == []
    assert pauses == []


def test_all_pages_of_tags_are_read(runner: Runner) -> None:
    backend = ScriptedBackend(described(), TagPage({"a": "1"}, "token"), TagPage({"b": "2"}), None)
    settings = TableSettings(tags={"a": "1", "b": "2", "c": "3"})
    assert runner.run(table_updates.update_table(SPEC, settings, NOTHING), backend) == 1
    assert backend.sent == [
        DESCRIBE,
        ListTags("books", "arn:books"),
        ListTags("books", "arn:books", "token"),
        TagTable("books", {"c": "3"}, "arn:books"),
    ]


def test_tags_that_the_backend_does_not_keep_stop_it_before_anything_is_changed(runner: Runner) -> None:
    backend = ScriptedBackend(described(), Unsupported("no tags"))
    with pytest.raises(Unsupported):
        runner.run(
            table_updates.update_table(replace(SPEC, stream="NEW_IMAGE"), TableSettings(tags={"a": "1"}), NOTHING),
            backend,
        )
    assert len(backend.sent) == 2


@pytest.mark.parametrize(
    ("live", "operations"),
    [
        (TimeToLive("DISABLED"), [UpdateTimeToLive("books", "a", on=True)]),
        (TimeToLive("DISABLING", "a"), [UpdateTimeToLive("books", "a", on=True)]),
        (TimeToLive("ENABLING", "a"), []),
        (TimeToLive("ENABLED", "a"), []),
    ],
    ids=lambda value: getattr(value, "status", ""),
)
def test_time_to_live_on_its_way(runner: Runner, live: TimeToLive, operations: list[UpdateTimeToLive]) -> None:
    backend = ScriptedBackend(described(), live, None)
    runner.run(table_updates.update_table(SPEC, TableSettings(time_to_live="a"), NOTHING), backend)
    assert backend.sent == [DESCRIBE, DescribeTimeToLive("books"), *operations]


def test_create_table_with_settings(runner: Runner, pauses: list[float]) -> None:
    settings = TableSettings("expires", True, "STANDARD_INFREQUENT_ACCESS", {"team": "books"})
    backend = ScriptedBackend(described(status="CREATING"), described(), None)
    runner.run(creating.create_table(SPEC, settings, wait=False), backend)
    complete = replace(SPEC, table_class="STANDARD_INFREQUENT_ACCESS", deletion_protection=True)
    assert backend.sent == [
        CreateTable(complete, {"team": "books"}),
        DESCRIBE,
        UpdateTimeToLive("books", "expires", on=True),
    ]


def test_table_that_is_missing(runner: Runner) -> None:
    for plan in (table_updates.plan_update, table_updates.update_table):
        with pytest.raises(TableNotFound):
            runner.run(plan(SPEC, SETTINGS, NOTHING), ScriptedBackend(TableNotFound("none")))
