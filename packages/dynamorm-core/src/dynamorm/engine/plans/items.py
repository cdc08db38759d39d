"""Plans for items: which operations a verb makes, in which order, and what it does with their results."""

from __future__ import annotations

from dynamorm.data.operations import GetItem, PutItem, UpdateItem
from dynamorm.data.results import ItemResult, WriteResult
from dynamorm.data.tables import TableSpec
from dynamorm.data.transactions import ConditionCheck
from dynamorm.data.values import Item
from dynamorm.engine.plans.backoff import Backoff
from dynamorm.engine.plans.checks import check_actions, check_item, check_key
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.plans.writes import Write
from dynamorm.exceptions import ConditionFailed, TransactionConflict


def get(spec: TableSpec, key: Item, *, consistent: bool = False) -> Plan[Item | None]:
    """Reads one item by its primary *key*; answers ``None`` when there is none."""
    check_key(spec, key)
    result: ItemResult = yield GetItem(spec.name, key, consistent=consistent)
    return result.item


def write(write: Write) -> Plan[Item | None]:
    """Makes one *write*; answers the attributes that it asks to return.

    Raises :class:`~dynamorm.exceptions.ConditionFailed`, or the exception of the guard that stopped it.
    """
    spec, operation = write.spec, write.operation
    assert not isinstance(operation, ConditionCheck), "a check by itself writes nothing"
    if isinstance(operation, PutItem):
        check_item(spec, operation.item)
    else:
        check_key(spec, operation.key)
        if isinstance(operation, UpdateItem):
            check_actions(spec, operation.actions)
    backoff = Backoff()
    while True:
        try:
            result: WriteResult = yield operation
        except TransactionConflict as error:
            pause = backoff.pause()
            if pause is None:
                error.args = (f"{error} The write was {backoff}.",)
                raise
            yield pause
        except ConditionFailed as error:
            failure = write.failure(error)
            if failure is error:
                raise
            raise failure from error
        else:
            return result.attributes
