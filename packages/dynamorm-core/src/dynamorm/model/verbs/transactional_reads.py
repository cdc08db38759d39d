"""``transact_get``: reads of several items, across models, as they are at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, overload

from dynamorm.data.operations import GetItem
from dynamorm.data.values import Item
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.given_keys import GivenKey, listed_key
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.verbs.drivers import adrive_on, drive_on
from dynamorm.model.verbs.pending import mapper_of, two_backends_error

First = TypeVar("First", bound=StoredInstance)
Second = TypeVar("Second", bound=StoredInstance)
Third = TypeVar("Third", bound=StoredInstance)


def get_all(reads: Sequence[tuple[type[StoredInstance], Item]]) -> Plan[list[Any]]:
    """Read items as they are at one moment, each by its model and primary key."""
    from dynamorm.engine.plans import transactions  # deferred: start-up cost

    origins = [model._mapper.table.origin() for model, _ in reads]
    specs = [model._mapper.spec for model, _ in reads]
    gets = [(spec, GetItem(spec.name, key)) for spec, (_, key) in zip(specs, reads, strict=True)]
    found = yield from transactions.get_all(gets)
    return [
        None if item is None or model._mapper.table.is_hidden(item) else model._load(item, origin=origin)
        for (model, _), item, origin in zip(reads, found, origins, strict=True)
    ]


@overload
def transact_get(read: tuple[type[First], GivenKey], /) -> tuple[First | None]: ...
@overload
def transact_get(
    read: tuple[type[First], GivenKey], second: tuple[type[Second], GivenKey], /
) -> tuple[First | None, Second | None]: ...
@overload
def transact_get(
    read: tuple[type[First], GivenKey], second: tuple[type[Second], GivenKey], third: tuple[type[Third], GivenKey], /
) -> tuple[First | None, Second | None, Third | None]: ...
@overload
def transact_get(*reads: tuple[type[First], GivenKey]) -> tuple[First | None, ...]: ...
def transact_get(*reads: tuple[type[StoredInstance], GivenKey]) -> tuple[Any, ...]:
    """Read up to 100 items as they are at one moment, given as pairs of a model and a primary key.

    ::

        account, customer = dynamorm.transact_get((Account, "a"), (Customer, {"id": "c"}))

    A key is a dict by field name, a tuple of its parts, or the value of its only part.

    It costs twice what consistent reads cost. Returns a tuple of an instance for each pair, or ``None`` for an item
    that does not exist. Raises what :meth:`DynaModel.get <dynamorm.DynaModel.get>` raises, and
    :class:`~dynamorm.exceptions.TransactionCancelled` when other writes keep changing the items.
    """
    found = _parse(reads)
    return tuple(drive_on(_connection_of(found), get_all(found))) if found else ()


@overload
async def atransact_get(read: tuple[type[First], GivenKey], /) -> tuple[First | None]: ...
@overload
async def atransact_get(
    read: tuple[type[First], GivenKey], second: tuple[type[Second], GivenKey], /
) -> tuple[First | None, Second | None]: ...
@overload
async def atransact_get(
    read: tuple[type[First], GivenKey], second: tuple[type[Second], GivenKey], third: tuple[type[Third], GivenKey], /
) -> tuple[First | None, Second | None, Third | None]: ...
@overload
async def atransact_get(*reads: tuple[type[First], GivenKey]) -> tuple[First | None, ...]: ...
async def atransact_get(*reads: tuple[type[StoredInstance], GivenKey]) -> tuple[Any, ...]:
    """Read up to 100 items as they are at one moment, as :func:`transact_get` does."""
    found = _parse(reads)
    return tuple(await adrive_on(_connection_of(found), get_all(found))) if found else ()


def _parse(reads: Sequence[tuple[type[StoredInstance], GivenKey]]) -> list[tuple[type[StoredInstance], Item]]:
    """Return the model and the primary key of each read. Raise ``DynaModelException`` for anything else."""
    found: list[tuple[type[StoredInstance], Item]] = []
    for read in reads:
        if isinstance(read, type):
            name = read.__name__
            raise DynaModelException(
                f"transact_get takes pairs of a model and a key. Put {name} and its key in parentheses: "
                f"transact_get(({name}, …))."
            )
        if isinstance(read, list) and all(isinstance(each, tuple) for each in read):
            raise DynaModelException(
                "transact_get takes its pairs of a model and a key one by one, not in a list: transact_get(*pairs)."
            )
        if not isinstance(read, Sequence) or len(read) != 2:
            raise DynaModelException("transact_get takes pairs of a model and a key: (Book, {'isbn': '1'}).")
        model, key = read
        if not isinstance(model, type):
            raise DynaModelException(f"transact_get takes pairs of a model and a key, not of {type(model).__name__}.")
        found.append((model, listed_key(mapper_of(model, "transact_get"), key, "transact_get")))
    return found


def _connection_of(reads: Sequence[tuple[type[StoredInstance], Item]]) -> Connection:
    """Return the connection of all *reads*. Raise ``DynaModelException`` if they need two."""
    connections = [(model._mapper.model_name, model._mapper.table.connection()) for model, _ in reads]
    first_name, first = connections[0]
    for name, other in connections:
        if other.backend is not first.backend:
            raise two_backends_error(first_name, name)
    return first
