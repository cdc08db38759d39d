"""Guards of unique values in an index whose key is the table's, inverted, and that holds keys only."""

from __future__ import annotations

import pytest

from dynamorm import DynaModel, GlobalIndex, Key, ProjectKeys, SharedTable, Unique
from dynamorm.ports.backends import Backend
from dynamorm.testing.schemas import fields


@pytest.mark.parametrize("kind_attribute", ["kind", None])
def test_reads_of_an_index_that_does_not_hold_the_kind_count_no_guards(
    kind_attribute: str | None, connected: Backend
) -> None:
    class Shop(SharedTable):
        name = "shop"
        hash_key = "pk"
        range_key = "sk"
        kind = kind_attribute

        class Inverted(GlobalIndex):
            name = "inverted"
            hash_key = "sk"
            range_key = "pk"
            projection = ProjectKeys()

    class Customer(DynaModel):
        class Table(Shop):
            kind = "customer"
            hash_key = Key("CUSTOMER#{customer_id}")
            range_key = Key("PROFILE")
            unique = [Unique("email")]  # noqa: RUF012 - a setting

        class Schema:
            customer_id = fields.text(required=True)
            email = fields.text()

    Shop.create_table()
    Customer(customer_id="1", email="ann@example.com").save()

    assert Shop.Inverted.scan().count() == len(list(Shop.Inverted.scan())) == 1
    of_guards = Shop.Inverted.query(sk="UNIQUE")
    assert of_guards.count() == len(list(of_guards)) == 0
