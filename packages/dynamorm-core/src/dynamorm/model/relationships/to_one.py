"""Relationships to one instance: read once, assigned, deleted, and loaded for many instances at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self, TypeVar, overload

from dynamorm.exceptions import DynaModelException, NoRelatedInstance
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.related import Related, cached_related, set_cached
from dynamorm.model.mapping.stored_instances import field_values, is_new
from dynamorm.model.query.conditions import condition_of
from dynamorm.model.reads.prefetch import Prefetchable
from dynamorm.model.relationships.base import BackReference, LookupsOf, Relationship, keywords, kind, snake_case
from dynamorm.model.verbs import items
from dynamorm.model.verbs.drivers import drive

Other = TypeVar("Other")


class ToOne(Relationship[Other]):
    """What the relationships to one instance share.

    With *auto_create*, an instance that is not in the table is made when it is asked for, as a partial one with the
    values that it is looked up by; it is saved with the one that it belongs to, once something was set in it.
    """

    #: Whether a new instance that is assigned takes over the key by which it will be looked up.
    copies_key: ClassVar[bool]

    def __init__(  # noqa: PLR0917 - the order is DynamORM 0.11's
        self,
        other: type[Other] | str,
        query: LookupsOf,
        index: str | None = None,
        back_query: LookupsOf | None = None,
        back_index: str | None = None,
        back_reference: BackReference = snake_case,
        auto_create: bool = True,
    ) -> None:
        super().__init__(other, query, index, back_query, back_index, back_reference)
        self._auto_create = auto_create

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Other | None: ...
    def __get__(self, instance: object | None, owner: type) -> Self | Other | None:
        if instance is None:
            return self
        related = self.cached_for(instance)
        if related is None or related.instance is None:
            related = related or self._read(instance)
            if related is not None and related.instance is None and self._auto_create:
                related = self._made(related.lookups)
            if related is None or related.instance is None:
                return None
            set_cached(instance, self.name, related)
        found: Other = related.instance
        return found

    def __set__(self, instance: Any, value: Other) -> None:
        self.check(value)
        before = dict(instance.__dict__)
        try:
            for name, each in self.referring_values(instance._mapper, instance.__dict__, value).items():
                setattr(instance, name, each)
            lookups = self.lookups(instance)
            self._give_key(lookups, value)
        except Exception:
            instance.__dict__.clear()
            instance.__dict__.update(before)
            raise
        set_cached(instance, self.name, Related(value, lookups))

    def __delete__(self, instance: object) -> None:
        related = self.cached_for(instance)
        if related is None or related.instance is None or related.is_new:
            related = self._read(instance)
        if related is None or related.instance is None:
            raise NoRelatedInstance(
                f"{self} has no related {self.other.__name__} in the table, so there is nothing to delete."
            )
        related.instance.delete()
        set_cached(instance, self.name, None)

    def check(self, value: object) -> None:
        """Raises :class:`~dynamorm.exceptions.DynaModelException`, a ``TypeError``, for what is no instance of the other model."""
        if not isinstance(value, self.other):
            hint = f" To have it refer to none, set the fields of {self.model.__name__} that refer to it to None."
            raise DynaModelException(
                f"{self} takes an instance of {self.other.__name__}, not {kind(value)}.{hint if value is None else ''}"
            )

    def referring_values(self, mapper: Mapper, present: Mapping[str, Any], value: object) -> dict[str, Any]:
        """The values by which an instance refers to *value*, as far as there is a back query.

        *mapper* is that of the instance's model, *present* are the values that it has: a primary key stays what it is.
        """
        if self._back_query is None:
            return {}
        found = keywords(self._back_query(value), f"The back query of the relationship {self}")
        # A condition, such as place__begins_with, is no value; but it is to fit.
        condition_of(mapper.fields, {name: each for name, each in found.items() if name not in mapper.fields})
        return {
            name: each
            for name, each in found.items()
            if name in mapper.fields
            and each is not None
            and (name not in mapper.key_fields or present.get(name) is None)
        }

    def cached_for(self, owner: Any) -> Related | None:
        """What an instance holds already, unless it refers to another one by now."""
        related = cached_related(owner).get(self.name)
        if related is None:
            return None
        lookups = self.lookups(owner)
        if lookups == related.lookups:
            return related
        if not (self.copies_key and related.is_new):
            return None
        self._give_key(lookups, related.instance)
        set_cached(owner, self.name, replace(related, lookups=lookups))
        return related

    def prefetchable(self) -> Prefetchable:
        """This relationship, if it can be loaded with batch gets. Raises ``DynaModelException`` if not."""
        return self if self._index is None else super().prefetchable()

    def prefetch_lookups(self, owner: object) -> Mapping[str, Any] | None:
        """The primary key of the related instance of an *owner*; ``None`` when it has one, or can't have any."""
        lookups = self.lookups(owner)
        if self.cached_for(owner) is not None or None in lookups.values():
            return None
        if lookups.keys() != set(self.other._mapper.key_fields):
            super().prefetchable()
        return lookups

    def _read(self, owner: object) -> Related | None:
        """What the table has; ``None`` when the owner refers to nothing."""
        lookups = self.lookups(owner)
        if None in lookups.values():
            return None
        if self._index is None and lookups.keys() == set(self.other._mapper.key_fields):
            # The plan, not the method: a model may have a get of its own.
            return Related(drive(self.other._mapper.table, items.get(self.other, **lookups)), lookups)
        return Related(next(self.reader(**lookups).limit(1).recursive(), None), lookups)

    def _made(self, lookups: Mapping[str, Any]) -> Related:
        fields = self.other._mapper.fields
        instance = self.other(partial=True, **{name: value for name, value in lookups.items() if name in fields})
        return Related(instance, lookups, field_values(instance))

    def _give_key(self, lookups: Mapping[str, Any], value: Any) -> None:
        """Has a new *value* stand where the *lookups* look for it."""
        mapper: Mapper = self.other._mapper
        if None not in lookups.values():
            self.check_lookups(lookups)
        others = {
            name: wanted
            for name, wanted in lookups.items()
            if name in mapper.fields and not _same(mapper, name, getattr(value, name), wanted)
        }
        for name, wanted in others.items():
            stands = getattr(value, name) is not None
            if wanted is None or (stands and not self.copies_key) or (name in mapper.key_fields and not is_new(value)):
                raise DynaModelException(
                    f"{self} can't be assigned: its query asks for another '{name}' than this {self.other.__name__} has. Set the "
                    f"fields of {self.model.__name__} that refer to it first, or give the relationship a back_query, which tells them."
                )
        for name, wanted in others.items():
            setattr(value, name, wanted)


def _same(mapper: Mapper, name: str, value: Any, other: Any) -> bool:
    """Whether two values of a field are the same, each native or serialised."""
    if value is None or other is None:
        return value is other
    location = mapper.fields.locate((name,))
    return value == other or location.dump(value) == location.dump(other)
