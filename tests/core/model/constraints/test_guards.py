"""The items that hold unique values: their keys, where they are held, how they expire, and lost responses."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, ProjectKeys, Unique, using
from dynamorm.data import DeleteItem, PutItem, TransactWrite, UpdateItem
from dynamorm.exceptions import (
    ConditionFailed,
    DynaModelException,
    InvalidKey,
    InvalidSchemaField,
    InvalidUpdate,
    NotUnique,
    StaleItem,
)
from dynamorm.ports.backends import Backend
from dynamorm.testing import Faults
from dynamorm.testing.schemas import fields
from tests.support.backends import RecordingBackend
from tests.support.tables import table_of

pytestmark = pytest.mark.one_schema_library


class Account(DynaModel):
    class Table:
        name = "accounts"
        hash_key = "id"
        range_key = "part"
        unique = (Unique("login"), Unique("number"), Unique("first", "last", name="names"))

    class ByPart(GlobalIndex):
        name = "by-part"
        hash_key = "part"
        range_key = "id"
        projection = ProjectAll()

    class KeysByPart(GlobalIndex):
        name = "keys-by-part"
        hash_key = "part"
        range_key = "id"
        projection = ProjectKeys()

    class Schema:
        id = fields.text(required=True)
        part = fields.text(required=True)
        login = fields.text()
        number = fields.decimal()
        first = fields.text()
        last = fields.text()


class Guards(DynaModel):
    class Table:
        name = "guards"
        hash_key = "value"

    class Schema:
        value = fields.text(required=True)


class Counted(DynaModel):
    class Table:
        name = "counted"
        hash_key = "number"
        unique = (Unique("login"),)
        guards = Guards
        version = "revision"
        write_token = "mark"

    class Schema:
        number = fields.integer(required=True)
        login = fields.text()
        revision = fields.integer()
        mark = fields.text()


class Session(DynaModel):
    class Table:
        name = "sessions"
        hash_key = "id"
        ttl = "expires"
        unique = (Unique("user"),)

    class Schema:
        id = fields.text(required=True)
        user = fields.text()
        note = fields.text()
        expires = fields.integer()


class Hidden(DynaModel):
    class Table(Session.Table):
        name = "hidden-sessions"
        hide_expired = True

    class Schema:
        id = fields.text(required=True)
        user = fields.text()
        note = fields.text()
        expires = fields.integer()


class Composed(DynaModel):
    class Table:
        name = "composed"
        hash_key = Key("CUSTOMER#{customer}")
        range_key = Key("ORDER#{number}")
        unique = (Unique("invoice"),)

    class Schema:
        customer = fields.text(required=True)
        number = fields.text(required=True)
        invoice = fields.text()


MODELS = (Account, Guards, Counted, Session, Hidden, Composed)


@pytest.fixture(autouse=True)
def recording(sqlite_memory: Backend) -> Iterator[RecordingBackend]:
    recording = RecordingBackend(sqlite_memory)
    with using(recording):
        for model in MODELS:
            table_of(model).create_table()
        recording.sent.clear()
        yield recording


def raw(model: type[DynaModel], **key: Any) -> dict[str, Any] | None:
    return table_of(model).get(consistent=True, **key)


def guard_of(hash_key: str) -> dict[str, Any] | None:
    return raw(Account, id=hash_key, part="UNIQUE")


# Keys


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"login": "ann"}, "UNIQUE#login#ann"),
        ({"login": ""}, "UNIQUE#login#"),
        ({"login": "a#b%c"}, "UNIQUE#login#a%23b%25c"),
        ({"number": 7}, "UNIQUE#number#7"),
        ({"number": Decimal("7.50")}, "UNIQUE#number#7.5"),
        ({"first": "Ann#", "last": "B"}, "UNIQUE#names#Ann%23#B"),
    ],
)
def test_key_of_a_guard_is_made_of_the_values(values: dict[str, Any], key: str) -> None:
    Account(id="1", part="a", **values).save()
    guard = guard_of(key)
    assert guard is not None
    assert guard["owner"] == {"id": "1", "part": "a"}


def test_values_that_a_separator_would_confuse_are_different() -> None:
    Account(id="1", part="a", first="x#y", last="z").save()
    Account(id="2", part="a", first="x", last="y#z").save()
    Account(id="3", part="a", first="x%23y", last="z").save()
    assert Account.scan().count() == 3


def test_long_value_is_hashed() -> None:
    long = "é" * 1500
    Account(id="1", part="a", login=long).save()
    with pytest.raises(NotUnique):
        Account(id="2", part="a", login=long).save()
    Account(id="2", part="a", login=long + "x").save()
    found = Account.by_unique(login=long)
    assert found is not None
    assert found.id == "1"


def test_value_of_another_type_than_a_key_can_have_is_refused() -> None:
    from dynamorm.exceptions import InvalidValue

    class Wrong(DynaModel):
        class Table:
            name = "wrong"
            hash_key = "id"
            unique = (Unique("login", by=lambda value: [value]),)

        class Schema:
            id = fields.text(required=True)
            login = fields.text()

    with pytest.raises(InvalidValue, match="A unique value is a string, a number or bytes, not list"):
        Wrong(id="1", login="ann").save()


# Where guards are held


def test_guards_have_the_range_key_of_their_table_and_are_left_out_of_indexes() -> None:
    account = Account(id="1", part="UNIQUE", login="ann")
    account.save()
    assert [each.id for each in Account.ByPart.query(part="UNIQUE")] == ["1"]
    assert [each.id for each in Account.ByPart.scan()] == ["1"]
    assert [each.id for each in Account.KeysByPart.scan()] == ["1"]
    assert [each.id for each in Account.query(id="1")] == ["1"]
    account.move(part="b")
    guard = guard_of("UNIQUE#login#ann")
    assert guard is not None
    assert guard["owner"] == {"id": "1", "part": "b"}


def test_another_table_holds_guards(recording: RecordingBackend) -> None:
    counted = Counted(number=1, login="ann")
    counted.save()
    assert raw(Guards, value="UNIQUE#counted#login#ann") is not None
    assert [each.number for each in Counted.scan()] == [1]
    assert list(Guards.scan()) == []
    with pytest.raises(NotUnique) as caught:
        Counted(number=2, login="ann").save()
    assert caught.value.owner == {"number": 1}
    found = Counted.by_unique(login="ann")
    assert found is not None
    found.delete()
    assert raw(Guards, value="UNIQUE#counted#login#ann") is None


def test_version_is_checked_and_incremented_with_the_guards(recording: RecordingBackend) -> None:
    counted = Counted(number=1, login="ann")
    counted.save()
    other = Counted.get(number=1)
    assert other is not None
    counted.update(login="bob")
    assert (counted.revision, counted.login) == (2, "bob")
    with pytest.raises(StaleItem, match="does not have the version"):
        other.update(login="cid")
    with pytest.raises(StaleItem, match="does not have the version"):
        other.delete()
    recording.sent.clear()
    counted.save()
    # A plain put: it is conditional, and has a write token.
    (put,) = recording.sent
    assert isinstance(put, PutItem)
    assert "mark" in put.item
    counted.delete()


def test_prefix_of_a_connection_is_before_the_names_of_all_tables() -> None:
    with using("sqlite:///:memory:", table_prefix="test-"):
        for model in (Guards, Counted):
            table_of(model).create_table()
        counted = Counted(number=1, login="ann")
        counted.save()
        assert raw(Guards, value="UNIQUE#counted#login#ann") is not None
        counted.update(login="bob")
        with pytest.raises(NotUnique):
            Counted.create(number=2, login="bob")


def test_owner_of_an_item_with_composed_keys_is_its_key() -> None:
    order = Composed(customer="c", number="1", invoice="i1")
    order.save()
    guard = raw(Composed, pk="UNIQUE#invoice#i1", sk="UNIQUE")
    assert guard is not None
    assert guard["owner"] == {"pk": "CUSTOMER#c", "sk": "ORDER#1"}
    assert Composed.by_unique(invoice="i1") == order
    order.update(invoice="i2")
    order.move(number="2")
    assert Composed.by_unique(invoice="i2") == order
    Composed.update_item(customer="c", number="2", invoice="i1", known={"invoice": "i2"})
    assert [each.number for each in Composed.scan()] == ["2"]
    Composed.delete_item("c", "2", known={"invoice": "i1"})
    assert raw(Composed, pk="UNIQUE#invoice#i1", sk="UNIQUE") is None


# Expiry

NOW, LATER = 1_000_000, 1_000_100


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The present second, which a test may change."""
    present = [NOW]
    monkeypatch.setattr("dynamorm.data.clock.now", lambda: present[0])
    return present


def guard_expires(user: str = "ann") -> object:
    guard = raw(Session, id=f"UNIQUE#user#{user}")
    assert guard is not None
    return guard.get("expires")


def test_guard_expires_with_its_item(clock: list[int], recording: RecordingBackend) -> None:
    session = Session(id="1", user="ann", expires=NOW + 50)
    session.save()
    assert guard_expires() == NOW + 50
    recording.sent.clear()
    session.update(expires=LATER)
    (transaction,) = recording.sent
    assert isinstance(transaction, TransactWrite)
    assert [type(each) for each in transaction.actions] == [UpdateItem, PutItem]
    assert guard_expires() == LATER
    recording.sent.clear()
    session.update(note="x")
    session.save()
    assert [type(each) for each in recording.sent] == [UpdateItem, PutItem]
    session.update(expires=None)
    assert guard_expires() is None
    with pytest.raises(InvalidUpdate, match="needs the present value of 'user'"):
        Session.update_item(id="1", expires=LATER)
    with pytest.raises(InvalidUpdate, match="needs the present value of 'expires'"):
        Session.update_item(id="1", user="bob", known={"user": "ann"})
    Session.update_item(id="1", user="bob", known={"user": "ann", "expires": None})
    assert guard_expires("bob") is None


def test_expiry_that_another_writer_has_changed_is_not_given_to_a_guard(clock: list[int]) -> None:
    session = Session(id="1", user="ann", expires=NOW + 50)
    session.save()
    other = Session.get(id="1")
    assert other is not None
    session.update(expires=LATER)
    with pytest.raises(StaleItem, match="'expires' differs"):
        other.update(user="bob")
    assert guard_expires() == LATER


def test_value_of_an_expired_item_is_free(clock: list[int]) -> None:
    session = Session(id="1", user="ann", expires=NOW + 50)
    session.save()
    with pytest.raises(NotUnique):
        Session.create(id="2", user="ann", expires=LATER)
    clock[0] = NOW + 60
    assert Session.by_unique(user="ann") is None
    other = Session.create(id="2", user="ann", expires=LATER)
    found = Session.by_unique(user="ann")
    assert found == other
    # The guard is another's by now, and stays.
    session.delete()
    assert Session.by_unique(user="ann") == other


def test_hidden_item_is_replaced_by_a_new_one(clock: list[int]) -> None:
    Hidden.create(id="1", user="ann", expires=NOW + 50)
    clock[0] = NOW + 60
    new = Hidden(id="1", user="bob", expires=LATER)
    new.save()
    assert Hidden.by_unique(user="bob") == new
    assert Hidden.by_unique(user="ann") is None


# Answers that are lost


def test_lost_response_does_not_make_a_write_fail(recording: RecordingBackend) -> None:
    faults = Faults(recording)
    faults.lose_response(TransactWrite, times=3, retry=True)
    with using(faults):
        account = Account(id="1", part="a", login="ann")
        account.save()
        account.update(login="bob")
        assert Account.by_unique(login="bob") == account
        account.delete()
    assert faults.all_used()
    assert guard_of("UNIQUE#login#bob") is None


def test_conflict_is_tried_again_with_the_same_token(recording: RecordingBackend) -> None:
    faults = Faults(recording)
    faults.conflict(TransactWrite)
    in_front = RecordingBackend(faults)
    with using(in_front):
        Account(id="1", part="a", login="ann").save()
    first, second = in_front.sent
    assert first == second


def test_guard_that_was_left_behind_is_taken_over_by_its_owner() -> None:
    account = Account(id="1", part="a", login="ann")
    account.save()
    table_of(Account).delete_item(id="1", part="a")
    account = Account(id="1", part="a", login="ann")
    account.save()
    table_of(Account).delete_item(id="UNIQUE#login#ann", part="UNIQUE")
    account.update(login="bob")
    account.delete()
    assert guard_of("UNIQUE#login#bob") is None


def test_value_that_two_items_had_before_is_told() -> None:
    for key in ("1", "2"):
        table_of(Account).put({"id": key, "part": "a", "login": "ann"})
    table_of(Account).put({"id": "UNIQUE#login#ann", "part": "UNIQUE", "owner": {"id": "1", "part": "a"}})
    second = Account.get(id="2", part="a")
    assert second is not None
    with pytest.raises(NotUnique, match="gives up is held for another item") as caught:
        second.delete()
    assert caught.value.owner == {"id": "1", "part": "a"}


# Costs


def test_explanation_shows_the_transaction_and_its_price() -> None:
    account = Account(id="1", part="a", login="ann")
    plain = dynamorm.explain(Account(id="1", part="a").save)
    explained = dynamorm.explain(account.save)
    assert (plain[0].action, explained[0].action) == ("PutItem", "TransactWriteItems")
    assert (plain.capacity.write.least, explained.capacity.write.least) == (1, 4)
    (warning,) = explained.warnings
    assert str(warning) == (
        "transaction: because of Unique('login') this is a transaction of 2 actions, each of which costs twice as much "
        "as by itself."
    )
    assert "  PutItem on accounts\n    condition: attribute_not_exists(id) OR owner = :v0" in str(explained)
    with dynamorm.transaction() as tx:
        tx.put(account)
        assert tx.explain().capacity == explained.capacity
        assert tx.explain().warnings == explained.warnings
    with pytest.raises(dynamorm.exceptions.BudgetExceeded), dynamorm.budget(capacity=3):
        Account(id="2", part="a", login="bob").save()
    with dynamorm.budget(requests=1) as budget:
        Account.create(id="4", part="a", login="cid")
    assert budget.requests == 1


# Definitions


def defined(**settings: Any) -> None:
    class Wrong(DynaModel):
        Table = type("Table", (), {"name": "wrong", "hash_key": "id", **settings})

        class Schema:
            id = fields.text(required=True)
            number = fields.integer(required=True)
            tags = fields.list_of(fields.text())
            expires = fields.integer()


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        (
            {"unique": Unique("id")},
            DynaModelException,
            r"The setting 'unique' of the Table of Wrong is a list, such as",
        ),
        ({"unique": ["number"]}, DynaModelException, r"is a list, such as \[Unique\('email'\)\]"),
        ({"unique": [Unique()]}, DynaModelException, "A Unique of the Table of Wrong names no field"),
        (
            {"unique": [Unique("nmber")]},
            InvalidSchemaField,
            r"'nmber' of Unique\('nmber'\) in the Table of Wrong is not",
        ),
        ({"unique": [Unique("tags")]}, InvalidKey, "'tags' .* is not stored as a string, a number or bytes"),
        ({"hash_key": "number", "unique": [Unique("id")]}, DynaModelException, "keys of the table 'wrong' are not str"),
        ({"unique": [Unique("number")], "guards": 7}, DynaModelException, "'guards' of .* is a model, .* not int"),
        (
            {"unique": [Unique("number")], "guards": Guards, "ttl": "expires"},
            DynaModelException,
            "The items of Wrong expire, and their guards must, too",
        ),
        (
            {"unique": [Unique("number")], "guards": Guards, "backend": "sqlite:///:memory:"},
            DynaModelException,
            "The table of 'guards' in the Table of Wrong is pinned to another backend",
        ),
        ({"uniqe": ["number"]}, DynaModelException, "has no setting 'uniqe'. Did you mean 'unique'"),
    ],
)
def test_wrong_rule_is_refused_when_the_model_is_defined(
    settings: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        defined(**settings)


def test_image_of_a_guard_is_no_instance() -> None:
    image = {"id": {"S": "UNIQUE#login#ann"}, "part": {"S": "UNIQUE"}, "dynamorm_unique": {"S": "Unique('login')"}}
    assert Account.from_image(image) is None
    assert Account.from_image({"id": {"S": "1"}, "part": {"S": "a"}}) is not None


def test_condition_of_the_program_is_told_as_by_itself() -> None:
    with pytest.raises(ConditionFailed) as caught:
        Account(id="1", part="a", login="ann").save(conditions={"login": "bob"})
    assert type(caught.value) is ConditionFailed
    assert str(caught.value) == "The condition of the write does not hold. This write changed nothing."


def test_check_lists_items_without_a_guard() -> None:
    table_of(Account).put({"id": "1", "part": "a", "login": "ann"})
    (finding,) = Account.__table__.check()
    assert "login" in str(finding)
    account = Account.get(id="1", part="a")
    assert account is not None
    account.update(login=None)
    account.update(login="ann")
    assert list(Account.__table__.check()) == []


def test_model_without_unique_values_has_none_to_look_up() -> None:
    with pytest.raises(DynaModelException, match="Guards has no unique values to look up"):
        Guards.by_unique(value="x")
    with pytest.raises(InvalidSchemaField, match="vlue"):
        Guards.by_unique(vlue="x")


def test_child_that_shares_the_table_keeps_to_its_rules() -> None:
    class Child(Account):
        pass

    Child(id="1", part="a", login="ann").save()
    with pytest.raises(NotUnique):
        Account(id="2", part="a", login="ann").save()


def test_field_called_known_is_a_field() -> None:
    class Person(DynaModel):
        class Table:
            name = "people"
            hash_key = "id"

        class Schema:
            id = fields.text(required=True)
            known = fields.text()

    table_of(Person).create_table()
    Person.update_item(id="1", known="x")
    person = Person.get(id="1")
    assert person is not None
    assert person.known == "x"


def test_actions_of_guards_are_no_deletions_of_other_items(recording: RecordingBackend) -> None:
    Account(id="1", part="a", login="ann").save()
    account = Account.get(id="1", part="a")
    assert account is not None
    recording.sent.clear()
    account.delete()
    (transaction,) = recording.sent
    assert isinstance(transaction, TransactWrite)
    assert all(isinstance(each, DeleteItem) and each.condition is not None for each in transaction.actions)
