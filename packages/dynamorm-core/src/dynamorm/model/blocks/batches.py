"""Puts and deletes of several models in one batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from dynamorm.data.batches import BatchWriteRequest, DeleteRequest, PutRequest
from dynamorm.data.operations import DeleteItem, Operation, PutItem
from dynamorm.data.tables import TableSpec
from dynamorm.engine.plans import batches, writes
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.plans.writes import Write
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.sync import run
from dynamorm.exceptions import DynaModelException, DynamoException
from dynamorm.model.mapping.mapper import Mapper
from dynamorm.model.mapping.pending_writes import Block, PendingWrite, acknowledge
from dynamorm.model.models import DynaModel

if TYPE_CHECKING:
    from dynamorm.engine.costs.explanations import Explanation


class WriteBatch:
    """Puts and deletes that are sent together at the end of the ``with`` block; :func:`dynamorm.batch` makes one."""

    def __init__(self) -> None:
        self._writes: list[PendingWrite] = []
        self._block = Block("batch", "with dynamorm.batch() as batch")

    def put(self, what: DynaModel | type[DynaModel], item: Mapping[str, Any] | None = None) -> None:
        """Adds an instance, to be saved as a whole; or a model and an *item* of it, by field name.

        It is validated at once. Raises :class:`~dynamorm.exceptions.ValidationError`.
        """
        self._block.check()
        mapper = self._mapper_of(what)
        if isinstance(what, DynaModel):
            refuse_more(what, item)
            pending, values = what._pending_put()
            # Now, not when it was written: the program may change the instance before that.
            what._refresh(values)
            self._writes.append(pending)
        elif item is None:
            raise DynaModelException(
                f"put of a batch needs an item of {what.__name__}, or an instance in place of the model."
            )
        else:
            self._writes.append(PendingWrite(what.__name__, mapper.backend(), what._put_write(item)))

    def delete(self, what: DynaModel | type[DynaModel], **key: Any) -> None:
        """Adds an instance whose item is to be deleted; or a model and the primary *key* of an item.

        That there is no such item is no error. Raises what :meth:`DynaModel.get <dynamorm.DynaModel.get>` raises for a key.
        """
        self._block.check()
        mapper = self._mapper_of(what)
        if isinstance(what, DynaModel):
            refuse_more(what, key or None)
            self._writes.append(what._pending_delete())
        else:
            write = writes.delete(mapper.spec, mapper.key(key))
            self._writes.append(PendingWrite(what.__name__, mapper.backend(), write))

    def explain(self) -> Explanation:
        """What the writes that were added up to now would send, and what that costs; nothing is sent.

        Raises what the end of the block would raise before it sends anything.
        """
        return explained((self._plan(share), [pending.write.spec for pending in share]) for share in self._shares())

    def __enter__(self) -> Self:
        self._block.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._block.end()
        if exception is None:
            self._send()

    def _mapper_of(self, what: object) -> Mapper:
        mapper = mapper_of(what, "A batch")
        mapper.refuse_batch_of_versions()
        return mapper

    def _send(self) -> None:
        shares = self._shares()
        requests = [[_request(pending.write) for pending in share] for share in shares]
        # Each plan checks all of its writes before the first of any is sent.
        plans = [self._plan(share) for share in shares]
        written: list[PendingWrite] = []
        try:
            for number, (share, these, plan) in enumerate(zip(shares, requests, plans, strict=True), start=1):
                try:
                    run(plan, share[0].backend)
                except DynamoException as error:
                    written += [
                        pending
                        for pending, request in zip(share, these, strict=True)
                        if request not in error.unprocessed
                    ]
                    # Nothing was sent to the backends that come after this one.
                    error.unprocessed += tuple(request for later in requests[number:] for request in later)
                    raise
                written += share
        finally:
            acknowledge(written)

    def _shares(self) -> list[list[PendingWrite]]:
        """The writes of each backend."""
        backends: list[Connection] = list({id(write.backend): write.backend for write in self._writes}.values())
        return [[write for write in self._writes if write.backend is backend] for backend in backends]

    def _plan(self, share: Sequence[PendingWrite]) -> Plan[None]:
        return batches.write_all([(pending.write.spec, _request(pending.write)) for pending in share])


def batch() -> WriteBatch:
    """A batch of puts and deletes, of any models, that is sent when its ``with`` block ends.

    ::

        with dynamorm.batch() as batch:
            batch.put(Book, {"isbn": "1", "title": "One"})
            batch.put(book)
            batch.delete(Author, name="Mr. Bar")

    All of it is checked first, then written in batches of 25, several at once. It is no transaction: others see one write before
    another, in no certain order. When the block raises, nothing is sent. For instances, the signals of ``save`` and ``delete``
    are sent: those before the act when the instance is added, those after it when the batch was written. Related instances are not
    saved with them.

    The end of the block raises :class:`~dynamorm.exceptions.InvalidKey` when two of the writes have the same primary key, and
    :class:`~dynamorm.exceptions.UnprocessedItems` when the service stops processing them. Whatever ends the batch, the exception's
    ``unprocessed`` holds the put and delete requests that were not made.
    """
    return WriteBatch()


def explained(plans: Iterable[tuple[Plan[None], Sequence[TableSpec]]]) -> Explanation:
    """What *plans*, each with the tables that it is about, would send."""
    from dynamorm.engine.costs.explanations import explanation_of
    from dynamorm.engine.run.dry_run import first_operations

    operations: list[Operation[Any]] = []
    specs: list[TableSpec] = []
    for plan, tables in plans:
        operations += first_operations(plan)
        specs += tables
    return explanation_of(operations, specs)


def _request(write: Write) -> BatchWriteRequest:
    operation = write.operation
    if isinstance(operation, PutItem):
        return PutRequest(operation.table, operation.item)
    assert isinstance(operation, DeleteItem), "a batch has puts and deletes"
    return DeleteRequest(operation.table, operation.key)


def mapper_of(what: object, place: str) -> Mapper:
    """The mapper of *what* a batch or a transaction, which *place* names, was given: an instance or a model.

    Raises :class:`~dynamorm.exceptions.DynaModelException` for anything else.
    """
    is_model = isinstance(what, type) and issubclass(what, DynaModel) and what is not DynaModel
    if not (is_model or isinstance(what, DynaModel)):
        raise DynaModelException(
            f"{place} takes an instance, or a model and what it is about, as in put(Book, {{…}}) and delete(Book, isbn=…); not "
            f"{type(what).__name__}."
        )
    mapper: Mapper = what._mapper  # type: ignore[attr-defined]
    return mapper


def refuse_more(instance: DynaModel, more: object) -> None:
    """Refuses an item or a key that was given beside an *instance*: raises ``DynaModelException``."""
    if more is not None:
        raise DynaModelException(
            f"{type(instance).__name__} was given as an instance, by itself; values and keys are given with the model."
        )
