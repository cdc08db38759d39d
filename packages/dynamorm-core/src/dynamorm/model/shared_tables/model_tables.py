"""The table of a model that is one of several on a shared table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from dynamorm.data.records import record
from dynamorm.data.tables import KeyAttribute, TableSettings, TableSpec
from dynamorm.data.values import KEY_TYPE_NAMES
from dynamorm.exceptions import DynaModelException, InvalidKey, UnknownAttribute
from dynamorm.model.indexes import Index
from dynamorm.model.key_templates.declared import Key
from dynamorm.model.shared_tables.definitions import TABLE_SETTINGS, SharedDefinition
from dynamorm.model.table.expiry import Expiry
from dynamorm.model.table.index_settings import IndexSettings, KeySettings
from dynamorm.model.table.keys import capitalized, named_fields
from dynamorm.model.tables import ModelTable
from dynamorm.ports.schemas import SchemaAdapter

#: What the Table of a model on a shared table may say, besides what belongs to every Table.
OF_MODELS = ("overlaps", "unique", "counters", "guards")
#: The settings that a model has for itself.
_OWN = frozenset({"hash_key", "range_key", "ttl"})
#: The verbs that only the shared table has.
_VERBS = frozenset({"query", "scan", "get_batch", "aget_batch", "transact_get", "atransact_get", "models", "load"})


class SharedModelTable(ModelTable):
    """The table of a model on a shared table. All but the keys, the kind and the version are the shared table's."""

    _shared: SharedDefinition
    overlaps: Collection[str] = ()

    def _known_settings(self) -> Collection[str]:
        return (*ModelTable.__annotations__, *OF_MODELS)

    def _spec_of_settings(self, adapter: SchemaAdapter, indexes: tuple[IndexSettings, ...]) -> TableSpec:
        return self._shared.layout.spec

    def _table_settings(self, expiry: Expiry | None) -> TableSettings:
        return self._shared.table_settings

    @property
    def unprefixed_spec_with_capacity(self) -> TableSpec:
        """The spec to create the shared table from, but for the prefix of its name."""
        return self._shared.unprefixed_spec_with_capacity

    @property
    def settings_owner(self) -> str:
        """The name of the shared table."""
        return self._shared.layout.model_name

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Say where the verbs are that only a shared table has."""
            if name in _VERBS:
                model, shared = self.layout.model_name, self._shared.layout.model_name
                raise UnknownAttribute(
                    f"The Table of {model} has no '{name}', which is a verb of the shared table, {shared}.{name}(…), "
                    f"or of the model, {model}.{name}(…)."
                )
            return super().__getattr__(name)


def shared_of(settings: type[Any]) -> SharedDefinition:
    """Return the definition of the shared table that the *settings* of a model inherit from.

    Raises:
        DynaModelException: They inherit from ``SharedTable`` itself.
    """
    for each in settings.__mro__:
        definition: SharedDefinition | None = vars(each).get("_dynamorm_table")
        if definition is not None:
            return definition
    raise DynaModelException(
        f"{settings.__qualname__} inherits from SharedTable itself, which has no name. Write a class of the shared "
        "table, class Shop(SharedTable), and class Table(Shop) in each of its models."
    )


def ttl_field(settings: type[Any], adapter: SchemaAdapter, label: str) -> str | None:
    """Return the field by which the items of a model expire; ``None`` if they don't.

    It is the one that is stored as the shared table's attribute. Raises
    :class:`~dynamorm.exceptions.DynaModelException` if the *settings* name another one.
    """
    shared = shared_of(settings)
    attribute = shared.ttl
    given = _own_settings(settings, shared).get("ttl")
    found = next((name for name, field in adapter.fields.items() if field.attribute == attribute), None)
    if given is None or given == found:
        return found
    table = shared.layout.model_name
    if attribute is None:
        raise DynaModelException(f"{capitalized(label)} has a ttl, but {table} has none. Set ttl in {table}.")
    raise DynaModelException(
        f"The ttl of {label} is the field '{given}', which is not stored as '{attribute}', the ttl of {table}: a table "
        "has one attribute for it. Map the field to that attribute."
    )


def shared_model_table(
    model_name: str, settings: type[Any], adapter: SchemaAdapter, indexes: Mapping[str, type[Index]]
) -> ModelTable:
    """Return the table of a model whose inner ``Table``, the *settings*, inherits from a shared table.

    Raises:
        DynaModelException: A setting belongs to the shared table, or an index is not one of its.
        InvalidKey: A key is no template.
    """
    shared, label = shared_of(settings), f"the Table of {model_name}"
    own = _own_settings(settings, shared)
    name = shared.layout.model_name
    for setting in own:
        if setting in TABLE_SETTINGS and setting not in _OWN and own[setting] != getattr(shared, setting):
            raise DynaModelException(
                f"'{setting}' in {label} is a setting of the whole table. Set it in {name}, whose models share it."
            )
        if setting == "kind_attribute":
            raise DynaModelException(f"'kind_attribute' in {label} is the 'kind' of {name}. Set it there.")
    spec = shared.layout.spec
    owner = _Owner(own, adapter, label, name)
    keys = {"hash_key": _key(owner, "hash_key", spec.hash_keys)}
    if spec.range_keys:
        keys["range_key"] = _key(owner, "range_key", spec.range_keys)
    elif own.get("range_key") is not None:
        raise InvalidKey(
            f"{capitalized(label)} has a range_key, but {name} has none. Leave it out, or add it to {name}."
        )
    if not any(isinstance(each, Key) for each in keys.values()):
        raise InvalidKey(
            f"The keys of {label} are fields of the schema, without a template. Write hash_key = "
            f"Key('{model_name.upper()}#{{…}}'), so that the models of {name} have keys of their own."
        )
    ttl = ttl_field(settings, adapter, label)
    attributes = {each: getattr(shared, each) for each in TABLE_SETTINGS if each not in _OWN} | own | keys
    attributes |= {
        "_settings": settings,
        "_shared": shared,
        "kind": own.get("kind"),
        "kind_attribute": shared.registry.attribute or "kind",
        "ttl": ttl,
        "hide_expired": shared.hide_expired and ttl is not None,
    }
    table_class = type(f"{model_name}Table", (SharedModelTable,), attributes)
    used = tuple(_use_of(model_name, index, adapter, shared, keys["hash_key"]) for index in indexes.values())
    table: ModelTable = table_class(model_name, adapter, used)
    return table


def _own_settings(settings: type[Any], shared: SharedDefinition) -> dict[str, Any]:
    """Return what the *settings* of a model say that are not those of the *shared* table."""
    found: dict[str, Any] = {}
    for definer in reversed(settings.__mro__):
        if definer not in shared._settings.__mro__:
            found.update({name: value for name, value in vars(definer).items() if not name.startswith("__")})
    return found


@record
class _Owner:
    """A ``Table`` or an index class of a model, which *label* names in errors, and the name of the shared table."""

    own: Mapping[str, Any]
    adapter: SchemaAdapter
    label: str
    table: str


def _key(owner: _Owner, setting: str, attributes: tuple[KeyAttribute, ...]) -> Any:
    """Return a key of a model: a template, or the field, or fields, that are stored as the *attributes* of the key."""
    given, adapter, label, table = owner.own.get(setting), owner.adapter, owner.label, owner.table
    if isinstance(given, Key):
        if len(attributes) > 1:
            raise InvalidKey(
                f"The {setting} of {label} is a Key, but the index has {len(attributes)} attributes there, which are "
                "fields of the schema. Leave it out."
            )
        if given.attribute not in (None, attributes[0].name):
            raise InvalidKey(
                f"The {setting} of {label} names the attribute '{given.attribute}', but that is for {table} to name: "
                f"'{attributes[0].name}'. Leave attribute= out."
            )
        return given
    fields = [_field_stored_as(attribute, adapter) for attribute in attributes]
    names = [name for name in fields if name is not None]
    if len(names) == len(fields) and (given is None or list(named_fields(given)) == names):
        return names[0] if len(names) == 1 else names
    example = f"{setting} = Key('{'ORDER#{order_id}' if setting == 'hash_key' else 'PROFILE'}')"
    if given is None:
        raise InvalidKey(
            f"{capitalized(label)} has no {setting}. Write a template of the fields of its model: {example}. "
            f"'{attributes[0].name}' is the attribute of {table} that holds it."
        )
    if not isinstance(given, str):
        raise InvalidKey(f"The {setting} of {label} must be a Key, such as {example}, not {type(given).__name__}.")
    what = "the attribute" if given in [each.name for each in attributes] else "a field"
    kind = KEY_TYPE_NAMES[attributes[0].type]
    raise InvalidKey(
        f"The {setting} of {label} names {what} '{given}', where a model of {table} has a template of its fields: "
        f"{example}. A field can be the key itself only if it is stored as '{attributes[0].name}', {kind}."
    )


def _field_stored_as(attribute: KeyAttribute, adapter: SchemaAdapter) -> str | None:
    return next(
        (
            name
            for name, field in adapter.fields.items()
            if field.attribute == attribute.name and field.key_type == attribute.type
        ),
        None,
    )


def _use_of(
    model_name: str, index: type[Index], adapter: SchemaAdapter, shared: SharedDefinition, table_hash_key: Any
) -> IndexSettings:
    """Return the settings of a model's use of an *index* of the *shared* table, whose hash key it has."""
    label, name = f"the index {index.__name__} of {model_name}", shared.layout.model_name
    base = next((each for each in index.__mro__ if vars(each).get("_dynamorm_shared") is shared), None)
    if base is None:
        raise DynaModelException(
            f"{capitalized(label)} is not one of {name}: indexes belong to the table, which all of its models share. "
            f"Define it in {name}, with the names of attributes, and write class {index.__name__}({name}.…) here."
        )
    own: dict[str, Any] = {}
    for definer in reversed(index.__mro__):
        if definer not in base.__mro__:
            own.update(vars(definer))
    for setting in ("name", "projection", "read", "write"):
        if setting in own:
            raise DynaModelException(f"The '{setting}' of {label} is that of {name}.{base.__name__}. Set it there.")
    settings = shared.index_settings(index.name)
    spec, owner = settings.spec, _Owner(own, adapter, label, name)
    if spec.kind == "local":
        hash_key = own.get("hash_key", table_hash_key)
        if hash_key != table_hash_key:
            raise InvalidKey(
                f"{capitalized(label)} is local, so it has the hash key of the table, with the same template. Leave "
                "hash_key out."
            )
    else:
        hash_key = _key(owner, "hash_key", spec.hash_keys)
    range_key = _key(owner, "range_key", spec.range_keys) if spec.range_keys else None
    keys = KeySettings(index.name, label, spec, hash_key, range_key, index.only_if)
    if index.only_if is not None and not keys.has_template:
        raise DynaModelException(
            f"{capitalized(label)} has 'only_if', which needs a key that a Key composes: an item is in the index of a "
            "field whenever it has the field."
        )
    return IndexSettings(spec, settings.read, settings.write, keys)
