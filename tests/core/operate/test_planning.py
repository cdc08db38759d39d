"""``operate.plan``: how live tables differ from models, without a change."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from marshmallow import fields

import dynamorm
from dynamorm import DynaModel, Key, SharedTable, Unique, operate, using
from dynamorm.data import (
    CreateTable,
    DescribeTable,
    DescribeTimeToLive,
    IndexState,
    ListTables,
    ListTags,
    Operation,
    UpdateTimeToLive,
)
from dynamorm.data.records import replace
from dynamorm.engine.run.connections import open_connection
from dynamorm.exceptions import DynaModelException, MissingTableAttribute, TableNotActive, Unsupported
from dynamorm.ports.backends import Backend
from tests.core.operate.tables import BY_AUTHOR, BY_YEAR, Watched, model
from tests.support.tables import table_of


def test_table_that_does_not_exist_is_created(sqlite_memory: Backend) -> None:
    book = model(BY_AUTHOR, stream="KEYS_ONLY", ttl="expires", tags={"team": "books"}, deletion_protection=True)
    with using(sqlite_memory):
        plan = operate.plan([book])
        assert not table_of(book).exists
    (planned,) = plan
    assert (planned.table, planned.action, planned.models, planned.status) == ("books", "create", ("Book",), None)
    create, time_to_live = (change.operation for change in planned.changes)
    assert isinstance(create, CreateTable)
    assert (create.spec.deletion_protection, create.tags) == (True, {"team": "books"})
    assert time_to_live == UpdateTimeToLive("books", "expires", on=True)
    assert str(plan).splitlines() == [
        (
            "+ books  create: hash key 'isbn' (a string); index 'by-author': hash key 'author' (a string), with all "
            "attributes; on demand; stream KEYS_ONLY; tags team=books; deletion protection"
        ),
        "    + time to live  at 'expires'",
        "1 table to change (1 to create).",
    ]
    assert plan.differs


def test_lines_for_each_difference(sqlite_memory: Backend) -> None:
    with using(sqlite_memory):
        table_of(model(BY_AUTHOR | {"read": 1, "write": 1}, read=25, write=5, stream="NEW_IMAGE")).create_table()
        table_of(model(name="same")).create_table()
        table_of(model(name="other")).create_table()
        for number in range(3):
            model(read=25, write=5).put({"isbn": str(number)})
        models = [model(BY_YEAR), model(name="same"), model(name="other", hash_key="title")]
        plan = operate.plan(models)
        assert str(plan).splitlines() == [
            "~ books",
            (
                "    - index 'by-author'  NOT DONE, needs drop_indexes=['books/by-author']: hash key 'author' (a string), "
                "with all attributes; loses the index, which can't be queried any more"
            ),
            "    ~ capacity           25 read, 5 write → on demand",
            (
                "    - stream             NOT DONE, needs switch_off=['books/stream']: NEW_IMAGE; loses the stream's "
                "records that nobody has read yet"
            ),
            (
                "    + index 'by-year'    hash key 'year' (a number), with all attributes; built from 3 items, and can't "
                "be read until that has ended"
            ),
            "= same",
            (
                "! other  can't be changed: The table 'other' has the hash key 'isbn' (a string) and no range key, and its "
                "model the hash key 'title' (a string) and no range key. DynamoDB can't change the primary key of a table, "
                "and nothing was changed. Fix the model, or give it a table with another name, create that table, and copy "
                "the items."
            ),
            (
                "1 table to change (2 changes), 2 changes need consent, 1 table can't be changed to what is "
                "described, 1 unchanged."
            ),
        ]
        consents: dict[str, Any] = {"drop_indexes": ["books/by-author"], "switch_off": ["books/stream"]}
        assert [len(table.left) for table in operate.plan(models, **consents)] == [0, 0, 0]
        assert [table.action for table in plan] == ["update", "none", "refused"]
        assert plan.refused == plan[2:]
        unchanged = operate.plan([model(name="same")])
        assert (str(unchanged), unchanged.differs) == ("= same\nNo differences: 1 unchanged.", False)


def test_only_reads_of_tables_are_sent(sqlite_memory: Backend) -> None:
    watched = Watched(sqlite_memory)
    with using(watched):
        table_of(model()).create_table()
        watched.sent.clear()
        operate.plan([model(ttl="expires", tags={"a": "b"}), model(name="gone")])
        # The tables are looked at in parallel.
        sent = [operation for operation in watched.sent if operation != DescribeTable("gone")]
        assert [type(operation) for operation in sent] == [DescribeTable, DescribeTimeToLive, ListTags]
        assert len(watched.sent) == 4
        watched.sent.clear()
        operate.plan([model()])
        assert watched.sent == [DescribeTable("books")]


def test_prefix_of_the_connection(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'books.db'}?table_prefix=dev-"
    (planned,) = operate.plan([model(stream="NEW_IMAGE")], backend=url)
    assert (planned.table, planned.backend) == ("dev-books", f"sqlite:///{tmp_path / 'books.db'}?…")
    assert isinstance(planned.changes[0].operation, CreateTable)
    assert planned.changes[0].operation.spec.name == "dev-books"
    operate.apply([model(stream="NEW_IMAGE")], backend=url)
    (planned,) = operate.plan([model()], backend=url, switch_off=["dev-books/stream"])
    assert len(planned.done) == 1
    with pytest.raises(DynaModelException, match=r"'books/stream' is about .* tables are dev-books"):
        operate.plan([model()], backend=url, switch_off=["books/stream"])


def test_models_with_a_backend_of_their_own(sqlite_memory: Backend, tmp_path: Path) -> None:
    pinned = f"sqlite:///{tmp_path / 'audit.db'}"
    with dynamorm.connect(pinned) as elsewhere, using(sqlite_memory):
        plan = operate.plan([model(), model(backend=elsewhere)])
        assert len({table.backend for table in plan}) == 2
        assert [table.table for table in plan] == ["books", "books"]
        assert str(plan).splitlines()[1].startswith(f"+ books ({pinned})  create: ")
        operate.apply([model(), model(backend=elsewhere)])
        assert table_of(model()).exists
        assert table_of(model(backend=elsewhere)).exists


def test_models_on_two_connections_to_one_place_share_a_table(tmp_path: Path) -> None:
    path, link = tmp_path / "shop.db", tmp_path / "link.db"
    path.touch()
    link.symlink_to(path)
    with dynamorm.connect(f"sqlite:///{path}"):
        models = [
            model(BY_AUTHOR),
            *(model(model_name=each.stem, backend=f"sqlite:///{each}") for each in (path, link)),
        ]
        (planned,) = operate.plan(models)
        assert (planned.action, planned.models) == ("create", ("Book", "shop", "link"))
        assert operate.apply(models).made
        assert not operate.plan(models).differs
        dynamorm.create_all(models)


def test_databases_in_memory_are_places_of_their_own() -> None:
    with dynamorm.connect("sqlite:///:memory:"), open_connection("sqlite:///:memory:") as other:
        models = [model(), model(backend=other)]
        assert [table.action for table in operate.plan(models)] == ["create", "create"]
        dynamorm.create_all(models)
        assert [table.action for table in operate.plan(models)] == ["none", "none"]


def test_given_backend_is_that_of_all_models(sqlite_memory: Backend, tmp_path: Path) -> None:
    pinned = model(backend=f"sqlite:///{tmp_path / 'audit.db'}")
    operate.apply([pinned], backend=sqlite_memory)
    assert sqlite_memory.execute(DescribeTable("books")).spec.name == "books"
    assert not (tmp_path / "audit.db").exists()


def test_models_that_share_a_table_describe_it_together(sqlite_memory: Backend) -> None:
    capacity: dict[str, Any] = {"read": 3, "write": 4}
    both = [
        model(BY_AUTHOR | capacity, tags={"a": "1"}, **capacity, stream="NEW_IMAGE"),
        model(model_name="Plain", tags={"b": "2"}, ttl="expires"),
        model(BY_AUTHOR | capacity, **capacity, model_name="Third"),
    ]
    with using(sqlite_memory):
        (planned,) = operate.plan(both)
        assert planned.models == ("Book", "Plain", "Third")
        operate.apply(both)
        assert not operate.plan(both).differs
        spec = sqlite_memory.execute(DescribeTable("books")).spec
        assert [index.name for index in spec.indexes] == ["by-author"]
        assert spec.stream == "NEW_IMAGE"
        # Each of them alone would have something removed.
        assert operate.plan(both[1:2]).differs


CONTRADICTIONS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {},
        {"hash_key": "title"},
        r"the primary key: the first has the hash key 'isbn' .*, the second the hash key 'title",
    ),
    (
        {"read": 1, "write": 1},
        {"read": 1, "write": 2},
        "the capacity: the first has 1 read, 1 write, the second 1 read, 2",
    ),
    ({"stream": "KEYS_ONLY"}, {"stream": "NEW_IMAGE"}, "the stream: the first has KEYS_ONLY, the second NEW_IMAGE"),
    ({"ttl": "expires"}, {"ttl": "year"}, "the time to live: the first has expires, the second year"),
    ({"deletion_protection": True}, {"deletion_protection": False}, "the deletion protection"),
    ({"table_class": "STANDARD"}, {"table_class": "STANDARD_INFREQUENT_ACCESS"}, "the table class"),
    ({"tags": {"a": "1", "b": ""}}, {"tags": {"a": "2"}}, "the tag 'a': the first has 1, the second 2"),
]


@pytest.mark.parametrize(("one", "other", "words"), CONTRADICTIONS)
def test_contradictions_are_refused_with_both_names(one: dict[str, Any], other: dict[str, Any], words: str) -> None:
    message = rf"shop\.models\.Book and shop\.models\.Other both describe the table 'books', and differ in {words}.*Let them agree"
    with pytest.raises(DynaModelException, match=message):
        operate.plan([model(**one), model(model_name="Other", **other)], backend="sqlite:///:memory:")


def test_contradictory_indexes_are_refused(sqlite_memory: Backend) -> None:
    one = model(BY_AUTHOR)
    cases = [
        (BY_AUTHOR | {"hash_key": "title"}, "the index 'by-author': the first has hash key 'author'"),
    ]
    for index, words in cases:
        with pytest.raises(DynaModelException, match=words), using(sqlite_memory):
            operate.plan([one, model(index, model_name="Other")])
    capacity: dict[str, Any] = {"read": 3, "write": 4}
    provisioned = model(BY_AUTHOR | capacity, **capacity)
    with pytest.raises(DynaModelException, match=r"the capacity of the index 'by-author': the first has 3 read, 4"):
        operate.plan([provisioned, model(BY_AUTHOR | {"read": 9, "write": 9}, model_name="Other", **capacity)])
    with pytest.raises(MissingTableAttribute, match=r"'by-year' of .*Other has neither .* both, in .*Book\. Give both"):
        operate.plan([provisioned, model(BY_YEAR, model_name="Other")])

    class Texts(DynaModel):
        class Table:
            name = "books"
            hash_key = "isbn"

        class Schema:
            isbn = fields.String()
            year = fields.String()

        class ByYear(dynamorm.GlobalIndex):
            name = "by-text"
            hash_key = "year"
            projection = dynamorm.ProjectAll()

    with pytest.raises(
        DynaModelException, match="the key attribute 'year': the first has a number, the second a string"
    ):
        operate.plan([model(BY_YEAR), Texts])


def test_shared_table_and_its_models_are_one_table(sqlite_memory: Backend) -> None:
    class Shop(SharedTable):
        name = "shop"
        hash_key = "pk"
        range_key = "sk"
        stream = "NEW_IMAGE"

    class Customer(DynaModel):
        class Table(Shop):
            kind = "customer"
            hash_key = Key("CUSTOMER#{id}")
            range_key = Key("PROFILE")

        class Schema:
            id = fields.String()

    with using(sqlite_memory):
        (planned,) = operate.plan([Shop, Customer])
        assert (planned.table, planned.models) == ("shop", ("Shop", "Customer"))
        operate.apply([Customer])
        assert not operate.plan([Shop]).differs
        assert not operate.plan([Customer]).differs


def test_table_of_guards_is_included(sqlite_memory: Backend) -> None:
    guards = model(name="guards")
    customer = model(name="customers", unique=[Unique("author")], guards=guards, model_name="Customer")
    with using(sqlite_memory):
        plan = operate.plan([customer])
        assert [(table.table, table.models) for table in plan] == [
            ("customers", ("Customer",)),
            ("guards", ("guards of Customer",)),
        ]
        operate.apply([customer])
        customer(isbn="1", author="a").save()
        # In the table itself, there is nothing to add.
        assert len(operate.plan([model(unique=[Unique("author")])])) == 1


def test_indexes_that_are_being_created(sqlite_memory: Backend) -> None:
    """After an ``apply`` that was interrupted, say."""
    building = True

    def before(operation: Operation[Any]) -> object:
        if not isinstance(operation, DescribeTable):
            return None
        description = sqlite_memory.execute(operation)
        return replace(description, index_states=(IndexState("by-author", "CREATING"),)) if building else None

    watched = Watched(sqlite_memory, before)
    with using(watched):
        table_of(model(BY_AUTHOR)).create_table(wait=False)
        plan = operate.plan([model(BY_AUTHOR)])
        assert plan.differs
        assert (plan[0].action, plan[0].is_ready) == ("none", False)
        assert str(plan).splitlines() == [
            "= books",
            "    … index 'by-author': CREATING",
            "1 table is being changed.",
        ]
        # The same is to be done, whatever is being made meanwhile.
        building = False
        assert operate.plan([model(BY_AUTHOR)]) == plan
        building = True
        later = watched.sent[:]

        def end(operation: Operation[Any]) -> object:
            nonlocal building
            building = len(watched.sent) < len(later) + 3
            return before(operation)

        watched.before = end
        plan = operate.plan([model(BY_AUTHOR)], wait=True)
        assert not plan.differs
        assert watched.sent[len(later) :] == [DescribeTable("books")] * 3


@pytest.mark.parametrize("status", ["DELETING", "ARCHIVED"])
def test_table_that_can_not_be_changed(sqlite_memory: Backend, status: Any) -> None:
    def before(operation: Operation[Any]) -> object:
        if isinstance(operation, DescribeTable) and operation.table == "books":
            return replace(sqlite_memory.execute(operation), status=status)
        return None

    with using(Watched(sqlite_memory, before)):
        table_of(model()).create_table(wait=False)
        plan = operate.plan([model(), model(name="new")])
        assert [table.action for table in plan] == ["refused", "create"]
        assert (
            f"! books  can't be changed: The table 'books' is {status}, and can't be changed. Check it again later."
            in str(plan)
        )
        with pytest.raises(TableNotActive, match=rf"is {status}.*No table was changed"):
            operate.apply([model(), model(name="new")])
        assert not table_of(model(name="new")).exists


def test_tables_that_no_model_describes(sqlite_memory: Backend) -> None:
    def two_a_page(operation: Operation[Any]) -> object:
        return sqlite_memory.execute(replace(operation, limit=2)) if isinstance(operation, ListTables) else None

    with using(Watched(sqlite_memory, two_a_page)):
        for name in ("old-1", "old-2", "old-3", "books"):
            table_of(model(name=name)).create_table()
        assert len(operate.plan([model()])) == 1
        plan = operate.plan([model()], all_tables=True)
        assert not plan.differs
        assert operate.apply([model()], expected=plan).made == ()
        assert (plan[1].table, plan[1].action, plan[1].changes) == ("old-1", "unknown", ())
        assert str(plan).splitlines() == [
            "= books",
            *(f"? old-{number}  no model describes it" for number in (1, 2, 3)),
            "No differences: 1 unchanged, 3 tables that no model describes.",
        ]
    with using(sqlite_memory, table_prefix="ol"):
        assert [each.table for each in operate.plan([model(name="d-3")], all_tables=True)] == [
            "old-3",
            "old-1",
            "old-2",
        ]


def test_backend_that_lists_no_tables(sqlite_memory: Backend) -> None:
    watched = Watched(sqlite_memory, lambda each: _unsupported() if isinstance(each, ListTables) else None)
    with using(watched), pytest.raises(Unsupported, match="lists of tables"):
        operate.plan([model()], all_tables=True)


def _unsupported() -> None:
    raise Unsupported("It does not support lists of tables.")


def test_plan_is_awaited(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'books.db'}"

    async def main() -> None:
        models = [model(BY_AUTHOR), model(name="other"), model(name="third")]
        plan = await operate.aplan(models, backend=url)
        assert [table.table for table in plan] == ["books", "other", "third"]
        await operate.aapply(models, expected=plan, backend=url)
        assert not (await operate.aplan(models, backend=url)).differs

    asyncio.run(main())


class Abstract(DynaModel):
    class Table:
        abstract = True


ARGUMENTS: list[tuple[Any, dict[str, Any], str]] = [
    ([], {}, r"plan takes a list of models, as in operate\.plan\(\[Book, Author\]\)"),
    (model(), {}, r"plan takes a list of models, as in"),
    ("app.models", {}, r"plan takes a list of models, as in"),
    ([str], {}, "plan takes a list of models that have a table, and of shared tables, and str is neither"),
    ([Abstract], {}, "and Abstract is neither"),
    ([SharedTable], {}, "and SharedTable is neither"),
    (
        [model()],
        {"drop_indexes": "books/by-author"},
        r"drop_indexes is a list of names, such as drop_indexes=\['books/by",
    ),
    ([model()], {"drop_indexes": ["by-author"]}, r"drop_indexes names tables, .* such as .*; 'by-author' does not"),
    ([model()], {"drop_tags": ["books/"]}, r"such as drop_tags=\['books/team'\]; 'books/' does not"),
    ([model()], {"switch_off": [1]}, r"such as switch_off=\['books/stream'\]; 1 does not"),
    (
        [model()],
        {"switch_off": ["books/time"]},
        "'time' is not a setting of the table 'books' that can be switched off",
    ),
    ([model()], {"drop_tags": ["book/team"]}, "'book/team' is about the table 'book', which none of the"),
]


@pytest.mark.parametrize(("models", "arguments", "words"), ARGUMENTS)
def test_wrong_arguments(models: Any, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(DynaModelException, match=words):
        operate.plan(models, backend="sqlite:///:memory:", **arguments)
