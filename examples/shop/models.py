"""The three tables of the shop: customers, products with their stock, and orders. Money is in cents."""

from __future__ import annotations

import datetime

from marshmallow import Schema, fields, validate

from dynamorm import DynaModel, GlobalIndex, ProjectAll


class Customer(DynaModel):
    """Someone who orders. The version keeps two clerks from undoing each other's changes."""

    class Table:
        name = "shop-example-customers"
        hash_key = "id"
        version = "revision"

    class Schema:
        id = fields.String(required=True)
        name = fields.String(required=True)
        address = fields.String()
        blocked = fields.Boolean(load_default=False)
        revision = fields.Integer()


class Product(DynaModel):
    """Something to order, as long as there is some in stock."""

    class Table:
        name = "shop-example-products"
        hash_key = "sku"

    class Schema:
        sku = fields.String(required=True)
        name = fields.String(required=True)
        price = fields.Integer(required=True, validate=validate.Range(min=0))
        stock = fields.Integer(required=True, validate=validate.Range(min=0))


class Line(Schema):
    """So many of one product, at the price of that moment."""

    sku = fields.String(required=True)
    quantity = fields.Integer(required=True, validate=validate.Range(min=1))
    price = fields.Integer(required=True)


class Order(DynaModel):
    """What a customer has ordered. Orders of one customer are in the order of their numbers."""

    class Table:
        name = "shop-example-orders"
        hash_key = "customer_id"
        range_key = "number"

    class ByDay(GlobalIndex):
        name = "by-day"
        hash_key = "day"
        range_key = "number"
        projection = ProjectAll()

    class Schema:
        customer_id = fields.String(required=True)
        number = fields.String(required=True)
        day = fields.Date(required=True)
        lines = fields.List(fields.Nested(Line), required=True, validate=validate.Length(min=1))
        total = fields.Integer(required=True)
        status = fields.String(load_default="placed", validate=validate.OneOf(["placed", "sent", "cancelled"]))


TABLES: tuple[type[DynaModel], ...] = (Customer, Product, Order)
FIRST_DAY = datetime.date(2026, 11, 2)
