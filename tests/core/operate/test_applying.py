"""``operate.apply``: live tables become what models describe, and only as the plan said that was reviewed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dynamorm import operate, using
from dynamorm.data import (
    AddIndex,
    CreateTable,
    DescribeTable,
    DropIndex,
    IndexState,
    Operation,
    SetStream,
    UpdateTable,
    UpdateTimeToLive,
)
from dynamorm.data.records import replace
from dynamorm.exceptions import DynaModelException, PlanChanged, RequestRejected, TableMismatch
from dynamorm.ports.backends import Backend
from dynamorm.progress import Progress
from dynamorm.testing import Faults
from tests.core.operate.tables import BY_AUTHOR, BY_YEAR, Watched, model
from tests.support.tables import table_of


def changes_in(operations: list[Operation[Any]]) -> list[tuple[str, Any]]:
    """What was changed: the table, and the change or the operation's kind."""
    changes: list[tuple[str, Any]] = []
    for operation in operations:
        match operation:
            case UpdateTable():
                changes.append((operation.table, type(operation.change)))
            case CreateTable():
                changes.append((operation.spec.name, CreateTable))
            case UpdateTimeToLive():
                changes.append((operation.table, UpdateTimeToLive))
    return changes


def test_tables_become_what_their_models_describe(backend: Backend) -> None:
    with using(backend):
        table_of(model(BY_AUTHOR)).create_table()
        model(BY_AUTHOR).put({"isbn": "1", "author": "a", "year": 1})
        models = [model(BY_YEAR, stream="NEW_IMAGE"), model(name="new", ttl="expires")]
        plan = operate.plan(models, drop_indexes=["books/by-author"])
        applied = operate.apply(models, expected=plan, drop_indexes=["books/by-author"], wait=True)
        assert applied.plan == plan
        assert [(table, change.subject) for table, change in applied.made] == [
            ("books", "index 'by-author'"),
            ("books", "stream"),
            ("books", "index 'by-year'"),
            ("new", "table"),
            ("new", "time to live"),
        ]
        assert (applied.left, applied.building) == ((), ())
        assert str(applied) == "5 changes made."
        assert not operate.plan(models).differs
        assert operate.apply(models).made == ()
        assert [book.isbn for book in models[0].Index0.query(year=1)] == ["1"]


def test_new_tables_are_begun_before_any_is_waited_for(sqlite_memory: Backend) -> None:
    watched = Watched(sqlite_memory)
    with using(watched):
        table_of(model(name="old")).create_table()
        watched.sent.clear()
        operate.apply([model(name="old", stream="NEW_IMAGE"), model(ttl="expires"), model(name="third", ttl="expires")])
    assert changes_in(watched.sent) == [
        ("books", CreateTable),
        ("third", CreateTable),
        ("books", UpdateTimeToLive),
        ("third", UpdateTimeToLive),
        ("old", SetStream),
    ]


def test_removals_without_consent_are_left(sqlite_memory: Backend) -> None:
    with using(sqlite_memory):
        table_of(model(BY_AUTHOR, stream="NEW_IMAGE", tags={"a": "1", "b": "2"})).create_table()
        wanted = model(read=1, write=1, tags={"a": "1"})
        applied = operate.apply([wanted])
        assert [change.subject for _, change in applied.made] == ["capacity"]
        assert [change.needs for _, change in applied.left] == [
            "drop_indexes=['books/by-author']",
            "switch_off=['books/stream']",
            "drop_tags=['books/b']",
        ]
        assert str(applied) == "1 change made, 3 left."
        applied = operate.apply(
            [wanted], drop_indexes=["books/by-author"], switch_off=["books/stream"], drop_tags=["books/b"]
        )
        assert (len(applied.made), applied.left) == (3, ())
        # What is already so is no error: a job in CI runs with the same arguments each time.
        assert operate.apply([wanted], drop_indexes=["books/by-author"], drop_tags=["books/b"]).made == ()


def test_plan_that_changed_since_it_was_shown(sqlite_memory: Backend) -> None:
    watched = Watched(sqlite_memory)
    with using(watched):
        table_of(model()).create_table()
        models = [model(stream="NEW_IMAGE"), model(name="new")]
        plan = operate.plan(models)
        table_of(model(read=1, write=1)).update_table()
        watched.sent.clear()
        with pytest.raises(PlanChanged, match=r"The plan for 'books' is no longer the one that was shown.*Nothing was"):
            operate.apply(models, expected=plan)
        with pytest.raises(PlanChanged, match=r"The plan for 'new' is no longer"):
            operate.apply(models[:1], expected=operate.plan(models))
        with pytest.raises(DynaModelException, match=r"expected is a plan of operate\.plan or operate\.aplan, not str"):
            operate.apply(models, expected=str(plan))  # type: ignore[arg-type]
        assert changes_in(watched.sent) == []
        # More items are no other plan.
        plan = operate.plan(models)
        models[0].put({"isbn": "1"})
        operate.apply(models, expected=plan)
        with pytest.raises(PlanChanged, match=r"The plan for 'books', 'new' is no longer"):
            operate.apply(models, expected=plan)


def test_table_that_is_changed_while_another_one_is(sqlite_memory: Backend) -> None:
    def before(operation: Operation[Any]) -> None:
        if isinstance(operation, CreateTable) and operation.spec.name == "new":
            watched.before = lambda _: None
            table_of(model(read=1, write=1)).update_table()

    watched = Watched(sqlite_memory)
    with using(watched):
        table_of(model()).create_table()
        models = [model(name="new"), model(stream="NEW_IMAGE")]
        plan = operate.plan(models)
        watched.before = before
        with pytest.raises(
            PlanChanged, match=r"'books' is no longer as it was .*: it was changed by somebody"
        ) as caught:
            operate.apply(models, expected=plan)
        assert caught.value.__notes__ == ["1 of 2 changes made: 'new' created."]
        assert sqlite_memory.execute(DescribeTable("books")).spec.stream is None


@pytest.mark.parametrize("what", ["created", "deleted"])
def test_table_that_is_created_or_deleted_meanwhile(sqlite_memory: Backend, what: str) -> None:
    models = [model(name="new"), model(stream="NEW_IMAGE")]

    def before(operation: Operation[Any]) -> None:
        if isinstance(operation, CreateTable):
            watched.before = lambda _: None
            if what == "created":
                table_of(model(name="new")).create_table()
            else:
                table_of(model()).delete()

    watched = Watched(sqlite_memory)
    with using(watched):
        table_of(model()).create_table()
        watched.before = before
        name = "new" if what == "created" else "books"
        with pytest.raises(PlanChanged, match=f"The table '{name}' is no longer as it was .*{what} by somebody else"):
            operate.apply(models)


def test_table_that_an_attempt_without_a_response_has_created(sqlite_memory: Backend) -> None:
    faults = Faults(sqlite_memory)
    faults.lose_response(CreateTable, retry=True)
    with pytest.raises(
        PlanChanged, match="it was created by this call, which got no response at first, or by somebody"
    ):
        operate.apply([model()], backend=faults)
    assert not operate.apply([model()], backend=faults).made


def test_mismatch_is_refused_before_anything_is_changed(sqlite_memory: Backend) -> None:
    watched = Watched(sqlite_memory)
    with using(watched):
        table_of(model()).create_table()
        watched.sent.clear()
        with pytest.raises(TableMismatch, match=r"has the hash key 'isbn' .* its model the hash key 'title'.*No table"):
            operate.apply([model(name="new"), model(hash_key="title")])
        assert changes_in(watched.sent) == []


def building_backend(backend: Backend, index: str, describes: int) -> Watched:
    """A backend on which an index that is added is being created for so many descriptions."""
    left: dict[str, int] = {}

    def before(operation: Operation[Any]) -> Any:
        if isinstance(operation, UpdateTable) and isinstance(operation.change, AddIndex):
            left[operation.change.index.name] = describes
        if isinstance(operation, DescribeTable | UpdateTable) and left.get(index):
            left[index] -= 1
            state = IndexState(index, "CREATING")
            return replace(backend.execute(operation), index_states=(state,))
        return None

    return Watched(backend, before)


def test_index_is_created_while_others_go_on(sqlite_memory: Backend, pauses: list[float]) -> None:
    watched = building_backend(sqlite_memory, "by-year", 1000)
    with using(watched):
        table_of(model()).create_table()
        applied = operate.apply([model(BY_YEAR, ttl="expires")])
        assert [change.subject for _, change in applied.made] == ["index 'by-year'", "time to live"]
        assert applied.building == (("books", IndexState("by-year", "CREATING")),)
        assert str(applied).endswith("The index 'by-year' of 'books' is CREATING; this goes on in DynamoDB.")
        assert pauses == []
        # Another call has nothing to do, and tells it again.
        assert operate.apply([model(BY_YEAR, ttl="expires")]).building == applied.building


def test_index_is_waited_for(sqlite_memory: Backend, pauses: list[float]) -> None:
    watched = building_backend(sqlite_memory, "by-year", 4)
    with using(watched):
        table_of(model()).create_table()
        assert operate.apply([model(BY_YEAR)], wait=True).building == ()
        assert len(pauses) == 3

    # One of several is waited for in any case, since a table creates one index at a time.
    with using(building_backend(sqlite_memory, "by-author", 4)):
        table_of(model(name="two")).create_table()
        pauses.clear()
        assert operate.apply([model(BY_AUTHOR, BY_YEAR, name="two")]).building == ()
        assert len(pauses) > 2


def test_interrupted_while_an_index_is_created(sqlite_memory: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dynamorm.engine.run.sync.time.sleep", interrupted)
    watched = building_backend(sqlite_memory, "by-author", 4)
    models = [model(BY_AUTHOR, BY_YEAR)]
    with using(watched):
        table_of(model()).create_table()
        plan = operate.plan(models)
        with pytest.raises(KeyboardInterrupt) as caught:
            operate.apply(models, expected=plan)
        assert caught.value.__notes__ == ["0 of 2 changes made."]
        assert "index 'by-author': CREATING" in str(operate.plan(models))
        monkeypatch.undo()
        with pytest.raises(PlanChanged):
            operate.apply(models, expected=plan)
        assert [change.subject for _, change in operate.apply(models).made] == ["index 'by-year'"]
        assert not operate.plan(models).differs


def test_change_that_dynamodb_refuses(sqlite_memory: Backend) -> None:
    def before(operation: Operation[Any]) -> None:
        if isinstance(operation, UpdateTimeToLive):
            raise RequestRejected("Time to live was changed within the last hour.")

    watched = Watched(sqlite_memory, before)
    with using(watched):
        table_of(model()).create_table()
        models = [model(stream="NEW_IMAGE", ttl="expires", tags={"a": "b"})]
        with pytest.raises(RequestRejected, match="within the last hour") as caught:
            operate.apply(models)
        assert caught.value.__notes__ == ["1 of 3 changes made: 'books': stream."]
        watched.before = lambda _: None
        assert [change.subject for _, change in operate.apply(models).made] == ["time to live", "tags"]


def test_progress(sqlite_memory: Backend) -> None:
    reports: list[Progress] = []
    with using(sqlite_memory):
        table_of(model(BY_AUTHOR)).create_table()
        models = [model(stream="NEW_IMAGE"), model(name="new")]
        operate.apply(models, drop_indexes=["books/by-author"], progress=reports.append)
    assert [(report.subject, report.done, report.total) for report in reports] == [
        ("2 tables", 0, 3),
        ("'new': its creation", 0, 3),
        ("'new' created", 1, 3),
        ("'books': the change of its index 'by-author'", 1, 3),
        ("'books': index 'by-author'", 2, 3),
        ("'books': the change of its stream", 2, 3),
        ("'books': stream", 3, 3),
    ]
    assert [report.finished for report in reports] == [False] * 6 + [True]
    with pytest.raises(DynaModelException, match="progress is a function"), using(sqlite_memory):
        operate.apply(models, progress=1)  # type: ignore[arg-type]


def test_drop_waits_for_the_index_to_be_gone(sqlite_memory: Backend) -> None:
    watched = Watched(sqlite_memory)
    with using(watched):
        table_of(model(BY_AUTHOR)).create_table()
        watched.sent.clear()
        operate.apply([model()], drop_indexes=["books/by-author"])
        assert changes_in(watched.sent) == [("books", DropIndex)]


def test_several_deployments_at_the_same_time(tmp_path: Path) -> None:
    """Each makes its changes, or says that another one did; together they make all of them."""
    url = f"sqlite:///{tmp_path / 'books.db'}"
    models = [model(BY_AUTHOR, stream="NEW_IMAGE"), model(BY_YEAR, name="other", ttl="expires")]

    def deploy(_: int) -> bool:
        try:
            operate.apply(models, backend=url)
        except (PlanChanged, RequestRejected):
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(deploy, range(4)))
    assert any(outcomes)
    operate.apply(models, backend=url)
    assert not operate.plan(models, backend=url).differs
