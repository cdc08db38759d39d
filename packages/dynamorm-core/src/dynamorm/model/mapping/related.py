"""The related instances that an instance holds, and which of them are saved with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data.records import field, record
from dynamorm.data.values import Item
from dynamorm.exceptions import DynaModelException, InvalidUpdate
from dynamorm.model.mapping.changed_instances import differences
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.snapshots import Presence
from dynamorm.model.mapping.stored_instances import field_values, is_new, slot_of


@record
class Related:
    """A related instance as its owner holds it; *instance* is ``None`` when it is known that there is none.

    *lookups* are the lookups that found it. *created_from* are the values from which it was created, if there was none.
    """

    instance: Any
    lookups: Mapping[str, Any]
    created_from: Mapping[str, Any] | None = None

    @property
    def is_new(self) -> bool:
        """Whether there is an instance that was never stored."""
        return self.instance is not None and is_new(self.instance)

    def needs_saving(self) -> bool:
        """Return whether the instance has something to save. One that was only created to be read does not.

        Neither does one that the program has deleted: saving the owner must not make it anew.

        Raises :class:`~dynamorm.exceptions.ValidationError` when it could not be saved.
        """
        instance = self.instance
        if instance is None or (
            self.created_from is not None and self.is_new and field_values(instance) == self.created_from
        ):
            return False
        if instance._dynamorm_snapshot.presence is Presence.ABSENT:
            return False
        if not (self.is_new or has_changed(instance)):
            return False
        if instance._dynamorm_snapshot.loaded.complete:
            instance.validate()
        return True


@record
class RelatedItems:
    """The items of the instances that are related to one, of a relationship to many, as a joined read has found them.

    They hold as long as the query has the same *lookups*.
    """

    items: tuple[Item, ...] = field(repr=False)
    lookups: Mapping[str, Any] = field(repr=False)


def relationship_of(mapper: Mapper, relationship: object) -> Any:
    """Return the *relationship* of a model, which is given by name, or as the class has it: ``Reply.user``.

    Raises :class:`~dynamorm.exceptions.DynaModelException` if the model has no such relationship.
    """
    name = relationship if isinstance(relationship, str) else getattr(relationship, "name", None)
    found = mapper.relationships.get(name) if isinstance(name, str) else None
    if found is None or (relationship is not name and relationship is not found):
        raise DynaModelException(
            f"{mapper.model_name} has no relationship '{relationship}'. Its relationships are "
            f"{', '.join(sorted(mapper.relationships)) or 'none'}."
        )
    return found


def cached_related(owner: Any) -> Mapping[str, Related]:
    """Return the related instances that an instance holds, by the names of their relationships to one."""
    return {name: each for name, each in _cached(owner).items() if isinstance(each, Related)}


def cached_items(owner: Any, name: str) -> RelatedItems | None:
    """Return the related items that an instance holds for the relationship to many of this *name*."""
    found = _cached(owner).get(name)
    return found if isinstance(found, RelatedItems) else None


def _cached(owner: Any) -> Mapping[str, Related | RelatedItems]:
    found: Mapping[str, Related | RelatedItems] = slot_of(owner, "_dynamorm_related", {})
    return found


def set_cached(owner: Any, name: str, related: Related | RelatedItems | None) -> None:
    """Store the *related* instance of an *owner* under the name of its relationship; ``None`` removes it."""
    # A copy of an instance shares this dict, so the dict is replaced, never changed.
    others = {other: each for other, each in _cached(owner).items() if other != name}
    owner._dynamorm_related = others if related is None else {**others, name: related}


def has_changed(instance: Any) -> bool:
    """Return whether a stored instance differs from its item as it was read."""
    try:
        found = differences(instance)
    except InvalidUpdate:
        if instance._dynamorm_snapshot.loaded.complete:
            return True  # its primary key was changed
        raise
    return bool(found.values or found.computed)


def unsaved_related(owner: Any) -> list[Any]:
    """Return the related instances to save with their owner: those that are new, or were changed since they were read.

    Raises :class:`~dynamorm.exceptions.ValidationError` when one of them could not be saved.
    """
    found = []
    for name in cached_related(owner):
        relationship = owner._mapper.relationships[name]
        related = relationship.cached_for(owner)
        if related is not None and relationship.saved_with_owner and related.needs_saving():
            found.append(related.instance)
    return found
