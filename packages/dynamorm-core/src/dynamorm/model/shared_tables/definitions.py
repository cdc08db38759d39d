"""The definition of a shared table: its keys, indexes and settings by the names of attributes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from dynamorm.exceptions import DynaModelException, InvalidKey
from dynamorm.model.indexes import Index, index_settings
from dynamorm.model.key_templates.declared import Key
from dynamorm.model.shared_tables.attributes import AttributeSchema, parse_key_types
from dynamorm.model.shared_tables.shared_kinds import SharedRegistry
from dynamorm.model.table.index_settings import IndexSettings, KeySettings, refuse_same_names
from dynamorm.model.table.keys import named_fields, required_setting
from dynamorm.model.table.kind_registry import KindOf
from dynamorm.model.tables import ModelTable
from dynamorm.ports.schemas import SchemaAdapter

#: The settings of a shared table that are those of its models, too.
TABLE_SETTINGS = (
    "name",
    "hash_key",
    "range_key",
    "separator",
    "escape",
    "read",
    "write",
    "stream",
    "ttl",
    "hide_expired",
    "deletion_protection",
    "table_class",
    "tags",
    "session_kwargs",
    "resource_kwargs",
    "backend_options",
    "backend",
    "rate",
)
#: What only the Table of a model can say.
OF_MODELS = ("version", "write_token", "unordered_range_key", "schema_library", "kind_attribute", "overlaps")
KEYS = ("hash_key", "range_key")
#: What else a shared table may say.
OTHER_SETTINGS = ("kind", "key_types")


class SharedDefinition(ModelTable):
    """The table of a shared table's class."""

    _label_of = "{}"

    #: The kinds of its models.
    registry: SharedRegistry
    #: The attributes that the class names, as the fields of a schema.
    adapter: SchemaAdapter

    def _known_settings(self) -> Collection[str]:
        return (*TABLE_SETTINGS, *OTHER_SETTINGS)

    def key_settings(self) -> list[KeySettings]:
        """Return no settings: only models have templates."""
        return []

    def index_settings(self, name: str) -> IndexSettings:
        """Return the settings of the index of this *name*."""
        return next(each for each in self._indexes if each.spec.name == name)


def define(shared: type[Any], indexes: Mapping[str, type[Index]]) -> SharedDefinition:
    """Return the definition of a *shared* table from its class, with these *indexes* by their names in the class.

    Raises:
        DynaModelException: A setting is invalid.
        MissingTableAttribute: A setting is missing.
    """
    label = shared.__name__
    keyed = [shared, *indexes.values()]
    for each, owner in zip(keyed, (label, *(f"the index {name} of {label}" for name in indexes)), strict=True):
        for key in KEYS:
            _refuse_template(each, key, owner)
    hash_key = required_setting(shared, "hash_key", label)
    _refuse_settings_of_models(shared)
    keys = [name for each in keyed for key in KEYS for name in named_fields(getattr(each, key, None))]
    types = parse_key_types(getattr(shared, "key_types", None), keys, label)
    ttl = getattr(shared, "ttl", None)
    if isinstance(ttl, str) and ttl not in keys:
        types[ttl] = "N"
    names = dict.fromkeys((*keys, *([ttl] if isinstance(ttl, str) else [])))
    adapter = AttributeSchema(shared, names, types)
    index_tuple = tuple(index_settings(label, each, adapter, hash_key, unordered=False) for each in indexes.values())
    refuse_same_names(label, index_tuple)
    settings = {name: getattr(shared, name) for name in TABLE_SETTINGS if hasattr(shared, name)}
    definition_class = type(f"{label}Definition", (SharedDefinition,), {**settings, "_settings": shared})
    definition: SharedDefinition = definition_class(label, adapter, index_tuple)
    definition.layout.index_classes.update((each.name, name) for name, each in indexes.items())
    registry = SharedRegistry(label, _attribute(shared, keys), _function(shared))
    definition.layout.kinds = registry
    vars(definition).update(registry=registry, adapter=adapter)
    return definition


def index_classes(shared: type[Any]) -> Iterator[tuple[str, type[Index]]]:
    """Yield the index classes of a *shared* table with their names in its class."""
    for name in dir(shared):
        value = None if name.startswith("__") else getattr(shared, name, None)
        if isinstance(value, Index):
            value = value.as_class(name, shared.__module__)
        if isinstance(value, type) and issubclass(value, Index):
            yield name, value


def _refuse_settings_of_models(shared: type[Any]) -> None:
    for name in OF_MODELS:
        if getattr(shared, name, None) is not None:
            raise DynaModelException(
                f"'{name}' in {shared.__name__} belongs in the Table of a model: it concerns the items of one model."
            )


def _refuse_template(keyed: type[Any], setting: str, label: str) -> None:
    if isinstance(getattr(keyed, setting, None), Key):
        raise InvalidKey(
            f"The {setting} of {label} is a Key, but a shared table names attributes: {setting} = 'pk'. Templates "
            "belong in the inner class 'Table' of each model, and in the models' classes of indexes."
        )


def _attribute(shared: type[Any], keys: Collection[str]) -> str:
    """Return the attribute that holds the kind; empty if nothing does."""
    given = getattr(shared, "kind", None)
    if given is None:
        return ""
    if not isinstance(given, str) or not given:
        raise DynaModelException(
            f"The kind of {shared.__name__} is the name of the attribute that tells its models apart, or None if their "
            "keys do. The kind of a model belongs in the Table of the model."
        )
    if given in keys:
        raise DynaModelException(
            f"The kind of {shared.__name__} is '{given}', which is a key of the table or of an index. Name another "
            "attribute."
        )
    return given


def _function(shared: type[Any]) -> KindOf | None:
    function: KindOf | None = getattr(shared, "kind_of", None)
    if function is not None and not callable(function):
        raise DynaModelException(f"The kind_of of {shared.__name__} is a function that returns the kind of an item.")
    return function
