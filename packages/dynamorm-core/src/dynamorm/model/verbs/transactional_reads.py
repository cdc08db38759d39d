"""``transact_get``: reads of several items, across models, as they are at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynamorm.data.operations import GetItem
from dynamorm.data.values import Item
from dynamorm.engine.plans.steps import Plan
from dynamorm.engine.run.connection import Connection
from dynamorm.exceptions import DynaModelException
from dynamorm.model.mapping.given_keys import GivenKey, former_key, listed_key
from dynamorm.model.mapping.stored_instances import StoredInstance
from dynamorm.model.verbs.pending import mapper_of, two_backends_error


def get_all(reads: Sequence[tuple[type[StoredInstance], Item]]) -> Plan[list[Any]]:
    """Read items as they are at one moment, each by its model and primary key."""
    from dynamorm.engine.plans import transactions  # deferred: start-up cost

    origins = [model._mapper.table.origin() for model, _ in reads]
    specs = [model._mapper.spec for model, _ in reads]
    gets = [(spec, GetItem(spec.name, key)) for spec, (_, key) in zip(specs, reads, strict=True)]
    # Items that still have a key of the templates before are found by that.
    formers = {number: former_key(model._mapper, key) for number, (model, key) in enumerate(reads)}
    formers = {number: key for number, key in formers.items() if key is not None}
    gets += [(specs[number], GetItem(specs[number].name, key)) for number, key in formers.items() if key is not None]
    found = list((yield from transactions.get_all(gets)))
    for number, former in zip(formers, found[len(reads) :], strict=True):
        if found[number] is None:
            found[number] = former
    del found[len(reads) :]
    return [
        None if item is None or model._mapper.table.is_hidden(item) else model._load(item, origin=origin)
        for (model, _), item, origin in zip(reads, found, origins, strict=True)
    ]


def parse(reads: Sequence[tuple[type[StoredInstance], GivenKey]]) -> list[tuple[type[StoredInstance], Item]]:
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


def connection_of(reads: Sequence[tuple[type[StoredInstance], Item]]) -> Connection:
    """Return the connection of all *reads*. Raise ``DynaModelException`` if they need two."""
    connections = [(model._mapper.model_name, model._mapper.table.connection()) for model, _ in reads]
    first_name, first = connections[0]
    for name, other in connections:
        if other.backend is not first.backend:
            raise two_backends_error(first_name, name)
    return first
