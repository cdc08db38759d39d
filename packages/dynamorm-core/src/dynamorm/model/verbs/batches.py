"""Batches: the verbs that write or read many items, and the block that collects puts and deletes of several models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Never, TypeVar

from dynamorm.data.batches import BatchWriteRequest, DeleteRequest, PutRequest
from dynamorm.data.operations import DeleteItem, PutItem
from dynamorm.data.progress import ProgressCallback
from dynamorm.data.values import Item
from dynamorm.engine.plans import batches
from dynamorm.engine.plans.reports import Reporter, check_callback, reporter
from dynamorm.engine.plans.steps import AllSent, Emit, OnConnection, Plan, StreamPlan, map_stream
from dynamorm.engine.plans.turns import CHUNK
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.given_keys import GivenKey, former_key, listed_key, listed_keys
from dynamorm.model.mapping.origins import record_awaited
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.verbs import instances, items
from dynamorm.model.verbs.blocks import WriteBlock
from dynamorm.model.verbs.drivers import dry_run, let_others_run
from dynamorm.model.verbs.pending import PendingWrite, check_instance, complete, mapper_of, refuse_extra, refuse_fields

if TYPE_CHECKING:
    from dynamorm.engine.costs.explanations import Explanation
    from dynamorm.model.query.path_types import GivenPaths

Model = TypeVar("Model", bound=StoredInstance)


def put_batch(
    model: type[StoredInstance], *given: Mapping[str, Any], progress: ProgressCallback | None = None
) -> Plan[None]:
    """Validate all items, and put them."""
    mapper = model._mapper
    mapper.refuse_batch(deletes=False)
    spec = mapper.spec
    reports = reporter(progress, spec.name, len(given))
    yield from batches.write_all([(spec, PutRequest(spec.name, mapper.item(each))) for each in given], reports)


def delete_batch(
    model: type[StoredInstance], *keys: GivenKey, progress: ProgressCallback | None = None, **unknown: Never
) -> Plan[None]:
    """Delete the items with these primary *keys*."""
    if unknown:
        from dynamorm.model.verbs.wrong_calls import unknown_batch_keyword  # deferred: start-up cost

        raise unknown_batch_keyword(model, "delete_batch", unknown, ["progress"])
    mapper = model._mapper
    mapper.refuse_batch(deletes=True)
    spec = mapper.spec
    reports = reporter(progress, spec.name, len(keys))
    yield from batches.write_all(
        [(spec, DeleteRequest(spec.name, listed_key(mapper, key, "delete_batch"))) for key in keys], reports
    )


def get_batch(
    model: type[Model],
    keys: Iterable[GivenKey],
    consistent: bool = False,
    attrs: GivenPaths | None = None,
    *,
    progress: ProgressCallback | None = None,
    **unknown: Never,
) -> StreamPlan[Model | NotLoaded]:
    """Read the items with these primary *keys*. Wrong arguments raise at the call, not at the first item."""
    if unknown:
        from dynamorm.model.verbs.wrong_calls import unknown_batch_keyword  # deferred: start-up cost

        raise unknown_batch_keyword(model, "get_batch", unknown, ["keys", "consistent", "attrs", "progress"])
    mapper = model._mapper
    projection, instance_of = items.part_to_read(model, attrs)
    found_keys = listed_keys(mapper, keys, "get_batch")
    if mapper.composed is not None:
        # Items that still have a key of the templates before are found by that.
        formers = (former_key(mapper, key) for key in found_keys)
        found_keys = [*found_keys, *(key for key in formers if key is not None)]
    plan = batches.get_all(mapper.spec, found_keys, projection=projection, consistent=consistent, progress=progress)

    def instances_of(chunk: Sequence[Item]) -> StreamPlan[Model | NotLoaded]:
        for item in chunk:
            try:
                instance = instance_of(item)
            except Exception as error:  # noqa: BLE001 - raised by FoundInstances
                yield Emit(NotLoaded(error))
                continue
            if instance is not None:
                yield Emit(instance)

    return map_stream(plan, instances_of)


class NotLoaded:
    """The place of an item that could not be loaded, among the instances that a plan emits."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class FoundInstances(Iterator[Model]):
    """The instances that a plan emits.

    An item that can't be loaded raises, and the next request continues after it. An error that ends the plan is raised
    again at each further request, so that it does not look like the end.
    """

    def __init__(self, emitted: Iterator[Model | NotLoaded]) -> None:
        self._emitted = emitted
        self._error: Exception | None = None

    def __repr__(self) -> str:
        return "<Instances that get_batch reads, on request>"

    def __next__(self) -> Model:
        if self._error is not None:
            raise self._error
        try:
            found = next(self._emitted)
        except StopIteration:
            raise
        except BaseException as error:
            self._error = _raised_again(error)
            raise
        if isinstance(found, NotLoaded):
            raise found.error
        return found


class AwaitedInstances(AsyncIterator[Model]):
    """The instances that a plan emits to ``async for``, otherwise as :class:`FoundInstances`."""

    def __init__(self, emitted: AsyncIterator[Model | NotLoaded]) -> None:
        self._emitted = emitted
        self._error: Exception | None = None
        self._number = 0
        self._is_reading = False

    def __repr__(self) -> str:
        return "<Instances that aget_batch reads, on request>"

    async def __anext__(self) -> Model:
        if self._error is not None:
            raise self._error
        if self._is_reading:
            raise DynaModelException(
                "An iteration over aget_batch was asked for an item by another task while it was reading. Let one task "
                "iterate, and hand the items over."
            )
        self._is_reading = True
        try:
            self._number += 1
            if self._number % CHUNK == 0:
                # Who is cancelled meanwhile has interrupted nothing, and may go on.
                await let_others_run()
            try:
                found = await anext(self._emitted)
            except StopAsyncIteration:
                raise
            except BaseException as error:
                self._error = _raised_again(error)
                raise
        finally:
            self._is_reading = False
        if isinstance(found, NotLoaded):
            raise found.error
        record_awaited(found)
        return found


def _raised_again(error: BaseException) -> Exception:
    """Return what further requests raise after an *error*, so that it does not look like the end."""
    if isinstance(error, Exception):
        return error
    return DynaModelException(
        "The reading of this batch was interrupted or cancelled, and can't continue. What raised then has the requests "
        "for the items that were not returned, as its 'unprocessed'. Begin another batch with their keys."
    )


def by_connection(pending: Sequence[PendingWrite]) -> list[list[PendingWrite]]:
    """Return *pending* writes, grouped by connection."""
    backends = list({id(write.connection.backend): write.connection.backend for write in pending}.values())
    return [[write for write in pending if write.connection.backend is each] for each in backends]


def commit(groups: Sequence[Sequence[PendingWrite]], progress: ProgressCallback | None = None) -> Plan[None]:
    """Send the writes of a batch, each group on its own connection, and complete the plans of the written ones."""
    requests = [[_request(pending.write) for pending in group] for group in groups]
    tables = dict.fromkeys(pending.write.spec.name for group in groups for pending in group)
    reports = reporter(progress, ", ".join(tables), sum(map(len, groups)))
    # Each plan checks all of its writes before the first of any is sent.
    plans = [_write_group(group, reports) for group in groups]
    written: list[PendingWrite] = []
    try:
        for number, (group, group_requests, plan) in enumerate(zip(groups, requests, plans, strict=True), start=1):
            try:
                yield OnConnection(group[0].connection, plan)
            except GeneratorExit:
                raise
            except BaseException as error:
                # An interrupt such as Ctrl-C has them, too.
                left = getattr(error, "unprocessed", tuple(group_requests))
                for each, request in zip(group, group_requests, strict=True):
                    if request in left:
                        each.note_failure(error)
                    else:
                        written.append(each)
                # Nothing was sent to the connections that come after this one.
                left += tuple(request for later in requests[number:] for request in later)
                error.unprocessed = left  # type: ignore[attr-defined]
                raise
            written += group
    except GeneratorExit:
        raise
    except BaseException as error:
        # The instances that were written know it, and their receivers, whatever else failed.
        try:
            yield from complete(written, error)
        except GeneratorExit:
            raise
        except BaseException as interrupt:
            interrupt.unprocessed = error.unprocessed  # type: ignore[attr-defined]
            raise
        raise
    yield AllSent()
    yield from complete(written)


class WriteBatch(WriteBlock):
    """Puts and deletes that are sent together at the end of the ``with`` block, made by :func:`dynamorm.batch`."""

    _kind = "batch"

    def __init__(self, progress: ProgressCallback | None = None) -> None:
        if progress is not None:
            check_callback(progress)
        self._progress = progress
        super().__init__("with dynamorm.batch() as batch")

    def put(
        self,
        what: StoredInstance | type[StoredInstance],
        item: Mapping[str, Any] | StoredInstance | None = None,
        **fields: Never,
    ) -> None:
        """Add the put of an instance, saved as a whole, or of an *item* of a model, by field name.

        Args:
            what: An instance, or a model.
            item: With a model, the values by field name, or an instance.
            fields: Nothing else. Values by name are refused.

        Raises:
            ValidationError: The schema refuses the values. They are validated immediately.
        """
        self._check(what, deletes=False)
        refuse_fields(what, "a batch", fields)
        if isinstance(what, StoredInstance):
            refuse_extra(what, item)
            self._add(what, instances.put(what, in_block=True))
        elif item is None:
            raise DynaModelException(
                f"put of a batch needs an item of {what.__name__}, or an instance instead of the model."
            )
        elif isinstance(item, StoredInstance):
            check_instance(what, item)
            self._add(item, instances.put(item, in_block=True))
        else:
            self._add(what, items.put(what, item))

    def delete(self, what: StoredInstance | type[StoredInstance], /, *parts: Any, **key: Any) -> None:
        """Add the deletion of an instance's item, or of the item of a model with this primary key.

        A missing item is not an error.

        Args:
            what: An instance, or a model.
            parts: With a model, the parts of the key: the hash key, then the range key.
            key: The parts of the key, by field name.

        Raises:
            InvalidKey: A field is not part of the key, or a part is missing or has the wrong type.
        """
        self._check(what, deletes=True)
        if isinstance(what, StoredInstance):
            refuse_extra(what, parts or key or None)
            self._add(what, instances.delete(what))
        else:
            self._add(what, items.delete_item(what, *parts, **key))

    def explain(self) -> Explanation:
        """Explain what the writes added so far would send and cost, without sending anything.

        Raises what the end of the block would raise before it sends anything.
        """
        from dynamorm.engine.costs.explanations import explanation_of  # deferred: start-up cost

        specs = [pending.write.spec for pending in self._writes]
        collected = dry_run(lambda: commit(by_connection(self._writes)), *specs)
        return explanation_of(collected.operations, collected.specs.values())

    def _commit(self) -> Plan[None]:
        return commit(by_connection(self._writes), self._progress)

    def __repr__(self) -> str:
        return self._block.text_of("Batch", len(self._writes))

    def _check(self, what: object, *, deletes: bool) -> None:
        self._block.check()
        mapper_of(what, "A batch").refuse_batch(deletes=deletes)

    def _add(self, what: StoredInstance | type[StoredInstance], plan: Plan[object]) -> None:
        pending = self._begin(what, plan)
        assert pending is not None, "puts and deletes always write"
        self._writes.append(pending)


def _write_group(group: Sequence[PendingWrite], reports: Reporter | None) -> Plan[None]:
    return batches.write_all([(pending.write.spec, _request(pending.write)) for pending in group], reports)


def _request(write: Write) -> BatchWriteRequest:
    operation = write.operation
    if isinstance(operation, PutItem):
        return PutRequest(operation.table, operation.item)
    assert isinstance(operation, DeleteItem), "a batch has puts and deletes"
    return DeleteRequest(operation.table, operation.key)
