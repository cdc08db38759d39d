"""Transactions: writes and reads of several items, across models, that happen at one moment or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Never

from dynamorm.data import limits
from dynamorm.data.records import replace
from dynamorm.data.values import Item
from dynamorm.engine.plans import writes
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import (
    CancellationReason,
    ConditionFailed,
    DynaModelException,
    ItemTooLarge,
    RequestRejected,
    StaleItem,
    StaleTransaction,
    TransactionCancelled,
    TransactionConditionFailed,
)
from dynamorm.model.mapping.given_keys import given_key
from dynamorm.model.mapping.origins import refuse_elsewhere, spec_of
from dynamorm.model.mapping.snapshots import Differences
from dynamorm.model.mapping.stored_instances import (
    StoredInstance,
    condition_as_stored,
    is_new,
    stored_key,
    version_precondition,
)
from dynamorm.model.query.conditions import Conditions, condition_of
from dynamorm.model.query.updates import merge_changes
from dynamorm.model.verbs import instances, items
from dynamorm.model.verbs.blocks import WriteBlock
from dynamorm.model.verbs.drivers import dry_run
from dynamorm.model.verbs.pending import (
    PendingWrite,
    check_instance,
    complete,
    mapper_of,
    nothing_left,
    refuse_extra,
    refuse_fields,
    two_backends_error,
)

if TYPE_CHECKING:
    from dynamorm.engine.costs.explanations import Explanation
    from dynamorm.engine.plans.merging import MergedAction
    from dynamorm.model.query.path_types import GivenChanges


def check(
    model: type[StoredInstance], instance: StoredInstance | None, key: Item, conditions: Conditions
) -> Plan[None]:
    """Check *conditions* on the item of an *instance*, and its version, or on the item of a model with this *key*."""
    mapper = model._mapper
    if instance is None:
        item_key, version, condition = key, None, condition_of(mapper.fields, conditions)
    else:
        refuse_elsewhere(instance)
        item_key, version = stored_key(instance), version_precondition(instance)
        condition = condition_as_stored(instance, conditions)
    if condition is None and version is None:
        raise DynaModelException(
            f"A check of {mapper.model_name} has no conditions. Pass some, such as conditions={{'…__exists': True}}."
        )
    spec = mapper.spec if instance is None else spec_of(instance)
    yield writes.check(spec, item_key, condition, version=version)


def commit(pending: Sequence[PendingWrite], token: str) -> Plan[None]:
    """Send the writes of a transaction, and complete their plans when it has succeeded."""
    from dynamorm.engine.plans import transactions  # deferred: start-up cost

    merged = _merged([each.write for each in pending])
    actions = [(each.write.spec, each.write.operation) for each in pending]
    if merged is not None:
        actions = [(each.spec, each.action) for each in merged]
    try:
        yield from transactions.write_all(actions, token)
    except (ItemTooLarge, RequestRejected) as error:
        compared = [f"{each.model_name}.{name}" for each in pending for name in each.write.compared]
        writes.name_compared(error, dict.fromkeys(compared))
        raise
    except TransactionCancelled as error:
        raise _with_reasons(error, pending, merged) from error
    except BaseException as error:
        for each in pending:
            each.note_failure(error)
        raise
    yield from complete(pending)


class Transaction(WriteBlock):
    """Writes that succeed together at the end of the ``with`` block, or not at all; see :func:`dynamorm.transaction`.

    Each method takes an instance, or a model with an item or a key, and validates immediately.
    """

    _kind = "transaction"

    def __init__(self, token: str | None = None) -> None:
        if token is not None and (
            not isinstance(token, str) or not 1 <= len(token) <= limits.TRANSACTION_TOKEN_CHARACTERS
        ):
            raise DynaModelException(
                f"The token of a transaction must be a string of 1 to {limits.TRANSACTION_TOKEN_CHARACTERS} characters."
            )
        #: The token by which the service recognises a transaction that is sent again.
        self.token = token or _new_token()
        super().__init__("with dynamorm.transaction() as tx")

    def __repr__(self) -> str:
        return self._block.text_of("Transaction", len(self._writes))

    def put(
        self,
        what: StoredInstance | type[StoredInstance],
        item: Mapping[str, Any] | StoredInstance | None = None,
        *,
        unique: bool = False,
        conditions: Conditions = None,
        **fields: Never,
    ) -> None:
        """Put an instance as a whole, as ``save`` does, or an *item* of a model, by field name.

        Args:
            what: An instance, or a model.
            item: The values of the item, with a model.
            unique: Require that there is no item with this primary key yet.
            conditions: Conditions that the present item must meet.
            fields: Nothing else. Values by name are refused.

        Raises:
            ValidationError: The schema refuses the values.
        """
        self._check(what)
        refuse_fields(what, "a transaction", fields)
        if isinstance(what, StoredInstance):
            refuse_extra(what, item)
            self._add(what, instances.put(what, conditions, unique=unique, in_block=True))
        elif item is None:
            raise DynaModelException(
                f"put of a transaction needs an item of {what.__name__}, or an instance instead of the model."
            )
        elif isinstance(item, StoredInstance):
            check_instance(what, item)
            self._add(item, instances.put(item, conditions, unique=unique, in_block=True))
        else:
            self._add(what, items.put(what, item, conditions=conditions, unique=unique))

    def save(
        self, instance: StoredInstance, *, partial: bool = False, unique: bool = False, conditions: Conditions = None
    ) -> None:
        """Save an instance as its own ``save`` does: as a whole, or with *partial* only what changed since the load.

        A partial save without changes adds nothing. Related instances are not saved.

        Args:
            instance: The instance.
            partial: Write only what changed since the instance was loaded.
            unique: Require that there is no item with this primary key yet.
            conditions: Conditions that the present item must meet.

        Raises:
            ValidationError: The schema refuses the values.
        """
        self._check(instance)
        if not isinstance(instance, StoredInstance):
            raise DynaModelException("save of a transaction takes an instance; pass an item of a model to put.")
        refuse_elsewhere(instance)
        if not partial:
            self._add(instance, instances.put(instance, conditions, unique=unique, in_block=True))
        elif unique:
            raise DynaModelException("A partial save is an update, which can't be unique. Save the whole instance.")
        else:
            self._add(instance, instances.save_changes(instance, conditions, in_block=True))

    def update(
        self,
        what: StoredInstance | type[StoredInstance],
        changes: GivenChanges = None,
        /,
        conditions: Conditions = None,
        **keywords: Any,
    ) -> None:
        """Update attributes of an instance's item, or of the item of a model whose key is among the *keywords*.

        A transaction returns no attributes: an instance gets the values that were set, but those that DynamoDB computes
        (``__plus``, ``__append`` …) are ``None`` until the item is read again, and the instance can't be saved as a
        whole before that.

        Args:
            what: An instance, or a model.
            changes: The changes, as for :meth:`DynaModel.update_item <dynamorm.DynaModel.update_item>`.
            conditions: Conditions that the present item must meet.
            keywords: Changes, and for a model the primary key and ``known={…}``, as for ``update_item``.

        Raises:
            ValidationError: The schema refuses a value.
            InvalidUpdate: The changes overlap, change the primary key, or don't fit their fields.
        """
        self._check(what)
        given = merge_changes(keywords, changes)
        if isinstance(what, StoredInstance):
            found = Differences.of(given)
            self._add(what, instances.write_changes(what, found, conditions, creates=is_new(what), in_block=True))
        else:
            self._add(what, items.update(what, given, conditions))

    def move(self, instance: StoredInstance, /, **key: Any) -> None:
        """Give an instance's item another primary key, as its own ``move`` does, together with the other actions.

        These are two actions, of which messages say the numbers: a put there, and a deletion here. Nothing is read, so
        the item is moved as the whole instance was read. If it has changed since, the transaction is cancelled.

        Args:
            instance: An instance that was read or saved.
            key: The parts of the new key, by field name; parts that are left out stay.

        Raises:
            InvalidUpdate: The instance has changes that are not saved.
            DynaModelException: The instance was read only in part, or has too many attributes to be compared.
        """
        self._check(instance)
        if not isinstance(instance, StoredInstance):
            raise DynaModelException("move of a transaction takes an instance that was read or saved.")
        from dynamorm.model.verbs import moves  # deferred: start-up cost

        plan = moves.move_in_block(instance, key)
        put, delete = self._begin(instance, plan), self._begin(instance, plan)
        assert put is not None, "a move has two writes"
        assert delete is not None, "a move has two writes"
        # The plan continues when both are written.
        self._append(replace(put, plan=nothing_left()))
        self._append(delete)

    def delete(
        self, what: StoredInstance | type[StoredInstance], /, *parts: Any, conditions: Conditions = None, **key: Any
    ) -> None:
        """Delete the item of an instance, or of a model with this primary key. A missing item is not an error.

        Args:
            what: An instance, or a model.
            parts: With a model, the parts of the key: the hash key, then the range key.
            conditions: Conditions that the present item must meet.
            key: The parts of the key, by field name, and ``known={…}``, as for
                :meth:`DynaModel.delete_item <dynamorm.DynaModel.delete_item>`.

        Raises:
            InvalidKey: A field is not part of the key, or a part is missing or has the wrong type.
        """
        self._check(what)
        if isinstance(what, StoredInstance):
            refuse_extra(what, parts or key or None)
            self._add(what, instances.delete(what, conditions=conditions))
        else:
            self._add(what, items.delete_item(what, *parts, conditions=conditions, **key))

    def check(
        self, what: StoredInstance | type[StoredInstance], /, *parts: Any, conditions: Conditions = None, **key: Any
    ) -> None:
        """Require that *conditions* hold for an item that the transaction does not write.

        Args:
            what: An instance, or a model.
            parts: With a model, the parts of the key: the hash key, then the range key.
            conditions: Conditions that the item must meet. For an instance of a model with versions, you can leave them
                out: the item must then have the version that was read.
            key: The parts of the key, by field name.

        Raises:
            InvalidKey: A field is not part of the key, or a part is missing or has the wrong type.
        """
        self._check(what)
        if isinstance(what, StoredInstance):
            refuse_extra(what, parts or key or None)
            self._add(what, check(type(what), what, {}, conditions))
        else:
            self._add(what, check(what, None, given_key(what._mapper, parts, key, "check"), conditions))

    def explain(self) -> Explanation:
        """Explain what the actions added so far would send and cost, without sending anything.

        Raises what the end of the block would raise before it sends anything.
        """
        from dynamorm.engine.costs.explanations import explanation_of  # deferred: start-up cost

        specs = [spec for pending in self._writes for spec in pending.write.specs]
        collected = dry_run(self._commit, *specs)
        constraints = [name for pending in self._writes for name in pending.write.constraints]
        return explanation_of(collected.operations, specs, constraints=constraints)

    def _commit(self) -> Plan[None]:
        return commit(self._writes, self.token)

    def _check(self, what: object) -> None:
        self._block.check()
        mapper_of(what, "A transaction")

    def _add(self, what: StoredInstance | type[StoredInstance], plan: Plan[object]) -> None:
        pending = self._begin(what, plan)
        if pending is not None:
            self._append(pending)

    def _append(self, pending: PendingWrite) -> None:
        if self._writes and self._writes[0].connection.backend is not pending.connection.backend:
            raise two_backends_error(self._writes[0].model_name, pending.model_name)
        self._writes.append(pending)


def _new_token() -> str:
    from uuid import uuid4  # deferred: start-up cost

    return str(uuid4())


def _merged(written: Sequence[Write]) -> tuple[MergedAction, ...] | None:
    """Return the actions of *written* writes and of what constraints add to them; ``None`` if they add nothing."""
    if all(type(each) is Write for each in written):
        return None
    from dynamorm.engine.plans.merging import merged  # deferred: start-up cost

    return merged(written)


def _with_reasons(
    error: TransactionCancelled, pending: Sequence[PendingWrite], merged: Sequence[MergedAction] | None
) -> TransactionCancelled:
    """Return the *error* with the names of the models, and with the conditions that failed.

    *merged* are the actions that the writes were sent as, if constraints have added to them.
    """
    if len(error.reasons) != len(pending if merged is None else merged):
        return error
    found = [(reason, each.write) for reason, each in zip(error.reasons, pending, strict=False)]
    if merged is not None:
        from dynamorm.engine.plans.merging import reasons_by_write  # deferred: start-up cost

        found = reasons_by_write(merged, error.reasons, len(pending))
    reasons = [_with_model(*each, write) for each, write in zip(found, pending, strict=True)]
    failures = [
        f"action {number}, {reason.action} of {reason.model}: {reason.error}"
        for number, reason in enumerate(reasons, start=1)
        if reason.error is not None
    ]
    if not failures:
        return _with_attempts(TransactionCancelled(str(error), reasons), error)
    stale = any(isinstance(reason.error, StaleItem) for reason in reasons)
    kind = StaleTransaction if stale else TransactionConditionFailed
    message = f"The transaction was cancelled, and nothing was written: {'; '.join(failures)}"
    return _with_attempts(kind(message, reasons), error)


def _with_attempts(cancelled: TransactionCancelled, error: TransactionCancelled) -> TransactionCancelled:
    # None of them was carried out: the service knows a transaction that is sent again by its token.
    cancelled.retries, cancelled.unconfirmed_attempts = error.retries, error.unconfirmed_attempts
    return cancelled


def _with_model(reason: CancellationReason, write: Write, pending: PendingWrite) -> CancellationReason:
    failure = None
    if reason.code == "ConditionalCheckFailed":
        failure = write.failure(ConditionFailed("its condition does not hold", reason.item))
        pending.note_failure(failure)
        if reason.constraint is not None:
            # It is not the item of the action.
            reason = reason._replace(item=None)
    return reason._replace(model=pending.model_name, error=failure)
