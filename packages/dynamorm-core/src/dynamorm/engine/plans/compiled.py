"""The plan of one write that constraints have compiled into several: a transaction, which looks like one write."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from dynamorm.data.conditions import Value
from dynamorm.data.operations import GetItem, ReturnValues, UpdateItem
from dynamorm.data.records import record, replace
from dynamorm.data.results import ItemResult
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.updates import Remove, Set, UpdateAction
from dynamorm.data.values import Item
from dynamorm.engine.plans.merging import CompiledWrite, merged, reasons_by_write
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.plans.transactions import write_all
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import ConditionFailed, TransactionCancelled


def write(compiled: CompiledWrite) -> Plan[Item | None]:
    """Make a *compiled* write, and return the attributes that it asks for.

    The transaction itself returns none: what an update sets is known, and what DynamoDB computes is read afterwards.
    The transaction has a token, so that a lost response does not make it fail.

    Raises the exception of the precondition that failed, of the write itself or of a companion.
    """
    operation = compiled.operation
    assert not isinstance(operation, ConditionCheck), "a check by itself writes nothing"
    sent = replace(compiled, operation=replace(operation, return_values="NONE"))
    while (failure := (yield from _failure_of([sent]))) is not None:
        again = sent.without_gone(failure.write) if failure.item is None else None
        if again is None:
            failure.error.args = (f"{failure.error} This write changed nothing.", *failure.error.args[1:])
            raise failure.error
        sent = again
    if not isinstance(operation, UpdateItem) or operation.return_values not in ("UPDATED_NEW", "ALL_NEW"):
        return None
    return (yield from _attributes(compiled, operation, operation.return_values))


def write_together(writes: Sequence[Write]) -> Plan[None]:
    """Make *writes*, with the companions that constraints give them, at one moment or not at all.

    Raises the exception of the first of them whose condition did not hold.
    """
    failure = yield from _failure_of(writes)
    if failure is not None:
        raise failure.error


@record
class _Failure:
    """The failed condition of a *write*: its exception, and the present *item* of the write."""

    write: Write
    error: ConditionFailed
    item: Item | None


def _failure_of(writes: Sequence[Write]) -> Plan[_Failure | None]:
    """Make *writes* in one transaction, and return the first failed condition, if that was the reason against it."""
    actions = merged(writes)
    try:
        yield from write_all([(each.spec, each.action) for each in actions], str(uuid4()))
    except TransactionCancelled as error:
        for reason, failed in reasons_by_write(actions, error.reasons, len(writes)):
            if reason.code == "ConditionalCheckFailed":
                item = None if reason.item is None else dict(reason.item)
                failure = failed.failure(ConditionFailed("The condition of the write does not hold.", item))
                failure.retries, failure.unconfirmed_attempts = error.retries, error.unconfirmed_attempts
                failure.__cause__ = error
                return _Failure(failed, failure, item)
        raise
    return None


def _attributes(compiled: CompiledWrite, operation: UpdateItem, asked: ReturnValues) -> Plan[Item]:
    """Return the attributes of an item after an update, which are read unless the update gives them all."""
    if asked == "UPDATED_NEW" and all(map(_is_known, operation.actions)):
        sets = [action for action in operation.actions if isinstance(action, Set)]
        return {action.path.attribute: action.value.value for action in sets if isinstance(action.value, Value)}
    try:
        result: ItemResult = yield GetItem(compiled.spec.name, operation.key, None, consistent=True)
    except Exception as error:
        error.add_note("The write itself was made; only its result was not read.")
        raise
    item = result.item or {}
    changed = {action.path.attribute for action in operation.actions}
    return {name: value for name, value in item.items() if asked == "ALL_NEW" or name in changed}


def _is_known(action: UpdateAction) -> bool:
    assigned = isinstance(action, Set) and isinstance(action.value, Value)
    return action.path.is_attribute and (assigned or isinstance(action, Remove))
