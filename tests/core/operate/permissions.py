"""What operations need of an IAM policy, and whether a policy allows it."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dynamorm.data import (
    BatchGet,
    BatchWrite,
    ConditionCheck,
    Operation,
    Query,
    Scan,
    TransactGet,
    TransactWrite,
)
from dynamorm.wire import action_of, tables_of


class Permission(NamedTuple):
    """An action of DynamoDB's API on a table, ``books``, or on an index, ``books/index/by-author``."""

    action: str
    resource: str


def permissions_for(operation: Operation[Any]) -> Iterator[Permission]:
    """What an *operation* needs: a transaction needs what its parts do by themselves."""
    match operation:
        case Query() | Scan():
            index = "" if operation.index is None else f"/index/{operation.index}"
            yield Permission(type(operation).__name__, f"{operation.table}{index}")
        case BatchGet(requests=reads):
            yield from (Permission("BatchGetItem", each.table) for each in reads)
        case BatchWrite(requests=writes):
            yield from (Permission("BatchWriteItem", each.table) for each in writes)
        case TransactGet(gets=gets):
            yield from (Permission("GetItem", each.table) for each in gets)
        case TransactWrite(actions=actions):
            for each in actions:
                action = "ConditionCheckItem" if isinstance(each, ConditionCheck) else type(each).__name__
                yield Permission(action, each.table)
        case _:
            yield from (Permission(action_of(operation), table) for table in tables_of(operation))


def needed(operations: Iterable[Operation[Any]]) -> set[Permission]:
    """What all of these *operations* need."""
    return {each for operation in operations for each in permissions_for(operation)}


def allowed(document: Mapping[str, Any]) -> set[Permission]:
    """Everything that a policy allows, whatever its conditions are."""
    found = set()
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            service, _, name = action.partition(":")
            assert service == "dynamodb"
            for resource in statement["Resource"]:
                assert fnmatch.fnmatchcase(resource, "arn:aws:dynamodb:[*]:[*]:table/*"), resource
                found.add(Permission(name, resource.partition("table/")[2]))
    return found
