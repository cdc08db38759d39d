"""Transactions: actions on several items that take place together or not at all."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

import pytest

from dynamorm.data import (
    AttributeExists,
    AttributeNotExists,
    ConditionCheck,
    DeleteItem,
    GetItem,
    IfNotExists,
    Item,
    KeyCondition,
    Path,
    Plus,
    PutItem,
    Query,
    Set,
    TransactGet,
    TransactWrite,
    TransactWriteAction,
    UpdateItem,
    Value,
)
from dynamorm.data.limits import ITEM_BYTES, TRANSACTION_ACTIONS, TRANSACTION_TOKEN_CHARACTERS
from dynamorm.exceptions import (
    InvalidKey,
    InvalidUpdate,
    ItemTooLarge,
    RequestRejected,
    TableNotFound,
    TransactionCancelled,
)
from dynamorm.ports.backends import Backend, Capability
from dynamorm.testing.backends.refusals import refuses
from dynamorm.testing.backends.suite import Suite
from dynamorm.testing.backends.table_maker import TableMaker, put_all, require_capacity

EXISTS = AttributeExists(Path.of("id"))
ABSENT = AttributeNotExists(Path.of("id"))
#: Functions that return an action with a mistake, and the exceptions of the mistakes.
MISTAKES = [
    pytest.param(lambda table, _key: PutItem(table, {"id": 1}), InvalidKey, id="key-of-another-type"),
    pytest.param(lambda table, _key: PutItem(table, {"id": ""}), InvalidKey, id="empty-key"),
    pytest.param(lambda table, _key: PutItem(table, {"n": 1}), InvalidKey, id="no-key"),
    pytest.param(lambda table, key: DeleteItem(table, {"id": key, "n": 1}), InvalidKey, id="more-than-the-key"),
    pytest.param(
        lambda table, key: UpdateItem(table, {"id": key}, (Set(Path.of("id"), Value("x")),)),
        InvalidUpdate,
        id="update-of-the-key",
    ),
    pytest.param(
        lambda table, key: UpdateItem(table, {"id": key}, (Set(Path.of("m", "x"), Value(1)),)),
        InvalidUpdate,
        id="update-below-nothing",
    ),
    pytest.param(
        lambda table, key: UpdateItem(table, {"id": key}, (Set(Path.of("n"), Path.of("none")),)),
        InvalidUpdate,
        id="update-by-what-is-not-there",
    ),
    pytest.param(
        lambda table, key: UpdateItem(
            table, {"id": key}, (Set(Path.of("m"), Value(1)), Set(Path.of("m", "x"), Value(1)))
        ),
        InvalidUpdate,
        id="update-of-paths-that-overlap",
    ),
    pytest.param(lambda table, key: UpdateItem(table, {"id": key}, ()), RequestRejected, id="update-of-nothing"),
    pytest.param(lambda table, key: PutItem(table, {"id": key, "x": "x" * ITEM_BYTES}), ItemTooLarge, id="large-item"),
    pytest.param(lambda table, key: PutItem(f"{table}-none", {"id": key}), TableNotFound, id="no-table"),
]


class TransactionTests(Suite):
    """Test TransactWrite and TransactGet: "Managing complex workflows with DynamoDB transactions"."""

    needed: ClassVar[Capability | None] = Capability.TRANSACTIONS

    @pytest.fixture(autouse=True)
    def _need_transactions(self, request: pytest.FixtureRequest, tables: TableMaker) -> None:
        if request.node.name.startswith("test_transaction"):
            get = GetItem("books", {"id": "1"})
            tables.require(Capability.TRANSACTIONS, lambda: TransactGet((get,)))

    def test_transaction_of_all_actions(self, backend: Backend, table: str, key: str) -> None:
        """Puts, updates, deletes and checks take place together."""
        put_all(backend, table, [{"id": f"{key}{name}", "n": 1} for name in "ude"])
        write(
            backend,
            PutItem(table, {"id": f"{key}p", "n": 2}, ABSENT),
            UpdateItem(table, {"id": f"{key}u"}, (Set(Path.of("n"), Plus(Path.of("n"), Value(1))),)),
            DeleteItem(table, {"id": f"{key}d"}, EXISTS),
            ConditionCheck(table, {"id": f"{key}e"}, EXISTS),
        )
        assert read(backend, table, key, "pude") == [{"n": 2}, {"n": 2}, None, {"n": 1}]

    def test_transaction_makes_and_replaces_items(self, backend: Backend, table: str, key: str) -> None:
        """An update creates a missing item, a put replaces a whole item, and deleting a missing item is no error."""
        put_all(backend, table, [{"id": f"{key}p", "old": 1}])
        count = Plus(IfNotExists(Path.of("n"), Value(0)), Value(5))
        write(
            backend,
            PutItem(table, {"id": f"{key}p"}),
            UpdateItem(table, {"id": f"{key}u"}, (Set(Path.of("n"), count),)),
            DeleteItem(table, {"id": f"{key}d"}),
        )
        assert read(backend, table, key, "pud") == [{}, {"n": 5}, None]

    def test_transaction_over_tables_and_indexes(self, backend: Backend, tables: TableMaker, key: str) -> None:
        """A transaction may write to several tables."""
        first, second = tables.shared("S"), tables.shared("S", "N")
        write(backend, PutItem(first, {"id": key}), PutItem(second, {"id": key, "position": 1}))
        assert backend.execute(GetItem(first, {"id": key})).item == {"id": key}
        assert backend.execute(Query(second, KeyCondition(("id", key)))).count == 1

    def test_transaction_that_is_cancelled(self, backend: Backend, table: str, key: str) -> None:
        """If a condition fails, nothing is written, and each action has a reason, with the present item."""
        put_all(backend, table, [{"id": f"{key}a", "n": 1}])
        with refuses(backend, TransactionCancelled) as caught:
            write(
                backend,
                PutItem(table, {"id": f"{key}b"}),
                PutItem(table, {"id": f"{key}a", "n": 2}, ABSENT),
                DeleteItem(table, {"id": f"{key}c"}, EXISTS),
                ConditionCheck(table, {"id": f"{key}d"}, ABSENT),
                UpdateItem(table, {"id": f"{key}e"}, (Set(Path.of("n"), Value(1)),), EXISTS),
            )
        assert [(reason.code, reason.item) for reason in caught.value.reasons] == [
            ("None", None),
            ("ConditionalCheckFailed", {"id": f"{key}a", "n": 1}),
            ("ConditionalCheckFailed", None),
            ("None", None),
            ("ConditionalCheckFailed", None),
        ]
        assert read(backend, table, key, "abcde") == [{"n": 1}, None, None, None, None]

    def test_transaction_that_is_cancelled_by_its_last_action(self, backend: Backend, table: str, key: str) -> None:
        """What comes before the action whose condition fails is not done either."""
        put_all(backend, table, [{"id": f"{key}{name}", "n": 1} for name in "due"])
        with refuses(backend, TransactionCancelled):
            write(
                backend,
                DeleteItem(table, {"id": f"{key}d"}),
                UpdateItem(table, {"id": f"{key}u"}, (Set(Path.of("n"), Value(2)),)),
                PutItem(table, {"id": f"{key}p"}),
                ConditionCheck(table, {"id": f"{key}e"}, ABSENT),
            )
        assert read(backend, table, key, "dupe") == [{"n": 1}, {"n": 1}, None, {"n": 1}]

    def test_transaction_checks_and_writes_nothing(self, backend: Backend, table: str, key: str) -> None:
        """A condition check changes nothing, and makes no item."""
        put_all(backend, table, [{"id": f"{key}a", "n": 1}])
        write(
            backend,
            ConditionCheck(table, {"id": f"{key}a"}, EXISTS),
            ConditionCheck(table, {"id": f"{key}b"}, ABSENT),
        )
        assert read(backend, table, key, "ab") == [{"n": 1}, None]

    def test_transaction_of_one_key_in_two_tables(
        self, backend: Backend, tables: TableMaker, table: str, key: str
    ) -> None:
        """Items of two tables are different items, though their keys are equal."""
        other = tables.create()
        write(backend, PutItem(table, {"id": key, "n": 1}), PutItem(other, {"id": key, "n": 2}))
        gets = (GetItem(other, {"id": key}), GetItem(table, {"id": key}))
        assert backend.execute(TransactGet(gets)).items == ({"id": key, "n": 2}, {"id": key, "n": 1})

    def test_transaction_sees_what_was_before(self, backend: Backend, table: str, key: str) -> None:
        """No action sees what another action of the same transaction writes."""
        with refuses(backend, TransactionCancelled):
            write(backend, PutItem(table, {"id": f"{key}a"}), ConditionCheck(table, {"id": f"{key}b"}, EXISTS))
        write(backend, PutItem(table, {"id": f"{key}a"}), PutItem(table, {"id": f"{key}b"}, ABSENT))
        assert read(backend, table, key, "ab") == [{}, {}]

    def test_transaction_token(self, backend: Backend, table: str, key: str) -> None:
        """The same actions with the same token take place once: section "Idempotency"."""
        token = uuid4().hex
        for _ in range(3):
            write(backend, UpdateItem(table, {"id": key}, (Set(Path.of("n"), PLUS_ONE),)), token=token)
        assert backend.execute(GetItem(table, {"id": key})).item == {"id": key, "n": 1}

    def test_transaction_token_of_other_actions(self, backend: Backend, table: str, key: str) -> None:
        """A token can't be used again for other actions."""
        token = uuid4().hex
        write(backend, PutItem(table, {"id": key, "n": 1}), token=token)
        with refuses(backend, RequestRejected) as caught:
            write(backend, PutItem(table, {"id": key, "n": 2}), token=token)
        assert caught.value.code == "IdempotentParameterMismatchException"
        with refuses(backend, RequestRejected):
            write(backend, PutItem(table, {"id": key, "n": 1}, EXISTS), token=token)
        assert backend.execute(GetItem(table, {"id": key})).item == {"id": key, "n": 1}

    def test_transaction_token_of_a_cancelled_one(self, backend: Backend, table: str, key: str) -> None:
        """A cancelled transaction may be retried with its token."""
        token = uuid4().hex
        with refuses(backend, TransactionCancelled):
            write(backend, DeleteItem(table, {"id": key}, EXISTS), token=token)
        put_all(backend, table, [{"id": key}])
        write(backend, DeleteItem(table, {"id": key}, EXISTS), token=token)
        assert backend.execute(GetItem(table, {"id": key})).item is None

    def test_transaction_token_too_long(self, backend: Backend, table: str, key: str) -> None:
        """A token has at most 36 characters."""
        with refuses(backend, RequestRejected):
            write(backend, PutItem(table, {"id": key}), token="x" * (TRANSACTION_TOKEN_CHARACTERS + 1))

    def test_transaction_most_actions(self, backend: Backend, table: str, key: str) -> None:
        """A transaction has up to 100 actions, and is never split."""
        puts = [PutItem(table, {"id": f"{key}{number}"}) for number in range(TRANSACTION_ACTIONS + 1)]
        with refuses(backend, RequestRejected):
            write(backend, *puts)
        assert backend.execute(GetItem(table, {"id": f"{key}0"})).item is None
        write(backend, *puts[:-1])
        gets = tuple(GetItem(table, put.item) for put in puts)
        with refuses(backend, RequestRejected):
            backend.execute(TransactGet(gets))
        assert None not in backend.execute(TransactGet(gets[:-1])).items

    def test_transaction_of_nothing(self, backend: Backend, table: str) -> None:
        """A transaction has at least one action."""
        with refuses(backend, RequestRejected):
            write(backend)
        with refuses(backend, RequestRejected):
            backend.execute(TransactGet(()))

    def test_transaction_too_large(self, backend: Backend, table: str, key: str) -> None:
        """A transaction has at most 4 MB."""
        puts = [PutItem(table, {"id": f"{key}{number}", "x": "x" * 390_000}) for number in range(11)]
        with refuses(backend, RequestRejected):
            write(backend, *puts)
        assert backend.execute(GetItem(table, {"id": f"{key}0"})).item is None

    def test_transaction_that_reads_too_much(self, backend: Backend, table: str, key: str) -> None:
        """A transaction reads at most 4 MB."""
        items: list[Item] = [{"id": f"{key}{number}", "x": "x" * 390_000} for number in range(11)]
        for item in items:
            backend.execute(PutItem(table, item))
        gets = tuple(GetItem(table, {"id": item["id"]}) for item in items)
        with refuses(backend, RequestRejected):
            backend.execute(TransactGet(gets))
        assert backend.execute(TransactGet(gets[1:])).items == tuple(items[1:])

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(lambda table, key: PutItem(table, {"id": key, "n": 2}), id="put"),
            pytest.param(lambda table, key: DeleteItem(table, {"id": key}), id="delete"),
            pytest.param(lambda table, key: ConditionCheck(table, {"id": key}, EXISTS), id="check"),
        ],
    )
    def test_transaction_with_two_actions_on_one_item(self, backend: Backend, table: str, key: str, other: Any) -> None:
        """Two actions on one item are refused."""
        with refuses(backend, InvalidKey):
            write(backend, PutItem(table, {"id": key, "n": 1}), other(table, key))
        assert backend.execute(GetItem(table, {"id": key})).item is None

    @pytest.mark.parametrize(("wrong", "exception"), MISTAKES)
    def test_transaction_with_a_mistake(
        self, backend: Backend, table: str, key: str, wrong: Any, exception: type[Exception]
    ) -> None:
        """A mistake in one action raises the same exception as the action alone, and nothing is written."""
        with refuses(backend, exception):
            write(backend, PutItem(table, {"id": f"{key}a"}), wrong(table, key))
        assert backend.execute(GetItem(table, {"id": f"{key}a"})).item is None

    def test_transaction_that_makes_an_item_too_large(self, backend: Backend, table: str, key: str) -> None:
        """An update that makes an item too large cancels the transaction."""
        put_all(backend, table, [{"id": key, "x": "x" * (ITEM_BYTES - 200)}])
        with refuses(backend, ItemTooLarge):
            write(
                backend,
                PutItem(table, {"id": f"{key}a"}),
                UpdateItem(table, {"id": key}, (Set(Path.of("y"), Value("y" * 300)),)),
            )
        assert backend.execute(GetItem(table, {"id": f"{key}a"})).item is None

    def test_transaction_of_reads(self, backend: Backend, tables: TableMaker, key: str) -> None:
        """Items are returned in the order of the reads, each with its projection."""
        first, second = tables.shared("S"), tables.shared("S", "N")
        put_all(backend, first, [{"id": key, "a": 1, "b": {"c": 2, "d": 3}}, {"id": f"{key}x"}])
        put_all(backend, second, [{"id": key, "position": 1}])
        gets = (
            GetItem(second, {"id": key, "position": 1}),
            GetItem(second, {"id": key, "position": 2}),
            GetItem(first, {"id": key}, projection=(Path.of("b", "c"),)),
            GetItem(first, {"id": f"{key}x"}, projection=(Path.of("b"),)),
        )
        assert backend.execute(TransactGet(gets)).items == ({"id": key, "position": 1}, None, {"b": {"c": 2}}, {})

    def test_transaction_of_wrong_reads(self, backend: Backend, table: str, key: str) -> None:
        """Reading an item twice, with a wrong key, or from a missing table is refused."""
        get = GetItem(table, {"id": key})
        with refuses(backend, InvalidKey):
            backend.execute(TransactGet((get, get)))
        with refuses(backend, InvalidKey):
            backend.execute(TransactGet((get, GetItem(table, {"id": 1}))))
        with refuses(backend, TableNotFound):
            backend.execute(TransactGet((get, GetItem(f"{table}-none", {"id": key}))))

    def test_transaction_capacity_of_writes(self, backend: Backend, tables: TableMaker, table: str, key: str) -> None:
        """Each write costs twice what it costs outside of a transaction."""
        require_capacity(tables)
        puts = (PutItem(table, {"id": f"{key}a"}), PutItem(table, {"id": f"{key}b", "x": "x" * 1500}))
        [consumed] = backend.execute(TransactWrite(puts, None, "TOTAL")).consumed_capacity
        assert (consumed.table, consumed.total) == (table, 6)
        assert backend.execute(TransactWrite(puts)).consumed_capacity == ()

    def test_transaction_capacity_of_reads(self, backend: Backend, tables: TableMaker, table: str, key: str) -> None:
        """Each read costs twice what a consistent read costs, also of a missing item."""
        require_capacity(tables)
        put_all(backend, table, [{"id": f"{key}a", "x": "x" * 5000}])
        gets = tuple(GetItem(table, {"id": f"{key}{name}"}) for name in "ab")
        [consumed] = backend.execute(TransactGet(gets, "TOTAL")).consumed_capacity
        assert (consumed.table, consumed.total) == (table, 6)

    def test_transaction_capacity_of_checks(self, backend: Backend, tables: TableMaker, table: str, key: str) -> None:
        """A condition check costs what reading its item in a transaction costs, also where no item is."""
        require_capacity(tables)
        put_all(backend, table, [{"id": f"{key}a", "x": "x" * 9000}])
        check = ConditionCheck(table, {"id": f"{key}a"}, EXISTS)
        put = PutItem(table, {"id": f"{key}b", "x": "x" * 1500})
        for actions, units in (((check,), 6), ((check, put), 10), ((ConditionCheck(table, {"id": key}, ABSENT),), 2)):
            [consumed] = backend.execute(TransactWrite(actions, None, "TOTAL")).consumed_capacity
            assert (consumed.table, consumed.total) == (table, units)

    def test_transaction_capacity_of_a_token(self, backend: Backend, tables: TableMaker, table: str, key: str) -> None:
        """A repeated transaction costs what reading its items costs: API reference, TransactWriteItems."""
        require_capacity(tables)
        puts = (PutItem(table, {"id": f"{key}a"}), PutItem(table, {"id": f"{key}b", "x": "x" * 5000}))
        transaction = TransactWrite(puts, uuid4().hex, "TOTAL")
        for units in (12, 6, 6):
            [consumed] = backend.execute(transaction).consumed_capacity
            assert (consumed.table, consumed.total) == (table, units)


PLUS_ONE = Plus(IfNotExists(Path.of("n"), Value(0)), Value(1))


def write(backend: Backend, *actions: TransactWriteAction, token: str | None = None) -> None:
    """Execute the *actions* in one transaction."""
    backend.execute(TransactWrite(actions, token))


def read(backend: Backend, table: str, key: str, names: str) -> list[Item | None]:
    """Return the items whose hash keys are *key* and one of the *names*, without their keys."""
    found = (backend.execute(GetItem(table, {"id": f"{key}{name}"}, consistent=True)).item for name in names)
    return [None if item is None else {name: value for name, value in item.items() if name != "id"} for item in found]
