"""Writes and reads of several items, of any models, that take place at one moment or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from dynamorm.data import limits
from dynamorm.data.operations import GetItem
from dynamorm.engine.plans import writes
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.run.connection import Connection
from dynamorm.engine.run.sync import run
from dynamorm.exceptions import (
    CancellationReason,
    ConditionFailed,
    DynaModelException,
    StaleItem,
    StaleTransaction,
    TransactionCancelled,
    TransactionConditionFailed,
)
from dynamorm.model.blocks.batches import explained, mapper_of, refuse_more
from dynamorm.model.mapping.mapper import Conditions, Mapper
from dynamorm.model.mapping.pending_writes import Block, PendingWrite, acknowledge
from dynamorm.model.mapping.snapshots import Differences
from dynamorm.model.models import DynaModel
from dynamorm.model.query.field_paths import FieldPath
from dynamorm.model.query.updates import combined

if TYPE_CHECKING:
    from dynamorm.engine.costs.explanations import Explanation


class Transaction:
    """Writes that take place together at the end of the ``with`` block, or not at all; :func:`dynamorm.transaction` makes one.

    Each of its methods takes an instance, or a model and what it is about. All of them validate at once.
    """

    def __init__(self, token: str | None = None) -> None:
        if token is not None and (
            not isinstance(token, str) or not 1 <= len(token) <= limits.TRANSACTION_TOKEN_CHARACTERS
        ):
            raise DynaModelException(
                f"The token of a transaction is a text of 1 to {limits.TRANSACTION_TOKEN_CHARACTERS} characters."
            )
        #: What tells the service that a transaction that is sent again is the same one.
        self.token = token or _new_token()
        self._writes: list[PendingWrite] = []
        self._block = Block("transaction", "with dynamorm.transaction() as tx")

    def put(
        self,
        what: DynaModel | type[DynaModel],
        item: Mapping[str, Any] | None = None,
        *,
        unique: bool = False,
        conditions: Conditions = None,
    ) -> None:
        """Writes an instance as a whole, as ``save`` does; or an *item* of a model, by field name.

        A *unique* one must not be there yet. Raises :class:`~dynamorm.exceptions.ValidationError`.
        """
        mapper = self._mapper_of(what)
        if isinstance(what, DynaModel):
            refuse_more(what, item)
            pending, values = what._pending_put(conditions, unique=unique)
            # Now, not when it was written: the program may change the instance before that.
            what._refresh(values)
            self._add(pending)
        elif item is None:
            raise DynaModelException(
                f"put of a transaction needs an item of {what.__name__}, or an instance in place of the model."
            )
        else:
            write = what._put_write(item, conditions, unique=unique)
            self._add(PendingWrite(what.__name__, mapper.backend(), write))

    def save(
        self, instance: DynaModel, *, partial: bool = False, unique: bool = False, conditions: Conditions = None
    ) -> None:
        """Saves an instance as its own ``save`` does: as a whole, or with *partial* only what changed since it was loaded.

        A partial save without changes adds nothing. Related instances are not saved with it.
        Raises :class:`~dynamorm.exceptions.ValidationError`.
        """
        self._mapper_of(instance)
        if not isinstance(instance, DynaModel):
            raise DynaModelException("save of a transaction takes an instance; an item of a model is given to put.")
        if not partial:
            self.put(instance, unique=unique, conditions=conditions)
        elif unique:
            raise DynaModelException("A partial save is an update, which can't be unique. Save the whole instance.")
        else:
            self._add(instance._pending_update(instance._differences(), conditions))

    def update(
        self,
        what: DynaModel | type[DynaModel],
        changes: Mapping[FieldPath, Any] | None = None,
        /,
        conditions: Conditions = None,
        **keywords: Any,
    ) -> None:
        """Changes attributes of an instance's item, or of the item of a model whose key stands among the *keywords*.

        The changes are those of :meth:`DynaModel.update_item <dynamorm.DynaModel.update_item>`. A transaction answers no
        attributes: an instance takes over the values that were set, while those that DynamoDB computes (``__plus``,
        ``__append`` …) are ``None`` until the item is read again, and the instance can't be saved as a whole before.
        """
        mapper = self._mapper_of(what)
        given = combined(keywords, changes)
        if isinstance(what, DynaModel):
            self._add(what._pending_update(Differences(given, {}, []), conditions))
        else:
            self._add(PendingWrite(what.__name__, mapper.backend(), what._update_write(given, conditions)))

    def delete(self, what: DynaModel | type[DynaModel], /, conditions: Conditions = None, **key: Any) -> None:
        """Deletes the item of an instance, or the item of a model with this primary *key*; that there is none is no error."""
        mapper = self._mapper_of(what)
        if isinstance(what, DynaModel):
            refuse_more(what, key or None)
            self._add(what._pending_delete(conditions))
        else:
            write = writes.delete(mapper.spec, mapper.key(key), mapper.condition(conditions))
            self._add(PendingWrite(what.__name__, mapper.backend(), write))

    def check(self, what: DynaModel | type[DynaModel], /, conditions: Conditions = None, **key: Any) -> None:
        """Lets the transaction take place only when *conditions* hold for an item that it does not write.

        For an instance of a model with versions the conditions may be left out: it is then checked to be in the version that
        was read.
        """
        mapper = self._mapper_of(what)
        condition = mapper.condition(conditions)
        version = None
        if isinstance(what, DynaModel):
            refuse_more(what, key or None)
            stored_key, version = what._key(), what._version_check()
        else:
            stored_key = mapper.key(key)
        if condition is None and version is None:
            raise DynaModelException(
                f"A check of {mapper.model_name} has no conditions. Give it some, such as conditions={{'…__exists': True}}."
            )
        write = writes.check(mapper.spec, stored_key, condition, version=version)
        self._add(PendingWrite(mapper.model_name, mapper.backend(), write))

    def explain(self) -> Explanation:
        """What the acts that were added up to now would send, and what that costs; nothing is sent.

        Raises what the end of the block would raise before it sends anything.
        """
        return explained([(self._plan(), [pending.write.spec for pending in self._writes])])

    def __enter__(self) -> Self:
        self._block.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._block.end()
        if exception is None and self._writes:
            self._send()

    def _mapper_of(self, what: object) -> Mapper:
        self._block.check()
        return mapper_of(what, "A transaction")

    def _add(self, pending: PendingWrite | None) -> None:
        if pending is None:
            return
        if self._writes and self._writes[0].backend is not pending.backend:
            raise _two_backends(self._writes[0].model_name, pending.model_name)
        self._writes.append(pending)

    def _plan(self) -> Plan[None]:
        # Imported here because few programs need it, and each would pay for it when it starts.
        from dynamorm.engine.plans import transactions

        return transactions.write_all(
            [(pending.write.spec, pending.write.operation) for pending in self._writes], self.token
        )

    def _send(self) -> None:
        try:
            run(self._plan(), self._writes[0].backend)
        except TransactionCancelled as error:
            raise _explained(error, self._writes) from error
        acknowledge(self._writes)


def transaction(token: str | None = None) -> Transaction:
    """A transaction: up to 100 writes, of any models, that take place together when its ``with`` block ends, or not at all.

    ::

        with dynamorm.transaction() as tx:
            tx.update(Account, id="a", balance__minus=10, conditions={"balance__gte": 10})
            tx.update(Account, id="b", balance__plus=10)
            tx.put(Transfer, {"id": "1", "amount": 10}, unique=True)
            tx.check(Customer, id="c", conditions={"blocked__not_exists": True})

    Nothing is sent when the block raises. The *token*, of at most 36 characters, makes it idempotent: a transaction that is sent
    again with the same token and the same acts within ten minutes changes nothing. It is made up for each transaction unless the
    program has one, the number of a message that it may be given twice, say.

    The signals of ``save``, ``update`` and ``delete`` are sent for instances: those before the act when the instance is added,
    those after it when the transaction has taken place. Related instances are not saved with them.

    The end of the block raises :class:`~dynamorm.exceptions.TransactionCancelled`, with a reason for each act; when a condition
    did not hold it is also a :class:`~dynamorm.exceptions.ConditionFailed`, and for a version a
    :class:`~dynamorm.exceptions.StaleItem`. Conflicts with other transactions are tried again, with pauses. Before anything is
    sent, it raises :class:`~dynamorm.exceptions.InvalidKey` for two acts on one item, and
    :class:`~dynamorm.exceptions.RequestRejected` for more than 100 acts or 4 MB.
    """
    return Transaction(token)


def transact_get(*reads: tuple[type[DynaModel], Mapping[str, Any]]) -> list[Any]:
    """Reads up to 100 items as they were at one moment: for each pair of a model and a primary key an instance, or ``None``.

    ::

        account, customer = dynamorm.transact_get((Account, {"id": "a"}), (Customer, {"id": "c"}))

    It costs twice what consistent reads cost. Raises what :meth:`DynaModel.get <dynamorm.DynaModel.get>` raises, and
    :class:`~dynamorm.exceptions.TransactionCancelled` when the items are being written again and again.
    """
    gets = []
    backends: list[tuple[str, Connection]] = []
    for read in reads:
        if not isinstance(read, Sequence) or len(read) != 2:
            raise DynaModelException("transact_get takes pairs of a model and a key: (Book, {'isbn': '1'}).")
        model, key = read
        if not isinstance(model, type):
            raise DynaModelException(f"transact_get takes pairs of a model and a key, not of {type(model).__name__}.")
        mapper = mapper_of(model, "transact_get")
        gets.append((mapper.spec, GetItem(mapper.spec.name, mapper.key(key))))
        backends.append((mapper.model_name, mapper.backend()))
        if backends[0][1] is not backends[-1][1]:
            raise _two_backends(backends[0][0], mapper.model_name)
    if not gets:
        return []
    from dynamorm.engine.plans import transactions

    items = run(transactions.get_all(gets), backends[0][1])
    return [
        None if item is None or model._mapper.is_hidden(item) else model._load(item)
        for (model, _), item in zip(reads, items, strict=True)
    ]


def _new_token() -> str:
    # Imported here because few programs need it, and each would pay for it when it starts.
    from uuid import uuid4

    return str(uuid4())


def _two_backends(model_name: str, other: str) -> DynaModelException:
    return DynaModelException(
        f"{model_name} and {other} are kept by two backends, over which there is no transaction. Make one for each."
    )


def _explained(error: TransactionCancelled, pending: Sequence[PendingWrite]) -> TransactionCancelled:
    """The *error* with what the models know: their names, and which condition failed."""
    if len(error.reasons) != len(pending):
        return error
    reasons = [_with_model(reason, each) for reason, each in zip(error.reasons, pending, strict=True)]
    failures = [
        f"act {number}, {reason.act} of {reason.model}: {reason.error}"
        for number, reason in enumerate(reasons, start=1)
        if reason.error is not None
    ]
    if not failures:
        return TransactionCancelled(str(error), reasons)
    stale = any(isinstance(reason.error, StaleItem) for reason in reasons)
    kind = StaleTransaction if stale else TransactionConditionFailed
    return kind(f"The transaction did not take place, and nothing was written. {'; '.join(failures)}", reasons)


def _with_model(reason: CancellationReason, pending: PendingWrite) -> CancellationReason:
    failure = None
    if reason.code == "ConditionalCheckFailed":
        failed = ConditionFailed("its condition does not hold", reason.item)
        failure = pending.write.failure(failed)
    return reason._replace(model=pending.model_name, error=failure)
