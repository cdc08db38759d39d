"""Attempts at one write: what a failed condition means when the answer to an earlier attempt was lost.

The transport repeats a write whose response was lost. If the first attempt was carried out, the condition of the second
one fails because of it. That the item is as the write leaves it proves nothing, as another writer may have written the
same: two workers that take one lock do. Only a write token is proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynamorm.data.conditions import Value
from dynamorm.data.operations import DeleteItem, PutItem, UpdateItem
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.updates import Add, Delete, Remove, Set, UpdateAction
from dynamorm.data.values import Item, identical
from dynamorm.engine.plans.writes import SingleWrite, Write
from dynamorm.exceptions import ConditionFailed, DynamoException

#: What was there before is lost with the answer, whatever proves that the write was carried out.
_RETURN_OLD = frozenset({"ALL_OLD", "UPDATED_OLD"})


def add_attempts(error: DynamoException, earlier: Sequence[DynamoException]) -> None:
    """Add to an *error* the attempts that ended with the *earlier* ones, after which the plan tried again."""
    error.retries += sum(1 + each.retries for each in earlier)
    error.unconfirmed_attempts += sum(each.unconfirmed_attempts for each in earlier)


def attributes_if_own(write: Write, item: Mapping[str, Any] | None) -> tuple[bool, Item | None]:
    """Return whether the present *item* proves that a *write* was carried out, and the attributes that it asks for."""
    token, operation = write.token, write.alone
    if token is None or item is None or item.get(token.attribute) != token.value:
        return False, None
    returned = "NONE" if isinstance(operation, ConditionCheck) else operation.return_values
    if returned in _RETURN_OLD:
        return False, None
    if returned == "NONE":
        return True, None
    assert isinstance(operation, UpdateItem)
    changed = {action.path.attribute for action in operation.actions}
    return True, {name: value for name, value in item.items() if returned == "ALL_NEW" or name in changed}


def say_what_was_written(
    failure: ConditionFailed, operation: SingleWrite | ConditionCheck, error: ConditionFailed
) -> None:
    """Complete the *failure* of an *operation* whose condition did not hold with what the backend's *error* knows."""
    failure.retries, failure.unconfirmed_attempts = error.retries, error.unconfirmed_attempts
    failure.may_be_own = bool(failure.unconfirmed_attempts) and _is_left_by(operation, error.item)
    failure.args = (f"{failure} {_outcome(failure, operation)}", *failure.args[1:])


def say_what_earlier_writes_left(failure: ConditionFailed, earlier: Sequence[SingleWrite]) -> None:
    """Complete the *failure* of a condition of an instance with *earlier* writes that may have been carried out."""
    is_own = any(_is_left_by(operation, failure.item) for operation in earlier)
    failure.may_be_own = failure.may_be_own or is_own
    doubt = "An earlier write of this instance may have been carried out: it was interrupted, or got no response."
    is_as_left = "The item is as that write leaves it." if is_own else "The item is not as that write leaves it."
    failure.args = (f"{str(failure).removesuffix('.')}. {doubt} {is_as_left}", *failure.args[1:])


def _outcome(failure: ConditionFailed, operation: SingleWrite | ConditionCheck) -> str:
    if not failure.unconfirmed_attempts:
        return "This write changed nothing."
    attempts = f"This was attempt {failure.retries + 1} of the write, and an earlier one got no response"
    if not failure.may_be_own:
        return f"{attempts}: that attempt may have been carried out before another writer changed the item."
    no_token = isinstance(operation, (DeleteItem, ConditionCheck)) or operation.return_values in _RETURN_OLD
    proof = "in a transaction" if no_token else "with a write_token in the Table, or in a transaction"
    return (
        f"{attempts}: that attempt may have been carried out, because the item is as this write leaves it. You can "
        f"know for certain only {proof}."
    )


def _is_left_by(operation: SingleWrite | ConditionCheck, item: Mapping[str, Any] | None) -> bool:
    """Return whether an *item* can be what an *operation* has left."""
    match operation:
        case PutItem():
            return item is not None and identical(dict(item), operation.item)
        case UpdateItem():
            return item is not None and all(_is_done(action, dict(item)) for action in operation.actions)
        case DeleteItem():
            return item is None
    return False


def _is_done(action: UpdateAction, item: Item) -> bool:
    """Return whether an *action* can have been carried out on an *item*; what it computes is not known."""
    if any(isinstance(element, int) for element in action.path.elements):
        # Elements of a list move when others are removed.
        return True
    from dynamorm.rules.paths import MISSING, value_at  # deferred: start-up cost

    value = value_at(item, action.path)
    match action:
        case Set(value=Value(value=assigned)):
            return value is not MISSING and identical(value, assigned)
        case Remove():
            return value is MISSING
        case Add(value=set(added)):
            return isinstance(value, set) and value >= added
        case Delete(value=deleted):
            return not (isinstance(value, set) and isinstance(deleted, set) and value & deleted)
    return value is not MISSING
