"""Instances of the items that reads find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias, TypeVar

from dynamorm.data.values import Item, copies_of, copy_of_item
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.snapshots import ALL_LOADED, ItemLayout, ItemSnapshot, LoadedAttributes
from dynamorm.model.query.schema_errors import add_schema_note
from dynamorm.ports.schemas import SchemaField
from dynamorm.signals import post_init, pre_init

Model_co = TypeVar("Model_co", covariant=True)

#: How many kinds of items are told apart, by the names of their attributes, before that begins anew.
_MOST_KINDS = 1000
#: Parameters of a model's constructor, which are no names for fields.
CONSTRUCTOR_PARAMETERS = ("partial",)


class Loader(Protocol[Model_co]):
    """Makes an instance of a stored *item*, *partial* or not; *reach* is how much of the item was read."""

    def __call__(self, item: Item, partial: bool = False, loaded: LoadedAttributes = ALL_LOADED) -> Model_co:
        """The instance."""


def loader(model: Any, mapper: Mapper, constructor: object) -> Loader[Any]:
    """The loader of a *model*, made once: each item that is read passes through it.

    An item is handed to the model's constructor only when that does more than *constructor*, the one of
    :class:`~dynamorm.DynaModel`, or when a program listens to the making of instances. Otherwise an instance is what the schema
    makes of the item, with nothing between them.
    """
    new, adapter = model.__new__, mapper.adapter
    load_values, copies = adapter.load, adapter.copies_on_load
    known: dict[tuple[str, ...], _Kind] = {}
    # Of items that are read together, most have attributes of the same names.
    latest: _Kind = _told_apart((), adapter.fields, known)

    def load(item: Item, partial: bool = False, loaded: LoadedAttributes = ALL_LOADED) -> Any:
        nonlocal latest
        if pre_init.receivers or post_init.receivers or model.__init__ is not constructor:
            return _constructed(model, item, partial, loaded)
        layout, lacking = latest
        names = tuple(item)
        if names != layout.names:
            latest = layout, lacking = known.get(names) or _told_apart(names, adapter.fields, known)
        if loaded is not ALL_LOADED:
            layout = ItemLayout(layout.names, loaded)
        given = item if copies else item.copy()
        stored = tuple(item.values()) if copies else tuple(copies_of(item.values()))
        for value in stored:
            if value is None:
                given = {name: value for name, value in item.items() if value is not None}
                break
        try:
            values = load_values(given, partial=partial)
        except Exception as error:
            add_schema_note(error, mapper.model_name)
            raise
        instance = new(model)
        instance._dynamorm_layout = layout.with_filled_in(values, lacking) if lacking else layout
        instance._dynamorm_values = stored
        instance.__dict__ = values if copies else dict(values)
        return instance

    return load


#: The form of items with attributes of the same names, and the fields that a schema may have to fill in for lack of one.
_Kind: TypeAlias = tuple[ItemLayout, tuple[str, ...]]


def _told_apart(
    names: tuple[str, ...], fields: Mapping[str, SchemaField], known: dict[tuple[str, ...], _Kind]
) -> _Kind:
    """The kind of the items that were read as a whole and have attributes of these *names*, which is *known* from now on."""
    if len(known) >= _MOST_KINDS:
        known.clear()
    layout = ItemLayout.of(names)
    return known.setdefault(names, (layout, layout.lacking(fields)))


def _constructed(model: Any, item: Item, partial: bool, loaded: LoadedAttributes) -> Any:
    """The instance that a *model*'s own constructor makes of a stored *item*, called as for a new instance."""
    instance = model.__new__(model)
    instance._dynamorm_snapshot = ItemSnapshot.copied_from(item, loaded)
    keywords = {name: value for name, value in item.items() if name not in CONSTRUCTOR_PARAMETERS}
    instance.__init__(partial=partial, **keywords)
    return instance


def unnamed(stored: ItemSnapshot) -> Item:
    """What of a *stored* item can't be handed to a constructor as a keyword: attributes that are called like a parameter."""
    item = stored.item
    return copy_of_item({name: item[name] for name in CONSTRUCTOR_PARAMETERS if name in item})
