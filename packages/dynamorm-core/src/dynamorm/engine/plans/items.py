"""Plans for single items: a read, and a write with its checks, its preconditions and its retries."""

from __future__ import annotations

from dynamorm.data.operations import GetItem, PutItem, UpdateItem
from dynamorm.data.paths import Path
from dynamorm.data.results import ItemResult, WriteResult
from dynamorm.data.tables import TableSpec
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.values import Item
from dynamorm.engine.plans.attempts import add_attempts, attributes_if_own, say_what_was_written
from dynamorm.engine.plans.backoff import Backoff
from dynamorm.engine.plans.checks import check_actions, check_item, check_key
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import ConditionFailed, DynamoException, Throttled, TransactionConflict


def get(
    spec: TableSpec, key: Item, *, projection: tuple[Path, ...] | None = None, consistent: bool = False
) -> Plan[Item | None]:
    """Read one item by its primary *key*, whole or the paths of a *projection*; return ``None`` when there is none."""
    check_key(spec, key)
    result: ItemResult = yield GetItem(spec.name, key, projection, consistent)
    return result.item


def write(write: Write) -> Plan[Item | None]:
    """Make one *write*, and return the attributes that it asks for.

    Raises :class:`~dynamorm.exceptions.ConditionFailed`, or the exception of the precondition that failed, unless the
    token of the write proves that an earlier attempt was carried out.
    """
    if type(write) is not Write:
        from dynamorm.engine.plans.compiled import write as write_compiled  # deferred: start-up cost

        return (yield from write_compiled(write))  # type: ignore[arg-type]  # there is one other kind of writes
    spec, operation = write.spec, write.alone
    assert not isinstance(operation, ConditionCheck), "a check by itself writes nothing"
    if isinstance(operation, PutItem):
        check_item(spec, operation.item)
    else:
        check_key(spec, operation.key)
        if isinstance(operation, UpdateItem):
            check_actions(spec, operation.actions)
    backoff = Backoff()
    conflicts: list[DynamoException] = []
    while True:
        try:
            result: WriteResult = yield operation
        except TransactionConflict as error:
            pause = backoff.pause()
            if pause is None:
                error.args = (f"{error} The write was {backoff}.",)
                add_attempts(error, conflicts)
                raise
            conflicts.append(error)
            yield pause
        except ConditionFailed as error:
            add_attempts(error, conflicts)
            own, attributes = attributes_if_own(write, error.item)
            if own:
                return attributes
            failure = write.failure(error)
            say_what_was_written(failure, operation, error)
            if failure is error:
                raise
            raise failure from error
        except Throttled as error:
            _add_key(error, write)
            raise
        else:
            return result.attributes


def _add_key(error: Throttled, write: Write) -> None:
    """Add to an *error* of a put the key of its item; only here is it known which attributes that has."""
    if isinstance(write.operation, PutItem):
        item = write.operation.item
        error.key = {attribute.name: item[attribute.name] for attribute in write.spec.key_attributes}
