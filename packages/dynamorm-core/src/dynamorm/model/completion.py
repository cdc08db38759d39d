"""The completion of a model: its mapper, its loader and its indexes, which need the types of all fields.

A model whose annotations name classes that are not defined yet is completed when it is first used. Until then, its keys
are known, and so are the names of its fields: enough for its table and for relationships to it.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from threading import RLock
from typing import TYPE_CHECKING, Any

from dynamorm.data.records import record
from dynamorm.model.indexes import Index
from dynamorm.model.mapping.loading import by_kind, loader
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.names import overridden
from dynamorm.model.tables import ModelTable
from dynamorm.ports.processes import ForkSafeLock
from dynamorm.ports.schemas import SchemaAdapter

if TYPE_CHECKING:
    # Imported for models that have them.
    from dynamorm.model.table.composed_keys import ComposedKeys
    from dynamorm.model.table.kinds import Kind

#: Held while a model is completed, which another thread may use for the first time just now.
_lock = ForkSafeLock(RLock)


@record
class Outline:
    """What is known of a *model* when its class is made.

    The relationships are those of the model by name, to which more may be added later. The constructor is the one of
    :class:`~dynamorm.DynaModel`. *composed* are the keys that templates compose, if there are any, and *kind* is the
    kind of the items, if other models share the table.
    """

    model: Any
    table: ModelTable
    indexes: dict[str, type[Index]]
    relationships: MutableMapping[str, Any]
    constructor: object
    composed: ComposedKeys | None = None
    kind: Kind | None = None

    def complete(self, adapter: SchemaAdapter) -> None:
        """Give the model all that needs the types of its fields, which *adapter* knows."""
        model, table, composed, kind = self.model, self.table, self.composed, self.kind
        if composed is not None or kind is not None:
            from dynamorm.model.table.composed_adapter import ComposedAdapter  # deferred: start-up cost

            if composed is not None:
                adapter = ComposedAdapter(adapter, composed)
            if kind is not None and adapter.keeps_unknown:
                adapter = ComposedAdapter(adapter, kind)
        mapper = Mapper(
            model.__name__,
            adapter,
            table.layout,
            self.relationships,
            version=table.version,
            write_token=table.write_token,
            composed=composed,
            kind=kind,
        )
        if composed is not None:
            composed.refuse_own_fields([field.name for field in mapper.own_fields])
            primary = () if composed.primary is None else composed.primary.paths().values()
            mapper.nones.add_composed_keys([path.attribute for path in primary], composed.only_in_keys)
        mapper.fields.has_unordered_keys, mapper.overridden = table.unordered_range_key, overridden(model)
        if table.unique or model._dynamorm_counted_by or any(each.rules for each in self.relationships.values()):
            from dynamorm.model.constraints.defined import constrain  # deferred: start-up cost

            constrain(model, mapper)
        load = loader(model, mapper, self.constructor)
        if kind is not None:
            load = by_kind(kind, load)
        for owner in (model, *(getattr(model, name) for name in self.indexes)):
            type.__setattr__(owner, "_mapper", mapper)
            type.__setattr__(owner, "_load", staticmethod(load))
        type.__setattr__(model, "Schema", adapter.schema)
        type.__setattr__(model, "__schema__", adapter.schema)

    def complete_later(self, adapter: SchemaAdapter) -> None:
        """Complete the model when it is first used, when *adapter* can be completed."""
        late = _Late(self, adapter)
        for owner in (self.model, *(getattr(self.model, name) for name in self.indexes)):
            type.__setattr__(owner, "_mapper", _LateAttribute(late, "_mapper"))
            type.__setattr__(owner, "_load", _LateAttribute(late, "_load"))
        type.__setattr__(self.model, "Schema", adapter.schema)
        type.__setattr__(self.model, "__schema__", _LateAttribute(late, "__schema__"))


class _Late:
    """The completion of a model that is still to come."""

    def __init__(self, outline: Outline, adapter: SchemaAdapter) -> None:
        self._outline = outline
        self._adapter = adapter
        self._is_done = False

    def attribute(self, name: str) -> Any:
        """Complete the model if need be, and return its attribute of this *name*."""
        with _lock:
            if not self._is_done:
                self._outline.complete(self._adapter.complete())
                self._is_done = True
        return getattr(self._outline.model, name)


class _LateAttribute:
    """An attribute that a model, or its index, gets when it is first used."""

    def __init__(self, late: _Late, name: str) -> None:
        self._late = late
        self._name = name

    def __get__(self, instance: object, owner: type) -> Any:
        return self._late.attribute(self._name)
