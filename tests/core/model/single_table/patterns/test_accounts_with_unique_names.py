"""OneTable's overview example with its unique names: creating, renaming and removing an account, each in one request.

OneTable reads the account before it renames or removes it. Here the program has read it.
"""

from __future__ import annotations

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, SharedTable, Unique
from dynamorm.data import TransactWrite, UpdateItem
from dynamorm.exceptions import NotUnique
from dynamorm.testing.schemas import fields
from tests.core.model.single_table.patterns.conftest import OneRequest
from tests.support.backends import RecordingBackend


class Sales(SharedTable):
    name = "sales-with-unique-names"
    hash_key = "pk"
    range_key = "sk"

    class Gsi1(GlobalIndex):
        name = "gsi1"
        hash_key = "gsi1pk"
        range_key = "gsi1sk"
        projection = ProjectAll()


class Account(DynaModel):
    class Table(Sales):
        kind = "account"
        hash_key = Key("ACCOUNT#{account}")
        range_key = Key("ACCOUNT")
        unique = (Unique("name"),)

    class ByName(Sales.Gsi1):
        hash_key = Key("ACCOUNTS")
        range_key = Key("{name}#{account}")

    class Schema:
        account = fields.text(required=True)
        name = fields.text(required=True)
        balance = fields.integer(default=lambda: 0)


@pytest.fixture(autouse=True)
def sales(recorder: RecordingBackend) -> None:
    """Create the table."""
    Sales.create_table()


@pytest.fixture
def acme(sales: None) -> Account:
    account = Account(account="1", name="Acme")
    account.save()
    return account


def test_a_new_account(one_request: OneRequest) -> None:
    with one_request(TransactWrite):
        Account(account="1", name="Acme").save()
    assert [account.name for account in Account.ByName.query()] == ["Acme"]


def test_a_name_that_is_taken_is_refused(acme: Account, one_request: OneRequest) -> None:
    with one_request(TransactWrite), pytest.raises(NotUnique):
        Account(account="2", name="Acme").save()
    assert Account.get(account="2") is None


def test_another_name(acme: Account, one_request: OneRequest) -> None:
    with one_request(TransactWrite):
        acme.update(name="Zenith")
    assert [account.name for account in Account.ByName.query(name="Zenith")] == ["Zenith"]
    with one_request(TransactWrite):
        Account(account="2", name="Acme").save()


def test_an_update_that_the_name_is_no_part_of(acme: Account, one_request: OneRequest) -> None:
    with one_request(UpdateItem):
        acme.update(balance__add=5)


def test_an_account_that_is_removed_gives_its_name_up(acme: Account, one_request: OneRequest) -> None:
    with one_request(TransactWrite):
        acme.delete()
    with one_request(TransactWrite):
        Account(account="2", name="Acme").save()
