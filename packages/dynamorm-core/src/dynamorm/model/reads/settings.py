"""The settings of a read, which never change: each configuring method makes new ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from dynamorm.data.operations import Query, Scan
from dynamorm.data.paths import Path
from dynamorm.data.positions import Position
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.records import replace
from dynamorm.data.values import Item
from dynamorm.engine.plans.pages import NO_LIMITS, ReadLimits
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import ValidationError
from dynamorm.model.mapping.awaited_origins import AwaitedOrigin, awaited
from dynamorm.model.mapping.loaded_attributes import LoadedAttributes
from dynamorm.model.mapping.loading import Loader
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.reads.prefetch import Prefetch
from dynamorm.ports.backends import Capability

if TYPE_CHECKING:
    from dynamorm.model.reads.cursors import Cursors
    from dynamorm.model.reads.joins import Join
    from dynamorm.model.reads.read_kinds import ReadKinds

#: What is done with an item that the schema refuses: raise the error, skip the item, or pass both to a function.
InvalidItems: TypeAlias = Literal["raise", "skip"] | Callable[[Item, ValidationError], object]


class ReadSettings(NamedTuple):
    """The settings of a read.

    Attributes:
        mapper: The mapper of the model.
        load: The loader of the model.
        operation: The operation, without a limit and a starting position.
        connection: The connection that was current when the read was made, wherever the items are requested.
        origin: The connection that the instances belong to, if it is not the default one.
        partial: Load items as partial instances.
        loaded: The attributes that are read.
        unexpired: Leave out expired items.
        limits: How much is read.
        start: The starting position, unless there is a cursor.
        cursor: The cursor to start from.
        secrets: The secrets for cursors.
        prefetches: The relationships to load with each page.
        parallel: The number of segments that are read in parallel.
        invalid: What is done with items that the schema refuses.
        progress: What is called with the progress.
        is_awaited: Whether the items are read on an event loop, which their instances remember.
        kinds: What tells the items of this read from others, if its table has items of several models.
        parsed: The attributes to read that are parsed from the keys.
        joins: The relationships whose instances are read with the same query.
        held: The items that the read gives without a request, which another read has found.
    """

    mapper: Mapper
    load: Loader[Any]
    operation: Query | Scan
    connection: Connection
    origin: Connection | None
    partial: bool
    loaded: LoadedAttributes
    unexpired: bool
    limits: ReadLimits = NO_LIMITS
    start: Position | None = None
    cursor: str | None = None
    secrets: tuple[bytes, ...] = ()
    prefetches: tuple[Prefetch, ...] = ()
    parallel: int = 1
    invalid: InvalidItems = "raise"
    progress: ProgressCallback | None = None
    is_awaited: bool = False
    kinds: ReadKinds | None = None
    parsed: tuple[str, ...] = ()
    joins: tuple[Join, ...] = ()
    held: tuple[Item, ...] | None = None

    def starting_at(self, position: Position | None) -> ReadSettings:
        """Return the settings of this read from a *position* on."""
        return self._replace(start=position, cursor=None)

    def limited_to(self, limit: int) -> ReadSettings:
        """Return the settings of this read with another *limit*."""
        return self._replace(limits=self.limits._replace(limit=limit))

    def on_event_loop(self) -> ReadSettings:
        """Return the settings of this read on an event loop."""
        return self._replace(is_awaited=True)

    @property
    def instance_origin(self) -> AwaitedOrigin | Connection | None:
        """What the instances remember of where and how they were read."""
        return awaited(self.origin) if self.is_awaited else self.origin

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the key attributes of the table and of the index that is read."""
        return tuple(each.name for each in self.mapper.table.key_attributes_read(self.operation.index))

    @property
    def added_attributes(self) -> tuple[str, ...]:
        """The attributes that the projection lacks, and that are read too.

        These are the keys, because positions are made of them, and what tells kinds of items apart.
        """
        projection = self.operation.projection
        if projection is None:
            return ()
        read = {path.attribute for path in projection if path.is_attribute}
        added = self.keys
        if self.kinds is not None:
            table = self.mapper.table
            added += self.kinds.attributes_held(table.spec, table.index(self.operation.index))
        return tuple(name for name in added if name not in read)

    @property
    def reads_whole_items(self) -> bool:
        """Whether whole items are read in spite of a projection, because more than keys may tell their kinds."""
        if self.operation.projection is None or self.kinds is None or not self.kinds.needs_whole_items:
            return False
        index = self.mapper.table.index(self.operation.index)
        return index is None or index.projection.kind == "ALL"

    @property
    def segments(self) -> int | None:
        """The number of segments, if several are read in parallel, which not every backend can do."""
        can_segment = Capability.PARALLEL_SCAN in self.connection.capabilities
        return self.parallel if self.parallel > 1 and can_segment else None

    def operation_now(self, *, counts: bool = False) -> Query | Scan:
        """Return the operation as it is sent now: with the keys, and without expired items if they are left out.

        Items of other kinds are left out where there may be some, and always if the service *counts* the items.
        """
        operation = self.operation
        if self.joins:
            from dynamorm.model.reads.joins import joined_operation  # deferred: start-up cost

            operation = joined_operation(operation, self.mapper, self.joins)
            return self.mapper.table.without_expired(operation) if self.unexpired else operation
        if self.reads_whole_items:
            operation = replace(operation, projection=None)
        elif added := self.added_attributes:
            operation = replace(operation, projection=(*(operation.projection or ()), *map(Path.of, added)))
        if self.kinds is not None:
            operation = self.kinds.restrict(operation, self.mapper.table.spec, counts=counts)
        return self.mapper.table.without_expired(operation) if self.unexpired else operation

    def starting_position(self) -> Position | None:
        """Return the starting position; raise :class:`~dynamorm.exceptions.InvalidCursor` for a wrong cursor."""
        return self.start if self.cursor is None else self.cursors().decode(self.cursor)

    def cursor_at(self, position: Position) -> str:
        """Return the cursor for a *position* of the read."""
        return self.cursors().encode(position)

    def cursors(self) -> Cursors:
        """Return the encoder and decoder of the read's cursors."""
        from dynamorm.model.reads.cursors import Cursors  # deferred: start-up cost

        keys = self.mapper.table.key_attributes_read(self.operation.index)
        models = None if self.kinds is None else self.kinds.label
        return Cursors(self.mapper.model_name, self.operation, self.segments, keys, self.secrets, models=models)
