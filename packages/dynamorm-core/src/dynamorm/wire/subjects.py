"""What messages are about: the operation and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynamorm.data import BatchGet, BatchWrite, CreateTable, ListTables, Operation, TransactGet, TransactWrite

#: The most names in one message.
_MOST_NAMED = 20


def tables_of(operation: Operation[Any]) -> tuple[str, ...]:
    """Return the names of the tables that an *operation* uses, each once; ``ListTables`` uses none."""
    if isinstance(operation, ListTables):
        return ()
    if isinstance(operation, CreateTable):
        return (operation.spec.name,)
    if isinstance(operation, (BatchGet, BatchWrite)):
        return tuple(dict.fromkeys(request.table for request in operation.requests))
    if isinstance(operation, TransactGet):
        return tuple(dict.fromkeys(get.table for get in operation.gets))
    if isinstance(operation, TransactWrite):
        return tuple(dict.fromkeys(action.table for action in operation.actions))
    table: str = getattr(operation, "table", "")
    return (table,)


def subject_of(operation: Operation[Any]) -> str:
    """Return what an error message is about: ``"GetItem on table 'books'"``."""
    tables = tables_of(operation)
    if not tables:
        return type(operation).__name__
    return f"{type(operation).__name__} on table{'s' if len(tables) > 1 else ''} {listed(tables)}"


def listed(names: Sequence[str]) -> str:
    """Return *names* in quotes, with commas, and how many more there are than fit into a message."""
    others = f" and {len(names) - _MOST_NAMED} others" if len(names) > _MOST_NAMED else ""
    return ", ".join(f"'{name}'" for name in names[:_MOST_NAMED]) + others
