"""The two tables: countries, and the subdivisions that they consist of."""

from __future__ import annotations

from marshmallow import fields, validate

from dynamorm import DynaModel, GlobalIndex, LocalIndex, ProjectAll, ProjectInclude, ProjectKeys


class Country(DynaModel):
    """A country of ISO 3166-1."""

    class Table:
        name = "iso3166-example-countries"
        hash_key = "alpha_2"

    class Schema:
        alpha_2 = fields.String(required=True, validate=validate.Regexp("[A-Z]{2}$"))
        alpha_3 = fields.String(required=True, validate=validate.Regexp("[A-Z]{3}$"))
        numeric = fields.String(required=True, validate=validate.Regexp("[0-9]{3}$"))  # with its leading zeros
        name = fields.String(required=True)
        official_name = fields.String()
        common_name = fields.String()
        flag = fields.String(required=True)
        names = fields.Dict(keys=fields.String(), values=fields.String())  # by language; not all have all
        subdivision_types = fields.List(fields.String())
        revision = fields.Integer(load_default=0)  # counts the changes, so that nobody overwrites one unseen


class Subdivision(DynaModel):
    """A province, canton, state … of ISO 3166-2. Some are part of another one, their parent."""

    class Table:
        name = "iso3166-example-subdivisions"
        hash_key = "country_code"
        range_key = "code"

    class ByName(LocalIndex):
        name = "by-name"
        hash_key = "country_code"
        range_key = "name"
        projection = ProjectAll()

    class ByType(GlobalIndex):
        name = "by-type"
        hash_key = "type"
        range_key = "code"
        projection = ProjectInclude("name")

    class ByParent(GlobalIndex):
        """Sparse: a subdivision without a parent is not in it."""

        name = "by-parent"
        hash_key = "parent_code"
        range_key = "code"
        projection = ProjectKeys()

    class Schema:
        country_code = fields.String(required=True, validate=validate.Length(equal=2))
        code = fields.String(required=True, validate=validate.Regexp("[A-Z]{2}-[A-Z0-9]{1,3}$"))
        name = fields.String(required=True)
        type = fields.String(required=True)
        parent_code = fields.String()
