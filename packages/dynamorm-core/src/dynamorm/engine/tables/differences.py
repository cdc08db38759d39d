"""The differences between a live table and its model, as a pure function from both to the changes to make."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from dynamorm.data.operations import TagTable, UntagTable, UpdateTable, UpdateTimeToLive
from dynamorm.data.records import record
from dynamorm.data.table_changes import (
    SetCapacity,
    SetDeletionProtection,
    SetIndexCapacity,
    SetStream,
    SetTableClass,
)
from dynamorm.data.table_plans import Consent, PlannedChange, TablePlan
from dynamorm.data.tables import (
    IndexSpec,
    TableDescription,
    TableSettings,
    TableSpec,
    Throughput,
    TimeToLive,
)
from dynamorm.engine.tables.allowed_removals import AllowedRemovals
from dynamorm.engine.tables.index_differences import IndexChanges, check_local_indexes, describe_key
from dynamorm.exceptions import TableMismatch

#: The subject of changes of the time to live.
TIME_TO_LIVE = "time to live"


@record
class LiveTable:
    """A table as it is now. Time to live and tags are ``None`` when nothing depends on them."""

    description: TableDescription
    time_to_live: TimeToLive | None = None
    tags: Mapping[str, str] | None = None


def planned_changes(spec: TableSpec, settings: TableSettings, live: LiveTable, allowed: AllowedRemovals) -> TablePlan:
    """Return the changes that bring a *live* table to a model's *spec* and *settings*.

    They are in the order in which DynamoDB accepts them: indexes are dropped before the capacity changes, because a
    table that becomes provisioned needs a capacity for each index that it has; new indexes are added after it, with a
    capacity that suits the table's new billing. Settings that the model does not have stay as they are.

    Raises:
        TableMismatch: The table's primary key or one of its local indexes differs from the model.
    """
    _check_key(spec, live.description.spec)
    check_local_indexes(spec, live.description.spec)
    indexes = IndexChanges(spec, live.description.spec, allowed)
    changes = (
        *_protection_on(spec, settings, live),
        *indexes.local(),
        *indexes.dropped(),
        *_capacity(spec, live.description.spec, indexes.staying),
        *_table_class(spec, settings, live),
        *_stream(spec, live.description.spec, allowed),
        *indexes.added(),
        *_time_to_live(spec, settings, live, allowed),
        *_tags(spec, settings, live, allowed),
        *_protection_off(spec, settings, live, allowed),
    )
    return TablePlan(spec.name, changes)


def _check_key(spec: TableSpec, live: TableSpec) -> None:
    if spec.key_attributes != live.key_attributes:
        raise TableMismatch(
            f"The table '{spec.name}' has {describe_primary_key(live)}, and its model {describe_primary_key(spec)}. "
            "DynamoDB can't change the primary key of a table, and nothing was changed. Fix the model, or give it a "
            "table with another name, create that table, and copy the items."
        )


def describe_primary_key(spec: TableSpec) -> str:
    """Return the primary key of a table in words."""
    range_key = f"the range key {describe_key(spec.range_keys)}" if spec.range_keys else "no range key"
    return f"the hash key {describe_key(spec.hash_keys)} and {range_key}"


def _capacity(spec: TableSpec, live: TableSpec, staying: Collection[IndexSpec]) -> Iterator[PlannedChange]:
    wanted = {index.name: index.throughput for index in spec.indexes}
    if spec.throughput is not None and live.throughput is None:
        # DynamoDB needs a capacity for each index. One that the model does not have gets the table's capacity.
        throughputs = tuple(
            SetIndexCapacity(index.name, wanted.get(index.name) or spec.throughput) for index in staying
        )
        change = SetCapacity(spec.throughput, throughputs)
        of_indexes = (f"index '{each.index}': {describe_units(each.throughput)}" for each in throughputs)
        after = "; ".join((describe_units(spec.throughput), *of_indexes))
        yield PlannedChange("capacity", "on demand", after, UpdateTable(spec.name, change))
        return
    if spec.throughput != live.throughput:
        operation = UpdateTable(spec.name, SetCapacity(spec.throughput))
        yield PlannedChange("capacity", describe_units(live.throughput), describe_units(spec.throughput), operation)
    if spec.throughput is None:
        return
    for index in staying:
        throughput = wanted.get(index.name)
        if throughput is not None and throughput != index.throughput:
            operation = UpdateTable(spec.name, SetIndexCapacity(index.name, throughput))
            subject = f"capacity of index '{index.name}'"
            yield PlannedChange(subject, describe_units(index.throughput), describe_units(throughput), operation)


def describe_units(throughput: Throughput | None) -> str:
    """Return a capacity in words; ``None`` is billing on demand."""
    return "on demand" if throughput is None else f"{throughput.read} read, {throughput.write} write"


def _table_class(spec: TableSpec, settings: TableSettings, live: LiveTable) -> Iterator[PlannedChange]:
    present = live.description.spec.table_class
    if settings.table_class not in (None, present):
        operation = UpdateTable(spec.name, SetTableClass(settings.table_class))
        yield PlannedChange("table class", present, settings.table_class, operation)


def _stream(spec: TableSpec, live: TableSpec, allowed: AllowedRemovals) -> Iterator[PlannedChange]:
    if spec.stream == live.stream:
        return
    consent = None
    if live.stream is not None:
        consent = None if "stream" in allowed.switch_off else Consent("switch_off", ("stream",))
        operation = UpdateTable(spec.name, SetStream(None))
        loses = "the stream's records that nobody has read yet"
        yield PlannedChange("stream", live.stream, "off", operation, loses, consent=consent)
    if spec.stream is not None:
        operation = UpdateTable(spec.name, SetStream(spec.stream))
        yield PlannedChange("stream", "off", spec.stream, operation, consent=consent)


def _time_to_live(
    spec: TableSpec, settings: TableSettings, live: LiveTable, allowed: AllowedRemovals
) -> Iterator[PlannedChange]:
    if live.time_to_live is None:
        return
    is_on = live.time_to_live.status in ("ENABLING", "ENABLED")
    present = live.time_to_live.attribute if is_on else None
    wanted = settings.time_to_live
    if present is not None and (present != wanted if wanted is not None else "ttl" in allowed.switch_off):
        operation = UpdateTimeToLive(spec.name, present, on=False)
        yield PlannedChange(TIME_TO_LIVE, f"at '{present}'", "off", operation)
    if wanted not in (None, present):
        loses = "items whose time has passed, which DynamoDB then deletes"
        operation = UpdateTimeToLive(spec.name, wanted, on=True)
        yield PlannedChange(TIME_TO_LIVE, "off", f"at '{wanted}'", operation, loses)


def _tags(
    spec: TableSpec, settings: TableSettings, live: LiveTable, allowed: AllowedRemovals
) -> Iterator[PlannedChange]:
    if live.tags is None:
        return
    arn, wanted = live.description.arn, settings.tags or {}
    missing = {key: value for key, value in wanted.items() if live.tags.get(key) != value}
    if missing:
        before = {key: live.tags.get(key, "none") for key in missing}
        yield PlannedChange("tags", _listed(before), _listed(missing), TagTable(spec.name, missing, arn))
    others = {key: value for key, value in live.tags.items() if key not in wanted}
    leaving = {key: value for key, value in others.items() if key in allowed.drop_tags}
    if leaving:
        yield PlannedChange("tags", _listed(leaving), "none", UntagTable(spec.name, tuple(leaving), arn))
    kept = {key: value for key, value in others.items() if key not in leaving}
    if kept and wanted:
        operation = UntagTable(spec.name, tuple(kept), arn)
        yield PlannedChange("tags", _listed(kept), "none", operation, consent=Consent("drop_tags", tuple(kept)))


def _listed(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in tags.items())


def _protection_on(spec: TableSpec, settings: TableSettings, live: LiveTable) -> Iterator[PlannedChange]:
    if settings.deletion_protection and not live.description.spec.deletion_protection:
        operation = UpdateTable(spec.name, SetDeletionProtection(on=True))
        yield PlannedChange("deletion protection", "off", "on", operation)


def _protection_off(
    spec: TableSpec, settings: TableSettings, live: LiveTable, allowed: AllowedRemovals
) -> Iterator[PlannedChange]:
    given = "deletion_protection" in allowed.switch_off
    if not live.description.spec.deletion_protection or settings.deletion_protection:
        return
    if given or settings.deletion_protection is False:
        operation = UpdateTable(spec.name, SetDeletionProtection(on=False))
        consent = None if given else Consent("switch_off", ("deletion_protection",))
        yield PlannedChange("deletion protection", "on", "off", operation, consent=consent)
