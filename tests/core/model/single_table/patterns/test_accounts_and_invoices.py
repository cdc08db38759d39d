"""OneTable's overview example: accounts, users, products and invoices, each access pattern in one request.

OneTable's version follows an index of keys to the items, with one request more for each of them. Here the index projects
all attributes.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

import dynamorm
from dynamorm import DynaModel, GlobalIndex, Key, ProjectAll, SharedTable
from dynamorm.data import BatchWrite, GetItem, PutItem, Query, TransactWrite, UpdateItem
from dynamorm.testing.schemas import fields
from tests.core.model.single_table.patterns.conftest import OneRequest
from tests.support.backends import RecordingBackend

RUNNER: dict[str, Any] = {"account": "acme", "email": "runner@example.com"}
NOVEMBER = datetime.date(2026, 11, 5)


class Sales(SharedTable):
    name = "sales"
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

    class ByName(Sales.Gsi1):
        hash_key = Key("ACCOUNTS")
        range_key = Key("{name}#{account}")

    class Schema:
        account = fields.text(required=True)
        name = fields.text(required=True)
        balance = fields.integer(default=lambda: 0)


class User(DynaModel):
    class Table(Sales):
        kind = "user"
        hash_key = Key("ACCOUNT#{account}")
        range_key = Key("USER#{email}")

    class ByName(Sales.Gsi1):
        hash_key = Key("USERS")
        range_key = Key("{name}#{account}#{email}")

    class Schema:
        account = fields.text(required=True)
        email = fields.text(required=True)
        name = fields.text(required=True)
        role = fields.text(default=lambda: "user")
        balance = fields.integer(default=lambda: 0)
        address = fields.map_of(fields.text())


class Product(DynaModel):
    class Table(Sales):
        kind = "product"
        hash_key = Key("PRODUCT#{product}")
        range_key = Key("PRODUCT")

    class ByName(Sales.Gsi1):
        hash_key = Key("PRODUCTS")
        range_key = Key("{name}#{product}")

    class Schema:
        product = fields.text(required=True)
        name = fields.text(required=True)
        price = fields.integer(required=True)


class Invoice(DynaModel):
    class Table(Sales):
        kind = "invoice"
        hash_key = Key("ACCOUNT#{account}")
        range_key = Key("INVOICE#{invoice}")

    class ByDate(Sales.Gsi1):
        hash_key = Key("INVOICES")
        range_key = Key("{date}#{invoice}")

    class Schema:
        account = fields.text(required=True)
        invoice = fields.text(required=True)
        date = fields.date(required=True)
        product = fields.text(required=True)
        total = fields.integer(required=True)


@pytest.fixture(autouse=True)
def sales(recorder: RecordingBackend) -> None:
    """Create the table, with an account, its two users, a product, and five invoices of the days from November 5."""
    Sales.create_table()
    Account.put({"account": "acme", "name": "Acme"})
    User.put({**RUNNER, "name": "Road Runner"})
    User.put({"account": "acme", "email": "coyote@example.com", "name": "Coyote", "role": "admin", "balance": 200})
    Product.put({"product": "1", "name": "rocket", "price": 1099})
    for day in range(5):
        date = NOVEMBER + datetime.timedelta(days=day)
        Invoice.put({"account": "acme", "invoice": str(day), "date": date, "product": "1", "total": 1099})


def runner() -> User:
    found = User.get(**RUNNER)
    assert found is not None
    return found


def test_one_user(one_request: OneRequest) -> None:
    with one_request(GetItem):
        assert runner().name == "Road Runner"


def test_a_user_by_name(one_request: OneRequest) -> None:
    with one_request(Query):
        assert User.ByName.query(name="Road Runner").one().email == "runner@example.com"


@pytest.mark.parametrize(
    ("conditions", "names"),
    [({}, ["Coyote", "Road Runner"]), ({"role": "admin"}, ["Coyote"]), ({"balance__gt": 100}, ["Coyote"])],
)
def test_users_of_an_account(one_request: OneRequest, conditions: dict[str, Any], names: list[str]) -> None:
    with one_request(Query):
        assert [user.name for user in User.query(account="acme", **conditions)] == names


@pytest.mark.parametrize(
    "changes",
    [{"role": "admin", "balance": 0}, {"balance__add": 10}, {"balance__minus": 2}, {"address": {"zip": "98034"}}],
)
def test_changes_of_a_user(one_request: OneRequest, changes: dict[str, Any]) -> None:
    with one_request(UpdateItem):
        User.update_item(**RUNNER, **changes)


def test_a_user_who_is_renamed_is_found_by_the_new_name(one_request: OneRequest) -> None:
    with one_request(UpdateItem):
        User.update_item(**RUNNER, name="Beep")
    assert User.ByName.query(name="Beep").one().email == "runner@example.com"
    assert User.ByName.query(name="Road Runner").first() is None


def test_an_account_with_its_users_and_invoices(one_request: OneRequest) -> None:
    with one_request(Query):
        found = Sales.query(Account, User, Invoice, account="acme").grouped()
    assert {model.__name__: len(items) for model, items in found.items()} == {"Account": 1, "User": 2, "Invoice": 5}


def test_many_users(recorder: RecordingBackend) -> None:
    recorder.sent.clear()
    User.put_batch(*({"account": "acme", "email": f"{n}@example.com", "name": f"user {n}"} for n in range(200)))
    assert [type(operation) for operation in recorder.sent] == [BatchWrite] * 8


def test_emails_alone(one_request: OneRequest) -> None:
    with one_request(Query):
        read = User.query(account="acme").specific_attributes(["email"])
        assert [user.email for user in read] == ["coyote@example.com", "runner@example.com"]


def test_a_new_product(one_request: OneRequest) -> None:
    with one_request(PutItem):
        Product(product="2", name="anvil", price=Decimal(5)).save()


def test_an_invoice_with_the_balances_that_it_changes(one_request: OneRequest) -> None:
    with one_request(TransactWrite), dynamorm.transaction() as tx:
        tx.put(
            Invoice, {"account": "acme", "invoice": "9", "date": NOVEMBER, "product": "1", "total": 1099}, unique=True
        )
        tx.update(User, **RUNNER, balance__add=1099)
        tx.update(Account, account="acme", balance__add=1099)
    assert runner().balance == 1099


def test_invoices_of_some_days(one_request: OneRequest) -> None:
    days = [NOVEMBER + datetime.timedelta(days=1), NOVEMBER + datetime.timedelta(days=3)]
    with one_request(Query):
        assert [invoice.invoice for invoice in Invoice.ByDate.query(date__between=days)] == ["1", "2", "3"]


def test_all_of_a_kind(one_request: OneRequest) -> None:
    for index, count in ((Account.ByName, 1), (User.ByName, 2), (Product.ByName, 1), (Invoice.ByDate, 5)):
        with one_request(Query):
            assert index.query().count() == count
