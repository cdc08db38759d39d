"""Unconfirmed writes of an instance: nobody knows whether they were carried out.

They were interrupted or cancelled, or got no response. The instance remembers them until it is read again or another
write succeeds, because they may be the reason why the next condition does not hold.
"""

from __future__ import annotations

from dynamorm.data.transactions import ConditionCheck
from dynamorm.engine.plans.attempts import say_what_earlier_writes_left
from dynamorm.engine.plans.writes import SingleWrite
from dynamorm.exceptions import ConditionFailed, DynamoException, TransactionCancelled
from dynamorm.model.mapping.snapshots import ItemLayout, ItemSnapshot
from dynamorm.model.mapping.stored_instances import StoredInstance


def note_failure(instance: StoredInstance, operation: SingleWrite | ConditionCheck, error: BaseException) -> None:
    """Note that an *operation* on an instance's item has ended with an *error*.

    If nobody knows whether it was carried out, the instance remembers it. If a condition has failed, the error says
    which earlier writes may be the reason.
    """
    if isinstance(error, ConditionFailed):
        with_earlier_writes(instance, error)
    snapshot = instance._dynamorm_snapshot
    layout = snapshot.layout
    if _is_unconfirmed(error) and not isinstance(operation, ConditionCheck):
        unconfirmed = (*layout.unconfirmed, operation)
        layout = ItemLayout(layout.names, layout.loaded, layout.filled_in, layout.presence, unconfirmed)
        instance._dynamorm_snapshot = ItemSnapshot(layout, snapshot.values)


def with_earlier_writes(instance: StoredInstance, error: ConditionFailed) -> ConditionFailed:
    """Return an *error* about an instance's item, which says whether unconfirmed writes may be the reason."""
    unconfirmed = instance._dynamorm_snapshot.layout.unconfirmed
    if unconfirmed:
        say_what_earlier_writes_left(error, unconfirmed)
    return error


def _is_unconfirmed(error: BaseException) -> bool:
    """Return whether a write that ends with an *error* may have been carried out."""
    if isinstance(error, DynamoException):
        # The service knows a transaction by its token, so its answer is about all attempts.
        return bool(error.unconfirmed_attempts) and not isinstance(error, TransactionCancelled)
    # What interrupts a write may have any type. A plan that is only closed was not sent.
    return not isinstance(error, GeneratorExit)
