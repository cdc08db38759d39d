"""Templates that are bound to the fields of one model, without a table, for the tests of templates by themselves."""

from __future__ import annotations

from typing import Any

from dynamorm import DynaModel, Key
from dynamorm.data.tables import KeyAttribute
from dynamorm.data.values import AttributeValue, KeyType, normalise
from dynamorm.model.key_templates.templates import Template, bind
from dynamorm.ports.schemas import SchemaField
from dynamorm.testing.schemas import fields


class Order(DynaModel):
    class Table:
        name = "orders"
        hash_key = "plain"

    class Schema:
        plain = fields.text(required=True)
        region = fields.text(attribute="rg")
        order_id = fields.text()
        email = fields.text()
        number = fields.integer()
        price = fields.decimal()
        weight = fields.real()
        paid = fields.boolean()
        day = fields.date()
        placed = fields.instant()
        opened = fields.moment()
        uuid = fields.identifier()
        lines = fields.list_of(fields.text())
        labels = fields.map_of(fields.text())
        address = fields.nested({"city": fields.text(), "zip": fields.integer()})


def schema_fields(model: type[DynaModel] = Order) -> dict[str, SchemaField]:
    """The fields of a *model*."""
    return dict(model._mapper.adapter.fields)


def bound(
    template: str | Key,
    model: type[DynaModel] = Order,
    *,
    attribute: str = "sk",
    kind: KeyType = "S",
    separator: str = "#",
    escape: bool = False,
    **options: Any,
) -> Template:
    """The *template* of a range key of a *model*."""
    key = template if isinstance(template, Key) else Key(template)
    return bind(
        key,
        schema_fields(model),
        model_name=model.__name__,
        attribute=KeyAttribute(attribute, kind),
        separator=separator,
        escape=escape,
        label=f"the range_key of the Table of {model.__name__}",
        **options,
    )


def stored(name: str, value: Any, model: type[DynaModel] = Order) -> AttributeValue:
    """The stored form of a *value* of a field."""
    field = schema_fields(model)[name]
    return normalise(field.dump(value), name)


def key_of(template: Template, model: type[DynaModel] = Order, **values: Any) -> AttributeValue:
    """The key that a *template* gives for native *values*."""
    return template.format({name: stored(name, value, model) for name, value in values.items()})
