"""The state of every instance of a model: its values, and the snapshot of its item."""

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
    """The base of :class:`~dynamorm.DynaModel`: slots without methods, so that fields can have any name.

    The functions of this module do the work.
    """

    __slots__ = ("__dict__", "__weakref__", "_dynamorm_layout", "_dynamorm_related", "_dynamorm_values")

    _mapper: ClassVar[Mapper]
    _load: ClassVar[Loader[Any]]

    _dynamorm_layout: ItemLayout
    _dynamorm_values: tuple[AttributeValue, ...]
    #: The related instances that this one holds, by relationship; see :mod:`dynamorm.model.mapping.related`.
    _dynamorm_related: Mapping[str, Any]

    @property
    def _dynamorm_snapshot(self) -> ItemSnapshot:
        """The item as it was last read or written, kept as two slots to save memory (see ``snapshots``)."""
        return ItemSnapshot(self._dynamorm_layout, self._dynamorm_values)

    @_dynamorm_snapshot.setter
    def _dynamorm_snapshot(self, snapshot: ItemSnapshot) -> None:
        self._dynamorm_layout, self._dynamorm_values = snapshot.layout, snapshot.values

    if TYPE_CHECKING:

        def validate(self) -> dict[str, Any]:
            """Return the values, validated. A program may override this method."""


def field_values(instance: StoredInstance) -> dict[str, Any]:
    """Return the values that an instance holds, by field name."""
    attributes, mapper = instance.__dict__, instance._mapper
    # Fast path: most instances have no attributes besides fields, and one copy is enough.
    if mapper.has_fields(attributes):
        return attributes.copy()
    return {name: attributes[name] for name in mapper.adapter.fields if name in attributes}


def set_values(instance: StoredInstance, values: Mapping[str, Any]) -> None:
    """Set *values* of an instance. An equal value stays the same object, since the program may hold and change it."""
    attributes = instance.__dict__
    for name, value in values.items():
        present = attributes.get(name, _MISSING)
        if present is not value and (present is _MISSING or not identical(present, value)):
            attributes[name] = value


def stored_key(instance: StoredInstance, **other: Any) -> Item:
    """Return the primary key of an instance, with the *other* parts in place of its own."""
    attributes, mapper = instance.__dict__, instance._mapper
    return mapper.key({name: attributes.get(name) for name in mapper.key_fields} | other)


def is_new(instance: StoredInstance) -> bool:
    """Return whether an instance was never stored."""
    return instance._dynamorm_snapshot.is_new(instance._mapper)


def differences(instance: StoredInstance) -> Differences:
    """Return the differences of an instance from its item. Raises what :meth:`ItemSnapshot.differences` raises."""
    mapper = instance._mapper
    return instance._dynamorm_snapshot.differences(mapper, mapper.validated(field_values(instance), partial=True))


def version_precondition(instance: StoredInstance) -> VersionMatches | None:
    """Return the precondition that the item has the version of an instance; ``None`` for a model without versions.

    Raises :class:`~dynamorm.exceptions.DynaModelException` when the instance was read without its version.
    """
    version = instance._mapper.version
    if version is None:
        return None
    value = instance.__dict__.get(version.name)
    if value is None and not instance._dynamorm_snapshot.loaded.complete:
        raise DynaModelException(
            f"This {type(instance).__name__} was read without '{version.name}', its version, which must be checked "
            f"when it is written. Read it with '{version.name}', or as a whole."
        )
    return version.precondition(instance._mapper.dumped({version.name: value}, partial=True))


def record_put(instance: StoredInstance, item: Item) -> None:
    """Record that an *item* was put for an instance: set its snapshot, and its version if it has one."""
    instance._dynamorm_snapshot = ItemSnapshot.of(item)
    version = instance._mapper.version
    if version is not None:
        loaded = instance._mapper.loaded({version.attribute: item[version.attribute]}, partial=True)
        instance.__dict__[version.name] = loaded[version.name]
