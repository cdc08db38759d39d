"""Reads of several models: one request for the items of all of them, each an instance of its own class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.query.arguments import request_parameters
from dynamorm.model.query.expressions import Expression
from dynamorm.model.reads.collections import CollectionQuery, CollectionScan
from dynamorm.model.shared_tables.collection_fields import CollectionFields, shared_attributes
from dynamorm.model.shared_tables.collection_kinds import CollectionKinds
from dynamorm.model.shared_tables.collection_operations import Collection
from dynamorm.model.shared_tables.definitions import SharedDefinition
from dynamorm.model.shared_tables.shared_kinds import SharedKind, SharedRegistry


class CollectionMapper:
    """What a read needs of a mapper, for the models of a shared table together."""

    composed = None

    def __init__(self, shared: SharedDefinition, fields: CollectionFields, kinds: CollectionKinds) -> None:
        self.model_name = shared.layout.model_name
        self.table = shared.layout
        self.fields = fields
        self.kind = kinds
        self.relationships: dict[str, Any] = {}

    @property
    def spec(self) -> TableSpec:
        """The keys and indexes of the table, with its name on the current connection."""
        return self.table.spec_in_force()

    def refuse_reverse(self, index: str | None) -> None:
        """Refuse nothing: the keys of a shared table sort as they are."""


def query(
    shared: SharedDefinition,
    index: IndexSpec | None,
    given: Sequence[object],
    query_kwargs: Mapping[str, Any] | None,
    lookups: Mapping[str, Any],
) -> CollectionQuery[Any]:
    """Return the read of a query of a *shared* table, or an *index* of it; *given* are models and expressions."""
    parameters = request_parameters(query_kwargs, "query_kwargs", "{'Limit': 10}")
    index = shared.layout.index(parameters.pop("IndexName", None)) or index
    expressions, collection, mapper = _collection(shared, index, given, "query")
    operation, kinds = collection.query(expressions, lookups)
    if kinds and not collection.named:
        mapper.kind = CollectionKinds(shared.registry, shared.layout.spec, kinds, "raise", is_named=False)
    return CollectionQuery(
        cast("Mapper", mapper), mapper.kind.loader(), operation, parameters, partial=_is_partial(index)
    )


def scan(
    shared: SharedDefinition,
    index: IndexSpec | None,
    given: Sequence[object],
    scan_kwargs: Mapping[str, Any] | None,
    lookups: Mapping[str, Any],
) -> CollectionScan[Any]:
    """Return the read of a scan of a *shared* table, or an *index* of it; *given* are models and expressions."""
    parameters = request_parameters(scan_kwargs, "scan_kwargs", "{'Limit': 10}")
    index = shared.layout.index(parameters.pop("IndexName", None)) or index
    expressions, collection, mapper = _collection(shared, index, given, "scan")
    operation = collection.scan(expressions, lookups)
    return CollectionScan(
        cast("Mapper", mapper), mapper.kind.loader(), operation, parameters, partial=_is_partial(index)
    )


def _collection(
    shared: SharedDefinition, index: IndexSpec | None, given: Sequence[object], verb: str
) -> tuple[list[Expression], Collection, CollectionMapper]:
    label, registry = shared.layout.model_name, shared.registry
    models = [each for each in given if isinstance(each, type)]
    named = tuple(kind_of_model(shared, model, verb) for model in dict.fromkeys(models))
    registered: tuple[SharedKind, ...] = tuple(dict.fromkeys(registry.kinds.values()))
    read = [kind.model for kind in dict.fromkeys((*named, *_children(named, registered)))] if named else registry.models
    fields = CollectionFields(label, read, shared_attributes(shared.layout.spec, registry.attribute))
    kinds = CollectionKinds(registry, shared.layout.spec, named, "skip" if named else "raise", bool(named))
    mapper = CollectionMapper(shared, fields, kinds)
    expressions: list[Any] = [each for each in given if not isinstance(each, type)]
    for each in expressions:
        _refuse_stranger(registry, each, verb)
    return expressions, Collection(label, mapper.spec, index, fields, named, registered), mapper


def _refuse_stranger(registry: SharedRegistry, given: object, verb: str) -> None:
    """Raise ``DynaModelException`` for what was *given* in place of a model: a name, an instance, or several models."""
    several = given if isinstance(given, (list, tuple, set)) else ()
    listed = [each.__name__ for each in several if isinstance(each, type)]
    if listed:
        advice = f"Give them one by one: {verb}({', '.join(listed)})."
        what = f"a {type(given).__name__} of classes"
    elif isinstance(given, StoredInstance):
        what, advice = f"an instance of {type(given).__name__}", f"Give the class: {verb}({type(given).__name__})."
    elif isinstance(given, str):
        known = [each.__name__ for each in registry.models]
        advice = f"Give the class itself, one of {', '.join(known) or 'none yet'}, or a value by the name of its field."
        what = "a string"
    else:
        return
    raise DynaModelException(f"{registry.label}.{verb} takes models and conditions, and was given {what}. {advice}")


def _children(named: Sequence[SharedKind], registered: Sequence[SharedKind]) -> list[SharedKind]:
    return [each for each in registered if any(issubclass(each.model, kind.model) for kind in named)]


def kind_of_model(shared: SharedDefinition, model: type[Any], verb: str) -> SharedKind:
    """Return the kind of a *model*, which was given to a *verb* of a *shared* table.

    Raises:
        DynaModelException: It is not a model of that table.
    """
    kind = getattr(model, "_dynamorm_kind", None) if issubclass(model, StoredInstance) else None
    name = shared.layout.model_name
    if not isinstance(kind, SharedKind) or kind.registry is not shared.registry:
        raise shared.registry.stranger(model, verb)
    if kind.model is not model:
        raise DynaModelException(
            f"{name}.{verb} takes models with a kind, and {model.__name__} is an abstract base. Name the models that "
            "inherit from it."
        )
    return kind


def _is_partial(index: IndexSpec | None) -> bool:
    return index is not None and index.projection.kind != "ALL"
