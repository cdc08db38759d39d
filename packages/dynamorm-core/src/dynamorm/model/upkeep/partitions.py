"""The plan of ``delete_partition``: it deletes all items with one hash key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dynamorm.data.batches import BatchWriteRequest, DeleteRequest
from dynamorm.data.conditions import KeyCondition
from dynamorm.data.operations import Query
from dynamorm.data.paths import Path
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.tables import TableSpec
from dynamorm.data.values import AttributeValue, Item
from dynamorm.engine.plans import batches, items, pages, writes
from dynamorm.engine.plans.pages import ReadPage
from dynamorm.engine.plans.preconditions import ItemPresent
from dynamorm.engine.plans.reports import reporter
from dynamorm.engine.plans.steps import Plan, StreamPlan, map_stream
from dynamorm.exceptions import ConditionFailed, InvalidKey, MissingKey, StaleItem, UnknownKind
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.upkeep.models import TableModels
from dynamorm.model.upkeep.rereads import until_unchanged

Values = Mapping[str, Any]

#: So many times a partition is read, when others write to it items that refer to those to be deleted.
MAX_PASSES = 100


def delete_partition(
    models: TableModels, spec: TableSpec, values: Values, progress: ProgressCallback | None = None
) -> Plan[int]:
    """Delete the items whose hash key the *values* of fields give, and return their number.

    Raises:
        InvalidKey: The values are not those of the fields of a hash key.
        MissingKey: A field of the hash key is missing.
    """
    return _Deletion(models, spec, hash_keys(models, values), progress).plan()


def hash_keys(models: TableModels, values: Values) -> list[AttributeValue]:
    """Return the hash keys that *values*, by field name, give with any of the *models*: one, and former ones."""
    found: list[AttributeValue] = []
    fields_of_all: list[tuple[str, ...]] = []
    for model in models.models:
        mapper: Mapper = model._mapper
        fields = mapper.hash_fields
        fields_of_all.append(fields)
        if values and set(fields) == set(values):
            found += (key for key in keys_of_hash(mapper, fields, values) if key not in found)
    if not found:
        _refuse(models, values, fields_of_all)
    return found


def keys_of_hash(mapper: Mapper, fields: Sequence[str], values: Values) -> Iterator[AttributeValue]:
    """Yield the hash keys that *values* of these *fields* give with a model: the present one, and the former one."""
    missing = [name for name in fields if values[name] is None]
    if missing:
        raise MissingKey(f"{' and '.join(missing)} can't be None: the hash key of {mapper.model_name} consists of it.")
    if mapper.time_keys:
        mapper.time_keys.refuse(dict(values))
    stored = {name: mapper.fields.stored_value(name, values[name]) for name in fields}
    primary = None if mapper.composed is None else mapper.composed.primary
    if primary is None or primary.hash.template is None:
        yield stored[fields[0]]
        return
    yield primary.hash.template.format(stored)
    if primary.hash.former is not None:
        yield primary.hash.former.format(stored)


def _refuse(models: TableModels, values: Values, fields_of_all: Sequence[tuple[str, ...]]) -> None:
    known = " or ".join(dict.fromkeys(" and ".join(fields) for fields in fields_of_all if fields)) or "none"
    given = " and ".join(values) or "nothing"
    advice = f"Give {known}" if known != "none" else "The hash key has no fields, so this would delete all items"
    raise InvalidKey(
        f"delete_partition of {models.label} takes the fields of the hash key, and was given {given}. {advice}."
    )


class _Deletion:
    """One call of ``delete_partition``."""

    def __init__(
        self, models: TableModels, spec: TableSpec, keys: Sequence[AttributeValue], progress: ProgressCallback | None
    ) -> None:
        self._models = models
        self._spec = spec
        self._keys = keys
        self._names = tuple(attribute.name for attribute in spec.key_attributes)
        self._reports = reporter(progress, spec.name)
        self._count = 0
        #: The items, with their models, that others refer to, which may be in this partition.
        self._postponed: list[tuple[Any, Item]] = []

    def plan(self) -> Plan[int]:
        """Return the plan."""
        try:
            if self._reports is not None:
                yield from self._reports.begin()
            yield from self._delete_all()
            if self._reports is not None:
                yield from self._reports.end()
        except GeneratorExit:
            raise
        except BaseException as error:
            error.add_note(
                f"{self._count:,} items of the partition were deleted before. Call delete_partition() again: it "
                "deletes what is left."
            )
            raise
        return self._count

    def _delete_all(self) -> Plan[None]:
        """Delete the items, and once more where others referred to some of them, as long as that deletes any."""
        for number in range(MAX_PASSES):
            before = self._count
            self._postponed.clear()
            for key in self._keys:
                found = pages.pages(self._query(key), keys=self._names)
                yield from map_stream(found, self._delete)  # type: ignore[misc]  # it emits nothing
            refused = yield from self._delete_postponed()
            if refused is None:
                return
            # Another writer may have added items here that refer to one.
            if self._count == before or number == MAX_PASSES - 1:
                raise refused

    def _query(self, key: AttributeValue) -> Query:
        condition = KeyCondition((self._spec.hash_key.name, key))
        return Query(self._spec.name, condition, projection=self._projection(), consistent=True)

    def _projection(self) -> tuple[Path, ...] | None:
        """Return the attributes that are read: the key, and what tells kinds apart, which may need the whole item."""
        registry = self._models.registry
        if any(model._mapper.constraints is not None for model in self._models.all_models):
            return None
        if registry is None:
            return tuple(map(Path.of, self._names))
        # Keys alone tell the models apart where there is no attribute for the kind.
        read = (*self._names, registry.attribute) if registry.attribute else self._names
        return None if registry.kind_of is not None else tuple(map(Path.of, read))

    def _delete(self, page: ReadPage) -> StreamPlan[Any]:
        found = [item for item in page.result.items if is_meant(self._models, self._spec, item)]
        before = self._count
        requests: list[tuple[TableSpec, BatchWriteRequest]] = []
        for item in found:
            model = None if self._models.is_own_item(item, self._spec) else self._models.model_of(item)
            if model is not None and model._mapper.constraints is not None:
                try:
                    yield from self._delete_constrained(model, item)
                except StaleItem:
                    raise
                except ConditionFailed:
                    # What refers to it is deleted first, if it is in the partition.
                    self._postponed.append((model, item))
            else:
                requests.append((self._spec, DeleteRequest(self._spec.name, self._key(item))))
        try:
            yield from batches.write_all(requests)
        except BaseException as error:
            self._count += len(requests) - len(getattr(error, "unprocessed", requests))
            raise
        self._count += len(requests)
        if self._reports is not None:
            yield self._reports.advance(self._count - before, looked_at=page.result.scanned_count)

    def _delete_postponed(self) -> Plan[ConditionFailed | None]:
        """Delete the items that others referred to, the last referred ones first; return why some can't be deleted."""
        before = self._count
        waiting = list(self._postponed)
        refused: ConditionFailed | None = None
        while waiting:
            left: list[tuple[Any, Item]] = []
            for model, item in waiting:
                read = yield from items.get(self._spec, self._key(item), consistent=True)
                try:
                    if read is not None:
                        yield from self._delete_constrained(model, read)
                except StaleItem:
                    raise
                except ConditionFailed as error:
                    refused = error
                    left.append((model, item))
            if len(left) == len(waiting):
                break
            waiting, refused = left, refused if left else None
        if self._reports is not None and self._count > before:
            yield self._reports.advance(self._count - before)
        return refused

    def _key(self, item: Item) -> Item:
        return {name: item[name] for name in self._names}

    def _delete_constrained(self, model: Any, item: Item) -> Plan[None]:
        """Delete an *item* with its guards and whatever else its constraints require, in a transaction of its own."""
        key = self._key(item)

        def delete(read: Item) -> Plan[None]:
            write = writes.delete(self._spec, key, preconditions=(ItemPresent(),))
            yield model._mapper.constraints.change_read(write, read)
            self._count += 1

        tried = "delete_partition() tried to delete it"
        yield from until_unchanged(self._spec, key, item, delete, failure=StaleItem, tried=tried)


def is_meant(models: TableModels, spec: TableSpec, item: Item) -> bool:
    """Return whether an *item* is of the *models*, so that it is deleted.

    Raises :class:`~dynamorm.exceptions.UnknownKind` if no model has its kind: it may have guards elsewhere.
    """
    registry = models.registry
    if registry is None:
        return True
    model = models.model_of(item)
    if not models.everything:
        return model is not None and models.reads(model)
    if model is not None or models.is_own_item(item, spec):
        return True
    name = item.get(registry.attribute)
    raise UnknownKind(
        f"The partition of {models.label} has an item whose kind no model has, so it was not deleted, and neither were "
        "the others of its page. Import the module of its model, or delete it with Table.delete_item().",
        name if isinstance(name, str) else None,
        {each.name: item[each.name] for each in spec.key_attributes},
    )
