"""The state of every instance of a model: its values, and what it remembers of its item.

An instance may lack the state, because its own ``__init__`` never called ours: then it is a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from dynamorm.data.conditions import And, Comparison, Condition, Not, Or, Value
from dynamorm.data.paths import Path
from dynamorm.data.values import AttributeValue, Item, copy_of_item, identical, normalise_item
from dynamorm.engine.plans.preconditions import ItemPresent, Precondition, VersionMatches
from dynamorm.exceptions import DynaModelException, StaleItem, UnknownAttribute, ValidationError
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.snapshots import ItemLayout, ItemSnapshot, Presence, key_change_error
from dynamorm.model.mapping.value_copies import IMMUTABLE, copy_to_compare
from dynamorm.model.names import AbstractAttribute, FormerAttribute, is_declared, own
from dynamorm.model.query.conditions import Conditions, condition_of
from dynamorm.model.query.fields import suggestion

if TYPE_CHECKING:
    from dynamorm.engine.run.connection import Connection
    from dynamorm.model.mapping.awaited_origins import AwaitedOrigin
    from dynamorm.model.mapping.loading import Loader
    from dynamorm.model.table.kinds import Kind

_MISSING = object()
#: Sets an attribute of an instance past the checks of its class.
set_attribute = object.__setattr__


@own
class StoredInstance:
    """The base of :class:`~dynamorm.DynaModel`: slots without methods, so that fields can have any name.

    The functions of this module do the work.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_dynamorm_layout",
        "_dynamorm_origin",
        "_dynamorm_related",
        "_dynamorm_values",
    )

    # Until a model is defined, which has its own.
    _mapper: ClassVar[Mapper] = cast("Mapper", AbstractAttribute())
    _load: ClassVar[Loader[Any]] = cast("Loader[Any]", AbstractAttribute())

    _dynamorm_layout: ItemLayout
    _dynamorm_values: tuple[AttributeValue, ...]
    #: Where the item was read or written; see :mod:`dynamorm.model.mapping.origins`.
    _dynamorm_origin: AwaitedOrigin | Connection | Literal[False] | None
    #: The related instances that this one holds, by relationship; see :mod:`dynamorm.model.mapping.related`.
    _dynamorm_related: Mapping[str, Any]
    #: The computed fields in the body of a typed model; see :mod:`dynamorm.model.mapping.computed_fields`.
    _dynamorm_computed: ClassVar[tuple[str, ...]] = ()
    #: The kind of the model's items, if it shares its table with other models.
    _dynamorm_kind: ClassVar[Kind | None] = None

    if not TYPE_CHECKING:
        _raw = FormerAttribute("keep a copy of what you give the constructor.")
        _validated_data = FormerAttribute("save(partial=True) knows by itself what was changed.")

    @property
    def _dynamorm_snapshot(self) -> ItemSnapshot:
        """The item as it was last read or written, kept as two slots to save memory (see ``snapshots``)."""
        try:
            return ItemSnapshot(_layout_of(self), self._dynamorm_values)
        except AttributeError:
            return NO_SNAPSHOT

    @_dynamorm_snapshot.setter
    def _dynamorm_snapshot(self, snapshot: ItemSnapshot) -> None:
        set_attribute(self, "_dynamorm_layout", snapshot.layout)
        set_attribute(self, "_dynamorm_values", snapshot.values)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; raise :class:`~dynamorm.exceptions.UnknownAttribute` for one that nothing would store.

        It needs nothing of the instance, whose own ``__init__`` may not have called ours yet.
        """
        if not (name in self.__dict__ or name.startswith("_") or hasattr(type(self), name)):
            refuse_unknown_attribute(type(self), name)
        set_attribute(self, name, value)

    if TYPE_CHECKING:

        def validate(self) -> dict[str, Any]:
            """Return the values, validated. A program may override this method."""

        def to_dict(self) -> dict[str, Any]:
            """Return the values as they are serialised. A program may override this method."""


# The slots' own functions, past a __getattr__ that a model may have.
_SLOTS: Mapping[str, Callable[[StoredInstance], Any]] = {
    name: getattr(StoredInstance, name).__get__
    for name in ("_dynamorm_layout", "_dynamorm_origin", "_dynamorm_related")
}
_layout_of = _SLOTS["_dynamorm_layout"]
#: Returns the origin of an instance; raises ``AttributeError`` for one whose ``__init__`` never called ours.
origin_slot = _SLOTS["_dynamorm_origin"]
#: The snapshot of an instance that was never stored.
NO_SNAPSHOT = ItemSnapshot.new({})


def slot_of(instance: StoredInstance, name: str, default: Any) -> Any:
    """Return what an instance has in the slot of this *name*, past a ``__getattr__`` that its model may have."""
    try:
        return _SLOTS[name](instance)
    except AttributeError:
        return default


def refuse_unknown_attribute(model: type[StoredInstance], name: str) -> None:
    """Raise :class:`~dynamorm.exceptions.UnknownAttribute` unless a *model* may have an attribute of this *name*.

    It may, if its schema keeps unknown names, or if the class or a base declares the name.
    """
    mapper = model._mapper
    if mapper.adapter.keeps_unknown or is_declared(model, name):
        return
    known = [*mapper.adapter.fields, *mapper.relationships]
    raise UnknownAttribute(
        f"{model.__name__} has no field '{name}', so nothing would store it.{suggestion(name, known)} An attribute of "
        f"the program's own is annotated in the class, '{name}: …', or has an underscore in front."
    )


def validated(instance: StoredInstance) -> dict[str, Any]:
    """Return an instance's values as its ``validate`` returns them.

    One of the program's own may only check the instance, and return something else or nothing.
    """
    values: Any = instance.validate()
    if isinstance(values, dict):
        return values
    return instance._mapper.validated(field_values(instance), partial=False)


def as_stored(instance: StoredInstance, values: Mapping[str, Any]) -> Item:
    """Return an instance's validated *values* as they are stored: as its ``to_dict`` gives them, if that is overridden.

    Raises :class:`~dynamorm.exceptions.DynaModelException` when that leaves out an attribute, which would be lost.
    """
    mapper = instance._mapper
    if mapper.adapter.keeps_unknown:
        values = {name: value for name, value in values.items() if name in mapper.fields}
    item = mapper.dumped(values)
    if mapper.time_keys:
        mapper.time_keys.refuse_new(values, item, {} if is_new(instance) else instance._dynamorm_snapshot.item)
    if "to_dict" not in mapper.overridden:
        return mapper.completed(item) if mapper.completes_items else item
    serialised: object = instance.to_dict()
    if not isinstance(serialised, Mapping):
        raise DynaModelException(
            f"{mapper.model_name} overrides to_dict, which says what save() stores, but returns "
            f"{type(serialised).__name__}. Return all attributes, or give the method another name."
        )
    given = normalise_item({name: value for name, value in serialised.items() if value is not None})
    if lost := sorted(item.keys() - given.keys()):
        raise DynaModelException(
            f"{mapper.model_name} overrides to_dict, which says what save() stores, and leaves out "
            f"{', '.join(lost)}. Return all attributes, or give the method another name."
        )
    return mapper.completed(given) if mapper.completes_items else given


def field_values(instance: StoredInstance) -> dict[str, Any]:
    """Return the values that an instance holds, by field name."""
    attributes, mapper = instance.__dict__, instance._mapper
    # Fast path: most instances have no attributes besides fields, and one copy is enough.
    if mapper.has_fields(attributes):
        return attributes.copy()
    return {name: attributes[name] for name in mapper.adapter.fields if name in attributes}


def held_values(instance: StoredInstance) -> dict[str, Any]:
    """Return a copy of the values that an instance holds, to be compared with those that it holds later.

    During a write that is awaited, another task may change them, and what it sets is kept.
    """
    return {
        name: value if type(value) in IMMUTABLE else copy_to_compare(value)
        for name, value in field_values(instance).items()
    }


def changed_values(instance: StoredInstance, held: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an instance that differ from those that it *held*."""
    values = field_values(instance).items()
    return {name: value for name, value in values if not identical(value, held.get(name, _MISSING))}


def set_values(
    instance: StoredInstance,
    values: Mapping[str, Any],
    no_value: Iterable[str] = (),
    *,
    unless_changed_from: Mapping[str, Any] | None = None,
) -> None:
    """Set *values* of an instance, and take those of the fields that have *no_value*.

    An equal value stays the same object, since the program may hold and change it. *unless_changed_from* are values
    that the instance had before: a field that has another one now keeps it.
    """
    attributes = instance.__dict__
    if unless_changed_from is not None:
        kept = set()
        for name in (*values, *no_value):
            now, before = attributes.get(name, _MISSING), unless_changed_from.get(name, _MISSING)
            # Most are the same object.
            if now is not before and not identical(now, before):
                kept.add(name)
        if kept:
            values = {name: value for name, value in values.items() if name not in kept}
            no_value = [name for name in no_value if name not in kept]
    for name in no_value:
        attributes.pop(name, None)
    for name, value in values.items():
        present = attributes.get(name, _MISSING)
        if present is not value and (present is _MISSING or not identical(present, value)):
            attributes[name] = value


def stored_key(instance: StoredInstance) -> Item:
    """Return the primary key of an instance as it stands in the table, or as it would be stored.

    Raises :class:`~dynamorm.exceptions.InvalidUpdate` when the program has changed the key of an item that was read.
    """
    mapper = instance._mapper
    as_read = instance._dynamorm_snapshot.key(mapper) is not None
    return key_as_stored(instance, mapper.key(key_values(instance), as_read=as_read))


def key_values(instance: StoredInstance) -> dict[Any, Any]:
    """Return the values of the fields of an instance's primary key; ``None`` for one that is not set."""
    attributes = instance.__dict__
    return {name: attributes.get(name) for name in instance._mapper.key_fields}


def key_as_stored(instance: StoredInstance, item: Item) -> Item:
    """Return the primary key in an *item* made of an instance's values, as it stands in the table if it is still that.

    Its form there may be another one, if another program has written it. Raises
    :class:`~dynamorm.exceptions.InvalidUpdate` when the item that was read has another key.
    """
    mapper, snapshot = instance._mapper, instance._dynamorm_snapshot
    key = {name: item[name] for name in mapper.key_names if name in item}
    stored = snapshot.key(mapper)
    # Keys are strings, numbers and bytes, which are equal if they are identical.
    if stored is None or stored == key or len(key) < len(stored):
        return key
    from dynamorm.model.mapping.key_forms import is_form_of  # deferred: start-up cost

    if is_form_of(mapper, snapshot.item, stored, key):
        return stored
    if snapshot.presence is Presence.PRESENT:
        raise key_change_error(mapper, mapper.differing_key_field(stored, key))
    return key


def is_new(instance: StoredInstance) -> bool:
    """Return whether an instance was never stored, as far as it knows."""
    return instance._dynamorm_snapshot.presence is Presence.UNKNOWN


def condition_as_stored(instance: StoredInstance, conditions: Conditions) -> Condition | None:
    """Return the condition of a write of an instance; ``None`` if there is none.

    A value that equals the one that the instance was read with is compared as it is stored, in whatever form.
    """
    mapper = instance._mapper
    condition = condition_of(mapper.fields, conditions)
    return None if condition is None else _as_stored(mapper, instance._dynamorm_snapshot.item, condition)


def _as_stored(mapper: Mapper, item: Item, condition: Condition) -> Condition:
    match condition:
        case And(conditions=parts) | Or(conditions=parts):
            return type(condition)(tuple(_as_stored(mapper, item, part) for part in parts))
        case Not(condition=negated):
            return Not(_as_stored(mapper, item, negated))
        case Comparison(operator="=" | "<>" as operator, left=Path(elements=(str(name),)) as path, right=Value(given)):
            stored = item.get(name)
            if stored is None or identical(stored, given):
                return condition
            with suppress(ValidationError):
                values = mapper.loaded(copy_of_item({name: stored}), partial=True)
                if identical(mapper.dumped(values, partial=True).get(name), given):
                    return Comparison(operator, path, Value(stored))
    return condition


def version_precondition(instance: StoredInstance) -> VersionMatches | None:
    """Return the precondition that the item has the version of an instance; ``None`` for a model without versions.

    Raises :class:`~dynamorm.exceptions.DynaModelException` when the instance was read without its version.
    """
    version = instance._mapper.version
    if version is None:
        return None
    snapshot = instance._dynamorm_snapshot
    if snapshot.presence is Presence.ABSENT:
        # Its version went with the item.
        return version.precondition({})
    value = instance.__dict__.get(version.name)
    if value is None and not snapshot.loaded.complete:
        raise DynaModelException(
            f"This {type(instance).__name__} was read without '{version.name}', its version, which must be checked "
            f"when it is written. Read it with '{version.name}', or as a whole."
        )
    item = instance._mapper.dumped({version.name: value}, partial=True)
    return version.precondition(item, present=snapshot.presence is Presence.PRESENT)


def update_preconditions(instance: StoredInstance) -> tuple[Precondition, ...]:
    """Return the preconditions of an update of an instance's item, which must not make an item of the changes alone.

    Raises what :func:`version_precondition` raises.
    """
    version = version_precondition(instance)
    if version is not None:
        return (version,)
    return (ItemPresent(),) if instance._dynamorm_snapshot.presence is Presence.PRESENT else ()


def refuse_deleted(instance: StoredInstance) -> None:
    """Raise :class:`~dynamorm.exceptions.StaleItem` if the instance has deleted its item, which can't be updated."""
    snapshot = instance._dynamorm_snapshot
    if snapshot.presence is Presence.ABSENT:
        advice = (
            "save() without partial creates the item again."
            if snapshot.loaded.complete
            else "It was read only in part, so the item can't be created from it either."
        )
        raise StaleItem(f"This {type(instance).__name__} has deleted its item, so there is nothing to change. {advice}")


def refuse_incomplete(instance: StoredInstance) -> None:
    """Raise :class:`~dynamorm.exceptions.DynaModelException` if the instance was read only in part."""
    snapshot, name = instance._dynamorm_snapshot, type(instance).__name__
    if snapshot.loaded.complete:
        return
    if snapshot.presence is Presence.ABSENT:
        raise DynaModelException(
            f"This {name} was read without all of its attributes, and has deleted its item, so that the rest is gone. "
            f"To make an item, make a new {name} with all of its values."
        )
    raise DynaModelException(
        f"This {name} was read without all of its attributes, and saving it as a whole would lose the rest. Use "
        "save(partial=True), which writes only what changed, or read the whole item first."
    )


def record_deleted(instance: StoredInstance) -> None:
    """Record that an instance's item was deleted."""
    instance._dynamorm_snapshot = instance._dynamorm_snapshot.deleted()


def record_put(instance: StoredInstance, item: Item) -> None:
    """Record that an *item* was put for an instance: set its snapshot, and the fields that the write has set."""
    set_attribute(instance, "_dynamorm_snapshot", ItemSnapshot.of(item))
    mapper = instance._mapper
    for field in mapper.own_fields:
        if field.attribute in item:
            loaded = mapper.loaded({field.attribute: item[field.attribute]}, partial=True)
            instance.__dict__[field.name] = loaded[field.name]
