"""The definition of a model's class: checks its inner classes, and sets up its table, mapper and indexes."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeGuard

from dynamorm.data.values import KEY_TYPE_NAMES
from dynamorm.exceptions import DynaModelException, InvalidSchemaField
from dynamorm.model.completion import Outline
from dynamorm.model.counterparts import refuse_bypassing
from dynamorm.model.habits import add_habits
from dynamorm.model.indexes import Index, index_settings
from dynamorm.model.mapping.loading import CONSTRUCTOR_PARAMETERS, Loader
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.names import (
    OF_COMPLETE_MODELS,
    AbstractAttribute,
    is_taken,
    key_parameters,
    overridden,
    refuse_bypassed,
    refuse_own_dict,
    yield_to_mixins,
)
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.relationships.kinds import declare
from dynamorm.model.table.index_settings import refuse_same_names
from dynamorm.model.table.keys import range_attribute, setting_names
from dynamorm.model.table.table_settings import settings_of
from dynamorm.model.tables import ModelTable
from dynamorm.model.typed.mapped import MADE_SCHEMA, MAPPED_FIELDS, MappedField
from dynamorm.plugins import finder
from dynamorm.ports.schemas import SchemaAdapter
from dynamorm.signals.sent import model_prepared

if TYPE_CHECKING:
    # Imported for models that have them.
    from dynamorm.model.table.composed_keys import ComposedKeys
    from dynamorm.model.table.kinds import Kind

KEY_SETTINGS = ("hash_key", "range_key")
#: The words of schema libraries for an attribute's name, for errors.
ALIASES = " (Marshmallow's data_key, Schematics' serialized_name, Pydantic's alias, attrs's metadata)"


class ModelMeta(type):
    """The metaclass of models, which makes ``Table``, ``Schema``, indexes and field paths from a model's body."""

    #: Whether the annotations of its models are their fields.
    _typed: ClassVar[bool] = False

    _mapper: Mapper
    _load: Loader[Any]
    _relationships: MutableMapping[str, Any]
    #: The adapter of the schema, without the one for the time to live of the table.
    _adapter: SchemaAdapter
    #: The kind of its items, if the model shares its table with others.
    _dynamorm_kind: Kind | None
    #: The relationships of other models that count or protect the instances of the model.
    _dynamorm_counted_by: tuple[Any, ...] = ()

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> ModelMeta:
        """Create the class of a model, ready for use."""
        model = super().__new__(mcs, name, bases, namespace, **kwargs)
        if any(isinstance(base, ModelMeta) for base in bases):
            refuse_own_dict(model)
            yield_to_mixins(model)
            refuse_bypassing(model)
            _warn_of_meta(model, namespace)
            _declare_fields(model, namespace, bases)
            if _is_abstract(model, namespace):
                _set_abstract(model)
                return model
            _prepare(model, namespace)
            declare(model, namespace)
            model_prepared.send(model)
        return model

    def __setattr__(cls, name: str, value: object) -> None:
        """Set an attribute of the class, unless it would have been part of the definition of the model.

        Raises :class:`~dynamorm.exceptions.DynaModelException` for ``Table``, ``Schema``, index classes and fields.
        """
        part = name in {"Table", "Schema"} and isinstance(value, type | ModelTable)
        field = isinstance(getattr(cls, name, None), FieldPath) and not isinstance(value, FieldPath)
        if field or ((part or _is_index(value)) and not _is_part_of(cls, value)):
            raise DynaModelException(
                f"'{name}' of {cls.__name__} is fixed when the model is defined, and assigning to it would change "
                f"nothing. Write a model that inherits from {cls.__name__}, with a '{name}' of its own."
            )
        super().__setattr__(name, value)

    if TYPE_CHECKING:
        # Fields become class attributes when the class is made, where no type checker sees them.
        def __getattr__(cls, name: str) -> Any: ...


add_habits(ModelMeta)


def _declare_fields(model: ModelMeta, namespace: dict[str, Any], bases: tuple[type, ...]) -> None:
    """Keep the fields that the body of a *model* declares with ``Mapped``; make the schema of a typed one of them."""
    typed = any(type(base)._typed for base in bases if isinstance(base, ModelMeta))
    if typed or _has_annotations(namespace) or any(isinstance(value, MappedField) for value in namespace.values()):
        from dynamorm.model.typed.fields import declare_fields  # deferred: start-up cost

        declare_fields(model, namespace, strict=typed)
    if typed:
        from dynamorm.model.typed.schemas import make_schema  # deferred: start-up cost

        make_schema(model, namespace)


def _has_annotations(namespace: Mapping[str, Any]) -> bool:
    # Python 3.14 keeps a function in their place.
    return any(map(namespace.get, ("__annotations__", "__annotate__", "__annotate_func__")))


def _set_abstract(model: ModelMeta) -> None:
    """Let the attributes that an abstract base lacks say so."""
    for attribute in ("_mapper", "_load", "_relationships", "_adapter", "__table__", "__schema__"):
        type.__setattr__(model, attribute, AbstractAttribute())
    schema = vars(model).get(MADE_SCHEMA)
    if schema is not None:
        type.__setattr__(model, "__schema__", schema)


def _refuse_incomplete(model: ModelMeta) -> None:
    for inner in ("Table", "Schema"):
        if getattr(model, inner, None) is not None or (inner == "Schema" and vars(model).get(MADE_SCHEMA) is not None):
            continue
        message = f"The model {model.__name__} needs an inner class '{inner}'."
        if inner == "Schema" and type(model)._typed:
            message = f"The model {model.__name__} has no fields. Write, for example, id: Mapped[str]."
        elif inner == "Schema" and MAPPED_FIELDS in vars(model):
            message += " Only the annotations of a model that inherits from dynamorm.Model are its schema."
        raise DynaModelException(message)


def _prepare(model: ModelMeta, namespace: dict[str, Any]) -> None:
    inherited: MutableMapping[str, Any] | None = getattr(model, "_relationships", None)
    _refuse_incomplete(model)
    adapter = _schema_adapter(model, namespace, is_child=inherited is not None)
    type.__setattr__(model, "_adapter", adapter)
    ttl = _ttl_setting(model, adapter)
    shares_table = inherited is not None and "Table" not in namespace
    if ttl is not None and (not shares_table or ttl in adapter.fields):
        from dynamorm.model.table.time_to_live import with_time_to_live  # deferred: start-up cost

        adapter = with_time_to_live(adapter, ttl, f"the Table of {model.__name__}")
    _refuse_hidden_names(model, adapter)
    _refuse_shared_attributes(model, adapter)
    indexes = _index_classes(model)
    if shares_table:
        table = model.Table
        _check_shared_table(model, adapter, table, [name for name in indexes if name in namespace])
    else:
        table = _table(model, adapter, indexes)
        table.layout.model = model
    refuse_bypassed(model, overridden(model))
    type.__setattr__(model, "_relationships", ChainMap({}, {} if inherited is None else inherited))
    for attribute in ("Table", "__table__"):
        type.__setattr__(model, attribute, table)
    for name in adapter.fields:
        if name not in model._dynamorm_computed:
            setattr(model, name, FieldPath((name,)))
    for name, index in indexes.items():
        bound = index.bound(table.layout)
        type.__setattr__(model, name, bound)
        table.indexes.setdefault(index.name, bound)
    root = [base for base in model.__mro__ if isinstance(base, ModelMeta)][-1]
    composed = _composed_keys(model, adapter, table)
    kind = _kind(model, table, adapter, composed)
    outline = Outline(model, table, indexes, model._relationships, vars(root)["__init__"], composed, kind)
    if all(field.unresolved is None for field in adapter.fields.values()):
        outline.complete(adapter)
    else:
        outline.complete_later(adapter)
    if kind is not None:
        kind.register(table.layout.spec, table.layout.index_classes)


def _kind(model: ModelMeta, table: ModelTable, adapter: SchemaAdapter, composed: ComposedKeys | None) -> Kind | None:
    """Return the kind of a *model* that shares its table with others; ``None`` for most models."""
    if table.kind is None and model._dynamorm_kind is None and not _shares(table._settings):
        return None
    from dynamorm.model.shared_tables.defining import kind_for  # deferred: start-up cost

    kind = kind_for(model, table, adapter, composed)
    type.__setattr__(model, "_dynamorm_kind", kind)
    return kind


def _composed_keys(model: ModelMeta, adapter: SchemaAdapter, table: ModelTable) -> ComposedKeys | None:
    """Return the keys of a *model* that templates compose from the fields of its *adapter*."""
    settings = table.key_settings()
    if not any(each.has_template for each in settings):
        return None
    from dynamorm.model.table.composed_keys import composed_keys  # deferred: start-up cost

    return composed_keys(
        model.__name__,
        adapter,
        settings,
        separator=table.separator,
        escape=table.escape,
        unordered=table.unordered_range_key,
        owner=table.settings_owner,
    )


def _shares(settings: object) -> bool:
    """Return whether the *settings* of a model are those of a shared table."""
    return hasattr(settings, "_dynamorm_table")


def _ttl_setting(model: ModelMeta, adapter: SchemaAdapter) -> Any:
    """Return the field by which the items of a *model* expire, as its ``Table`` names it."""
    if not (isinstance(model.Table, type) and _shares(model.Table)):
        return getattr(model.Table, "ttl", None)
    from dynamorm.model.shared_tables.model_tables import ttl_field  # deferred: start-up cost

    return ttl_field(model.Table, adapter, f"the Table of {model.__name__}")


def _schema_adapter(model: ModelMeta, namespace: Mapping[str, Any], *, is_child: bool) -> SchemaAdapter:
    """Return the adapter of a *model*'s schema, which a child may share with its parent."""
    made = vars(model).get(MADE_SCHEMA)
    adapter = model._adapter if is_child and "Schema" not in namespace and made is None else _adapter(model)
    if made is None and any(MAPPED_FIELDS in vars(base) for base in model.__mro__):
        from dynamorm.model.typed.schemas import check_described  # deferred: start-up cost

        check_described(model, adapter)
    return adapter


def _is_part_of(model: ModelMeta, value: object) -> bool:
    """Return whether a *value* is a model's own table, schema or index, which a test puts back after a replacement."""
    mapper: Mapper | None = getattr(model, "_mapper", None)
    if mapper is None:
        return False
    if isinstance(value, ModelTable):
        return value.layout is mapper.table
    return value is mapper.adapter.schema or getattr(value, "_mapper", None) is mapper


def _is_abstract(model: ModelMeta, namespace: dict[str, Any]) -> bool:
    """Return whether a *model* is an abstract base: its own ``Table`` says so, or it has neither Table nor Schema."""
    table = namespace.get("Table")
    if isinstance(table, type) and vars(table).get("abstract"):
        return True
    return getattr(model, "Table", None) is None and getattr(model, "Schema", None) is None


def _warn_of_meta(model: ModelMeta, namespace: dict[str, Any]) -> None:
    if isinstance(namespace.get("Meta"), type):
        from warnings import warn  # deferred: start-up cost

        warn(
            f"The inner class 'Meta' of {model.__name__} has no effect. The settings of the table belong in 'Table', "
            "and those of the schema library in 'Schema'.",
            stacklevel=3,
        )


def _adapter(model: ModelMeta) -> SchemaAdapter:
    made = vars(model).get(MADE_SCHEMA)
    definition: object = model.Schema if made is None else made
    if not isinstance(definition, type):
        raise DynaModelException(f"The 'Schema' of {model.__name__} must be a class, not {type(definition).__name__}.")
    library = getattr(model.Table, "schema_library", None)
    if not isinstance(library, str | None):
        raise DynaModelException(
            f"The schema_library in the Table of {model.__name__} is the name of a plugin, such as 'pydantic', not "
            f"{type(library).__name__}."
        )
    adapter = finder().schema_for(model.__name__, definition, library).adapt(model.__name__, definition)
    if all(field.stored_form is None for field in adapter.fields.values()):
        return adapter
    from dynamorm.model.table.stored_forms import with_stored_forms  # deferred: start-up cost

    return with_stored_forms(model.__name__, adapter)


def _table(model: ModelMeta, adapter: SchemaAdapter, indexes: dict[str, type[Index]]) -> ModelTable:
    settings: object = model.Table
    if not isinstance(settings, type):
        raise DynaModelException(f"The 'Table' of {model.__name__} must be a class, not {type(settings).__name__}.")
    if _shares(settings):
        from dynamorm.model.shared_tables.model_tables import shared_model_table  # deferred: start-up cost

        shared_table = shared_model_table(model.__name__, settings, adapter, indexes)
        shared_table.layout.index_classes.update((index.name, name) for name, index in indexes.items())
        return shared_table
    attributes = {**settings_of(settings, ModelTable.__annotations__), "_settings": settings}
    table_class = type(f"{model.__name__}Table", (ModelTable,), attributes)
    hash_key = getattr(settings, "hash_key", "")
    unordered = bool(getattr(settings, "unordered_range_key", False))
    index_tuple = tuple(
        index_settings(model.__name__, index, adapter, hash_key, unordered=unordered) for index in indexes.values()
    )
    refuse_same_names(model.__name__, index_tuple)
    table: ModelTable = table_class(model.__name__, adapter, index_tuple)
    table.layout.index_classes.update((index.name, name) for name, index in indexes.items())
    return table


def _check_shared_table(model: ModelMeta, adapter: SchemaAdapter, table: ModelTable, own_indexes: list[str]) -> None:
    if own_indexes:
        raise DynaModelException(
            f"The index {own_indexes[0]} of {model.__name__} belongs to no table: {model.__name__} shares the table "
            f"'{table.name}' of its parent. Define the index there, or give {model.__name__} an inner class 'Table' of "
            "its own."
        )
    fields = {field.attribute: field for field in adapter.fields.values()}
    composed = {name for each in table.key_settings() for name in each.composed_attributes()}
    for attribute in table.layout.spec.key_attributes:
        if attribute.name in composed:
            continue
        if attribute.name not in fields or fields[attribute.name].key_type != attribute.type:
            raise InvalidSchemaField(
                f"The Schema of {model.__name__} has no field for '{attribute.name}', which is "
                f"{KEY_TYPE_NAMES[attribute.type]} in the primary key of the table '{table.name}' that it shares with "
                f"its parent. Inherit from the parent's Schema, or give {model.__name__} an inner class 'Table' of its "
                "own."
            )
    for attribute in (*table.spec.range_keys, *(key for index in table.spec.indexes for key in index.range_keys)):
        if attribute.name in fields:
            label = f"the Table that {model.__name__} shares with its parent"
            range_attribute(adapter, fields[attribute.name].name, label, unordered=table.unordered_range_key)


def _index_classes(model: ModelMeta) -> dict[str, type[Index]]:
    """Return the index classes of a model by their names in the class, including those of its parents."""
    names = (name for name in dir(model) if not (name.startswith("__") or name in OF_COMPLETE_MODELS))
    named = {name: getattr(model, name, None) for name in names}
    for name, value in list(named.items()):
        if isinstance(value, Index):
            named[name] = value.as_class(name, model.__module__)
            type.__setattr__(model, name, named[name])
            continue
        if not isinstance(value, type) or _is_index(value):
            continue
        if hasattr(value, "hash_key") and hasattr(value, "projection"):
            raise DynaModelException(
                f"'{name}' of {model.__name__} looks like an index, but does not inherit from GlobalIndex or "
                f"LocalIndex, so it would be ignored. Write class {name}(GlobalIndex)."
            )
    return {name: value for name, value in named.items() if _is_index(value)}


def _is_index(value: object) -> TypeGuard[type[Index]]:
    return isinstance(value, type) and issubclass(value, Index)


def _refuse_shared_attributes(model: ModelMeta, adapter: SchemaAdapter) -> None:
    names: dict[str, str] = {}
    for name, field in adapter.fields.items():
        other = names.setdefault(field.attribute, name)
        if other != name:
            raise DynaModelException(
                f"The fields '{other}' and '{name}' of {model.__name__} are both stored as the attribute "
                f"'{field.attribute}', where one would overwrite the other. Give each its own attribute{ALIASES}."
            )


def _refuse_hidden_names(model: ModelMeta, adapter: SchemaAdapter) -> None:
    keys = {
        name
        for keyed in (model.Table, *_index_classes(model).values())
        for key in KEY_SETTINGS
        for name in setting_names(getattr(keyed, key, None))
    }
    for name in adapter.fields:
        existing = getattr(model, name, None)
        if name in CONSTRUCTOR_PARAMETERS:
            what = f"a parameter of the constructor of {model.__name__}"
        elif name in keys and name in key_parameters(model):
            what = f"a parameter of the verbs of {model.__name__}, which take keys as keywords"
        elif is_taken(model, name) and not isinstance(existing, FieldPath):
            what = f"an attribute of the class {model.__name__}"
        else:
            continue
        how = f" as the schema library does{ALIASES}"
        if vars(model).get(MADE_SCHEMA) is not None:
            how = f": {name}_: Mapped[…] = mapped(attribute='{name}')"
        raise DynaModelException(
            f"The field '{name}' of {model.__name__} would hide {what}. Rename the field, for example to '{name}_', "
            f"and map it to the attribute '{name}'{how}."
        )
