"""A shared table with two models, one of which has a unique value. Tests of the command line copy this module."""

from __future__ import annotations

from marshmallow import fields

from dynamorm import DynaModel, Key, SharedTable, Unique


class Shop(SharedTable):
    name = "shop"
    hash_key = "pk"
    range_key = "sk"


class Customer(DynaModel):
    class Table(Shop):
        kind = "customer"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("PROFILE")
        unique = (Unique("email"),)

    class Schema:
        customer_id = fields.String(required=True)
        email = fields.String()


class Order(DynaModel):
    class Table(Shop):
        kind = "order"
        hash_key = Key("CUSTOMER#{customer_id}")
        range_key = Key("ORDER#{number}")

    class Schema:
        customer_id = fields.String(required=True)
        number = fields.String(required=True)
