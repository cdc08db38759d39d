"""The fields that the query of a relationship needs, and that were not read of an instance."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import FunctionType
from typing import Any

from dynamorm.model.mapping.loaded_attributes import LoadedAttributes
from dynamorm.model.mapping.snapshots import ItemLayout
from dynamorm.model.mapping.stored_instances import StoredInstance, set_attribute, slot_of


def unread_fields(owner: Any, query: Callable[[Any], object]) -> list[str]:
    """Return the fields of an *owner* that a *query* reads, and that a partial read left out."""
    layout = slot_of(owner, "_dynamorm_layout", None) if isinstance(owner, StoredInstance) else None
    if layout is None or layout.loaded.names is None:
        return []
    watched = _Watched(owner)
    with suppress(Exception):
        # It may fail for lack of a value. Otherwise it is called again, and raises then.
        query(watched)
    known, fields = layout.loaded.names.union(layout.names), owner._mapper.fields
    return [name for name in watched.without_value if fields.field(name).attribute not in known]


def fields_left_out(model: Any, loaded: LoadedAttributes, query: Callable[[Any], object]) -> list[str]:
    """Return the fields that a *query* reads of an instance without values of a *model*, and that are not *loaded*."""
    draft = model.__new__(model)
    set_attribute(draft, "_dynamorm_layout", ItemLayout((), loaded))
    return unread_fields(draft, query)


class _Watched:
    """The owner of a relationship, as its query sees it; it remembers which fields without a value the query reads."""

    def __init__(self, owner: StoredInstance) -> None:
        self._owner = owner
        self.without_value: dict[str, None] = {}

    def __getattr__(self, name: str) -> Any:
        owner = self._owner
        if name in owner._mapper.fields:
            if name not in owner.__dict__:
                self.without_value[name] = None
            return getattr(owner, name)
        from inspect import getattr_static  # deferred: start-up cost

        found = getattr_static(type(owner), name, None)
        is_method = isinstance(found, (property, FunctionType))
        return found.__get__(self, type(owner)) if is_method else getattr(owner, name)
