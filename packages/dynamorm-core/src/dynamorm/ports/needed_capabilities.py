"""The capabilities that an operation needs, for backends that don't have all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynamorm.data import (
    AddIndex,
    CreateTable,
    DescribeTimeToLive,
    IndexSpec,
    ListTables,
    ListTags,
    Operation,
    Scan,
    SetDeletionProtection,
    SetTableClass,
    TableChange,
    TableSpec,
    TagTable,
    TransactGet,
    TransactWrite,
    UntagTable,
    UpdateTable,
    UpdateTimeToLive,
)
from dynamorm.ports.backends import BackendTraits, Capability


def check_capabilities(backend: BackendTraits, operation: Operation[Any]) -> None:
    """Check that a *backend* states all capabilities that an *operation* needs.

    Call it first in ``execute`` if your backend lacks some of them.

    Raises:
        Unsupported: It lacks one: what :meth:`~dynamorm.ports.backends.BackendTraits.unsupported` returns.
    """
    for capability in needed_capabilities(operation):
        if capability not in backend.capabilities:
            raise backend.unsupported(capability)


def needed_capabilities(operation: Operation[Any]) -> Iterator[Capability]:
    """Yield the capabilities that an *operation* needs.

    Reads of indexes need none: a backend without indexes has no tables that have some. ``CONCURRENT_CALLS`` is about
    calls, and no operation needs it.
    """
    if getattr(operation, "return_consumed_capacity", "NONE") != "NONE":
        yield Capability.CONSUMED_CAPACITY
    match operation:
        case Scan(total_segments=total):
            if total is not None:
                yield Capability.PARALLEL_SCAN
        case TransactGet() | TransactWrite():
            yield Capability.TRANSACTIONS
        case CreateTable(spec=spec, tags=tags):
            yield from _needed_by_spec(spec)
            if tags:
                yield Capability.TAGS
        case UpdateTable(change=change):
            yield Capability.TABLE_UPDATES
            yield from _needed_by_change(change)
        case UpdateTimeToLive() | DescribeTimeToLive():
            yield Capability.TIME_TO_LIVE
        case ListTags() | TagTable() | UntagTable():
            yield Capability.TAGS
        case ListTables():
            yield Capability.LIST_TABLES


def _needed_by_spec(spec: TableSpec) -> Iterator[Capability]:
    for index in spec.indexes:
        yield from _needed_by_index(index)
    if spec.deletion_protection:
        yield Capability.DELETION_PROTECTION
    if spec.table_class != "STANDARD":
        yield Capability.TABLE_CLASSES


def _needed_by_index(index: IndexSpec) -> Iterator[Capability]:
    yield Capability.GLOBAL_INDEXES if index.kind == "global" else Capability.LOCAL_INDEXES
    if len(index.hash_keys) > 1 or len(index.range_keys) > 1:
        yield Capability.MULTI_ATTRIBUTE_KEYS


def _needed_by_change(change: TableChange) -> Iterator[Capability]:
    match change:
        case AddIndex(index=index):
            yield from _needed_by_index(index)
        case SetDeletionProtection():
            yield Capability.DELETION_PROTECTION
        case SetTableClass():
            yield Capability.TABLE_CLASSES
