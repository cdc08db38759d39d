"""Relationships between models: ``OneToOne``, ``OneToMany``, ``ManyToOne``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, Self, overload

from dynamorm.data.arguments import checks_arguments
from dynamorm.exceptions import DynaModelException, ValidationError
from dynamorm.model.constraints.declared import Count, OnDelete, ReferenceRules, Sum
from dynamorm.model.mapping.related import cached_items
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.names import OF_COMPLETE_MODELS
from dynamorm.model.relationships import registry
from dynamorm.model.relationships.base import BackReference, LookupsOf, Other, Relationship, snake_case
from dynamorm.model.relationships.to_one import ToOne

if TYPE_CHECKING:
    from dynamorm.model.reads.query_sets import QuerySet


class OneToMany(Relationship[Other]):
    """The relationship of an instance to many instances of another model: a query set, which is read again each time.

    ``replies = OneToMany(Reply, query=lambda thread: {"thread": thread.subject})``. See :class:`Relationship` for the
    arguments. The back reference is a :class:`ManyToOne`.
    """

    is_many_side = False
    leads_to_many = True

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> QuerySet[Other]: ...
    def __get__(self, instance: object | None, owner: type) -> Self | QuerySet[Other]:
        if instance is None:
            return self
        from dynamorm.model.reads.query_sets import QuerySet  # deferred: start-up cost

        lookups, held = self.lookups(instance), cached_items(instance, self.name)
        found = held.items if held is not None and held.lookups == lookups else None
        return QuerySet(partial(self.reader, instance), lookups, held=found)

    def __set__(self, instance: object, value: object) -> None:
        raise DynaModelException(
            f"{self} is the many side of a relationship, and can't be assigned to. Save each {self.other.__name__} "
            "with the fields that relate it."
        )

    def __delete__(self, instance: object) -> None:
        raise DynaModelException(
            f"{self} is the many side of a relationship, and can't be deleted. Delete each {self.other.__name__}."
        )

    def _make_back_reference(
        self, other: type[Any], query: LookupsOf, index: str | None, back_query: LookupsOf
    ) -> Relationship[Any]:
        return ManyToOne(other, query, index, back_query, back_reference=None)


class OneToOne(ToOne[Other]):
    """The relationship of an instance to one of another model, each to no more than one.

    Use it to keep rarely needed parts of a large item in a table of their own. See :class:`Relationship` and
    :class:`ToOne` for the arguments; *auto_create* is the default. The back reference is a ``OneToOne`` too, without
    *auto_create*, since a back reference saves nothing.
    """

    is_many_side = False
    copies_key = True
    creates = True

    def _make_back_reference(
        self, other: type[Any], query: LookupsOf, index: str | None, back_query: LookupsOf
    ) -> Relationship[Any]:
        return OneToOne(other, query, index, back_query, back_reference=None, auto_create=False)


class ManyToOne(ToOne[Other]):
    """The relationship of each of many instances to one of another model.

    See :class:`Relationship` and :class:`ToOne` for the arguments. The back reference is a :class:`OneToMany`. Rules
    make writes transactions; they need a query that returns the primary key of the other model.

    Args:
        required: The other instance must exist when this one is put, or refers to another one.
        on_delete: :data:`~dynamorm.PROTECT`: an instance that others refer to can't be deleted. It needs a
            :class:`~dynamorm.Count` without ``where``.
        counters: :class:`~dynamorm.Count` and :class:`~dynamorm.Sum`, which are kept in fields of the other instance.

    Raises:
        DynaModelException: The rules don't fit together.
    """

    is_many_side = True
    copies_key = False

    @checks_arguments
    def __init__(  # noqa: PLR0917 - the order is DynamORM 0.11's
        self,
        other: type[Other] | Callable[[], type[Other]] | str,
        query: LookupsOf,
        index: str | None = None,
        back_query: LookupsOf | None = None,
        back_index: str | None = None,
        back_reference: BackReference = snake_case,
        auto_create: bool | None = None,
        *,
        required: bool = False,
        on_delete: OnDelete | None = None,
        counters: Sequence[Count | Sum] = (),
    ) -> None:
        super().__init__(other, query, index, back_query, back_index, back_reference, auto_create)
        if required or on_delete is not None or counters:
            self.rules = ReferenceRules(required, on_delete, counters)

    def declare(self) -> None:
        """Look for the other model, and let the rules hold for this one in any case."""
        super().declare()
        if self.rules is not None:
            from dynamorm.model.constraints.defined import constrain_again  # deferred: start-up cost

            constrain_again(self.model)

    def bind(self, model: type[Any]) -> None:
        """Set the other *model*, and the back reference on it, and let the rules hold for it."""
        super().bind(model)
        if self.rules is not None:
            from dynamorm.model.constraints.defined import bind_rules  # deferred: start-up cost

            bind_rules(self, model, self._index)

    def _make_back_reference(
        self, other: type[Any], query: LookupsOf, index: str | None, back_query: LookupsOf
    ) -> Relationship[Any]:
        return OneToMany(other, query, index, back_query, back_reference=None)


def declare(model: type[Any], namespace: Mapping[str, Any]) -> None:
    """Bind the relationships of a *model* to their other models, and the relationships that wait for this one to it."""
    relationships = model._relationships
    own = [value for value in namespace.values() if isinstance(value, Relationship)]
    for name in dir(model):
        value = None if name in OF_COMPLETE_MODELS else getattr(model, name, None)
        if not isinstance(value, Relationship):
            continue
        if not hasattr(value.model, "_relationships"):
            # It belongs to a mixin: each model that inherits from that gets a relationship of its own.
            value = copy(value)
            value.__set_name__(model, name)
            setattr(model, name, value)
            own.append(value)
        if relationships.get(name) is not value:
            relationships[name] = value
    for value in own:
        value.declare()
    registry.register(model)


def pop_related(model: type[StoredInstance], raw: dict[str, Any]) -> dict[ToOne[Any], Any]:
    """Remove related instances from the values *raw* for a new instance, and add the values that refer to them."""
    mapper = model._mapper
    found: dict[ToOne[Any], Any] = {}
    if not mapper.relationships:
        return found
    for name in [name for name in raw if name in mapper.relationships]:
        relationship, value = mapper.relationships[name], raw.pop(name)
        if value is None:
            continue
        if not isinstance(relationship, ToOne):
            raise DynaModelException(
                f"{relationship} is the many side of a relationship, and can't be given as a value of an instance."
            )
        relationship.check(value)
        found[relationship] = value
    for relationship, value in found.items():
        if relationship.lacks_key(value):
            relationship.give_key(_draft(model, raw), value)
        raw.update(relationship.referring_values(mapper, raw, value))
    return found


def _draft(model: type[StoredInstance], raw: Mapping[str, Any]) -> StoredInstance:
    """Return an instance with the values *raw* as far as they are valid, for the query of a relationship."""
    draft = model.__new__(model)
    with suppress(ValidationError):
        draft.__dict__.update(model._mapper.validated(raw, partial=True))
    return draft
