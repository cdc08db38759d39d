"""Loading: the instances of the items that reads find.

The loader of a model has two paths. The fast path sets an instance's dict to what the schema library loaded, without
calling the constructor; it saves the call, its keywords and its branches, for every item that is read. It is taken when
nobody could notice: the model has DynamORM's own constructor, and no receiver is connected to ``pre_init`` or
``post_init``. Otherwise the item is passed to the constructor, as the values of a new instance are. A model that
overrides ``new_from_raw`` gets each item through that.

On the fast path, an adapter that copies what it loads (``copies_on_load``) also saves a copy of the item and of its
values, and items with the same attribute names share one :class:`ItemLayout`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from dynamorm.data.values import Item, copies_of, copy_of_item
from dynamorm.exceptions import ValidationError
from dynamorm.model.mapping.extra_names import keeping_extra
from dynamorm.model.mapping.loaded_attributes import ALL_LOADED, LoadedAttributes
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.snapshots import ItemLayout, ItemSnapshot
from dynamorm.model.query.schema_errors import add_schema_note
from dynamorm.ports.schemas import SchemaField
from dynamorm.signals.sent import post_init, pre_init

if TYPE_CHECKING:
    from dynamorm.engine.run.connection import Connection
    from dynamorm.model.mapping.awaited_origins import AwaitedOrigin
    from dynamorm.model.table.kinds import Kind

Model_co = TypeVar("Model_co", covariant=True)

#: The connection of the block in which an item was read, if it was read in one; see ``origins``.
Origin: TypeAlias = "AwaitedOrigin | Connection | None"
#: How many layouts of items a loader remembers before it starts again.
_MAX_LAYOUTS = 1000
_new = object.__new__
#: Parameters of a model's constructor, which can't be names of fields.
CONSTRUCTOR_PARAMETERS = ("partial",)


class Loader(Protocol[Model_co]):
    """The function of a model that makes an instance of an item."""

    def __call__(
        self, item: Item, partial: bool = False, loaded: LoadedAttributes = ALL_LOADED, origin: Origin = None
    ) -> Model_co:
        """Return the instance of a stored *item*, *partial* or not, of which the attributes *loaded* were read."""


def loader(model: Any, mapper: Mapper, constructor: object) -> Loader[Any]:
    """Return the loader of a *model*, through which every item that is read passes.

    *constructor* is the one of :class:`~dynamorm.DynaModel`: a model with another one gets its items through it. See
    this module's docstring for the ways.
    """
    load: Loader[Any]
    if "new_from_raw" in mapper.overridden:
        load = _through_new_from_raw(model)
    else:
        load = _loader_past_constructor(model, mapper, constructor)
    return keeping_extra(model, load) if mapper.adapter.keeps_unknown else load


def _loader_past_constructor(model: Any, mapper: Mapper, constructor: object) -> Loader[Any]:
    adapter, unguarded = mapper.adapter, _unguarded(model)
    load_values, adapter_copies = adapter.load, adapter.copies_on_load
    layouts: dict[tuple[str, ...], _KnownLayout] = {}
    # Most items that are read together have the same attribute names.
    latest: _KnownLayout = _remember_layout((), adapter.fields, layouts)

    def load(item: Item, partial: bool = False, loaded: LoadedAttributes = ALL_LOADED, origin: Origin = None) -> Any:
        nonlocal latest
        if pre_init.receivers or post_init.receivers or model.__init__ is not constructor:
            return _construct(model, item, partial, loaded, origin)
        layout, missing = latest
        names = tuple(item)
        if names != layout.names:
            latest = layout, missing = layouts.get(names) or _remember_layout(names, adapter.fields, layouts)
        layout = layout if loaded is ALL_LOADED else ItemLayout(layout.names, loaded)
        given = item if adapter_copies else item.copy()
        stored = tuple(item.values()) if adapter_copies else tuple(copies_of(item.values()))
        for value in stored:
            if value is None:
                given = mapper.nones.readable(item)
                break
        try:
            values = load_values(given, partial=partial) if not loaded.partial else adapter.load_part(given)
        except Exception as error:
            add_schema_note(error, mapper.model_name)
            _add_item(error, mapper, item)
            raise
        layout = layout.with_filled_in(values, missing) if missing else layout
        if unguarded is None:
            return _filled(model.__new__(model), layout, stored, values, origin)
        instance = _new(unguarded)
        instance._dynamorm_layout = layout
        instance._dynamorm_values = stored
        instance._dynamorm_origin = origin
        instance.__dict__ = values if adapter_copies else dict(values)
        instance.__class__ = model
        return instance

    return load


def by_kind(kind: Kind, load: Loader[Any]) -> Loader[Any]:
    """Return the loader of a model whose table has items of several kinds; *load* loads those of its own *kind*."""
    kind.set_loader(load)

    def load_by_kind(
        item: Item, partial: bool = False, loaded: LoadedAttributes = ALL_LOADED, origin: Origin = None
    ) -> Any:
        return kind.loader_of(item)(item, partial, loaded, origin)

    return load_by_kind


#: The model whose ``new_from_raw`` is called for an item that was read, and how much of that was read.
_reading: ContextVar[tuple[Any, LoadedAttributes] | None] = ContextVar("dynamorm_reading", default=None)


def _through_new_from_raw(model: Any) -> Loader[Any]:
    """Return the loader of a *model* that overrides ``new_from_raw``, through which each item that is read passes."""

    def load(item: Item, partial: bool = False, loaded: LoadedAttributes = ALL_LOADED, origin: Origin = None) -> Any:
        token = _reading.set((model, loaded))
        try:
            instance = model.new_from_raw(copy_of_item(item), **({"partial": True} if partial else {}))
        finally:
            _reading.reset(token)
        if isinstance(instance, model):
            # Whatever it was made of, it is the instance of this item.
            instance._dynamorm_snapshot = ItemSnapshot.copied_from(item, loaded)
            object.__setattr__(instance, "_dynamorm_origin", origin)
        return instance

    return load


def load_read(model: Any, raw: Item, partial: bool) -> Any:
    """Return the instance of an item that is being read, for its model's own ``new_from_raw``; ``None`` if none is."""
    reading = _reading.get()
    if reading is None or reading[0] is not model:
        return None
    return _construct(model, raw, partial, reading[1], None)


def load_directly(model: Any, item: Item, partial: bool) -> Any:
    """Return the instance of an *item*, past a ``new_from_raw`` of the *model*'s own."""
    if "new_from_raw" in model._mapper.overridden:
        return _construct(model, item, partial, ALL_LOADED, None)
    return model._load(item, partial)


def _unguarded(model: Any) -> Any:
    """Return a class with the layout of a *model* and without ``__setattr__``; ``None`` if there is none.

    Every attribute that is set on an instance goes through the model's ``__setattr__``. A new instance gets its state
    without these calls while it is of this class, and becomes one of the model afterwards.
    """
    if model.__new__ is not object.__new__:
        return None
    base = next(each for each in model.__mro__ if "_dynamorm_layout" in vars(each))
    found: Any = type("Unguarded", (base,), {"__slots__": (), "__setattr__": object.__setattr__})
    try:
        found().__class__ = model
    except TypeError:
        # The model has slots of its own.
        return None
    return found


def _filled(instance: Any, layout: ItemLayout, stored: tuple[Any, ...], values: dict[str, Any], origin: Origin) -> Any:
    """Return an *instance* with this state, set past the ``__setattr__`` of its model."""
    object.__setattr__(instance, "_dynamorm_layout", layout)
    object.__setattr__(instance, "_dynamorm_values", stored)
    object.__setattr__(instance, "_dynamorm_origin", origin)
    instance.__dict__.update(values)
    return instance


#: The layout of items with the same attribute names, and the fields that the schema may fill in because they lack them.
_KnownLayout: TypeAlias = tuple[ItemLayout, tuple[str, ...]]


def _remember_layout(
    names: tuple[str, ...], fields: Mapping[str, SchemaField], layouts: dict[tuple[str, ...], _KnownLayout]
) -> _KnownLayout:
    """Return the layout of completely read items with these attribute *names*, and add it to the *layouts*."""
    if len(layouts) >= _MAX_LAYOUTS:
        layouts.clear()
    layout = ItemLayout.of(names)
    return layouts.setdefault(names, (layout, layout.missing_fields(fields)))


def _construct(model: Any, item: Item, partial: bool, loaded: LoadedAttributes, origin: Origin) -> Any:
    """Return the instance of a stored *item* that the *model*'s own constructor makes, called as for a new instance."""
    instance = model.__new__(model)
    instance._dynamorm_snapshot = ItemSnapshot.copied_from(item, loaded)
    object.__setattr__(instance, "_dynamorm_origin", origin)
    computed = model._mapper.computed
    known = _readable(model._mapper, item)
    keywords = {n: value for n, value in known.items() if n not in CONSTRUCTOR_PARAMETERS and n not in computed}
    try:
        # A constructor of the program's own need not know it.
        instance.__init__(**({"partial": True} if partial else {}), **keywords)
        _fill_in_left_out(instance, item)
    except Exception as error:
        _add_item(error, model._mapper, item)
        raise
    return instance


def _fill_in_left_out(instance: Any, item: Item) -> None:
    """Set the fields that the constructor of an *item*'s instance has left out, which a save would lose."""
    left_out = left_out_values(instance._mapper, item, instance.__dict__)
    if left_out:
        in_parts = bool(instance._dynamorm_snapshot.loaded.partial)
        values = instance._mapper.loaded(left_out, partial=True, in_parts=in_parts)
        instance.__dict__.update({name: value for name, value in values.items() if name not in instance.__dict__})


def left_out_values(mapper: Mapper, item: Item, given: Mapping[str, Any]) -> Item:
    """Return the attributes of an *item* that are fields' and are not *given*, by attribute or by field name."""
    names = {field.attribute for name, field in mapper.adapter.fields.items() if name not in given}
    known = _readable(mapper, item)
    return copy_of_item({name: value for name, value in known.items() if name in names and name not in given})


def _readable(mapper: Mapper, item: Item) -> Mapping[str, Any]:
    """Return an *item* with the fields that only its keys hold."""
    return item if mapper.composed is None else mapper.composed.readable(item)


def _add_item(error: Exception, mapper: Mapper, item: Item) -> None:
    """Tell the *error* that was raised for a stored *item* the item's key, if that was read."""
    if isinstance(error, StopIteration):
        # It would end the iteration over the items silently.
        message = f"Loading an item of {mapper.model_name} raised StopIteration."
        raise RuntimeError(message) from error  # noqa: TRY004 - this does not check a type
    key = {each.name: item[each.name] for each in mapper.spec.key_attributes if each.name in item}
    if isinstance(error, ValidationError) and len(key) == len(mapper.spec.key_attributes):
        error.key = key


def parameter_values(snapshot: ItemSnapshot) -> Item:
    """Return the attributes of an item that have the name of a constructor's parameter, and can't be keywords."""
    item = snapshot.item
    return copy_of_item({name: item[name] for name in CONSTRUCTOR_PARAMETERS if name in item})
