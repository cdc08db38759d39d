"""The pages of a joined read: the items of one query, sorted by whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from dynamorm.data.capacity import ConsumedCapacity
from dynamorm.data.conditions import Comparison, Condition, Value
from dynamorm.data.operations import Query
from dynamorm.data.paths import Path
from dynamorm.data.positions import Position, SegmentPositions
from dynamorm.data.results import PageResult
from dynamorm.data.values import Item
from dynamorm.engine.plans import pages as paging
from dynamorm.engine.plans.pages import Quota, ReadPage
from dynamorm.engine.plans.steps import Emit, StreamPlan, map_stream
from dynamorm.exceptions import InvalidKey
from dynamorm.model.mapping.related import RelatedItems, set_cached
from dynamorm.model.reads.settings import ReadSettings
from dynamorm.rules import holds


class JoinedItems:
    """The items that a joined read has found, those of the instances and those of each relationship."""

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        operation = settings.operation
        assert isinstance(operation, Query)
        self._conditions = operation.key_condition.range_conditions
        self._found: list[Item] = []
        self._related: list[list[Item]] = [[] for _ in settings.joins]

    def pages(self) -> StreamPlan[ReadPage]:
        """Read all pages, and emit one with the items of the instances, so that each has all that is related to it.

        A read that begins at a position reads the whole partition, too: what is related may be before it.
        Raises :class:`~dynamorm.exceptions.InvalidKey` for a position that is not in the partition.
        """
        settings, operation = self._settings, self._settings.operation_now()
        follows = self._follows(settings.starting_position())
        scanned = 0
        capacity: list[ConsumedCapacity] = []

        def sort(page: ReadPage) -> StreamPlan[ReadPage]:
            nonlocal scanned
            scanned += page.result.scanned_count
            capacity.extend(page.result.consumed_capacity)
            for item in page.result.items:
                self._sort(item)
            yield from ()

        yield from map_stream(paging.pages(operation, settings.limits._replace(limit=None), keys=settings.keys), sort)
        assert isinstance(settings.operation, Query)
        found = self._found if settings.operation.forward else self._found[::-1]
        if follows is not None:
            found = [item for item in found if holds(follows, item)]
        result = PageResult(found, len(found), scanned, None, tuple(capacity))
        yield Emit(ReadPage(Quota(settings.operation, settings.limits).cut(result, settings.keys), settings.keys))

    def _follows(self, start: Position | None) -> Condition | None:
        """Return the condition that an item follows a *start* in the order of the read."""
        if start is None:
            return None
        settings = self._settings
        assert isinstance(settings.operation, Query)
        hash_values = settings.operation.key_condition.hash_values
        if isinstance(start, SegmentPositions) or any(start[name] != value for name, value in hash_values.items()):
            raise InvalidKey(
                f"A joined read of {settings.mapper.model_name} was given a position that is not in the partition that "
                "it reads. Start after an instance, or with the cursor, of this read."
            )
        range_key = settings.mapper.table.spec.range_key
        assert range_key is not None, "a partition with related instances has a range key"
        operator: Literal["<", ">"] = ">" if settings.operation.forward else "<"
        return Comparison(operator, Path.of(range_key.name), Value(start[range_key.name]))

    def _sort(self, item: Item) -> None:
        settings = self._settings
        kind = settings.mapper.kind
        if kind is not None and kind.of(item) is not None and all(holds(each, item) for each in self._conditions):
            self._found.append(item)
        for join, related in zip(settings.joins, self._related, strict=True):
            theirs = join.mapper.kind
            if theirs is not None and theirs.of(item) is not None:
                related.append(item)

    def fill(self, owners: Sequence[Any]) -> None:
        """Let each of the *owners* hold the items that are related to it, in the order of their keys."""
        for join, related in zip(self._settings.joins, self._related, strict=True):
            for owner in owners:
                lookups = join.relationship.lookups(owner)
                set_cached(owner, join.relationship.name, RelatedItems(tuple(related), lookups))
