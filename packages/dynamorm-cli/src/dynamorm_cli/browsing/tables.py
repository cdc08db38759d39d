"""Items as tables: one for each model, with columns from its schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from dynamorm.data.values import AttributeValue
from dynamorm.operate import ItemPage, ItemView


class ItemTable(NamedTuple):
    """The items of one model, or of none, and the columns that at least one of them has.

    Attributes:
        model: The model; ``None`` for items that no model knows.
        columns: The names of the columns: fields, those of keys first.
        keys: Those among them that are parts of a key.
        items: The items.
        numeric: The columns whose values are all numbers.
    """

    model: type[Any] | None
    columns: tuple[str, ...]
    keys: frozenset[str]
    items: tuple[ItemView, ...]
    numeric: frozenset[str]

    @property
    def label(self) -> str:
        """The name of the model."""
        if self.model is not None:
            return self.model.__name__
        return "DynamORM's own items" if all(each.is_own for each in self.items) else "Items of no model"

    def value(self, item: ItemView, column: str) -> tuple[AttributeValue] | None:
        """Return the value of an item in a column, as a tuple because it may be ``None``; ``None`` without one."""
        values = _values(item)
        return (values[column],) if column in values else None


def tables_of(page: ItemPage, *, first_fields: Sequence[str]) -> list[ItemTable]:
    """Return the tables of a *page*. The *first_fields* come first, and then the other fields of the key."""
    return [_table(model, items, first_fields) for model, items in page.by_model().items()]


def _table(model: type[Any] | None, items: tuple[ItemView, ...], first_fields: Sequence[str]) -> ItemTable:
    present = {name: None for each in items for name in _values(each)}
    if model is None:
        keys: tuple[str, ...] = tuple(items[0].key)
        ordered = [*keys, *(name for name in present if name not in keys)]
    else:
        mapper = model._mapper
        keys = mapper.key_fields
        ordered = [*first_fields, *keys, *mapper.adapter.fields, *present]
    columns = tuple(name for name in dict.fromkeys(ordered) if name in present)
    numeric = frozenset(name for name in columns if all(_is_number(_values(each).get(name, 0)) for each in items))
    return ItemTable(model, columns, frozenset({*keys, *first_fields}), items, numeric)


def _values(item: ItemView) -> dict[str, AttributeValue]:
    return {**item.values, **item.unknown}


def _is_number(value: object) -> bool:
    return not isinstance(value, (str, bytes, bool, list, dict, set, type(None)))
