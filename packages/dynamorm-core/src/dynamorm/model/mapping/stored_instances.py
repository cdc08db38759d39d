"""What every instance of a model holds: its values, and the snapshot of its item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from dynamorm.data.values import AttributeValue, Item, identical
from dynamorm.engine.plans.preconditions import VersionMatches
from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.snapshots import Differences, ItemLayout, ItemSnapshot

if TYPE_CHECKING:
    from dynamorm.model.mapping.loading import Loader

_MISSING = object()


class StoredInstance:
    """The base of :class:`~dynamorm.DynaModel`. It has no methods, whose names fields could have: functions below do the work."""

    __slots__ = ("__dict__", "__weakref__", "_dynamorm_layout", "_dynamorm_related", "_dynamorm_values")

    _mapper: ClassVar[Mapper]
    _load: ClassVar[Loader[Any]]

    _dynamorm_layout: ItemLayout
    _dynamorm_values: tuple[AttributeValue, ...]
    #: The related instances that it holds, by relationship: see :mod:`dynamorm.model.mapping.related`.
    _dynamorm_related: Mapping[str, Any]

    @property
    def _dynamorm_snapshot(self) -> ItemSnapshot:
        """The instance's item in the table as it was last seen; kept in two parts, because there may be very many instances."""
        return ItemSnapshot(self._dynamorm_layout, self._dynamorm_values)

    @_dynamorm_snapshot.setter
    def _dynamorm_snapshot(self, snapshot: ItemSnapshot) -> None:
        self._dynamorm_layout, self._dynamorm_values = snapshot.layout, snapshot.values

    if TYPE_CHECKING:

        def validate(self) -> dict[str, Any]:
            """Return the values, validated; a program may override it."""


def field_values(instance: StoredInstance) -> dict[str, Any]:
    """Return the values that an instance holds, by field name."""
    held, mapper = instance.__dict__, instance._mapper
    if mapper.has_fields(held):
        return held.copy()
    return {name: held[name] for name in mapper.adapter.fields if name in held}


def set_values(instance: StoredInstance, values: Mapping[str, Any]) -> None:
    """Give an instance these *values*. One that is equal stays the object it is: the program may hold and change it."""
    held = instance.__dict__
    for name, value in values.items():
        present = held.get(name, _MISSING)
        if present is not value and (present is _MISSING or not identical(present, value)):
            held[name] = value


def stored_key(instance: StoredInstance, **other: Any) -> Item:
    """Return the primary key of an instance, with the *other* parts in place of its own."""
    held, mapper = instance.__dict__, instance._mapper
    return mapper.key({name: held.get(name) for name in mapper.key_fields} | other)


def is_new(instance: StoredInstance) -> bool:
    """Return whether an instance was never stored."""
    return instance._dynamorm_snapshot.is_new(instance._mapper)


def differences(instance: StoredInstance) -> Differences:
    """Return how an instance differs from its item. Raises what :meth:`ItemSnapshot.differences` raises."""
    mapper = instance._mapper
    return instance._dynamorm_snapshot.differences(mapper, mapper.validated(field_values(instance), partial=True))


def version_check(instance: StoredInstance) -> VersionMatches | None:
    """Return the precondition that the item is in the version of an instance; ``None`` when its model has no versions.

    Raises :class:`~dynamorm.exceptions.DynaModelException` when the instance was read without it.
    """
    version = instance._mapper.version
    if version is None:
        return None
    value = instance.__dict__.get(version.name)
    if value is None and not instance._dynamorm_snapshot.loaded.complete:
        raise DynaModelException(
            f"This {type(instance).__name__} was read without '{version.name}', its version, which has to be checked before it is "
            f"written. Read it with '{version.name}', or as a whole."
        )
    return version.precondition(instance._mapper.dumped({version.name: value}, partial=True))


def take_put(instance: StoredInstance, item: Item) -> None:
    """Take note that an *item* was put for an instance, with the version that was written."""
    instance._dynamorm_snapshot = ItemSnapshot.of(item)
    version = instance._mapper.version
    if version is not None:
        loaded = instance._mapper.loaded({version.attribute: item[version.attribute]}, partial=True)
        instance.__dict__[version.name] = loaded[version.name]
