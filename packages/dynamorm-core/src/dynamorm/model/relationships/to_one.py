"""Relationships to one instance: read once, assigned, deleted, and prefetched for many instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, overload

from dynamorm.data.arguments import checks_arguments
from dynamorm.data.records import replace
from dynamorm.engine.run import event_loops
from dynamorm.exceptions import DynaModelException, NoRelatedInstance, WrongModel
from dynamorm.model.mapping.loaded_attributes import LoadedAttributes
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.origins import at_home, was_awaited
from dynamorm.model.mapping.related import Related, cached_related, set_cached
from dynamorm.model.mapping.stored_instances import field_values, is_new
from dynamorm.model.query.conditions import condition_of
from dynamorm.model.relationships.base import (
    BackReference,
    LookupsOf,
    Other,
    Relationship,
    describe_type,
    keywords,
    snake_case,
)
from dynamorm.model.relationships.unread_fields import fields_left_out
from dynamorm.model.verbs import items
from dynamorm.model.verbs.drivers import adrive, drive

if TYPE_CHECKING:
    from dynamorm.model.reads.prefetch import Prefetchable


class ToOne(Relationship[Other]):
    """The base of the relationships to one instance, which is ``None`` when there is none in the table.

    With *auto_create* it is created when it is read, as a partial instance with the values that it is looked up by. It
    is saved with its owner once something was set in it.
    """

    #: Whether a new instance that is assigned follows its owner when that gets another key.
    copies_key: ClassVar[bool]
    #: Whether *auto_create* is the default.
    creates: ClassVar[bool] = False

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
    ) -> None:
        super().__init__(other, query, index, back_query, back_index, back_reference)
        self._auto_create = self.creates if auto_create is None else auto_create

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Other | None: ...
    def __get__(self, instance: object | None, owner: type) -> Self | Other | None:
        if instance is None:
            return self
        related = self.cached_for(instance)
        if related is None:
            self._refuse_to_block(instance, "is not loaded, and reading it", self._how_to_load())
            related = self._read(instance)
        return self._hold(instance, related)

    async def afetch(self, owner: Any) -> Other | None:
        """Return the related instance of the *owner*, which is read on the event loop unless the owner holds it."""
        related = self.cached_for(owner)
        if related is None or related.instance is None:
            related = await self._aread(owner)
            # That there is none is remembered, too: the attribute must not ask for it.
            set_cached(owner, self.name, related)
        return self._hold(owner, related)

    def __set__(self, instance: Any, value: Other) -> None:
        self.check(value)
        before, value_before = dict(instance.__dict__), dict(value.__dict__)
        try:
            if self.lacks_key(value):
                self.give_key(instance, value)
            for name, each in self.referring_values(instance._mapper, instance.__dict__, value).items():
                setattr(instance, name, each)
            lookups = self.lookups(instance)
            self._set_looked_up_fields(lookups, value)
        except Exception:
            for changed, values in ((instance, before), (value, value_before)):
                changed.__dict__.clear()
                changed.__dict__.update(values)
            raise
        set_cached(instance, self.name, Related(value, lookups))

    def __delete__(self, instance: Any) -> None:
        owner = snake_case(self)
        instead = f"Instead: {self.name} = await {owner}.afetch({self.name!r}), then await {self.name}.adelete()."
        self._refuse_to_block(instance, "can't be deleted with 'del', which", instead)
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
        """Raise :class:`~dynamorm.exceptions.WrongModel` if *value* is not an instance of the other model."""
        if not isinstance(value, self.other):
            hint = f" To remove the reference, set the fields of {self.model.__name__} that refer to it to None."
            raise WrongModel(
                f"{self} takes an instance of {self.other.__name__}, not "
                f"{describe_type(value)}.{hint if value is None else ''}"
            )

    def lacks_key(self, value: Any) -> bool:
        """Return whether a *value* is new and lacks a part of the key by which it is looked up."""
        mapper = self.other._mapper
        index = None if self._index is None else getattr(self.other, self._index).spec
        composed = None if mapper.composed is None else mapper.composed.key_of(None if index is None else index.name)
        if composed is None:
            key = {attribute.name for attribute in (index or mapper.spec).key_attributes}
            names = [name for name, field in mapper.adapter.fields.items() if field.attribute in key]
        else:
            names = [name.partition(".")[0] for name in composed.fields]
        return is_new(value) and any(getattr(value, name) is None for name in names)

    def give_key(self, owner: object, value: Any) -> None:
        """Give a new *value* what it lacks and the *owner* looks it up by. A back query may need it."""
        fields = self.other._mapper.fields
        try:
            lookups = self.lookups(owner)
        except Exception:  # noqa: BLE001 - the query is the program's
            # The owner may lack what the query needs, until the back query has set it. Otherwise this is raised later.
            return
        for name, wanted in lookups.items():
            if name in fields and wanted is not None and getattr(value, name) is None:
                setattr(value, name, wanted)

    def referring_values(self, mapper: Mapper, present: Mapping[str, Any], value: object) -> dict[str, Any]:
        """Return the values by which an instance refers to *value*; none without a back query.

        *mapper* belongs to the instance's model, and *present* are the values that it has: its primary key is not
        changed.
        """
        if self._back_query is None:
            return {}
        found = keywords(self._back_query(value), f"The back query of the relationship {self}")
        # A condition, such as place__begins_with, is not a value, but it must be valid.
        condition_of(mapper.fields, {name: each for name, each in found.items() if name not in mapper.fields})
        return {
            name: each
            for name, each in found.items()
            if name in mapper.fields
            and each is not None
            and (name not in mapper.key_fields or present.get(name) is None)
        }

    def cached_for(self, owner: Any) -> Related | None:
        """Return the related instance that the *owner* holds already, unless it refers to another one by now."""
        related = cached_related(owner).get(self.name)
        if related is None:
            return None
        lookups = self.lookups(owner)
        if lookups == related.lookups:
            return related
        if not (self.copies_key and related.is_new):
            return None
        self._set_looked_up_fields(lookups, related.instance)
        set_cached(owner, self.name, replace(related, lookups=lookups))
        return related

    def prefetchable(self) -> Prefetchable:
        """Return this relationship if it can be loaded with batch gets; raise ``DynaModelException`` if not."""
        return self if self._index is None else super().prefetchable()

    def refuse_to_prefetch(self, loaded: LoadedAttributes) -> None:
        """Raise ``DynaModelException`` if the query needs fields that are not among those *loaded*."""
        if left_out := fields_left_out(self.model, loaded, self._query):
            raise DynaModelException(
                f"{self} can't be prefetched: it needs {' and '.join(map(repr, left_out))}, which the read leaves out. "
                f"Read that too, or leave out prefetch({self.name!r})."
            )

    def prefetch_lookups(self, owner: object) -> Mapping[str, Any] | None:
        """Return the primary key of the related instance; ``None`` if the *owner* holds it or can't have one."""
        lookups = self.lookups(owner)
        if self.cached_for(owner) is not None or None in lookups.values():
            return None
        if lookups.keys() != set(self.other._mapper.key_fields):
            super().prefetchable()
        return lookups

    def _read(self, owner: Any) -> Related | None:
        """Read the related instance; return ``None`` when the owner refers to nothing."""
        lookups = self.lookups(owner)
        if None in lookups.values():
            return None
        if self._is_key(lookups):
            # The plan, not the method: a model may have a get of its own.
            with at_home(owner):
                return Related(drive(self.other._mapper.table, items.get(self.other, **lookups)), lookups)
        return Related(self.reader(owner, **lookups).first(), lookups)

    async def _aread(self, owner: Any) -> Related | None:
        """Do what :meth:`_read` does, on the event loop."""
        lookups = self.lookups(owner)
        if None in lookups.values():
            return None
        if self._is_key(lookups):
            with at_home(owner):
                return Related(await adrive(self.other._mapper.table, items.get(self.other, **lookups)), lookups)
        return Related(await self.reader(owner, **lookups).afirst(), lookups)

    def _is_key(self, lookups: Mapping[str, Any]) -> bool:
        """Return whether these *lookups* are the primary key of the other model."""
        return self._index is None and lookups.keys() == set(self.other._mapper.key_fields)

    def _hold(self, owner: Any, related: Related | None) -> Other | None:
        """Return the *related* instance that was found, or that is created, which the *owner* holds from now on."""
        if related is not None and related.instance is None and self._auto_create:
            related = self._create(related.lookups)
        if related is None or related.instance is None:
            return None
        set_cached(owner, self.name, related)
        found: Other = related.instance
        return found

    def _refuse_to_block(self, owner: Any, what: str, instead: str) -> None:
        """Raise if *what* would be done on an event loop, for an *owner* that was read on one; *instead* is the advice.

        With ``refuse_blocking()`` that holds for every owner.
        """
        if was_awaited(owner):
            why = f"on which this {type(owner).__name__} was read"
        elif event_loops.refuse is not None:
            why = "which refuse_blocking() forbids"
        else:
            return
        if None in self.lookups(owner).values() or not event_loops.is_loop_running():
            return
        raise DynaModelException(f"{self} {what} here would block the event loop, {why}. {instead}")

    def _how_to_load(self) -> str:
        together = "" if self._index is not None else f", or for all items of a read: prefetch({self.name!r})"
        return f"Load it first: await {snake_case(self)}.afetch({self.name!r}){together}."

    def _create(self, lookups: Mapping[str, Any]) -> Related:
        fields = self.other._mapper.fields
        instance = self.other(partial=True, **{name: value for name, value in lookups.items() if name in fields})
        return Related(instance, lookups, field_values(instance))

    def _set_looked_up_fields(self, lookups: Mapping[str, Any], value: Any) -> None:
        """Set the fields of a new *value* by which the *lookups* will find it."""
        mapper: Mapper = self.other._mapper
        if None not in lookups.values():
            self.check_lookups(lookups)
        others = {
            name: wanted
            for name, wanted in lookups.items()
            if name in mapper.fields and not _same_value(mapper, name, getattr(value, name), wanted)
        }
        for name, wanted in others.items():
            is_set = getattr(value, name) is not None
            if wanted is None or (is_set and not self.copies_key) or (name in mapper.key_fields and not is_new(value)):
                raise DynaModelException(
                    f"{self} can't be assigned: its query looks for another '{name}' than this {self.other.__name__} "
                    f"has. Set the fields of {self.model.__name__} that refer to it first, or give the relationship a "
                    "back_query, which sets them."
                )
        for name, wanted in others.items():
            setattr(value, name, wanted)


def _same_value(mapper: Mapper, name: str, value: Any, other: Any) -> bool:
    """Return whether two values of a field are the same, each native or serialised."""
    if value is None or other is None:
        return value is other
    location = mapper.fields.locate((name,))
    return value == other or location.dump(value) == location.dump(other)
