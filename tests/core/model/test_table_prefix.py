"""The prefix of a connection stands in front of the name of each model's table, in every verb and message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, OneToMany, ProjectAll, explain, using
from dynamorm.data import GetItem, Item, Operation, PutItem
from dynamorm.engine.run.connections import open_connection
from dynamorm.exceptions import (
    BackendMisconfigured,
    ConditionFailed,
    DynamoException,
    InvalidCursor,
    InvalidKey,
    TableAlreadyExists,
    TableNotFound,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from dynamorm.wire import tables_of
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Reply(DynaModel):
    class Table:
        name = "replies"
        hash_key = "id"

    class ByUser(GlobalIndex):
        name = "by-user"
        hash_key = "user"
        projection = ProjectAll()

    class Schema:
        id = fields.text(required=True)
        user = fields.text()


class User(DynaModel):
    class Table:
        name = "users"
        hash_key = "name"
        ttl = "expires"
        hide_expired = True

    class Schema:
        name = fields.text(required=True)
        visits = fields.integer()
        expires = fields.integer()

    replies = OneToMany(
        Reply,
        index="ByUser",
        query=lambda user: {"user": user.name},
        back_query=lambda reply: {"name": reply.user},
        back_reference="writer",
    )


class WholeRecorder(RecordingBackend):
    """It keeps the operations on tables, too."""

    def execute(self, operation: Operation[Any]) -> Any:
        self.sent.append(operation)
        return self._backend.execute(operation)


@pytest.fixture
def recording(sqlite_memory: Backend) -> WholeRecorder:
    return WholeRecorder(sqlite_memory)


@pytest.fixture
def prefixed(recording: WholeRecorder) -> Iterator[WholeRecorder]:
    with using(recording, table_prefix="dev-"):
        dynamorm.create_all([User, Reply])
        yield recording


def test_prefix_stands_in_every_verb(prefixed: WholeRecorder) -> None:
    User.put({"name": "ann", "visits": 1})
    user = User.get(name="ann")
    assert user is not None
    user.visits = 2
    user.save()
    user.visits = 3
    user.save(partial=True)
    user.update(visits__plus=1)
    User.update_item(name="ann", visits=5)
    User.put_batch({"name": "bob"}, {"name": "cleo"})
    assert [found.name for found in User.get_batch([{"name": "bob"}])] == ["bob"]
    User.delete_batch({"name": "cleo"})
    with dynamorm.batch() as batch:
        batch.put(User, {"name": "dan"})
        batch.delete(User, name="zoe")
    with dynamorm.transaction() as tx:
        tx.put(Reply, {"id": "1", "user": "ann"})
        tx.update(User, name="ann", visits=6)
        tx.check(User, name="bob", conditions={"name__exists": True})
    assert [found.visits for found in dynamorm.transact_get((User, {"name": "ann"})) if found] == [6]
    assert [reply.id for reply in user.replies] == ["1"]
    assert [reply.user for reply in Reply.ByUser.query(user="ann")] == ["ann"]
    (reply,) = Reply.scan().prefetch("writer")
    assert reply.writer.visits == 6
    assert [found.writer.visits for found in Reply.scan()] == [6]
    assert User.scan().count() == User.scan().parallel(2).count() == 3
    assert {item["name"] for item in map(dict, [table_of(User).get(name="ann") or {}])} == {"ann"}
    table_of(User).put({"name": "eve"})
    table_of(User).delete_item(name="eve")
    user.delete()
    assert table_of(User).exists
    assert table_of(User).update_table() == 0
    assert len(table_of(User).plan()) == 0
    table_of(Reply).delete()
    assert {name for operation in prefixed.sent for name in tables_of(operation)} == {"dev-users", "dev-replies"}
    assert table_of(User).name == "users"


def test_prefixes_don_t_see_each_other(recording: WholeRecorder) -> None:
    for prefix in ("", "a-", "b-"):
        with using(recording, table_prefix=prefix):
            table_of(User).create_table()
            User.put({"name": prefix or "none"})
    for prefix in ("", "a-", "b-"):
        with using(recording, table_prefix=prefix):
            assert [user.name for user in User.scan()] == [prefix or "none"]
    with using(recording, table_prefix="c-"), pytest.raises(TableNotFound, match="'c-users'"):
        User.get(name="x")


MISTAKES: dict[str, tuple[type[DynamoException], Callable[[], object]]] = {
    "a unique put": (ConditionFailed, lambda: User.put_unique({"name": "ann"})),
    "a condition": (ConditionFailed, lambda: User.put({"name": "ann"}, conditions={"visits": 7})),
    "an empty key": (InvalidKey, lambda: User.get(name="")),
    "a table that exists": (TableAlreadyExists, lambda: table_of(User).create_table()),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_messages_name_the_table_that_was_meant(prefixed: WholeRecorder, mistake: str) -> None:
    User.put({"name": "ann"})
    kind, verb = MISTAKES[mistake]
    with pytest.raises(kind, match="'dev-users'"):
        verb()


def test_explanations_name_the_table_that_is_meant(prefixed: WholeRecorder) -> None:
    user = User(name="ann")
    for explanation in (
        explain(User.get, name="ann"),
        explain(user.save),
        explain(table_of(User).get, name="ann"),
        explain(lambda: list(User.scan())),
        User.scan().explain(),
        Reply.ByUser.query(user="ann").explain(),
    ):
        assert "'dev-" in str(explanation)
    assert "'users'" not in str(explain(User.put_batch, {"name": "a"}, {"name": "b"}))


def test_cursors_belong_to_the_table_of_their_prefix(recording: WholeRecorder) -> None:
    cursors = []
    for prefix in ("a-", "b-"):
        with using(recording, table_prefix=prefix):
            table_of(User).create_table()
            User.put_batch({"name": "ann"}, {"name": "bob"})
            read = User.scan().limit(1)
            next(read)
            cursors.append(read.cursor)
    with using(recording, table_prefix="a-"):
        assert len(list(User.scan().after(cursors[0]))) == 1
        with pytest.raises(InvalidCursor, match="another table"):
            list(User.scan().after(cursors[1]))


def test_operations_of_the_program_are_literal(recording: WholeRecorder) -> None:
    with using(recording, table_prefix="dev-") as connection:
        dynamorm.create_all([User])
        connection.execute(PutItem("dev-users", {"name": "ann"}))
        with pytest.raises(TableNotFound, match="'users'"):
            connection.execute(GetItem("users", {"name": "ann"}))
        assert User.get(name="ann") is not None


def test_read_stays_with_the_connection_that_it_was_made_on(recording: WholeRecorder) -> None:
    with using(recording, table_prefix="dev-"):
        dynamorm.create_all([User])
        User.put({"name": "ann"})
        read = User.scan()
    assert [user.name for user in read] == ["ann"]
    assert "'dev-users'" in str(read.explain())


# Where the prefix comes from


def name_of(url: Any, **options: Any) -> str:
    with using(url, **options):
        return table_of(User).spec.name


def test_argument_goes_before_the_url_and_the_url_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = "sqlite:///:memory:"
    assert name_of(memory) == "users"
    monkeypatch.setenv("DYNAMORM_TABLE_PREFIX", "env-")
    assert name_of(memory) == "env-users"
    assert name_of(f"{memory}?table_prefix=url-") == "url-users"
    assert name_of(f"{memory}?timeout=5&table_prefix=url.&synchronous=normal") == "url.users"
    assert name_of(f"{memory}?table_prefix=url-", table_prefix="argument_") == "argument_users"
    assert name_of(memory, table_prefix="") == name_of(f"{memory}?table_prefix=") == "users"
    assert name_of("boto3://eu-west-1?table_prefix=url-") == "url-users"


def test_backend_that_is_open_takes_the_variable_too(sqlite_memory: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMORM_TABLE_PREFIX", "env-")
    assert name_of(sqlite_memory) == "env-users"
    assert name_of(sqlite_memory, table_prefix="x-") == "x-users"


def test_pinned_table_has_the_prefix_of_its_own_connection(tmp_path: Path, recording: WholeRecorder) -> None:
    class Pinned(DynaModel):
        class Table:
            name = "pinned"
            hash_key = "id"
            backend = f"sqlite:///{tmp_path}/pinned.db?table_prefix=own-"

        class Schema:
            id = fields.text(required=True)

    with using(recording, table_prefix="dev-"):
        assert table_of(Pinned).spec.name == "own-pinned"
        table_of(Pinned).create_table()
        Pinned.put({"id": "1"})
        assert Pinned.get(id="1") is not None


def test_table_with_options_of_its_own_has_the_prefix() -> None:
    class Elsewhere(DynaModel):
        class Table:
            name = "elsewhere"
            hash_key = "id"
            resource_kwargs = {"endpoint_url": "http://127.0.0.1:9"}  # noqa: RUF012

        class Schema:
            id = fields.text(required=True)

    with using("boto3://eu-west-1", table_prefix="dev-"):
        assert table_of(Elsewhere).layout.connection().table_prefix == "dev-"
        assert table_of(Elsewhere).spec.name == "dev-elsewhere"


@pytest.mark.parametrize(
    ("url", "options", "variable", "message"),
    [
        ("sqlite:///:memory:", {"table_prefix": "a b"}, None, "The option table_prefix is put before"),
        ("sqlite:///:memory:", {"table_prefix": 5}, None, "letters, digits, dots, dashes"),
        ("sqlite:///:memory:?table_prefix=a/b", {}, None, "The table_prefix in the URL"),
        ("sqlite:///:memory:?table_prefix=a&table_prefix=b", {}, None, "has the option table_prefix twice"),
        ("sqlite:///:memory:", {}, "ä", "The environment variable DYNAMORM_TABLE_PREFIX"),
    ],
)
def test_prefix_that_no_name_can_have_is_refused(
    url: str, options: dict[str, Any], variable: str | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable is not None:
        monkeypatch.setenv("DYNAMORM_TABLE_PREFIX", variable)
    with pytest.raises(BackendMisconfigured, match=message):
        open_connection(url, **options)


def test_name_that_gets_too_long_is_refused(recording: WholeRecorder) -> None:
    with (
        using(recording, table_prefix="x" * 251),
        pytest.raises(BackendMisconfigured, match="the table 'users' of User would have the name 'xxx"),
    ):
        User.get(name="ann")
    assert recording.sent == []


# No backend


def test_without_a_backend_nothing_is_sent(monkeypatch: pytest.MonkeyPatch, recording: WholeRecorder) -> None:
    monkeypatch.setattr("dynamorm.engine.run.connections._default", None)
    monkeypatch.setenv("DYNAMORM_URL", "none")
    key: Item = {"name": "ann"}
    for verb in (
        lambda: User.get(name="ann"),
        lambda: User.put(key),
        lambda: User(name="ann").save(),
        User.scan,
        lambda: table_of(User).create_table(),
        lambda: dynamorm.create_all([User]),
    ):
        with pytest.raises(BackendMisconfigured, match="DYNAMORM_URL") as caught:
            verb()
        assert "dynamorm.using(" in str(caught.value)
    with using(recording):
        dynamorm.create_all([User])
        User.put(key)
    with pytest.raises(BackendMisconfigured, match="No backend is open"):
        dynamorm.connect("none")
