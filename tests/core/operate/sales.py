"""A model with a range key and indexes, for the tests in this folder."""

from __future__ import annotations

from marshmallow import fields

from dynamorm import DynaModel, GlobalIndex, ProjectAll, ProjectKeys


class Sale(DynaModel):
    class Table:
        name = "sales"
        hash_key = "shop"
        range_key = "number"

    class ByDay(GlobalIndex):
        name = "by-day"
        hash_key = "day"
        projection = ProjectAll()

    class ByClerk(GlobalIndex):
        name = "by-clerk"
        hash_key = "clerk"
        projection = ProjectKeys()

    class Schema:
        shop = fields.String(required=True)
        number = fields.Integer(required=True)
        day = fields.String()
        clerk = fields.String()
        notes = fields.String()
