"""The kind of a model that is being defined, from the settings in its ``Table``."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.query.arguments import kind_of as type_of_argument
from dynamorm.model.shared_tables.model_tables import SharedModelTable
from dynamorm.model.shared_tables.shared_kinds import SharedKind
from dynamorm.model.table.composed_keys import ComposedKeys
from dynamorm.model.table.keys import capitalized
from dynamorm.model.table.kind_registry import OWN_KINDS, KindOf, KindRegistry
from dynamorm.model.table.kinds import Kind
from dynamorm.model.tables import ModelTable
from dynamorm.ports.schemas import SchemaAdapter

#: Where the registry of a family of models is kept, in the class that the others inherit from.
_REGISTRY = "_dynamorm_kinds"


def kind_for(model: Any, table: ModelTable, adapter: SchemaAdapter, composed: ComposedKeys | None) -> Kind | None:
    """Return the kind of a *model* with this *table*; ``None`` if its items have none.

    *composed* are the keys that its templates compose.

    The models that inherit from one another and have tables of one name are a family, with one registry.

    Raises:
        DynaModelException: The settings are invalid, or differ from those of the model that it inherits from.
    """
    if isinstance(table, SharedModelTable):
        return _shared_kind(model, table, adapter, composed)
    base = next(_bases_on(model, table.name), None)
    if table.kind is None and (base is None or not _has_kinds(base)):
        return None
    parent: Kind | None = None if base is None else base._dynamorm_kind
    if table.kind is None and parent is not None:
        names = parent.names
    else:
        names = parse_names(table.kind, f"the Table of {model.__name__}")
    root = [model, *_bases_on(model, table.name)][-1]
    registry: KindRegistry[Kind] | None = vars(root).get(_REGISTRY)
    if registry is None or root is model:
        if not (root is model or _is_abstract(root)):
            raise DynaModelException(
                f"{model.__name__} has the kind '{names[0]}', but {root.__name__}, whose table '{table.name}' it "
                f"shares, has none, so their items could not be told apart. Give the Table of {root.__name__} a kind."
            )
        registry = KindRegistry(f"the table '{table.name}'", _attribute(table), _function(table))
        type.__setattr__(root, _REGISTRY, registry)
    _check_same_table(model, table, registry)
    table.layout.kinds = registry
    is_view = parent is not None and names == parent.names
    if not is_view:
        _refuse_key(table, registry.attribute)
    return Kind(
        registry,
        model,
        names,
        is_root=root is model,
        is_view=is_view,
        field=_field_of(adapter, registry.attribute),
    )


def _shared_kind(
    model: Any, table: SharedModelTable, adapter: SchemaAdapter, composed: ComposedKeys | None
) -> SharedKind:
    """Return the kind of a *model* of a shared table."""
    assert composed is not None, "a model of a shared table has a template"
    registry = table._shared.registry
    bases = [base for base in model.__mro__[1:] if _is_on(base, registry)]
    family = bases[-1] if bases else model
    parent: Kind | None = next((kind for base in bases if (kind := base._dynamorm_kind) is not None), None)
    label = f"the Table of {model.__name__}"
    if table.kind is not None:
        names = parse_names(table.kind, label)
    elif parent is not None:
        names = parent.names
    elif not registry.attribute:
        names = (model.__name__,)
    else:
        raise DynaModelException(
            f"{capitalized(label)} needs a kind, such as kind = '{model.__name__.lower()}': it is stored as "
            f"'{registry.attribute}', and tells the models of {registry.label} apart."
        )
    kind = SharedKind(
        registry,
        model,
        names,
        family=family,
        composed=composed,
        written=composed.attributes.union(field.attribute for field in adapter.fields.values()),
        overlaps=_overlaps(table, label),
        is_view=parent is not None and names == parent.names,
        field=_field_of(adapter, registry.attribute),
    )
    _refuse_another_key(kind)
    _refuse_another_index_key(kind)
    table.layout.kinds = registry
    return kind


def _is_on(base: Any, registry: KindRegistry[Any]) -> bool:
    """Return whether a *base* of a model is a model, or an abstract one, of the shared table of this *registry*."""
    table = vars(base).get("Table") if issubclass(base, StoredInstance) else None
    if isinstance(table, SharedModelTable):
        return table._shared.registry is registry
    shared = getattr(table, "_dynamorm_table", None) if isinstance(table, type) else None
    return shared is not None and shared.registry is registry


def _refuse_another_key(kind: SharedKind) -> None:
    """Raise ``DynaModelException`` if the primary key of a *kind* differs from that of its family."""
    primary = kind.composed.primary
    others: Iterator[Any] = iter(kind.registry.kinds.values())
    for other in others:
        theirs = other.composed.primary
        if other.family is not kind.family or primary is None or theirs is None:
            continue
        if [each.text for each in primary.templates] != [each.text for each in theirs.templates]:
            raise DynaModelException(
                f"{kind.model.__name__} and {other.model.__name__} have the primary key of {kind.family.__name__}, "
                f"which they inherit from: {' and '.join(repr(each.text) for each in theirs.templates)}. Leave "
                f"hash_key and range_key out of the Table of {kind.model.__name__}."
            )


def _refuse_another_index_key(kind: SharedKind) -> None:
    """Raise ``DynaModelException`` if the key of an index differs from that of a model that *kind* inherits from.

    A query of the index by that model, which reads the items of both, would not find those of *kind*.
    """
    others: Iterator[Any] = iter(kind.registry.kinds.values())
    for other in others:
        if other.model is kind.model or not issubclass(kind.model, other.model):
            continue
        for name, key in kind.composed.indexes.items():
            theirs = other.composed.indexes.get(name)
            if theirs is None or [each.text for each in key.templates] == [each.text for each in theirs.templates]:
                continue
            raise DynaModelException(
                f"{kind.model.__name__} and {other.model.__name__}, which it inherits from, have different keys in the "
                f"index '{name}': {' and '.join(repr(each.text) for each in theirs.templates)} is that of "
                f"{other.model.__name__}, whose queries of the index would not find items of {kind.model.__name__}. "
                "Leave the templates out, or use another index."
            )


def _overlaps(table: SharedModelTable, label: str) -> frozenset[str]:
    given = table.overlaps
    if (
        not isinstance(given, Collection)
        or isinstance(given, str)
        or not all(isinstance(each, (str, type)) for each in given)
    ):
        raise DynaModelException(f"The overlaps of {label} are a list of names of models, such as ['Invoice'].")
    return frozenset(each if isinstance(each, str) else each.__name__ for each in given)


def _field_of(adapter: SchemaAdapter, attribute: str) -> str | None:
    """Return the name of the field that is stored as an *attribute*."""
    return next((name for name, field in adapter.fields.items() if field.attribute == attribute), None)


def parse_names(given: object, label: str) -> tuple[str, ...]:
    """Return the names in the setting ``kind`` of a ``Table``, which *label* names in errors."""
    names = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise DynaModelException(
            f"The kind of {label} is a string such as 'order', or a list of strings, of which the first is written and "
            f"all are read, not {type_of_argument(given)}."
        )
    for name in names:
        if name.startswith(OWN_KINDS):
            raise DynaModelException(
                f"The kind '{name}' of {label} begins with '{OWN_KINDS}', which is for the items of the library "
                "itself. Give it another name."
            )
    return tuple(dict.fromkeys(names))


def _bases_on(model: Any, name: str) -> Iterator[Any]:
    """Yield the models that a *model* inherits from and that share its table of this *name*, nearest first."""
    for base in model.__mro__[1:]:
        own = vars(base).get("Table")
        if own is not None and issubclass(base, StoredInstance) and getattr(own, "name", None) == name:
            yield base


def _has_kinds(base: Any) -> bool:
    return getattr(base, "_dynamorm_kind", None) is not None


def _is_abstract(base: Any) -> bool:
    return isinstance(vars(base)["Table"], type)


def _attribute(table: ModelTable) -> str:
    if not isinstance(table.kind_attribute, str) or not table.kind_attribute:
        raise DynaModelException(
            f"The kind_attribute of the Table of {table.layout.model_name} is the name of the attribute that holds the "
            "kind, a string."
        )
    return table.kind_attribute


def _function(table: ModelTable) -> KindOf | None:
    function: KindOf | None = getattr(table._settings, "kind_of", None)
    if function is not None and not callable(function):
        raise DynaModelException(
            f"The kind_of of the Table of {table.layout.model_name} is a function that returns the kind of an item "
            f"that has no attribute '{table.kind_attribute}'."
        )
    return function


def _refuse_key(table: ModelTable, attribute: str) -> None:
    if attribute in [each.name for each in table.layout.spec.key_attributes]:
        raise DynaModelException(
            f"The attribute '{attribute}' is part of the primary key of '{table.name}' and can't be the kind of "
            f"{table.layout.model_name}. Name another one with kind_attribute."
        )


def _check_same_table(model: Any, table: ModelTable, registry: KindRegistry[Kind]) -> None:
    """Raise ``DynaModelException`` if the *table* of a *model* differs from that of the models of its family."""
    if _attribute(table) != registry.attribute:
        raise DynaModelException(
            f"The kind_attribute of the Table of {model.__name__} is '{table.kind_attribute}', and that of the models "
            f"that it shares the table '{table.name}' with is '{registry.attribute}'. Leave it out."
        )
    for other in registry.models:
        spec, theirs = table.layout.spec, other.__table__.layout.spec
        if spec == theirs or other.__qualname__ == model.__qualname__:
            continue
        what = "indexes" if spec.key_attributes == theirs.key_attributes else "primary key"
        raise DynaModelException(
            f"{model.__name__} and {other.__name__} have their items in the table '{table.name}', which has the same "
            f"{what} for both. Define {'the indexes' if what == 'indexes' else 'the key'} in the model that they "
            f"inherit from, or give {model.__name__} a table with another name."
        )
