"""Prefetching: loading the related instances of many instances together, with batch gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from dynamorm.data.values import Item
from dynamorm.engine.plans import batches
from dynamorm.engine.plans.checks import primary_key_values
from dynamorm.engine.plans.steps import OnConnection, Plan, collect
from dynamorm.engine.plans.turns import CHUNK, LET_OTHERS_RUN
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import ValidationError, WrongKind
from dynamorm.model.mapping.awaited_origins import awaited
from dynamorm.model.mapping.loaded_attributes import LoadedAttributes
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.related import Related, relationship_of, set_cached


class Prefetchable(Protocol):
    """A relationship to one instance that is found by its primary key."""

    name: str

    @property
    def other(self) -> Any:
        """The model of the related instances."""

    def refuse_to_prefetch(self, loaded: LoadedAttributes) -> None:
        """Raise ``DynaModelException`` if the query needs fields that are not among those *loaded*."""

    def prefetch_lookups(self, owner: Any) -> Mapping[str, Any] | None:
        """Return the primary key of the related instance; ``None`` if the *owner* holds it or can't have one."""


class Prefetch:
    """A relationship to load for many instances, on the connection that was current when the prefetch was requested.

    *origin* is the connection of the block in which the read was made, if it was made in one, which comes first.
    """

    def __init__(self, relationship: Prefetchable, origin: Connection | None) -> None:
        self._relationship = relationship
        self._mapper: Mapper = relationship.other._mapper
        table = self._mapper.table
        self._connection = table.connection(origin)
        self._origin = origin or table.origin()

    @property
    def name(self) -> str:
        """The name of the relationship."""
        return self._relationship.name

    def check(self, loaded: LoadedAttributes) -> None:
        """Raise ``DynaModelException`` if the owners are read without fields that the relationship needs."""
        self._relationship.refuse_to_prefetch(loaded)

    def load(self, owners: Iterable[Any], *, consistent: bool, on_event_loop: bool) -> Plan[None]:
        """Set the related instance of each of the *owners*, or record that there is none."""
        origin = awaited(self._origin) if on_event_loop else self._origin
        pending: list[tuple[Any, Mapping[str, Any], Item]] = []
        for number, owner in enumerate(owners, start=1):
            if on_event_loop and number % CHUNK == 0:
                yield LET_OTHERS_RUN
            lookups = self._relationship.prefetch_lookups(owner)
            if lookups is not None:
                pending.append((owner, lookups, self._mapper.key(lookups)))
        if not pending:
            return
        spec = self._mapper.table.spec_on(self._connection)
        reading = batches.get_all(spec, [key for _, _, key in pending], consistent=consistent)
        chunks: list[Sequence[Item]] = yield OnConnection(self._connection, collect(reading))
        found = {primary_key_values(spec, item): item for chunk in chunks for item in chunk}
        for number, (owner, lookups, key) in enumerate(pending, start=1):
            if on_event_loop and number % CHUNK == 0:
                yield LET_OTHERS_RUN
            item = found.get(primary_key_values(spec, key))
            hidden = item is None or self._mapper.table.is_hidden(item)
            load = self._relationship.other._load
            try:
                instance = None if item is None or hidden else load(item, origin=origin)
            except (ValidationError, WrongKind):
                # It is read again, and raises, when it is asked for. The others must not wait for it.
                continue
            set_cached(owner, self._relationship.name, Related(instance, lookups))


def prefetches(mapper: Mapper, names: Sequence[str], origin: Connection | None) -> list[Prefetch]:
    """Return the prefetches for the relationships of these *names* of a model, for a read of this *origin*.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for a relationship that is unknown or can't be prefetched.
    """
    return [Prefetch(relationship_of(mapper, name).prefetchable(), origin) for name in names]
