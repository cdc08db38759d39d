"""``delete_partition``: what deleting all items with one hash key costs, and the deletion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamorm.data.batches import DeleteRequest
from dynamorm.data.capacity import write_units
from dynamorm.data.conditions import KeyCondition
from dynamorm.data.operations import DescribeTable, Query
from dynamorm.data.paths import Path
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.records import field, record
from dynamorm.data.sizes import size_of_item
from dynamorm.data.tables import IndexSpec, TableSpec
from dynamorm.data.values import KEY_TYPE_NAMES, AttributeValue, Item, normalise, type_of
from dynamorm.engine.plans import batches, pages
from dynamorm.engine.plans.pages import ReadPage
from dynamorm.engine.plans.reports import reporter
from dynamorm.engine.plans.steps import Plan, StreamPlan, map_stream
from dynamorm.engine.run.connections import Target
from dynamorm.exceptions import BackendUnavailable, InvalidKey
from dynamorm.model.upkeep import partitions as of_models
from dynamorm.model.upkeep.models import TableModels
from dynamorm.model.verbs.drivers import adrive_on, drive_on
from dynamorm.operate.connections import aopened, opened
from dynamorm.operate.rates import GivenRate, limited
from dynamorm.operate.reading.conditions import with_key_words
from dynamorm.operate.resolved_tables import GivenTable, ResolvedTable
from dynamorm.ports.backends import Capability

#: After so many deletions of the whole partition, others write faster than this deletes.
MOST_ROUNDS = 100


@record
class PartitionSize:
    """The items with one hash key, and what deleting them costs.

    Attributes:
        table: The name of the table.
        items: How many there are.
        size: Their size in bytes.
        read_capacity: The read units that counting them has consumed; ``None`` if the backend does not tell.
        write_capacity: About how many write units of the table deleting them consumes: one for each KB of each item.
        index_capacity: The same for each index that has some of them.
        through_models: Whether they are deleted one by one in transactions, which cost twice as much, because of
            constraints.
    """

    table: str
    items: int
    size: int
    read_capacity: float | None
    write_capacity: float
    index_capacity: Mapping[str, float] = field(default_factory=dict)
    through_models: bool = False


@record
class DeletedPartition:
    """The result of ``delete_partition``.

    Attributes:
        table: The name of the table.
        deleted: How many items were deleted.
        written_meanwhile: How many of them were written while others were being deleted. More may be written later.
    """

    table: str
    deleted: int
    written_meanwhile: int


def partition_size(
    table: GivenTable,
    key: Mapping[str, Any],
    *,
    raw: bool = False,
    rate: GivenRate = None,
    backend: Target | None = None,
) -> PartitionSize:
    """Read the items with one hash key, and return how many they are and what :func:`delete_partition` would cost.

    Whole items are read, since a read costs the same whichever attributes it asks for. Arguments and errors are those
    of :func:`delete_partition`.
    """
    with opened(backend) as connection, limited(rate, reads=True):
        found = _Partition(ResolvedTable(table, connection), key, raw=raw)
        return drive_on(found.table.connection, found.size())


async def apartition_size(
    table: GivenTable,
    key: Mapping[str, Any],
    *,
    raw: bool = False,
    rate: GivenRate = None,
    backend: Target | None = None,
) -> PartitionSize:
    """Return how many items have one hash key, as :func:`partition_size` does."""
    async with aopened(backend) as connection:
        found = _Partition(ResolvedTable(table, connection), key, raw=raw)
        with limited(rate, reads=True):
            return await adrive_on(found.table.connection, found.size())


def delete_partition(
    table: GivenTable,
    key: Mapping[str, Any],
    *,
    raw: bool = False,
    rate: GivenRate = None,
    progress: ProgressCallback | None = None,
    backend: Target | None = None,
) -> DeletedPartition:
    """Delete all items with one hash key, and ask again until there are none.

    Items are deleted in batches, by their keys. Those of models with unique values, counters or other constraints are
    deleted one by one through their models, each with its guards in a transaction. If it ends before its end, call it
    again: it deletes what is left. To empty a whole table, drop and create it, which costs nothing.

    Args:
        table: A model, a shared table, or the name of a table.
        key: The fields of the hash key with their values; of a table that is given by its name, or *raw*, the attribute
            of the hash key.
        rate: The most read units, and the most write units, a second, or a :class:`~dynamorm.RateLimit`.
        raw: Delete through no model, whatever the items are: guards of unique values stay, and counters too.
        progress: Called after each page.
        backend: What ``connect`` takes, in place of the connection of the model or the current one.

    Raises:
        InvalidKey: *key* is not the hash key.
        DynaModelException: *rate* is not above 0.
        UnknownKind: An item is of no model's kind, so that nobody knows its guards; *raw* deletes it.
        ConditionFailed: Items of other partitions refer to an item, which is protected.
        BackendUnavailable: Others write to the partition all the time, so that it never gets empty.
    """
    with opened(backend) as connection, limited(rate, reads=True, writes=True):
        found = _Partition(ResolvedTable(table, connection), key, raw=raw)
        return drive_on(found.table.connection, found.delete(progress))


async def adelete_partition(
    table: GivenTable,
    key: Mapping[str, Any],
    *,
    raw: bool = False,
    rate: GivenRate = None,
    progress: ProgressCallback | None = None,
    backend: Target | None = None,
) -> DeletedPartition:
    """Delete all items with one hash key, as :func:`delete_partition` does."""
    async with aopened(backend) as connection:
        found = _Partition(ResolvedTable(table, connection), key, raw=raw)
        with limited(rate, reads=True, writes=True):
            return await adrive_on(found.table.connection, found.delete(progress))


class _Partition:
    """The items with one hash key of a *table*."""

    def __init__(self, table: ResolvedTable, key: Mapping[str, Any], *, raw: bool) -> None:
        self.table = table
        self._key = key
        self._models = None if raw or table.layout is None else TableModels.of_table(table.layout, "delete_partition")
        # Refuses wrong fields before anything is sent.
        self._hash_keys = None if self._models is None else of_models.hash_keys(self._models, key)

    def size(self) -> Plan[PartitionSize]:
        """Return the plan that counts the items."""
        spec = yield from self._spec()
        tells = Capability.CONSUMED_CAPACITY in self.table.connection.capabilities
        items = size = 0
        consumed = written = 0.0
        indexes: dict[str, float] = {}

        def add(page: ReadPage) -> StreamPlan[Any]:
            nonlocal items, size, consumed, written
            yield from ()
            consumed += sum(each.total for each in page.result.consumed_capacity)
            for item in page.result.items:
                if not self._is_meant(spec, item):
                    continue
                items += 1
                bytes_of_item = size_of_item(item)
                size += bytes_of_item
                written += write_units(bytes_of_item)
                for index in spec.indexes:
                    if not index.lacking(item):
                        cost = write_units(_size_in(index, spec, item))
                        indexes[index.name] = indexes.get(index.name, 0.0) + cost

        for value in self._values(spec):
            query = Query(
                spec.name,
                KeyCondition((spec.hash_key.name, value)),
                return_consumed_capacity="TOTAL" if tells else "NONE",
            )
            yield from map_stream(pages.pages(query, keys=_names(spec)), add)  # type: ignore[misc]  # emits nothing
        constrained = self._models is not None and any(
            model._mapper.constraints is not None for model in self._models.all_models
        )
        return PartitionSize(
            spec.name, items, size, consumed if tells else None, written, indexes, through_models=constrained
        )

    def delete(self, progress: ProgressCallback | None) -> Plan[DeletedPartition]:
        """Return the plan that deletes the items, until there are none."""
        spec = yield from self._spec()
        values = self._values(spec)
        deleted = written_meanwhile = 0
        for number in range(MOST_ROUNDS):
            # What the first round has left is little, or there are other writers.
            reported = None if number else progress
            try:
                if self._models is None:
                    count = yield from _delete_raw(spec, values, reported)
                else:
                    count = yield from of_models.delete_partition(self._models, spec, self._key, reported)
            except GeneratorExit:
                raise
            except BaseException as error:
                if deleted:
                    error.add_note(f"{deleted:,} items were deleted in the rounds before.")
                raise
            if not count:
                return DeletedPartition(spec.name, deleted, written_meanwhile)
            deleted += count
            if number:
                written_meanwhile += count
        raise BackendUnavailable(
            f"Others write to this partition of '{spec.name}' faster than it is deleted: {deleted:,} items were "
            f"deleted in {MOST_ROUNDS} rounds, and there are more. Stop the writers, then delete it again."
        )

    def _spec(self) -> Plan[TableSpec]:
        """Return the live table's keys and indexes."""
        description = yield DescribeTable(self.table.name)
        spec: TableSpec = description.spec
        return spec

    def _values(self, spec: TableSpec) -> list[AttributeValue]:
        """Return the hash keys: one, and former ones of models."""
        if self._hash_keys is not None:
            return self._hash_keys
        name = spec.hash_key.name
        key = with_key_words(spec, self._key)
        if set(key) != {name}:
            given = " and ".join(self._key) or "nothing"
            raise InvalidKey(f"The hash key of the table '{spec.name}' is '{name}', and {given} was given.")
        value = normalise(key[name], name)
        if type_of(value) != spec.hash_key.type:
            raise InvalidKey(
                f"The hash key '{name}' of the table '{spec.name}' is {KEY_TYPE_NAMES[spec.hash_key.type]}, and was "
                "given another type."
            )
        return [value]

    def _is_meant(self, spec: TableSpec, item: Item) -> bool:
        """Return whether an *item* is deleted: a model on a shared table deletes only its own."""
        return self._models is None or of_models.is_meant(self._models, spec, item)


def _delete_raw(spec: TableSpec, values: list[AttributeValue], progress: ProgressCallback | None) -> Plan[int]:
    """Delete the items with these hash keys by their primary keys alone, and return their number."""
    count, names, reports = 0, _names(spec), reporter(progress, spec.name)

    def delete(page: ReadPage) -> StreamPlan[Any]:
        nonlocal count
        keys = [{name: item[name] for name in names} for item in page.result.items]
        try:
            yield from batches.write_all([(spec, DeleteRequest(spec.name, key)) for key in keys])
        except BaseException as error:
            count += len(keys) - len(getattr(error, "unprocessed", keys))
            raise
        count += len(keys)
        if reports is not None:
            yield reports.advance(len(keys), looked_at=page.result.scanned_count)

    try:
        if reports is not None:
            yield from reports.begin()
        for value in values:
            query = Query(
                spec.name,
                KeyCondition((spec.hash_key.name, value)),
                projection=tuple(map(Path.of, names)),
                consistent=True,
            )
            yield from map_stream(pages.pages(query, keys=names), delete)  # type: ignore[misc]  # it emits nothing
        if reports is not None:
            yield from reports.end()
    except GeneratorExit:
        raise
    except BaseException as error:
        error.add_note(f"{count:,} items of the partition were deleted before. Delete it again for what is left.")
        raise
    return count


def _names(spec: TableSpec) -> tuple[str, ...]:
    return tuple(attribute.name for attribute in spec.key_attributes)


def _size_in(index: IndexSpec, spec: TableSpec, item: Item) -> int:
    """Return the size of an *item* in an *index*, which holds a part of its attributes."""
    if index.projection.kind == "ALL":
        return size_of_item(item)
    held = {each.name for each in (*spec.key_attributes, *index.key_attributes)} | set(index.projection.include)
    return size_of_item({name: value for name, value in item.items() if name in held})
