"""The definition of a model's constraints, when the model is complete, or gets a relationship that has some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from dynamorm.exceptions import DynaModelException
from dynamorm.model.constraints.constraints import Constraints
from dynamorm.model.constraints.declared import Unique
from dynamorm.model.constraints.references import CountedBy, Reference, RelationshipWithRules
from dynamorm.model.constraints.unique import UniqueRule, unique_rules
from dynamorm.model.mapping.mapper import Mapper

#: The attribute of a model's class with the relationships of other models that count or protect its instances.
COUNTED_BY = "_dynamorm_counted_by"


def constrain(model: Any, mapper: Mapper) -> None:
    """Give the *mapper* of a *model* the constraints that its table, its relationships and those of others declare."""
    table = model.Table
    unique = unique_rules(mapper, table.unique or [], table.guards, partial(_scope, mapper, table._settings))
    if unique and mapper.kind is not None and not mapper.kind.attribute:
        _refuse_shared_guards(model, mapper.kind.registry.models, unique)
    references = tuple(Reference(each, mapper) for each in mapper.relationships.values() if each.rules is not None)
    for reference in references:
        _refuse_expiry(reference)
    counted_by = tuple(CountedBy(each, mapper) for each in getattr(model, COUNTED_BY))
    _refuse_dependent(mapper, unique, references, counted_by)
    has_any = unique or references or counted_by
    mapper.constraints = Constraints(mapper, unique, references, counted_by) if has_any else None


def constrain_again(model: Any) -> None:
    """Give a *model*, and those that inherit from it, their constraints, as far as they are complete already."""
    for each in _with_children(model):
        mapper = _complete_mapper(each)
        if mapper is not None:
            constrain(each, mapper)


def bind_rules(relationship: RelationshipWithRules, other: Any, index: str | None) -> None:
    """Let the *other* model of a *relationship* know that its instances are counted or protected.

    Raises:
        DynaModelException: The relationship uses an *index*, or a counter is no number.
        InvalidSchemaField: A field of a counter does not exist.
    """
    rules = relationship.rules
    assert rules is not None, "it has rules"
    if index is not None:
        raise DynaModelException(
            f"The relationship {relationship} has rules, which need the primary key of {other.__name__}, and uses the "
            f"index '{index}'. Leave out the index, or the rules."
        )
    if not relationship.model.Table.layout.shares_backend_with(other.Table.layout):
        raise DynaModelException(
            f"The relationship {relationship} has rules, and its models are pinned to two backends, which a "
            "transaction can't span. Leave out the rules."
        )
    own, others = _complete_mapper(relationship.model), _complete_mapper(other)
    if others is not None:
        counted_by, present = (CountedBy(relationship, others),), others.constraints
        unique, references = (present.unique, present.references) if isinstance(present, Constraints) else ((), ())
        _refuse_dependent(others, unique, references, counted_by)
        if own is not None:
            Reference(relationship, own).counters()
    constrain_again(relationship.model)
    if rules.counters:
        before: tuple[RelationshipWithRules, ...] = getattr(other, COUNTED_BY)
        kept = (each for each in before if _definition(each) != _definition(relationship))
        type.__setattr__(other, COUNTED_BY, (*kept, relationship))
        constrain_again(other)


def _complete_mapper(model: Any) -> Mapper | None:
    """Return the mapper of a *model* that is complete; ``None`` for one that needs classes that are still missing."""
    mapper = vars(model).get("_mapper")
    return mapper if isinstance(mapper, Mapper) else None


def _definition(relationship: RelationshipWithRules) -> tuple[str, str, str]:
    """Return the place where a *relationship* is defined, which a later definition of it has, too."""
    return relationship.model.__module__, relationship.model.__qualname__, relationship.name


def _with_children(model: Any) -> Iterator[Any]:
    yield model
    for child in type.__subclasses__(model):
        yield from _with_children(child)


def _refuse_dependent(
    mapper: Mapper,
    unique: Iterable[UniqueRule],
    references: Iterable[Reference],
    counted_by: Sequence[CountedBy],
) -> None:
    """Raise ``DynaModelException`` if something depends on a counter of the model of a *mapper*.

    A counter changes in the table, by writes of other models that know neither its value nor the rest of its item.
    """
    if not any(counted.attributes for counted in counted_by):
        return
    groups = () if mapper.composed is None else mapper.composed.groups
    dependent = {path.attribute: f"the key of {group.label}" for group in groups for path in group.names}
    for reference in references:
        dependent |= dict.fromkeys(reference.read_by_counters(), f"a counter of {reference.name}")
    for rule in unique:
        dependent |= dict.fromkeys(rule.attributes, rule.name)
    for counted in counted_by:
        for attribute in counted.attributes:
            if attribute in dependent:
                raise DynaModelException(
                    f"'{mapper.field_name(attribute)}' of {mapper.model_name} is a counter of {counted.name}, which "
                    f"changes in the table, and {dependent[attribute]} depends on it. Use another field there."
                )


def _refuse_shared_guards(model: Any, models: Iterable[Any], unique: Iterable[UniqueRule]) -> None:
    """Raise ``DynaModelException`` if rules of a *model* hold their guards under the keys of another one's.

    The *models* of their table have no kinds, which would tell the guards apart.
    """
    for other in models:
        mapper = _complete_mapper(other)
        related = issubclass(model, other) or issubclass(other, model)
        if related or mapper is None or mapper.constraints is None:
            continue
        theirs = {rule.prefix for rule in mapper.constraints.unique}
        for rule in unique:
            if rule.prefix in theirs and _full_name(other) != _full_name(model):
                raise DynaModelException(
                    f"{rule.name} of {model.__name__} and a rule of {other.__name__} would hold their values under the "
                    "same keys, since their table has no kinds. Give one a name of its own: "
                    f"Unique({', '.join(map(repr, rule.fields))}, name='…')."
                )


def _full_name(model: Any) -> tuple[str, str]:
    """Return the name of a *model*, which a redefinition of it has, too."""
    return model.__module__, model.__qualname__


def _refuse_expiry(reference: Reference) -> None:
    expiry = reference.mapper.table.expiry
    if reference.rules.counters and expiry is not None and expiry.name in reference.mapper.adapter.fields:
        raise DynaModelException(
            f"{reference.name} has counters, and the items of {reference.mapper.model_name} expire by '{expiry.name}': "
            "DynamoDB deletes them without counting them down. Leave out the ttl, or the counters."
        )


def _scope(mapper: Mapper, settings: type[Any], declared: Unique) -> tuple[str, ...]:
    """Return the kind within which the values of a *declared* rule are unique; none without kinds.

    That is the kind of the first model that declares the rule, of those that inherit from one another; of several
    names, the last one, so that items keep their guards when a new name is put in front.
    """
    if mapper.kind is None or not mapper.kind.attribute:
        return ()
    bases = settings.__mro__[::-1]
    declaring = next(each for each in bases if any(map(declared.is_same, vars(each).get("unique") or ())))
    kinds = (vars(each).get("kind") for each in bases if issubclass(each, declaring))
    kind = next((each for each in kinds if each), mapper.kind.names)
    return (kind,) if isinstance(kind, str) else tuple(kind[-1:])
