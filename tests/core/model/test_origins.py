"""An instance belongs to the backend that it was read from or written to in a block."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, ManyToOne, OneToOne, connect, using
from dynamorm.engine.run import connections
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import BackendClosed, DynaModelException, StaleItem
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class User(DynaModel):
    class Table:
        name = "users"
        hash_key = "name"

    class Schema:
        name = fields.text(required=True)
        city = fields.text()
        boss_name = fields.text()


class Reply(DynaModel):
    class Table:
        name = "replies"
        hash_key = "user_name"
        range_key = "number"

    class Schema:
        user_name = fields.text(required=True)
        number = fields.integer(required=True)
        text = fields.text()

    user: Any = ManyToOne(
        User,
        query=lambda reply: {"name": reply.user_name},
        back_query=lambda user: {"user_name": user.name},
    )
    profile: Any = OneToOne(User, query=lambda reply: {"name": f"{reply.user_name}!"}, back_reference=None)


class Document(DynaModel):
    class Table:
        name = "documents"
        hash_key = "id"
        version = "revision"

    class Schema:
        id = fields.text(required=True)
        text = fields.text()
        revision = fields.integer()


MODELS: tuple[type[DynaModel], ...] = (User, Reply, Document)


@pytest.fixture
def default(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """The default backend, with the tables."""
    monkeypatch.setattr(connections, "_default", None)
    with connect("sqlite:///:memory:") as connection:
        create_tables()
        yield connection


@pytest.fixture
def tenant(default: Connection) -> Iterator[Connection]:
    """Another backend, with the tables."""
    with dynamorm.using("sqlite:///:memory:") as connection:
        create_tables()
        token = connections._override.set(None)
        yield connection
        connections._override.reset(token)


def create_tables() -> None:
    for model in MODELS:
        table_of(model).create_table()
    User.put({"name": "ann", "city": "Rome"})
    Reply.put({"user_name": "ann", "number": 1, "text": "hi"})
    Document.put({"id": "1", "text": "first"})


def user(**where: Any) -> Any:
    return User.get(name="ann", consistent=True)


def cities(*backends: Connection) -> list[str | None]:
    """Return the city of the user in each of the *backends*."""
    found = []
    for backend in backends:
        with using(backend):
            ann = user()
            found.append(None if ann is None else ann.city)
    return found


def in_a_block(block: Callable[[], Any], add: Callable[[Any, Any], Any]) -> Callable[[Any], None]:
    def write(instance: Any) -> None:
        with block() as opened:
            add(opened, instance)

    return write


def in_oslo(instance: Any) -> Any:
    instance.city = "Oslo"
    return instance


def with_related(instance: Any) -> None:
    reply = Reply(user_name="ann", number=1)
    reply.user = in_oslo(instance)
    reply.save()


WRITES: dict[str, Callable[[Any], Any]] = {
    "save": lambda x: in_oslo(x).save(),
    "partial save": lambda x: in_oslo(x).save(partial=True),
    "update": lambda x: x.update(city="Oslo"),
    "save in a transaction": in_a_block(dynamorm.transaction, lambda tx, x: tx.save(in_oslo(x))),
    "partial save in a transaction": in_a_block(dynamorm.transaction, lambda tx, x: tx.save(in_oslo(x), partial=True)),
    "update in a transaction": in_a_block(dynamorm.transaction, lambda tx, x: tx.update(x, city="Oslo")),
    "save as a related instance": with_related,
}
PUTS: dict[str, Callable[[Any], Any]] = {
    "put in a transaction": in_a_block(dynamorm.transaction, lambda tx, x: tx.put(in_oslo(x))),
    "put in a batch": in_a_block(dynamorm.batch, lambda batch, x: batch.put(in_oslo(x))),
}
DELETES: dict[str, Callable[[Any], Any]] = {
    "delete": lambda x: x.delete(),
    "delete in a transaction": in_a_block(dynamorm.transaction, lambda tx, x: tx.delete(x)),
    "delete in a batch": in_a_block(dynamorm.batch, lambda batch, x: batch.delete(x)),
}
READS: dict[str, Callable[[], Any]] = {
    "get": user,
    "query": lambda: next(User.query(name="ann")),
    "scan": lambda: next(User.scan()),
    "pages": lambda: next(iter(User.scan().pages()))[0],
    "get_batch": lambda: next(User.get_batch([{"name": "ann"}])),
    "transact_get": lambda: dynamorm.transact_get((User, {"name": "ann"}))[0],
    "related": lambda: next(Reply.scan()).user,
    "prefetched": lambda: next(Reply.scan().prefetch("user")).user,
    "what a put replaced": lambda: User.put({"name": "ann", "city": "Rome"}, return_old=True),
}


@pytest.mark.parametrize("delete", DELETES)
def test_a_new_instance_that_deleted_an_item_in_a_block_belongs_there(
    default: Connection, tenant: Connection, delete: str
) -> None:
    with using(tenant):
        made: Any = User(name="ann")
        DELETES[delete](made)
        with pytest.raises(StaleItem):
            made.update(city="Oslo")
        in_oslo(made).save()
    assert cities(default, tenant) == ["Rome", "Oslo"]


def saved() -> Any:
    made = User(name="ann", city="Rome")
    made.save()
    return made


def put_in(block: Callable[[], Any]) -> Any:
    made = User(name="ann", city="Rome")
    with block() as opened:
        opened.put(made)
    return made


def updated() -> Any:
    made = User(partial=True, name="ann")
    made.update(city="Rome")
    return made


MADE: dict[str, Callable[[], Any]] = {
    "saved": saved,
    "put in a batch": lambda: put_in(dynamorm.batch),
    "put in a transaction": lambda: put_in(dynamorm.transaction),
    "updated": updated,
}


@pytest.mark.parametrize("write", [*WRITES, *PUTS])
def test_after_the_block_an_instance_is_written_where_it_was_read(
    default: Connection, tenant: Connection, write: str
) -> None:
    with using(tenant):
        ann = user()
    (WRITES | PUTS)[write](ann)
    assert cities(default, tenant) == ["Rome", "Oslo"]


@pytest.mark.parametrize("delete", list(DELETES))
def test_after_the_block_an_instance_is_deleted_where_it_was_read(
    default: Connection, tenant: Connection, delete: str
) -> None:
    with using(tenant):
        ann = user()
    DELETES[delete](ann)
    assert cities(default, tenant) == ["Rome", None]
    ann.save()
    assert cities(default, tenant) == ["Rome", "Rome"]


@pytest.mark.parametrize("way", [*READS, *MADE])
def test_every_read_and_write_in_a_block_is_remembered(default: Connection, tenant: Connection, way: str) -> None:
    with using(tenant):
        ann = (READS | MADE)[way]()
    ann.update(city="Oslo")
    assert cities(default, tenant) == ["Rome", "Oslo"]
    with pytest.raises(DynaModelException), using("sqlite:///:memory:"):
        ann.update(city="Bern")


@pytest.mark.parametrize("way", [*READS, *MADE])
def test_what_was_read_from_the_default_is_not_written_in_a_block(
    default: Connection, tenant: Connection, way: str
) -> None:
    ann = (READS | MADE)[way]()
    with using(tenant), pytest.raises(DynaModelException):
        ann.update(city="Bern")
    with using(default):
        ann.update(city="Oslo")
    assert cities(default, tenant) == ["Oslo", "Rome"]


@pytest.mark.parametrize("write", [*WRITES, *DELETES])
def test_in_a_block_of_another_backend_writes_are_refused(default: Connection, tenant: Connection, write: str) -> None:
    writes = WRITES | DELETES
    message = r"This User belongs to the Connection to 'sqlite:///:memory:', and this block uses the Connection to "
    ann = user()
    with using(tenant), pytest.raises(DynaModelException, match=message):
        writes[write](ann)
    with using(tenant):
        theirs = user()
    with using(default), pytest.raises(DynaModelException, match=message):
        writes[write](theirs)
    with using("sqlite:///:memory:"):
        create_tables()
        with pytest.raises(DynaModelException, match=message):
            writes[write](theirs)
    assert cities(default, tenant) == ["Rome", "Rome"]


@pytest.mark.parametrize("put", list(PUTS))
def test_in_a_block_of_another_backend_a_put_copies_the_item_there(
    default: Connection, tenant: Connection, put: str
) -> None:
    ann = user()
    with using(tenant):
        PUTS[put](ann)
    assert cities(default, tenant) == ["Rome", "Oslo"]
    # The change is still to be written where the instance belongs.
    ann.save(partial=True)
    assert cities(default, tenant) == ["Oslo", "Oslo"]


def test_a_copied_item_begins_with_the_first_version(default: Connection, tenant: Connection) -> None:
    document: Any = Document.get(id="1")
    document.update(text="second")
    with using(tenant):
        with pytest.raises(StaleItem), dynamorm.transaction() as tx:
            tx.put(document)
        table_of(Document).delete_item(id="1")
        with dynamorm.transaction() as tx:
            tx.put(document)
        copied: Any = Document.get(id="1")
    assert (copied.text, copied.revision, document.revision) == ("second", 1, 2)


def test_a_block_that_has_closed_its_backend_is_told(default: Connection) -> None:
    with using("sqlite:///:memory:"):
        create_tables()
        ann = user()
    with pytest.raises(BackendClosed, match=r"This User belongs to the Connection to 'sqlite:///:memory:'.*copy\(\)"):
        ann.update(city="Oslo")
    with pytest.raises(BackendClosed, match="closed since"), dynamorm.transaction() as tx:
        tx.put(ann)
    assert cities(default) == ["Rome"]
    ann.city = "Oslo"
    ann.copy().save()
    assert cities(default) == ["Oslo"]


def test_connections_that_differ_in_their_prefix_are_told_apart(default: Connection, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'users.db'}"
    with connect(url, table_prefix="a-") as one, connect(url, table_prefix="b-") as other:
        with using(one):
            create_tables()
            ann = user()
        with using(other), pytest.raises(DynaModelException, match=r"prefix 'a-', and this.* prefix 'b-'") as refused:
            ann.update(city="Oslo")
    assert "Open it once" not in str(refused.value)


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_and_pickled_instances_go_to_the_backend_of_the_moment(
    default: Connection, tenant: Connection, twin: Callable[[Any], Any]
) -> None:
    with using(tenant):
        ann = user()
        twins = [twin(ann) for _ in range(2)]
    twins[0].update(city="Oslo")
    assert cities(default, tenant) == ["Oslo", "Rome"]
    with using(tenant):
        twins[1].update(city="Bern")
        with pytest.raises(DynaModelException):
            twins[0].update(city="Bern")
    assert cities(default, tenant) == ["Oslo", "Bern"]
    twins[1].update(city="Paris")
    assert cities(default, tenant) == ["Oslo", "Paris"]


def test_the_default_is_that_of_the_moment(default: Connection) -> None:
    ann = user()
    with connect("sqlite:///:memory:") as other:
        create_tables()
        ann.update(city="Oslo")
        assert cities(default, other) == ["Rome", "Oslo"]


def test_related_instances_are_those_of_the_owners_backend(default: Connection, tenant: Connection) -> None:
    with using(tenant):
        User.update_item(name="ann", city="Bern")
        Reply.put({"user_name": "ann", "number": 2})
        reply = next(Reply.scan())
        ann = user()
    assert (reply.user.city, len(list(ann.replies))) == ("Bern", 2)
    mine: Any = Reply.get(user_name="ann", number=1)
    my_ann = user()
    with using(tenant):
        assert (mine.user.city, len(list(my_ann.replies))) == ("Rome", 1)
    del reply.user
    assert cities(default, tenant) == ["Rome", None]


def test_a_new_related_instance_goes_where_its_owner_belongs(default: Connection, tenant: Connection) -> None:
    with using(tenant):
        reply: Any = Reply.get(user_name="ann", number=1)
    reply.profile.city = "Bern"
    reply.save()
    assert User.get(name="ann!") is None
    reply.profile.update(city="Basel")
    with using(tenant):
        profile: Any = User.get(name="ann!")
        assert profile.city == "Basel"


def test_a_pinned_table_is_where_it_is(default: Connection, tenant: Connection) -> None:
    class Pinned(DynaModel):
        class Table:
            name = "pinned"
            hash_key = "id"
            backend = default

        class Schema:
            id = fields.text(required=True)
            n = fields.integer()

    table_of(Pinned).create_table()
    with using(tenant):
        Pinned(id="1", n=1).save()
        pinned: Any = Pinned.get(id="1")
    pinned.update(n=2)
    with using(tenant):
        pinned.update(n=3)
    again: Any = Pinned.get(id="1")
    assert again.n == 3


def test_a_read_goes_on_in_the_backend_where_it_was_made(default: Connection, tenant: Connection) -> None:
    with using(tenant):
        User.update_item(name="ann", city="Bern")
        read = Reply.scan()
    (reply,) = read.prefetch("user")
    assert reply.user.city == "Bern"
    reply.update(text="changed")
    with using(tenant):
        found: Any = Reply.get(user_name="ann", number=1)
        assert found.text == "changed"


def test_a_table_prefix_belongs_to_where_an_instance_was_read(default: Connection, sqlite_memory: Backend) -> None:
    with using(sqlite_memory, table_prefix="a-") as connection:
        create_tables()
        ann = user()
        reply = next(Reply.scan())
    ann.update(city="Oslo")
    ann.refresh()
    ann.move(name="bob")
    assert reply.user is None
    with dynamorm.transaction() as tx:
        tx.put(ann)
        tx.check(reply, conditions={"text": "hi"})
    assert cities(default, connection) == ["Rome", None]
    # Another prefix of the same backend is another place.
    with using(sqlite_memory, table_prefix="b-"):
        create_tables()
        with pytest.raises(DynaModelException, match="This User belongs to"):
            ann.update(city="Bern")
        assert user().city == "Rome"
    with using(sqlite_memory, table_prefix="a-"):
        ann.update(city="Basel")
        assert [each.city for each in User.scan()] == ["Basel"]
