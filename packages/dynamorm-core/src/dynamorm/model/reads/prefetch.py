"""Loading the related instances of many instances at once, with batch gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from dynamorm.data.values import Item
from dynamorm.engine.plans import batches
from dynamorm.engine.plans.checks import primary_key_values
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.sync import stream
from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.related import Related, set_cached


class Prefetchable(Protocol):
    """A relationship to one instance, which is found by its primary key."""

    name: str

    @property
    def other(self) -> Any:
        """The model of the related instances."""

    def prefetch_lookups(self, owner: Any) -> Mapping[str, Any] | None:
        """The primary key of the related instance of an *owner*; ``None`` when it has one, or can't have any."""


class Prefetch:
    """One relationship to be loaded for many instances, and the backend that was in force when that was asked for."""

    def __init__(self, relationship: Prefetchable) -> None:
        self._relationship = relationship
        self._mapper: Mapper = relationship.other._mapper
        self._backend: Connection = self._mapper.backend()

    def load(self, owners: Iterable[Any], *, consistent: bool) -> None:
        """Gives each of the *owners* its own related instance; one that is not there is noted too."""
        pending: list[tuple[Any, Mapping[str, Any], Item]] = []
        for owner in owners:
            lookups = self._relationship.prefetch_lookups(owner)
            if lookups is not None:
                pending.append((owner, lookups, self._mapper.key(lookups)))
        if not pending:
            return
        spec = self._mapper.spec
        plan = batches.get_all(spec, [key for _, _, key in pending], consistent=consistent)
        found = {primary_key_values(spec, item): item for chunk in stream(plan, self._backend) for item in chunk}
        for owner, lookups, key in pending:
            item = found.get(primary_key_values(spec, key))
            hidden = item is None or self._mapper.is_hidden(item)
            instance = None if item is None or hidden else self._relationship.other._load(item)
            set_cached(owner, self._relationship.name, Related(instance, lookups))


def prefetches(mapper: Mapper, names: Sequence[str]) -> list[Prefetch]:
    """What loads the relationships of these *names* of a model. Raises ``DynaModelException``."""
    found = []
    for name in names:
        relationship = mapper.relationships.get(name)
        if relationship is None:
            raise DynaModelException(
                f"{mapper.model_name} has no relationship '{name}'. Its relationships are "
                f"{', '.join(sorted(mapper.relationships)) or 'none'}."
            )
        found.append(Prefetch(relationship.prefetchable()))
    return found
